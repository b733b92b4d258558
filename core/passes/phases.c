/* phases.c - many phases as few tables.
 *
 * What depends on positions below TABLE_BITS alone goes into a table of all their values, what depends on the other
 * positions alone into a list of factors.  What links the two goes into tables of its own: the linked high positions
 * are dealt to sets of up to SET_BITS, and a set has a table for each setting of its positions.  What looks outside the
 * tile, or links to positions of several sets, stays a link, for the kernel to work into the tables tile by tile. */
#include <stdlib.h>

#include "../bits.h"
#include "list.h"
#include "numbers.h"
#include "tables.h"

#define FILLING_RESERVE(f, items, length, capacity, count)                                         \
    (list_reserve((void **)&(f)->items, &(f)->capacity, (f)->length, count, sizeof *(f)->items) || \
     ((f)->out_of_memory = true, false))

/* A phase by where its bits lie in the tile; of the positions from TABLE_BITS on, shifted down. */
static void place_factor(const struct filling *f, struct link *out, uint64_t mask, uint64_t values,
                         ketsim_complex factor)
{
    uint64_t outer_mask = 0, outer_values = 0, inner_mask = 0, inner_values = 0;
    for (; mask; mask &= mask - 1) {
        const unsigned bit = low_bit(mask);
        const uint64_t value = values >> bit & 1;
        const int p = f->position[bit];
        if (p < 0) {
            outer_mask |= UINT64_C(1) << f->layout.place[bit];
            outer_values |= value << f->layout.place[bit];
        } else {
            inner_mask |= UINT64_C(1) << p;
            inner_values |= value << p;
        }
    }
    out->outer_mask = outer_mask;
    out->outer_values = outer_values;
    out->high_mask = (uint32_t)(inner_mask >> TABLE_BITS);
    out->high_values = (uint32_t)(inner_values >> TABLE_BITS);
    out->low_mask = inner_mask & (TABLE - 1);
    out->low_values = inner_values & (TABLE - 1);
    out->factor = factor;
}

/* What a factor goes into: a link, the low table, high factors, or the tables of set where - OF_SET. */
enum { OF_NONE, OF_LOW, OF_HIGH, OF_SET };
struct placed {
    struct link link;
    unsigned where;
};

/* Whether a factor is on one position's 1. */
static bool is_single(uint32_t mask, uint32_t values)
{
    return mask == values && !(mask & (mask - 1));
}

static unsigned where_of(const struct phases *p, const struct link *link)
{
    if (link->outer_mask) return OF_NONE;
    if (!link->high_mask) return OF_LOW;
    const unsigned set = tile_set_of(p, link->high_mask);
    if (set != TABLE_SETS) return OF_SET + set;
    return link->low_mask ? OF_NONE : OF_HIGH;
}

static void place_source(const struct filling *f, struct link *out, uint32_t source)
{
    const struct form *form = f->form;
    if (source & FACTOR_TERM) {
        const struct term *term = &form->terms[source & ~FACTOR_TERM];
        place_factor(f, out, term->mask, term->values, term->factor);
        return;
    }
    const uint64_t mask = UINT64_C(1) << form->epochs[source].bit;
    place_factor(f, out, mask, mask, form->epochs[source].phase);
}

/* Multiply a low factor that doubling brings to all entries into one of doublings; false if it is none. */
static bool double_factor(struct doubling *doublings, const struct link *link)
{
    const unsigned mask = link->low_mask, others = mask & (mask - 1);
    if (mask != link->low_values || (others & (others - 1))) return false;
    struct doubling *doubling = &doublings[low_bit(others ? others : mask)];
    ketsim_complex *factor = others ? &doubling->one[low_bit(mask)] : &doubling->factor;
    *factor = c_mul(*factor, link->factor);
    return true;
}

/* With factors of one or two positions, then those of several. */
static void fill_low(struct filling *f, const struct phases *p, const struct table *low, double scale)
{
    struct doubling doublings[TABLE_BITS];
    size_t nleft = 0;
    doublings_start(doublings, low->bits);
    for (size_t k = 0; k < p->nfactors; k++)
        nleft += f->placed[k].where == OF_LOW && !double_factor(doublings, &f->placed[k].link);
    tables_multiply_doublings(low, doublings, COMPLEX(scale, 0));
    for (size_t k = 0; nleft && k < p->nfactors; k++) {
        const struct link *link = &f->placed[k].link;
        const unsigned mask = link->low_mask;
        if (f->placed[k].where != OF_LOW || (mask == link->low_values && bit_count(mask) <= 2)) continue;
        tables_multiply_matching(low, mask, link->low_values, link->factor);
    }
}

