/* tile_body.h - the kernels on tiles, written once.  Included by body.h, whose vectors and macros it uses.
 *
 * Scratch holds a tile as blocks of 2^BLOCK_BITS amplitudes, each block all real parts and then all imaginary
 * parts, with a line of padding after each block so that equal offsets of blocks do not share a cache set.  A
 * real rotation treats both parts alike: to it a block is one array of reals.  Positions below LANES select a lane
 * of a vector, those below the block bits a vector of a block, the others a block.
 *
 * Every amplitude sees the same operations in the same order on every ISA, whatever a position selects. */
#define LANES (LANE_BITS + 1)
#define PAD (64 / (size_t)sizeof(REAL))

enum {
    FN(BLOCK_BITS) = sizeof(REAL) == 8 ? 10 : 11, /* BLOCK_BYTES */
    FN(CHUNK) = 1024 / sizeof(REAL), /* reals of a block that a sweep over blocks takes at a time */
    FN(TABLE) = 1 << TABLE_BITS
};

_Static_assert((2 << FN(BLOCK_BITS))*sizeof(REAL) == BLOCK_BYTES, "a block has its size");

/* Phases of one layer made ready for a tile. */
struct FN(ready) {
    const struct phases *phases;
    const REAL *table;     /* 2 x TABLE reals; NULL: all 1 */
    REAL *variants;        /* room for tables by the linked positions */
    REAL *high;            /* re and im of each factor, one after the other; NULL: all 1 */
    uint64_t outer;        /* bits of the state outside the tile */
    bool varied, per_high; /* tables are in variants; they are made for each high index anew */
};

struct FN(tile) {
    const struct tiling *tiling;
    const struct tiled_pass *pass;
    REAL *blocks;
    REAL *rooms; /* FUSED_LAYERS times variants and high factors */
    unsigned m, block_bits, table_bits;
    size_t stride; /* reals from block to block */
};

#if LANE_BITS == 0
#define EVENS 0, 2
#define ODDS 1, 3
#define MERGED_FIRST 0, 2
#define MERGED_SECOND 1, 3
#elif LANE_BITS == 1
#define EVENS 0, 2, 4, 6
#define ODDS 1, 3, 5, 7
#define MERGED_FIRST 0, 4, 1, 5
#define MERGED_SECOND 2, 6, 3, 7
#elif LANE_BITS == 2
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15
#define MERGED_FIRST 0, 8, 1, 9, 2, 10, 3, 11
#define MERGED_SECOND 4, 12, 5, 13, 6, 14, 7, 15
#else
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define MERGED_FIRST 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define MERGED_SECOND 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#endif

/* All lanes x.  Not (vec){} + x, which must keep the addition of 0. */
INLINE vec FN(all)(REAL x)
{
    vec v = {0};
    for (unsigned k = 0; k < VL; k++) v[k] = x;
    return v;
}

/* ---- gather and scatter ------------------------------------------------------------------------ */

/* The next setting of the bits of mask after a, 0 after the last. */
INLINE uint64_t FN(next_setting)(uint64_t a, uint64_t mask)
{
    return ((a | ~mask) + 1) & mask;
}

/* Where amplitude k of the tile lies in scratch: its real part; the imaginary part is 2^block_bits further. */
INLINE REAL *FN(at)(const struct FN(tile) *t, uint64_t k)
{
    return t->blocks + (k >> t->block_bits) * t->stride + (k & ((UINT64_C(1) << t->block_bits) - 1));
}

INLINE void FN(gather_run)(REAL *re, REAL *im, const REAL *src, size_t count)
{
    for (size_t i = 0; i < count; i += VL) {
        const vec a = FN(load)(src + 2 * i), b = FN(load)(src + 2 * i + VL);
        FN(store)(re + i, __builtin_shufflevector(a, b, EVENS), false);
        FN(store)(im + i, __builtin_shufflevector(a, b, ODDS), false);
    }
}

INLINE void FN(scatter_run)(REAL *dst, const REAL *re, const REAL *im, size_t count, vec sr, vec si,
                            bool stream)
{
    for (size_t i = 0; i < count; i += VL) {
        const vec x = FN(load)(re + i), y = FN(load)(im + i);
        const vec a = FMA(-si, y, sr * x), b = FMA(si, x, sr * y);
        FN(store)(dst + 2 * i, __builtin_shufflevector(a, b, MERGED_FIRST), stream);
        FN(store)(dst + 2 * i + VL, __builtin_shufflevector(a, b, MERGED_SECOND), stream);
    }
}

