/* groups.c - a layer's rotations and flips as register groups.
 *
 * Rotations go three or four positions at a time, those of lanes together with a group of vectors.  A flip whose rotations
 * have run costs nothing: the vectors of the group that holds its target are stored elsewhere, as the flip's other
 * positions say.  Only a flip of vectors under a lane's condition has to be carried out. */
#include <stdlib.h>

#include "../bits.h"
#include "draft.h"

/* What of a layer has not been emitted. */
struct rest {
    uint32_t unturned; /* positions whose rotations wait */
    bool *flipped;     /* flips that have been emitted */
    size_t nflips;     /* that have not */
};

/* Give each flip that nothing before it keeps from being next to draft_take(), or only see to it that the group has its
 * target.  Flips commute unless one's target is in the other. */
static void each_free_flip(struct builder *b, struct rest *rest, struct draft *d, bool take)
{
    uint32_t targets = 0, conditions = 0;
    for (size_t k = 0; k < b->layer.nflips; k++) {
        const struct flip *f = &b->layer.flips[k];
        const uint32_t target = 1u << f->target;
        if (rest->flipped[k]) continue;
        const bool is_free = !((f->mask | target) & rest->unturned) && !(f->mask & targets) &&
                             !(target & conditions);
        if (is_free && (take ? draft_take(b, d, f) : draft_want(b, d, f))) {
            rest->flipped[k] = take;
            rest->nflips -= take;
        } else {
            targets |= target;
            conditions |= f->mask;
        }
    }
}

/* ---- emission ------------------------------------------------------------------------------------ */

/* In blocks also where it was meant for flips across them and took in none. */
static void emit(struct builder *b, const struct draft *d)
{
    if (!d->group.rotated && !d->group.lanes_rotated && !d->moves) return;
    if (!BUILDER_RESERVE(b, out.groups, out.ngroups, group_capacity, 1) ||
        !BUILDER_RESERVE(b, out.moves, out.nmoves, moves_capacity, 1))
        return;
    struct group *g = &b->out.groups[b->out.ngroups];
    *g = d->group;
    if (d->moves) {
        draft_moves(b, &b->out.moves[b->out.nmoves], d);
        g->moves = (uint32_t)b->out.nmoves++;
    }
    builder_add_item(b, WORK_GROUP, (uint32_t)b->out.ngroups++, !(d->mask >> b->block_bits));
}

static void emit_flip(struct builder *b, const struct flip *f)
{
    if (!BUILDER_RESERVE(b, out.flips, out.nflips, flip_capacity, 1)) return;
    b->out.flips[b->out.nflips] = *f;
    builder_add_item(b, WORK_FLIP, (uint32_t)b->out.nflips++, f->target < b->block_bits);
}

/* The group with all flips that it can carry out. */
static void finish(struct builder *b, struct rest *rest, struct draft *d)
{
    if (rest->nflips) {
        each_free_flip(b, rest, d, false);
        each_free_flip(b, rest, d, true);
    }
    emit(b, d);
}

/* Flips after all rotations: groups for the targets of those that are next, and one by one what has no group. */
static void emit_flips(struct builder *b, struct rest *rest)
{
    while (rest->nflips && !b->out_of_memory) {
        size_t next = 0;
        while (rest->flipped[next]) next++;
        const struct flip *f = &b->layer.flips[next];
        const size_t before = rest->nflips;
        struct draft d;
        draft_start(&d, f->target < b->block_bits, false);
        finish(b, rest, &d);
        if (rest->nflips < before) continue;
        emit_flip(b, f);
        rest->flipped[next] = true;
        rest->nflips--;
    }
}

/* ---- rotations ----------------------------------------------------------------------------------- */

/* As many of the turns as go into one group, in the direction of step. */
static unsigned group_length(const struct builder *b, const struct turn *turn, unsigned left, int step,
                             uint32_t *positions)
{
    unsigned length = 0;
    *positions = 0;
    for (; length < left && draft_holds(b, *positions | 1u << turn->position); length++, turn += step)
        *positions |= 1u << turn->position;
    return length;
}

static void emit_turns(struct builder *b, struct rest *rest, bool descending)
{
    const int step = descending ? -1 : 1;
    const struct turn *turn = b->layer.turns + (descending ? b->layer.nturns - 1 : 0);
    for (unsigned left = b->layer.nturns, length; left && !b->out_of_memory; left -= length) {
        struct draft d;
        uint32_t positions;
        length = group_length(b, turn, left, step, &positions);
        draft_start(&d, !(positions >> b->block_bits), descending);
        for (unsigned k = 0; k < length; k++, turn += step) draft_turn(b, &d, turn);
        rest->unturned &= ~positions;
        finish(b, rest, &d);
    }
}

/* Flips that go from high to low positions, one after the other, follow rotations that do the same; those without a
 * condition follow any. */
static bool goes_down(const struct layer *layer)
{
    size_t down = 0, count = 0;
    unsigned last = 0;
    for (size_t k = 0; k < layer->nflips; k++) {
        const struct flip *f = &layer->flips[k];
        if (!(f->mask | f->outer_mask)) continue;
        down += f->target < last;
        last = f->target;
        count++;
    }
    return 2 * down > count;
}

void groups_emit(struct builder *b)
{
    struct rest rest = {.flipped = calloc(b->layer.nflips + 1, sizeof *rest.flipped),
                        .nflips = b->layer.nflips};
    if (!rest.flipped) {
        b->out_of_memory = true;
        return;
    }
    for (unsigned k = 0; k < b->layer.nturns; k++) rest.unturned |= 1u << b->layer.turns[k].position;
    emit_turns(b, &rest, goes_down(&b->layer));
    emit_flips(b, &rest);
    free(rest.flipped);
}
