/* builder.h - a tiling in the making. */
#ifndef KETSIM_CORE_PASSES_BUILDER_H
#define KETSIM_CORE_PASSES_BUILDER_H

#include "list.h"
#include "route.h"
#include "tiling.h"

/* A rotation of the layer in the making. */
struct turn {
    uint32_t epoch;
    uint8_t position;
};

/* Rotations in ascending positions, then flips in their order. */
struct layer {
    struct turn turns[MAX_TILE_BITS];
    unsigned nturns;
    struct flip *flips;
    size_t nflips, flip_capacity;
};

/* Bits whose steps can run, by kind; of a dense step both bits. */
struct ready {
    uint64_t rotated, flipped, paired, read;
};

struct builder {
    const struct form *form;
    struct tiling out;
    unsigned lanes, block_bits; /* positions that select a lane; that stay inside a block */
    unsigned group_positions;   /* that go into a group, at most */
    size_t pass_capacity, item_capacity, group_capacity, moves_capacity, flip_capacity, phases_capacity,
        factor_capacity, pair_capacity, read_capacity;
    bool out_of_memory;

    struct walk walk, end;           /* where the bits are, and where they will be after this pass */
    struct route route;              /* passes that have been chosen */
    bool *done;                      /* terms that have been placed */
    uint64_t phase_done;             /* bits whose phase of the current epoch has been placed */
    struct ready ready;              /* what is known of the bits that are not stale */
    uint64_t stale;                  /* bits to look at again: something they may have waited for has run */
    uint64_t clean, unclean;         /* bits with no phase left, or some, as far as that is known */
    struct layout layout;            /* at this pass */
    int position[KETSIM_MAX_QUBITS]; /* of a bit in the tile, or -1 */
    struct layer layer;
    unsigned unpaid; /* rotations since scales have been paid */
};

#define BUILDER_RESERVE(b, items, length, capacity, count)                                         \
    (list_reserve((void **)&(b)->items, &(b)->capacity, (b)->length, count, sizeof *(b)->items) || \
     ((b)->out_of_memory = true, false))

void builder_add_item(struct builder *b, enum work_kind work, uint32_t index, bool in_block);

/* Look at stale bits of local. */
void ready_find(struct builder *b, uint64_t local);

/* Those of some bits that wait for no phase; all of local whose steps can run without a phase before. */
uint64_t ready_without_phase(struct builder *b, uint64_t bits);
struct ready ready_all_without_phase(struct builder *b, uint64_t local);

/* The bit's step runs. */
void ready_step(struct builder *b, unsigned bit);

/* The layer's rotations and flips as groups and what does not fit in one. */
void groups_emit(struct builder *b);

#endif
