/* What is read out of a state: norm, inner product, ranges, probabilities, samples and measurements. */
#include <math.h>

#include "helpers.h"

enum { LARGEST = 16 };
static oracle_amp psi[1 << LARGEST];
static const double unit[] = {0x1p-52, 0x1p-23}; /* by dtype */

/* ---- norm, inner product, ranges ----------------------------------------------------------------- */

static void norm_and_inner(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    static oracle_amp first[1 << LARGEST];
    ketsim_state *a = random_state(psi, n, dtype, seed), *b;
    ketsim_complex got, back;
    oracle_amp sum = 0;
    long double squares = 0;
    double norm;
    memcpy(first, psi, sizeof *psi << n);
    b = random_state(psi, n, dtype, seed);
    for (unsigned i = 0; i < 1u << n; i++) {
        sum += conjl(first[i]) * psi[i];
        squares += creall(first[i]) * creall(first[i]) + cimagl(first[i]) * cimagl(first[i]);
    }
    CHECK_OK(ketsim_norm(a, &norm));
    CHECK(fabsl(norm - sqrtl(squares)) <= 4 * unit[dtype], "%u qubits: norm %.17g", n, norm);
    CHECK_OK(ketsim_inner(a, b, &got));
    CHECK(cabsl(got.re + I * got.im - sum) <= 4 * unit[dtype], "<a|b> = %g%+gi, it is %Lg%+Lgi", got.re,
          got.im, creall(sum), cimagl(sum));
    CHECK_OK(ketsim_inner(b, a, &back));
    CHECK(fabs(back.re - got.re) <= 4 * unit[dtype] && fabs(back.im + got.im) <= 4 * unit[dtype],
          "<b|a> is not the conjugate of <a|b>");
    CHECK_OK(ketsim_inner(a, a, &got));
    CHECK(fabs(got.re - norm * norm) <= 4 * unit[dtype] && fabs(got.im) <= unit[dtype], "<a|a> = %g%+gi",
          got.re, got.im);
    ketsim_state_free(a);
    ketsim_state_free(b);
}

static void inner_errors(void)
{
    ketsim_state *a = new_state(3, KETSIM_COMPLEX128), *b = new_state(4, KETSIM_COMPLEX128);
    ketsim_state *c = new_state(3, KETSIM_COMPLEX64);
    ketsim_complex out = {5, 6};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_inner(a, b, &out), "4");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_inner(a, c, &out), "dtype");
    CHECK(out.re == 5 && out.im == 6, "a failing call wrote to its output");
    ketsim_state_free(a);
    ketsim_state_free(b);
    ketsim_state_free(c);
}

/* Every range of a small state; all of a large one in pieces. */
static void ranges(ketsim_dtype dtype, uint64_t *seed)
{
    ketsim_state *state = random_state(psi, 5, dtype, seed);
    const size_t size = dtype == KETSIM_COMPLEX64 ? 8 : 16;
    unsigned char *all = read_amplitudes(state), part[32 * 16 + 1];
    for (unsigned first = 0; first <= 32; first++)
        for (unsigned count = 0; first + count <= 32; count++) {
            memset(part, 0xa5, sizeof part);
            CHECK_OK(ketsim_get_amplitudes(state, part, first, count));
            CHECK(!memcmp(part, all + first * size, count * size), "amplitudes %u, %u of them", first, count);
            CHECK(part[count * size] == 0xa5, "amplitudes %u, %u of them: wrote more", first, count);
        }
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_get_amplitudes(state, part, 32, 1), "32");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_get_amplitudes(state, part, 31, 2), "32");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_get_amplitudes(state, part, 33, 0), "33");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_get_amplitudes(state, part, UINT64_MAX, 2), "32");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_get_amplitudes(state, part, 2, UINT64_MAX), "32");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_get_amplitudes(state, part, 0, UINT64_C(1) << 60), "32");
    free(all);
    ketsim_state_free(state);
}

/* ---- lists of qubits ----------------------------------------------------------------------------- */

typedef void on_list(ketsim_state *state, const int *qubits, unsigned count);

/* Every ordered list of different qubits, the empty one (which means all) first. */
static unsigned each_list(ketsim_state *state, int *chosen, unsigned count, unsigned used, on_list *check)
{
    unsigned n = ketsim_state_nqubits(state), lists = 1;
    check(state, chosen, count);
    for (unsigned q = 0; q < n; q++)
        if (!(used >> q & 1)) {
            chosen[count] = (int)q;
            lists += each_list(state, chosen, count + 1, used | 1u << q, check);
        }
    return lists;
}

