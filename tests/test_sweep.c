/* Sweeps: each row has the bits of its own run, for any number of threads and any split; expectations and counts
 * against the states, to the bit unless operations are left out that no observable feels; starts, failures, stops, limits. */
#include <math.h>

#include "helpers.h"

enum { ROWS = 13 };

static ketsim_status rotate(ketsim_circuit *circuit, ketsim_gate gate, unsigned parameter, int qubit)
{
    char name[16];
    snprintf(name, sizeof name, "p%u", parameter);
    const ketsim_linear linear = {&(ketsim_term){name, 1 + 0.25 * parameter}, 1};
    const ketsim_op op = {
        .gate = gate, .angles = (double[]){0.125}, .linear = &linear, .qubits = &qubit, .nqubits = 1};
    return ketsim_circuit_append(circuit, &op, 1);
}

/* Layers of rotations by parameters, and CNOTs. */
static ketsim_circuit *ansatz(unsigned n, unsigned layers)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned layer = 0; layer < layers; layer++)
        for (unsigned q = 0; q < n; q++) {
            CHECK_OK(rotate(circuit, layer % 2 ? KETSIM_GATE_RZ : KETSIM_GATE_RY, layer * n + q, (int)q));
            if (n > 1)
                CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL,
                                             (int[]){(int)q, (int)((q + 1) % n)}));
        }
    return circuit;
}

static double *random_values(size_t count)
{
    uint64_t seed = 7;
    double *values = malloc(count * sizeof *values);
    CHECK(values, "no memory for %zu values", count);
    for (size_t k = 0; k < count; k++) values[k] = random_real(&seed, -4, 4);
    return values;
}

struct sweep_case {
    unsigned n, layers;
    ketsim_dtype dtype;
    const char *start; /* NULL: |0...0> */
    bool direct;       /* runs without a plan */
};

struct sweep {
    struct sweep_case is;
    ketsim_circuit *circuit;
    size_t nvalues, bytes; /* of a row of amplitudes */
    double *values;
    ketsim_state *start;
    ketsim_sweep_options options;
};

static struct sweep new_sweep(struct sweep_case is)
{
    struct sweep s = {.is = is, .circuit = ansatz(is.n, is.layers)};
    s.nvalues = ketsim_circuit_nparameters(s.circuit);
    s.values = random_values(ROWS * s.nvalues);
    s.bytes = (size_t)(is.dtype == KETSIM_COMPLEX64 ? 8 : 16) << is.n;
    s.options.dtype = is.dtype;
    if (is.start) {
        CHECK_OK(ketsim_state_from_label(&s.start, is.start, strlen(is.start), is.dtype));
        CHECK_OK(ketsim_queue(
            s.start,
            &(ketsim_op){
                .gate = KETSIM_GATE_RX, .angles = (double[]){0.7}, .qubits = (int[]){0}, .nqubits = 1},
            1));
        s.options.state = s.start;
    }
    return s;
}

static void free_sweep(struct sweep *s)
{
    ketsim_state_free(s->start);
    ketsim_circuit_free(s->circuit);
    free(s->values);
}

/* The state of a row, run alone. */
static ketsim_state *alone(struct sweep *s, size_t row)
{
    ketsim_circuit *bound;
    ketsim_state *state;
    CHECK_OK(ketsim_circuit_bind(&bound, s->circuit, s->values + row * s->nvalues, s->nvalues));
    if (s->start) CHECK_OK(ketsim_state_clone(&state, s->start));
    else state = new_state(s->is.n, s->is.dtype);
    CHECK_OK(s->is.direct ? ketsim_apply_once(state, bound, NULL) : ketsim_apply(state, bound, NULL));
    ketsim_circuit_free(bound);
    return state;
}

static unsigned char *states_of(struct sweep *s, size_t first, size_t count, unsigned threads)
{
    unsigned char *out = malloc(count * s->bytes);
    CHECK(out, "no memory for %zu states", count);
    s->options.max_concurrency = threads;
    CHECK_OK(
        ketsim_sweep_states(s->circuit, out, s->values + first * s->nvalues, count, s->nvalues, &s->options));
    return out;
}

static void same_states(struct sweep *s)
{
    unsigned char *all = states_of(s, 0, ROWS, 0);
    for (size_t row = 0; row < ROWS; row++) {
        ketsim_state *state = alone(s, row);
        CHECK(hash_bytes(all + row * s->bytes, s->bytes) == state_hash(state), "row %zu is not its own run",
              row);
        ketsim_state_free(state);
    }
    for (unsigned threads = 1; threads < 4; threads++) {
        unsigned char *again = states_of(s, threads, ROWS - threads, threads);
        CHECK(!memcmp(again, all + threads * s->bytes, (ROWS - threads) * s->bytes), "%u threads: other bits",
              threads);
        free(again);
    }
    free(all);
}

