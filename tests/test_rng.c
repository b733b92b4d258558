/* Random numbers are Philox's, and what is drawn with them has the probabilities of the amplitudes. */
#include <errno.h>
#include <math.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "failing.h"
#include "rng.h"
#include "sample.h"
#include "scratch.h"

enum { NTHREADS = 6 };
static const unsigned threads[NTHREADS] = {1, 2, 3, 4, 7, 0};

static ketsim_status draw_outcomes(uint64_t *out, uint64_t shots, const void *amps, ketsim_dtype dtype,
                                   unsigned n, const uint8_t *bits, unsigned nbits, uint64_t seed,
                                   unsigned most)
{
    const struct exec exec = {.dtype = dtype, .nqubits = n, .threads = most};
    return sample_outcomes(out, shots, amps, &exec, bits, nbits, seed);
}

/* ---- the generator --------------------------------------------------------------------------- */

/* From the kat_vectors file of Random123, the authors' own library. */
static void check_known_answers(void)
{
    static const uint64_t known[][10] = {
        {0, 0, 0, 0, 0, 0, 0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0x87b092c3013fe90b,
         0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0},
        {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0x452821e638d01377,
         0xbe5466cf34e90c6c, 0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6},
    };
    for (unsigned k = 0; k < 3; k++) {
        uint64_t out[4];
        philox4x64(out, known[k], known[k] + 4);
        CHECK(!memcmp(out, known[k] + 6, sizeof out), "vector %u: first word %llx", k,
              (unsigned long long)out[0]);
    }
}

static void check_uniform(void)
{
    const uint64_t counter[4] = {5, 4, 3, RNG_MEASURE}, key[2] = {9, 0};
    uint64_t out[4];
    double many[8];

    CHECK(rng_double(0) == 0, "least");
    CHECK(rng_double(UINT64_MAX) == 1 - 0x1p-53, "largest");
    CHECK(rng_double(1ull << 63) == 0.5, "half");
    philox4x64(out, counter, key);
    for (unsigned k = 0; k < 4; k++)
        CHECK(rng_uniform(9, RNG_MEASURE, 3, 4, 20 + k) == rng_double(out[k]),
              "word %u of counter {shot / 4, op, circuit, function}", k);
    rng_uniforms(many, 9, RNG_SAMPLE, 12, 6);
    for (unsigned k = 0; k < 6; k++)
        CHECK(many[k] == rng_uniform(9, RNG_SAMPLE, 0, 0, 12 + k), "number %u of many", k);
}

/* Correlation of count numbers in [0, 1) with those that follow them, in units of its standard deviation. */
static double lag_one(const double *u, size_t count)
{
    double sum = 0;
    for (size_t k = 0; k + 1 < count; k++) sum += (u[k] - 0.5) * (u[k + 1] - 0.5);
    return fabs(sum) * 12 / sqrt((double)(count - 1));
}

static void check_independence(void)
{
    enum { COUNT = 1 << 17 };
    static double shots[COUNT], seeds[COUNT], ops[COUNT], circuits[COUNT];
    for (uint64_t k = 0; k < COUNT; k++) {
        shots[k] = rng_uniform(1, RNG_SAMPLE, 0, 0, k);
        seeds[k] = rng_uniform(k, RNG_SAMPLE, 0, 0, 0);
        ops[k] = rng_uniform(1, RNG_SAMPLE, 0, k, 0);
        circuits[k] = rng_uniform(1, RNG_SAMPLE, k, 0, 0);
    }
    CHECK(lag_one(shots, COUNT) < 4, "shots: %g sigma", lag_one(shots, COUNT));
    CHECK(lag_one(seeds, COUNT) < 4, "seeds: %g sigma", lag_one(seeds, COUNT));
    CHECK(lag_one(ops, COUNT) < 4, "operations: %g sigma", lag_one(ops, COUNT));
    CHECK(lag_one(circuits, COUNT) < 4, "circuits: %g sigma", lag_one(circuits, COUNT));
}

/* Stands in for the system's: interrupted so often, then failing or not. */
static unsigned interruptions;
static int failure;

ssize_t getrandom(void *out, size_t bytes, unsigned flags)
{
    if (!interruptions && !failure) return (ssize_t)syscall(SYS_getrandom, out, bytes, flags);
    errno = interruptions ? EINTR : failure;
    if (interruptions) interruptions--;
    return -1;
}

