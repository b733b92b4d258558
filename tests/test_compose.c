/* What circuits are made of by one call: the Fourier transform against its definition, Trotter steps against the product
 * of their rotations, and how the error of both orders shrinks. */
#include <math.h>

#include "helpers.h"

enum { MOST = 6 };
static const long double pi = 3.14159265358979323846264338327950288L;

static unsigned long cases;

static void run_and_compare(const ketsim_circuit *circuit, const oracle_amp *start,
                            const oracle_amp *expected, double tolerance, const char *what)
{
    const unsigned n = ketsim_circuit_nqubits(circuit);
    double amplitudes[2 << MOST];
    ketsim_state *state;
    for (unsigned k = 0; k < 1u << n; k++) {
        amplitudes[2 * k] = (double)creall(start[k]);
        amplitudes[2 * k + 1] = (double)cimagl(start[k]);
    }
    CHECK_OK(ketsim_state_from_amplitudes(&state, amplitudes, UINT64_C(1) << n, KETSIM_COMPLEX128, false));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_get_amplitudes(state, amplitudes, 0, UINT64_C(1) << n));
    const double error = oracle_error(expected, amplitudes, n, KETSIM_COMPLEX128);
    CHECK(error <= tolerance, "%s on %u qubits: off by %g", what, n, error);
    ketsim_state_free(state);
    cases++;
}

/* ---- Fourier transform ---------------------------------------------------------------------------- */

static void transform_matrix(oracle_amp *out, unsigned nqubits, int sign)
{
    const unsigned dim = 1u << nqubits;
    for (unsigned y = 0; y < dim; y++)
        for (unsigned x = 0; x < dim; x++) {
            const long double turn = 2 * pi * (long double)(x * y % dim) / dim;
            out[y * dim + x] = (cosl(turn) + sign * I * sinl(turn)) / sqrtl(dim);
        }
}

static void transform(unsigned n, unsigned nqubits, bool inverse, uint64_t *seed)
{
    static oracle_amp psi[1 << MOST], expected[1 << MOST], matrix[1 << 2 * MOST];
    double unused[2 << MOST];
    int qubits[KETSIM_MAX_QUBITS];
    ketsim_circuit *circuit;
    const bool all = nqubits == 0;
    oracle_random(psi, unused, n, KETSIM_COMPLEX128, seed);
    memcpy(expected, psi, sizeof expected);
    random_qubits(qubits, nqubits, n, seed);
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    CHECK_OK(ketsim_circuit_qft(circuit, all ? NULL : qubits, nqubits, inverse));
    for (unsigned q = 0; all && q < n; q++) qubits[q] = (int)q;
    if (all) nqubits = n;
    transform_matrix(matrix, nqubits, inverse ? -1 : 1);
    oracle_matrix(expected, n, matrix, qubits, nqubits, NULL, 0, 0);
    run_and_compare(circuit, psi, expected, 1e-14, inverse ? "inverse transform" : "transform");
    CHECK(ketsim_circuit_length(circuit) == nqubits * (nqubits + 1) / 2 + nqubits / 2, "%zu operations",
          ketsim_circuit_length(circuit));
    ketsim_circuit_free(circuit);
}

static void transforms(uint64_t *seed)
{
    for (unsigned n = 1; n <= MOST; n++)
        for (unsigned nqubits = 0; nqubits <= n; nqubits++)
            for (unsigned trial = 0; trial < 8; trial++) transform(n, nqubits, trial & 1, seed);
}

/* ---- evolution ------------------------------------------------------------------------------------ */

static ketsim_observable *parse(const char *text)
{
    ketsim_observable *h;
    CHECK_OK(ketsim_observable_parse(&h, text, strlen(text)));
    return h;
}

