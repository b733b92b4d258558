/* Rotations about Pauli strings: every string on 1 to 5 qubits under every choice of controls among the qubits it leaves
 * alone, long strings on more qubits, alone and between other gates; records, inverses, angles bound anew. */
#include <math.h>

#include "helpers.h"

enum { MAX_EXHAUSTIVE = 5, MOST = 15 };
static const double tolerances[] = {2e-14, 2e-6}; /* by dtype */
static const char *const isas[] = {"base", "avx2", "avx512", "neon"};

static unsigned long cases;

/* An operation that owns what it points to. */
struct rotation {
    ketsim_op op;
    double angle;
    char letters[KETSIM_MAX_QUBITS];
    int qubits[KETSIM_MAX_QUBITS], controls[KETSIM_MAX_QUBITS];
};

static void point(struct rotation *r)
{
    r->op.gate = KETSIM_GATE_PAULI_ROTATION;
    r->op.angles = &r->angle;
    r->op.letters = r->letters;
    r->op.qubits = r->qubits;
    r->op.controls = r->controls;
}

/* ---- one rotation ------------------------------------------------------------------------------- */

static void check_state(ketsim_state *state, const oracle_amp *expected, const char *what)
{
    const ketsim_dtype dtype = ketsim_state_dtype(state);
    void *amplitudes = read_amplitudes(state);
    const double error = oracle_error(expected, amplitudes, ketsim_state_nqubits(state), dtype);
    CHECK(error <= tolerances[dtype], "%s: off by %g (%s, dtype %d)", what, error, ketsim_isa(), (int)dtype);
    free(amplitudes);
    cases++;
}

/* Planned, direct, and in place. */
static void check_ways(const struct rotation *r, unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    static oracle_amp psi[1 << MOST];
    ketsim_state *state = random_state(psi, n, dtype, seed), *direct;
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_state_clone(&direct, state));
    oracle_op(psi, n, &r->op);
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    CHECK_OK(ketsim_circuit_append(circuit, &r->op, 1));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    check_state(state, psi, "planned");
    CHECK_OK(ketsim_apply_ops(direct, &r->op, 1, NULL));
    check_state(direct, psi, "direct");
    oracle_op(psi, n, &r->op);
    CHECK_OK(ketsim_state_set_inplace(state, true));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    check_state(state, psi, "in place");
    ketsim_circuit_free(circuit);
    ketsim_state_free(direct);
    ketsim_state_free(state);
}

static void check_rotation(const struct rotation *r, unsigned n, uint64_t *seed)
{
    for (unsigned k = 0; k < sizeof isas / sizeof *isas; k++) {
        if (!ketsim_isa_available(isas[k])) continue;
        CHECK_OK(ketsim_set_isa(isas[k]));
        check_ways(r, n, KETSIM_COMPLEX128, seed);
        check_ways(r, n, KETSIM_COMPLEX64, seed);
    }
}

/* ---- every string ------------------------------------------------------------------------------- */

/* The letters are the digits of number in base 4; an I is left out, or its qubit becomes a control. */
static void string_of(struct rotation *r, unsigned n, unsigned number, unsigned controlled, unsigned values)
{
    r->op.nqubits = r->op.ncontrols = 0;
    r->op.control_values = 0;
    for (unsigned q = 0; q < n; q++) {
        const char letter = "IXYZ"[number >> 2 * q & 3];
        if (letter != 'I') {
            r->letters[r->op.nqubits] = letter;
            r->qubits[r->op.nqubits++] = (int)q;
        } else if (controlled >> q & 1) {
            r->op.control_values |= (uint64_t)(values >> q & 1) << r->op.ncontrols;
            r->controls[r->op.ncontrols++] = (int)q;
        }
    }
}

static unsigned letters_left_out(unsigned n, unsigned number)
{
    unsigned free = 0;
    for (unsigned q = 0; q < n; q++) free |= (unsigned)!(number >> 2 * q & 3) << q;
    return free;
}

static void every_string(unsigned n)
{
    struct rotation r = {.angle = 0.83};
    uint64_t seed = n;
    point(&r);
    for (unsigned number = 0; number < 1u << 2 * n; number++) {
        const unsigned free = letters_left_out(n, number);
        for (unsigned controlled = free;; controlled = (controlled - 1) & free) {
            for (unsigned values = controlled;; values = (values - 1) & controlled) {
                r.angle = random_real(&seed, -7, 7);
                string_of(&r, n, number, controlled, values);
                check_rotation(&r, n, &seed);
                if (!values) break;
            }
            if (!controlled) break;
        }
    }
}