/* log2 of the amplitudes that lie side by side in the state and in a block of the tile. */
static unsigned FN(run_bits)(const struct FN(tile) *t, uint64_t bits)
{
    const unsigned side_by_side = ~bits ? low_bit(~bits) : 64;
    return side_by_side < t->block_bits ? side_by_side : t->block_bits;
}

static void FN(gather)(const struct FN(tile) *t, const REAL *src, uint64_t base)
{
    const struct tiled_pass *pass = t->pass;
    const unsigned bits = FN(run_bits)(t, pass->local & pass->active);
    const uint64_t run = UINT64_C(1) << bits, size = UINT64_C(1) << t->block_bits;
    const uint64_t high = pass->local & ~(run - 1);
    uint64_t a = 0;
    for (uint64_t k = 0; k < UINT64_C(1) << t->m; k += run, a = FN(next_setting)(a, high)) {
        REAL *re = FN(at)(t, k), *im = re + size;
        if (a & ~pass->active) {
            memset(re, 0, run * sizeof(REAL));
            memset(im, 0, run * sizeof(REAL));
        } else {
            FN(gather_run)(re, im, src + 2 * (base | a), run);
        }
    }
}

static void FN(start_from_zero)(const struct FN(tile) *t)
{
    memset(t->blocks, 0, (t->stride << (t->m - t->block_bits)) * sizeof(REAL));
    t->blocks[0] = 1;
}

static void FN(scatter)(const struct FN(tile) *t, REAL *dst, uint64_t base, bool stream)
{
    const struct tiled_pass *pass = t->pass;
    const unsigned bits = FN(run_bits)(t, pass->local);
    const uint64_t run = UINT64_C(1) << bits, size = UINT64_C(1) << t->block_bits;
    const uint64_t high = pass->local & ~(run - 1);
    const vec sr = FN(all)((REAL)pass->scale.re), si = FN(all)((REAL)pass->scale.im);
    uint64_t a = 0;
    for (uint64_t k = 0; k < UINT64_C(1) << t->m; k += run, a = FN(next_setting)(a, high)) {
        const REAL *re = FN(at)(t, k);
        FN(scatter_run)(dst + 2 * (base | a), re, re + size, run, sr, si, stream);
        for (uint64_t c = FN(next_setting)(0, pass->clear); c; c = FN(next_setting)(c, pass->clear))
            memset(dst + 2 * (base | a | c), 0, 2 * run * sizeof(REAL));
    }
}

/* ---- rotations --------------------------------------------------------------------------------- */

/* v at offsets 0 and s: a - t b and b + t a; with p: p a - t b and p b + t a. */
INLINE void FN(turn)(vec *a, vec *b, vec t)
{
    const vec old = *a;
    *a = FMA(-t, *b, old);
    *b = FMA(t, old, *b);
}

/* One vector of each setting of count positions, offsets s[], from p on. */
INLINE void FN(turn_group)(REAL *p, const size_t *s, const vec *t, unsigned count)
{
    vec v[8];
#pragma GCC unroll 8
    for (unsigned k = 0; k < 1u << count; k++)
        v[k] = FN(load)(p + (k & 1 ? s[0] : 0) + (k & 2 ? s[1] : 0) + (k & 4 ? s[2] : 0));
#pragma GCC unroll 3
    for (unsigned j = 0; j < count; j++)
#pragma GCC unroll 8
        for (unsigned k = 0; k < 1u << count; k++)
            if (!(k >> j & 1)) FN(turn)(&v[k], &v[k | 1u << j], t[j]);
#pragma GCC unroll 8
    for (unsigned k = 0; k < 1u << count; k++)
        FN(store)(p + (k & 1 ? s[0] : 0) + (k & 2 ? s[1] : 0) + (k & 4 ? s[2] : 0), v[k], false);
}

/* The vectors from start up to length whose index is clear on mask, count rotations on each group. */
INLINE void FN(turn_vectors)(REAL *p, size_t length, uint64_t mask, const size_t *s, const vec *t,
                             unsigned count)
{
    for (uint64_t i = 0; i < length; i = next_around(i, mask, VL)) FN(turn_group)(p + i, s, t, count);
}

