/* layout.h - where the bits of a form lie in the state, from pass to pass.
 *
 * A SWAP only renames bits.  Those that have to lie elsewhere in the end are brought there by passes: a tile is
 * scattered to where it was gathered from, with its positions exchanged, which costs nothing more. */
#ifndef KETSIM_CORE_PASSES_LAYOUT_H
#define KETSIM_CORE_PASSES_LAYOUT_H

#include "../kernels/tile.h"
#include "form.h"

/* bit: of the form; place: in the index of an amplitude. */
struct layout {
    unsigned nbits;
    uint8_t place[KETSIM_MAX_QUBITS]; /* of a bit */
    uint8_t bit[KETSIM_MAX_QUBITS];   /* at a place */
    uint8_t home[KETSIM_MAX_QUBITS];  /* place of a bit in the end */
    uint64_t away;                    /* bits that are not at home */
};

/* Every bit in the place of its number. */
void layout_init(struct layout *layout, const struct form *form);

/* Every bit is at home where it is. */
void layout_stay(struct layout *layout);

/* The places of a mask of bits, and the other way round. */
uint64_t layout_places(const struct layout *layout, uint64_t bits);
uint64_t layout_bits(const struct layout *layout, uint64_t places);

/* Position of each bit in a tile of these places, or -1. */
void layout_positions(const struct layout *layout, uint64_t local, int *position);

/* How many bits more could go home within a tile of bits when some are added to it. */
unsigned layout_gain(const struct layout *layout, uint64_t bits, uint64_t added);

/* Fill in the exchange of positions that brings every bit home that can go there within the pass. */
void layout_send_home(const struct layout *layout, struct tiled_pass *pass);

/* After the pass. */
void layout_follow(struct layout *layout, const struct tiled_pass *pass);

#endif
