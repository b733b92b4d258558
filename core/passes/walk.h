/* walk.h - how far along its epochs each bit is, and which bits to keep in a tile. */
#ifndef KETSIM_CORE_PASSES_WALK_H
#define KETSIM_CORE_PASSES_WALK_H

#include "form.h"
#include "layout.h"

struct walk {
    uint32_t at[KETSIM_MAX_QUBITS]; /* epoch of each bit whose step has not run */
};

/* Whether a term's bits all stand at the epochs it belongs to. */
bool walk_meets(const struct form *form, const struct walk *walk, const struct term *term);

/* Whether the flip that a term is the condition of has run. */
bool walk_has_flipped(const struct form *form, const struct walk *walk, const struct term *term);

/* Whether all steps have run. */
bool walk_ended(const struct form *form, const struct walk *walk);

/* Run every step that needs no bit outside local, starting with those of bits; returns how many ran. */
unsigned walk_on(const struct form *form, struct walk *walk, uint64_t local, uint64_t bits);

/* The m bits, among them those in the lowest lowest places, that let about the most steps run and bring the most bits
 * home for the amplitudes there are when the bits in active places may be 1; walk ends where they lead.  slowly: let
 * amplitudes grow bit by bit. */
uint64_t walk_choose(const struct form *form, struct walk *walk, const struct layout *layout, unsigned m,
                     unsigned lowest, uint64_t active, bool slowly);

/* Local bits of the first passes of a form, found in advance. */
enum { ROUTE_PASSES = 64 };
struct route {
    uint64_t local[ROUTE_PASSES];
    unsigned length, taken;
    bool slowly;   /* how the passes after them are to be chosen */
    double cycles; /* about what all take, for each amplitude of the whole state */
};

/* The better way to choose all passes of a form from a label. */
void walk_route(const struct form *form, const struct walk *start, unsigned m, unsigned lowest,
                struct route *route);

/* The next of them, or, behind the last, what walk_choose() gives. */
uint64_t walk_pass(const struct form *form, struct walk *walk, const struct layout *layout, unsigned m,
                   unsigned lowest, uint64_t active, struct route *route);

#endif