/* ---- long strings, in circuits ------------------------------------------------------------------- */

/* With an I now and then, and the letters' case mixed only in what the library gets. */
static void random_string(struct rotation *r, unsigned n, unsigned weight, unsigned ncontrols, uint64_t *seed)
{
    int chosen[KETSIM_MAX_QUBITS];
    *r = (struct rotation){.angle = random_real(seed, -7, 7)};
    random_qubits(chosen, weight + ncontrols, n, seed);
    for (unsigned k = 0; k < weight; k++) {
        r->qubits[k] = chosen[k];
        r->letters[k] = "IXYZXYZ"[random_below(seed, 7)];
    }
    for (unsigned k = 0; k < ncontrols; k++) r->controls[k] = chosen[weight + k];
    r->op.nqubits = weight;
    r->op.ncontrols = ncontrols;
    r->op.control_values = random_below(seed, 1u << ncontrols);
    point(r);
}

static void long_strings(uint64_t *seed)
{
    for (unsigned trial = 0; trial < 150; trial++) {
        struct rotation r;
        const unsigned n = 6 + random_below(seed, MOST - 5), ncontrols = random_below(seed, 4);
        random_string(&r, n, random_below(seed, n - ncontrols + 1), ncontrols, seed);
        check_rotation(&r, n, seed);
    }
}

/* The same circuit by a plan for any state, from |0...0>, and one operation at a time. */
static void in_circuit(unsigned n, unsigned length, ketsim_dtype dtype, uint64_t *seed)
{
    static oracle_amp psi[1 << MOST], expected[1 << MOST], zero[1 << MOST];
    ketsim_state *state = random_state(psi, n, dtype, seed), *fresh = new_state(n, dtype);
    ketsim_circuit *circuit, *inverse;
    memset(zero, 0, sizeof zero);
    zero[0] = 1;
    memcpy(expected, psi, sizeof expected);
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned k = 0; k < length; k++) {
        struct rotation r;
        ketsim_circuit *others = random_circuit(n, 3, seed, expected);
        random_string(&r, n, random_below(seed, n + 1), 0, seed);
        oracle_op(expected, n, &r.op);
        CHECK_OK(ketsim_circuit_extend(circuit, others));
        CHECK_OK(ketsim_circuit_append(circuit, &r.op, 1));
        ketsim_circuit_free(others);
    }
    CHECK_OK(ketsim_apply(fresh, circuit, NULL));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    check_state(state, expected, "among other gates");
    CHECK_OK(ketsim_circuit_inverse(&inverse, circuit));
    CHECK_OK(ketsim_apply(state, inverse, NULL));
    CHECK_OK(ketsim_apply(fresh, inverse, NULL));
    check_state(state, psi, "there and back");
    check_state(fresh, zero, "there and back from |0...0>");
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(inverse);
    ketsim_state_free(state);
    ketsim_state_free(fresh);
}

static void in_circuits(uint64_t *seed)
{
    for (unsigned trial = 0; trial < 60; trial++)
        in_circuit(1 + random_below(seed, 14), 1 + random_below(seed, 12), (ketsim_dtype)(trial & 1), seed);
}

/* The bits do not depend on the number of threads, nor on the kernels where they multiply and add at once. */
static void same_bits(uint64_t *seed)
{
    static oracle_amp psi[1 << MOST];
    struct rotation r;
    uint64_t hash = 0;
    ketsim_state *start = random_state(psi, MOST, KETSIM_COMPLEX128, seed);
    random_string(&r, MOST, 8, 1, seed);
    for (unsigned k = 0; k < sizeof isas / sizeof *isas; k++)
        for (unsigned threads = 1; threads <= 3; threads++) {
            ketsim_state *state;
            if (!ketsim_isa_available(isas[k])) continue;
            CHECK_OK(ketsim_set_isa(isas[k]));
            CHECK_OK(ketsim_state_clone(&state, start));
            CHECK_OK(ketsim_state_set_threads(state, threads));
            CHECK_OK(ketsim_apply_ops(state, &r.op, 1, NULL));
            if (hash) CHECK(state_hash(state) == hash, "%s, %u threads: other bits", isas[k], threads);
            hash = strcmp(isas[k], "base") ? state_hash(state) : 0;
            ketsim_state_free(state);
        }
    ketsim_state_free(start);
}

/* ---- what circuits and plans know of it ----------------------------------------------------------- */

