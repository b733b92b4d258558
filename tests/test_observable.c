/* Observables: text and terms, expectation values and variances by the definition, and what must be refused. */
#include <locale.h>
#include <math.h>

#include "helpers.h"

enum { LARGEST = 15, MOST = 64 };
static oracle_amp psi[1 << LARGEST], image[1 << LARGEST];
static const double eps = 0x1p-52; /* sums are in double whatever the dtype, to which psi is rounded */

/* A random sum as the caller states it. */
struct sum {
    size_t count;
    ketsim_pauli terms[MOST];
    char letters[MOST][KETSIM_MAX_QUBITS];
    int qubits[MOST][KETSIM_MAX_QUBITS];
};

static ketsim_observable *parse(const char *text)
{
    ketsim_observable *observable;
    CHECK_OK(ketsim_observable_parse(&observable, text, strlen(text)));
    return observable;
}

/* ---- by the definition ------------------------------------------------------------------------- */

static const oracle_amp matrices[][4] = {
    {1, 0, 0, 1}, {0, 1, 1, 0}, {0, -1.0L * I, 1.0L * I, 0}, {1, 0, 0, -1}};

static const oracle_amp *matrix_of(char letter)
{
    const char *const letters = "IXYZixyz";
    return matrices[(strchr(letters, letter) - letters) % 4];
}

/* image += coefficient P psi, a matrix at a time. */
static void add_image(unsigned n, const ketsim_pauli *term)
{
    static oracle_amp one[1 << LARGEST];
    memcpy(one, psi, sizeof *psi << n);
    for (size_t k = 0; k < term->nqubits; k++)
        oracle_matrix(one, n, matrix_of(term->letters[k]), &term->qubits[k], 1, NULL, 0, 0);
    for (unsigned i = 0; i < 1u << n; i++) image[i] += term->coefficient * one[i];
}

/* <O> and <O^2>; the scale that errors are measured by is that of the coefficients. */
static long double mean_and_square(long double *square, unsigned n, const struct sum *sum)
{
    long double mean = 0;
    memset(image, 0, sizeof *image << n);
    for (size_t k = 0; k < sum->count; k++) add_image(n, &sum->terms[k]);
    *square = 0;
    for (unsigned i = 0; i < 1u << n; i++) {
        mean += creall(conjl(psi[i]) * image[i]);
        *square += creall(conjl(image[i]) * image[i]);
    }
    return mean;
}

static double scale_of(const struct sum *sum)
{
    double scale = 1;
    for (size_t k = 0; k < sum->count; k++) scale += fabs(sum->terms[k].coefficient);
    return scale;
}

static void check_sum(ketsim_state *state, const struct sum *sum)
{
    const unsigned n = ketsim_state_nqubits(state);
    const double scale = scale_of(sum);
    ketsim_observable *observable;
    long double square;
    double got, variance;
    const long double mean = mean_and_square(&square, n, sum);
    CHECK_OK(ketsim_observable_new(&observable, sum->terms, sum->count));
    CHECK_OK(ketsim_expectation(state, observable, &got));
    CHECK(fabsl(got - mean) <= 8 * eps * scale, "%u qubits, %zu terms: <O> %.17g, it is %.17Lg", n,
          sum->count, got, mean);
    CHECK_OK(ketsim_variance(state, observable, &variance));
    /* psi in complex64 has a norm that is 1 to within its roundings alone */
    const double norm_error = ketsim_state_dtype(state) == KETSIM_COMPLEX64 ? 0x1p-22 : eps;
    CHECK(fabsl(variance - (square - mean * mean)) <= 16 * norm_error * scale * scale,
          "%u qubits, %zu terms: variance %.17g, it is %.17Lg", n, sum->count, variance,
          square - mean * mean);
    CHECK(variance >= 0, "variance %g", variance);
    ketsim_observable_free(observable);
}

