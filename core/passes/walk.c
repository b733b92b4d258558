/* walk.c - steps that can run, and a greedy choice of local bits. */
#include "walk.h"

#include <math.h>

#include "../bits.h"

/* What a phase that links a candidate to the chosen bits is worth, in steps: it unlocks more later. */
static const double LINK_WORTH = 0.3;

/* What a bit that comes to where it belongs is worth, in steps: it has to come there in some pass. */
static const double HOME_WORTH = 1.5;

bool walk_meets(const struct form *form, const struct walk *walk, const struct term *term)
{
    unsigned r = term->refs;
    for (uint64_t m = term->mask; m; m &= m - 1)
        if (walk->at[low_bit(m)] != form->refs[r++].epoch) return false;
    return true;
}

bool walk_ended(const struct form *form, const struct walk *walk)
{
    for (unsigned bit = 0; bit < form->nbits; bit++)
        if (walk->at[bit] != form->last[bit]) return false;
    return true;
}

/* Whether every bit of a term has come as far as the term. */
static bool term_reached(const struct form *form, const struct walk *walk, const struct term *term)
{
    unsigned r = term->refs;
    for (uint64_t m = term->mask; m; m &= m - 1)
        if (form->epochs[walk->at[low_bit(m)]].number < form->epochs[form->refs[r++].epoch].number)
            return false;
    return true;
}

bool walk_has_flipped(const struct form *form, const struct walk *walk, const struct term *term)
{
    const struct epoch *epoch = &form->epochs[term->flip];
    return form->epochs[walk->at[epoch->bit]].number > epoch->number;
}

/* Whether the terms of an epoch do not keep its step from running. */
static bool terms_reached(const struct form *form, const struct walk *walk, uint32_t epoch)
{
    for (uint32_t k = form->epochs[epoch].terms; k != FORM_NONE; k = form->refs[k].next) {
        const struct term *term = &form->terms[form->refs[k].term];
        if (term->flip != FORM_NONE ? !walk_has_flipped(form, walk, term) : !term_reached(form, walk, term))
            return false;
    }
    return true;
}

static bool can_step(const struct form *form, const struct walk *walk, uint64_t local, unsigned bit)
{
    const struct epoch *epoch = &form->epochs[walk->at[bit]];
    if (epoch->step == STEP_NONE) return false;
    if (epoch->step == STEP_DENSE &&
        (!(local >> epoch->mate & 1) || walk->at[epoch->mate] != epoch->mate_epoch ||
         !terms_reached(form, walk, epoch->mate_epoch)))
        return false;
    if (epoch->step == STEP_FLIP && !term_reached(form, walk, &form->terms[epoch->dense])) return false;
    return terms_reached(form, walk, walk->at[bit]);
}

/* Move a bit to its next epoch; returns the bits that may have waited for it. */
static uint64_t step(const struct form *form, struct walk *walk, unsigned bit)
{
    const struct epoch *epoch = &form->epochs[walk->at[bit]];
    uint64_t waiting = UINT64_C(1) << bit;
    if (epoch->step == STEP_FLIP) waiting |= form->terms[epoch->dense].mask;
    walk->at[bit] = epoch->next;
    epoch = &form->epochs[epoch->next];
    if (epoch->step == STEP_DENSE) waiting |= UINT64_C(1) << epoch->mate;
    for (uint32_t k = epoch->terms; k != FORM_NONE; k = form->refs[k].next) {
        const struct term *term = &form->terms[form->refs[k].term];
        waiting |= term->mask;
        if (term->flip != FORM_NONE) waiting |= UINT64_C(1) << form->epochs[term->flip].bit;
    }
    return waiting;
}

unsigned walk_on(const struct form *form, struct walk *walk, uint64_t local, uint64_t bits)
{
    unsigned count = 0;
    while (bits &= local) {
        const unsigned bit = low_bit(bits);
        bits &= bits - 1;
        if (!can_step(form, walk, local, bit)) continue;
        const struct epoch *epoch = &form->epochs[walk->at[bit]];
        if (epoch->step == STEP_DENSE) bits |= step(form, walk, epoch->mate);
        bits |= step(form, walk, bit);
        count++;
    }
    return count;
}

