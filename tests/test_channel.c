/* Channels: named ones by what they do to density matrices, sets of Kraus operators that must be refused, products,
 * mixtures of unitaries, and readout that errs. */
#include <math.h>

#include "helpers.h"

enum { MOST = 8 };
typedef oracle_amp matrix[MOST * MOST];
static const double eps = 1e-14;

/* ---- linear algebra ----------------------------------------------------------------------------- */

static void random_density(matrix rho, unsigned dim, uint64_t *seed)
{
    long double trace = 0;
    matrix a;
    for (unsigned k = 0; k < dim * dim; k++) a[k] = random_real(seed, -1, 1) + random_real(seed, -1, 1) * I;
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            rho[r * dim + c] = 0;
            for (unsigned k = 0; k < dim; k++) rho[r * dim + c] += a[r * dim + k] * conjl(a[c * dim + k]);
        }
    for (unsigned r = 0; r < dim; r++) trace += creall(rho[r * dim + r]);
    for (unsigned k = 0; k < dim * dim; k++) rho[k] /= trace;
}

static oracle_amp amp(ketsim_complex a)
{
    return (long double)a.re + (long double)a.im * I;
}

/* out += f K rho K*. */
static void conjugate(matrix out, const ketsim_complex *k, double f, const matrix rho, unsigned dim)
{
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++)
            for (unsigned i = 0; i < dim; i++)
                for (unsigned j = 0; j < dim; j++)
                    out[r * dim + c] += f * amp(k[r * dim + i]) * rho[i * dim + j] *
                                        conjl(amp(k[c * dim + j]));
}

static void by_kraus(matrix out, const ketsim_channel *channel, const matrix rho)
{
    const unsigned dim = 1u << ketsim_channel_nqubits(channel);
    memset(out, 0, sizeof(matrix));
    for (size_t k = 0; k < ketsim_channel_length(channel); k++)
        conjugate(out, ketsim_channel_kraus(channel) + k * dim * dim, 1, rho, dim);
}

static void by_superoperator(matrix out, const ketsim_channel *channel, const matrix rho)
{
    const unsigned dim = 1u << ketsim_channel_nqubits(channel), size = dim * dim;
    static ketsim_complex super[MOST * MOST * MOST * MOST];
    ketsim_channel_superoperator(channel, super);
    memset(out, 0, sizeof(matrix));
    for (unsigned r = 0; r < size; r++)
        for (unsigned c = 0; c < size; c++) out[r] += amp(super[r * size + c]) * rho[c];
}

static void check_same(const matrix got, const matrix expected, unsigned dim, const char *what)
{
    for (unsigned k = 0; k < dim * dim; k++)
        CHECK(cabsl(got[k] - expected[k]) <= eps, "%s: entry %u is off by %Lg", what, k,
              cabsl(got[k] - expected[k]));
}

static void check_complete(const ketsim_channel *channel, const char *what)
{
    const unsigned dim = 1u << ketsim_channel_nqubits(channel);
    const ketsim_complex *kraus = ketsim_channel_kraus(channel);
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            oracle_amp sum = 0;
            for (size_t k = 0; k < ketsim_channel_length(channel) * dim; k++)
                sum += conjl(amp(kraus[k * dim + r])) * amp(kraus[k * dim + c]);
            CHECK(cabsl(sum - (r == c)) <= eps, "%s: sum of K* K at (%u, %u) is %Lg%+Lgi", what, r, c,
                  creall(sum), cimagl(sum));
        }
}

/* What holds of every channel: complete, and Kraus operators, superoperator and mixture are one map. */
static void check_channel(const ketsim_channel *channel, const char *what)
{
    const unsigned dim = 1u << ketsim_channel_nqubits(channel);
    const double *p = ketsim_channel_probabilities(channel);
    uint64_t seed = 7;
    matrix rho, image, other;
    random_density(rho, dim, &seed);
    by_kraus(image, channel, rho);
    check_complete(channel, what);
    by_superoperator(other, channel, rho);
    check_same(other, image, dim, what);
    CHECK(!p == !ketsim_channel_unitaries(channel), "%s", what);
    if (!p) return;
    double sum = 0;
    memset(other, 0, sizeof other);
    for (size_t k = 0; k < ketsim_channel_length(channel); k++) {
        CHECK(p[k] > 0, "%s: probability %zu is %g", what, k, p[k]);
        conjugate(other, ketsim_channel_unitaries(channel) + k * dim * dim, p[k], rho, dim);
        sum += p[k];
    }
    CHECK(fabs(sum - 1) <= eps, "%s: probabilities add up to %.17g", what, sum);
    check_same(other, image, dim, what);
}

