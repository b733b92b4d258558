/* Matrices on many bits: every kernel set agrees with the textbook sum, on every placement of targets and controls; sets
 * with a fused multiply-add agree to the bit, and so do in-place, out-of-place and split ranges of one set. */
#include <math.h>

#include "../core/wide.h"
#include "helpers.h"
#include "sets.h"

enum { SMALL = 6, LARGE = 12, MOST_ENTRIES = 1 << 2 * KETSIM_MAX_MATRIX_QUBITS };

static uint64_t seed = 1;
static const struct kernel_set *sets[MOST_SETS];
static unsigned nsets;

struct amps {
    _Alignas(64) char data[16 << LARGE];
};
static struct amps start, one, two, split, fused;
static _Alignas(64) char numbers[16 * MOST_ENTRIES], scratch[2 * WIDE_ROW_BYTES << KETSIM_MAX_MATRIX_QUBITS];
static oracle_amp in[1 << LARGE], want[1 << LARGE];
static ketsim_complex matrix[MOST_ENTRIES];

static size_t amp_bytes(ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? 16 : 8;
}

static void run(struct amps *out, const struct kernel_set *set, const struct wide *wide, unsigned n,
                ketsim_dtype dtype, bool in_place)
{
    memset(out, in_place ? 0 : 0xff, sizeof *out);
    if (in_place) memcpy(out, &start, amp_bytes(dtype) << n);
    set->wide[dtype](out, in_place ? out : &start, wide, 0, wide_units(wide, n, in_place), scratch,
                     !in_place);
}

static void run_split(const struct kernel_set *set, const struct wide *wide, unsigned n, ketsim_dtype dtype)
{
    const uint64_t units = wide_units(wide, n, true);
    memcpy(&split, &start, amp_bytes(dtype) << n);
    for (uint64_t first = 0, last; first < units; first = last) {
        last = first + 1 + random_below(&seed, units < 100 ? 3 : (unsigned)units);
        if (last > units) last = units;
        set->wide[dtype](&split, &split, wide, first, last, scratch, false);
    }
}

static void compare(const struct kernel_set *set, const struct wide *wide, unsigned n, ketsim_dtype dtype)
{
    const size_t bytes = amp_bytes(dtype) << n;
    run(&one, set, wide, n, dtype, true);
    const double error = oracle_error(want, &one, n, dtype);
    CHECK(error < (dtype == KETSIM_COMPLEX128 ? 1e-14 : 1e-6),
          "%s dtype %d n=%u targets %llx controls %llx=%llx: error %g", set->isa, dtype, n,
          (unsigned long long)wide->targets, (unsigned long long)wide->control_mask,
          (unsigned long long)wide->control_values, error);
    run(&two, set, wide, n, dtype, false);
    CHECK(!memcmp(&one, &two, bytes), "%s n=%u: out of place differs from in place", set->isa, n);
    run_split(set, wide, n, dtype);
    CHECK(!memcmp(&one, &split, bytes), "%s n=%u: split ranges differ", set->isa, n);
}

/* The operation, whose matrix is random, by every set. */
static void try_op(const ketsim_op *op, unsigned n, ketsim_dtype dtype)
{
    struct program program;
    struct wide wide;
    bool seen = false;
    program_init(&program, n);
    CHECK_OK(program_append(&program, op, 1));
    CHECK(op_is_wide(program.ops) && wide_bytes(program.ops, dtype) <= sizeof numbers, "%zu qubits",
          op->nqubits);
    wide_make(&wide, numbers, &program, program.ops, n, dtype);
    oracle_random(in, &start, n, dtype, &seed);
    memcpy(want, in, sizeof *in << n);
    oracle_op(want, n, op);
    for (unsigned k = 0; k < nsets; k++) {
        compare(sets[k], &wide, n, dtype);
        if (!strcmp(sets[k]->isa, "base")) continue;
        if (!seen) memcpy(&fused, &one, sizeof one);
        else
            CHECK(!memcmp(&fused, &one, amp_bytes(dtype) << n), "%s: bits differ between ISAs", sets[k]->isa);
        seen = true;
    }
    program_clear(&program);
}

/* Qubits that are targets, controls of both kinds, or none, by digits in base 4; targets in a random order. */
static unsigned try_placement(unsigned placement, unsigned n, ketsim_dtype dtype)
{
    int targets[SMALL], controls[SMALL];
    ketsim_op op = {.gate = KETSIM_GATE_UNITARY, .qubits = targets, .controls = controls, .matrix = matrix};
    for (int q = 0; q < (int)n; q++, placement /= 4) {
        if (placement % 4 == 1) {
            const unsigned at = random_below(&seed, (unsigned)op.nqubits + 1);
            memmove(targets + at + 1, targets + at, (op.nqubits++ - at) * sizeof *targets);
            targets[at] = q;
        } else if (placement % 4) {
            op.control_values |= (uint64_t)(placement % 4 == 3) << op.ncontrols;
            controls[op.ncontrols++] = q;
        }
    }
    if (op.nqubits <= KETSIM_MAX_TARGETS) return 0;
    oracle_random_unitary(matrix, (unsigned)op.nqubits, &seed);
    try_op(&op, n, dtype);
    return 1;
}

static unsigned try_small(unsigned n, ketsim_dtype dtype)
{
    unsigned cases = 0;
    for (unsigned placement = 0; placement < 1u << 2 * n; placement++)
        cases += try_placement(placement, n, dtype);
    return cases;
}

/* Every number of targets, with few controls, on more qubits. */
static unsigned try_large(ketsim_dtype dtype)
{
    unsigned cases = 0;
    int qubits[LARGE];
    for (unsigned k = 3; k <= KETSIM_MAX_MATRIX_QUBITS; k++)
        for (unsigned trial = 0; trial < (k < 8 ? 12 : 2); trial++, cases++) {
            const ketsim_op op = {.gate = KETSIM_GATE_UNITARY,
                                  .qubits = qubits,
                                  .nqubits = k,
                                  .controls = qubits + k,
                                  .ncontrols = trial % 3,
                                  .control_values = random_below(&seed, 4),
                                  .matrix = matrix};
            random_qubits(qubits, k + trial % 3, LARGE, &seed);
            oracle_random_unitary(matrix, k, &seed);
            try_op(&op, LARGE, dtype);
        }
    return cases;
}

int main(void)
{
    nsets = find_sets(sets);
    unsigned cases = 0;
    for (int dtype = 0; dtype < 2; dtype++) {
        for (unsigned n = 3; n <= SMALL; n++) cases += try_small(n, (ketsim_dtype)dtype);
        cases += try_large((ketsim_dtype)dtype);
    }
    printf("%u matrices on %u kernel sets\n", cases, nsets);
    return EXIT_SUCCESS;
}
