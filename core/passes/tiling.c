/* tiling.c - the passes of a circuit, and the work of each, but for its numbers. */
#include "tiling.h"

#include <stdlib.h>
#include <string.h>

#include "../bits.h"
#include "../cplx.h"
#include "../stops.h"
#include "builder.h"
#include "numbers.h"

/* Rotations, each up to the root of 2, until phases can pay scales: a float goes to 2^127; see phases.c. */
enum { MOST_UNPAID = 64 };

/* With so many bits outside a tile a run takes long enough to look for the better way to choose all passes. */
enum { LEAST_OUTSIDE = 4 };

enum { LOOK = 512 }; /* items between two looks at the limits */

unsigned tiling_bits(unsigned nbits, ketsim_dtype dtype)
{
    const unsigned most = dtype == KETSIM_COMPLEX128 ? 14
                                                     : 15; /* 256 KiB: half of a small second-level cache */
    const unsigned whole = 14,
                   several = 3; /* one tile of what one thread runs; of more eight, for threads to share */
    if (nbits <= whole) return nbits > LEAST_RUN_BITS ? nbits : LEAST_RUN_BITS;
    return nbits - several < most ? nbits - several : most;
}

/* ---- phases ------------------------------------------------------------------------------------ */

static void add_factor(struct builder *b, uint32_t source)
{
    if (!BUILDER_RESERVE(b, out.factors, out.nfactors, factor_capacity, 1)) return;
    b->out.factors[b->out.nfactors++] = source;
}

/* Put the phases of a bit's epoch that can be applied now into the current object. */
static void add_phases(struct builder *b, unsigned bit)
{
    const struct form *form = b->form;
    const struct epoch *epoch = &form->epochs[b->walk.at[bit]];
    const uint64_t mask = UINT64_C(1) << bit;
    if (!(b->phase_done & mask) && !c_is_one(epoch->phase)) add_factor(b, b->walk.at[bit]);
    b->phase_done |= mask;
    for (uint32_t k = epoch->terms; k != FORM_NONE; k = form->refs[k].next) {
        const uint32_t index = form->refs[k].term;
        const struct term *term = &form->terms[index];
        if (b->done[index] || term->flip != FORM_NONE || !walk_meets(form, &b->walk, term)) continue;
        if (!c_is_one(term->factor)) add_factor(b, FACTOR_TERM | index);
        b->done[index] = true;
    }
}

/* All phases that some bit of mask can have now, as one object. */
static void collect(struct builder *b, uint64_t mask)
{
    const size_t first = b->out.nfactors;
    const bool pays = b->unpaid >= MOST_UNPAID;
    for (; mask && !b->out_of_memory; mask &= mask - 1) add_phases(b, low_bit(mask));
    b->unclean = 0;
    if ((b->out.nfactors == first && !pays) ||
        !BUILDER_RESERVE(b, out.phases, out.nphases, phases_capacity, 1))
        return;
    b->out.phases[b->out.nphases] = (struct phases){.first_factor = first,
                                                    .nfactors = b->out.nfactors - first};
    builder_add_item(b, WORK_PHASES, (uint32_t)b->out.nphases++, true);
    b->unpaid = 0;
}

/* ---- layers ------------------------------------------------------------------------------------ */

void builder_add_item(struct builder *b, enum work_kind work, uint32_t index, bool in_block)
{
    if (!BUILDER_RESERVE(b, out.items, out.nitems, item_capacity, 1)) return;
    b->out.items[b->out.nitems++] = (struct work_item){index, (uint8_t)work, in_block};
    if (b->out.nitems % LOOK == 0 && limits_go_on("plan", 0) != KETSIM_OK) b->out_of_memory = true;
}

static void rotate(struct builder *b, unsigned bit)
{
    const uint8_t position = (uint8_t)b->position[bit];
    struct turn *turns = b->layer.turns;
    unsigned k = b->layer.nturns++;
    for (; k && turns[k - 1].position > position; k--) turns[k] = turns[k - 1];
    turns[k] = (struct turn){b->walk.at[bit], position};
    b->unpaid++;
    ready_step(b, bit);
}

static void flip(struct builder *b, unsigned bit)
{
    const struct epoch *epoch = &b->form->epochs[b->walk.at[bit]];
    const struct term *term = &b->form->terms[epoch->dense];
    struct flip flip = {.target = (uint8_t)b->position[bit]};
    if (!BUILDER_RESERVE(b, layer.flips, layer.nflips, layer.flip_capacity, 1)) return;
    for (uint64_t m = term->mask; m; m &= m - 1) {
        const int p = b->position[low_bit(m)];
        const uint64_t value = term->values >> low_bit(m) & 1;
        if (p < 0) {
            flip.outer_mask |= UINT64_C(1) << b->layout.place[low_bit(m)];
            flip.outer_values |= value << b->layout.place[low_bit(m)];
        } else {
            flip.mask |= 1u << p;
            flip.values |= (uint32_t)value << p;
        }
    }
    b->layer.flips[b->layer.nflips++] = flip;
    ready_step(b, bit);
}

