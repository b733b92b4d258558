/* Dynamic circuits: shots of the tree against each shot alone, to the bit; states against dense linear algebra that follows
 * the same outcomes; any number of threads; what is refused, stopped, or has no memory. */
#include "failing.h"

#include <math.h>

#include "helpers.h"

enum { SHOTS = 300 };

typedef ketsim_dynamic_kind kind_t;

/* ---- circuits ---------------------------------------------------------------------------------- */

static ketsim_circuit *new_circuit(unsigned n, unsigned nbits)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    CHECK_OK(ketsim_circuit_add_bits(circuit, nbits));
    return circuit;
}

static void add(ketsim_circuit *circuit, ketsim_dynamic dynamic)
{
    CHECK_OK(ketsim_circuit_append_dynamic(circuit, &dynamic));
}

static void measure(ketsim_circuit *circuit, int qubit, int bit)
{
    add(circuit, (ketsim_dynamic){
                     .kind = KETSIM_DYNAMIC_MEASURE, .qubits = &qubit, .nqubits = 1, .bits = &bit, .nbits = 1});
}

static void random_gates(ketsim_circuit *circuit, unsigned count, uint64_t *seed)
{
    const unsigned n = ketsim_circuit_nqubits(circuit);
    static const ketsim_gate one[] = {KETSIM_GATE_H, KETSIM_GATE_RX, KETSIM_GATE_RY, KETSIM_GATE_T};
    for (unsigned k = 0; k < count; k++) {
        const double angle = random_real(seed, -3, 3);
        const int q = (int)random_below(seed, n);
        CHECK_OK(ketsim_circuit_gate(circuit, one[random_below(seed, 4)], &angle, &q));
        if (n == 1) continue;
        const int pair[2] = {q, (int)((unsigned)(q + 1) % n)};
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, pair));
    }
}

static ketsim_channel *channels[6];

static void make_channels(void)
{
    static const ketsim_complex haar[] = {{0.6, 0}, {0, 0.8}, {0, 0.8}, {0.6, 0}};
    ketsim_complex mixed[8];
    for (unsigned k = 0; k < 4; k++) {
        mixed[k] = (ketsim_complex){haar[k].re * sqrt(0.3), haar[k].im * sqrt(0.3)};
        mixed[4 + k] = (ketsim_complex){k % 3 ? 0 : sqrt(0.7), 0};
    }
    CHECK_OK(ketsim_channel_named(&channels[0], "depolarizing", (double[]){0.2}, 1));
    CHECK_OK(ketsim_channel_named(&channels[1], "amplitude_damping", (double[]){0.3}, 1));
    CHECK_OK(ketsim_channel_named(&channels[2], "depolarizing2", (double[]){0.3}, 1));
    CHECK_OK(ketsim_channel_new(&channels[3], 1, mixed, 2, 0));
    CHECK_OK(ketsim_channel_pauli(&channels[4], 3, "XYZZIX", (double[]){0.2, 0.1}, 2));
    CHECK_OK(ketsim_channel_named(&channels[5], "bit_flip", (double[]){0.02}, 1));
}

static void random_channel(ketsim_circuit *circuit, uint64_t *seed)
{
    const unsigned n = ketsim_circuit_nqubits(circuit);
    const ketsim_channel *channel;
    int qubits[KETSIM_MAX_QUBITS];
    do channel = channels[random_below(seed, 6)];
    while (ketsim_channel_nqubits(channel) > n);
    random_qubits(qubits, ketsim_channel_nqubits(channel), n, seed);
    add(circuit, (ketsim_dynamic){.kind = KETSIM_DYNAMIC_CHANNEL,
                                  .qubits = qubits,
                                  .nqubits = ketsim_channel_nqubits(channel),
                                  .channel = channel});
}

static void random_measure(ketsim_circuit *circuit, kind_t kind, uint64_t *seed)
{
    const unsigned n = ketsim_circuit_nqubits(circuit), nbits = ketsim_circuit_nbits(circuit);
    const unsigned count = 1 + random_below(seed, n < 3 ? n : 3);
    int qubits[KETSIM_MAX_QUBITS], bits[KETSIM_MAX_QUBITS];
    random_qubits(qubits, count, n, seed);
    random_qubits(bits, count, nbits, seed);
    add(circuit, (ketsim_dynamic){.kind = kind,
                                  .qubits = qubits,
                                  .nqubits = count,
                                  .bits = bits,
                                  .nbits = kind == KETSIM_DYNAMIC_MEASURE ? count : 0});
}

static void random_dynamics(ketsim_circuit *circuit, unsigned count, unsigned depth, uint64_t *seed);

