/* body.h - the kernels, written once.
 *
 * Included by each ISA's file once per element type, with
 *
 *   SET           suffix of the names, e.g. avx2_f64
 *   REAL          element type
 *   LANE_BITS     log2 of the amplitudes in a vector, 0 to 3
 *   FMA(a, b, c)  a * b + c, rounded once where the ISA can
 *   STREAM(p, v)  store around the caches, or a plain store
 *   FENCE()       what orders such stores before all that come later
 *
 * All six are undefined again at the end.  Vectors are GNU vector extensions.
 *
 * Every output amplitude is a sum over x, in rising order, of M[row][row ^ x] times the amplitude whose target
 * bits differ by x.  A target bit at or above LANE_BITS ("high") selects a vector, one below ("low") a lane: the
 * sum is the same either way, hence so are its bits on every ISA that has a fused multiply-add. */
#include "lanes.h"

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define FN(name) CAT(name, SET)
#define vec FN(vec)
#define ivec FN(ivec)
#define VL (2 << LANE_BITS)
#define INLINE static inline __attribute__((always_inline))

typedef REAL vec __attribute__((vector_size(VL * sizeof(REAL))));
#define INTEGER __typeof__(__builtin_choose_expr(sizeof(REAL) == 8, (int64_t)0, (int32_t)0))
typedef INTEGER ivec __attribute__((vector_size(VL * sizeof(REAL))));

/* Vector whose lane i is lane i ^ s of v: s = 1 swaps re and im, s = 2 << b amplitudes that differ in bit b. */
#if LANE_BITS == 0
#define LANE_XOR(v, s) __builtin_shufflevector(v, v, LANES2(s))
#elif LANE_BITS == 1
#define LANE_XOR(v, s) __builtin_shufflevector(v, v, LANES4(s))
#elif LANE_BITS == 2
#define LANE_XOR(v, s) __builtin_shufflevector(v, v, LANES8(s))
#else
#define LANE_XOR(v, s) __builtin_shufflevector(v, v, LANES16(s))
#endif

/* The same for a number of amplitudes a that is constant after inlining. */
INLINE vec FN(exchange)(vec v, unsigned a)
{
    switch (a) {
#if LANE_BITS >= 1
    case 1: return LANE_XOR(v, 2);
#endif
#if LANE_BITS >= 2
    case 2: return LANE_XOR(v, 4);
    case 3: return LANE_XOR(v, 6);
#endif
#if LANE_BITS >= 3
    case 4: return LANE_XOR(v, 8);
    case 5: return LANE_XOR(v, 10);
    case 6: return LANE_XOR(v, 12);
    case 7: return LANE_XOR(v, 14);
#endif
    default: return v;
    }
}

INLINE vec FN(load)(const REAL *p)
{
    return *(const vec *)p;
}

INLINE void FN(store)(REAL *p, vec v, bool stream)
{
    if (stream) STREAM(p, v);
    else *(vec *)p = v;
}

INLINE vec FN(select)(ivec mask, vec yes, vec no)
{
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}

enum { FN(ENTRIES) = 1 << 2 * MAX_TARGETS, FN(VECTORS) = 1 << MAX_TARGETS };

/* A sweep made ready for vectors.  For vector r of a group and difference x, the coefficient of
 * lane k is (re, im), laid out so that a product is two multiply-adds: c v = re v + im swap(v). */
struct FN(job) {
    vec re[FN(ENTRIES)], im[FN(ENTRIES)];
    ivec lanes;                      /* lanes whose low controls are met */
    uint64_t offset[FN(VECTORS)];    /* of each vector of a group, in amplitudes */
    uint64_t skip;                   /* index bits that are constant in the loop */
    uint64_t test_mask, test_values; /* controls tested in the loop: out of place, or too near to skip */
    /* Lines to ask for in advance, see prefetch_on(). */
    unsigned streams;               /* 0: none */
    uint64_t stream[FN(VECTORS)];   /* offsets of the first vector of each */
    uint64_t line_skip, per_stream; /* amplitudes of a stream to one of a vector */
};

