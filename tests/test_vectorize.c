/* Circuits on density matrices, against K rho K* by dense linear algebra: every row of the gate table, matrices, strings, channels,
 * measurements; and matrices that are applied as they are, which no pass takes apart. */
#include "circuit.h"
#include "dynamics.h"

enum { N = 4, MOST = 1 << 2 * N };

static oracle_amp rho[MOST];

/* ---- the definition ------------------------------------------------------------------------------ */

static void conjugate(unsigned n)
{
    for (size_t i = 0; i < (size_t)1 << 2 * n; i++) rho[i] = conjl(rho[i]);
}

/* U on the rows; and on the columns, whose conjugate is what conj(U) is applied to. */
static void both_sides(unsigned n, const ketsim_op *op)
{
    int qubits[KETSIM_MAX_QUBITS], controls[KETSIM_MAX_QUBITS];
    ketsim_op moved = *op;
    for (size_t k = 0; k < op->nqubits; k++) qubits[k] = op->qubits[k] + (int)n;
    for (size_t k = 0; k < op->ncontrols; k++) controls[k] = op->controls[k] + (int)n;
    moved.qubits = qubits;
    moved.controls = controls;
    oracle_op(rho, 2 * n, op);
    conjugate(n);
    oracle_op(rho, 2 * n, &moved);
    conjugate(n);
}

static void kraus_sum(unsigned n, const ketsim_complex *kraus, size_t count, const int *qubits, unsigned k)
{
    static oracle_amp before[MOST], sum[MOST];
    const size_t size = (size_t)1 << 2 * n, entries = (size_t)1 << 2 * k;
    memcpy(before, rho, sizeof rho);
    memset(sum, 0, sizeof sum);
    for (size_t j = 0; j < count; j++) {
        memcpy(rho, before, sizeof rho);
        both_sides(n, &(ketsim_op){.gate = KETSIM_GATE_UNITARY,
                                   .qubits = qubits,
                                   .nqubits = k,
                                   .matrix = kraus + j * entries});
        for (size_t i = 0; i < size; i++) sum[i] += rho[i];
    }
    memcpy(rho, sum, sizeof rho);
}

/* ---- comparing ----------------------------------------------------------------------------------- */

static void check_circuit(const ketsim_circuit *circuit, ketsim_state *start, double most, const char *what)
{
    const unsigned n = ketsim_circuit_nqubits(circuit);
    ketsim_circuit *twice;
    CHECK_OK(ketsim_circuit_vectorize(&twice, circuit));
    CHECK(ketsim_circuit_nqubits(twice) == 2 * n, "%u qubits became %u", n, ketsim_circuit_nqubits(twice));
    CHECK_OK(ketsim_apply(start, twice, NULL));
    const double error = state_error(start, rho);
    CHECK(error < most, "%s on %u qubits: off by %g", what, n, error);
    ketsim_circuit_free(twice);
    ketsim_state_free(start);
}

static void check_op(unsigned n, const ketsim_op *op, const char *what, uint64_t *seed)
{
    ketsim_circuit *circuit = new_circuit(n, 0);
    ketsim_state *state = random_state(rho, 2 * n, KETSIM_COMPLEX128, seed);
    CHECK_OK(ketsim_circuit_append(circuit, op, 1));
    both_sides(n, op);
    check_circuit(circuit, state, 1e-14, what);
    ketsim_circuit_free(circuit);
}

/* Every row, with no, one and two further controls. */
static void test_rows(void)
{
    uint64_t seed = 3;
    for (int g = 0; g < KETSIM_GATE_COUNT; g++)
        for (unsigned ncontrols = 0; ncontrols < 3; ncontrols++) {
            int qubits[KETSIM_MAX_QUBITS];
            double angles[KETSIM_MAX_ANGLES];
            const unsigned own = row_qubits((ketsim_gate)g);
            if (own + ncontrols > N) continue;
            random_qubits(qubits, own + ncontrols, N, &seed);
            random_angles(angles, &seed);
            check_op(N,
                     &(ketsim_op){.gate = (ketsim_gate)g,
                                  .angles = angles,
                                  .qubits = qubits,
                                  .nqubits = own,
                                  .controls = qubits + own,
                                  .ncontrols = ncontrols,
                                  .control_values = random_below(&seed, 4)},
                     ketsim_gate_lookup((ketsim_gate)g)->name, &seed);
        }
}

