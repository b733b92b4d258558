/* tile_scatter.h - scatter: from a tile's blocks to the state.  Part of tile_body.h. */

static void FN(scatter_in_order)(const struct FN(tile) *t, REAL *dst, uint64_t base, bool stream)
{
    const struct tiled_pass *pass = t->pass;
    const uint64_t size = UINT64_C(1) << t->block_bits;
    const vec sr = FN(all)((REAL)pass->scale.re), si = FN(all)((REAL)pass->scale.im);
    struct FN(ahead) near;
    FN(plan_ahead)(&near, t, dst + 2 * base, pass->local);
    const uint64_t run = near.run, high = near.high;
    if (stream) near.from = NULL;
    else FN(start_ahead)(&near, true);
    uint64_t a = 0;
    for (uint64_t k = 0; k < UINT64_C(1) << t->m; k += run, a = FN(next_setting)(a, high)) {
        const REAL *re = FN(at)(t, k);
        FN(ask_ahead)(&near, 1, true);
        FN(scatter_run)(dst + 2 * (base | a), re, re + size, run, sr, si, stream);
    }
}

/* Zeros where the pass leaves garbage next to the tile. */
static void FN(clear_beside)(const struct FN(tile) *t, REAL *dst, uint64_t base, bool stream)
{
    const uint64_t local = t->pass->local, clear = t->pass->clear;
    const uint64_t run = UINT64_C(1) << FN(run_bits)(t, local), high = local & ~(run - 1);
    uint64_t a = 0;
    for (uint64_t k = 0; k < UINT64_C(1) << t->m; k += run, a = FN(next_setting)(a, high))
        for (uint64_t c = FN(next_setting)(0, clear); c; c = FN(next_setting)(c, clear))
            for (uint64_t i = 0; i < 2 * run; i += VL)
                FN(store)(dst + 2 * (base | a | c) + i, FN(all)(0), stream);
}

static void FN(scatter)(const struct FN(tile) *t, REAL *dst, uint64_t base, bool stream)
{
    if (t->pass->permutes) FN(scatter_permuted)(t, dst + 2 * base, stream);
    else FN(scatter_in_order)(t, dst, base, stream);
    if (t->pass->clear) FN(clear_beside)(t, dst, base, stream);
}

/* Of a state of fewer amplitudes than a tile has. */
static void FN(scatter_tiny)(const struct FN(tile) *t, REAL *dst)
{
    const struct tiled_pass *pass = t->pass;
    const size_t size = (size_t)1 << t->m, namps = (size_t)1 << t->tiling->nbits;
    _Alignas(64) REAL out[2 << LEAST_TILE_BITS];
    if (pass->permutes) FN(scatter_permuted)(t, out, false);
    else
        FN(scatter_run)(out, t->blocks, t->blocks + size, size, FN(all)((REAL)pass->scale.re),
                        FN(all)((REAL)pass->scale.im), false);
    memcpy(dst, out, 2 * namps * sizeof(REAL));
}
