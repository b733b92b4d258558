/* phases.c - many phases as few tables.
 *
 * What depends on positions below TABLE_BITS alone goes into a table of all their values, what depends on the other
 * positions alone into a list of factors; what links the two, or looks outside the tile, stays a link, for the
 * kernel to work into the tables tile by tile. */
#include <string.h>

#include "../bits.h"
#include "../cplx.h"
#include "builder.h"
#include "list.h"

enum { TABLE = 1 << TABLE_BITS };

static unsigned high_bits(const struct builder *b)
{
    const unsigned m = b->out.passes[b->out.npasses - 1].m;
    return m > TABLE_BITS ? m - TABLE_BITS : 0;
}

static void ones(ketsim_complex *out, size_t count)
{
    for (size_t k = 0; k < count; k++) out[k] = COMPLEX(1, 0);
}

static ketsim_complex *low_table(struct builder *b)
{
    if (b->phases->low == NO_TABLE) {
        if (!BUILDER_RESERVE(b, tables, ntables, table_capacity, TABLE)) return NULL;
        b->phases->low = b->ntables / TABLE;
        ones(b->tables + b->ntables, TABLE);
        b->ntables += TABLE;
    }
    return b->tables + b->phases->low * TABLE;
}

static ketsim_complex *high_table(struct builder *b)
{
    const size_t count = (size_t)1 << high_bits(b);
    if (b->phases->high == NO_TABLE) {
        if (!BUILDER_RESERVE(b, out.highs, out.nhighs, high_capacity, count)) return NULL;
        b->phases->high = b->out.nhighs;
        ones(b->out.highs + b->out.nhighs, count);
        b->out.nhighs += count;
    }
    return b->out.highs + b->phases->high;
}

/* Multiply the entries whose index has these values on mask. */
static void multiply_matching(ketsim_complex *table, size_t count, uint64_t mask, uint64_t values,
                              ketsim_complex factor)
{
    for (size_t k = 0; table && k < count; k++)
        if (((k ^ values) & mask) == 0) table[k] = c_mul(table[k], factor);
}

void phases_begin(struct builder *b)
{
    if (!BUILDER_RESERVE(b, out.phases, out.nphases, phases_capacity, 1)) return;
    b->phases = &b->out.phases[b->out.nphases];
    *b->phases = (struct phases){.low = NO_TABLE, .high = NO_TABLE, .first_link = b->out.nlinks};
}

static void add_link(struct builder *b, const struct link *link)
{
    if (!BUILDER_RESERVE(b, out.links, out.nlinks, link_capacity, 1)) return;
    b->out.links[b->out.nlinks++] = *link;
    if (link->low_mask) {
        b->phases->linked |= link->high_mask;
        b->phases->outer_low |= link->outer_mask != 0;
    } else {
        b->phases->outer_high = true;
    }
}

void phases_add(struct builder *b, uint64_t mask, uint64_t values, ketsim_complex factor)
{
    struct link link = {.factor = factor};
    if (!b->phases || c_is_one(factor)) return;
    for (; mask; mask &= mask - 1) {
        const unsigned bit = low_bit(mask), value = values >> bit & 1;
        const int p = b->position[bit];
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
    if (link.outer_mask || (link.low_mask && link.high_mask)) add_link(b, &link);
    else if (link.low_mask) multiply_matching(low_table(b), TABLE, link.low_mask, link.low_values, factor);
    else
        multiply_matching(high_table(b), (size_t)1 << high_bits(b), link.high_mask, link.high_values, factor);
}

/* The scale owed by rotations goes where it costs nothing. */
static void pay_scale(struct builder *b)
{
    const bool in_high = b->phases->low == NO_TABLE && b->phases->high != NO_TABLE;
    const size_t count = in_high ? (size_t)1 << high_bits(b) : TABLE;
    ketsim_complex *table = in_high ? high_table(b) : low_table(b);
    const double scale = builder_pay(b);
    for (size_t k = 0; table && k < count; k++) table[k] = c_scale(table[k], scale);
}

/* Links that touch low positions before the others, each kind in its order. */
static bool sort_links(struct builder *b)
{
    struct link *links = b->out.links + b->phases->first_link;
    const size_t count = b->phases->nlinks;
    struct link *others = malloc((count + 1) * sizeof *others);
    size_t nothers = 0, nlow = 0;
    for (size_t k = 0; others && k < count; k++) {
        if (links[k].low_mask) links[nlow++] = links[k];
        else others[nothers++] = links[k];
    }
    if (others && nothers) memcpy(links + nlow, others, nothers * sizeof *others);
    b->phases->nlow_links = nlow;
    b->out_of_memory |= !others;
    free(others);
    return others;
}

int32_t phases_end(struct builder *b)
{
    struct phases *p = b->phases;
    if (b->out_of_memory) return -1;
    p->nlinks = b->out.nlinks - p->first_link;
    if (p->low == NO_TABLE && p->high == NO_TABLE && !p->nlinks) return -1;
    if (b->owed != 1) pay_scale(b);
    if (p->nlinks && !sort_links(b)) return -1;
    b->phases = NULL;
    return (int32_t)b->out.nphases++;
}
