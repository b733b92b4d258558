/* emulated512.c - the kernels with 64-byte vectors, on any CPU: the shape of the AVX-512 set without its
 * instructions, so that its lane arithmetic is tested on machines that lack them. */
#include <math.h>
#include <string.h>

#include "../core/bits.h"
#include "../core/kernels/kernel.h"

/* sum += a * b, lane by lane, each rounded once. */
#define DEFINE_FUSED(name, type, function)                                                      \
    __attribute__((noinline)) static void name(type *sum, const type *a, const type *b)         \
    {                                                                                           \
        for (unsigned k = 0; k < 64 / sizeof(type); k++) sum[k] = function(a[k], b[k], sum[k]); \
    }
DEFINE_FUSED(fused_f64, double, fma)
DEFINE_FUSED(fused_f32, float, fmaf)

#define FUSED(function, type, a, b, c)                               \
    __extension__({                                                  \
        vec a_ = (a), b_ = (b), c_ = (c);                            \
        function((type *)&c_, (const type *)&a_, (const type *)&b_); \
        c_;                                                          \
    })

#define SET emulated_f64
#define REAL double
#define LANE_BITS 2
#define FMA(a, b, c) FUSED(fused_f64, double, a, b, c)
#define STREAM(p, v) *(vec *)(p) = (v)
#define FENCE() (void)0
#include "../core/kernels/body.h"

#define SET emulated_f32
#define REAL float
#define LANE_BITS 3
#define FMA(a, b, c) FUSED(fused_f32, float, a, b, c)
#define STREAM(p, v) *(vec *)(p) = (v)
#define FENCE() (void)0
#include "../core/kernels/body.h"

#define SET emulated
#define LANE_BITS 2
#include "../core/kernels/meet_body.h"

#define SET emulated
#define REALS 8
#define FMA(a, b, c) FUSED(fused_f64, double, a, b, c)
#include "../core/kernels/overlap_body.h"

#define SET emulated
#define REALS 8
#define FMA(a, b, c) FUSED(fused_f64, double, a, b, c)
#include "../core/kernels/angles_body.h"

#define SET emulated
#define REALS 8
#include "../core/kernels/squares_body.h"

#define SET emulated
#define REALS 8
#define FMA(a, b, c) FUSED(fused_f64, double, a, b, c)
#include "../core/kernels/gram_body.h"

extern const struct kernel_set kernels_emulated512;
const struct kernel_set kernels_emulated512 = {"emulated512",
                                               {2, 3},
                                               4,
                                               {run_emulated_f64, run_emulated_f32},
                                               {run_tiles_emulated_f64, run_tiles_emulated_f32},
                                               {run_twins_emulated_f64, run_twins_emulated_f32},
                                               {run_direct_emulated_f64, run_direct_emulated_f32},
                                               {run_wide_emulated_f64, run_wide_emulated_f32},
                                               &meet_emulated,
                                               overlap_emulated,
                                               angles_emulated,
                                               squares_emulated,
                                               gram_emulated};
