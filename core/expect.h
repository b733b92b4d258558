/* expect.h - observables as terms on the bits of one state. */
#ifndef KETSIM_CORE_EXPECT_H
#define KETSIM_CORE_EXPECT_H

#include "pauli.h"
#include "state.h"

/* The terms of all observables, for the caller to free.  Fails with KETSIM_ERR_ARGUMENT when one needs more qubits than
 * the state has, and with KETSIM_ERR_MEMORY. */
ketsim_status expect_terms(struct pauli_sums *out, const ketsim_state *state,
                           const ketsim_observable *const *observables, size_t count);

#endif
