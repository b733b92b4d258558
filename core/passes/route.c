/* route.c - the local bits of one pass after the other: a greedy choice. */
#include "route.h"

#include <math.h>
#include <string.h>

#include "../bits.h"

/* What a phase that links a candidate to the chosen bits is worth, in steps: it unlocks more later. */
static const double LINK_WORTH = 0.3;

/* What a bit that comes to where it belongs is worth, in steps: it has to come there in some pass. */
static const double HOME_WORTH = 1.5;

/* What a choice of bits is made from. */
struct choice {
    const struct form *form;
    const struct layout *layout;
    unsigned m, lowest; /* bits of the tile; places that are always in it */
    uint64_t active;    /* bits that may be 1 already */
};

/* Local bits, where they lead, and what they bring. */
struct option {
    uint64_t local;
    struct walk walk;
    double value, rate; /* rate: for the amplitudes there are then */
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

/* The best bit to add, or the best two; 0 when none lets a step run or some bit go home, with at most so many bits
 * outside active. */
static uint64_t best_addition(const struct choice *c, const struct option *now, unsigned most_new,
                              bool from_top)
{
    const unsigned nbits = c->form->nbits, room = c->m - bit_count(now->local);
    uint64_t best = 0;
    double most = 0;
    for (unsigned k = 0; k < nbits; k++) {
        const unsigned bit = from_top ? nbits - 1 - k : k;
        if (now->local >> bit & 1) continue;
        for (unsigned home = 0; home < (c->layout->away ? 2 : 1); home++) {
            const uint64_t added = addition(c, &now->walk, bit, home) & ~now->local;
            if (!added || bit_count(added) > room) continue;
            if (bit_count((now->local | added) & ~c->active) > most_new) continue;
            const double value = worth(c, &now->walk, now->local, added);
            if (value > most) most = value, best = added;
        }
    }
    return best;
}

static void add_bits(const struct choice *c, struct option *now, uint64_t added)
{
    if (c->layout->away) now->value += HOME_WORTH * layout_gain(c->layout, now->local, added);
    now->value += walk_on(c->form, &now->walk, now->local | added, added);
    now->local |= added;
}

static void keep_better(struct option *best, const struct option *now)
{
    if (now->rate > best->rate) *best = *now;
}

/* What a pass takes, cycles an amplitude: by itself, for a rotation or flip, for each of a dense step's bits. */
static const double PASS_CYCLES = 7, STEP_CYCLES = 0.6, DENSE_CYCLES = 1;

/* Greedy, among equals from the top or from the bottom. */
static void choose(const struct choice *c, const struct walk *from, bool from_top, struct option *best)
{
    struct option now = {.walk = *from};
    uint64_t added = layout_bits(c->layout, (UINT64_C(1) << c->lowest) - 1);
    for (; added; added = best_addition(c, &now, c->m, from_top)) add_bits(c, &now, added);
    now.rate = ldexp(now.value, -(int)bit_count(c->active | now.local));
    keep_better(best, &now);
}

/* The same, but amplitudes grow bit by bit, when no other bit lets a step run; the best on that way is kept: what can be
 * done to few amplitudes is not done to many. */
static void choose_slowly(const struct choice *c, const struct walk *from, bool from_top, struct option *best)
{
    struct option now = {.walk = *from};
    uint64_t added = layout_bits(c->layout, (UINT64_C(1) << c->lowest) - 1);
    for (unsigned most_new = bit_count(added & ~c->active); most_new <= c->m; most_new++) {
        for (; added; added = best_addition(c, &now, most_new, from_top)) add_bits(c, &now, added);
        const double cycles = PASS_CYCLES + STEP_CYCLES * now.value;
        now.rate = ldexp(now.value / cycles, -(int)bit_count(c->active | now.local));
        keep_better(best, &now);
        if (bit_count(now.local) == c->m) break;
        added = best_addition(c, &now, most_new + 1, from_top);
    }
}

/* Bits that fill the tile and let no step run: longer runs cost nothing, more amplitudes do. */
static uint64_t filled(const struct choice *c, uint64_t local)
{
    const uint64_t all = (UINT64_C(1) << c->form->nbits) - 1;
    const uint64_t fillers[] = {c->active | local, all};
    for (unsigned k = 0; k < 2; k++)
        for (unsigned place = 0; bit_count(local) < c->m && place < c->form->nbits; place++)
            local |= UINT64_C(1) << c->layout->bit[place] & fillers[k];
    return local;
}

uint64_t route_choose(const struct form *form, struct walk *walk, const struct layout *layout, unsigned m,
                      unsigned lowest, uint64_t active, bool slowly)
{
    if (m >= form->nbits) { /* then nothing waits for another pass */
        memcpy(walk->at, form->last, sizeof walk->at);
        return (UINT64_C(1) << form->nbits) - 1;
    }
    const struct choice c = {form, layout, m, lowest, layout_bits(layout, active)};
    struct option best = {.rate = -1};
    for (unsigned from_top = 0; from_top < 2; from_top++) {
        if (slowly && active) choose_slowly(&c, walk, from_top, &best);
        else choose(&c, walk, from_top, &best);
    }
    *walk = best.walk;
    return filled(&c, best.local);
}

/* Cycles of the steps between two points of a walk. */
static double cycles_between(const struct form *form, const struct walk *from, const struct walk *to)
{
    double cycles = 0;
    for (unsigned bit = 0; bit < form->nbits; bit++)
        for (uint32_t at = from->at[bit]; at != to->at[bit]; at = form->epochs[at].next)
            cycles += form->epochs[at].step == STEP_DENSE ? DENSE_CYCLES : STEP_CYCLES;
    return cycles;
}

/* The passes of a form from a label, chosen in one way, as far as there is room for them. */
static void follow(const struct form *form, const struct walk *start, unsigned m, unsigned lowest,
                   bool slowly, struct route *route)
{
    struct layout layout;
    struct walk walk = *start;
    uint64_t active = 0;
    *route = (struct route){.slowly = slowly};
    layout_init(&layout, form);
    while (!walk_ended(form, &walk) || layout.away) {
        const struct walk before = walk;
        const uint64_t local = route_choose(form, &walk, &layout, m, lowest, active, slowly);
        struct tiled_pass pass = {.local = layout_places(&layout, local)};
        layout_send_home(&layout, &pass);
        layout_follow(&layout, &pass);
        active |= pass.local;
        route->cycles += ldexp(PASS_CYCLES + cycles_between(form, &before, &walk),
                               (int)(bit_count(active) - form->nbits));
        if (route->length < ROUTE_PASSES) route->local[route->length++] = local;
    }
}

void route_find(const struct form *form, const struct walk *start, unsigned m, unsigned lowest,
                struct route *route)
{
    struct route slow;
    follow(form, start, m, lowest, false, route);
    if (route->cycles < 3 * PASS_CYCLES) return; /* little to gain */
    follow(form, start, m, lowest, true, &slow);
    if (slow.cycles < route->cycles) *route = slow;
}

uint64_t route_next(const struct form *form, struct walk *walk, const struct layout *layout, unsigned m,
                    unsigned lowest, uint64_t active, struct route *route)
{
    if (route->taken == route->length)
        return route_choose(form, walk, layout, m, lowest, active, route->slowly);
    const uint64_t local = route->local[route->taken++];
    walk_on(form, walk, local, local);
    return local;
}
