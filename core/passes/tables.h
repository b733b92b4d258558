/* tables.h - products of phases for all settings of some positions. */
#ifndef KETSIM_CORE_PASSES_TABLES_H
#define KETSIM_CORE_PASSES_TABLES_H

#include <stddef.h>

#include "../bits.h"
#include "../cplx.h"

/* A table in the making: of the positions of one kind, and the scale that starts it. */
struct table {
    ketsim_complex *entries; /* NULL: none is needed */
    unsigned bits;
};

/* start x the product of one factor for each bit that is 1. */
static inline void multiply_out(const struct table *table, const ketsim_complex *one, ketsim_complex start)
{
    table->entries[0] = start;
    for (unsigned j = 0; j < table->bits; j++)
        for (size_t k = 0, half = (size_t)1 << j; k < half; k++)
            table->entries[half + k] = c_mul(table->entries[k], one[j]);
}

/* Multiply the entries whose index has these values on mask. */
static inline void multiply_matching(const struct table *table, uint64_t mask, uint64_t values,
                                     ketsim_complex factor)
{
    for (size_t k = 0; k < (size_t)1 << table->bits; k = next_around(k, mask, 1))
        table->entries[k | values] = c_mul(table->entries[k | values], factor);
}

/* Whether a factor is on one position's 1. */
static inline bool is_single(uint32_t mask, uint32_t values)
{
    return mask == values && !(mask & (mask - 1));
}

static inline bool is_all_one(const struct table *table)
{
    for (size_t k = 0; k < (size_t)1 << table->bits; k++)
        if (!c_is(table->entries[k], 1)) return false;
    return true;
}

#endif
