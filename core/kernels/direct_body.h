/* direct_body.h - the passes of direct_pass.h, written once.  Included by body.h, whose vectors and macros it uses.
 *
 * The state is in the first-level cache, so what counts is how soon a pass starts: coefficients are a few blends of
 * constants.  Every output amplitude is the sum of its own product and then its partner's, wherever target and
 * selector lie, and what a pass leaves alone keeps its bits: so bits are the same on every ISA that has a fused
 * multiply-add. */

/* Reals of a vector, numbered. */
#if LANE_BITS == 0
#define NUMBERS LANES2(0)
#elif LANE_BITS == 1
#define NUMBERS LANES4(0)
#elif LANE_BITS == 2
#define NUMBERS LANES8(0)
#else
#define NUMBERS LANES16(0)
#endif

/* Factors of a vector, lane by lane: c v = re v + im swap(v). */
struct FN(factor) {
    vec re, im;
};

/* Where a pass works: on groups of vectors whose first is at an index with values on skip, and on lanes of keep's
 * complement. */
struct FN(place) {
    ivec keep;
    uint64_t skip, values, end;
    bool blend; /* keep has lanes */
};

INLINE bool FN(selects_lane)(unsigned bit)
{
    const unsigned lane_bits = LANE_BITS;
    return bit < lane_bits;
}

/* Lanes whose amplitude's number has the bit. */
INLINE ivec FN(lanes_with)(unsigned bit)
{
    const ivec numbers = {NUMBERS};
    return -((numbers >> (INTEGER)(bit + 1)) & 1);
}

INLINE struct FN(factor) FN(splat)(ketsim_complex c)
{
    const ivec numbers = {NUMBERS}, imaginary = -(numbers & 1);
    const vec re = (vec){0} + (REAL)c.re, im = (vec){0} + (REAL)c.im;
    return (struct FN(factor)){re, FN(select)(imaginary, im, -im)};
}

INLINE struct FN(factor) FN(blend)(ivec mask, struct FN(factor) yes, struct FN(factor) no)
{
    return (struct FN(factor)){FN(select)(mask, yes.re, no.re), FN(select)(mask, yes.im, no.im)};
}

/* Entry k of the matrix of a setting of the selector, or by lane when that selects lanes. */
INLINE struct FN(factor) FN(entry)(const struct direct_pass *p, unsigned setting, unsigned k)
{
    if (!FN(selects_lane)(p->selector)) return FN(splat)(p->m[setting][k]);
    return FN(blend)(FN(lanes_with)(p->selector), FN(splat)(p->m[1][k]), FN(splat)(p->m[0][k]));
}

INLINE vec FN(times)(struct FN(factor) c, vec v, bool real)
{
    return real ? c.re * v : FMA(c.im, LANE_XOR(v, 1), c.re * v);
}

INLINE vec FN(times_add)(struct FN(factor) c, vec v, vec sum, bool real)
{
    sum = FMA(c.re, v, sum);
    return real ? sum : FMA(c.im, LANE_XOR(v, 1), sum);
}

/* Amplitudes that lie side by side between those that are skipped. */
INLINE uint64_t FN(run_length)(const struct FN(place) *at)
{
    return at->skip ? at->skip & -at->skip : at->end;
}

INLINE uint64_t FN(next)(const struct FN(place) *at, uint64_t i)
{
    return next_around(i, at->skip, FN(run_length)(at)) | at->values;
}

/* Vectors of a place, i the first amplitude of each: a run, then the next. */
#define EACH_VECTOR(i, at)                                                            \
    for (uint64_t start = (at).values, run = FN(run_length)(&(at)); start < (at).end; \
         start = FN(next)(&(at), start))                                              \
        for (uint64_t i = start; i < start + run; i += UINT64_C(1) << LANE_BITS)

/* Write out, but in the lanes that are kept. */
INLINE void FN(put)(REAL *p, vec out, vec old, const struct FN(place) *at, bool blend)
{
    FN(store)(p, blend ? FN(select)(at->keep, old, out) : out, false);
}

