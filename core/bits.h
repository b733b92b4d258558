/* bits.h - index arithmetic.  Inside the core only bit positions exist: bit = nqubits - 1 - qubit. */
#ifndef KETSIM_CORE_BITS_H
#define KETSIM_CORE_BITS_H

#include <stdint.h>

/* Spread the low bits of index over the positions whose bit in mask is clear. */
static inline uint64_t spread_around(uint64_t index, uint64_t mask)
{
    while (mask) {
        const uint64_t low = (mask & -mask) - 1;
        index = (index & ~low) << 1 | (index & low);
        mask &= mask - 1;
    }
    return index;
}

/* The next larger index that is clear on mask, given one that is: the carry runs over the masked bits. */
static inline uint64_t next_around(uint64_t index, uint64_t mask, uint64_t step)
{
    return ((index | mask) + step) & ~mask;
}

/* Position of the lowest bit that is set; there must be one. */
static inline unsigned low_bit(uint64_t mask)
{
    return (unsigned)__builtin_ctzll(mask);
}

static inline unsigned bit_count(uint64_t mask)
{
    return (unsigned)__builtin_popcountll(mask);
}

#endif