static void check_os_seed(void)
{
    uint64_t a = 0, b = 0;

    CHECK_OK(rng_os_seed(&a));
    interruptions = 3;
    CHECK_OK(rng_os_seed(&b));
    CHECK(!interruptions && a != b, "a signal must not end it; seeds %llx %llx", (unsigned long long)a,
          (unsigned long long)b);
    failure = ENOSYS;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, rng_os_seed(&b), "a seed must be given");
    failure = 0;
}

/* ---- sampling -------------------------------------------------------------------------------- */

static void fill(double *wide, float *narrow, unsigned n, uint64_t *seed)
{
    for (size_t i = 0; i < (size_t)2 << n; i++) wide[i] = narrow[i] = (float)random_real(seed, -1, 1);
}

static void all_bits(uint8_t *bits, unsigned n)
{
    for (unsigned k = 0; k < n && k < KETSIM_MAX_QUBITS; k++) bits[k] = (uint8_t)(n - 1 - k);
}

/* Shot k is the first index at which the cumulative sum, here in long double, exceeds u_k times the total. */
static void check_definition(const double *amps, unsigned n, const uint64_t *shots, uint64_t count,
                             uint64_t seed)
{
    long double *upto = malloc(sizeof *upto << n), sum = 0;
    CHECK(upto, "no memory");
    for (size_t i = 0; i < (size_t)1 << n; i++)
        upto[i] = sum += (long double)amps[2 * i] * amps[2 * i] +
                         (long double)amps[2 * i + 1] * amps[2 * i + 1];
    for (uint64_t k = 0; k < count; k++) {
        const long double target = sum * rng_uniform(seed, RNG_SAMPLE, 0, 0, k), margin = 1e-13L * sum;
        CHECK(shots[k] < 1ull << n && upto[shots[k]] > target - margin &&
                  (!shots[k] || upto[shots[k] - 1] <= target + margin),
              "n=%u shot %llu: index %llu", n, (unsigned long long)k, (unsigned long long)shots[k]);
    }
    free(upto);
}

static void check_shots(unsigned n, uint64_t count, uint64_t *seed)
{
    double *wide = malloc((size_t)16 << n);
    float *narrow = malloc((size_t)8 << n);
    uint64_t *expected = malloc(8 * count), *got = malloc(8 * count);
    uint8_t bits[KETSIM_MAX_QUBITS];
    CHECK(wide && narrow && expected && got, "no memory");
    fill(wide, narrow, n, seed);
    all_bits(bits, n);
    CHECK_OK(draw_outcomes(expected, count, wide, KETSIM_COMPLEX128, n, bits, n, 7, 1));
    check_definition(wide, n, expected, count, 7);
    for (unsigned t = 0; t < NTHREADS; t++) {
        CHECK_OK(draw_outcomes(got, count, wide, KETSIM_COMPLEX128, n, bits, n, 7, threads[t]));
        CHECK(!memcmp(got, expected, 8 * count), "n=%u threads=%u: other shots", n, threads[t]);
        CHECK_OK(draw_outcomes(got, count, narrow, KETSIM_COMPLEX64, n, bits, n, 7, threads[t]));
        CHECK(!memcmp(got, expected, 8 * count), "n=%u threads=%u complex64: other shots", n, threads[t]);
    }
    CHECK_OK(draw_outcomes(got, count / 3, wide, KETSIM_COMPLEX128, n, bits, n, 7, 2));
    CHECK(!memcmp(got, expected, 8 * (count / 3)), "n=%u: shot k depends on the number of shots", n);
    for (unsigned nbits = 0; nbits <= n; nbits++) {
        for (unsigned k = 0; k < nbits; k++) bits[k] = (uint8_t)((5 * k + nbits) % n);
        CHECK_OK(draw_outcomes(got, count, wide, KETSIM_COMPLEX128, n, bits, nbits, 7, 2));
        for (uint64_t s = 0; s < count; s++) {
            uint64_t outcome = 0;
            for (unsigned k = 0; k < nbits; k++) outcome = outcome << 1 | (expected[s] >> bits[k] & 1);
            CHECK(got[s] == outcome, "n=%u nbits=%u shot %llu", n, nbits, (unsigned long long)s);
        }
    }
    free(wide);
    free(narrow);
    free(expected);
    free(got);
}