/* What a choice of bits is made from. */
struct choice {
    const struct form *form;
    const struct layout *layout;
    unsigned m, lowest; /* bits of the tile; places that are always in it */
};

/* What adding some bits to local would bring. */
static double worth(const struct choice *c, const struct walk *walk, uint64_t local, uint64_t added)
{
    const struct form *form = c->form;
    struct walk trial = *walk;
    const unsigned steps = walk_on(form, &trial, local | added, added);
    double links = 0;
    for (uint64_t m = steps ? added : 0; m; m &= m - 1)
        for (uint32_t k = form->epochs[walk->at[low_bit(m)]].terms; k != FORM_NONE; k = form->refs[k].next)
            links += (form->terms[form->refs[k].term].mask & local) != 0;
    const double homes = c->layout->away ? layout_gain(c->layout, local, added) : 0;
    return ((double)steps + LINK_WORTH * links + HOME_WORTH * homes) / bit_count(added);
}

/* What may be worth to be added together with a bit outside local: the other bit of its dense step; the bit in the place
 * where it belongs.  0: nothing. */
static uint64_t addition(const struct choice *c, const struct walk *walk, unsigned bit, bool home)
{
    const struct epoch *epoch = &c->form->epochs[walk->at[bit]];
    uint64_t added = UINT64_C(1) << bit;
    if (home)
        return c->layout->away & added ? added | UINT64_C(1) << c->layout->bit[c->layout->home[bit]] : 0;
    if (epoch->step == STEP_NONE && !(c->layout->away & added)) return 0;
    return epoch->step == STEP_DENSE ? added | UINT64_C(1) << epoch->mate : added;
}

/* The best bit to add, or the best two; 0 when none lets a step run or some bit go home. */
static uint64_t best_addition(const struct choice *c, const struct walk *walk, uint64_t local, bool from_top)
{
    const unsigned nbits = c->form->nbits, room = c->m - bit_count(local);
    uint64_t best = 0;
    double most = 0;
    for (unsigned k = 0; k < nbits; k++) {
        const unsigned bit = from_top ? nbits - 1 - k : k;
        if (local >> bit & 1) continue;
        for (unsigned home = 0; home < (c->layout->away ? 2 : 1); home++) {
            const uint64_t added = addition(c, walk, bit, home) & ~local;
            if (!added || bit_count(added) > room) continue;
            const double value = worth(c, walk, local, added);
            if (value > most) most = value, best = added;
        }
    }
    return best;
}

/* Greedy, among equals from the top or from the bottom; adds up what it brings. */
static uint64_t choose(const struct choice *c, struct walk *walk, bool from_top, double *value)
{
    const uint64_t lowest = layout_bits(c->layout, (UINT64_C(1) << c->lowest) - 1);
    uint64_t local = 0, added = lowest;
    while (added) {
        if (c->layout->away) *value += HOME_WORTH * layout_gain(c->layout, local, added);
        *value += walk_on(c->form, walk, local | added, added);
        local |= added;
        added = best_addition(c, walk, local, from_top);
    }
    return local;
}

uint64_t walk_choose(const struct form *form, struct walk *walk, const struct layout *layout, unsigned m,
                     unsigned lowest, uint64_t active)
{
    const struct choice c = {form, layout, m, lowest};
    const uint64_t all = (UINT64_C(1) << form->nbits) - 1;
    if (m >= form->nbits) {
        walk_on(form, walk, all, all);
        return all;
    }
    struct walk down = *walk;
    double up_value = 0, down_value = 0;
    active = layout_bits(layout, active);
    uint64_t local = choose(&c, walk, false, &up_value);
    const uint64_t other = choose(&c, &down, true, &down_value);
    const double up_cost = ldexp(1, (int)bit_count(active | local));
    const double down_cost = ldexp(1, (int)bit_count(active | other));
    if (down_value * up_cost > up_value * down_cost) *walk = down, local = other;
    for (unsigned place = 0; bit_count(local) < m && place < form->nbits; place++)
        local |= UINT64_C(1) << layout->bit[place]; /* longer runs cost nothing */
    return local;
}
