/* phases.c - many phases as few tables.
 *
 * What depends on positions below TABLE_BITS alone goes into a table of all their values, what depends on the other
 * positions alone into a list of factors; what links the two, or looks outside the tile, stays a link, for the
 * kernel to work into the tables tile by tile. */
#include <stdlib.h>
#include <string.h>

#include "../bits.h"
#include "../cplx.h"
#include "list.h"
#include "numbers.h"

enum { TABLE = 1 << TABLE_BITS };

#define FILLING_RESERVE(f, items, length, capacity, count)                                         \
    (list_reserve((void **)&(f)->items, &(f)->capacity, (f)->length, count, sizeof *(f)->items) || \
     ((f)->out_of_memory = true, false))

/* A phase by where its bits lie in the tile; of the positions from TABLE_BITS on, shifted down. */
static struct link place_factor(const struct filling *f, uint64_t mask, uint64_t values,
                                ketsim_complex factor)
{
    struct link link = {.factor = factor};
    for (; mask; mask &= mask - 1) {
        const unsigned bit = low_bit(mask), value = values >> bit & 1;
        const int p = f->position[bit];
        if (p < 0) {
            link.outer_mask |= UINT64_C(1) << f->layout.place[bit];
            link.outer_values |= (uint64_t)value << f->layout.place[bit];
        } else if (p < TABLE_BITS) {
            link.low_mask |= (uint8_t)(1u << p);
            link.low_values |= (uint8_t)(value << p);
        } else {
            link.high_mask |= 1u << (p - TABLE_BITS);
            link.high_values |= value << (p - TABLE_BITS);
        }
    }
    return link;
}

/* Whether a factor needs no link. */
static bool is_plain(const struct link *link)
{
    return !link->outer_mask && !(link->low_mask && link->high_mask);
}

static struct link factor_of(const struct filling *f, uint32_t source)
{
    const struct form *form = f->form;
    if (source & FACTOR_TERM) {
        const struct term *term = &form->terms[source & ~FACTOR_TERM];
        return place_factor(f, term->mask, term->values, term->factor);
    }
    const uint64_t mask = UINT64_C(1) << form->epochs[source].bit;
    return place_factor(f, mask, mask, form->epochs[source].phase);
}

/* A table in the making: of the positions of one kind, and the scale that starts it. */
struct table {
    ketsim_complex *entries; /* NULL: none is needed */
    unsigned bits;
};

/* scale x the product of one factor for each bit that is 1. */
static void multiply_out(const struct table *table, const ketsim_complex *one, double scale)
{
    table->entries[0] = COMPLEX(scale, 0);
    for (unsigned j = 0; j < table->bits; j++)
        for (size_t k = 0, half = (size_t)1 << j; k < half; k++)
            table->entries[half + k] = c_mul(table->entries[k], one[j]);
}

/* Multiply the entries whose index has these values on mask. */
static void multiply_matching(const struct table *table, uint64_t mask, uint64_t values,
                              ketsim_complex factor)
{
    for (size_t k = 0; k < (size_t)1 << table->bits; k = next_around(k, mask, 1))
        table->entries[k | values] = c_mul(table->entries[k | values], factor);
}

/* Whether a factor is on one position's 1. */
static bool is_single(uint32_t mask, uint32_t values)
{
    return mask == values && !(mask & (mask - 1));
}

static void fill_tables(struct filling *f, const struct phases *p, const struct table *low,
                        const struct table *high, double scale)
{
    ketsim_complex one_low[TABLE_BITS], one_high[MAX_TILE_BITS];
    for (unsigned j = 0; j < TABLE_BITS; j++) one_low[j] = COMPLEX(1, 0);
    for (unsigned j = 0; j < MAX_TILE_BITS; j++) one_high[j] = COMPLEX(1, 0);
    for (int pass = 0; pass < 2; pass++) { /* single ones first, then those of several positions */
        for (size_t k = 0; k < p->nfactors; k++) {
            const struct link link = factor_of(f, f->out->factors[p->first_factor + k]);
            const uint32_t mask = link.low_mask ? link.low_mask : link.high_mask;
            const uint32_t values = link.low_mask ? link.low_values : link.high_values;
            ketsim_complex *one = link.low_mask ? one_low : one_high;
            if (!is_plain(&link) || is_single(mask, values) != !pass) continue;
            if (!pass) one[low_bit(mask)] = c_mul(one[low_bit(mask)], link.factor);
            else multiply_matching(link.low_mask ? low : high, mask, values, link.factor);
        }
        if (pass) break;
        if (low->entries) multiply_out(low, one_low, scale);
        if (high->entries) multiply_out(high, one_high, low->entries ? 1 : scale);
    }
}