static void FN(turn_many)(REAL *p, size_t length, uint64_t mask, const size_t *s, const vec *t,
                          unsigned count)
{
    const size_t steps[3] = {s[0], count > 1 ? s[1] : 0, count > 2 ? s[2] : 0};
    const vec tangents[3] = {t[0], count > 1 ? t[1] : t[0], count > 2 ? t[2] : t[0]};
    switch (count) {
    case 1: FN(turn_vectors)(p, length, mask, steps, tangents, 1); break;
    case 2: FN(turn_vectors)(p, length, mask, steps, tangents, 2); break;
    default: FN(turn_vectors)(p, length, mask, steps, tangents, 3); break;
    }
}

/* The rare rotation whose p is not 1. */
static void FN(turn_general)(REAL *p, size_t length, uint64_t mask, size_t s, const struct rotation *r)
{
    const vec c = FN(all)((REAL)r->p), t = FN(all)((REAL)r->t);
    for (uint64_t i = 0; i < length; i = next_around(i, mask, VL)) {
        const vec a = FN(load)(p + i), b = FN(load)(p + i + s);
        FN(store)(p + i, FMA(-t, b, c * a), false);
        FN(store)(p + i + s, FMA(t, a, c * b), false);
    }
}

/* How many of the rotations from r on, count at most, go in one group: up to three, p = 1. */
static unsigned FN(group_of)(const struct rotation *r, size_t count)
{
    unsigned n = 0;
    while (n < 3 && n < count && r[n].p == 1) n++;
    return n ? n : 1;
}

/* Rotations of positions that select vectors of a block; steps are 2^position. */
static void FN(turn_block)(REAL *block, size_t length, const struct rotation *r, size_t count)
{
    for (unsigned n; count; r += n, count -= n) {
        size_t s[3] = {0};
        vec t[3] = {{0}};
        uint64_t mask = 0;
        n = FN(group_of)(r, count);
        for (unsigned k = 0; k < n; k++) {
            s[k] = (size_t)1 << r[k].position;
            t[k] = FN(all)((REAL)r[k].t);
            mask |= s[k];
        }
        if (r->p != 1) FN(turn_general)(block, length, mask, s[0], r);
        else FN(turn_many)(block, length, mask, s, t, n);
    }
}

/* Rotations of positions that select blocks: all of them on one column of the blocks, then on the next. */
static void FN(turn_blocks)(const struct FN(tile) *t, const struct rotation *rotations, size_t count)
{
    const size_t length = (size_t)2 << t->block_bits, chunk = length < FN(CHUNK) ? length : FN(CHUNK);
    const uint64_t nblocks = UINT64_C(1) << (t->m - t->block_bits);
    for (size_t column = 0; column < length; column += chunk) {
        const struct rotation *r = rotations;
        unsigned n;
        for (size_t left = count; left; r += n, left -= n) {
            size_t s[3] = {0};
            vec tangents[3] = {{0}};
            uint64_t mask = 0;
            n = FN(group_of)(r, left);
            for (unsigned k = 0; k < n; k++) {
                mask |= UINT64_C(1) << (r[k].position - t->block_bits);
                s[k] = t->stride << (r[k].position - t->block_bits);
                tangents[k] = FN(all)((REAL)r[k].t);
            }
            for (uint64_t b = 0; b < nblocks; b = next_around(b, mask, 1)) {
                REAL *p = t->blocks + b * t->stride + column;
                if (r->p != 1) FN(turn_general)(p, chunk, 0, s[0], r);
                else FN(turn_many)(p, chunk, 0, s, tangents, n);
            }
        }
    }
}

/* Lanes: u + (-t or t) x its partner. */
INLINE vec FN(partner)(vec v, unsigned position)
{
    switch (position) {
    case 0: return LANE_XOR(v, 1);
#if LANES > 1
    case 1: return LANE_XOR(v, 2);
#endif
#if LANES > 2
    case 2: return LANE_XOR(v, 4);
#endif
#if LANES > 3
    case 3: return LANE_XOR(v, 8);
#endif
    default: return v;
    }
}

INLINE void FN(turn_lanes_of)(REAL *block, size_t length, const vec *t, unsigned lanes)
{
    for (size_t i = 0; i < length; i += VL) {
        vec v = FN(load)(block + i);
#pragma GCC unroll 4
        for (unsigned p = 0; p < LANES; p++)
            if (lanes >> p & 1) v = FMA(t[p], FN(partner)(v, p), v);
        FN(store)(block + i, v, false);
    }
}

INLINE void FN(turn_lane_general)(REAL *block, size_t length, vec t, vec p, unsigned lane)
{
    for (size_t i = 0; i < length; i += VL) {
        const vec v = FN(load)(block + i);
        FN(store)(block + i, FMA(t, FN(partner)(v, lane), p * v), false);
    }
}

