/* tile_rotate.h - rotations on lanes, vectors and blocks of a tile.  Part of tile_body.h. */

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
        LANE_CASE(6)
        LANE_CASE(7)
#endif
#if LANES > 3
        LANE_CASE(8)
        LANE_CASE(9) LANE_CASE(10) LANE_CASE(11) LANE_CASE(12) LANE_CASE(13) LANE_CASE(14) LANE_CASE(15)
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
        vec own = {0};
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