enum { OBSERVABLES = 4 };

/* The last one is felt by every operation: X on all qubits. */
static void parse_observables(const ketsim_observable **out, unsigned n)
{
    static const char *const texts[] = {"Z0", "0.5 X0 X1 + Y1 - 2 Z0 Z1", "3"};
    ketsim_observable *parsed;
    char all[KETSIM_MAX_QUBITS * 4 + 16] = "";
    for (unsigned q = 0; q < n; q++) snprintf(all + strlen(all), 16, "X%u ", q);
    for (unsigned k = 0; k < OBSERVABLES; k++) {
        const char *const text = k < OBSERVABLES - 1 ? texts[k] : all;
        CHECK_OK(ketsim_observable_parse(&parsed, text, strlen(text)));
        out[k] = parsed;
    }
}

/* Those of the states of rows run alone: the bits when no operation is left out, else the numbers. */
static void check_expectations(struct sweep *s, const double *out, const ketsim_observable *const *o,
                               size_t count, bool whole)
{
    const double tolerance = whole ? 0 : s->is.dtype == KETSIM_COMPLEX128 ? 1e-13 : 1e-5;
    double wanted[OBSERVABLES];
    for (size_t row = 0; row < ROWS; row++) {
        ketsim_state *state = alone(s, row);
        CHECK_OK(ketsim_expectations(state, o, count, wanted));
        for (size_t k = 0; k < count; k++)
            CHECK(fabs(wanted[k] - out[row * count + k]) <= tolerance,
                  "row %zu, observable %zu: %.17g, not %.17g", row, k, out[row * count + k], wanted[k]);
        ketsim_state_free(state);
    }
}

/* The same bits for any number of threads and any split. */
static void expectations_of(struct sweep *s, const ketsim_observable *const *o, size_t count, bool whole)
{
    double out[ROWS * OBSERVABLES], again[ROWS * OBSERVABLES];
    s->options.max_concurrency = 0;
    CHECK_OK(ketsim_sweep_expectations(s->circuit, out, o, count, s->values, ROWS, s->nvalues, &s->options));
    check_expectations(s, out, o, count, whole);
    for (unsigned threads = 1; threads < 4; threads++) {
        const size_t rows = ROWS - threads;
        s->options.max_concurrency = threads;
        CHECK_OK(ketsim_sweep_expectations(s->circuit, again, o, count, s->values + threads * s->nvalues,
                                           rows, s->nvalues, &s->options));
        CHECK(!memcmp(again, out + threads * count, rows * count * sizeof *out), "%u threads: other bits",
              threads);
    }
}

static void same_expectations(struct sweep *s)
{
    const ketsim_observable *o[OBSERVABLES];
    parse_observables(o, s->is.n);
    expectations_of(s, o, OBSERVABLES, true);
    expectations_of(s, o, OBSERVABLES - 1, false);
    for (unsigned k = 0; k < OBSERVABLES; k++) {
        expectations_of(s, &o[k], 1, k == OBSERVABLES - 1);
        ketsim_observable_free((ketsim_observable *)o[k]);
    }
}

static void same_counts(struct sweep *s)
{
    enum { SHOTS = 300 };
    const uint64_t seed = 5, size = UINT64_C(1) << s->is.n;
    uint64_t *counts = malloc(ROWS * size * sizeof *counts), outcomes[SHOTS];
    CHECK(counts, "no memory for counts");
    CHECK_OK(ketsim_sweep_counts(s->circuit, counts, SHOTS, &seed, s->values, ROWS, s->nvalues, &s->options));
    for (size_t row = 0; row < ROWS; row++) {
        ketsim_state *state = alone(s, row);
        const uint64_t own = ketsim_batch_seed(seed, row);
        CHECK_OK(ketsim_sample(state, outcomes, SHOTS, NULL, 0, &own));
        for (unsigned k = 0; k < SHOTS; k++) counts[row * size + outcomes[k]]--;
        for (uint64_t k = 0; k < size; k++) CHECK(!counts[row * size + k], "row %zu has other counts", row);
        ketsim_state_free(state);
    }
    free(counts);
}

static void same_bits(void)
{
    static const struct sweep_case cases[] = {
        {1, 3, KETSIM_COMPLEX128, NULL, true},  {5, 4, KETSIM_COMPLEX64, NULL, true},
        {10, 2, KETSIM_COMPLEX128, NULL, true}, {12, 3, KETSIM_COMPLEX128, NULL, false},
        {3, 2, KETSIM_COMPLEX128, "+r0", true}, {13, 2, KETSIM_COMPLEX64, "01+-rl0101010", false},
        {18, 1, KETSIM_COMPLEX64, NULL, false},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct sweep s = new_sweep(cases[k]);
        same_states(&s);
        if (s.is.n > 1) same_expectations(&s);
        same_counts(&s);
        free_sweep(&s);
    }
}