#define LANE_CASE(set) \
    case set: FN(turn_lanes_of)(block, length, t, set); break;
static void FN(turn_lane_set)(REAL *block, size_t length, const vec *tangents, unsigned lanes)
{
    vec t[LANES];
    for (unsigned p = 0; p < LANES; p++) t[p] = tangents[p];
    switch (lanes) {
        LANE_CASE(1)
#if LANES > 1
        LANE_CASE(2)
        LANE_CASE(3)
#endif
#if LANES > 2
        LANE_CASE(4)
        LANE_CASE(5)
        LANE_CASE(6) LANE_CASE(7)
#endif
#if LANES > 3
            LANE_CASE(8) LANE_CASE(9) LANE_CASE(10) LANE_CASE(11) LANE_CASE(12) LANE_CASE(13) LANE_CASE(14)
                LANE_CASE(15)
#endif
    }
}
#undef LANE_CASE

static void FN(turn_one_lane)(REAL *block, size_t length, vec t, vec p, unsigned lane)
{
    switch (lane) {
    case 0: FN(turn_lane_general)(block, length, t, p, 0); break;
#if LANES > 1
    case 1: FN(turn_lane_general)(block, length, t, p, 1); break;
#endif
#if LANES > 2
    case 2: FN(turn_lane_general)(block, length, t, p, 2); break;
#endif
#if LANES > 3
    case 3: FN(turn_lane_general)(block, length, t, p, 3); break;
#endif
    }
}

static void FN(turn_lanes)(REAL *block, size_t length, const struct rotation *r, size_t count)
{
    vec t[LANES];
    unsigned lanes = 0;
    for (unsigned p = 0; p < LANES; p++) t[p] = FN(all)(0);
    for (size_t k = 0; k < count; k++) {
        vec own;
        for (unsigned lane = 0; lane < VL; lane++)
            own[lane] = (REAL)(lane >> r[k].position & 1 ? r[k].t : -r[k].t);
        if (r[k].p == 1) {
            t[r[k].position] = own;
            lanes |= 1u << r[k].position;
        }
        if (r[k].p != 1 || k == count - 1) {
            if (lanes) FN(turn_lane_set)(block, length, t, lanes);
            lanes = 0;
        }
        if (r[k].p != 1) FN(turn_one_lane)(block, length, own, FN(all)((REAL)r[k].p), r[k].position);
    }
}

/* ---- phases ------------------------------------------------------------------------------------ */

/* For the settings k of bits bits: scalar x the product of g[j] over the bits j of k.  Real and imaginary parts are
 * kept apart here and below: next to one another gcc 12 fuses them (vfmaddsub), whatever -ffp-contract says. */
INLINE void FN(products)(REAL *re, REAL *im, unsigned bits, const REAL *g_re, const REAL *g_im,
                         REAL scalar_re, REAL scalar_im)
{
    re[0] = scalar_re;
    im[0] = scalar_im;
    for (unsigned j = 0; j < bits; j++) {
        const size_t half = (size_t)1 << j;
        const REAL gr = g_re[j], gi = g_im[j];
        for (size_t k = 0; k < half; k++) {
            re[half + k] = re[k] * gr - im[k] * gi;
            im[half + k] = re[k] * gi + im[k] * gr;
        }
    }
}

INLINE void FN(multiply_one)(REAL *re, REAL *im, REAL fr, REAL fi)
{
    const REAL x = *re;
    *re = x * fr - *im * fi;
    *im = x * fi + *im * fr;
}

