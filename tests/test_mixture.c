/* Reads of density matrices that states hold, from their definitions as sums over entries; what is refused and what stops them. */
#include <math.h>

#include "helpers.h"

enum { N = 4, MOST = 1 << 2 * N };

static oracle_amp rho[MOST];

static oracle_amp entry(unsigned n, uint64_t row, uint64_t column)
{
    return rho[row << n | column];
}

/* ---- the diagonal -------------------------------------------------------------------------------- */

static uint64_t outcome_of(uint64_t index, unsigned n, const int *qubits, unsigned count)
{
    uint64_t outcome = 0;
    for (unsigned k = 0; k < count; k++)
        outcome = outcome << 1 | (index >> (n - 1 - (unsigned)qubits[k]) & 1);
    return outcome;
}

static void test_probabilities(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    int qubits[N];
    double got[1 << N];
    const double most = dtype == KETSIM_COMPLEX128 ? 1e-15 : 1e-7;
    ketsim_state *state = random_state(rho, 2 * n, dtype, seed);
    for (unsigned count = 1; count <= n; count++) {
        long double wanted[1 << N] = {0};
        random_qubits(qubits, count, n, seed);
        for (uint64_t i = 0; i < 1u << n; i++)
            wanted[outcome_of(i, n, qubits, count)] += creall(entry(n, i, i));
        CHECK_OK(ketsim_density_probabilities(state, got, qubits, count));
        for (unsigned k = 0; k < 1u << count; k++)
            CHECK(fabs(got[k] - (double)wanted[k]) < most, "%u of %u qubits, outcome %u: %.17g, not %.17g",
                  count, n, k, got[k], (double)wanted[k]);
    }
    CHECK_OK(ketsim_density_probabilities(state, got, NULL, 0));
    for (uint64_t i = 0; i < 1u << n; i++)
        CHECK(fabs(got[i] - (double)creall(entry(n, i, i))) < most, "outcome %u of all", (unsigned)i);
    ketsim_state_free(state);
}

/* diag(0.5, 0, 0, 0.125, 0.375 ...): the outcomes that there are, as often as they should, in pieces too. */
static void test_sample(void)
{
    enum { SHOTS = 40000 };
    static uint64_t out[SHOTS], again[SHOTS];
    const double p[8] = {0.5, 0, 0, 0.125, 0.375, 0, 0, 0};
    ketsim_complex amplitudes[64] = {{0, 0}};
    unsigned counts[8] = {0};
    const uint64_t seed = 5;
    ketsim_state *state;
    double norm2 = 0;
    for (unsigned i = 0; i < 8; i++) norm2 += p[i] * p[i];
    for (unsigned i = 0; i < 8; i++) amplitudes[9 * i].re = p[i] / sqrt(norm2); /* any multiple */
    CHECK_OK(ketsim_state_from_amplitudes(&state, amplitudes, 64, KETSIM_COMPLEX128, false));
    CHECK_OK(ketsim_density_sample(state, out, SHOTS, NULL, 0, &seed));
    CHECK_OK(ketsim_density_sample(state, again, SHOTS, NULL, 0, &seed));
    CHECK(!memcmp(out, again, sizeof out), "the same seed draws other outcomes");
    for (unsigned k = 0; k < SHOTS; k++) {
        CHECK(out[k] < 8 && p[out[k]] > 0, "shot %u is %llu", k, (unsigned long long)out[k]);
        counts[out[k]]++;
    }
    for (unsigned i = 0; i < 8; i++)
        CHECK(fabs(counts[i] - SHOTS * p[i]) <= 5 * sqrt(SHOTS * p[i] * (1 - p[i])), "outcome %u: %u times",
              i, counts[i]);
    CHECK_OK(ketsim_density_sample(state, out, SHOTS, (int[]){2, 0}, 2, &seed));
    unsigned of_two[4] = {0};
    for (unsigned k = 0; k < SHOTS; k++) of_two[out[k] & 3]++;
    CHECK(!of_two[3] && fabs(of_two[2] - SHOTS * 0.125) < 5 * sqrt(SHOTS * 0.125 * 0.875),
          "qubits 2 and 0: %u %u", of_two[2], of_two[3]);
    ketsim_state_free(state);
}

/* ---- observables --------------------------------------------------------------------------------- */

static oracle_amp letter_entry(char letter, unsigned row, unsigned column)
{
    switch (letter) {
    case 'X': return row != column;
    case 'Y': return row == column ? 0 : row ? 1.0iL : -1.0iL;
    case 'Z': return row != column ? 0 : row ? -1 : 1;
    default: return row == column;
    }
}

