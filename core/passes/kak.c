/* kak.c - the decomposition of Khaneja, Brockett and Glaser, "Time optimal control in spin systems" (2001), computed as
 * in Kraus and Cirac, "Optimal creation of entanglement using a two-qubit gate" (2001), appendix A.
 *
 * In the magic basis gates on one bit are real and exp(i (a XX + b YY + c ZZ)) is diagonal, so that u = l d r with l and
 * r orthogonal, and r diagonalizes u^T u.  What l stands for is left to the gates that follow; of what r stands for,
 * phases go into the core, so that a real rotation of each bit is left before it. */
#include "kak.h"

#include <stdint.h>
#include <string.h>

#include "../cplx.h"

enum { DIM = 4, ENTRIES = 16, MOST_TURNS = 60 };

static const double GOOD = 1e-14; /* what roundings may add up to, in an entry */
static const double NOTHING = 1e-15;
static const double NO_GAIN = 1e-32; /* of squares of entries */

/* ---- small matrices ------------------------------------------------------------------------------ */

static inline double square_size(ketsim_complex a)
{
    return a.re * a.re + a.im * a.im;
}

static void multiply(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b)
{
    ketsim_complex product[ENTRIES] = {{0, 0}};
    for (unsigned row = 0; row < DIM; row++)
        for (unsigned k = 0; k < DIM; k++)
            for (unsigned col = 0; col < DIM; col++)
                product[row * DIM + col] = c_add(product[row * DIM + col],
                                                 c_mul(a[row * DIM + k], b[k * DIM + col]));
    memcpy(out, product, sizeof product);
}

/* high x low, both 2 by 2. */
static void tensor(ketsim_complex *out, const ketsim_complex *high, const ketsim_complex *low)
{
    for (unsigned row = 0; row < DIM; row++)
        for (unsigned col = 0; col < DIM; col++)
            out[row * DIM + col] = c_mul(high[(row >> 1) * 2 + (col >> 1)], low[(row & 1) * 2 + (col & 1)]);
}

/* b + s i a */
static inline ketsim_complex add_turned(ketsim_complex b, double s, ketsim_complex a)
{
    return COMPLEX(b.re - s * a.im, b.im + s * a.re);
}

/* The magic basis: (|00> + |11>), i (|01> + |10>), |01> - |10>, i (|00> - |11>), all / sqrt 2, the columns of a matrix
 * q.  x becomes sqrt 2 q x, or with s = -1 that of the conjugate of q; its entries lie a step apart. */
static inline void from_basis(ketsim_complex *x, unsigned step, double s)
{
    const ketsim_complex a = x[0], b = x[step], c = x[2 * step], d = x[3 * step];
    x[0] = add_turned(a, s, d);
    x[step] = add_turned(c, s, b);
    x[2 * step] = add_turned(c_scale(c, -1), s, b);
    x[3 * step] = add_turned(a, -s, d);
}

/* The same with the adjoint of q. */
static inline void to_basis(ketsim_complex *x, unsigned step, double s)
{
    const ketsim_complex none = {0, 0}, a = x[0], b = x[step], c = x[2 * step], d = x[3 * step];
    x[0] = c_add(a, d);
    x[step] = add_turned(none, -s, c_add(b, c));
    x[2 * step] = c_add(b, c_scale(c, -1));
    x[3 * step] = add_turned(none, -s, c_add(a, c_scale(d, -1)));
}

/* q m q^+; out may be m */
static void from_magic(ketsim_complex *out, const ketsim_complex *m)
{
    for (unsigned k = 0; k < ENTRIES; k++) out[k] = c_scale(m[k], 0.5);
    for (unsigned k = 0; k < DIM; k++) from_basis(out + k, DIM, 1);
    for (unsigned k = 0; k < DIM; k++) from_basis(out + k * DIM, 1, -1);
}

/* q^+ m q */
static void to_magic(ketsim_complex *out, const ketsim_complex *m)
{
    for (unsigned k = 0; k < ENTRIES; k++) out[k] = c_scale(m[k], 0.5);
    for (unsigned k = 0; k < DIM; k++) to_basis(out + k, DIM, 1);
    for (unsigned k = 0; k < DIM; k++) to_basis(out + k * DIM, 1, -1);
}

/* ---- r: eigenvectors of a symmetric unitary ------------------------------------------------------ */

/* The number of modulus 1 and no negative real part whose square points where a, of this size, does; i or -i where that
 * is -1. */
