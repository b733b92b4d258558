/* On 1 to 5 qubits, every row and matrices of every form, on every placement of their qubits, under every
 * choice of up to two further controls and their values: the same as the definition, in both precisions,
 * with every kernel set, by every way to run an operation, as a transaction and in place. */
#include <math.h>

#include "helpers.h"

enum { MAX_QUBITS = 5, MAX_CONTROLS = 2 };
static const double tolerances[] = {1e-14, 1e-6}; /* by dtype */
static const char *const isas[] = {"base", "avx2", "avx512", "neon"};
static const ketsim_dtype dtypes[] = {KETSIM_COMPLEX128, KETSIM_COMPLEX64};

union amplitudes {
    double wide[2 << MAX_QUBITS];
    float narrow[2 << MAX_QUBITS];
};

/* What is compared: a random vector, and a state of each mode to load it into. */
static struct subject {
    unsigned n;
    ketsim_dtype dtype;
    oracle_amp psi[1 << MAX_QUBITS];
    union amplitudes amplitudes;
    ketsim_state *state[2]; /* transactional, in place */
} subjects[2];

static unsigned long operations, cases;
static double worst[2];

/* ---- ways to run one operation ------------------------------------------------------------------ */

static void by_circuit(ketsim_state *state, const ketsim_op *op)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, ketsim_state_nqubits(state)));
    CHECK_OK(ketsim_circuit_append(circuit, op, 1));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    ketsim_circuit_free(circuit);
}

static void by_ops(ketsim_state *state, const ketsim_op *op)
{
    CHECK_OK(ketsim_apply_ops(state, op, 1, NULL));
}

static void by_queue(ketsim_state *state, const ketsim_op *op)
{
    CHECK_OK(ketsim_queue(state, op, 1));
    CHECK(ketsim_pending(state) == 1, "%zu operations queued", ketsim_pending(state));
    CHECK_OK(ketsim_run(state, NULL));
    CHECK(ketsim_pending(state) == 0, "%zu operations left after the run", ketsim_pending(state));
}

static void by_gate(ketsim_state *state, const ketsim_op *op)
{
    CHECK_OK(ketsim_apply_gate(state, op->gate, op->angles, op->qubits));
}

static const struct way {
    const char *name;
    void (*run)(ketsim_state *state, const ketsim_op *op);
    bool rows_only; /* takes neither a matrix nor further controls */
} ways[] = {{"circuit", by_circuit, false},
            {"ops", by_ops, false},
            {"queue", by_queue, false},
            {"gate", by_gate, true}};

/* ---- one operation ------------------------------------------------------------------------------ */

static const char *describe(const ketsim_op *op, unsigned n)
{
    static char text[256];
    const ketsim_gate_info *info = ketsim_gate_lookup(op->gate);
    int length = snprintf(text, sizeof text, "%s on %u qubits: qubits", info ? info->name : "a matrix", n);
    for (size_t k = 0; k < op->nqubits; k++)
        length += snprintf(text + length, sizeof text - (size_t)length, " %d", op->qubits[k]);
    for (size_t k = 0; k < op->ncontrols; k++)
        length += snprintf(text + length, sizeof text - (size_t)length, ", control %d = %d", op->controls[k],
                           (int)(op->control_values >> k & 1));
    if (info && info->nangles)
        snprintf(text + length, sizeof text - (size_t)length, ", angle %g", op->angles[0]);
    return text;
}

static void compare(const struct subject *s, const ketsim_op *op, const oracle_amp *expected, unsigned mode,
                    const struct way *way, const char *isa)
{
    union amplitudes out;
    uint64_t length = UINT64_C(1) << s->n, generation;
    CHECK_OK(ketsim_state_set(s->state[mode], &s->amplitudes, length, false));
    generation = ketsim_state_generation(s->state[mode]);
    way->run(s->state[mode], op);
    CHECK(ketsim_state_generation(s->state[mode]) == generation + 1, "%s: not one commit",
          describe(op, s->n));
    CHECK_OK(ketsim_get_amplitudes(s->state[mode], &out, 0, length));
    double error = oracle_error(expected, &out, s->n, s->dtype);
    CHECK(error <= tolerances[s->dtype], "%s: off by %g (%s, %s, %s, by %s)", describe(op, s->n), error, isa,
          s->dtype == KETSIM_COMPLEX64 ? "complex64" : "complex128", mode ? "in place" : "transaction",
          way->name);
    worst[s->dtype] = fmax(worst[s->dtype], error);
    cases++;
}

