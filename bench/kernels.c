/* kernels.c - how close is each gate to the least that memory allows: one in-place pass over the state?
 *
 *   kernels [--n 23] [--dtype complex128] [--isa avx2] [--gates H,X,CNOT] [--samples 7] [--threads 2]
 *           [--strict 1]
 *
 * Without --n and --dtype: n=23 complex128 and n=24 complex64, each on every kernel set of this CPU.  The
 * limits are for these sizes, which are beyond the caches, and for AVX-512 and AVX2; others are printed.
 * A sample is one pass of stream.h over the state's own buffer, then one gate in place on it; a ratio is
 * gate / pass.  Verdicts go by the ratio of the two bests; the ratio of the medians stands beside it.  Where
 * the ratio is over its limit after the first samples as many again are taken, three times at most: that
 * undoes a disturbance and does not help a slow gate.  Targets are bit positions, 0 = the last qubit.
 * The gate I is left out, because doing nothing takes no pass at all.  PAULI among the gates stands for rotations about
 * Pauli strings. */
#include "bench.h"
#include "stream.h"

enum { MOST_ROUNDS = 4, MOST_TARGETS = 40 };
static const double limit_one = 1.25, limit_mean = 1.1, limit_controlled = 0.7, limit_string = 1.3;

struct kernels {
    ketsim_state *state;
    unsigned n, threads;
    ketsim_dtype dtype;
    int samples;
    const char *gates; /* names to measure, separated by commas; "" for all */
    bool has_limits;
};

struct ratio {
    double best, median;
};

/* What many ratios amount to. */
struct summary {
    struct ratio worst;
    double logs;
    int count;
};

/* ---- measuring -------------------------------------------------------------------------------- */

/* The pass of stream.h over the amplitudes themselves; factor 1 leaves them as they are. */
static double time_pass(const struct kernels *k)
{
    ketsim_view *view;
    BENCH_TRY(ketsim_view_new(&view, k->state));
    double *amps = (double *)(uintptr_t)ketsim_view_amplitudes(view);
    const double start = bench_now();
    stream_pass(amps, ketsim_memory_needed(k->n, k->dtype) / sizeof(double), (int)k->threads);
    const double ns = bench_now() - start;
    ketsim_view_free(view);
    return ns;
}

static double time_op(const struct kernels *k, const ketsim_op *op)
{
    const double start = bench_now();
    BENCH_TRY(ketsim_apply_ops(k->state, op, 1, NULL));
    return bench_now() - start;
}

static struct ratio measure(const struct kernels *k, const ketsim_op *op, double limit)
{
    double pass[BENCH_MOST_SAMPLES], gate[BENCH_MOST_SAMPLES];
    struct ratio r = {INFINITY, INFINITY};
    int count = 0;
    time_op(k, op);
    for (int round = 0; round < MOST_ROUNDS && r.best > limit; round++) {
        for (int s = 0; s < k->samples; s++, count++) {
            pass[count] = time_pass(k);
            gate[count] = time_op(k, op);
        }
        const struct bench_times p = bench_summary(pass, count), g = bench_summary(gate, count);
        r = (struct ratio){g.best / p.best, g.median / p.median};
    }
    return r;
}

static void include(struct summary *s, struct ratio r)
{
    s->worst.best = fmax(s->worst.best, r.best);
    s->worst.median = fmax(s->worst.median, r.median);
    s->logs += log(r.best);
    s->count++;
}

static double mean(const struct summary *s)
{
    return s->count ? exp(s->logs / s->count) : 0;
}

/* A verdict where the kernel set has limits, otherwise the number alone. */
static void decide(const struct kernels *k, const char *what, double value, double limit)
{
    if (k->has_limits) bench_at_most(what, value, limit);
    else printf("---- %s: %.4g (no limit on this kernel set)\n", what, value);
}

/* ---- which gates ------------------------------------------------------------------------------ */

static const double angles[KETSIM_MAX_ANGLES] = {0.3, 0.7, 1.1};

static bool is_wanted(const struct kernels *k, const char *name)
{
    const size_t length = strlen(name);
    for (const char *p = k->gates; *p; p += strcspn(p, ","), p += *p == ',')
        if (strcspn(p, ",") == length && !strncmp(p, name, length)) return true;
    return !*k->gates;
}

