/* tile_group.h - rotations and moves of the vectors of a tile, some positions at a time.  Part of tile_body.h. */

/* Vector whose lane i is lane i ^ 2^position of v. */
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

/* A group made ready for sweeps. */
struct FN(group) {
    const struct group *group;
    const struct moves *moves; /* NULL: nothing moves */
    uint64_t mask;             /* positions of the group, as bits of the index in a tile */
    size_t offset[1 << GROUP_POSITIONS];
    size_t place[1 << GROUP_CONDITIONS][1 << GROUP_POSITIONS]; /* offset that vector k goes to */
    vec t[GROUP_POSITIONS], lane_t[LANES];
    ivec from[MOST_PERMUTATIONS];
};

static void FN(make_moves)(struct FN(group) *out, const struct moves *moves)
{
    for (unsigned s = 0; s < 1u << moves->nconditions; s++)
        for (unsigned k = 0; k < 1u << out->group->npositions; k++)
            out->place[s][k] = out->offset[moves->place[s][k]];
    for (unsigned s = 0; moves->permutes && s < MOST_PERMUTATIONS; s++)
        for (unsigned lane = 0; lane < VL; lane++) out->from[s][lane] = LANE_INDEX(moves->from[s][lane]);
}

static void FN(make_group)(struct FN(group) *out, const struct FN(tile) *t, const struct group *g)
{
    out->group = g;
    out->moves = g->moves == NO_MOVES ? NULL : &t->tiling->moves[g->moves];
    out->mask = 0;
    out->offset[0] = 0;
    for (unsigned j = 0; j < g->npositions; j++) {
        const size_t step = FN(step_of)(t, g->positions[j]);
        for (unsigned k = 0; k < 1u << j; k++) out->offset[1u << j | k] = out->offset[k] + step;
        out->mask |= UINT64_C(1) << g->positions[j];
        out->t[j] = FN(all)((REAL)g->t[j]);
    }
    for (unsigned p = 0; p < LANES; p++)
        if (g->lanes_rotated >> p & 1)
            for (unsigned lane = 0; lane < VL; lane++)
                out->lane_t[p][lane] = (REAL)(lane >> p & 1 ? g->lane_t[p] : -g->lane_t[p]);
    if (out->moves) FN(make_moves)(out, out->moves);
}

/* a - t b and b + t a. */
INLINE void FN(turn)(vec *a, vec *b, vec t)
{
    const vec old = *a;
    *a = FMA(-t, *b, old);
    *b = FMA(t, old, *b);
}

/* What a sweep is made for; all: every position rotates; lanes: some may. */
struct FN(shape) {
    unsigned count;
    bool descending, all, lanes;
};

INLINE void FN(turn_positions)(vec *v, const vec *t, unsigned rotated, struct FN(shape) shape)
{
#pragma GCC unroll 4
    for (unsigned j = 0; j < shape.count; j++) {
        const unsigned p = shape.descending ? shape.count - 1 - j : j;
        if (!shape.all && !(rotated >> p & 1)) continue;
#pragma GCC unroll 16
        for (unsigned k = 0; k < 1u << shape.count; k++)
            if (!(k >> p & 1)) FN(turn)(&v[k], &v[k | 1u << p], t[p]);
    }
}

INLINE void FN(turn_lanes)(vec *v, const vec *t, unsigned rotated, struct FN(shape) shape)
{
    if (!shape.lanes) return;
#pragma GCC unroll 4
    for (unsigned j = 0; j < LANES; j++) {
        const unsigned p = shape.descending ? LANES - 1 - j : j;
        if (!(rotated >> p & 1)) continue;
#pragma GCC unroll 16
        for (unsigned k = 0; k < 1u << shape.count; k++) v[k] = FMA(t[p], FN(partner)(v[k], p), v[k]);
    }
}

/* Number of the setting of a group's conditions at an index in the tile, given those that hold outside of it. */
INLINE unsigned FN(setting_of)(const struct moves *moves, uint64_t index, unsigned outside)
{
    unsigned setting = 0;
    for (unsigned c = 0; c < moves->nconditions; c++)
        setting |= (unsigned)(((index ^ moves->conditions[c].values) & moves->conditions[c].mask) == 0) << c;
    return setting & outside;
}

