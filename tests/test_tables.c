/* Operations that are given by a table: diagonals and permutations of basis states against their definition, on every
 * placement of targets and controls, by every kernel set, in every way to run; classical functions and oracles;
 * permutations of qubits. */
#include <math.h>

#include "../core/plan.h"
#include "../core/wide.h"
#include "failing.h"
#include "helpers.h"
#include "sets.h"

enum { SMALL = 5, LARGE = 14, MOST = 1 << LARGE };

static uint64_t seed = 1;
static const struct kernel_set *sets[MOST_SETS];
static unsigned nsets;

struct amps {
    _Alignas(64) char data[16 << SMALL];
};
static oracle_amp in[MOST], want[MOST];
static ketsim_complex phases[MOST];
static uint64_t table[MOST];

static size_t amp_bytes(ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? 16 : 8;
}

/* A random table for op; now and then a permutation that is its own inverse, or the identity. */
static void fill_table(ketsim_op *op)
{
    const size_t size = (size_t)1 << op->nqubits;
    op->matrix = op->gate == KETSIM_GATE_DIAGONAL ? phases : NULL;
    op->table = op->gate == KETSIM_GATE_DIAGONAL ? NULL : table;
    random_phases(phases, size, &seed);
    random_permutation(table, size, &seed);
    const unsigned form = random_below(&seed, 6);
    for (size_t x = 0; form < 2 && x < size; x++) table[x] = x ^ (form ? size - 1 : 0);
}

/* ---- kernels --------------------------------------------------------------------------------------- */

struct passes {
    unsigned count;
    struct wide pass[2];
    _Alignas(64) char numbers[2][16 << SMALL];
};

static void run(struct amps *out, const struct amps *start, const struct kernel_set *set,
                const struct passes *p, unsigned n, ketsim_dtype dtype, bool in_place, bool split)
{
    memset(out, 0xff, sizeof *out);
    if (in_place) memcpy(out, start, amp_bytes(dtype) << n);
    for (unsigned k = 0; k < p->count; k++) {
        const bool moved = k == 0 && !in_place;
        const uint64_t units = wide_units(&p->pass[k], n, !moved);
        for (uint64_t first = 0, last; first < units; first = last) {
            last = split ? first + 1 : units;
            set->wide[dtype](out, moved ? start : out, &p->pass[k], first, last, NULL, moved);
        }
    }
}

static void compare(const struct kernel_set *set, const struct amps *start, const struct passes *p,
                    unsigned n, ketsim_dtype dtype, struct amps *out)
{
    struct amps other;
    run(out, start, set, p, n, dtype, true, false);
    const double error = oracle_error(want, out, n, dtype);
    CHECK(error < (dtype == KETSIM_COMPLEX128 ? 1e-15 : 4e-7),
          "%s dtype %d n=%u targets %llx controls %llx=%llx: error %g", set->isa, dtype, n,
          (unsigned long long)p->pass[0].targets, (unsigned long long)p->pass[0].control_mask,
          (unsigned long long)p->pass[0].control_values, error);
    for (unsigned way = 0; way < 3; way++) {
        run(&other, start, set, p, n, dtype, way & 1, way > 0);
        CHECK(!memcmp(out, &other, amp_bytes(dtype) << n), "%s n=%u: way %u gives other bits", set->isa, n,
              way);
    }
}

static void try_op(const ketsim_op *op, unsigned n, ketsim_dtype dtype)
{
    struct program program;
    struct passes p;
    struct amps start, out, fused;
    bool seen = false;
    program_init(&program, n);
    CHECK_OK(program_append(&program, op, 1));
    p.count = wide_parts(program.ops);
    for (unsigned k = 0; k < p.count; k++)
        CHECK(wide_make(&p.pass[k], p.numbers[k], &program, program.ops, k, n, dtype), "stopped");
    oracle_random(in, &start, n, dtype, &seed);
    memcpy(want, in, sizeof *in << n);
    oracle_op(want, n, op);
    for (unsigned k = 0; k < nsets; k++) {
        compare(sets[k], &start, &p, n, dtype, &out);
        if (!strcmp(sets[k]->isa, "base")) continue;
        if (seen) CHECK(!memcmp(&fused, &out, amp_bytes(dtype) << n), "%s: bits differ", sets[k]->isa);
        memcpy(&fused, &out, sizeof out);
        seen = true;
    }
    program_clear(&program);
}

