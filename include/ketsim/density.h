/* Density matrices.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_DENSITY_H
#define KETSIM_DENSITY_H

#include "dynamic.h"

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

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_DENSITY_H */
