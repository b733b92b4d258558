/* Matrices on many bits: every kernel set agrees with the textbook sum, on every placement of targets and controls; sets
 * with a fused multiply-add agree to the bit, and so do in-place, out-of-place and split ranges of one set. */
#include <math.h>

#include "../core/wide.h"
#include "helpers.h"
#include "sets.h"

enum { SMALL = FEWER > 1 ? 5 : 6, LARGE = 12, MOST_ENTRIES = 1 << 2 * KETSIM_MAX_MATRIX_QUBITS };

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
    CHECK(op_is_wide(program.ops) && wide_bytes(program.ops, n, dtype) <= sizeof numbers, "%zu qubits",
          op->nqubits);
    CHECK(wide_make(&wide, numbers, &program, program.ops, 0, n, dtype), "stopped");
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

/* ---- among other operations ------------------------------------------------------------------------ */

static void append(ketsim_circuit *circuit, const ketsim_op *op, unsigned n)
{
    CHECK_OK(ketsim_circuit_append(circuit, op, 1));
    oracle_op(want, n, op);
}

/* Every third operation is a matrix on 3 to 5 qubits. */
static ketsim_circuit *mixed_circuit(unsigned n, size_t length)
{
    ketsim_circuit *circuit;
    int qubits[KETSIM_MAX_QUBITS];
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (size_t k = 0; k < length; k++) {
        struct stored_op stored;
        const unsigned wide = 3 + random_below(&seed, n < 5 ? n - 2 : 3);
        ketsim_op op = {.gate = KETSIM_GATE_UNITARY,
                        .qubits = qubits,
                        .nqubits = wide,
                        .controls = qubits + wide,
                        .ncontrols = wide < n ? random_below(&seed, 2) : 0,
                        .control_values = random_below(&seed, 2),
                        .matrix = matrix};
        random_qubits(qubits, wide + (unsigned)op.ncontrols, n, &seed);
        if (k % 3 != 1) random_op(&stored, n, &seed);
        if (k % 3 != 1) op = op_of(&stored);
        else oracle_random_unitary(matrix, wide, &seed);
        append(circuit, &op, n);
    }
    return circuit;
}

static void agrees(ketsim_state *state, ketsim_dtype dtype, size_t length, const char *how)
{
    const double error = state_error(state, want);
    CHECK(error < (dtype == KETSIM_COMPLEX128 ? 1e-15 : 1e-6) * (double)(length + 4), "%s: off by %g", how,
          error);
}

/* Planned, from the cache, directly, in place, and back again. */
static void try_circuit(unsigned n, size_t length, ketsim_dtype dtype)
{
    ketsim_state *state = random_state(want, n, dtype, &seed), *base, *other;
    ketsim_circuit *circuit = mixed_circuit(n, length), *inverse;
    CHECK_OK(ketsim_state_clone(&base, state));
    CHECK_OK(ketsim_state_clone(&other, base));
    CHECK_OK(ketsim_state_set_inplace(other, true));
    for (unsigned time = 0; time < 2; time++) {
        ketsim_state *again;
        CHECK_OK(ketsim_state_clone(&again, base));
        CHECK_OK(ketsim_apply(again, circuit, NULL));
        agrees(again, dtype, length, time ? "from the cache" : "planned");
        ketsim_state_free(again);
    }
    apply_once(state, circuit);
    agrees(state, dtype, length, "once");
    CHECK_OK(ketsim_apply(other, circuit, &(ketsim_run_options){.threads = 3}));
    agrees(other, dtype, length, "in place");
    CHECK_OK(ketsim_circuit_inverse(&inverse, circuit));
    CHECK_OK(ketsim_apply(state, inverse, NULL));
    ketsim_complex overlap;
    CHECK_OK(ketsim_inner(base, state, &overlap));
    CHECK(fabs(overlap.re - 1) < (dtype == KETSIM_COMPLEX128 ? 1e-13 : 1e-4), "undone: overlap %g",
          overlap.re);
    ketsim_circuit_free(inverse);
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
    ketsim_state_free(base);
    ketsim_state_free(other);
}

/* ---- gradients ------------------------------------------------------------------------------------ */

enum { LAYERS = 2 };