/* exp(-i time H) psi by its power series, H term by term. */
static void exact(oracle_amp *psi, unsigned n, const ketsim_observable *h, long double time)
{
    oracle_amp power[1 << MOST], next[1 << MOST], term[1 << MOST];
    memcpy(power, psi, sizeof power);
    for (unsigned order = 1; order < 60; order++) {
        memset(next, 0, sizeof next);
        for (size_t k = 0; k < ketsim_observable_length(h); k++) {
            ketsim_pauli_record r;
            const double half_turn = (double)pi;
            CHECK_OK(ketsim_observable_get(h, &r, k));
            memcpy(term, power, sizeof term);
            for (int q = 0; q < (int)n; q++) { /* exp(-i pi P / 2) = -i P, but for the rounding of pi */
                const char letter[] = {"IXZY"[(r.x >> q & 1) + 2 * (r.z >> q & 1)], 0};
                const ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION,
                                      .angles = &half_turn,
                                      .letters = letter,
                                      .qubits = &q,
                                      .nqubits = 1};
                oracle_pauli_rotation(term, n, &op);
                for (unsigned i = 0; i < 1u << n; i++) term[i] *= I;
            }
            for (unsigned i = 0; i < 1u << n; i++) next[i] += r.coefficient * term[i];
        }
        for (unsigned i = 0; i < 1u << n; i++) {
            power[i] = next[i] * -I * time / order;
            psi[i] += power[i];
        }
    }
}

static double evolution_error(const char *text, unsigned n, double time, uint64_t steps, unsigned order,
                              double tolerance)
{
    static oracle_amp psi[1 << MOST], expected[1 << MOST];
    uint64_t seed = 5;
    double amplitudes[2 << MOST];
    ketsim_observable *h = parse(text);
    ketsim_circuit *circuit;
    ketsim_state *state = random_state(psi, n, KETSIM_COMPLEX128, &seed);
    memcpy(expected, psi, sizeof expected);
    exact(expected, n, h, time);
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    CHECK_OK(ketsim_circuit_evolve(circuit, h, time, steps, order));
    const size_t count = ketsim_observable_length(h), each = order == 1 || !count ? count : 2 * count - 1;
    CHECK(ketsim_circuit_length(circuit) == steps * each, "%zu operations", ketsim_circuit_length(circuit));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_get_amplitudes(state, amplitudes, 0, UINT64_C(1) << n));
    const double error = oracle_error(expected, amplitudes, n, KETSIM_COMPLEX128);
    CHECK(error <= tolerance, "%s, %u steps of order %u: off by %g", text, (unsigned)steps, order, error);
    ketsim_circuit_free(circuit);
    ketsim_observable_free(h);
    ketsim_state_free(state);
    cases++;
    return error;
}

/* With ten times as many steps the error is a tenth, or a hundredth. */
static void orders(const char *text, unsigned n)
{
    for (unsigned order = 1; order <= 2; order++) {
        const double coarse = evolution_error(text, n, 0.9, 20, order, 1),
                     fine = evolution_error(text, n, 0.9, 200, order, 1), ratio = coarse / fine;
        CHECK(fabs(ratio / pow(10, order) - 1) < 0.2, "%s: order %u gains a factor of %g", text, order,
              ratio);
    }
}

static void evolutions(void)
{
    for (unsigned order = 1; order <= 2; order++)
        for (unsigned steps = 1; steps <= 3; steps++) {
            evolution_error("0.3 Z0 Z1 - 0.7 Z1 Z2 Z3 + 2 - 0.1 Z3", 4, 1.3, steps, order, 1e-13);
            evolution_error("0.7 X0 Y1 Z2", 3, -2.1, steps, order, 1e-13);
            evolution_error("0", 2, 1, steps, order, 1e-15);
        }
    orders("Z0 Z1 + Z1 Z2 + 0.8 X0 + 0.8 X1 + 0.8 X2", 3);
    orders("X0 X1 Y2 Z3 + 0.5 Z0 Z1 + 0.25 Y3 - 0.1 X1 Z2 Z4", 5);
}

int main(void)
{
    uint64_t seed = 3;
    transforms(&seed);
    evolutions();
    printf("%lu cases\n", cases);
    return EXIT_SUCCESS;
}