static void random_sum(struct sum *sum, unsigned n, size_t count, const char *letters, uint64_t *seed)
{
    sum->count = count;
    for (size_t k = 0; k < count; k++) {
        const unsigned weight = random_below(seed, n + 1);
        random_qubits(sum->qubits[k], weight, n, seed);
        for (unsigned q = 0; q < weight; q++)
            sum->letters[k][q] = letters[random_below(seed, (unsigned)strlen(letters))];
        sum->terms[k] = (ketsim_pauli){random_real(seed, -2, 2), sum->letters[k], sum->qubits[k], weight};
    }
}

/* Every string on n qubits, alone. */
static void every_string(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    ketsim_state *state = random_state(psi, n, dtype, seed);
    struct sum sum = {.count = 1};
    for (unsigned code = 0; code < 1u << 2 * n; code++) {
        for (unsigned q = 0; q < n; q++) {
            sum.qubits[0][q] = (int)q;
            sum.letters[0][q] = "IXYZ"[code >> 2 * q & 3];
        }
        sum.terms[0] = (ketsim_pauli){random_real(seed, -2, 2), sum.letters[0], sum.qubits[0], n};
        check_sum(state, &sum);
    }
    ketsim_state_free(state);
}

static void random_sums(unsigned n, ketsim_dtype dtype, unsigned rounds, uint64_t *seed)
{
    static const char *const alphabets[] = {"IXYZ", "xyz", "Zz", "X", "yZ"};
    static struct sum sum;
    ketsim_state *state = random_state(psi, n, dtype, seed);
    for (unsigned round = 0; round < rounds; round++) {
        random_sum(&sum, n, 1 + random_below(seed, MOST), alphabets[round % 5], seed);
        check_sum(state, &sum);
    }
    ketsim_state_free(state);
}

/* Terms of one X mask with all signs there are, so that the whole transform is computed. */
static void all_signs(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    static struct sum sum;
    ketsim_state *state = random_state(psi, n, dtype, seed);
    for (unsigned x = 0; x < 1u << n; x += 1 + random_below(seed, 1u << n) / 4) {
        sum.count = 0;
        for (unsigned z = 0; z < MOST && z < 1u << n; z++) {
            const unsigned k = (unsigned)sum.count++;
            for (unsigned q = 0; q < n; q++) {
                sum.qubits[k][q] = (int)q;
                sum.letters[k][q] = x >> q & 1 ? (z >> q & 1 ? 'Y' : 'X') : (z >> q & 1 ? 'Z' : 'I');
            }
            sum.terms[k] = (ketsim_pauli){random_real(seed, -2, 2), sum.letters[k], sum.qubits[k], n};
        }
        check_sum(state, &sum);
    }
    ketsim_state_free(state);
}

/* Label, observable and its value, as anybody can tell. */
static void known_values(void)
{
    static const struct {
        const char *label, *text;
        double mean, variance;
    } rows[] = {
        {"0", "Z0", 1, 0},           {"1", "Z0", -1, 0},
        {"+", "X0", 1, 0},           {"-", "X0", -1, 0},
        {"r", "Y0", 1, 0},           {"l", "Y0", -1, 0},
        {"0", "X0", 0, 1},           {"01", "Z0", 1, 0},
        {"01", "Z1", -1, 0},         {"01", "3 Z0 Z1", -3, 0},
        {"01+", "X2 + 2 Z1", -1, 0}, {"+r-l", "X0 Y1 X2 Y3", 1, 0},
        {"00", "2.5", 2.5, 0},       {"01", "Z0 - Z0", 0, 0},
        {"0+", "2 Z0 + 3 Z1", 2, 9}, {"0011", "0.5Z0 Z1+x2*y3 - 1.5", -1, 1},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        ketsim_state *state = label_state(rows[k].label);
        ketsim_observable *observable = parse(rows[k].text);
        double mean, variance;
        CHECK_OK(ketsim_expectation(state, observable, &mean));
        CHECK_OK(ketsim_variance(state, observable, &variance));
        CHECK(fabs(mean - rows[k].mean) <= 1e-14, "|%s>: <%s> = %g", rows[k].label, rows[k].text, mean);
        CHECK(fabs(variance - rows[k].variance) <= 1e-13, "|%s>: variance of %s is %g", rows[k].label,
              rows[k].text, variance);
        ketsim_observable_free(observable);
        ketsim_state_free(state);
    }
}

