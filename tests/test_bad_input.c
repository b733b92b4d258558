/* Whatever is wrong with an operation: the documented status, a message that holds what was given and what is
 * needed, and not a bit of the state, its queue or the circuit changed. */
#include <limits.h>
#include <math.h>

#include "bad_input.h"

/* ---- operations ---------------------------------------------------------------------------------- */

/* A list with one bad operation between good ones, by every way in; given and needed are in the message. */
static void refused(ketsim_op bad, const char *given, const char *needed)
{
    const ketsim_op good = {.gate = KETSIM_GATE_X, .qubits = (int[]){1}, .nqubits = 1};
    const ketsim_op ops[] = {good, bad, good};
    for (unsigned k = 0; k < 6; k++) {
        bool alone = k & 1;
        const ketsim_op *list = alone ? &bad : ops;
        size_t count = alone ? 1 : 3;
        if (k < 2) CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append(circuit, list, count), given);
        else if (k < 4) CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_queue(state, list, count), given);
        else CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_ops(state, list, count, NULL), given);
        CHECK(strstr(ketsim_last_error(), needed), "\"%s\" lacks \"%s\"", ketsim_last_error(), needed);
        cases++;
    }
    nothing_changed();
}

/* The same for the two calls that take one row, where the operation is one they can say. */
static void refused_row(ketsim_gate gate, const double *angles, const int *qubits, const char *given,
                        const char *needed)
{
    bool row = (unsigned)gate < KETSIM_GATE_COUNT;
    ketsim_op op = {.gate = gate, .angles = angles, .qubits = qubits, .nqubits = row ? row_qubits(gate) : 1};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_gate(circuit, gate, angles, qubits), given);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_gate(state, gate, angles, qubits), given);
    CHECK(strstr(ketsim_last_error(), needed), "\"%s\" lacks \"%s\"", ketsim_last_error(), needed);
    cases += 2;
    refused(op, given, needed);
}

static const double some_angles[] = {0.1, 0.2, 0.3};

/* Every row, every position of its list: a qubit out of range, and one that was there before. */
static void bad_qubits(ketsim_gate gate)
{
    static const int bad[] = {-1, N, INT_MAX, INT_MIN, 64, -64};
    unsigned count = row_qubits(gate);
    for (unsigned place = 0; place < count; place++) {
        for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
            int qubits[] = {3, 1, 0};
            char given[32];
            qubits[place] = bad[k];
            snprintf(given, sizeof given, "qubit %d", bad[k]);
            refused_row(gate, some_angles, qubits, given, "0..3");
        }
        for (unsigned other = 0; other < place; other++) {
            int qubits[] = {3, 1, 0};
            char given[32];
            qubits[place] = qubits[other];
            snprintf(given, sizeof given, "qubit %d", qubits[other]);
            refused_row(gate, some_angles, qubits, given, "");
        }
    }
}

static void bad_counts(ketsim_gate gate)
{
    static const size_t bad[] = {0, 1, 2, 3, 4, 41, 1u << 20, SIZE_MAX};
    const int qubits[] = {3, 1, 0, 2};
    const char *name = ketsim_gate_lookup(gate)->name;
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
        char needed[16];
        snprintf(needed, sizeof needed, "%u", row_qubits(gate));
        if (bad[k] == row_qubits(gate)) continue;
        refused((ketsim_op){.gate = gate, .angles = some_angles, .qubits = qubits, .nqubits = bad[k]}, name,
                needed);
    }
}

static void bad_controls(ketsim_gate gate)
{
    static const int bad[] = {-1, N, INT_MAX, INT_MIN};
    const int qubits[] = {3, 1, 0};
    unsigned count = row_qubits(gate);
    char given[32];
    ketsim_op op = {.gate = gate, .angles = some_angles, .qubits = qubits, .nqubits = count, .ncontrols = 1};
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
        snprintf(given, sizeof given, "%d", bad[k]);
        op.controls = &bad[k];
        refused(op, given, "0..3");
    }
    for (unsigned k = 0; k < count; k++) {
        snprintf(given, sizeof given, "%d", qubits[k]);
        op.controls = &qubits[k];
        refused(op, given, "");
    }
    op.controls = (int[]){2, 2};
    op.ncontrols = 2;
    refused(op, "2", "");
    for (unsigned k = 0; k < 3; k++) {
        op.ncontrols = (size_t[]){N, 65, SIZE_MAX}[k];
        op.controls = (int[]){2, 0, 1, 3, 2, 0, 1, 3}; /* never more than N of them are worth a look */
        refused(op, "", "");
    }
}

