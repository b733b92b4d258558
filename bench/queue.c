/* queue.c - what does handing over a piece of work cost, what does waiting, and starting the workers?
 *
 *   queue [--transfers 1048576] [--samples 7] [--waiters 64] [--seconds 2] [--starts 1000] [--strict 1]
 *
 * A transfer is a push and the pop of the same item, of one producer and one consumer and of two and two, by the
 * queue of core/mpmc.c and by a ring under a mutex; whoever finds it full or empty yields.  Every item must come out
 * exactly once.  Waiters are threads that wait for one busy state.  Starts are forked children, each of which starts
 * a pool of its own for a batch, and ends. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mpmc.h"

enum { CELLS = 1024, MOST_PAIRS = 2, MOST_TRANSFERS = 1 << 26, MOST_WAITERS = 1024, HANGS_S = 20 };

struct channel {
    struct mpmc mpmc;
    pthread_mutex_t mutex; /* guards what follows: the ring to compare with */
    size_t head, tail;
    void *ring[CELLS];
    bool (*push)(struct channel *channel, void *item);
    bool (*pop)(struct channel *channel, void **item);
    size_t each, total; /* items of a producer, and all */
    atomic_size_t producers, popped;
    atomic_uchar *seen; /* how often each item came out */
};

/* ---- the two queues --------------------------------------------------------------------------- */

static bool push_free(struct channel *c, void *item)
{
    return mpmc_push(&c->mpmc, item);
}

static bool pop_free(struct channel *c, void **item)
{
    return mpmc_pop(&c->mpmc, item);
}

static bool push_locked(struct channel *c, void *item)
{
    pthread_mutex_lock(&c->mutex);
    const bool room = c->tail - c->head < CELLS;
    if (room) c->ring[c->tail++ % CELLS] = item;
    pthread_mutex_unlock(&c->mutex);
    return room;
}

static bool pop_locked(struct channel *c, void **item)
{
    pthread_mutex_lock(&c->mutex);
    const bool any = c->tail != c->head;
    if (any) *item = c->ring[c->head++ % CELLS];
    pthread_mutex_unlock(&c->mutex);
    return any;
}

/* ---- transfers -------------------------------------------------------------------------------- */

static void *produce(void *context)
{
    struct channel *c = context;
    const size_t first = atomic_fetch_add(&c->producers, 1) * c->each;
    for (size_t k = first; k < first + c->each; k++)
        while (!c->push(c, (void *)(uintptr_t)(k + 1))) sched_yield();
    return NULL;
}

/* Each consumer pops its share, and notes every item when somebody will look. */
static void *consume(void *context)
{
    struct channel *c = context;
    void *item;
    for (size_t k = 0; k < c->each; k++) {
        while (!c->pop(c, &item)) sched_yield();
        if (c->seen) atomic_fetch_add_explicit(&c->seen[(uintptr_t)item - 1], 1, memory_order_relaxed);
    }
    return NULL;
}

/* Nanoseconds a transfer. */
static double transfer_ns(struct channel *c, unsigned pairs, size_t transfers)
{
    static struct mpmc_cell cells[CELLS];
    pthread_t threads[2 * MOST_PAIRS];
    mpmc_init(&c->mpmc, cells, CELLS);
    c->head = c->tail = 0;
    c->each = transfers / pairs;
    atomic_store(&c->producers, 0);
    const double start = bench_now();
    for (unsigned k = 0; k < 2 * pairs; k++)
        if (pthread_create(&threads[k], NULL, k % 2 ? consume : produce, c))
            bench_die("thread", "cannot be created");
    for (unsigned k = 0; k < 2 * pairs; k++) pthread_join(threads[k], NULL);
    return (bench_now() - start) / (double)(c->each * pairs);
}

static struct bench_times transfers(struct channel *c, unsigned pairs, size_t count, int samples)
{
    double ns[BENCH_MOST_SAMPLES];
    for (int s = -1; s < samples; s++) ns[s < 0 ? 0 : s] = transfer_ns(c, pairs, count);
    return bench_summary(ns, samples);
}

static void queues(unsigned pairs, size_t count, double limit, int samples)
{
    struct channel ours = {.push = push_free, .pop = pop_free};
    struct channel locked = {.push = push_locked, .pop = pop_locked, .mutex = PTHREAD_MUTEX_INITIALIZER};
    const struct bench_times m = transfers(&locked, pairs, count, samples),
                             o = transfers(&ours, pairs, count, samples);
    char text[96];
    snprintf(text, sizeof text, "%uP%uC, mutex, %.3g transfers/s", pairs, pairs, 1e9 / m.best);
    bench_row(text, "ns", m, 0, 0);
    snprintf(text, sizeof text, "%uP%uC, ours, %.3g transfers/s", pairs, pairs, 1e9 / o.best);
    bench_row(text, "ns", o, m.best / o.best, 0);
    snprintf(text, sizeof text, "queue, %uP%uC, ns a transfer", pairs, pairs);
    bench_at_most(text, o.best, limit);
}

