/* batch.c - what does a batch gain over its circuits one by one, and what does it cost?
 *
 *   batch [--circuits 1000] [--samples 7] [--threads 2] [--strict 1]
 *
 * Sequential means a loop of ketsim_state_new() and ketsim_apply() on one thread, results kept until the end, as a
 * batch keeps them.  Speed-ups are ratios of the best samples, the two taken in turn.  On a machine that others use,
 * the cores to be had are not those there are: the first line says how many there were, "cores used" what the batch got,
 * and "of sequential for each" the speed-up divided by that. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>

#include "mpmc.h"

enum { MOST_CIRCUITS = 100000, MOST_THREADS = 64 };

struct work {
    ketsim_circuit **circuits;
    ketsim_state **states; /* results of the loop */
    size_t count;
    unsigned threads;
};

struct timing {
    struct bench_times alone, batch;
    double cores; /* used by the best batch */
};

/* ---- work ------------------------------------------------------------------------------------- */

/* Rotations and CNOTs on random qubits: nothing in it cancels. */
static ketsim_circuit *new_circuit(unsigned n, size_t length, uint64_t *at)
{
    ketsim_circuit *circuit;
    BENCH_TRY(ketsim_circuit_new(&circuit, n));
    for (size_t k = 0; k < length; k++) {
        const double angle = 3 * bench_random((*at)++);
        const int a = (int)(fabs(bench_random((*at)++)) * n), b = (a + 1 + (int)(k % (n - 1))) % (int)n;
        if (k % 2) BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){a, b}));
        else BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_RX, &angle, &a));
    }
    return circuit;
}

static struct work new_work(size_t count, unsigned threads)
{
    return (struct work){bench_alloc(count * sizeof(void *)), bench_alloc(count * sizeof(void *)), count,
                         threads};
}

static void free_work(struct work *w)
{
    for (size_t k = 0; k < w->count; k++) ketsim_circuit_free(w->circuits[k]);
    free(w->circuits);
    free(w->states);
}

/* ---- the two ways ----------------------------------------------------------------------------- */

static void run_one(struct work *w, size_t k, unsigned threads)
{
    BENCH_TRY(ketsim_state_new(&w->states[k], ketsim_circuit_nqubits(w->circuits[k]), KETSIM_COMPLEX128));
    BENCH_TRY(ketsim_apply(w->states[k], w->circuits[k], &(ketsim_run_options){.threads = threads}));
}

static double loop_ns(struct work *w, unsigned threads)
{
    const double start = bench_now();
    for (size_t k = 0; k < w->count; k++) run_one(w, k, threads);
    for (size_t k = 0; k < w->count; k++) ketsim_state_free(w->states[k]);
    return bench_now() - start;
}

static double batch_ns(struct work *w, unsigned most, double *cores)
{
    ketsim_batch *batch;
    ketsim_batch_stats s;
    const ketsim_batch_options options = {.max_concurrency = most};
    const double start = bench_now();
    BENCH_TRY(ketsim_batch_run(&batch, (const ketsim_circuit *const *)w->circuits, w->count, &options));
    ketsim_batch_get_stats(batch, &s);
    if (s.succeeded != s.circuits) bench_die("batch", "a circuit failed");
    ketsim_batch_free(batch);
    *cores = (double)s.cpu_ns / (double)s.wall_ns;
    return bench_now() - start;
}

static struct timing measure(struct work *w, unsigned loop_threads, unsigned most, int samples)
{
    double alone[BENCH_MOST_SAMPLES], batch[BENCH_MOST_SAMPLES], cores, best = 0, best_cores = 0;
    for (int s = -1; s < samples; s++) {
        const int k = s < 0 ? 0 : s;
        alone[k] = loop_ns(w, loop_threads);
        batch[k] = batch_ns(w, most, &cores);
        if (s <= 0 || batch[k] < best) best = batch[k], best_cores = cores;
    }
    return (struct timing){bench_summary(alone, samples), bench_summary(batch, samples), best_cores};
}

