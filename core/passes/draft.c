/* draft.c - flips and rotations as one group. */
#include "draft.h"

#include <stddef.h>
#include <string.h>

#include "../bits.h"

static const lane_map LANES_STAY = 0xfedcba9876543210, EACH_LANE = 0x1111111111111111;

void draft_start(struct draft *d, bool in_block, bool descending)
{
    memset(d, 0, offsetof(struct draft, conditions));
    d->group.moves = NO_MOVES;
    d->group.descending = descending;
    d->in_block = in_block;
}

/* Maps that move nothing, once the first flip comes; conditions copy them for settings of their own. */
static void start_moves(struct draft *d)
{
    if (d->moves) return;
    d->moves = true;
    for (unsigned k = 0; k < ALL_VECTORS; k++) {
        d->place[0][k] = (uint8_t)k;
        d->lanes[0][k] = LANES_STAY;
    }
}

/* ---- flips in a group ---------------------------------------------------------------------------- */

static unsigned index_of(const struct draft *d, unsigned position)
{
    unsigned j = 0;
    while (d->group.positions[j] != position) j++;
    return j;
}

/* Bits of the vector's number that stand for positions of mask. */
static unsigned vector_bits(const struct draft *d, uint32_t mask)
{
    unsigned bits = 0;
    for (uint32_t m = mask & d->mask; m; m &= m - 1) bits |= 1u << index_of(d, low_bit(m));
    return bits;
}

/* What of a flip's conditions lies outside the group. */
static struct flip outside(const struct builder *b, const struct draft *d, const struct flip *f)
{
    const uint32_t inside = d->mask | lane_mask(b);
    return (struct flip){f->outer_mask, f->outer_values, f->mask & ~inside, f->values & ~inside, 0};
}

/* Number of the condition among those of the group, which may have to take it in; -1 when there is no room. */
static int condition_of(struct draft *d, const struct flip *c)
{
    for (int k = 0; k < d->nconditions; k++)
        if (d->conditions[k].outer_mask == c->outer_mask &&
            d->conditions[k].outer_values == c->outer_values && d->conditions[k].mask == c->mask &&
            d->conditions[k].values == c->values)
            return k;
    if (d->nconditions == GROUP_CONDITIONS) return -1;
    start_moves(d);
    for (unsigned s = 0; s < 1u << d->nconditions; s++) {
        const unsigned with = s | 1u << d->nconditions;
        memcpy(d->place[with], d->place[s], sizeof d->place[s]);
        memcpy(d->lanes[with], d->lanes[s], sizeof d->lanes[s]);
    }
    d->conditions[d->nconditions] = *c;
    return d->nconditions++;
}

/* A flip of lanes where those of mask have their values, after the map. */
static lane_map flip_lanes(lane_map map, const struct flip *f, uint32_t mask)
{
    lane_map off = (map ^ EACH_LANE * (f->values & mask)) & EACH_LANE * mask; /* not as the flip wants it */
    off |= off >> 2 & EACH_LANE * 3;
    off |= off >> 1;
    return map ^ (~off & EACH_LANE) << f->target;
}

/* Follow the flip with what every vector and lane has become, under each setting of the conditions.  A second time takes
 * it back. */
static void apply_flip(const struct builder *b, struct draft *d, const struct flip *f, int condition)
{
    const bool on_lane = f->target < b->lanes;
    const unsigned vectors = vector_bits(d, f->mask), vector_values = vector_bits(d, f->values & f->mask);
    const uint32_t lanes = f->mask & lane_mask(b);
    const unsigned moved = on_lane ? 0 : 1u << index_of(d, f->target);
    start_moves(d);
    for (unsigned s = 0; s < 1u << d->nconditions; s++) {
        if (condition >= 0 && !(s >> condition & 1)) continue;
        for (unsigned k = 0; k < 1u << d->group.npositions; k++) {
            if ((d->place[s][k] ^ vector_values) & vectors) continue;
            if (on_lane) d->lanes[s][k] = flip_lanes(d->lanes[s][k], f, lanes);
            else d->place[s][k] ^= (uint8_t)moved;
        }
    }
}

bool draft_holds(const struct builder *b, uint32_t positions)
{
    const uint32_t vectors = positions & ~lane_mask(b), low = (1u << LEAST_MIXED) - 1;
    const uint32_t inside = vectors & ((1u << b->block_bits) - 1);
    if (bit_count(vectors) > b->group_positions) return false;
    return inside == vectors || (!(inside & low) && bit_count(inside) <= MIXED_POSITIONS);
}