/* ---- several, threads, and what reads promise -------------------------------------------------- */

/* The same bits on any number of threads and with any kernels, and close to the sum of one-term observables. */
static void same_bits(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    static struct sum sum;
    ketsim_state *state = random_state(psi, n, dtype, seed);
    ketsim_observable *observable;
    double first[2], got[2], alone = 0;
    random_sum(&sum, n, MOST, "XYZZ", seed);
    CHECK_OK(ketsim_observable_new(&observable, sum.terms, sum.count));
    const unsigned threads[] = {1, 2, 3, 5, 8};
    for (unsigned k = 0; k < 5; k++) {
        CHECK_OK(ketsim_state_set_threads(state, threads[k]));
        CHECK_OK(ketsim_expectation(state, observable, &got[0]));
        CHECK_OK(ketsim_variance(state, observable, &got[1]));
        if (!k) memcpy(first, got, sizeof got);
        CHECK(!memcmp(first, got, sizeof got), "%u threads: %.17g %.17g, with one %.17g %.17g", threads[k],
              got[0], got[1], first[0], first[1]);
    }
    for (size_t k = 0; k < sum.count; k++) {
        ketsim_observable *one;
        CHECK_OK(ketsim_observable_new(&one, &sum.terms[k], 1));
        CHECK_OK(ketsim_expectation(state, one, &got[0]));
        alone += got[0];
        ketsim_observable_free(one);
    }
    CHECK(fabs(alone - first[0]) <= 1e-13, "term by term %.17g, together %.17g", alone, first[0]);
    ketsim_observable_free(observable);
    ketsim_state_free(state);
}

/* One call for several gives what calls for each give, up to the order of sums. */
static void several(unsigned n, uint64_t *seed)
{
    static struct sum sum;
    enum { COUNT = 37 };
    ketsim_observable *observables[COUNT];
    double together[COUNT + 1], alone;
    ketsim_state *state = random_state(psi, n, KETSIM_COMPLEX128, seed);
    for (unsigned k = 0; k < COUNT; k++) {
        random_sum(&sum, n, k % 7, "XYZ", seed);
        CHECK_OK(ketsim_observable_new(&observables[k], sum.terms, sum.count));
    }
    together[COUNT] = 42;
    CHECK_OK(ketsim_expectations(state, (const ketsim_observable *const *)observables, COUNT, together));
    CHECK(together[COUNT] == 42, "more than %d values written", COUNT);
    for (unsigned k = 0; k < COUNT; k++) {
        CHECK_OK(ketsim_expectation(state, observables[k], &alone));
        CHECK(fabs(alone - together[k]) <= 1e-14, "observable %u: %.17g, together %.17g", k, alone,
              together[k]);
        ketsim_observable_free(observables[k]);
    }
    CHECK_OK(ketsim_expectations(state, NULL, 0, NULL));
    ketsim_state_free(state);
}

static void reads_run_the_queue(void)
{
    ketsim_state *state = label_state("00");
    ketsim_observable *observable = parse("Z0 + 10 Z1");
    double got;
    CHECK_OK(ketsim_queue(state, &(ketsim_op){.gate = KETSIM_GATE_X, .qubits = (int[]){1}, .nqubits = 1}, 1));
    CHECK_OK(ketsim_expectation(state, observable, &got));
    CHECK(got == -9, "<O> = %g", got);
    CHECK(!ketsim_pending(state) && ketsim_state_generation(state) == 2, "the queue has not run once");
    CHECK_OK(ketsim_state_close(state));
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_expectation(state, observable, &got), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_variance(state, observable, &got), "closed");
    ketsim_observable_free(observable);
    ketsim_state_free(state);
}

