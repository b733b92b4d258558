/* settle.c - what roundings of many numbers do to the norm: two at a time, for planning waits for it. */
#include <math.h>

#include "../cplx.h"
#include "numbers.h"

/* Two numbers at a time: half of a vector each of the baseline. */
typedef double v2 __attribute__((vector_size(16)));
typedef int64_t v2i __attribute__((vector_size(16)));

static inline v2 magnitude(v2 x)
{
    return (v2)((v2i)x & INT64_MAX);
}

/* Half of the digits: its square is exact. */
static inline v2 coarse(v2 x)
{
    return (x + 0x1.8p26) - 0x1.8p26;
}

/* |x + iy|^2 - 1 of two numbers at a time. */
static inline v2 excess_of_two(v2 x, v2 y)
{
    const v2 a = coarse(x), b = coarse(y);
    return (a * a - 1 + b * b) + ((x - a) * (x + a) + (y - b) * (y + b));
}

static inline v2 round_two(v2 x, ketsim_dtype dtype)
{
    return (v2){numbers_round(dtype, x[0]), numbers_round(dtype, x[1])};
}

/* The excess of two numbers, divided by scale. */
static inline v2 rounded_excess(const ketsim_complex *c, double inverse, ketsim_dtype dtype)
{
    const v2 x = {c[0].re, c[1].re}, y = {c[0].im, c[1].im};
    return excess_of_two(round_two(x, dtype) * inverse, round_two(y, dtype) * inverse);
}

double numbers_mean_excess(const ketsim_complex *c, size_t count, double scale, ketsim_dtype dtype)
{
    const double inverse = 1 / scale;
    v2 sum = {0, 0}, other = {0, 0}; /* that do not wait for each other */
    size_t k = 0;
    for (; k + 4 <= count; k += 4) {
        sum += rounded_excess(c + k, inverse, dtype);
        other += rounded_excess(c + k + 2, inverse, dtype);
    }
    for (sum += other; k < count; k++)
        sum[0] += rounded_excess((ketsim_complex[]){c[k], c[k]}, inverse, dtype)[0];
    return (sum[0] + sum[1]) / (double)count;
}

static inline ketsim_complex settled(ketsim_complex c, double scale, double near)
{
    const v2 x = {c.re, c.im}, a = magnitude(x), far = magnitude(a - scale);
    const v2i is_near = far <= near, sign = (v2i)x & INT64_MIN;
    const v2 out = (v2)(((v2i)((v2){scale, scale}) & is_near) | ((v2i)a & ~is_near) | sign);
    return COMPLEX(out[0], out[1]);
}

/* Whether some part is near the scale; of most tables only the first number is. */
static bool any_near(const ketsim_complex *c, size_t count, double scale, double near)
{
    v2i found = {0, 0};
    for (size_t k = 0; k < count; k++) found |= magnitude(magnitude((v2){c[k].re, c[k].im}) - scale) <= near;
    return found[0] | found[1];
}

double numbers_settle(ketsim_complex *c, size_t count, double scale, ketsim_dtype dtype)
{
    const double near = scale * numbers_near(dtype);
    c[0] = settled(c[0], scale, near);
    if (any_near(c + 1, count - 1, scale, near))
        for (size_t k = 1; k < count; k++) c[k] = settled(c[k], scale, near);
    return numbers_mean_excess(c, count, scale, dtype);
}
