/* layout.c - bits on their way home. */
#include "layout.h"

#include <string.h>

#include "../bits.h"

static void find_away(struct layout *layout)
{
    layout->away = 0;
    for (unsigned bit = 0; bit < layout->nbits; bit++) {
        layout->bit[layout->place[bit]] = (uint8_t)bit;
        if (layout->place[bit] != layout->home[bit]) layout->away |= UINT64_C(1) << bit;
    }
}

void layout_init(struct layout *layout, const struct form *form)
{
    layout->nbits = form->nbits;
    for (unsigned bit = 0; bit < form->nbits; bit++) {
        layout->place[bit] = (uint8_t)bit;
        layout->home[form->place[bit]] = (uint8_t)bit;
    }
    find_away(layout);
}

uint64_t layout_places(const struct layout *layout, uint64_t bits)
{
    uint64_t places = 0;
    for (; bits; bits &= bits - 1) places |= UINT64_C(1) << layout->place[low_bit(bits)];
    return places;
}

uint64_t layout_bits(const struct layout *layout, uint64_t places)
{
    uint64_t bits = 0;
    for (; places; places &= places - 1) bits |= UINT64_C(1) << layout->bit[low_bit(places)];
    return bits;
}

void layout_positions(const struct layout *layout, uint64_t local, int *position)
{
    int next = 0;
    for (unsigned place = 0; place < layout->nbits; place++)
        position[layout->bit[place]] = local >> place & 1 ? next++ : -1;
}

unsigned layout_gain(const struct layout *layout, uint64_t bits, uint64_t added)
{
    const uint64_t all = bits | added;
    unsigned gain = 0;
    for (uint64_t m = layout->away & all; m; m &= m - 1) {
        const uint64_t other = UINT64_C(1) << layout->bit[layout->home[low_bit(m)]];
        gain += (other & all) && ((other | (m & -m)) & added);
    }
    return gain;
}

/* ---- exchanges ----------------------------------------------------------------------------------- */

/* The place that a bit leaves to nobody when those before it on the way from place have moved up: there it goes whose
 * own home is outside the tile. */
static unsigned vacated(const uint8_t *comes_from, unsigned place)
{
    while (comes_from[place] != place) place = comes_from[place];
    return place;
}

void layout_send_home(const struct layout *layout, struct tiled_pass *pass)
{
    uint8_t comes_from[KETSIM_MAX_QUBITS]; /* place whose bit goes to this one; this one: nobody's does */
    uint8_t at[KETSIM_MAX_QUBITS];         /* position of a place */
    unsigned next = 0;
    if (!layout->away) return;
    for (unsigned place = 0; place < layout->nbits; place++) {
        comes_from[place] = (uint8_t)place;
        at[place] = (uint8_t)(pass->local >> place & 1 ? next++ : 0);
    }
    for (unsigned p = 0; p < MAX_TILE_BITS; p++) pass->to[p] = (uint8_t)p;
    for (uint64_t m = pass->local; m; m &= m - 1) {
        const unsigned home = layout->home[layout->bit[low_bit(m)]];
        if (pass->local >> home & 1) comes_from[home] = (uint8_t)low_bit(m);
    }
    for (uint64_t m = pass->local; m; m &= m - 1) {
        const unsigned place = low_bit(m), home = layout->home[layout->bit[place]];
        const unsigned goes = pass->local >> home & 1 ? home : vacated(comes_from, place);
        pass->to[at[place]] = at[goes];
        pass->permutes |= goes != place;
    }
}

void layout_follow(struct layout *layout, const struct tiled_pass *pass)
{
    uint8_t places[MAX_TILE_BITS], bits[MAX_TILE_BITS];
    unsigned count = 0;
    if (!pass->permutes) return;
    for (uint64_t m = pass->local; m; m &= m - 1, count++) {
        places[count] = (uint8_t)low_bit(m);
        bits[count] = layout->bit[low_bit(m)];
    }
    for (unsigned p = 0; p < count; p++) layout->place[bits[p]] = places[pass->to[p]];
    find_away(layout);
}
