/* avx2.c - the kernels for AVX2 with FMA: 32-byte vectors. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../bits.h"
#include "kernel.h"
#include "target.h"

TARGET_BEGIN("avx2,fma")

#define SET avx2_f64
#define REAL double
#define LANE_BITS 1
#define FMA(a, b, c) ((vec)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define PERMUTE(v, index) ((vec)_mm256_permutevar8x32_ps((__m256)(v), (__m256i)(index)))
#define LANE_INDEX(lane) ((int64_t)((2u * (lane) + 1ull) << 32 | 2u * (lane)))
#define STREAM(p, v) _mm256_stream_pd(p, (__m256d)(v))
#define FENCE() _mm_sfence()
#include "body.h"

#define SET avx2_f32
#define REAL float
#define LANE_BITS 2
#define FMA(a, b, c) ((vec)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define PERMUTE(v, index) ((vec)_mm256_permutevar8x32_ps((__m256)(v), (__m256i)(index)))
#define LANE_INDEX(lane) (lane)
#define STREAM(p, v) _mm256_stream_ps(p, (__m256)(v))
#define FENCE() _mm_sfence()
#include "body.h"

#define SET avx2
#define LANE_BITS 1
#include "meet_body.h"

#define SET avx2
#define REALS 4
#define FMA(a, b, c) ((vec)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#include "overlap_body.h"

#define SET avx2
#define REALS 4
#define FMA(a, b, c) ((vec)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#include "angles_body.h"

#define SET avx2
#define REALS 4
#include "squares_body.h"

#define SET avx2
#define REALS 4
#define FMA(a, b, c) ((vec)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#include "gram_body.h"

TARGET_END

extern const struct kernel_set kernels_avx2;
const struct kernel_set kernels_avx2 = {"avx2",
                                        {1, 2},
                                        3,
                                        {run_avx2_f64, run_avx2_f32},
                                        {run_tiles_avx2_f64, run_tiles_avx2_f32},
                                        {run_twins_avx2_f64, run_twins_avx2_f32},
                                        {run_direct_avx2_f64, run_direct_avx2_f32},
                                        {run_wide_avx2_f64, run_wide_avx2_f32},
                                        &meet_avx2,
                                        overlap_avx2,
                                        angles_avx2,
                                        squares_avx2,
                                        gram_avx2};
#else
typedef int avx2_is_for_x86_64;
#endif
