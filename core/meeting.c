/* meeting.c - loops over the amplitudes of a block and of those it meets.  See meeting.h.
 *
 * Real and imaginary parts are kept apart, and the other block's are put in the order in which the lowest bits of x are
 * used up.  Signs of the low bits of z are those of a Walsh-Hadamard transform, of which only the coefficients that
 * terms ask for are computed: one takes as many additions as a block has amplitudes, all of them ten times as many. */
#include "meeting.h"

#include <string.h>

#include "reduce.h"

struct planes {
    double re[BLOCK], im[BLOCK];
};

/* ---- signs -------------------------------------------------------------------------------------- */

/* First of the terms, sorted by the low bits of z, that has the bit; those before agree in all bits above it. */
static const struct pauli_term *first_with(const struct pauli_term *first, const struct pauli_term *last,
                                           unsigned bit)
{
    while (first < last && !(first->z >> bit & 1)) first++;
    return first;
}

/* Of terms that agree in the low bits of z, with the signs of a block. */
static double signed_coefficient(const struct pauli_term *term, uint64_t block)
{
    return is_odd(term->z >> BLOCK_BITS & block) ? -term->coefficient : term->coefficient;
}

/* ---- blocks ------------------------------------------------------------------------------------ */

/* Planes of a block; amplitude i is that of the place i ^ swap. */
static void unpack(struct planes *out, const struct meeting *meeting, uint64_t block, uint64_t swap)
{
    const uint64_t step = meeting->present < REDUCE_STRIP ? meeting->present : REDUCE_STRIP;
    double strip[2 * REDUCE_STRIP];

    for (uint64_t i = meeting->present; i < RUN; i++) out->re[i] = out->im[i] = 0;
    for (uint64_t i = 0; i < meeting->present; i += step) {
        const double *x = reduce_strip(strip, meeting->amps, meeting->dtype, block * meeting->present + i,
                                       step);
        for (uint64_t k = 0; k < step; k++) {
            out->re[i + k] = x[2 * (k ^ swap)];
            out->im[i + k] = x[2 * (k ^ swap) + 1];
        }
    }
}

/* The other block of a group, kept until one asks for another. */
struct partner {
    struct planes planes;
    uint64_t block, swap; /* what is there */
};

static void start_alone(struct partner *partner)
{
    partner->block = UINT64_MAX;
}

static const struct planes *meet(struct partner *partner, const struct meeting *meeting,
                                 const struct planes *own, uint64_t block, uint64_t x)
{
    const uint64_t other = block ^ x >> BLOCK_BITS, swap = x % RUN;
    if (other == block && !swap) return own;
    if (partner->block != other || partner->swap != swap) unpack(&partner->planes, meeting, other, swap);
    partner->block = other;
    partner->swap = swap;
    return &partner->planes;
}

/* Bits of x that are left to loops: of the place, without those of a run. */
static uint64_t apart(uint64_t x)
{
    return x % BLOCK & ~(uint64_t)(RUN - 1);
}

/* ---- expectation values ------------------------------------------------------------------------ */

/* p_i = re conj(a_i) b_(i^x) */
static void real_products(double *restrict p, const struct planes *a, const struct planes *b, uint64_t x,
                          uint64_t count)
{
    for (uint64_t i = 0; i < count; i += RUN)
        for (unsigned l = 0; l < RUN; l++)
            p[i + l] = a->re[i + l] * b->re[(i ^ x) + l] + a->im[i + l] * b->im[(i ^ x) + l];
}

/* p_i = im conj(a_i) b_(i^x) */
static void imaginary_products(double *restrict p, const struct planes *a, const struct planes *b, uint64_t x,
                               uint64_t count)
{
    for (uint64_t i = 0; i < count; i += RUN)
        for (unsigned l = 0; l < RUN; l++)
            p[i + l] = a->re[i + l] * b->im[(i ^ x) + l] - a->im[i + l] * b->re[(i ^ x) + l];
}

static void add_halves(double *restrict out, const double *restrict p, uint64_t half)
{
    for (uint64_t i = 0; i < half; i++) out[i] = p[i] + p[half + i];
}

static void subtract_halves(double *restrict out, const double *restrict p, uint64_t half)
{
    for (uint64_t i = 0; i < half; i++) out[i] = p[i] - p[half + i];
}

/* Add to each term's sum that of p with the term's signs.  Terms agree in the low bits of z from bit on; p has 2^bit
 * numbers, room is for as many. */
static void fold(double *total, const double *p, double *room, unsigned bit, const struct pauli_term *first,
                 const struct pauli_term *last, uint64_t block, double weight)
{
    while (bit-- > 0) {
        const uint64_t half = UINT64_C(1) << bit;
        const struct pauli_term *split = first_with(first, last, bit);
        if (split > first) add_halves(room, p, half);
        if (split > first && split < last) fold(total, room, room + half, bit, first, split, block, weight);
        if (split < last) {
            subtract_halves(room, p, half);
            first = split;
        }
        p = room;
        room += half;
    }
    for (; first < last; first++) total[first->sum] += weight * signed_coefficient(first, block) * *p;
}

