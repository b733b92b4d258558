/* pool.c - tickets for jobs in a queue, and workers that take them. */
#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "mpmc.h"
#include "park.h"
#include "spin.h"
#include "threads.h"

enum { MOST_WORKERS = KETSIM_MAX_THREADS - 1 };
static const uint32_t CLOSED = UINT32_C(1) << 31;

struct pool_job {
    void (*work)(void *context);
    void *context;
    uint32_t epoch;
    _Atomic uint32_t refs;   /* of the caller, and of tickets */
    _Atomic uint32_t inside; /* workers at work on it, and CLOSED */
};

struct worker {
    pthread_t thread;
    _Atomic bool busy;
};

static struct {
    struct spin lock; /* guards epoch, count, and starting */
    uint32_t epoch;   /* of the process that the rest belongs to */
    unsigned count;
    struct worker workers[MOST_WORKERS];
    struct mpmc tickets;
    struct mpmc_cell cells[KETSIM_TICKETS];
    _Atomic uint32_t bell; /* changes whenever there may be something to do */
    _Atomic bool ending;
} pool;

/* ---- jobs ------------------------------------------------------------------------------------- */

static void drop(struct pool_job *job)
{
    if (atomic_fetch_sub_explicit(&job->refs, 1, memory_order_acq_rel) == 1) free(job);
}

/* Do a ticket's work, unless its caller has ended without it. */
static void help(struct pool_job *job)
{
    uint32_t seen = atomic_load_explicit(&job->inside, memory_order_relaxed);
    while (!(seen & CLOSED)) {
        if (!atomic_compare_exchange_weak_explicit(&job->inside, &seen, seen + 1, memory_order_acquire,
                                                   memory_order_relaxed))
            continue;
        job->work(job->context);
        if (atomic_fetch_sub_explicit(&job->inside, 1, memory_order_release) == (CLOSED | 1))
            park_wake(&job->inside);
        break;
    }
    drop(job);
}

/* ---- workers ---------------------------------------------------------------------------------- */

/* Busy is set before ending is looked at, and ending before busy: so no worker begins that end_pool() joins. */
static void do_tickets(struct worker *self)
{
    void *job;
    atomic_store(&self->busy, true);
    while (!atomic_load(&pool.ending) && mpmc_pop(&pool.tickets, &job)) help(job);
    atomic_store(&self->busy, false);
}

static void *run_worker(void *context)
{
    struct worker *self = context;
    for (;;) {
        const uint32_t seen = atomic_load_explicit(&pool.bell, memory_order_acquire);
        do_tickets(self);
        if (atomic_load(&pool.ending)) return NULL;
        park_wait(&pool.bell, seen, 0);
    }
}

/* Signals are for the caller's threads. */
static bool start_worker(struct worker *worker)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_store_explicit(&worker->busy, false, memory_order_relaxed);
    const bool started = !pthread_create(&worker->thread, NULL, run_worker, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* With the lock held: what is there was another process's; its threads do not exist here. */
static void start_anew(void)
{
    mpmc_init(&pool.tickets, pool.cells, KETSIM_TICKETS);
    pool.count = 0;
    pool.epoch = fork_epoch();
}

/* Have so many workers, or as many as can be had. */
static void grow(unsigned wanted)
{
    spin_lock(&pool.lock);
    if (pool.epoch != fork_epoch()) start_anew();
    if (wanted > MOST_WORKERS) wanted = MOST_WORKERS;
    while (pool.count < wanted && start_worker(&pool.workers[pool.count])) pool.count++;
    spin_unlock(&pool.lock);
}

/* Workers that sleep are waited for, so that the library may be unloaded; those at work end with the process. */
__attribute__((destructor)) static void end_pool(void)
{
    spin_lock(&pool.lock);
    const unsigned count = pool.epoch == fork_epoch() ? pool.count : 0;
    pool.count = 0;
    spin_unlock(&pool.lock);
    atomic_store(&pool.ending, true);
    atomic_fetch_add(&pool.bell, 1);
    park_wake(&pool.bell);
    for (unsigned k = 0; k < count; k++) {
        if (atomic_load(&pool.workers[k].busy)) pthread_detach(pool.workers[k].thread);
        else pthread_join(pool.workers[k].thread, NULL);
    }
}

/* A forked child that has had no use for workers has none. */
void workers_counters(ketsim_counters *out)
{
    spin_lock(&pool.lock);
    const bool ours = pool.count && pool.epoch == fork_epoch();
    out->workers = ours ? pool.count : 0;
    for (unsigned k = 0; k < out->workers; k++)
        out->workers_busy += atomic_load_explicit(&pool.workers[k].busy, memory_order_relaxed);
    out->tickets = ours ? mpmc_length(&pool.tickets) : 0;
    spin_unlock(&pool.lock);
}

/* ---- the caller's side ------------------------------------------------------------------------ */

/* One ticket a helper, as far as there is room; each holds a reference. */
static void post(struct pool_job *job, unsigned helpers)
{
    unsigned posted = 0;
    while (posted < helpers && mpmc_push(&pool.tickets, job)) posted++;
    atomic_fetch_sub_explicit(&job->refs, helpers - posted, memory_order_relaxed); /* the caller's remains */
    atomic_fetch_add_explicit(&pool.bell, 1, memory_order_release);
    park_wake(&pool.bell);
}

struct pool_job *pool_begin(unsigned helpers, void (*work)(void *context), void *context)
{
    struct pool_job *job = malloc(sizeof *job);
    if (!job) return NULL;
    job->work = work;
    job->context = context;
    job->epoch = fork_epoch();
    atomic_init(&job->refs, 1 + helpers);
    atomic_init(&job->inside, 0);
    grow(helpers);
    post(job, helpers);
    return job;
}

bool pool_end(struct pool_job *job, uint64_t timeout_ns)
{
    if (!job || job->epoch != fork_epoch()) return true;
    uint32_t seen = atomic_fetch_or_explicit(&job->inside, CLOSED, memory_order_acquire) | CLOSED;
    if (seen != CLOSED) {
        park_wait(&job->inside, seen, timeout_ns);
        seen = atomic_load_explicit(&job->inside, memory_order_acquire);
    }
    if (seen != CLOSED) return false;
    drop(job);
    return true;
}
