/* overlap.h - what the kernel of overlap_body.h does. */
#ifndef KETSIM_CORE_OVERLAP_KERNEL_H
#define KETSIM_CORE_OVERLAP_KERNEL_H

#include <stdint.h>

/* Amplitudes of a group, neighbors, and their reals. */
enum { OVERLAP_BITS = 4, OVERLAP_GROUP = 1 << OVERLAP_BITS, OVERLAP_REALS = 2 * OVERLAP_GROUP };

/* Groups whose index i below end has the values on skip, each with the group of the other state at i ^ x. */
struct overlap_loop {
    uint64_t skip, values, x, end;
};

/* Sums of the products of the reals of bra with those of ket: the same real, or the other part of its amplitude.
 * Both 64-byte aligned. */
typedef void overlap_kernel(double straight[OVERLAP_REALS], double crossed[OVERLAP_REALS], const double *bra,
                            const double *ket, const struct overlap_loop *loop);

#endif