/* The table for a high index: table x the links that hold there. */
static void FN(make_variant)(REAL *out, const struct FN(tile) *t, const struct FN(ready) *ready,
                             uint32_t high)
{
    const struct link *links = t->tiling->links + ready->phases->first_link;
    REAL gr[TABLE_BITS], gi[TABLE_BITS], *re = out, *im = out + FN(TABLE);
    const size_t count = (size_t)1 << t->table_bits;
    for (unsigned j = 0; j < TABLE_BITS; j++) gr[j] = 1, gi[j] = 0;
    for (size_t k = 0; k < ready->phases->nlow_links; k++) {
        const struct link *link = &links[k];
        if (link->low_mask != (link->low_values & -link->low_values))
            continue; /* several positions, or value 0 */
        if ((ready->outer ^ link->outer_values) & link->outer_mask) continue;
        if ((high ^ link->high_values) & link->high_mask) continue;
        const unsigned j = low_bit(link->low_mask);
        FN(multiply_one)(&gr[j], &gi[j], (REAL)link->factor.re, (REAL)link->factor.im);
    }
    FN(products)(re, im, t->table_bits, gr, gi, 1, 0);
    for (size_t k = 0; k < ready->phases->nlow_links; k++) {
        const struct link *link = &links[k];
        if (link->low_mask == (link->low_values & -link->low_values)) continue;
        if ((ready->outer ^ link->outer_values) & link->outer_mask) continue;
        if ((high ^ link->high_values) & link->high_mask) continue;
        for (size_t i = 0; i < count; i++)
            if (((i ^ link->low_values) & link->low_mask) == 0)
                FN(multiply_one)(&re[i], &im[i], (REAL)link->factor.re, (REAL)link->factor.im);
    }
    const REAL *tr = ready->table, *ti = tr + FN(TABLE);
    for (size_t i = 0; tr && i < count; i++) {
        const REAL x = re[i];
        re[i] = x * tr[i] - im[i] * ti[i];
        im[i] = x * ti[i] + im[i] * tr[i];
    }
}

/* The factors of all high indices in this tile. */
static void FN(make_high)(REAL *out, const struct FN(tile) *t, const struct FN(ready) *ready)
{
    const struct phases *p = ready->phases;
    const struct link *links = t->tiling->links + p->first_link;
    const unsigned bits = t->m - t->table_bits;
    REAL gr[MAX_TILE_BITS], gi[MAX_TILE_BITS], scalar_re = 1, scalar_im = 0;
    REAL *re = out, *im = out + ((size_t)1 << bits);
    for (unsigned j = 0; j < bits; j++) gr[j] = 1, gi[j] = 0;
    for (size_t k = p->nlow_links; k < p->nlinks; k++) {
        const struct link *link = &links[k];
        const unsigned j = link->high_mask ? low_bit(link->high_mask) : 0;
        if ((ready->outer ^ link->outer_values) & link->outer_mask) continue;
        if (link->high_mask != (link->high_values & -link->high_values)) continue;
        FN(multiply_one)(link->high_mask ? &gr[j] : &scalar_re, link->high_mask ? &gi[j] : &scalar_im,
                         (REAL)link->factor.re, (REAL)link->factor.im);
    }
    FN(products)(re, im, bits, gr, gi, scalar_re, scalar_im);
    for (size_t k = p->nlow_links; k < p->nlinks; k++) {
        const struct link *link = &links[k];
        if ((ready->outer ^ link->outer_values) & link->outer_mask) continue;
        if (link->high_mask == (link->high_values & -link->high_values)) continue;
        for (size_t i = 0; i < (size_t)1 << bits; i++)
            if (((i ^ link->high_values) & link->high_mask) == 0)
                FN(multiply_one)(&re[i], &im[i], (REAL)link->factor.re, (REAL)link->factor.im);
    }
    for (size_t i = 0; p->high != NO_TABLE && i < (size_t)1 << bits; i++) {
        const ketsim_complex c = t->tiling->highs[p->high + i];
        FN(multiply_one)(&re[i], &im[i], (REAL)c.re, (REAL)c.im);
    }
}

/* Number of the setting of linked positions that a high index has. */
INLINE unsigned FN(variant_of)(uint32_t high, uint32_t linked)
{
    unsigned number = 0, j = 0;
    for (; linked; linked &= linked - 1) number |= (high >> low_bit(linked) & 1) << j++;
    return number;
}

static void FN(get_ready)(struct FN(ready) *ready, const struct FN(tile) *t, const struct phases *phases,
                          uint64_t outer, REAL *room)
{
    const unsigned high_bits = t->m - t->table_bits, nlinked = bit_count(phases->linked);
    *ready = (struct FN(ready)){.phases = phases, .outer = outer, .variants = room};
    if (phases->low != NO_TABLE) ready->table = (const REAL *)t->tiling->tables + phases->low * 2 * FN(TABLE);
    ready->varied = phases->linked || phases->outer_low;
    ready->per_high = nlinked > VARIANT_BITS;
    if (phases->high != NO_TABLE || phases->outer_high) {
        ready->high = room + ((size_t)2 * FN(TABLE) << VARIANT_BITS);
        FN(make_high)(ready->high, t, ready);
    }
    if (!ready->varied || ready->per_high) return;
    for (uint32_t high = 0; high < 1u << high_bits; high++)
        if (!(high & ~phases->linked))
            FN(make_variant)(ready->variants + (size_t)2 * FN(TABLE) *FN(variant_of)(high, phases->linked), t,
                             ready, high);
}

