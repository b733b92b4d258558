/* crew.c - in what order the circuits of a batch run, and by whom. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "batch.h"
#include "buffer.h"
#include "error.h"
#include "pool.h"
#include "threads.h"

/* From so many qubits on all threads work on one circuit; and from fewer on when there are not enough circuits for
 * all threads. */
enum { WIDE_QUBITS = 18, WIDE_QUBITS_FEW = 14 };
/* A circuit that measures holds so many states at once, or more when many shots differ. */
enum { DYNAMIC_STATES = 3 };
/* Waking a worker takes so long that less work is done sooner without. */
static const double HELPED_NS = 50000;
static const double MOST_PATIENCE_NS = 1e9;
/* Room that is not worth asking the system about. */
static const uint64_t SMALL_BYTES = UINT64_C(64) << 20;

/* ---- stopping --------------------------------------------------------------------------------- */

bool batch_stopped(const struct ketsim_batch *batch)
{
    return atomic_load_explicit(&batch->stop, memory_order_relaxed) ||
           (batch->options.cancel && ketsim_cancel_raised(batch->options.cancel));
}

/* A child that poll forks has lost the workers, and what they were running: there the batch ends. */
void batch_poll(struct ketsim_batch *batch, double part)
{
    if (!batch->options.poll || atomic_load_explicit(&batch->stop, memory_order_relaxed)) return;
    const uint64_t now = clock_ns();
    if (now - batch->polled_ns < BATCH_POLL_NS * 9 / 10) return;
    const double done = (double)atomic_load_explicit(&batch->done, memory_order_relaxed) + part;
    const unsigned cores = cores_pause(); /* poll may wait for a job */
    const bool go_on = batch->options.poll(batch->options.poll_context, done / (double)batch->count);
    cores_resume(cores);
    if (!go_on || batch->epoch != fork_epoch())
        atomic_store_explicit(&batch->stop, true, memory_order_relaxed);
    batch->polled_ns = clock_ns();
}

uint64_t batch_time_left(uint64_t deadline)
{
    if (!deadline) return 0;
    const uint64_t now = clock_ns();
    return now < deadline ? (deadline - now + 999999) / 1000000 : 1;
}

/* ---- in what order ---------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->wide != y->wide) return x->wide ? 1 : -1;
    if (x->cost != y->cost) return x->cost > y->cost ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

unsigned crew_size(const struct ketsim_batch *batch)
{
    const unsigned most = ketsim_default_threads(), asked = batch->options.max_concurrency;
    return asked && asked < most ? asked : most;
}

/* Nanoseconds on one thread, roughly: as ketsim_estimate_ns(). */
static void place(struct ketsim_batch *batch, size_t index, unsigned wide)
{
    struct item *item = &batch->items[index];
    const ketsim_state *from = item->state ? item->state : batch->base;
    const ketsim_circuit *circuit = batch->circuits[index];
    const unsigned n = from ? ketsim_state_nqubits(from) : ketsim_circuit_nqubits(circuit);
    const ketsim_dtype dtype = from ? ketsim_state_dtype(from) : batch->options.dtype;
    const unsigned threads = crew_size(batch);
    const double length = (double)ketsim_circuit_length(circuit) + batch->terms;
    const bool is_dynamic = ketsim_circuit_is_dynamic(circuit);
    const unsigned least = is_dynamic ? WIDE_QUBITS : wide; /* below, threads take branches of its shots */
    item->bytes = buffer_bytes(n, dtype) * (is_dynamic ? DYNAMIC_STATES : 1) + batch->options.shots * 28;
    batch->order[index] = (struct place){
        .wide = threads > 1 && n >= least, .cost = (length + 2) * (40 + ldexp(0.5, (int)n)), .index = index};
}

/* A term takes about a pass. */
static void count_terms(struct ketsim_batch *batch)
{
    batch->terms = 0;
    for (size_t k = 0; k < batch->options.nobservables; k++)
        batch->terms += (double)ketsim_observable_length(batch->options.observables[k]);
}

static void put_in_order(struct ketsim_batch *batch, unsigned wide)
{
    count_terms(batch);
    for (size_t k = 0; k < batch->count; k++) {
        place(batch, k, wide);
        batch->narrow += !batch->order[k].wide;
    }
    qsort(batch->order, batch->count, sizeof *batch->order, by_place);
}

