/* tables.h - products of phases for all settings of some positions. */
#ifndef KETSIM_CORE_PASSES_TABLES_H
#define KETSIM_CORE_PASSES_TABLES_H

#include <stddef.h>

#include "../bits.h"
#include "../cplx.h"
#include "../kernels/tile.h"

enum { TABLE = 1 << TABLE_BITS };

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

/* The product of what depends on one position of a set: a factor, and one for each low position. */
struct doubling {
    ketsim_complex factor, one[TABLE_BITS];
};

static inline unsigned count_factors(const struct doubling *doubling, unsigned bits)
{
    unsigned count = !c_is(doubling->factor, 1);
    for (unsigned i = 0; i < bits; i++) count += !c_is(doubling->one[i], 1);
    return count;
}

/* Multiply tables, count of them: with a table of the product, or with few factors one by one. */
static inline void multiply_tables(struct table table, size_t count, const struct doubling *doubling)
{
    enum { FEW = 2 };
    ketsim_complex entries[TABLE];
    const bool few = count_factors(doubling, table.bits) <= FEW;
    if (!few) multiply_out(&(struct table){entries, table.bits}, doubling->one, doubling->factor);
    for (; count--; table.entries += TABLE) {
        for (size_t i = 0; !few && i < (size_t)1 << table.bits; i++)
            table.entries[i] = c_mul(table.entries[i], entries[i]);
        if (few && !c_is(doubling->factor, 1)) multiply_matching(&table, 0, 0, doubling->factor);
        for (unsigned i = 0; few && i < table.bits; i++)
            if (!c_is(doubling->one[i], 1))
                multiply_matching(&table, UINT64_C(1) << i, UINT64_C(1) << i, doubling->one[i]);
    }
}

#endif
