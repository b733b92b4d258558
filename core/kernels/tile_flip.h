/* tile_flip.h - X under controls on a tile.  Part of tile_body.h. */

/* Exchange what a flip exchanges among the vectors of p, whose partners lie at q; index bits of fixed have values. */
INLINE void FN(exchange_vectors)(REAL *p, REAL *q, size_t length, uint64_t fixed, uint64_t values, ivec lanes,
                                 bool blend)
{
    for (uint64_t i = 0; i < length; i = next_around(i, fixed, VL)) {
        const vec a = FN(load)(p + (i | values)), b = FN(load)(q + (i | values));
        FN(store)(p + (i | values), blend ? FN(select)(lanes, b, a) : b, false);
        FN(store)(q + (i | values), blend ? FN(select)(lanes, a, b) : a, false);
    }
}

INLINE void FN(exchange_lanes)(REAL *p, size_t length, uint64_t fixed, uint64_t values, ivec lanes,
                               unsigned target)
{
    for (uint64_t i = 0; i < length; i = next_around(i, fixed, VL)) {
        const vec v = FN(load)(p + (i | values));
        FN(store)(p + (i | values), FN(select)(lanes, FN(partner)(v, target), v), false);
    }
}

static void FN(exchange_lane)(REAL *p, size_t length, uint64_t fixed, uint64_t values, ivec lanes,
                              unsigned target)
{
    switch (target) {
    case 0: FN(exchange_lanes)(p, length, fixed, values, lanes, 0); break;
#if LANES > 1
    case 1: FN(exchange_lanes)(p, length, fixed, values, lanes, 1); break;
#endif
#if LANES > 2
    case 2: FN(exchange_lanes)(p, length, fixed, values, lanes, 2); break;
#endif
#if LANES > 3
    case 3: FN(exchange_lanes)(p, length, fixed, values, lanes, 3); break;
#endif
    }
}

/* On one block, whose number meets the flip's conditions; partner is the other block, or the same. */
static void FN(flip_block)(const struct FN(tile) *t, const struct flip *flip, REAL *block, REAL *partner)
{
    const uint64_t inside = (UINT64_C(1) << t->block_bits) - 1, vectors = inside & ~(uint64_t)(VL - 1);
    const uint64_t target = UINT64_C(1) << flip->target;
    const uint64_t fixed = (flip->mask | target) & vectors, values = flip->values & vectors;
    const size_t length = (size_t)2 << t->block_bits;
    const bool blend = flip->mask & (VL - 1);
    ivec lanes = {0};
    for (unsigned k = 0; k < VL; k++) lanes[k] = ((k ^ flip->values) & flip->mask & (VL - 1)) == 0 ? -1 : 0;
    if (flip->target < LANES) FN(exchange_lane)(block, length, fixed, values, lanes, flip->target);
    else if (blend)
        FN(exchange_vectors)(block, partner + (target & inside), length, fixed, values, lanes, true);
    else FN(exchange_vectors)(block, partner + (target & inside), length, fixed, values, lanes, false);
}

/* Whether what a flip asks of bits outside the tile and of the block's number holds. */
INLINE bool FN(flips_here)(const struct FN(tile) *t, const struct flip *flip, uint64_t outer, uint64_t number)
{
    return ((outer ^ flip->outer_values) & flip->outer_mask) == 0 &&
           (((number << t->block_bits) ^ flip->values) & flip->mask &
            ~((UINT64_C(1) << t->block_bits) - 1)) == 0;
}

/* A flip of a position that selects blocks. */
static void FN(flip_blocks)(const struct FN(tile) *t, const struct flip *flip, uint64_t outer)
{
    const uint64_t distance = UINT64_C(1) << (flip->target - t->block_bits);
    for (uint64_t b = 0; b < UINT64_C(1) << (t->m - t->block_bits); b = next_around(b, distance, 1))
        if (FN(flips_here)(t, flip, outer, b))
            FN(flip_block)(t, flip, t->blocks + b * t->stride, t->blocks + (b | distance) * t->stride);
}
