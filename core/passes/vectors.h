/* vectors.h - planning waits for loops over many numbers: so four at a time, which are two twice where there is no AVX2, with
 * the same bits. */
#ifndef KETSIM_CORE_PASSES_VECTORS_H
#define KETSIM_CORE_PASSES_VECTORS_H

#include <stdint.h>
#include <string.h>

typedef double v4 __attribute__((vector_size(32)));
typedef float v4f __attribute__((vector_size(16)));
typedef int64_t v4i __attribute__((vector_size(32)));

/* What is compiled once for every machine, and by V4_TWICE once for AVX2. */
#define V4_INLINE static inline __attribute__((always_inline))

/* function_by_cpu(): the function, by the instructions that there are.  parameters and arguments: in brackets. */
#if defined(__x86_64__)
#define V4_TWICE(type, function, parameters, arguments)                                         \
    __attribute__((target("avx2"))) static type function##_avx2 parameters                      \
    {                                                                                           \
        return function arguments;                                                              \
    }                                                                                           \
    static inline type function##_by_cpu parameters                                             \
    {                                                                                           \
        return __builtin_cpu_supports("avx2") ? function##_avx2 arguments : function arguments; \
    }
#else
#define V4_TWICE(type, function, parameters, arguments) \
    static inline type function##_by_cpu parameters     \
    {                                                   \
        return function arguments;                      \
    }
#endif

/* By value, out of line too: no register of four is handed over. */
#define V4_LOAD(out, from) memcpy(&(out), from, sizeof(out))
#define V4_STORE(to, v) memcpy(to, &(v), sizeof(v))

#endif
