/* settle.c - what roundings of many numbers do to the norm. */
#include "numbers.h"
#include "vectors.h"

V4_INLINE v4 magnitude(v4 x)
{
    return (v4)((v4i)x & INT64_MAX);
}

/* Half of the digits: its square is exact. */
V4_INLINE v4 coarse(v4 x)
{
    return (x + 0x1.8p26) - 0x1.8p26;
}

V4_INLINE v4 rounded(v4 x, ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? x : __builtin_convertvector(__builtin_convertvector(x, v4f), v4);
}

/* |c|^2 - 1 for each of four numbers, in a precision and times inverse. */
V4_INLINE v4 excess_of_four(struct span c, double inverse, ketsim_dtype dtype)
{
    v4 x, y;
    V4_LOAD(x, c.re);
    V4_LOAD(y, c.im);
    x = rounded(x, dtype) * inverse;
    y = rounded(y, dtype) * inverse;
    const v4 a = coarse(x), b = coarse(y);
    return (a * a - 1 + b * b) + ((x - a) * (x + a) + (y - b) * (y + b));
}

V4_INLINE double sum_excess(struct span c, size_t count, double scale, ketsim_dtype dtype)
{
    const double inverse = 1 / scale;
    v4 sum = {0, 0, 0, 0};
    for (size_t k = 0; k < count; k += 4) sum += excess_of_four(span_from(c, k), inverse, dtype);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}
V4_TWICE(double, sum_excess, (struct span c, size_t count, double scale, ketsim_dtype dtype),
         (c, count, scale, dtype))

/* Of four parts, those that are near the scale and are not it. */
V4_INLINE v4i unsettled(const double *parts, double scale, double near)
{
    v4 x;
    V4_LOAD(x, parts);
    const v4 size = magnitude(x);
    return (magnitude(size - scale) <= near) & (size != scale);
}

/* Whether some part of numbers, a multiple of four, is. */
V4_INLINE bool any_unsettled(struct span c, size_t count, double scale, double near)
{
    v4i found = {0, 0, 0, 0};
    for (size_t k = 0; k < count; k += 4)
        found |= unsettled(c.re + k, scale, near) | unsettled(c.im + k, scale, near);
    return found[0] | found[1] | found[2] | found[3];
}
V4_TWICE(bool, any_unsettled, (struct span c, size_t count, double scale, double near),
         (c, count, scale, near))

double numbers_mean_excess(struct span c, size_t count, double scale, ketsim_dtype dtype)
{
    if (count % 4 == 0) return sum_excess_by_cpu(c, count, scale, dtype) / (double)count;
    double sum = 0;
    for (size_t k = 0; k < count; k++) sum += numbers_excess_of(c_scale(span_get(c, k), 1 / scale), dtype);
    return sum / (double)count;
}

static double settled(double x, double scale, double near)
{
    return fabs(fabs(x) - scale) <= near ? copysign(scale, x) : x;
}

double numbers_settle(struct span c, size_t count, double scale, ketsim_dtype dtype)
{
    const double near = scale * numbers_near(dtype);
    if (count % 4 || any_unsettled_by_cpu(c, count, scale, near))
        for (size_t k = 0; k < count; k++)
            span_put(c, k, COMPLEX(settled(c.re[k], scale, near), settled(c.im[k], scale, near)));
    return numbers_mean_excess(c, count, scale, dtype);
}
