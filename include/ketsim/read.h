/* Reading states.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_READ_H
#define KETSIM_READ_H

#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each read runs the queued operations first, when no other thread holds the state.  Qubit lists: qubits NULL
 * with nqubits 0 means all of them; otherwise each in range and different; the first is the most
 * significant bit of the index that comes back. */

/* sqrt(sum |amplitude|^2), and <a|b>, in which a is conjugated; both states have the same size and dtype. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_norm(ketsim_state *state, double *out);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_inner(ketsim_state *a, ketsim_state *b, ketsim_complex *out);

/* Copy count amplitudes from index first on, in the state's dtype. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_get_amplitudes(ketsim_state *state, void *out,
                                                                uint64_t first, uint64_t count);

/* Write the 2^nqubits probabilities of the outcomes of some qubits to out. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_probabilities(ketsim_state *state, double *out,
                                                               const int *qubits, size_t nqubits);

enum { KETSIM_MAX_DENSITY_QUBITS = 12 }; /* of ketsim_density_matrix(): 256 MiB */

/* Write the reduced density matrix of some qubits, 2^k by 2^k for k of them, row-major, to out[4^k]: the sum over the
 * values e of all other qubits of psi(r, e) conj(psi(c, e)), not divided by the norm.  Hermitian to the bit.
 * Cost: 2^k multiplications an amplitude.  Fails with KETSIM_ERR_ARGUMENT for more than KETSIM_MAX_DENSITY_QUBITS
 * qubits, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_density_matrix(ketsim_state *state, ketsim_complex *out,
                                                                const int *qubits, size_t nqubits);

/* Draw shots outcomes; the state stays as it is.  Shot k depends on the state, *seed and k alone: not on
 * the number of threads.  seed NULL: from the operating system.  Random numbers: word k % 4 of
 * Philox4x64-10 (Salmon et al., SC 2011) with key {*seed, 0} and counter {k / 4, 0, 0, 1}.  Fails with KETSIM_ERR_ARGUMENT when the norm is zero. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_sample(ketsim_state *state, uint64_t *out, uint64_t shots,
                                                        const int *qubits, size_t nqubits,
                                                        const uint64_t *seed);

/* How often an outcome was sampled. */
typedef struct ketsim_count {
    uint64_t outcome, count;
} ketsim_count;

/* Sort outcomes and count how often each occurs: write how many different ones there are to *different, and the counts, most
 * frequent first, then by value, to out, which may be NULL.  The limits of this thread may stop it (ketsim_set_limits());
 * it does not fail otherwise.
 *     status = ketsim_tally(NULL, &different, outcomes, shots);
 *     ketsim_count *counts = malloc(different * sizeof *counts);
 *     status = ketsim_tally(counts, &different, outcomes, shots); */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_tally(ketsim_count *out, size_t *different,
                                                       uint64_t *outcomes, size_t shots);

/* Measure some qubits: draw one outcome, project the state onto it and normalize.  A write, as a run is. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_measure(ketsim_state *state, uint64_t *out,
                                                         const int *qubits, size_t nqubits,
                                                         const uint64_t *seed);

/* Project the state onto an outcome of some qubits that the caller chooses, as if it had been measured: amplitudes of other
 * outcomes become 0.  *probability, which may be NULL: the squared norm of what is left, which is the outcome's probability
 * in a state of norm 1.  With normalize what is left is brought to norm 1, and KETSIM_ERR_ARGUMENT is the answer when its norm
 * is 0 or too small for that, below 1e-140; without it the projector is all that is applied.  A write, as a run is. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_postselect(ketsim_state *state, double *probability,
                                                            const int *qubits, size_t nqubits,
                                                            uint64_t outcome, bool normalize);

/* Multiply the state by a matrix that need not be unitary: op is a KETSIM_GATE_UNITARY of finite entries on up to
 * KETSIM_MAX_MATRIX_QUBITS qubits, under any controls, whose tolerance is not looked at.  Queued operations run first.
 * *norm2, which may be NULL: the squared norm of what comes out, which is kept as it is, or, with normalize, brought to norm 1.
 * When it is 0, below 1e-140 or not finite the answer is KETSIM_ERR_ARGUMENT and the state is as it was before the operator.
 * A write, as a run is, and with all ways of stopping a run; options may be NULL, its profile is not written to. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_operator(ketsim_state *state, double *norm2,
                                                                const ketsim_op *op, bool normalize,
                                                                const ketsim_run_options *options);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_READ_H */