/* What is not near the limit need not know it. */
static void set_limit(struct ketsim_batch *batch)
{
    uint64_t largest = 0;
    batch->limit = batch->options.memory_limit ? batch->options.memory_limit : UINT64_MAX;
    if (batch->options.memory_limit) return;
    for (size_t k = 0; k < batch->count; k++)
        if (batch->items[k].bytes > largest) largest = batch->items[k].bytes;
    if (largest > SMALL_BYTES / crew_size(batch)) batch->limit = ketsim_memory_available() / 10 * 6;
}

void crew_prepare(struct ketsim_batch *batch, bool few)
{
    put_in_order(batch, few ? WIDE_QUBITS_FEW : WIDE_QUBITS);
    set_limit(batch);
}

/* A quarter of what it takes on one. */
uint64_t crew_patience_ns(const struct place *place)
{
    return (uint64_t)fmin(place->cost / 4, MOST_PATIENCE_NS);
}

/* ---- by whom ---------------------------------------------------------------------------------- */

static uint64_t cpu_ns(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void run_wide_one(struct ketsim_batch *batch, const struct place *place)
{
    const unsigned threads = cores_enter(crew_size(batch), crew_patience_ns(place));
    item_run(batch, place->index, threads, true);
    cores_leave();
    batch_poll(batch, 0);
}

/* All threads on one circuit after the other.  Behind the narrow ones, for OpenMP's threads go on spinning for some
 * milliseconds after a region, on cores that workers would need. */
static void run_wide(struct ketsim_batch *batch)
{
    const uint64_t began = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (batch->narrow == batch->count) return;
    for (size_t k = batch->narrow; k < batch->count; k++) run_wide_one(batch, &batch->order[k]);
    atomic_fetch_add(&batch->cpu_ns, cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - began);
    batch->stats.wide = batch->count - batch->narrow;
}

/* One circuit after the other, until none is left. */
static void work(struct ketsim_batch *batch, bool by_caller)
{
    const uint64_t began = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    size_t k = atomic_fetch_add_explicit(&batch->next, 1, memory_order_relaxed);
    if (k >= batch->narrow) return;
    atomic_fetch_add_explicit(&batch->crew, 1, memory_order_relaxed);
    if (!by_caller) atomic_store_explicit(&batch->last_start, clock_ns(), memory_order_relaxed);
    while (k < batch->narrow) {
        item_run(batch, batch->order[k].index, 1, by_caller);
        if (by_caller) batch_poll(batch, 0);
        cores_take_turns(1);
        k = atomic_fetch_add_explicit(&batch->next, 1, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&batch->cpu_ns, cpu_ns(CLOCK_THREAD_CPUTIME_ID) - began, memory_order_relaxed);
}

static void help(void *context)
{
    work(context, false);
}

static unsigned helpers_worth(const struct ketsim_batch *batch)
{
    const size_t most = batch->narrow < crew_size(batch) ? batch->narrow : crew_size(batch);
    double cost = 0;
    for (size_t k = 0; k < batch->narrow && cost < HELPED_NS; k++) cost += batch->order[k].cost;
    return cost < HELPED_NS || most < 2 ? 0 : (unsigned)most - 1;
}

static void run_narrow(struct ketsim_batch *batch)
{
    const unsigned helpers = helpers_worth(batch);
    const uint64_t began = clock_ns();
    struct pool_job *job = helpers ? pool_begin(helpers, help, batch) : NULL;
    (void)cores_enter(1, 0);
    work(batch, true);
    cores_leave();
    while (!pool_end(job, BATCH_POLL_NS)) batch_poll(batch, 0);
    const uint64_t last = atomic_load_explicit(&batch->last_start, memory_order_relaxed);
    if (last) batch->stats.start_ns = last - began;
}

/* Only in a child that was forked meanwhile; what a lost worker was writing is left alone. */
static void fail_lost(struct ketsim_batch *batch)
{
    for (size_t k = 0; k < batch->count; k++) {
        struct item *item = &batch->items[k];
        if (atomic_load_explicit(&item->done, memory_order_acquire)) continue;
        item->state = NULL;
        item->counts = NULL;
        item->message = NULL;
        item_fail(item, fail(KETSIM_ERR_CANCELLED, "batch: circuit %zu was lost in a fork", k));
    }
}

void crew_run(struct ketsim_batch *batch)
{
    crew_prepare(batch, batch->count < crew_size(batch));
    run_narrow(batch);
    if (batch->epoch == fork_epoch()) run_wide(batch);
    if (batch->epoch != fork_epoch()) fail_lost(batch);
}
