/* route.h - which bits to keep in a tile, pass by pass. */
#ifndef KETSIM_CORE_PASSES_ROUTE_H
#define KETSIM_CORE_PASSES_ROUTE_H

#include "layout.h"
#include "walk.h"

/* The m bits, among them those in the lowest lowest places, that let about the most steps run and bring the most bits
 * home for the amplitudes there are when the bits in active places may be 1; walk ends where they lead.  slowly: let
 * amplitudes grow bit by bit. */
uint64_t route_choose(const struct form *form, struct walk *walk, const struct layout *layout, unsigned m,
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
void route_find(const struct form *form, const struct walk *start, unsigned m, unsigned lowest,
                struct route *route);

/* The next of them, or, behind the last, what route_choose() gives. */
uint64_t route_next(const struct form *form, struct walk *walk, const struct layout *layout, unsigned m,
                    unsigned lowest, uint64_t active, struct route *route);

#endif
