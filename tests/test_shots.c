/* Dynamic circuits: shots of the tree against each shot alone, to the bit; states against dense linear algebra that follows
 * the same outcomes; any number of threads; what is refused, stopped, or has no memory. */
#include "failing.h"

#include <math.h>

#include "dynamics.h"

enum { SHOTS = 300 };

/* ---- the tree against each shot alone ------------------------------------------------------------ */

static void run_tree(uint64_t *out, const ketsim_circuit *circuit, uint64_t count, uint64_t first,
                     uint64_t seed, unsigned threads, ketsim_dtype dtype)
{
    CHECK_OK(ketsim_run_shots(
        circuit, out, count,
        &(ketsim_shots_options){.seed = &seed, .first = first, .max_concurrency = threads, .dtype = dtype}));
}

static void test_alone(const ketsim_circuit *circuit, unsigned n, ketsim_dtype dtype, uint64_t seed)
{
    uint64_t tree[SHOTS], part[SHOTS], alone, bits;
    run_tree(tree, circuit, SHOTS, 0, seed, 1, dtype);
    for (unsigned threads = 2; threads <= 8; threads += threads == 3 ? 5 : 1) {
        run_tree(part, circuit, SHOTS, 0, seed, threads, dtype);
        CHECK(!memcmp(tree, part, sizeof tree), "%u qubits: %u threads have other bits", n, threads);
    }
    run_tree(part, circuit, SHOTS - 100, 100, seed, 2, dtype);
    CHECK(!memcmp(tree + 100, part, (SHOTS - 100) * sizeof *part), "%u qubits: the last 200 differ", n);
    for (uint64_t k = 0; k < SHOTS; k += 7) {
        ketsim_state *state;
        run_tree(&alone, circuit, 1, k, seed, 1, dtype);
        CHECK_OK(ketsim_state_new(&state, n, dtype));
        CHECK_OK(ketsim_run_shot(state, &bits, circuit, &seed, k, NULL));
        CHECK(alone == tree[k] && bits == tree[k], "%u qubits: shot %u has other bits alone", n, (unsigned)k);
        double norm;
        CHECK_OK(ketsim_norm(state, &norm));
        CHECK(fabs(norm - 1) < (dtype == KETSIM_COMPLEX128 ? 1e-13 : 1e-5), "norm is %.17g", norm);
        ketsim_state_free(state);
    }
}

static void test_random(void)
{
    static const unsigned sizes[] = {1, 2, 3, 4, 5, 7, 10, 11, 12, 13};
    uint64_t seed = 5;
    unsigned circuits = 0;
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (unsigned k = 0; k < (sizes[s] < 10 ? 12u : 3u); k++, circuits++) {
            ketsim_circuit *circuit = random_shots(sizes[s], &seed);
            test_alone(circuit, sizes[s], k % 3 == 2 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128, seed);
            ketsim_circuit_free(circuit);
        }
    printf("%u random circuits: shots together, in parts, alone, on 1, 2, 3, 8 threads have the same bits\n",
           circuits);
}

/* From so many qubits on all threads work on one state. */
static void test_wide(void)
{
    const uint64_t seed = 3;
    uint64_t once[20], other[20];
    ketsim_circuit *circuit = new_circuit(18, 3);
    uint64_t numbers = 9;
    random_gates(circuit, 30, &numbers);
    measure(circuit, 2, 0);
    random_channel(circuit, &numbers);
    random_gates(circuit, 10, &numbers);
    random_measure(circuit, KETSIM_DYNAMIC_RESET, &numbers);
    measure(circuit, 5, 1);
    measure(circuit, 17, 2);
    run_tree(once, circuit, 20, 0, seed, 1, KETSIM_COMPLEX64);
    run_tree(other, circuit, 20, 0, seed, 3, KETSIM_COMPLEX64);
    CHECK(!memcmp(once, other, sizeof once), "18 qubits: 3 threads have other bits");
    for (uint64_t k = 0; k < 20; k += 5) {
        run_tree(other, circuit, 1, k, seed, 2, KETSIM_COMPLEX64);
        CHECK(*other == once[k], "18 qubits: shot %u has other bits alone", (unsigned)k);
    }
    ketsim_circuit_free(circuit);
}

