/* meeting.h - what one block of amplitudes adds to sums over pairs, together with the blocks that terms make it meet.
 *
 * The index is cut in two: the low bits are the place in a block, the high ones the block.  A term whose x has high
 * bits makes a block meet the one that far away. */
#ifndef KETSIM_CORE_MEETING_H
#define KETSIM_CORE_MEETING_H

#include "bits.h"
#include "pauli.h"

/* Loops are over runs of neighbors; x's lowest bits, inside a run, are used up when a block is fetched. */
enum { BLOCK_BITS = 10, BLOCK = 1 << BLOCK_BITS, RUN_BITS = 3, RUN = 1 << RUN_BITS };

/* Terms that share x and whether the number of Y is odd, by the low bits of z.  Groups that share the block they meet,
 * and then the bits of x inside a run, are neighbors. */
struct group {
    uint64_t x;
    bool odd;
    const struct pauli_term *first, *last;
};

struct meeting {
    const void *amps;
    ketsim_dtype dtype;
    unsigned block_bits; /* of a block, at least a run */
    uint64_t present;    /* amplitudes in a block; beyond them are zeros */
    const struct group *groups;
    size_t ngroups;
    double shift;
    void *image; /* amplitudes that meeting_apply() writes */
};

static inline bool is_odd(uint64_t mask)
{
    return bit_count(mask) & 1;
}

/* Add to total[sum] what this block has of the expectation values.  Of two blocks that meet one does it for both. */
void meeting_expect(const struct meeting *meeting, uint64_t block, double *total);

/* Add to *total the sum of |((O - shift) a)_i|^2 over this block, where O is the sum of all terms. */
void meeting_deviate(const struct meeting *meeting, uint64_t block, double *total);

/* Write (O a)_i over this block to the image. */
void meeting_apply(const struct meeting *meeting, uint64_t block);

#endif
