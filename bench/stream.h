/* stream.h - the two yardsticks of memory: a copy and an in-place pass, written here without the library.
 *
 * Copy counts bytes read plus bytes written, as STREAM does (McCalpin 1995); the pass reads and writes every
 * byte of one buffer.  Both use huge pages where the system gives them, first touched by the same threads. */
#ifndef KETSIM_BENCH_STREAM_H
#define KETSIM_BENCH_STREAM_H

#include "bench.h"

#include <sys/mman.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum { STREAM_CHUNK = 8 }; /* doubles in a cache line: parts of threads begin on one */

/* The part [*first, *last) of [0, doubles) that belongs to thread number member of members. */
static inline void stream_share(size_t *first, size_t *last, size_t doubles, int member, int members)
{
    const size_t chunks = (doubles + STREAM_CHUNK - 1) / STREAM_CHUNK;
    *first = chunks * (size_t)member / (size_t)members * STREAM_CHUNK;
    *last = chunks * (size_t)(member + 1) / (size_t)members * STREAM_CHUNK;
    if (*last > doubles) *last = doubles;
}

/* x *= factor.  A plain loop that the compiler vectorizes, once for any CPU and once with 32-byte vectors. */
#define STREAM_SCALE(name, ...)                                                 \
    __VA_ARGS__ static inline void name(double *x, size_t count, double factor) \
    {                                                                           \
        for (size_t i = 0; i < count; i++) x[i] *= factor;                      \
    }
STREAM_SCALE(stream_scale_any, )
#if defined(__x86_64__)
STREAM_SCALE(stream_scale_avx2, __attribute__((target("avx2"))))
#endif

static inline void stream_scale(double *x, size_t count, double factor)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        stream_scale_avx2(x, count, factor);
        return;
    }
#endif
    stream_scale_any(x, count, factor);
}

/* One in-place pass.  Factor 1 leaves the numbers as they are; volatile keeps the compiler from knowing. */
static inline void stream_pass(double *x, size_t doubles, int threads)
{
    static const volatile double one = 1;
    const double factor = one;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        size_t first, last;
        stream_share(&first, &last, doubles, t, threads);
        stream_scale(x + first, last - first, factor);
    }
}

static inline void stream_copy_range(double *to, const double *from, size_t count, bool bypass)
{
#if defined(__SSE2__)
    if (bypass) {
        size_t i = 0;
        for (; i + 2 <= count; i += 2) _mm_stream_pd(to + i, _mm_load_pd(from + i));
        for (; i < count; i++) to[i] = from[i];
        _mm_sfence();
        return;
    }
#endif
    (void)bypass;
    memcpy(to, from, count * sizeof *to);
}

/* One copy; bypass asks for stores that do not read the line first, where the compiler has them. */
static inline void stream_copy(double *to, const double *from, size_t doubles, int threads, bool bypass)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        size_t first, last;
        stream_share(&first, &last, doubles, t, threads);
        stream_copy_range(to + first, from + first, last - first, bypass);
    }
}

static inline const char *stream_store_name(bool bypass)
{
#if defined(__SSE2__)
    if (bypass) return "non-temporal stores";
#endif
    (void)bypass;
    return "memcpy";
}

/* Memory aligned and advised as the library's buffers are, written first by the threads that will use it. */
static inline double *stream_alloc(size_t doubles, int threads)
{
    enum { HUGE_PAGE = 1 << 21 };
    const size_t bytes = (doubles * sizeof(double) + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
    double *x = aligned_alloc(HUGE_PAGE, bytes);
    if (!x) bench_die("memory", "not enough for a buffer of the copy");
    if (doubles * sizeof(double) >= HUGE_PAGE) madvise(x, bytes, MADV_HUGEPAGE);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        size_t first, last;
        stream_share(&first, &last, doubles, t, threads);
        for (size_t i = first; i < last; i++) x[i] = 1;
    }
    return x;
}

/* Whether stores past the cache copy faster here at this size: best of three each. */
static inline bool stream_bypass_pays(double *to, const double *from, size_t doubles, int threads)
{
    double best[2] = {INFINITY, INFINITY};
    for (int k = 0; k < 8; k++) {
        const double start = bench_now();
        stream_copy(to, from, doubles, threads, k & 1);
        if (k >= 2) best[k & 1] = fmin(best[k & 1], bench_now() - start);
    }
    return best[1] < best[0];
}

#endif
