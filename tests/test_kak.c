/* A unitary on two bits and its parts, as kak.h defines them: their product is the matrix to a few roundings, the core
 * has zeros where it says so, rotations are by at most a quarter turn; it gives up on few unitaries, and on all
 * matrices that are none.
 *
 *   test_kak [matrices]    default 20000 */
#include <math.h>

#include "../core/passes/kak.h"
#include "check.h"
#include "unitaries.h"

static const double PRODUCT = 1e-13, RAREST = 1e-3;
static double worst;

static oracle_amp amp(ketsim_complex c)
{
    return c.re + c.im * I;
}

/* Column of the product of the parts, from the right to the left, by the definition. */
static void column(oracle_amp *psi, const struct kak *kak, unsigned number)
{
    oracle_amp m[16];
    for (unsigned k = 0; k < 4; k++) psi[k] = k == number;
    for (int q = 0; q < 2; q++) {
        const long double t = kak->t[q], c = 1 / sqrtl(1 + t * t);
        oracle_matrix(psi, 2, (oracle_amp[]){1, 0, 0, amp(kak->before[q])}, &q, 1, NULL, 0, 0);
        oracle_matrix(psi, 2, (oracle_amp[]){c, -c * t, c * t, c}, &q, 1, NULL, 0, 0);
    }
    for (unsigned k = 0; k < 16; k++) m[k] = amp(kak->core[k]);
    oracle_matrix(psi, 2, m, (int[]){0, 1}, 2, NULL, 0, 0);
    for (int q = 0; q < 2; q++) {
        for (unsigned k = 0; k < 4; k++) m[k] = amp(kak->left[q][k]);
        oracle_matrix(psi, 2, m, &q, 1, NULL, 0, 0);
    }
}

/* Largest difference between the matrix and the product of its parts. */
static double distance(const struct kak *kak, const ketsim_complex *m)
{
    double most = 0;
    for (unsigned col = 0; col < 4; col++) {
        oracle_amp psi[4];
        column(psi, kak, col);
        for (unsigned row = 0; row < 4; row++)
            most = fmax(most, (double)cabsl(psi[row] - amp(m[row * 4 + col])));
    }
    return most;
}

static void print_matrix(const ketsim_complex *m)
{
    for (unsigned k = 0; k < 16; k++)
        fprintf(stderr, "%.17g%+.17gi%s", m[k].re, m[k].im, k % 4 == 3 ? "\n" : ", ");
}

static void check_parts(const struct kak *kak, const ketsim_complex *m)
{
    bool good = fabs(kak->t[0]) <= 1 && fabs(kak->t[1]) <= 1;
    for (unsigned k = 0; k < 16; k++) {
        const bool agree = k / 4 == k % 4 || k / 4 == 3 - k % 4; /* in both bits or in none */
        good = good && (agree || (kak->core[k].re == 0 && kak->core[k].im == 0));
    }
    const double off = distance(kak, m);
    if (!good || !(off < PRODUCT)) print_matrix(m);
    CHECK(good, "tangents %g and %g, or the core has entries where it may not", kak->t[0], kak->t[1]);
    CHECK(off < PRODUCT, "the product of the parts is off by %g", off);
    worst = fmax(worst, off);
}

/* Not unitary by 1e-12 or more: an entry, a row or all of them changed, zeros, or not even numbers. */
static void spoil(ketsim_complex *m, uint64_t *seed)
{
    const double by = 1 + pow(10, -(double)random_below(seed, 12));
    const unsigned at = random_below(seed, 16), way = random_below(seed, 6);
    switch (way) {
    case 0: m[at] = (ketsim_complex){m[at].re + 1e-11 + by, m[at].im}; break;
    case 1:
        for (unsigned k = 0; k < 4; k++) m[at / 4 * 4 + k].re *= by, m[at / 4 * 4 + k].im *= by;
        break;
    case 2:
        for (unsigned k = 0; k < 16; k++) m[k].re *= by, m[k].im *= by;
        break;
    case 3: memset(m, 0, 16 * sizeof *m); break;
    case 4: m[at].im = random_below(seed, 2) ? NAN : -INFINITY; break;
    default:
        for (unsigned k = 0; k < 16; k++)
            m[k] = (ketsim_complex){random_real(seed, -1, 1), random_real(seed, -1, 1)};
    }
}

int main(int argc, char **argv)
{
    const unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
    unsigned given_up = 0;
    uint64_t seed = 3;
    for (unsigned k = 0; k < count; k++) {
        ketsim_complex m[16];
        struct kak kak;
        random_pair_unitary(m, &seed);
        if (kak_split(&kak, m)) check_parts(&kak, m);
        else given_up++;
        spoil(m, &seed);
        if (!kak_split(&kak, m)) continue;
        print_matrix(m);
        CHECK(false, "matrix %u is not unitary and was split", k);
    }
    printf("%u unitaries: %u not split, the others to %.1e\n", count, given_up, worst);
    CHECK(given_up <= RAREST * count, "%u of %u unitaries were not split", given_up, count);
    return 0;
}
