/* Observables.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_OBSERVABLE_H
#define KETSIM_OBSERVABLE_H

#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A sum of Pauli strings with real coefficients, 0.5 Z0 Z1 + X2 - 1.5, on no particular number of qubits.  It never
 * changes after it was made.  Equal strings are one term, terms of coefficient 0 are none, and terms are sorted: two
 * observables are equal when their texts are. */

/* One term as the caller states it: letters[k], one of I X Y Z in either case, acts on qubits[k]; all qubits different
 * and below KETSIM_MAX_QUBITS.  nqubits 0 is a multiple of the identity, and so are letters I alone. */
typedef struct ketsim_pauli {
    double coefficient; /* finite */
    const char *letters;
    const int *qubits;
    size_t nqubits;
} ketsim_pauli;

/* One term as an observable stores it; bit q is qubit q. */
typedef struct ketsim_pauli_record {
    double coefficient;
    uint64_t x, z; /* where X or Y, and where Z or Y acts */
} ketsim_pauli_record;

/* Make the sum of terms[count].  Fails with KETSIM_ERR_ARGUMENT, the message naming the term, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_observable_new(ketsim_observable **out,
                                                                const ketsim_pauli *terms, size_t count);

/* Make the sum that text[length] says:  term (('+'|'-') term)*,  a term being a number, letters with their qubits as in
 * "Z0 X12", or both, the number first; case, white space and '*' between factors do not matter, a number may have a sign.
 *     ketsim_observable_parse(&energy, "-1.5 + 0.5 Z0 Z1 + X2", 21)
 * Fails with KETSIM_ERR_PARSE, the message giving the position, a character's index from 0, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_observable_parse(ketsim_observable **out, const char *text,
                                                                  size_t length);

/* Make the sum of factors[k] times observables[k].
 * Fails with KETSIM_ERR_ARGUMENT when a factor or a coefficient of the sum is not finite, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status
ketsim_observable_combine(ketsim_observable **out, const ketsim_observable *const *observables,
                          const double *factors, size_t count);
KETSIM_API void ketsim_observable_free(ketsim_observable *observable); /* NULL is allowed */

/* Number of terms; and the least number of qubits of a state it can be used with, 0 for a multiple of the identity. */
KETSIM_API size_t ketsim_observable_length(const ketsim_observable *observable);
KETSIM_API unsigned ketsim_observable_nqubits(const ketsim_observable *observable);

/* Write term number index to *out.  Fails with KETSIM_ERR_ARGUMENT when index is not below the length. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_observable_get(const ketsim_observable *observable,
                                                                ketsim_pauli_record *out, size_t index);

/* The same terms with the same coefficients. */
KETSIM_API bool ketsim_observable_equal(const ketsim_observable *a, const ketsim_observable *b);

/* Write it as text that ketsim_observable_parse() makes the same observable of, "0" when it has no terms.  As snprintf()
 * does: at most size - 1 characters and a final 0 are written, and the length of the whole text is returned; text may be
 * NULL when size is 0. */
KETSIM_API size_t ketsim_observable_text(const ketsim_observable *observable, char *text, size_t size);

/* Write <psi|O|psi>, in units of the coefficients, to *out, or for each of observables[count] to out[count]; the sums are
 * not divided by the norm.  Reads, as those above: a queue is run, writers are not kept waiting.  The result depends on
 * the amplitudes and the observables alone, not on the number of threads.
 * Cost: strings that have X or Y on the same qubits share their products of amplitudes; one call for several observables
 * is faster than several calls.  Memory: 72 bytes a term, at most 2 KiB an observable and 32 KiB.
 * Fails with KETSIM_ERR_ARGUMENT when an observable needs more qubits than the state has, with KETSIM_ERR_MEMORY, or as
 * the queue does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_expectation(ketsim_state *state,
                                                             const ketsim_observable *observable,
                                                             double *out);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_expectations(ketsim_state *state,
                                                              const ketsim_observable *const *observables,
                                                              size_t count, double *out);

/* ketsim_expectations() that can be stopped, as a run can; the queue runs under the same options, of which
 * expect_generation is compared with what is read.  options may be NULL.
 * Fails as ketsim_expectations() does, and with KETSIM_ERR_DEADLINE, _CANCELLED or _BUSY as the options say; then nothing
 * is written to out. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_evaluate(ketsim_state *state,
                                                          const ketsim_observable *const *observables,
                                                          size_t count, double *out,
                                                          const ketsim_run_options *options);

/* Write <O^2> - <O>^2 of a state of norm 1 to *out, as the squared norm of (O - <O>) psi: never negative, and accurate near
 * 0.  Takes several times as long as ketsim_expectation(), and fails as that does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_variance(ketsim_state *state,
                                                          const ketsim_observable *observable, double *out);

/* Write the covariances of observables[count], of a state of norm 1, to the symmetric matrix out[count * count]: the
 * expectation value of half of (O_j O_k + O_k O_j), less that of O_j times that of O_k, computed as the real part of the
 * inner product of (O_j - <O_j>) psi and (O_k - <O_k>) psi.  Variances are on the diagonal.
 * Memory: 16 KiB an observable and thread besides what ketsim_expectations() takes.  Fails as ketsim_evaluate() does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_covariance(ketsim_state *state,
                                                            const ketsim_observable *const *observables,
                                                            size_t count, double *out,
                                                            const ketsim_run_options *options);

/* Write <X>, <Y> and <Z> of each qubit to out[3 * n], n the state's number of qubits: the Bloch vectors, of length 1 where
 * a qubit is not entangled.  Fails as ketsim_evaluate() does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_bloch_vectors(ketsim_state *state, double *out,
                                                               const ketsim_run_options *options);

/* Describe how ketsim_expectations() reads these on states of nqubits qubits: terms that share an X mask share products, and
 * regions of amplitudes that masks make meet are read once for each distance.  Text as ketsim_shots_describe() writes it. */
KETSIM_API KETSIM_NODISCARD ketsim_status
ketsim_observables_describe(const ketsim_observable *const *observables, size_t count, unsigned nqubits,
                            ketsim_dtype dtype, char *text, size_t size, size_t *length);

/* Estimate <psi|O|psi> as an experiment does, and the standard error of the estimate: strings whose letters agree on every
 * qubit that both act on are measured together, shots times for each such setting, in the order of the terms, first fit.
 * The error is the root of the summed sample variances over shots; the estimate's mean is the expectation value of a
 * state of norm 1.  The state stays as it is.  Outcomes depend on the state, the observable and *seed alone; seed NULL:
 * from the operating system.
 * Cost: a run of one or two gates a qubit and a ketsim_sample() for each setting.  Memory: a second state, 8 bytes a
 * shot and 48 bytes a term.  Fails with KETSIM_ERR_ARGUMENT when shots is below 2 or the observable needs more qubits
 * than the state has, with KETSIM_ERR_MEMORY, or as the queue does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_estimate(ketsim_state *state,
                                                          const ketsim_observable *observable, uint64_t shots,
                                                          double *mean, double *error, const uint64_t *seed);

/* Write <bra|O|ket>, in which bra is conjugated, for each of observables[count] to out[count].  Both states have the same
 * size and dtype.  Takes about four times as long as ketsim_expectations().
 * Fails with KETSIM_ERR_ARGUMENT when they do not, and as ketsim_evaluate() does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_matrix_elements(ketsim_state *bra,
                                                                 const ketsim_observable *const *observables,
                                                                 size_t count, ketsim_state *ket,
                                                                 ketsim_complex *out,
                                                                 const ketsim_run_options *options);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_OBSERVABLE_H */
