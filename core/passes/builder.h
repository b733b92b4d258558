/* builder.h - a tiling in the making. */
#ifndef KETSIM_CORE_PASSES_BUILDER_H
#define KETSIM_CORE_PASSES_BUILDER_H

#include "tiling.h"
#include "walk.h"

struct builder {
    const struct form *form;
    struct tiling out;
    size_t pass_capacity, layer_capacity, rotation_capacity, flip_capacity, phases_capacity, high_capacity,
        link_capacity, pair_capacity;
    ketsim_complex *tables; /* low tables in double */
    size_t ntables, table_capacity;
    bool out_of_memory;

    struct walk walk, end; /* where the bits are, and where they will be after this pass */
    bool *done;            /* terms that have been placed */
    uint64_t phase_done;   /* bits whose phase of the current epoch has been placed */
    double owed;           /* square of the scale of rotations that have been placed, not yet paid */
    double residue;        /* relative error of what has been paid, in squares: it is made up for */
    int position[KETSIM_MAX_QUBITS]; /* of a bit in the tile, or -1 */
    struct phases *phases;           /* being filled, or NULL */
};

#define BUILDER_RESERVE(b, items, length, capacity, count)                                         \
    (list_reserve((void **)&(b)->items, &(b)->capacity, (b)->length, count, sizeof *(b)->items) || \
     ((b)->out_of_memory = true, false))

/* Collect phases into one object: begin, add, end.  The end returns its index, or -1 when it has none. */
void phases_begin(struct builder *b);
void phases_add(struct builder *b, uint64_t mask, uint64_t values, ketsim_complex factor);
int32_t phases_end(struct builder *b);

/* What is owed, rounded to the state's precision; from then on nothing but the rounding error is. */
double builder_pay(struct builder *b);

#endif
