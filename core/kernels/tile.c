/* tile.c - the size of a tile's scratch; the layout stands in tile_body.h. */
#include "tile.h"

size_t tile_scratch_bytes(unsigned m, ketsim_dtype dtype)
{
    const size_t real = dtype == KETSIM_COMPLEX128 ? sizeof(double) : sizeof(float), line = BLOCK_PAD;
    const size_t tile = ((size_t)2 << m) * real, table = ((size_t)2 << TABLE_BITS) * real;
    const size_t high = m > TABLE_BITS ? ((size_t)2 << (m - TABLE_BITS)) * real : 2 * real;
    const size_t blocks = tile < BLOCK_BYTES ? 1 : tile / BLOCK_BYTES;
    const size_t tables = ((size_t)TABLE_SETS << SET_BITS) + 1; /* of a tile, and a product of them */
    return tile + blocks * line + FUSED_PHASES * (tables * table + high + line);
}