static void test_matrices_and_strings(void)
{
    uint64_t seed = 7;
    for (unsigned k = 1; k <= 3; k++)
        for (unsigned trial = 0; trial < 6; trial++) {
            ketsim_complex matrix[64];
            int qubits[KETSIM_MAX_QUBITS];
            char letters[3];
            const double angle = random_real(&seed, -7, 7);
            for (unsigned j = 0; j < k; j++) letters[j] = "IXYZ"[random_below(&seed, 4)];
            oracle_random_unitary(matrix, k, &seed);
            random_qubits(qubits, N, N, &seed);
            const ketsim_op unitary = {.gate = KETSIM_GATE_UNITARY,
                                       .qubits = qubits,
                                       .nqubits = k,
                                       .controls = qubits + k,
                                       .ncontrols = trial % 2,
                                       .matrix = matrix};
            check_op(N, &unitary, "a matrix", &seed);
            ketsim_op string = unitary;
            string.gate = KETSIM_GATE_PAULI_ROTATION;
            string.letters = letters;
            string.angles = &angle;
            string.matrix = NULL;
            check_op(N, &string, "a rotation about a string", &seed);
        }
}

/* Many operations are planned: fused, and taken apart. */
static void test_circuits(void)
{
    uint64_t seed = 19;
    for (unsigned n = 1; n <= N; n++)
        for (unsigned trial = 0; trial < 8; trial++) {
            const ketsim_dtype dtype = trial % 4 == 3 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128;
            ketsim_circuit *circuit = new_circuit(n, 0);
            ketsim_state *state = random_state(rho, 2 * n, dtype, &seed);
            for (unsigned k = 0; k < 40; k++) {
                struct stored_op stored;
                random_op(&stored, n, &seed);
                const ketsim_op op = op_of(&stored);
                CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
                both_sides(n, &op);
            }
            check_circuit(circuit, state, dtype == KETSIM_COMPLEX128 ? 1e-13 : 1e-5, "a circuit");
            ketsim_circuit_free(circuit);
        }
}

/* ---- what is not unitary ------------------------------------------------------------------------- */

static void test_channels(void)
{
    uint64_t seed = 23;
    for (unsigned c = 0; c < CHANNELS; c++) {
        const ketsim_channel *channel = channels[c];
        const unsigned k = ketsim_channel_nqubits(channel);
        for (unsigned n = k; n <= N; n++) {
            int qubits[KETSIM_MAX_QUBITS];
            ketsim_circuit *circuit = new_circuit(n, 0);
            ketsim_state *state = random_state(rho, 2 * n, KETSIM_COMPLEX128, &seed);
            random_qubits(qubits, k, n, &seed);
            add(circuit,
                (ketsim_dynamic){
                    .kind = KETSIM_DYNAMIC_CHANNEL, .qubits = qubits, .nqubits = k, .channel = channel});
            kraus_sum(n, ketsim_channel_kraus(channel), ketsim_channel_length(channel), qubits, k);
            check_circuit(circuit, state, 1e-14, "a channel");
            ketsim_circuit_free(circuit);
        }
    }
}