/* Probabilities by the definition, where no qubits means all in order. Returns their number. */
static unsigned expected_probabilities(double *out, unsigned n, const int *qubits, unsigned count)
{
    int all[LARGEST];
    for (unsigned q = 0; q < n; q++) all[q] = (int)q;
    oracle_probabilities(out, psi, n, count ? qubits : all, count ? count : n);
    return 1u << (count ? count : n);
}

static void check_probabilities(ketsim_state *state, const int *qubits, unsigned count)
{
    double got[17], expected[16];
    unsigned outcomes = expected_probabilities(expected, ketsim_state_nqubits(state), qubits, count);
    got[outcomes] = 42;
    CHECK_OK(ketsim_probabilities(state, got, count ? qubits : NULL, count));
    CHECK(got[outcomes] == 42, "more than %u probabilities written", outcomes);
    for (unsigned k = 0; k < outcomes; k++)
        CHECK(fabs(got[k] - expected[k]) <= 4 * unit[ketsim_state_dtype(state)],
              "outcome %u of %u qubits: probability %.17g, it is %.17g", k, count, got[k], expected[k]);
}

/* The first, the middle and the last qubits of a state that several threads read. */
static void large_probabilities(ketsim_dtype dtype, uint64_t *seed)
{
    static double got[1 << LARGEST], again[1 << LARGEST], expected[1 << LARGEST];
    ketsim_state *state = random_state(psi, LARGEST, dtype, seed);
    for (unsigned count = 0; count <= LARGEST; count++) {
        int qubits[LARGEST];
        random_qubits(qubits, count, LARGEST, seed);
        unsigned outcomes = expected_probabilities(expected, LARGEST, qubits, count);
        CHECK_OK(ketsim_state_set_threads(state, 1));
        CHECK_OK(ketsim_probabilities(state, got, count ? qubits : NULL, count));
        CHECK_OK(ketsim_state_set_threads(state, 4));
        CHECK_OK(ketsim_probabilities(state, again, count ? qubits : NULL, count));
        CHECK(!memcmp(got, again, outcomes * sizeof *got), "%u qubits: 1 and 4 threads differ", count);
        for (unsigned k = 0; k < outcomes; k++)
            CHECK(fabs(got[k] - expected[k]) <= 1e-13, "outcome %u of %u qubits is off", k, count);
    }
    ketsim_state_free(state);
}

/* ---- samples ------------------------------------------------------------------------------------- */

/* Pearson's sum as a number of standard deviations, by Wilson and Hilferty; above 5 happens once in 3 million.
 * Cells that expect fewer than 5 are pooled; one that expects none must be empty. */
static double chi_square(const uint64_t *seen, const double *p, unsigned cells, double shots)
{
    double sum = 0, pooled_p = 0, pooled = 0, k = -1;
    for (unsigned c = 0; c < cells; c++) {
        double expected = p[c] * shots, count = (double)seen[c];
        CHECK(p[c] > 1e-30 || seen[c] == 0, "outcome %u has probability %g and came %g times", c, p[c],
              count);
        if (expected < 5) {
            pooled_p += expected, pooled += count;
            continue;
        }
        sum += (count - expected) * (count - expected) / expected, k++;
    }
    if (pooled_p >= 5) sum += (pooled - pooled_p) * (pooled - pooled_p) / pooled_p, k++;
    if (k < 1) return 0;
    return (cbrt(sum / k) - (1 - 2 / (9 * k))) / sqrt(2 / (9 * k));
}

static uint64_t sample_seed = 100;
static double worst_sigma;

static void check_sigma(double sigma, const char *what, unsigned count)
{
    CHECK(sigma < 5, "%s of %u qubits: chi-square at %.1f sigma", what, count, sigma);
    worst_sigma = fmax(worst_sigma, sigma);
}

static void check_sample(ketsim_state *state, const int *qubits, unsigned count)
{
    enum { SHOTS = 20000 };
    static uint64_t outcomes[SHOTS + 1];
    uint64_t seen[16] = {0};
    double p[16];
    unsigned cells = expected_probabilities(p, ketsim_state_nqubits(state), qubits, count);
    outcomes[SHOTS] = 42;
    sample_seed++;
    CHECK_OK(ketsim_sample(state, outcomes, SHOTS, count ? qubits : NULL, count, &sample_seed));
    CHECK(outcomes[SHOTS] == 42, "more than %d outcomes written", SHOTS);
    for (unsigned k = 0; k < SHOTS; k++) {
        CHECK(outcomes[k] < cells, "outcome %llu of %u qubits", (unsigned long long)outcomes[k], count);
        seen[outcomes[k]]++;
    }
    check_sigma(chi_square(seen, p, cells, SHOTS), "a sample", count);
}

