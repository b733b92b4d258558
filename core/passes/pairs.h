/* pairs.h - runs of gates on one pair of bits that cost less as one dense matrix. */
#ifndef KETSIM_CORE_PASSES_PAIRS_H
#define KETSIM_CORE_PASSES_PAIRS_H

#include <stddef.h>

#include "../kernels/kernel.h"

struct pairs {
    const struct sweep *sweeps; /* the caller's, or, when some have become one, merged */
    size_t count;
    struct sweep *merged;
    ketsim_complex *entries; /* of the dense ones */
};

/* The same unitary with every run that entangles a pair enough as one matrix on it, which is less when that will be
 * made a core (see form.h).  False when there is no memory; clear it either way. */
bool pairs_init(struct pairs *pairs, const struct sweep *sweeps, size_t count, bool cores);
void pairs_clear(struct pairs *pairs);

/* Bytes that its lists take. */
size_t pairs_bytes(const struct pairs *pairs);

#endif
