/* Norm, inner product and probabilities are the sums that define them, in the documented order, whatever the
 * dtype, the number of threads and the choice of bits. */
#include <math.h>

#include "check.h"
#include "reduce.h"

enum { MOST = 20, NTHREADS = 6 };
static const unsigned threads[NTHREADS] = {1, 2, 3, 4, 7, 0};
static const unsigned sizes[] = {1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 16, 18, MOST};
enum { NSIZES = sizeof sizes / sizeof *sizes };

/* The same values in both dtypes, so that every result can be asked for twice. */
struct pair {
    double *wide;
    float *narrow;
};

static struct pair new_pair(void)
{
    struct pair p = {aligned_alloc(64, (size_t)16 << MOST), aligned_alloc(64, (size_t)8 << MOST)};
    CHECK(p.wide && p.narrow, "no memory");
    return p;
}

static void free_pair(struct pair p)
{
    free(p.wide);
    free(p.narrow);
}

static const void *in(struct pair p, ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? (const void *)p.wide : p.narrow;
}

static void fill(struct pair p, unsigned n, uint64_t *seed)
{
    for (size_t i = 0; i < (size_t)2 << n; i++) p.wide[i] = p.narrow[i] = (float)random_real(seed, -1, 1);
}

/* Small integers: every sum of theirs is exact, in any order. */
static void fill_integers(struct pair p, unsigned n, uint64_t *seed)
{
    for (size_t i = 0; i < (size_t)2 << n; i++) p.wide[i] = p.narrow[i] = (float)random_below(seed, 15) - 7;
}

static bool same(double a, double b)
{
    return !memcmp(&a, &b, sizeof a);
}

/* ---- norm and inner product ------------------------------------------------------------------ */

static double pairwise(const double *x, size_t count)
{
    return count == 1 ? x[0] : pairwise(x, count / 2) + pairwise(x + count / 2, count / 2);
}

/* What is summed; the values are those of complex64 in every test, exact in both dtypes. */
typedef double term_of(const float *a, const float *b, size_t i);

static double square(const float *a, const float *b, size_t i)
{
    (void)b;
    return (double)a[i] * a[i];
}

static double inner_re(const float *a, const float *b, size_t i)
{
    return (double)a[2 * i] * b[2 * i] + (double)a[2 * i + 1] * b[2 * i + 1];
}

static double inner_im(const float *a, const float *b, size_t i)
{
    return (double)a[2 * i] * b[2 * i + 1] - (double)a[2 * i + 1] * b[2 * i];
}

/* The order that reduce.h states, one term at a time: term i goes to lane i % lanes, of 16 or of 8. */
static double documented(term_of *term, const float *a, const float *b, size_t first, size_t count,
                         size_t lanes)
{
    double lane[16] = {0};
    if (count > 512 * lanes)
        return documented(term, a, b, first, count / 2, lanes) +
               documented(term, a, b, first + count / 2, count / 2, lanes);
    for (size_t i = first; i < first + count; i++) lane[i % lanes] += term(a, b, i);
    return pairwise(lane, lanes);
}

/* Pairwise and in long double; one after the other would be off by more than what is tested. */
static long double exact(term_of *term, const float *a, const float *b, size_t first, size_t count)
{
    if (count == 1) return term(a, b, first);
    return exact(term, a, b, first, count / 2) + exact(term, a, b, first + count / 2, count / 2);
}

static void check_norm(struct pair p, unsigned n)
{
    const size_t reals = (size_t)2 << n;
    const double expected = documented(square, p.narrow, NULL, 0, reals, 16);
    const double error = (double)(expected / exact(square, p.narrow, NULL, 0, reals) - 1);
    CHECK(fabs(error) <= 1e-14, "n=%u: the documented order is off by %g", n, error);
    for (unsigned t = 0; t < NTHREADS; t++)
        for (int d = p.wide ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64; d <= KETSIM_COMPLEX64; d++) {
            double got;
            CHECK_OK(reduce_norm2(&got, in(p, d), d, n, threads[t]));
            CHECK(same(got, expected), "n=%u dtype=%d threads=%u: %a, not %a", n, d, threads[t], got,
                  expected);
        }
}

static void check_inner(struct pair a, struct pair b, unsigned n)
{
    const size_t count = (size_t)1 << n;
    const float *x = a.narrow, *y = b.narrow;
    const ketsim_complex expected = {documented(inner_re, x, y, 0, count, 8),
                                     documented(inner_im, x, y, 0, count, 8)};
    const double bound = 1e-15 * (double)count;
    CHECK(fabsl(expected.re - exact(inner_re, x, y, 0, count)) <= bound, "n=%u: real part", n);
    CHECK(fabsl(expected.im - exact(inner_im, x, y, 0, count)) <= bound, "n=%u: imaginary part", n);
    for (unsigned t = 0; t < NTHREADS; t++)
        for (int d = KETSIM_COMPLEX128; d <= KETSIM_COMPLEX64; d++) {
            ketsim_complex got;
            CHECK_OK(reduce_inner(&got, in(a, d), in(b, d), d, n, threads[t]));
            CHECK(same(got.re, expected.re) && same(got.im, expected.im),
                  "n=%u dtype=%d threads=%u: %a %a, not %a %a", n, d, threads[t], got.re, got.im, expected.re,
                  expected.im);
        }
}

/* Where there are more blocks than parts to hand out. */
static void check_large_norm(uint64_t *seed)
{
    enum { LARGE = 23 };
    struct pair p = {NULL, aligned_alloc(64, (size_t)8 << LARGE)};
    CHECK(p.narrow, "no memory");
    for (size_t i = 0; i < (size_t)2 << LARGE; i++) p.narrow[i] = (float)random_real(seed, -1, 1);
    check_norm(p, LARGE);
    free(p.narrow);
}

