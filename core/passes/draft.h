/* draft.h - a register group in the making. */
#ifndef KETSIM_CORE_PASSES_DRAFT_H
#define KETSIM_CORE_PASSES_DRAFT_H

#include "builder.h"

enum { ALL_SETTINGS = 1 << GROUP_CONDITIONS, ALL_VECTORS = 1 << GROUP_POSITIONS };

/* Where each lane goes, four bits a lane: flips act on all at once. */
typedef uint64_t lane_map;
_Static_assert(MAX_LANES == 4, "a map has four bits for each of 16 lanes");

/* A group in the making, its flips as a map of vectors and lanes, not yet as permutations. */
struct draft {
    struct group group;
    uint32_t mask; /* its positions */
    bool in_block, moves;
    uint8_t nconditions;
    struct flip conditions[GROUP_CONDITIONS];
    uint8_t place[ALL_SETTINGS][ALL_VECTORS];
    lane_map lanes[ALL_SETTINGS][ALL_VECTORS];
};

/* Positions of lanes. */
static inline uint32_t lane_mask(const struct builder *b)
{
    return (1u << b->lanes) - 1;
}

/* Whether positions go into one group, lanes with any vectors: with those that select blocks only a few others, and none
 * of what is next to one another in a cache line. */
bool draft_holds(const struct builder *b, uint32_t positions);

void draft_start(struct draft *d, bool in_block, bool descending);

/* A rotation, for which there is room. */
void draft_turn(const struct builder *b, struct draft *d, const struct turn *turn);

/* Put a flip into the group if it can carry it out. */
bool draft_take(const struct builder *b, struct draft *d, const struct flip *f);

/* Make room for the target of a flip, as if those before it were carried out. */
bool draft_want(const struct builder *b, struct draft *d, const struct flip *f);

/* Its flips as moves. */
void draft_moves(const struct builder *b, struct moves *out, const struct draft *d);

#endif