/* Rotations of all qubits, and between layers a matrix that was made before. */
static ketsim_circuit *layered(unsigned n, const double *angles)
{
    ketsim_circuit *circuit;
    const int qubits[] = {(int)n - 1, 0, 1};
    const ketsim_op op = {.gate = KETSIM_GATE_UNITARY, .qubits = qubits, .nqubits = 3, .matrix = matrix};
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned layer = 0; layer < LAYERS; layer++) {
        for (int q = 0; q < (int)n; q++)
            CHECK_OK(ketsim_circuit_gate(circuit, layer ? KETSIM_GATE_RX : KETSIM_GATE_RY, angles++, &q));
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    }
    return circuit;
}

static double energy(unsigned n, const double *angles, const ketsim_observable *observable)
{
    double out;
    ketsim_state *state = new_state(n, KETSIM_COMPLEX128);
    ketsim_circuit *circuit = layered(n, angles);
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_expectation(state, observable, &out));
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
    return out;
}

/* The parameter-shift rule, exact for rotations. */
static void gradient_agrees(unsigned n)
{
    static const char text[] = "Z0 X2 + 0.5 Y1 - Z2";
    static const double quarter = 1.57079632679489661923;
    double angles[LAYERS * LARGE], slopes[LAYERS * LARGE], value;
    const size_t count = LAYERS * n;
    ketsim_observable *observable;
    CHECK_OK(ketsim_observable_parse(&observable, text, sizeof text - 1));
    oracle_random_unitary(matrix, 3, &seed);
    for (size_t k = 0; k < count; k++) angles[k] = random_real(&seed, -3, 3);
    ketsim_state *from = new_state(n, KETSIM_COMPLEX128);
    ketsim_circuit *circuit = layered(n, angles);
    CHECK_OK(ketsim_gradient(from, &value, slopes, count, circuit, observable, NULL));
    for (size_t k = 0; k < count; k++) {
        const double angle = angles[k];
        angles[k] = angle + quarter;
        const double up = energy(n, angles, observable);
        angles[k] = angle - quarter;
        const double shifted = (up - energy(n, angles, observable)) / 2;
        angles[k] = angle;
        CHECK(fabs(shifted - slopes[k]) < 1e-12, "n=%u angle %zu: %g, by shifts %g", n, k, slopes[k],
              shifted);
    }
    ketsim_circuit_free(circuit);
    ketsim_observable_free(observable);
    ketsim_state_free(from);
}

/* The same bits for any number of threads, of a state that several work on. */
static void threads_agree(void)
{
    enum { N = 18 };
    uint64_t first = 0;
    int qubits[] = {3, 17, 0, 9, 14};
    const ketsim_op op = {.gate = KETSIM_GATE_UNITARY, .qubits = qubits, .nqubits = 5, .matrix = matrix};
    oracle_random_unitary(matrix, 5, &seed);
    for (unsigned threads = 1; threads <= 8; threads += threads == 3 ? 5 : 1) {
        ketsim_state *state = new_state(N, KETSIM_COMPLEX128);
        CHECK_OK(ketsim_state_set_threads(state, threads));
        for (int q = 0; q < N; q++) CHECK_OK(gate1(state, KETSIM_GATE_RY, 0.3 + q, q, 0, 0));
        for (unsigned k = 0; k < 3; k++) CHECK_OK(ketsim_apply_ops(state, &op, 1, NULL));
        const uint64_t hash = state_hash(state);
        if (threads == 1) first = hash;
        CHECK(hash == first, "%u threads give other bits", threads);
        ketsim_state_free(state);
    }
}

int main(void)
{
    nsets = find_sets(sets);
    unsigned cases = 0;
    for (int dtype = 0; dtype < 2; dtype++) {
        for (unsigned n = 3; n <= SMALL; n++) cases += try_small(n, (ketsim_dtype)dtype);
        cases += try_large((ketsim_dtype)dtype);
    }
    for (unsigned n = 3; n <= LARGE; n++)
        for (unsigned k = 0; k < 8; k++) try_circuit(n, 2 + 5 * k, (ketsim_dtype)(k & 1));
    for (unsigned n = 3; n <= LARGE; n += 3) gradient_agrees(n);
    threads_agree();
    printf("%u matrices on %u kernel sets\n", cases, nsets);
    return EXIT_SUCCESS;
}
