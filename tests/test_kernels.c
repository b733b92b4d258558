/* Every kernel set agrees with the textbook sum, on every placement of targets and controls; sets with a fused
 * multiply-add agree to the bit, and so do in-place, out-of-place and split ranges of one set.
 * Sums of squares are the same bits on all; inner products of rows on those with a fused multiply-add. */
#include <complex.h>
#include <math.h>

#include "sets.h"

enum { SMALL = 6, LARGE = 16 };

static uint64_t seed = 1;

/* psi'[i] = sum over rows j of M[row(i)][j] psi[i with target bits j], where i meets the controls. */
static void reference(double complex *out, const double complex *in, unsigned n, const struct sweep *s)
{
    const unsigned dim = 1u << s->ntargets;
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) {
        out[i] = in[i];
        if ((i & s->control_mask) != s->control_values) continue;
        unsigned row = 0;
        for (unsigned k = 0; k < s->ntargets; k++) row = row << 1 | (i >> s->targets[k] & 1);
        out[i] = 0;
        for (unsigned column = 0; column < dim; column++) {
            uint64_t j = i;
            for (unsigned k = 0; k < s->ntargets; k++) {
                const uint64_t bit = UINT64_C(1) << s->targets[k];
                j = (column >> (s->ntargets - 1 - k) & 1) ? j | bit : j & ~bit;
            }
            const ketsim_complex m = s->diagonal ? s->entries[row] : s->entries[row * dim + column];
            if (!s->diagonal || row == column) out[i] += (m.re + m.im * I) * in[j];
        }
    }
}

/* Amplitudes in the dtype's layout, zero-padded as buffers are. */
struct amps {
    _Alignas(64) double data[2 << LARGE];
};
static struct amps start, one, two, split;
static double complex in[1 << LARGE], want[1 << LARGE];

static double get(const struct amps *amps, ketsim_dtype dtype, uint64_t k)
{
    return dtype == KETSIM_COMPLEX128 ? amps->data[k] : ((const float *)amps->data)[k];
}

static size_t used_bytes(ketsim_dtype dtype, unsigned n)
{
    const size_t bytes = (dtype == KETSIM_COMPLEX128 ? 16u : 8u) << n;
    return bytes < 64 ? 64 : bytes;
}

static void randomize(ketsim_dtype dtype, unsigned n)
{
    memset(&start, 0, used_bytes(dtype, n));
    const double size = pow(2, -(double)n / 2);
    for (uint64_t k = 0; k < UINT64_C(2) << n; k++) {
        const double x = random_real(&seed, -size, size);
        if (dtype == KETSIM_COMPLEX128) start.data[k] = x;
        else ((float *)start.data)[k] = (float)x;
    }
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++)
        in[i] = get(&start, dtype, 2 * i) + get(&start, dtype, 2 * i + 1) * I;
}

static void run(struct amps *out, const struct kernel_set *set, ketsim_dtype dtype, const struct sweep *s,
                unsigned n, bool in_place)
{
    memcpy(out, &start, used_bytes(dtype, n));
    const uint64_t groups = kernel_groups(set, dtype, s, n, in_place);
    set->run[dtype](out, in_place ? out : &start, s, 0, groups, !in_place && n > 9);
}

/* The same in place, in pieces of any length. */
static void run_split(const struct kernel_set *set, ketsim_dtype dtype, const struct sweep *s, unsigned n)
{
    memcpy(&split, &start, used_bytes(dtype, n));
    const uint64_t groups = kernel_groups(set, dtype, s, n, true);
    for (uint64_t first = 0, last; first < groups; first = last) {
        last = first + 1 + random_below(&seed, groups < 100 ? 7 : (unsigned)groups);
        if (last > groups) last = groups;
        set->run[dtype](&split, &split, s, first, last, false);
    }
}

