/* dynamic.h - the operations of a circuit that are not gates: measurement, reset, conditions, loops, channels.
 *
 * In a circuit's program such an operation is a mark, which holds its number in the circuit's list of them.  One that was
 * made never changes, and is shared by copies of the circuit. */
#ifndef KETSIM_CORE_DYNAMIC_H
#define KETSIM_CORE_DYNAMIC_H

#include <stdatomic.h>

#include "program.h"

struct dynamic {
    _Atomic uint32_t refs;
    unsigned depth;       /* loops and conditions inside of one another, with this one */
    ketsim_dynamic given; /* its pointers point to what follows, and to a body of its own */
    int qubits[KETSIM_MAX_QUBITS], bits[KETSIM_MAX_BITS];
};

/* All zeros: none.  In the order of their marks. */
struct dynamics {
    size_t count, capacity;
    struct dynamic **items;
};

/* Check an operation of a circuit on so many qubits and bits, and make it, with one reference. */
ketsim_status dynamic_new(struct dynamic **out, const ketsim_dynamic *given, unsigned nqubits,
                          unsigned nbits);
void dynamic_release(struct dynamic *dynamic); /* NULL is allowed */

/* One whose body has its parameters bound to these values.  Fails as ketsim_circuit_bind(). */
ketsim_status dynamic_bind(struct dynamic **out, const struct dynamic *dynamic, const double *values,
                           size_t count);

bool dynamic_equal(const struct dynamic *a, const struct dynamic *b);

/* What it is called, e.g. "measure". */
const char *dynamic_name(ketsim_dynamic_kind kind);

/* Add one, whose reference moves when this succeeds; add those of other, which are then shared. */
ketsim_status dynamics_add(struct dynamics *dynamics, struct dynamic *dynamic);
ketsim_status dynamics_extend(struct dynamics *dynamics, const struct dynamics *other);

/* Drop all after the first count; frees the list when that is 0. */
void dynamics_truncate(struct dynamics *dynamics, size_t count);

#endif