/* ---- named ones, by what they do ---------------------------------------------------------------- */

static ketsim_channel *named(const char *name, const double *parameters, size_t count)
{
    ketsim_channel *channel;
    CHECK_OK(ketsim_channel_named(&channel, name, parameters, count));
    return channel;
}

/* populations' way: |0> stays with a, |1> with d, coherences times c. */
static void relaxed(matrix out, const matrix rho, double a, double d, double c)
{
    out[0] = a * rho[0] + (1 - d) * rho[3];
    out[3] = (1 - a) * rho[0] + d * rho[3];
    out[1] = c * rho[1];
    out[2] = c * rho[2];
}

static void check_relaxation(const char *name, const double *parameters, size_t count, double a, double d,
                             double c)
{
    uint64_t seed = 3;
    matrix rho, image, expected;
    ketsim_channel *channel = named(name, parameters, count);
    check_channel(channel, name);
    random_density(rho, 2, &seed);
    by_kraus(image, channel, rho);
    relaxed(expected, rho, a, d, c);
    check_same(image, expected, 2, name);
    ketsim_channel_free(channel);
}

static void relaxations(void)
{
    static const double some[] = {0, 1e-12, 0.1, 0.5, 0.93, 1};
    static const double times[] = {0, 1e-9, 0.2, 1, 30, 40, 1000};
    static const double t2s[] = {1e-3, 0.4, 1, 1.5, 2};
    for (size_t i = 0; i < 6; i++) {
        const double g = some[i];
        check_relaxation("amplitude_damping", &g, 1, 1, 1 - g, sqrt(1 - g));
        check_relaxation("phase_damping", &g, 1, 1, 1, sqrt(1 - g));
        for (size_t j = 0; j < 6; j++) {
            const double e = some[j], f = g * (1 - e);
            check_relaxation("generalized_amplitude_damping", (double[]){g, e}, 2, 1 - g * e, 1 - g * (1 - e),
                             sqrt(1 - g));
            const double r[] = {f, e * (1 - g)}, keep = 1 - r[0] - r[1];
            check_relaxation("reset", r, 2, keep + r[0], keep + r[1], keep);
            for (size_t t = 0; t < 7; t++)
                for (size_t k = 0; k < 5; k++) {
                    const double moves = -expm1(-times[t]);
                    check_relaxation("thermal_relaxation", (double[]){1, t2s[k], times[t], e}, 4,
                                     1 - moves * e, 1 - moves * (1 - e), exp(-times[t] / t2s[k]));
                }
        }
    }
    check_relaxation("thermal_relaxation", (double[]){INFINITY, 2, 1, 0.3}, 4, 1, 1, exp(-0.5));
    check_relaxation("thermal_relaxation", (double[]){INFINITY, INFINITY, 1, 0.3}, 4, 1, 1, 1);
}

/* The Pauli matrices by the gate table. */
static void check_flip(const char *name, ketsim_gate gate, double p)
{
    uint64_t seed = 5;
    ketsim_complex u[4];
    matrix rho, image, expected = {0};
    ketsim_channel *channel = named(name, &p, 1);
    CHECK_OK(ketsim_gate_matrix(gate, u, NULL));
    check_channel(channel, name);
    CHECK(ketsim_channel_probabilities(channel), "%s is no mixture", name);
    random_density(rho, 2, &seed);
    by_kraus(image, channel, rho);
    for (unsigned k = 0; k < 4; k++) expected[k] = (1 - p) * rho[k];
    conjugate(expected, u, p, rho, 2);
    check_same(image, expected, 2, name);
    ketsim_channel_free(channel);
}

static void check_depolarizing(unsigned nqubits, double p)
{
    const char *const name = nqubits == 1 ? "depolarizing" : "depolarizing2";
    const unsigned dim = 1u << nqubits;
    uint64_t seed = 9;
    matrix rho, image, expected;
    ketsim_channel *channel = named(name, &p, 1);
    check_channel(channel, name);
    CHECK(ketsim_channel_probabilities(channel), "%s is no mixture", name);
    random_density(rho, dim, &seed);
    by_kraus(image, channel, rho);
    for (unsigned k = 0; k < dim * dim; k++) expected[k] = (1 - p) * rho[k] + (k % (dim + 1) ? 0 : p / dim);
    check_same(image, expected, dim, name);
    ketsim_channel_free(channel);
}

