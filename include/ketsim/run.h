/* Running operations and circuits on states.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_RUN_H
#define KETSIM_RUN_H

#include "circuit.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ketsim_cancel ketsim_cancel;

/* A flag any thread or signal handler may raise; runs that were given it stop soon after. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_cancel_new(ketsim_cancel **out);
KETSIM_API void ketsim_cancel_free(ketsim_cancel *cancel); /* NULL is allowed */
KETSIM_API void ketsim_cancel_raise(ketsim_cancel *cancel);
KETSIM_API bool ketsim_cancel_raised(const ketsim_cancel *cancel);
/* Fails with KETSIM_ERR_CANCELLED when the flag, which may be NULL, is raised; what, such as "norm", begins the message.  For
 * work that is too short to look at it, and counted like a run that was stopped. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_cancel_check(const ketsim_cancel *cancel, const char *what);

/* What the time of a run is spent on, in this order. */
typedef enum ketsim_stage {
    KETSIM_STAGE_WAIT,   /* taking the writer's place */
    KETSIM_STAGE_ENCODE, /* checking and storing the operations that the call brought */
    KETSIM_STAGE_PLAN,   /* making a plan, or finding it in the cache */
    KETSIM_STAGE_CLONE, /* getting a second buffer, and writing out a product state; the first pass moves the rest */
    KETSIM_STAGE_PASSES, /* over the amplitudes, or operations run directly */
    KETSIM_STAGE_POLL,   /* in the caller's poll function */
    KETSIM_STAGE_COMMIT, /* the pointer swap, what is given back, and whatever a failure leaves to do */
    KETSIM_STAGE_COUNT
} ketsim_stage;

/* Where the time went; the caller clears it, and each run that is given it adds to it, one run at a time.  The stages of one run add up to
 * the time from its begin_ns to its end_ns.
 *     ketsim_profile profile = {0};
 *     status = ketsim_run(state, &(ketsim_run_options){.profile = &profile}); */
typedef struct ketsim_profile {
    uint64_t ns[KETSIM_STAGE_COUNT];
    uint64_t begin_ns, end_ns; /* of the last run, on CLOCK_MONOTONIC */
    uint64_t runs, passes;     /* passes: of runs that succeeded, over a state's amplitudes */
    uint64_t mark_ns;          /* the library's */
} ketsim_profile;

/* How to run; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_run_options {
    unsigned threads;                         /* at most so many; 0: the state's */
    uint64_t timeout_ms;                      /* 0: none */
    uint64_t expect_generation;               /* fail with KETSIM_ERR_BUSY unless at this one; 0: any */
    const ketsim_cancel *cancel;              /* may be NULL */
    bool (*poll)(void *context, double done); /* called by the calling thread between slices of a run of
                                                        more than about 20 ms with the fraction done, 0 while it is
                                                        planned; false
                                                        stops the run.  May be NULL */
    void *poll_context;
    ketsim_profile *profile; /* may be NULL: then no clock is read for it */
} ketsim_run_options;

/* Append ops[count] to the operations queued on the state, all or none.  They run at the next
 * ketsim_run(), ketsim_apply() or read.  Fails as ketsim_circuit_append() does, or KETSIM_ERR_BUSY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_queue(ketsim_state *state, const ketsim_op *ops,
                                                       size_t count);

/* Operations queued; drop them; a copy of them as a circuit. */
KETSIM_API size_t ketsim_pending(const ketsim_state *state);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_discard(ketsim_state *state);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_queued(ketsim_state *state, ketsim_circuit **out);

/* Run the queued operations and commit.  When it fails the state is the last committed one and the queue
 * is kept.  Fails with KETSIM_ERR_MEMORY, _BUSY, _DEADLINE, _CANCELLED, _VIEWED (in place only). */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_run(ketsim_state *state, const ketsim_run_options *options);

/* Run the queued operations and then the circuit, as one transaction.  When it fails the queue is as it was.
 * The circuit must not have more qubits than the state; it may change during the run without effect. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply(ketsim_state *state, const ketsim_circuit *circuit,
                                                       const ketsim_run_options *options);

/* The same with values for the circuit's parameters: ketsim_circuit_bind() and ketsim_apply() in one, to the bit.
 * Plans of other values are made use of.  Fails as these two do. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_bound(ketsim_state *state,
                                                             const ketsim_circuit *circuit,
                                                             const double *values, size_t count,
                                                             const ketsim_run_options *options);

/* ketsim_apply() of a circuit that is not needed again, and has no operations afterwards; when it fails it is as it was.
 * On few qubits it is not planned, for that takes longer than to run it.  So it is with ketsim_run() and
 * ketsim_apply_ops(), but not with ketsim_apply(): their amplitudes may differ by roundings.  No other thread may use
 * the circuit meanwhile. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_once(ketsim_state *state, ketsim_circuit *circuit,
                                                            const ketsim_run_options *options);

/* The same for ops[count], checked as ketsim_queue() checks them, before anything runs. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_ops(ketsim_state *state, const ketsim_op *ops,
                                                           size_t count, const ketsim_run_options *options);

/* The common case of one gate, at once: one row, with as many qubits as the row says. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_apply_gate(ketsim_state *state, ketsim_gate gate,
                                                            const double *angles, const int *qubits);

/* Let what stops a run stop, from now on, every long call of this thread that takes no ketsim_run_options, or is given NULL
 * for them: reads, samples, measurements, new states and edits too; batches, sweeps, jobs and shots have options of their
 * own.  timeout_ms counts from here, for all of them together, and calls with options of their own end with it, too; other
 * threads are not concerned.  Of options, which need not last, timeout_ms, cancel, poll and poll_context count; NULL: nothing
 * stops them any more.  What is stopped fails with KETSIM_ERR_DEADLINE or KETSIM_ERR_CANCELLED; states stay as they are.
 * What poll calls has no limits but those that poll sets, which end with it.
 *     ketsim_set_limits(&(ketsim_run_options){.timeout_ms = 100});
 *     status = ketsim_probabilities(state, out, NULL, 0);
 *     ketsim_set_limits(NULL); */
KETSIM_API void ketsim_set_limits(const ketsim_run_options *options);

/* Nanoseconds that running the queue and so many more operations is expected to take on one thread; a guess
 * that callers use to decide whether letting go of a lock pays.  It counts operations and does not look at them: about right
 * for layers of gates on one and two qubits, and many times too high where most cancel or become one. */
KETSIM_API uint64_t ketsim_estimate_ns(const ketsim_state *state, size_t operations);

/* Wait until no writer holds the state, at most timeout_ms (0: return at once).
 * KETSIM_OK, or KETSIM_ERR_DEADLINE.  Another thread may take it again before the caller does. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_wait(const ketsim_state *state, uint64_t timeout_ms);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_RUN_H */