static void too_few_qubits(void)
{
    ketsim_state *state = label_state("000");
    ketsim_observable *good = parse("Z2"), *bad = parse("Z0 X7");
    double out[2] = {42, 42};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_expectation(state, bad, out), "qubit 7: the state has 3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_variance(state, bad, out), "qubit 7");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_expectations(state, (const ketsim_observable *[]){good, bad}, 2, out), "qubit 7");
    CHECK(out[0] == 42 && out[1] == 42, "a failing call wrote to its output");
    ketsim_observable_free(good);
    ketsim_observable_free(bad);
    ketsim_state_free(state);
}

/* ---- text -------------------------------------------------------------------------------------- */

static void check_text(const char *text, const char *expected)
{
    char got[200], part[8];
    ketsim_observable *observable = parse(text), *again;
    const size_t length = ketsim_observable_text(observable, got, sizeof got);
    CHECK(length == strlen(expected) && !strcmp(got, expected), "'%s' is '%s', expected '%s'", text, got,
          expected);
    CHECK(ketsim_observable_text(observable, NULL, 0) == length, "the length depends on the room");
    CHECK(ketsim_observable_text(observable, part, sizeof part) == length, "the length depends on the room");
    CHECK(strlen(part) == (length < 7 ? length : 7) && !strncmp(part, expected, 7), "part is '%s'", part);
    again = parse(got);
    CHECK(ketsim_observable_equal(observable, again), "'%s' is read as another observable", got);
    ketsim_observable_free(observable);
    ketsim_observable_free(again);
}

static void texts(void)
{
    static const char *const rows[][2] = {
        {"0.5 Z0 Z1 + X2 - 1.5", "-1.5 + 0.5 Z0 Z1 + X2"},
        {"x2-y0", "-Y0 + X2"},
        {"Z1 Z0+z0z1", "2 Z0 Z1"},
        {"  + 1e-3*Z0 * Y12\t-\n.5  ", "-0.5 + 0.001 Z0 Y12"},
        {"I0", "1"},
        {"3 I5 Z0 i7", "3 Z0"},
        {"X0 - X0", "0"},
        {"0 Z3", "0"},
        {"-1", "-1"},
        {"0.1 Z0 + 0.2 Z0", "0.30000000000000004 Z0"},
        {"2 Z0 + -3 X1 - -1", "1 + 2 Z0 - 3 X1"},
        {"1.e2 Z039", "100 Z39"},
        {"1E2 X0", "100 X0"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) check_text(rows[k][0], rows[k][1]);
    if (setlocale(LC_ALL, "de_DE.UTF-8")) check_text("1.5 Z0", "1.5 Z0");
    setlocale(LC_ALL, "C");
}

static void bad_texts(void)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"", "character 0, the end: a term"},
        {"   ", "character 3, the end"},
        {"0.5 Q0", "character 4, 'Q': must be one of I X Y Z"},
        {"Z0 Z1 + X", "character 9, the end: a letter needs"},
        {"Z 0", "character 1, ' ': a letter needs"},
        {"X0 Y1 Z0", "character 6, 'Z': this qubit has a letter already"},
        {"I0 I0", "character 3, 'I': this qubit"},
        {"Z40", "character 0, 'Z': qubit out of range: must be 0..39"},
        {"Z99999999999999999999999", "character 0"},
        {"Z0 +", "character 4, the end: a term"},
        {"Z0 + + + X0", "character 7, '+': a term"},
        {"Z0 * + X1", "character 5, '+': must be one of"},
        {"Z0 *", "character 4, the end: must be one of"},
        {"0.5 *", "character 5, the end: a term"},
        {"* Z0", "character 0, '*'"},
        {"0.5 0.5 Z0", "character 4, '0': must be one of"},
        {"Z0 0.5", "character 3, '0': must be one of"},
        {"1e999 Z0", "character 0, '1': a coefficient must be finite"},
        {"nan Z0", "character 0, 'n'"},
        {"inf", "character 1, 'n': a letter needs"},
        {"1.2.3 Z0", "character 0, '1': a number is malformed"},
        {". Z0", "character 0, '.': a number is malformed"},
        {"1e Z0", "character 0, '1': a number is malformed"},
        {"Z0 \xc3\xa9", "character 3, 0xc3"},
    };
    ketsim_observable *out = NULL;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        CHECK_FAILS(KETSIM_ERR_PARSE, ketsim_observable_parse(&out, rows[k].text, strlen(rows[k].text)),
                    rows[k].part);
    CHECK_FAILS(KETSIM_ERR_PARSE, ketsim_observable_parse(&out, "Z0\0Z1", 5), "character 2, 0x00");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_observable_parse(&out, "9e307 Z0 + 9e307 Z0 + 9e307 Z0", 30),
                "finite");
    CHECK(!out, "a failing call wrote to its output");
    char digits[200];
    memset(digits, '1', sizeof digits);
    CHECK_FAILS(KETSIM_ERR_PARSE, ketsim_observable_parse(&out, digits, sizeof digits), "127");
}

