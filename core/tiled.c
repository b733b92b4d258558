/* tiled.c - counting what is in passes over tiles. */
#include "tiled.h"

#include "bits.h"

static void count_group(struct tiled_counts *counts, const struct group *group, bool in_block)
{
    counts->groups++;
    counts->moving += group->moves != NO_MOVES;
    counts->across += !in_block;
    counts->rotations += bit_count(group->rotated) + bit_count(group->lanes_rotated);
}

static void count_pair(struct tiled_counts *counts, const struct pair_matrix *pair)
{
    counts->cores += pair->core;
    counts->dense += !pair->core;
    counts->rotations += pair->core ? pair->turns[0] + pair->turns[1] : 0;
}

struct tiled_counts tiled_count(const struct tiling *tiling, const struct tiled_pass *pass)
{
    struct tiled_counts counts = {0};
    for (size_t k = 0; k < pass->nitems; k++) {
        const struct work_item *item = &tiling->items[pass->first_item + k];
        switch (item->work) {
        case WORK_PHASES:
            counts.phases++;
            counts.linked += tiling->phases[item->index].nsets > 1;
            break;
        case WORK_GROUP: count_group(&counts, &tiling->groups[item->index], item->in_block); break;
        case WORK_PAIR: count_pair(&counts, &tiling->pairs[item->index]); break;
        case WORK_READ: break;
        default: counts.flips++;
        }
    }
    return counts;
}

/* The last pass from a product state also writes zeros over what no gate has touched. */
struct tiled_extent tiled_extent(const struct tiling *tiling, const struct tiled_pass *pass)
{
    const uint64_t tiles = tile_count(pass), amps = tiles << pass->m;
    return (struct tiled_extent){.tiles = tiles,
                                 .amps = amps,
                                 .read = pass->from_zero ? 0 : UINT64_C(1) << bit_count(pass->active),
                                 .written = pass->clear ? UINT64_C(1) << tiling->nbits : amps};
}

/* Eight rotations as a sweep; the rest in rotations. */
unsigned tiled_weight(const struct tiling *tiling, const struct tiled_pass *pass)
{
    const struct tiled_counts counts = tiled_count(tiling, pass);
    return 1 + (unsigned)((counts.rotations + counts.groups + 2 * counts.flips + 4 * counts.phases +
                           16 * counts.dense + 12 * counts.cores) /
                          8);
}

size_t tiled_bytes(const struct tiling *tiling)
{
    return tiling->npasses * sizeof *tiling->passes + tiling->nitems * sizeof *tiling->items +
           tiling->ngroups * sizeof *tiling->groups + tiling->nmoves * sizeof *tiling->moves +
           tiling->nflips * sizeof *tiling->flips + tiling->nphases * sizeof *tiling->phases +
           tiling->nfactors * sizeof *tiling->factors + tiling->nlinks * sizeof *tiling->links +
           tiling->npairs * sizeof *tiling->pairs + tiling->nreads * sizeof *tiling->reads +
           tiling->number_bytes;
}
