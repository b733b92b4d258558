/* Gradients.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_GRADIENT_H
#define KETSIM_GRADIENT_H

#include "observable.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Write <psi|O|psi> to *value, where psi is start behind the circuit, and its derivative by each of the circuit's angles,
 * in radians, in the order of the operations and of their angles, to gradient[nangles].  The start stays as it is, but
 * queued operations are run; the result does not depend on the number of threads.  Works for every gate with angles
 * under any controls, by adjoint differentiation (Jones and Gacon, arXiv:2009.02823): the time of several runs of the
 * circuit however many angles it has, and two states of memory besides the start.
 *     ketsim_gradient(start, &energy, slopes, ketsim_circuit_angles(ansatz), ansatz, hamiltonian, NULL)
 * Fails with KETSIM_ERR_ARGUMENT when nangles is not the circuit's, or when the circuit or the observable needs more
 * qubits than the start has, with KETSIM_ERR_MEMORY, and as ketsim_apply() does: nothing is written then.  With
 * options->expect_generation the start must be at that generation. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_gradient(ketsim_state *start, double *value,
                                                          double *gradient, size_t nangles,
                                                          const ketsim_circuit *circuit,
                                                          const ketsim_observable *observable,
                                                          const ketsim_run_options *options);

/* The same for several observables: write the value of each to values[count], and the derivatives of the sum of
 * weights[k] values[k] to gradient[nangles], a product of the weights with the Jacobian, in the time that one takes.
 * Fails with KETSIM_ERR_ARGUMENT also when a weight is not finite. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_vjp(ketsim_state *start, double *values, double *gradient,
                                                     size_t nangles, const ketsim_circuit *circuit,
                                                     const ketsim_observable *const *observables,
                                                     const double *weights, size_t count,
                                                     const ketsim_run_options *options);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_GRADIENT_H */