static void check_isa(const ketsim_op *op, oracle_amp expected[][1 << MAX_QUBITS], const char *isa)
{
    bool plain = op->gate != KETSIM_GATE_UNITARY && op->ncontrols == 0;
    CHECK_OK(ketsim_set_isa(isa));
    for (unsigned d = 0; d < 2; d++)
        for (unsigned mode = 0; mode < 2; mode++)
            for (unsigned w = 0; w < sizeof ways / sizeof *ways; w++)
                if (plain || !ways[w].rows_only) compare(&subjects[d], op, expected[d], mode, &ways[w], isa);
}

static void check_op(const ketsim_op *op)
{
    oracle_amp expected[2][1 << MAX_QUBITS];
    unsigned n = subjects[0].n;
    for (unsigned d = 0; d < 2; d++) {
        memcpy(expected[d], subjects[d].psi, sizeof expected[d]);
        oracle_op(expected[d], n, op);
    }
    for (unsigned k = 0; k < sizeof isas / sizeof *isas; k++)
        if (ketsim_isa_available(isas[k])) check_isa(op, expected, isas[k]);
    operations++;
}

/* ---- all placements ----------------------------------------------------------------------------- */

/* Calls back with each way to choose count different qubits, in order, out of those not yet in used. */
static void each_choice(unsigned n, unsigned used, int *chosen, unsigned count, unsigned done,
                        void (*then)(unsigned used, void *context), void *context)
{
    if (done == count) {
        then(used, context);
        return;
    }
    for (unsigned q = 0; q < n; q++) {
        if (used >> q & 1) continue;
        chosen[done] = (int)q;
        each_choice(n, used | 1u << q, chosen, count, done + 1, then, context);
    }
}

static void with_controls(unsigned used, void *context)
{
    ketsim_op *op = context;
    (void)used;
    for (op->control_values = 0; op->control_values < UINT64_C(1) << op->ncontrols; op->control_values++)
        check_op(op);
    op->control_values = 0;
}

static int placed_qubits[KETSIM_MAX_QUBITS], placed_controls[KETSIM_MAX_QUBITS];

static void with_qubits(unsigned used, void *context)
{
    ketsim_op *op = context;
    unsigned n = subjects[0].n;
    for (unsigned count = 0; count <= MAX_CONTROLS && count + op->nqubits <= n; count++) {
        op->ncontrols = count;
        op->controls = count ? placed_controls : NULL;
        each_choice(n, used, placed_controls, count, 0, with_controls, op);
    }
}

static void every_placement(ketsim_op op)
{
    op.qubits = placed_qubits;
    if (op.nqubits <= subjects[0].n)
        each_choice(subjects[0].n, 0, placed_qubits, (unsigned)op.nqubits, 0, with_qubits, &op);
}

/* ---- the rows, and matrices of every form ------------------------------------------------------- */

/* Random angles, and those at which rows become diagonal, a permutation, or real. */
static void row(ketsim_gate gate, uint64_t *seed)
{
    static const double special[][3] = {{0, 0, 0}, {M_PI, 0, M_PI}, {M_PI / 2, -M_PI / 2, M_PI / 2}};
    double angles[KETSIM_MAX_ANGLES];
    ketsim_op op = {.gate = gate, .nqubits = row_qubits(gate)};
    random_angles(angles, seed);
    if (ketsim_gate_lookup(gate)->nangles) op.angles = angles;
    every_placement(op);
    if (!op.angles) return;
    for (unsigned k = 0; k < sizeof special / sizeof *special; k++) {
        op.angles = special[k];
        every_placement(op);
    }
}

