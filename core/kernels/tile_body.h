/* tile_body.h - the kernels on tiles, written once.  Included by body.h, whose vectors and macros it uses.
 *
 * Scratch holds a tile as blocks of 2^BLOCK_BITS amplitudes, each block all real parts and then all imaginary
 * parts, with BLOCK_PAD bytes after each block so that equal offsets of blocks do not share a cache set.  A
 * real rotation treats both parts alike: to it a block is one array of reals.  Positions below LANES select a lane
 * of a vector, those below the block bits a vector of a block, the others a block.
 *
 * Every amplitude sees the same operations in the same order on every ISA, whatever a position selects. */
#define LANES (LANE_BITS + 1)
#define LINE (64 / (size_t)sizeof(REAL))

enum {
    FN(BLOCK_BITS) = sizeof(REAL) == 8 ? 10 : 11, /* tile_block_bits() */
    FN(CHUNK) = 1024 / sizeof(REAL), /* reals of a block that a sweep over blocks takes at a time */
    FN(TABLE) = 1 << TABLE_BITS
};

_Static_assert((2 << FN(BLOCK_BITS))*sizeof(REAL) == BLOCK_BYTES, "a block has its size");

/* Phases of one layer made ready for a tile. */
struct FN(ready) {
    const struct phases *phases;
    const REAL *table;     /* 2 x TABLE reals; NULL: all 1 */
    const REAL *settings;  /* tables by the setting of the linked positions */
    REAL *variants;        /* room for such tables that depend on what lies outside the tile */
    const REAL *high;      /* real parts, then imaginary parts; NULL: all 1 */
    uint64_t outer;        /* bits of the state outside the tile */
    bool varied, per_high; /* tables depend on linked positions; they are made for each high index anew */
};

/* Coefficient vectors of a dense matrix: for output vector r and difference x, as in body.h. */
struct FN(pair) {
    vec re[16], im[16];
    vec t[2];         /* of the rotations before: with signs where they are of lanes */
    size_t offset[4]; /* of the vectors of a group */
    unsigned nvectors;
    bool core, turns[2];
};