static ketsim_op op_of(ketsim_gate gate, const int *qubits, size_t nqubits)
{
    return (ketsim_op){.gate = gate,
                       .angles = ketsim_gate_lookup(gate)->nangles ? angles : NULL,
                       .qubits = qubits,
                       .nqubits = nqubits};
}

/* One gate on every target; its line holds the ratio of the bests of each. */
static void bench_gate(const struct kernels *k, ketsim_gate gate, struct summary *all)
{
    struct summary own = {.count = 0};
    printf("  %-4s", ketsim_gate_lookup(gate)->name);
    for (int bit = 0; bit < (int)k->n; bit++) {
        const ketsim_op op = op_of(gate, (int[]){(int)k->n - 1 - bit}, 1);
        const struct ratio r = measure(k, &op, limit_one);
        include(&own, r);
        include(all, r);
        printf(" %.2f", r.best);
        fflush(stdout);
    }
    printf("  mean %.3f max %.3f (of medians %.3f)\n", mean(&own), own.worst.best, own.worst.median);
}

static void bench_one_qubit(const struct kernels *k, const char *where)
{
    struct summary all = {.count = 0};
    printf("one-qubit gates / in-place pass, %s; columns: target bit 0..%u\n", where, k->n - 1);
    for (int gate = 0; gate < KETSIM_GATE_COUNT; gate++) {
        const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)gate);
        if (row->ncontrols || row->ntargets != 1 || gate == KETSIM_GATE_I || !is_wanted(k, row->name))
            continue;
        bench_gate(k, (ketsim_gate)gate, &all);
    }
    if (!all.count) return;
    char text[192];
    snprintf(text, sizeof text, "one-qubit gate, every target, worst, %s (of medians %.3g)", where,
             all.worst.median);
    decide(k, text, all.worst.best, limit_one);
    snprintf(text, sizeof text, "one-qubit gate, every target, geometric mean, %s", where);
    decide(k, text, mean(&all), limit_mean);
}

/* A row with a control, or H under a further control; its line holds the worst target of each control. */
static void bench_controlled_gate(const struct kernels *k, const char *name, ketsim_gate gate,
                                  struct summary *all)
{
    const int n = (int)k->n, first = k->dtype == KETSIM_COMPLEX128 ? 8 : 9; /* 4 KiB apart */
    const int targets[] = {0, 3, 6, first + 1, n / 2, n - 2, n - 1};
    printf("  %-8s", name);
    for (int bit = first; bit < n; bit++) {
        struct summary own = {.count = 0};
        for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
            if (targets[t] == bit || targets[t] >= n) continue;
            const int qubits[] = {n - 1 - bit, n - 1 - targets[t]};
            ketsim_op op = op_of(gate, qubits, 2);
            if (gate == KETSIM_GATE_H) {
                op = op_of(gate, qubits + 1, 1);
                op.controls = qubits;
                op.ncontrols = op.control_values = 1;
            }
            include(&own, measure(k, &op, limit_controlled));
        }
        include(all, own.worst);
        printf(" %.2f", own.worst.best);
        fflush(stdout);
    }
    putchar('\n');
}

static void bench_controlled(const struct kernels *k, const char *where)
{
    struct summary all = {.count = 0};
    printf("controlled gates / in-place pass, %s; columns: control bit %d..%u, worst of some targets\n",
           where, k->dtype == KETSIM_COMPLEX128 ? 8 : 9, k->n - 1);
    if (is_wanted(k, "CNOT")) bench_controlled_gate(k, "CNOT", KETSIM_GATE_CNOT, &all);
    if (is_wanted(k, "CRX")) bench_controlled_gate(k, "CRX", KETSIM_GATE_CRX, &all);
    if (is_wanted(k, "CH")) bench_controlled_gate(k, "H+ctrl", KETSIM_GATE_H, &all);
    if (!all.count) return;
    char text[192];
    snprintf(text, sizeof text, "controlled gate, control 4 KiB apart or more, worst, %s (of medians %.3g)",
             where, all.worst.median);
    decide(k, text, all.worst.best, limit_controlled);
}