static unsigned FN(outside_of)(const struct moves *moves, uint64_t outer)
{
    unsigned holds = 0;
    for (unsigned c = 0; moves && c < moves->nconditions; c++) {
        const struct flip *condition = &moves->conditions[c];
        holds |= (unsigned)(((outer ^ condition->outer_values) & condition->outer_mask) == 0) << c;
    }
    return holds;
}

/* Where a sweep works: on reals [from, end) of the real or the imaginary parts, which begin at part in a block, of the
 * blocks [first, last) but those whose number has a bit of mask. */
struct FN(range) {
    const struct FN(tile) *tile;
    uint64_t first, last, mask;
    size_t part, from, end;
    unsigned outside; /* conditions that hold outside the tile */
};

/* One load and store of the vectors of a group.  Loaded are those of the first two positions from four bases, i reals on,
 * and those of other settings of higher positions from the same bases, far more reals on.  Stored are they at block + i
 * and these offsets, or where they were when place is NULL; lanes: the permutation that each goes through, or NULL. */
INLINE void FN(turn_group)(REAL *const *base, size_t i, const size_t *far, const struct FN(group) *r,
                           const vec *t, const vec *lane_t, const size_t *place, const uint8_t *lanes,
                           unsigned rotated, unsigned lanes_rotated, struct FN(shape) shape)
{
    vec v[1 << GROUP_POSITIONS];
#pragma GCC unroll 16
    for (unsigned k = 0; k < 1u << shape.count; k++) v[k] = FN(load)(base[k & 3] + i + far[k >> 2]);
    if (!shape.descending) FN(turn_lanes)(v, lane_t, lanes_rotated, shape);
    FN(turn_positions)(v, t, rotated, shape);
    if (shape.descending) FN(turn_lanes)(v, lane_t, lanes_rotated, shape);
    if (lanes)
#pragma GCC unroll 16
        for (unsigned k = 0; k < 1u << shape.count; k++) v[k] = PERMUTE(v[k], r->from[lanes[k]]);
#pragma GCC unroll 16
    for (unsigned k = 0; k < 1u << shape.count; k++) {
        if (place) FN(store)(base[0] + place[k] + i, v[k], false);
        else FN(store)(base[k & 3] + i + far[k >> 2], v[k], false);
    }
}

/* The group on indices around mask in one half, real or imaginary, of a block. */
INLINE void FN(sweep_half)(REAL *half, const struct FN(range) *at, uint64_t start, uint64_t mask,
                           const struct FN(group) *r, const size_t *place, const uint8_t *lanes,
                           struct FN(shape) shape)
{
    size_t far[1 << (GROUP_POSITIONS - 2)] = {0};
    for (unsigned k = 4; k < 1u << shape.count; k += 4) far[k >> 2] = r->offset[k];
    REAL *const base[4] = {half, half + (shape.count > 0 ? r->offset[1] : 0),
                           half + (shape.count > 1 ? r->offset[2] : 0),
                           half + (shape.count > 1 ? r->offset[3] : 0)};
    vec t[GROUP_POSITIONS], lane_t[LANES];
    size_t to[1 << GROUP_POSITIONS];
    memcpy(t, r->t, sizeof t);
    memcpy(lane_t, r->lane_t, sizeof lane_t);
    if (place) memcpy(to, place, sizeof to);
    const uint64_t length = at->end - at->from;
    const unsigned rotated = r->group->rotated, lanes_rotated = r->group->lanes_rotated;
#define TURN(i) \
    FN(turn_group)(base, i, far, r, t, lane_t, place ? to : NULL, lanes, rotated, lanes_rotated, shape)
    if (place) { /* under conditions, which leave few vectors side by side */
        for (uint64_t i = 0; i < length; i = next_around(i, mask, VL)) TURN(start | i);
        return;
    }
    const uint64_t lowest = mask & -mask, run = lowest && lowest < length ? lowest : length;
    for (uint64_t i = 0; i < length; i = next_around(i + run - VL, mask, VL))
        for (uint64_t j = 0; j < run; j += VL) TURN((start | i) + j);
#undef TURN
}

INLINE void FN(sweep_still)(const struct FN(range) *at, const struct FN(group) *r, struct FN(shape) shape)
{
    const uint64_t mask = r->mask & (((uint64_t)1 << at->tile->block_bits) - 1);
    for (uint64_t b = at->first; b < at->last; b = next_around(b, at->mask, 1))
        FN(sweep_half)(at->tile->blocks + b * at->tile->stride + at->part, at, at->from, mask, r, NULL, NULL,
                       shape);
}

