/* Gradients by the definition: differences of expectation values of a slow simulator, for every gate with angles, and
 * rotations about strings, under any controls; weights, threads, ISAs, stops, and what must be refused. */
#include <math.h>

#include "helpers.h"

enum { LARGEST = 13, MOST_OPS = 64, MOST_ANGLES = MOST_OPS * KETSIM_MAX_ANGLES };
static oracle_amp start_psi[1 << LARGEST], psi[1 << LARGEST], image[1 << LARGEST];

/* ---- by the definition ------------------------------------------------------------------------- */

/* The sum of the terms applied to psi, straight from the masks of the records. */
static long double mean(unsigned n, const ketsim_observable *observable)
{
    long double sum = 0;
    for (size_t t = 0; t < ketsim_observable_length(observable); t++) {
        ketsim_pauli_record r;
        CHECK_OK(ketsim_observable_get(observable, &r, t));
        memcpy(image, psi, sizeof *psi << n);
        for (unsigned q = 0; q < n; q++) {
            static const oracle_amp x[] = {0, 1, 1, 0}, z[] = {1, 0, 0, -1},
                                    y[] = {0, -1.0L * I, 1.0L * I, 0};
            const bool flips = r.x >> q & 1, signs = r.z >> q & 1;
            const int target = (int)q;
            if (flips || signs) oracle_matrix(image, n, flips ? signs ? y : x : z, &target, 1, NULL, 0, 0);
        }
        for (unsigned i = 0; i < 1u << n; i++) sum += r.coefficient * creall(conjl(psi[i]) * image[i]);
    }
    return sum;
}

struct ansatz {
    unsigned n;
    size_t count;
    struct stored_op ops[MOST_OPS];
};

static long double value_of(const struct ansatz *a, const ketsim_observable *observable)
{
    memcpy(psi, start_psi, sizeof *psi << a->n);
    for (size_t k = 0; k < a->count; k++) {
        const ketsim_op op = op_of(&a->ops[k]);
        oracle_op(psi, a->n, &op);
    }
    return mean(a->n, observable);
}

/* Differences of fourth order: off by about 1e-13. */
static double slope_of(struct ansatz *a, const ketsim_observable *observable, double *angle)
{
    static const double steps[] = {1, -1, 2, -2}, factors[] = {8, -8, -1, 1};
    const double h = 0x1p-10, at = *angle;
    long double sum = 0;
    for (unsigned k = 0; k < 4; k++) {
        *angle = at + steps[k] * h;
        sum += factors[k] * value_of(a, observable);
    }
    *angle = at;
    return (double)(sum / (12 * h));
}

static size_t angles_of(const struct stored_op *stored)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(stored->op.gate);
    return row ? row->nangles : stored->op.gate == KETSIM_GATE_PAULI_ROTATION;
}

static const char *name_of(ketsim_gate gate)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(gate);
    return row ? row->name : "rotation about a string";
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

static ketsim_observable *random_observable(unsigned n, size_t count, uint64_t *seed)
{
    ketsim_observable *observable;
    ketsim_pauli terms[16];
    char letters[16][KETSIM_MAX_QUBITS];
    int qubits[16][KETSIM_MAX_QUBITS];
    for (size_t k = 0; k < count; k++) {
        const unsigned weight = random_below(seed, n + 1);
        random_qubits(qubits[k], weight, n, seed);
        for (unsigned q = 0; q < weight; q++) letters[k][q] = "XYZ"[random_below(seed, 3)];
        terms[k] = (ketsim_pauli){random_real(seed, -1, 1), letters[k], qubits[k], weight};
    }
    CHECK_OK(ketsim_observable_new(&observable, terms, count));
    return observable;
}

