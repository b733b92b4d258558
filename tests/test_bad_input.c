/* Whatever is wrong with an argument: the documented status, a message that holds what was given and what is
 * needed, and not a bit of the state, its queue or the circuit changed. */
#include <limits.h>
#include <math.h>

#include "helpers.h"

enum { N = 4 };
static unsigned long cases;

/* ---- operations ---------------------------------------------------------------------------------- */

static ketsim_state *state;
static ketsim_circuit *circuit, *circuit_before, *queue_before;
static uint64_t amplitudes_before, generation_before;

static uint64_t committed_hash(void)
{
    ketsim_view *view;
    ketsim_state *clone;
    /* A read would run the queue; a clone of the state without it is made by discarding and queueing again. */
    CHECK_OK(ketsim_discard(state));
    CHECK_OK(ketsim_state_clone(&clone, state));
    CHECK_OK(ketsim_view_new(&view, clone));
    uint64_t hash = hash_bytes(ketsim_view_amplitudes(view), state_bytes(state));
    ketsim_view_free(view);
    ketsim_state_free(clone);
    for (size_t k = 0; k < ketsim_circuit_length(queue_before); k++) {
        ketsim_op_record r;
        CHECK_OK(ketsim_circuit_get(queue_before, &r, k));
        CHECK_OK(ketsim_queue(state, &(ketsim_op){.gate = r.gate, .qubits = r.qubits, .nqubits = r.nqubits}, 1));
    }
    return hash;
}

static void set_up(void)
{
    uint64_t seed = 1;
    state = new_state(N, KETSIM_COMPLEX128);
    circuit = random_circuit(N, 25, &seed, NULL);
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_circuit_copy(&circuit_before, circuit));
    CHECK_OK(ketsim_circuit_new(&queue_before, N));
    CHECK_OK(ketsim_circuit_gate(queue_before, KETSIM_GATE_H, NULL, (int[]){2}));
    CHECK_OK(ketsim_circuit_gate(queue_before, KETSIM_GATE_CSWAP, NULL, (int[]){2, 0, 3}));
    amplitudes_before = committed_hash();
    generation_before = ketsim_state_generation(state);
}

static void nothing_changed(void)
{
    ketsim_circuit *queue;
    CHECK(ketsim_pending(state) == 2, "%zu operations queued", ketsim_pending(state));
    CHECK_OK(ketsim_queued(state, &queue));
    CHECK(ketsim_circuit_equal(queue, queue_before), "the queue changed");
    ketsim_circuit_free(queue);
    CHECK(ketsim_circuit_equal(circuit, circuit_before), "the circuit changed");
    CHECK(ketsim_state_generation(state) == generation_before, "something was committed");
    CHECK(committed_hash() == amplitudes_before, "the amplitudes changed");
}

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
        refused((ketsim_op){.gate = gate, .angles = some_angles, .qubits = qubits, .nqubits = bad[k]}, name, needed);
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
    static const int bad[] = {-1, KETSIM_GATE_COUNT, 65535, 65537, INT_MAX, INT_MIN};
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
    return (ketsim_op){.gate = KETSIM_GATE_UNITARY, .qubits = qubits, .nqubits = nqubits, .matrix = matrix,
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
        for (double by = 1e-3; by > 1e-10; by *= 1e-3) {
            /* Scaling a whole row shows in (U U*)ii as 2 by, whatever the entries are. */
            oracle_random_unitary(m, nqubits, seed);
            for (unsigned j = 0; j < rows; j++) m[k / rows * rows + j].re *= 1 + by, m[k / rows * rows + j].im *= 1 + by;
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

static void bad_matrices(void)
{
    uint64_t seed = 2;
    ketsim_complex m[64] = {{1, 0}}, zero[16] = {{0, 0}};
    static const size_t counts[] = {0, 3, 40, SIZE_MAX};
    for (unsigned nqubits = 1; nqubits <= 2; nqubits++) {
        nearly_unitary(nqubits, &seed);
        bad_entries(nqubits, &seed);
        refused(matrix_op(zero, nqubits, 0), "", "unitary");
        refused(matrix_op(zero, nqubits, NAN), "", "");
        refused(matrix_op(zero, nqubits, -1), "", "");
        refused(matrix_op(zero, nqubits, -INFINITY), "", "");
    }
    for (unsigned k = 0; k < 4; k++) refused(matrix_op(m, counts[k], 0), "", "1 or 2");
    oracle_random_unitary(m, 2, &seed);
    for (int bad = -1; bad <= N; bad += N + 1) {
        ketsim_op op = matrix_op(m, 2, 0);
        op.qubits = (int[]){1, bad};
        refused(op, "qubit", "0..3");
        op.qubits = (int[]){bad, 1};
        refused(op, "qubit", "0..3");
    }
    ketsim_op op = matrix_op(m, 2, 0);
    op.qubits = (int[]){1, 1};
    refused(op, "1", "");
    op.qubits = (int[]){1, 2};
    op.controls = (int[]){2};
    op.ncontrols = 1;
    refused(op, "2", "");
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

/* ---- new states ---------------------------------------------------------------------------------- */

static void no_state(ketsim_status status, ketsim_state *made)
{
    CHECK(status != KETSIM_OK && !made, "a failing call wrote to its output");
    cases++;
}

static void bad_sizes(void)
{
    static const unsigned sizes[] = {0, 41, 50, 63, 64, 65, 1000, 1u << 31, UINT_MAX};
    static const int dtypes[] = {2, -1, 1000, INT_MAX};
    ketsim_state *made = NULL;
    for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        char given[32];
        snprintf(given, sizeof given, "%u", sizes[k]);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_new(&made, sizes[k], KETSIM_COMPLEX128), given);
        CHECK(strstr(ketsim_last_error(), "40"), "the limit is not in: %s", ketsim_last_error());
        no_state(KETSIM_ERR_ARGUMENT, made);
    }
    for (unsigned k = 0; k < sizeof dtypes / sizeof *dtypes; k++) {
        ketsim_dtype dtype = (ketsim_dtype)dtypes[k];
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_new(&made, 3, dtype), "dtype");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_from_label(&made, "01", 2, dtype), "dtype");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_from_amplitudes(&made, (double[]){1, 0, 0, 0}, 2, dtype, false),
                    "dtype");
        no_state(KETSIM_ERR_ARGUMENT, made);
    }
}