/* One entry of modulus 1 in each row i, in column map[i]. */
static void permutation(unsigned nqubits, const unsigned *map, bool real, uint64_t *seed)
{
    unsigned rows = 1u << nqubits;
    ketsim_complex m[16] = {{0, 0}};
    for (unsigned i = 0; i < rows; i++) {
        double angle = random_real(seed, 0, 2 * M_PI);
        m[i * rows + map[i]] = real ? (ketsim_complex){i & 1 ? -1 : 1, 0}
                                    : (ketsim_complex){cos(angle), sin(angle)};
    }
    every_placement((ketsim_op){.gate = KETSIM_GATE_UNITARY, .nqubits = nqubits, .matrix = m});
}

/* 1 (+) u or u (+) 1 in the order of the first qubit, or with the qubits' roles exchanged. */
static void block(bool low, bool exchanged, uint64_t *seed)
{
    ketsim_complex u[4], m[16] = {{0, 0}};
    oracle_random_unitary(u, 1, seed);
    for (unsigned i = 0; i < 2; i++)
        for (unsigned j = 0; j < 2; j++) {
            unsigned on = low ? 0 : 1, off = 1 - on;
            unsigned a = exchanged ? 2 * i + on : 2 * on + i, b = exchanged ? 2 * j + on : 2 * on + j;
            unsigned c = exchanged ? 2 * i + off : 2 * off + i;
            m[4 * a + b] = u[2 * i + j];
            if (i == j) m[4 * c + c] = (ketsim_complex){1, 0};
        }
    every_placement((ketsim_op){.gate = KETSIM_GATE_UNITARY, .nqubits = 2, .matrix = m});
}

static void matrices(uint64_t *seed)
{
    ketsim_complex m[16];
    for (unsigned nqubits = 1; nqubits <= 2; nqubits++)
        for (unsigned trial = 0; trial < 2; trial++) {
            oracle_random_unitary(m, nqubits, seed);
            every_placement((ketsim_op){.gate = KETSIM_GATE_UNITARY, .nqubits = nqubits, .matrix = m});
        }
    for (unsigned real = 0; real < 2; real++) {
        permutation(1, (unsigned[]){0, 1}, real, seed);
        permutation(1, (unsigned[]){1, 0}, real, seed);
        permutation(2, (unsigned[]){0, 1, 2, 3}, real, seed);
        permutation(2, (unsigned[]){3, 2, 1, 0}, real, seed);
        permutation(2, (unsigned[]){0, 2, 1, 3}, real, seed);
        permutation(2, (unsigned[]){2, 3, 1, 0}, real, seed);
    }
    for (unsigned k = 0; k < 4; k++) block(k & 1, k >> 1, seed);
}

static void prepare(struct subject *s, unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    *s = (struct subject){.n = n, .dtype = dtype};
    oracle_random(s->psi, &s->amplitudes, n, dtype, seed);
    for (unsigned mode = 0; mode < 2; mode++) {
        s->state[mode] = new_state(n, dtype);
        CHECK_OK(ketsim_state_set_inplace(s->state[mode], mode));
    }
}

static void on_qubits(unsigned n)
{
    uint64_t seed = 7 * n;
    for (unsigned d = 0; d < 2; d++) prepare(&subjects[d], n, dtypes[d], &seed);
    for (ketsim_gate gate = 0; gate < KETSIM_GATE_COUNT; gate++) row(gate, &seed);
    matrices(&seed);
    for (unsigned d = 0; d < 2; d++)
        for (unsigned mode = 0; mode < 2; mode++) ketsim_state_free(subjects[d].state[mode]);
}

int main(void)
{
    for (unsigned k = 0; k < sizeof isas / sizeof *isas; k++)
        if (!ketsim_isa_available(isas[k])) printf("%-8s skipped: not built, or not on this CPU\n", isas[k]);
    for (unsigned n = 1; n <= MAX_QUBITS; n++) on_qubits(n);
    printf("%lu operations, %lu cases; largest error %.2g in complex128, %.2g in complex64\n", operations,
           cases, worst[KETSIM_COMPLEX128], worst[KETSIM_COMPLEX64]);
    return EXIT_SUCCESS;
}
