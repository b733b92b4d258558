/* tables.c - products of phases: each position doubles a table. */
#include "tables.h"

#include "../bits.h"
#include "vectors.h"

/* ---- spans ------------------------------------------------------------------------------------- */

V4_INLINE void multiply_fours(struct span out, struct span in, size_t count, ketsim_complex by)
{
    for (size_t k = 0; k < count; k += 4) {
        v4 re, im;
        V4_LOAD(re, in.re + k);
        V4_LOAD(im, in.im + k);
        const v4 out_re = re * by.re - im * by.im, out_im = re * by.im + im * by.re;
        V4_STORE(out.re + k, out_re);
        V4_STORE(out.im + k, out_im);
    }
}
V4_TWICE(void, multiply_fours, (struct span out, struct span in, size_t count, ketsim_complex by),
         (out, in, count, by))

/* out = in x by, a power of two times; they may be the same. */
static void multiply_each(struct span out, struct span in, size_t count, ketsim_complex by)
{
    if (count >= 4) multiply_fours_by_cpu(out, in, count, by);
    else
        for (size_t k = 0; k < count; k++) span_put(out, k, c_mul(span_get(in, k), by));
}

V4_INLINE void multiply_four_pairs(struct span out, struct span by, size_t count)
{
    for (size_t k = 0; k < count; k += 4) {
        v4 re, im, by_re, by_im;
        V4_LOAD(re, out.re + k);
        V4_LOAD(im, out.im + k);
        V4_LOAD(by_re, by.re + k);
        V4_LOAD(by_im, by.im + k);
        const v4 out_re = re * by_re - im * by_im, out_im = re * by_im + im * by_re;
        V4_STORE(out.re + k, out_re);
        V4_STORE(out.im + k, out_im);
    }
}
V4_TWICE(void, multiply_four_pairs, (struct span out, struct span by, size_t count), (out, by, count))

/* out = out x by, a power of two times. */
static void multiply_pairs(struct span out, struct span by, size_t count)
{
    if (count >= 4) multiply_four_pairs_by_cpu(out, by, count);
    else
        for (size_t k = 0; k < count; k++) span_put(out, k, c_mul(span_get(out, k), span_get(by, k)));
}

/* ---- tables ------------------------------------------------------------------------------------ */

void tables_clear(const struct table *table)
{
    for (size_t k = 0; k < tables_size(table); k++) table->entries.re[k] = 1;
    memset(table->entries.im, 0, tables_size(table) * sizeof *table->entries.im);
}

bool tables_is_one(const struct table *table)
{
    for (size_t k = 0; k < tables_size(table); k++)
        if (!c_is(span_get(table->entries, k), 1)) return false;
    return true;
}

void tables_multiply_out(const struct table *table, const ketsim_complex *one, ketsim_complex start)
{
    span_put(table->entries, 0, start);
    for (unsigned j = 0; j < table->bits; j++)
        multiply_each(span_from(table->entries, (size_t)1 << j), table->entries, (size_t)1 << j, one[j]);
}

void tables_multiply_matching(const struct table *table, uint64_t mask, uint64_t values,
                              ketsim_complex factor)
{
    const size_t run = mask ? (size_t)(mask & -mask) : tables_size(table); /* next to one another */
    for (size_t k = 0; k < tables_size(table); k = next_around(k, mask, run)) {
        const struct span at = span_from(table->entries, k | values);
        multiply_each(at, at, run, factor);
    }
}

/* ---- doublings --------------------------------------------------------------------------------- */

void doublings_start(struct doubling *doublings, unsigned count)
{
    for (unsigned j = 0; j < count; j++) {
        doublings[j].factor = COMPLEX(1, 0);
        for (unsigned i = 0; i < TABLE_BITS; i++) doublings[j].one[i] = COMPLEX(1, 0);
    }
}

static unsigned count_factors(const struct doubling *doubling, unsigned bits)
{
    unsigned count = !c_is(doubling->factor, 1);
    for (unsigned i = 0; i < bits; i++) count += !c_is(doubling->one[i], 1);
    return count;
}

/* A table times a few factors, one by one. */
static void multiply_few(const struct table *table, const struct doubling *doubling)
{
    if (!c_is(doubling->factor, 1)) tables_multiply_matching(table, 0, 0, doubling->factor);
    for (unsigned i = 0; i < table->bits; i++)
        if (!c_is(doubling->one[i], 1))
            tables_multiply_matching(table, UINT64_C(1) << i, UINT64_C(1) << i, doubling->one[i]);
}

/* Multiply tables, count of them: with a table of the product, or with few factors one by one. */
static void multiply_tables(struct table table, size_t count, const struct doubling *doubling)
{
    enum { FEW = 2 };
    double parts[2][TABLE];
    const struct table product = {{parts[0], parts[1]}, table.bits};
    const unsigned factors = count_factors(doubling, table.bits);
    if (!factors) return;
    if (factors > FEW) tables_multiply_out(&product, doubling->one, doubling->factor);
    for (; count--; table = tables_next(table)) {
        if (factors > FEW) multiply_pairs(table.entries, product.entries, tables_size(&table));
        else multiply_few(&table, doubling);
    }
}

void tables_multiply_doublings(const struct table *table, struct doubling *doublings, ketsim_complex start)
{
    span_put(table->entries, 0, start);
    for (unsigned j = 0; j < table->bits; j++) {
        const struct table half = {span_from(table->entries, (size_t)1 << j), j};
        multiply_each(half.entries, table->entries, (size_t)1 << j, doublings[j].factor);
        doublings[j].factor = COMPLEX(1, 0);
        multiply_tables(half, 1, &doublings[j]);
    }
}

void tables_double(const struct table *first, size_t count, struct doubling *doubling)
{
    struct table from = *first, to = {span_from(first->entries, count * 2 * TABLE), first->bits};
    const struct table made = to;
    for (size_t k = 0; k < count; k++, from = tables_next(from), to = tables_next(to))
        multiply_each(to.entries, from.entries, tables_size(&from), doubling->factor);
    doubling->factor = COMPLEX(1, 0);
    multiply_tables(made, count, doubling);
}
