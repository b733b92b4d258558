/* helpers.h - what tests that run circuits share: random operations, amplitudes read back, short names. */
#ifndef KETSIM_TESTS_HELPERS_H
#define KETSIM_TESTS_HELPERS_H

#include <math.h>
#include <time.h>

#include "check.h"
#include "oracle.h"

enum { STORED_MATRIX_QUBITS = 4, STORED_TABLE_QUBITS = 6, STORED_ENTRIES = 1 << 2 * STORED_MATRIX_QUBITS };

/* An operation together with what it points to. */
struct stored_op {
    ketsim_op op;
    double angles[KETSIM_MAX_ANGLES];
    int qubits[KETSIM_MAX_QUBITS];
    int controls[KETSIM_MAX_QUBITS];
    char letters[KETSIM_MAX_QUBITS];
    ketsim_complex matrix[STORED_ENTRIES]; /* or the diagonal */
    uint64_t table[1 << STORED_TABLE_QUBITS];
};

static inline unsigned row_qubits(ketsim_gate gate)
{
    const ketsim_gate_info *info = ketsim_gate_lookup(gate);
    return info->ncontrols + info->ntargets;
}

static inline void random_angles(double *angles, uint64_t *seed)
{
    for (unsigned k = 0; k < KETSIM_MAX_ANGLES; k++) angles[k] = random_real(seed, -7, 7);
}

/* A state of random amplitudes, which psi gets too. */
static inline ketsim_state *random_state(oracle_amp *psi, unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    ketsim_state *state;
    void *amplitudes = malloc((size_t)16 << n);
    CHECK(amplitudes, "no memory for %u qubits", n);
    oracle_random(psi, amplitudes, n, dtype, seed);
    CHECK_OK(ketsim_state_from_amplitudes(&state, amplitudes, UINT64_C(1) << n, dtype, false));
    free(amplitudes);
    return state;
}

/* The first numbers of a random permutation of 0 to n - 1. */
static inline void random_qubits(int *qubits, unsigned count, unsigned n, uint64_t *seed)
{
    int all[KETSIM_MAX_QUBITS] = {0};
    for (unsigned q = 0; q < n; q++) all[q] = (int)q;
    for (unsigned k = 0; k < count; k++) {
        unsigned other = k + random_below(seed, n - k);
        int q = all[other];
        all[other] = all[k];
        qubits[k] = all[k] = q;
    }
}

/* Numbers of modulus 1; a permutation of 0 to count - 1. */
static inline void random_phases(ketsim_complex *out, size_t count, uint64_t *seed)
{
    for (size_t k = 0; k < count; k++) {
        const double angle = random_real(seed, -4, 4);
        out[k] = (ketsim_complex){cos(angle), sin(angle)};
    }
}

static inline void random_permutation(uint64_t *out, size_t count, uint64_t *seed)
{
    for (size_t k = 0; k < count; k++) {
        const size_t other = random_below(seed, (unsigned)k + 1);
        out[k] = out[other];
        out[other] = k;
    }
}

/* What is no row: 1 to most qubits, whatever they are. */
static inline unsigned random_special(ketsim_gate *gate, unsigned kind, unsigned n, uint64_t *seed)
{
    static const ketsim_gate gates[] = {KETSIM_GATE_UNITARY, KETSIM_GATE_UNITARY, KETSIM_GATE_PAULI_ROTATION,
                                        KETSIM_GATE_DIAGONAL, KETSIM_GATE_PERMUTATION};
    const unsigned most[] = {2, STORED_MATRIX_QUBITS, KETSIM_MAX_QUBITS, STORED_TABLE_QUBITS,
                             STORED_TABLE_QUBITS};
    *gate = gates[kind];
    return 1 + random_below(seed, n < most[kind] ? n : most[kind]);
}

static inline void random_numbers(struct stored_op *out, unsigned nqubits, uint64_t *seed)
{
    random_angles(out->angles, seed);
    for (unsigned k = 0; k < nqubits; k++) out->letters[k] = "XYZI"[random_below(seed, 16) % 5 % 4];
    if (out->op.gate == KETSIM_GATE_UNITARY) oracle_random_unitary(out->matrix, nqubits, seed);
    if (out->op.gate == KETSIM_GATE_DIAGONAL) random_phases(out->matrix, (size_t)1 << nqubits, seed);
    if (out->op.gate == KETSIM_GATE_PERMUTATION) random_permutation(out->table, (size_t)1 << nqubits, seed);
}

/* Any row that fits n qubits, or a matrix, a Pauli rotation, a diagonal or a permutation, under 0 to 2 further controls. */
static inline void random_op(struct stored_op *out, unsigned n, uint64_t *seed)
{
    int chosen[KETSIM_MAX_QUBITS];
    unsigned nqubits, room, ncontrols;
    *out = (struct stored_op){0};
    do {
        const unsigned row = random_below(seed, KETSIM_GATE_COUNT + 7), kind = row - KETSIM_GATE_COUNT;
        out->op.gate = (ketsim_gate)row;
        nqubits = row < KETSIM_GATE_COUNT ? row_qubits(out->op.gate)
                                          : random_special(&out->op.gate, kind < 5 ? kind : 0, n, seed);
    } while (nqubits > n);
    room = n - nqubits;
    ncontrols = random_below(seed, 4) ? 0 : random_below(seed, room < 2 ? room + 1 : 3);
    random_qubits(chosen, nqubits + ncontrols, n, seed);
    memcpy(out->qubits, chosen, nqubits * sizeof *chosen);
    memcpy(out->controls, chosen + nqubits, ncontrols * sizeof *chosen);
    random_numbers(out, nqubits, seed);
    out->op.nqubits = nqubits;
    out->op.ncontrols = ncontrols;
    out->op.control_values = ncontrols ? random_below(seed, 1u << ncontrols) : 0;
}