/* ---- loops; real and blend are constant in each that is compiled --------------------------------- */

/* A target that selects vectors: own and partner's factor of the vector with 0, then of that with 1. */
INLINE void FN(pairs)(REAL *amps, uint64_t target, const struct FN(place) *where,
                      const struct FN(factor) factors[4], bool real, bool blend)
{
    const struct FN(place) at = *where;
    const struct FN(factor) a = factors[0], b = factors[1], c = factors[2], d = factors[3];
    EACH_VECTOR (i, at) {
        REAL *const p = amps + 2 * i, *const q = p + 2 * target;
        const vec v = FN(load)(p), w = FN(load)(q);
        FN(put)(p, FN(times_add)(b, w, FN(times)(a, v, real), real), v, &at, blend);
        FN(put)(q, FN(times_add)(d, v, FN(times)(c, w, real), real), w, &at, blend);
    }
}

/* A target that selects lanes: that many amplitudes apart. */
INLINE void FN(lanes)(REAL *amps, unsigned apart, const struct FN(place) *where,
                      const struct FN(factor) factors[2], bool real, bool blend)
{
    const struct FN(place) at = *where;
    const struct FN(factor) a = factors[0], b = factors[1];
    EACH_VECTOR (i, at) {
        const vec v = FN(load)(amps + 2 * i), w = FN(exchange)(v, apart);
        FN(put)(amps + 2 * i, FN(times_add)(b, w, FN(times)(a, v, real), real), v, &at, blend);
    }
}

/* The same for both settings of a selector of vectors at once, factors of 0 and then of 1: runs of vectors with one setting
 * are short where the selector is low. */
INLINE void FN(lanes_twice)(REAL *amps, unsigned apart, uint64_t selector, const struct FN(place) *where,
                            const struct FN(factor) factors[4], bool real, bool blend)
{
    const struct FN(place) at = *where;
    const struct FN(factor) a = factors[0], b = factors[1], c = factors[2], d = factors[3];
    EACH_VECTOR (i, at) {
        REAL *const p = amps + 2 * i, *const q = p + 2 * selector;
        const vec v = FN(load)(p), w = FN(load)(q);
        FN(put)(p, FN(times_add)(b, FN(exchange)(v, apart), FN(times)(a, v, real), real), v, &at, blend);
        FN(put)(q, FN(times_add)(d, FN(exchange)(w, apart), FN(times)(c, w, real), real), w, &at, blend);
    }
}

INLINE void FN(scale)(REAL *amps, const struct FN(place) *where, struct FN(factor) c, bool blend)
{
    const struct FN(place) at = *where;
    EACH_VECTOR (i, at) {
        const vec v = FN(load)(amps + 2 * i);
        FN(put)(amps + 2 * i, FN(times)(c, v, false), v, &at, blend);
    }
}

/* Vectors so many amplitudes apart trade places, lanes of one and lanes of the other that many apart. */
INLINE void FN(trade_some)(REAL *amps, uint64_t distance, unsigned apart, const struct FN(place) *where,
                           bool blend)
{
    const struct FN(place) at = *where;
    EACH_VECTOR (i, at) {
        REAL *const p = amps + 2 * i, *const q = p + 2 * distance;
        const vec v = FN(load)(p), w = FN(load)(q);
        FN(put)(p, FN(exchange)(w, apart), v, &at, blend);
        FN(put)(q, FN(exchange)(v, apart), w, &at, blend);
    }
}

INLINE void FN(trade)(REAL *amps, uint64_t distance, unsigned apart, const struct FN(place) *at)
{
    if (at->blend) FN(trade_some)(amps, distance, apart, at, true);
    else FN(trade_some)(amps, distance, apart, at, false);
}

/* Lanes of a vector trade places. */
INLINE void FN(rearrange)(REAL *amps, unsigned apart, const struct FN(place) *where)
{
    const struct FN(place) at = *where;
    EACH_VECTOR (i, at) {
        const vec v = FN(load)(amps + 2 * i);
        FN(put)(amps + 2 * i, FN(exchange)(v, apart), v, &at, true);
    }
}

