/* tile_body.h - the kernels on tiles, written once.  Included by body.h, whose vectors and macros it uses.
 *
 * Scratch holds a tile as blocks of 2^BLOCK_BITS amplitudes, each block all real parts and then all imaginary
 * parts, with a line of padding after each block so that equal offsets of blocks do not share a cache set.  A
 * real rotation treats both parts alike: to it a block is one array of reals.  Positions below LANES select a lane
 * of a vector, those below the block bits a vector of a block, the others a block.
 *
 * Every amplitude sees the same operations in the same order on every ISA, whatever a position selects. */
#define LANES (LANE_BITS + 1)
#define PAD (64 / (size_t)sizeof(REAL))

enum {
    FN(BLOCK_BITS) = sizeof(REAL) == 8 ? 10 : 11, /* BLOCK_BYTES */
    FN(CHUNK) = 1024 / sizeof(REAL), /* reals of a block that a sweep over blocks takes at a time */
    FN(TABLE) = 1 << TABLE_BITS
};

_Static_assert((2 << FN(BLOCK_BITS))*sizeof(REAL) == BLOCK_BYTES, "a block has its size");

/* Phases of one layer made ready for a tile. */
struct FN(ready) {
    const struct phases *phases;
    const REAL *table;     /* 2 x TABLE reals; NULL: all 1 */
    REAL *variants;        /* room for tables by the linked positions */
    REAL *high;            /* re and im of each factor, one after the other; NULL: all 1 */
    uint64_t outer;        /* bits of the state outside the tile */
    bool varied, per_high; /* tables are in variants; they are made for each high index anew */
};

/* Coefficient vectors of a dense matrix: for output vector r and difference x, as in body.h. */
struct FN(pair) {
    vec re[16], im[16];
    size_t offset[4]; /* of the vectors of a group */
    unsigned nvectors;
};

/* What is made ready of a layer for the blocks of a tile. */
struct FN(layer) {
    struct FN(ready) phases;
    struct FN(pair) pair;
};