/* Chi-square over 256 outcomes of unequal probability, inside a block and across; shots are independent. */
static void check_distribution(unsigned n, const uint8_t *bits, uint64_t *seed)
{
    enum { NBITS = 8, COUNT = 1000000, OUTCOMES = 1 << NBITS };
    double *amps = malloc((size_t)16 << n), p[OUTCOMES] = {0}, total = 0, chi = 0, lag = 0, mean = 0,
           spread = 0;
    float *narrow = malloc((size_t)8 << n);
    uint64_t *shots = malloc(8 * COUNT), seen[OUTCOMES] = {0};
    CHECK(amps && narrow && shots, "no memory");
    fill(amps, narrow, n, seed);
    CHECK_OK(draw_outcomes(shots, COUNT, amps, KETSIM_COMPLEX128, n, bits, NBITS, 11, 2));
    for (size_t i = 0; i < (size_t)1 << n; i++) {
        uint64_t outcome = 0;
        for (unsigned k = 0; k < NBITS; k++) outcome = outcome << 1 | (i >> bits[k] & 1);
        const double here = amps[2 * i] * amps[2 * i] + amps[2 * i + 1] * amps[2 * i + 1];
        p[outcome] += here;
        total += here;
    }
    for (unsigned k = 0; k < COUNT; k++) seen[shots[k]]++;
    for (unsigned o = 0; o < OUTCOMES; o++) {
        const double expected = COUNT * p[o] / total;
        chi += ((double)seen[o] - expected) * ((double)seen[o] - expected) / expected;
        mean += o * p[o] / total;
    }
    const double sigmas = (chi - (OUTCOMES - 1)) / sqrt(2.0 * (OUTCOMES - 1));
    CHECK(fabs(sigmas) < 4, "n=%u: chi-square is off by %g standard deviations", n, sigmas);
    for (unsigned k = 0; k < COUNT; k++) spread += ((double)shots[k] - mean) * ((double)shots[k] - mean);
    for (unsigned k = 1; k < COUNT; k++) lag += ((double)shots[k] - mean) * ((double)shots[k - 1] - mean);
    CHECK(fabs(lag) / spread * sqrt(COUNT) < 4, "n=%u: lag-1 correlation %g", n, lag / spread);
    free(amps);
    free(narrow);
    free(shots);
}

/* Only some indices are possible: at the ends, at the ends of blocks, whole blocks empty. */
static void check_impossible(void)
{
    enum { N = 15, COUNT = 20000 };
    static const uint64_t possible[][3] = {{0, 0, 0},          {32767, 32767, 32767}, {4095, 4096, 4096},
                                           {1, 8191, 28672},   {20479, 20480, 20481}, {12287, 12287, 16384},
                                           {4094, 8190, 12286}};
    static double amps[2 << N];
    static uint64_t shots[COUNT];
    uint8_t bits[N];
    all_bits(bits, N);
    for (unsigned c = 0; c < sizeof possible / sizeof *possible; c++) {
        unsigned seen = 0;
        memset(amps, 0, sizeof amps);
        for (unsigned k = 0; k < 3; k++) amps[2 * possible[c][k] + (k & 1)] = 1.0 / (3 + k);
        CHECK_OK(draw_outcomes(shots, COUNT, amps, KETSIM_COMPLEX128, N, bits, N, c, 2));
        for (unsigned s = 0; s < COUNT; s++) {
            unsigned which = 0;
            for (unsigned k = 0; k < 3; k++) which |= (unsigned)(shots[s] == possible[c][k]) << k;
            CHECK(which, "case %u: index %llu has probability 0", c, (unsigned long long)shots[s]);
            seen |= which;
        }
        CHECK(seen == 7, "case %u: an outcome of probability > 0.18 never came", c);
    }
}

