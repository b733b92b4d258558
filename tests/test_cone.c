/* What expectation values can feel: each step of the rule against dense matrices, for every row of the gate table and
 * what is no row, on every placement, and every set of letters; cases that are known; sweeps against whole circuits. */
#include "circuit.h"
#include "cone.h"
#include "helpers.h"
#include "observable.h"

enum { N = 3, DIM = 1 << N, STRINGS = DIM * DIM };

/* Letters that an observable may have: masks of qubits, which differ; on the others the identity. */
struct letters {
    uint64_t any, diagonal;
};

/* ---- dense ------------------------------------------------------------------------------------- */

/* What U* P U is for a string P: P itself, or a sum of strings which have letters on these masks. */
struct image {
    bool same;
    uint64_t x, z;
};

/* Of qubits as bits of an index: qubit 0 is the most significant. */
static unsigned index_mask(uint64_t qubits)
{
    unsigned mask = 0;
    for (unsigned q = 0; q < N; q++) mask |= (qubits >> q & 1) << (N - 1 - q);
    return mask;
}

static unsigned ones(uint64_t mask)
{
    unsigned count = 0;
    for (; mask; mask >>= 1) count += mask & 1;
    return count;
}

/* P takes |i> to this times |i ^ x>; Y is i X Z. */
static oracle_amp string_phase(uint64_t x, uint64_t z, unsigned i)
{
    static const oracle_amp powers[4] = {1, I, -1, -I};
    return powers[(ones(x & z) + 2 * ones(i & index_mask(z))) % 4];
}

static void dense(oracle_amp u[DIM][DIM], const ketsim_op *op)
{
    for (unsigned c = 0; c < DIM; c++) {
        oracle_amp column[DIM] = {0};
        column[c] = 1;
        oracle_op(column, N, op);
        for (unsigned r = 0; r < DIM; r++) u[r][c] = column[r];
    }
}

/* m = U* P U. */
static void conjugate(oracle_amp m[DIM][DIM], oracle_amp u[DIM][DIM], uint64_t x, uint64_t z)
{
    const unsigned flips = index_mask(x);
    for (unsigned r = 0; r < DIM; r++)
        for (unsigned c = 0; c < DIM; c++) {
            m[r][c] = 0;
            for (unsigned i = 0; i < DIM; i++)
                m[r][c] += conjl(u[i ^ flips][r]) * string_phase(x, z, i) * u[i][c];
        }
}

/* tr(Q m) / 2^N */
static oracle_amp coefficient(oracle_amp m[DIM][DIM], uint64_t x, uint64_t z)
{
    oracle_amp sum = 0;
    for (unsigned i = 0; i < DIM; i++) sum += conjl(string_phase(x, z, i)) * m[i ^ index_mask(x)][i];
    return sum / DIM;
}

static struct image image_of(oracle_amp u[DIM][DIM], uint64_t x, uint64_t z)
{
    oracle_amp m[DIM][DIM];
    struct image image = {.same = true};
    conjugate(m, u, x, z);
    for (uint64_t q = 0; q < STRINGS; q++) {
        const uint64_t qx = q / DIM, qz = q % DIM;
        const oracle_amp c = coefficient(m, qx, qz);
        if (cabsl(c - (qx == x && qz == z)) > 1e-13) image.same = false;
        if (cabsl(c) <= 1e-13) continue;
        image.x |= qx;
        image.z |= qz;
    }
    return image;
}

/* ---- the rule ---------------------------------------------------------------------------------- */

static uint64_t seed = 11;
static size_t dropped_steps, kept_steps;

/* One operation behind a probe, which has no angle but that. */
static bool feels(const struct program *behind, ketsim_gate probe, int qubit, struct letters l)
{
    struct program program;
    bool kept[2];
    program_init(&program, N);
    CHECK_OK(program_append(
        &program, &(ketsim_op){.gate = probe, .angles = (double[]){1}, .qubits = &qubit, .nqubits = 1}, 1));
    CHECK_OK(program_extend(&program, behind));
    const size_t count = cone_mark(kept, &program, l.any, l.any | l.diagonal);
    CHECK(count == (size_t)kept[0] + kept[1], "%zu are kept", count);
    program_clear(&program);
    return kept[0];
}

