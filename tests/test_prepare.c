/* Product, Dicke and random states: every amplitude by its definition, and a random state's amplitudes have the
 * moments of the even distribution. */
#include <math.h>

#include "helpers.h"
#include "rng.h"

enum { MOST = 12 };

static double read(ketsim_state *state, uint64_t index, ketsim_complex want)
{
    ketsim_complex got;
    if (ketsim_state_dtype(state) == KETSIM_COMPLEX128) {
        CHECK_OK(ketsim_get_amplitudes(state, &got, index, 1));
    } else {
        float pair[2];
        CHECK_OK(ketsim_get_amplitudes(state, pair, index, 1));
        got = (ketsim_complex){pair[0], pair[1]};
    }
    return hypot(got.re - want.re, got.im - want.im);
}

static void check_product(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    ketsim_complex given[2 * MOST];
    ketsim_state *state;
    for (unsigned k = 0; k < 2 * n; k++)
        given[k] = (ketsim_complex){random_real(seed, -1, 1), random_real(seed, -1, 1)};
    CHECK_OK(ketsim_state_product(&state, given, n, dtype, true));
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) {
        double _Complex want = 1;
        for (unsigned q = 0; q < n; q++) {
            const ketsim_complex *pair = given + 2 * q, x = pair[i >> (n - 1 - q) & 1];
            const double norm = sqrt(pair[0].re * pair[0].re + pair[0].im * pair[0].im +
                                     pair[1].re * pair[1].re + pair[1].im * pair[1].im);
            want *= __builtin_complex(x.re, x.im) / norm;
        }
        const double error = read(state, i, (ketsim_complex){__real__ want, __imag__ want});
        CHECK(error < (dtype == KETSIM_COMPLEX128 ? 1e-15 : 1e-7), "n=%u index %llu: off by %g", n,
              (unsigned long long)i, error);
    }
    ketsim_state_free(state);
}

static void check_dicke(unsigned n, unsigned weight, ketsim_dtype dtype)
{
    ketsim_state *state;
    uint64_t count = 0;
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) count += (unsigned)__builtin_popcountll(i) == weight;
    CHECK_OK(ketsim_state_dicke(&state, n, weight, dtype));
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) {
        const bool in = (unsigned)__builtin_popcountll(i) == weight;
        const double want = in ? 1 / sqrt((double)count) : 0,
                     error = read(state, i, (ketsim_complex){want, 0});
        CHECK(error <= (dtype == KETSIM_COMPLEX128 ? 1e-16 : 1e-7), "n=%u weight=%u index %llu: off by %g", n,
              weight, (unsigned long long)i, error);
    }
    ketsim_state_free(state);
}

/* Normal numbers of Philox, divided by their norm. */
static void check_random(unsigned n, uint64_t seed)
{
    static double want[2 << MOST];
    ketsim_state *wide, *narrow;
    double norm2 = 0;
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) {
        uint64_t words[4];
        philox4x64(words, (uint64_t[]){i, 0, 0, RNG_STATE}, (uint64_t[]){seed, 0});
        const double radius = sqrt(-2 * log(1 - rng_double(words[0]))),
                     angle = 2 * acos(-1) * rng_double(words[1]);
        want[2 * i] = radius * cos(angle), want[2 * i + 1] = radius * sin(angle);
        norm2 += radius * radius;
    }
    CHECK_OK(ketsim_state_random(&wide, n, KETSIM_COMPLEX128, &seed));
    CHECK_OK(ketsim_state_random(&narrow, n, KETSIM_COMPLEX64, &seed));
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) {
        const ketsim_complex x = {want[2 * i] / sqrt(norm2), want[2 * i + 1] / sqrt(norm2)};
        CHECK(read(wide, i, x) < 1e-14 && read(narrow, i, x) < 1e-6, "n=%u index %llu", n,
              (unsigned long long)i);
    }
    ketsim_state_free(wide);
    ketsim_state_free(narrow);
}

/* N |a|^2 has mean 1, and the mean of its square is 2 N / (N + 1) (Porter and Thomas, Physical Review 104, 1956). */
static void check_moments(unsigned n)
{
    const double count = (double)(UINT64_C(1) << n);
    uint64_t seed = 5;
    double squares = 0;
    ketsim_state *state;
    ketsim_complex a;
    CHECK_OK(ketsim_state_random(&state, n, KETSIM_COMPLEX128, &seed));
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) {
        CHECK_OK(ketsim_get_amplitudes(state, &a, i, 1));
        const double p = count * (a.re * a.re + a.im * a.im);
        squares += p * p / count;
    }
    CHECK(fabs(squares - 2 * count / (count + 1)) < 5 * sqrt(20 / count), "mean square %g", squares);
    ketsim_state_free(state);
}

static void check_failures(void)
{
    const ketsim_complex good[] = {{1, 0}, {0, 0}, {0.6, 0}, {0, 0.8}};
    const ketsim_complex zero[] = {{1, 0}, {0, 0}, {0, 0}, {0, 0}};
    const ketsim_complex bad[] = {{1, 0}, {0, 0}, {NAN, 0}, {0, 0}}, long_one[] = {{1, 0}, {1, 0}};
    ketsim_state *state = NULL;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_product(&state, good, 0, KETSIM_COMPLEX128, false),
                "0 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_product(&state, good, 2, (ketsim_dtype)9, false), "dtype");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_product(&state, zero, 2, KETSIM_COMPLEX128, true),
                "qubit 1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_product(&state, bad, 2, KETSIM_COMPLEX128, true),
                "qubit 1 is nan");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_product(&state, long_one, 1, KETSIM_COMPLEX128, false),
                "norm of qubit 0 is 1.41");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_dicke(&state, 3, 4, KETSIM_COMPLEX128),
                "weight 4: must be 0..3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_dicke(&state, 41, 1, KETSIM_COMPLEX128), "41 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_random(&state, 0, KETSIM_COMPLEX128, NULL), "0 qubits");
    CHECK(!state, "a failure made a state");
    CHECK_OK(ketsim_state_product(&state, good, 2, KETSIM_COMPLEX128, false));
    ketsim_state_free(state);
    CHECK_OK(ketsim_state_random(&state, 3, KETSIM_COMPLEX128, NULL));
    ketsim_state_free(state);
}

int main(void)
{
    uint64_t seed = 2;
    for (int dtype = 0; dtype < 2; dtype++) {
        for (unsigned n = 1; n <= MOST; n++) check_product(n, (ketsim_dtype)dtype, &seed);
        for (unsigned n = 1; n <= 9; n++)
            for (unsigned weight = 0; weight <= n; weight++) check_dicke(n, weight, (ketsim_dtype)dtype);
    }
    for (unsigned n = 1; n <= MOST; n++) check_random(n, n);
    check_moments(14);
    check_failures();
    puts("product, Dicke and random states");
    return EXIT_SUCCESS;
}
