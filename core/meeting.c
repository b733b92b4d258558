/* meeting.c - blocks of a region, group by group.  See meeting.h; kernels/meet_body.h has the loops over amplitudes.
 *
 * A group of few strings is a pass for each, in which runs are added with their signs.  For more, products are made once:
 * their signs in a block are those of a Walsh-Hadamard transform, of which only the coefficients that terms ask for are
 * computed.  One takes as many additions as a block has amplitudes, all of them ten times as many. */
#include "meeting.h"

#include <string.h>

/* Strings of a group for which passes of their own are cheaper than products. */
enum { FEW_STRINGS = 3 };

/* ---- signs -------------------------------------------------------------------------------------- */

/* First of the terms, sorted by the low bits of z, that has the bit; those before agree in all bits above it. */
static const struct pauli_term *first_with(const struct pauli_term *first, const struct pauli_term *last,
                                           unsigned bit)
{
    while (first < last && !(first->z >> bit & 1)) first++;
    return first;
}

/* Of terms that agree in the low bits of z, with the signs of a block. */
static double signed_coefficient(const struct meeting *meeting, const struct pauli_term *term, uint64_t block)
{
    return is_odd(term->z >> meeting->block_bits & block) ? -term->coefficient : term->coefficient;
}

/* Bit r: run r has an odd number of the bits of z. */
static uint64_t signs_of_runs(uint64_t z)
{
    static const uint64_t having[] = {0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xf0f0f0f0f0f0f0f0,
                                      0xff00ff00ff00ff00, 0xffff0000ffff0000, 0xffffffff00000000};
    uint64_t signs = 0;
    for (unsigned b = 0; b < MEET_BLOCK_BITS - MEET_RUN_BITS; b++)
        if (z >> (MEET_RUN_BITS + b) & 1) signs ^= having[b];
    return signs;
}

/* ---- pairs -------------------------------------------------------------------------------------- */

static uint64_t highest(uint64_t x)
{
    return x ? UINT64_C(1) << (63 - (unsigned)__builtin_clzll(x)) : 0;
}

static const void *block_at(const struct meeting *meeting, const void *amps, uint64_t block)
{
    const size_t bytes = meeting->dtype == KETSIM_COMPLEX128 ? 16 : 8;
    return (const char *)amps + (block << meeting->block_bits) * bytes;
}

static struct meet meet(const struct meeting *meeting, const struct strings *group, uint64_t block)
{
    return (struct meet){.a = block_at(meeting, meeting->bra, block),
                         .b = block_at(meeting, meeting->ket, block ^ group->x >> meeting->block_bits),
                         .dtype = meeting->dtype,
                         .imaginary = group->imaginary,
                         .x = group->x & ((UINT64_C(1) << meeting->block_bits) - 1),
                         .runs = UINT64_C(1) << (meeting->block_bits - MEET_RUN_BITS)};
}

/* i and i ^ x have products that are conjugates: of the two, the one without this bit counts twice.  0: inside a run
 * there is nothing to leave out. */
static uint64_t pivot(const struct meeting *meeting, const struct strings *group)
{
    return meeting->halved && group->x >= MEET_RUN ? highest(group->x) : 0;
}

/* ---- expectation values ------------------------------------------------------------------------- */

/* The sums of a run's amplitudes with the signs of z. */
static double settle(double sums[MEET_SUMS], uint64_t z, bool imaginary)
{
    for (unsigned half = MEET_SUMS / 2; half > 1; half /= 2)
        for (unsigned k = 0; k < half; k++)
            sums[k] = z & half / 2 ? sums[k] - sums[half + k] : sums[k] + sums[half + k];
    return imaginary ? sums[0] - sums[1] : sums[0] + sums[1];
}