/* RX is felt by any letter, RZ by X and Y. */
static struct letters letters_before(const struct program *program, struct letters l)
{
    struct letters before = {0, 0};
    for (int q = 0; q < N; q++) {
        const uint64_t any = feels(program, KETSIM_GATE_RZ, q, l),
                       some = feels(program, KETSIM_GATE_RX, q, l);
        CHECK(some || !any, "RZ on qubit %d is felt, RX is not", q);
        before.any |= any << q;
        before.diagonal |= (some && !any) << q;
    }
    return before;
}

/* What the strings of these letters become. */
static struct image image_of_all(const struct image *images, struct letters l)
{
    struct image all = {.same = true};
    for (uint64_t p = 0; p < STRINGS; p++) {
        const uint64_t x = p / DIM, z = p % DIM;
        if (x & ~l.any || z & ~(l.any | l.diagonal)) continue;
        all.same = all.same && images[p].same;
        all.x |= images[p].x;
        all.z |= images[p].z;
    }
    return all;
}

/* Left out if, and but for idle qubits only if, no string changes; else no letter of what they become is forgotten. */
static void check_step(const struct program *program, const struct image *images, struct letters l,
                       const char *what, bool idle)
{
    bool kept;
    const struct image wanted = image_of_all(images, l);
    const struct letters before = letters_before(program, l);
    cone_mark(&kept, program, l.any, l.any | l.diagonal);
    CHECK(kept || wanted.same, "%s is left out, any %d, diagonal %d", what, (int)l.any, (int)l.diagonal);
    CHECK(!kept || !wanted.same || idle, "%s is kept, any %d, diagonal %d", what, (int)l.any,
          (int)l.diagonal);
    CHECK(!(wanted.x & ~before.any) && !(wanted.z & ~(before.any | before.diagonal)),
          "%s, any %d, diagonal %d: becomes any %d, diagonal %d, of x %d, z %d", what, (int)l.any,
          (int)l.diagonal, (int)before.any, (int)before.diagonal, (int)wanted.x, (int)wanted.z);
    if (kept) kept_steps++;
    else dropped_steps++;
}

/* With every set of letters.  Unitary: the library takes it for one. */
static void check_op_alone(const ketsim_op *op, const char *what, bool unitary, bool idle)
{
    struct program program;
    oracle_amp u[DIM][DIM];
    struct image images[STRINGS];
    program_init(&program, N);
    CHECK_OK(unitary ? program_append(&program, op, 1) : program_append_operator(&program, op));
    dense(u, op);
    for (uint64_t p = 0; p < STRINGS; p++) images[p] = image_of(u, p / DIM, p % DIM);
    for (uint64_t any = 0; any < DIM; any++)
        for (uint64_t diagonal = 0; diagonal < DIM; diagonal++)
            if (!(any & diagonal)) check_step(&program, images, (struct letters){any, diagonal}, what, idle);
    program_clear(&program);
}

/* On all placements: the first of each permutation of the qubits, and further controls after them. */
static void check_everywhere(ketsim_op op, const char *what, bool unitary, bool idle)
{
    static const int orders[6][N] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (unsigned k = 0; k < 6; k++) {
        op.qubits = orders[k];
        op.controls = orders[k] + op.nqubits;
        for (op.ncontrols = 0; op.ncontrols <= N - op.nqubits; op.ncontrols++) {
            op.control_values = random_bits(&seed) & ((1u << op.ncontrols) - 1);
            check_op_alone(&op, what, unitary, idle);
        }
    }
}

static void rows(void)
{
    for (int g = 0; g < KETSIM_GATE_COUNT; g++) {
        double angles[KETSIM_MAX_ANGLES];
        random_angles(angles, &seed);
        const ketsim_op op = {
            .gate = (ketsim_gate)g, .angles = angles, .nqubits = row_qubits((ketsim_gate)g)};
        check_everywhere(op, ketsim_gate_lookup(op.gate)->name, true, g == KETSIM_GATE_I);
    }
}

/* All strings on the first qubits, and further controls. */
static void pauli_rotations(void)
{
    static const int qubits[N] = {0, 1, 2};
    ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION, .angles = (double[]){0.8}, .qubits = qubits};
    for (op.nqubits = 0; op.nqubits <= N; op.nqubits++)
        for (unsigned k = 0; k < 1u << 2 * op.nqubits; k++) {
            op.letters = (const char[N]){"IXYZ"[k & 3], "IXYZ"[k >> 2 & 3], "IXYZ"[k >> 4]};
            op.controls = qubits + op.nqubits;
            for (op.ncontrols = 0; op.ncontrols <= N - op.nqubits; op.ncontrols++)
                check_op_alone(&op, "Pauli rotation", true, false);
        }
}