/* A GHZ state, measured qubit by qubit: all bits agree, half of them are 1, and the state is what was seen. */
static void test_ghz(void)
{
    enum { N = 5, MANY = 20000 };
    static uint64_t out[MANY];
    ketsim_circuit *circuit = new_circuit(N, N);
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){0}));
    for (int q = 1; q < N; q++) CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){0, q}));
    for (int q = 0; q < N; q++) {
        measure(circuit, q, q);
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_Z, NULL, (int[]){q}));
    }
    run_tree(out, circuit, MANY, 0, 1, 2, KETSIM_COMPLEX128);
    unsigned ones = 0;
    for (unsigned k = 0; k < MANY; k++) {
        CHECK(out[k] == 0 || out[k] == (1 << N) - 1, "shot %u: bits %llx", k, (unsigned long long)out[k]);
        ones += out[k] & 1;
    }
    CHECK(fabs(ones - MANY / 2.0) < 5 * sqrt(MANY) / 2, "%u of %d shots are 1", ones, MANY);
    for (uint64_t shot = 0; shot < 10; shot++) {
        ketsim_state *state;
        uint64_t bits;
        double p[1 << N];
        CHECK_OK(ketsim_state_new(&state, N, KETSIM_COMPLEX128));
        CHECK_OK(ketsim_run_shot(state, &bits, circuit, &(uint64_t){1}, shot, NULL));
        CHECK(bits == out[shot], "shot %u has other bits", (unsigned)shot);
        CHECK_OK(ketsim_probabilities(state, p, NULL, 0));
        CHECK(fabs(p[bits] - 1) < 1e-15, "shot %u is not in the state that was seen", (unsigned)shot);
        ketsim_state_free(state);
    }
    ketsim_circuit_free(circuit);
}

/* A body runs limit times at most, at least once, and again when the loop is met again. */
static void test_repeat(void)
{
    for (uint64_t limit = 1; limit < 5; limit++) {
        ketsim_circuit *circuit = new_circuit(1, 3), *body = new_circuit(1, 3);
        CHECK_OK(ketsim_circuit_gate(body, KETSIM_GATE_X, NULL, (int[]){0}));
        const ketsim_dynamic loop = {.kind = KETSIM_DYNAMIC_REPEAT,
                                     .bits = (int[]){2},
                                     .nbits = 1,
                                     .value = 1,
                                     .limit = limit,
                                     .body = body};
        uint64_t bits;
        for (int round = 0; round < 2; round++) {
            add(circuit, loop);
            measure(circuit, 0, round);
        }
        run_tree(&bits, circuit, 1, 0, 0, 1, KETSIM_COMPLEX128);
        CHECK(bits >> 2 == limit % 2 && !(bits >> 1 & 1), "limit %u: bits %u", (unsigned)limit,
              (unsigned)bits);
        ketsim_circuit_free(circuit);
        ketsim_circuit_free(body);
    }
}

/* ---- what is refused ----------------------------------------------------------------------------- */

static void refuse(ketsim_circuit *circuit, ketsim_dynamic dynamic, const char *part)
{
    const size_t length = ketsim_circuit_length(circuit);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append_dynamic(circuit, &dynamic), part);
    CHECK(ketsim_circuit_length(circuit) == length, "a bad operation was appended");
}

