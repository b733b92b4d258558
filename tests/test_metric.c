/* The metric tensor by its definition: differences of states of a slow simulator, for gates of every kind; on more qubits
 * by known cases; threads, stops, what must be refused; and gradients too where memory runs out. */
#include <math.h>

#include "failing.h"
#include "helpers.h"

enum { LARGEST = 12, MOST_OPS = 16, MOST_ANGLES = MOST_OPS * KETSIM_MAX_ANGLES };
static oracle_amp start_psi[1 << LARGEST], psi[1 << LARGEST], slopes[MOST_ANGLES][1 << LARGEST];

struct ansatz {
    unsigned n;
    size_t count;
    struct stored_op ops[MOST_OPS];
};

static void run(const struct ansatz *a, oracle_amp *out)
{
    memcpy(out, start_psi, sizeof *out << a->n);
    for (size_t k = 0; k < a->count; k++) {
        const ketsim_op op = op_of(&a->ops[k]);
        oracle_op(out, a->n, &op);
    }
}

/* Differences of fourth order: off by about 1e-13. */
static void slope_of(const struct ansatz *a, oracle_amp *out, double *angle)
{
    static const double steps[] = {1, -1, 2, -2}, factors[] = {8, -8, -1, 1};
    const double h = 0x1p-10, at = *angle;
    memset(out, 0, sizeof *out << a->n);
    for (unsigned k = 0; k < 4; k++) {
        *angle = at + steps[k] * h;
        run(a, psi);
        for (unsigned i = 0; i < 1u << a->n; i++) out[i] += psi[i] * (factors[k] / (12 * h));
    }
    *angle = at;
}

static oracle_amp inner(const oracle_amp *bra, const oracle_amp *ket, unsigned n)
{
    oracle_amp sum = 0;
    for (unsigned i = 0; i < 1u << n; i++) sum += conjl(bra[i]) * ket[i];
    return sum;
}

static size_t angles_of(const struct stored_op *stored)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(stored->op.gate);
    return row ? row->nangles : stored->op.gate == KETSIM_GATE_PAULI_ROTATION;
}

static ketsim_circuit *circuit_of(const struct ansatz *a)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, a->n));
    for (size_t k = 0; k < a->count; k++) {
        const ketsim_op op = op_of(&a->ops[k]);
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    }
    return circuit;
}

static void check_metric(struct ansatz *a, ketsim_state *start)
{
    static double metric[MOST_ANGLES * MOST_ANGLES];
    const double limit = ketsim_state_dtype(start) == KETSIM_COMPLEX128 ? 2e-11 : 2e-5;
    ketsim_circuit *circuit = circuit_of(a);
    const size_t count = ketsim_circuit_angles(circuit);
    size_t at = 0;
    CHECK_OK(ketsim_metric(start, metric, count, circuit, NULL));
    for (size_t k = 0; k < a->count; k++)
        for (size_t j = 0; j < angles_of(&a->ops[k]); j++, at++)
            slope_of(a, slopes[at], &a->ops[k].angles[j]);
    CHECK(at == count, "%zu angles, not %zu", count, at);
    run(a, psi);
    for (size_t j = 0; j < count; j++)
        for (size_t k = 0; k < count; k++) {
            const oracle_amp whole = inner(slopes[j], slopes[k], a->n),
                             along = inner(slopes[j], psi, a->n) * inner(psi, slopes[k], a->n);
            const double expected = (double)(creall(whole) - creall(along)), got = metric[j * count + k];
            CHECK(fabs(got - expected) <= limit, "%u qubits, angles %zu and %zu: %.17g, it is %.17g", a->n, j,
                  k, got, expected);
            CHECK(got == metric[k * count + j], "angles %zu and %zu: not symmetric", j, k);
        }
    ketsim_circuit_free(circuit);
}

/* ---- circuits ---------------------------------------------------------------------------------- */