static void tables(void)
{
    for (unsigned k = 0; k < 18; k++) {
        ketsim_complex phases[DIM];
        uint64_t table[DIM];
        const unsigned nqubits = 1 + k % N;
        random_phases(phases, DIM, &seed);
        random_permutation(table, (size_t)1 << nqubits, &seed);
        check_everywhere((ketsim_op){.gate = KETSIM_GATE_DIAGONAL, .matrix = phases, .nqubits = nqubits},
                         "diagonal", true, false);
        check_everywhere((ketsim_op){.gate = KETSIM_GATE_PERMUTATION, .table = table, .nqubits = nqubits},
                         "permutation", true, true); /* perhaps the identity */
    }
}

/* The row's matrix with its controls, given as numbers: the same form is found in them. */
static void matrices_of_rows(void)
{
    for (int g = 0; g < KETSIM_GATE_COUNT; g++) {
        ketsim_complex matrix[ORACLE_MAX_MATRIX];
        oracle_amp numbers[ORACLE_MAX_MATRIX];
        double angles[KETSIM_MAX_ANGLES];
        random_angles(angles, &seed);
        const char *const name = ketsim_gate_lookup((ketsim_gate)g)->name;
        const unsigned nqubits = oracle_gate(numbers, name, angles);
        if (!nqubits) continue;
        for (unsigned k = 0; k < 1u << 2 * nqubits; k++)
            matrix[k] = (ketsim_complex){(double)creall(numbers[k]), (double)cimagl(numbers[k])};
        check_everywhere((ketsim_op){.gate = KETSIM_GATE_UNITARY, .matrix = matrix, .nqubits = nqubits}, name,
                         true, g == KETSIM_GATE_I);
    }
}

/* Any, with zeros in places; norms change, and with them what the identity becomes. */
static void operators(void)
{
    for (unsigned k = 0; k < 45; k++) {
        ketsim_complex matrix[DIM * DIM];
        const unsigned nqubits = 1 + k % N, zeros = random_below(&seed, 8);
        for (unsigned e = 0; e < 1u << 2 * nqubits; e++)
            matrix[e] = random_below(&seed, 8) < zeros
                            ? (ketsim_complex){0, 0}
                            : (ketsim_complex){random_real(&seed, -1, 1), random_real(&seed, -1, 1)};
        check_everywhere((ketsim_op){.gate = KETSIM_GATE_UNITARY, .matrix = matrix, .nqubits = nqubits},
                         "operator", false, true);
    }
}

/* ---- what is known ----------------------------------------------------------------------------- */

struct known {
    const char *circuit; /* gates and their qubits, in the order of time */
    const char *observable;
    const char *kept; /* of each of the gates, '+' or '.' */
};

static const struct known KNOWN[] = {
    {"CNOT 01", "Z0", "."},
    {"CNOT 01", "Z1", "+"},
    {"CNOT 01", "X0", "+"},
    {"CNOT 01", "X1", "+"}, /* it commutes with it, which is more than the rule knows */
    {"CZ 01", "Z0", "."},
    {"CZ 01", "Z0 Z1", "."},
    {"CZ 01", "X0", "+"},
    {"CZ 01", "Y1", "+"},
    {"RZ 0", "Z0", "."},
    {"RZ 0", "X0", "+"},
    {"RX 0", "Z0", "+"},
    {"RX 1", "Z0", "."},
    {"RX 1", "2", "."},
    {"RX 1", "0", "."},
    {"CRX 01", "Z0", "."},
    {"CRX 01", "Z1", "+"},
    {"RZZ 01", "Z0 + Z1", "."},
    {"RZZ 01", "Z0 + X1", "+"},
    {"SWAP 01", "Z0", "+"},
    {"SWAP 01", "Z2", "."},
    {"CCX 012", "Z0 Z1", "."},
    {"CSWAP 012", "Z0", "."},
    {"RZ 0 RX 0", "Z0", "++"},
    {"RX 1 CNOT 01 RX 0", "Z0", "+++"}, /* RX makes of Z any letter, which the target feels */
    {"RX 1 CNOT 01", "Z0", ".."},       /* and so does not what comes before it */
    {"RX 0 CNOT 01", "Z1", "++"},       /* Z1 becomes Z0 Z1 */
    {"RZ 0 RZ 1 CNOT 01", "Z1", "..+"}, /* which Z rotations before it do not disturb */
    {"RZ 1 CNOT 01", "X0 Z1", "++"},    /* but X0 Z1 becomes -Y0 Y1 */
    {"RX 0 CZ 01", "X1", "++"},         /* X1 becomes Z0 X1 */
    {"RZ 0 CZ 01", "X1", ".+"},
    {"RX 2 CNOT 01 RX 2 CNOT 12", "Z1", ".+.."},
    {"RY 0 RY 1 RY 2 CZ 01 CZ 12 RY 0 RY 1 RY 2", "Z0", "++.+.+.."},
};