/* Any text is read or refused, within its length: sanitizers watch. */
static void random_texts(uint64_t *seed)
{
    static const char pieces[] = "XYZIz0123456789+-*. eE\t?";
    size_t good = 0;
    for (unsigned round = 0; round < 20000; round++) {
        const unsigned length = random_below(seed, 12);
        char *text = malloc(length + !length);
        CHECK(text, "no memory");
        for (unsigned k = 0; k < length; k++) text[k] = pieces[random_below(seed, sizeof pieces - 1)];
        ketsim_observable *out = NULL;
        const ketsim_status status = ketsim_observable_parse(&out, text, length);
        CHECK(status == KETSIM_OK ? out != NULL : status == KETSIM_ERR_PARSE && !out, "'%.*s'", (int)length,
              text);
        good += status == KETSIM_OK;
        ketsim_observable_free(out);
        free(text);
    }
    CHECK(good > 100 && good < 19000, "%zu of 20000 texts are observables", good);
}

/* ---- terms ------------------------------------------------------------------------------------- */

static void records(void)
{
    ketsim_observable *observable = parse("0.5 Z0 Y3 - X39 + 2"), *constant = parse("7"), *other;
    ketsim_pauli_record record = {0};
    CHECK(ketsim_observable_length(observable) == 3 && ketsim_observable_nqubits(observable) == 40,
          "%zu terms on %u qubits", ketsim_observable_length(observable),
          ketsim_observable_nqubits(observable));
    CHECK(ketsim_observable_nqubits(constant) == 0, "a number has qubits");
    CHECK_OK(ketsim_observable_get(observable, &record, 1));
    CHECK(record.coefficient == 0.5 && record.x == 8 && record.z == 9, "term 1 is %g, %llx, %llx",
          record.coefficient, (unsigned long long)record.x, (unsigned long long)record.z);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_observable_get(observable, &record, 3), "3");
    CHECK_OK(ketsim_observable_combine(&other, (const ketsim_observable *[]){observable, constant},
                                       (double[]){2, -1}, 2));
    ketsim_observable *expected = parse("Z0 Y3 - 2 X39 - 3");
    CHECK(ketsim_observable_equal(other, expected) && !ketsim_observable_equal(other, observable),
          "2 a - b is wrong");
    ketsim_observable_free(other);
    other = NULL;
    CHECK_FAILS(
        KETSIM_ERR_ARGUMENT,
        ketsim_observable_combine(&other, (const ketsim_observable *[]){constant}, (double[]){INFINITY}, 1),
        "factor 0");
    CHECK_FAILS(
        KETSIM_ERR_ARGUMENT,
        ketsim_observable_combine(&other, (const ketsim_observable *[]){constant}, (double[]){1e308}, 1),
        "finite");
    CHECK(!other, "a failing call wrote to its output");
    CHECK_OK(ketsim_observable_combine(&other, NULL, NULL, 0));
    CHECK(ketsim_observable_length(other) == 0, "an empty sum has terms");
    ketsim_observable_free(other);
    ketsim_observable_free(expected);
    ketsim_observable_free(constant);
    ketsim_observable_free(observable);
    ketsim_observable_free(NULL);
}