INLINE void FN(phase_vectors)(REAL *re, REAL *im, size_t count, const REAL *table, vec sr, vec si,
                              bool has_table, bool has_scalar)
{
    for (size_t i = 0; i < count; i += VL) {
        vec pr = sr, pi = si;
        if (has_table) {
            const vec tr = FN(load)(table + i), ti = FN(load)(table + FN(TABLE) + i);
            pr = has_scalar ? FMA(-si, ti, sr * tr) : tr;
            pi = has_scalar ? FMA(si, tr, sr * ti) : ti;
        }
        const vec x = FN(load)(re + i), y = FN(load)(im + i);
        FN(store)(re + i, FMA(-y, pi, x * pr), false);
        FN(store)(im + i, FMA(y, pr, x * pi), false);
    }
}

/* Phases on a block, one setting of the high positions after the other. */
static void FN(phase_block)(REAL *block, const struct FN(tile) *t, const struct FN(ready) *ready,
                            uint64_t number)
{
    const size_t count = (size_t)1 << t->table_bits, size = (size_t)1 << t->block_bits;
    const size_t nhigh = (size_t)1 << (t->m - t->table_bits);
    uint32_t high = (uint32_t)(number << (t->block_bits - t->table_bits));
    for (REAL *re = block; re < block + size; re += count, high++) {
        const REAL *table = ready->table;
        if (ready->per_high) FN(make_variant)(ready->variants, t, ready, high);
        if (ready->varied)
            table = ready->variants +
                    (ready->per_high ? 0
                                     : (size_t)2 * FN(TABLE) *FN(variant_of)(high, ready->phases->linked));
        vec sr = FN(all)(1), si = FN(all)(0);
        if (ready->high) sr = FN(all)(ready->high[high]), si = FN(all)(ready->high[nhigh + high]);
        if (table && ready->high) FN(phase_vectors)(re, re + size, count, table, sr, si, true, true);
        else if (table) FN(phase_vectors)(re, re + size, count, table, sr, si, true, false);
        else FN(phase_vectors)(re, re + size, count, table, sr, si, false, true);
    }
}

/* ---- dense matrices ---------------------------------------------------------------------------- */

/* Coefficient vectors of a matrix: for output vector r and difference x, as in body.h. */
struct FN(pair) {
    vec re[16], im[16];
    size_t offset[4]; /* of the vectors of a group */
    unsigned nvectors;
};

/* Lane position or, from LANES on, none. */
INLINE void FN(pair_group)(const struct FN(pair) *pair, REAL *p, size_t im, unsigned nvectors, unsigned high,
                           unsigned low)
{
    vec x[4], y[4];
#pragma GCC unroll 4
    for (unsigned r = 0; r < nvectors; r++) {
        x[r] = FN(load)(p + pair->offset[r]);
        y[r] = FN(load)(p + pair->offset[r] + im);
    }
#pragma GCC unroll 4
    for (unsigned r = 0; r < nvectors; r++) {
        vec a = FN(all)(0), b = a;
#pragma GCC unroll 4
        for (unsigned d = 0; d < 4; d++) {
            /* d flips the high bit by 2 and the low bit by 1: those that are lanes flip lanes */
            const unsigned other = nvectors == 4   ? r ^ d
                                   : nvectors == 2 ? r ^ (high < LANES ? d & 1 : d >> 1)
                                                   : 0;
            vec u = x[other], v = y[other];
            if (d & 2 && high < LANES) u = FN(partner)(u, high), v = FN(partner)(v, high);
            if (d & 1 && low < LANES) u = FN(partner)(u, low), v = FN(partner)(v, low);
            const vec cr = pair->re[4 * r + d], ci = pair->im[4 * r + d];
            a = FMA(cr, u, a);
            b = FMA(cr, v, b);
            a = FMA(-ci, v, a);
            b = FMA(ci, u, b);
        }
        FN(store)(p + pair->offset[r], a, false);
        FN(store)(p + pair->offset[r] + im, b, false);
    }
}

INLINE void FN(pair_vectors)(const struct FN(pair) *pair, REAL *p, size_t size, uint64_t mask,
                             unsigned nvectors, unsigned high, unsigned low)
{
    for (uint64_t i = 0; i < size; i = next_around(i, mask, VL))
        FN(pair_group)(pair, p + i, size, nvectors, high, low);
}