static void bad_angles(ketsim_gate gate)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    const ketsim_gate_info *info = ketsim_gate_lookup(gate);
    for (unsigned place = 0; place < info->nangles; place++)
        for (unsigned k = 0; k < 3; k++) {
            double angles[3] = {0.1, 0.2, 0.3};
            angles[place] = bad[k];
            refused_row(gate, angles, (int[]){3, 1, 0}, k == 0 ? "nan" : "inf", "finite");
        }
}

static void bad_gates(void)
{
    static const int bad[] = {-1, KETSIM_GATE_COUNT, 65535, 65538, INT_MAX, INT_MIN};
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
        char given[32];
        snprintf(given, sizeof given, "%d", bad[k]);
        refused_row((ketsim_gate)bad[k], some_angles, (int[]){0, 1, 2}, given, "");
    }
}

/* ---- matrices ------------------------------------------------------------------------------------ */

static ketsim_op matrix_op(const ketsim_complex *matrix, size_t nqubits, double tolerance)
{
    static const int qubits[] = {2, 0, 1};
    return (ketsim_op){.gate = KETSIM_GATE_UNITARY,
                       .qubits = qubits,
                       .nqubits = nqubits,
                       .matrix = matrix,
                       .tolerance = tolerance};
}

static void accepted(ketsim_op op)
{
    ketsim_circuit *other;
    CHECK_OK(ketsim_circuit_new(&other, N));
    CHECK_OK(ketsim_circuit_append(other, &op, 1));
    ketsim_circuit_free(other);
    cases++;
}

/* Unitary but for one entry, by so much; and the default and the caller's tolerance. */
static void nearly_unitary(unsigned nqubits, uint64_t *seed)
{
    ketsim_complex m[16];
    unsigned rows = 1u << nqubits;
    for (unsigned k = 0; k < rows * rows; k++)
        for (double by = 3e-4; by > 1e-10; by *= 1e-3) {
            /* Scaling a whole row shows in (U U*)ii as 2 by, whatever the entries are. */
            oracle_random_unitary(m, nqubits, seed);
            for (unsigned j = 0; j < rows; j++)
                m[k / rows * rows + j].re *= 1 + by, m[k / rows * rows + j].im *= 1 + by;
            refused(matrix_op(m, nqubits, 0), "", "unitary");
            refused(matrix_op(m, nqubits, by), "", "unitary");
            accepted(matrix_op(m, nqubits, 3 * by));
            oracle_random_unitary(m, nqubits, seed);
            accepted(matrix_op(m, nqubits, 0));
            accepted(matrix_op(m, nqubits, 1e-14));
        }
}

static void bad_entries(unsigned nqubits, uint64_t *seed)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1e300, 1e160};
    unsigned rows = 1u << nqubits;
    for (unsigned place = 0; place < 2 * rows * rows; place++)
        for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
            ketsim_complex m[16];
            oracle_random_unitary(m, nqubits, seed);
            if (place & 1) m[place / 2].im = bad[k];
            else m[place / 2].re = bad[k];
            refused(matrix_op(m, nqubits, 0), "", k < 3 ? "finite" : "unitary");
            refused(matrix_op(m, nqubits, 1e-5), "", k < 3 ? "finite" : "unitary");
        }
}

/* What is not unitary is no gate, whatever the tolerance. */
static void bad_tolerances(unsigned nqubits, uint64_t *seed)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1.01e-3, -1e-10, -1, 1};
    ketsim_complex m[16], zero[16] = {{0, 0}};
    oracle_random_unitary(m, nqubits, seed);
    accepted(matrix_op(m, nqubits, KETSIM_MAX_TOLERANCE));
    refused(matrix_op(zero, nqubits, KETSIM_MAX_TOLERANCE), "1", "unitary");
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
        refused(matrix_op(m, nqubits, bad[k]), "tolerance is", "0..0.001");
        refused(matrix_op(zero, nqubits, bad[k]), "tolerance is", "0..0.001");
    }
}

static void bad_matrices(void)
{
    uint64_t seed = 2;
    ketsim_complex m[64] = {{1, 0}}, zero[16] = {{0, 0}};
    static const size_t counts[] = {0, 11, 40, SIZE_MAX};
    for (unsigned nqubits = 1; nqubits <= 2; nqubits++) {
        nearly_unitary(nqubits, &seed);
        bad_entries(nqubits, &seed);
        refused(matrix_op(zero, nqubits, 0), "", "unitary");
        bad_tolerances(nqubits, &seed);
    }
    for (unsigned k = 0; k < 4; k++) refused(matrix_op(m, counts[k], 0), "", "1 to 10");
    oracle_random_unitary(m, 2, &seed);
    for (int bad = -1; bad <= N; bad += N + 1) {
        ketsim_op op = matrix_op(m, 2, 0);
        op.qubits = (int[]){1, bad};
        refused(op, "qubit", "0..3");
        op.qubits = (int[]){bad, 1};
        refused(op, "qubit", "0..3");
    }
    refused(matrix_op(NULL, 2, 0), "given no matrix", "");
    ketsim_op op = matrix_op(m, 2, 0);
    op.qubits = NULL;
    refused(op, "qubits is NULL", "2");
    op.qubits = (int[]){1, 2};
    op.ncontrols = 1;
    refused(op, "qubits is NULL", "1");
    op.ncontrols = 0;
    op.qubits = (int[]){1, 1};
    refused(op, "1", "");
    op.qubits = (int[]){1, 2};
    op.controls = (int[]){2};
    op.ncontrols = 1;
    refused(op, "2", "");
}