/* Qubits that are targets, controls of both kinds, or none, by digits in base 4; targets in a random order. */
static void place(ketsim_op *op, int *targets, int *controls, unsigned placement, unsigned n)
{
    op->qubits = targets;
    op->controls = controls;
    for (int q = 0; q < (int)n; q++, placement /= 4) {
        if (placement % 4 == 1) {
            const unsigned at = random_below(&seed, (unsigned)op->nqubits + 1);
            memmove(targets + at + 1, targets + at, (op->nqubits++ - at) * sizeof *targets);
            targets[at] = q;
        } else if (placement % 4) {
            op->control_values |= (uint64_t)(placement % 4 == 3) << op->ncontrols;
            controls[op->ncontrols++] = q;
        }
    }
}

static unsigned try_kernels(ketsim_gate gate, unsigned n)
{
    unsigned cases = 0;
    for (unsigned placement = 0; placement < 1u << 2 * n; placement++)
        for (int dtype = 0; dtype < 2; dtype++) {
            int targets[SMALL], controls[SMALL];
            ketsim_op op = {.gate = gate};
            place(&op, targets, controls, placement, n);
            if (op.nqubits <= KETSIM_MAX_TARGETS) continue; /* other kernels' */
            fill_table(&op);
            try_op(&op, n, (ketsim_dtype)dtype);
            cases++;
        }
    return cases;
}

/* ---- states ---------------------------------------------------------------------------------------- */

static ketsim_circuit *one_op(unsigned n, const ketsim_op *op)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    CHECK_OK(ketsim_circuit_append(circuit, op, 1));
    return circuit;
}

static void agrees(ketsim_state *state, const char *how)
{
    const double limit = ketsim_state_dtype(state) == KETSIM_COMPLEX128 ? 4e-15 : 4e-7;
    const double error = state_error(state, want);
    CHECK(error < limit, "%s: off by %g", how, error);
}

/* By itself and among identities that make a longer list, undone, and in place; threads make no difference. */
static void try_state(const ketsim_op *op, unsigned n, ketsim_dtype dtype)
{
    const ketsim_op identity = {.gate = KETSIM_GATE_I, .qubits = (int[]){0}, .nqubits = 1};
    ketsim_state *base = random_state(in, n, dtype, &seed), *state;
    ketsim_circuit *circuit = one_op(n, op), *inverse;
    uint64_t hash = 0;
    for (unsigned way = 0; way < 4; way++) {
        memcpy(want, in, sizeof *in << n);
        oracle_op(want, n, op);
        CHECK_OK(ketsim_state_clone(&state, base));
        CHECK_OK(ketsim_state_set_threads(state, way ? way : 8));
        CHECK_OK(ketsim_state_set_inplace(state, way & 1));
        if (way == 2) apply_once(state, circuit);
        else CHECK_OK(ketsim_apply(state, circuit, NULL));
        agrees(state, "by itself");
        if (way) CHECK(state_hash(state) == hash, "%u threads, n=%u: other bits", way, n);
        hash = state_hash(state);
        CHECK_OK(ketsim_circuit_inverse(&inverse, circuit));
        for (unsigned k = 0; way > 1 && k < 5; k++) CHECK_OK(ketsim_circuit_append(inverse, &identity, 1));
        CHECK_OK(ketsim_apply(state, inverse, NULL));
        memcpy(want, in, sizeof *in << n);
        agrees(state, "undone");
        ketsim_circuit_free(inverse);
        ketsim_state_free(state);
    }
    ketsim_circuit_free(circuit);
    ketsim_state_free(base);
}