/* ---- forms ------------------------------------------------------------------------------------- */

#define DIRECT_ARGUMENTS                                                                              \
    REAL *amps, const struct direct_pass *p, unsigned setting, const struct FN(place) *at, bool real, \
        bool blend

INLINE void FN(dense_pairs)(DIRECT_ARGUMENTS)
{
    const struct FN(factor) factors[] = {FN(entry)(p, setting, 0), FN(entry)(p, setting, 1),
                                         FN(entry)(p, setting, 3), FN(entry)(p, setting, 2)};
    FN(pairs)(amps, UINT64_C(1) << p->target, at, factors, real, blend);
}

/* Own and partner's factor, by lane. */
INLINE void FN(lane_factors)(struct FN(factor) *factors, const struct direct_pass *p, unsigned setting)
{
    const ivec ones = FN(lanes_with)(p->target);
    factors[0] = FN(blend)(ones, FN(entry)(p, setting, 3), FN(entry)(p, setting, 0));
    factors[1] = FN(blend)(ones, FN(entry)(p, setting, 2), FN(entry)(p, setting, 1));
}

INLINE void FN(dense_lanes)(DIRECT_ARGUMENTS)
{
    struct FN(factor) factors[2];
    FN(lane_factors)(factors, p, setting);
    switch (p->target) {
    case 0: FN(lanes)(amps, 1, at, factors, real, blend); break;
    case 1: FN(lanes)(amps, 2, at, factors, real, blend); break;
    default: FN(lanes)(amps, 4, at, factors, real, blend); break;
    }
}

INLINE void FN(dense_twice)(REAL *amps, const struct direct_pass *p, const struct FN(place) *at, bool real,
                            bool blend)
{
    const uint64_t selector = UINT64_C(1) << p->selector;
    struct FN(factor) factors[4];
    FN(lane_factors)(factors, p, 0);
    FN(lane_factors)(factors + 2, p, 1);
    switch (p->target) {
    case 0: FN(lanes_twice)(amps, 1, selector, at, factors, real, blend); break;
    case 1: FN(lanes_twice)(amps, 2, selector, at, factors, real, blend); break;
    default: FN(lanes_twice)(amps, 4, selector, at, factors, real, blend); break;
    }
}

/* A target that selects lanes, a selector that selects vectors, a matrix for each setting. */
static void FN(dense_by_vector)(REAL *amps, const struct direct_pass *p, struct FN(place) at)
{
    const bool real = p->form == DIRECT_REAL;
    at.skip |= UINT64_C(1) << p->selector;
    switch (real << 1 | at.blend) {
    case 0: FN(dense_twice)(amps, p, &at, false, false); break;
    case 1: FN(dense_twice)(amps, p, &at, false, true); break;
    case 2: FN(dense_twice)(amps, p, &at, true, false); break;
    default: FN(dense_twice)(amps, p, &at, true, true); break;
    }
}

static void FN(dense)(REAL *amps, const struct direct_pass *p, unsigned setting, struct FN(place) at)
{
    const bool high = !FN(selects_lane)(p->target), real = p->form == DIRECT_REAL;
    if (high) at.skip |= UINT64_C(1) << p->target;
    switch (high << 2 | real << 1 | at.blend) {
    case 0: FN(dense_lanes)(amps, p, setting, &at, false, false); break;
    case 1: FN(dense_lanes)(amps, p, setting, &at, false, true); break;
    case 2: FN(dense_lanes)(amps, p, setting, &at, true, false); break;
    case 3: FN(dense_lanes)(amps, p, setting, &at, true, true); break;
    case 4: FN(dense_pairs)(amps, p, setting, &at, false, false); break;
    case 5: FN(dense_pairs)(amps, p, setting, &at, false, true); break;
    case 6: FN(dense_pairs)(amps, p, setting, &at, true, false); break;
    default: FN(dense_pairs)(amps, p, setting, &at, true, true); break;
    }
}

INLINE bool FN(is_one)(ketsim_complex c)
{
    return c.re == 1 && c.im == 0;
}

