/* tile_pair.h - dense matrices on two positions of a tile.  Part of tile_body.h. */

/* The rotation of one of the two positions, which the vectors' number stands for by this bit unless it is a lane. */
INLINE void FN(pair_turn)(vec *v, vec t, unsigned nvectors, unsigned lane, unsigned bit)
{
#pragma GCC unroll 4
    for (unsigned r = 0; r < nvectors; r++) {
        if (lane < LANES) v[r] = FMA(t, FN(partner)(v[r], lane), v[r]);
        else if (!(r & bit)) FN(turn)(&v[r], &v[r | bit], t);
    }
}

/* high and low: lane position or, from LANES on, none. */
INLINE void FN(pair_group)(const struct FN(pair) *pair, REAL *p, size_t im, unsigned nvectors, unsigned high,
                           unsigned low, bool core)
{
    vec x[4], y[4];
    const unsigned high_bit = low < LANES ? 1 : 2;
#pragma GCC unroll 4
    for (unsigned r = 0; r < nvectors; r++) {
        x[r] = FN(load)(p + pair->offset[r]);
        y[r] = FN(load)(p + pair->offset[r] + im);
    }
    if (core && pair->turns[1]) {
        FN(pair_turn)(x, pair->t[1], nvectors, low, 1);
        FN(pair_turn)(y, pair->t[1], nvectors, low, 1);
    }
    if (core && pair->turns[0]) {
        FN(pair_turn)(x, pair->t[0], nvectors, high, high_bit);
        FN(pair_turn)(y, pair->t[0], nvectors, high, high_bit);
    }
#pragma GCC unroll 4
    for (unsigned r = 0; r < nvectors; r++) {
        vec a[2], b[2]; /* sums of even and of odd d: two short chains are quicker than a long one */
#pragma GCC unroll 4
        for (unsigned d = 0; d < 4; d += core ? 3 : 1) {
            /* d flips the high bit by 2 and the low bit by 1: those that are lanes flip lanes */
            const unsigned other = nvectors == 4   ? r ^ d
                                   : nvectors == 2 ? r ^ (high < LANES ? d & 1 : d >> 1)
                                                   : 0;
            vec u = x[other], v = y[other];
            if (d & 2 && high < LANES) u = FN(partner)(u, high), v = FN(partner)(v, high);
            if (d & 1 && low < LANES) u = FN(partner)(u, low), v = FN(partner)(v, low);
            const vec cr = pair->re[4 * r + d], ci = pair->im[4 * r + d];
            const bool begins = core || d < 2;
            const vec before_a = begins ? cr * u : FMA(cr, u, a[d & 1]);
            const vec before_b = begins ? cr * v : FMA(cr, v, b[d & 1]);
            a[d & 1] = FMA(-ci, v, before_a);
            b[d & 1] = FMA(ci, u, before_b);
        }
        FN(store)(p + pair->offset[r], a[0] + a[1], false);
        FN(store)(p + pair->offset[r] + im, b[0] + b[1], false);
    }
}

/* Coefficients in a copy that no store can alias: with 32 registers they stay there. */
INLINE void FN(pair_vectors)(const struct FN(pair) *pair, REAL *p, size_t size, uint64_t mask,
                             unsigned nvectors, unsigned high, unsigned low, bool core)
{
    struct FN(pair) own;
#pragma GCC unroll 16
    for (unsigned k = 0; k < 4 * nvectors; k++) own.re[k] = pair->re[k], own.im[k] = pair->im[k];
#pragma GCC unroll 4
    for (unsigned k = 0; k < nvectors; k++) own.offset[k] = pair->offset[k];
    for (unsigned k = 0; k < 2; k++) own.t[k] = pair->t[k], own.turns[k] = pair->turns[k];
    for (uint64_t i = 0; i < size; i = next_around(i, mask, VL))
        FN(pair_group)(&own, p + i, size, nvectors, high, low, core);
}

#define PAIR_CASE(nvectors, high, low)                                                    \
    case (high) * (LANES + 1) + (low):                                                    \
        if (pair->core) FN(pair_vectors)(pair, p, size, mask, nvectors, high, low, true); \
        else FN(pair_vectors)(pair, p, size, mask, nvectors, high, low, false);           \
        break;
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
    pair->core = m->core;
    for (unsigned k = 0; k < 2; k++) {
        const unsigned position = k ? m->low : m->high;
        pair->turns[k] = m->turns[k];
        pair->t[k] = FN(all)((REAL)m->t[k]);
        for (unsigned lane = 0; position < LANES && lane < VL; lane++)
            pair->t[k][lane] = (REAL)(lane >> position & 1 ? m->t[k] : -m->t[k]);
    }
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

static void FN(pair_on)(const struct FN(tile) *t, const struct pair_matrix *m, const struct FN(pair) *pair,
                        REAL *block)
{
    const size_t size = (size_t)1 << t->block_bits;
    const uint64_t positions = UINT64_C(1) << m->high | UINT64_C(1) << m->low;
    FN(pair_block)(pair, block, size, positions & (size - VL), m->high < LANES ? m->high : LANES,
                   m->low < LANES ? m->low : LANES);
}

/* Where a position selects blocks: on all of them. */
static void FN(pair_blocks)(const struct FN(tile) *t, const struct pair_matrix *m)
{
    struct FN(pair) pair;
    const uint64_t positions = UINT64_C(1) << m->high | UINT64_C(1) << m->low;
    FN(make_pair)(&pair, t, m);
    for (uint64_t b = 0; b < UINT64_C(1) << (t->m - t->block_bits);
         b = next_around(b, positions >> t->block_bits, 1))
        FN(pair_on)(t, m, &pair, t->blocks + b * t->stride);
}