static unsigned try_states(ketsim_gate gate)
{
    unsigned cases = 0;
    for (unsigned n = 1; n <= LARGE; n++)
        for (unsigned trial = 0; trial < 2 * (n < 8 ? 4 : n); trial++, cases++) {
            int qubits[2 * LARGE];
            const unsigned k = trial < 2 ? n : 1 + random_below(&seed, n), room = n - k;
            ketsim_op op = {.gate = gate, .qubits = qubits, .nqubits = k};
            op.ncontrols = random_below(&seed, (room < 3 ? room : 3) + 1);
            op.control_values = random_below(&seed, 8);
            op.controls = qubits + k;
            random_qubits(qubits, k + (unsigned)op.ncontrols, n, &seed);
            for (unsigned q = 0; trial % 4 == 0 && q < n; q++)
                qubits[q] = (int)(trial ? n - k + q : q) % (int)n;
            fill_table(&op);
            try_state(&op, n, (ketsim_dtype)(trial & 1));
        }
    return cases;
}

/* A diagonal on few qubits is phases of passes over tiles: it does not part them. */
static void few_phases_cost_no_pass(void)
{
    enum { N = 16 };
    for (unsigned k = 1; k <= WIDE_FEW; k++) {
        ketsim_circuit *circuit;
        ketsim_plan *with, *without;
        int qubits[N];
        CHECK_OK(ketsim_circuit_new(&circuit, N));
        for (unsigned layer = 0; layer < 2; layer++)
            for (int q = 0; q < N; q++) CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, &q));
        CHECK_OK(ketsim_plan_new(&without, circuit, NULL));
        CHECK_OK(ketsim_circuit_truncate(circuit, N));
        ketsim_op op = {.gate = KETSIM_GATE_DIAGONAL, .qubits = qubits, .nqubits = k};
        random_qubits(qubits, k, N, &seed);
        fill_table(&op);
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
        for (int q = 0; q < N; q++) CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, &q));
        CHECK_OK(ketsim_plan_new(&with, circuit, NULL));
        for (size_t s = 0; s < with->plan.length; s++)
            CHECK(!with->plan.stages[s].sweep, "%u qubits: a pass of its own", k);
        CHECK(without->plan.length <= with->plan.length, "nothing to compare with");
        ketsim_plan_free(with);
        ketsim_plan_free(without);
        ketsim_circuit_free(circuit);
    }
}

/* ---- circuits -------------------------------------------------------------------------------------- */