/* Links that touch low positions first, the others behind them. */
static void add_links(struct filling *f, struct phases *p)
{
    for (int low = 1; low >= 0; low--)
        for (size_t k = 0; k < p->nfactors; k++) {
            const struct link link = factor_of(f, f->out->factors[p->first_factor + k]);
            if (is_plain(&link) || (link.low_mask != 0) != low) continue;
            if (!FILLING_RESERVE(f, out->links, out->nlinks, link_capacity, 1)) return;
            f->out->links[f->out->nlinks++] = link;
            p->nlinks++;
            p->nlow_links += (unsigned)low;
            p->linked |= low ? link.high_mask : 0;
            p->outer_low |= low && link.outer_mask;
            p->outer_high |= !low;
        }
}

/* Room for tables, count of them. */
static ketsim_complex *add_low(struct filling *f, struct phases *p, size_t count)
{
    if (!FILLING_RESERVE(f, tables, ntables, table_capacity, count * TABLE)) return NULL;
    p->low = f->ntables / TABLE;
    f->ntables += count * TABLE;
    return f->tables + p->low * TABLE;
}

static ketsim_complex *add_high(struct filling *f, struct phases *p, size_t count)
{
    if (!FILLING_RESERVE(f, highs, nhighs, high_capacity, count)) return NULL;
    p->high = f->nhighs;
    f->nhighs += count;
    return f->highs + p->high;
}

/* The setting of all high positions that has setting number k of the linked ones. */
static uint32_t spread_setting(uint32_t k, uint32_t linked)
{
    uint32_t out = 0;
    for (; linked; linked &= linked - 1, k >>= 1)
        if (k & 1) out |= linked & -linked;
    return out;
}

/* A copy of the table for each setting of the linked positions, with the links that hold there. */
static void make_variants(struct filling *f, const struct phases *p, const struct table *low)
{
    for (uint32_t k = (uint32_t)1 << bit_count(p->linked); k--;) {
        const struct table variant = {low->entries + (size_t)k * TABLE, low->bits};
        const uint32_t high = spread_setting(k, p->linked);
        if (k) memcpy(variant.entries, low->entries, sizeof *variant.entries << low->bits);
        for (size_t j = 0; j < p->nlow_links; j++) {
            const struct link *link = &f->out->links[p->first_link + j];
            if (((high ^ link->high_values) & link->high_mask) == 0)
                multiply_matching(&variant, link->low_mask, link->low_values, link->factor);
        }
    }
}

void phases_fill(struct filling *f, struct phases *p)
{
    const unsigned m = f->pass->m, low_bits = m < TABLE_BITS ? m : TABLE_BITS;
    struct table low = {NULL, low_bits}, high = {NULL, m - low_bits};
    bool any_low = false, any_high = false;
    for (size_t k = 0; k < p->nfactors; k++) {
        const struct link link = factor_of(f, f->out->factors[p->first_factor + k]);
        any_low |= is_plain(&link) && link.low_mask;
        any_high |= is_plain(&link) && link.high_mask;
        const unsigned nbits = bit_count(link.outer_mask) + bit_count(link.high_mask) +
                               bit_count(link.low_mask);
        f->residue -= ldexp(numbers_excess(link.factor), -(int)nbits); /* of so many amplitudes, on average */
    }
    *p = (struct phases){.low = NO_TABLE,
                         .high = NO_TABLE,
                         .first_link = f->out->nlinks,
                         .first_factor = p->first_factor,
                         .nfactors = p->nfactors};
    add_links(f, p);
    p->made = p->nlow_links && !p->outer_low && bit_count(p->linked) <= VARIANT_BITS;
    if (any_low || p->made || (f->owed != 1 && !any_high))
        low.entries = add_low(f, p, p->made ? (size_t)1 << bit_count(p->linked) : 1);
    if (any_high) high.entries = add_high(f, p, (size_t)1 << high.bits);
    if (f->out_of_memory) return;
    fill_tables(f, p, &low, &high, f->owed != 1 ? numbers_pay(f, false) : 1);
    if (p->made) make_variants(f, p, &low);
}