/* Projectors on 0 and 1; and of a reset |0><0| and |0><1|.  What was read makes no difference. */
static void test_measured(void)
{
    static const ketsim_complex projectors[] = {{1, 0}, {0, 0}, {0, 0}, {0, 0},
                                                {0, 0}, {0, 0}, {0, 0}, {1, 0}};
    static const ketsim_complex to_0[] = {{1, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {1, 0}, {0, 0}, {0, 0}};
    uint64_t seed = 29;
    for (unsigned n = 1; n <= N; n++)
        for (unsigned resets = 0; resets < 2; resets++) {
            int qubits[N];
            const unsigned count = 1 + random_below(&seed, n);
            ketsim_circuit *circuit = new_circuit(n, N);
            ketsim_state *state = random_state(rho, 2 * n, KETSIM_COMPLEX128, &seed);
            random_qubits(qubits, count, n, &seed);
            add(circuit, (ketsim_dynamic){.kind = resets ? KETSIM_DYNAMIC_RESET : KETSIM_DYNAMIC_MEASURE,
                                          .qubits = qubits,
                                          .nqubits = count,
                                          .bits = qubits,
                                          .nbits = resets ? 0 : count});
            read_out(circuit, 0.2, 0.3, qubits, 1);
            for (unsigned k = 0; k < count; k++) kraus_sum(n, resets ? to_0 : projectors, 2, &qubits[k], 1);
            check_circuit(circuit, state, 1e-14, resets ? "a reset" : "a measurement");
            ketsim_circuit_free(circuit);
        }
}

/* All of it after one another, from |0...0>: the matrix keeps its trace. */
static void test_trace(void)
{
    uint64_t seed = 31;
    for (unsigned trial = 0; trial < 10; trial++) {
        ketsim_circuit *circuit = new_circuit(N, N), *twice;
        ketsim_state *state;
        for (unsigned k = 0; k < 6; k++) {
            random_gates(circuit, 4, &seed);
            random_channel(circuit, &seed);
            random_measure(circuit, k % 2 ? KETSIM_DYNAMIC_RESET : KETSIM_DYNAMIC_MEASURE, &seed);
        }
        CHECK_OK(ketsim_circuit_vectorize(&twice, circuit));
        CHECK_OK(ketsim_state_new(&state, 2 * N, KETSIM_COMPLEX128));
        CHECK_OK(ketsim_apply(state, twice, NULL));
        ketsim_complex *amplitudes = read_amplitudes(state), trace = {0, 0};
        for (unsigned i = 0; i < 1u << N; i++) {
            trace.re += amplitudes[i << N | i].re;
            trace.im += amplitudes[i << N | i].im;
        }
        CHECK(fabs(trace.re - 1) < 1e-14 && fabs(trace.im) < 1e-14, "trace %.17g%+.3gi", trace.re, trace.im);
        free(amplitudes);
        ketsim_state_free(state);
        ketsim_circuit_free(twice);
        ketsim_circuit_free(circuit);
    }
}

/* ---- parameters, and what is refused -------------------------------------------------------------- */

static void test_parameters(void)
{
    const ketsim_linear form = {(ketsim_term[]){{"b", 2}, {"a", -1}}, 2};
    const double offset = 0.3, values[] = {0.7, 1.9}; /* of b and a, in the order of their use */
    ketsim_op op = {
        .gate = KETSIM_GATE_CRX, .angles = &offset, .linear = &form, .qubits = (int[]){1, 0}, .nqubits = 2};
    ketsim_circuit *circuit = new_circuit(2, 0), *twice, *bound;
    ketsim_circuit *number = new_circuit(2, 0), *wanted;
    CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    CHECK_OK(ketsim_circuit_vectorize(&twice, circuit));
    CHECK(ketsim_circuit_nparameters(twice) == 2 && !strcmp(ketsim_circuit_parameter(twice, 0), "b"),
          "the parameters have changed");
    CHECK_OK(ketsim_circuit_bind(&bound, twice, values, 2));
    const double angle = offset + 2 * values[0] - values[1];
    op.angles = &angle;
    op.linear = NULL;
    CHECK_OK(ketsim_circuit_append(number, &op, 1));
    CHECK_OK(ketsim_circuit_vectorize(&wanted, number));
    for (size_t k = 0; k < 2; k++) {
        ketsim_op_record a, b;
        CHECK_OK(ketsim_circuit_get(bound, &a, k));
        CHECK_OK(ketsim_circuit_get(wanted, &b, k));
        CHECK(a.gate == b.gate && fabs(a.angles[0] - b.angles[0]) < 1e-15, "operation %zu: %.17g, not %.17g",
              k, a.angles[0], b.angles[0]);
    }
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(twice);
    ketsim_circuit_free(bound);
    ketsim_circuit_free(number);
    ketsim_circuit_free(wanted);
}

static void test_refusals(void)
{
    ketsim_circuit *circuit = new_circuit(1, 1), *body = new_circuit(1, 0), *out = body;
    ketsim_circuit *wide = new_circuit(KETSIM_MAX_QUBITS / 2 + 1, 0);
    measure(circuit, 0, 0);
    for (unsigned k = 0; k < 2; k++) {
        CHECK_OK(ketsim_circuit_truncate(circuit, 1));
        add(circuit, (ketsim_dynamic){.kind = k ? KETSIM_DYNAMIC_REPEAT : KETSIM_DYNAMIC_IF,
                                      .bits = (int[]){0},
                                      .nbits = 1,
                                      .limit = k,
                                      .body = body});
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_vectorize(&out, circuit),
                    "operation 1 depends on outcomes");
    }
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_vectorize(&out, wide),
                "density matrix of 21 qubits: must be at most 20");
    CHECK(out == body, "a circuit was written");
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(body);
    ketsim_circuit_free(wide);
}