/* Lanes where entry k is 1, which leaves an amplitude's bits alone. */
INLINE ivec FN(ones)(const struct direct_pass *p, unsigned setting, unsigned k)
{
    if (!FN(selects_lane)(p->selector)) return (ivec){0} - (INTEGER)FN(is_one)(p->m[setting][k]);
    const INTEGER with = -FN(is_one)(p->m[1][k]);
    const ivec selected = FN(lanes_with)(p->selector);
    return (selected & with) | (~selected & -(INTEGER)FN(is_one)(p->m[0][k]));
}

INLINE void FN(scale_kept)(REAL *amps, struct FN(place) at, struct FN(factor) c, ivec ones, bool some)
{
    at.keep |= ones;
    if (at.blend || some) FN(scale)(amps, &at, c, true);
    else FN(scale)(amps, &at, c, false);
}

/* Row 0 or 1 of a target that selects vectors; of the others the amplitudes are left out. */
static void FN(diagonal_row)(REAL *amps, const struct direct_pass *p, unsigned setting, unsigned row,
                             struct FN(place) at)
{
    const unsigned k = 3 * row;
    const bool low = FN(selects_lane)(p->selector), one = FN(is_one)(p->m[setting][k]);
    const bool other = low ? FN(is_one)(p->m[1][k]) : one;
    if (one && other) return;
    at.skip |= UINT64_C(1) << p->target;
    at.values |= (uint64_t)row << p->target;
    FN(scale_kept)(amps, at, FN(entry)(p, setting, k), FN(ones)(p, setting, k), one || other);
}

static void FN(phases)(REAL *amps, const struct direct_pass *p, unsigned setting, struct FN(place) at)
{
    if (!FN(selects_lane)(p->target)) {
        FN(diagonal_row)(amps, p, setting, 0, at);
        FN(diagonal_row)(amps, p, setting, 1, at);
        return;
    }
    const ivec with = FN(lanes_with)(p->target);
    const ivec ones = (with & FN(ones)(p, setting, 3)) | (~with & FN(ones)(p, setting, 0));
    FN(scale_kept)(amps, at, FN(blend)(with, FN(entry)(p, setting, 3), FN(entry)(p, setting, 0)), ones, true);
}

static void FN(flip)(REAL *amps, const struct direct_pass *p, struct FN(place) at)
{
    const uint64_t target = UINT64_C(1) << p->target;
    if (!FN(selects_lane)(p->target)) at.skip |= target;
    switch (!FN(selects_lane)(p->target) ? 3 : p->target) {
    case 0: FN(rearrange)(amps, 1, &at); break;
    case 1: FN(rearrange)(amps, 2, &at); break;
    case 2: FN(rearrange)(amps, 4, &at); break;
    default: FN(trade)(amps, target, 0, &at); break;
    }
}

/* ---- two bits trade places --------------------------------------------------------------------- */

/* One selects lanes, the other vectors: lanes with the one of a vector, lanes without of its partner. */
INLINE void FN(cross)(REAL *amps, uint64_t distance, unsigned bit, const struct FN(place) *where)
{
    const struct FN(place) at = *where;
    const ivec with = FN(lanes_with)(bit), first = with & ~at.keep, second = ~with & ~at.keep;
    EACH_VECTOR (i, at) {
        REAL *const p = amps + 2 * i, *const q = p + 2 * distance;
        const vec v = FN(load)(p), w = FN(load)(q);
        const unsigned apart = 1u << bit;
        FN(store)(p, FN(select)(first, FN(exchange)(w, apart), v), false);
        FN(store)(q, FN(select)(second, FN(exchange)(v, apart), w), false);
    }
}

static void FN(swap_lanes)(REAL *amps, unsigned a, unsigned b, struct FN(place) at)
{
    at.keep |= ~(FN(lanes_with)(a) ^ FN(lanes_with)(b));
    switch (1u << a | 1u << b) {
    case 3: FN(rearrange)(amps, 3, &at); break;
    case 5: FN(rearrange)(amps, 5, &at); break;
    default: FN(rearrange)(amps, 6, &at); break;
    }
}