/* What comes out of a circuit is what went in; of its inverse, the conjugates or the places that were left. */
static void records(ketsim_gate gate, unsigned k)
{
    ketsim_complex got[64];
    uint64_t targets[64], back[64];
    int qubits[8];
    ketsim_op op = {.gate = gate, .qubits = qubits, .nqubits = k}, undoing;
    const size_t size = (size_t)1 << k;
    random_qubits(qubits, k, 8, &seed);
    fill_table(&op);
    ketsim_circuit *circuit = one_op(8, &op), *inverse, *twice, *copy, *given;
    CHECK_OK(ketsim_circuit_inverse(&inverse, circuit));
    CHECK_OK(ketsim_circuit_inverse(&twice, inverse));
    CHECK_OK(ketsim_circuit_copy(&copy, circuit));
    CHECK(ketsim_circuit_equal(circuit, copy) && ketsim_circuit_equal(circuit, twice), "not what it was");
    if (gate == KETSIM_GATE_DIAGONAL) {
        CHECK_OK(ketsim_circuit_get_matrix(circuit, got, size, 0));
        CHECK(!memcmp(got, phases, size * sizeof *got), "other phases");
        CHECK_OK(ketsim_circuit_get_matrix(inverse, got, size, 0));
        for (size_t x = 0; x < size; x++)
            CHECK(got[x].re == phases[x].re && got[x].im == -phases[x].im, "phase %zu of the inverse", x);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_get_matrix(circuit, got, size / 2, 0), "entries");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_get_table(circuit, targets, size, 0), "table");
    } else {
        CHECK_OK(ketsim_circuit_get_table(circuit, targets, size, 0));
        CHECK(!memcmp(targets, table, size * sizeof *targets), "other targets");
        CHECK_OK(ketsim_circuit_get_table(inverse, back, size, 0));
        for (size_t x = 0; x < size; x++) CHECK(back[table[x]] == x, "target %zu of the inverse", x);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_get_table(circuit, targets, size / 2, 0), "table");
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_get_matrix(circuit, got, size, 0), "matrix");
    }
    undoing = op;
    undoing.matrix = op.matrix ? got : NULL;
    undoing.table = op.table ? back : NULL;
    given = one_op(8, &undoing);
    CHECK(ketsim_circuit_equal(given, inverse), "an inverse differs from one that is given");
    undoing.qubits = (const int[]){7, 6, 5, 4, 3, 2, 1, 0};
    ketsim_circuit_free(given);
    given = one_op(8, &undoing);
    CHECK(ketsim_circuit_equal(given, inverse) == !memcmp(qubits, undoing.qubits, k * sizeof *qubits),
          "other qubits");
    CHECK_OK(ketsim_circuit_truncate(circuit, 0));
    ketsim_circuit *const all[] = {circuit, inverse, twice, copy, given};
    for (unsigned c = 0; c < 5; c++) ketsim_circuit_free(all[c]);
}

/* As a density matrix: the phases of rows and columns, the places of both. */
static void vectorized(unsigned n)
{
    static oracle_amp rho[1 << 10], rows[1 << 5];
    for (unsigned trial = 0; trial < 20; trial++) {
        ketsim_circuit *circuit = random_circuit(n, 6, &seed, NULL), *both;
        ketsim_state *state = random_state(rho, 2 * n, KETSIM_COMPLEX128, &seed);
        const size_t dim = (size_t)1 << n;
        CHECK_OK(ketsim_circuit_vectorize(&both, circuit));
        CHECK_OK(ketsim_apply(state, both, NULL));
        for (size_t k = 0; k < ketsim_circuit_length(circuit); k++) {
            struct stored_op stored;
            get_op(&stored, circuit, k);
            const ketsim_op op = op_of(&stored);
            for (unsigned side = 0; side < 2; side++)
                for (size_t r = 0; r < dim; r++) { /* U rho U*: U on columns, and on the conjugates of rows */
                    for (size_t c = 0; c < dim; c++)
                        rows[c] = side ? conjl(rho[r * dim + c]) : rho[c * dim + r];
                    oracle_op(rows, n, &op);
                    for (size_t c = 0; c < dim; c++)
                        *(side ? &rho[r * dim + c] : &rho[c * dim + r]) = side ? conjl(rows[c]) : rows[c];
                }
        }
        CHECK(state_error(state, rho) < 1e-14, "vectorized on %u qubits: off by %g", n,
              state_error(state, rho));
        ketsim_circuit_free(circuit);
        ketsim_circuit_free(both);
        ketsim_state_free(state);
    }
}

/* ---- functions ------------------------------------------------------------------------------------- */

struct calls {
    uint64_t next, fails_at; /* what it must be called with next; where it gives up */
};

static ketsim_status square(void *context, uint64_t *out, uint64_t x)
{
    struct calls *calls = context;
    CHECK(x == calls->next++, "called with %llu", (unsigned long long)x);
    *out = x * x % 4;
    return x == calls->fails_at ? KETSIM_ERR_PARSE : KETSIM_OK;
}