/* The same, and rarely one that is a pass by itself: where passes over tiles are what is looked at. */
static inline void random_tiled_op(struct stored_op *out, unsigned n, uint64_t *seed)
{
    do random_op(out, n, seed);
    while (out->op.nqubits > KETSIM_MAX_TARGETS && out->op.gate > KETSIM_GATE_COUNT &&
           out->op.gate != KETSIM_GATE_DIAGONAL && random_below(seed, 32));
}

/* The operation with its pointers set; the stored one must stay where it is. */
static inline ketsim_op op_of(const struct stored_op *stored)
{
    ketsim_op op = stored->op;
    op.angles = stored->angles;
    op.qubits = stored->qubits;
    op.controls = stored->controls;
    op.letters = stored->letters;
    op.matrix = op.gate == KETSIM_GATE_UNITARY || op.gate == KETSIM_GATE_DIAGONAL ? stored->matrix : NULL;
    op.table = op.gate == KETSIM_GATE_PERMUTATION ? stored->table : NULL;
    return op;
}

/* Operation number index of a circuit, as one that appends the same again. */
static inline void get_op(struct stored_op *out, const ketsim_circuit *circuit, size_t index)
{
    ketsim_op_record r;
    CHECK_OK(ketsim_circuit_get(circuit, &r, index));
    CHECK(r.nentries <= STORED_ENTRIES && r.ntargets <= 1 << STORED_TABLE_QUBITS, "a large operation");
    *out = (struct stored_op){.op = {.gate = r.gate, .nqubits = r.nqubits}};
    memcpy(out->angles, r.angles, sizeof r.angles);
    memcpy(out->qubits, r.qubits, sizeof r.qubits);
    if (r.nentries) CHECK_OK(ketsim_circuit_get_matrix(circuit, out->matrix, r.nentries, index));
    if (r.ntargets) CHECK_OK(ketsim_circuit_get_table(circuit, out->table, r.ntargets, index));
    for (int q = 0; q < KETSIM_MAX_QUBITS; q++) {
        if ((r.x | r.z) >> q & 1) {
            out->letters[out->op.nqubits] = "IXZY"[(r.x >> q & 1) | (r.z >> q & 1) << 1];
            out->qubits[out->op.nqubits++] = q;
        }
        if (!(r.control_mask >> q & 1)) continue;
        out->op.control_values |= (r.control_values >> q & 1) << out->op.ncontrols;
        out->controls[out->op.ncontrols++] = q;
    }
}

/* A circuit of random operations; applied to psi too when that is not NULL. */
static inline ketsim_circuit *random_circuit(unsigned n, size_t length, uint64_t *seed, oracle_amp *psi)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (size_t k = 0; k < length; k++) {
        struct stored_op stored;
        random_op(&stored, n, seed);
        ketsim_op op = op_of(&stored);
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
        if (psi) oracle_op(psi, n, &op);
    }
    return circuit;
}

/* As a batch does it: the circuit is not expected again. */
static inline void apply_once(ketsim_state *state, const ketsim_circuit *circuit)
{
    ketsim_circuit *copy;
    CHECK_OK(ketsim_circuit_copy(&copy, circuit));
    CHECK_OK(ketsim_apply_once(state, copy, NULL));
    ketsim_circuit_free(copy);
}

static inline size_t state_bytes(const ketsim_state *state)
{
    return (size_t)(ketsim_state_dtype(state) == KETSIM_COMPLEX64 ? 8 : 16) << ketsim_state_nqubits(state);
}

/* All amplitudes; the caller frees them. */
static inline void *read_amplitudes(ketsim_state *state)
{
    void *out = malloc(state_bytes(state));
    CHECK(out, "no memory for the amplitudes of a state of %u qubits", ketsim_state_nqubits(state));
    CHECK_OK(ketsim_get_amplitudes(state, out, 0, UINT64_C(1) << ketsim_state_nqubits(state)));
    return out;
}

/* Hash of the committed amplitudes; runs what is queued, as every read does. */
static inline uint64_t state_hash(ketsim_state *state)
{
    void *amplitudes = read_amplitudes(state);
    uint64_t hash = hash_bytes(amplitudes, state_bytes(state));
    free(amplitudes);
    return hash;
}

static inline double state_error(ketsim_state *state, const oracle_amp *psi)
{
    void *amplitudes = read_amplitudes(state);
    double error = oracle_error(psi, amplitudes, ketsim_state_nqubits(state), ketsim_state_dtype(state));
    free(amplitudes);
    return error;
}

static inline ketsim_state *new_state(unsigned n, ketsim_dtype dtype)
{
    ketsim_state *state;
    CHECK_OK(ketsim_state_new(&state, n, dtype));
    return state;
}

static inline ketsim_state *label_state(const char *label)
{
    ketsim_state *state;
    CHECK_OK(ketsim_state_from_label(&state, label, strlen(label), KETSIM_COMPLEX128));
    return state;
}

/* One row at once, with the angle and up to three qubits. */
static inline ketsim_status gate1(ketsim_state *state, ketsim_gate gate, double angle, int a, int b, int c)
{
    return ketsim_apply_gate(state, gate, (double[]){angle, 0, 0}, (int[]){a, b, c});
}

static inline double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
