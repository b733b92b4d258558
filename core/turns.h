/* turns.h - derivatives by the angles of gates on one qubit, read where the program passes by.
 *
 * <lambda|D|psi> of a matrix D on one qubit is made of three sums, Im <lambda|P|psi> with P = X, Y, Z on that qubit: for D = (dU) U*
 * is antihermitian, and Im <lambda|psi> is 0 where lambda = O|psi>.  Gates on other qubits do not change them.  So one
 * reading serves a run of gates on one qubit, all of which are uncontrolled, and D of each moves to it. */
#ifndef KETSIM_CORE_TURNS_H
#define KETSIM_CORE_TURNS_H

#include "program.h"

/* The derivative by an angle: the sum of factors[k] times sum number k of a reading. */
struct turn {
    size_t angle;
    uint32_t read;
    double factors[3];
};

struct turns {
    struct turn *list;
    size_t count;
    uint32_t nreads;
};

/* Whether derivatives by its angles, if it has any, are read in this way. */
bool turns_take(const struct op *op);

/* Put readings into a list of operations, of which number k has its first angle at angles[k]; runs end at places[count],
 * ascending numbers of operations, which become those in the new list.  out has room for twice as many operations.  Returns
 * how many there are now; 0 when memory has run out.  Clear turns in any case. */
size_t turns_insert(struct turns *turns, struct op *out, const struct program *program, const size_t *angles,
                    size_t *places, size_t count);
void turns_clear(struct turns *turns);

#endif