/* More blocks than are kept apart while shots are put in order.  Pages that nobody wrote take no memory. */
static void check_large(void)
{
    enum { N = 26, COUNT = 3000, POSSIBLE = 64 };
    float *const amps = calloc(2ull << N, sizeof *amps);
    uint64_t shots[COUNT], again[COUNT];
    uint8_t bits[N];
    unsigned seen[POSSIBLE] = {0};
    CHECK(amps, "no memory");
    all_bits(bits, N);
    for (uint64_t k = 0; k < POSSIBLE; k++) amps[2 * ((k << (N - 6)) + 4095 * k)] = 0.125f;
    CHECK_OK(draw_outcomes(shots, COUNT, amps, KETSIM_COMPLEX64, N, bits, N, 5, 2));
    CHECK_OK(draw_outcomes(again, COUNT, amps, KETSIM_COMPLEX64, N, bits, N, 5, 1));
    CHECK(!memcmp(shots, again, sizeof shots), "other shots on one thread");
    for (unsigned s = 0; s < COUNT; s++) {
        const uint64_t k = shots[s] >> (N - 6);
        CHECK(shots[s] == (k << (N - 6)) + 4095 * k, "index %llu is impossible",
              (unsigned long long)shots[s]);
        CHECK(k == (uint64_t)(POSSIBLE * rng_uniform(5, RNG_SAMPLE, 0, 0, s)), "shot %u: another's", s);
        seen[k]++;
    }
    for (unsigned k = 0; k < POSSIBLE; k++) CHECK(seen[k], "index %u never came", k);
    free(amps);
}

static void check_sampling_fails(void)
{
    static double amps[2 << 13];
    static const uint8_t bits[2] = {12, 0};
    uint64_t out = 42;
    const ketsim_dtype wide = KETSIM_COMPLEX128;

    CHECK_FAILS(KETSIM_ERR_ARGUMENT, draw_outcomes(&out, 1, amps, wide, 13, bits, 2, 0, 1),
                "norm 0: sampling needs a positive norm");
    amps[5000] = INFINITY;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, draw_outcomes(&out, 1, amps, wide, 13, bits, 2, 0, 1), "norm inf");
    amps[5000] = NAN;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, draw_outcomes(&out, 1, amps, wide, 13, bits, 2, 0, 1), "norm nan");
    amps[5000] = 1;
    if (FAILING_WORKS) {
        scratch_trim();
        ketsim_pool_trim();
        failing_start(0);
        const ketsim_status status = draw_outcomes(&out, 1, amps, wide, 13, bits, 2, 0, 1);
        CHECK(failing_stop(), "sampling takes no memory");
        CHECK_FAILS(KETSIM_ERR_MEMORY, status, "bytes");
    }
    CHECK(out == 42, "a failure wrote %llu", (unsigned long long)out);
    CHECK_OK(draw_outcomes(&out, 0, amps, wide, 13, bits, 2, 0, 1));
    CHECK(out == 42, "no shots wrote %llu", (unsigned long long)out);
}

/* ---- one outcome ----------------------------------------------------------------------------- */

static void check_one(const double *p, unsigned nbits, double u)
{
    long double total = 0, before = 0;
    uint64_t got;
    double probability;

    CHECK_OK(sample_one(&got, &probability, p, nbits, u));
    CHECK(got < 1ull << nbits && p[got] > 0 && probability == p[got], "u=%a: outcome %llu", u,
          (unsigned long long)got);
    for (uint64_t i = 0; i < 1ull << nbits; i++) total += p[i];
    for (uint64_t i = 0; i < got; i++) before += p[i];
    CHECK(before <= u * total + 1e-13L * total && u * total < before + p[got] + 1e-13L * total,
          "nbits=%u u=%a: outcome %llu", nbits, u, (unsigned long long)got);
}

/* Also where u falls on a boundary, at both ends of [0, 1), and where most outcomes are impossible. */
static void check_sample_one(uint64_t *seed)
{
    static double p[1 << 12];
    for (unsigned nbits = 0; nbits <= 12; nbits++)
        for (unsigned trial = 0; trial < 60; trial++) {
            const unsigned count = 1u << nbits, rare = 1 + trial % 7 * 50;
            for (unsigned i = 0; i < count; i++)
                p[i] = random_below(seed, rare) ? 0
                                                : random_real(seed, 0, 1) * pow(2, -(double)(trial % 11) * 6);
            p[random_below(seed, count)] += 0.25;
            check_one(p, nbits, 0);
            check_one(p, nbits, 0x1p-53);
            check_one(p, nbits, 1 - 0x1p-53);
            for (unsigned k = 0; k < 8; k++) check_one(p, nbits, k / 8.0);
            for (unsigned k = 0; k < 8; k++) check_one(p, nbits, rng_double(random_bits(seed)));
        }
}

