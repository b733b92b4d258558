/* ahead.h - matrices of gates with angles: the cosines and sines of many at once take a fraction of one by one. */
#ifndef KETSIM_CORE_AHEAD_H
#define KETSIM_CORE_AHEAD_H

#include "gates.h"
#include "kernels/kernel.h"
#include "program.h"

enum { AHEAD = 64, AHEAD_ANGLES = AHEAD * KETSIM_MAX_ANGLES }; /* operations, and what they have at most */
_Static_assert(AHEAD_ANGLES % ANGLES_TOGETHER == 0, "arrays of whole vectors");
_Static_assert(AHEAD_ANGLES <= UINT8_MAX, "a place is one byte");

/* Of the operations of a program from first on, before end. */
struct ahead {
    const struct kernel_set *set;
    const struct program *program;
    const struct op *first, *end;
    uint64_t far; /* bit k: an angle of first[k] is too large, and not here */
    uint8_t places[AHEAD];
    _Alignas(64) double angles[AHEAD_ANGLES], cosines[AHEAD_ANGLES], sines[AHEAD_ANGLES];
};

/* Of none yet. */
static inline void ahead_begin(struct ahead *ahead, const struct kernel_set *set,
                               const struct program *program)
{
    ahead->set = set;
    ahead->program = program;
    ahead->first = ahead->end = program->ops;
}

/* Write the matrix of op, whose gate is a row; where it has not been looked at, look at those behind it too. */
void ahead_matrix(struct ahead *ahead, const struct op *op, ketsim_complex *out);

#endif
