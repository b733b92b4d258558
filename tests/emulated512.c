/* emulated512.c - the kernels with 64-byte vectors, on any CPU: the shape of the AVX-512 set without its
 * instructions, so that its lane arithmetic is tested on machines that lack them. */
#include <math.h>

#include "../core/bits.h"
#include "../core/kernels/kernel.h"

#define FMA_LANES(type, function)                                    \
    __extension__({                                                  \
        vec sum_;                                                    \
        for (unsigned k_ = 0; k_ < sizeof(vec) / sizeof(type); k_++) \
            sum_[k_] = function((a_)[k_], (b_)[k_], (c_)[k_]);       \
        sum_;                                                        \
    })

#define SET emulated_f64
#define REAL double
#define LANE_BITS 2
#define FMA(a, b, c)                            \
    __extension__({                             \
        const vec a_ = (a), b_ = (b), c_ = (c); \
        FMA_LANES(double, fma);                 \
    })
#define STREAM(p, v) *(vec *)(p) = (v)
#define FENCE() (void)0
#include "../core/kernels/body.h"

#define SET emulated_f32
#define REAL float
#define LANE_BITS 3
#define FMA(a, b, c)                            \
    __extension__({                             \
        const vec a_ = (a), b_ = (b), c_ = (c); \
        FMA_LANES(float, fmaf);                 \
    })
#define STREAM(p, v) *(vec *)(p) = (v)
#define FENCE() (void)0
#include "../core/kernels/body.h"

extern const struct kernel_set kernels_emulated512;
const struct kernel_set kernels_emulated512 = {"emulated512", {2, 3}, {run_emulated_f64, run_emulated_f32}};
