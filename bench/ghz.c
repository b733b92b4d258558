/* ghz.c - what does the GHZ circuit take in native C: gate by gate in place, and through the library's plan?
 *
 *   ghz [--n 22] [--threads 2] [--dtype complex128] [--reps 9]     all rows, one JSON line each
 *   ghz --row gates|plan|copy|pass --serve 1 ...                  one row, for bench/python/ghz.py
 *
 * A serving program reads "time|inplace zero|arbitrary COUNT" lines and answers each with the nanoseconds of
 * COUNT runs and what the library's counters say about them.  copy and pass are the yardsticks of stream.h.
 *
 * "zero": a new |0...0> is made before each run, off the clock; its first touch is on it.  "arbitrary": one
 * state of random amplitudes, on which every run goes on.  Rows are checked against a formula before they
 * are timed. */
#include "bench.h"
#include "stream.h"

struct ghz {
    unsigned n, threads;
    ketsim_dtype dtype;
    const char *row;
    ketsim_state *state; /* of the runs from an arbitrary state; NULL until the first */
    ketsim_circuit *circuit;
    double *from, *to; /* of copy and pass */
    size_t doubles;
    bool bypass;
};

/* What count runs took. */
struct burst {
    double ns[BENCH_MOST_SAMPLES], cores[BENCH_MOST_SAMPLES], wall, cpu;
    int count;
    ketsim_counters used;
};

/* ---- one run ---------------------------------------------------------------------------------- */

static void apply_gates(const struct ghz *g, ketsim_state *state)
{
    BENCH_TRY(ketsim_apply_gate(state, KETSIM_GATE_H, NULL, (int[]){0}));
    for (int q = 0; q + 1 < (int)g->n; q++)
        BENCH_TRY(ketsim_apply_gate(state, KETSIM_GATE_CNOT, NULL, (int[]){q, q + 1}));
}

static void run_row(const struct ghz *g, ketsim_state *state)
{
    if (!strcmp(g->row, "gates")) apply_gates(g, state);
    else BENCH_TRY(ketsim_apply(state, g->circuit, NULL));
}

static ketsim_state *zero_state(const struct ghz *g)
{
    ketsim_state *state;
    BENCH_TRY(ketsim_state_new(&state, g->n, g->dtype));
    BENCH_TRY(ketsim_state_set_threads(state, g->threads));
    return state;
}

/* Gate by gate is in place by definition; the plan is a transaction unless asked otherwise. */
static bool is_inplace(const struct ghz *g, const char *what)
{
    return !strcmp(g->row, "gates") || !strcmp(what, "inplace");
}

/* ---- is it right ------------------------------------------------------------------------------ */

static double part(const void *amps, ketsim_dtype dtype, uint64_t index, int imaginary)
{
    const uint64_t k = 2 * index + (uint64_t)imaginary;
    return dtype == KETSIM_COMPLEX128 ? ((const double *)amps)[k] : (double)((const float *)amps)[k];
}

/* Largest error of after = GHZ before.  The CNOTs take x to y with bit k of y = the parity of the bits of x
 * from qubit 0 to there, so amplitude y comes from x = y ^ y >> 1, after H on the leftmost bit. */
static double ghz_error(const struct ghz *g, const void *before, const void *after)
{
    const uint64_t count = (uint64_t)1 << g->n, top = count >> 1;
    double error = 0;
    for (uint64_t y = 0; y < count; y++) {
        const uint64_t x = y ^ y >> 1;
        for (int k = 0; k < 2; k++) {
            const double zero = part(before, g->dtype, x & ~top, k), one = part(before, g->dtype, x | top, k);
            const double expected = (x & top ? zero - one : zero + one) * 0.70710678118654752440;
            error = fmax(error, fabs(expected - part(after, g->dtype, y, k)));
        }
    }
    return error;
}

/* Run the row once on state and compare with the formula. */
static void check(const struct ghz *g, ketsim_state *state, const char *start)
{
    const uint64_t count = (uint64_t)1 << g->n;
    void *before = bench_alloc(ketsim_memory_needed(g->n, g->dtype));
    BENCH_TRY(ketsim_get_amplitudes(state, before, 0, count));
    run_row(g, state);
    ketsim_view *view;
    BENCH_TRY(ketsim_view_new(&view, state));
    const double error = ghz_error(g, before, ketsim_view_amplitudes(view));
    ketsim_view_free(view);
    free(before);
    if (!(error <= (g->dtype == KETSIM_COMPLEX128 ? 1e-14 : 1e-6))) bench_die(start, "the result is wrong");
}