static void check_ansatz(struct ansatz *a, ketsim_state *start, const ketsim_observable *observable)
{
    const double limit = ketsim_state_dtype(start) == KETSIM_COMPLEX128 ? 2e-11 : 2e-5;
    double value, gradient[MOST_ANGLES];
    ketsim_circuit *circuit = circuit_of(a);
    size_t at = 0;
    CHECK_OK(
        ketsim_gradient(start, &value, gradient, ketsim_circuit_angles(circuit), circuit, observable, NULL));
    const double expected = (double)value_of(a, observable);
    CHECK(fabs(value - expected) <= limit, "%u qubits: value %.17g, it is %.17g", a->n, value, expected);
    for (size_t k = 0; k < a->count; k++)
        for (size_t j = 0; j < angles_of(&a->ops[k]); j++, at++) {
            const double slope = slope_of(a, observable, &a->ops[k].angles[j]);
            CHECK(fabs(gradient[at] - slope) <= limit,
                  "%u qubits, operation %zu, %s, angle %zu: %.17g, it is %.17g", a->n, k,
                  name_of(a->ops[k].op.gate), j, gradient[at], slope);
        }
    CHECK(at == ketsim_circuit_angles(circuit), "%zu angles, not %zu", ketsim_circuit_angles(circuit), at);
    ketsim_circuit_free(circuit);
}

/* ---- every row --------------------------------------------------------------------------------- */

/* A gate between random ones, with so many further controls. */
static void one_row(ketsim_gate gate, unsigned ncontrols, ketsim_dtype dtype, uint64_t *seed)
{
    static struct ansatz a;
    const unsigned nqubits = row_qubits(gate);
    int chosen[KETSIM_MAX_QUBITS];
    a.n = nqubits + ncontrols + random_below(seed, 2);
    if (a.n < 2) a.n = 2;
    a.count = 7;
    for (size_t k = 0; k < a.count; k++) random_op(&a.ops[k], a.n, seed);
    struct stored_op *middle = &a.ops[3];
    *middle = (struct stored_op){.op = {.gate = gate, .nqubits = nqubits, .ncontrols = ncontrols}};
    random_qubits(chosen, nqubits + ncontrols, a.n, seed);
    memcpy(middle->qubits, chosen, nqubits * sizeof *chosen);
    memcpy(middle->controls, chosen + nqubits, ncontrols * sizeof *chosen);
    middle->op.control_values = random_below(seed, 1u << ncontrols);
    random_angles(middle->angles, seed);
    if (!random_below(seed, 4)) middle->angles[0] = 0; /* no operation then, but a slope */
    ketsim_state *start = random_state(start_psi, a.n, dtype, seed);
    ketsim_observable *observable = random_observable(a.n, 4, seed);
    check_ansatz(&a, start, observable);
    ketsim_observable_free(observable);
    ketsim_state_free(start);
}

static void every_row(uint64_t *seed)
{
    for (int gate = 0; gate < KETSIM_GATE_COUNT; gate++) {
        if (!ketsim_gate_lookup((ketsim_gate)gate)->nangles) continue;
        for (unsigned ncontrols = 0; ncontrols <= 3; ncontrols++)
            for (unsigned round = 0; round < 6; round++)
                one_row((ketsim_gate)gate, ncontrols, round % 3 ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64, seed);
    }
}

/* ---- circuits ---------------------------------------------------------------------------------- */

/* Random operations, three of four with angles. */
static void random_ansatz(struct ansatz *a, unsigned n, size_t count, uint64_t *seed)
{
    a->n = n;
    a->count = count;
    for (size_t k = 0; k < count; k++) {
        random_op(&a->ops[k], n, seed);
        while (!angles_of(&a->ops[k]) && random_below(seed, 4)) random_op(&a->ops[k], n, seed);
    }
}

static void random_circuits(unsigned n, size_t count, ketsim_dtype dtype, uint64_t *seed)
{
    static struct ansatz a;
    random_ansatz(&a, n, count, seed);
    ketsim_state *start = random_state(start_psi, n, dtype, seed);
    ketsim_observable *observable = random_observable(n, 1 + random_below(seed, 12), seed);
    check_ansatz(&a, start, observable);
    ketsim_observable_free(observable);
    ketsim_state_free(start);
}

