/* batch.c - many circuits at once: what is asked, where they start, what came of them. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "events.h"
#include "rng.h"
#include "threads.h"

static const uint64_t MOST_SHOTS = UINT64_C(1) << 40;

uint64_t ketsim_batch_seed(uint64_t seed, size_t index)
{
    uint64_t out[4];
    philox4x64(out, (uint64_t[]){0, 0, index, RNG_BATCH}, (uint64_t[]){seed, 0});
    return out[0];
}

/* ---- what is asked ---------------------------------------------------------------------------- */

static ketsim_status check_states(const ketsim_batch_options *options, size_t count)
{
    if (options->nstates > 1 && options->nstates != count)
        return fail(KETSIM_ERR_ARGUMENT,
                    "%zu states for %zu circuits: must be none, one for all, or one each", options->nstates,
                    count);
    if (options->nstates && !options->states)
        return fail(KETSIM_ERR_ARGUMENT, "states is NULL: nstates is %zu", options->nstates);
    for (size_t k = 0; k < options->nstates; k++)
        if (!options->states[k]) return fail(KETSIM_ERR_ARGUMENT, "state %zu is NULL", k);
    return KETSIM_OK;
}

static ketsim_status check_observables(const ketsim_batch_options *options)
{
    if (options->nobservables && !options->observables)
        return fail(KETSIM_ERR_ARGUMENT, "observables is NULL: nobservables is %zu", options->nobservables);
    for (size_t k = 0; k < options->nobservables; k++)
        if (!options->observables[k]) return fail(KETSIM_ERR_ARGUMENT, "observable %zu is NULL", k);
    return KETSIM_OK;
}

ketsim_status batch_check(const ketsim_batch_options *options)
{
    if (options->dtype != KETSIM_COMPLEX128 && options->dtype != KETSIM_COMPLEX64)
        return fail(KETSIM_ERR_ARGUMENT, "dtype %d: must be KETSIM_COMPLEX128 or KETSIM_COMPLEX64",
                    (int)options->dtype);
    if (options->shots > MOST_SHOTS)
        return fail(KETSIM_ERR_ARGUMENT, "%llu shots: must be at most %llu",
                    (unsigned long long)options->shots, (unsigned long long)MOST_SHOTS);
    return check_observables(options);
}

ketsim_status batch_make_room(struct ketsim_batch *batch, size_t count)
{
    const size_t each = batch->options.nobservables;
    if (!each) return KETSIM_OK;
    const size_t most = PTRDIFF_MAX / sizeof *batch->values / each;
    batch->values = count <= most ? malloc((count * each + 1) * sizeof *batch->values) : NULL;
    if (batch->values) return KETSIM_OK;
    return fail(KETSIM_ERR_MEMORY, "values: cannot allocate %zu for each of %zu circuits", each, count);
}

static ketsim_status check(const ketsim_circuit *const *circuits, size_t count,
                           const ketsim_batch_options *options)
{
    if (count && !circuits) return fail(KETSIM_ERR_ARGUMENT, "circuits is NULL: count is %zu", count);
    for (size_t k = 0; k < count; k++)
        if (!circuits[k]) return fail(KETSIM_ERR_ARGUMENT, "circuit %zu is NULL", k);
    TRY(batch_check(options));
    return check_states(options, count);
}

/* NULL when there is no memory. */
static ketsim_batch *create(size_t count)
{
    if (count >= SIZE_MAX / sizeof(struct item) - 1) return NULL;
    ketsim_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return NULL;
    batch->items = aligned_alloc(_Alignof(struct item), (count + 1) * sizeof *batch->items);
    batch->order = malloc((count + 1) * sizeof *batch->order);
    if (!batch->items || !batch->order) {
        ketsim_batch_free(batch);
        return NULL;
    }
    memset(batch->items, 0, (count + 1) * sizeof *batch->items);
    batch->count = count;
    return batch;
}

/* ---- where circuits start --------------------------------------------------------------------- */

/* The queue is run here, where it can be stopped; when another thread holds the state, that run commits it. */
static ketsim_status clone_start(struct ketsim_batch *batch, ketsim_state **out, ketsim_state *state)
{
    struct item_runner runner = {batch, batch->deadline, true};
    const ketsim_run_options options = {.timeout_ms = batch_time_left(batch->deadline),
                                        .cancel = batch->options.cancel,
                                        .poll = item_poll,
                                        .poll_context = &runner};
    const ketsim_status status = ketsim_pending(state) ? ketsim_run(state, &options) : KETSIM_OK;
    if (status != KETSIM_OK && status != KETSIM_ERR_BUSY) return status;
    return ketsim_state_clone(out, state);
}

/* By the calling thread, one by one: several circuits may start from one state, whose queue must run once. */
static void clone_starts(struct ketsim_batch *batch)
{
    const size_t nstates = batch->options.nstates;
    const bool one = nstates == 1;
    const ketsim_status status = one ? clone_start(batch, &batch->base, batch->options.states[0]) : KETSIM_OK;
    for (size_t k = 0; one && status != KETSIM_OK && k < batch->count; k++)
        item_fail(&batch->items[k], status);
    for (size_t k = 0; !one && k < nstates; k++) {
        struct item *item = &batch->items[k];
        const ketsim_status own = clone_start(batch, &item->state, batch->options.states[k]);
        if (own != KETSIM_OK) item_fail(item, own);
    }
}