struct FN(tile) {
    const struct tiling *tiling;
    const struct tiled_pass *pass;
    REAL *blocks;
    REAL *rooms; /* FUSED_PHASES times variants and high factors */
    unsigned m, block_bits, table_bits;
    size_t stride;                 /* reals from block to block */
    size_t room;                   /* reals from room to room */
    const struct FN(route) *route; /* where the pass permutes */
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

#ifndef PERMUTE
/* Lane i is lane index[i] of v. */
INLINE vec FN(permuted)(vec v, ivec index)
{
    vec out = v;
    for (unsigned k = 0; k < VL; k++) out[k] = v[index[k]];
    return out;
}
#define PERMUTE(v, index) FN(permuted)(v, index)
#define LANE_INDEX(lane) (lane)
#endif

/* Distance in scratch between the settings of a position that selects no lane. */
static size_t FN(step_of)(const struct FN(tile) *t, unsigned position)
{
    return position < t->block_bits ? (size_t)1 << position : t->stride << (position - t->block_bits);
}

#include "tile_gather.h"
#include "tile_permute.h"
#include "tile_scatter.h"

#include "tile_group.h"

#include "tile_flip.h"
#include "tile_pair.h"
#include "tile_phase.h"

/* ---- work on a tile ---------------------------------------------------------------------------- */

/* An item of work that stays inside blocks, made ready for the blocks of a tile. */
struct FN(item) {
    const struct work_item *item;
    union {
        struct FN(ready) phases;
        struct FN(pair) pair;
        struct FN(group) group;
    };
};

static void FN(make_item)(struct FN(item) *out, const struct FN(tile) *t, const struct work_item *item,
                          uint64_t outer, size_t room)
{
    const struct tiling *tiling = t->tiling;
    out->item = item;
    if (item->work == WORK_PHASES)
        FN(get_ready)(&out->phases, t, &tiling->phases[item->index], outer, t->rooms + room * t->room);
    else if (item->work == WORK_PAIR) FN(make_pair)(&out->pair, t, &tiling->pairs[item->index]);
    else if (item->work == WORK_GROUP) FN(make_group)(&out->group, t, &tiling->groups[item->index]);
}

static void FN(item_block)(const struct FN(tile) *t, const struct FN(item) *item, uint64_t outer,
                           uint64_t number)
{
    const struct tiling *tiling = t->tiling;
    REAL *block = t->blocks + number * t->stride;
    switch (item->item->work) {
    case WORK_PHASES: FN(phase_block)(block, t, &item->phases, number); break;
    case WORK_GROUP: FN(group_block)(t, &item->group, outer, number); break;
    case WORK_PAIR: FN(pair_on)(t, &tiling->pairs[item->item->index], &item->pair, block); break;
    case WORK_ROTATION: FN(rotate_block)(t, &tiling->rotations[item->item->index], number); break;
    default:
        if (FN(flips_here)(t, &tiling->flips[item->item->index], outer, number))
            FN(flip_block)(t, &tiling->flips[item->item->index], block, block);
    }
}

/* Items that reach across blocks, count of them; returns how many were done at once. */
static size_t FN(items_across)(const struct FN(tile) *t, const struct work_item *items, size_t count,
                               uint64_t outer)
{
    const struct tiling *tiling = t->tiling;
    size_t done = 1;
    switch (items->work) {
    case WORK_GROUP:
        while (done < count && done < FUSED_GROUPS && items[done].work == WORK_GROUP && !items[done].in_block)
            done++;
        FN(group_blocks)(t, items, done, outer);
        break;
    case WORK_PAIR: FN(pair_blocks)(t, &tiling->pairs[items->index]); break;
    case WORK_ROTATION: FN(rotate_blocks)(t, &tiling->rotations[items->index]); break;
    default: FN(flip_blocks)(t, &tiling->flips[items->index], outer);
    }
    return done;
}

/* How many of the items, count of them, go through the blocks one block at a time. */
static size_t FN(fused)(const struct work_item *items, size_t count)
{
    size_t fused = 0, phases = 0;
    for (; fused < count && fused < FUSED_ITEMS && items[fused].in_block; fused++)
        if (items[fused].work == WORK_PHASES && ++phases > FUSED_PHASES) break;
    return fused;
}

static void FN(items_fused)(const struct FN(tile) *t, const struct work_item *items, size_t count,
                            uint64_t outer, struct FN(ahead) *next)
{
    struct FN(item) ready[FUSED_ITEMS];
    size_t room = 0;
    for (size_t k = 0; k < count; k++) {
        FN(make_item)(&ready[k], t, &items[k], outer, room);
        room += items[k].work == WORK_PHASES;
    }
    for (uint64_t b = 0; b < UINT64_C(1) << (t->m - t->block_bits); b++) {
        for (size_t k = 0; k < count; k++) FN(item_block)(t, &ready[k], outer, b);
        FN(ask_ahead)(next);
    }
}

static void FN(run_items)(const struct FN(tile) *t, uint64_t outer, struct FN(ahead) *next)
{
    const struct work_item *items = t->tiling->items + t->pass->first_item;
    size_t left = t->pass->nitems;
    while (left) {
        size_t done = FN(fused)(items, left);
        if (done) FN(items_fused)(t, items, done, outer, next);
        else done = FN(items_across)(t, items, left, outer);
        items += done;
        left -= done;
    }
}

/* How often a tile asks for some of the next one. */
static uint64_t FN(times_to_ask)(const struct FN(tile) *t)
{
    const struct work_item *items = t->tiling->items + t->pass->first_item;
    uint64_t times = 0;
    for (size_t k = 0, done; k < t->pass->nitems; k += done ? done : 1) {
        done = FN(fused)(items + k, t->pass->nitems - k);
        times += done != 0;
    }
    return (times ? times : 1) << (t->m - t->block_bits);
}

static void FN(run_tiles)(const struct tiling *tiling, const struct tiled_pass *pass, void *dst,
                          const void *src, uint64_t first, uint64_t last, void *scratch, bool stream)
{
    struct FN(tile) t = {.tiling = tiling, .pass = pass, .blocks = scratch, .m = pass->m};
    const uint64_t all = (UINT64_C(1) << tiling->nbits) - 1, outer = all & ~pass->local;
    const uint64_t around = ~(outer & pass->active), count = tile_count(pass);
    t.block_bits = t.m < FN(BLOCK_BITS) ? t.m : FN(BLOCK_BITS);
    t.table_bits = t.m < TABLE_BITS ? t.m : TABLE_BITS;
    t.stride = ((size_t)2 << t.block_bits) + BLOCK_PAD / sizeof(REAL);
    t.rooms = t.blocks + (t.stride << (t.m - t.block_bits));
    t.room = (((size_t)2 * FN(TABLE) << VARIANT_BITS) + ((size_t)2 << (t.m - t.table_bits)) + LINE - 1) /
             LINE * LINE;
    struct FN(route) route;
    if (pass->permutes) FN(make_route)(&route, &t);
    t.route = &route;
    const uint64_t times = FN(times_to_ask)(&t);
    const bool tiny = tiling->nbits < t.m;
    for (uint64_t k = first; k < last; k++) {
        const uint64_t base = spread_around(k, around);
        struct FN(ahead) next = {.src = NULL};
        if (k + 1 < count) FN(plan_ahead)(&next, &t, src, spread_around(k + 1, around), times);
        if (pass->from_zero) FN(start_from_zero)(&t);
        else if (tiny) FN(gather_tiny)(&t, src);
        else FN(gather)(&t, src, base);
        FN(run_items)(&t, base, &next);
        if (tiny) FN(scatter_tiny)(&t, dst);
        else FN(scatter)(&t, dst, base, stream);
    }
    if (stream) FENCE();
}

#undef MERGED_SECOND
#undef MERGED_FIRST
#undef ODDS
#undef EVENS
#undef LANE_INDEX
#undef PERMUTE
#undef LINE
#undef LANES