static inline ketsim_complex half_turn(ketsim_complex a, double size)
{
    const double large = sqrt((size + fabs(a.re)) / (2 * size)), small = fabs(a.im) / (2 * size * large);
    return a.re >= 0 ? COMPLEX(large, copysign(small, a.im)) : COMPLEX(small, copysign(large, a.im));
}

/* Turn rows p and q of the transposed eigenvectors, and m as a quadratic form. */
static void turn(ketsim_complex *m, double *r, unsigned p, unsigned q, double c, double s)
{
    for (unsigned k = 0; k < DIM; k++) {
        const ketsim_complex a = m[k * DIM + p], b = m[k * DIM + q];
        m[k * DIM + p] = c_add(c_scale(a, c), c_scale(b, s));
        m[k * DIM + q] = c_add(c_scale(b, c), c_scale(a, -s));
    }
    for (unsigned k = 0; k < DIM; k++) {
        const ketsim_complex a = m[p * DIM + k], b = m[q * DIM + k];
        m[p * DIM + k] = c_add(c_scale(a, c), c_scale(b, s));
        m[q * DIM + k] = c_add(c_scale(b, c), c_scale(a, -s));
        const double x = r[p * DIM + k], y = r[q * DIM + k];
        r[p * DIM + k] = c * x + s * y;
        r[q * DIM + k] = c * y - s * x;
    }
}

/* What a turn of two rows by t does to the entry between them, off: its square is least where 4 t points where
 * (on, both) does, and then less by gain than it was. */
struct jacobi {
    double on, both, size, gain;
};

static inline struct jacobi jacobi_look(const ketsim_complex *m, unsigned p, unsigned q)
{
    const ketsim_complex off = m[p * DIM + q];
    const ketsim_complex d = c_add(m[p * DIM + p], c_scale(m[q * DIM + q], -1));
    const double on = square_size(d) - 4 * square_size(off), both = 4 * (d.re * off.re + d.im * off.im);
    const double size = sqrt(on * on + both * both);
    const double gain = on > 0 ? both * both / (size + on) : size - on;
    return (struct jacobi){on, both, size, gain / 8};
}

static inline ketsim_complex jacobi_turn(const struct jacobi *look)
{
    if (look->gain < NO_GAIN) return COMPLEX(1, 0);
    return half_turn(half_turn(COMPLEX(look->on, look->both), look->size), 1);
}

/* Jacobi's method on real and imaginary part at once, which commute (angle: Cardoso and Souloumiac, "Jacobi angles for
 * simultaneous diagonalization" (1996)).  m becomes diagonal; rows of r are the eigenvectors.  Of the three ways to make
 * two pairs of the rows that with most to gain is next, so that the processor finds two angles at once. */
static void diagonalize(ketsim_complex *m, double *r)
{
    static const uint8_t ways[3][4] = {{0, 1, 2, 3}, {0, 2, 1, 3}, {0, 3, 1, 2}};
    for (unsigned k = 0; k < ENTRIES; k++) r[k] = k % (DIM + 1) == 0;
    for (unsigned turns = 0; turns < MOST_TURNS; turns++) {
        struct jacobi first[3], second[3];
        unsigned best = 0;
        for (unsigned k = 0; k < 3; k++) {
            first[k] = jacobi_look(m, ways[k][0], ways[k][1]);
            second[k] = jacobi_look(m, ways[k][2], ways[k][3]);
            if (first[k].gain + second[k].gain > first[best].gain + second[best].gain) best = k;
        }
        if (first[best].gain + second[best].gain < NO_GAIN) return;
        const ketsim_complex a = jacobi_turn(&first[best]), b = jacobi_turn(&second[best]);
        turn(m, r, ways[best][0], ways[best][1], a.re, a.im);
        turn(m, r, ways[best][2], ways[best][3], b.re, b.im);
    }
}

/* Of rows p and p + 1, columns a and b. */
static inline double minor(const double *r, unsigned p, unsigned a, unsigned b)
{
    return r[p * DIM + a] * r[(p + 1) * DIM + b] - r[p * DIM + b] * r[(p + 1) * DIM + a];
}

