/* Kernels for pairs, covariance, matrix elements, Bloch vectors, density matrices and estimates, by the definition; and
 * how evaluations stop. */
#include <math.h>

#include "../core/kernels/meet.h"
#include "helpers.h"
#include "sets.h"

enum { LARGEST = 15, FEW = 6, MOST = 40 };
static oracle_amp psi[1 << LARGEST], phi[1 << LARGEST];
static const double eps = 0x1p-52;

/* ---- kernels: every set, bit by bit ------------------------------------------------------------ */

static _Alignas(64) double planes[2][2 * MEET_BLOCK];
static _Alignas(64) float singles[2][2 * MEET_BLOCK];

static void fill_blocks(uint64_t *seed)
{
    for (unsigned b = 0; b < 2; b++)
        for (unsigned i = 0; i < 2 * MEET_BLOCK; i++)
            planes[b][i] = (double)(singles[b][i] = (float)random_real(seed, -1, 1));
}

/* What a set computes into out: sums, products, and an image. */
static void compute(double out[MEET_SUMS + 3 * MEET_BLOCK], const struct kernel_set *set,
                    const struct meet *m)
{
    memset(out, 0, (MEET_SUMS + 3 * MEET_BLOCK) * sizeof *out);
    set->meet->sum(out, m);
    set->meet->products(out + MEET_SUMS, m);
    set->meet->image(out + MEET_SUMS + MEET_BLOCK, out + MEET_SUMS, m);
    set->meet->halves(out, out + MEET_SUMS, 2, m->imaginary);
}

static void check_against_plain(const double *out, const struct meet *m)
{
    for (uint64_t i = 0; i < m->runs * MEET_RUN; i++) {
        const double *a = planes[0] + 2 * i, *b = planes[1] + 2 * (i ^ m->x);
        const double p = m->imaginary ? a[0] * b[1] - a[1] * b[0] : a[0] * b[0] + a[1] * b[1];
        const double *image = out + MEET_SUMS + MEET_BLOCK + 2 * i;
        CHECK(out[MEET_SUMS + i] == p, "product %d is %g, it is %g", (int)i, out[MEET_SUMS + i], p);
        CHECK(image[0] == (m->imaginary ? p * b[1] : p * b[0]) &&
                  image[1] == (m->imaginary ? -p * b[0] : p * b[1]),
              "image %d", (int)i);
    }
}

static void kernels_agree(uint64_t *seed)
{
    const struct kernel_set *sets[MOST_SETS];
    const unsigned count = find_sets(sets);
    static _Alignas(64) double first[MEET_SUMS + 3 * MEET_BLOCK], out[MEET_SUMS + 3 * MEET_BLOCK];
    fill_blocks(seed);
    for (unsigned round = 0; round < 400; round++) {
        struct meet m = {.imaginary = round & 1, .runs = UINT64_C(1) << random_below(seed, 7)};
        m.x = round < 32 ? round / 2 : random_below(seed, (unsigned)m.runs * MEET_RUN);
        m.skip = m.x >= MEET_RUN ? m.runs / 2 : 0;
        m.signs = random_bits(seed);
        m.x &= m.runs * MEET_RUN - 1;
        for (unsigned k = 0; k < 2 * count; k++) {
            m.dtype = k & 1 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128;
            m.a = k & 1 ? (const void *)singles[0] : planes[0];
            m.b = k & 1 ? (const void *)singles[1] : planes[1];
            compute(k ? out : first, sets[k / 2], &m);
            if (!k) check_against_plain(first, &m);
            CHECK(!k || !memcmp(first, out, sizeof out), "%s, dtype %d, x %llu: other bits than %s",
                  sets[k / 2]->isa, (int)m.dtype, (unsigned long long)m.x, sets[0]->isa);
        }
    }
}

/* ---- observables by the definition ------------------------------------------------------------- */

/* Texts, so that a sum can be printed. */
static ketsim_observable *random_observable(unsigned n, unsigned terms, uint64_t *seed)
{
    ketsim_pauli term[MOST];
    int qubits[MOST][KETSIM_MAX_QUBITS];
    char letters[MOST][KETSIM_MAX_QUBITS];
    ketsim_observable *out;
    for (unsigned k = 0; k < terms; k++) {
        const unsigned weight = random_below(seed, n + 1);
        random_qubits(qubits[k], weight, n, seed);
        for (unsigned q = 0; q < weight; q++) letters[k][q] = "XYZ"[random_below(seed, 3)];
        term[k] = (ketsim_pauli){random_real(seed, -2, 2), letters[k], qubits[k], weight};
    }
    CHECK_OK(ketsim_observable_new(&out, term, terms));
    return out;
}

