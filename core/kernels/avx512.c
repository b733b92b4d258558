/* avx512.c - the kernels for AVX-512: 64-byte vectors. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../bits.h"
#include "kernel.h"
#include "target.h"

TARGET_BEGIN("avx512f,avx512dq,avx512vl,avx2,fma")

#define SET avx512_f64
#define REAL double
#define LANE_BITS 2
#define FMA(a, b, c) ((vec)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define PERMUTE(v, index) ((vec)_mm512_permutexvar_pd((__m512i)(index), (__m512d)(v)))
#define LANE_INDEX(lane) (lane)
#define STREAM(p, v) _mm512_stream_pd(p, (__m512d)(v))
#define FENCE() _mm_sfence()
#include "body.h"

#define SET avx512_f32
#define REAL float
#define LANE_BITS 3
#define FMA(a, b, c) ((vec)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define PERMUTE(v, index) ((vec)_mm512_permutexvar_ps((__m512i)(index), (__m512)(v)))
#define LANE_INDEX(lane) (lane)
#define STREAM(p, v) _mm512_stream_ps(p, (__m512)(v))
#define FENCE() _mm_sfence()
#include "body.h"

#define SET avx512
#define LANE_BITS 2
#include "meet_body.h"

#define SET avx512
#define REALS 8
#define FMA(a, b, c) ((vec)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#include "overlap_body.h"

#define SET avx512
#define REALS 8
#define FMA(a, b, c) ((vec)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#include "angles_body.h"

#define SET avx512
#define REALS 8
#include "squares_body.h"

#define SET avx512
#define REALS 8
#define FMA(a, b, c) ((vec)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#include "gram_body.h"

TARGET_END

extern const struct kernel_set kernels_avx512;
const struct kernel_set kernels_avx512 = {"avx512",
                                          {2, 3},
                                          4,
                                          {run_avx512_f64, run_avx512_f32},
                                          {run_tiles_avx512_f64, run_tiles_avx512_f32},
                                          {run_twins_avx512_f64, run_twins_avx512_f32},
                                          {run_direct_avx512_f64, run_direct_avx512_f32},
                                          {run_wide_avx512_f64, run_wide_avx512_f32},
                                          &meet_avx512,
                                          overlap_avx512,
                                          angles_avx512,
                                          squares_avx512,
                                          gram_avx512};
#else
typedef int avx512_is_for_x86_64;
#endif
