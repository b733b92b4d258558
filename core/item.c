/* item.c - one circuit of a batch: wait for memory, run, count samples, keep the result or the reason. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "error.h"
#include "events.h"
#include "expect.h"
#include "memory.h"
#include "park.h"
#include "shots.h"
#include "state.h"
#include "stops.h"
#include "threads.h"

typedef unsigned long long ull;

bool item_poll(void *context, double done)
{
    const struct item_runner *runner = context;
    if (runner->by_caller) batch_poll(runner->batch, done);
    return !batch_stopped(runner->batch);
}

const char *item_message(const struct item *item)
{
    if (item->message) return item->message;
    return item->status == KETSIM_OK ? "" : "there was no memory for the message";
}

/* Only who sets the mark touches the state, so nothing needs to be in order with it. */
ketsim_state *item_take(struct item *item)
{
    if (atomic_exchange_explicit(&item->taken, true, memory_order_relaxed)) return NULL;
    ketsim_state *state = item->state;
    item->state = NULL;
    return state;
}

void item_fail(struct item *item, ketsim_status status)
{
    item->status = status;
    item->message = strdup(ketsim_last_error());
}

/* ---- memory ----------------------------------------------------------------------------------- */

static ketsim_status fail_stopped(const struct ketsim_batch *batch, size_t index, const char *when,
                                  const char *did)
{
    if (batch->is_job) return fail(KETSIM_ERR_CANCELLED, "job: stopped %s it %s", when, did);
    return fail(KETSIM_ERR_CANCELLED, "batch: stopped %s circuit %zu %s", when, index, did);
}

/* Whether it is still worth starting. */
static ketsim_status check_turn(const struct ketsim_batch *batch, size_t index)
{
    if (batch_stopped(batch)) {
        (void)event_stop(KETSIM_ERR_CANCELLED);
        return fail_stopped(batch, index, "before", "began");
    }
    if (batch->deadline && clock_ns() >= batch->deadline)
        return fail(event_stop(KETSIM_ERR_DEADLINE),
                    "batch: timeout_ms = %llu passed before circuit %zu began",
                    (ull)batch->options.timeout_ms, index);
    return KETSIM_OK;
}

static void note_peak(struct ketsim_batch *batch, uint64_t bytes)
{
    uint64_t peak = atomic_load_explicit(&batch->peak, memory_order_relaxed);
    while (bytes > peak && !atomic_compare_exchange_weak(&batch->peak, &peak, bytes)) {}
}

static bool try_enter(struct ketsim_batch *batch, uint64_t bytes)
{
    uint64_t running = atomic_load(&batch->running);
    do {
        if (bytes > batch->limit - running) return false;
    } while (!atomic_compare_exchange_weak(&batch->running, &running, running + bytes));
    note_peak(batch, running + bytes + atomic_load_explicit(&batch->kept, memory_order_relaxed));
    return true;
}

/* Until others have left enough.  The order is by cost, so what waits is rarely smaller than what runs. */
static ketsim_status wait_to_enter(const struct item_runner *runner, uint64_t bytes, size_t index)
{
    struct ketsim_batch *batch = runner->batch;
    ketsim_status status;
    atomic_fetch_add(&batch->waiters, 1);
    for (;;) {
        const uint32_t seen = atomic_load(&batch->bell);
        status = check_turn(batch, index);
        if (status != KETSIM_OK || try_enter(batch, bytes)) break;
        park_wait(&batch->bell, seen, BATCH_POLL_NS);
        if (runner->by_caller) batch_poll(batch, 0);
    }
    atomic_fetch_sub(&batch->waiters, 1);
    return status;
}

static ketsim_status fail_size(const struct ketsim_batch *batch, uint64_t bytes, size_t index)
{
    if (batch->is_job)
        return fail(KETSIM_ERR_MEMORY, "job: needs about %llu bytes: %llu may be taken", (ull)bytes,
                    (ull)batch->limit);
    return fail(KETSIM_ERR_MEMORY, "circuit %zu: needs about %llu bytes: %llu may be taken (memory_limit)",
                index, (ull)bytes, (ull)batch->limit);
}

static ketsim_status enter(const struct item_runner *runner, uint64_t bytes, size_t index)
{
    struct ketsim_batch *batch = runner->batch;
    TRY(check_turn(batch, index));
    if (bytes > batch->limit) return fail_size(batch, bytes, index);
    return try_enter(batch, bytes) ? KETSIM_OK : wait_to_enter(runner, bytes, index);
}

static void leave(struct ketsim_batch *batch, uint64_t bytes)
{
    atomic_fetch_sub(&batch->running, bytes);
    if (!atomic_load(&batch->waiters)) return;
    atomic_fetch_add(&batch->bell, 1);
    park_wake(&batch->bell);
}

/* ---- samples ---------------------------------------------------------------------------------- */