/* A rotation about a string of any length, under at most three controls. */
static void random_string(struct stored_op *out, unsigned n, uint64_t *seed)
{
    int chosen[KETSIM_MAX_QUBITS];
    const unsigned weight = random_below(seed, n + 1), left = n - weight;
    const unsigned ncontrols = random_below(seed, left < 3 ? left + 1 : 4);
    *out = (struct stored_op){
        .op = {.gate = KETSIM_GATE_PAULI_ROTATION, .nqubits = weight, .ncontrols = ncontrols}};
    random_qubits(chosen, weight + ncontrols, n, seed);
    memcpy(out->qubits, chosen, weight * sizeof *chosen);
    memcpy(out->controls, chosen + weight, ncontrols * sizeof *chosen);
    out->op.control_values = random_below(seed, 1u << ncontrols);
    for (unsigned k = 0; k < weight; k++) out->letters[k] = "IXYZXYZ"[random_below(seed, 7)];
    out->angles[0] = random_real(seed, -3, 3);
}

/* Two strings in a row, and then another operation. */
static void strings(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    static struct ansatz a;
    a.n = n;
    a.count = 9;
    for (size_t k = 0; k < a.count; k++)
        if (k % 3 < 2) random_string(&a.ops[k], n, seed);
        else random_op(&a.ops[k], n, seed);
    ketsim_state *start = random_state(start_psi, n, dtype, seed);
    ketsim_observable *observable = random_observable(n, 6, seed);
    check_ansatz(&a, start, observable);
    ketsim_observable_free(observable);
    ketsim_state_free(start);
}

/* From a product state, with operations queued, on more qubits than the circuit has. */
static void from_label(uint64_t *seed)
{
    static struct ansatz a;
    static const char *const labels[] = {"0", "1-", "+r0", "01l+r"};
    for (unsigned k = 0; k < 4; k++) {
        const unsigned n = (unsigned)strlen(labels[k]);
        ketsim_state *start = label_state(labels[k]);
        ketsim_observable *observable = random_observable(n, 5, seed);
        random_ansatz(&a, n, 12, seed);
        oracle_label(start_psi, n, labels[k]);
        check_ansatz(&a, start, observable);
        const ketsim_op queued = {.gate = KETSIM_GATE_SX, .qubits = (int[]){0}, .nqubits = 1};
        CHECK_OK(ketsim_queue(start, &queued, 1));
        oracle_op(start_psi, n, &queued);
        check_ansatz(&a, start, observable);
        CHECK(state_error(start, start_psi) < 1e-14, "the start changed");
        ketsim_observable_free(observable);
        ketsim_state_free(start);
    }
}

/* Runs of gates on one qubit between others, read while both states are undone, which ends where it started from. */
static void runs(unsigned n, ketsim_dtype dtype, bool from_product, uint64_t *seed)
{
    static struct ansatz a;
    static const ketsim_gate gates[] = {KETSIM_GATE_RX,   KETSIM_GATE_RY, KETSIM_GATE_RZ,
                                        KETSIM_GATE_P,    KETSIM_GATE_U,  KETSIM_GATE_H,
                                        KETSIM_GATE_CNOT, KETSIM_GATE_CZ, KETSIM_GATE_SWAP};
    char label[LARGEST + 1] = {0};
    ketsim_state *start;
    a.n = n;
    a.count = 26;
    for (size_t k = 0; k < a.count; k++) {
        const ketsim_gate gate = gates[random_below(seed, sizeof gates / sizeof *gates)];
        if (k % 6 == 5) {
            random_op(&a.ops[k], n, seed);
            continue;
        }
        a.ops[k] = (struct stored_op){.op = {.gate = gate, .nqubits = row_qubits(gate)}};
        random_qubits(a.ops[k].qubits, row_qubits(gate), 4, seed); /* few, so that runs are long */
        random_angles(a.ops[k].angles, seed);
    }
    if (from_product) {
        for (unsigned q = 0; q < n; q++) label[q] = "01+-rl"[random_below(seed, 6)];
        CHECK_OK(ketsim_state_from_label(&start, label, n, dtype));
        oracle_label(start_psi, n, label);
    } else {
        start = random_state(start_psi, n, dtype, seed);
    }
    ketsim_observable *observable = random_observable(n, 8, seed);
    check_ansatz(&a, start, observable);
    ketsim_observable_free(observable);
    ketsim_state_free(start);
}

/* ---- large ------------------------------------------------------------------------------------- */

