/* payment.h - roundings of one run that the next one makes up for.
 *
 * Plans are shared and do not change; what a state's runs have left of the norm differs from state to state.  So when
 * that has grown to a few roundings, one stage runs as a copy with other numbers. */
#ifndef KETSIM_CORE_PAYMENT_H
#define KETSIM_CORE_PAYMENT_H

#include "plan.h"

/* Residues up to here are left. As in numbers_pay(): fewer would not be what a power of two between its neighbors
 * multiplies by. */
static const double PAYMENT_LEAST[] = {[KETSIM_COMPLEX128] = 8 * 0x1p-52, [KETSIM_COMPLEX64] = 8 * 0x1p-23};

struct payment {
    const struct stage
        *stage; /* what runs in place of the plan's stage of number step; NULL: nothing is paid */
    size_t step;
    struct stage copy; /* and what it points to */
    struct tiled_pass pass;
    struct sweep sweep;
    ketsim_complex entries[PAIR_ENTRIES];
};

/* How a plan runs on a state that has this residue, see struct tiling; it becomes what the run leaves. */
void payment_make(struct payment *payment, const struct plan *plan, double *residue);

#endif