static oracle_amp trace_with(unsigned n, const char *letters)
{
    oracle_amp sum = 0;
    for (uint64_t i = 0; i < 1u << n; i++)
        for (uint64_t j = 0; j < 1u << n; j++) {
            oracle_amp p = 1;
            for (unsigned q = 0; q < n; q++)
                p *= letter_entry(letters[q], j >> (n - 1 - q) & 1, i >> (n - 1 - q) & 1);
            sum += entry(n, i, j) * p;
        }
    return sum;
}

/* Each string alone, and all of them as terms of three sums. */
static void test_every_string(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    ketsim_observable *strings[1 << 2 * N];
    double got[1 << 2 * N];
    const double most = dtype == KETSIM_COMPLEX128 ? 1e-14 : 1e-6;
    ketsim_state *state = random_state(rho, 2 * n, dtype, seed);
    const unsigned count = 1u << 2 * n;
    for (unsigned s = 0; s < count; s++) {
        char text[64] = "0.5";
        for (unsigned q = 0; q < n; q++) {
            char letter = "IXYZ"[s >> 2 * q & 3], word[16];
            if (letter != 'I') snprintf(word, sizeof word, " %c%u", letter, q), strcat(text, word);
        }
        CHECK_OK(ketsim_observable_parse(&strings[s], text, strlen(text)));
    }
    CHECK_OK(ketsim_density_expectations(state, (const ketsim_observable *const *)strings, count, got, NULL));
    for (unsigned s = 0; s < count; s++) {
        char letters[N];
        for (unsigned q = 0; q < n; q++) letters[q] = "IXYZ"[s >> 2 * q & 3];
        const double wanted = 0.5 * (double)creall(trace_with(n, letters));
        CHECK(fabs(got[s] - wanted) < most, "%u qubits, string %u: %.17g, not %.17g", n, s, got[s], wanted);
        ketsim_observable_free(strings[s]);
    }
    ketsim_state_free(state);
}