#define PAIR_CASE(nvectors, high, low) \
    case (high) * (LANES + 1) + (low): FN(pair_vectors)(pair, p, size, mask, nvectors, high, low); break;
static void FN(pair_block)(const struct FN(pair) *pair, REAL *p, size_t size, uint64_t mask, unsigned high,
                           unsigned low)
{
    switch (high * (LANES + 1) + low) {
        PAIR_CASE(4, LANES, LANES)
        PAIR_CASE(2, 0, LANES)
        PAIR_CASE(2, LANES, 0)
#if LANES > 1
        PAIR_CASE(2, 1, LANES)
        PAIR_CASE(2, LANES, 1)
        PAIR_CASE(1, 1, 0)
        PAIR_CASE(1, 0, 1)
#endif
#if LANES > 2
        PAIR_CASE(2, 2, LANES)
        PAIR_CASE(2, LANES, 2)
        PAIR_CASE(1, 2, 0)
        PAIR_CASE(1, 0, 2)
        PAIR_CASE(1, 2, 1)
        PAIR_CASE(1, 1, 2)
#endif
#if LANES > 3
        PAIR_CASE(2, 3, LANES)
        PAIR_CASE(2, LANES, 3)
        PAIR_CASE(1, 3, 0)
        PAIR_CASE(1, 0, 3)
        PAIR_CASE(1, 3, 1)
        PAIR_CASE(1, 1, 3)
        PAIR_CASE(1, 3, 2)
        PAIR_CASE(1, 2, 3)
#endif
    }
}
#undef PAIR_CASE

static size_t FN(step_of)(const struct FN(tile) *t, unsigned position)
{
    return position < t->block_bits ? (size_t)1 << position : t->stride << (position - t->block_bits);
}

/* Row of the matrix for vector r of a group and a lane. */
static unsigned FN(pair_row)(const struct pair_matrix *m, unsigned r, unsigned lane)
{
    const bool high_lane = m->high < LANES, low_lane = m->low < LANES;
    const unsigned high = high_lane ? lane >> m->high & 1 : low_lane ? r & 1 : r >> 1;
    return high << 1 | (low_lane ? lane >> m->low & 1 : r & 1);
}

static void FN(make_pair)(struct FN(pair) *pair, const struct FN(tile) *t, const struct pair_matrix *m)
{
    const bool high_lane = m->high < LANES, low_lane = m->low < LANES;
    pair->nvectors = 4 >> (high_lane + low_lane);
    for (unsigned r = 0; r < pair->nvectors; r++) {
        const unsigned high = low_lane ? r & 1 : r >> 1;
        pair->offset[r] = (!high_lane && high ? FN(step_of)(t, m->high) : 0) +
                          (!low_lane && r & 1 ? FN(step_of)(t, m->low) : 0);
        for (unsigned d = 0; d < 4; d++)
            for (unsigned lane = 0; lane < VL; lane++) {
                const unsigned row = FN(pair_row)(m, r, lane);
                pair->re[4 * r + d][lane] = (REAL)m->entries[4 * row + (row ^ d)].re;
                pair->im[4 * r + d][lane] = (REAL)m->entries[4 * row + (row ^ d)].im;
            }
    }
}

/* On one block, or, where a position selects blocks, on all of them. */
static void FN(run_pair)(const struct FN(tile) *t, const struct pair_matrix *m)
{
    struct FN(pair) pair;
    const uint64_t nblocks = UINT64_C(1) << (t->m - t->block_bits);
    const uint64_t positions = UINT64_C(1) << m->high | UINT64_C(1) << m->low;
    const uint64_t blocks = positions >> t->block_bits, low = (1u << LANES) - 1;
    const uint64_t inside = positions & ((UINT64_C(1) << t->block_bits) - 1);
    uint64_t mask = 0;
    for (unsigned k = LANES; k < t->block_bits; k++) mask |= inside & UINT64_C(1) << k;
    (void)low;
    FN(make_pair)(&pair, t, m);
    for (uint64_t b = 0; b < nblocks; b = next_around(b, blocks, 1))
        FN(pair_block)(&pair, t->blocks + b * t->stride, (size_t)1 << t->block_bits, mask,
                       m->high < LANES ? m->high : LANES, m->low < LANES ? m->low : LANES);
}

/* ---- layers ------------------------------------------------------------------------------------ */