struct FN(tile) {
    const struct tiling *tiling;
    const struct tiled_pass *pass;
    REAL *blocks;
    REAL *rooms; /* FUSED_LAYERS times variants and high factors */
    unsigned m, block_bits, table_bits;
    size_t stride; /* reals from block to block */
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

#include "tile_gather.h"
#include "tile_rotate.h"

#include "tile_flip.h"
#include "tile_pair.h"
#include "tile_phase.h"

/* ---- layers ------------------------------------------------------------------------------------ */

/* Rotations of a layer by what their positions select: count of lanes, of vectors; the rest are blocks. */
static void FN(divide)(const struct FN(tile) *t, const struct layer *layer, size_t *nlanes, size_t *nvectors)
{
    const struct rotation *r = t->tiling->rotations + layer->first_rotation;
    *nlanes = *nvectors = 0;
    for (size_t k = 0; k < layer->nrotations; k++) {
        *nlanes += r[k].position < LANES;
        *nvectors += r[k].position >= LANES && r[k].position < t->block_bits;
    }
}

/* The part of a layer that stays inside blocks, on one block. */
static void FN(layer_block)(const struct FN(tile) *t, const struct layer *layer,
                            const struct FN(layer) *ready, uint64_t outer, uint64_t number)
{
    REAL *block = t->blocks + number * t->stride;
    const struct rotation *r = t->tiling->rotations + layer->first_rotation;
    const size_t length = (size_t)2 << t->block_bits;
    size_t nlanes, nvectors;
    FN(divide)(t, layer, &nlanes, &nvectors);
    if (layer->phases >= 0) FN(phase_block)(block, t, &ready->phases, number);
    if (nlanes) FN(turn_lanes)(block, length, r, nlanes);
    if (nvectors) FN(turn_block)(block, length, r + nlanes, nvectors);
    const struct flip *flips = t->tiling->flips + layer->first_flip;
    for (size_t k = 0; k < layer->nflips; k++)
        if (flips[k].target < t->block_bits && FN(flips_here)(t, &flips[k], outer, number))
            FN(flip_block)(t, &flips[k], block, block);
    const struct pair_matrix *pair = FN(block_pair)(t, layer);
    if (pair) FN(pair_on)(t, pair, &ready->pair, block);
}

/* The rest of a layer; whether there is any. */
static bool FN(layer_rest)(const struct FN(tile) *t, const struct layer *layer, uint64_t outer, bool run)
{
    const struct rotation *r = t->tiling->rotations + layer->first_rotation;
    const struct flip *flips = t->tiling->flips + layer->first_flip;
    size_t nlanes, nvectors;
    FN(divide)(t, layer, &nlanes, &nvectors);
    const size_t nblocks = layer->nrotations - nlanes - nvectors;
    const bool pairs_blocks = layer->pair >= 0 && !FN(block_pair)(t, layer);
    bool any = nblocks || pairs_blocks;
    if (run && nblocks) FN(turn_blocks)(t, r + nlanes + nvectors, nblocks);
    for (size_t k = 0; k < layer->nflips; k++) {
        if (flips[k].target < t->block_bits) continue;
        any = true;
        if (run) FN(flip_blocks)(t, &flips[k], outer);
    }
    if (run && pairs_blocks) FN(pair_blocks)(t, &t->tiling->pairs[layer->pair]);
    return any;
}

/* End of the layers from first on that go through the blocks one block at a time: only the last has a rest. */
static size_t FN(fused_end)(const struct FN(tile) *t, size_t first)
{
    const struct layer *layers = t->tiling->layers + t->pass->first_layer;
    size_t end = first;
    while (end < t->pass->nlayers && end - first < FUSED_LAYERS)
        if (FN(layer_rest)(t, &layers[end++], 0, false)) break;
    return end;
}

static void FN(get_layer_ready)(struct FN(layer) *ready, const struct FN(tile) *t, const struct layer *layer,
                                uint64_t outer, size_t number)
{
    const size_t room = ((size_t)2 * FN(TABLE) << VARIANT_BITS) + ((size_t)2 << (t->m - t->table_bits)) + PAD;
    const struct pair_matrix *pair = FN(block_pair)(t, layer);
    if (layer->phases >= 0)
        FN(get_ready)(&ready->phases, t, &t->tiling->phases[layer->phases], outer,
                      t->rooms + number * room / PAD * PAD);
    if (pair) FN(make_pair)(&ready->pair, t, pair);
}

static void FN(run_layers)(const struct FN(tile) *t, uint64_t outer, struct FN(ahead) *next)
{
    const struct layer *layers = t->tiling->layers + t->pass->first_layer;
    const uint64_t nblocks = UINT64_C(1) << (t->m - t->block_bits);
    for (size_t first = 0, last; first < t->pass->nlayers; first = last) {
        struct FN(layer) ready[FUSED_LAYERS];
        last = FN(fused_end)(t, first);
        for (size_t k = first; k < last; k++)
            FN(get_layer_ready)(&ready[k - first], t, &layers[k], outer, k - first);
        for (uint64_t b = 0; b < nblocks; b++) {
            for (size_t k = first; k < last; k++) FN(layer_block)(t, &layers[k], &ready[k - first], outer, b);
            FN(ask_ahead)(next);
        }
        FN(layer_rest)(t, &layers[last - 1], outer, true);
    }
}

/* How often a tile asks for some of the next one. */
static uint64_t FN(times_to_ask)(const struct FN(tile) *t)
{
    uint64_t groups = 0;
    for (size_t k = 0; k < t->pass->nlayers; k = FN(fused_end)(t, k)) groups++;
    return (groups ? groups : 1) << (t->m - t->block_bits);
}

static void FN(run_tiles)(const struct tiling *tiling, const struct tiled_pass *pass, void *dst,
                          const void *src, uint64_t first, uint64_t last, void *scratch, bool stream)
{
    struct FN(tile) t = {.tiling = tiling, .pass = pass, .blocks = scratch, .m = pass->m};
    const uint64_t all = (UINT64_C(1) << tiling->nbits) - 1, outer = all & ~pass->local;
    const uint64_t around = ~(outer & pass->active), count = tile_count(pass);
    t.block_bits = t.m < FN(BLOCK_BITS) ? t.m : FN(BLOCK_BITS);
    t.table_bits = t.m < TABLE_BITS ? t.m : TABLE_BITS;
    t.stride = ((size_t)2 << t.block_bits) + PAD;
    t.rooms = t.blocks + (t.stride << (t.m - t.block_bits));
    const uint64_t times = FN(times_to_ask)(&t);
    for (uint64_t k = first; k < last; k++) {
        const uint64_t base = spread_around(k, around);
        struct FN(ahead) next = {.src = NULL};
        if (k + 1 < count) FN(plan_ahead)(&next, &t, src, spread_around(k + 1, around), times);
        if (pass->from_zero) FN(start_from_zero)(&t);
        else FN(gather)(&t, src, base);
        FN(run_layers)(&t, base, &next);
        FN(scatter)(&t, dst, base, stream);
    }
    if (stream) FENCE();
}

#undef MERGED_SECOND
#undef MERGED_FIRST
#undef ODDS
#undef EVENS
#undef PAD
#undef LANES
