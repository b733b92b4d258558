/* phases.c - many phases as few tables.
 *
 * What depends on positions below TABLE_BITS alone goes into a table of all their values, what depends on the other
 * positions alone into a list of factors.  What links the two goes into tables of its own: the linked high positions
 * are dealt to sets of up to SET_BITS, and a set has a table for each setting of its positions.  What looks outside the
 * tile, or links to positions of several sets, stays a link, for the kernel to work into the tables tile by tile. */
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
            link.outer_mask |= UINT64_C(1) << bit;
            link.outer_values |= (uint64_t)value << bit;
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

/* Whether a factor is one of low or of high positions alone. */
static bool is_plain(const struct link *link)
{
    return !link->outer_mask && !(link->low_mask && link->high_mask);
}

/* Whether a factor goes into the tables of a set: which then tile_set_of() says. */
static bool is_of_set(const struct phases *p, const struct link *link)
{
    return !link->outer_mask && link->low_mask && link->high_mask &&
           tile_set_of(p, link->high_mask) != TABLE_SETS;
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

/* The lowest positions, which change most often, belong to the first set. */
static void deal_positions(struct phases *p, uint32_t linked)
{
    for (unsigned count = 0; linked; linked &= linked - 1, count++) {
        p->nsets = (uint8_t)(count / SET_BITS + 1);
        p->sets[p->nsets - 1] |= linked & -linked;
    }
}

/* What no table holds; links that touch low positions first, the others behind them. */
static void add_links(struct filling *f, struct phases *p)
{
    for (int low = 1; low >= 0; low--)
        for (size_t k = 0; k < p->nfactors; k++) {
            const struct link link = factor_of(f, f->out->factors[p->first_factor + k]);
            if (is_plain(&link) || is_of_set(p, &link) || (link.low_mask != 0) != low) continue;
            if (!FILLING_RESERVE(f, out->links, out->nlinks, link_capacity, 1)) return;
            f->out->links[f->out->nlinks++] = link;
            p->nlinks++;
            p->nlow_links += (unsigned)low;
            p->outer_high |= !low;
            const unsigned set = tile_set_of(p, link.high_mask);
            if (low && set != TABLE_SETS) p->outer_sets |= (uint8_t)(1u << set);
            p->spanning |= low && set == TABLE_SETS;
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

static size_t set_size(const struct phases *p, unsigned set)
{
    return (size_t)1 << bit_count(p->sets[set]);
}

/* All tables of a set begin as the first: of the first set the plain table, of others 1. */
static void copy_tables(const struct phases *p, ketsim_complex *tables, unsigned low_bits)
{
    for (unsigned s = 0; s < p->nsets; tables += set_size(p, s++) * TABLE) {
        for (size_t k = 0; s && k < (size_t)1 << low_bits; k++) tables[k] = COMPLEX(1, 0);
        for (size_t k = 1; k < set_size(p, s); k++)
            memcpy(tables + k * TABLE, tables, sizeof *tables << low_bits);
    }
}

/* Multiply a factor into the tables of its set, for the settings where it holds. */
static void multiply_set(const struct phases *p, const struct table *first, const struct link *link)
{
    const unsigned set = tile_set_of(p, link->high_mask);
    struct table table = *first;
    for (unsigned s = 0; s < set; s++) table.entries += set_size(p, s) * TABLE;
    uint32_t high = 0;
    do {
        if (((high ^ link->high_values) & link->high_mask) == 0)
            multiply_matching(&table, link->low_mask, link->low_values, link->factor);
        table.entries += TABLE;
        high = ((high | ~p->sets[set]) + 1) & p->sets[set];
    } while (high);
}

static void fill_sets(struct filling *f, const struct phases *p, const struct table *low)
{
    copy_tables(p, low->entries, low->bits);
    for (size_t k = 0; k < p->nfactors; k++) {
        const struct link link = factor_of(f, f->out->factors[p->first_factor + k]);
        if (is_of_set(p, &link)) multiply_set(p, low, &link);
    }
}

/* What kinds of tables a list of factors needs. */
struct needs {
    uint32_t linked; /* high positions that are linked to low ones */
    bool low, high;
};

static struct needs find_needs(struct filling *f, const struct phases *p)
{
    struct needs needs = {0, false, false};
    for (size_t k = 0; k < p->nfactors; k++) {
        const struct link link = factor_of(f, f->out->factors[p->first_factor + k]);
        const unsigned nbits = bit_count(link.outer_mask) + bit_count(link.high_mask) +
                               bit_count(link.low_mask);
        needs.low |= link.low_mask != 0;
        needs.high |= is_plain(&link) && link.high_mask;
        if (link.low_mask) needs.linked |= link.high_mask;
        f->residue -= ldexp(numbers_excess(link.factor), -(int)nbits); /* of so many amplitudes, on average */
    }
    return needs;
}

void phases_fill(struct filling *f, struct phases *p)
{
    const unsigned m = f->pass->m, low_bits = m < TABLE_BITS ? m : TABLE_BITS;
    struct table low = {NULL, low_bits}, high = {NULL, m - low_bits};
    const struct needs needs = find_needs(f, p);
    *p = (struct phases){.high = NO_TABLE,
                         .first_link = f->out->nlinks,
                         .first_factor = p->first_factor,
                         .nfactors = p->nfactors};
    p->nsets = needs.low || (f->owed != 1 && !needs.high);
    deal_positions(p, needs.linked);
    add_links(f, p);
    size_t ntables = 0;
    for (unsigned s = 0; s < p->nsets; s++) ntables += set_size(p, s);
    if (ntables) low.entries = add_low(f, p, ntables);
    if (needs.high) high.entries = add_high(f, p, (size_t)1 << high.bits);
    if (f->out_of_memory) return;
    fill_tables(f, p, &low, &high, f->owed != 1 ? numbers_pay(f, false) : 1);
    if (low.entries) fill_sets(f, p, &low);
}