static void random_circuits(unsigned n, size_t count, ketsim_dtype dtype, uint64_t *seed)
{
    static struct ansatz a;
    a.n = n;
    a.count = count;
    for (size_t k = 0; k < count; k++) {
        random_op(&a.ops[k], n, seed);
        while (!angles_of(&a.ops[k]) && random_below(seed, 4)) random_op(&a.ops[k], n, seed);
    }
    ketsim_state *start = random_state(start_psi, n, dtype, seed);
    check_metric(&a, start);
    ketsim_state_free(start);
}

/* Every gate with angles, between two others, with and without a further control. */
static void every_row(uint64_t *seed)
{
    static struct ansatz a;
    for (int gate = 0; gate < KETSIM_GATE_COUNT; gate++)
        for (unsigned ncontrols = 0; ncontrols < 2; ncontrols++) {
            const unsigned nqubits = row_qubits((ketsim_gate)gate);
            int chosen[KETSIM_MAX_QUBITS];
            if (!ketsim_gate_lookup((ketsim_gate)gate)->nangles) continue;
            a.n = nqubits + ncontrols + 1;
            a.count = 3;
            random_op(&a.ops[0], a.n, seed);
            random_op(&a.ops[2], a.n, seed);
            a.ops[1] = (struct stored_op){
                .op = {.gate = (ketsim_gate)gate, .nqubits = nqubits, .ncontrols = ncontrols}};
            random_qubits(chosen, nqubits + ncontrols, a.n, seed);
            memcpy(a.ops[1].qubits, chosen, nqubits * sizeof *chosen);
            memcpy(a.ops[1].controls, chosen + nqubits, ncontrols * sizeof *chosen);
            a.ops[1].op.control_values = random_below(seed, 2);
            random_angles(a.ops[1].angles, seed);
            ketsim_state *start = random_state(start_psi, a.n, KETSIM_COMPLEX128, seed);
            check_metric(&a, start);
            ketsim_state_free(start);
        }
}

/* From a product state, which is led back to. */
static void from_label(unsigned n, const char *label, uint64_t *seed)
{
    static struct ansatz a;
    a.n = n;
    a.count = 14;
    for (size_t k = 0; k < a.count; k++) random_op(&a.ops[k], n, seed);
    ketsim_state *start = label_state(label);
    oracle_label(start_psi, n, label);
    check_metric(&a, start);
    ketsim_state_free(start);
}

/* One rotation a qubit, each of |0>: a quarter on the diagonal.  On any number of threads. */
static void rotations(unsigned n)
{
    static const unsigned threads[] = {1, 2, 3, 8};
    double metric[32 * 32];
    ketsim_circuit *circuit;
    ketsim_state *start = new_state(n, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (int q = 0; q < (int)n; q++)
        CHECK_OK(ketsim_circuit_gate(circuit, q & 1 ? KETSIM_GATE_RX : KETSIM_GATE_RY,
                                     (double[]){0.1 * q + 1}, (int[]){q}));
    for (unsigned t = 0; t < 4; t++) {
        const ketsim_run_options options = {.threads = threads[t]};
        double again[32 * 32];
        CHECK_OK(ketsim_metric(start, t ? again : metric, n, circuit, &options));
        CHECK(!t || !memcmp(metric, again, n * n * sizeof *metric), "%u threads: other bits", threads[t]);
    }
    for (unsigned j = 0; j < n; j++)
        for (unsigned k = 0; k < n; k++)
            CHECK(fabs(metric[j * n + k] - (j == k) / 4.0) < 1e-13, "angles %u and %u: %.17g", j, k,
                  metric[j * n + k]);
    ketsim_circuit_free(circuit);
    ketsim_state_free(start);
}

/* ---- stops and bad input ----------------------------------------------------------------------- */

static bool refuse(void *context, double done)
{
    *(double *)context = done;
    return false;
}

static void stops(void)
{
    enum { N = 15, DEPTH = 4, COUNT = N * DEPTH };
    static double metric[COUNT * COUNT];
    double done = -1;
    ketsim_cancel *cancel;
    ketsim_circuit *circuit;
    ketsim_state *start = new_state(N, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_circuit_new(&circuit, N));
    CHECK_OK(ketsim_cancel_new(&cancel));
    for (int k = 0; k < COUNT; k++) {
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RY, (double[]){0.1 * k}, (int[]){k % N}));
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){k % N, (k + 1) % N}));
    }
    const uint64_t before = state_hash(start);
    const ketsim_run_options late = {.timeout_ms = 1}, asked = {.poll = refuse, .poll_context = &done},
                             flagged = {.cancel = cancel}, generation = {.expect_generation = 99};
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_metric(start, metric, COUNT, circuit, &late), "timeout_ms = 1");
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_metric(start, metric, COUNT, circuit, &asked), "poll");
    CHECK(done >= 0 && done < 1, "poll was told %g", done); /* 0 while it plans */
    ketsim_cancel_raise(cancel);
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_metric(start, metric, COUNT, circuit, &flagged), "cancelled");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_metric(start, metric, COUNT, circuit, &generation), "99");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_metric(start, metric, 2, circuit, NULL),
                "2 angles: the circuit has 60");
    for (size_t k = 0; k < COUNT * COUNT; k++) CHECK(metric[k] == 0, "something was written");
    CHECK(state_hash(start) == before, "the start changed");
    CHECK_OK(ketsim_state_close(start));
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_metric(start, metric, COUNT, circuit, NULL), "closed");
    ketsim_cancel_free(cancel);
    ketsim_circuit_free(circuit);
    ketsim_state_free(start);
}