static void sum_strings(const struct meeting *meeting, const struct strings *group, uint64_t block,
                        struct meet *pairs, double weight, double *total)
{
    double value = 0;
    for (const struct pauli_term *term = group->first; term < group->last; term++) {
        if (term == group->first || term->z != term[-1].z) {
            _Alignas(MEET_ALIGN) double sums[MEET_SUMS];
            pairs->signs = signs_of_runs(term->z);
            meeting->kernels->sum(sums, pairs);
            value = weight * settle(sums, term->z, group->imaginary);
        }
        total[term->sum] += signed_coefficient(meeting, term, block) * value;
    }
}

/* What fold() needs beside what it narrows down. */
struct folding {
    const struct meeting *meeting;
    uint64_t block;
    double weight;
    double *total;
};

/* Add to each term's sum that of p with the term's signs.  Terms agree in the low bits of z from bit on; p has 2^bit
 * numbers, room is for as many. */
static void fold(const struct folding *f, const double *p, double *room, unsigned bit,
                 const struct pauli_term *first, const struct pauli_term *last)
{
    void (*const halves)(double *, const double *, uint64_t, bool) = f->meeting->kernels->halves;
    while (bit-- > 0) {
        const uint64_t half = UINT64_C(1) << bit;
        const struct pauli_term *split = first_with(first, last, bit);
        if (split > first) halves(room, p, half, false);
        if (split > first && split < last) fold(f, room, room + half, bit, first, split);
        if (split < last) {
            halves(room, p, half, true);
            first = split;
        }
        p = room;
        room += half;
    }
    for (; first < last; first++)
        f->total[first->sum] += f->weight * signed_coefficient(f->meeting, first, f->block) * *p;
}

/* Only pairs of different blocks are left out here. */
static void fold_products(const struct meeting *meeting, const struct strings *group, uint64_t block,
                          const struct meet *pairs, double *total)
{
    _Alignas(MEET_ALIGN) double products[MEET_BLOCK], room[MEET_BLOCK];
    const struct folding folding = {meeting, block, pivot(meeting, group) >> meeting->block_bits ? 2 : 1,
                                    total};
    meeting->kernels->products(products, pairs);
    fold(&folding, products, room, meeting->block_bits, group->first, group->last);
}

static void expect_block(const struct meeting *meeting, const struct strings *group, uint64_t block,
                         double *total)
{
    const uint64_t only = pivot(meeting, group), inside = (UINT64_C(1) << meeting->block_bits) - 1;
    struct meet pairs = meet(meeting, group, block);
    if (only >> meeting->block_bits & block) return;
    if (group->nstrings > FEW_STRINGS) {
        fold_products(meeting, group, block, &pairs, total);
        return;
    }
    pairs.skip = (only & inside) >> MEET_RUN_BITS;
    sum_strings(meeting, group, block, &pairs, only ? 2 : 1, total);
}

void meeting_expect(const struct meeting *meeting, uint64_t region, double *total, double *room)
{
    const struct strings *const end = meeting->groups + meeting->ngroups;
    const unsigned blocks_bits = meeting->region_bits - meeting->block_bits;
    (void)room;
    for (const struct strings *first = meeting->groups, *last; first < end; first = last) {
        const uint64_t far = first->x >> meeting->region_bits;
        for (last = first; last < end && last->x >> meeting->region_bits == far; last++) continue;
        if (meeting->halved && region & highest(far)) continue;
        for (uint64_t b = 0; b < UINT64_C(1) << blocks_bits; b++)
            for (const struct strings *group = first; group < last; group++)
                expect_block(meeting, group, region << blocks_bits | b, total);
    }
}

/* ---- deviations --------------------------------------------------------------------------------- */

