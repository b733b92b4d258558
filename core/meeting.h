/* meeting.h - what one region of amplitudes adds to sums over pairs, together with the regions that terms make it meet.
 *
 * The index is cut in three: the place in a block, the block in a region, the region.  A term whose x has high bits makes
 * a region meet the one that far away.  Two regions fit a second-level cache, two blocks a first-level one. */
#ifndef KETSIM_CORE_MEETING_H
#define KETSIM_CORE_MEETING_H

#include "bits.h"
#include "kernels/meet.h"
#include "pauli.h"

/* Terms that share x and whether the imaginary parts of products count, not the real ones: by the low bits of z. */
struct strings {
    uint64_t x;
    bool imaginary;
    unsigned nstrings; /* different z */
    const struct pauli_term *first, *last;
};

struct meeting {
    const struct meet_kernels *kernels;
    const void *bra, *ket;
    bool halved; /* both are one state, and of two conjugate products one is computed for both */
    ketsim_dtype dtype;
    unsigned block_bits, region_bits;
    const struct strings *groups; /* sorted by x */
    size_t ngroups;
    const double *shifts; /* of deviations, one a sum */
    size_t nsums;
    void *image; /* amplitudes that meeting_apply() writes, at least a run */
};

static inline bool is_odd(uint64_t mask)
{
    return bit_count(mask) & 1;
}

/* Add to total[sum] what this region has of <bra|O|ket>, of which groups choose the real or the imaginary part. */
void meeting_expect(const struct meeting *meeting, uint64_t region, double *total, double *room);

/* Add to total, for each pair j <= k of sums, (0, 0), (0, 1), (1, 1), (0, 2) and so on, the real part of the inner
 * product of (O_j - shift_j) psi and (O_k - shift_k) psi over this region.  A group has terms of one sum; room is for
 * meeting_room() numbers. */
void meeting_deviate(const struct meeting *meeting, uint64_t region, double *total, double *room);
size_t meeting_room(size_t nsums);

/* Write O psi over this region, rounded to the dtype, to the image; all terms are of sum 0, and room is for
 * meeting_room(1) numbers. */
void meeting_apply(const struct meeting *meeting, uint64_t region, double *total, double *room);

#endif
