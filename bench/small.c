/* small.c - what does one run of a circuit on a few qubits cost: planned once, through the cache, planned anew, and
 * one that was never seen before?
 *
 *   small [--samples 15] [--strict 1]
 *
 * The circuit is the ansatz of bench/python/workloads.py: 10 layers of RY, RZ on every qubit and a ladder of CNOTs,
 * from |0...0> and from what the runs before have left.  Overhead is what a run costs besides its kernels: that of a
 * plan of one gate less the same sweep called in a loop, see sweep_alone(). */
#include "bench.h"

#include "../core/kernels/kernel.h"

enum { LAYERS = 10 };

static void add_gate(ketsim_circuit *circuit, ketsim_gate gate, int a, int b, uint64_t *index)
{
    const double angle = 1.5 + 1.5 * bench_random((*index)++);
    BENCH_TRY(ketsim_circuit_gate(circuit, gate, &angle, (int[]){a, b}));
}

static ketsim_circuit *ansatz(unsigned n)
{
    ketsim_circuit *circuit;
    uint64_t index = 0;
    BENCH_TRY(ketsim_circuit_new(&circuit, n));
    for (int layer = 0; layer < LAYERS; layer++) {
        for (int q = 0; q < (int)n; q++) {
            add_gate(circuit, KETSIM_GATE_RY, q, 0, &index);
            add_gate(circuit, KETSIM_GATE_RZ, q, 0, &index);
        }
        for (int q = 0; q + 1 < (int)n; q++) add_gate(circuit, KETSIM_GATE_CNOT, q, q + 1, &index);
    }
    return circuit;
}

/* What is timed, all of it in rounds of so many calls that a round takes about a millisecond. */
struct subject {
    ketsim_state *state;
    ketsim_circuit *circuit;
    ketsim_plan *plan;
    const struct sweep *sweep;
    double *amps;
    ketsim_op *ops; /* of the circuit */
    double (*angles)[KETSIM_MAX_ANGLES];
    int (*qubits)[KETSIM_MAX_ROW_QUBITS];
};

/* The operations of the circuit, with room for their angles. */
static void list_operations(struct subject *s)
{
    const size_t length = ketsim_circuit_length(s->circuit);
    s->ops = calloc(length, sizeof *s->ops);
    s->angles = calloc(length, sizeof *s->angles);
    s->qubits = calloc(length, sizeof *s->qubits);
    for (size_t k = 0; k < length; k++) {
        ketsim_op_record record;
        BENCH_TRY(ketsim_circuit_get(s->circuit, &record, k));
        memcpy(s->angles[k], record.angles, sizeof *s->angles);
        for (unsigned j = 0; j < record.nqubits; j++) s->qubits[k][j] = record.qubits[j];
        s->ops[k] = (ketsim_op){
            .gate = record.gate, .angles = s->angles[k], .qubits = s->qubits[k], .nqubits = record.nqubits};
    }
}

static void free_operations(struct subject *s)
{
    free(s->ops);
    free(s->angles);
    free(s->qubits);
}

static void run_planned(const struct subject *s)
{
    BENCH_TRY(ketsim_run_plan(s->state, s->plan, NULL));
}

static void run_cached(const struct subject *s)
{
    BENCH_TRY(ketsim_apply(s->state, s->circuit, NULL));
}

static void plan_anew(const struct subject *s)
{
    ketsim_plan *plan;
    BENCH_TRY(ketsim_plan_new(&plan, s->circuit, NULL));
    ketsim_plan_free(plan);
}

/* No cache holds a plan of it: the first angle is another each time. */
static void run_once(const struct subject *s)
{
    s->angles[0][0] += 1e-9;
    BENCH_TRY(ketsim_apply_ops(s->state, s->ops, ketsim_circuit_length(s->circuit), NULL));
}

static void sweep_alone(const struct subject *s)
{
    const struct kernel_set *set = kernels();
    const unsigned n = ketsim_state_nqubits(s->state);
    set->run[KETSIM_COMPLEX128](s->amps, s->amps, s->sweep, 0,
                                kernel_groups(set, KETSIM_COMPLEX128, s->sweep, n, true), false);
}

static struct bench_times measure(const struct subject *s, void (*call)(const struct subject *), int samples)
{
    double ns[BENCH_MOST_SAMPLES];
    double start = bench_now();
    int calls = 0;
    for (; bench_now() - start < 1e6; calls++) call(s);
    for (int k = 0; k < samples; k++) {
        start = bench_now();
        for (int c = 0; c < calls; c++) call(s);
        ns[k] = (bench_now() - start) / calls;
    }
    return bench_summary(ns, samples);
}