static void bad_label(const char *label, size_t length, const char *given)
{
    ketsim_state *made = NULL;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_from_label(&made, label, length, KETSIM_COMPLEX128), given);
    no_state(KETSIM_ERR_ARGUMENT, made);
}

/* Every byte that is no label character, at the front and behind a good one; bad lengths. */
static void bad_labels(void)
{
    static char longer[1000000];
    memset(longer, '0', sizeof longer);
    for (int c = 0; c < 256; c++) {
        char label[3] = {(char)c, '0', (char)c}, given[4] = {(char)c, 0};
        if (c && strchr("01+-rl", c)) continue;
        if (c < ' ' || c > '~') given[0] = 0;
        bad_label(label, 1, given);
        bad_label(label, 3, given);
        bad_label(label + 1, 2, given);
    }
    bad_label("2", 1, "0 1 + - r l");
    bad_label("0\0001", 3, "");
    bad_label("", 0, "0");
    bad_label(longer, 41, "41");
    bad_label(longer, 64, "64");
    bad_label(longer, sizeof longer, "1000000");
    bad_label(longer, SIZE_MAX, "40");
}

static void bad_amplitudes(void)
{
    static const uint64_t counts[] = {0, 1, 3, 5, 6, 7, 12, (UINT64_C(1) << 40) + 1, UINT64_MAX};
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    ketsim_state *made = NULL;
    double a[32] = {1};
    for (unsigned k = 0; k < sizeof counts / sizeof *counts; k++) {
        char given[32];
        snprintf(given, sizeof given, "%llu", (unsigned long long)counts[k]);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                    ketsim_state_from_amplitudes(&made, a, counts[k], KETSIM_COMPLEX128, k & 1), given);
        no_state(KETSIM_ERR_ARGUMENT, made);
    }
    for (unsigned k = KETSIM_MAX_QUBITS + 1; k < 64; k++) {
        CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                    ketsim_state_from_amplitudes(&made, a, UINT64_C(1) << k, KETSIM_COMPLEX128, k & 1), "40");
        no_state(KETSIM_ERR_ARGUMENT, made);
    }
    if (ketsim_memory_available() < ketsim_memory_needed(40, KETSIM_COMPLEX64)) {
        CHECK_FAILS(KETSIM_ERR_MEMORY, ketsim_state_from_amplitudes(&made, a, UINT64_C(1) << 40, KETSIM_COMPLEX64, 0),
                    "");
        no_state(KETSIM_ERR_MEMORY, made);
    }
    for (unsigned place = 0; place < 16; place++)
        for (unsigned k = 0; k < 6; k++) {
            double wide[16] = {[3] = 1};
            float narrow[16] = {[5] = 1};
            wide[place] = bad[k % 3];
            narrow[place] = (float)bad[k % 3];
            CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                        ketsim_state_from_amplitudes(&made, wide, 8, KETSIM_COMPLEX128, k < 3), "finite");
            CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                        ketsim_state_from_amplitudes(&made, narrow, 8, KETSIM_COMPLEX64, k < 3), "finite");
            no_state(KETSIM_ERR_ARGUMENT, made);
        }
    for (unsigned k = 0; k < 2; k++) {
        static const double scales[] = {0, 1.001, 0.999, 1 + 1e-6, 2, 1e-300, 1e300};
        for (unsigned s = 0; s < sizeof scales / sizeof *scales; s++) {
            a[0] = scales[s];
            if (k && scales[s] != 0) continue;
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_from_amplitudes(&made, a, 4, KETSIM_COMPLEX128, k), "norm");
            no_state(KETSIM_ERR_ARGUMENT, made);
        }
    }
}