/* out = O in. */
static void apply_observable(oracle_amp *out, const oracle_amp *in, unsigned n, const ketsim_observable *o)
{
    memset(out, 0, sizeof *out << n);
    for (size_t t = 0; t < ketsim_observable_length(o); t++) {
        ketsim_pauli_record term;
        CHECK_OK(ketsim_observable_get(o, &term, t));
        for (unsigned i = 0; i < 1u << n; i++) {
            oracle_amp factor = term.coefficient;
            unsigned j = i;
            for (unsigned q = 0; q < n; q++) {
                const bool one = i >> (n - 1 - q) & 1, x = term.x >> q & 1, z = term.z >> q & 1;
                if (x) j ^= 1u << (n - 1 - q);
                if (x && z) factor *= one ? -1.0L * I : 1.0L * I;
                else if (z && one) factor = -factor;
            }
            out[j] += factor * in[i];
        }
    }
}

static oracle_amp inner(const oracle_amp *a, const oracle_amp *b, unsigned n)
{
    oracle_amp sum = 0;
    for (unsigned i = 0; i < 1u << n; i++) sum += conjl(a[i]) * b[i];
    return sum;
}

enum { SEVERAL = 3 };

static void check_covariance(ketsim_state *state, const ketsim_observable *const *o, unsigned n)
{
    static oracle_amp images[SEVERAL][1 << FEW];
    double out[SEVERAL * SEVERAL];
    long double means[SEVERAL];
    CHECK_OK(ketsim_covariance(state, o, SEVERAL, out, NULL));
    for (unsigned k = 0; k < SEVERAL; k++) {
        apply_observable(images[k], psi, n, o[k]);
        means[k] = creall(inner(psi, images[k], n));
    }
    for (unsigned j = 0; j < SEVERAL; j++)
        for (unsigned k = 0; k < SEVERAL; k++) {
            const long double is = creall(inner(images[j], images[k], n)) - means[j] * means[k];
            const double tolerance = ketsim_state_dtype(state) == KETSIM_COMPLEX64 ? 1e-3 : 1e-11;
            CHECK(fabsl(out[j * SEVERAL + k] - is) <= tolerance,
                  "%u qubits, covariance %u %u: %.17g, it is %.17Lg", n, j, k, out[j * SEVERAL + k], is);
        }
}

static void check_elements(ketsim_state *bra, ketsim_state *ket, const ketsim_observable *const *o,
                           unsigned n)
{
    static oracle_amp image[1 << FEW];
    ketsim_complex out[SEVERAL];
    CHECK_OK(ketsim_matrix_elements(bra, o, SEVERAL, ket, out, NULL));
    for (unsigned k = 0; k < SEVERAL; k++) {
        apply_observable(image, psi, n, o[k]);
        const oracle_amp is = inner(phi, image, n);
        CHECK(cabsl(out[k].re + out[k].im * 1.0L * I - is) <= 400 * eps,
              "%u qubits, element %u: %.17g %+.17gi", n, k, out[k].re, out[k].im);
    }
}

/* Of one state with itself: the products' imaginary parts cancel. */
static void check_diagonal(ketsim_state *state, const ketsim_observable *const *o)
{
    ketsim_complex out[SEVERAL];
    double is;
    CHECK_OK(ketsim_matrix_elements(state, o, SEVERAL, state, out, NULL));
    for (unsigned k = 0; k < SEVERAL; k++) {
        CHECK_OK(ketsim_expectation(state, o[k], &is));
        CHECK(fabs(out[k].re - is) <= 400 * eps && fabs(out[k].im) <= 400 * eps,
              "element %u: %.17g %+.17gi, it is %.17g", k, out[k].re, out[k].im, is);
    }
}

