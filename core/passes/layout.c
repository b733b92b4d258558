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

void layout_stay(struct layout *layout)
{
    memcpy(layout->home, layout->place, sizeof layout->home);
    layout->away = 0;
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

/* The place where each bit of the tile goes: home, or, if that lies outside, where those that go home leave one free. */
static void find_ways(const struct layout *layout, uint64_t local, uint8_t *goes)
{
    uint8_t comes_from[KETSIM_MAX_QUBITS]; /* place whose bit has its home here; this one: there is none */
    for (unsigned place = 0; place < layout->nbits; place++) comes_from[place] = (uint8_t)place;
    for (uint64_t m = local; m; m &= m - 1) {
        const unsigned home = layout->home[layout->bit[low_bit(m)]];
        if (local >> home & 1) comes_from[home] = (uint8_t)low_bit(m);
    }
    for (uint64_t m = local; m; m &= m - 1) {
        unsigned way = layout->home[layout->bit[low_bit(m)]];
        if (!(local >> way & 1))
            for (way = low_bit(m); comes_from[way] != way;) way = comes_from[way];
        goes[low_bit(m)] = (uint8_t)way;
    }
}

/* Position of a place in a tile. */
static uint8_t position_of(uint64_t local, unsigned place)
{
    return (uint8_t)bit_count(local & ((UINT64_C(1) << place) - 1));
}

void layout_send_home(const struct layout *layout, struct tiled_pass *pass)
{
    uint8_t goes[KETSIM_MAX_QUBITS];
    if (!layout->away) return;
    for (unsigned p = 0; p < MAX_TILE_BITS; p++) pass->to[p] = (uint8_t)p;
    find_ways(layout, pass->local, goes);
    for (uint64_t m = pass->local; m; m &= m - 1) {
        const unsigned place = low_bit(m);
        pass->to[position_of(pass->local, place)] = position_of(pass->local, goes[place]);
        pass->permutes |= goes[place] != place;
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
