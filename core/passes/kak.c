/* kak.c - the decomposition of Khaneja, Brockett and Glaser, "Time optimal control in spin systems" (2001), computed as
 * in Kraus and Cirac, "Optimal creation of entanglement using a two-qubit gate" (2001), appendix A.
 *
 * In the magic basis gates on one bit are real and exp(i (a XX + b YY + c ZZ)) is diagonal, so that u = l d r with l and
 * r orthogonal, and r diagonalizes u^T u.  What l stands for is left to the gates that follow; of what r stands for,
 * phases go into the core, so that a real rotation of each bit is left before it. */
#include "kak.h"

#include <string.h>

#include "../cplx.h"

enum { DIM = 4, ENTRIES = 16, SWEEPS = 30 };

static const double GOOD = 1e-14; /* what roundings may add up to, in an entry */
static const double NOTHING = 1e-15;

/* ---- small matrices ------------------------------------------------------------------------------ */

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

static void adjoint(ketsim_complex *out, const ketsim_complex *m)
{
    for (unsigned k = 0; k < ENTRIES; k++) out[k] = c_conj(m[k % DIM * DIM + k / DIM]);
}

/* high x low, both 2 by 2. */
static void tensor(ketsim_complex *out, const ketsim_complex *high, const ketsim_complex *low)
{
    for (unsigned row = 0; row < DIM; row++)
        for (unsigned col = 0; col < DIM; col++)
            out[row * DIM + col] = c_mul(high[(row >> 1) * 2 + (col >> 1)], low[(row & 1) * 2 + (col & 1)]);
}

/* Columns: (|00> + |11>), i (|01> + |10>), |01> - |10>, i (|00> - |11>), all / sqrt 2. */
static void from_magic(ketsim_complex *out, const ketsim_complex *m)
{
    static const double h = 0.70710678118654752440;
    static const ketsim_complex q[ENTRIES] = {{h, 0}, {0, 0}, {0, 0}, {0, h}, {0, 0},  {0, h},
                                              {h, 0}, {0, 0}, {0, 0}, {0, h}, {-h, 0}, {0, 0},
                                              {h, 0}, {0, 0}, {0, 0}, {0, -h}};
    ketsim_complex inverse[ENTRIES];
    adjoint(inverse, q);
    multiply(out, q, m);
    multiply(out, out, inverse);
}

static void to_magic(ketsim_complex *out, const ketsim_complex *m)
{
    static const double h = 0.70710678118654752440;
    static const ketsim_complex inverse[ENTRIES] = {{h, 0},  {0, 0}, {0, 0}, {h, 0}, {0, 0},  {0, -h},
                                                    {0, -h}, {0, 0}, {0, 0}, {h, 0}, {-h, 0}, {0, 0},
                                                    {0, -h}, {0, 0}, {0, 0}, {0, h}};
    ketsim_complex q[ENTRIES];
    adjoint(q, inverse);
    multiply(out, inverse, m);
    multiply(out, out, q);
}

/* ---- r: eigenvectors of a symmetric unitary ------------------------------------------------------ */

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

/* Jacobi's method on real and imaginary part at once, which commute (angle: Cardoso and Souloumiac, "Jacobi angles for
 * simultaneous diagonalization" (1996)).  m becomes diagonal; rows of r are the eigenvectors. */
static void diagonalize(ketsim_complex *m, double *r)
{
    for (unsigned k = 0; k < ENTRIES; k++) r[k] = k % (DIM + 1) == 0;
    for (unsigned sweep = 0; sweep < SWEEPS; sweep++) {
        double left = 0;
        for (unsigned p = 0; p < DIM; p++)
            for (unsigned q = p + 1; q < DIM; q++) {
                const ketsim_complex off = m[p * DIM + q];
                const ketsim_complex d = c_add(m[p * DIM + p], c_scale(m[q * DIM + q], -1));
                const double size = off.re * off.re + off.im * off.im;
                if (size < 1e-33) continue;
                left += size;
                const double on = d.re * d.re + d.im * d.im - 4 * size,
                             both = 4 * (d.re * off.re + d.im * off.im);
                const double angle = atan2(both, on) / 4; /* an eighth of a turn where d is 0 */
                turn(m, r, p, q, cos(angle), sin(angle));
            }
        if (left < 1e-30) return;
    }
}

static double determinant(const double *r)
{
    double det = 0;
    for (unsigned a = 0; a < DIM; a++)
        for (unsigned b = 0; b < DIM; b++)
            for (unsigned c = 0; c < DIM; c++) {
                const unsigned d = 6 - a - b - c;
                if (a == b || a == c || b == c) continue;
                const bool odd = (a > b) ^ (a > c) ^ (a > d) ^ (b > c) ^ (b > d) ^ (c > d);
                det += (odd ? -1 : 1) * r[a] * r[DIM + b] * r[2 * DIM + c] * r[3 * DIM + d];
            }
    return det;
}

/* ---- the parts ----------------------------------------------------------------------------------- */

/* u = l d r in the magic basis, l and r special orthogonal, d diagonal. */
static void split_magic(ketsim_complex *l, ketsim_complex *d, ketsim_complex *r, const ketsim_complex *u)
{
    ketsim_complex square[ENTRIES], transposed[ENTRIES];
    double rows[ENTRIES], real[ENTRIES];
    for (unsigned k = 0; k < ENTRIES; k++) transposed[k] = u[k % DIM * DIM + k / DIM];
    multiply(square, transposed, u);
    diagonalize(square, rows);
    if (determinant(rows) < 0)
        for (unsigned k = 0; k < DIM; k++) rows[k] = -rows[k];
    for (unsigned k = 0; k < ENTRIES; k++) r[k] = COMPLEX(rows[k], 0);
    for (unsigned j = 0; j < DIM; j++) {
        const double half = atan2(square[j * (DIM + 1)].im, square[j * (DIM + 1)].re) / 2;
        d[j] = COMPLEX(cos(half), sin(half));
    }
    for (unsigned k = 0; k < ENTRIES; k++) transposed[k] = COMPLEX(rows[k % DIM * DIM + k / DIM], 0);
    multiply(l, u, transposed);
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
        if (c_abs(m[k]) > c_abs(m[best])) best = k;
    const unsigned row = best / DIM, col = best % DIM;
    for (unsigned r = 0; r < 2; r++)
        for (unsigned c = 0; c < 2; c++) {
            high[r * 2 + c] = m[(r << 1 | (row & 1)) * DIM + (c << 1 | (col & 1))];
            low[r * 2 + c] = m[((row & 2) | r) * DIM + ((col & 2) | c)];
        }
    for (unsigned which = 0; which < 2; which++) {
        ketsim_complex *u = which ? low : high;
        const double norm = 1 / hypot(c_abs(u[0]), c_abs(u[2]));
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
