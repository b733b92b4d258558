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

/* The index with the next larger number in the bits of mask; 0 follows the last. */
static inline uint64_t next_setting(uint64_t index, uint64_t mask)
{
    return (index & ~mask) | (((index & mask) - mask) & mask);
}

/* Position of the lowest bit that is set; there must be one. */
static inline unsigned low_bit(uint64_t mask)
{
    return (unsigned)__builtin_ctzll(mask);
}

/* A mask of qubits, bit q for qubit q, as a mask of bit positions. */
static inline uint64_t bits_of_qubits(uint64_t qubits, unsigned nqubits)
{
    uint64_t bits = 0;
    for (; qubits; qubits &= qubits - 1) bits |= UINT64_C(1) << (nqubits - 1 - low_bit(qubits));
    return bits;
}

/* x86-64 without popcnt has the builtin as a call: here in pairs, fours, bytes, and their sum in the highest byte. */
static inline unsigned bit_count(uint64_t mask)
{
#if defined(__x86_64__) && !defined(__POPCNT__)
    mask -= mask >> 1 & 0x5555555555555555;
    mask = (mask & 0x3333333333333333) + (mask >> 2 & 0x3333333333333333);
    return (unsigned)(((mask + (mask >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56);
#else
    return (unsigned)__builtin_popcountll(mask);
#endif
}

#endif
