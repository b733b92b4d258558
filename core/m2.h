/* m2.h - matrices on one bit, of four entries, row-major. */
#ifndef KETSIM_CORE_M2_H
#define KETSIM_CORE_M2_H

#include <math.h>

#include "cplx.h"

static const ketsim_complex M2_IDENTITY[4] = {{1, 0}, {0, 0}, {0, 0}, {1, 0}};

static inline bool m2_is_diagonal(const ketsim_complex *m)
{
    return m[1].re == 0 && m[1].im == 0 && m[2].re == 0 && m[2].im == 0;
}

static inline bool m2_is_identity(const ketsim_complex *m)
{
    return m2_is_diagonal(m) && c_is(m[0], 1) && c_is(m[3], 1);
}

static inline bool m2_is_flip(const ketsim_complex *m)
{
    return c_is(m[1], 1) && c_is(m[2], 1) && c_is(m[0], 0) && c_is(m[3], 0);
}

static inline bool m2_is_real(const ketsim_complex *m)
{
    return m[0].im == 0 && m[1].im == 0 && m[2].im == 0 && m[3].im == 0;
}

/* Whether every part is 0, 1 or -1: multiplying by such a unitary matrix rounds nothing. */
static inline bool m2_is_exact(const ketsim_complex *m)
{
    bool exact = true;
    for (unsigned k = 0; k < 4; k++)
        exact &= m[k].re * m[k].re == fabs(m[k].re) && m[k].im * m[k].im == fabs(m[k].im);
    return exact;
}

static inline void m2_copy(ketsim_complex *to, const ketsim_complex *from)
{
    for (unsigned k = 0; k < 4; k++) c_put(&to[k], c_get(&from[k]));
}

/* Entries, all by one number. */
static inline void m2_scale(ketsim_complex *c, unsigned count, ketsim_complex by)
{
    for (unsigned k = 0; k < count; k++) c_put(&c[k], c_times(c_get(&by), c_get(&c[k])));
}

/* out = by m; out may be m */
static inline void m2_multiply(ketsim_complex *out, const ketsim_complex *by, const ketsim_complex *m)
{
    const c_whole a = c_get(&m[0]), b = c_get(&m[1]), c = c_get(&m[2]), d = c_get(&m[3]);
    const c_whole e = c_get(&by[0]), h = c_get(&by[3]);
    if (m2_is_diagonal(by)) {
        c_put(&out[0], c_times(e, a));
        c_put(&out[1], c_times(e, b));
        c_put(&out[2], c_times(h, c));
        c_put(&out[3], c_times(h, d));
        return;
    }
    const c_whole f = c_get(&by[1]), g = c_get(&by[2]);
    c_put(&out[0], c_times(e, a) + c_times(f, c));
    c_put(&out[1], c_times(e, b) + c_times(f, d));
    c_put(&out[2], c_times(g, a) + c_times(h, c));
    c_put(&out[3], c_times(g, b) + c_times(h, d));
}

#endif
