/* Circuits as lists (append, get, copy, extend, truncate, equal), their inverses, and random ones against
 * the definition. */
#include <math.h>

#include "helpers.h"

static ketsim_circuit *new_circuit(unsigned n)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    return circuit;
}

static ketsim_circuit *copy_of(const ketsim_circuit *circuit)
{
    ketsim_circuit *copy;
    CHECK_OK(ketsim_circuit_copy(&copy, circuit));
    return copy;
}

static ketsim_circuit *inverse_of(const ketsim_circuit *circuit)
{
    ketsim_circuit *inverse;
    CHECK_OK(ketsim_circuit_inverse(&inverse, circuit));
    return inverse;
}

enum { LARGEST = 16 };
static oracle_amp psi[1 << LARGEST];

/* ---- lists -------------------------------------------------------------------------------------- */

static void sizes(void)
{
    ketsim_circuit *circuit = NULL;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_new(&circuit, 0), "0");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_new(&circuit, 41), "41");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_new(&circuit, UINT32_MAX), "40");
    CHECK(!circuit, "a failing call wrote to its output");
    for (unsigned n = 1; n <= KETSIM_MAX_QUBITS; n++) {
        circuit = new_circuit(n);
        CHECK(ketsim_circuit_nqubits(circuit) == n, "%u qubits", ketsim_circuit_nqubits(circuit));
        CHECK(ketsim_circuit_length(circuit) == 0, "a new circuit has %zu operations",
              ketsim_circuit_length(circuit));
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){(int)n - 1}));
        ketsim_circuit_free(circuit);
    }
    ketsim_circuit_free(NULL);
}

static void same_letters(const ketsim_op_record *record, const ketsim_op *op)
{
    uint64_t x = 0, z = 0;
    for (size_t k = 0; k < op->nqubits; k++) {
        x |= (uint64_t)(op->letters[k] == 'X' || op->letters[k] == 'Y') << op->qubits[k];
        z |= (uint64_t)(op->letters[k] == 'Z' || op->letters[k] == 'Y') << op->qubits[k];
    }
    CHECK(record->x == x && record->z == z, "other letters");
}

static void same_op(const ketsim_op_record *record, const struct stored_op *stored)
{
    ketsim_op op = op_of(stored);
    uint64_t mask = 0, values = 0;
    const bool matrix = op.gate == KETSIM_GATE_UNITARY, pauli = op.gate == KETSIM_GATE_PAULI_ROTATION,
               phases = op.gate == KETSIM_GATE_DIAGONAL, moves = op.gate == KETSIM_GATE_PERMUTATION;
    const unsigned entries = matrix && op.nqubits <= 2 ? 1u << 2 * op.nqubits : 0;
    const ketsim_gate_info *row = ketsim_gate_lookup(op.gate);
    for (size_t k = 0; k < op.ncontrols; k++) {
        mask |= UINT64_C(1) << op.controls[k];
        values |= (op.control_values >> k & 1) << op.controls[k];
    }
    CHECK(record->gate == op.gate && record->nqubits == (pauli ? 0 : op.nqubits), "row %d on %u qubits",
          (int)record->gate, record->nqubits);
    CHECK(!memcmp(record->qubits, op.qubits, record->nqubits * sizeof(int)), "other qubits");
    CHECK(record->nangles == (row ? row->nangles : pauli), "%u angles", record->nangles);
    CHECK(record->nentries == (matrix || phases ? (size_t)1 << (matrix ? 2 : 1) * op.nqubits : 0) &&
              record->ntargets == (moves ? (size_t)1 << op.nqubits : 0),
          "%zu entries, %zu targets", record->nentries, record->ntargets);
    if (pauli) same_letters(record, &op);
    CHECK(!memcmp(record->angles, op.angles, record->nangles * sizeof(double)), "other angles");
    CHECK(record->control_mask == mask && record->control_values == values, "other controls");
    CHECK(!memcmp(record->matrix, stored->matrix, entries * sizeof *stored->matrix), "another matrix");
    for (unsigned k = entries; k < 16; k++)
        CHECK(record->matrix[k].re == 0 && record->matrix[k].im == 0, "entry %u of a %u-entry matrix", k,
              entries);
}