static void compare(const struct kernel_set *set, ketsim_dtype dtype, const struct sweep *s, unsigned n)
{
    const double limit = dtype == KETSIM_COMPLEX128 ? 1e-14 : 1e-6;
    const size_t bytes = used_bytes(dtype, n);
    run(&one, set, dtype, s, n, true);
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++)
        CHECK(cabs(want[i] - (get(&one, dtype, 2 * i) + get(&one, dtype, 2 * i + 1) * I)) <= limit,
              "%s dtype %d n=%u targets %u:%u,%u controls %llx=%llx diagonal %d amplitude %llu", set->isa,
              dtype, n, s->ntargets, s->targets[0], s->targets[1], (unsigned long long)s->control_mask,
              (unsigned long long)s->control_values, s->diagonal, (unsigned long long)i);
    for (size_t k = (size_t)2 << n; k < bytes / (dtype == KETSIM_COMPLEX128 ? 8 : 4); k++)
        CHECK(get(&one, dtype, k) == 0, "%s n=%u: padding was written", set->isa, n);
    run(&two, set, dtype, s, n, false);
    CHECK(!memcmp(&one, &two, bytes), "%s n=%u: out of place differs from in place", set->isa, n);
    run_split(set, dtype, s, n);
    CHECK(!memcmp(&one, &split, bytes), "%s n=%u: split ranges differ", set->isa, n);
}

static const struct kernel_set *sets[MOST_SETS];
static unsigned nsets;

/* All sets on one sweep; those with a fused multiply-add to the bit. */
static void try_sweep(ketsim_dtype dtype, const struct sweep *s, unsigned n)
{
    static struct amps first_fused;
    const size_t bytes = (dtype == KETSIM_COMPLEX128 ? 16u : 8u)
                         << n; /* zeros of the padding may change sign */
    bool seen = false;
    randomize(dtype, n);
    reference(want, in, n, s);
    for (unsigned k = 0; k < nsets; k++) {
        compare(sets[k], dtype, s, n);
        if (!strcmp(sets[k]->isa, "base")) continue;
        if (!seen) memcpy(&first_fused, &one, bytes);
        else CHECK(!memcmp(&first_fused, &one, bytes), "%s n=%u: bits differ between ISAs", sets[k]->isa, n);
        seen = true;
    }
}

/* Entries of size at most 1 in a matrix of 2^ntargets rows, so that errors keep their scale. */
static void random_entries(ketsim_complex *entries, bool real)
{
    for (unsigned k = 0; k < 16; k++)
        entries[k] = (ketsim_complex){random_real(&seed, -0.5, 0.5),
                                      real ? 0 : random_real(&seed, -0.5, 0.5)};
}

static uint64_t random_controls(struct sweep *s, unsigned n, unsigned count)
{
    uint64_t targets = 0;
    for (unsigned k = 0; k < s->ntargets; k++) targets |= UINT64_C(1) << s->targets[k];
    for (unsigned k = 0; k < count; k++) {
        const uint64_t bit = UINT64_C(1) << random_below(&seed, n);
        if (targets & bit) continue;
        s->control_mask |= bit;
        if (random_below(&seed, 2)) s->control_values |= bit;
    }
    return s->control_mask;
}

static unsigned try_form(ketsim_dtype dtype, unsigned n, const uint8_t *targets, unsigned ntargets)
{
    unsigned cases = 0;
    for (unsigned form = 0; form < 4; form++)
        for (unsigned controls = 0; controls < 4 && controls + ntargets <= n; controls++) {
            ketsim_complex entries[16];
            struct sweep s = {
                .entries = entries, .ntargets = (uint8_t)ntargets, .diagonal = form & 1, .real = form & 2};
            if (!s.diagonal && !ntargets) continue;
            for (unsigned k = 0; k < ntargets; k++) s.targets[k] = targets[k];
            random_entries(entries, s.real);
            random_controls(&s, n, controls);
            try_sweep(dtype, &s, n);
            cases++;
        }
    return cases;
}