static void add_pair(struct builder *b, unsigned bit)
{
    const struct epoch *epoch = &b->form->epochs[b->walk.at[bit]];
    const struct dense *dense = &b->form->dense[epoch->dense];
    if (!BUILDER_RESERVE(b, out.pairs, out.npairs, pair_capacity, 1)) return;
    struct pair_matrix *pair = &b->out.pairs[b->out.npairs];
    *pair = (struct pair_matrix){.dense = epoch->dense,
                                 .core = dense->core,
                                 .turns = {dense->t[0] != 0, dense->t[1] != 0},
                                 .high = (uint8_t)b->position[dense->high],
                                 .low = (uint8_t)b->position[dense->low]};
    builder_add_item(b, WORK_PAIR, (uint32_t)b->out.npairs++,
                     pair->high < b->block_bits && pair->low < b->block_bits);
    b->unpaid += dense->core ? 2 : 0;
    ready_step(b, epoch->mate);
    ready_step(b, bit);
}

static void add_pairs(struct builder *b, uint64_t paired)
{
    while (paired && !b->out_of_memory) {
        const unsigned bit = low_bit(paired);
        paired &= ~(UINT64_C(1) << bit | UINT64_C(1) << b->form->epochs[b->walk.at[bit]].mate);
        add_pair(b, bit);
    }
}

static void add_reads(struct builder *b, uint64_t read)
{
    for (; read && BUILDER_RESERVE(b, out.reads, out.nreads, read_capacity, 1); read &= read - 1) {
        const unsigned bit = low_bit(read);
        const struct read_step *reading = &b->form->readings[b->form->epochs[b->walk.at[bit]].dense];
        b->out.reads[b->out.nreads++] = (struct read){.number = reading->number,
                                                      .position = (uint8_t)b->position[bit],
                                                      .wanted = reading->wanted,
                                                      .flipped = reading->flipped,
                                                      .negated = reading->negated,
                                                      .last = !(read & (read - 1))};
        ready_step(b, bit);
    }
}

/* Flips that need no phase any more, and those that they let run. */
static void add_flips(struct builder *b, uint64_t local)
{
    uint64_t flipped;
    while (ready_find(b, local), !b->out_of_memory && (flipped = ready_without_phase(b, b->ready.flipped)))
        for (; flipped && !b->out_of_memory; flipped &= flipped - 1) flip(b, low_bit(flipped));
}

/* Bits whose epochs this pass ends. */
static uint64_t waiting_bits(const struct builder *b, uint64_t local)
{
    uint64_t waiting = 0;
    for (uint64_t m = local; m; m &= m - 1)
        if (b->walk.at[low_bit(m)] != b->end.at[low_bit(m)]) waiting |= m & -m;
    return waiting;
}

/* A layer; false when no step can run.  Phases cost as much as four rotations however many they are, so they wait
 * until nothing can do without them. */
static bool add_layer(struct builder *b, uint64_t local)
{
    b->layer.nturns = 0;
    b->layer.nflips = 0;
    if (b->unpaid >= MOST_UNPAID) collect(b, waiting_bits(b, local));
    add_flips(b, local);
    if (b->layer.nflips) { /* those of one layer come after its rotations */
        groups_emit(b);
        return !b->out_of_memory;
    }
    struct ready ready = ready_all_without_phase(b, local);
    if (!ready.rotated && !ready.paired && !ready.read) {
        ready = b->ready;
        if (!ready.flipped && !ready.rotated && !ready.paired && !ready.read) return false;
        collect(b, waiting_bits(b, local));
    }
    if (ready.read) { /* and what waits for it comes along */
        builder_add_item(b, WORK_READ, (uint32_t)b->out.nreads, false);
        add_reads(b, ready.read);
        ready = ready_all_without_phase(b, local);
    }
    for (uint64_t m = ready.rotated; m && !b->out_of_memory; m &= m - 1) rotate(b, low_bit(m));
    add_flips(b, local);
    groups_emit(b);
    add_pairs(b, ready.paired);
    return !b->out_of_memory;
}

/* ---- passes ------------------------------------------------------------------------------------ */

/* Bits that have not come to their last epoch: of a form that ends in |0...0>, the others are 0.  And the lowest, so that
 * tiles are gathered in whole vectors. */
static uint64_t unfinished(const struct builder *b)
{
    uint64_t bits = (1 << LEAST_RUN_BITS) - 1;
    for (unsigned bit = 0; bit < b->form->nbits; bit++)
        bits |= (uint64_t)(b->walk.at[bit] != b->form->last[bit]) << bit;
    return bits;
}

