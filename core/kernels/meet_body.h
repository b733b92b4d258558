/* meet_body.h - the kernels of meet.h, written once.
 *
 * Included by each ISA's file with SET, the suffix of the names, and LANE_BITS, log2 of the complex128 amplitudes in a
 * vector; both are undefined again at the end.  Amplitudes stay interleaved: the sum of re re + im im, and that of
 * re im - im re with the other block's parts swapped, are left to the caller, who adds the lanes. */
#include "lanes.h"

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define FN(name) CAT(name, SET)
#define vec FN(mvec)
#define ivec FN(mivec)
#define singles FN(msingles)
#define VL (2 << LANE_BITS)
#define INLINE static inline __attribute__((always_inline))

typedef double vec __attribute__((vector_size(VL * sizeof(double))));
typedef float singles __attribute__((vector_size(VL * sizeof(float))));
typedef int64_t ivec __attribute__((vector_size(VL * sizeof(int64_t))));

#if LANE_BITS == 0
#define LANE_XOR(v, s) __builtin_shufflevector(v, v, LANES2(s))
#define EVENS 0, 2
#define ODDS 1, 3
#define FIRST_TWICE 0, 0
#define LAST_TWICE 1, 1
#elif LANE_BITS == 1
#define LANE_XOR(v, s) __builtin_shufflevector(v, v, LANES4(s))
#define EVENS 0, 2, 4, 6
#define ODDS 1, 3, 5, 7
#define FIRST_TWICE 0, 0, 1, 1
#define LAST_TWICE 2, 2, 3, 3
#else
#define LANE_XOR(v, s) __builtin_shufflevector(v, v, LANES8(s))
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15
#define FIRST_TWICE 0, 0, 1, 1, 2, 2, 3, 3
#define LAST_TWICE 4, 4, 5, 5, 6, 6, 7, 7
#endif

enum { FN(RUN) = MEET_RUN >> LANE_BITS, FN(PART) = 4 /* vectors whose sums stay in registers */ };

/* Vector number i of a block. */
INLINE vec FN(meet_load)(const void *block, uint64_t i, bool single)
{
    if (single) return __builtin_convertvector(((const singles *)block)[i], vec);
    return ((const vec *)block)[i];
}

/* Lane i is lane i ^ s, a constant after inlining. */
INLINE vec FN(meet_swap)(vec v, unsigned s)
{
    switch (s) {
    case 1: return LANE_XOR(v, 1);
#if LANE_BITS >= 1
    case 2: return LANE_XOR(v, 2);
    case 3: return LANE_XOR(v, 3);
#endif
#if LANE_BITS >= 2
    case 4: return LANE_XOR(v, 4);
    case 5: return LANE_XOR(v, 5);
    case 6: return LANE_XOR(v, 6);
    case 7: return LANE_XOR(v, 7);
#endif
    default: return v;
    }
}

/* What of x and of the parts lies inside a vector. */
static unsigned FN(meet_lanes)(const struct meet *m)
{
    return (unsigned)(m->x << 1 & (VL - 1)) | m->imaginary;
}

/* Call do(swap, single) with both constant. */
#define CASE(s, do)                          \
    case s:                                  \
        if (m->dtype == KETSIM_COMPLEX64) do \
                ((unsigned)(s), true);       \
        else do                              \
                ((unsigned)(s), false);      \
        break
#if LANE_BITS == 0
#define CASES(do) \
    CASE(0, do);  \
    CASE(1, do)
#elif LANE_BITS == 1
#define CASES(do) \
    CASE(0, do);  \
    CASE(1, do);  \
    CASE(2, do);  \
    CASE(3, do)
#else
#define CASES(do) \
    CASE(0, do);  \
    CASE(1, do);  \
    CASE(2, do);  \
    CASE(3, do);  \
    CASE(4, do);  \
    CASE(5, do);  \
    CASE(6, do);  \
    CASE(7, do)
#endif
#define CHOOSE(do)               \
    switch (FN(meet_lanes)(m)) { \
        CASES(do);               \
    }

/* ---- sums ---------------------------------------------------------------------------------------- */

