/* base.c - the kernels for any CPU: 16-byte vectors and no fused multiply-add. */
#include <math.h>
#include <string.h>

#include "../bits.h"
#include "kernel.h"
#if defined(__x86_64__)
#include <emmintrin.h>
#define STREAM_F64(p, v) _mm_stream_pd(p, (__m128d)(v))
#define STREAM_F32(p, v) _mm_stream_ps(p, (__m128)(v))
#define STREAM_FENCE() _mm_sfence()
#else
#define STREAM_F64(p, v) *(vec *)(p) = (v)
#define STREAM_F32(p, v) *(vec *)(p) = (v)
#define STREAM_FENCE() (void)0
#endif

#define SET base_f64
#define REAL double
#define LANE_BITS 0
#define FMA(a, b, c) ((a) * (b) + (c))
#define STREAM(p, v) STREAM_F64(p, v)
#define FENCE() STREAM_FENCE()
#include "body.h"

#define SET base_f32
#define REAL float
#define LANE_BITS 1
#define FMA(a, b, c) ((a) * (b) + (c))
#define STREAM(p, v) STREAM_F32(p, v)
#define FENCE() STREAM_FENCE()
#include "body.h"

#define SET base
#define LANE_BITS 0
#include "meet_body.h"

#define SET base
#define REALS 2
#define FMA(a, b, c) ((a) * (b) + (c))
#include "overlap_body.h"

#define SET base
#define REALS 2
#include "squares_body.h"

#define SET base
#define REALS 2
#define FMA(a, b, c) ((a) * (b) + (c))
#include "gram_body.h"

static void angles_base(double *cosines, double *sines, const double *angles, unsigned count)
{
    for (unsigned k = 0; k < count; k++) {
        cosines[k] = cos(angles[k]);
        sines[k] = sin(angles[k]);
    }
}

extern const struct kernel_set kernels_base;
const struct kernel_set kernels_base = {"base",
                                        {0, 1},
                                        3,
                                        {run_base_f64, run_base_f32},
                                        {run_tiles_base_f64, run_tiles_base_f32},
                                        {run_twins_base_f64, run_twins_base_f32},
                                        {run_direct_base_f64, run_direct_base_f32},
                                        {run_wide_base_f64, run_wide_base_f32},
                                        &meet_base,
                                        overlap_base,
                                        angles_base,
                                        squares_base,
                                        gram_base};
