/* Expectation values averaged over shots: against the states that shots leave one by one, and the density matrix; the same bits
 * on any number of threads, whatever the order. */
#include "dynamics.h"

enum { SHOTS = 240, OBSERVABLES = 4 };

static ketsim_observable *observables[OBSERVABLES];

static const ketsim_observable *const *asked(void)
{
    return (const ketsim_observable *const *)observables;
}

static void make_observables(void)
{
    static const char *const texts[OBSERVABLES] = {"Z0", "0.5 X0 Y1 - 3 Z1 + 0.25", "2", "1e-9 Y0 + 1e6 X1"};
    for (unsigned k = 0; k < OBSERVABLES; k++)
        CHECK_OK(ketsim_observable_parse(&observables[k], texts[k], strlen(texts[k])));
}

static void average(double *means, double *errors, uint64_t *out, const ketsim_circuit *circuit,
                    uint64_t seed, unsigned threads, ketsim_dtype dtype)
{
    CHECK_OK(ketsim_shots_expectations(
        circuit, out, means, errors, asked(), OBSERVABLES, SHOTS,
        &(ketsim_shots_options){.seed = &seed, .max_concurrency = threads, .dtype = dtype}));
}

/* ---- from the definition ------------------------------------------------------------------------- */

/* Values in the states that shots leave, each run alone. */
static void values_alone(double (*values)[OBSERVABLES], const ketsim_circuit *circuit, uint64_t seed,
                         ketsim_dtype dtype)
{
    for (uint64_t k = 0; k < SHOTS; k++) {
        ketsim_state *state = new_state(ketsim_circuit_nqubits(circuit), dtype);
        CHECK_OK(ketsim_run_shot(state, NULL, circuit, &seed, k, NULL));
        CHECK_OK(ketsim_expectations(state, asked(), OBSERVABLES, values[k]));
        ketsim_state_free(state);
    }
}

static void check_moments(double (*values)[OBSERVABLES], const double *means, const double *errors)
{
    static const double scales[OBSERVABLES] = {1, 3.75, 2, 1e6};
    for (unsigned o = 0; o < OBSERVABLES; o++) {
        long double sum = 0, squares = 0;
        for (unsigned k = 0; k < SHOTS; k++) sum += values[k][o];
        const long double mean = sum / SHOTS;
        for (unsigned k = 0; k < SHOTS; k++) squares += (values[k][o] - mean) * (values[k][o] - mean);
        const double error = (double)sqrtl(squares / (SHOTS - 1) / SHOTS);
        CHECK(fabs(means[o] - (double)mean) <= 1e-15 * scales[o], "observable %u: mean %.17g, not %.17g", o,
              means[o], (double)mean);
        CHECK(fabs(errors[o] - error) <= 1e-12 * scales[o], "observable %u: error %.17g, not %.17g", o,
              errors[o], error);
    }
}

static void test_alone(const ketsim_circuit *circuit, uint64_t seed, ketsim_dtype dtype)
{
    double values[SHOTS][OBSERVABLES], means[OBSERVABLES], errors[OBSERVABLES], again[2 * OBSERVABLES];
    uint64_t bits[SHOTS], other[SHOTS];
    values_alone(values, circuit, seed, dtype);
    average(means, errors, bits, circuit, seed, 1, dtype);
    check_moments(values, means, errors);
    for (unsigned threads = 2; threads <= 8; threads += threads == 3 ? 5 : 1) {
        average(again, again + OBSERVABLES, NULL, circuit, seed, threads, dtype);
        CHECK(!memcmp(again, means, sizeof means) && !memcmp(again + OBSERVABLES, errors, sizeof errors),
              "%u threads have other averages", threads);
    }
    CHECK_OK(ketsim_run_shots(circuit, other, SHOTS, &(ketsim_shots_options){.seed = &seed, .dtype = dtype}));
    CHECK(!memcmp(bits, other, sizeof bits), "with observables shots have other bits");
}

static void test_random(void)
{
    static const unsigned sizes[] = {2, 3, 4, 6, 10, 12};
    uint64_t seed = 77;
    unsigned circuits = 0;
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (unsigned k = 0; k < (sizes[s] < 10 ? 8u : 2u); k++, circuits++) {
            ketsim_circuit *circuit = random_shots(sizes[s], &seed);
            test_alone(circuit, seed, k % 3 == 2 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128);
            ketsim_circuit_free(circuit);
        }
    printf("%u random circuits: averages are those of shots alone, on 1, 2, 3, 8 threads the same bits\n",
           circuits);
}

