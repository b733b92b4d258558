/* Jobs.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_JOB_H
#define KETSIM_JOB_H

#include "batch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One circuit, run on a state of its own by the workers that serve batches, while the caller does something else.  Circuits
 * on few qubits take one core each; one on many waits a while for all cores, and takes those that are free.  Together
 * with batches, jobs never use more threads than ketsim_default_threads(), but for the threads that call.  A result is,
 * bit for bit, that of a batch.
 *     ketsim_job *job;
 *     if (ketsim_job_submit(&job, circuit, NULL) != KETSIM_OK) ...
 *     ketsim_job_wait(job, UINT64_MAX);
 *     ketsim_state *state = ketsim_job_take(job);      NULL: see ketsim_job_status()
 *     ketsim_job_free(job);
 * A job may be used by several threads at once, but not after ketsim_job_free().  A forked child does not have the workers
 * of its parent: there, jobs that had not ended at the fork have KETSIM_ERR_CANCELLED. */
typedef struct ketsim_job ketsim_job;
typedef struct ketsim_jobs ketsim_jobs; /* see below */

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_job_options {
    ketsim_state *state;  /* where the circuit starts: amplitudes and queue as they are now; NULL: |0...0> */
    ketsim_dtype dtype;   /* of the state when none is given */
    uint64_t shots;       /* samples of all qubits to count, or shots of a dynamic circuit; 0: none */
    const uint64_t *seed; /* of the samples, drawn as those of circuit number index of a batch are; NULL: from
                             the operating system */
    size_t index;
    const ketsim_observable *const
        *observables;            /* whose expectation values are wanted; may be freed before */
    size_t nobservables;         /* 0: none */
    bool drop_states;            /* keep counts and values, not the state */
    uint64_t timeout_ms;         /* of the run, from when it begins; 0: none */
    const ketsim_cancel *cancel; /* stops it as ketsim_job_cancel() does; may be freed before.  May be NULL */
    bool no_wait;                /* where very many jobs wait: fail, instead of waiting for room */
    bool (*poll)(void *context, double done); /* called by the calling thread about every 20 ms while it waits
                                                 for room; false gives up.  May be NULL */
    void *poll_context;
    ketsim_jobs *jobs; /* where the job is handed back when it has ended; may be NULL */
    void *context;     /* of the caller's, see ketsim_job_context() */
} ketsim_job_options;

/* Submit a copy of the circuit.  Fails with KETSIM_ERR_ARGUMENT, KETSIM_ERR_QUEUE_FULL, KETSIM_ERR_MEMORY, when there is
 * neither memory nor a thread for it, KETSIM_ERR_CANCELLED by the poll, or as the start state does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_job_submit(ketsim_job **out, const ketsim_circuit *circuit,
                                                            const ketsim_job_options *options);

/* Give it up, at any time: one that has not ended is stopped, and its worker cleans up.  NULL is allowed. */
KETSIM_API void ketsim_job_free(ketsim_job *job);

/* Stop it, soon; no effect on one that has ended. */
KETSIM_API void ketsim_job_cancel(ketsim_job *job);

/* Whether it has ended, well or not; or wait until it has: KETSIM_ERR_DEADLINE after timeout_ms, 0 looks once. */
KETSIM_API bool ketsim_job_ended(const ketsim_job *job);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_job_wait(const ketsim_job *job, uint64_t timeout_ms);

/* How it ended, KETSIM_ERR_BUSY when it has not; and the message of its failure, "" if it did not fail; borrowed. */
KETSIM_API ketsim_status ketsim_job_status(const ketsim_job *job);
KETSIM_API const char *ketsim_job_message(const ketsim_job *job);

/* What it gave, as ketsim_batch_take(), ketsim_batch_counts() and ketsim_batch_values() have it: nothing before it has
 * ended. */
KETSIM_API ketsim_state *ketsim_job_take(ketsim_job *job);
KETSIM_API size_t ketsim_job_counts(const ketsim_job *job, const ketsim_count **out);
KETSIM_API size_t ketsim_job_values(const ketsim_job *job, const double **out);

/* The pointer that was given with it. */
KETSIM_API void *ketsim_job_context(const ketsim_job *job);

/* Where jobs are handed back in the order in which they end: one thread can wait for many.  Each is handed back once;
 * one that was freed is not. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_jobs_new(ketsim_jobs **out);

/* Jobs on their way are not stopped, but handed back no more.  NULL is allowed. */
KETSIM_API void ketsim_jobs_free(ketsim_jobs *jobs);

/* Wait for the next one, timeout_ms at most, 0 looks once.  NULL when there is none, and in a forked child, whose parent
 * has them. */
KETSIM_API ketsim_job *ketsim_jobs_next(ketsim_jobs *jobs, uint64_t timeout_ms);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_JOB_H */
