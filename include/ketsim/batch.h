/* Batches of circuits.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_BATCH_H
#define KETSIM_BATCH_H

#include "observable.h"
#include "read.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Many circuits, each run on a state of its own.  The calling thread and a pool of workers share them, one circuit a
 * thread, the longest first; circuits on many qubits are run one by one, each by all threads.  A result is, bit for bit,
 * that of ketsim_apply_once() alone, and whether a circuit fails makes no difference to the others.  The workers are started
 * by the first batch and sleep between batches.
 * Of a circuit with operations that are not gates (ketsim/dynamic.h) shots are run, as ketsim_shots_expectations() does with
 * ketsim_batch_seed(seed, index): counts are of its classical bits, values are means over the shots, and there is no state. */
typedef struct ketsim_batch ketsim_batch; /* what came of one */

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_batch_options {
    unsigned max_concurrency; /* threads at most; 0, and whatever is more: ketsim_default_threads() */
    uint64_t timeout_ms;      /* of the whole batch; circuits that ended before keep their results; 0: none */
    uint64_t per_circuit_timeout_ms; /* 0: none */
    ketsim_state *const
        *states;        /* where circuits start; they stay as they are, but queued operations are run */
    size_t nstates;     /* 0: each starts from |0...0>; 1: all from one state; else one a circuit */
    ketsim_dtype dtype; /* of the states when none are given */
    uint64_t shots; /* samples of all qubits to count in each result; 0: none, and a dynamic circuit fails */
    const uint64_t *seed; /* of the samples: circuit k draws with ketsim_batch_seed(*seed, k); NULL: from
                                                        the operating system */
    const ketsim_observable *const *observables; /* whose expectation values of each result are wanted */
    size_t nobservables;                         /* 0: none */
    bool drop_states;            /* keep of each result its counts and values, not the state */
    const ketsim_cancel *cancel; /* may be NULL */
    bool (*poll)(void *context,
                 double done); /* called by the calling thread about every 20 ms with the fraction of
                                                        the circuits that are done; false stops them.  May be NULL */
    void *poll_context;
    uint64_t
        memory_limit; /* bytes that circuits running at once may take, by estimate, results not counted; 0: 60 % of
                                                        ketsim_memory_available() */
} ketsim_batch_options;

/* Run circuits[count].  KETSIM_OK once all have ended, well or not: ketsim_batch_status() says how each did.
 * Fails with KETSIM_ERR_ARGUMENT when the options are wrong, and with KETSIM_ERR_MEMORY when there is no memory for
 * the list of results. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_batch_run(ketsim_batch **out,
                                                           const ketsim_circuit *const *circuits,
                                                           size_t count, const ketsim_batch_options *options);
KETSIM_API void ketsim_batch_free(ketsim_batch *batch); /* NULL is allowed; frees what was not taken */

/* How circuit number index ended, and the message of its failure, "" if it did not fail; borrowed from the batch.
 * KETSIM_ERR_ARGUMENT when there is no such circuit.  Those that a timeout or a stop kept from running have
 * KETSIM_ERR_DEADLINE or KETSIM_ERR_CANCELLED too. */
KETSIM_API ketsim_status ketsim_batch_status(const ketsim_batch *batch, size_t index);
KETSIM_API const char *ketsim_batch_message(const ketsim_batch *batch, size_t index);

/* The state circuit number index ended in, the caller's from now on; NULL when it failed, was taken before, was dropped
 * for drop_states, or when the circuit was dynamic. */
KETSIM_API ketsim_state *ketsim_batch_take(ketsim_batch *batch, size_t index);

/* The outcomes of circuit number index that were sampled, most frequent first, then by value, in *out, borrowed from
 * the batch, and how many there are: 0 when it failed or no shots were asked for. */
KETSIM_API size_t ketsim_batch_counts(const ketsim_batch *batch, const ketsim_count **out, size_t index);

/* The expectation values of the observables in the state circuit number index ended in, those of ketsim_expectations(), in
 * *out, borrowed from the batch, and how many there are: 0 when it failed or none were asked for.  A circuit whose state
 * has fewer qubits than an observable needs fails with KETSIM_ERR_ARGUMENT, before it runs. */
KETSIM_API size_t ketsim_batch_values(const ketsim_batch *batch, const double **out, size_t index);

/* The seed that circuit number index of a batch samples with: ketsim_sample() gives the same outcomes with it. */
KETSIM_API uint64_t ketsim_batch_seed(uint64_t seed, size_t index);

/* From so many qubits on a circuit of a batch is for all threads: 18, until the first batch that runs for some seconds has
 * measured it on this machine, which takes about a tenth of one.  In *is_measured, which may be NULL, whether that is done.  No
 * bits depend on it.  Of those on fewer qubits, from 14 on, one that would run on when all others are done has all threads too;
 * and of those on more, one that has time enough while others have small ones to do runs on one thread beside them. */
KETSIM_API unsigned ketsim_batch_crossover(bool *is_measured);

typedef struct ketsim_batch_stats {
    size_t circuits;                                /* the sum of the next four */
    size_t succeeded, failed, timed_out, cancelled; /* failed: otherwise than by a timeout or a stop */
    size_t wide;                                    /* run by all threads together */
    uint64_t operations;                            /* of circuits that succeeded */
    unsigned threads;                               /* that took part */
    uint64_t bytes_peak;        /* of running circuits and kept results together, by estimate */
    uint64_t wall_ns, cpu_ns;   /* cpu: of the threads that took part; during wide circuits of the process */
    uint64_t start_ns;          /* until the last worker that helped had begun; 0: none did */
    uint64_t median_ns, p99_ns; /* of the circuits that ran */
    double idle_share; /* of the time that threads had while circuits ran one a thread: not woken yet, or done
                                                        before the last; 0 to 1 */
    unsigned crossover; /* ketsim_batch_crossover() as this batch went by */
} ketsim_batch_stats;
KETSIM_API void ketsim_batch_get_stats(const ketsim_batch *batch, ketsim_batch_stats *out);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_BATCH_H */
