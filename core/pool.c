/* pool.c - tickets for jobs and tasks in queues, and workers that take them. */
#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "cores.h"
#include "error.h"
#include "mpmc.h"
#include "park.h"
#include "pin.h"
#include "spin.h"
#include "threads.h"

enum { LANES = 2, TASKS = 4096, MOST_WORKERS = KETSIM_MAX_THREADS };
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
    enum pool_lane lane;
    struct apart apart;
    _Atomic bool busy;
};

/* Workers that take from the same queues. */
struct lane {
    struct mpmc tickets, tasks;
    struct worker workers[MOST_WORKERS];
    struct mpmc_cell ticket_cells[KETSIM_TICKETS], task_cells[TASKS];
    unsigned count;                 /* of workers */
    _Atomic uint32_t bell;          /* changes whenever there may be something to do */
    _Atomic uint32_t room, waiters; /* changes when a task is taken while there are waiters for room */
};

static struct {
    struct lane lanes[LANES];
    struct spin lock; /* guards epoch, pin, counts, and starting */
    uint32_t epoch;   /* of the process that the rest belongs to */
    ketsim_pin pin;
    _Atomic bool ending;
} pool;

/* ---- the lock ----------------------------------------------------------------------------------- */

/* With the lock held: what is there was another process's; its threads do not exist here. */
static void start_anew(void)
{
    for (unsigned k = 0; k < LANES; k++) {
        struct lane *lane = &pool.lanes[k];
        mpmc_init(&lane->tickets, lane->ticket_cells, KETSIM_TICKETS);
        mpmc_init(&lane->tasks, lane->task_cells, TASKS);
        lane->count = 0;
    }
    pool.epoch = fork_epoch();
}

static void lock_own(void)
{
    spin_lock(&pool.lock);
    if (pool.epoch != fork_epoch()) start_anew();
}

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

static bool do_ticket(struct lane *lane)
{
    void *job;
    if (!mpmc_pop(&lane->tickets, &job)) return false;
    help(job);
    return true;
}

static bool do_task(struct lane *lane)
{
    void *task;
    if (!mpmc_pop(&lane->tasks, &task)) return false;
    if (atomic_load(&lane->waiters)) {
        atomic_fetch_add(&lane->room, 1);
        park_wake(&lane->room);
    }
    ((struct pool_task *)task)->work(task);
    return true;
}

/* What was done to its place is undone once it is there. */
static void wake_up(struct worker *self)
{
    if (!atomic_load(&self->apart.is_sent)) return;
    spin_lock(&pool.lock);
    apart_return(&self->apart, self->thread);
    spin_unlock(&pool.lock);
}

/* Tickets first, for their callers wait.  Busy is set before ending is looked at, and ending before busy: so no worker
 * begins that end_pool() joins. */
static bool do_one(struct worker *self)
{
    struct lane *lane = &pool.lanes[self->lane];
    atomic_store(&self->busy, true);
    wake_up(self);
    const bool done = !atomic_load(&pool.ending) && (do_ticket(lane) || do_task(lane));
    atomic_store(&self->busy, false);
    return done;
}

/* Whether there was a core, and something to do. */
static bool do_one_on_a_core(struct worker *self)
{
    if (self->lane == POOL_TEAM) return do_one(self);
    if (!cores_wait()) return true;
    const bool done = do_one(self);
    cores_leave();
    return done;
}

static void *run_worker(void *context)
{
    struct worker *self = context;
    struct lane *lane = &pool.lanes[self->lane];
    while (!atomic_load(&pool.ending)) {
        const uint32_t seen = atomic_load_explicit(&lane->bell, memory_order_acquire);
        if (!do_one_on_a_core(self) && !atomic_load(&pool.ending)) park_wait(&lane->bell, seen, 0);
        wake_up(self);
    }
    return NULL;
}

static void pin(struct lane *lane, unsigned index)
{
    atomic_store_explicit(&lane->workers[index].apart.is_sent, false, memory_order_relaxed);
    pin_thread(lane->workers[index].thread, pool.pin, index, ketsim_default_threads());
}

/* Signals are for the caller's threads. */
static bool start_worker(enum pool_lane number)
{
    struct lane *lane = &pool.lanes[number];
    struct worker *worker = &lane->workers[lane->count];
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    worker->lane = number;
    atomic_store_explicit(&worker->apart.is_sent, false, memory_order_relaxed);
    atomic_store_explicit(&worker->busy, false, memory_order_relaxed);
    const bool started = !pthread_create(&worker->thread, NULL, run_worker, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started && pool.pin != KETSIM_PIN_NONE && number == POOL_CORE) pin(lane, lane->count);
    lane->count += started;
    return started;
}

/* Have so many workers, or as many as can be had; returns how many there are. */
static unsigned grow(enum pool_lane number, unsigned wanted)
{
    const struct lane *lane = &pool.lanes[number];
    if (wanted > MOST_WORKERS) wanted = MOST_WORKERS;
    lock_own();
    while (lane->count < wanted && start_worker(number)) {}
    const unsigned count = lane->count;
    spin_unlock(&pool.lock);
    return count;
}

