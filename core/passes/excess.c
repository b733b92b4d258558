/* excess.c - what the phases of a tile do to the norm by the roundings of their product.
 *
 * Tables are made with the plan, and their excess is known.  But the kernel multiplies them with one another, with high
 * factors and with links, and (T x T, say) rounds the same product the same way each time.  Of what this adds, a few
 * amplitudes are a sample. */
#include <string.h>

#include "../bits.h"
#include "numbers.h"
#include "tables.h"

enum { SAMPLES = 8 };

/* A factor of an amplitude as the kernel multiplies it, and what its parts alone do to the norm. */
struct product {
    ketsim_complex c;
    double parts;
};

/* Where an amplitude lies. */
struct setting {
    uint64_t outer;
    uint32_t high, low;
};

/* Bits without a pattern (G. Steele et al., "Fast splittable pseudorandom number generators", 2014). */
static uint64_t scatter_bits(uint64_t k)
{
    k = (k ^ k >> 30) * 0xbf58476d1ce4e5b9;
    k = (k ^ k >> 27) * 0x94d049bb133111eb;
    return k ^ k >> 31;
}

static void multiply(struct product *product, struct product by, ketsim_dtype dtype)
{
    const ketsim_complex c = c_mul(product->c, by.c);
    product->c = (ketsim_complex){numbers_round(dtype, c.re), numbers_round(dtype, c.im)};
    product->parts += by.parts;
}

static void multiply_by(struct product *product, ketsim_complex factor, ketsim_dtype dtype)
{
    const ketsim_complex c = {numbers_round(dtype, factor.re), numbers_round(dtype, factor.im)};
    if (!c_is(c, 1)) multiply(product, (struct product){c, numbers_excess_of(c, dtype)}, dtype);
}

static bool holds(const struct link *link, const struct setting *at)
{
    return !((at->outer ^ link->outer_values) & link->outer_mask) &&
           !((at->high ^ link->high_values) & link->high_mask) &&
           !((at->low ^ link->low_values) & link->low_mask);
}

/* An entry of a set's tables, of which first is the first. */
static ketsim_complex entry_of(const double *first, uint32_t set, const struct setting *at)
{
    size_t number = 0;
    for (unsigned j = 0; set; set &= set - 1, j++) number |= (size_t)(at->high >> low_bit(set) & 1) << j;
    const double *re = first + number * 2 * TABLE + at->low;
    return COMPLEX(re[0], re[TABLE]);
}

/* Links to low positions go into products[set], or with spanning ones into products[TABLE_SETS]; the others into high. */
static void multiply_links(struct product *products, struct product *high, const struct filling *f,
                           const struct phases *p, const struct setting *at)
{
    const struct link *links = f->out->links + p->first_link;
    for (size_t k = 0; k < p->nlinks; k++) {
        if (!holds(&links[k], at)) continue;
        struct product *out = k < p->nlow_links ? &products[tile_set_of(p, links[k].high_mask)] : high;
        multiply_by(out, links[k].factor, f->out->dtype);
    }
}

static ketsim_complex high_of(const struct filling *f, const struct phases *p, uint32_t high)
{
    const double *first = f->highs + 2 * p->high;
    return COMPLEX(first[high], first[tile_high_count(f->pass->m) + high]);
}

/* The factor at a setting; scale is in the tables. */
static struct product product_at(const struct filling *f, const struct phases *p, double scale,
                                 const struct setting *at)
{
    const ketsim_dtype dtype = f->out->dtype;
    struct product out = {{1, 0}, 0}, products[TABLE_SETS + 1];
    const double *first = f->tables + p->low * 2 * TABLE;
    for (unsigned s = 0; s <= TABLE_SETS; s++) {
        products[s] = out;
        if (s >= p->nsets) continue;
        multiply_by(&products[s], c_scale(entry_of(first, p->sets[s], at), s ? 1 : 1 / scale), dtype);
        first += (size_t)2 * TABLE << bit_count(p->sets[s]);
    }
    multiply_links(products, &out, f, p, at);
    if (p->high != NO_TABLE) multiply_by(&out, high_of(f, p, at->high), dtype);
    for (unsigned s = 2; s <= TABLE_SETS; s++) multiply(&products[1], products[s], dtype);
    multiply(&out, products[0], dtype);
    multiply(&out, products[1], dtype);
    return out;
}

double phases_product_excess(const struct filling *f, const struct phases *p, double scale)
{
    double sum = 0;
    const size_t nhigh = tile_high_count(f->pass->m);
    const unsigned low_bits = f->pass->m < TABLE_BITS ? f->pass->m : TABLE_BITS;
    if (!p->nlinks && p->nsets + (p->high != NO_TABLE) < 2) return 0;
    uint64_t seed; /* other samples for every circuit */
    memcpy(&seed, &f->residue, sizeof seed);
    for (uint64_t k = seed; k < seed + SAMPLES; k++) {
        const uint64_t inner = scatter_bits(k), outer = scatter_bits(~k);
        const struct setting at = {outer, (uint32_t)(inner >> 32 & (nhigh - 1)),
                                   (uint32_t)(inner & ((1u << low_bits) - 1))};
        const struct product product = product_at(f, p, scale, &at);
        sum += numbers_excess_of(product.c, f->out->dtype) - product.parts;
    }
    return sum / SAMPLES;
}
