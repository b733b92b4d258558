/* settle.c - what roundings of many numbers do to the norm.  Planning waits for it: so four at a time, which are two twice
 * where there is no AVX2, with the same bits. */
#include <string.h>

#include "../cplx.h"
#include "numbers.h"

typedef double v4 __attribute__((vector_size(32)));
typedef float v4f __attribute__((vector_size(16)));
typedef int64_t v4i __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

INLINE v4 magnitude(v4 x)
{
    return (v4)((v4i)x & INT64_MAX);
}

INLINE v4 load_two(const ketsim_complex *c)
{
    v4 out;
    memcpy(&out, c, sizeof out);
    return out;
}

INLINE v4 coarse(v4 x)
{
    return (x + 0x1.8p26) - 0x1.8p26;
}

INLINE v4 rounded(v4 x, ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? x : __builtin_convertvector(__builtin_convertvector(x, v4f), v4);
}

/* numbers_excess() of each of four numbers, in a precision and times inverse. */
INLINE v4 excess_of_four(const ketsim_complex *c, double inverse, ketsim_dtype dtype)
{
    const v4 p = load_two(c), q = load_two(c + 2);
    const v4 x = rounded((v4){p[0], q[0], p[2], q[2]}, dtype) * inverse;
    const v4 y = rounded((v4){p[1], q[1], p[3], q[3]}, dtype) * inverse;
    const v4 a = coarse(x), b = coarse(y);
    return (a * a - 1 + b * b) + ((x - a) * (x + a) + (y - b) * (y + b));
}

INLINE double sum_excess(const ketsim_complex *c, size_t count, double scale, ketsim_dtype dtype)
{
    const double inverse = 1 / scale;
    v4 sum = {0, 0, 0, 0};
    for (size_t k = 0; k < count; k += 4) sum += excess_of_four(c + k, inverse, dtype);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Whether some part of numbers, a multiple of four, is near the scale. */
INLINE bool any_near(const ketsim_complex *c, size_t count, double scale, double near)
{
    v4i found = {0, 0, 0, 0};
    for (size_t k = 0; k < count; k += 4)
        found |= (magnitude(magnitude(load_two(c + k)) - scale) <= near) |
                 (magnitude(magnitude(load_two(c + k + 2)) - scale) <= near);
    return found[0] | found[1] | found[2] | found[3];
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static double sum_excess_avx2(const ketsim_complex *c, size_t count,
                                                              double scale, ketsim_dtype dtype)
{
    return sum_excess(c, count, scale, dtype);
}

__attribute__((target("avx2"))) static bool any_near_avx2(const ketsim_complex *c, size_t count, double scale,
                                                          double near)
{
    return any_near(c, count, scale, near);
}

#define CALL(function, ...) \
    (__builtin_cpu_supports("avx2") ? function##_avx2(__VA_ARGS__) : function(__VA_ARGS__))
#else
#define CALL(function, ...) function(__VA_ARGS__)
#endif

/* The same for one number. */
static double excess_of_one(ketsim_complex c, double inverse, ketsim_dtype dtype)
{
    return numbers_excess(
        COMPLEX(numbers_round(dtype, c.re) * inverse, numbers_round(dtype, c.im) * inverse));
}

double numbers_mean_excess(const ketsim_complex *c, size_t count, double scale, ketsim_dtype dtype)
{
    if (count % 4 == 0) return CALL(sum_excess, c, count, scale, dtype) / (double)count;
    double sum = 0;
    for (size_t k = 0; k < count; k++) sum += excess_of_one(c[k], 1 / scale, dtype);
    return sum / (double)count;
}

static double settled(double x, double scale, double near)
{
    return fabs(fabs(x) - scale) <= near ? copysign(scale, x) : x;
}

/* Of most tables only the first number is near the scale. */
double numbers_settle(ketsim_complex *c, size_t count, double scale, ketsim_dtype dtype)
{
    const double near = scale * numbers_near(dtype);
    const ketsim_complex first = COMPLEX(settled(c[0].re, scale, near), settled(c[0].im, scale, near));
    c[0] = COMPLEX(0, 0); /* which is not */
    if (count % 4 || CALL(any_near, c, count, scale, near))
        for (size_t k = 1; k < count; k++)
            c[k] = COMPLEX(settled(c[k].re, scale, near), settled(c[k].im, scale, near));
    c[0] = first;
    return numbers_mean_excess(c, count, scale, dtype);
}
