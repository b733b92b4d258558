/* plan.h - what is executed: a list of sweeps made from a program.  Knows no state. */
#ifndef KETSIM_CORE_PLAN_H
#define KETSIM_CORE_PLAN_H

#include "kernels/kernel.h"
#include "program.h"

enum { PLAN_SMALL = 4 }; /* operations whose plan needs no allocation */

struct plan {
    unsigned nqubits;
    size_t length;
    struct sweep *sweeps;
    ketsim_complex *entries; /* of all sweeps */
    struct sweep small_sweeps[PLAN_SMALL];
    ketsim_complex small_entries[PLAN_SMALL << 2 * MAX_TARGETS];
};

/* Plan for program on nqubits qubits, at least as many as the program's.  Must not be moved: it may point into
 * itself.  Operations that are the identity have no sweep. */
ketsim_status plan_init(struct plan *plan, const struct program *program, unsigned nqubits);
void plan_clear(struct plan *plan);

#endif