/* Row of the matrix that amplitude number lane of vector r belongs to. */
INLINE unsigned FN(row)(const struct sweep *s, unsigned nhigh, unsigned r, unsigned lane)
{
    unsigned row = r;
    for (unsigned k = nhigh; k < s->ntargets; k++) row = row << 1 | (lane >> s->targets[k] & 1);
    return row;
}

static void FN(coefficients)(struct FN(job) *job, const struct sweep *s, unsigned nhigh)
{
    const unsigned dim = 1u << s->ntargets, differences = s->diagonal ? 1 : dim;
    for (unsigned r = 0; r < 1u << nhigh; r++)
        for (unsigned x = 0; x < differences; x++)
            for (unsigned lane = 0; lane < 1u << LANE_BITS; lane++) {
                const unsigned row = FN(row)(s, nhigh, r, lane);
                const ketsim_complex c = s->entries[s->diagonal ? row : row * dim + (row ^ x)];
                vec *re = &job->re[r * differences + x], *im = &job->im[r * differences + x];
                (*re)[2 * lane] = (*re)[2 * lane + 1] = (REAL)c.re;
                (*im)[2 * lane] = (REAL)-c.im;
                (*im)[2 * lane + 1] = (REAL)c.im;
            }
}

static void FN(prepare)(struct FN(job) *job, const struct sweep *s, unsigned nhigh, bool moved)
{
    const uint64_t low = (1u << LANE_BITS) - 1,
                   skipped = moved ? 0 : s->control_mask & ~low & skip_bits(2 * sizeof(REAL));
    uint64_t targets = 0;
    for (unsigned r = 0; r < 1u << nhigh; r++) {
        job->offset[r] = s->control_values & skipped;
        for (unsigned k = 0; k < nhigh; k++)
            job->offset[r] |= (uint64_t)(r >> (nhigh - 1 - k) & 1) << s->targets[k];
    }
    for (unsigned k = 0; k < nhigh; k++) targets |= UINT64_C(1) << s->targets[k];
    job->skip = targets | skipped;
    job->test_mask = s->control_mask & ~low & ~skipped;
    job->test_values = s->control_values & job->test_mask;
    for (unsigned lane = 0; lane < 1u << LANE_BITS; lane++) {
        const bool met = ((lane ^ s->control_values) & s->control_mask & low) == 0;
        job->lanes[2 * lane] = job->lanes[2 * lane + 1] = met ? -1 : 0;
    }
    FN(coefficients)(job, s, nhigh);
}

/* Jumps of 512 bytes to 64 KiB defeat the hardware prefetchers (a pass took 2 to 4 times as long on Zen 4), so
 * there the loop asks for lines itself, PREFETCH_BYTES ahead of where it works, into the second-level cache: the
 * first has too few places for lines on their way.  Targets FAR_BYTES or more apart make streams of their own;
 * nearer ones lie in the same stream. */
enum {
    FN(NEAR_BYTES) = 512,
    FN(FAR_BYTES) = 16384,
    FN(OFF_BYTES) = 131072, /* from here on the hardware keeps up */
    FN(PREFETCH_BYTES) = 32768,
    FN(PIECE_BYTES) = 512,             /* asked for at a time */
    FN(PREFETCH_LEAST_AMPS) = 1 << 14, /* a shorter range is in the caches, or soon over */
    FN(SHORT_RUN) = 16                 /* amplitudes */
};

static void FN(prefetch_on)(struct FN(job) *job, const struct sweep *s, unsigned nhigh, uint64_t groups)
{
    const uint64_t far = bits_from(FN(FAR_BYTES), 2 * sizeof(REAL));
    const uint64_t near = bits_from(FN(NEAR_BYTES), 2 * sizeof(REAL));
    const uint64_t off = bits_from(FN(OFF_BYTES), 2 * sizeof(REAL));
    unsigned nfar = 0;
    job->streams = 0;
    job->line_skip = job->per_stream = 0;
    if (!(job->skip & near & ~off) || groups << (LANE_BITS + nhigh) < FN(PREFETCH_LEAST_AMPS)) return;
    while (nfar < nhigh && far >> s->targets[nfar] & 1) nfar++;
    job->line_skip = job->skip;
    for (unsigned k = nfar; k < nhigh; k++) job->line_skip &= ~(UINT64_C(1) << s->targets[k]);
    job->streams = 1u << nfar;
    job->per_stream = UINT64_C(1) << (nhigh - nfar);
    for (unsigned k = 0; k < job->streams; k++) job->stream[k] = job->offset[k << (nhigh - nfar)];
}