/* Layers of rotations about two axes, diagonal two-qubit gates, controlled ones, and a ladder, in a bad order. */
static ketsim_circuit *layers(unsigned n, unsigned depth, uint64_t *seed)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned layer = 0; layer < depth; layer++)
        for (int q = 0; q < (int)n; q++) {
            const double angles[] = {random_real(seed, -3, 3), random_real(seed, -3, 3),
                                     random_real(seed, -3, 3)};
            const int next = (q + 1) % (int)n, far = (q + (int)n / 2) % (int)n;
            CHECK_OK(
                ketsim_circuit_gate(circuit, layer & 1 ? KETSIM_GATE_U : KETSIM_GATE_RY, angles, (int[]){q}));
            CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RZ, angles + 1, (int[]){q}));
            CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){q, next}));
            if (layer & 1)
                CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RZZ, angles + 2, (int[]){q, far}));
            else CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CRX, angles + 2, (int[]){far, q}));
            if (q % 3 == 0) CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RXX, angles, (int[]){next, q}));
        }
    return circuit;
}

static double difference(ketsim_state *start, const ketsim_circuit *circuit,
                         const ketsim_observable *observable, size_t angle)
{
    ketsim_plan *plan, *moved;
    double values[2], angles[4096];
    size_t count = 0;
    for (size_t k = 0; k < ketsim_circuit_length(circuit); k++) {
        ketsim_op_record r;
        CHECK_OK(ketsim_circuit_get(circuit, &r, k));
        for (unsigned j = 0; j < r.nangles; j++) angles[count++] = r.angles[j];
    }
    CHECK_OK(ketsim_plan_new(&plan, circuit, NULL));
    for (unsigned side = 0; side < 2; side++) {
        ketsim_state *state;
        const double at = angles[angle];
        angles[angle] += side ? -1e-4 : 1e-4;
        CHECK_OK(ketsim_plan_bind(&moved, plan, angles, count));
        CHECK_OK(ketsim_state_clone(&state, start));
        CHECK_OK(ketsim_run_plan(state, moved, NULL));
        CHECK_OK(ketsim_expectation(state, observable, &values[side]));
        ketsim_state_free(state);
        ketsim_plan_free(moved);
        angles[angle] = at;
    }
    ketsim_plan_free(plan);
    return (values[0] - values[1]) / 2e-4;
}

/* Layers of rotations and a ladder, that lead in few passes from one tile to all. */
static ketsim_circuit *ladders(unsigned n, unsigned depth, uint64_t *seed)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned layer = 0; layer < depth; layer++) {
        for (int q = 0; q < (int)n; q++) {
            const double angles[] = {random_real(seed, -3, 3), random_real(seed, -3, 3)};
            CHECK_OK(ketsim_circuit_gate(circuit, layer & 1 ? KETSIM_GATE_RX : KETSIM_GATE_RY, angles,
                                         (int[]){q}));
            CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RZ, angles + 1, (int[]){q}));
        }
        for (int q = 0; q + 1 < (int)n; q++)
            CHECK_OK(ketsim_circuit_gate(circuit, layer % 3 ? KETSIM_GATE_CNOT : KETSIM_GATE_CZ, NULL,
                                         (int[]){q, q + 1}));
        if (layer == 1)
            CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_SWAP, NULL, (int[]){0, (int)n - 1}));
    }
    return circuit;
}

/* Layers of diagonal gates on two qubits and more, under controls on |0> and |1>, between rotations. */
static ketsim_circuit *phases(unsigned n, unsigned depth, uint64_t *seed)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned layer = 0; layer < depth; layer++) {
        for (unsigned k = 0; k < 2 * n; k++) {
            static const ketsim_gate gates[] = {KETSIM_GATE_RZZ, KETSIM_GATE_CP, KETSIM_GATE_CRZ,
                                                KETSIM_GATE_RZ, KETSIM_GATE_P};
            struct stored_op stored = {
                .op = {.gate = gates[k % 5], .ncontrols = k % 3 ? 0 : random_below(seed, 5)}};
            int chosen[6];
            stored.op.nqubits = row_qubits(stored.op.gate);
            random_qubits(chosen, stored.op.nqubits + (unsigned)stored.op.ncontrols, n, seed);
            memcpy(stored.qubits, chosen, stored.op.nqubits * sizeof *chosen);
            memcpy(stored.controls, chosen + stored.op.nqubits, stored.op.ncontrols * sizeof *chosen);
            stored.op.control_values = random_below(seed, 1u << stored.op.ncontrols);
            random_angles(stored.angles, seed);
            const ketsim_op op = op_of(&stored);
            CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
        }
        for (int q = 0; q < (int)n; q++)
            CHECK_OK(ketsim_circuit_gate(circuit, layer & 1 ? KETSIM_GATE_RY : KETSIM_GATE_RX,
                                         (double[]){random_real(seed, -3, 3)}, (int[]){q}));
    }
    return circuit;
}

