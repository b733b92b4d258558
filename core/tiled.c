/* tiled.c - counting what is in passes over tiles. */
#include "tiled.h"

#include "bits.h"

struct tiled_counts tiled_count(const struct tiling *tiling, const struct tiled_pass *pass)
{
    struct tiled_counts counts = {.layers = pass->nlayers};
    for (size_t k = 0; k < pass->nlayers; k++) {
        const struct layer *layer = &tiling->layers[pass->first_layer + k];
        counts.rotations += layer->nrotations;
        counts.phases += layer->phases >= 0;
        counts.flips += layer->nflips;
        counts.dense += layer->pair >= 0;
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

/* Tables of phases cost about as much as 4 rotations, a dense matrix as 16; 8 rotations as a sweep. */
unsigned tiled_weight(const struct tiling *tiling, const struct tiled_pass *pass)
{
    const struct tiled_counts counts = tiled_count(tiling, pass);
    return 1 + (unsigned)((counts.rotations + 4 * counts.phases + 16 * counts.dense) / 8);
}

/* Of tables there is at most one an object of phases. */
size_t tiled_bytes(const struct tiling *tiling)
{
    const size_t real = tiling->dtype == KETSIM_COMPLEX128 ? sizeof(double) : sizeof(float);
    return tiling->npasses * sizeof *tiling->passes + tiling->nlayers * sizeof *tiling->layers +
           tiling->nrotations * sizeof *tiling->rotations + tiling->nflips * sizeof *tiling->flips +
           tiling->nphases * sizeof *tiling->phases + (tiling->nphases << TABLE_BITS) * 2 * real +
           tiling->nhighs * sizeof *tiling->highs + tiling->nlinks * sizeof *tiling->links +
           tiling->npairs * sizeof *tiling->pairs;
}