/* 20,000 operations, one by one and in groups, come back as they went in. */
static void append_and_get(void)
{
    enum { LENGTH = 20000 };
    struct stored_op *stored = malloc(LENGTH * sizeof *stored);
    ketsim_circuit *circuit = new_circuit(9);
    ketsim_op_record record;
    uint64_t seed = 1;
    CHECK(stored, "no memory");
    for (size_t k = 0; k < LENGTH; k++) random_op(&stored[k], 9, &seed);
    for (size_t done = 0, count; done < LENGTH; done += count) {
        ketsim_op ops[50];
        count = 1 + random_below(&seed, 50);
        if (count > LENGTH - done) count = LENGTH - done;
        for (size_t k = 0; k < count; k++) ops[k] = op_of(&stored[done + k]);
        CHECK_OK(ketsim_circuit_append(circuit, ops, count));
        CHECK(ketsim_circuit_length(circuit) == done + count, "%zu", ketsim_circuit_length(circuit));
    }
    CHECK_OK(ketsim_circuit_append(circuit, NULL, 0));
    for (size_t k = 0; k < LENGTH; k++) {
        CHECK_OK(ketsim_circuit_get(circuit, &record, k));
        same_op(&record, &stored[k]);
    }
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_get(circuit, &record, LENGTH), "20000");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_get(circuit, &record, SIZE_MAX), "20000");
    ketsim_circuit_free(circuit);
    free(stored);
}

/* A bad operation anywhere in the list: nothing of the list is taken. */
static void all_or_nothing(void)
{
    enum { COUNT = 40 };
    struct stored_op stored[COUNT];
    ketsim_op ops[COUNT];
    uint64_t seed = 2;
    ketsim_circuit *circuit = random_circuit(5, 30, &seed, NULL), *before = copy_of(circuit);
    for (unsigned k = 0; k < COUNT; k++) {
        random_op(&stored[k], 5, &seed);
        ops[k] = op_of(&stored[k]);
    }
    for (unsigned bad = 0; bad < COUNT; bad++) {
        ketsim_op good = ops[bad];
        ops[bad] = (ketsim_op){.gate = KETSIM_GATE_X, .qubits = (int[]){5}, .nqubits = 1};
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append(circuit, ops, COUNT), "qubit 5");
        CHECK(ketsim_circuit_equal(circuit, before), "a failing append at %u changed the circuit", bad);
        ops[bad] = good;
    }
    CHECK_OK(ketsim_circuit_append(circuit, ops, COUNT));
    CHECK(ketsim_circuit_length(circuit) == 30 + COUNT, "%zu", ketsim_circuit_length(circuit));
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(before);
}

static void copies(void)
{
    uint64_t seed = 3;
    ketsim_circuit *circuit = random_circuit(4, 100, &seed, NULL), *copy = copy_of(circuit);
    CHECK(ketsim_circuit_equal(circuit, circuit) && ketsim_circuit_equal(circuit, copy), "a copy differs");
    CHECK_OK(ketsim_circuit_gate(copy, KETSIM_GATE_X, NULL, (int[]){0}));
    CHECK(!ketsim_circuit_equal(circuit, copy), "one more operation, and equal");
    CHECK(ketsim_circuit_length(circuit) == 100, "appending to the copy changed the circuit");
    CHECK_OK(ketsim_circuit_truncate(copy, 100));
    CHECK(ketsim_circuit_equal(circuit, copy), "appended and truncated, the copy differs");
    CHECK_OK(ketsim_circuit_truncate(circuit, 0));
    CHECK(ketsim_circuit_length(copy) == 100, "truncating the circuit changed the copy");
    ketsim_circuit_free(circuit);
    CHECK(ketsim_circuit_length(copy) == 100, "freeing the circuit changed the copy");
    ketsim_circuit_free(copy);
}

static ketsim_circuit *single(unsigned n, const ketsim_op *op)
{
    ketsim_circuit *circuit = new_circuit(n);
    CHECK_OK(ketsim_circuit_append(circuit, op, 1));
    return circuit;
}

