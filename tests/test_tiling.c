/* Random circuits on 1 to 10 qubits as passes over tiles, of 6 bits and more where there are several, and phases between
 * most pairs of 12 to 14: the same as the definition in both precisions, with every kernel set, from product states and
 * from any, in place and out of place; and the same bits for any number of threads, for any cut into ranges of tiles,
 * and for all kernel sets that fuse multiply and add.  Tiles of several blocks, too, where SWAPs move the bits of a state
 * that was not made from a label.
 *
 *   test_tiling [circuits]    default 2000 */
#include <math.h>

#include "tiled.h"

enum { MOST_OPS = 60, RANDOM_QUBITS = 10, LARGE_OPS = 120 };

/* ---- circuits ----------------------------------------------------------------------------------- */

/* All rows; or few kinds of gates, of which long runs of rotations, phases and permutations are made. */
static void draw_op(struct stored_op *out, unsigned n, unsigned kind, uint64_t *seed)
{
    static const ketsim_gate few[][4] = {
        {KETSIM_GATE_U, KETSIM_GATE_CZ, KETSIM_GATE_CZ, KETSIM_GATE_U},
        {KETSIM_GATE_H, KETSIM_GATE_CP, KETSIM_GATE_SWAP, KETSIM_GATE_CP},
        {KETSIM_GATE_X, KETSIM_GATE_CNOT, KETSIM_GATE_SWAP, KETSIM_GATE_CCX},
        {KETSIM_GATE_RY, KETSIM_GATE_RZ, KETSIM_GATE_CNOT, KETSIM_GATE_CNOT},
        {KETSIM_GATE_RZZ, KETSIM_GATE_CCZ, KETSIM_GATE_T, KETSIM_GATE_RX},
        {KETSIM_GATE_FSIM, KETSIM_GATE_ISWAP, KETSIM_GATE_ECR, KETSIM_GATE_RXX},
        {KETSIM_GATE_SWAP, KETSIM_GATE_SWAP, KETSIM_GATE_SWAP, KETSIM_GATE_H},
        {KETSIM_GATE_SWAP, KETSIM_GATE_U, KETSIM_GATE_CNOT, KETSIM_GATE_CZ}};
    enum { KINDS = sizeof few / sizeof *few };
    int chosen[TILED_QUBITS];
    random_tiled_op(out, n, seed);
    if (kind >= KINDS || out->op.ncontrols > 1) return;
    const ketsim_gate gate = few[kind][random_below(seed, 4)];
    if (row_qubits(gate) + out->op.ncontrols > n) return;
    out->op.gate = gate;
    out->op.nqubits = row_qubits(gate);
    random_qubits(chosen, (unsigned)(out->op.nqubits + out->op.ncontrols), n, seed);
    memcpy(out->qubits, chosen, out->op.nqubits * sizeof *chosen);
    memcpy(out->controls, chosen + out->op.nqubits, out->op.ncontrols * sizeof *chosen);
    if (!random_below(seed, 8)) /* where the form of a rotation changes */
        for (unsigned k = 0; k < KETSIM_MAX_ANGLES; k++)
            out->angles[k] = M_PI / 2 * random_below(seed, 9) + random_real(seed, -1e-12, 1e-12);
}

static void check_circuit(uint64_t *seed)
{
    struct stored_op ops[MOST_OPS];
    struct trial trial;
    const unsigned n = random_below(seed, 8) ? 6 + random_below(seed, RANDOM_QUBITS - 5)
                                             : 1 + random_below(seed, RANDOM_QUBITS);
    const unsigned count = 1 + random_below(seed, MOST_OPS), kind = random_below(seed, 11);
    for (unsigned k = 0; k < count; k++) draw_op(&ops[k], n, kind, seed);
    draw_trial(&trial, "random circuit", n, seed);
    check_tiled(&trial, ops, count);
}

/* ---- phases ------------------------------------------------------------------------------------- */

static const ketsim_gate phase_rows[] = {KETSIM_GATE_CP, KETSIM_GATE_CP, KETSIM_GATE_RZZ,
                                         KETSIM_GATE_CZ, KETSIM_GATE_P,  KETSIM_GATE_CCZ};

/* A phase, now and then a rotation; rarely under a control, whose value may be 0. */
static void draw_phase(struct stored_op *out, unsigned n, bool triples, uint64_t *seed)
{
    int chosen[KETSIM_MAX_TARGETS + 2];
    random_op(out, n, seed);
    const ketsim_gate gate = random_below(seed, 24) ? phase_rows[random_below(seed, triples ? 6 : 5)]
                                                    : KETSIM_GATE_U;
    out->op.gate = gate;
    out->op.nqubits = row_qubits(gate);
    out->op.ncontrols = triples && !random_below(seed, 8);
    random_qubits(chosen, (unsigned)(out->op.nqubits + out->op.ncontrols), n, seed);
    memcpy(out->qubits, chosen, out->op.nqubits * sizeof *chosen);
    memcpy(out->controls, chosen + out->op.nqubits, out->op.ncontrols * sizeof *chosen);
}

/* Tiles with more high positions than one set of tables has, of the whole state and of parts. */
static void check_linked(uint64_t *seed)
{
    struct stored_op ops[LARGE_OPS];
    struct trial trial;
    const unsigned n = 12 + random_below(seed, TILED_QUBITS - 11), some = random_below(seed, 2);
    for (unsigned k = 0; k < LARGE_OPS; k++) draw_phase(&ops[k], n, some, seed);
    draw_trial(&trial, "phases between many", n, seed);
    trial.m = n - random_below(seed, 2);
    if (n == TILED_QUBITS) trial.dtype = KETSIM_COMPLEX64; /* whose tiles are larger */
    check_tiled(&trial, ops, LARGE_OPS);
}