/* ---- matrices as they are ------------------------------------------------------------------------- */

/* On states that run directly and on planned ones, alone and among gates, with controls: M psi, and no norm is restored. */
static void test_as_they_are(void)
{
    uint64_t seed = 37;
    for (unsigned k = 1; k <= 3; k++)
        for (unsigned trial = 0; trial < 12; trial++) {
            const unsigned n = 2 * N, ncontrols = trial % 3, before = trial < 6 ? 0 : 12;
            ketsim_complex matrix[64];
            int qubits[KETSIM_MAX_QUBITS];
            ketsim_state *state = random_state(rho, n, KETSIM_COMPLEX128, &seed), *other;
            ketsim_circuit *circuit = random_circuit(n, before, &seed, rho), *inverse;
            for (unsigned j = 0; j < 1u << 2 * k; j++)
                matrix[j] = (ketsim_complex){random_real(&seed, -1, 1), random_real(&seed, -1, 1)};
            random_qubits(qubits, k + ncontrols, n, &seed);
            const ketsim_op op = {.gate = KETSIM_GATE_UNITARY,
                                  .qubits = qubits,
                                  .nqubits = k,
                                  .controls = qubits + k,
                                  .ncontrols = ncontrols,
                                  .control_values = random_below(&seed, 4),
                                  .matrix = matrix};
            CHECK_OK(circuit_append_operator(circuit, &op));
            oracle_op(rho, n, &op);
            CHECK_OK(ketsim_state_clone(&other, state));
            CHECK_OK(ketsim_apply(state, circuit, NULL));
            apply_once(other, circuit);
            CHECK(state_error(state, rho) < 1e-13, "%u qubits: off by %g", k, state_error(state, rho));
            CHECK(state_error(other, rho) < 1e-13, "%u qubits, once: off by %g", k, state_error(other, rho));
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_inverse(&inverse, circuit),
                        "its matrix is not unitary");
            ketsim_state_free(state);
            ketsim_state_free(other);
            ketsim_circuit_free(circuit);
        }
}

/* Entries must be finite; and a caller's circuit takes no such matrix. */
static void test_as_they_are_checked(void)
{
    ketsim_complex matrix[4] = {{2, 0}, {1, 0}, {1, 0}, {-1, 0}};
    ketsim_circuit *circuit = new_circuit(1, 0);
    const ketsim_op op = {.gate = KETSIM_GATE_UNITARY, .qubits = (int[]){0}, .nqubits = 1, .matrix = matrix};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append(circuit, &op, 1), "max |U U* - 1|");
    matrix[3].im = NAN;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, circuit_append_operator(circuit, &op), "must be finite");
    CHECK(!ketsim_circuit_length(circuit), "a bad operation was appended");
    ketsim_circuit_free(circuit);
}

int main(void)
{
    make_channels();
    test_rows();
    test_matrices_and_strings();
    test_circuits();
    test_channels();
    test_measured();
    test_trace();
    test_parameters();
    test_refusals();
    test_as_they_are();
    test_as_they_are_checked();
    free_channels();
    return 0;
}