static void records(void)
{
    const double angle = 0.5;
    const ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION,
                          .angles = &angle,
                          .letters = "xIyZ",
                          .qubits = (int[]){4, 0, 2, 1},
                          .nqubits = 4,
                          .controls = (int[]){3},
                          .ncontrols = 1};
    ketsim_op_record r;
    ketsim_circuit *circuit, *inverse;
    CHECK_OK(ketsim_circuit_new(&circuit, 5));
    CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    CHECK_OK(ketsim_circuit_get(circuit, &r, 0));
    CHECK(r.gate == KETSIM_GATE_PAULI_ROTATION && r.nqubits == 0 && r.nangles == 1 && r.angles[0] == angle,
          "another operation");
    CHECK(r.x == 0x14 && r.z == 0x6 && r.control_mask == 8 && r.control_values == 0, "another string");
    CHECK_OK(ketsim_circuit_inverse(&inverse, circuit));
    CHECK(!ketsim_circuit_equal(circuit, inverse), "its own inverse");
    CHECK_OK(ketsim_circuit_get(inverse, &r, 0));
    CHECK(r.angles[0] == -angle && r.x == 0x14 && r.z == 0x6, "another inverse");
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(inverse);
}

/* Long enough for a plan of tiles; the strings have 1 to 3 letters. */
static ketsim_circuit *ladder(unsigned n, const double *angles)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned k = 0; k < 9; k++) {
        const ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION,
                              .angles = &angles[k],
                              .letters = "XYZ",
                              .qubits = (int[]){(int)k % 3, 3, 4},
                              .nqubits = 1 + k / 3};
        CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
    }
    return circuit;
}

static void binding(uint64_t *seed)
{
    double first[9], second[9];
    ketsim_plan *plan, *bound;
    for (unsigned k = 0; k < 9; k++)
        first[k] = random_real(seed, -3, 3), second[k] = random_real(seed, -3, 3);
    ketsim_circuit *circuit = ladder(5, first), *other = ladder(5, second);
    ketsim_state *a = new_state(5, KETSIM_COMPLEX128), *b = new_state(5, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_plan_new(&plan, circuit, NULL));
    CHECK_OK(ketsim_plan_bind(&bound, plan, second, 9));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_plan_bind(&bound, plan, second, 8), "9");
    CHECK_OK(ketsim_run_plan(a, bound, NULL));
    ketsim_plan_free(plan);
    CHECK_OK(ketsim_plan_new(&plan, other, NULL));
    CHECK_OK(ketsim_run_plan(b, plan, NULL));
    CHECK(state_hash(a) == state_hash(b), "other bits when bound");
    ketsim_plan_free(plan);
    ketsim_plan_free(bound);
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(other);
    ketsim_state_free(a);
    ketsim_state_free(b);
}

/* Programs that differ in a letter alone have plans of their own. */
static void cached(void)
{
    oracle_amp expected[2];
    ketsim_plan_cache_clear();
    for (unsigned k = 0; k < 6; k++) {
        const double angle = 0.7;
        const ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION,
                              .angles = &angle,
                              .letters = (const char *[]){"X", "Y", "Z"}[k % 3],
                              .qubits = (int[]){0},
                              .nqubits = 1};
        ketsim_circuit *circuit;
        ketsim_state *state = label_state("+");
        CHECK_OK(ketsim_circuit_new(&circuit, 1));
        oracle_label(expected, 1, "+");
        for (unsigned times = 0; times < 6; times++) {
            CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
            oracle_op(expected, 1, &op);
        }
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        check_state(state, expected, "from the cache");
        ketsim_circuit_free(circuit);
        ketsim_state_free(state);
    }
}

/* A string of many letters is one pass. */
static void passes(void)
{
    const double angle = 0.7;
    const ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION,
                          .angles = &angle,
                          .letters = "XYZXYZXY",
                          .qubits = (int[]){0, 2, 4, 6, 8, 9, 10, 11},
                          .nqubits = 8};
    ketsim_counters before, after;
    ketsim_state *state = new_state(12, KETSIM_COMPLEX128);
    ketsim_get_counters(&before);
    CHECK_OK(ketsim_apply_ops(state, &op, 1, NULL));
    ketsim_get_counters(&after);
    CHECK(after.passes == before.passes + 1, "%llu passes",
          (unsigned long long)(after.passes - before.passes));
    ketsim_state_free(state);
}

int main(void)
{
    uint64_t seed = 11;
    records();
    binding(&seed);
    cached();
    passes();
    same_bits(&seed);
    for (unsigned n = 1; n <= MAX_EXHAUSTIVE; n++) every_string(n);
    long_strings(&seed);
    in_circuits(&seed);
    printf("%lu cases\n", cases);
    return EXIT_SUCCESS;
}
