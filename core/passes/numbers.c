/* numbers.c - from angles to what the kernels multiply with, in the order in which a pass does its work. */
#include "numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../bits.h"
#include "../cplx.h"
#include "../stops.h"

static double rounded(const struct filling *f, double x)
{
    return numbers_round(f->out->dtype, x);
}

static double near_power(double x)
{
    int exponent;
    const double fraction = frexp(x, &exponent);
    return ldexp(fraction < 0.75 ? 0.5 : 1, exponent);
}

/* The root of a half is not a number; always rounded the same way it would let the norm drift.  A power of two is one,
 * and multiplies without rounding: there a residue waits until it is a few roundings. */
double numbers_pay(struct filling *f)
{
    const double root = sqrt(f->owed), power = near_power(root), near = numbers_near(f->out->dtype);
    const bool waits = fabs(root - power) <= near * power && fabs(f->residue) <= 4 * near;
    const double paid = waits ? power : rounded(f, root * (1 + f->residue / 2));
    f->residue += fma(-paid, paid, f->owed) / f->owed;
    f->owed = 1;
    return paid;
}

double numbers_pay_exactly(struct filling *f)
{
    int exponent;
    frexp(f->owed, &exponent);
    const double paid = ldexp(1, (exponent - 1) / 2); /* owed is below 2 */
    f->owed /= paid * paid;
    return paid;
}

/* What a sum of squares is above 1, itself a few roundings of 1 or of a number near it: without losing digits. */
static double sum_excess(const double *x, unsigned count, double expected)
{
    double sum = -expected, rest = 0;
    for (unsigned k = 0; k < count; k++) {
        const double square = x[k] * x[k], next = sum + square, part = next - sum;
        rest += fma(x[k], x[k], -square) + ((sum - (next - part)) + (square - part));
        sum = next;
    }
    return sum + rest;
}

double numbers_excess(ketsim_complex c)
{
    return sum_excess((double[]){c.re, c.im}, 2, 1);
}

double numbers_matrix_excess(const ketsim_complex *m, ketsim_dtype dtype)
{
    double parts[2 * PAIR_ENTRIES];
    for (unsigned k = 0; k < PAIR_ENTRIES; k++) {
        parts[2 * k] = numbers_round(dtype, m[k].re);
        parts[2 * k + 1] = numbers_round(dtype, m[k].im);
    }
    return sum_excess(parts, 2 * PAIR_ENTRIES, 4) / 4;
}

/* Squares as whole numbers, whose sum is exact and takes a few nanoseconds: a run of one gate waits for it. */
double numbers_sweep_excess(const struct sweep *sweep, ketsim_dtype dtype)
{
    const double limit = dtype == KETSIM_COMPLEX128 ? 0x1p-48 : 0x1p-19;
    const unsigned dim = 1u << sweep->ntargets, count = sweep_entries(sweep);
    __int128 sum = -((__int128)dim << 120);
    for (unsigned k = 0; k < count; k++) {
        const double re = numbers_round(dtype, sweep->entries[k].re),
                     im = numbers_round(dtype, sweep->entries[k].im);
        if (!(fabs(re) < 2 && fabs(im) < 2)) return 0;
        const int64_t x = (int64_t)(re * 0x1p60), y = (int64_t)(im * 0x1p60);
        sum += (__int128)x * x + (__int128)y * y;
    }
    const double excess = (double)sum * 0x1p-120 / dim;
    return fabs(excess) < limit ? ldexp(excess, -(int)bit_count(sweep->control_mask)) : 0;
}

/* A rotation with the tangent t was placed: its scale is owed from now on.  The same angle again and again is rounded the same
 * way each time: so roundings here are part of the residue. */
static void owe(struct filling *f, double t)
{
    const double squares = 1 + t * t, lost = sum_excess((double[]){1, t}, 2, squares);
    const double owed = f->owed / squares;
    f->residue += fma(-owed, squares, f->owed) / f->owed - lost / squares;
    f->owed = owed;
}

/* The tangent of an epoch's rotation, whose scale is owed from now on. */
static double tangent(struct filling *f, uint32_t epoch)
{
    const double t = rounded(f, f->form->epochs[epoch].t);
    owe(f, t);
    return t;
}

static void fill_positions(struct filling *f, struct group *g)
{
    for (unsigned j = 0; j < g->npositions; j++) {
        const unsigned k = g->descending ? g->npositions - 1 - j : j;
        if (g->rotated >> k & 1) g->t[k] = tangent(f, g->epoch[k]);
    }
}

static void fill_lanes(struct filling *f, struct group *g)
{
    for (unsigned j = 0; j < MAX_LANES; j++) {
        const unsigned p = g->descending ? MAX_LANES - 1 - j : j;
        if (g->lanes_rotated >> p & 1) g->lane_t[p] = tangent(f, g->lane_epoch[p]);
    }
}