static ketsim_status count_outcomes(struct item *item, uint64_t *outcomes, uint64_t shots)
{
    size_t different;
    TRY(ketsim_tally(NULL, &different, outcomes, shots));
    item->counts = malloc((different + !different) * sizeof *item->counts);
    if (!item->counts) return fail(KETSIM_ERR_MEMORY, "counts: cannot allocate %zu of them", different);
    return ketsim_tally(item->counts, &item->ncounts, outcomes, shots);
}

static ketsim_status tally(struct item *item, uint64_t *outcomes, uint64_t shots,
                           const ketsim_run_options *options)
{
    const struct limits outer = limits_swap(options, stops_deadline(options), KETSIM_STAGE_PASSES);
    const ketsim_status status = count_outcomes(item, outcomes, shots);
    limits_restore(&outer);
    return status;
}

static ketsim_status sample(struct item *item, uint64_t shots, uint64_t seed,
                            const ketsim_run_options *options)
{
    uint64_t *const outcomes = memory_take(shots, sizeof *outcomes, "samples");
    if (!outcomes) return KETSIM_ERR_MEMORY;
    ketsim_status status = state_sample(item->state, outcomes, shots, seed, options);
    if (status == KETSIM_OK) status = tally(item, outcomes, shots, options);
    free(outcomes);
    return status;
}

/* ---- the run ---------------------------------------------------------------------------------- */

static ketsim_status start(const struct ketsim_batch *batch, struct item *item, size_t index)
{
    if (item->state) return KETSIM_OK;
    if (batch->base) return ketsim_state_clone(&item->state, batch->base);
    return ketsim_state_new(&item->state, ketsim_circuit_nqubits(batch->circuits[index]),
                            batch->options.dtype);
}

/* What stopped a run, in the words of this call. */
static ketsim_status reword(const struct ketsim_batch *batch, size_t index, ketsim_status status)
{
    if (status == KETSIM_ERR_CANCELLED) return fail_stopped(batch, index, "while", "ran");
    if (status != KETSIM_ERR_DEADLINE) return status;
    if (batch->is_job)
        return fail(status, "job: timeout_ms = %llu passed before it ended",
                    (ull)batch->options.per_circuit_timeout_ms);
    if (batch->deadline && clock_ns() >= batch->deadline)
        return fail(status, "batch: timeout_ms = %llu passed while circuit %zu ran",
                    (ull)batch->options.timeout_ms, index);
    return fail(status, "circuit %zu: per_circuit_timeout_ms = %llu passed before it ended", index,
                (ull)batch->options.per_circuit_timeout_ms);
}

/* How what begins now may be stopped. */
static ketsim_run_options run_options(const struct item_runner *runner)
{
    return (ketsim_run_options){.timeout_ms = batch_time_left(runner->deadline),
                                .cancel = runner->batch->options.cancel,
                                .poll = item_poll,
                                .poll_context = (void *)runner};
}

/* What is queued on a start runs on its own, so that the bits are those of a start whose queue was run before. */
static ketsim_status run_queue(const struct item_runner *runner, const struct item *item)
{
    const ketsim_run_options options = run_options(runner);
    return ketsim_pending(item->state) ? ketsim_run(item->state, &options) : KETSIM_OK;
}

static ketsim_status apply(const struct item_runner *runner, struct item *item, const ketsim_circuit *circuit)
{
    TRY(run_queue(runner, item));
    const ketsim_run_options options = run_options(runner);
    item->operations = ketsim_circuit_length(circuit);
    return state_apply_once(item->state, circuit, &options);
}

static ketsim_status evaluate(const struct item_runner *runner, struct item *item, size_t index)
{
    const ketsim_batch_options *asked = &runner->batch->options;
    const size_t each = asked->nobservables;
    const ketsim_run_options options = run_options(runner);
    if (!each) return KETSIM_OK;
    return ketsim_evaluate(item->state, asked->observables, each, runner->batch->values + index * each,
                           &options);
}

/* ---- circuits that measure on the way --------------------------------------------------------- */

/* Workers that have no circuit help, unless the caller has said how many threads there may be. */
static unsigned helpers(const struct ketsim_batch *batch)
{
    return crew_size(batch) < ketsim_default_threads() ? 0 : crew_size(batch) - 1;
}

static ketsim_status run_part(const struct item_runner *runner, struct item *item, struct shots_part *part)
{
    const ketsim_run_options options = run_options(runner);
    part->out = memory_take(part->shots, sizeof *part->out, "samples");
    if (!part->out) return KETSIM_ERR_MEMORY;
    ketsim_status status = shots_run_part(part, &options);
    if (status == KETSIM_OK) status = tally(item, part->out, part->shots, &options);
    free(part->out);
    return status;
}

