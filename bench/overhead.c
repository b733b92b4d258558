/* overhead.c - what does the transaction cost: the write-back, the clone, the pool?
 *
 *   overhead [--n 22] [--small 4] [--large 24] [--threads 2] [--samples 15] [--strict 1]
 *
 * Write-back.  Large states: the library's own clock around the commit (commit_ns), per run.  Small states
 * are not clocked inside, so there the whole surplus of a transactional one-gate run over the same run in
 * place is taken, which holds the claim of the second buffer and the write-back: an upper bound.
 *
 * Clone share, as the limit is worded: (out-of-place first pass - in-place pass + acquire + swap) / call.
 * The sum is taken as a whole: a one-gate transactional run minus a one-gate run in place, alternating. */
#include "bench.h"

struct overhead {
    unsigned threads;
    int samples;
};

/* ---- write-back ------------------------------------------------------------------------------- */

/* Nanoseconds of one H on the first qubit, over many runs of a state too small to clock one. */
static double many_runs(ketsim_state *state)
{
    enum { RUNS = 2000 };
    const double start = bench_now();
    for (int k = 0; k < RUNS; k++) BENCH_TRY(ketsim_apply_gate(state, KETSIM_GATE_H, NULL, (int[]){0}));
    return (bench_now() - start) / RUNS;
}

static void write_back_small(const struct overhead *o, unsigned n)
{
    double inplace[BENCH_MOST_SAMPLES], transactional[BENCH_MOST_SAMPLES], surplus[BENCH_MOST_SAMPLES];
    ketsim_state *state = bench_arbitrary_state(n, KETSIM_COMPLEX128, o->threads);
    for (int s = -1; s < o->samples; s++) {
        const int k = s < 0 ? 0 : s;
        BENCH_TRY(ketsim_state_set_inplace(state, true));
        inplace[k] = many_runs(state);
        BENCH_TRY(ketsim_state_set_inplace(state, false));
        transactional[k] = many_runs(state);
        surplus[k] = transactional[k] - inplace[k];
    }
    ketsim_state_free(state);
    const struct bench_times i = bench_summary(inplace, o->samples),
                             t = bench_summary(transactional, o->samples),
                             d = bench_summary(surplus, o->samples);
    printf("one-gate run, n=%u: transactional %.0f ns (median %.0f), in place %.0f ns (median %.0f)\n", n,
           t.best, t.median, i.best, i.median);
    char text[96];
    snprintf(text, sizeof text, "write-back, n=%u, ns: acquire and swap, median surplus over in place", n);
    bench_at_most(text, d.median, 200);
}

static void write_back_large(const struct overhead *o, unsigned n)
{
    double commit[BENCH_MOST_SAMPLES], acquire[BENCH_MOST_SAMPLES];
    ketsim_state *state = bench_arbitrary_state(n, KETSIM_COMPLEX128, o->threads);
    for (int s = -1; s < o->samples; s++) {
        ketsim_counters before, after;
        ketsim_get_counters(&before);
        BENCH_TRY(ketsim_apply_gate(state, KETSIM_GATE_H, NULL, (int[]){0}));
        ketsim_get_counters(&after);
        commit[s < 0 ? 0 : s] = (double)(after.commit_ns - before.commit_ns);
        acquire[s < 0 ? 0 : s] = (double)(after.acquire_ns - before.acquire_ns);
    }
    ketsim_state_free(state);
    const struct bench_times c = bench_summary(commit, o->samples), a = bench_summary(acquire, o->samples);
    printf("one-gate run, n=%u: acquire %.0f ns (best %.0f), write-back %.0f ns (best %.0f)\n", n, a.median,
           a.best, c.median, c.best);
    char text[96];
    snprintf(text, sizeof text, "write-back, n=%u, ns: commit_ns of a run, median", n);
    bench_verdict(c.median > 0 && c.median <= 200, text, c.median, "above 0 and <=", 200);
}

/* ---- clone ------------------------------------------------------------------------------------ */

static double time_gate(ketsim_state *state, bool inplace)
{
    BENCH_TRY(ketsim_state_set_inplace(state, inplace));
    const double start = bench_now();
    BENCH_TRY(ketsim_apply_gate(state, KETSIM_GATE_H, NULL, (int[]){0}));
    return bench_now() - start;
}