static double determinant(const double *r)
{
    return minor(r, 0, 0, 1) * minor(r, 2, 2, 3) - minor(r, 0, 0, 2) * minor(r, 2, 1, 3) +
           minor(r, 0, 0, 3) * minor(r, 2, 1, 2) + minor(r, 0, 1, 2) * minor(r, 2, 0, 3) -
           minor(r, 0, 1, 3) * minor(r, 2, 0, 2) + minor(r, 0, 2, 3) * minor(r, 2, 0, 1);
}

/* ---- the parts ----------------------------------------------------------------------------------- */

/* out = u^T u, which is symmetric */
static void square_of(ketsim_complex *out, const ketsim_complex *u)
{
    for (unsigned row = 0; row < DIM; row++)
        for (unsigned col = row; col < DIM; col++) {
            ketsim_complex sum = c_mul(u[row], u[col]);
            for (unsigned k = 1; k < DIM; k++) sum = c_add(sum, c_mul(u[k * DIM + row], u[k * DIM + col]));
            out[row * DIM + col] = out[col * DIM + row] = sum;
        }
}

/* out = u r^T */
static void times_transposed(ketsim_complex *out, const ketsim_complex *u, const double *r)
{
    for (unsigned row = 0; row < DIM; row++)
        for (unsigned col = 0; col < DIM; col++) {
            ketsim_complex sum = c_scale(u[row * DIM], r[col * DIM]);
            for (unsigned k = 1; k < DIM; k++) sum = c_add(sum, c_scale(u[row * DIM + k], r[col * DIM + k]));
            out[row * DIM + col] = sum;
        }
}

/* u = l d r in the magic basis, l and r special orthogonal, d diagonal. */
static void split_magic(ketsim_complex *l, ketsim_complex *d, ketsim_complex *r, const ketsim_complex *u)
{
    ketsim_complex square[ENTRIES];
    double rows[ENTRIES], real[ENTRIES];
    square_of(square, u);
    diagonalize(square, rows);
    if (determinant(rows) < 0)
        for (unsigned k = 0; k < DIM; k++) rows[k] = -rows[k];
    for (unsigned k = 0; k < ENTRIES; k++) r[k] = COMPLEX(rows[k], 0);
    for (unsigned j = 0; j < DIM; j++) d[j] = half_turn(square[j * (DIM + 1)], c_abs(square[j * (DIM + 1)]));
    times_transposed(l, u, rows);
    for (unsigned k = 0; k < ENTRIES; k++) {
        l[k] = c_mul(l[k], c_conj(d[k % DIM]));
        real[k] = l[k].re;
    }
    if (determinant(real) < 0) {
        d[0] = c_scale(d[0], -1);
        for (unsigned k = 0; k < DIM; k++) l[k * DIM] = c_scale(l[k * DIM], -1);
    }
}

/* The two factors, unitary, of a tensor product of unitary matrices, up to a common phase. */
static void factor(ketsim_complex *high, ketsim_complex *low, const ketsim_complex *m)
{
    unsigned best = 0;
    for (unsigned k = 1; k < ENTRIES; k++)
        if (square_size(m[k]) > square_size(m[best])) best = k;
    const unsigned row = best / DIM, col = best % DIM;
    for (unsigned r = 0; r < 2; r++)
        for (unsigned c = 0; c < 2; c++) {
            high[r * 2 + c] = m[(r << 1 | (row & 1)) * DIM + (c << 1 | (col & 1))];
            low[r * 2 + c] = m[((row & 2) | r) * DIM + ((col & 2) | c)];
        }
    for (unsigned which = 0; which < 2; which++) {
        ketsim_complex *u = which ? low : high;
        const double norm = 1 / sqrt(square_size(u[0]) + square_size(u[2]));
        for (unsigned k = 0; k < 4; k++) u[k] = c_scale(u[k], norm);
    }
    ketsim_complex product[ENTRIES];
    tensor(product, high, low);
    const ketsim_complex phase = c_unit(c_div(m[best], product[best]));
    for (unsigned k = 0; k < 4; k++) high[k] = c_mul(high[k], phase);
}

/* u = phase x diag(1, after) R(t) diag(1, before), but |t| may be infinite: then *c is 0. */
static void split_gate(ketsim_complex *phase, ketsim_complex *after, double *c, double *s,
                       ketsim_complex *before, const ketsim_complex *u)
{
    const ketsim_complex one = {1, 0};
    *c = c_abs(u[0]);
    *s = c_abs(u[2]);
    *phase = *c > NOTHING ? c_unit(u[0]) : one;
    *after = *s > NOTHING ? c_unit(c_div(u[2], *phase)) : one;
    *before = *c > *s ? c_unit(c_div(u[3], c_mul(*phase, *after))) : c_unit(c_div(c_scale(u[1], -1), *phase));
    if (*c <= NOTHING) *c = 0;
    if (*s <= NOTHING) *s = 0;
}

