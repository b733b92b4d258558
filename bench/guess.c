/* guess.c - do circuits take the time that is expected of them before they have a plan?
 *
 *   guess [--least 2] [--most 20] [--gates 100] [--samples 7] [--dtype complex64] [--strict 1]
 *
 * Layers of one gate or of several, on all qubits in turn, and gates on random qubits.  Each circuit is run without a plan from
 * before, on one thread, from |0...0> and from random amplitudes: what it took at best, in nanoseconds a gate, and how many
 * times that was expected; at last the same of ketsim_estimate_ns(), which knows only how many gates there are. */
#include "bench.h"

#include "circuit.h"
#include "guess.h"

enum { LAYERS = 3 };

static const struct kind {
    const char *name;
    int nlayers;
    ketsim_gate layers[LAYERS];
    bool scattered;
} kinds[] = {
    {"H", 1, {KETSIM_GATE_H}, false},
    {"RX", 1, {KETSIM_GATE_RX}, false},
    {"U", 1, {KETSIM_GATE_U}, false},
    {"CNOT", 1, {KETSIM_GATE_CNOT}, false},
    {"CZ", 1, {KETSIM_GATE_CZ}, false},
    {"RX, CNOT", 2, {KETSIM_GATE_RX, KETSIM_GATE_CNOT}, false},
    {"H, RX, CZ", 3, {KETSIM_GATE_H, KETSIM_GATE_RX, KETSIM_GATE_CZ}, false},
    {"U, RZ, CNOT", 3, {KETSIM_GATE_U, KETSIM_GATE_RZ, KETSIM_GATE_CNOT}, false},
    {"U, CZ scattered", 2, {KETSIM_GATE_U, KETSIM_GATE_CZ}, true},
    {"RX, CNOT, RZ scattered", 3, {KETSIM_GATE_RX, KETSIM_GATE_CNOT, KETSIM_GATE_RZ}, true},
};

static uint64_t at; /* random numbers used */

static ketsim_circuit *new_circuit(const struct kind *kind, int n, int gates)
{
    ketsim_circuit *circuit;
    BENCH_TRY(ketsim_circuit_new(&circuit, (unsigned)n));
    for (int k = 0; k < gates; k++) {
        const double angles[] = {3 * bench_random(at), 3 * bench_random(at + 1), 3 * bench_random(at + 2)};
        const int q = kind->scattered ? (int)(fabs(bench_random(at + 3)) * n) : k % n;
        const int step = kind->scattered ? 1 + (int)(fabs(bench_random(at + 4)) * (n - 1)) : 1;
        at += 5;
        BENCH_TRY(ketsim_circuit_gate(circuit, kind->layers[(kind->scattered ? k : k / n) % kind->nlayers],
                                      angles, (int[]){q, (q + step) % n}));
    }
    return circuit;
}

/* Nanoseconds, and how many times that is expected. */
struct found {
    double ns, expected, counted;
};

static struct found look(const struct kind *kind, ketsim_state *start, int gates, int samples,
                         bool from_label)
{
    const int n = (int)ketsim_state_nqubits(start);
    const struct guess guess = {(unsigned)n, ketsim_state_dtype(start), from_label, false};
    struct found found = {.ns = INFINITY, .counted = (double)ketsim_estimate_ns(start, (size_t)gates)};
    for (int k = 0; k < samples; k++) {
        ketsim_circuit *circuit = new_circuit(kind, n, gates);
        ketsim_state *state;
        found.expected = guess_program_ns(&guess, &circuit->program);
        BENCH_TRY(ketsim_state_clone(&state, start));
        const double begin = bench_now();
        BENCH_TRY(ketsim_apply_once(state, circuit, &(ketsim_run_options){.threads = 1}));
        found.ns = fmin(found.ns, bench_now() - begin);
        ketsim_state_free(state);
        ketsim_circuit_free(circuit);
    }
    found.expected /= found.ns;
    found.counted /= found.ns;
    return found;
}

static bool is_close(double ratio)
{
    return ratio >= 0.5 && ratio <= 2;
}

struct share {
    int close, all;
};

/* Of one size. */
static void show(struct share *share, unsigned n, ketsim_dtype dtype, int gates, int samples)
{
    ketsim_state *label, *random = bench_arbitrary_state(n, dtype, 1);
    BENCH_TRY(ketsim_state_new(&label, n, dtype));
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct found a = look(&kinds[k], label, gates, samples, true);
        const struct found b = look(&kinds[k], random, gates, samples, false);
        printf("| %2u | %-22s | %9.0f | %8.2f | %8.2f | %9.0f | %8.2f | %8.2f |\n", n, kinds[k].name,
               a.ns / gates, a.expected, a.counted, b.ns / gates, b.expected, b.counted);
        share->close += is_close(a.expected) + is_close(b.expected);
        share->all += 2;
    }
    ketsim_state_free(label);
    ketsim_state_free(random);
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--least", "--most",   "--gates", "--samples",
                                          "--dtype", "--strict", NULL};
    bench_check_options(argc, argv, options);
    const int least = bench_parse_int(bench_option(argc, argv, "--least", "2"), 2, 26);
    const int most = bench_parse_int(bench_option(argc, argv, "--most", "20"), least, 26);
    const int gates = bench_parse_int(bench_option(argc, argv, "--gates", "100"), 1, 100000);
    const int samples = bench_parse_int(bench_option(argc, argv, "--samples", "7"), 1, BENCH_MOST_SAMPLES);
    const ketsim_dtype dtype = bench_parse_dtype(bench_option(argc, argv, "--dtype", "complex128"));
    struct share share = {0};
    printf("ketsim %s, %s, %s\n", ketsim_version_string(), ketsim_isa(), bench_dtype_name(dtype));
    printf("| %2s | %-22s | %9s | %8s | %8s | %9s | %8s | %8s |\n", "n", "gates", "|0..0> ns", "expected",
           "counted", "random ns", "expected", "counted");
    for (int n = least; n <= most; n += 2) show(&share, (unsigned)n, dtype, gates, samples);
    bench_at_least("rows expected within 2 times", (double)share.close / share.all, 0.8);
    return bench_exit(argc, argv);
}