static void FN(swap_bits)(REAL *amps, const struct direct_pass *p, struct FN(place) at)
{
    const bool ordered = p->target < p->selector;
    const unsigned low = ordered ? p->target : p->selector, high = ordered ? p->selector : p->target;
    const uint64_t a = UINT64_C(1) << low, b = UINT64_C(1) << high;
    if (FN(selects_lane)(high)) {
        FN(swap_lanes)(amps, low, high, at);
        return;
    }
    at.skip |= b;
    if (!FN(selects_lane)(low)) {
        at.skip |= a;
        at.values |= a;
        FN(trade)(amps, b - a, 0, &at);
        return;
    }
    switch (low) {
    case 0: FN(cross)(amps, b, 0, &at); break;
    case 1: FN(cross)(amps, b, 1, &at); break;
    default: FN(cross)(amps, b, 2, &at); break;
    }
}

#include "direct_phased.h"

/* ---- a pass ------------------------------------------------------------------------------------ */

/* Where its controls are met. */
INLINE struct FN(place) FN(place_of)(const struct direct_pass *p, unsigned nbits)
{
    const uint64_t low = (1u << LANE_BITS) - 1, near = p->control_mask & low;
    struct FN(place) at = {.skip = p->control_mask & ~low, .values = p->control_values & ~low};
    at.end = UINT64_C(1) << (nbits > LANE_BITS ? nbits : LANE_BITS);
    at.keep = (ivec){0};
    at.blend = near != 0;
    for (unsigned bit = 0; FN(selects_lane)(bit); bit++)
        if (near >> bit & 1)
            at.keep |= p->control_values >> bit & 1 ? ~FN(lanes_with)(bit) : FN(lanes_with)(bit);
    return at;
}

INLINE void FN(one_setting)(REAL *amps, const struct direct_pass *p, unsigned setting, struct FN(place) at)
{
    if (p->form == DIRECT_DIAGONAL) FN(phases)(amps, p, setting, at);
    else if (p->form == DIRECT_FLIP) FN(flip)(amps, p, at);
    else if (p->form == DIRECT_PHASED) FN(phased)(amps, p, setting, at);
    else FN(dense)(amps, p, setting, at);
}

static void FN(two_settings)(REAL *amps, const struct direct_pass *p, struct FN(place) at)
{
    const uint64_t selector = UINT64_C(1) << p->selector;
    const bool mixes = p->form == DIRECT_DENSE || p->form == DIRECT_REAL || p->form == DIRECT_PHASED;
    if (mixes && FN(selects_lane)(p->target) && !p->identity[0] && !p->identity[1]) {
        if (p->form == DIRECT_PHASED) FN(phased_by_vector)(amps, p, at);
        else FN(dense_by_vector)(amps, p, at);
        return;
    }
    at.skip |= selector;
    if (!p->identity[0]) FN(one_setting)(amps, p, 0, at);
    at.values |= selector;
    if (!p->identity[1]) FN(one_setting)(amps, p, 1, at);
}

static void FN(run_direct)(void *amps, unsigned nbits, const struct direct_pass *p)
{
    struct FN(place) at = FN(place_of)(p, nbits);
    if (p->form == DIRECT_PHASE) {
        FN(scale_kept)(amps, at, FN(splat)(p->m[0][0]), at.keep, false);
    } else if (p->form == DIRECT_SWAP) {
        FN(swap_bits)(amps, p, at);
    } else if (p->selector == NO_SELECTOR) {
        FN(one_setting)(amps, p, 0, at);
    } else if (!FN(selects_lane)(p->selector)) {
        FN(two_settings)(amps, p, at);
    } else {
        const ivec selected = FN(lanes_with)(p->selector);
        if (p->identity[0]) at.keep |= ~selected;
        if (p->identity[1]) at.keep |= selected;
        at.blend |= p->identity[0] || p->identity[1];
        FN(one_setting)(amps, p, 0, at);
    }
}

#undef DIRECT_ARGUMENTS
#undef EACH_VECTOR
#undef NUMBERS