static ketsim_circuit *circuit_of(const char *text)
{
    ketsim_circuit *circuit;
    char name[16], digits[4];
    int used;
    CHECK_OK(ketsim_circuit_new(&circuit, N));
    for (; sscanf(text, "%15s %3s%n", name, digits, &used) == 2; text += used) {
        ketsim_gate gate;
        int qubits[N] = {0};
        for (unsigned k = 0; digits[k]; k++) qubits[k] = digits[k] - '0';
        CHECK_OK(ketsim_gate_find(&gate, name));
        CHECK_OK(ketsim_circuit_gate(circuit, gate, (double[]){0.3, 0.4, 0.5}, qubits));
    }
    return circuit;
}

static size_t mark(bool *kept, const ketsim_circuit *circuit, const ketsim_observable *observable)
{
    uint64_t x = 0, z = 0;
    for (size_t k = 0; k < observable->count; k++) {
        x |= observable->terms[k].x;
        z |= observable->terms[k].z;
    }
    return cone_mark(kept, &circuit->program, x, z);
}

static void known(void)
{
    for (size_t k = 0; k < sizeof KNOWN / sizeof *KNOWN; k++) {
        const struct known *is = &KNOWN[k];
        ketsim_circuit *circuit = circuit_of(is->circuit);
        ketsim_observable *observable;
        bool kept[16];
        char found[17] = "";
        CHECK_OK(ketsim_observable_parse(&observable, is->observable, strlen(is->observable)));
        mark(kept, circuit, observable);
        for (size_t op = 0; op < ketsim_circuit_length(circuit); op++) found[op] = kept[op] ? '+' : '.';
        CHECK(!strcmp(found, is->kept), "%s, %s: %s, not %s", is->circuit, is->observable, found, is->kept);
        ketsim_observable_free(observable);
        ketsim_circuit_free(circuit);
    }
}

/* What is a unitary within a tolerance alone changes norms, and is kept. */
static void nearly_unitary(void)
{
    for (unsigned far = 0; far < 2; far++) {
        const double one = 1 + (far ? 1e-6 : 0x1p-52);
        const ketsim_complex matrix[4] = {{0, 0}, {one, 0}, {1, 0}, {0, 0}}, phases[2] = {{1, 0}, {0, one}};
        const ketsim_op ops[] = {{.gate = KETSIM_GATE_UNITARY, .matrix = matrix},
                                 {.gate = KETSIM_GATE_DIAGONAL, .matrix = phases}};
        for (unsigned k = 0; k < 2; k++) {
            struct program program;
            ketsim_op op = ops[k];
            bool kept;
            op.qubits = (int[]){1};
            op.nqubits = 1;
            op.tolerance = 1e-5;
            program_init(&program, N);
            CHECK_OK(program_append(&program, &op, 1));
            cone_mark(&kept, &program, 0, 1);
            CHECK(kept == far, "off by %g: kept is %d", one - 1, kept);
            program_clear(&program);
        }
    }
}

/* ---- sweeps ------------------------------------------------------------------------------------ */

enum { ROWS = 3, MOST_PARAMETERS = 64 };
static size_t left_out, all_operations;

/* Random operations, of whose angles some are parameters: x0, x1 and so on, times a half. */
static ketsim_circuit *random_parametric(unsigned n, size_t length)
{
    ketsim_circuit *circuit;
    unsigned count = 0;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (size_t k = 0; k < length; k++) {
        struct stored_op stored;
        random_op(&stored, n, &seed);
        ketsim_op op = op_of(&stored);
        const ketsim_gate_info *row = ketsim_gate_lookup(op.gate);
        const bool turns = op.gate == KETSIM_GATE_PAULI_ROTATION || (row && row->nangles);
        char name[16];
        snprintf(name, sizeof name, "x%u", count);
        const ketsim_term term = {name, 0.5};
        const ketsim_linear linear[KETSIM_MAX_ANGLES] = {{&term, 1}};
        if (turns && count < MOST_PARAMETERS && random_below(&seed, 3)) {
            op.linear = linear;
            count++;
        }
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    }
    return circuit;
}

