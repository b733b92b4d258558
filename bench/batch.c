/* batch.c - what does a batch gain over its circuits one by one, and what does it cost?
 *
 *   batch [--circuits 1000] [--samples 7] [--threads 2] [--largest 20] [--strict 1]
 *
 * Sequential means a loop of ketsim_state_new() and a run as a batch does it, on one thread, results kept until the end, as a
 * batch keeps them.  Speed-ups are ratios of the best samples, the two taken in turn.  On a machine that others use,
 * the cores to be had are not those there are: the first line says how many there were, "cores" what the batch got, and
 * "eff." the speed-up divided by that.
 * The ideal of a batch is what its cores could do at best: each runs all circuits one by one while the others do the same, so
 * that one which is slower, or slower while its neighbor works, counts for what it gives. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>

#include "batch.h"
#include "state.h"

enum { MOST_CIRCUITS = 10000, MOST_THREADS = 64 };

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
    BENCH_TRY(state_apply_once(w->states[k], w->circuits[k], &(ketsim_run_options){.threads = threads}));
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

static struct bench_times milliseconds(struct bench_times ns)
{
    return (struct bench_times){ns.best / 1e6, ns.median / 1e6};
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
    char text[96];
    const double ratio = t->alone.best / t->batch.best;
    snprintf(text, sizeof text, "%s, sequential", what);
    bench_row(text, "ms", milliseconds(t->alone), 0, 0);
    snprintf(text, sizeof text, "%s, batch", what);
    bench_row(text, "ms", milliseconds(t->batch), ratio, t->cores);
}

/* ---- the ideal -------------------------------------------------------------------------------- */

/* What one core does while all others do the same. */
struct lane {
    struct work w;
    pthread_t thread;
    pthread_barrier_t *all_there;
    double ns;
};

static void *run_lane(void *context)
{
    struct lane *lane = context;
    (void)loop_ns(&lane->w, 1); /* touches what the next one uses */
    pthread_barrier_wait(lane->all_there);
    lane->ns = loop_ns(&lane->w, 1);
    (void)loop_ns(&lane->w, 1); /* so that nobody is alone before all have been timed */
    return NULL;
}

/* On one CPU each, as far as this process may choose; else where the system puts them. */
static void start_lane(struct lane *lane, unsigned number)
{
    cpu_set_t allowed, one;
    if (pthread_create(&lane->thread, NULL, run_lane, lane)) bench_die("thread", "cannot be created");
    if (sched_getaffinity(0, sizeof allowed, &allowed)) return;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && number-- == 0) CPU_SET(cpu, &one);
    if (CPU_COUNT(&one)) pthread_setaffinity_np(lane->thread, sizeof one, &one);
}

/* All cores together do one batch in the inverse of the sum of their rates. */
static double ideal_ns(const struct work *w)
{
    struct lane lanes[MOST_THREADS];
    pthread_barrier_t all_there;
    double rate = 0;
    if (pthread_barrier_init(&all_there, NULL, w->threads)) bench_die("barrier", "cannot be made");
    for (unsigned k = 0; k < w->threads; k++) {
        lanes[k] = (struct lane){.w = *w, .all_there = &all_there};
        lanes[k].w.states = bench_alloc(w->count * sizeof(void *));
        start_lane(&lanes[k], k);
    }
    for (unsigned k = 0; k < w->threads; k++) {
        pthread_join(lanes[k].thread, NULL);
        free(lanes[k].w.states);
        rate += 1 / lanes[k].ns;
    }
    pthread_barrier_destroy(&all_there);
    return 1 / rate;
}

/* ---- rows ------------------------------------------------------------------------------------- */

static void mixed(size_t count, unsigned threads, int samples)
{
    struct work w = new_work(count, threads);
    char text[96];
    uint64_t at = 0;
    for (size_t k = 0; k < count; k++)
        w.circuits[k] = bench_random_circuit(4 + (unsigned)(k % 11), 20 + k % 81, &at);
    const struct timing t = measure(&w, 1, 0, samples);
    snprintf(text, sizeof text, "%zu mixed circuits, n=4..14", count);
    print(text, &t);
    bench_at_least("efficiency of a mixed batch, speed-up / cores used",
                   t.alone.best / t.batch.best / t.cores, 0.90);
    free_work(&w);
}