static void check_bloch(ketsim_state *state, unsigned n)
{
    static const char letters[] = "XYZ";
    double out[3 * FEW], is;
    CHECK_OK(ketsim_bloch_vectors(state, out, NULL));
    for (int q = 0; q < (int)n; q++)
        for (unsigned k = 0; k < 3; k++) {
            ketsim_observable *one;
            CHECK_OK(ketsim_observable_new(&one, &(ketsim_pauli){1, letters + k, &q, 1}, 1));
            CHECK_OK(ketsim_expectation(state, one, &is));
            CHECK(fabs(out[3 * q + (int)k] - is) <= 4 * eps, "qubit %d, %c: %.17g, it is %.17g", q,
                  letters[k], out[3 * q + (int)k], is);
            ketsim_observable_free(one);
        }
}

static void by_the_definition(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    ketsim_state *state = random_state(psi, n, dtype, seed), *other = random_state(phi, n, dtype, seed);
    for (unsigned round = 0; round < 6; round++) {
        ketsim_observable *o[SEVERAL];
        for (unsigned k = 0; k < SEVERAL; k++) o[k] = random_observable(n, random_below(seed, MOST), seed);
        check_covariance(state, (const ketsim_observable *const *)o, n);
        check_elements(other, state, (const ketsim_observable *const *)o, n);
        check_diagonal(state, (const ketsim_observable *const *)o);
        for (unsigned k = 0; k < SEVERAL; k++) ketsim_observable_free(o[k]);
    }
    check_bloch(state, n);
    ketsim_state_free(state);
    ketsim_state_free(other);
}

/* ---- density matrices -------------------------------------------------------------------------- */

static unsigned setting_of(unsigned index, unsigned n, const int *qubits, unsigned count)
{
    unsigned setting = 0;
    for (unsigned k = 0; k < count; k++)
        setting = setting << 1 | (index >> (n - 1 - (unsigned)qubits[k]) & 1);
    return setting;
}

static void check_density(ketsim_state *state, unsigned n, const int *qubits, unsigned count)
{
    static ketsim_complex out[1 << 2 * FEW];
    static oracle_amp is[1 << 2 * FEW];
    unsigned mask = 0;
    for (unsigned k = 0; k < count; k++) mask |= 1u << (n - 1 - (unsigned)qubits[k]);
    memset(is, 0, sizeof *is << 2 * count);
    for (unsigned i = 0; i < 1u << n; i++)
        for (unsigned j = 0; j < 1u << n; j++)
            if (!((i ^ j) & ~mask))
                is[setting_of(i, n, qubits, count) << count | setting_of(j, n, qubits, count)] += psi[i] *
                                                                                                  conjl(
                                                                                                      psi[j]);
    CHECK_OK(ketsim_density_matrix(state, out, qubits, count));
    for (unsigned k = 0; k < 1u << 2 * count; k++)
        CHECK(cabsl(out[k].re + out[k].im * 1.0L * I - is[k]) <= 8 * eps,
              "%u of %u qubits, entry %u: %g %+gi", count, n, k, out[k].re, out[k].im);
}

/* Every list of different qubits. */
static void every_list(ketsim_state *state, unsigned n, int *qubits, unsigned count)
{
    if (count) check_density(state, n, qubits, count);
    for (int q = 0; q < (int)n; q++) {
        bool used = false;
        for (unsigned k = 0; k < count; k++) used |= qubits[k] == q;
        if (used) continue;
        qubits[count] = q;
        every_list(state, n, qubits, count + 1);
    }
}

static void densities(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    int qubits[MOST];
    ketsim_state *state = random_state(psi, n, dtype, seed);
    if (n <= 4) every_list(state, n, qubits, 0);
    else
        for (unsigned round = 0; round < 30; round++) {
            const unsigned count = 1 + random_below(seed, n);
            random_qubits(qubits, count, n, seed);
            check_density(state, n, qubits, count);
        }
    ketsim_state_free(state);
}

/* ---- threads ----------------------------------------------------------------------------------- */

struct numbers {
    double covariance[4], bloch[3 * LARGEST], estimate[2];
    ketsim_complex element, small[16], large[1 << 14];
};

static void read_all(struct numbers *out, ketsim_state *state, ketsim_state *other,
                     const ketsim_observable *const *o)
{
    const int qubits[] = {3, 14, 0, 7, 9, 1, 2};
    const uint64_t key = 5;
    memset(out, 0, sizeof *out);
    CHECK_OK(ketsim_covariance(state, o, 2, out->covariance, NULL));
    CHECK_OK(ketsim_bloch_vectors(state, out->bloch, NULL));
    CHECK_OK(ketsim_estimate(state, o[0], 1000, &out->estimate[0], &out->estimate[1], &key));
    CHECK_OK(ketsim_matrix_elements(other, o, 1, state, &out->element, NULL));
    CHECK_OK(ketsim_density_matrix(state, out->small, qubits, 2));
    CHECK_OK(ketsim_density_matrix(state, out->large, qubits, 7));
}

