/* tiling.h - passes over memory, each a list of layers on a tile, from the canonical form of a circuit. */
#ifndef KETSIM_CORE_PASSES_TILING_H
#define KETSIM_CORE_PASSES_TILING_H

#include "../kernels/tile.h"
#include "form.h"
#include "route.h"

/* Tile bits for a state of nbits; depends on nothing else, so that results do not. */
unsigned tiling_bits(unsigned nbits, ketsim_dtype dtype);

/* Passes over tiles of 2^m amplitudes, LEAST_TILE_BITS <= m <= MAX_TILE_BITS and nbits, for the kernels of a set; which
 * bits a result has does not depend on the width of their vectors.  Of a form
 * that ends in |0...0> the first passes have the bits of route, and a bit is 0 once its last step has run: then passes leave out where it is 1, and bits stay in their
 * places.  False when memory has run out; clear it either way. */
bool tiling_init(struct tiling *tiling, const struct form *form, ketsim_dtype dtype, unsigned m,
                 const struct kernel_set *set, const struct route *route);

/* The same for a form of the same structure (see form_same()) as the one that like was made from: its passes are taken
 * over, and the outcome is what tiling_init() would give. */
bool tiling_rebind(struct tiling *tiling, const struct tiling *like, const struct form *form);

void tiling_clear(struct tiling *tiling);

#endif