/* Successive shots, as pairs, are as independent as they should be. */
static void independent_shots(void)
{
    enum { SHOTS = 200000 };
    static uint64_t outcomes[SHOTS];
    uint64_t pairs[16] = {0}, seed = 5;
    ketsim_state *state = label_state("+0+");
    double p[16];
    CHECK_OK(ketsim_sample(state, outcomes, SHOTS, (int[]){0, 2}, 2, &seed));
    for (unsigned k = 0; k < 16; k++) p[k] = 1. / 16;
    for (unsigned k = 0; k + 1 < SHOTS; k += 2) pairs[4 * outcomes[k] + outcomes[k + 1]]++;
    check_sigma(chi_square(pairs, p, 16, SHOTS / 2), "pairs of shots", 2);
    ketsim_state_free(state);
}

static void states_with_zeros(void)
{
    static const char *const labels[] = {"0000", "1111", "+000", "0+1-", "r1l0", "++++", "+"};
    for (size_t k = 0; k < sizeof labels / sizeof *labels; k++) {
        int chosen[KETSIM_MAX_QUBITS];
        ketsim_state *state = label_state(labels[k]);
        oracle_label(psi, (unsigned)strlen(labels[k]), labels[k]);
        each_list(state, chosen, 0, 0, check_sample);
        ketsim_state_free(state);
    }
}

/* One seed, one result: for every number of threads, and each shot for every number of shots. */
static void sample_determinism(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    enum { SHOTS = 5000 };
    static uint64_t first[SHOTS], again[SHOTS];
    ketsim_state *state = random_state(psi, n, dtype, seed);
    const uint64_t key = *seed, other = key + 1;
    const int qubits[] = {(int)n - 1, 0};
    for (unsigned some = 0; some < 2; some++) {
        const int *list = some ? qubits : NULL;
        size_t count = some ? 2 : 0;
        CHECK_OK(ketsim_sample(state, first, SHOTS, list, count, &key));
        for (unsigned threads = 1; threads <= 8; threads++) {
            CHECK_OK(ketsim_state_set_threads(state, threads));
            CHECK_OK(ketsim_sample(state, again, SHOTS, list, count, &key));
            CHECK(!memcmp(first, again, sizeof first), "%u qubits: %u threads draw others", n, threads);
        }
        for (uint64_t shots = 0; shots < SHOTS; shots = 3 * shots + 1) {
            memset(again, 0xff, sizeof again);
            CHECK_OK(ketsim_sample(state, again, shots, list, count, &key));
            CHECK(!memcmp(first, again, shots * sizeof *first) && again[shots] == UINT64_MAX,
                  "the first %d of %d shots are others", (int)shots, SHOTS);
        }
        CHECK_OK(ketsim_sample(state, again, SHOTS, list, count, &other));
        CHECK(memcmp(first, again, sizeof first), "another seed draws the same");
    }
    ketsim_state_free(state);
}

static void seeds_of_the_system(void)
{
    ketsim_state *state = label_state("++++++++++");
    uint64_t a[32], b[32];
    CHECK_OK(ketsim_sample(state, a, 32, NULL, 0, NULL));
    CHECK_OK(ketsim_sample(state, b, 32, NULL, 0, NULL));
    CHECK(memcmp(a, b, sizeof a), "two samples without a seed are the same");
    ketsim_state_free(state);
}

/* Amplitudes of any norm can come from an edit: twice as long draws the same way, zero is refused. */
static void sample_norms(void)
{
    ketsim_state *state = label_state("+0");
    ketsim_edit *edit;
    uint64_t outcomes[1000], seed = 9, ones = 0, hash;
    for (unsigned zero = 0; zero < 2; zero++) {
        CHECK_OK(ketsim_edit_begin(&edit, state));
        double *amplitudes = ketsim_edit_amplitudes(edit);
        for (unsigned k = 0; k < 8; k++) amplitudes[k] *= zero ? 0 : 2;
        CHECK_OK(ketsim_edit_commit(edit));
        if (zero) break;
        CHECK_OK(ketsim_sample(state, outcomes, 1000, NULL, 0, &seed));
        for (unsigned k = 0; k < 1000; k++) {
            CHECK(outcomes[k] == 0 || outcomes[k] == 2, "impossible outcome %d", (int)outcomes[k]);
            ones += outcomes[k] == 2;
        }
        CHECK(ones > 400 && ones < 600, "%d of 1000 where 500 are expected", (int)ones);
    }
    hash = state_hash(state);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_sample(state, outcomes, 1, NULL, 0, &seed), "norm");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_measure(state, outcomes, NULL, 0, &seed), "norm");
    CHECK(state_hash(state) == hash, "a failing measurement changed the state");
    ketsim_state_free(state);
}

/* ---- measurements -------------------------------------------------------------------------------- */