static void functions(void)
{
    uint64_t values[8], made[32];
    struct calls calls = {0, 8};
    CHECK_OK(ketsim_tabulate(values, 3, square, &calls));
    CHECK(calls.next == 8, "called %llu times", (unsigned long long)calls.next);
    CHECK_OK(ketsim_tabulate_oracle(made, values, 3, 2));
    for (uint64_t x = 0; x < 8; x++)
        for (uint64_t y = 0; y < 4; y++)
            CHECK(made[4 * x + y] == 4 * x + (y ^ (x * x % 4)), "oracle at %d, %d", (int)x, (int)y);
    calls = (struct calls){0, 5};
    CHECK(ketsim_tabulate(values, 3, square, &calls) == KETSIM_ERR_PARSE && calls.next == 6,
          "not what the function says");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_tabulate(values, 0, square, &calls), "0 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_tabulate(values, 41, square, &calls), "41 qubits");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_tabulate_oracle(made, values, 0, 1), "inputs");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_tabulate_oracle(made, values, 1, 0), "outputs");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_tabulate_oracle(made, values, 20, 21), "41 qubits");
    values[2] = 2;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_tabulate_oracle(made, values, 3, 1),
                "f(2) is 2: must be below 2");
}

/* ---- permutations of qubits ------------------------------------------------------------------------ */

/* Every order of up to 4 qubits of 5, at any of them. */
static unsigned try_order(const int *qubits, const int *targets, unsigned count)
{
    enum { N = 5 };
    ketsim_circuit *circuit;
    ketsim_state *state = random_state(in, N, KETSIM_COMPLEX128, &seed);
    memset(want, 0, sizeof *want << N);
    for (unsigned i = 0; i < 1u << N; i++) {
        unsigned to = i;
        for (unsigned k = 0; k < count; k++) to &= ~(16u >> qubits[k]);
        for (unsigned k = 0; k < count; k++) to |= (i >> (N - 1 - qubits[k]) & 1) << (N - 1 - targets[k]);
        want[to] = in[i];
    }
    CHECK_OK(ketsim_circuit_new(&circuit, N));
    CHECK_OK(ketsim_circuit_permute_qubits(circuit, qubits, targets, count));
    CHECK(ketsim_circuit_length(circuit) < (count ? count : 1), "%zu SWAPs", ketsim_circuit_length(circuit));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK(state_error(state, want) == 0, "an amplitude is elsewhere");
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
    return 1;
}

static unsigned try_orders(void)
{
    unsigned cases = 0;
    for (unsigned count = 0; count <= 4; count++)
        for (unsigned code = 0; code < 1u << 2 * count; code++) {
            int qubits[4], targets[4];
            unsigned seen = 0;
            random_qubits(qubits, count, 5, &seed);
            for (unsigned k = 0; k < count; k++) {
                targets[k] = qubits[(code >> 2 * k & 3) % (count ? count : 1)];
                seen |= 1u << targets[k];
            }
            if (__builtin_popcount(seen) == (int)count) cases += try_order(qubits, targets, count);
        }
    return cases;
}

/* In a plan of more than a few operations it is names: no pass, and none more. */
static void relabelling_costs_nothing(void)
{
    enum { N = 18 };
    int targets[N];
    ketsim_circuit *circuit;
    ketsim_plan *with, *without;
    CHECK_OK(ketsim_circuit_new(&circuit, N));
    for (int q = 0; q < N; q++) CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, &q));
    CHECK_OK(ketsim_plan_new(&without, circuit, NULL));
    random_qubits(targets, N, N, &seed);
    CHECK_OK(ketsim_circuit_permute_qubits(circuit, NULL, targets, N));
    CHECK_OK(ketsim_plan_new(&with, circuit, NULL));
    CHECK(with->plan.length <= without->plan.length + 1, "%zu passes, %zu without", with->plan.length,
          without->plan.length);
    ketsim_plan_free(with);
    ketsim_plan_free(without);
    ketsim_circuit_free(circuit);
}

