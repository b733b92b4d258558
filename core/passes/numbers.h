/* numbers.h - the numbers of a tiling: all that depends on angles, and on nothing else. */
#ifndef KETSIM_CORE_PASSES_NUMBERS_H
#define KETSIM_CORE_PASSES_NUMBERS_H

#include "../kernels/kernel.h"
#include "../kernels/tile.h"
#include "form.h"
#include "layout.h"
#include "tables.h"

/* A number in the state's precision. */
static inline double numbers_round(ketsim_dtype dtype, double x)
{
    return dtype == KETSIM_COMPLEX128 ? x : (double)(float)x;
}

/* Neighbors of a power of two multiply most numbers by another factor than they are; so do few roundings more or less
 * than it, together: so much, relative to it. */
static inline double numbers_near(ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? 0x1p-51 : 0x1p-22;
}

/* Compute tangents, tables of phases, scales and matrices of a tiling from a form of the structure that it was made
 * from; what it held of them before is replaced.  False when memory has run out. */
bool tiling_fill(struct tiling *tiling, const struct form *form);

/* The product of many phases on one tile; see phases.c. */
struct filling {
    struct tiling *out;
    const struct form *form;
    const struct tiled_pass *pass;
    struct layout layout;            /* at the pass */
    int position[KETSIM_MAX_QUBITS]; /* of a bit in the tile, or -1 */
    double *tables, *highs;          /* low tables, high factors, in double, as struct tiling has them */
    struct placed *placed;           /* the factors of the phases at hand */
    size_t ntables, nhighs, table_capacity, high_capacity, link_capacity, placed_capacity;
    bool out_of_memory;
    double owed;    /* square of the scale of rotations that have been placed, not yet paid */
    double residue; /* what owed leaves out, relative to it: roundings of scales, matrices and phases */
};
void phases_fill(struct filling *f, struct phases *phases);

/* What roundings of products of the tables (of which the first set's hold scale), high factors and links of phases do to
 * the square of the norm, besides what each does alone; see excess.c. */
double phases_product_excess(const struct filling *f, const struct phases *phases, double scale);

/* Room for so many numbers, of which the first length are there, on a cache line of its own. */
bool numbers_reserve(double **items, size_t *capacity, size_t length, size_t wanted);

/* What is owed, rounded to the state's precision; from then on nothing but the residue is, of which it pays as much as
 * does not harm. */
double numbers_pay(struct filling *f);

/* A power of two that leaves less than a factor of four of what is owed, and rounds nothing. */
double numbers_pay_exactly(struct filling *f);

/* |c|^2 - 1 for a number of modulus 1 to a few roundings, with all its digits. */
double numbers_excess(ketsim_complex c);

/* Parts of c next to a power of two, scale, become it: its neighbors multiply most numbers by another factor than they
 * are.  Returns numbers_mean_excess() of what they have become. */
double numbers_settle(struct span c, size_t count, double scale, ketsim_dtype dtype);

/* The same of scale times such numbers in a precision, on average of count of them; scale is a power of two. */
double numbers_mean_excess(struct span c, size_t count, double scale, ketsim_dtype dtype);

/* The same of one number. */
static inline double numbers_excess_of(ketsim_complex c, ketsim_dtype dtype)
{
    const double x = numbers_round(dtype, c.re), y = numbers_round(dtype, c.im);
    const double a = (x + 0x1.8p26) - 0x1.8p26, b = (y + 0x1.8p26) - 0x1.8p26; /* whose squares are exact */
    return (a * a - 1 + b * b) + ((x - a) * (x + a) + (y - b) * (y + b));
}

/* By how much a unitary matrix on two bits, rounded to the precision, enlarges the square of a norm, on average. */
double numbers_matrix_excess(const ketsim_complex *m, ketsim_dtype dtype);

/* The same of a sweep; 0 when it is more than roundings: what such a matrix does to the norm is the caller's wish. */
double numbers_sweep_excess(const struct sweep *sweep, ketsim_dtype dtype);

#endif
