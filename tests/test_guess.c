/* What a circuit is expected to take: forms of gates by their matrices; more of anything takes no less; names of qubits make no
 * difference. */
#include <math.h>

#include "circuit.h"
#include "gates.h"
#include "guess.h"
#include "helpers.h"

enum { ROUNDS = 400, MOST = 24, LENGTH = 200, ANGLES = 20, MORE = 20 };

/* ---- forms ------------------------------------------------------------------------------------- */

/* A matrix that has one entry in each row is a permutation with phases: diagonal or not. */
static enum gate_form form_of(const bool *filled, unsigned dim)
{
    unsigned all = 0, on_diagonal = 0;
    for (unsigned k = 0; k < dim * dim; k++) {
        all += filled[k];
        on_diagonal += filled[k] && k / dim == k % dim;
    }
    return all > dim ? GATE_MIXES : on_diagonal == dim ? GATE_PHASES : GATE_FLIPS;
}

/* An entry counts that is not 0 for some angles. */
static void forms(uint64_t *seed)
{
    for (ketsim_gate gate = 0; gate < KETSIM_GATE_COUNT; gate++) {
        const unsigned dim = 1u << ketsim_gate_lookup(gate)->ntargets;
        bool filled[MATRIX_ENTRIES] = {false};
        for (unsigned k = 0; k < ANGLES; k++) {
            double angles[KETSIM_MAX_ANGLES];
            ketsim_complex m[MATRIX_ENTRIES];
            random_angles(angles, seed);
            CHECK_OK(ketsim_gate_matrix(gate, m, angles));
            for (unsigned e = 0; e < dim * dim; e++) filled[e] |= m[e].re != 0 || m[e].im != 0;
        }
        CHECK(gates_shapes[gate].form == form_of(filled, dim), "%s: form %d", ketsim_gate_lookup(gate)->name,
              gates_shapes[gate].form);
    }
}

/* ---- more takes no less ------------------------------------------------------------------------ */

static double ns(const struct guess *guess, const ketsim_circuit *circuit)
{
    const double ns = guess_program_ns(guess, &circuit->program);
    CHECK(isfinite(ns) && ns > 0, "%zu gates on %u qubits: %g ns", circuit->program.length, guess->nqubits,
          ns);
    return ns;
}

static void compare(const ketsim_circuit *circuit, unsigned n)
{
    const struct guess whole = {.nqubits = n, .dtype = KETSIM_COMPLEX128};
    struct guess label = whole, planned = whole, single = whole;
    label.from_label = planned.has_plan = true;
    single.dtype = KETSIM_COMPLEX64;
    CHECK(ns(&label, circuit) <= ns(&whole, circuit), "from a label it takes longer");
    CHECK(ns(&planned, circuit) <= ns(&whole, circuit), "with a plan it takes longer");
    if (n != 11) /* directly in one precision only: a plan may take longer than all its passes */
        CHECK(ns(&single, circuit) <= ns(&whole, circuit), "complex64 takes longer");
}

/* From many gates on, which are planned whatever comes. */
static void growing(unsigned n, uint64_t *seed)
{
    const struct guess guess = {
        .nqubits = n, .dtype = KETSIM_COMPLEX128, .from_label = random_below(seed, 2)};
    ketsim_circuit *circuit = random_circuit(n, LENGTH, seed, NULL);
    for (unsigned k = 0; k < MORE; k++) {
        ketsim_circuit *more = random_circuit(n, 1, seed, NULL);
        const double before = ns(&guess, circuit);
        CHECK_OK(ketsim_circuit_extend(circuit, more));
        CHECK(ns(&guess, circuit) >= before, "%u gates on %u qubits take less than one less", LENGTH + k + 1,
              n);
        ketsim_circuit_free(more);
    }
    ketsim_circuit_free(circuit);
}

static void counts(void)
{
    for (unsigned n = 1; n <= KETSIM_MAX_QUBITS; n++) {
        const struct guess guess = {.nqubits = n, .dtype = KETSIM_COMPLEX128};
        CHECK(guess_operations_ns(&guess, 0) == 0, "nothing takes time");
        for (size_t count = 1; count <= 1 << 20; count *= 2)
            CHECK(guess_operations_ns(&guess, 2 * count) > guess_operations_ns(&guess, count),
                  "%zu gates on %u qubits take less than half of them", 2 * count, n);
    }
}

/* ---- names of qubits --------------------------------------------------------------------------- */

static ketsim_circuit *renamed(const ketsim_circuit *circuit, unsigned n, uint64_t *seed)
{
    int names[KETSIM_MAX_QUBITS];
    ketsim_circuit *out;
    random_qubits(names, n, n, seed);
    CHECK_OK(ketsim_circuit_new(&out, n));
    for (size_t k = 0; k < ketsim_circuit_length(circuit); k++) {
        struct stored_op stored;
        get_op(&stored, circuit, k);
        for (unsigned q = 0; q < stored.op.nqubits; q++) stored.qubits[q] = names[stored.qubits[q]];
        for (unsigned q = 0; q < stored.op.ncontrols; q++) stored.controls[q] = names[stored.controls[q]];
        const ketsim_op op = op_of(&stored);
        CHECK_OK(ketsim_circuit_append(out, &op, 1));
    }
    return out;
}

int main(void)
{
    uint64_t seed = 53;
    forms(&seed);
    counts();
    for (unsigned round = 0; round < ROUNDS; round++) {
        const unsigned n = 1 + random_below(&seed, MOST);
        ketsim_circuit *circuit = random_circuit(n, random_below(&seed, LENGTH), &seed, NULL);
        ketsim_circuit *other = renamed(circuit, n, &seed);
        const struct guess guess = {n, round % 2 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128, round % 3 == 0,
                                    false};
        CHECK(ns(&guess, circuit) == ns(&guess, other), "other names of qubits, another time");
        compare(circuit, n);
        if (round % 8 == 0 && n > 12) growing(n, &seed);
        ketsim_circuit_free(circuit);
        ketsim_circuit_free(other);
    }
    printf("forms of %d gates; what %d circuits are expected to take\n", KETSIM_GATE_COUNT, ROUNDS);
    return 0;
}