/* Each pair differs in one thing only. */
static void equality(void)
{
    static const ketsim_complex z[] = {{1, 0}, {0, 0}, {0, 0}, {-1, 0}},
                                z_signed[] = {{1, 0}, {0, 0}, {0, -0.0}, {-1, 0}};
    const int q0[] = {0, 1}, q1[] = {1, 0}, c2[] = {2}, c3[] = {3};
    const ketsim_op base = {.gate = KETSIM_GATE_CRX,
                            .angles = (double[]){0.0},
                            .qubits = q0,
                            .nqubits = 2,
                            .controls = c2,
                            .ncontrols = 1,
                            .control_values = 1};
    ketsim_op other[6] = {base, base, base, base, base, base};
    other[0].gate = KETSIM_GATE_CRY;
    other[1].angles = (double[]){-0.0};
    other[2].qubits = q1;
    other[3].controls = c3;
    other[4].control_values = 0;
    other[5].ncontrols = 0;
    ketsim_circuit *first = single(4, &base), *larger = single(5, &base), *again = single(4, &base);
    CHECK(ketsim_circuit_equal(first, again), "the same operation, and not equal");
    CHECK(!ketsim_circuit_equal(first, larger), "another number of qubits, and equal");
    for (unsigned k = 0; k < 6; k++) {
        ketsim_circuit *second = single(4, &other[k]);
        CHECK(!ketsim_circuit_equal(first, second), "operation %u is another, and equal", k);
        ketsim_circuit_free(second);
    }
    ketsim_op matrix = {.gate = KETSIM_GATE_UNITARY, .qubits = q0, .nqubits = 1, .matrix = z};
    ketsim_circuit *a = single(4, &matrix);
    matrix.matrix = z_signed;
    ketsim_circuit *b = single(4, &matrix);
    CHECK(!ketsim_circuit_equal(a, b), "matrices that differ in the sign of a zero are equal");
    ketsim_circuit_free(a);
    ketsim_circuit_free(b);
    ketsim_circuit_free(first);
    ketsim_circuit_free(larger);
    ketsim_circuit_free(again);
}

static void extend(void)
{
    uint64_t seed = 4;
    ketsim_circuit *circuit = random_circuit(6, 70, &seed, NULL), *small = random_circuit(3, 33, &seed, NULL);
    ketsim_circuit *before = copy_of(circuit);
    ketsim_op_record first, second;
    CHECK_OK(ketsim_circuit_extend(circuit, small));
    CHECK(ketsim_circuit_length(circuit) == 103, "%zu", ketsim_circuit_length(circuit));
    for (unsigned round = 1; round <= 5; round++) {
        size_t half = ketsim_circuit_length(circuit);
        CHECK_OK(ketsim_circuit_extend(circuit, circuit));
        CHECK(ketsim_circuit_length(circuit) == 2 * half, "%zu", ketsim_circuit_length(circuit));
    }
    for (size_t k = 0; k < ketsim_circuit_length(circuit); k++) {
        CHECK_OK(ketsim_circuit_get(circuit, &first, k));
        CHECK_OK(ketsim_circuit_get(k % 103 < 70 ? before : small, &second,
                                    k % 103 < 70 ? k % 103 : k % 103 - 70));
        CHECK(first.gate == second.gate && !memcmp(first.angles, second.angles, sizeof first.angles) &&
                  !memcmp(first.qubits, second.qubits, first.nqubits * sizeof(int)),
              "operation %zu is another", k);
    }
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_extend(small, circuit), "6");
    CHECK(ketsim_circuit_length(small) == 33, "a failing extend changed the circuit");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_truncate(small, 34), "34");
    CHECK_OK(ketsim_circuit_truncate(small, 33));
    CHECK_OK(ketsim_circuit_truncate(small, 0));
    CHECK_OK(ketsim_circuit_extend(small, small));
    CHECK(ketsim_circuit_length(small) == 0, "nothing doubled is %zu", ketsim_circuit_length(small));
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(small);
    ketsim_circuit_free(before);
}

/* ---- inverses ----------------------------------------------------------------------------------- */

static void inverse_undoes(unsigned n, size_t length, uint64_t *seed)
{
    double amplitudes[2 << 8];
    ketsim_circuit *circuit = random_circuit(n, length, seed, NULL), *inverse = inverse_of(circuit);
    ketsim_circuit *whole = copy_of(circuit);
    ketsim_state *state;
    oracle_random(psi, amplitudes, n, KETSIM_COMPLEX128, seed);
    CHECK_OK(ketsim_state_from_amplitudes(&state, amplitudes, UINT64_C(1) << n, KETSIM_COMPLEX128, false));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_apply(state, inverse, NULL));
    CHECK(state_error(state, psi) <= 1e-12, "%zu operations on %u qubits are not undone: off by %g", length,
          n, state_error(state, psi));
    CHECK_OK(ketsim_circuit_extend(whole, inverse));
    CHECK_OK(ketsim_apply(state, whole, NULL));
    CHECK(state_error(state, psi) <= 1e-12, "circuit and inverse in one: off by %g", state_error(state, psi));
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(inverse);
    ketsim_circuit_free(whole);
    ketsim_state_free(state);
}