static void flips(void)
{
    static const double some[] = {0, 1e-12, 0.03, 0.5, 0.75, 1};
    for (size_t k = 0; k < 6; k++) {
        check_flip("bit_flip", KETSIM_GATE_X, some[k]);
        check_flip("phase_flip", KETSIM_GATE_Z, some[k]);
        check_flip("bit_phase_flip", KETSIM_GATE_Y, some[k]);
        check_depolarizing(1, some[k]);
        check_depolarizing(2, some[k]);
    }
}

/* Every string on up to three qubits, beside another: tensor products of the gates of the table. */
static void strings(void)
{
    static const ketsim_gate gates[] = {KETSIM_GATE_I, KETSIM_GATE_X, KETSIM_GATE_Y, KETSIM_GATE_Z};
    for (unsigned n = 1; n <= 3; n++)
        for (unsigned code = 0; code < 1u << 2 * n; code++) {
            const unsigned dim = 1u << n;
            char letters[7] = "XYZXYZ";
            uint64_t seed = code;
            matrix rho, image, expected = {0};
            ketsim_complex u[MOST * MOST], other[MOST * MOST], factor[4];
            u[0] = (ketsim_complex){1, 0};
            for (unsigned q = 0; q < n; q++) {
                letters[q] = "IXYZ"[code >> 2 * q & 3];
                CHECK_OK(ketsim_gate_matrix(gates[code >> 2 * q & 3], factor, NULL));
                for (unsigned r = 0; r < 2u << q; r++)
                    for (unsigned c = 0; c < 2u << q; c++) {
                        const ketsim_complex a = u[(r / 2) * (1u << q) + c / 2],
                                             b = factor[r % 2 * 2 + c % 2];
                        other[r * (2u << q) + c] = (ketsim_complex){a.re * b.re - a.im * b.im,
                                                                    a.re * b.im + a.im * b.re};
                    }
                memcpy(u, other, sizeof u);
            }
            for (unsigned q = n; q < 2 * n; q++) letters[q] = 'I';
            ketsim_channel *channel;
            CHECK_OK(ketsim_channel_pauli(&channel, n, letters, (double[]){0.3, 0.2}, 2));
            check_channel(channel, letters);
            random_density(rho, dim, &seed);
            by_kraus(image, channel, rho);
            for (unsigned k = 0; k < dim * dim; k++) expected[k] = 0.7L * rho[k];
            conjugate(expected, u, 0.3, rho, dim);
            check_same(image, expected, dim, letters);
            ketsim_channel_free(channel);
        }
}

/* ---- sets of operators -------------------------------------------------------------------------- */

/* count operators that are complete: rows of a random isometry, by Gram and Schmidt. */
static void random_kraus(ketsim_complex *out, unsigned dim, size_t count, uint64_t *seed)
{
    const size_t rows = count * dim;
    static oracle_amp columns[MOST][1024];
    for (unsigned c = 0; c < dim; c++) {
        for (size_t r = 0; r < rows; r++)
            columns[c][r] = random_real(seed, -1, 1) + random_real(seed, -1, 1) * I;
        for (unsigned twice = 0; twice < 2; twice++)
            for (unsigned b = 0; b < c; b++) {
                oracle_amp dot = 0;
                for (size_t r = 0; r < rows; r++) dot += conjl(columns[b][r]) * columns[c][r];
                for (size_t r = 0; r < rows; r++) columns[c][r] -= dot * columns[b][r];
            }
        long double norm = 0;
        for (size_t r = 0; r < rows; r++) norm += creall(columns[c][r] * conjl(columns[c][r]));
        for (size_t r = 0; r < rows; r++) {
            columns[c][r] /= sqrtl(norm);
            out[r * dim + c] = (ketsim_complex){(double)creall(columns[c][r]), (double)cimagl(columns[c][r])};
        }
    }
}

static ketsim_channel *random_channel(unsigned nqubits, size_t count, uint64_t *seed)
{
    static ketsim_complex kraus[1024 * MOST];
    ketsim_channel *channel;
    random_kraus(kraus, 1u << nqubits, count, seed);
    CHECK_OK(ketsim_channel_new(&channel, nqubits, kraus, count, 0));
    return channel;
}

static void check_product(const ketsim_channel *first, const ketsim_channel *second, const char *what)
{
    const unsigned nqubits = ketsim_channel_nqubits(first), dim = 1u << nqubits;
    uint64_t seed = 11;
    matrix rho, middle, image, expected;
    ketsim_channel *both;
    CHECK_OK(ketsim_channel_compose(&both, first, second));
    check_channel(both, what);
    CHECK(ketsim_channel_length(both) <= dim * dim, "%s: %zu operators", what, ketsim_channel_length(both));
    random_density(rho, dim, &seed);
    by_kraus(middle, first, rho);
    by_kraus(expected, second, middle);
    by_kraus(image, both, rho);
    check_same(image, expected, dim, what);
    ketsim_channel_free(both);
}