/* Tiles, cuts and plans of many passes: differences to 1e-7, and the same bits on any number of threads. */
static void large(ketsim_state *start, ketsim_circuit *circuit, uint64_t *seed)
{
    const unsigned n = ketsim_state_nqubits(start);
    ketsim_observable *observable = random_observable(n, 12, seed);
    const size_t count = ketsim_circuit_angles(circuit);
    double *gradient = malloc(2 * count * sizeof *gradient), value, again;
    CHECK(gradient, "no memory");
    CHECK_OK(ketsim_gradient(start, &value, gradient, count, circuit, observable, NULL));
    for (unsigned k = 0; k < 12 / FEWER; k++) {
        const size_t angle = random_below(seed, (unsigned)count);
        const double slope = difference(start, circuit, observable, angle);
        CHECK(fabs(gradient[angle] - slope) < 1e-7, "%u qubits, angle %zu: %.12g, differences give %.12g", n,
              angle, gradient[angle], slope);
    }
    static const unsigned threads[] = {1, 2, 3, 8};
    for (unsigned k = 0; k < 4; k++) {
        const ketsim_run_options options = {.threads = threads[k]};
        CHECK_OK(ketsim_gradient(start, &again, gradient + count, count, circuit, observable, &options));
        CHECK(again == value && !memcmp(gradient, gradient + count, count * sizeof *gradient),
              "%u qubits: %u threads give other bits", n, threads[k]);
    }
    free(gradient);
    ketsim_observable_free(observable);
    ketsim_circuit_free(circuit);
    ketsim_state_free(start);
}

/* ---- kernels, weights, stops ------------------------------------------------------------------- */

static void every_isa(ketsim_state *start, ketsim_circuit *circuit, uint64_t *seed)
{
    static const char *const isas[] = {"base", "avx2", "avx512", "neon"};
    const char *const before = ketsim_isa();
    ketsim_observable *observable = random_observable(ketsim_state_nqubits(start), 6, seed);
    const size_t count = ketsim_circuit_angles(circuit);
    double first[512], other[512], value;
    CHECK(count < 512, "%zu angles", count);
    const double limit = ketsim_state_dtype(start) == KETSIM_COMPLEX128 ? 1e-12 : 1e-4;
    CHECK_OK(ketsim_gradient(start, &value, first, count, circuit, observable, NULL));
    for (unsigned k = 0; k < sizeof isas / sizeof *isas; k++) {
        if (!ketsim_isa_available(isas[k])) continue;
        CHECK_OK(ketsim_set_isa(isas[k]));
        CHECK_OK(ketsim_gradient(start, &value, other, count, circuit, observable, NULL));
        const bool fused = strcmp(isas[k], "base") && strcmp(before, "base");
        if (fused)
            CHECK(!memcmp(first, other, count * sizeof *first), "%s: other bits than %s", isas[k], before);
        for (size_t j = 0; j < count; j++)
            CHECK(fabs(first[j] - other[j]) < limit, "%s: angle %zu: %.17g, not %.17g", isas[k], j, other[j],
                  first[j]);
    }
    CHECK_OK(ketsim_set_isa(before));
    ketsim_state_free(start);
    ketsim_observable_free(observable);
    ketsim_circuit_free(circuit);
}