/* ---- rotations about Pauli strings ---------------------------------------------------------------- */

static void bad_strings(void)
{
    static const struct {
        const char *letters;
        int qubits[3];
        double angle;
        const char *given, *needed;
    } bad[] = {{"XAZ", {0, 1, 2}, 1, "0x41", "I X Y Z"},  {"X Z", {0, 1, 2}, 1, "0x20", "I X Y Z"},
               {"X\0Z", {0, 1, 2}, 1, "0x00", "I X Y Z"}, {"XY\xff", {0, 1, 2}, 1, "0xff", "I X Y Z"},
               {"XYZ", {0, 4, 2}, 1, "4", "0..3"},        {"XYZ", {0, -1, 2}, 1, "-1", "0..3"},
               {"XIX", {0, 2, 2}, 1, "2", "twice"},       {"XYZ", {0, 1, 3}, 1, "3", "twice"},
               {"XYZ", {0, 1, 2}, NAN, "nan", "finite"},  {"XYZ", {0, 1, 2}, -INFINITY, "-inf", "finite"},
               {NULL, {0, 1, 2}, 1, "no letters", "3"}};
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
        const ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION,
                              .angles = &bad[k].angle,
                              .letters = bad[k].letters,
                              .qubits = bad[k].qubits,
                              .nqubits = 3,
                              .controls = (int[]){3},
                              .ncontrols = 1};
        refused(op, bad[k].given, bad[k].needed);
    }
    refused((ketsim_op){.gate = KETSIM_GATE_PAULI_ROTATION}, "no angle", "1");
}

/* ---- what is made of several operations ----------------------------------------------------------- */

static void bad_evolution(double time, uint64_t steps, unsigned order, const char *text, const char *needed)
{
    ketsim_observable *h;
    CHECK_OK(ketsim_observable_parse(&h, text, strlen(text)));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_evolve(circuit, h, time, steps, order), needed);
    nothing_changed();
    ketsim_observable_free(h);
    cases++;
}

static void bad_compositions(void)
{
    static const int bad[][2] = {{0, 4}, {-1, 0}, {2, 2}};
    for (unsigned k = 0; k < 3; k++) {
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_qft(circuit, bad[k], 2, k & 1), "qubit");
        nothing_changed();
        cases++;
    }
    bad_evolution(1, 1, 1, "Z0 Z4", "at most 4");
    bad_evolution(NAN, 1, 1, "Z0", "finite");
    bad_evolution(1, 0, 1, "Z0", "1..");
    bad_evolution(1, UINT64_MAX, 1, "Z0", "1..");
    bad_evolution(1, 1, 0, "Z0", "1 or 2");
    bad_evolution(1, 1, 3, "Z0", "1 or 2");
    bad_evolution(1e308, 1, 1, "X1 + 1e10 Z0", "finite");
}

static void huge_angles(void)
{
    static const double angles[] = {1e300, -1e300, 1.7976931348623157e308, 5e-324, 1e22, -0.0};
    for (unsigned k = 0; k < sizeof angles / sizeof *angles; k++) {
        ketsim_state *one = label_state("+");
        double norm;
        CHECK_OK(gate1(one, KETSIM_GATE_RX, angles[k], 0, 0, 0));
        CHECK_OK(gate1(one, KETSIM_GATE_U, angles[k], 0, 0, 0));
        CHECK_OK(ketsim_norm(one, &norm));
        CHECK(fabs(norm - 1) < 1e-14, "angle %g: norm %.17g", angles[k], norm);
        ketsim_state_free(one);
        cases++;
    }
}

int main(void)
{
    set_up();
    for (ketsim_gate gate = 0; gate < KETSIM_GATE_COUNT; gate++) {
        bad_qubits(gate);
        bad_counts(gate);
        bad_controls(gate);
        bad_angles(gate);
    }
    bad_gates();
    bad_matrices();
    bad_strings();
    bad_compositions();
    huge_angles();
    tear_down();
    printf("%lu cases\n", cases);
    return EXIT_SUCCESS;
}