/* ---- what came of it -------------------------------------------------------------------------- */

static void add_outcome(ketsim_batch_stats *stats, const struct item *item)
{
    if (item->status == KETSIM_OK) stats->operations += item->operations;
    if (item->status == KETSIM_OK) stats->succeeded++;
    else if (item->status == KETSIM_ERR_DEADLINE) stats->timed_out++;
    else if (item->status == KETSIM_ERR_CANCELLED) stats->cancelled++;
    else stats->failed++;
}

static int by_size(const void *a, const void *b)
{
    const double x = ((const struct place *)a)->cost, y = ((const struct place *)b)->cost;
    return (x > y) - (x < y);
}

/* The order is no longer needed: its costs become durations. */
static void add_durations(struct ketsim_batch *batch)
{
    size_t ran = 0;
    for (size_t k = 0; k < batch->count; k++)
        if (batch->items[k].duration_ns) batch->order[ran++].cost = (double)batch->items[k].duration_ns;
    if (!ran) return;
    qsort(batch->order, ran, sizeof *batch->order, by_size);
    batch->stats.median_ns = (uint64_t)batch->order[(ran - 1) / 2].cost;
    batch->stats.p99_ns = (uint64_t)batch->order[ran - 1 - (ran - 1) / 100].cost;
}

static void finish(struct ketsim_batch *batch, uint64_t began)
{
    ketsim_batch_stats *stats = &batch->stats;
    const unsigned narrow = atomic_load_explicit(&batch->crew, memory_order_relaxed);
    stats->circuits = batch->count;
    stats->threads = stats->wide ? crew_size(batch) : narrow;
    for (size_t k = 0; k < batch->count; k++) add_outcome(stats, &batch->items[k]);
    add_durations(batch);
    stats->bytes_peak = atomic_load_explicit(&batch->peak, memory_order_relaxed);
    stats->cpu_ns = atomic_load_explicit(&batch->cpu_ns, memory_order_relaxed);
    stats->wall_ns = clock_ns() - began;
    event_count(EVENT_BATCH, 1);
    event_count(EVENT_JOB, batch->count);
    free(batch->order);
    batch->order = NULL;
    ketsim_state_free(batch->base);
    batch->base = NULL;
}

static void run(struct ketsim_batch *batch)
{
    const uint64_t began = clock_ns();
    batch->polled_ns = began;
    batch->epoch = fork_epoch();
    batch->deadline = clock_deadline(batch->options.timeout_ms);
    clone_starts(batch);
    crew_run(batch);
    finish(batch, began);
}

ketsim_status ketsim_batch_run(ketsim_batch **out, const ketsim_circuit *const *circuits, size_t count,
                               const ketsim_batch_options *options)
{
    const ketsim_batch_options none = {0};
    uint64_t seed = 0;
    if (!options) options = &none;
    TRY(check(circuits, count, options));
    if (options->seed) seed = *options->seed;
    else if (options->shots) TRY(rng_os_seed(&seed));
    ketsim_batch *batch = create(count);
    if (!batch) return fail(KETSIM_ERR_MEMORY, "batch: cannot allocate a list of %zu circuits", count);
    batch->circuits = circuits;
    batch->options = *options;
    batch->seed = seed;
    const ketsim_status status = batch_make_room(batch, count);
    if (status == KETSIM_OK) run(batch);
    else ketsim_batch_free(batch);
    if (status == KETSIM_OK) *out = batch;
    return status;
}

/* ---- reading it ------------------------------------------------------------------------------- */

void ketsim_batch_free(ketsim_batch *batch)
{
    if (!batch) return;
    for (size_t k = 0; k < batch->count; k++) {
        ketsim_state_free(batch->items[k].state);
        free(batch->items[k].counts);
        free(batch->items[k].message);
    }
    free(batch->items);
    free(batch->values);
    free(batch->order);
    free(batch);
}

ketsim_status ketsim_batch_status(const ketsim_batch *batch, size_t index)
{
    return index < batch->count ? batch->items[index].status : KETSIM_ERR_ARGUMENT;
}

const char *ketsim_batch_message(const ketsim_batch *batch, size_t index)
{
    const struct item *item = index < batch->count ? &batch->items[index] : NULL;
    return item ? item_message(item) : "there is no such circuit in the batch";
}

ketsim_state *ketsim_batch_take(ketsim_batch *batch, size_t index)
{
    return index < batch->count ? item_take(&batch->items[index]) : NULL;
}

size_t ketsim_batch_counts(const ketsim_batch *batch, const ketsim_count **out, size_t index)
{
    const bool has = index < batch->count && batch->items[index].status == KETSIM_OK;
    *out = has ? batch->items[index].counts : NULL;
    return has ? batch->items[index].ncounts : 0;
}

size_t batch_values(const struct ketsim_batch *batch, const double **out, size_t index)
{
    const size_t each = batch->options.nobservables;
    const bool has = each && index < batch->count && batch->items[index].status == KETSIM_OK;
    *out = has ? batch->values + index * each : NULL;
    return has ? each : 0;
}

size_t ketsim_batch_values(const ketsim_batch *batch, const double **out, size_t index)
{
    return batch_values(batch, out, index);
}

void ketsim_batch_get_stats(const ketsim_batch *batch, ketsim_batch_stats *out)
{
    *out = batch->stats;
}