/* A weighted sum of gradients; of no observables it is 0. */
static void products(uint64_t *seed)
{
    enum { N = 5, COUNT = 3 };
    ketsim_circuit *circuit = random_circuit(N, 40, seed, NULL);
    ketsim_state *start = random_state(start_psi, N, KETSIM_COMPLEX128, seed);
    const size_t count = ketsim_circuit_angles(circuit);
    double sum[256] = {0}, one[256], together[256], values[COUNT], value;
    const double weights[COUNT] = {0.5, 0, -2};
    ketsim_observable *observables[COUNT];
    CHECK(count < 256, "%zu angles", count);
    for (unsigned k = 0; k < COUNT; k++) observables[k] = random_observable(N, 4, seed);
    CHECK_OK(ketsim_vjp(start, values, together, count, circuit,
                        (const ketsim_observable *const *)observables, weights, COUNT, NULL));
    for (unsigned k = 0; k < COUNT; k++) {
        CHECK_OK(ketsim_gradient(start, &value, one, count, circuit, observables[k], NULL));
        CHECK(value == values[k], "value %u: %.17g, alone %.17g", k, values[k], value);
        for (size_t j = 0; j < count; j++) sum[j] += weights[k] * one[j];
        ketsim_observable_free(observables[k]);
    }
    for (size_t j = 0; j < count; j++)
        CHECK(fabs(sum[j] - together[j]) < 1e-13, "angle %zu: %.17g, not %.17g", j, together[j], sum[j]);
    CHECK_OK(ketsim_vjp(start, NULL, together, count, circuit, NULL, NULL, 0, NULL));
    for (size_t j = 0; j < count; j++) CHECK(together[j] == 0, "angle %zu: %g of nothing", j, together[j]);
    ketsim_state_free(start);
    ketsim_circuit_free(circuit);
}

static bool refuse(void *context, double done)
{
    *(double *)context = done;
    return false;
}

/* Stopped by a flag, a deadline or the poll function: nothing is written, and the start is as it was. */
static void stops(uint64_t *seed)
{
    enum { N = 16 };
    ketsim_cancel *cancel;
    double value = 7, done = -1;
    ketsim_state *start = new_state(N, KETSIM_COMPLEX128);
    ketsim_circuit *circuit = layers(N, 12, seed);
    ketsim_observable *observable = random_observable(N, 12, seed);
    const size_t count = ketsim_circuit_angles(circuit);
    double *gradient = calloc(count, sizeof *gradient);
    CHECK(gradient, "no memory");
    CHECK_OK(ketsim_cancel_new(&cancel));
    const uint64_t before = state_hash(start);
    const ketsim_run_options late = {.timeout_ms = 1}, asked = {.poll = refuse, .poll_context = &done},
                             flagged = {.cancel = cancel}, generation = {.expect_generation = 99};
    CHECK_FAILS(KETSIM_ERR_DEADLINE,
                ketsim_gradient(start, &value, gradient, count, circuit, observable, &late),
                "timeout_ms = 1");
    CHECK_FAILS(KETSIM_ERR_CANCELLED,
                ketsim_gradient(start, &value, gradient, count, circuit, observable, &asked), "poll");
    CHECK(done >= 0 && done < 1, "poll was told %g", done); /* 0 while it plans */
    ketsim_cancel_raise(cancel);
    CHECK_FAILS(KETSIM_ERR_CANCELLED,
                ketsim_gradient(start, &value, gradient, count, circuit, observable, &flagged), "cancelled");
    CHECK_FAILS(KETSIM_ERR_BUSY,
                ketsim_gradient(start, &value, gradient, count, circuit, observable, &generation), "99");
    CHECK(value == 7, "something was written");
    for (size_t k = 0; k < count; k++) CHECK(gradient[k] == 0, "something was written");
    CHECK(state_hash(start) == before, "the start changed");
    ketsim_cancel_free(cancel);
    free(gradient);
    ketsim_observable_free(observable);
    ketsim_circuit_free(circuit);
    ketsim_state_free(start);
}

/* ---- bad input --------------------------------------------------------------------------------- */