static void check_special_values(struct pair p)
{
    const double special[] = {INFINITY, -INFINITY, NAN};
    for (unsigned k = 0; k < 3; k++) {
        memset(p.wide, 0, (size_t)16 << 13);
        double got;
        CHECK_OK(reduce_norm2(&got, p.wide, KETSIM_COMPLEX128, 13, 2));
        CHECK(same(got, 0), "the norm of nothing is +0");
        p.wide[9999] = special[k];
        CHECK_OK(reduce_norm2(&got, p.wide, KETSIM_COMPLEX128, 13, 2));
        CHECK(isnan(special[k]) ? isnan(got) : got == INFINITY, "%g gives %g", special[k], got);
    }
}

/* ---- probabilities --------------------------------------------------------------------------- */

static uint64_t outcome_of(uint64_t index, const uint8_t *bits, unsigned nbits)
{
    uint64_t outcome = 0;
    for (unsigned k = 0; k < nbits; k++) outcome = outcome << 1 | (index >> bits[k] & 1);
    return outcome;
}

static void check_probabilities(struct pair p, unsigned n, const uint8_t *bits, unsigned nbits,
                                double tolerance)
{
    const size_t bytes = sizeof(double) << nbits;
    double *expected = calloc(1, bytes), *got = malloc(bytes), *before = malloc(bytes);
    CHECK(expected && got && before, "no memory");
    for (uint64_t i = 0; i < 1ull << n; i++)
        expected[outcome_of(i, bits, nbits)] += p.wide[2 * i] * p.wide[2 * i] +
                                                p.wide[2 * i + 1] * p.wide[2 * i + 1];
    for (unsigned t = 0; t < NTHREADS; t += n < 16 ? 1 : 4)
        for (int d = KETSIM_COMPLEX128; d <= KETSIM_COMPLEX64; d++) {
            memset(got, 0xff, bytes);
            CHECK_OK(reduce_probabilities(got, in(p, d), d, n, bits, nbits, threads[t]));
            for (uint64_t i = 0; i < 1ull << nbits; i++)
                CHECK(fabs(got[i] - expected[i]) <= tolerance * expected[i],
                      "n=%u nbits=%u first bit=%u dtype=%d threads=%u outcome %llu: %a, not %a", n, nbits,
                      nbits ? bits[0] : 0, d, threads[t], (unsigned long long)i, got[i], expected[i]);
            CHECK((!t && !d) || !memcmp(got, before, bytes), "n=%u nbits=%u dtype=%d threads=%u: other bits",
                  n, nbits, d, threads[t]);
            memcpy(before, got, bytes);
        }
    free(expected);
    free(got);
    free(before);
}

/* Every ordered choice that continues bits[nbits], none of which is in used. */
static unsigned each_choice(struct pair p, unsigned n, uint8_t *bits, unsigned nbits, unsigned used)
{
    unsigned cases = 1;
    check_probabilities(p, n, bits, nbits, 0);
    for (unsigned b = 0; b < n; b++) {
        if (used >> b & 1) continue;
        bits[nbits] = (uint8_t)b;
        cases += each_choice(p, n, bits, nbits + 1, used | 1u << b);
    }
    return cases;
}

static void random_bits_of(uint8_t *bits, unsigned n, uint64_t *seed)
{
    for (unsigned k = 0; k < n; k++) {
        const unsigned other = random_below(seed, k + 1);
        bits[k] = bits[other];
        bits[other] = (uint8_t)k;
    }
}

static unsigned random_choices(struct pair p, unsigned n, unsigned step, bool sorted, uint64_t *seed)
{
    uint8_t bits[MOST], chosen[MOST];
    unsigned cases = 0;
    for (unsigned nbits = 0; nbits <= n; nbits += step, cases++) {
        unsigned count = 0, mask = 0;
        random_bits_of(bits, n, seed);
        for (unsigned k = 0; k < nbits; k++) mask |= 1u << bits[k];
        for (unsigned b = n; b-- > 0;)
            if (mask >> b & 1) chosen[count++] = (uint8_t)b;
        check_probabilities(p, n, sorted ? chosen : bits, nbits, 0);
    }
    return cases;
}

int main(void)
{
    struct pair a = new_pair(), b = new_pair();
    uint8_t bits[MOST];
    uint64_t seed = 1;
    unsigned cases = 0;

    for (unsigned s = 0; s < NSIZES; s++) {
        fill(a, sizes[s], &seed);
        fill(b, sizes[s], &seed);
        check_norm(a, sizes[s]);
        check_inner(a, b, sizes[s]);
        random_bits_of(bits, sizes[s], &seed);
        check_probabilities(a, sizes[s], bits, sizes[s] / 2, 1e-13);
    }
    check_special_values(a);
    check_large_norm(&seed);
    for (unsigned n = 1; n <= 6; n++) {
        fill_integers(a, n, &seed);
        cases += each_choice(a, n, bits, 0, 0);
    }
    for (unsigned s = 5; s < NSIZES; s++) {
        fill_integers(a, sizes[s], &seed);
        cases += random_choices(a, sizes[s], sizes[s] < 16 ? 1 : 5, true, &seed);
        cases += random_choices(a, sizes[s], sizes[s] < 16 ? 1 : 4, false, &seed);
    }
    printf("%u choices of bits, each in both dtypes with several numbers of threads\n", cases);
    free_pair(a);
    free_pair(b);
    return EXIT_SUCCESS;
}