/* set: as above, and the state is what it was. */
static void bad_sets(void)
{
    static const uint64_t counts[] = {0, 1, 8, 15, 17, 32, UINT64_MAX};
    double a[64] = {1};
    for (unsigned k = 0; k < sizeof counts / sizeof *counts; k++) {
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, a, counts[k], false), "16");
        cases++;
    }
    for (unsigned k = 0; k < 32; k++) {
        double b[32] = {0};
        b[0] = 1;
        b[k] = k & 1 ? NAN : -INFINITY;
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, b, 16, false), "finite");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, b, 16, true), "finite");
        cases += 2;
    }
    a[0] = 1.001;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, a, 16, false), "norm");
    a[0] = 0;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, a, 16, true), "norm");
    cases += 2;
    nothing_changed();
}

/* ---- reads, runs, settings ------------------------------------------------------------------------ */

static void bad_lists(void)
{
    static const int bad[] = {-1, N, INT_MAX, INT_MIN};
    double p[32] = {42};
    uint64_t out[4] = {42}, seed = 3;
    for (unsigned k = 0; k < 6; k++)
        for (unsigned place = 0; place < 3; place++) {
            int list[5] = {0, 3, 1, 2, 0};
            size_t count = k < 5 ? 3 : (size_t[]){5, 41, SIZE_MAX}[place];
            char given[32];
            if (k == 4) list[place] = list[(place + 1) % 3];
            else if (k < 4) list[place] = bad[k];
            snprintf(given, sizeof given, "%d", list[place]);
            if (k == 5) given[0] = 0;
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_probabilities(state, p, list, count), given);
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sample(state, out, 4, list, count, &seed), given);
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_measure(state, out, list, count, &seed), given);
            CHECK(p[0] == 42 && out[0] == 42, "a failing read wrote to its output");
            cases += 3;
        }
    nothing_changed();
}

static void no_shots(void)
{
    ketsim_state *plus = label_state("++");
    uint64_t out = 42, seed = 4;
    CHECK_OK(ketsim_sample(plus, &out, 0, NULL, 0, &seed));
    CHECK_OK(ketsim_sample(plus, &out, 0, (int[]){1}, 1, NULL));
    CHECK(out == 42, "no shots wrote an outcome");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sample(plus, &out, 0, (int[]){2}, 1, NULL), "2");
    ketsim_state_free(plus);
    cases += 3;
}

static void bad_threads(void)
{
    static const unsigned bad[] = {KETSIM_MAX_THREADS + 1, 1000000, UINT_MAX};
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    for (unsigned k = 0; k < 3; k++) {
        ketsim_run_options options = {.threads = bad[k]};
        char given[32];
        snprintf(given, sizeof given, "%u", bad[k]);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set_threads(state, bad[k]), given);
        CHECK(strstr(ketsim_last_error(), "1024"), "the limit is not in: %s", ketsim_last_error());
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_run(state, &options), given);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply(state, circuit, &options), given);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_ops(state, &op, 1, &options), given);
        cases += 4;
    }
    nothing_changed();
}

static void bad_isas(void)
{
    static const char *const names[] = {"", "sse9", "AVX2", "avx", "avx2 ", "base,avx2"};
    char before[16];
    snprintf(before, sizeof before, "%s", ketsim_isa());
    for (unsigned k = 0; k < sizeof names / sizeof *names; k++) {
        CHECK(!ketsim_isa_available(names[k]), "'%s' is available", names[k]);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_set_isa(names[k]), names[k]);
        CHECK(!strcmp(ketsim_isa(), before), "a failing call changed the kernel set");
        cases++;
    }
}

static void larger_circuit(void)
{
    for (unsigned n = N + 1; n <= KETSIM_MAX_QUBITS; n++) {
        ketsim_circuit *larger;
        char given[16];
        snprintf(given, sizeof given, "%u", n);
        CHECK_OK(ketsim_circuit_new(&larger, n));
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply(state, larger, NULL), given);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_extend(circuit, larger), given);
        ketsim_circuit_free(larger);
        cases += 2;
    }
    nothing_changed();
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
    huge_angles();
    bad_sizes();
    bad_labels();
    bad_amplitudes();
    bad_sets();
    bad_lists();
    no_shots();
    bad_threads();
    bad_isas();
    larger_circuit();
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(circuit_before);
    ketsim_circuit_free(queue_before);
    ketsim_state_free(state);
    printf("%lu cases\n", cases);
    return EXIT_SUCCESS;
}