static void print(const char *what, const struct timing *t)
{
    printf(
        "%s, best (median): sequential %.2f ms (%.2f), batch %.2f ms (%.2f), speed-up %.2f, %.2f cores used, "
        "%.2f of sequential for each\n",
        what, t->alone.best / 1e6, t->alone.median / 1e6, t->batch.best / 1e6, t->batch.median / 1e6,
        t->alone.best / t->batch.best, t->cores, t->alone.best / t->batch.best / t->cores);
}

/* ---- rows ------------------------------------------------------------------------------------- */

static void mixed(size_t count, unsigned threads, int samples)
{
    struct work w = new_work(count, threads);
    char text[96];
    uint64_t at = 0;
    for (size_t k = 0; k < count; k++) w.circuits[k] = new_circuit(4 + (unsigned)(k % 11), 20 + k % 81, &at);
    const struct timing t = measure(&w, 1, 0, samples);
    snprintf(text, sizeof text, "%zu mixed circuits, n=4..14", count);
    print(text, &t);
    bench_at_least("efficiency of a mixed batch on all cores", t.alone.best / t.batch.best / threads, 0.90);
    free_work(&w);
}

static void large(unsigned n, unsigned threads, int samples)
{
    struct work w = new_work(4, threads);
    char text[96];
    uint64_t at = 7;
    for (size_t k = 0; k < w.count; k++) w.circuits[k] = new_circuit(n, 100, &at);
    const struct timing t = measure(&w, 1, 0, samples);
    snprintf(text, sizeof text, "4 circuits, n=%u, all cores on one", n);
    print(text, &t);
    free_work(&w);
}

/* One circuit on 18 qubits and 200 on 8. */
static void skewed(unsigned threads, int samples)
{
    struct work w = new_work(201, threads);
    uint64_t at = 9;
    w.circuits[0] = new_circuit(18, 100, &at);
    for (size_t k = 1; k < w.count; k++) w.circuits[k] = new_circuit(8, 100, &at);
    const struct timing t = measure(&w, 1, 0, samples);
    print("1 circuit on 18 qubits and 200 on 8", &t);
    bench_at_most("skewed batch, makespan / (sequential / cores)", t.batch.best / (t.alone.best / threads),
                  1.15);
    free_work(&w);
}

static void overhead(int samples)
{
    enum { COUNT = 20000 };
    struct work w = new_work(COUNT, 1);
    uint64_t at = 11;
    for (size_t k = 0; k < COUNT; k++) w.circuits[k] = new_circuit(4, 4, &at);
    const struct timing t = measure(&w, 1, 1, samples);
    print("20000 circuits, n=4, 4 gates, one thread", &t);
    bench_at_most("a circuit of a batch besides its run, n=4, us",
                  (t.batch.best - t.alone.best) / COUNT / 1e3, 1.5);
    free_work(&w);
}

/* ---- where all cores on one begin to pay ------------------------------------------------------ */

struct share {
    struct work *w;
    size_t first;
};

static void *run_share(void *context)
{
    const struct share *share = context;
    for (size_t k = share->first; k < share->w->count; k += share->w->threads) run_one(share->w, k, 1);
    return NULL;
}

static double shares_ns(struct work *w)
{
    pthread_t threads[MOST_THREADS];
    struct share shares[MOST_THREADS];
    const double start = bench_now();
    for (unsigned k = 0; k < w->threads; k++) {
        shares[k] = (struct share){w, k};
        if (pthread_create(&threads[k], NULL, run_share, &shares[k]))
            bench_die("thread", "cannot be created");
    }
    for (unsigned k = 0; k < w->threads; k++) pthread_join(threads[k], NULL);
    for (size_t k = 0; k < w->count; k++) ketsim_state_free(w->states[k]);
    return bench_now() - start;
}

static void crossover(unsigned n, unsigned threads, int samples)
{
    struct work w = new_work(4 * (size_t)threads, threads);
    double one[BENCH_MOST_SAMPLES], all[BENCH_MOST_SAMPLES];
    uint64_t at = 13;
    for (size_t k = 0; k < w.count; k++) w.circuits[k] = new_circuit(n, 60, &at);
    for (int s = -1; s < samples; s++) {
        one[s < 0 ? 0 : s] = shares_ns(&w);
        all[s < 0 ? 0 : s] = loop_ns(&w, threads);
    }
    const struct bench_times o = bench_summary(one, samples), a = bench_summary(all, samples);
    printf("n=%u, %zu circuits, best (median): one a core %.2f ms (%.2f), all cores on one %.2f ms (%.2f)\n",
           n, w.count, o.best / 1e6, o.median / 1e6, a.best / 1e6, a.median / 1e6);
    free_work(&w);
}

