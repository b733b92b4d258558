/* walk.c - which steps can run. */
#include "walk.h"

#include "../bits.h"

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

uint64_t walk_step(const struct form *form, struct walk *walk, unsigned bit)
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
        if (epoch->step == STEP_DENSE) bits |= walk_step(form, walk, epoch->mate);
        bits |= walk_step(form, walk, bit);
        count++;
    }
    return count;
}