static void same_bits(ketsim_dtype dtype, uint64_t *seed)
{
    static struct numbers first, got;
    ketsim_state *state = random_state(psi, LARGEST, dtype, seed);
    ketsim_state *other = random_state(phi, LARGEST, dtype, seed);
    ketsim_observable *o[] = {random_observable(LARGEST, MOST, seed), random_observable(LARGEST, MOST, seed)};
    const unsigned threads[] = {1, 2, 3, 8};
    for (unsigned k = 0; k < 4; k++) {
        CHECK_OK(ketsim_state_set_threads(state, threads[k]));
        read_all(k ? &got : &first, state, other, (const ketsim_observable *const *)o);
        CHECK(!k || !memcmp(&first, &got, sizeof got), "%u threads: other bits than with one", threads[k]);
    }
    ketsim_observable_free(o[0]);
    ketsim_observable_free(o[1]);
    ketsim_state_free(state);
    ketsim_state_free(other);
}

/* ---- estimates --------------------------------------------------------------------------------- */

/* Within 5 standard errors, which are themselves about right: over many seeds their squares average to the spread. */
static void estimates(unsigned n, uint64_t *seed)
{
    enum { ROUNDS = 200, SHOTS = 400 };
    ketsim_state *state = random_state(psi, n, KETSIM_COMPLEX128, seed);
    ketsim_observable *o = random_observable(n, 10, seed);
    double is, mean, error, spread = 0, claimed = 0;
    CHECK_OK(ketsim_expectation(state, o, &is));
    for (uint64_t key = 0; key < ROUNDS; key++) {
        CHECK_OK(ketsim_estimate(state, o, SHOTS, &mean, &error, &key));
        CHECK(fabs(mean - is) <= 5 * error + 1e-12, "seed %d: %g +- %g, it is %g", (int)key, mean, error, is);
        spread += (mean - is) * (mean - is) / ROUNDS;
        claimed += error * error / ROUNDS;
    }
    CHECK(spread > claimed / 1.7 && spread < claimed * 1.7, "%u qubits: spread %g, claimed %g", n,
          sqrt(spread), sqrt(claimed));
    ketsim_observable_free(o);
    ketsim_state_free(state);
}

/* ---- what is refused, and stops ----------------------------------------------------------------- */

static ketsim_observable *parse(const char *text)
{
    ketsim_observable *observable;
    CHECK_OK(ketsim_observable_parse(&observable, text, strlen(text)));
    return observable;
}

static void bad_input(void)
{
    ketsim_state *state, *single, *larger;
    ketsim_observable *far = parse("X7"), *good = parse("Z0");
    ketsim_complex out[4] = {{42, 42}};
    double real[2] = {42, 42};
    const uint64_t key = 1;
    CHECK_OK(ketsim_state_new(&state, 3, KETSIM_COMPLEX128));
    CHECK_OK(ketsim_state_new(&single, 3, KETSIM_COMPLEX64));
    CHECK_OK(ketsim_state_new(&larger, 14, KETSIM_COMPLEX128));
    const ketsim_observable *const lists[] = {far, good};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_covariance(state, lists, 1, real, NULL),
                "qubit 7: the state has 3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_evaluate(state, lists, 1, real, NULL), "qubit 7");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_matrix_elements(state, lists, 1, state, out, NULL), "qubit 7");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_matrix_elements(state, lists + 1, 1, single, out, NULL),
                "dtypes");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_matrix_elements(larger, lists + 1, 1, state, out, NULL),
                "14 and 3 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_estimate(state, far, 10, real, real + 1, &key), "qubit 7");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_estimate(state, good, 1, real, real + 1, &key), "1 shots");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_matrix(state, out, (int[]){0, 0}, 2), "0");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_matrix(state, out, (int[]){3}, 1), "3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_density_matrix(larger, out, NULL, 0),
                "14 qubits: must be at most 12");
    CHECK(real[0] == 42 && real[1] == 42 && out[0].re == 42, "a failing call wrote to its output");
    CHECK_OK(ketsim_state_close(state));
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_bloch_vectors(state, real, NULL), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_density_matrix(state, out, (int[]){0}, 1), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_estimate(state, good, 10, real, real + 1, &key), "closed");
    ketsim_state_free(state);
    ketsim_state_free(single);
    ketsim_state_free(larger);
    ketsim_observable_free(far);
    ketsim_observable_free(good);
}

