/* Cosines and sines of many angles at once: those of long double to a last digit, on every kernel set, with the same bits on
 * all that have a fused multiply-add; and matrices of gates made of them are those of the rows. */
#include <math.h>
#include <string.h>

#include "../core/gates.h"
#include "../core/kernels/kernel.h"
#include "helpers.h"
#include "sets.h"

enum { COUNT = 4096 };

static _Alignas(64) double angles[COUNT], cosines[COUNT], sines[COUNT], first[2][COUNT];
static uint64_t seed = 5;

/* Of every size that may be, near multiples of pi/4 as often as anywhere. */
static void draw(void)
{
    const double pi = acos(-1);
    for (unsigned k = 0; k < COUNT; k++) {
        const double most = ldexp(1, (int)random_below(&seed, 60) - 40);
        angles[k] = random_real(&seed, -most, most);
        if (k % 2)
            angles[k] = (double)(int)random_below(&seed, 1000) * pi / 4 + (k % 4 == 1 ? 0 : angles[k] * 1e-9);
        if (k % 16 == 0) angles[k] = random_real(&seed, -7, 7);
    }
    angles[0] = 0;
    angles[2] = -0.0;
    angles[4] = ANGLES_MOST;
    angles[6] = -ANGLES_MOST;
}

/* One of the last digit of what is wanted; of small numbers, near multiples of pi/2, 2^-67. */
static void check_number(const char *isa, const char *what, double angle, double found, long double want)
{
    const long double digit = ldexpl(1, ilogbl(fabsl(want) + 0x1p-900L) - 52), limit = fmaxl(digit, 0x1p-67L);
    CHECK(fabsl(found - want) <= limit, "%s: %s of %a is %a, not %La", isa, what, angle, found, want);
}

static void check_set(const struct kernel_set *set)
{
    set->angles(cosines, sines, angles, COUNT);
    for (unsigned k = 0; k < COUNT; k++) {
        check_number(set->isa, "cosine", angles[k], cosines[k], cosl((long double)angles[k]));
        check_number(set->isa, "sine", angles[k], sines[k], sinl((long double)angles[k]));
    }
}

static void same_bits(const char *isa, bool *seen)
{
    if (!*seen) {
        memcpy(first[0], cosines, sizeof cosines);
        memcpy(first[1], sines, sizeof sines);
    }
    *seen = true;
    CHECK(!memcmp(first[0], cosines, sizeof cosines) && !memcmp(first[1], sines, sizeof sines),
          "%s: other bits", isa);
}

/* Rows with angles have as many arguments. */
static unsigned check_rows(void)
{
    unsigned rows = 0;
    for (int gate = 0; gate < KETSIM_GATE_COUNT; gate++) {
        const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)gate);
        ketsim_complex want[MATRIX_ENTRIES], found[MATRIX_ENTRIES];
        if (!row->nangles) continue;
        for (unsigned k = 0; k < 100; k++) {
            double a[KETSIM_MAX_ANGLES], x[KETSIM_MAX_ANGLES], c[KETSIM_MAX_ANGLES], s[KETSIM_MAX_ANGLES];
            for (unsigned j = 0; j < row->nangles; j++) a[j] = random_real(&seed, -10, 10);
            gates_arguments((ketsim_gate)gate, x, a);
            for (unsigned j = 0; j < row->nangles; j++) c[j] = cos(x[j]), s[j] = sin(x[j]);
            gates_matrix((ketsim_gate)gate, want, a);
            gates_matrix_of((ketsim_gate)gate, found, c, s);
            CHECK(!memcmp(want, found, sizeof *want << 2 * row->ntargets), "%s(%g, ...): another matrix",
                  row->name, a[0]);
        }
        rows++;
    }
    return rows;
}

int main(void)
{
    const struct kernel_set *sets[MOST_SETS];
    const unsigned nsets = find_sets(sets);
    bool seen = false;
    for (unsigned round = 0; round < 50; round++) {
        draw();
        seen = false;
        for (unsigned k = 0; k < nsets; k++) {
            check_set(sets[k]);
            if (strcmp(sets[k]->isa, "base")) same_bits(sets[k]->isa, &seen);
        }
    }
    CHECK(seen, "no kernel set with a fused multiply-add");
    const unsigned rows = check_rows();
    CHECK(rows > 5, "%u rows with angles", rows);
    printf("%u angles on %u kernel sets; %u rows with angles\n", 50 * COUNT, nsets, rows);
    return EXIT_SUCCESS;
}