static void check_one_fails(void)
{
    double p[4] = {0}, probability;
    uint64_t outcome;

    CHECK_FAILS(KETSIM_ERR_ARGUMENT, sample_one(&outcome, &probability, p, 2, 0.5),
                "norm 0: measuring needs a positive norm");
    p[2] = NAN;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, sample_one(&outcome, &probability, p, 2, 0.5), "norm nan");
    p[2] = 0x1p-1074; /* the least number there is */
    CHECK_OK(sample_one(&outcome, &probability, p, 2, 1 - 0x1p-53));
    CHECK(outcome == 2 && probability == p[2], "outcome %llu", (unsigned long long)outcome);
}

/* Whether counts are those of is[values], the most frequent first, then by value. */
static void check_counts(const ketsim_count *counts, size_t count, const uint64_t *is, uint64_t values,
                         uint64_t scale)
{
    size_t different = 0;
    for (uint64_t v = 0; v < values; v++) different += is[v] > 0;
    CHECK(count == different, "%zu counts of %zu outcomes", count, different);
    for (size_t k = 0; k < count; k++) {
        CHECK(counts[k].outcome / scale < values && counts[k].count == is[counts[k].outcome / scale],
              "count %zu", k);
        CHECK(!k || counts[k - 1].count > counts[k].count ||
                  (counts[k - 1].count == counts[k].count && counts[k - 1].outcome < counts[k].outcome),
              "count %zu is out of order", k);
    }
}

/* Each outcome as often as it is there; outcomes are multiples of scale. */
static void check_tally(uint64_t *seed, size_t shots, uint64_t values, uint64_t scale)
{
    uint64_t *outcomes = malloc(shots * sizeof *outcomes + 1), *is = calloc(values, sizeof *is);
    ketsim_count *counts = malloc(values * sizeof *counts);
    size_t count, again;
    CHECK(outcomes && is && counts, "no memory");
    for (size_t k = 0; k < shots; k++) {
        const uint64_t value = random_below(seed, 1 + random_below(seed, values));
        is[value]++;
        outcomes[k] = value * scale;
    }
    CHECK_OK(ketsim_tally(NULL, &count, outcomes, shots));
    CHECK_OK(ketsim_tally(counts, &again, outcomes, shots));
    CHECK(count == again, "%zu, then %zu", count, again);
    check_counts(counts, count, is, values, scale);
    free(counts);
    free(is);
    free(outcomes);
}

/* Few and many, by each way of sorting. */
static void check_tallies(uint64_t *seed)
{
    check_tally(seed, 0, 1, 1);
    check_tally(seed, 1, 3, 1);
    check_tally(seed, 500, 9, 1);
    check_tally(seed, 100000, 40000, 1);
    check_tally(seed, 100000, 7, UINT64_C(1) << 37);
    check_tally(seed, 100000, 60000, (UINT64_C(1) << 23) + 5);
    check_tally(seed, 100000, 60000, (UINT64_C(1) << 48) - 1);
}

int main(void)
{
    static const uint8_t sizes[] = {1,  2,  3,  4,  7, 9,
                                    11, 12, 13, 14, 16}; /* no multiple of 5: see check_shots() */
    static const uint8_t low[8] = {3, 0, 6, 2, 1, 7, 5, 4}, mixed[8] = {15, 0, 14, 12, 11, 13, 2, 7};
    uint64_t seed = 1;

    check_known_answers();
    check_uniform();
    check_independence();
    check_os_seed();
    for (unsigned s = 0; s < sizeof sizes; s++) check_shots(sizes[s], sizes[s] < 12 ? 2000 : 20000, &seed);
    check_shots(3, (1 << 19) + 12345, &seed); /* two slices */
    check_distribution(8, low, &seed);
    check_distribution(16, mixed, &seed);
    check_impossible();
    check_large();
    check_sampling_fails();
    check_sample_one(&seed);
    check_one_fails();
    check_tallies(&seed);
    puts("random numbers and sampling: ok");
    return EXIT_SUCCESS;
}
