/* tile_gather.h - gather: from the state to a tile's blocks; and the runs of either way.  Part of tile_body.h. */

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

/* Runs of a tile, asked for before they are read or written: the hardware does not know what comes next. */
struct FN(ahead) {
    const REAL *from; /* NULL: nothing left to ask for */
    uint64_t run, high, active, a;
};

static void FN(plan_ahead)(struct FN(ahead) *ahead, const struct FN(tile) *t, const REAL *from,
                           uint64_t active)
{
    const uint64_t run = UINT64_C(1) << FN(run_bits)(t, t->pass->local & active);
    *ahead = (struct FN(ahead)){
        .from = from, .run = run, .high = t->pass->local & ~(run - 1), .active = active};
}

INLINE void FN(ask_ahead)(struct FN(ahead) *ahead, uint64_t runs, bool to_write)
{
    for (uint64_t k = 0; ahead->from && k < runs; k++) {
        const REAL *from = ahead->from + 2 * ahead->a;
        for (size_t i = 0; !(ahead->a & ~ahead->active) && i < 2 * ahead->run; i += LINE) {
            if (to_write) __builtin_prefetch(from + i, 1, 3);
            else __builtin_prefetch(from + i, 0, 2);
        }
        ahead->a = FN(next_setting)(ahead->a, ahead->high);
        if (!ahead->a) ahead->from = NULL;
    }
}

/* The first runs, when they are so short that asking for one after the other keeps a little ahead. */
INLINE void FN(start_ahead)(struct FN(ahead) *ahead, bool to_write)
{
    const uint64_t runs = FN(NEAR) / (2 * ahead->run);
    if (runs) FN(ask_ahead)(ahead, runs, to_write);
    else ahead->from = NULL;
}

static void FN(empty)(const struct FN(tile) *t)
{
    memset(t->blocks, 0, (t->stride << (t->m - t->block_bits)) * sizeof(REAL));
}

static void FN(gather)(const struct FN(tile) *t, const REAL *src, uint64_t base)
{
    const struct tiled_pass *pass = t->pass;
    const uint64_t size = UINT64_C(1) << t->block_bits;
    struct FN(ahead) near;
    FN(plan_ahead)(&near, t, src + 2 * base, pass->active);
    const uint64_t run = near.run, high = near.high;
    FN(start_ahead)(&near, false);
    if (pass->local & ~pass->active) FN(empty)(t);
    uint64_t a = 0;
    for (uint64_t k = 0; k < UINT64_C(1) << t->m; k += run, a = FN(next_setting)(a, high)) {
        FN(ask_ahead)(&near, 1, false);
        if (a & ~pass->active) continue;
        REAL *re = FN(at)(t, k);
        FN(gather_run)(re, re + size, src + 2 * (base | a), run);
    }
}

static void FN(start_from_zero)(const struct FN(tile) *t)
{
    FN(empty)(t);
    t->blocks[0] = 1;
}

/* A state of fewer amplitudes than a tile has: the rest of the tile is 0, and stays so. */
static void FN(gather_tiny)(const struct FN(tile) *t, const REAL *src)
{
    const size_t size = (size_t)1 << t->m, namps = (size_t)1 << t->tiling->nbits;
    memset(t->blocks, 0, 2 * size * sizeof(REAL));
    for (size_t k = 0; k < namps; k++) {
        t->blocks[k] = src[2 * k];
        t->blocks[size + k] = src[2 * k + 1];
    }
}