/* One setting of the conditions after the other, so that in the inner loop the places are constant. */
INLINE void FN(sweep_moving)(const struct FN(range) *at, const struct FN(group) *r, struct FN(shape) shape)
{
    const struct moves *moves = r->moves;
    uint64_t asked = 0;
    for (unsigned c = 0; c < moves->nconditions; c++) asked |= moves->conditions[c].mask;
    asked &= at->end - at->from - 1;
    const uint64_t mask = (r->mask & (((uint64_t)1 << at->tile->block_bits) - 1)) | asked;
    for (uint64_t b = at->first; b < at->last; b = next_around(b, at->mask, 1)) {
        REAL *const half = at->tile->blocks + b * at->tile->stride + at->part;
        uint64_t s = 0;
        do {
            const uint64_t start = at->from | s;
            const unsigned setting = FN(setting_of)(moves, b << at->tile->block_bits | start, at->outside);
            const size_t *place = r->place[setting];
            if (moves->permutes)
                FN(sweep_half)(half, at, start, mask, r, place, moves->lanes[setting], shape);
            else FN(sweep_half)(half, at, start, mask, r, place, NULL, shape);
            s = FN(next_setting)(s, asked);
        } while (s);
    }
}

static void FN(sweep_group)(const struct FN(range) *at, const struct FN(group) *r)
{
    const struct group *g = r->group;
    const bool all = g->rotated == (1u << g->npositions) - 1, lanes = g->lanes_rotated;
#define SWEEP(count, descending)                                                                            \
    case (count) << 1 | (descending):                                                                       \
        if (r->moves && all) FN(sweep_moving)(at, r, (struct FN(shape)){count, descending, true, true});    \
        else if (r->moves) FN(sweep_moving)(at, r, (struct FN(shape)){count, descending, false, true});     \
        else if (all && !lanes) FN(sweep_still)(at, r, (struct FN(shape)){count, descending, true, false}); \
        else if (all) FN(sweep_still)(at, r, (struct FN(shape)){count, descending, true, true});            \
        else FN(sweep_still)(at, r, (struct FN(shape)){count, descending, false, true});                    \
        break;
    switch (g->npositions << 1 | g->descending) {
        SWEEP(0, 0)
        SWEEP(1, 0)
        SWEEP(2, 0)
        SWEEP(3, 0)
        SWEEP(0, 1)
        SWEEP(1, 1)
        SWEEP(2, 1)
        SWEEP(3, 1)
    }
    if (sizeof(vec) < MAX_VECTOR_BYTES) return; /* of 16 registers */
    switch (g->npositions << 1 | g->descending) {
        SWEEP(4, 0)
        SWEEP(4, 1)
    }
#undef SWEEP
}

/* On one block: to what stays where it is, real and imaginary parts are one array. */
static void FN(group_block)(const struct FN(tile) *t, const struct FN(group) *r, uint64_t outer,
                            uint64_t number)
{
    const size_t size = (size_t)1 << t->block_bits, length = r->moves ? size : 2 * size;
    const unsigned outside = FN(outside_of)(r->moves, outer);
    for (size_t part = 0; part < 2 * size; part += length) {
        const struct FN(range) whole = {
            .tile = t, .first = number, .last = number + 1, .part = part, .end = length, .outside = outside};
        FN(sweep_group)(&whole, r);
    }
}

/* On columns of the blocks. */
static void FN(group_columns)(const struct FN(tile) *t, const struct FN(group) *r, uint64_t outer,
                              const struct FN(columns) *columns)
{
    const size_t size = (size_t)1 << t->block_bits;
    struct FN(range) range = {.tile = t,
                              .last = UINT64_C(1) << (t->m - t->block_bits),
                              .mask = r->mask >> t->block_bits,
                              .part = columns->at & size,
                              .outside = FN(outside_of)(r->moves, outer)};
    uint64_t setting = 0;
    do {
        range.from = (columns->at & (size - 1)) | setting;
        range.end = range.from + columns->chunk;
        FN(sweep_group)(&range, r);
        setting = FN(next_setting)(setting, columns->inside & ~r->mask);
    } while (setting);
}
