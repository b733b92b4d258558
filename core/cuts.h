/* cuts.h - a program put in order for adjoint differentiation: undone from its end on, it stops at cuts, and at each
 * cut derivatives by many angles are read at once.
 *
 * The derivative by an angle of U is <lambda| D |psi> right behind U, where D = (dU) U* acts on U's targets under its
 * controls.  What comes later and commutes with D does not change it, and what acts on its targets alone makes of it
 * another matrix on the same targets; so D moves on until something stops it, and with it all that wait.  What turns.h
 * reads on the way needs no cut. */
#ifndef KETSIM_CORE_CUTS_H
#define KETSIM_CORE_CUTS_H

#include "derive.h"
#include "turns.h"

struct cut {
    size_t length;       /* operations to undo before it, from the end of the program on */
    size_t first, count; /* of the derivatives read there; of the last perhaps none */
};

struct cuts {
    struct program undo; /* the inverse of the program, in an order that needs few cuts */
    struct cut *list;    /* the last in time first: as they are met when the program is undone */
    size_t ncuts;
    struct derivative *derivatives; /* each at its cut */
    size_t nderivatives;
    struct turns turns;
    bool to_zero; /* undoing all leads to |0...0> */
};

/* Where turned, with readings on the way; then label may be the product state that the program starts from, or NULL.
 * Fails with KETSIM_ERR_MEMORY; what was made is cleared in any case by cuts_clear(). */
ketsim_status cuts_make(struct cuts *cuts, const struct program *program, bool turned, const char *label);
void cuts_clear(struct cuts *cuts);

#endif
