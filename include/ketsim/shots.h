/* Running such circuits, once or many times.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_SHOTS_H
#define KETSIM_SHOTS_H

#include "dynamic.h"
#include "observable.h"
#include "run.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_shots_options {
    const uint64_t *seed;     /* NULL: from the operating system */
    uint64_t first;           /* number of the first shot */
    unsigned max_concurrency; /* threads at most; 0, and whatever is more: ketsim_default_threads() */
    uint64_t timeout_ms;      /* of all shots; 0: none */
    ketsim_state
        *state; /* where shots start, on at least as many qubits as the circuit; it stays as it is, but queued
                                 operations are run.  NULL: |0...0> */
    ketsim_dtype dtype;          /* of |0...0> */
    const ketsim_cancel *cancel; /* may be NULL */
    bool (*poll)(void *context,
                 double done); /* called by the calling thread about every 20 ms with the fraction of the
                                                 shots that are done; false stops them.  May be NULL */
    void *poll_context;
} ketsim_shots_options;

/* Run a circuit shots times, each from the same start, and write the classical bits that shot number first + k ends with to
 * out[k], bit 0 being the most significant of the circuit's.
 *     ketsim_run_shots(circuit, out, 1000, NULL);
 *     const size_t different = ketsim_tally(NULL, out, 1000);
 * What a shot does is decided by the circuit, the start, the seed and the shot's number alone: the random operation that is
 * its k-th draws a number made of these and k (Philox4x64-10).  So shots may be run in parts, and on any number of threads.
 * They run as a tree: shots whose outcomes have been the same are one state, which is cloned where they differ; on each
 * thread so many clones are kept as the shots have binary digits, at most.
 * Fails with KETSIM_ERR_ARGUMENT, _MEMORY, _DEADLINE and _CANCELLED; then what out holds is of no use. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_run_shots(const ketsim_circuit *circuit, uint64_t *out,
                                                           uint64_t shots,
                                                           const ketsim_shots_options *options);

/* The same, and of each observable's exact expectation value in the states that the shots end in, the mean over all shots to
 * means[nobservables], and the standard error of that to errors, which may be NULL.  out may be NULL too.
 *     ketsim_shots_expectations(circuit, NULL, &mean, &error, &observable, 1, 1000, NULL);
 * Here the states behind a last measurement count, which ketsim_run_shots() does without: each outcome is a state.  Values
 * are summed as integers, so that the bits of mean and error do not depend on threads; they are exact to 2^-62 and 2^-43 of the
 * sum of the coefficients' moduli.
 * Fails as ketsim_run_shots(), and with KETSIM_ERR_ARGUMENT when shots is below 2 or an observable needs more qubits. */
KETSIM_API KETSIM_NODISCARD ketsim_status
ketsim_shots_expectations(const ketsim_circuit *circuit, uint64_t *out, double *means, double *errors,
                          const ketsim_observable *const *observables, size_t nobservables, uint64_t shots,
                          const ketsim_shots_options *options);

/* Describe what shots of a circuit do, on states of its own size: a line for each segment of gates between what looks at the
 * state or at bits, with its passes and the channels in it, and one for each measurement, channel and condition, with the
 * branches of the tree; and a line of totals.  Writes what fits text[size], with a 0 at its end, and to *length what there is.
 * Fails with KETSIM_ERR_ARGUMENT when it has parameters, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_shots_describe(const ketsim_circuit *circuit,
                                                                ketsim_dtype dtype, char *text, size_t size,
                                                                size_t *length);

/* Run one shot on a state, after its queue, as one transaction: the state becomes what that shot leaves, to the bit, and *out,
 * which may be NULL, its classical bits.  seed NULL: from the operating system.  When it fails the state is as it was and
 * the queue is kept, unless the queue ran.
 * Fails as ketsim_run() does, and with KETSIM_ERR_ARGUMENT. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_run_shot(ketsim_state *state, uint64_t *out,
                                                          const ketsim_circuit *circuit, const uint64_t *seed,
                                                          uint64_t shot, const ketsim_run_options *options);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_SHOTS_H */