static void one_shot(unsigned n, double limit_ns, int samples)
{
    for (int dtype = 0; dtype < 2; dtype++) {
        struct subject s = {.circuit = ansatz(n)};
        char text[96];
        const double gates = (double)ketsim_circuit_length(s.circuit);
        BENCH_TRY(ketsim_state_new(&s.state, n, (ketsim_dtype)dtype));
        list_operations(&s);
        const struct bench_times once = measure(&s, run_once, samples);
        snprintf(text, sizeof text, "one-shot, n=%u, complex%d, ns a gate", n, dtype ? 64 : 128);
        bench_at_most(text, once.best / gates, limit_ns);
        free_operations(&s);
        ketsim_state_free(s.state);
        ketsim_circuit_free(s.circuit);
    }
}

static void one_size(unsigned n, double limit_us, int samples)
{
    struct subject s = {.circuit = ansatz(n)};
    char text[96];
    const double gates = (double)ketsim_circuit_length(s.circuit);
    BENCH_TRY(ketsim_state_new(&s.state, n, KETSIM_COMPLEX128));
    BENCH_TRY(ketsim_plan_new(&s.plan, s.circuit, NULL));
    const struct bench_times planned = measure(&s, run_planned, samples),
                             cached = measure(&s, run_cached, samples),
                             planning = measure(&s, plan_anew, samples);
    printf(
        "n=%u, %.0f gates, best (median): planned once %.0f ns (%.0f) a run; through the cache %.0f (%.0f), "
        "%.1f ns a gate more; planning %.0f ns (%.0f) a gate\n",
        n, gates, planned.best, planned.median, cached.best, cached.median,
        (cached.best - planned.best) / gates, planning.best / gates, planning.median / gates);
    snprintf(text, sizeof text, "run of a plan, n=%u, us", n);
    bench_at_most(text, planned.best / 1e3, limit_us);
    snprintf(text, sizeof text, "planning, n=%u, ns a gate", n);
    bench_at_most(text, planning.best / gates, 150);
    ketsim_plan_free(s.plan);
    ketsim_state_free(s.state);
    ketsim_circuit_free(s.circuit);
}

/* H on the last of 4 qubits: as a plan, and as the kernel that the plan calls. */
static void overhead(int samples)
{
    const double r = sqrt(0.5);
    const ketsim_complex h[] = {{r, 0}, {r, 0}, {r, 0}, {-r, 0}};
    const struct sweep sweep = {.entries = h, .ntargets = 1, .real = true};
    struct subject s = {.sweep = &sweep, .amps = bench_alloc(256)};
    memset(s.amps, 0, 256);
    BENCH_TRY(ketsim_circuit_new(&s.circuit, 4));
    BENCH_TRY(ketsim_circuit_gate(s.circuit, KETSIM_GATE_H, NULL, (int[]){3}));
    BENCH_TRY(ketsim_state_new(&s.state, 4, KETSIM_COMPLEX128));
    BENCH_TRY(ketsim_plan_new(&s.plan, s.circuit, NULL));
    const struct bench_times run = measure(&s, run_planned, samples),
                             alone = measure(&s, sweep_alone, samples);
    printf("n=4, one gate, best (median): planned once %.0f ns (%.0f) a run, its kernel alone %.0f (%.0f)\n",
           run.best, run.median, alone.best, alone.median);
    bench_at_most("run of a plan besides its kernels, n=4, ns", run.best - alone.best, 150);
    ketsim_plan_free(s.plan);
    ketsim_state_free(s.state);
    ketsim_circuit_free(s.circuit);
    free(s.amps);
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--samples", "--strict", NULL};
    bench_check_options(argc, argv, options);
    const int samples = bench_parse_int(bench_option(argc, argv, "--samples", "15"), BENCH_SAMPLES,
                                        BENCH_MOST_SAMPLES);
    printf("ketsim %s, %s\n", ketsim_version_string(), ketsim_isa());
    overhead(samples);
    one_size(4, 2, samples);
    one_size(8, 6, samples);
    one_size(12, 90, samples);
    one_shot(4, 50, samples);
    one_shot(8, 60, samples);
    one_shot(12, 300, samples);
    return bench_exit(argc, argv);
}