/* One circuit on 18 qubits and 200 on 8. */
static void skewed(unsigned threads, int samples)
{
    static const char what[] = "1 circuit on 18 qubits and 200 on 8";
    struct work w = new_work(201, threads);
    double ideal[BENCH_MOST_SAMPLES], batch[BENCH_MOST_SAMPLES], cores = 0, best_cores = 0, best = 0;
    char text[96];
    uint64_t at = 9;
    w.circuits[0] = bench_random_circuit(18, 100, &at);
    for (size_t k = 1; k < w.count; k++) w.circuits[k] = bench_random_circuit(8, 100, &at);
    const struct timing t = measure(&w, 1, 0, samples);
    print(what, &t);
    for (int s = -1; s < samples; s++) {
        const int k = s < 0 ? 0 : s;
        ideal[k] = ideal_ns(&w);
        batch[k] = batch_ns(&w, 0, &cores);
        if (s <= 0 || batch[k] < best) best = batch[k], best_cores = cores;
    }
    const struct bench_times i = bench_summary(ideal, samples), b = bench_summary(batch, samples);
    snprintf(text, sizeof text, "%s, ideal", what);
    bench_row(text, "ms", milliseconds(i), 0, 0);
    snprintf(text, sizeof text, "%s, batch beside it", what);
    bench_row(text, "ms", milliseconds(b), t.alone.best / b.best, best_cores);
    bench_at_most("skewed batch, makespan / (sequential / cores)", t.batch.best / (t.alone.best / threads),
                  1.15);
    bench_at_most("skewed batch, makespan / ideal", b.best / i.best, 1.15);
    free_work(&w);
}

static void overhead(size_t count, int samples)
{
    struct work w = new_work(count, 1);
    char text[96];
    uint64_t at = 11;
    for (size_t k = 0; k < count; k++) w.circuits[k] = bench_random_circuit(4, 4, &at);
    const struct timing t = measure(&w, 1, 1, samples);
    snprintf(text, sizeof text, "%zu circuits, n=4, 4 gates, one thread", count);
    print(text, &t);
    bench_at_most("a circuit of a batch besides its run, n=4, us",
                  (t.batch.best - t.alone.best) / (double)count / 1e3, 1.5);
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

/* As the first batch of some seconds does. */
static void measure_crossover(void)
{
    bool measured;
    struct ketsim_batch none = {.limit = UINT64_MAX, .doubtful_ns = HUGE_VAL};
    (void)crossover_measure(&none);
    const unsigned n = ketsim_batch_crossover(&measured);
    printf("all cores on one circuit from %u qubits on, %s\n", n, measured ? "measured" : "not measured");
}

/* Both ways and the batch begin when no threads spin any more. */
static void settle(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 12000000}, NULL);
}

/* From LARGE qubits on the batch is held to the better of the two. */
static void crossover(unsigned n, unsigned threads, int samples)
{
    enum { LARGE = 18 };
    struct work w = new_work(4 * (size_t)threads, threads);
    double one[BENCH_MOST_SAMPLES], all[BENCH_MOST_SAMPLES], batch[BENCH_MOST_SAMPLES], cores;
    char text[96];
    uint64_t at = 13;
    for (size_t k = 0; k < w.count; k++) w.circuits[k] = bench_random_circuit(n, 60, &at);
    for (int s = -1; s < samples; s++) {
        settle();
        one[s < 0 ? 0 : s] = shares_ns(&w);
        settle();
        all[s < 0 ? 0 : s] = loop_ns(&w, threads);
        settle();
        batch[s < 0 ? 0 : s] = batch_ns(&w, 0, &cores);
    }
    const struct bench_times o = bench_summary(one, samples), a = bench_summary(all, samples),
                             b = bench_summary(batch, samples);
    const double faster = o.best < a.best ? o.best : a.best;
    snprintf(text, sizeof text, "n=%u, %zu circuits, one a core", n, w.count);
    bench_row(text, "ms", milliseconds(o), 0, 0);
    snprintf(text, sizeof text, "n=%u, %zu circuits, all cores on one", n, w.count);
    bench_row(text, "ms", milliseconds(a), o.best / a.best, 0);
    snprintf(text, sizeof text, "n=%u, %zu circuits, batch", n, w.count);
    bench_row(text, "ms", milliseconds(b), o.best / b.best, 0);
    snprintf(text, sizeof text, "batch, n=%u, of the faster of all cores on one and one a core", n);
    if (n >= LARGE) bench_at_least(text, faster / b.best, 0.90);
    free_work(&w);
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
    static const char *const options[] = {"--circuits", "--samples", "--threads",
                                          "--largest",  "--strict",  NULL};
    bench_check_options(argc, argv, options);
    const int circuits = bench_parse_int(bench_option(argc, argv, "--circuits", "1000"), 1, MOST_CIRCUITS);
    const int samples = bench_parse_int(bench_option(argc, argv, "--samples", "7"), 1, BENCH_MOST_SAMPLES);
    const unsigned largest = (unsigned)bench_parse_int(bench_option(argc, argv, "--largest", "20"), 14, 26);
    const char *const asked = bench_option(argc, argv, "--threads", NULL);
    if (asked && setenv("KETSIM_NUM_THREADS", asked, 1)) bench_die("--threads", "no environment");
    const unsigned all = ketsim_default_threads(), threads = all < MOST_THREADS ? all : MOST_THREADS;
    printf("ketsim %s, %s, %u threads, %.2f cores to be had\n", ketsim_version_string(), ketsim_isa(),
           threads, cores_to_be_had(threads));
    bench_row_titles();
    mixed((size_t)circuits, threads, samples);
    skewed(threads, samples);
    overhead((size_t)circuits * 20, samples);
    measure_crossover();
    for (unsigned n = 14; n <= largest; n++) crossover(n, threads, samples);
    return bench_exit(argc, argv);
}