/* Of two blocks that meet one does the work for both: its products are the other's, conjugated. */
static bool leads(const struct group *group, uint64_t block)
{
    const uint64_t high = group->x >> BLOCK_BITS;
    return !(block & high & -high);
}

void meeting_expect(const struct meeting *meeting, uint64_t block, double *total)
{
    struct planes own;
    struct partner partner; /* not cleared: 16 KiB */
    double products[BLOCK], room[BLOCK];

    start_alone(&partner);
    unpack(&own, meeting, block, 0);
    for (const struct group *group = meeting->groups; group < meeting->groups + meeting->ngroups; group++) {
        if (!leads(group, block)) continue;
        const struct planes *other = meet(&partner, meeting, &own, block, group->x);
        (group->odd ? imaginary_products : real_products)(products, &own, other, apart(group->x),
                                                          UINT64_C(1) << meeting->block_bits);
        fold(total, products, room, meeting->block_bits, group->first, group->last, block,
             group->x >> BLOCK_BITS ? 2 : 1);
    }
}

/* ---- deviation --------------------------------------------------------------------------------- */

/* weights[i], for 2^bit places, becomes the sum of the terms' coefficients with their signs there. */
static void spread(double *weights, unsigned bit, const struct pauli_term *first,
                   const struct pauli_term *last, uint64_t block)
{
    if (!bit) {
        for (*weights = 0; first < last; first++) *weights += signed_coefficient(first, block);
        return;
    }
    const uint64_t half = UINT64_C(1) << --bit;
    const struct pauli_term *split = first_with(first, last, bit);
    double *restrict low = weights, *restrict high = weights + half;
    if (split > first) spread(low, bit, first, split, block);
    else memset(low, 0, half * sizeof *low);
    if (split < last) spread(high, bit, split, last, block);
    else memset(high, 0, half * sizeof *high);
    for (uint64_t i = 0; i < half; i++) {
        const double even = low[i], odd = high[i];
        low[i] = even + odd;
        high[i] = even - odd;
    }
}

static void add_real(struct planes *restrict out, const double *restrict w, const struct planes *b,
                     uint64_t x, uint64_t count)
{
    for (uint64_t i = 0; i < count; i += RUN)
        for (unsigned l = 0; l < RUN; l++) {
            out->re[i + l] += w[i + l] * b->re[(i ^ x) + l];
            out->im[i + l] += w[i + l] * b->im[(i ^ x) + l];
        }
}

/* -i times it. */
static void add_imaginary(struct planes *restrict out, const double *restrict w, const struct planes *b,
                          uint64_t x, uint64_t count)
{
    for (uint64_t i = 0; i < count; i += RUN)
        for (unsigned l = 0; l < RUN; l++) {
            out->re[i + l] += w[i + l] * b->im[(i ^ x) + l];
            out->im[i + l] -= w[i + l] * b->re[(i ^ x) + l];
        }
}

static double squares(const struct planes *planes, uint64_t count)
{
    double lane[RUN] = {0};
    for (uint64_t i = 0; i < count; i += RUN)
        for (unsigned l = 0; l < RUN; l++)
            lane[l] += planes->re[i + l] * planes->re[i + l] + planes->im[i + l] * planes->im[i + l];
    for (unsigned half = RUN / 2; half; half /= 2)
        for (unsigned l = 0; l < half; l++) lane[l] += lane[half + l];
    return lane[0];
}

/* (O - shift) a in a block. */
static void deviation(struct planes *image, const struct meeting *meeting, uint64_t block)
{
    const uint64_t count = UINT64_C(1) << meeting->block_bits;
    struct planes own;
    struct partner partner; /* not cleared: 16 KiB */
    double weights[BLOCK];

    start_alone(&partner);
    unpack(&own, meeting, block, 0);
    for (uint64_t i = 0; i < count; i++) {
        image->re[i] = -meeting->shift * own.re[i];
        image->im[i] = -meeting->shift * own.im[i];
    }
    for (const struct group *group = meeting->groups; group < meeting->groups + meeting->ngroups; group++) {
        const struct planes *other = meet(&partner, meeting, &own, block, group->x);
        spread(weights, meeting->block_bits, group->first, group->last, block);
        (group->odd ? add_imaginary : add_real)(image, weights, other, apart(group->x), count);
    }
}

void meeting_deviate(const struct meeting *meeting, uint64_t block, double *total)
{
    struct planes image;

    deviation(&image, meeting, block);
    *total += squares(&image, UINT64_C(1) << meeting->block_bits);
}

void meeting_apply(const struct meeting *meeting, uint64_t block)
{
    const uint64_t first = block * meeting->present;
    struct planes image;

    deviation(&image, meeting, block);
    if (meeting->dtype == KETSIM_COMPLEX128) {
        ketsim_complex *out = (ketsim_complex *)meeting->image + first;
        for (uint64_t i = 0; i < meeting->present; i++) out[i] = (ketsim_complex){image.re[i], image.im[i]};
    } else {
        float *out = (float *)meeting->image + 2 * first;
        for (uint64_t i = 0; i < meeting->present; i++) {
            out[2 * i] = (float)image.re[i];
            out[2 * i + 1] = (float)image.im[i];
        }
    }
}
