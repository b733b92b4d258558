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

/* Write the metric tensor of the states psi that the circuit makes of start, in units of 1 / radian^2, to
 * metric[nangles * nangles]: Re <d_j psi|d_k psi> - Re <d_j psi|psi> <psi|d_k psi> for the derivatives by angles j and k, which is the
 * Fubini-Study metric, the real part of the quantum geometric tensor, a quarter of the quantum Fisher information (Stokes et
 * al., Quantum 4, 269 (2020)).  It is symmetric and has no negative eigenvalue but for roundings.
 * Cost: two runs of the circuit an angle and less, and three states of memory besides the start.
 *     ketsim_metric(start, metric, ketsim_circuit_angles(ansatz), ansatz, NULL)
 * Fails as ketsim_gradient() does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_metric(ketsim_state *start, double *metric, size_t nangles,
                                                        const ketsim_circuit *circuit,
                                                        const ketsim_run_options *options);

/* Turn derivatives by the angles of a circuit, as the functions above write them for what ketsim_circuit_bind() makes of it, into
 * those by its parameters, in the order of ketsim_circuit_parameter(): each angle's, times the parameter's factor in it, added
 * up.  The chain rule, once for each row and each column of a metric tensor.
 *     ketsim_circuit_bind(&bound, ansatz, values, nparameters);
 *     ketsim_gradient(start, &energy, slopes, nangles, bound, hamiltonian, NULL);
 *     ketsim_circuit_chain(ansatz, by_parameter, nparameters, slopes, nangles);
 * Fails with KETSIM_ERR_ARGUMENT when a count is not the circuit's. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_chain(const ketsim_circuit *circuit, double *out,
                                                               size_t nparameters, const double *by_angle,
                                                               size_t nangles);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_GRADIENT_H */