/* ---- bursts ----------------------------------------------------------------------------------- */

/* used = now - before, counter by counter. */
static ketsim_counters counters_since(const ketsim_counters *before)
{
    ketsim_counters now;
    ketsim_get_counters(&now);
    now.runs -= before->runs;
    now.passes -= before->passes;
    now.clones -= before->clones;
    now.busy_ns -= before->busy_ns;
    now.acquire_ns -= before->acquire_ns;
    now.commit_ns -= before->commit_ns;
    return now;
}

static void time_once(struct burst *b, const struct ghz *g, ketsim_state *state)
{
    ketsim_counters before;
    ketsim_get_counters(&before);
    const double cpu = bench_cpu(), start = bench_now();
    if (!strcmp(g->row, "copy")) stream_copy(g->to, g->from, g->doubles, (int)g->threads, g->bypass);
    else if (!strcmp(g->row, "pass")) stream_pass(g->from, g->doubles, (int)g->threads);
    else run_row(g, state);
    const double ns = bench_now() - start;
    b->cpu += bench_cpu() - cpu;
    b->wall += ns;
    const ketsim_counters used = counters_since(&before);
    b->cores[b->count] = (double)used.busy_ns / ns;
    b->ns[b->count++] = ns;
    b->used.runs += used.runs;
    b->used.passes += used.passes;
    b->used.clones += used.clones;
    b->used.busy_ns += used.busy_ns;
    b->used.acquire_ns += used.acquire_ns;
    b->used.commit_ns += used.commit_ns;
}

/* Count runs from |0...0>, each on a new state that takes its memory from the pool. */
static void burst_zero(struct burst *b, struct ghz *g, const char *what, int count)
{
    for (int k = -1; k < count; k++) {
        ketsim_state *state = zero_state(g);
        BENCH_TRY(ketsim_state_set_inplace(state, is_inplace(g, what)));
        if (k < 0) check(g, state, "zero");
        else time_once(b, g, state);
        ketsim_state_free(state);
    }
}

static void burst_arbitrary(struct burst *b, struct ghz *g, const char *what, int count)
{
    if (!g->state) {
        g->state = bench_arbitrary_state(g->n, g->dtype, g->threads);
        BENCH_TRY(ketsim_state_set_inplace(g->state, is_inplace(g, what)));
        check(g, g->state, "arbitrary");
    }
    BENCH_TRY(ketsim_state_set_inplace(g->state, is_inplace(g, what)));
    run_row(g, g->state);
    for (int k = 0; k < count; k++) time_once(b, g, g->state);
}

static void burst_stream(struct burst *b, struct ghz *g, int count)
{
    if (!g->from) {
        g->doubles = (size_t)(ketsim_memory_needed(g->n, g->dtype) / sizeof(double));
        g->from = stream_alloc(g->doubles, (int)g->threads);
        g->to = stream_alloc(g->doubles, (int)g->threads);
        g->bypass = stream_bypass_pays(g->to, g->from, g->doubles, (int)g->threads);
    }
    struct burst warm = {.count = 0};
    time_once(&warm, g, NULL);
    for (int k = 0; k < count; k++) time_once(b, g, NULL);
}

static void burst(struct burst *b, struct ghz *g, const char *what, const char *start, int count)
{
    *b = (struct burst){.count = 0};
    if (!strcmp(g->row, "copy") || !strcmp(g->row, "pass")) burst_stream(b, g, count);
    else if (!strcmp(start, "zero")) burst_zero(b, g, what, count);
    else burst_arbitrary(b, g, what, count);
}

/* ---- output ----------------------------------------------------------------------------------- */

static const char *store_name(const struct ghz *g)
{
    if (!strcmp(g->row, "copy")) return stream_store_name(g->bypass);
    return "";
}

static void print_used(const struct burst *b)
{
    printf("\"cpu_ns\": %.0f, \"runs\": %llu, \"passes\": %llu, \"clones\": %llu, \"busy_ns\": %llu, "
           "\"acquire_ns\": %llu, \"commit_ns\": %llu",
           b->cpu, (unsigned long long)b->used.runs, (unsigned long long)b->used.passes,
           (unsigned long long)b->used.clones, (unsigned long long)b->used.busy_ns,
           (unsigned long long)b->used.acquire_ns, (unsigned long long)b->used.commit_ns);
}