/* Its shots end in many states: none is kept. */
static ketsim_status run_dynamic(const struct item_runner *runner, struct item *item, size_t index)
{
    const struct ketsim_batch *batch = runner->batch;
    const ketsim_batch_options *asked = &batch->options;
    struct shots_part part = {.circuit = batch->circuits[index],
                              .start = item->state,
                              .shots = asked->shots,
                              .seed = ketsim_batch_seed(batch->seed, batch->first + index),
                              .observables = asked->observables,
                              .nobservables = asked->nobservables,
                              .threads = atomic_load(&item->state->threads),
                              .helpers = helpers(batch)};
    if (!part.shots)
        return fail(KETSIM_ERR_ARGUMENT, "circuit has operations that are not gates, such as a measurement "
                                         "or a channel: shots must be given");
    if (asked->nobservables) part.means = batch->values + index * asked->nobservables;
    TRY(run_queue(runner, item));
    item->operations = ketsim_circuit_length(part.circuit);
    TRY(run_part(runner, item, &part));
    ketsim_state_free(item->state);
    item->state = NULL;
    return KETSIM_OK;
}

/* ---- all of one circuit ----------------------------------------------------------------------- */

static ketsim_status run_gates(const struct item_runner *runner, struct item *item, size_t index)
{
    const struct ketsim_batch *batch = runner->batch;
    const uint64_t shots = batch->options.shots;
    TRY(apply(runner, item, batch->circuits[index]));
    TRY(evaluate(runner, item, index));
    const ketsim_run_options options = run_options(runner);
    const uint64_t seed = ketsim_batch_seed(batch->seed, batch->first + index);
    return shots ? sample(item, shots, seed, &options) : KETSIM_OK;
}

double item_expected_ns(struct ketsim_batch *batch, size_t index, bool by_caller)
{
    struct item *item = &batch->items[index];
    const struct item_runner runner = {batch, batch->deadline, by_caller};
    const ketsim_run_options options = run_options(&runner);
    double ns = HUGE_VAL;
    if (item->status != KETSIM_OK || ketsim_circuit_is_dynamic(batch->circuits[index])) return ns;
    if (start(batch, item, index) != KETSIM_OK) return ns;
    return state_expect_once(&ns, item->state, batch->circuits[index], &options) == KETSIM_OK ? ns : HUGE_VAL;
}

/* Whether the observables fit is seen before the circuit runs. */
static ketsim_status run_and_look(const struct item_runner *runner, struct item *item, size_t index)
{
    const ketsim_batch_options *asked = &runner->batch->options;
    size_t nterms;
    TRY(expect_check(&nterms, item->state->nqubits, asked->observables, asked->nobservables));
    return ketsim_circuit_is_dynamic(runner->batch->circuits[index]) ? run_dynamic(runner, item, index)
                                                                     : run_gates(runner, item, index);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a && (!b || a < b) ? a : b;
}

/* The state's own number of threads is put aside for the run. */
static ketsim_status run_entered(const struct item_runner *runner, struct item *item, size_t index,
                                 unsigned threads)
{
    const struct ketsim_batch *batch = runner->batch;
    TRY(start(batch, item, index));
    const unsigned own = atomic_load_explicit(&item->state->threads, memory_order_relaxed);
    atomic_store_explicit(&item->state->threads, own && own < threads ? own : threads, memory_order_relaxed);
    const ketsim_status status = reword(batch, index, run_and_look(runner, item, index));
    if (item->state) atomic_store_explicit(&item->state->threads, own, memory_order_relaxed);
    return status;
}

static ketsim_status run_and_leave(const struct item_runner *runner, struct item *item, size_t index,
                                   unsigned threads)
{
    TRY(enter(runner, item->bytes, index));
    const uint64_t began = clock_ns();
    const ketsim_status status = run_entered(runner, item, index, threads);
    item->duration_ns = clock_ns() - began;
    if (status == KETSIM_OK && !runner->batch->options.drop_states)
        atomic_fetch_add_explicit(&runner->batch->kept, item->bytes, memory_order_relaxed);
    leave(runner->batch, item->bytes);
    return status;
}

static void drop_state(struct item *item)
{
    ketsim_state_free(item->state);
    item->state = NULL;
}

void item_run(struct ketsim_batch *batch, size_t index, unsigned threads, bool by_caller)
{
    struct item *item = &batch->items[index];
    const uint64_t own = clock_deadline(batch->options.per_circuit_timeout_ms);
    const struct item_runner runner = {batch, sooner(own, batch->deadline), by_caller};
    if (item->status == KETSIM_OK) {
        const ketsim_status status = run_and_leave(&runner, item, index, threads);
        if (status != KETSIM_OK) item_fail(item, status);
    }
    if (item->status != KETSIM_OK || batch->options.drop_states) drop_state(item);
    atomic_fetch_add_explicit(&batch->done, 1, memory_order_relaxed);
    atomic_store_explicit(&item->done, true, memory_order_release);
}
