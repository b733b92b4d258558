/* crew.c - by whom the circuits of a batch are run. */
#include <time.h>

#include "batch.h"
#include "error.h"
#include "pool.h"
#include "threads.h"

/* Waking a worker takes so long that less work is done sooner without. */
static const double HELPED_NS = 50000;

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

/* ---- by whom ---------------------------------------------------------------------------------- */

static uint64_t cpu_ns(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void run_wide_one(struct ketsim_batch *batch, const struct place *place)
{
    const unsigned threads = cores_enter(crew_size(batch), order_patience_ns(place));
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
    for (size_t k = batch->narrow; k < batch->count; k++) {
        if (batch->order[k].beside) continue;
        run_wide_one(batch, &batch->order[k]);
        batch->stats.wide++;
    }
    if (batch->stats.wide) atomic_fetch_add(&batch->cpu_ns, cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - began);
}

/* One circuit after the other, until none is left. */
static void work(struct ketsim_batch *batch, bool by_caller)
{
    const uint64_t began = cpu_ns(CLOCK_THREAD_CPUTIME_ID), start = clock_ns();
    const bool ran = by_caller && beside_run(batch);
    size_t k = atomic_fetch_add_explicit(&batch->next, 1, memory_order_relaxed);
    if (k >= batch->narrow && !ran) return;
    atomic_fetch_add_explicit(&batch->crew, 1, memory_order_relaxed);
    if (!by_caller) atomic_store_explicit(&batch->last_start, start, memory_order_relaxed);
    while (k < batch->narrow) {
        item_run(batch, batch->order[k].index, 1, by_caller);
        beside_note(batch, &batch->order[k]);
        if (by_caller) batch_poll(batch, 0);
        if (by_caller) beside_go_on(batch);
        cores_take_turns(1);
        k = atomic_fetch_add_explicit(&batch->next, 1, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&batch->cpu_ns, cpu_ns(CLOCK_THREAD_CPUTIME_ID) - began, memory_order_relaxed);
    atomic_fetch_add_explicit(&batch->busy_ns, clock_ns() - start, memory_order_relaxed);
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

static double idle_share(const struct ketsim_batch *batch, uint64_t wall_ns)
{
    const double all = (double)wall_ns * (1 + batch->helpers);
    const double busy = (double)atomic_load_explicit(&batch->busy_ns, memory_order_relaxed);
    return batch->narrow && busy < all ? 1 - busy / all : 0;
}

static void run_narrow(struct ketsim_batch *batch)
{
    const uint64_t began = clock_ns();
    batch->helpers = helpers_worth(batch);
    beside_choose(batch);
    struct pool_job *job = batch->helpers ? pool_begin(batch->helpers, help, batch) : NULL;
    (void)cores_enter(1, 0);
    work(batch, true);
    cores_leave();
    while (!pool_end(job, BATCH_POLL_NS)) batch_poll(batch, 0);
    batch->stats.idle_share = idle_share(batch, clock_ns() - began);
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
    order_prepare(batch, true);
    if (crossover_measure(batch)) order_prepare(batch, true);
    batch->stats.crossover = ketsim_batch_crossover(NULL);
    run_narrow(batch);
    if (batch->epoch == fork_epoch()) run_wide(batch);
    if (batch->epoch != fork_epoch()) fail_lost(batch);
}
