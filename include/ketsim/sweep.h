/* Sweeps over the parameters of a circuit.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_SWEEP_H
#define KETSIM_SWEEP_H

#include "observable.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_sweep_options {
    unsigned max_concurrency; /* threads at most; 0, and whatever is more: ketsim_default_threads() */
    uint64_t timeout_ms;      /* of the whole sweep; 0: none */
    ketsim_state
        *state;         /* where rows start, on at least as many qubits as the circuit; it stays as it is, but
                                                        queued operations are run.  NULL: |0...0> */
    ketsim_dtype dtype; /* of |0...0> */
    const ketsim_cancel *cancel; /* may be NULL */
    bool (*poll)(void *context,
                 double done); /* called by the calling thread about every 20 ms with the fraction of
                                                        the rows that are done; false stops them.  May be NULL */
    void *poll_context;
    uint64_t
        memory_limit; /* bytes that rows running at once may take; 0: 60 % of ketsim_memory_available() */
} ketsim_sweep_options;

/* Run a circuit for each of nrows rows of nvalues numbers, the values of its parameters, each row from the same start, on
 * all threads, which share the rows; on 18 qubits or more, rows run one by one, each by all threads.  Row k of out,
 * which has nrows rows too, is what ketsim_circuit_bind() and then ketsim_apply() give with row k of values, to the bit;
 * on few qubits ketsim_apply_once(), by whose conditions.  So out does not depend on the number of threads, nor on which
 * rows are swept together.
 *     double angles[2][1] = {{0.1}, {0.2}}, z[2];
 *     ketsim_sweep_expectations(circuit, z, &observable, 1, angles[0], 2, 1, NULL);
 * Fails with KETSIM_ERR_ARGUMENT when nvalues is not the number of parameters or a value or an angle is not finite, the
 * message naming the row; with _MEMORY, _DEADLINE and _CANCELLED; and as ketsim_apply() does.  Then what out holds is of
 * no use.
 *
 * states: 2^n amplitudes a row, in the dtype of the start. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_sweep_states(const ketsim_circuit *circuit, void *out,
                                                              const double *values, size_t nrows,
                                                              size_t nvalues,
                                                              const ketsim_sweep_options *options);

/* ketsim_expectations() of the states: nobservables numbers a row.  Operations that no observable of the call can feel are left
 * out: those outside of the observables' light cone, and in it those that commute with what they have become, as
 * phases and controls do with Z.  Which these are is found once, from the form of the circuit, never from angles: the bits
 * depend on the circuit, the start, the observables of the call and the row alone.  They are those of the states when nothing is left
 * out, as with X on every qubit; else values differ from these by roundings, in circuits of some hundred rows of the
 * gate table by less than 1e-13 (complex64: 1e-5) times the sum of the observable's coefficients; matrices of the caller's may add
 * what they are off from unitary, up to 1e-14 each.  Angles of what is left out must be finite as well. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_sweep_expectations(
    const ketsim_circuit *circuit, double *out, const ketsim_observable *const *observables,
    size_t nobservables, const double *values, size_t nrows, size_t nvalues,
    const ketsim_sweep_options *options);

/* How often each of the 2^n outcomes is among so many samples: 2^n numbers a row.  Row k draws with
 * ketsim_batch_seed(*seed, k); NULL: from the operating system. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_sweep_counts(const ketsim_circuit *circuit, uint64_t *out,
                                                              uint64_t shots, const uint64_t *seed,
                                                              const double *values, size_t nrows,
                                                              size_t nvalues,
                                                              const ketsim_sweep_options *options);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_SWEEP_H */
