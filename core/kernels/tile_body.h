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
    FN(NEAR) = 2048 / sizeof(REAL), /* reals of the state that are asked for before they are reached */
    FN(TABLE) = 1 << TABLE_BITS
};

_Static_assert((2 << FN(BLOCK_BITS))*sizeof(REAL) == BLOCK_BYTES, "a block has its size");

/* Phases of one layer made ready for a tile. */
struct FN(ready) {
    const struct phases *phases;
    const REAL *sets[TABLE_SETS]; /* first tables, 2 x TABLE reals each */
    uint8_t ones[TABLE_SETS];     /* see struct phases */
    const REAL *high;             /* real parts, then imaginary parts; NULL: all 1 */
    REAL *product;                /* room for the product of a table of each set but the first */
    uint32_t made_for;            /* setting of the high positions that product is for, or NOT_MADE */
    uint64_t outer;               /* bits of the state outside the tile */
};
#define NOT_MADE UINT32_MAX

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
    REAL *rooms; /* for tables and high factors of up to FUSED_PHASES phases */
    unsigned m, block_bits, table_bits;
    size_t stride;                 /* reals from block to block */
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

/* All lanes x: a subtraction of 0, unlike an addition, keeps every x and so is none. */
INLINE vec FN(all)(REAL x)
{
    return x - (vec){0};
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

/* Columns of the blocks: chunk reals side by side from at on in each block, in whose second half the imaginary parts are,
 * and what lies at the other settings of the positions inside, which are at least log2 chunk; they are 0 in at. */
struct FN(columns) {
    uint64_t inside;
    size_t at, chunk;
};

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
#include "tile_tables.h"

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

/* Returns what is left of the room. */
static REAL *FN(make_item)(struct FN(item) *out, const struct FN(tile) *t, const struct work_item *item,
                           uint64_t outer, REAL *room)
{
    const struct tiling *tiling = t->tiling;
    out->item = item;
    if (item->work == WORK_PHASES)
        return FN(get_ready)(&out->phases, t, &tiling->phases[item->index], outer, room);
    if (item->work == WORK_PAIR) FN(make_pair)(&out->pair, t, &tiling->pairs[item->index]);
    else if (item->work == WORK_GROUP) FN(make_group)(&out->group, t, &tiling->groups[item->index]);
    return room;
}

static void FN(item_block)(const struct FN(tile) *t, struct FN(item) *item, uint64_t outer, uint64_t number)
{
    const struct tiling *tiling = t->tiling;
    REAL *block = t->blocks + number * t->stride;
    switch (item->item->work) {
    case WORK_PHASES: FN(phase_block)(block, t, &item->phases, number); break;
    case WORK_GROUP: FN(group_block)(t, &item->group, outer, number); break;
    case WORK_PAIR: FN(pair_on)(t, &tiling->pairs[item->item->index], &item->pair, block); break;
    default:
        if (FN(flips_here)(t, &tiling->flips[item->item->index], outer, number))
            FN(flip_block)(t, &tiling->flips[item->item->index], block, block);
    }
}

/* An item by itself that reaches across blocks. */
static void FN(item_across)(const struct FN(tile) *t, const struct work_item *item, uint64_t outer)
{
    if (item->work == WORK_PAIR) FN(pair_blocks)(t, &t->tiling->pairs[item->index]);
    else if (item->work == WORK_FLIP) FN(flip_blocks)(t, &t->tiling->flips[item->index], outer);
}

/* ---- what goes through the first-level cache together -------------------------------------------- */

/* Items that are done to one part of the tile, then to the next: to blocks, or groups to columns. */
struct FN(stretch) {
    size_t count;
    uint64_t parts; /* 0: it is one item, which takes the tile as a whole */
    bool in_blocks;
    struct FN(columns) columns;
};

/* As many reals side by side as let the columns fit in half of the first-level cache. */
static void FN(size_columns)(const struct FN(tile) *t, struct FN(columns) *columns)
{
    const unsigned most = columns->inside ? low_bit(columns->inside) : t->block_bits;
    const unsigned blocks = t->m - t->block_bits + bit_count(columns->inside);
    const unsigned fit = blocks + LEAST_RUN_BITS < t->block_bits + 1 ? t->block_bits + 1 - blocks
                                                                     : LEAST_RUN_BITS;
    columns->chunk = (size_t)1 << (fit < most ? fit : most);
}

/* Take an item into columns; false when it is no group or makes them too many, as no group does alone. */
static bool FN(join_columns)(const struct FN(tile) *t, struct FN(columns) *columns,
                             const struct work_item *item)
{
    uint64_t inside = columns->inside;
    if (item->work != WORK_GROUP) return false;
    const struct group *g = &t->tiling->groups[item->index];
    for (unsigned j = 0; j < g->npositions; j++)
        if (g->positions[j] < t->block_bits) inside |= UINT64_C(1) << g->positions[j];
    if (bit_count(inside) > MIXED_POSITIONS) return false;
    columns->inside = inside;
    return true;
}

/* The next of the items, left of them. */
static struct FN(stretch)
    FN(next_stretch)(const struct FN(tile) *t, const struct work_item *items, size_t left)
{
    struct FN(stretch) s = {.in_blocks = items->in_block};
    size_t phases = 0;
    for (; s.count < left && s.count < FUSED_ITEMS; s.count++) {
        const struct work_item *item = &items[s.count];
        if (item->in_block != s.in_blocks || (item->work == WORK_PHASES && phases++ == FUSED_PHASES)) break;
        if (!s.in_blocks && !FN(join_columns)(t, &s.columns, item)) break;
    }
    if (s.in_blocks) {
        s.parts = UINT64_C(1) << (t->m - t->block_bits);
    } else if (s.count) {
        FN(size_columns)(t, &s.columns);
        s.parts = ((UINT64_C(2) << t->block_bits) / s.columns.chunk) >> bit_count(s.columns.inside);
    } else {
        s.count = 1;
    }
    return s;
}

static void FN(run_stretch)(const struct FN(tile) *t, const struct work_item *items, struct FN(stretch) *s,
                            uint64_t outer, struct FN(ahead) *next, uint64_t runs)
{
    struct FN(item) ready[FUSED_ITEMS];
    REAL *room = t->rooms;
    for (size_t k = 0; k < s->count; k++) room = FN(make_item)(&ready[k], t, &items[k], outer, room);
    for (uint64_t part = 0; part < s->parts; part++) {
        for (size_t k = 0; k < s->count; k++) {
            if (s->in_blocks) FN(item_block)(t, &ready[k], outer, part);
            else FN(group_columns)(t, &ready[k].group, outer, &s->columns);
        }
        s->columns.at = next_around(s->columns.at, s->columns.inside, s->columns.chunk);
        FN(ask_ahead)(next, runs, false);
    }
}

/* Meanwhile the next tile is asked for, so many runs between two parts. */
static void FN(run_items)(const struct FN(tile) *t, uint64_t outer, struct FN(ahead) *next, uint64_t runs)
{
    const struct work_item *items = t->tiling->items + t->pass->first_item;
    struct FN(stretch) s;
    for (size_t left = t->pass->nitems; left; left -= s.count, items += s.count) {
        s = FN(next_stretch)(t, items, left);
        if (s.parts) FN(run_stretch)(t, items, &s, outer, next, runs);
        else FN(item_across)(t, items, outer);
    }
}

/* How often a tile asks for some of the next one. */
static uint64_t FN(times_to_ask)(const struct FN(tile) *t)
{
    const struct work_item *items = t->tiling->items + t->pass->first_item;
    uint64_t times = 0;
    for (size_t k = 0; k < t->pass->nitems;) {
        const struct FN(stretch) s = FN(next_stretch)(t, items + k, t->pass->nitems - k);
        times += s.parts;
        k += s.count;
    }
    return times ? times : 1;
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
    struct FN(route) route;
    if (pass->permutes) FN(make_route)(&route, &t);
    t.route = &route;
    const uint64_t times = count > 1 ? FN(times_to_ask)(&t) : 1;
    const bool tiny = tiling->nbits < t.m;
    for (uint64_t k = first; k < last; k++) {
        const uint64_t base = spread_around(k, around);
        struct FN(ahead) next = {.from = NULL};
        if (k + 1 < count)
            FN(plan_ahead)(&next, &t, (const REAL *)src + 2 * spread_around(k + 1, around), pass->active);
        if (pass->from_zero) FN(start_from_zero)(&t);
        else if (tiny) FN(gather_tiny)(&t, src);
        else FN(gather)(&t, src, base);
        FN(run_items)(&t, base, &next, next.from ? ((UINT64_C(1) << t.m) / next.run + times - 1) / times : 0);
        if (tiny) FN(scatter_tiny)(&t, dst);
        else FN(scatter)(&t, dst, base, stream);
    }
    if (stream) FENCE();
}

#include "tile_read.h"
#include "tile_twin.h"

#undef NOT_MADE
#undef MERGED_SECOND
#undef MERGED_FIRST
#undef ODDS
#undef EVENS
#undef LANE_INDEX
#undef PERMUTE
#undef LINE
#undef LANES
