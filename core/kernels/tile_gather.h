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

/* The next tile's runs, asked for little by little while this one is worked on: memory and arithmetic overlap, where
 * the hardware would not know what comes next. */
struct FN(ahead) {
    const REAL *src; /* NULL: nothing left to ask for */
    uint64_t run, high, active, a;
    uint64_t at_a_time; /* runs */
};

static void FN(plan_ahead)(struct FN(ahead) *next, const struct FN(tile) *t, const REAL *src, uint64_t base,
                           uint64_t times)
{
    const uint64_t local = t->pass->local;
    const uint64_t run = UINT64_C(1) << FN(run_bits)(t, local & t->pass->active);
    const uint64_t runs = (UINT64_C(1) << t->m) / run;
    *next = (struct FN(ahead)){.src = src + 2 * base,
                               .run = run,
                               .high = local & ~(run - 1),
                               .active = t->pass->active,
                               .at_a_time = (runs + times - 1) / times};
}

static void FN(ask_ahead)(struct FN(ahead) *next)
{
    for (uint64_t k = 0; next->src && k < next->at_a_time; k++) {
        const REAL *from = next->src + 2 * next->a;
        if (!(next->a & ~next->active))
            for (size_t i = 0; i < 2 * next->run; i += 64 / sizeof(REAL)) __builtin_prefetch(from + i, 0, 2);
        next->a = FN(next_setting)(next->a, next->high);
        if (!next->a) next->src = NULL;
    }
}

static void FN(start_from_zero)(const struct FN(tile) *t)
{
    memset(t->blocks, 0, (t->stride << (t->m - t->block_bits)) * sizeof(REAL));
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