/* A circuit of one row: its inverse is the row the table names, on the same qubits and controls. */
static void inverse_of_row(ketsim_gate gate, uint64_t *seed)
{
    const ketsim_gate_info *info = ketsim_gate_lookup(gate);
    double angles[KETSIM_MAX_ANGLES];
    ketsim_op op = {.gate = gate,
                    .angles = angles,
                    .qubits = (int[]){4, 1, 2},
                    .nqubits = row_qubits(gate),
                    .controls = (int[]){3, 0},
                    .ncontrols = 2,
                    .control_values = 1};
    ketsim_op_record record;
    random_angles(angles, seed);
    ketsim_circuit *circuit = single(5, &op), *inverse = inverse_of(circuit);
    CHECK(ketsim_circuit_length(inverse) == 1, "%s: inverse of %zu operations", info->name,
          ketsim_circuit_length(inverse));
    CHECK_OK(ketsim_circuit_get(inverse, &record, 0));
    CHECK(record.gate == info->inverse && record.control_mask == 9 && record.control_values == 8 &&
              !memcmp(record.qubits, op.qubits, op.nqubits * sizeof(int)),
          "%s: its inverse is another", info->name);
    for (unsigned k = 0; k < info->nangles; k++) {
        int from = info->inverse_angles[k];
        CHECK(record.angles[k] == (from < 0 ? -angles[-from - 1] : angles[from - 1]), "%s: angle %u",
              info->name, k);
    }
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(inverse);
}

static void inverses(void)
{
    uint64_t seed = 5;
    for (unsigned n = 1; n <= 8; n++)
        for (unsigned trial = 0; trial < 25; trial++) inverse_undoes(n, 1 + random_below(&seed, 100), &seed);
    for (ketsim_gate gate = 0; gate < KETSIM_GATE_COUNT; gate++) inverse_of_row(gate, &seed);
    ketsim_circuit *empty = new_circuit(3), *inverse = inverse_of(empty);
    CHECK(ketsim_circuit_equal(empty, inverse), "the inverse of nothing is something");
    ketsim_circuit_free(empty);
    ketsim_circuit_free(inverse);
}

/* ---- against the oracle ------------------------------------------------------------------------- */

static unsigned long compared, singles;
static double worst[2];

/* The circuit by itself, then as two runs cut at a random place, from the same random vector. */
static void compare(const ketsim_circuit *circuit, const void *amplitudes, unsigned n, ketsim_dtype dtype,
                    unsigned threads, uint64_t *seed)
{
    size_t length = ketsim_circuit_length(circuit), cut = random_below(seed, (unsigned)length + 1);
    ketsim_run_options options = {.threads = threads};
    double unit = dtype == KETSIM_COMPLEX64 ? 0x1p-23 : 0x1p-52, limit = unit * 4 * (double)(length + 1);
    ketsim_state *state;
    ketsim_circuit *head = copy_of(circuit), *tail = new_circuit(n);
    CHECK_OK(ketsim_state_from_amplitudes(&state, amplitudes, UINT64_C(1) << n, dtype, false));
    CHECK_OK(ketsim_apply(state, circuit, &options));
    double error = state_error(state, psi);
    CHECK(error <= limit, "%zu operations on %u qubits, %u threads, %s: off by %g", length, n, threads,
          ketsim_isa(), error);
    worst[dtype] = fmax(worst[dtype], error);

    CHECK_OK(ketsim_circuit_truncate(head, cut));
    CHECK_OK(ketsim_state_set_threads(state, threads));
    CHECK_OK(ketsim_state_set(state, amplitudes, UINT64_C(1) << n, false));
    CHECK_OK(ketsim_apply(state, head, NULL));
    for (size_t k = cut; k < length; k++) {
        struct stored_op stored;
        get_op(&stored, circuit, k);
        const ketsim_op op = op_of(&stored);
        CHECK_OK(ketsim_circuit_append(tail, &op, 1));
    }
    CHECK_OK(ketsim_apply(state, tail, NULL));
    CHECK(state_error(state, psi) <= limit, "cut at %zu of %zu: off by %g", cut, length,
          state_error(state, psi));
    ketsim_state_free(state);
    ketsim_circuit_free(head);
    ketsim_circuit_free(tail);
    compared++;
}