static void random_body(ketsim_circuit *circuit, kind_t kind, unsigned depth, uint64_t *seed)
{
    const unsigned nbits = ketsim_circuit_nbits(circuit);
    ketsim_circuit *body = new_circuit(ketsim_circuit_nqubits(circuit), nbits);
    int bits[2];
    random_dynamics(body, 2, depth - 1, seed);
    random_qubits(bits, 2, nbits, seed);
    add(circuit, (ketsim_dynamic){.kind = kind,
                                  .bits = bits,
                                  .nbits = 1 + random_below(seed, 2),
                                  .value = random_below(seed, 2),
                                  .limit = kind == KETSIM_DYNAMIC_REPEAT ? 1 + random_below(seed, 4) : 0,
                                  .body = body});
    ketsim_circuit_free(body);
}

static void random_dynamics(ketsim_circuit *circuit, unsigned count, unsigned depth, uint64_t *seed)
{
    for (unsigned k = 0; k < count; k++) {
        random_gates(circuit, random_below(seed, 8), seed);
        const unsigned which = random_below(seed, depth ? 6 : 4);
        if (which < 2) random_channel(circuit, seed);
        else if (which == 2) random_measure(circuit, KETSIM_DYNAMIC_MEASURE, seed);
        else if (which == 3) random_measure(circuit, KETSIM_DYNAMIC_RESET, seed);
        else random_body(circuit, which == 4 ? KETSIM_DYNAMIC_IF : KETSIM_DYNAMIC_REPEAT, depth, seed);
    }
}

static ketsim_circuit *random_shots(unsigned n, uint64_t *seed)
{
    ketsim_circuit *circuit = new_circuit(n, 4);
    random_gates(circuit, 4, seed);
    random_dynamics(circuit, 5, 2, seed);
    if (random_below(seed, 2)) random_measure(circuit, KETSIM_DYNAMIC_MEASURE, seed);
    return circuit;
}

/* ---- the tree against each shot alone ------------------------------------------------------------ */

static void run_tree(uint64_t *out, const ketsim_circuit *circuit, uint64_t count, uint64_t first, uint64_t seed,
                     unsigned threads, ketsim_dtype dtype)
{
    CHECK_OK(ketsim_run_shots(circuit, out, count,
                              &(ketsim_shots_options){
                                  .seed = &seed, .first = first, .max_concurrency = threads, .dtype = dtype}));
}

static void test_alone(const ketsim_circuit *circuit, unsigned n, ketsim_dtype dtype, uint64_t seed)
{
    uint64_t tree[SHOTS], part[SHOTS], alone, bits;
    run_tree(tree, circuit, SHOTS, 0, seed, 1, dtype);
    for (unsigned threads = 2; threads <= 8; threads += threads == 3 ? 5 : 1) {
        run_tree(part, circuit, SHOTS, 0, seed, threads, dtype);
        CHECK(!memcmp(tree, part, sizeof tree), "%u qubits: %u threads have other bits", n, threads);
    }
    run_tree(part, circuit, SHOTS - 100, 100, seed, 2, dtype);
    CHECK(!memcmp(tree + 100, part, (SHOTS - 100) * sizeof *part), "%u qubits: the last 200 differ", n);
    for (uint64_t k = 0; k < SHOTS; k += 7) {
        ketsim_state *state;
        run_tree(&alone, circuit, 1, k, seed, 1, dtype);
        CHECK_OK(ketsim_state_new(&state, n, dtype));
        CHECK_OK(ketsim_run_shot(state, &bits, circuit, &seed, k, NULL));
        CHECK(alone == tree[k] && bits == tree[k], "%u qubits: shot %u has other bits alone", n, (unsigned)k);
        double norm;
        CHECK_OK(ketsim_norm(state, &norm));
        CHECK(fabs(norm - 1) < (dtype == KETSIM_COMPLEX128 ? 1e-13 : 1e-5), "norm is %.17g", norm);
        ketsim_state_free(state);
    }
}

static void test_random(void)
{
    static const unsigned sizes[] = {1, 2, 3, 4, 5, 7, 10, 11, 12, 13};
    uint64_t seed = 5;
    unsigned circuits = 0;
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (unsigned k = 0; k < (sizes[s] < 10 ? 12u : 3u); k++, circuits++) {
            ketsim_circuit *circuit = random_shots(sizes[s], &seed);
            test_alone(circuit, sizes[s], k % 3 == 2 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128, seed);
            ketsim_circuit_free(circuit);
        }
    printf("%u random circuits: shots together, in parts, alone, on 1, 2, 3, 8 threads have the same bits\n",
           circuits);
}

int main(void)
{
    make_channels();
    test_random();
    for (unsigned k = 0; k < 6; k++) ketsim_channel_free(channels[k]);
    return 0;
}
