/* tables.h - products of phases for all settings of some positions. */
#ifndef KETSIM_CORE_PASSES_TABLES_H
#define KETSIM_CORE_PASSES_TABLES_H

#include <stddef.h>

#include "../cplx.h"
#include "../kernels/tile.h"

enum { TABLE = 1 << TABLE_BITS };

/* Numbers next to one another, real parts and imaginary parts apart. */
struct span {
    double *re, *im;
};

static inline struct span span_from(struct span span, size_t k)
{
    return (struct span){span.re + k, span.im + k};
}

static inline ketsim_complex span_get(struct span span, size_t k)
{
    return COMPLEX(span.re[k], span.im[k]);
}

static inline void span_put(struct span span, size_t k, ketsim_complex c)
{
    span.re[k] = c.re;
    span.im[k] = c.im;
}

/* A table in the making: of the positions of one kind, and the scale that starts it. */
struct table {
    struct span entries; /* NULL: none is needed */
    unsigned bits;
};

static inline size_t tables_size(const struct table *table)
{
    return (size_t)1 << table->bits;
}

/* The table behind it. */
static inline struct table tables_next(struct table table)
{
    return (struct table){span_from(table.entries, (size_t)2 * TABLE), table.bits};
}

/* The product of what depends on one position of a set: a factor, and one for each low position; or on a low one, and
 * those below. */
struct doubling {
    ketsim_complex factor, one[TABLE_BITS];
};

void doublings_start(struct doubling *doublings, unsigned count);

/* All entries 1. */
void tables_clear(const struct table *table);

/* Whether they are. */
bool tables_is_one(const struct table *table);

/* start x the product of one factor for each bit that is 1. */
void tables_multiply_out(const struct table *table, const ketsim_complex *one, ketsim_complex start);

/* Multiply the entries whose index has these values on mask. */
void tables_multiply_matching(const struct table *table, uint64_t mask, uint64_t values,
                              ketsim_complex factor);

/* start x the product of doublings, one for each bit of the table; their factors are 1 afterwards. */
void tables_multiply_doublings(const struct table *table, struct doubling *doublings, ketsim_complex start);

/* As many tables again behind so many: those, times the product of a doubling. */
void tables_double(const struct table *first, size_t count, struct doubling *doubling);

#endif
