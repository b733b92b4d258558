/* batch.h - many circuits at once: what the crew, the calling thread and the workers that help it, shares. */
#ifndef KETSIM_CORE_BATCH_H
#define KETSIM_CORE_BATCH_H

#include <stdatomic.h>

#include "cores.h"
#include "ketsim.h"

/* One circuit.  Whoever took its place in the order writes it; a cache line, so that neighbors do not meet. */
struct item {
    _Alignas(64)
        ketsim_state *state; /* before the run a start of its own, or NULL; then the result, or NULL */
    ketsim_count *counts;
    size_t ncounts;
    char *message; /* of the failure; NULL also when there was no memory for it */
    uint64_t bytes, duration_ns, operations;
    ketsim_status status;
    _Atomic bool done;
    _Atomic bool taken; /* the result: by whoever sets it */
};

/* Where a circuit stands in the order of running. */
struct place {
    bool wide, may_widen; /* all threads work on it together; or might */
    bool beside;          /* but run on one, beside those for one thread each */
    bool is_sure;         /* the estimate is a good one */
    double cost, before;  /* nanoseconds on one thread, by estimate; of the narrow ones before it together */
    size_t index;
};

struct ketsim_batch {
    size_t count;
    struct item *items;
    double *values; /* [count][nobservables] */
    ketsim_batch_stats stats;

    /* during the run only */
    bool is_job;  /* one circuit without a calling thread; messages are in other words */
    size_t first; /* 0; or the index that a job's seed is made with */
    const ketsim_circuit *const *circuits;
    ketsim_batch_options options;
    ketsim_state *base; /* NULL, or where all start */
    struct place *order;
    double terms;       /* of all observables together */
    size_t narrow;      /* so many first places are for one thread each */
    double narrow_ns;   /* their costs together */
    double doubtful_ns; /* of those that are for all threads on some machines */
    unsigned helpers;   /* workers that were asked */
    bool is_sure;       /* these costs are good estimates, mostly */
    bool is_settled;    /* which of the other circuits run beside them */
    uint32_t epoch;     /* of forks */
    uint64_t seed, deadline, limit, polled_ns;
    _Atomic size_t next, done; /* place to take; items done */
    _Atomic bool stop;
    _Atomic uint32_t bell, waiters; /* for those that wait for memory */
    _Atomic uint64_t running, kept, peak, cpu_ns, busy_ns, last_start;
    _Atomic uint64_t ended_ns, spent_ns; /* of narrow ones that have ended: their costs, what they took */
    _Atomic unsigned crew;
};

/* From so many qubits on all threads work on one row of a sweep, on one circuit that measures (below, they take branches of its
 * shots), and on one circuit of a batch until a machine has been measured. */
enum { WIDE_QUBITS = 18 };

/* ---- batch.c ---- */

/* Whether what batches and jobs share of their options is in range. */
ketsim_status batch_check(const ketsim_batch_options *options);

/* Room for the expectation values of so many circuits. */
ketsim_status batch_make_room(struct ketsim_batch *batch, size_t count);

/* Values of one that succeeded, and how many. */
size_t batch_values(const struct ketsim_batch *batch, const double **out, size_t index);

/* ---- crossover.c ---- */

/* Measure ketsim_batch_crossover() if it has not been, and this batch is long enough, without a deadline; true when it is
 * another now.  Needs the batch in order, and gives up when that is stopped, or others are at work. */
bool crossover_measure(struct ketsim_batch *batch);

/* What all threads on one circuit after the other take, divided by what one circuit a core takes; 0: unknown. */
typedef double crossover_ratio(void *context, unsigned nqubits);

/* The size from which on the former is no longer clearly slower, or, if that is the usual one, below which it is no longer
 * clearly quicker, as far as it is known; 0: not even of the usual one. */
unsigned crossover_search(crossover_ratio *ratio, void *context);

/* ---- order.c ---- */

/* Threads that may work at once. */
unsigned crew_size(const struct ketsim_batch *batch);

/* Put the circuits in order, and find out how much memory they may take.  Those that are longer than all others beside them
 * may be for all threads with fewer qubits than usual. */
void order_prepare(struct ketsim_batch *batch, bool may_widen);

/* How long to wait for all cores to work on a circuit. */
uint64_t order_patience_ns(const struct place *place);

/* ---- beside.c ---- */

/* For who ran a circuit on one thread. */
void beside_note(struct ketsim_batch *batch, const struct place *place);

/* Whether circuits of so many nanoseconds may run on one thread while helpers have so many left. */
bool beside_fits(double cost, double left, unsigned helpers);

/* For the calling thread, before anybody begins: choose circuits that are for all threads, but have time enough on one. */
void beside_choose(struct ketsim_batch *batch);

/* Run them, and say whether there are any; and after each other circuit choose anew. */
bool beside_run(struct ketsim_batch *batch);
void beside_go_on(struct ketsim_batch *batch);

/* ---- crew.c ---- */

/* Run all circuits, whose starts are there; returns when all are done. */
void crew_run(struct ketsim_batch *batch);

/* Whether somebody wants the batch to end. */
bool batch_stopped(const struct ketsim_batch *batch);

/* For the calling thread: call the caller's poll if its time has come, this circuit being done in part. */
void batch_poll(struct ketsim_batch *batch, double part);

/* Milliseconds until a deadline, at least 1; 0: for ever. */
uint64_t batch_time_left(uint64_t deadline);

enum { BATCH_POLL_NS = 20000000 };

/* ---- item.c ---- */

/* Run a circuit on so many threads, or find out why not, and note how that ended. */
void item_run(struct ketsim_batch *batch, size_t index, unsigned threads, bool by_caller);

/* How long it should take on one thread, as far as its gates go, by its plan; HUGE_VAL when that cannot be said. */
double item_expected_ns(struct ketsim_batch *batch, size_t index, bool by_caller);

/* Why it failed; "" when it did not. */
const char *item_message(const struct item *item);

/* Its result, once, to one of all threads that ask; NULL to the others. */
ketsim_state *item_take(struct item *item);

/* Note a failure, with the message of ketsim_last_error(). */
void item_fail(struct item *item, ketsim_status status);

/* For run options, with a struct item_runner as context. */
struct item_runner {
    struct ketsim_batch *batch;
    uint64_t deadline; /* of this circuit */
    bool by_caller;
};
bool item_poll(void *context, double done);

#endif