/* Factors of single positions first, then those of several. */
static void fill_high(struct filling *f, const struct phases *p, const struct table *high, double scale)
{
    ketsim_complex one[MAX_TILE_BITS];
    for (unsigned j = 0; j < MAX_TILE_BITS; j++) one[j] = COMPLEX(1, 0);
    for (int several = 0; several < 2; several++) {
        for (size_t k = 0; k < p->nfactors; k++) {
            const struct link *link = &f->placed[k].link;
            if (f->placed[k].where != OF_HIGH || is_single(link->high_mask, link->high_values) == several)
                continue;
            if (several) tables_multiply_matching(high, link->high_mask, link->high_values, link->factor);
            else one[low_bit(link->high_mask)] = c_mul(one[low_bit(link->high_mask)], link->factor);
        }
        if (!several) tables_multiply_out(high, one, COMPLEX(scale, 0));
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

/* Of the amplitudes that it is on, on average. */
static double link_excess(const struct link *link)
{
    const unsigned nbits = bit_count(link->outer_mask) + bit_count(link->high_mask) +
                           bit_count(link->low_mask);
    return ldexp(numbers_excess(link->factor), -(int)nbits);
}

/* What no table holds; links that touch low positions first, the others behind them. */
static void add_links(struct filling *f, struct phases *p)
{
    for (int low = 1; low >= 0; low--)
        for (size_t k = 0; k < p->nfactors; k++) {
            const struct link *link = &f->placed[k].link;
            if (f->placed[k].where != OF_NONE || (link->low_mask != 0) != low) continue;
            if (!FILLING_RESERVE(f, out->links, out->nlinks, link_capacity, 1)) return;
            f->out->links[f->out->nlinks++] = *link;
            f->residue -= link_excess(link);
            p->nlinks++;
            p->nlow_links += (unsigned)low;
            p->outer_high |= !low;
            const unsigned set = tile_set_of(p, link->high_mask);
            if (low && set != TABLE_SETS) p->outer_sets |= (uint8_t)(1u << set);
            p->spanning |= low && set == TABLE_SETS;
        }
}

/* Room for count numbers; at first for as many as all phases need that need each, and doubled from then on. */
static bool reserve_numbers(struct filling *f, double **items, size_t *capacity, size_t length, size_t count,
                            size_t each)
{
    const size_t first = f->out->nphases * each, wanted = length + count;
    const bool done = wanted <= *capacity ||
                      numbers_reserve(items, capacity, length,
                                      wanted <= first && !*capacity ? first : 2 * wanted);
    f->out_of_memory |= !done;
    return done;
}

/* Room for tables, count of them. */
static struct span add_low(struct filling *f, struct phases *p, size_t count)
{
    const size_t usual = f->pass->m > TABLE_BITS ? 2 * TABLE : TABLE;
    if (!reserve_numbers(f, &f->tables, &f->table_capacity, f->ntables, count * TABLE, usual))
        return (struct span){NULL, NULL};
    double *const first = f->tables + 2 * f->ntables;
    p->low = f->ntables / TABLE;
    f->ntables += count * TABLE;
    return (struct span){first, first + TABLE};
}

static struct span add_high(struct filling *f, struct phases *p, size_t count)
{
    if (!reserve_numbers(f, &f->highs, &f->high_capacity, f->nhighs, count, count))
        return (struct span){NULL, NULL};
    double *const first = f->highs + 2 * f->nhighs;
    p->high = f->nhighs;
    f->nhighs += count;
    return (struct span){first, first + count};
}

static size_t set_size(const struct phases *p, unsigned set)
{
    return (size_t)1 << bit_count(p->sets[set]);
}

/* Multiply a factor into those tables of its set for whose settings it holds. */
static void multiply_set(uint32_t set, struct table table, const struct link *link)
{
    uint32_t high = 0;
    do {
        if (((high ^ link->high_values) & link->high_mask) == 0)
            tables_multiply_matching(&table, link->low_mask, link->low_values, link->factor);
        table = tables_next(table);
        high = ((high | ~set) + 1) & set;
    } while (high);
}

/* Factors of a set: those of single positions into doublings, or the others into its tables. */
static void multiply_factors(struct filling *f, const struct phases *p, unsigned s, const struct table *first,
                             struct doubling *doublings)
{
    for (size_t k = 0; k < p->nfactors; k++) {
        const struct link *link = &f->placed[k].link;
        if (f->placed[k].where != OF_SET + s) continue;
        const bool simple = is_single(link->high_mask, link->high_values) &&
                            is_single(link->low_mask, link->low_values);
        if (simple != !first) continue;
        if (first) {
            multiply_set(p->sets[s], *first, link);
        } else {
            struct doubling *doubling = &doublings[bit_count(p->sets[s] & (link->high_mask - 1))];
            ketsim_complex *factor = link->low_mask ? &doubling->one[low_bit(link->low_mask)]
                                                    : &doubling->factor;
            *factor = c_mul(*factor, link->factor);
        }
    }
}

static void find_doublings(struct filling *f, const struct phases *p, unsigned s, struct doubling *doublings)
{
    doublings_start(doublings, SET_BITS);
    multiply_factors(f, p, s, NULL, doublings);
}

/* The tables of a set, of which the first is made: twice as many with each position. */
static void fill_set(struct filling *f, const struct phases *p, unsigned s, const struct table *first)
{
    struct doubling doublings[SET_BITS];
    find_doublings(f, p, s, doublings);
    for (unsigned j = 0; (size_t)1 << j < set_size(p, s); j++)
        tables_double(first, (size_t)1 << j, &doublings[j]);
    multiply_factors(f, p, s, first, NULL);
}

/* Tables are products of the same factors again and again, rounded the same way each time: so what they do to the norm is
 * part of the residue. */
static double settle(const struct filling *f, const struct table *table, double scale)
{
    return numbers_settle(table->entries, tables_size(table), scale, f->out->dtype);
}

/* The first table of the first set is made, with all low factors; other sets begin with 1. */
static void fill_sets(struct filling *f, struct phases *p, const struct table *low, double scale)
{
    struct table table = *low;
    for (unsigned s = 0; s < p->nsets; s++) {
        double sum = 0;
        if (s) tables_clear(&table);
        fill_set(f, p, s, &table);
        for (size_t k = 0; k < set_size(p, s); k++, table = tables_next(table)) {
            sum += settle(f, &table, s ? 1 : scale);
            p->ones[s] |= (uint8_t)(tables_is_one(&table) << k);
        }
        f->residue -= sum / (double)set_size(p, s);
    }
}

static bool place_factors(struct filling *f, const struct phases *p)
{
    f->out_of_memory |= !list_reserve((void **)&f->placed, &f->placed_capacity, 0, p->nfactors,
                                      sizeof *f->placed);
    if (f->out_of_memory) return false;
    for (size_t k = 0; k < p->nfactors; k++)
        place_source(f, &f->placed[k].link, f->out->factors[p->first_factor + k]);
    return true;
}

/* What kinds of tables a list of factors needs: high positions linked to low ones, those of factors without, and
 * whether there are low ones. */
struct needs {
    uint32_t linked, high;
    bool low;
};

static struct needs find_needs(struct filling *f, const struct phases *p)
{
    struct needs needs = {0, 0, false};
    for (size_t k = 0; k < p->nfactors; k++) {
        const struct link *link = &f->placed[k].link;
        needs.low |= link->low_mask != 0;
        if (link->low_mask) needs.linked |= link->high_mask;
        else if (!link->outer_mask) needs.high |= link->high_mask;
    }
    return needs;
}

/* High positions that are not linked join the sets where that makes no more of them: tables then hold their factors. */
static void choose_sets(struct phases *p, const struct needs *needs)
{
    const uint32_t all = needs->linked | needs->high;
    const unsigned nsets = (bit_count(needs->linked) + SET_BITS - 1) / SET_BITS;
    if (!p->nsets) return;
    deal_positions(p, bit_count(all) <= (nsets ? nsets : 1) * SET_BITS ? all : needs->linked);
}

/* Say what each factor goes into; returns whether some are of high positions alone, and of no set. */
static bool sort_factors(struct filling *f, const struct phases *p)
{
    bool any_high = false;
    for (size_t k = 0; k < p->nfactors; k++) {
        f->placed[k].where = where_of(p, &f->placed[k].link);
        any_high |= f->placed[k].where == OF_HIGH;
    }
    return any_high;
}

/* What rotations owe can wait, which leaves more factors that are 1, but not until a float overflows: 64 rotations more
 * may come before the next phases. */
static bool must_pay(const struct filling *f, const struct phases *p)
{
    return f->owed != 1 && (!p->nfactors || f->owed < 0x1p-64);
}

void phases_fill(struct filling *f, struct phases *p)
{
    const unsigned m = f->pass->m, low_bits = m < TABLE_BITS ? m : TABLE_BITS;
    struct table low = {.bits = low_bits}, high = {.bits = m - low_bits};
    if (!place_factors(f, p)) return;
    const struct needs needs = find_needs(f, p);
    *p = (struct phases){.high = NO_TABLE,
                         .first_link = f->out->nlinks,
                         .first_factor = p->first_factor,
                         .nfactors = p->nfactors};
    const bool pays = must_pay(f, p);
    p->nsets = needs.low || (pays && !needs.high);
    choose_sets(p, &needs);
    const bool any_high = sort_factors(f, p);
    add_links(f, p);
    size_t ntables = 0;
    for (unsigned s = 0; s < p->nsets; s++) ntables += set_size(p, s);
    if (ntables) low.entries = add_low(f, p, ntables);
    if (any_high) high.entries = add_high(f, p, (size_t)1 << high.bits);
    if (f->out_of_memory) return;
    const double scale = pays ? numbers_pay_exactly(f) : 1;
    if (high.entries.re) fill_high(f, p, &high, low.entries.re ? 1 : scale);
    if (high.entries.re) f->residue -= settle(f, &high, low.entries.re ? 1 : scale);
    if (low.entries.re) fill_low(f, p, &low, scale);
    if (low.entries.re) fill_sets(f, p, &low, scale);
    f->residue -= phases_product_excess(f, p, scale);
}
