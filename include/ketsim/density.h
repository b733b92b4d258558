/* Density matrices.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_DENSITY_H
#define KETSIM_DENSITY_H

#include "dynamic.h"
#include "observable.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Make the circuit on twice as many qubits that does to a density matrix, written row after row as a state's amplitudes, what
 * circuit does: each operation U on its qubits q, and conj(U) on q + n; a channel as its superoperator on
 * both; of a measurement what remains when nobody knows the outcome.  Parameters stay.
 *     ketsim_circuit_vectorize(&twice, circuit);
 *     ketsim_apply(rho, twice, NULL);
 * Fails with KETSIM_ERR_ARGUMENT for more than KETSIM_MAX_QUBITS / 2 qubits and for operations that depend on outcomes, or
 * with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_vectorize(ketsim_circuit **out,
                                                                   const ketsim_circuit *circuit);

/* ---- reading one ---- of a state of 2 n qubits that holds a density matrix rho so.  Each runs what is queued first, and fails with
 * KETSIM_ERR_ARGUMENT for an odd number of qubits, qubits that are not 0..n-1 or given twice, and with KETSIM_ERR_MEMORY;
 * the thread's limits stop those that take no options.  Arithmetic is in double, and results do not depend on threads. */

/* Write the probabilities of the outcomes of some qubits of 0..n-1, as ketsim_probabilities() has them, to out[2^nqubits]; of all
 * if qubits is NULL.  Cost: 2^n entries. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_density_probabilities(ketsim_state *state, double *out,
                                                                       const int *qubits, size_t nqubits);

/* Draw outcomes with these probabilities, as ketsim_sample() does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_density_sample(ketsim_state *state, uint64_t *out,
                                                                uint64_t shots, const int *qubits,
                                                                size_t nqubits, const uint64_t *seed);

/* Write the real part of Tr(rho O) of each observable O to out[count].  Cost: 2^n entries for each different set of qubits
 * that an X or Y acts on, and as many additions for each term. */
KETSIM_API KETSIM_NODISCARD ketsim_status
ketsim_density_expectations(ketsim_state *state, const ketsim_observable *const *observables, size_t count,
                            double *out, const ketsim_run_options *options);

/* Write the real part of <psi|rho|psi> to *out; psi is on n qubits and of the same dtype. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_density_fidelity(ketsim_state *state, ketsim_state *psi,
                                                                  double *out);

/* Make the density matrix of some qubits, in their new order: the partial trace over the others. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_density_reduced(ketsim_state **out, ketsim_state *state,
                                                                 const int *qubits, size_t nqubits);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_DENSITY_H */