static void random_case(unsigned n, size_t length, ketsim_dtype dtype, uint64_t *seed)
{
    static const char *const isas[] = {"base", "avx2", "avx512", "neon"};
    void *amplitudes = malloc((size_t)16 << n);
    CHECK(amplitudes, "no memory for %u qubits", n);
    oracle_random(psi, amplitudes, n, dtype, seed);
    ketsim_circuit *circuit = random_circuit(n, length, seed, psi);
    for (unsigned threads = 1; threads <= 4; threads++) {
        unsigned k = random_below(seed, 4);
        while (!ketsim_isa_available(isas[k])) k = (k + 1) % 4;
        CHECK_OK(ketsim_set_isa(isas[k]));
        compare(circuit, amplitudes, n, dtype, threads, seed);
    }
    ketsim_circuit_free(circuit);
    free(amplitudes);
}

/* One operation a run, so that each one is the first pass of a transaction over amplitudes of any size. */
static unsigned single_operations(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    enum { OPERATIONS = 60 };
    ketsim_state *state = NULL;
    void *amplitudes = malloc((size_t)16 << n);
    CHECK(amplitudes, "no memory for %u qubits", n);
    oracle_random(psi, amplitudes, n, dtype, seed);
    CHECK_OK(ketsim_state_from_amplitudes(&state, amplitudes, UINT64_C(1) << n, dtype, false));
    for (unsigned k = 0; k < OPERATIONS; k++) {
        struct stored_op stored;
        random_op(&stored, n, seed);
        ketsim_op op = op_of(&stored);
        oracle_op(psi, n, &op);
        CHECK_OK(ketsim_state_set_inplace(state, k % 3 == 2));
        CHECK_OK(ketsim_apply_ops(state, &op, 1, &(ketsim_run_options){.threads = 1 + k % 4}));
        double error = state_error(state, psi),
               limit = (dtype == KETSIM_COMPLEX64 ? 0x1p-21 : 0x1p-50) * (k + 1);
        CHECK(error <= limit,
              "run %u, one operation on %u qubits (row %d, first qubit %d, %zu controls): off by %g", k, n,
              (int)op.gate, op.qubits[0], op.ncontrols, error);
    }
    ketsim_state_free(state);
    free(amplitudes);
    return OPERATIONS;
}

/* A circuit on fewer qubits than the state acts on the first of them. */
static void smaller_circuit(void)
{
    uint64_t seed = 6;
    ketsim_state *state = label_state("+r01l-");
    oracle_label(psi, 6, "+r01l-");
    ketsim_circuit *circuit = new_circuit(3), *larger = new_circuit(7);
    for (unsigned k = 0; k < 20; k++) {
        struct stored_op stored;
        random_op(&stored, 3, &seed);
        ketsim_op op = op_of(&stored);
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
        oracle_op(psi, 6, &op);
    }
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK(state_error(state, psi) <= 1e-14, "off by %g", state_error(state, psi));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply(state, larger, NULL), "7");
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(larger);
    ketsim_state_free(state);
}

static void against_oracle(void)
{
    uint64_t seed = 7;
    for (unsigned n = 1; n <= 12; n++)
        for (unsigned trial = 0; trial < (n < 9 ? 20 : 8); trial++)
            random_case(n, 20 + random_below(&seed, 180), trial & 1 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128,
                        &seed);
    for (unsigned n = 2; n <= LARGEST - 1; n++)
        for (unsigned d = 0; d < 2; d++) singles += single_operations(n, (ketsim_dtype)d, &seed);
    random_case(LARGEST, 60, KETSIM_COMPLEX128, &seed);
    random_case(LARGEST, 60, KETSIM_COMPLEX64, &seed);
    smaller_circuit();
}

int main(void)
{
    sizes();
    append_and_get();
    all_or_nothing();
    copies();
    equality();
    extend();
    inverses();
    against_oracle();
    printf(
        "lists; 200 inverses; %lu single operations; %lu random circuits, largest error %.2g in complex128, "
        "%.2g in complex64\n",
        singles, compared, worst[KETSIM_COMPLEX128], worst[KETSIM_COMPLEX64]);
    return EXIT_SUCCESS;
}