static void test_sums(void)
{
    uint64_t seed = 6;
    double got[2];
    ketsim_observable *sums[2];
    const char *const texts[] = {"X0 Y1 - 2 Z2 + 0.25 X0 Z1", "3 X0 - Y0 Y1 Y2"};
    for (unsigned k = 0; k < 2; k++) CHECK_OK(ketsim_observable_parse(&sums[k], texts[k], strlen(texts[k])));
    ketsim_state *state = random_state(rho, 6, KETSIM_COMPLEX128, &seed);
    CHECK_OK(ketsim_density_expectations(state, (const ketsim_observable *const *)sums, 2, got, NULL));
    const double first = (double)creall(trace_with(3, "XYI") - 2 * trace_with(3, "IIZ") +
                                        0.25L * trace_with(3, "XZI"));
    const double second = (double)creall(3 * trace_with(3, "XII") - trace_with(3, "YYY"));
    CHECK(fabs(got[0] - first) < 1e-14 && fabs(got[1] - second) < 1e-14, "%.17g, %.17g, not %.17g, %.17g",
          got[0], got[1], first, second);
    for (unsigned k = 0; k < 2; k++) ketsim_observable_free(sums[k]);
    ketsim_state_free(state);
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static void test_fidelity(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    static oracle_amp psi[1 << N];
    double got;
    oracle_amp wanted = 0;
    ketsim_state *state = random_state(rho, 2 * n, dtype, seed), *pure = random_state(psi, n, dtype, seed);
    for (uint64_t i = 0; i < 1u << n; i++)
        for (uint64_t j = 0; j < 1u << n; j++) wanted += conjl(psi[i]) * entry(n, i, j) * psi[j];
    CHECK_OK(ketsim_density_fidelity(state, pure, &got));
    CHECK(fabs(got - (double)creall(wanted)) < (dtype == KETSIM_COMPLEX128 ? 1e-15 : 1e-7),
          "%u qubits: %.17g, not %.17g", n, got, (double)creall(wanted));
    ketsim_state_free(state);
    ketsim_state_free(pure);
}

/* Entry (a, b) is the sum over rows that are a and columns that are b on the qubits that stay, and agree elsewhere. */
static void test_reduced(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    for (unsigned count = 1; count <= n; count++) {
        int qubits[N];
        static oracle_amp wanted[MOST];
        ketsim_state *state = random_state(rho, 2 * n, dtype, seed), *reduced;
        uint64_t kept = 0;
        random_qubits(qubits, count, n, seed);
        memset(wanted, 0, sizeof wanted);
        for (unsigned k = 0; k < count; k++) kept |= UINT64_C(1) << (n - 1 - (unsigned)qubits[k]);
        for (uint64_t i = 0; i < 1u << n; i++)
            for (uint64_t j = 0; j < 1u << n; j++)
                if ((i & ~kept) == (j & ~kept))
                    wanted[outcome_of(i, n, qubits, count) << count | outcome_of(j, n, qubits, count)] +=
                        entry(n, i, j);
        CHECK_OK(ketsim_density_reduced(&reduced, state, qubits, count));
        CHECK(ketsim_state_nqubits(reduced) == 2 * count && ketsim_state_dtype(reduced) == dtype,
              "%u qubits of %u: another size or dtype", count, n);
        const double error = state_error(reduced, wanted);
        CHECK(error < (dtype == KETSIM_COMPLEX128 ? 1e-15 : 1e-6), "%u of %u qubits: off by %g", count, n,
              error);
        ketsim_state_free(reduced);
        ketsim_state_free(state);
    }
}

/* ---- what is refused, and what stops it ----------------------------------------------------------- */

static void test_bad_input(void)
{
    uint64_t out[2] = {77, 77};
    double value[4] = {77};
    ketsim_state *odd = label_state("000"), *two = label_state("0000"), *single, *made = two;
    ketsim_observable *z;
    CHECK_OK(ketsim_observable_parse(&z, "Z2", 2));
    const ketsim_observable *const asked[] = {z};
    CHECK_OK(ketsim_state_new(&single, 2, KETSIM_COMPLEX64));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_probabilities(odd, value, NULL, 0),
                "state of 3 qubits: a density matrix is one of an even number");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_probabilities(two, value, (int[]){2}, 1), "qubit 2");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_sample(two, out, 2, (int[]){1, 1}, 2, NULL),
                "given twice");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_expectations(two, asked, 1, value, NULL),
                "observable acts on qubit 2: the state has 2 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_fidelity(two, odd, value),
                "fidelity: state of 3 qubits: must be of half as many as 4");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_fidelity(two, single, value), "another dtype");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_reduced(&made, two, (int[]){0}, 0), "given no qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_reduced(&made, two, (int[]){-1}, 1), "qubit -1");
    CHECK(value[0] == 77 && out[0] == 77 && made == two, "something was written");
    ketsim_observable_free(z);
    ketsim_state_free(odd);
    ketsim_state_free(two);
    ketsim_state_free(single);
}

static void test_stops(void)
{
    ketsim_state *state = new_state(20, KETSIM_COMPLEX64), *psi = new_state(10, KETSIM_COMPLEX64);
    ketsim_state *made = psi;
    ketsim_observable *z;
    ketsim_cancel *cancel;
    double value;
    CHECK_OK(ketsim_observable_parse(&z, "Z2", 2));
    CHECK_OK(ketsim_cancel_new(&cancel));
    CHECK_OK(ketsim_density_fidelity(state, psi, &value));
    CHECK(value == 1, "fidelity of |0...0> with itself: %.17g", value);
    ketsim_cancel_raise(cancel);
    const ketsim_run_options stopped = {.cancel = cancel};
    CHECK_FAILS(
        KETSIM_ERR_CANCELLED,
        ketsim_density_expectations(state, (const ketsim_observable *const[]){z}, 1, &value, &stopped),
        "observables");
    ketsim_set_limits(&stopped);
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_density_fidelity(state, psi, &value), "fidelity");
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_density_reduced(&made, state, (int[]){0, 1, 2}, 3),
                "partial trace");
    ketsim_set_limits(NULL);
    CHECK(made == psi, "a state was made");
    ketsim_cancel_free(cancel);
    ketsim_observable_free(z);
    ketsim_state_free(state);
    ketsim_state_free(psi);
}

int main(void)
{
    uint64_t seed = 41;
    for (unsigned n = 1; n <= N; n++)
        for (int dtype = 0; dtype < 2; dtype++) {
            const ketsim_dtype as = dtype ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128;
            test_probabilities(n, as, &seed);
            test_every_string(n, as, &seed);
            test_fidelity(n, as, &seed);
            test_reduced(n, as, &seed);
        }
    test_sample();
    test_sums();
    test_bad_input();
    test_stops();
    return 0;
}