static void bad_terms(void)
{
    const int qubits[] = {0, 1, 0, 40, -1};
    ketsim_observable *out = NULL;
    const struct {
        ketsim_pauli term;
        const char *part;
    } rows[] = {
        {{1, "XYZ", qubits, 3}, "term 1, 'Z' on qubit 0: this qubit"},
        {{1, "XA", qubits, 2}, "term 1, 'A' on qubit 1: must be one of"},
        {{1, "\xff", qubits, 1}, "letter 0xff"},
        {{1, "Z", qubits + 3, 1}, "qubit 40: qubit out of range"},
        {{1, "Z", qubits + 4, 1}, "qubit -1: qubit out of range"},
        {{NAN, "Z", qubits, 1}, "term 1, coefficient nan: must be finite"},
        {{-INFINITY, NULL, NULL, 0}, "term 1, coefficient -inf"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                    ketsim_observable_new(&out, (ketsim_pauli[]){{1, "Z", qubits, 1}, rows[k].term}, 2),
                    rows[k].part);
    CHECK(!out, "a failing call wrote to its output");
    CHECK_FAILS(KETSIM_ERR_MEMORY, ketsim_observable_new(&out, NULL, SIZE_MAX / 4), "terms");
}

/* Sums of equal strings do not depend on the order they come in. */
static void order_of_terms(uint64_t *seed)
{
    static struct sum sum;
    ketsim_observable *a, *b;
    random_sum(&sum, 2, MOST, "IXYZ", seed);
    CHECK_OK(ketsim_observable_new(&a, sum.terms, MOST));
    for (unsigned k = 0; k < MOST; k++) {
        const unsigned other = random_below(seed, MOST);
        const ketsim_pauli term = sum.terms[k];
        sum.terms[k] = sum.terms[other];
        sum.terms[other] = term;
    }
    CHECK_OK(ketsim_observable_new(&b, sum.terms, MOST));
    CHECK(ketsim_observable_equal(a, b), "another order gives another observable");
    CHECK(ketsim_observable_length(a) <= 16, "%zu terms on 2 qubits", ketsim_observable_length(a));
    ketsim_observable_free(a);
    ketsim_observable_free(b);
}

int main(void)
{
    uint64_t seed = 26;
    for (ketsim_dtype dtype = KETSIM_COMPLEX128; dtype <= KETSIM_COMPLEX64; dtype++) {
        for (unsigned n = 1; n <= 3; n++) every_string(n, dtype, &seed);
        for (unsigned n = 1; n <= 5; n++) random_sums(n, dtype, 25, &seed);
        for (unsigned n = 9; n <= 13; n++) random_sums(n, dtype, 5, &seed); /* one block, and several */
        for (unsigned n = 2; n <= 6; n += 2) all_signs(n, dtype, &seed);
        same_bits(LARGEST, dtype, &seed);
        same_bits(4, dtype, &seed);
    }
    known_values();
    several(4, &seed);
    several(12, &seed);
    reads_run_the_queue();
    too_few_qubits();
    texts();
    bad_texts();
    random_texts(&seed);
    records();
    bad_terms();
    order_of_terms(&seed);
    return 0;
}