/* Says stop at the call number stop_at; and checks that fractions rise. */
struct watcher {
    unsigned calls, stop_at;
    double last;
};

static bool watch(void *context, double done)
{
    struct watcher *watcher = context;
    CHECK(done >= watcher->last && done <= 1, "%g after %g", done, watcher->last);
    watcher->last = done;
    return ++watcher->calls != watcher->stop_at;
}

/* Long enough for slices: the value is the one without them, and each reason to stop stops it. */
static void stops(uint64_t *seed)
{
    enum { N = 18 };
    ketsim_state *state;
    ketsim_observable *parts[12], *sum;
    double ones[12], whole, sliced, untouched = 42;
    struct watcher all = {.stop_at = 0}, some = {.stop_at = 1};
    ketsim_cancel *cancel;
    CHECK_OK(ketsim_state_new(&state, N, KETSIM_COMPLEX128));
    for (int q = 0; q < N; q++) {
        const double angle = 0.1 + q;
        CHECK_OK(ketsim_apply_gate(state, KETSIM_GATE_RY, &angle, &q));
    }
    for (unsigned k = 0; k < 12; k++) {
        parts[k] = random_observable(N, MOST, seed);
        ones[k] = 1;
    }
    CHECK_OK(ketsim_observable_combine(&sum, (const ketsim_observable *const *)parts, ones, 12));
    const ketsim_observable *const list = sum;
    CHECK_OK(ketsim_expectation(state, sum, &whole));
    CHECK_OK(ketsim_evaluate(state, &list, 1, &sliced,
                             &(ketsim_run_options){.poll = watch, .poll_context = &all, .threads = 2}));
    CHECK(whole == sliced, "%.17g in slices, %.17g without", sliced, whole);
    const ketsim_observable *const two[] = {sum, sum};
    double matrix[4];
    CHECK_OK(ketsim_covariance(state, two, 2, matrix,
                               &(ketsim_run_options){.poll = watch, .poll_context = &(struct watcher){0}}));
    CHECK(matrix[0] == matrix[3] && matrix[0] > 0, "variances %g and %g", matrix[0], matrix[3]);
    CHECK_FAILS(KETSIM_ERR_CANCELLED,
                ketsim_covariance(state, two, 2, matrix,
                                  &(ketsim_run_options){.poll = watch, .poll_context = &some, .threads = 1}),
                "poll function");
    CHECK_OK(ketsim_cancel_new(&cancel));
    ketsim_cancel_raise(cancel);
    CHECK_FAILS(KETSIM_ERR_CANCELLED,
                ketsim_evaluate(state, &list, 1, &untouched, &(ketsim_run_options){.cancel = cancel}),
                "cancelled");
    CHECK_FAILS(KETSIM_ERR_DEADLINE,
                ketsim_covariance(state, two, 2, matrix, &(ketsim_run_options){.timeout_ms = 1}),
                "timeout_ms = 1");
    CHECK_FAILS(KETSIM_ERR_BUSY,
                ketsim_evaluate(state, &list, 1, &untouched, &(ketsim_run_options){.expect_generation = 99}),
                "99");
    CHECK(untouched == 42, "a stopped call wrote to its output");
    ketsim_cancel_free(cancel);
    for (unsigned k = 0; k < 12; k++) ketsim_observable_free(parts[k]);
    ketsim_observable_free(sum);
    ketsim_state_free(state);
}

int main(void)
{
    uint64_t seed = 6;
    kernels_agree(&seed);
    for (ketsim_dtype dtype = KETSIM_COMPLEX128; dtype <= KETSIM_COMPLEX64; dtype++) {
        for (unsigned n = 1; n <= FEW; n++) by_the_definition(n, dtype, &seed);
        for (unsigned n = 1; n <= FEW; n++) densities(n, dtype, &seed);
        same_bits(dtype, &seed);
    }
    estimates(1, &seed);
    estimates(5, &seed);
    bad_input();
    stops(&seed);
    return 0;
}