static unsigned try_size(ketsim_dtype dtype, unsigned n)
{
    unsigned cases = try_form(dtype, n, NULL, 0);
    for (uint8_t a = 0; a < n; a++) {
        cases += try_form(dtype, n, (uint8_t[]){a}, 1);
        for (uint8_t b = 0; b < a; b++)
            if (n <= SMALL || (a * 7 + b) % 5 == 0) cases += try_form(dtype, n, (uint8_t[]){a, b}, 2);
    }
    return cases;
}

static void random_numbers(ketsim_complex *out, size_t count)
{
    for (size_t k = 0; k < count; k++)
        out[k] = (ketsim_complex){random_real(&seed, -1, 1), random_real(&seed, -1, 1)};
}

/* Sums of squares of leaves, in the order that is documented, wherever in memory they are. */
static void try_squares(unsigned shift)
{
    enum { LEAVES = 50 };
    double x[LEAVES * 2 * SQUARES_LEAF + 8], sums[LEAVES];
    for (unsigned k = 0; k < sizeof x / sizeof *x; k++) x[k] = random_real(&seed, -1, 1);
    for (unsigned s = 0; s < nsets; s++) {
        sets[s]->squares(sums, x + shift, LEAVES);
        for (unsigned l = 0; l < LEAVES; l++) {
            double part[SQUARES_SUMS] = {0};
            for (unsigned k = 0; k < 2 * SQUARES_LEAF; k++) {
                const double value = x[shift + l * 2 * SQUARES_LEAF + k];
                part[k % SQUARES_SUMS] += value * value;
            }
            for (unsigned k = 0; k < 4; k++) part[k] += part[k + 4];
            const double sum = part[0] + part[2] + (part[1] + part[3]);
            CHECK(sums[l] == sum, "%s: leaf %u is %a, not %a", sets[s]->isa, l, sums[l], sum);
        }
    }
}

/* Inner products of rows: the sum, the same bits on sets with a fused multiply-add, and however many rows are asked for. */
static void try_gram(unsigned dim)
{
    enum { ROWS = 7, MOST = 256 };
    static ketsim_complex a[MOST], b[ROWS * MOST];
    ketsim_complex first[ROWS], found[ROWS], alone;
    bool seen = false;
    random_numbers(a, dim);
    random_numbers(b, ROWS * dim);
    for (unsigned s = 0; s < nsets; s++) {
        const bool fused = strcmp(sets[s]->isa, "base");
        sets[s]->gram(found, a, b, ROWS, dim);
        for (unsigned r = 0; r < ROWS; r++) {
            double complex sum = 0;
            for (unsigned i = 0; i < dim; i++)
                sum += (a[i].re + a[i].im * I) * (b[r * dim + i].re - b[r * dim + i].im * I);
            CHECK(cabs(sum - (found[r].re + found[r].im * I)) < 1e-15 * dim,
                  "%s: row %u of %u numbers is %g%+gi, not %g%+gi", sets[s]->isa, r, dim, found[r].re,
                  found[r].im, creal(sum), cimag(sum));
            sets[s]->gram(&alone, a, b + (size_t)r * dim, 1, dim);
            CHECK(!memcmp(&alone, &found[r], sizeof alone), "%s: row %u alone has other bits", sets[s]->isa,
                  r);
        }
        if (fused && seen) CHECK(!memcmp(first, found, sizeof first), "%s: other bits", sets[s]->isa);
        if (fused) memcpy(first, found, sizeof first);
        seen |= fused;
    }
}

int main(void)
{
    nsets = find_sets(sets);
    unsigned cases = 0;
    for (int dtype = 0; dtype < 2; dtype++) {
        for (unsigned n = 1; n <= SMALL; n++) cases += try_size((ketsim_dtype)dtype, n);
        cases += try_size((ketsim_dtype)dtype, LARGE); /* long enough for the loops that prefetch */
    }
    for (unsigned shift = 0; shift < 8; shift++) try_squares(shift);
    for (unsigned dim = 4; dim <= 256; dim *= 2) try_gram(dim);
    printf("%u sweeps on %u kernel sets\n", cases, nsets);
    return EXIT_SUCCESS;
}