/* What is left: the amplitudes that agree with the outcome, scaled to norm 1, and zeros. */
static void collapsed(ketsim_state *state, const int *qubits, unsigned count, uint64_t outcome)
{
    oracle_amp left[1 << 4];
    unsigned n = ketsim_state_nqubits(state);
    long double kept = 0;
    for (unsigned i = 0; i < 1u << n; i++) {
        uint64_t value = 0;
        for (unsigned k = 0; k < count; k++) value = value << 1 | (i >> (n - 1 - (unsigned)qubits[k]) & 1);
        left[i] = (count ? value : i) == outcome ? psi[i] : 0;
        kept += creall(left[i] * conjl(left[i]));
    }
    CHECK(kept > 0, "outcome %d of %u qubits is impossible", (int)outcome, count);
    for (unsigned i = 0; i < 1u << n; i++) left[i] /= sqrtl(kept);
    CHECK(state_error(state, left) <= 4 * unit[ketsim_state_dtype(state)],
          "outcome %d of %u qubits: off by %g", (int)outcome, count, state_error(state, left));
}

static void check_measure(ketsim_state *state, const int *qubits, unsigned count)
{
    enum { TRIALS = 400 };
    unsigned n = ketsim_state_nqubits(state);
    uint64_t seen[16] = {0}, outcome, again, hash, seed;
    double p[16], norm;
    unsigned cells = expected_probabilities(p, n, qubits, count);
    const int *list = count ? qubits : NULL;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        ketsim_state *copy;
        CHECK_OK(ketsim_state_clone(&copy, state));
        seed = ++sample_seed;
        CHECK_OK(ketsim_measure(copy, &outcome, list, count, &seed));
        CHECK(outcome < cells, "outcome %d of %u qubits", (int)outcome, count);
        seen[outcome]++;
        CHECK_OK(ketsim_norm(copy, &norm));
        CHECK(fabs(norm - 1) <= 4 * unit[ketsim_state_dtype(state)], "norm %.17g after a measurement", norm);
        if (trial < 4) {
            collapsed(copy, qubits, count, outcome);
            hash = state_hash(copy);
            CHECK_OK(ketsim_measure(copy, &again, list, count, NULL));
            CHECK(again == outcome, "measured %d, and then %d", (int)outcome, (int)again);
            ketsim_state_free(copy);
            CHECK_OK(ketsim_state_clone(&copy, state));
            CHECK_OK(ketsim_measure(copy, &again, list, count, &seed));
            CHECK(again == outcome && state_hash(copy) == hash, "one seed, two measurements");
        }
        ketsim_state_free(copy);
    }
    check_sigma(chi_square(seen, p, cells, TRIALS), "measurements", count);
}

static void measure_threads(ketsim_dtype dtype, bool inplace, uint64_t *seed)
{
    ketsim_state *state = random_state(psi, LARGEST, dtype, seed), *copy;
    uint64_t outcome[9], hash[9];
    for (unsigned threads = 1; threads <= 8; threads++) {
        CHECK_OK(ketsim_state_clone(&copy, state));
        CHECK_OK(ketsim_state_set_threads(copy, threads));
        CHECK_OK(ketsim_state_set_inplace(copy, inplace));
        CHECK_OK(ketsim_measure(copy, &outcome[threads], (int[]){3, 15, 0, 8}, 4, seed));
        hash[threads] = state_hash(copy);
        CHECK(outcome[threads] == outcome[1] && hash[threads] == hash[1], "%u threads measure another",
              threads);
        ketsim_state_free(copy);
    }
    ketsim_state_free(state);
}

int main(void)
{
    uint64_t seed = 1;
    unsigned lists = 0;
    int chosen[KETSIM_MAX_QUBITS];
    inner_errors();
    for (unsigned d = 0; d < 2; d++) {
        ketsim_dtype dtype = (ketsim_dtype)d;
        for (unsigned n = 1; n <= LARGEST; n++) norm_and_inner(n, dtype, &seed);
        ranges(dtype, &seed);
        large_probabilities(dtype, &seed);
        for (unsigned n = 1; n <= 4; n++) {
            ketsim_state *state = random_state(psi, n, dtype, &seed);
            lists += each_list(state, chosen, 0, 0, check_probabilities);
            each_list(state, chosen, 0, 0, check_sample);
            each_list(state, chosen, 0, 0, check_measure);
            ketsim_state_free(state);
        }
        sample_determinism(4, dtype, &seed);
        sample_determinism(LARGEST, dtype, &seed);
        measure_threads(dtype, false, &seed);
        measure_threads(dtype, true, &seed);
    }
    states_with_zeros();
    independent_shots();
    seeds_of_the_system();
    sample_norms();
    printf("norms, inner products, ranges; %u lists of qubits, largest chi-square at %.1f sigma\n", lists,
           worst_sigma);
    return EXIT_SUCCESS;
}