/* Answer "WHAT START COUNT" lines until the input ends. */
static void serve(struct ghz *g, struct burst *b)
{
    char line[80];
    while (fgets(line, sizeof line, stdin)) {
        char *rest;
        const char *what = strtok_r(line, " \n", &rest), *start = strtok_r(NULL, " \n", &rest);
        const char *count = strtok_r(NULL, " \n", &rest);
        if (!count) bench_die("input", "a line must be: time|inplace zero|arbitrary COUNT");
        burst(b, g, what, start, bench_parse_int(count, 1, BENCH_MOST_SAMPLES));
        printf("{\"ns\": [");
        for (int k = 0; k < b->count; k++) printf("%s%.0f", k ? ", " : "", b->ns[k]);
        printf("], \"store\": \"%s\", \"isa\": \"%s\", ", store_name(g), ketsim_isa());
        print_used(b);
        puts("}");
        fflush(stdout);
    }
}

/* Bytes that a structure of one pass a gate must move: H all of them both ways; a CNOT the half with control
 * 1, or all where that half lies in every cache line. */
static double ghz_bytes(const struct ghz *g)
{
    const double state = (double)ketsim_memory_needed(g->n, g->dtype), amp = state / exp2(g->n);
    double bytes = 2 * state;
    for (unsigned bit = g->n - 1; bit > 0; bit--) bytes += amp * exp2(bit) >= 64 ? state : 2 * state;
    return bytes;
}

static void report(struct ghz *g, struct burst *b, const char *row, const char *start, int reps)
{
    g->row = row;
    burst(b, g, "time", start, reps);
    const bool is_stream = !strcmp(row, "copy") || !strcmp(row, "pass");
    const double bytes = is_stream ? 2 * (double)ketsim_memory_needed(g->n, g->dtype) : ghz_bytes(g);
    const struct bench_times times = bench_summary(b->ns, b->count);
    printf("{\"row\": \"native %s\", \"start\": \"%s\", \"n\": %u, \"dtype\": \"%s\", \"threads\": %u, "
           "\"isa\": \"%s\", \"store\": \"%s\", \"samples\": %d, \"best_ms\": %.6f, \"median_ms\": %.6f, "
           "\"cpu_percent\": %.0f, \"cores_used\": %.2f, \"gb_per_s\": %.1f, ",
           row, is_stream ? "" : start, g->n, bench_dtype_name(g->dtype), g->threads, ketsim_isa(),
           store_name(g), b->count, times.best / 1e6, times.median / 1e6, 100 * b->cpu / b->wall,
           bench_summary(b->cores, b->count).median, bytes / times.best);
    print_used(b);
    puts("}");
    fflush(stdout);
}

static void report_all(struct ghz *g, struct burst *b, int reps)
{
    static const char *const rows[] = {"copy", "pass", "gates", "plan"};
    for (int r = 0; r < 4; r++) {
        report(g, b, rows[r], "zero", reps);
        if (r >= 2) report(g, b, rows[r], "arbitrary", reps);
        ketsim_state_free(g->state);
        g->state = NULL;
    }
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--n", "--threads", "--dtype", "--reps", "--row", "--serve", NULL};
    static struct burst b;
    bench_check_options(argc, argv, options);
    struct ghz g = {
        .n = (unsigned)bench_parse_int(bench_option(argc, argv, "--n", "22"), 1, KETSIM_MAX_QUBITS),
        .dtype = bench_parse_dtype(bench_option(argc, argv, "--dtype", "complex128")),
        .row = bench_option(argc, argv, "--row", "plan")};
    g.threads = (unsigned)bench_parse_int(bench_option(argc, argv, "--threads", "0"), 0, KETSIM_MAX_THREADS);
    if (!g.threads) g.threads = ketsim_default_threads();
    g.circuit = bench_ghz_circuit(g.n);
    if (bench_parse_int(bench_option(argc, argv, "--serve", "0"), 0, 1)) serve(&g, &b);
    else
        report_all(
            &g, &b,
            bench_parse_int(bench_option(argc, argv, "--reps", "9"), BENCH_SAMPLES, BENCH_MOST_SAMPLES));
    ketsim_circuit_free(g.circuit);
    ketsim_state_free(g.state);
    free(g.from);
    free(g.to);
    return 0;
}
