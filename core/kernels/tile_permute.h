/* tile_permute.h - scatter of a tile whose bits change places.  Part of tile_body.h.
 *
 * Whole runs are written where the lowest positions stay.  Otherwise a few positions make a square: the lowest ones,
 * which are runs in scratch, and those that go to the lowest places, runs in the state.  It is scaled and interleaved
 * run by run, put in order amplitude by amplitude in the first-level cache, and written run by run. */

enum {
    FN(SQUARE_RUN) = 1 << LEAST_RUN_BITS, /* amplitudes */
    FN(SQUARE_BITS) = 2 * LEAST_RUN_BITS  /* at most */
};

/* The way of every amplitude from scratch to the state.  Distances in scratch are in reals, in the state in amplitudes. */
struct FN(route) {
    uint64_t run;                       /* amplitudes of a run that stays together; 0: there are squares */
    unsigned square_bits, outer_bits;   /* positions in a square, and others */
    size_t from[FN(SQUARE_RUN)];        /* runs of a square in scratch */
    uint64_t into[FN(SQUARE_RUN)];      /* in the state */
    uint8_t pick[1 << FN(SQUARE_BITS)]; /* amplitude of the square as read that is written in this place */
    ptrdiff_t from_next[MAX_TILE_BITS]; /* to the next square or run, by how far the carry goes */
    ptrdiff_t into_next[MAX_TILE_BITS];
};

/* Positions in the order of the places they go to. */
static void FN(order_positions)(uint8_t *order, const struct FN(tile) *t)
{
    for (unsigned p = 0; p < t->m; p++) order[t->pass->to[p]] = (uint8_t)p;
}

/* The runs of a square of these positions, and its order: the lowest bits of a number in it are positions as it is
 * read, places as it is written. */
static void FN(make_square)(struct FN(route) *r, const struct FN(tile) *t, const uint8_t *order,
                            const uint8_t *places, uint32_t square)
{
    unsigned bit_of[MAX_TILE_BITS], reads = LEAST_RUN_BITS, writes = LEAST_RUN_BITS;
    r->from[0] = r->into[0] = r->pick[0] = 0;
    for (unsigned p = 0; p < t->m; p++) {
        if (!(square >> p & 1)) continue;
        bit_of[p] = p < LEAST_RUN_BITS ? p : reads++;
        if (p < LEAST_RUN_BITS) continue;
        const size_t half = (size_t)1 << (bit_of[p] - LEAST_RUN_BITS);
        for (size_t k = 0; k < half; k++) r->from[half + k] = r->from[k] + FN(step_of)(t, p);
    }
    for (unsigned to = 0; to < t->m; to++) {
        if (!(square >> order[to] & 1)) continue;
        const unsigned bit = to < LEAST_RUN_BITS ? to : writes++;
        const size_t half = (size_t)1 << bit, runs = half >> LEAST_RUN_BITS;
        for (size_t k = 0; k < half; k++)
            r->pick[half + k] = (uint8_t)(r->pick[k] + (1u << bit_of[order[to]]));
        for (size_t k = 0; k < runs; k++) r->into[runs + k] = r->into[k] + (UINT64_C(1) << places[to]);
    }
    r->square_bits = reads;
}

/* From one setting of the other positions to the next, those that go to the lowest places first. */
static void FN(make_steps)(struct FN(route) *r, const struct FN(tile) *t, const uint8_t *order,
                           const uint8_t *places, uint32_t inner)
{
    ptrdiff_t from = 0, into = 0; /* of all that the carry takes back */
    r->outer_bits = 0;
    for (unsigned to = 0; to < t->m; to++) {
        if (inner >> order[to] & 1) continue;
        const ptrdiff_t from_step = (ptrdiff_t)FN(step_of)(t, order[to]),
                        into_step = (ptrdiff_t)1 << places[to];
        r->from_next[r->outer_bits] = from_step - from;
        r->into_next[r->outer_bits++] = into_step - into;
        from += from_step;
        into += into_step;
    }
}

static void FN(make_route)(struct FN(route) *r, const struct FN(tile) *t)
{
    const bool tiny = t->tiling->nbits < t->m;
    const uint32_t lowest = (1u << LEAST_RUN_BITS) - 1;
    uint64_t local = tiny ? (UINT64_C(1) << t->m) - 1 : t->pass->local;
    uint8_t order[MAX_TILE_BITS], places[MAX_TILE_BITS];
    unsigned fixed = 0;
    uint32_t inner = lowest;
    for (unsigned p = 0; p < t->m; p++, local &= local - 1) places[p] = (uint8_t)low_bit(local);
    FN(order_positions)(order, t);
    while (fixed < t->block_bits && order[fixed] == fixed && places[fixed] == fixed) fixed++;
    r->run = fixed >= LEAST_RUN_BITS ? UINT64_C(1) << fixed : 0;
    for (unsigned to = 0; to < LEAST_RUN_BITS; to++) inner |= 1u << order[to];
    if (r->run) inner = (uint32_t)r->run - 1;
    else FN(make_square)(r, t, order, places, inner);
    FN(make_steps)(r, t, order, places, inner);
}

static void FN(scatter_square)(const struct FN(route) *r, REAL *dst, const REAL *re, const REAL *im, vec sr,
                               vec si, bool stream)
{
    enum { RUN = FN(SQUARE_RUN), MOST = 1 << FN(SQUARE_BITS) };
    _Alignas(64) REAL read[2 * MOST], written[2 * MOST];
    const size_t runs = (size_t)1 << (r->square_bits - LEAST_RUN_BITS);
    for (size_t k = 0; k < runs; k++)
        FN(scatter_run)(read + 2 * k * RUN, re + r->from[k], im + r->from[k], RUN, sr, si, false);
    for (size_t k = 0; k < runs * RUN; k++) memcpy(written + 2 * k, read + 2 * r->pick[k], 2 * sizeof(REAL));
    for (size_t k = 0; k < runs; k++)
        for (size_t i = 0; i < 2 * RUN; i += VL)
            FN(store)(dst + 2 * r->into[k] + i, FN(load)(written + 2 * k * RUN + i), stream);
}

static void FN(scatter_permuted)(const struct FN(tile) *t, REAL *dst, bool stream)
{
    const struct FN(route) *r = t->route;
    const struct tiled_pass *pass = t->pass;
    const vec sr = FN(all)((REAL)pass->scale.re), si = FN(all)((REAL)pass->scale.im);
    const REAL *re = t->blocks;
    for (uint64_t k = 1;; k++) {
        const REAL *im = re + (UINT64_C(1) << t->block_bits);
        if (r->run) FN(scatter_run)(dst, re, im, r->run, sr, si, stream);
        else FN(scatter_square)(r, dst, re, im, sr, si, stream);
        if (k >> r->outer_bits) break;
        re += r->from_next[low_bit(k)];
        dst += 2 * r->into_next[low_bit(k)];
    }
}