static void test_bad_input(void)
{
    ketsim_circuit *circuit = new_circuit(2, 2), *wide = new_circuit(3, 0), *long_bits = new_circuit(2, 3);
    ketsim_circuit *open = new_circuit(1, 0), *deep = new_circuit(1, 1);
    int zero[] = {0}, two[] = {2}, same[] = {1, 1};
    const ketsim_linear form = {&(ketsim_term){"theta", 1}, 1};
    CHECK_OK(ketsim_circuit_append(
        open,
        &(ketsim_op){
            .gate = KETSIM_GATE_RX, .angles = (double[]){0}, .linear = &form, .qubits = zero, .nqubits = 1},
        1));
    const ketsim_dynamic look = {
        .kind = KETSIM_DYNAMIC_MEASURE, .qubits = zero, .nqubits = 1, .bits = zero, .nbits = 1};
    const ketsim_dynamic then = {
        .kind = KETSIM_DYNAMIC_IF, .bits = zero, .nbits = 1, .value = 1, .body = circuit};
#define WITH(base, ...)                \
    (__extension__({                   \
        ketsim_dynamic changed = base; \
        changed.__VA_ARGS__;           \
        changed;                       \
    }))
    refuse(circuit, WITH(look, qubits = two), "qubit 2: must be 0..1");
    refuse(circuit, WITH(look, bits = two), "bit 2: must be below 2");
    refuse(circuit, WITH(look, nbits = 0), "measure: 0 bits for 1 qubits: must be one each");
    refuse(circuit, WITH(look, nqubits = 0), "measure: given no qubits");
    refuse(circuit, WITH(look, qubits = NULL), "qubits is NULL");
    refuse(circuit, WITH(look, bits = NULL), "bits is NULL");
    refuse(circuit, WITH(then, bits = NULL), "bits is NULL");
    refuse(circuit, WITH(look, kind = (kind_t)9), "dynamic operation 9");
    refuse(circuit, WITH(look, kind = KETSIM_DYNAMIC_CHANNEL), "channel is NULL");
    refuse(circuit, WITH(then, nbits = 0), "if: given no bits to look at");
    refuse(circuit, WITH(then, value = 2), "if: value 2: must be 0..1 for 1 bits");
    refuse(circuit, WITH(then, body = NULL), "if: given no circuit");
    refuse(circuit, WITH(then, body = wide), "if: circuit on 3 qubits: must have at most 2");
    refuse(circuit, WITH(then, body = long_bits), "if: circuit with 3 classical bits: must have at most 2");
    refuse(circuit, WITH(then, kind = KETSIM_DYNAMIC_REPEAT), "repeat: limit 0: must be at least 1");
    ketsim_dynamic twice = {
        .kind = KETSIM_DYNAMIC_MEASURE, .qubits = same, .nqubits = 2, .bits = zero, .nbits = 2};
    refuse(circuit, twice, "qubit 1: given twice");
    int both[] = {0, 1};
    twice.qubits = both;
    twice.bits = same;
    refuse(circuit, twice, "bit 1: given twice");
    ketsim_dynamic noisy = {
        .kind = KETSIM_DYNAMIC_CHANNEL, .qubits = both, .nqubits = 2, .channel = channels[0]};
    refuse(circuit, noisy, "channel: given 2 qubits: takes 1");
    for (unsigned k = 0; k < KETSIM_MAX_NESTING; k++) add(deep, WITH(then, body = deep));
    refuse(deep, WITH(then, body = deep), "17 deep: must be at most 16");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_add_bits(circuit, 63),
                "the circuit has 2, and may have 64");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_extend(circuit, long_bits), "3 classical bits");
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(wide);
    ketsim_circuit_free(long_bits);
    ketsim_circuit_free(open);
    ketsim_circuit_free(deep);
}

/* All that looks at gates alone says why, and leaves its state as it was. */
static void test_refusals(void)
{
    ketsim_circuit *circuit = new_circuit(2, 1), *out;
    ketsim_state *state;
    ketsim_plan *plan;
    double value, gradient[1], row[4];
    uint64_t bits = 77;
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){0}));
    measure(circuit, 0, 0);
    CHECK_OK(ketsim_state_from_label(&state, "+1", 2, KETSIM_COMPLEX128));
    CHECK_OK(ketsim_apply_gate(state, KETSIM_GATE_T, NULL, (int[]){0}));
    ketsim_complex before[4], after[4];
    CHECK_OK(ketsim_get_amplitudes(state, before, 0, 4));
    const uint64_t generation = ketsim_state_generation(state);
    ketsim_observable *z;
    CHECK_OK(ketsim_observable_parse(&z, "Z0", 2));
    const char *part = "operations that are not gates, the first a measure";
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply(state, circuit, NULL), part);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_once(state, circuit, NULL), part);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_bound(state, circuit, NULL, 0, NULL), part);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_plan_new(&plan, circuit, NULL), part);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gradient(state, &value, gradient, 0, circuit, z, NULL), part);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sweep_states(circuit, row, NULL, 0, 0, NULL), part);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_inverse(&out, circuit), "has no inverse");
    ketsim_observable_free(z);
    CHECK(ketsim_circuit_length(circuit) == 2, "the circuit has changed");

    ketsim_state *small;
    CHECK_OK(ketsim_state_new(&small, 1, KETSIM_COMPLEX128));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_run_shot(small, &bits, circuit, NULL, 0, NULL),
                "circuit on 2 qubits: must have at most 1");
    ketsim_state_free(small);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_run_shots(circuit, &bits, UINT64_C(1) << 41, NULL),
                "shots: must be");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_run_shots(circuit, &bits, 2, &(ketsim_shots_options){.first = UINT64_MAX}),
                "first shot");
    CHECK(bits == 77, "bits were written");
    CHECK_OK(ketsim_get_amplitudes(state, after, 0, 4));
    CHECK(!memcmp(before, after, sizeof before) && ketsim_state_generation(state) == generation,
          "the state has changed");
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

static bool stop(void *context, double done)
{
    *(double *)context = done;
    return false;
}