static double time_call(ketsim_state *state, const ketsim_circuit *circuit)
{
    BENCH_TRY(ketsim_state_set_inplace(state, false));
    const double start = bench_now();
    BENCH_TRY(ketsim_apply(state, circuit, NULL));
    return bench_now() - start;
}

static void clone_share(const struct overhead *o, unsigned n)
{
    double out_of_place[BENCH_MOST_SAMPLES], inplace[BENCH_MOST_SAMPLES], call[BENCH_MOST_SAMPLES];
    ketsim_state *state = bench_arbitrary_state(n, KETSIM_COMPLEX128, o->threads);
    ketsim_circuit *circuit = bench_ghz_circuit(n);
    for (int s = -1; s < o->samples; s++) {
        const int k = s < 0 ? 0 : s;
        call[k] = time_call(state, circuit);
        out_of_place[k] = time_gate(state, false);
        inplace[k] = time_gate(state, true);
    }
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
    const struct bench_times c = bench_summary(call, o->samples), x = bench_summary(out_of_place, o->samples),
                             i = bench_summary(inplace, o->samples);
    printf(
        "n=%u from an arbitrary state, ms: call of %u gates %.3f (best %.3f); one gate with its clone %.3f "
        "(%.3f), in place %.3f (%.3f)\n",
        n, n, c.median / 1e6, c.best / 1e6, x.median / 1e6, x.best / 1e6, i.median / 1e6, i.best / 1e6);
    char text[96];
    snprintf(text, sizeof text, "clone share of a %u-gate call, %%, of medians (of bests %.2f)", n,
             100 * (x.best - i.best) / c.best);
    bench_at_most(text, 100 * (x.median - i.median) / c.median, 5);
}

/* ---- pool ------------------------------------------------------------------------------------- */

/* New states, runs and copies in a loop; the first round, which fills the pool, is not counted. */
static void pool_round(const struct overhead *o, unsigned n, const ketsim_circuit *circuit)
{
    ketsim_state *state, *copy;
    BENCH_TRY(ketsim_state_new(&state, n, KETSIM_COMPLEX128));
    BENCH_TRY(ketsim_state_set_threads(state, o->threads));
    BENCH_TRY(ketsim_apply(state, circuit, NULL));
    BENCH_TRY(ketsim_state_clone(&copy, state));
    BENCH_TRY(ketsim_apply(copy, circuit, NULL));
    BENCH_TRY(ketsim_apply(state, circuit, NULL));
    ketsim_state_free(copy);
    ketsim_state_free(state);
}

static void pool_hits(const struct overhead *o, unsigned n)
{
    ketsim_counters before, after;
    ketsim_circuit *circuit = bench_ghz_circuit(n);
    pool_round(o, n, circuit);
    ketsim_get_counters(&before);
    for (int k = 0; k < 100; k++) pool_round(o, n, circuit);
    ketsim_get_counters(&after);
    ketsim_circuit_free(circuit);
    const double hits = (double)(after.pool_hits - before.pool_hits);
    const double all = hits + (double)(after.pool_misses - before.pool_misses);
    char text[96];
    snprintf(text, sizeof text, "pool hit rate in a loop of new, run, clone, run, free, n=%u, %%", n);
    bench_at_least(text, all > 0 ? 100 * hits / all : 0, 95);
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--n",       "--small",  "--large", "--threads",
                                          "--samples", "--strict", NULL};
    bench_check_options(argc, argv, options);
    const unsigned n = (unsigned)bench_parse_int(bench_option(argc, argv, "--n", "22"), 1, 30);
    struct overhead o = {.samples = bench_parse_int(bench_option(argc, argv, "--samples", "15"),
                                                    BENCH_SAMPLES, BENCH_MOST_SAMPLES)};
    o.threads = (unsigned)bench_parse_int(bench_option(argc, argv, "--threads", "0"), 0, KETSIM_MAX_THREADS);
    if (!o.threads) o.threads = ketsim_default_threads();
    printf("ketsim %s, %s, %u threads\n", ketsim_version_string(), ketsim_isa(), o.threads);
    write_back_small(&o, (unsigned)bench_parse_int(bench_option(argc, argv, "--small", "4"), 1, 12));
    write_back_large(&o, (unsigned)bench_parse_int(bench_option(argc, argv, "--large", "24"), 1, 30));
    clone_share(&o, n);
    pool_hits(&o, n < 18 ? n : 18);
    return bench_exit(argc, argv);
}