/* ---- what is refused ------------------------------------------------------------------------------- */

static ketsim_circuit *kept, *kept_before;

static void refused(const ketsim_op *op, const char *part)
{
    ketsim_state *state = new_state(4, KETSIM_COMPLEX128);
    const uint64_t generation = ketsim_state_generation(state);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_append(kept, op, 1), part);
    CHECK(ketsim_circuit_equal(kept, kept_before), "a refused operation left something");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_queue(state, op, 1), part);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_apply_ops(state, op, 1, NULL), part);
    CHECK(ketsim_pending(state) == 0 && ketsim_state_generation(state) == generation, "the state changed");
    ketsim_state_free(state);
}

static void refused_phase(double re, double im, const char *part)
{
    ketsim_complex entries[8];
    for (unsigned x = 0; x < 8; x++) entries[x] = (ketsim_complex){0.6, -0.8};
    ketsim_op op = {
        .gate = KETSIM_GATE_DIAGONAL, .qubits = (int[]){2, 0, 3}, .nqubits = 3, .matrix = entries};
    entries[5] = (ketsim_complex){re, im};
    refused(&op, part);
}

static void refused_target(uint64_t target, const char *part)
{
    uint64_t to[8] = {0, 1, 2, 3, 4, target, 6, 7};
    ketsim_op op = {.gate = KETSIM_GATE_PERMUTATION, .qubits = (int[]){2, 0, 3}, .nqubits = 3, .table = to};
    refused(&op, part);
}

static void bad_qubits(ketsim_gate gate)
{
    ketsim_op op = {.gate = gate, .qubits = (int[]){2, 0, 3}, .nqubits = 3};
    const ketsim_linear linear[3] = {{NULL, 0}};
    fill_table(&op);
    ketsim_op bad = op;
    bad.matrix = NULL, bad.table = NULL;
    refused(&bad, "takes 8");
    bad = op, bad.nqubits = 0;
    refused(&bad, "given 0 qubits: takes 1 to 4");
    bad = op, bad.nqubits = 5;
    refused(&bad, "given 5 qubits: takes 1 to 4");
    bad = op, bad.qubits = (int[]){2, 4, 3};
    refused(&bad, "qubit 4: must be 0..3");
    bad = op, bad.qubits = (int[]){2, 3, 2};
    refused(&bad, "qubit 2: given twice");
    bad = op, bad.controls = (int[]){3}, bad.ncontrols = 1;
    refused(&bad, "qubit 3: given twice");
    bad.controls = (int[]){-1};
    refused(&bad, "qubit -1");
    bad = op, bad.linear = linear;
    ketsim_state *state = new_state(4, KETSIM_COMPLEX128);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_queue(state, &bad, 1), "linear forms");
    ketsim_state_free(state);
}

static void bad_orders(void)
{
    const int repeated[] = {1, 1}, far[] = {4, 1}, other[] = {0, 2};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_permute_qubits(kept, NULL, repeated, 2), "twice");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_permute_qubits(kept, NULL, far, 2), "0..3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_permute_qubits(kept, far, NULL, 2), "0..3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_permute_qubits(kept, NULL, other, 2), "target 2");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_circuit_permute_qubits(kept, NULL, repeated, 5), "5 qubits");
    CHECK(ketsim_circuit_equal(kept, kept_before), "a refused permutation left something");
}

static void bad_input(void)
{
    kept = random_circuit(4, 12, &seed, NULL);
    CHECK_OK(ketsim_circuit_copy(&kept_before, kept));
    refused_phase(0.6, 0.7, "entry 5 is 0.6+0.7i: must have modulus 1");
    refused_phase(0, 0, "modulus 1");
    refused_phase(1 + 2e-10, 0, "modulus 1");
    refused_phase(NAN, 0, "modulus 1");
    refused_phase(0, INFINITY, "modulus 1");
    refused_phase(1e300, 1e300, "modulus 1");
    refused_target(8, "5 goes to 8: must be below 8");
    refused_target(UINT64_MAX, "must be below 8");
    refused_target(3, "3 and 5 both go to 3: must differ");
    bad_qubits(KETSIM_GATE_DIAGONAL);
    bad_qubits(KETSIM_GATE_PERMUTATION);
    bad_orders();
    ketsim_circuit_free(kept);
    ketsim_circuit_free(kept_before);
}

