/* cplx.h - arithmetic of ketsim_complex, spelled out: no flag of a compiler may change it. */
#ifndef KETSIM_CORE_CPLX_H
#define KETSIM_CORE_CPLX_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ketsim.h"

#define COMPLEX(re, im) ((ketsim_complex){re, im})

static inline ketsim_complex c_add(ketsim_complex a, ketsim_complex b)
{
    return COMPLEX(a.re + b.re, a.im + b.im);
}

static inline ketsim_complex c_mul(ketsim_complex a, ketsim_complex b)
{
    return COMPLEX(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}

static inline ketsim_complex c_conj(ketsim_complex a)
{
    return COMPLEX(a.re, -a.im);
}

static inline ketsim_complex c_scale(ketsim_complex a, double s)
{
    return COMPLEX(a.re * s, a.im * s);
}

static inline ketsim_complex c_div(ketsim_complex a, ketsim_complex b)
{
    return c_scale(c_mul(a, c_conj(b)), 1 / (b.re * b.re + b.im * b.im));
}

/* A number in one register: one that is stored in parts cannot be loaded as a whole for a while, nor in a register of its own
 * be multiplied in fewer steps. */
typedef double c_whole __attribute__((vector_size(sizeof(ketsim_complex))));

static inline c_whole c_get(const ketsim_complex *c)
{
    c_whole out;
    memcpy(&out, c, sizeof out);
    return out;
}

static inline void c_put(ketsim_complex *out, c_whole c)
{
    memcpy(out, &c, sizeof c);
}

/* With the bits of c_mul(). */
static inline c_whole c_times(c_whole a, c_whole b)
{
    return (c_whole){a[0], a[0]} * b + (c_whole){a[1], a[1]} * (c_whole){-b[1], b[0]};
}

/* Of numbers near 1 in size: nothing here overflows. */
static inline double c_abs(ketsim_complex a)
{
    return sqrt(a.re * a.re + a.im * a.im);
}

/* a / |a|, for a other than 0. */
static inline ketsim_complex c_unit(ketsim_complex a)
{
    return c_scale(a, 1 / c_abs(a));
}

/* The same for |a| near 1, mostly without division and root: to first order, where the second is no digit any more. */
static inline ketsim_complex c_unit_near(ketsim_complex a)
{
    const double excess = a.re * a.re + a.im * a.im - 1;
    return fabs(excess) < 1e-9 ? c_scale(a, 1 - excess / 2) : c_unit(a);
}

static inline bool c_is(ketsim_complex a, double re)
{
    return a.re == re && a.im == 0;
}

/* Within a few roundings of 1. */
static inline bool c_is_one(ketsim_complex a)
{
    return fabs(a.re - 1) < 1e-15 && fabs(a.im) < 1e-15;
}

/* Differences from 1 that sums of numbers of one size lose, always. */
#define ROUNDINGS_OF_1 4e-16

/* x, or 1 or -1 when it is that to a rounding. */
static inline double snap_to_one(double x)
{
    return fabs(fabs(x) - 1) < ROUNDINGS_OF_1 ? copysign(1, x) : x;
}

/* Amplitude number index of a state, in double precision. */
static inline ketsim_complex c_load(const void *amps, ketsim_dtype dtype, uint64_t index)
{
    if (dtype == KETSIM_COMPLEX128) return ((const ketsim_complex *)amps)[index];
    const float *at = (const float *)amps + 2 * index;
    return COMPLEX((double)at[0], (double)at[1]);
}

static inline void c_store(void *amps, ketsim_dtype dtype, uint64_t index, ketsim_complex value)
{
    if (dtype == KETSIM_COMPLEX128) {
        ((ketsim_complex *)amps)[index] = value;
        return;
    }
    float *at = (float *)amps + 2 * index;
    at[0] = (float)value.re;
    at[1] = (float)value.im;
}

/* A number of modulus 1, or 1, i, -1 or -i when it is that to a rounding. */
static inline ketsim_complex c_snap(ketsim_complex a)
{
    const double re = snap_to_one(a.re), im = snap_to_one(a.im);
    return COMPLEX(fabs(im) == 1 && fabs(re) < ROUNDINGS_OF_1 ? 0 : re,
                   fabs(re) == 1 && fabs(im) < ROUNDINGS_OF_1 ? 0 : im);
}

#endif