static void exactly_once(unsigned pairs, size_t count)
{
    struct channel c = {.push = push_free, .pop = pop_free, .seen = calloc(count, 1)};
    size_t wrong = 0;
    char text[96];
    if (!c.seen) bench_die("memory", "not enough to count the items");
    transfer_ns(&c, pairs, count);
    for (size_t k = 0; k < c.each * pairs; k++) wrong += c.seen[k] != 1;
    free(c.seen);
    snprintf(text, sizeof text, "queue, %uP%uC, items of %zu that did not come out exactly once", pairs,
             pairs, c.each * pairs);
    bench_at_most(text, (double)wrong, 0);
}

/* ---- waiting ---------------------------------------------------------------------------------- */

struct wait {
    ketsim_state *state;
    uint64_t ms;
};

static void *wait_for_state(void *context)
{
    const struct wait *w = context;
    const ketsim_status status = ketsim_wait(w->state, w->ms);
    return status == KETSIM_ERR_DEADLINE ? NULL : context;
}

static void waiting(unsigned waiters, unsigned seconds)
{
    pthread_t threads[MOST_WAITERS];
    struct wait w = {.ms = 1000 * (uint64_t)seconds};
    ketsim_edit *edit;
    void *early = NULL;
    char text[96];
    BENCH_TRY(ketsim_state_new(&w.state, 4, KETSIM_COMPLEX128));
    BENCH_TRY(ketsim_edit_begin(&edit, w.state));
    const double cpu = bench_cpu(), start = bench_now();
    for (unsigned k = 0; k < waiters; k++)
        if (pthread_create(&threads[k], NULL, wait_for_state, &w)) bench_die("thread", "cannot be created");
    for (unsigned k = 0; k < waiters; k++) {
        pthread_join(threads[k], &early);
        if (early) bench_die("ketsim_wait", "did not wait for the busy state");
    }
    const double percent = 100 * (bench_cpu() - cpu) / (bench_now() - start);
    ketsim_edit_abort(edit);
    ketsim_state_free(w.state);
    snprintf(text, sizeof text, "CPU of %u waiting threads, %% of a core", waiters);
    bench_at_most(text, percent, 2);
}

/* ---- starting --------------------------------------------------------------------------------- */

static void run_batch(const ketsim_circuit *circuit)
{
    const ketsim_circuit *circuits[8];
    ketsim_batch *batch;
    for (unsigned k = 0; k < 8; k++) circuits[k] = circuit;
    BENCH_TRY(ketsim_batch_run(&batch, circuits, 8, NULL));
    ketsim_batch_free(batch);
}

/* Whether a child that starts a pool, runs a batch and ends did so before an alarm. */
static bool start_and_stop(const ketsim_circuit *circuit)
{
    const pid_t child = fork();
    int status = 1;
    if (child < 0) bench_die("fork", "failed");
    if (child == 0) {
        alarm(HANGS_S);
        run_batch(circuit);
        exit(0); /* not _exit(): the pool shall end as it does at the end of a process */
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static void starts(int count)
{
    ketsim_circuit *circuit = bench_ghz_circuit(10);
    double *ns = bench_alloc((size_t)count * sizeof *ns);
    int failed = 0;
    run_batch(circuit);
    fflush(stdout);
    for (int k = 0; k < count; k++) {
        const double start = bench_now();
        failed += !start_and_stop(circuit);
        ns[k] = (bench_now() - start) / 1e3;
    }
    ketsim_circuit_free(circuit);
    bench_row("fork, start of the pool, batch of 8, end", "us", bench_summary(ns, count), 0, 0);
    free(ns);
    bench_at_most("starts of the pool in a forked child that hung or failed", failed, 0);
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--transfers", "--samples", "--waiters", "--seconds",
                                          "--starts",    "--strict",  NULL};
    bench_check_options(argc, argv, options);
    const int samples = bench_parse_int(bench_option(argc, argv, "--samples", "7"), 1, BENCH_MOST_SAMPLES);
    const size_t count = (size_t)bench_parse_int(bench_option(argc, argv, "--transfers", "1048576"), 2,
                                                 MOST_TRANSFERS);
    printf("ketsim %s, %u threads\n", ketsim_version_string(), ketsim_default_threads());
    bench_row_titles();
    queues(1, count, 50, samples);
    queues(2, count, 100, samples);
    exactly_once(1, count);
    exactly_once(2, count);
    waiting((unsigned)bench_parse_int(bench_option(argc, argv, "--waiters", "64"), 1, MOST_WAITERS),
            (unsigned)bench_parse_int(bench_option(argc, argv, "--seconds", "2"), 1, 60));
    starts(bench_parse_int(bench_option(argc, argv, "--starts", "1000"), 1, BENCH_MOST_SAMPLES));
    return bench_exit(argc, argv);
}