/* Wherever memory runs out: nothing is written, nothing is lost, and with memory it is computed. */
static void no_memory(uint64_t *seed)
{
    enum { N = 12, MOST = 128 };
    static double metric[MOST * MOST], gradient[MOST];
    const ketsim_run_options alone = {.threads = 1};
    ketsim_observable *observable;
    ketsim_state *start = label_state("01+-rl01+-rl");
    ketsim_circuit *circuit = random_circuit(N, 24, seed, NULL);
    const size_t count = ketsim_circuit_angles(circuit);
    unsigned failures[2] = {0, 0};
    CHECK(count && count <= MOST, "%zu angles", count);
    CHECK_OK(ketsim_observable_parse(&observable, "Z0 + X3 Y5", 10));
    const uint64_t before = state_hash(start);
    for (unsigned what = 0; FAILING_WORKS && what < 2; what++)
        for (bool failed = true; failed; failures[what]++) {
            double value = 7;
            metric[0] = gradient[0] = 7;
            failing_start(failures[what]);
            const ketsim_status status = what ? ketsim_metric(start, metric, count, circuit, &alone)
                                              : ketsim_gradient(start, &value, gradient, count, circuit,
                                                                observable, &alone);
            failed = failing_stop() && status != KETSIM_OK;
            CHECK(status == KETSIM_OK || status == KETSIM_ERR_MEMORY, "%s", ketsim_last_error());
            if (failed) CHECK(metric[0] == 7 && gradient[0] == 7 && value == 7, "something was written");
            CHECK(state_hash(start) == before, "the start changed");
        }
    CHECK(!FAILING_WORKS || (failures[0] > 10 && failures[1] > 10), "only %u and %u allocations", failures[0],
          failures[1]);
    ketsim_observable_free(observable);
    ketsim_circuit_free(circuit);
    ketsim_state_free(start);
}

int main(void)
{
    uint64_t seed = 61;
    every_row(&seed);
    for (unsigned n = 1; n <= 5; n++)
        for (unsigned round = 0; round < 6; round++)
            random_circuits(n, 4 + random_below(&seed, MOST_OPS - 4),
                            round % 3 ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64, &seed);
    random_circuits(11, 8, KETSIM_COMPLEX128, &seed);
    random_circuits(LARGEST, 7, KETSIM_COMPLEX64, &seed);
    from_label(4, "0+r1", &seed);
    from_label(11, "01+-rl01+-r", &seed);
    rotations(6);
    rotations(13);
    rotations(16);
    stops();
    no_memory(&seed);
    return 0;
}
