/* direct_pass.h - one pass of a run without a plan, over a state of few qubits, in place.
 *
 * A matrix on one bit, which may be another where a second bit, the selector, is 1; or two bits trade places. */
#ifndef KETSIM_CORE_KERNELS_DIRECT_PASS_H
#define KETSIM_CORE_KERNELS_DIRECT_PASS_H

#include "ketsim.h"

enum direct_form {
    DIRECT_DENSE,
    DIRECT_REAL,     /* dense, every imaginary part zero */
    DIRECT_PHASED,   /* a real one, and then a phase on each row */
    DIRECT_DIAGONAL, /* entries 0 and 3 count */
    DIRECT_PHASE,    /* entry 0 where the controls are met; neither target nor selector */
    DIRECT_FLIP,     /* X, or the identity, by the settings of the selector */
    DIRECT_SWAP      /* of target and selector */
};

enum { NO_SELECTOR = 64 };

struct direct_pass {
    ketsim_complex m[2][4];     /* row-major, for selector 0 and 1; the first, without a selector */
    ketsim_complex phase[2][2]; /* of DIRECT_PHASED, by row; 1 is not multiplied with */
    uint64_t control_mask, control_values; /* bit positions; values only where mask */
    double
        part; /* share of the amplitudes that it is done to, zeros that are left out counted as if it were */
    bool identity[2];         /* of the matrices: leaves amplitudes as they are, bit for bit */
    bool phased;              /* phases count, whatever the form is to be */
    bool alike;               /* what one does to the norm, the other does */
    uint8_t target, selector; /* bit positions, different */
    uint8_t form;
};

static inline unsigned direct_settings(unsigned selector)
{
    return selector == NO_SELECTOR ? 1 : 2;
}

/* nbits: of the state.  As other kernels: serial, allocates nothing, cannot fail. */
typedef void direct_kernel(void *amps, unsigned nbits, const struct direct_pass *pass);

#endif