/* Whatever allocation fails, the list is what it was. */
static void without_memory(void)
{
    int qubits[] = {3, 0, 1, 2};
    for (unsigned kind = 0; FAILING_WORKS && kind < 2; kind++) {
        bool failed = true;
        ketsim_circuit *circuit = random_circuit(5, 9, &seed, NULL), *before;
        CHECK_OK(ketsim_circuit_copy(&before, circuit));
        ketsim_op op = {
            .gate = kind ? KETSIM_GATE_PERMUTATION : KETSIM_GATE_DIAGONAL, .qubits = qubits, .nqubits = 4};
        fill_table(&op);
        for (unsigned after = 0; failed; after++) {
            failing_start(after);
            const ketsim_status status = ketsim_circuit_append(circuit, &op, 1);
            failed = failing_stop();
            CHECK(status == (failed ? KETSIM_ERR_MEMORY : KETSIM_OK), "%s", ketsim_status_name(status));
            if (failed) CHECK(ketsim_circuit_equal(circuit, before), "a failure left something");
        }
        ketsim_circuit_free(circuit);
        ketsim_circuit_free(before);
    }
}

/* A table of very many looks at the thread's limits while it is checked, and while a plan is made of it. */
static void stopped(void)
{
    enum { N = 17 };
    static uint64_t turned[1 << N];
    int qubits[N];
    ketsim_cancel *token;
    ketsim_circuit *circuit;
    ketsim_state *state = new_state(N, KETSIM_COMPLEX64);
    for (uint64_t x = 0; x < 1 << N; x++) turned[x] = (x + 1) % (1 << N);
    for (int q = 0; q < N; q++) qubits[q] = N - 1 - q;
    const ketsim_op op = {.gate = KETSIM_GATE_PERMUTATION, .qubits = qubits, .nqubits = N, .table = turned};
    CHECK_OK(ketsim_circuit_new(&circuit, N));
    CHECK_OK(ketsim_cancel_new(&token));
    ketsim_cancel_raise(token);
    const ketsim_run_options options = {.cancel = token};
    ketsim_set_limits(&options);
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_circuit_append(circuit, &op, 1), "table");
    ketsim_set_limits(NULL);
    CHECK(ketsim_circuit_length(circuit) == 0, "a stopped operation was appended");
    CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    const uint64_t hash = state_hash(state);
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_apply(state, circuit, &options), "");
    CHECK(state_hash(state) == hash, "a stopped run changed the state");
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    ketsim_cancel_free(token);
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
}

int main(void)
{
    static const ketsim_gate gates[] = {KETSIM_GATE_DIAGONAL, KETSIM_GATE_PERMUTATION};
    unsigned kernels_tried = 0, states = 0, orders;
    nsets = find_sets(sets);
    for (unsigned g = 0; g < 2; g++) {
        for (unsigned n = 3; n <= SMALL; n++) kernels_tried += try_kernels(gates[g], n);
        states += try_states(gates[g]);
        for (unsigned k = 1; k <= 6; k++) records(gates[g], k);
    }
    few_phases_cost_no_pass();
    for (unsigned n = 1; n <= 5; n++) vectorized(n);
    functions();
    orders = try_orders();
    relabelling_costs_nothing();
    bad_input();
    without_memory();
    stopped();
    printf("%u tables by %u kernel sets, %u on states, %u orders of qubits\n", kernels_tried, nsets, states,
           orders);
    return EXIT_SUCCESS;
}
