/* cuts.h - a program put in order for adjoint differentiation: undone from its end on, it stops at cuts, and at each
 * cut derivatives by many angles are read at once.
 *
 * The derivative by an angle of U is <lambda| D |psi> right behind U, where D = (dU) U* acts on U's targets under its
 * controls.  What comes later and commutes with D does not change it, and what acts on its targets alone makes of it
 * another matrix on the same targets; so D moves on until something stops it, and with it all that wait. */
#ifndef KETSIM_CORE_CUTS_H
#define KETSIM_CORE_CUTS_H

#include "gates.h"
#include "program.h"

/* D of one angle, at its cut. */
struct derivative {
    size_t angle;              /* which, in the order of the program */
    uint64_t controls, values; /* masks of qubits */
    uint8_t qubits[KETSIM_MAX_TARGETS], ntargets;
    bool diagonal;
    ketsim_complex d[MATRIX_ENTRIES];
};

struct cut {
    size_t length;       /* operations to undo before it, from the end of the program on */
    size_t first, count; /* of the derivatives read there */
};

struct cuts {
    struct program undo; /* the inverse of the program, in an order that needs few cuts */
    struct cut *list;    /* the last in time first: as they are met when the program is undone */
    size_t ncuts;
    struct derivative *derivatives;
    size_t nderivatives;
};

/* Fails with KETSIM_ERR_MEMORY; what was made is cleared in any case by cuts_clear(). */
ketsim_status cuts_make(struct cuts *cuts, const struct program *program);
void cuts_clear(struct cuts *cuts);

#endif