/* Vectors part to part + PART of every run. */
INLINE void FN(sum_part)(double *sums, const struct meet *m, uint64_t part, unsigned swap, bool single)
{
    const uint64_t x = m->x >> LANE_BITS, inside = FN(RUN) - 1;
    const uint64_t from[] = {(part ^ x) & inside, ((part + 1) ^ x) & inside, ((part + 2) ^ x) & inside,
                             ((part + 3) ^ x) & inside};
    vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (uint64_t run = 0; run < m->runs; run = next_around(run, m->skip, 1)) {
        const ivec flip = (ivec){0} + (int64_t)(m->signs >> run << 63);
        const uint64_t i = run * FN(RUN), far = (i ^ x) & ~inside;
#define TERM(k)                                                       \
    (vec)((ivec)FN(meet_load)(m->a, i + part + (k), single) ^ flip) * \
        FN(meet_swap)(FN(meet_load)(m->b, far + from[k], single), swap)
        s0 += TERM(0);
        s1 += TERM(1);
        s2 += TERM(2);
        s3 += TERM(3);
#undef TERM
    }
    vec *const to = (vec *)sums + part;
    to[0] = s0;
    to[1] = s1;
    to[2] = s2;
    to[3] = s3;
}

static void FN(meet_sum)(double *sums, const struct meet *m)
{
#define PARTS(swap, single) \
    for (uint64_t part = 0; part < FN(RUN); part += FN(PART)) FN(sum_part)(sums, m, part, swap, single)
    CHOOSE(PARTS)
#undef PARTS
}

/* ---- products ------------------------------------------------------------------------------------ */

INLINE void FN(products_by)(double *products, const struct meet *m, unsigned swap, bool single)
{
    const uint64_t x = m->x >> LANE_BITS;
    for (uint64_t i = 0; i < m->runs * FN(RUN); i += 2) {
        const vec first = FN(meet_load)(m->a, i, single) *
                          FN(meet_swap)(FN(meet_load)(m->b, i ^ x, single), swap);
        const vec second = FN(meet_load)(m->a, i + 1, single) *
                           FN(meet_swap)(FN(meet_load)(m->b, (i + 1) ^ x, single), swap);
        const vec even = __builtin_shufflevector(first, second, EVENS);
        const vec odd = __builtin_shufflevector(first, second, ODDS);
        ((vec *)products)[i / 2] = swap & 1 ? even - odd : even + odd;
    }
}

static void FN(meet_products)(double *products, const struct meet *m)
{
#define PRODUCTS(swap, single) FN(products_by)(products, m, swap, single)
    CHOOSE(PRODUCTS)
#undef PRODUCTS
}

static void FN(meet_halves)(double *restrict out, const double *restrict p, uint64_t half, bool minus)
{
    if (minus)
        for (uint64_t i = 0; i < half; i++) out[i] = p[i] - p[half + i];
    else
        for (uint64_t i = 0; i < half; i++) out[i] = p[i] + p[half + i];
}

/* ---- images -------------------------------------------------------------------------------------- */

INLINE void FN(image_by)(double *image, const double *weights, const struct meet *m, unsigned swap,
                         bool single)
{
    const uint64_t x = m->x >> LANE_BITS;
    vec *const to = (vec *)image;
    ivec minus = {0}; /* -i (re + i im) is im - i re */
    for (unsigned k = 1; k < VL; k += 2) minus[k] = swap & 1 ? INT64_MIN : 0;
    for (uint64_t i = 0; i < m->runs * FN(RUN); i += 2) {
        const vec w = ((const vec *)weights)[i / 2];
        const vec first = __builtin_shufflevector(w, w, FIRST_TWICE);
        const vec second = __builtin_shufflevector(w, w, LAST_TWICE);
        to[i] += (vec)((ivec)first ^ minus) * FN(meet_swap)(FN(meet_load)(m->b, i ^ x, single), swap);
        to[i + 1] += (vec)((ivec)second ^ minus) *
                     FN(meet_swap)(FN(meet_load)(m->b, (i + 1) ^ x, single), swap);
    }
}

static void FN(meet_image)(double *image, const double *weights, const struct meet *m)
{
#define IMAGE(swap, single) FN(image_by)(image, weights, m, swap, single)
    CHOOSE(IMAGE)
#undef IMAGE
}

static const struct meet_kernels FN(meet) = {FN(meet_sum), FN(meet_products), FN(meet_halves),
                                             FN(meet_image)};

#undef CHOOSE
#undef CASES
#undef CASE
#undef LAST_TWICE
#undef FIRST_TWICE
#undef ODDS
#undef EVENS
#undef LANE_XOR
#undef INLINE
#undef VL
#undef singles
#undef ivec
#undef vec
#undef FN
#undef CAT
#undef CAT_
#undef LANE_BITS
#undef SET
