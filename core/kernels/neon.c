/* neon.c - the kernels for aarch64: 16-byte vectors with a fused multiply-add. */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../bits.h"
#include "kernel.h"

#define SET neon_f64
#define REAL double
#define LANE_BITS 0
#define FMA(a, b, c) ((vec)vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))
#define STREAM(p, v) *(vec *)(p) = (v)
#define FENCE() (void)0
#include "body.h"

#define SET neon_f32
#define REAL float
#define LANE_BITS 1
#define FMA(a, b, c) ((vec)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define STREAM(p, v) *(vec *)(p) = (v)
#define FENCE() (void)0
#include "body.h"

#define SET neon
#define LANE_BITS 0
#include "meet_body.h"

#define SET neon
#define REALS 2
#define FMA(a, b, c) ((vec)vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))
#include "overlap_body.h"

#define SET neon
#define REALS 2
#define FMA(a, b, c) ((vec)vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))
#include "angles_body.h"

#define SET neon
#define REALS 2
#include "squares_body.h"

#define SET neon
#define REALS 2
#define FMA(a, b, c) ((vec)vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))
#include "gram_body.h"

extern const struct kernel_set kernels_neon;
const struct kernel_set kernels_neon = {"neon",
                                        {0, 1},
                                        3,
                                        {run_neon_f64, run_neon_f32},
                                        {run_tiles_neon_f64, run_tiles_neon_f32},
                                        {run_twins_neon_f64, run_twins_neon_f32},
                                        {run_direct_neon_f64, run_direct_neon_f32},
                                        {run_wide_neon_f64, run_wide_neon_f32},
                                        &meet_neon,
                                        overlap_neon,
                                        angles_neon,
                                        squares_neon,
                                        gram_neon};
#else
typedef int neon_is_for_aarch64;
#endif