/* All threads on one state. */
static void test_wide(void)
{
    double means[OBSERVABLES], errors[OBSERVABLES], again[2 * OBSERVABLES];
    uint64_t numbers = 4;
    ketsim_circuit *circuit = new_circuit(18, 2);
    random_gates(circuit, 10, &numbers);
    measure(circuit, 3, 0);
    average(means, errors, NULL, circuit, 6, 1, KETSIM_COMPLEX64);
    average(again, again + OBSERVABLES, NULL, circuit, 6, 3, KETSIM_COMPLEX64);
    CHECK(!memcmp(again, means, sizeof means) && !memcmp(again + OBSERVABLES, errors, sizeof errors),
          "18 qubits: 3 threads have other averages");
    ketsim_circuit_free(circuit);
}

/* cos(theta) |00> + ..., damped: <Z0> over outcomes that come with p and 1 - p is 1 and -1. */
static void test_exact(void)
{
    enum { MANY = 100000 };
    const double theta = 1.1, p = cos(theta / 2) * cos(theta / 2), spread = 2 * sqrt(p * (1 - p) / MANY);
    ketsim_circuit *circuit = new_circuit(2, 0);
    ketsim_channel *dephasing;
    double mean, error;
    CHECK_OK(ketsim_channel_named(&dephasing, "amplitude_damping", (double[]){1}, 1));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RY, &theta, (int[]){0}));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){0, 1}));
    add(circuit,
        (ketsim_dynamic){
            .kind = KETSIM_DYNAMIC_CHANNEL, .qubits = (int[]){1}, .nqubits = 1, .channel = dephasing});
    CHECK_OK(ketsim_shots_expectations(circuit, NULL, &mean, &error, asked(), 1, MANY,
                                       &(ketsim_shots_options){.seed = &(uint64_t){3}}));
    CHECK(fabs(mean - cos(theta)) < 5 * spread, "<Z0> is %g, not %g", mean, cos(theta));
    CHECK(fabs(error - spread) < 0.02 * spread, "its error is %g, not %g", error, spread);
    ketsim_channel_free(dephasing);
    ketsim_circuit_free(circuit);
}

/* Nothing random: no error at all; and a start that is not normalized is seen as it is. */
static void test_certain(void)
{
    double means[OBSERVABLES], errors[OBSERVABLES], exact[OBSERVABLES];
    const ketsim_complex thrice[4] = {{3, 0}, {0, 1}, {0, 0}, {-5, 0}};
    const ketsim_op operator= {
        .gate = KETSIM_GATE_UNITARY, .qubits = (int[]){1}, .nqubits = 1, .matrix = thrice};
    double norm2;
    ketsim_circuit *circuit = new_circuit(2, 0);
    ketsim_state *state;
    uint64_t numbers = 12;
    random_gates(circuit, 9, &numbers);
    CHECK_OK(ketsim_state_from_label(&state, "+r", 2, KETSIM_COMPLEX128));
    CHECK_OK(ketsim_apply_operator(state, &norm2, &operator, false, NULL));
    CHECK(norm2 > 10, "the start has the squared norm %g", norm2);
    CHECK_OK(ketsim_shots_expectations(circuit, NULL, means, errors, asked(), OBSERVABLES, 7,
                                       &(ketsim_shots_options){.state = state}));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_expectations(state, asked(), OBSERVABLES, exact));
    for (unsigned o = 0; o < OBSERVABLES; o++)
        CHECK(fabs(means[o] - exact[o]) <= 1e-13 * fabs(exact[o]) && errors[o] == 0,
              "observable %u: %.17g +- %g, not %.17g", o, means[o], errors[o], exact[o]);
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

/* ---- what is refused ----------------------------------------------------------------------------- */

static void test_bad_input(void)
{
    ketsim_circuit *small = new_circuit(1, 1);
    double means[OBSERVABLES] = {77}, errors[OBSERVABLES];
    const ketsim_observable *const none[] = {NULL};
    ketsim_observable *huge;
    measure(small, 0, 0);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_shots_expectations(small, NULL, means, errors, asked(), 2, 10, NULL),
                "observable acts on qubit 1: the state has 1 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_shots_expectations(small, NULL, means, errors, asked(), 1, 1, NULL),
                "1 shots: a standard error needs 2 at least");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_shots_expectations(small, NULL, means, errors, none, 1, 10, NULL),
                "observable 0 is NULL");
    CHECK_OK(ketsim_observable_parse(&huge, "1e308 X0 + 1e308 Z0", 19));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_shots_expectations(small, NULL, means, errors,
                                          (const ketsim_observable *const[]){huge}, 1, 10, NULL),
                "observable 0: its values may be inf: must be finite");
    CHECK(means[0] == 77, "a mean was written");
    ketsim_observable_free(huge);
    ketsim_circuit_free(small);
}

int main(void)
{
    make_channels();
    make_observables();
    test_exact();
    test_certain();
    test_bad_input();
    test_random();
    test_wide();
    for (unsigned k = 0; k < OBSERVABLES; k++) ketsim_observable_free(observables[k]);
    free_channels();
    return 0;
}
