/* tiled.h - what the rest of the core asks about passes over tiles: how much is in them. */
#ifndef KETSIM_CORE_TILED_H
#define KETSIM_CORE_TILED_H

#include "kernels/tile.h"

/* What a pass does to a tile. */
struct tiled_counts {
    size_t groups, moving,
        across; /* register groups; of those, with flips, and of positions that select blocks */
    size_t rotations, flips, dense, cores;
    size_t phases, linked; /* tables of phases; of those, with more than one set of tables */
};

struct tiled_counts tiled_count(const struct tiling *tiling, const struct tiled_pass *pass);

/* How far a pass reaches: tiles, the amplitudes worked on in them, and those read from memory and written. */
struct tiled_extent {
    uint64_t tiles, amps, read, written;
};

struct tiled_extent tiled_extent(const struct tiling *tiling, const struct tiled_pass *pass);

/* Arithmetic an amplitude, in sweeps of one gate; at least 1. */
unsigned tiled_weight(const struct tiling *tiling, const struct tiled_pass *pass);

/* Bytes that all its arrays take. */
size_t tiled_bytes(const struct tiling *tiling);

#endif