/* weights[i], for 2^bit places, becomes the sum of the terms' coefficients with their signs there. */
static void spread(const struct meeting *meeting, double *weights, unsigned bit,
                   const struct pauli_term *first, const struct pauli_term *last, uint64_t block)
{
    if (!bit) {
        for (*weights = 0; first < last; first++) *weights += signed_coefficient(meeting, first, block);
        return;
    }
    const uint64_t half = UINT64_C(1) << --bit;
    const struct pauli_term *split = first_with(first, last, bit);
    double *restrict low = weights, *restrict high = weights + half;
    if (split > first) spread(meeting, low, bit, first, split, block);
    else memset(low, 0, half * sizeof *low);
    if (split < last) spread(meeting, high, bit, split, last, block);
    else memset(high, 0, half * sizeof *high);
    for (uint64_t i = 0; i < half; i++) {
        const double even = low[i], odd = high[i];
        low[i] = even + odd;
        high[i] = even - odd;
    }
}

size_t meeting_room(size_t nsums)
{
    return 2 * nsums * MEET_BLOCK;
}

/* images[sum] += O psi over a block. */
static void add_images(const struct meeting *meeting, uint64_t block, double *images)
{
    _Alignas(MEET_ALIGN) double weights[MEET_BLOCK];
    for (const struct strings *group = meeting->groups; group < meeting->groups + meeting->ngroups; group++) {
        const struct meet pairs = meet(meeting, group, block);
        spread(meeting, weights, meeting->block_bits, group->first, group->last, block);
        meeting->kernels->image(images + meeting_room(group->first->sum), weights, &pairs);
    }
}

/* images[sum] -= shift psi over a block. */
static void shift_images(const struct meeting *meeting, uint64_t block, double *images)
{
    static const struct strings identity = {.x = 0};
    _Alignas(MEET_ALIGN) double weights[MEET_BLOCK];
    const struct meet own = meet(meeting, &identity, block);
    for (size_t k = 0; k < meeting->nsums; k++) {
        for (unsigned i = 0; i < MEET_BLOCK; i++) weights[i] = -meeting->shifts[k];
        meeting->kernels->image(images + meeting_room(k), weights, &own);
    }
}

static void multiply_images(const struct meeting *meeting, const double *images, double *total)
{
    struct meet pairs = {.dtype = KETSIM_COMPLEX128,
                         .runs = UINT64_C(1) << (meeting->block_bits - MEET_RUN_BITS)};
    for (size_t k = 0; k < meeting->nsums; k++)
        for (size_t j = 0; j <= k; j++) {
            _Alignas(MEET_ALIGN) double sums[MEET_SUMS];
            pairs.a = images + meeting_room(j);
            pairs.b = images + meeting_room(k);
            meeting->kernels->sum(sums, &pairs);
            *total++ += settle(sums, 0, false);
        }
}

void meeting_deviate(const struct meeting *meeting, uint64_t region, double *total, double *room)
{
    const unsigned blocks_bits = meeting->region_bits - meeting->block_bits;
    for (uint64_t b = 0; b < UINT64_C(1) << blocks_bits; b++) {
        const uint64_t block = region << blocks_bits | b;
        memset(room, 0, meeting_room(meeting->nsums) * sizeof *room);
        shift_images(meeting, block, room);
        add_images(meeting, block, room);
        multiply_images(meeting, room, total);
    }
}

/* ---- images ------------------------------------------------------------------------------------- */

static void store(const struct meeting *meeting, uint64_t block, const double *image)
{
    const size_t count = (size_t)2 << meeting->block_bits, first = block << (meeting->block_bits + 1);
    double *const out = meeting->image;
    float *const rounded = meeting->image;
    if (meeting->dtype == KETSIM_COMPLEX128) memcpy(out + first, image, count * sizeof *image);
    else
        for (size_t k = 0; k < count; k++) rounded[first + k] = (float)image[k];
}

void meeting_apply(const struct meeting *meeting, uint64_t region, double *total, double *room)
{
    const unsigned blocks_bits = meeting->region_bits - meeting->block_bits;
    (void)total;
    for (uint64_t b = 0; b < UINT64_C(1) << blocks_bits; b++) {
        const uint64_t block = region << blocks_bits | b;
        memset(room, 0, meeting_room(1) * sizeof *room);
        add_images(meeting, block, room);
        store(meeting, block, room);
    }
}
