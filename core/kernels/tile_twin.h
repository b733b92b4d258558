/* tile_twin.h - a pass on two states at once, for what is read off both.  Part of tile_body.h. */

/* The same stretch of work on both, one after the other. */
static void FN(twin_stretch)(const struct FN(tile) *twins, const struct work_item *items,
                             const struct FN(stretch) *s, uint64_t outer)
{
    struct FN(item) ready[FUSED_ITEMS];
    REAL *room = twins->rooms;
    for (size_t k = 0; k < s->count; k++) room = FN(make_item)(&ready[k], twins, &items[k], outer, room);
    for (const struct FN(tile) *t = twins; t < twins + 2; t++) {
        struct FN(columns) columns = s->columns;
        for (uint64_t part = 0; part < s->parts; part++) {
            for (size_t k = 0; k < s->count; k++) {
                if (s->in_blocks) FN(item_block)(t, &ready[k], outer, part);
                else FN(group_columns)(t, &ready[k].group, outer, &columns);
            }
            columns.at = next_around(columns.at, columns.inside, columns.chunk);
        }
    }
}

static void FN(twin_items)(const struct FN(tile) *twins, uint64_t outer, double *sums)
{
    const struct tiled_pass *pass = twins->pass;
    const struct tiling *tiling = twins->tiling;
    const struct work_item *items = tiling->items + pass->first_item;
    struct FN(stretch) s;
    for (size_t left = pass->nitems; left; left -= s.count, items += s.count) {
        s = FN(next_stretch)(twins, items, left);
        if (s.parts) {
            FN(twin_stretch)(twins, items, &s, outer);
        } else if (items->work == WORK_READ) {
            FN(read_tiles)(sums + READ_SUMS * (items->index - pass->first_read), &twins[0], &twins[1],
                           &tiling->reads[items->index]);
        } else {
            FN(item_across)(&twins[0], items, outer);
            FN(item_across)(&twins[1], items, outer);
        }
    }
}

static void FN(run_twins)(const struct tiling *tiling, const struct tiled_pass *pass, void *const states[2],
                          uint64_t index, void *const scratch[2], double *sums)
{
    const uint64_t all = (UINT64_C(1) << tiling->nbits) - 1, outer = all & ~pass->local;
    const uint64_t base = spread_around(index, ~(outer & pass->active));
    struct FN(tile) twins[2] = {{.tiling = tiling, .pass = pass, .m = pass->m}};
    struct FN(route) route;
    twins->block_bits = pass->m < FN(BLOCK_BITS) ? pass->m : FN(BLOCK_BITS);
    twins->table_bits = pass->m < TABLE_BITS ? pass->m : TABLE_BITS;
    twins->stride = ((size_t)2 << twins->block_bits) + BLOCK_PAD / sizeof(REAL);
    twins->rooms = (REAL *)scratch[0] + (twins->stride << (pass->m - twins->block_bits));
    if (pass->permutes) FN(make_route)(&route, twins);
    twins->route = &route;
    twins[1] = twins[0];
    for (unsigned k = 0; k < 2; k++) {
        twins[k].blocks = scratch[k];
        FN(gather)(&twins[k], states[k], base);
    }
    FN(twin_items)(twins, base, sums);
    for (unsigned k = 0; k < 2; k++) FN(scatter)(&twins[k], states[k], base, false);
}
