/* meet.h - kernels for sums over pairs of amplitudes i and i ^ x, a block at a time.
 *
 * All arithmetic is in double, whatever the amplitudes are stored in, and without fused multiply-add: a kernel gives
 * the same bits with every instruction set.  A block is cut into runs of neighbors, whose amplitudes go to sums of
 * their own; what x does inside a run is a shuffle. */
#ifndef KETSIM_CORE_MEET_H
#define KETSIM_CORE_MEET_H

#include <stdbool.h>
#include <stdint.h>

#include "ketsim.h"

enum {
    MEET_BLOCK_BITS = 10,
    MEET_BLOCK = 1 << MEET_BLOCK_BITS,
    MEET_RUN_BITS = 4,
    MEET_RUN = 1 << MEET_RUN_BITS,
    MEET_SUMS = 2 * MEET_RUN,
    MEET_ALIGN = 64
};
_Static_assert(MEET_BLOCK_BITS - MEET_RUN_BITS <= 6, "a run of a block has its bit in a word");

/* Two blocks, or one twice; x is below their size.  Products are conj(a_i) b_(i^x). */
struct meet {
    const void *a, *b; /* as buffers are aligned */
    ketsim_dtype dtype;
    bool imaginary; /* the products' imaginary parts are asked for, not their real ones */
    uint64_t x;
    uint64_t runs;  /* of a block */
    uint64_t skip;  /* bit of a run's number, or 0: runs that have it are left out */
    uint64_t signs; /* bit r: run r counts negative */
};

struct meet_kernels {
    /* What the products are made of, summed over runs: sums[2 j] and sums[2 j + 1] of amplitude j of the runs are to be
     * added for real parts, or the second subtracted from the first for imaginary parts. */
    void (*sum)(double sums[MEET_SUMS], const struct meet *meet);

    /* products[i], for all runs, with no signs. */
    void (*products)(double *products, const struct meet *meet);

    /* out[i] = p[i] + p[half + i], or the difference. */
    void (*halves)(double *out, const double *p, uint64_t half, bool minus);

    /* image[i] += weights[i] b_(i^x), or -i times that when it is imaginary; image is interleaved. */
    void (*image)(double *image, const double *weights, const struct meet *meet);
};

#endif