/* ---- failures and stops ------------------------------------------------------------------------- */

static void refused(void)
{
    struct sweep s = new_sweep((struct sweep_case){2, 1, KETSIM_COMPLEX128, NULL, true});
    ketsim_state *one = new_state(1, KETSIM_COMPLEX128);
    ketsim_observable *far, *three;
    ketsim_complex out[ROWS][4];
    double z[ROWS];
    CHECK_OK(ketsim_observable_parse(&far, "Z2", 2));
    CHECK_OK(ketsim_observable_parse(&three, "3", 1));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sweep_states(s.circuit, out, s.values, ROWS, 3, NULL), "p0, p1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_sweep_states(s.circuit, out, s.values, ROWS, 2, &(ketsim_sweep_options){.state = one}),
                "2 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_sweep_states(s.circuit, out, s.values, ROWS, 2,
                                    &(ketsim_sweep_options){.dtype = (ketsim_dtype)9}),
                "dtype");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_sweep_expectations(s.circuit, z, (const ketsim_observable *const *)&far, 1, s.values,
                                          ROWS, 2, NULL),
                "qubit 2");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_sweep_counts(s.circuit, (uint64_t *)out, UINT64_MAX, NULL, s.values, 1, 2, NULL),
                "shots");
    CHECK_FAILS(
        KETSIM_ERR_MEMORY,
        ketsim_sweep_states(s.circuit, out, s.values, ROWS, 2, &(ketsim_sweep_options){.memory_limit = 8}),
        "memory_limit");
    s.values[2 * 3] = 1.7e308; /* a factor takes it beyond the largest double */
    s.values[2 * 7 + 1] = s.values[2 * 10 + 1] = 1.7e308;
    s.values[2 * 3] = 0;
    for (unsigned k = 0; k < 20; k++)
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sweep_states(s.circuit, out, s.values, ROWS, 2, NULL),
                    "row 7: RY, operation 2: angle 0 is inf");
    for (unsigned k = 0; k < 20; k++) /* though the number 3 feels nothing */
        CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                    ketsim_sweep_expectations(s.circuit, z, (const ketsim_observable *const *)&three, 1,
                                              s.values, ROWS, 2, NULL),
                    "row 7: RY, operation 2: angle 0 is inf");
    s.values[2 * 3] = NAN;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sweep_states(s.circuit, out, s.values, ROWS, 2, NULL),
                "row 3: parameter p0 is nan");
    CHECK_OK(ketsim_sweep_states(s.circuit, out, s.values, 0, 2, NULL));
    ketsim_observable_free(far);
    ketsim_observable_free(three);
    ketsim_state_free(one);
    free_sweep(&s);
}

static bool count_polls(void *context, double done)
{
    unsigned *polls = context;
    CHECK(done >= 0 && done <= 1, "%g done", done);
    return ++*polls < 3;
}

/* Enough rows for seconds, of which one is stopped in each way. */
static void stopped(unsigned n)
{
    struct sweep s = new_sweep((struct sweep_case){n, 12, KETSIM_COMPLEX128, NULL, n <= 10});
    const size_t rows = n <= 10 ? 200000 : 500;
    ketsim_observable *z;
    ketsim_cancel *cancel;
    unsigned polls = 0;
    double *out = malloc(rows * sizeof *out), *values = random_values(rows * s.nvalues);
    CHECK(out, "no memory");
    CHECK_OK(ketsim_observable_parse(&z, "Z0", 2));
    CHECK_OK(ketsim_cancel_new(&cancel));
    const ketsim_observable *const *observables = (const ketsim_observable *const *)&z;
    s.options.poll = count_polls;
    s.options.poll_context = &polls;
    CHECK_FAILS(
        KETSIM_ERR_CANCELLED,
        ketsim_sweep_expectations(s.circuit, out, observables, 1, values, rows, s.nvalues, &s.options),
        "sweep: stopped after");
    CHECK(polls == 3, "%u polls", polls);
    s.options.poll = NULL;
    s.options.timeout_ms = 10;
    CHECK_FAILS(
        KETSIM_ERR_DEADLINE,
        ketsim_sweep_expectations(s.circuit, out, observables, 1, values, rows, s.nvalues, &s.options),
        "timeout_ms = 10 passed");
    ketsim_cancel_raise(cancel);
    s.options.cancel = cancel;
    s.options.timeout_ms = 0;
    CHECK_FAILS(
        KETSIM_ERR_CANCELLED,
        ketsim_sweep_expectations(s.circuit, out, observables, 1, values, rows, s.nvalues, &s.options),
        "after 0 of");
    ketsim_cancel_free(cancel);
    ketsim_observable_free(z);
    free(values);
    free(out);
    free_sweep(&s);
}

int main(void)
{
    same_bits();
    refused();
    stopped(8);
    stopped(14);
    return 0;
}
