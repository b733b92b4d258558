/* rounding.c - what the rounded numbers of a direct pass do to the norm. */
#include "rounding.h"

#include "cplx.h"

static inline c_whole rounded(const ketsim_complex *c, ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? c_get(c) : (c_whole){(float)c->re, (float)c->im};
}

static const double SPLIT = 1.5 * 0x1p27; /* whose neighbors lie 2^-25 apart */

/* What the squares of four numbers are above so many, relative to it, to 2^-70: halves of 26 bits have squares without
 * roundings. */
static inline double excess_of(const ketsim_complex *m, double squares, ketsim_dtype dtype)
{
    c_whole large[4], small[4];
    for (unsigned k = 0; k < 4; k++) {
        const c_whole x = rounded(&m[k], dtype), high = x + SPLIT - SPLIT;
        large[k] = high * high;
        small[k] = (high + x) * (x - high);
    }
    const c_whole all = large[0] + large[1] + (large[2] + large[3]);
    const c_whole rest = small[0] + small[1] + (small[2] + small[3]);
    return ((all[0] + all[1] - squares) + (rest[0] + rest[1])) / squares;
}

double rounding_of_matrix(const ketsim_complex *m, ketsim_dtype dtype)
{
    return excess_of(m, 2, dtype);
}

/* The same of one number. */
static double excess_of_number(ketsim_complex c, ketsim_dtype dtype)
{
    const c_whole x = rounded(&c, dtype), high = x + SPLIT - SPLIT, rest = (high + x) * (x - high);
    return (high[0] * high[0] + high[1] * high[1] - 1) + (rest[0] + rest[1]);
}

/* Of both settings' diagonals at once. */
static double excess_of_diagonals(const struct direct_pass *pass, ketsim_dtype dtype)
{
    const ketsim_complex all[] = {pass->m[0][0], pass->m[0][3], pass->m[1][0], pass->m[1][3]};
    return excess_of(all, 4, dtype);
}

/* Of a real matrix, and of a phase on each row. */
static double excess_of_rows(const ketsim_complex *m, const ketsim_complex *phase, ketsim_dtype dtype)
{
    const ketsim_complex all[] = {{m[0].re, m[1].re}, {m[2].re, m[3].re}, phase[0], phase[1]};
    return excess_of(all, 4, dtype) * 2;
}

static double excess_of_setting(const struct direct_pass *pass, unsigned setting, ketsim_dtype dtype)
{
    if (pass->identity[setting]) return 0;
    if (pass->form == DIRECT_PHASED) return excess_of_rows(pass->m[setting], pass->phase[setting], dtype);
    return rounding_of_matrix(pass->m[setting], dtype);
}

double rounding_of_pass(const struct direct_pass *pass, ketsim_dtype dtype)
{
    const bool selects = pass->selector != NO_SELECTOR;
    if (pass->form == DIRECT_FLIP || pass->form == DIRECT_SWAP) return 0;
    if (pass->form == DIRECT_PHASE) return excess_of_number(pass->m[0][0], dtype) * pass->part;
    if (selects && pass->form == DIRECT_DIAGONAL) return excess_of_diagonals(pass, dtype);
    const double first = excess_of_setting(pass, 0, dtype);
    if (!selects) return first * pass->part;
    return pass->alike ? first : (first + excess_of_setting(pass, 1, dtype)) / 2;
}