static ketsim_observable *random_observable(unsigned n)
{
    enum { MOST = 3 };
    ketsim_observable *observable;
    ketsim_pauli terms[MOST];
    char letters[MOST][KETSIM_MAX_QUBITS];
    int qubits[MOST][KETSIM_MAX_QUBITS];
    const unsigned count = 1 + random_below(&seed, MOST);
    for (unsigned k = 0; k < count; k++) {
        const unsigned some = random_below(&seed, n < 3 ? n + 1 : 3);
        random_qubits(qubits[k], some, n, &seed);
        for (unsigned j = 0; j < some; j++) letters[k][j] = "ZZXYI"[random_below(&seed, 5)];
        terms[k] = (ketsim_pauli){random_real(&seed, -1, 1), letters[k], qubits[k], some};
    }
    CHECK_OK(ketsim_observable_new(&observable, terms, count));
    return observable;
}

/* By the whole circuit, with a plan. */
static double value_of(const ketsim_circuit *circuit, const double *values, size_t nvalues,
                       const ketsim_observable *observable, const ketsim_state *start, unsigned n,
                       ketsim_dtype dtype)
{
    ketsim_state *state;
    double value;
    if (start) CHECK_OK(ketsim_state_clone(&state, (ketsim_state *)start));
    else state = new_state(n, dtype);
    CHECK_OK(ketsim_apply_bound(state, circuit, values, nvalues, NULL));
    CHECK_OK(ketsim_expectation(state, observable, &value));
    ketsim_state_free(state);
    return value;
}

static void compare(const ketsim_circuit *circuit, const ketsim_observable *const *observables, size_t count,
                    ketsim_state *start, unsigned n, ketsim_dtype dtype)
{
    const size_t nvalues = ketsim_circuit_nparameters(circuit);
    const double tolerance = dtype == KETSIM_COMPLEX128 ? 1e-13 : 1e-5;
    double values[ROWS * MOST_PARAMETERS], out[ROWS * 2];
    for (size_t k = 0; k < ROWS * nvalues; k++) values[k] = random_real(&seed, -6, 6);
    CHECK_OK(ketsim_sweep_expectations(circuit, out, observables, count, values, ROWS, nvalues,
                                       &(ketsim_sweep_options){.state = start, .dtype = dtype}));
    for (size_t row = 0; row < ROWS; row++)
        for (size_t k = 0; k < count; k++) {
            const double wanted = value_of(circuit, values + row * nvalues, nvalues, observables[k], start, n,
                                           dtype);
            CHECK(fabs(out[row * count + k] - wanted) <= tolerance,
                  "row %zu, observable %zu: %.17g, not %.17g", row, k, out[row * count + k], wanted);
        }
}

/* On a state with more qubits than the circuit too, and in few and many operations. */
static void random_sweep(unsigned n, ketsim_dtype dtype)
{
    const unsigned more = n + random_below(&seed, 2);
    ketsim_circuit *circuit = random_parametric(n, random_below(&seed, 24));
    ketsim_observable *observables[2] = {random_observable(more), random_observable(more)};
    const size_t count = 1 + random_below(&seed, 2), length = ketsim_circuit_length(circuit);
    ketsim_state *start = NULL;
    oracle_amp psi[1 << 7];
    bool kept[24];
    if (more > n || random_below(&seed, 2)) start = random_state(psi, more, dtype, &seed);
    compare(circuit, (const ketsim_observable *const *)observables, count, start, more, dtype);
    left_out += length - mark(kept, circuit, observables[0]);
    all_operations += length;
    for (unsigned k = 0; k < 2; k++) ketsim_observable_free(observables[k]);
    ketsim_state_free(start);
    ketsim_circuit_free(circuit);
}

static void sweeps(void)
{
    for (unsigned n = 1; n <= 6; n++)
        for (unsigned k = 0; k < 300; k++) random_sweep(n, k % 3 ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64);
    CHECK(left_out * 5 > all_operations, "%zu of %zu operations are left out", left_out, all_operations);
}

int main(void)
{
    rows();
    pauli_rotations();
    tables();
    matrices_of_rows();
    operators();
    known();
    nearly_unitary();
    sweeps();
    printf("%zu steps leave an operation out, %zu do not; %zu of %zu operations in sweeps\n", dropped_steps,
           kept_steps, left_out, all_operations);
    return 0;
}