/* The next pass; active: see struct tiled_pass.  Returns whether it was the last: of the steps, and every bit has come
 * to where it belongs. */
static bool add_pass(struct builder *b, unsigned m, uint64_t *active)
{
    if (!BUILDER_RESERVE(b, out.passes, out.npasses, pass_capacity, 1)) return true;
    struct tiled_pass *pass = &b->out.passes[b->out.npasses++];
    const uint64_t all = (UINT64_C(1) << b->form->nbits) - 1;
    if (b->form->to_zero) *active = unfinished(b);
    const uint64_t local = route_next(b->form, &b->end, &b->layout, m, LEAST_RUN_BITS, *active, &b->route);
    *pass = (struct tiled_pass){.local = layout_places(&b->layout, local),
                                .active = *active,
                                .m = m,
                                .from_zero = b->form->from_label && !*active,
                                .first_item = b->out.nitems,
                                .first_read = b->out.nreads};
    layout_positions(&b->layout, pass->local, b->position);
    layout_send_home(&b->layout, pass);
    b->block_bits = m < tile_block_bits(b->out.dtype) ? m : tile_block_bits(b->out.dtype);
    b->stale = all;
    b->ready = (struct ready){0, 0, 0, 0};
    while (add_layer(b, local)) continue;
    *active |= pass->local;
    struct layout after = b->layout;
    layout_follow(&after, pass);
    const bool last = walk_ended(b->form, &b->walk) && !after.away;
    if (last) {
        collect(b, all);
        pass->clear = b->form->from_label ? all & ~*active : 0;
    }
    b->layout = after;
    b->unpaid = 0;
    pass->nitems = b->out.nitems - pass->first_item;
    pass->nreads = b->out.nreads - pass->first_read;
    return last;
}

bool tiling_init(struct tiling *tiling, const struct form *form, ketsim_dtype dtype, unsigned m,
                 const struct kernel_set *set, const struct route *route)
{
    struct builder b = {
        .form = form, .lanes = set->lane_bits[dtype] + 1, .group_positions = set->group_positions};
    uint64_t active = form->from_label ? 0 : (UINT64_C(1) << form->nbits) - 1;
    b.out.nbits = form->nbits;
    b.out.dtype = dtype;
    memcpy(b.walk.at, form->first, sizeof b.walk.at);
    b.end = b.walk;
    if (form->to_zero) b.route = *route;
    else if (form->from_label && form->nbits >= m + LEAST_OUTSIDE)
        route_find(form, &b.walk, m, LEAST_RUN_BITS, &b.route);
    layout_init(&b.layout, form);
    if (form->to_zero) layout_stay(&b.layout);
    b.done = calloc(form->nterms + 1, sizeof *b.done);
    b.out_of_memory = !b.done;
    while (!b.out_of_memory && !add_pass(&b, m, &active)) continue;
    free(b.done);
    free(b.layer.flips);
    *tiling = b.out;
    return !b.out_of_memory && tiling_fill(tiling, form);
}

/* A copy of count items, or NULL; of none, too, there is one. */
static void *copy_of(const void *items, size_t count, size_t size)
{
    void *copy = malloc(count * size + 1);
    if (copy && count) memcpy(copy, items, count * size);
    return copy;
}

#define COPY(items, count) (tiling->items = copy_of(like->items, like->count, sizeof *like->items)) != NULL

bool tiling_rebind(struct tiling *tiling, const struct tiling *like, const struct form *form)
{
    *tiling = (struct tiling){.nbits = like->nbits,
                              .dtype = like->dtype,
                              .npasses = like->npasses,
                              .nitems = like->nitems,
                              .ngroups = like->ngroups,
                              .nmoves = like->nmoves,
                              .nflips = like->nflips,
                              .nphases = like->nphases,
                              .nfactors = like->nfactors,
                              .npairs = like->npairs,
                              .nreads = like->nreads};
    return COPY(passes, npasses) && COPY(items, nitems) && COPY(groups, ngroups) && COPY(moves, nmoves) &&
           COPY(flips, nflips) && COPY(phases, nphases) && COPY(factors, nfactors) && COPY(pairs, npairs) &&
           COPY(reads, nreads) && tiling_fill(tiling, form);
}

void tiling_clear(struct tiling *tiling)
{
    free(tiling->passes);
    free(tiling->items);
    free(tiling->groups);
    free(tiling->moves);
    free(tiling->factors);
    free(tiling->flips);
    free(tiling->phases);
    free(tiling->tables);
    free(tiling->highs);
    free(tiling->links);
    free(tiling->pairs);
    free(tiling->reads);
}