/* Multiply columns whose bit is 1, the more significant one or the other. */
static void scale_columns(ketsim_complex *m, unsigned bit, ketsim_complex factor)
{
    for (unsigned k = 0; k < ENTRIES; k++)
        if (k % DIM >> bit & 1) m[k] = c_mul(m[k], factor);
}

/* y^T m y, where y is [[0, -1], [1, 0]] on one bit. */
static void turn_over(ketsim_complex *m, unsigned bit)
{
    ketsim_complex out[ENTRIES];
    for (unsigned row = 0; row < DIM; row++)
        for (unsigned col = 0; col < DIM; col++) {
            const bool negative = ((row ^ col) >> bit & 1) != 0;
            const ketsim_complex from = m[(row ^ 1u << bit) * DIM + (col ^ 1u << bit)];
            out[row * DIM + col] = negative ? c_scale(from, -1) : from;
        }
    memcpy(m, out, sizeof out);
}

/* u y, 2 by 2. */
static void times_y(ketsim_complex *u)
{
    for (unsigned row = 0; row < 2; row++) {
        const ketsim_complex first = u[row * 2];
        u[row * 2] = u[row * 2 + 1];
        u[row * 2 + 1] = c_scale(first, -1);
    }
}

/* Take a gate before the core apart: its phases go into the core, what is left is a rotation by at most a quarter. */
static void absorb(struct kak *out, unsigned which, const ketsim_complex *u)
{
    const unsigned bit = 1 - which;
    ketsim_complex phase, after;
    double c, s;
    split_gate(&phase, &after, &c, &s, &out->before[which], u);
    scale_columns(out->core, bit, after);
    for (unsigned k = 0; k < ENTRIES; k++) out->core[k] = c_mul(out->core[k], phase);
    if (c >= s) {
        out->t[which] = snap_to_one(s / c);
    } else { /* R(s / c) = y R(-c / s) */
        turn_over(out->core, bit);
        times_y(out->left[which]);
        out->t[which] = -snap_to_one(c / s);
    }
}

static void core_of(ketsim_complex *core, const ketsim_complex *d)
{
    ketsim_complex magic[ENTRIES] = {{0, 0}};
    for (unsigned j = 0; j < DIM; j++) magic[j * (DIM + 1)] = d[j];
    from_magic(core, magic);
    for (unsigned k = 0; k < ENTRIES; k++)
        if (k / DIM != k % DIM && k / DIM + k % DIM != DIM - 1) core[k] = COMPLEX(0, 0);
}

/* Largest difference between m and the product of the parts. */
static double distance(const struct kak *kak, const ketsim_complex *m)
{
    ketsim_complex product[ENTRIES], part[ENTRIES], turns[2][4];
    for (unsigned k = 0; k < 2; k++) {
        const double c = 1 / sqrt(1 + kak->t[k] * kak->t[k]), s = c * kak->t[k];
        turns[k][0] = COMPLEX(c, 0);
        turns[k][1] = c_scale(kak->before[k], -s);
        turns[k][2] = COMPLEX(s, 0);
        turns[k][3] = c_scale(kak->before[k], c);
    }
    tensor(part, kak->left[0], kak->left[1]);
    multiply(product, part, kak->core);
    tensor(part, turns[0], turns[1]);
    multiply(product, product, part);
    double most = 0;
    for (unsigned k = 0; k < ENTRIES; k++) {
        const double off = c_abs(c_add(product[k], c_scale(m[k], -1)));
        if (!(off <= most)) most = off;
    }
    return most;
}

bool kak_split(struct kak *out, const ketsim_complex *m)
{
    ketsim_complex u[ENTRIES], l[ENTRIES], d[DIM], r[ENTRIES], before[2][4];
    to_magic(u, m);
    split_magic(l, d, r, u);
    from_magic(l, l);
    from_magic(r, r);
    factor(out->left[0], out->left[1], l);
    factor(before[0], before[1], r);
    core_of(out->core, d);
    for (unsigned which = 0; which < 2; which++) absorb(out, which, before[which]);
    return distance(out, m) < GOOD;
}