static void bad_input(void)
{
    double value = 7, gradient[2] = {7, 7};
    ketsim_circuit *circuit, *wide;
    ketsim_observable *observable, *far;
    ketsim_state *start = new_state(2, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_circuit_new(&circuit, 2));
    CHECK_OK(ketsim_circuit_new(&wide, 3));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RX, (double[]){0.5}, (int[]){1}));
    CHECK_OK(ketsim_observable_parse(&observable, "Z1", 2));
    CHECK_OK(ketsim_observable_parse(&far, "Z2", 2));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gradient(start, &value, gradient, 2, circuit, observable, NULL),
                "derivatives by 2 angles: the circuit has 1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gradient(start, &value, gradient, 0, wide, observable, NULL),
                "circuit on 3 qubits: must have at most 2");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gradient(start, &value, gradient, 1, circuit, far, NULL),
                "observable acts on qubit 2: the state has 2");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_vjp(start, &value, gradient, 1, circuit,
                           (const ketsim_observable *const[]){observable}, (double[]){NAN}, 1, NULL),
                "weight 0 is nan: must be finite");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_gradient(start, &value, gradient, 1, circuit, observable,
                                &(ketsim_run_options){.threads = KETSIM_MAX_THREADS + 1}),
                "1025 threads: must be 0..1024");
    CHECK_OK(ketsim_state_close(start));
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_gradient(start, &value, gradient, 1, circuit, observable, NULL),
                "closed");
    CHECK(value == 7 && gradient[0] == 7 && gradient[1] == 7, "something was written");
    ketsim_observable_free(observable);
    ketsim_observable_free(far);
    ketsim_circuit_free(wide);
    ketsim_circuit_free(circuit);
    ketsim_state_free(start);
}

int main(void)
{
    uint64_t seed = 60;
    every_row(&seed);
    for (unsigned n = 1; n <= 6; n++)
        for (unsigned round = 0; round < (12 + FEWER - 1) / FEWER; round++)
            random_circuits(n, 5 + random_below(&seed, 20), round % 4 ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64,
                            &seed);
    for (unsigned n = 1; n <= 7; n++)
        for (unsigned round = 0; round < (12 + FEWER - 1) / FEWER; round++)
            strings(n, round % 4 ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64, &seed);
    strings(12, KETSIM_COMPLEX128, &seed);
    random_circuits(12, 8, KETSIM_COMPLEX128, &seed);
    random_circuits(LARGEST, 6, KETSIM_COMPLEX64, &seed);
    from_label(&seed);
    for (unsigned round = 0; round < 6; round++)
        runs(11 + round % 3, round & 2 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128, round & 1, &seed);
    large(new_state(14, KETSIM_COMPLEX128), layers(14, 3, &seed), &seed);
    if (FEWER == 1) large(new_state(17, KETSIM_COMPLEX128), layers(17, 3, &seed), &seed);
    if (FEWER == 1) large(new_state(18, KETSIM_COMPLEX128), ladders(18, 5, &seed), &seed);
    large(label_state("01+-rl01+-rl01+"), ladders(15, 7, &seed), &seed);
    large(label_state("-+r0l1-+r0l1-+"), random_circuit(14, 300, &seed, NULL), &seed);
    large(random_state(start_psi, LARGEST, KETSIM_COMPLEX128, &seed), ladders(LARGEST, 6, &seed), &seed);
    for (unsigned n = 6; n <= 16; n += 5)
        for (unsigned k = 0; k < 2; k++)
            large(k ? random_state(start_psi, n < LARGEST ? n : LARGEST, KETSIM_COMPLEX128, &seed)
                    : new_state(n, KETSIM_COMPLEX128),
                  phases(k && n > LARGEST ? LARGEST : n, 3, &seed), &seed);
    every_isa(new_state(14, KETSIM_COMPLEX128), phases(14, 3, &seed), &seed);
    every_isa(new_state(7, KETSIM_COMPLEX64), phases(7, 3, &seed), &seed);
    every_isa(random_state(start_psi, 9, KETSIM_COMPLEX128, &seed), layers(9, 2, &seed), &seed);
    every_isa(new_state(14, KETSIM_COMPLEX128), ladders(14, 6, &seed), &seed);
    every_isa(new_state(15, KETSIM_COMPLEX64), ladders(15, 6, &seed), &seed);
    every_isa(random_state(start_psi, 12, KETSIM_COMPLEX128, &seed), layers(12, 2, &seed), &seed);
    products(&seed);
    stops(&seed);
    bad_input();
    return 0;
}
