/* excess.c - what the phases of a tile do to the norm by the roundings of their product.
 *
 * Tables are made with the plan, and their excess is known.  But the kernel multiplies them with one another, with high
 * factors and with links, and (T x T, say) rounds the same product the same way each time.  What this adds is known from
 * a few amplitudes: one for each setting of up to four bits, and for more a sample that favors none, for a plan that runs
 * again and again adds up what is wrong with it. */
#include <string.h>

#include "../bits.h"
#include "numbers.h"
#include "tables.h"

/* Which generators of the sample flip a bit: columns of an orthogonal array (A. Hedayat, N. Sloane and J. Stufken,
 * "Orthogonal Arrays", 1999, chapter 3).  No three of these add up to none, so all settings of any three bits are equally
 * often; of more than eight bits half as many amplitudes are looked at, for two bits of most. */
static const uint8_t COLUMNS[] = {1, 2, 4, 8, 7, 11, 13, 14};
enum { FEW_BITS = sizeof COLUMNS, MOST_GENERATORS = 4 };

struct sample {
    unsigned nbits, ngenerators;
};

static struct sample sample_of(unsigned nbits)
{
    if (nbits > FEW_BITS) return (struct sample){nbits, 3};
    return (struct sample){nbits, nbits < MOST_GENERATORS ? nbits : MOST_GENERATORS};
}

static unsigned column_of(const struct sample *sample, unsigned number)
{
    return sample->nbits > FEW_BITS ? 1 + number % 7 : COLUMNS[number];
}

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

/* 1 and k units of its last digit times x = m 2^e are round(k m) units of x's: on average, of m between 1 and 2 with the
 * density 1 / (m ln 2) (F. Benford, "The law of anomalous numbers", 1938), so often as much as k m, times ln 2; of k = 1/2
 * (below 1 there are halves), 1, 3/2 and 2. */
static const double ROUNDED[] = {1, 2. / 3, 11. / 15, 24. / 35};
static const double LN_2 = 0x1.62e42fefa39efp-1;

/* What multiplying amplitudes by a product does to the norm.  Tables hold no neighbors of 1, see numbers_settle(). */
static double effect_of(ketsim_complex c, ketsim_dtype dtype)
{
    const double excess = numbers_excess_of(c, dtype), unit = numbers_near(dtype) / 2;
    const double largest = fmax(fabs(c.re), fabs(c.im)), halves = 2 * fabs(largest - 1) / unit;
    if (halves < 1 || halves > 4) return excess;
    return excess * ROUNDED[(unsigned)halves - 1] / LN_2;
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

/* The bits that factors look at. */
static struct setting find_bits(const struct filling *f, const struct phases *p)
{
    struct setting bits = {0, 0, 0};
    for (size_t k = 0; k < p->nfactors; k++) {
        const struct link *link = &f->placed[k].link;
        bits.outer |= link->outer_mask;
        bits.high |= link->high_mask;
        bits.low |= link->low_mask;
    }
    return bits;
}

/* Those bits of a mask that a generator flips; the lowest has this number among all. */
static uint64_t flipped_by(unsigned generator, uint64_t mask, unsigned number, const struct sample *sample)
{
    uint64_t out = 0;
    for (; mask; mask &= mask - 1, number++)
        if (column_of(sample, number) >> generator & 1) out |= mask & -mask;
    return out;
}

/* What each generator flips. */
static void find_flips(struct setting *flips, const struct setting *bits, const struct sample *sample)
{
    const unsigned nlow = bit_count(bits->low), nhigh = bit_count(bits->high);
    for (unsigned g = 0; g < sample->ngenerators; g++)
        flips[g] = (struct setting){flipped_by(g, bits->outer, nlow + nhigh, sample),
                                    (uint32_t)flipped_by(g, bits->high, nlow, sample),
                                    (uint32_t)flipped_by(g, bits->low, 0, sample)};
}

static void flip(struct setting *at, const struct setting *by)
{
    at->outer ^= by->outer;
    at->high ^= by->high;
    at->low ^= by->low;
}

/* Where a sample begins: elsewhere for every circuit. */
static struct setting first_setting(const struct filling *f, const struct setting *bits)
{
    uint64_t seed;
    memcpy(&seed, &f->residue, sizeof seed);
    const uint64_t inner = scatter_bits(seed), outer = scatter_bits(~seed);
    return (struct setting){outer & bits->outer, (uint32_t)(inner >> 32) & bits->high,
                            (uint32_t)inner & bits->low};
}

double phases_product_excess(const struct filling *f, const struct phases *p, double scale)
{
    if (!p->nlinks && p->nsets + (p->high != NO_TABLE) < 2) return 0;
    const struct setting bits = find_bits(f, p);
    const struct sample sample = sample_of(bit_count(bits.outer) + bit_count(bits.high) +
                                           bit_count(bits.low));
    struct setting flips[MOST_GENERATORS], at = first_setting(f, &bits);
    find_flips(flips, &bits, &sample);
    double sum = 0;
    for (unsigned k = 1;; k++) {
        const struct product product = product_at(f, p, scale, &at);
        sum += effect_of(product.c, f->out->dtype) - product.parts;
        if (k >> sample.ngenerators) return sum / k;
        flip(&at, &flips[low_bit(k)]); /* in the order of a Gray code */
    }
}