static void products(void)
{
    uint64_t seed = 13;
    for (unsigned nqubits = 1; nqubits <= 3; nqubits++)
        for (size_t count = 1; count <= 9; count += 4) {
            ketsim_channel *a = random_channel(nqubits, count, &seed), *b = random_channel(nqubits, 8, &seed);
            check_channel(a, "random");
            check_product(a, b, "random");
            ketsim_channel_free(a);
            ketsim_channel_free(b);
        }
    ketsim_channel *flip = named("bit_flip", (double[]){0.1}, 1),
                   *mix = named("depolarizing", (double[]){0.2}, 1), *both;
    check_product(flip, mix, "of mixtures");
    CHECK_OK(ketsim_channel_compose(&both, flip, mix));
    CHECK(ketsim_channel_length(both) == 4 && ketsim_channel_probabilities(both), "a mixture of 4");
    ketsim_channel_free(both);
    ketsim_channel_free(flip);
    ketsim_channel_free(mix);
}

static void equality(void)
{
    ketsim_channel *a = named("bit_flip", (double[]){0.1}, 1), *b = named("bit_flip", (double[]){0.1}, 1);
    ketsim_channel *c = named("bit_flip", (double[]){0.2}, 1),
                   *d = named("depolarizing2", (double[]){0.1}, 1);
    CHECK(ketsim_channel_equal(a, b) && ketsim_channel_equal(a, a), "the same");
    CHECK(!ketsim_channel_equal(a, c) && !ketsim_channel_equal(a, d), "others");
    ketsim_channel_free(a);
    ketsim_channel_free(b);
    ketsim_channel_free(c);
    ketsim_channel_free(d);
    ketsim_channel_free(NULL);
    d = named("bit_flip", (double[]){0}, 1);
    CHECK(ketsim_channel_length(d) == 1, "operators that are 0 are not kept");
    ketsim_channel_free(d);
}

static void names(void)
{
    size_t count = 0;
    for (const char *name; (name = ketsim_channel_name(count)); count++) {
        size_t nparameters = 0;
        ketsim_channel *channel;
        for (const char *at = ketsim_channel_parameters(count); (at = strchr(at, ' ')); at++) nparameters++;
        CHECK_OK(ketsim_channel_named(&channel, name, (double[]){0.25, 0.5, 0.5, 0.5}, nparameters));
        ketsim_channel_free(channel);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                    ketsim_channel_named(&channel, name, (double[]){1, 1, 1, 1, 1}, nparameters + 1),
                    "takes");
        for (size_t k = 0; k < nparameters; k++) {
            double bad[] = {0.25, 0.5, 0.5, 0.5};
            bad[k] = -0.1;
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_named(&channel, name, bad, nparameters),
                        "is -0.1");
            bad[k] = NAN;
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_named(&channel, name, bad, nparameters), "nan");
        }
    }
    CHECK(count == 10 && !ketsim_channel_parameters(count), "%zu names", count);
}

/* ---- what must be refused ----------------------------------------------------------------------- */