/* Whether the group may take one more position. */
static bool takes(const struct builder *b, const struct draft *d, unsigned position)
{
    if (d->moves || position < b->lanes) return false; /* the maps are of the positions there were */
    if (d->in_block && position >= b->block_bits) return false;
    return draft_holds(b, d->mask | 1u << position);
}

static void add_position(struct draft *d, unsigned position)
{
    struct group *g = &d->group;
    unsigned j = g->npositions++;
    for (; j && g->positions[j - 1] > position; j--) {
        g->positions[j] = g->positions[j - 1];
        g->epoch[j] = g->epoch[j - 1];
    }
    g->positions[j] = (uint8_t)position;
    const unsigned below = (1u << j) - 1;
    g->rotated = (uint8_t)((g->rotated & below) | (g->rotated & ~below) << 1);
    d->mask |= 1u << position;
}

/* The permutations of lanes that moves go through. */
struct permutations {
    lane_map maps[MOST_PERMUTATIONS];
    unsigned count;
};

/* Number of a map among the permutations, or -1. */
static int permutation_of(struct permutations *out, lane_map map)
{
    for (unsigned p = 0; p < out->count; p++)
        if (out->maps[p] == map) return (int)p;
    if (out->count == MOST_PERMUTATIONS) return -1;
    out->maps[out->count] = map;
    return (int)out->count++;
}

/* Whether the lanes go through no more permutations than moves have room for. */
static bool fits(const struct draft *d)
{
    struct permutations found = {.count = 0};
    if (d->nconditions + d->group.npositions <= 3) return true;
    for (unsigned s = 0; s < 1u << d->nconditions; s++)
        for (unsigned k = 0; k < 1u << d->group.npositions; k++)
            if (permutation_of(&found, d->lanes[s][k]) < 0) return false;
    return true;
}
_Static_assert(1 << 3 <= MOST_PERMUTATIONS, "so few settings and vectors have room for any");

void draft_moves(const struct builder *b, struct moves *out, const struct draft *d)
{
    struct permutations found = {.count = 0};
    *out = (struct moves){.nconditions = d->nconditions};
    memcpy(out->conditions, d->conditions, d->nconditions * sizeof *out->conditions);
    for (unsigned s = 0; s < 1u << d->nconditions; s++)
        for (unsigned k = 0; k < 1u << d->group.npositions; k++) {
            out->place[s][k] = d->place[s][k];
            out->lanes[s][k] = (uint8_t)permutation_of(&found, d->lanes[s][k]);
        }
    for (unsigned p = 0; p < found.count; p++)
        for (unsigned lane = 0; lane < 1u << b->lanes; lane++)
            out->from[p][found.maps[p] >> 4 * lane & 15] = (uint8_t)lane;
    out->permutes = found.count > 1 || found.maps[0] != LANES_STAY;
}

/* Whether the group could carry out a flip, positions and room apart. */
static bool suits(const struct builder *b, const struct draft *d, const struct flip *f)
{
    return f->target < b->lanes ? d->in_block : !(f->mask & lane_mask(b));
}

bool draft_take(const struct builder *b, struct draft *d, const struct flip *f)
{
    const bool on_lane = f->target < b->lanes;
    if (!suits(b, d, f) || (!on_lane && !(d->mask >> f->target & 1))) return false;
    const struct flip c = outside(b, d, f);
    const bool asks = c.outer_mask || c.mask;
    const uint8_t nconditions = d->nconditions;
    const bool moves = d->moves;
    const int condition = asks ? condition_of(d, &c) : -1;
    if (asks && condition < 0) return false;
    apply_flip(b, d, f, condition);
    if (!on_lane || fits(d)) return true;
    apply_flip(b, d, f, condition);
    d->nconditions = nconditions;
    d->moves = moves;
    return false;
}

bool draft_want(const struct builder *b, struct draft *d, const struct flip *f)
{
    if (!suits(b, d, f)) return false;
    if (f->target < b->lanes || d->mask >> f->target & 1) return true;
    if (!takes(b, d, f->target)) return false;
    add_position(d, f->target);
    return true;
}

void draft_turn(const struct builder *b, struct draft *d, const struct turn *turn)
{
    if (turn->position < b->lanes) {
        d->group.lanes_rotated |= (uint8_t)(1u << turn->position);
        d->group.lane_epoch[turn->position] = turn->epoch;
        return;
    }
    add_position(d, turn->position);
    const unsigned j = index_of(d, turn->position);
    d->group.rotated |= (uint8_t)(1u << j);
    d->group.epoch[j] = turn->epoch;
}