static void end_lane(struct lane *lane, unsigned count)
{
    atomic_fetch_add(&lane->bell, 1);
    park_wake(&lane->bell);
    for (unsigned k = 0; k < count; k++) {
        if (atomic_load(&lane->workers[k].busy)) pthread_detach(lane->workers[k].thread);
        else pthread_join(lane->workers[k].thread, NULL);
    }
}

/* Workers that sleep are waited for, so that the library may be unloaded; those at work end with the process. */
__attribute__((destructor)) static void end_pool(void)
{
    unsigned counts[LANES];
    spin_lock(&pool.lock);
    for (unsigned k = 0; k < LANES; k++) {
        counts[k] = pool.epoch == fork_epoch() ? pool.lanes[k].count : 0;
        pool.lanes[k].count = 0;
    }
    spin_unlock(&pool.lock);
    atomic_store(&pool.ending, true);
    for (unsigned k = 0; k < LANES; k++) end_lane(&pool.lanes[k], counts[k]);
}

static void add_lane_counters(ketsim_counters *out, const struct lane *lane)
{
    out->workers += lane->count;
    for (unsigned k = 0; k < lane->count; k++)
        out->workers_busy += atomic_load_explicit(&lane->workers[k].busy, memory_order_relaxed);
    if (lane->count) out->tickets += mpmc_length(&lane->tickets);
}

/* A forked child that has had no use for workers has none. */
void workers_counters(ketsim_counters *out)
{
    spin_lock(&pool.lock);
    out->workers = out->workers_busy = out->tickets = 0;
    for (unsigned k = 0; k < LANES && pool.epoch == fork_epoch(); k++) add_lane_counters(out, &pool.lanes[k]);
    spin_unlock(&pool.lock);
}

/* ---- the caller's side ------------------------------------------------------------------------ */

static void ring(struct lane *lane, int workers)
{
    atomic_fetch_add_explicit(&lane->bell, 1, memory_order_release);
    park_wake_some(&lane->bell, workers);
}

/* One ticket a helper, as far as there is room; each holds a reference. */
static void post(struct pool_job *job, unsigned helpers)
{
    struct lane *lane = &pool.lanes[POOL_CORE];
    unsigned posted = 0;
    while (posted < helpers && mpmc_push(&lane->tickets, job)) posted++;
    atomic_fetch_sub_explicit(&job->refs, helpers - posted, memory_order_relaxed); /* the caller's remains */
    ring(lane, (int)posted);
}

/* Have workers that sleep wake on other CPUs than this thread's; not many, for each takes two calls, and where there are many
 * CPUs the system finds an idle one. */
static void send_apart(struct lane *lane)
{
    enum { FEW = 8 };
    lock_own();
    for (unsigned k = 0; k < lane->count && lane->count <= FEW && pool.pin == KETSIM_PIN_NONE; k++) {
        struct worker *worker = &lane->workers[k];
        if (atomic_load(&worker->busy)) continue;
        apart_send(&worker->apart, worker->thread);
        if (atomic_load(&worker->busy))
            apart_return(&worker->apart, worker->thread); /* it has woken meanwhile */
    }
    spin_unlock(&pool.lock);
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
    grow(POOL_CORE, helpers);
    send_apart(&pool.lanes[POOL_CORE]);
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

ketsim_status pool_submit(enum pool_lane number, struct pool_task *task)
{
    struct lane *lane = &pool.lanes[number];
    if (!grow(number, number == POOL_TEAM ? 1 : ketsim_default_threads()))
        return fail(KETSIM_ERR_MEMORY, "no worker thread can be started");
    if (!mpmc_push(&lane->tasks, task))
        return fail(KETSIM_ERR_QUEUE_FULL, "%d circuits wait for a worker: there is no room for more", TASKS);
    ring(lane, 1);
    return KETSIM_OK;
}

void pool_wait_for_room(enum pool_lane number, uint64_t timeout_ns)
{
    struct lane *lane = &pool.lanes[number];
    atomic_fetch_add(&lane->waiters, 1);
    const uint32_t seen = atomic_load(&lane->room);
    if (mpmc_was_full(&lane->tasks)) park_wait(&lane->room, seen, timeout_ns);
    atomic_fetch_sub(&lane->waiters, 1);
}

/* ---- pinning ---------------------------------------------------------------------------------- */

ketsim_status ketsim_set_pin(ketsim_pin wanted)
{
    if (wanted != KETSIM_PIN_NONE && wanted != KETSIM_PIN_COMPACT && wanted != KETSIM_PIN_SPREAD)
        return fail(KETSIM_ERR_ARGUMENT,
                    "pin %d: must be KETSIM_PIN_NONE, KETSIM_PIN_COMPACT or KETSIM_PIN_SPREAD", (int)wanted);
    lock_own();
    const ketsim_status status = pin_note_allowed();
    if (status == KETSIM_OK) {
        pool.pin = wanted;
        for (unsigned k = 0; k < pool.lanes[POOL_CORE].count; k++) pin(&pool.lanes[POOL_CORE], k);
    }
    spin_unlock(&pool.lock);
    return status;
}
