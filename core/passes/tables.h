/* tables.h - products of phases for all settings of some positions. */
#ifndef KETSIM_CORE_PASSES_TABLES_H
#define KETSIM_CORE_PASSES_TABLES_H

#include <stddef.h>

#include "../bits.h"
#include "../cplx.h"
#include "../kernels/tile.h"

enum { TABLE = 1 << TABLE_BITS };

/* A factor, and what it goes into: a link, the low table, high factors, or the tables of set where - OF_SET. */
enum { OF_NONE, OF_LOW, OF_HIGH, OF_SET };
struct placed {
    struct link link;
    unsigned where;
};

/* A table in the making: of the positions of one kind, and the scale that starts it. */
struct table {
    ketsim_complex *entries; /* NULL: none is needed */
    unsigned bits;
};

/* Both parts of a number at once. */
typedef double table_pair __attribute__((vector_size(16)));

static inline table_pair pair_times(ketsim_complex a, ketsim_complex by)
{
    const table_pair re = {by.re, by.re}, im = {-by.im, by.im};
    return (table_pair){a.re, a.im} * re + (table_pair){a.im, a.re} * im;
}

/* out = in x factor, count times; they may be the same. */
static inline void multiply_each(ketsim_complex *out, const ketsim_complex *in, size_t count,
                                 ketsim_complex factor)
{
    for (size_t k = 0; k < count; k++) {
        const table_pair product = pair_times(in[k], factor);
        out[k] = COMPLEX(product[0], product[1]);
    }
}

/* start x the product of one factor for each bit that is 1. */
static inline void multiply_out(const struct table *table, const ketsim_complex *one, ketsim_complex start)
{
    table->entries[0] = start;
    for (unsigned j = 0; j < table->bits; j++)
        multiply_each(table->entries + ((size_t)1 << j), table->entries, (size_t)1 << j, one[j]);
}

/* Multiply the entries whose index has these values on mask. */
static inline void multiply_matching(const struct table *table, uint64_t mask, uint64_t values,
                                     ketsim_complex factor)
{
    const size_t run = mask ? (size_t)(mask & -mask) : (size_t)1 << table->bits; /* next to one another */
    for (size_t k = 0; k < (size_t)1 << table->bits; k = next_around(k, mask, run))
        multiply_each(table->entries + (k | values), table->entries + (k | values), run, factor);
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

/* The product of what depends on one position of a set: a factor, and one for each low position; or on a low one, and
 * those below. */
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
            multiply_each(&table.entries[i], &table.entries[i], 1, entries[i]);
        if (few && !c_is(doubling->factor, 1)) multiply_matching(&table, 0, 0, doubling->factor);
        for (unsigned i = 0; few && i < table.bits; i++)
            if (!c_is(doubling->one[i], 1))
                multiply_matching(&table, UINT64_C(1) << i, UINT64_C(1) << i, doubling->one[i]);
    }
}

/* start x the product of doublings, one for each bit of the table; their factors are 1 afterwards. */
static inline void multiply_doublings(const struct table *table, struct doubling *doublings,
                                      ketsim_complex start)
{
    table->entries[0] = start;
    for (unsigned j = 0; j < table->bits; j++) {
        const struct table half = {table->entries + ((size_t)1 << j), j};
        multiply_each(half.entries, table->entries, (size_t)1 << j, doublings[j].factor);
        doublings[j].factor = COMPLEX(1, 0);
        if (count_factors(&doublings[j], j)) multiply_tables(half, 1, &doublings[j]);
    }
}

static inline void start_doublings(struct doubling *doublings, unsigned count)
{
    for (unsigned j = 0; j < count; j++) {
        doublings[j].factor = COMPLEX(1, 0);
        for (unsigned i = 0; i < TABLE_BITS; i++) doublings[j].one[i] = COMPLEX(1, 0);
    }
}

#endif