/* ---- the queue -------------------------------------------------------------------------------- */

enum { CELLS = 1024, TRANSFERS = 1 << 20 };

struct side {
    struct mpmc *queue;
    size_t count;
};

static void *produce(void *context)
{
    const struct side *side = context;
    for (size_t k = 0; k < side->count; k++)
        while (!mpmc_push(side->queue, context)) sched_yield();
    return NULL;
}

static void *consume(void *context)
{
    const struct side *side = context;
    void *item;
    for (size_t k = 0; k < side->count; k++)
        while (!mpmc_pop(side->queue, &item)) sched_yield();
    return NULL;
}

static double transfer_ns(unsigned pairs)
{
    static struct mpmc_cell cells[CELLS];
    struct mpmc queue;
    struct side side = {&queue, TRANSFERS / pairs};
    pthread_t threads[2 * MOST_THREADS];
    mpmc_init(&queue, cells, CELLS);
    const double start = bench_now();
    for (unsigned k = 0; k < 2 * pairs; k++)
        if (pthread_create(&threads[k], NULL, k % 2 ? consume : produce, &side))
            bench_die("thread", "cannot be created");
    for (unsigned k = 0; k < 2 * pairs; k++) pthread_join(threads[k], NULL);
    return (bench_now() - start) / TRANSFERS;
}

static void queue(unsigned pairs, double limit, int samples)
{
    double ns[BENCH_MOST_SAMPLES];
    char text[96];
    for (int s = -1; s < samples; s++) ns[s < 0 ? 0 : s] = transfer_ns(pairs);
    const struct bench_times t = bench_summary(ns, samples);
    printf("queue, %u producers, %u consumers: %.1f ns (median %.1f) a transfer\n", pairs, pairs, t.best,
           t.median);
    snprintf(text, sizeof text, "queue, %uP%uC, ns a transfer", pairs, pairs);
    bench_at_most(text, t.best, limit);
}

/* ---- cores to be had -------------------------------------------------------------------------- */

static void *spin(void *context)
{
    volatile double x = 1;
    for (int k = 0; k < 20000000; k++) x = x * 1.0000001;
    return context;
}

static double cores_to_be_had(unsigned threads)
{
    pthread_t all[MOST_THREADS];
    const double start = bench_now();
    spin(NULL);
    const double one = bench_now();
    for (unsigned k = 0; k < threads; k++)
        if (pthread_create(&all[k], NULL, spin, NULL)) bench_die("thread", "cannot be created");
    for (unsigned k = 0; k < threads; k++) pthread_join(all[k], NULL);
    return threads * (one - start) / (bench_now() - one);
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--circuits", "--samples", "--threads", "--strict", NULL};
    bench_check_options(argc, argv, options);
    const int circuits = bench_parse_int(bench_option(argc, argv, "--circuits", "1000"), 1, MOST_CIRCUITS);
    const int samples = bench_parse_int(bench_option(argc, argv, "--samples", "7"), BENCH_SAMPLES,
                                        BENCH_MOST_SAMPLES);
    const char *const asked = bench_option(argc, argv, "--threads", NULL);
    if (asked && setenv("KETSIM_NUM_THREADS", asked, 1)) bench_die("--threads", "no environment");
    const unsigned all = ketsim_default_threads(), threads = all < MOST_THREADS ? all : MOST_THREADS;
    printf("ketsim %s, %s, %u threads, %.2f cores to be had\n", ketsim_version_string(), ketsim_isa(),
           threads, cores_to_be_had(threads));
    mixed((size_t)circuits, threads, samples);
    large(18, threads, samples);
    large(20, threads, samples);
    skewed(threads, samples);
    overhead(samples);
    for (unsigned n = 14; n <= 20; n++) crossover(n, threads, samples);
    queue(1, 50, samples);
    queue(2, 100, samples);
    return bench_exit(argc, argv);
}