/* Ask for the lines of the next count amplitudes of every stream, from index ahead on; returns what comes after. */
INLINE uint64_t FN(ask)(const struct FN(job) *job, const REAL *src, uint64_t ahead, uint64_t count)
{
    const uint64_t line = 64 / (2 * sizeof(REAL)), lowest = job->line_skip & -job->line_skip;
    while (count) {
        const uint64_t side_by_side = lowest ? lowest - (ahead & (lowest - 1)) : count;
        const uint64_t length = side_by_side < count ? side_by_side : count;
        for (unsigned k = 0; k < job->streams; k++)
            for (uint64_t j = 0; j < length; j += line)
                __builtin_prefetch(src + 2 * ((ahead | job->stream[k]) + j), 0, 2);
        ahead = next_around(ahead + length - 1, job->line_skip, 1);
        count -= length;
    }
    return ahead;
}

/* Where the targets are.  Constant, as are real, moved (out of place) and blend (some lanes may keep their
 * amplitude), in every loop that is compiled. */
struct FN(placement) {
    unsigned nhigh, nlow;         /* target bits that select vectors, lanes */
    unsigned first_low, last_low; /* amplitudes exchanged by the more and the less significant low target */
    bool diagonal;
};

/* Amplitudes in a vector that trade places for difference x. */
INLINE unsigned FN(lane_part)(struct FN(placement) at, unsigned x)
{
    if (at.nlow == 2) return (x & 2 ? at.first_low : 0) | (x & 1 ? at.last_low : 0);
    return at.nlow == 1 && (x & 1) ? at.first_low : 0;
}

INLINE vec FN(product)(const struct FN(job) *job, const vec *v, unsigned r, struct FN(placement) at,
                       bool real)
{
    const unsigned differences = at.diagonal ? 1 : 1u << (at.nhigh + at.nlow);
    vec sum = job->re[r * differences] * v[r];
    if (!real) sum = FMA(job->im[r * differences], LANE_XOR(v[r], 1), sum);
#pragma GCC unroll 4
    for (unsigned x = 1; x < differences; x++) {
        const vec partner = FN(exchange)(v[r ^ x >> at.nlow], FN(lane_part)(at, x));
        sum = FMA(job->re[r * differences + x], partner, sum);
        if (!real) sum = FMA(job->im[r * differences + x], LANE_XOR(partner, 1), sum);
    }
    return sum;
}

#define ARGUMENTS \
    const struct FN(job) *job, REAL *dst, const REAL *src, uint64_t first, uint64_t count, bool stream
#define PASSED job, dst, src, first, count, stream

/* One group: a vector for each setting of the high targets, from index i on. */
INLINE void FN(group)(const struct FN(job) *job, REAL *dst, const REAL *src, uint64_t i, bool stream,
                      struct FN(placement) at, bool real, bool apply, bool blend)
{
    vec v[1 << MAX_TARGETS];
#pragma GCC unroll 4
    for (unsigned r = 0; r < 1u << at.nhigh; r++) v[r] = FN(load)(src + 2 * (i + job->offset[r]));
#pragma GCC unroll 4
    for (unsigned r = 0; r < 1u << at.nhigh; r++) {
        vec out = apply ? FN(product)(job, v, r, at, real) : v[r];
        if (blend) out = FN(select)(job->lanes, out, v[r]);
        FN(store)(dst + 2 * (i + job->offset[r]), out, stream);
    }
}

/* The groups of an aligned block of PATTERN: where each lies, relative to the first, and whether its near controls
 * are met.  What they leave out is stored all the same: a pass that leaves out lines takes 2 to 4 times as long. */
enum { FN(PATTERN) = 8 };