/* A loop without an end: stopped by the clock, a token, the poll. */
static void test_stops(void)
{
    for (unsigned n = 2; n <= 14; n += 12) {
        ketsim_circuit *circuit = endless(n);
        uint64_t out[64];
        double done = -1;
        ketsim_cancel *cancel;
        CHECK_OK(ketsim_cancel_new(&cancel));
        CHECK_FAILS(KETSIM_ERR_DEADLINE,
                    ketsim_run_shots(circuit, out, 64, &(ketsim_shots_options){.timeout_ms = 30}),
                    "shots: timeout_ms = 30 passed after 0 of 64");
        CHECK_FAILS(
            KETSIM_ERR_CANCELLED,
            ketsim_run_shots(circuit, out, 64, &(ketsim_shots_options){.poll = stop, .poll_context = &done}),
            "shots: stopped after 0 of 64");
        CHECK(done == 0, "poll was told %g", done);
        ketsim_cancel_raise(cancel);
        CHECK_FAILS(KETSIM_ERR_CANCELLED,
                    ketsim_run_shots(circuit, out, 64, &(ketsim_shots_options){.cancel = cancel}), "stopped");
        ketsim_state *state;
        CHECK_OK(ketsim_state_new(&state, n, KETSIM_COMPLEX128));
        CHECK_FAILS(KETSIM_ERR_DEADLINE,
                    ketsim_run_shot(state, out, circuit, NULL, 0, &(ketsim_run_options){.timeout_ms = 30}),
                    "timeout_ms = 30");
        CHECK(ketsim_state_generation(state) == 1, "a shot that was stopped was committed");
        ketsim_state_free(state);
        ketsim_cancel_free(cancel);
        ketsim_circuit_free(circuit);
    }
}

/* Every allocation fails once: an error, nothing lost, and the same bits afterwards. */
static void test_no_memory(void)
{
    uint64_t seed = 21, wanted[40], out[40];
    ketsim_circuit *circuit = random_shots(4, &seed);
    run_tree(wanted, circuit, 40, 0, seed, 1, KETSIM_COMPLEX128);
    unsigned after = 0;
    for (bool failed = FAILING_WORKS; failed; after++) {
        ketsim_pool_trim();
        failing_start(after);
        const ketsim_status status = ketsim_run_shots(
            circuit, out, 40, &(ketsim_shots_options){.seed = &seed, .max_concurrency = 1});
        failed = failing_stop();
        CHECK(status == (failed ? KETSIM_ERR_MEMORY : KETSIM_OK) || status == KETSIM_OK, "%s: %s",
              ketsim_status_name(status), ketsim_last_error());
    }
    run_tree(out, circuit, 40, 0, seed, 1, KETSIM_COMPLEX128);
    CHECK(!memcmp(wanted, out, sizeof out), "other bits after allocations that failed");
    printf("%u allocations of shots fail one by one\n", after);
    ketsim_circuit_free(circuit);
}

/* ---- circuits as such ---------------------------------------------------------------------------- */

static void test_copies(void)
{
    uint64_t seed = 8;
    for (unsigned k = 0; k < 20; k++) {
        ketsim_circuit *a = random_shots(3, &seed), *b, *c;
        CHECK_OK(ketsim_circuit_copy(&b, a));
        CHECK(ketsim_circuit_equal(a, b) && ketsim_circuit_nbits(b) == 4, "a copy differs");
        measure(b, 0, 0);
        CHECK(!ketsim_circuit_equal(a, b), "circuits of other length are equal");
        CHECK_OK(ketsim_circuit_truncate(b, ketsim_circuit_length(a)));
        CHECK(ketsim_circuit_equal(a, b), "a truncated copy differs");
        c = new_circuit(3, 4);
        CHECK_OK(ketsim_circuit_extend(c, a));
        CHECK_OK(ketsim_circuit_extend(c, c));
        CHECK_OK(ketsim_circuit_extend(b, a));
        CHECK(ketsim_circuit_equal(c, b), "twice extended circuits differ");
        ketsim_circuit_free(a);
        uint64_t first[50], second[50];
        run_tree(first, b, 50, 0, seed, 2, KETSIM_COMPLEX128);
        run_tree(second, c, 50, 0, seed, 1, KETSIM_COMPLEX128);
        CHECK(!memcmp(first, second, sizeof first), "equal circuits have other bits");
        ketsim_circuit_free(b);
        ketsim_circuit_free(c);
    }
}

int main(void)
{
    make_channels();
    test_ghz();
    test_repeat();
    test_bad_input();
    test_refusals();
    test_copies();
    test_stops();
    test_no_memory();
    test_random();
    test_wide();
    free_channels();
    return 0;
}
