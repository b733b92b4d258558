/* Where a program is cut for its gradient: all angles of a layer of gates that are diagonal, or share no qubit, are
 * read at one cut, whatever stands around them. */
#include "circuit.h"
#include "cuts.h"
#include "helpers.h"

enum { LAYERS = 3 };
static const int N = 12;

/* How many cuts read something, and how many derivatives there are; derivatives that are not diagonal count as other. */
struct found {
    size_t cuts, derivatives, other;
};

static struct found cut(const ketsim_circuit *circuit, bool turned)
{
    struct cuts cuts;
    struct found found = {0};
    CHECK_OK(cuts_make(&cuts, &circuit->program, turned, NULL));
    for (size_t k = 0; k < cuts.ncuts; k++) found.cuts += cuts.list[k].count > 0;
    found.derivatives = cuts.nderivatives;
    for (size_t k = 0; k < cuts.nderivatives; k++) found.other += !cuts.derivatives[k].diagonal;
    cuts_clear(&cuts);
    return found;
}

static ketsim_circuit *new_circuit(void)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, (unsigned)N));
    return circuit;
}

static void gate(ketsim_circuit *circuit, ketsim_gate gate, int a, int b)
{
    CHECK_OK(ketsim_circuit_gate(circuit, gate, (double[]){0.1 * a + 0.01 * b + 0.3}, (int[]){a, b}));
}

/* Rotations, which are read on the way, or gates without angles. */
static void mix(ketsim_circuit *circuit, ketsim_gate with)
{
    for (int q = 0; q < N; q++) gate(circuit, with, q, 0);
}

/* Every pair, in an order that starts anywhere. */
static void diagonal_layers(ketsim_gate kind, ketsim_gate between)
{
    ketsim_circuit *circuit = new_circuit();
    const size_t pairs = (size_t)(N * (N - 1) / 2);
    mix(circuit, KETSIM_GATE_H);
    for (int layer = 0; layer < LAYERS; layer++) {
        for (int step = 1; step < N; step++)
            for (int q = 0; q + step < N; q++) gate(circuit, kind, q, q + step);
        mix(circuit, between);
    }
    const struct found found = cut(circuit, true);
    const char *name = ketsim_gate_lookup(kind)->name;
    CHECK(found.cuts == LAYERS, "%s: %zu cuts for %d layers", name, found.cuts, LAYERS);
    CHECK(found.derivatives == LAYERS * pairs && !found.other, "%s: %zu derivatives, of which %zu are dense",
          name, found.derivatives, found.other);
    ketsim_circuit_free(circuit);
}

/* Strings on qubits of their own, each of which becomes a rotation between CNOTs. */
static void strings_apart(bool turned)
{
    ketsim_circuit *circuit = new_circuit();
    for (int layer = 0; layer < LAYERS; layer++) {
        for (int q = 0; q + 3 < N; q += 4) {
            const int qubits[] = {q, q + 1, q + 2, q + 3};
            CHECK_OK(ketsim_circuit_append(circuit,
                                           &(ketsim_op){.gate = KETSIM_GATE_PAULI_ROTATION,
                                                        .qubits = qubits,
                                                        .nqubits = 4,
                                                        .angles = (double[]){0.3 + q},
                                                        .letters = "XYZZ"},
                                           1));
        }
        for (int q = 0; q < N; q++) gate(circuit, KETSIM_GATE_CNOT, q, (q + 1) % N);
    }
    const struct found found = cut(circuit, turned);
    CHECK(found.cuts == LAYERS && found.derivatives == LAYERS * (size_t)(N / 4),
          "strings: %zu cuts, %zu derivatives", found.cuts, found.derivatives);
    ketsim_circuit_free(circuit);
}

/* Neighbors on even, then on odd bonds: a cut for each, in which RXX, RYY and RZZ of a bond are. */
static void bonds(bool turned)
{
    static const ketsim_gate kinds[] = {KETSIM_GATE_RXX, KETSIM_GATE_RYY, KETSIM_GATE_RZZ};
    ketsim_circuit *circuit = new_circuit();
    for (int layer = 0; layer < 2 * LAYERS; layer++)
        for (int q = layer % 2; q + 1 < N; q += 2)
            for (unsigned k = 0; k < 3; k++) gate(circuit, kinds[k], q, q + 1);
    const struct found found = cut(circuit, turned);
    CHECK(found.cuts == 2 * LAYERS, "bonds: %zu cuts for %d layers", found.cuts, 2 * LAYERS);
    ketsim_circuit_free(circuit);
}

int main(void)
{
    static const ketsim_gate kinds[] = {KETSIM_GATE_RZZ, KETSIM_GATE_CP, KETSIM_GATE_CRZ};
    for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        diagonal_layers(kinds[k], KETSIM_GATE_RX);
        diagonal_layers(kinds[k], KETSIM_GATE_H);
    }
    for (unsigned turned = 0; turned < 2; turned++) {
        strings_apart(turned);
        bonds(turned);
    }
    return 0;
}