struct FN(pattern) {
    uint64_t offset[FN(PATTERN)];
    bool met[FN(PATTERN)];
    uint64_t covered; /* index bits that differ within a block */
};

static void FN(find_pattern)(struct FN(pattern) *p, const struct FN(job) *job)
{
    p->covered = spread_around((uint64_t)(FN(PATTERN) - 1) << LANE_BITS, job->skip);
    for (unsigned g = 0; g < FN(PATTERN); g++) {
        p->offset[g] = spread_around((uint64_t)g << LANE_BITS, job->skip);
        p->met[g] = ((p->offset[g] ^ job->test_values) & job->test_mask & p->covered) == 0;
    }
}

/* In place, with jumps after every few vectors: block by block of a pattern, so that a jump costs a load. */
INLINE void FN(patterned)(ARGUMENTS, struct FN(placement) at, bool real, bool blend)
{
    const struct FN(job) own = *job; /* a copy that no store can alias: its parts stay in registers */
    struct FN(pattern) pattern;
    FN(find_pattern)(&pattern, job);
    const uint64_t last = first + count, inside = FN(PATTERN) - 1,
                   far_tests = own.test_mask & ~pattern.covered;
    const uint64_t distance = FN(PREFETCH_BYTES) / (2 * sizeof(REAL));
    uint64_t base = spread_around((first & ~inside) << LANE_BITS, own.skip);
    uint64_t ahead = spread_around((first << LANE_BITS) * own.per_stream + distance, own.line_skip);
    (void)stream;
    while (first < last) {
        const uint64_t block = first & ~inside, next = block + FN(PATTERN), stop = next < last ? next : last;
        const bool met = ((base ^ own.test_values) & far_tests) == 0;
        if (own.streams) ahead = FN(ask)(&own, src, ahead, ((stop - first) << LANE_BITS) * own.per_stream);
        for (uint64_t g = first - block; g < stop - block; g++)
            FN(group)(&own, dst, src, base + pattern.offset[g], false, at, real, met && pattern.met[g],
                      blend);
        base = next_around(base | pattern.covered, own.skip, UINT64_C(1) << LANE_BITS);
        first = stop;
    }
}

/* Runs of groups that lie side by side, and jumps between them. */
INLINE void FN(runs)(ARGUMENTS, struct FN(placement) at, bool real, bool moved, bool blend, bool prefetch)
{
    const struct FN(job) own = *job;
    const uint64_t jumps = own.skip | own.test_mask, end = count << LANE_BITS;
    const uint64_t most = prefetch ? FN(PIECE_BYTES) / (2 * sizeof(REAL)) : UINT64_C(1) << 63;
    const uint64_t run = jumps && (jumps & -jumps) < most ? jumps & -jumps : most;
    uint64_t i = spread_around(first << LANE_BITS, own.skip), done = 0;
    const uint64_t distance = FN(PREFETCH_BYTES) / (2 * sizeof(REAL));
    uint64_t ahead = spread_around((first << LANE_BITS) * own.per_stream + distance, own.line_skip);
    while (done < end) {
        const uint64_t left = run - (i & (run - 1)), length = left < end - done ? left : end - done;
        const bool apply = (i & own.test_mask) == own.test_values;
        if (prefetch) ahead = FN(ask)(&own, src, ahead, length * own.per_stream);
        for (uint64_t j = i; j < i + length; j += 1u << LANE_BITS)
            FN(group)(&own, dst, src, j, moved && stream, at, real, apply, blend);
        done += length;
        i = next_around(i + length - 1, own.skip, 1);
    }
    if (moved && stream) FENCE();
}

INLINE void FN(in_place)(ARGUMENTS, struct FN(placement) at, bool real, bool blend)
{
    const uint64_t jumps = job->skip | job->test_mask, run = jumps & -jumps;
    if (run && (blend || run < FN(SHORT_RUN))) FN(patterned)(PASSED, at, real, blend);
    else if (job->streams && !blend) FN(runs)(PASSED, at, real, false, false, true);
    else FN(runs)(PASSED, at, real, false, blend, false);
}

