/* expect.h - observables as the Pauli terms of a state's size. */
#ifndef KETSIM_CORE_EXPECT_H
#define KETSIM_CORE_EXPECT_H

#include "pauli.h"

/* Whether observables act on n qubits alone: else KETSIM_ERR_ARGUMENT.  *nterms: of all of them. */
ketsim_status expect_check(size_t *nterms, unsigned n, const ketsim_observable *const *observables,
                           size_t count);

/* The terms of all observables, in bits of an index on n qubits, for the caller to free.  Fails with KETSIM_ERR_ARGUMENT
 * when one needs more qubits, or with KETSIM_ERR_MEMORY. */
ketsim_status expect_terms(struct pauli_sums *out, unsigned n, const ketsim_observable *const *observables,
                           size_t count);

#endif