/* In the order of the rotations, which is the same whatever selects a lane: so then are the scale's roundings. */
static void fill_group(struct filling *f, struct group *g)
{
    if (!g->descending) fill_lanes(f, g);
    fill_positions(f, g);
    if (g->descending) fill_lanes(f, g);
}

static void fill_pair(struct filling *f, struct pair_matrix *pair)
{
    const struct dense *dense = &f->form->dense[pair->dense];
    memcpy(pair->entries, dense->entries, sizeof pair->entries);
    f->residue -= numbers_matrix_excess(dense->entries, f->out->dtype);
    for (unsigned k = 0; k < 2; k++) {
        pair->t[k] = rounded(f, dense->t[k]);
        owe(f, pair->t[k]);
    }
}

/* Both states lack the scale that is owed. */
static void fill_reads(const struct filling *f, struct read *read)
{
    do read->scale = f->owed;
    while (!read++->last);
}

static void fill_item(struct filling *f, const struct work_item *item)
{
    struct tiling *out = f->out;
    switch (item->work) {
    case WORK_GROUP: fill_group(f, &out->groups[item->index]); break;
    case WORK_PHASES: phases_fill(f, &out->phases[item->index]); break;
    case WORK_PAIR: fill_pair(f, &out->pairs[item->index]); break;
    case WORK_READ: fill_reads(f, &out->reads[item->index]); break;
    default: break; /* a flip has no number */
    }
}

enum { LOOK = 512 }; /* items between two looks at the limits */

static void fill_pass(struct filling *f, struct tiled_pass *pass, bool last)
{
    f->pass = pass;
    layout_positions(&f->layout, pass->local, f->position);
    for (size_t k = 0; k < pass->nitems && !f->out_of_memory; k++) {
        const size_t item = pass->first_item + k;
        fill_item(f, &f->out->items[item]);
        if (item % LOOK == 0 && limits_go_on("plan", 0) != KETSIM_OK) f->out_of_memory = true;
    }
    const double paid = numbers_pay(f), squared = paid * paid;
    pass->scale = c_scale(last ? f->form->global : COMPLEX(1, 0), paid);
    if (last) numbers_settle((struct span){&pass->scale.re, &pass->scale.im}, 1, paid, f->out->dtype);
    const double parts[] = {rounded(f, pass->scale.re), rounded(f, pass->scale.im)};
    if (last) f->residue -= (sum_excess(parts, 2, squared) - fma(paid, paid, -squared)) / squared;
    layout_follow(&f->layout, pass);
}

static void *allocate_numbers(size_t count, size_t size)
{
    const size_t bytes = (2 * count * size + 63) & ~(size_t)63;
    return aligned_alloc(64, bytes ? bytes : 64);
}

bool numbers_reserve(double **items, size_t *capacity, size_t length, size_t wanted)
{
    if (*items && wanted <= *capacity) return true;
    double *moved = allocate_numbers(wanted, sizeof(double));
    if (!moved) return false;
    if (*items) memcpy(moved, *items, 2 * length * sizeof *moved);
    free(*items);
    *items = moved;
    *capacity = wanted;
    return true;
}

/* Numbers in double become those of the tiling, as they are or rounded. */
static void *in_precision(double **items, size_t count, ketsim_dtype dtype)
{
    double *const from = *items;
    if (!from) return allocate_numbers(0, sizeof(double));
    if (dtype == KETSIM_COMPLEX128) {
        *items = NULL;
        return from;
    }
    float *const to = allocate_numbers(count, sizeof *to);
    for (size_t k = 0; to && k < 2 * count; k++) to[k] = (float)from[k];
    return to;
}

static bool convert_tables(struct filling *f)
{
    struct tiling *out = f->out;
    const bool as_they_are = out->dtype == KETSIM_COMPLEX128;
    out->tables = in_precision(&f->tables, f->ntables, out->dtype);
    out->highs = in_precision(&f->highs, f->nhighs, out->dtype);
    out->number_bytes = as_they_are ? 2 * sizeof(double) * (f->table_capacity + f->high_capacity)
                                    : 2 * sizeof(float) * (f->ntables + f->nhighs);
    return out->tables && out->highs;
}

bool tiling_fill(struct tiling *tiling, const struct form *form)
{
    struct filling f = {.out = tiling, .form = form, .owed = 1, .residue = form->residue};
    layout_init(&f.layout, form);
    free(tiling->tables);
    free(tiling->highs);
    free(tiling->links);
    tiling->tables = tiling->highs = NULL;
    tiling->links = NULL;
    tiling->nlinks = 0;
    for (size_t k = 0; k < tiling->npasses && !f.out_of_memory; k++)
        fill_pass(&f, &tiling->passes[k], k + 1 == tiling->npasses);
    tiling->residue = f.residue;
    const bool done = !f.out_of_memory && convert_tables(&f);
    free(f.tables);
    free(f.highs);
    free(f.placed);
    return done;
}