INLINE void FN(choose)(ARGUMENTS, bool real, bool blend, struct FN(placement) at)
{
    const bool moved = dst != src;
    if (moved && real) FN(runs)(PASSED, at, true, true, true, true);
    else if (moved) FN(runs)(PASSED, at, false, true, true, true);
    else if (blend && real) FN(in_place)(PASSED, at, true, true);
    else if (blend) FN(in_place)(PASSED, at, false, true);
    else if (real) FN(in_place)(PASSED, at, true, false);
    else FN(in_place)(PASSED, at, false, false);
}

/* high vectors, low lanes, what the low targets exchange */
#define PLACED(high, low, first_low, last_low)                                                         \
    FN(choose)(PASSED, s->real, blend, (struct FN(placement)){high, low, first_low, last_low, false}); \
    break
#define DIAGONAL(high)                                                               \
    FN(choose)(PASSED, s->real, blend, (struct FN(placement)){high, 0, 0, 0, true}); \
    break

static void FN(diagonal)(ARGUMENTS, const struct sweep *s, unsigned nhigh, bool blend)
{
    switch (nhigh) {
    case 0: DIAGONAL(0);
    case 1: DIAGONAL(1);
    default: DIAGONAL(2);
    }
}

static void FN(one_target)(ARGUMENTS, const struct sweep *s, unsigned nhigh, bool blend)
{
    switch (nhigh ? 0 : 1u << s->targets[0]) {
#if LANE_BITS >= 1
    case 1: PLACED(0, 1, 1, 0);
#endif
#if LANE_BITS >= 2
    case 2: PLACED(0, 1, 2, 0);
#endif
#if LANE_BITS >= 3
    case 4: PLACED(0, 1, 4, 0);
#endif
    default: PLACED(1, 0, 0, 0);
    }
}

static void FN(two_targets)(ARGUMENTS, const struct sweep *s, unsigned nhigh, bool blend)
{
    const unsigned low = (nhigh < 1 ? 1u << s->targets[0] : 0) | (nhigh < 2 ? 1u << s->targets[1] : 0);
    switch (nhigh << 4 | low) {
#if LANE_BITS >= 1
    case 0x11: PLACED(1, 1, 1, 0);
#endif
#if LANE_BITS >= 2
    case 0x12: PLACED(1, 1, 2, 0);
    case 0x03: PLACED(0, 2, 2, 1);
#endif
#if LANE_BITS >= 3
    case 0x14: PLACED(1, 1, 4, 0);
    case 0x05: PLACED(0, 2, 4, 1);
    case 0x06: PLACED(0, 2, 4, 2);
#endif
    default: PLACED(2, 0, 0, 0);
    }
}

#include "pauli_body.h"

static void FN(run)(void *dst, const void *src, const struct sweep *s, uint64_t first, uint64_t last,
                    bool stream)
{
    struct FN(job) job;
    const unsigned lane_bits = LANE_BITS;
    unsigned nhigh = 0;
    if (s->pauli) {
        FN(run_string)(dst, src, s, first, last, stream && dst != src);
        return;
    }
    while (nhigh < s->ntargets && s->targets[nhigh] >= lane_bits) nhigh++;
    const bool blend = s->control_mask & ((1u << LANE_BITS) - 1);
    FN(prepare)(&job, s, nhigh, dst != src);
    FN(prefetch_on)(&job, s, nhigh, last - first);
    if (s->diagonal) FN(diagonal)(&job, dst, src, first, last - first, stream, s, nhigh, blend);
    else if (s->ntargets == 1) FN(one_target)(&job, dst, src, first, last - first, stream, s, nhigh, blend);
    else FN(two_targets)(&job, dst, src, first, last - first, stream, s, nhigh, blend);
}

#include "direct_body.h"
#include "tile_body.h"
#include "wide_body.h"

#undef DIAGONAL
#undef PLACED
#undef PASSED
#undef ARGUMENTS
#undef LANE_XOR
#undef INTEGER
#undef INLINE
#undef VL
#undef ivec
#undef vec
#undef FN
#undef CAT
#undef CAT_
#undef FENCE
#undef STREAM
#undef FMA
#undef LANE_BITS
#undef REAL
#undef SET