/* Rotations about eight letters, from bit first on, so many bits apart. */
static void bench_strings(const struct kernels *k, const char *where)
{
    static const char *const letters[] = {"XXXXXXXX", "ZZZZZZZZ", "YZXYZXYZ"};
    static const struct {
        int first, apart;
    } places[] = {{0, 1}, {4, 1}, {6, 2}, {0, 2}, {14, 1}};
    struct summary all = {.count = 0};
    if (!is_wanted(k, "PAULI")) return;
    printf("rotations about 8 letters / in-place pass, %s; columns: bits 0-7, 4-11, 6-20 and 0-14 by two, "
           "14-21\n",
           where);
    for (size_t s = 0; s < sizeof letters / sizeof *letters; s++) {
        printf("  %s", letters[s]);
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            int qubits[8];
            for (int j = 0; j < 8; j++) qubits[j] = (int)k->n - 1 - places[p].first - places[p].apart * j;
            if (qubits[7] < 0) continue;
            const ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION,
                                  .angles = angles,
                                  .qubits = qubits,
                                  .nqubits = 8,
                                  .letters = letters[s]};
            const struct ratio r = measure(k, &op, limit_string);
            include(&all, r);
            printf(" %.2f", r.best);
            fflush(stdout);
        }
        putchar('\n');
    }
    if (!all.count) return;
    char text[192];
    snprintf(text, sizeof text, "rotation about 8 letters, worst, %s (of medians %.3g)", where,
             all.worst.median);
    decide(k, text, all.worst.best, limit_string);
}

/* ---- which machine ---------------------------------------------------------------------------- */

static void bench_isa(struct kernels *k, const char *isa)
{
    char where[64];
    if (!ketsim_isa_available(isa)) {
        printf("%s: this CPU lacks it, not measured\n", isa);
        return;
    }
    BENCH_TRY(ketsim_set_isa(isa));
    k->has_limits = !strcmp(isa, "avx512") || !strcmp(isa, "avx2");
    snprintf(where, sizeof where, "%s n=%u %s", isa, k->n, bench_dtype_name(k->dtype));
    bench_one_qubit(k, where);
    bench_controlled(k, where);
    bench_strings(k, where);
}

static void bench_size(struct kernels *k, const char *only_isa)
{
    static const char *const isas[] = {"avx512", "avx2", "neon", "base"};
    k->state = bench_arbitrary_state(k->n, k->dtype, k->threads);
    BENCH_TRY(ketsim_state_set_inplace(k->state, true));
    for (int i = 0; i < 4; i++)
        if (!*only_isa || !strcmp(only_isa, isas[i])) bench_isa(k, isas[i]);
    ketsim_state_free(k->state);
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--n",       "--dtype",   "--isa",    "--gates",
                                          "--samples", "--threads", "--strict", NULL};
    bench_check_options(argc, argv, options);
    const char *n = bench_option(argc, argv, "--n", ""), *dtype = bench_option(argc, argv, "--dtype", "");
    struct kernels k = {.gates = bench_option(argc, argv, "--gates", "")};
    k.samples = bench_parse_int(bench_option(argc, argv, "--samples", "7"), 1,
                                BENCH_MOST_SAMPLES / MOST_ROUNDS);
    k.threads = (unsigned)bench_parse_int(bench_option(argc, argv, "--threads", "0"), 0, KETSIM_MAX_THREADS);
    if (!k.threads) k.threads = ketsim_default_threads();
    printf("ketsim %s, %u threads, %s, huge pages %s\n", ketsim_version_string(), k.threads, ketsim_openmp(),
           ketsim_huge_pages());
    for (int d = 0; d < 2; d++) {
        k.dtype = d ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128;
        if (*dtype && strcmp(dtype, bench_dtype_name(k.dtype)) != 0) continue;
        k.n = *n ? (unsigned)bench_parse_int(n, 1, MOST_TARGETS) : d ? 24 : 23;
        bench_size(&k, bench_option(argc, argv, "--isa", ""));
    }
    return bench_exit(argc, argv);
}
