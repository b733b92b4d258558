/* observable.h - a sum of Pauli strings: made once, then only read, so it needs no lock.
 *
 * A string is two masks in which bit q is qubit q: x where X or Y acts, z where Z or Y does.  What an amplitude's index
 * has to do with qubits is known to the reads alone. */
#ifndef KETSIM_CORE_OBSERVABLE_H
#define KETSIM_CORE_OBSERVABLE_H

#include <stdatomic.h>

#include "ketsim.h"

struct ketsim_observable {
    _Atomic uint32_t refs; /* of the caller, and of jobs that were given it */
    size_t count;
    unsigned nqubits;            /* the highest qubit of a string, and 1 */
    ketsim_pauli_record terms[]; /* by x, then z; each string once */
};

/* One more that calls ketsim_observable_free(). */
void observable_retain(const ketsim_observable *observable);

/* Room for so many terms, for the caller to fill. */
ketsim_status observable_alloc(ketsim_observable **out, size_t count);

/* Make an observable of the terms that were filled in, in any order and however often: the last thing that changes
 * it.  When it fails, because a coefficient of the sum is not finite, the observable has been freed. */
ketsim_status observable_settle(ketsim_observable **observable);

/* Put a letter of either case on a qubit that has none in used yet: NULL, or what is wrong. */
const char *observable_put(ketsim_pauli_record *term, uint64_t *used, char letter, uint64_t qubit);

#endif