/* Rotations of a layer by what their positions select: count of lanes, of vectors; the rest are blocks. */
static void FN(divide)(const struct FN(tile) *t, const struct layer *layer, size_t *nlanes, size_t *nvectors)
{
    const struct rotation *r = t->tiling->rotations + layer->first_rotation;
    *nlanes = *nvectors = 0;
    for (size_t k = 0; k < layer->nrotations; k++) {
        *nlanes += r[k].position < LANES;
        *nvectors += r[k].position >= LANES && r[k].position < t->block_bits;
    }
}

/* The part of a layer that stays inside blocks, on one block. */
static void FN(layer_block)(const struct FN(tile) *t, const struct layer *layer,
                            const struct FN(ready) *ready, uint64_t number)
{
    REAL *block = t->blocks + number * t->stride;
    const struct rotation *r = t->tiling->rotations + layer->first_rotation;
    const size_t length = (size_t)2 << t->block_bits;
    size_t nlanes, nvectors;
    FN(divide)(t, layer, &nlanes, &nvectors);
    if (layer->phases >= 0) FN(phase_block)(block, t, ready, number);
    if (nlanes) FN(turn_lanes)(block, length, r, nlanes);
    if (nvectors) FN(turn_block)(block, length, r + nlanes, nvectors);
}

/* The rest of a layer; whether there is any. */
static bool FN(layer_rest)(const struct FN(tile) *t, const struct layer *layer, bool run)
{
    size_t nlanes, nvectors;
    FN(divide)(t, layer, &nlanes, &nvectors);
    const size_t nblocks = layer->nrotations - nlanes - nvectors;
    if (run && nblocks)
        FN(turn_blocks)(t, t->tiling->rotations + layer->first_rotation + nlanes + nvectors, nblocks);
    if (run && layer->pair >= 0) FN(run_pair)(t, &t->tiling->pairs[layer->pair]);
    return nblocks || layer->pair >= 0;
}

/* All layers: as many as stay inside blocks go block by block. */
static void FN(run_layers)(const struct FN(tile) *t, uint64_t outer)
{
    const struct layer *layers = t->tiling->layers + t->pass->first_layer;
    const size_t room = ((size_t)2 * FN(TABLE) << VARIANT_BITS) + ((size_t)2 << (t->m - t->table_bits)) + PAD;
    const uint64_t nblocks = UINT64_C(1) << (t->m - t->block_bits);
    for (size_t first = 0, last; first < t->pass->nlayers; first = last) {
        struct FN(ready) ready[FUSED_LAYERS];
        for (last = first; last < t->pass->nlayers && last - first < FUSED_LAYERS;) {
            const struct layer *layer = &layers[last];
            if (layer->phases >= 0)
                FN(get_ready)(&ready[last - first], t, &t->tiling->phases[layer->phases], outer,
                              t->rooms + (last - first) * room / PAD * PAD);
            last++;
            if (FN(layer_rest)(t, layer, false)) break;
        }
        for (uint64_t b = 0; b < nblocks; b++)
            for (size_t k = first; k < last; k++) FN(layer_block)(t, &layers[k], &ready[k - first], b);
        FN(layer_rest)(t, &layers[last - 1], true);
    }
}

static void FN(run_tiles)(const struct tiling *tiling, const struct tiled_pass *pass, void *dst,
                          const void *src, uint64_t first, uint64_t last, void *scratch, bool stream)
{
    struct FN(tile) t = {.tiling = tiling, .pass = pass, .blocks = scratch, .m = pass->m};
    const uint64_t all = (UINT64_C(1) << tiling->nbits) - 1, outer = all & ~pass->local;
    t.block_bits = t.m < FN(BLOCK_BITS) ? t.m : FN(BLOCK_BITS);
    t.table_bits = t.m < TABLE_BITS ? t.m : TABLE_BITS;
    t.stride = ((size_t)2 << t.block_bits) + PAD;
    t.rooms = t.blocks + (t.stride << (t.m - t.block_bits));
    for (uint64_t k = first; k < last; k++) {
        const uint64_t base = spread_around(k, ~(outer & pass->active));
        if (pass->from_zero) FN(start_from_zero)(&t);
        else FN(gather)(&t, src, base);
        FN(run_layers)(&t, base);
        FN(scatter)(&t, dst, base, stream);
    }
    if (stream) FENCE();
}

#undef MERGED_SECOND
#undef MERGED_FIRST
#undef ODDS
#undef EVENS
#undef PAD
#undef LANES