/* ---- blocks ------------------------------------------------------------------------------------- */

/* Tiles of several blocks, whose groups go through columns. */
static void check_blocks(uint64_t *seed)
{
    struct stored_op ops[LARGE_OPS];
    struct trial trial;
    const unsigned n = 12 + random_below(seed, TILED_QUBITS - 11), kind = random_below(seed, 11);
    for (unsigned k = 0; k < LARGE_OPS; k++) draw_op(&ops[k], n, kind, seed);
    draw_trial(&trial, "several blocks", n, seed);
    trial.m = n - random_below(seed, 2);
    check_tiled(&trial, ops, LARGE_OPS);
}

/* ---- through the public header -------------------------------------------------------------------- */

/* The same bits whatever the number of threads. */
static void check_threads(uint64_t *seed)
{
    enum { N = 16 };
    ketsim_circuit *circuit = random_circuit(N, 150, seed, NULL);
    uint64_t hash[2] = {0, 0};
    static const unsigned teams[] = {1, 2, 3, 5, 8, 16};
    for (unsigned k = 0; k < sizeof teams / sizeof *teams; k++)
        for (unsigned dtype = 0; dtype < 2; dtype++) {
            ketsim_state *state = new_state(N, (ketsim_dtype)dtype);
            CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.threads = teams[k]}));
            CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.threads = teams[k]}));
            const uint64_t own = state_hash(state);
            CHECK(!hash[dtype] || own == hash[dtype], "%u threads: other bits than with 1", teams[k]);
            hash[dtype] = own;
            ketsim_state_free(state);
        }
    ketsim_circuit_free(circuit);
}

/* One gate, then some SWAPs, and so on. */
static ketsim_circuit *moving_circuit(unsigned n, unsigned length, uint64_t *seed, oracle_amp *psi)
{
    static const ketsim_gate others[] = {KETSIM_GATE_H, KETSIM_GATE_CP, KETSIM_GATE_CNOT, KETSIM_GATE_U};
    const unsigned swaps = 1 + random_below(seed, 4);
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned k = 0; k < length; k++) {
        struct stored_op stored = {.op.gate = KETSIM_GATE_SWAP};
        if (k % (swaps + 1) == 0) stored.op.gate = others[random_below(seed, 4)];
        stored.op.nqubits = row_qubits(stored.op.gate);
        random_qubits(stored.qubits, stored.op.nqubits, n, seed);
        random_angles(stored.angles, seed);
        const ketsim_op op = op_of(&stored);
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
        CHECK(oracle_op(psi, n, &op), "no definition");
    }
    return circuit;
}

/* Tiles of several blocks whose bits are exchanged, in place or not. */
static void check_moved(uint64_t *seed)
{
    enum { N = 16 };
    static const char *const isas[] = {"base", "avx2", "avx512", "neon"};
    static oracle_amp psi[1 << N];
    static double amplitudes[2 << N];
    const unsigned n = N - random_below(seed, 3);
    const ketsim_dtype dtype = random_below(seed, 2) ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64;
    const bool in_place = random_below(seed, 2);
    uint64_t fused = 0;
    oracle_random(psi, amplitudes, n, dtype, seed);
    ketsim_circuit *circuit = moving_circuit(n, 5 + random_below(seed, 30), seed, psi);
    for (unsigned k = 0; k < sizeof isas / sizeof *isas; k++) {
        if (!ketsim_isa_available(isas[k])) continue;
        ketsim_state *state = new_state(n, dtype);
        CHECK_OK(ketsim_set_isa(isas[k]));
        CHECK_OK(ketsim_state_set_inplace(state, in_place));
        CHECK_OK(ketsim_state_set(state, amplitudes, UINT64_C(1) << n, false));
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        const double error = state_error(state, psi), most = dtype == KETSIM_COMPLEX64 ? 1e-6 : 1e-15;
        CHECK(error < most, "%s: error %g on %u qubits", isas[k], error, n);
        CHECK(!fused || state_hash(state) == fused, "%s: other bits than another set", isas[k]);
        if (k) fused = state_hash(state); /* the first has no fused multiply-add */
        ketsim_state_free(state);
    }
    ketsim_circuit_free(circuit);
}

int main(int argc, char **argv)
{
    const unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 2000 / FEWER;
    uint64_t seed = 11;
    tiled_open();
    for (unsigned k = 0; k < count; k++) check_circuit(&seed);
    for (unsigned k = 0; k < count; k += 80) check_linked(&seed);
    for (unsigned k = 0; k < count; k += 50) check_blocks(&seed);
    for (unsigned k = 0; k < 12 + count / 50; k++) check_moved(&seed);
    tiled_close();
    CHECK(!count || (tiled_totals.phases[2] && tiled_totals.phases[TABLE_SETS] && tiled_totals.spanning),
          "no phases with several sets of tables");
    check_threads(&seed);
    printf(
        "%u and more circuits, %lu runs, %lu passes, %lu that move bits, %lu items; largest error / root of "
        "gates %.1e and %.1e\n",
        count, tiled_totals.runs, tiled_totals.passes, tiled_totals.permuting, tiled_totals.items,
        tiled_totals.worst[0], tiled_totals.worst[1]);
    return 0;
}