static void bad_input(void)
{
    ketsim_channel *const before = (ketsim_channel *)&eps, *channel = before;
    ketsim_complex kraus[8] = {{1, 0}, {0, 0}, {0, 0}, {1, 0}};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_new(&channel, 0, kraus, 1, 0),
                "on 0 qubits: must be on 1..3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_new(&channel, 4, kraus, 1, 0), "on 4 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_new(&channel, 1, kraus, 0, 0), "of 0 Kraus operators");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_new(&channel, 1, kraus, KETSIM_MAX_KRAUS + 1, 0), "1025");
    static const double tolerances[] = {NAN, INFINITY, -INFINITY, 1.01e-3, -1e-10};
    for (unsigned k = 0; k < sizeof tolerances / sizeof *tolerances; k++)
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_new(&channel, 1, kraus, 1, tolerances[k]),
                    "must be 0..0.001");
    kraus[4] = (ketsim_complex){0.1, 0};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_new(&channel, 1, kraus, 2, 0),
                "= 0.01: must be at most 1e-10");
    kraus[4] = (ketsim_complex){0, INFINITY};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_new(&channel, 1, kraus, 2, 0),
                "operator 1: entry (0, 0) is 0+infi");
    kraus[4] = (ketsim_complex){1e200, 0};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_new(&channel, 1, kraus, 2, 0), "must be at most");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_named(&channel, "bitflip", NULL, 0),
                "must be one of depolarizing");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_named(&channel, "bit_flip", (double[]){1.01}, 1),
                "p is 1.01: must be 0..1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_named(&channel, "reset", (double[]){0.6, 0.5}, 2),
                "add up to 1.1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_channel_named(&channel, "thermal_relaxation", (double[]){1, 2.1, 1, 0}, 4),
                "T2 is 2.1 with T1 = 1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_channel_named(&channel, "thermal_relaxation", (double[]){1, 1, INFINITY, 0}, 4),
                "time is inf");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_channel_named(&channel, "thermal_relaxation", (double[]){0, 1, 1, 0}, 4), "t1 is 0");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_pauli(&channel, 0, "", NULL, 0), "on 0 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_pauli(&channel, 2, "XXZI", (double[]){0.6, 0.5}, 2),
                "1.1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_pauli(&channel, 2, "XA", (double[]){0.6}, 1),
                "letter 1 is 0x41");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_pauli(&channel, 1, "X", (double[]){NAN}, 1), "string 0");
    ketsim_channel *one = named("bit_flip", (double[]){0.1}, 1),
                   *two = named("depolarizing2", (double[]){0.1}, 1);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_channel_compose(&channel, one, two), "on 1 and on 2");
    ketsim_channel_free(one);
    ketsim_channel_free(two);
    CHECK(channel == before, "a failure wrote");
}

/* ---- readout ------------------------------------------------------------------------------------ */

static const double confusion[] = {0.9, 0.1, 0.3, 0.7, 1, 0, 0, 1, 0.75, 0.25, 0.5, 0.5};

/* The product of the tables of all qubits, outcome by outcome. */
static void readout_probabilities(void)
{
    double p[8], expected[8] = {0};
    uint64_t seed = 17;
    for (unsigned k = 0; k < 8; k++) p[k] = random_real(&seed, 0, 1);
    for (unsigned actual = 0; actual < 8; actual++)
        for (unsigned got = 0; got < 8; got++) {
            double f = p[actual];
            for (unsigned q = 0; q < 3; q++)
                f *= confusion[4 * q + 2 * (actual >> (2 - q) & 1) + (got >> (2 - q) & 1)];
            expected[got] += f;
        }
    CHECK_OK(ketsim_readout_probabilities(p, confusion, 3));
    for (unsigned k = 0; k < 8; k++) CHECK(fabs(p[k] - expected[k]) <= eps, "outcome %u: %g", k, p[k]);
}

static void readout_outcomes(void)
{
    enum { SHOTS = 200000 };
    static uint64_t outcomes[SHOTS], again[SHOTS];
    uint64_t seed = 5;
    double p[8] = {0}, counts[8] = {0};
    p[5] = 1;
    CHECK_OK(ketsim_readout_probabilities(p, confusion, 3));
    for (size_t k = 0; k < SHOTS; k++) outcomes[k] = again[k] = 5;
    CHECK_OK(ketsim_readout_outcomes(outcomes, SHOTS, confusion, 3, &seed));
    CHECK_OK(ketsim_readout_outcomes(again, SHOTS / 2, confusion, 3, &seed));
    CHECK(!memcmp(outcomes, again, sizeof *again * (SHOTS / 2)), "the same seed");
    for (size_t k = 0; k < SHOTS; k++) counts[outcomes[k]]++;
    for (unsigned k = 0; k < 8; k++)
        CHECK(fabs(counts[k] - SHOTS * p[k]) <= 5 * sqrt(SHOTS * p[k] * (1 - p[k])), "outcome %u: %g of %g",
              k, counts[k], SHOTS * p[k]);
}

static void readout_refused(void)
{
    uint64_t outcome = 1;
    double p[2] = {0.5, 0.5};
    static const double bad[][4] = {{0.9, 0.2, 0, 1}, {1, 0, 0.5, 0.4}, {1.5, -0.5, 0, 1}, {NAN, 1, 0, 1}};
    for (unsigned k = 0; k < 4; k++) {
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_readout_outcomes(&outcome, 1, bad[k], 1, NULL),
                    "confusion 0");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_readout_probabilities(p, bad[k], 1), "confusion 0");
    }
    CHECK(outcome == 1 && p[0] == 0.5 && p[1] == 0.5, "a failure wrote");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_readout_probabilities(p, bad[0], 41), "at most 40");
}

int main(void)
{
    relaxations();
    flips();
    strings();
    products();
    equality();
    names();
    bad_input();
    readout_probabilities();
    readout_outcomes();
    readout_refused();
    return 0;
}
