/* dynamics.h - dynamic circuits for tests: their operations by hand, and random ones of all kinds. */
#ifndef KETSIM_TESTS_DYNAMICS_H
#define KETSIM_TESTS_DYNAMICS_H

#include <math.h>

#include "helpers.h"

typedef ketsim_dynamic_kind kind_t;

static inline ketsim_circuit *new_circuit(unsigned n, unsigned nbits)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    CHECK_OK(ketsim_circuit_add_bits(circuit, nbits));
    return circuit;
}

static inline void add(ketsim_circuit *circuit, ketsim_dynamic dynamic)
{
    CHECK_OK(ketsim_circuit_append_dynamic(circuit, &dynamic));
}

static inline void measure(ketsim_circuit *circuit, int qubit, int bit)
{
    add(circuit,
        (ketsim_dynamic){
            .kind = KETSIM_DYNAMIC_MEASURE, .qubits = &qubit, .nqubits = 1, .bits = &bit, .nbits = 1});
}

static inline void random_gates(ketsim_circuit *circuit, unsigned count, uint64_t *seed)
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

/* A loop whose condition never comes true. */
static inline ketsim_circuit *endless(unsigned n)
{
    ketsim_circuit *circuit = new_circuit(n, 2), *body = new_circuit(n, 2);
    uint64_t seed = 1;
    random_gates(body, 5, &seed);
    measure(body, 0, 0);
    add(circuit, (ketsim_dynamic){.kind = KETSIM_DYNAMIC_REPEAT,
                                  .bits = (int[]){1},
                                  .nbits = 1,
                                  .value = 1,
                                  .limit = UINT64_MAX,
                                  .body = body});
    ketsim_circuit_free(body);
    return circuit;
}

enum { CHANNELS = 6 };
static ketsim_channel *channels[CHANNELS];

static inline void make_channels(void)
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

static inline void free_channels(void)
{
    for (unsigned k = 0; k < CHANNELS; k++) ketsim_channel_free(channels[k]);
}

static inline void random_channel(ketsim_circuit *circuit, uint64_t *seed)
{
    const unsigned n = ketsim_circuit_nqubits(circuit);
    const ketsim_channel *channel;
    int qubits[KETSIM_MAX_QUBITS];
    do channel = channels[random_below(seed, CHANNELS)];
    while (ketsim_channel_nqubits(channel) > n);
    random_qubits(qubits, ketsim_channel_nqubits(channel), n, seed);
    add(circuit, (ketsim_dynamic){.kind = KETSIM_DYNAMIC_CHANNEL,
                                  .qubits = qubits,
                                  .nqubits = ketsim_channel_nqubits(channel),
                                  .channel = channel});
}

static inline void random_measure(ketsim_circuit *circuit, kind_t kind, uint64_t *seed)
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

static inline void read_out(ketsim_circuit *circuit, double one_if_0, double zero_if_1, const int *bits,
                            size_t nbits)
{
    add(circuit, (ketsim_dynamic){.kind = KETSIM_DYNAMIC_READOUT,
                                  .bits = bits,
                                  .nbits = nbits,
                                  .confusion = {1 - one_if_0, one_if_0, zero_if_1, 1 - zero_if_1}});
}

static inline void random_readout(ketsim_circuit *circuit, uint64_t *seed)
{
    const unsigned nbits = ketsim_circuit_nbits(circuit), count = 1 + random_below(seed, nbits);
    int bits[KETSIM_MAX_QUBITS];
    random_qubits(bits, count, nbits, seed);
    read_out(circuit, random_real(seed, 0, 0.5), random_below(seed, 2) ? 0 : random_real(seed, 0, 1), bits,
             count);
}

static inline void random_dynamics(ketsim_circuit *circuit, unsigned count, unsigned depth, uint64_t *seed);

static inline void random_body(ketsim_circuit *circuit, kind_t kind, unsigned depth, uint64_t *seed)
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

static inline void random_dynamics(ketsim_circuit *circuit, unsigned count, unsigned depth, uint64_t *seed)
{
    for (unsigned k = 0; k < count; k++) {
        random_gates(circuit, random_below(seed, 8), seed);
        const unsigned which = random_below(seed, depth ? 7 : 5);
        if (which < 2) random_channel(circuit, seed);
        else if (which == 2) random_measure(circuit, KETSIM_DYNAMIC_MEASURE, seed);
        else if (which == 3) random_measure(circuit, KETSIM_DYNAMIC_RESET, seed);
        else if (which == 4) random_readout(circuit, seed);
        else random_body(circuit, which == 5 ? KETSIM_DYNAMIC_IF : KETSIM_DYNAMIC_REPEAT, depth, seed);
    }
}

static inline ketsim_circuit *random_shots(unsigned n, uint64_t *seed)
{
    ketsim_circuit *circuit = new_circuit(n, 4);
    random_gates(circuit, 4, seed);
    random_dynamics(circuit, 5, 2, seed);
    if (random_below(seed, 2)) random_measure(circuit, KETSIM_DYNAMIC_MEASURE, seed);
    if (random_below(seed, 2)) random_readout(circuit, seed);
    return circuit;
}

#endif
