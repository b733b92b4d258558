/* Runs without a plan, of states of few qubits: every pass of every kernel set does what its definition says, on every
 * placement; and whole runs are those of the oracle, with bits that depend on nothing but operations, size and dtype.
 *
 *   test_direct [circuits]    default 400 */
#include <complex.h>
#include <math.h>

#include "../core/direct.h"
#include "helpers.h"
#include "sets.h"

enum { MOST = 9 }; /* qubits of states that passes are tried on */

static uint64_t seed = 3;
static const struct kernel_set *sets[MOST_SETS];
static unsigned nsets;

/* ---- passes ------------------------------------------------------------------------------------ */

struct amps {
    _Alignas(64) double data[2 << MOST];
};
static struct amps start, found, first_fused;
static double complex in[1 << MOST], want[1 << MOST];

static double get(const struct amps *amps, ketsim_dtype dtype, uint64_t k)
{
    return dtype == KETSIM_COMPLEX128 ? amps->data[k] : ((const float *)amps->data)[k];
}

static void randomize(ketsim_dtype dtype, unsigned n)
{
    memset(&start, 0, sizeof start);
    for (uint64_t k = 0; k < UINT64_C(2) << n; k++) {
        const double x = random_below(&seed, 8) ? random_real(&seed, -0.1, 0.1) : 0;
        if (dtype == KETSIM_COMPLEX128) start.data[k] = x;
        else ((float *)start.data)[k] = (float)x;
    }
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++)
        in[i] = get(&start, dtype, 2 * i) + get(&start, dtype, 2 * i + 1) * I;
}

static uint64_t swap_of(uint64_t i, unsigned a, unsigned b)
{
    const uint64_t differ = (i >> a ^ i >> b) & 1;
    return i ^ (differ << a | differ << b);
}

static double complex entry(const struct direct_pass *p, uint64_t i, unsigned k)
{
    const ketsim_complex c = p->m[p->selector == NO_SELECTOR ? 0 : i >> p->selector & 1][k];
    return c.re + c.im * I;
}

static double complex phase(const struct direct_pass *p, uint64_t i, unsigned row)
{
    const ketsim_complex c = p->phase[p->selector == NO_SELECTOR ? 0 : i >> p->selector & 1][row];
    return c.re + c.im * I;
}

static double complex amplitude(const struct direct_pass *p, uint64_t i)
{
    const uint64_t partner = i ^ UINT64_C(1) << p->target;
    const unsigned row = i >> p->target & 1;
    if ((i & p->control_mask) != p->control_values) return in[i];
    if (p->form == DIRECT_PHASE) return (p->m[0][0].re + p->m[0][0].im * I) * in[i];
    if (p->form == DIRECT_SWAP) return in[swap_of(i, p->target, p->selector)];
    if (p->form == DIRECT_DIAGONAL) return entry(p, i, 3 * row) * in[i];
    if (p->form == DIRECT_PHASED)
        return phase(p, i, row) * (entry(p, i, 3 * row) * in[i] + entry(p, i, row ? 2 : 1) * in[partner]);
    return entry(p, i, 3 * row) * in[i] + entry(p, i, row ? 2 : 1) * in[partner];
}

static void compare(const struct kernel_set *set, ketsim_dtype dtype, const struct direct_pass *p, unsigned n)
{
    const double limit = dtype == KETSIM_COMPLEX128 ? 1e-15 : 1e-7;
    found = start;
    set->direct[dtype](&found, n, p);
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++)
        CHECK(cabs(want[i] - (get(&found, dtype, 2 * i) + get(&found, dtype, 2 * i + 1) * I)) <= limit,
              "%s dtype %d n=%u form %u target %u selector %u controls %llx=%llx identities %d %d amplitude "
              "%llu",
              set->isa, dtype, n, p->form, p->target, p->selector, (unsigned long long)p->control_mask,
              (unsigned long long)p->control_values, p->identity[0], p->identity[1], (unsigned long long)i);
    const uint64_t parts = sizeof found / (dtype == KETSIM_COMPLEX128 ? 8 : 4);
    for (uint64_t k = UINT64_C(2) << n; k < parts; k++)
        CHECK(get(&found, dtype, k) == 0, "%s n=%u: padding was written", set->isa, n);
}

static void try_pass(ketsim_dtype dtype, const struct direct_pass *p, unsigned n)
{
    bool seen = false;
    randomize(dtype, n);
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) want[i] = amplitude(p, i);
    for (unsigned k = 0; k < nsets; k++) {
        compare(sets[k], dtype, p, n);
        if (!strcmp(sets[k]->isa, "base")) continue;
        const size_t bytes = (dtype == KETSIM_COMPLEX128 ? 16u : 8u) << n;
        if (!seen) first_fused = found;
        else
            CHECK(!memcmp(&first_fused, &found, bytes), "%s n=%u: bits differ between ISAs", sets[k]->isa, n);
        seen = true;
    }
}

static ketsim_complex random_entry(bool real)
{
    return (ketsim_complex){random_real(&seed, -0.5, 0.5), real ? 0 : random_real(&seed, -0.5, 0.5)};
}

static void random_matrix(struct direct_pass *p, unsigned s)
{
    const bool real = p->form == DIRECT_REAL || p->form == DIRECT_PHASED;
    for (unsigned k = 0; k < 4; k++) p->m[s][k] = random_entry(real);
    for (unsigned row = 0; row < 2; row++)
        p->phase[s][row] = random_below(&seed, 2) && !p->identity[s] ? random_entry(false)
                                                                     : (ketsim_complex){1, 0};
    if (p->form == DIRECT_DIAGONAL && random_below(&seed, 2))
        p->m[s][random_below(&seed, 2) * 3] = (ketsim_complex){1, 0};
    if (p->form == DIRECT_DIAGONAL || p->identity[s] || p->form == DIRECT_FLIP)
        p->m[s][1] = p->m[s][2] = (ketsim_complex){0, 0};
    if (p->identity[s]) p->m[s][0] = p->m[s][3] = (ketsim_complex){1, 0};
    else if (p->form == DIRECT_FLIP) {
        p->m[s][0] = p->m[s][3] = (ketsim_complex){0, 0};
        p->m[s][1] = p->m[s][2] = (ketsim_complex){1, 0};
    }
}

/* Of every form, with controls on some of the other bits, and with each setting the identity. */
static unsigned try_placement(ketsim_dtype dtype, unsigned n, unsigned target, unsigned selector)
{
    static const unsigned forms[] = {DIRECT_DENSE, DIRECT_REAL, DIRECT_PHASED, DIRECT_DIAGONAL,
                                     DIRECT_PHASE, DIRECT_FLIP, DIRECT_SWAP};
    unsigned cases = 0;
    for (unsigned k = 0; k < 7 * 6; k++) {
        struct direct_pass p = {.target = (uint8_t)target, .selector = (uint8_t)selector};
        const bool selects = selector != NO_SELECTOR;
        p.form = (uint8_t)forms[k / 6];
        if (p.form == DIRECT_SWAP && !selects) continue;
        uint64_t free_bits = ((UINT64_C(1) << n) - 1) & ~(UINT64_C(1) << target);
        if (selects) free_bits &= ~(UINT64_C(1) << selector);
        if (k % 2) p.control_mask = free_bits & (random_below(&seed, 1u << n) | random_below(&seed, 1u << n));
        p.control_values = p.control_mask & random_below(&seed, 1u << n);
        if (selects && k % 6 / 2) p.identity[k % 6 / 2 - 1] = true;
        random_matrix(&p, 0);
        random_matrix(&p, 1);
        try_pass(dtype, &p, n);
        cases++;
    }
    return cases;
}

static unsigned try_passes(ketsim_dtype dtype, unsigned n)
{
    unsigned cases = 0;
    for (unsigned target = 0; target < n; target++) {
        cases += try_placement(dtype, n, target, NO_SELECTOR);
        for (unsigned selector = 0; selector < n; selector++)
            if (selector != target) cases += try_placement(dtype, n, target, selector);
    }
    return cases;
}

/* ---- runs -------------------------------------------------------------------------------------- */

enum { LONGEST = 60, LARGEST = 12 };

/* Random operations, mostly such as wait for one another. */
struct list {
    unsigned n;
    size_t length;
    struct stored_op stored[LONGEST];
    ketsim_op ops[LONGEST];
};

static void draw(struct list *list)
{
    static const ketsim_gate often[] = {KETSIM_GATE_RY,   KETSIM_GATE_RZ, KETSIM_GATE_H,   KETSIM_GATE_T,
                                        KETSIM_GATE_CNOT, KETSIM_GATE_CZ, KETSIM_GATE_RZZ, KETSIM_GATE_X};
    list->n = 1 + random_below(&seed, LARGEST);
    list->length = 1 + random_below(&seed, LONGEST);
    const bool any = random_below(&seed, 2);
    for (size_t k = 0; k < list->length; k++) {
        struct stored_op *stored = &list->stored[k];
        random_op(stored, list->n, &seed);
        const ketsim_gate gate = often[random_below(&seed, 8)];
        if (!any && row_qubits(gate) <= list->n && !stored->op.ncontrols) {
            stored->op.gate = gate;
            stored->op.nqubits = row_qubits(gate);
            random_qubits(stored->qubits, row_qubits(gate), list->n, &seed);
        }
        list->ops[k] = op_of(stored);
    }
}

static ketsim_circuit *circuit_of(const struct list *list)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, list->n));
    CHECK_OK(ketsim_circuit_append(circuit, list->ops, list->length));
    return circuit;
}

/* The ways to run what is not expected again; the cache knows the plan, or does not. */
static void run_some_way(ketsim_state *state, const struct list *list, unsigned way)
{
    ketsim_circuit *circuit = circuit_of(list);
    if (way == 0) CHECK_OK(ketsim_apply_ops(state, list->ops, list->length, NULL));
    if (way == 1) {
        CHECK_OK(ketsim_apply_once(state, circuit, NULL));
        CHECK(ketsim_circuit_length(circuit) == 0, "operations are left");
    }
    if (way == 2 || way == 3) CHECK_OK(ketsim_queue(state, list->ops, list->length));
    if (way == 2) CHECK_OK(ketsim_run(state, &(ketsim_run_options){.threads = 2, .timeout_ms = 100000}));
    ketsim_circuit_free(circuit);
}

static void fill_cache(const struct list *list, ketsim_dtype dtype)
{
    ketsim_state *state = new_state(list->n, dtype);
    ketsim_circuit *circuit = circuit_of(list);
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
}

static ketsim_state *some_state(const struct list *list, ketsim_dtype dtype, const void *amplitudes)
{
    ketsim_state *state;
    CHECK_OK(ketsim_state_from_amplitudes(&state, amplitudes, UINT64_C(1) << list->n, dtype, false));
    return state;
}

static uint64_t hash_of_way(const struct list *list, ketsim_dtype dtype, const void *amplitudes, unsigned way,
                            double *error, const oracle_amp *psi)
{
    ketsim_state *state = some_state(list, dtype, amplitudes);
    if (way == 4) CHECK_OK(ketsim_state_set_inplace(state, true));
    run_some_way(state, list, way == 4 ? 0 : way);
    const uint64_t hash = state_hash(state);
    *error = state_error(state, psi);
    ketsim_state_free(state);
    return hash;
}

/* Zero wherever some bits have other values than of some index: none, some or all bits. */
static void draw_start(oracle_amp *psi, double *amplitudes, unsigned n, ketsim_dtype dtype)
{
    const uint64_t all = (UINT64_C(1) << n) - 1, choices[] = {0, all, random_bits(&seed), random_bits(&seed)};
    const uint64_t mask = choices[random_below(&seed, 4)] & all, label = random_bits(&seed);
    oracle_random_where(psi, amplitudes, n, dtype, mask, label & mask, &seed);
}

static void try_circuit(ketsim_dtype dtype, double *worst)
{
    struct list list;
    oracle_amp psi[1 << LARGEST];
    double amplitudes[2 << LARGEST], error;
    uint64_t fused = 0;
    draw(&list);
    draw_start(psi, amplitudes, list.n, dtype);
    for (size_t k = 0; k < list.length; k++) CHECK(oracle_op(psi, list.n, &list.ops[k]), "no definition");
    for (unsigned k = 0; k < nsets; k++) {
        if (!ketsim_isa_available(sets[k]->isa)) continue; /* the emulated one is for kernels alone */
        CHECK_OK(ketsim_set_isa(sets[k]->isa));
        ketsim_plan_cache_clear();
        const uint64_t hash = hash_of_way(&list, dtype, amplitudes, 0, &error, psi);
        *worst = fmax(*worst, error);
        for (unsigned way = 0; way < 5; way++) {
            CHECK(hash_of_way(&list, dtype, amplitudes, way, &error, psi) == hash,
                  "%s: way %u differs in its bits", sets[k]->isa, way);
            if (way == 1) fill_cache(&list, dtype);
        }
        if (!strcmp(sets[k]->isa, "base")) continue;
        if (fused && direct_is_quicker(list.n, dtype, list.length))
            CHECK(fused == hash, "%s: bits differ between ISAs", sets[k]->isa);
        fused = hash;
    }
}

/* A run that was cancelled leaves amplitudes and queue as they were. */
static void try_failure(void)
{
    ketsim_cancel *cancel;
    ketsim_state *state = new_state(5, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_cancel_new(&cancel));
    CHECK_OK(gate1(state, KETSIM_GATE_H, 0, 2, 0, 0));
    const uint64_t hash = state_hash(state), generation = ketsim_state_generation(state);
    ketsim_circuit *circuit = random_circuit(5, 200, &seed, NULL);
    ketsim_cancel_raise(cancel);
    CHECK(ketsim_apply_once(state, circuit, &(ketsim_run_options){.cancel = cancel}) == KETSIM_ERR_CANCELLED,
          "cancelled, and went on");
    CHECK(state_hash(state) == hash && ketsim_state_generation(state) == generation,
          "a failed run left a trace");
    CHECK(ketsim_circuit_length(circuit) == 200 && !ketsim_pending(state), "a failed run moved operations");
    ketsim_circuit_free(circuit);
    ketsim_cancel_free(cancel);
    ketsim_state_free(state);
}

/* Of no amplitude at all, as a projector may leave it: it stays that. */
static void try_nothing(ketsim_dtype dtype)
{
    ketsim_state *state = new_state(5, dtype);
    double norm;
    CHECK_OK(ketsim_postselect(state, NULL, (int[]){0}, 1, 1, false));
    ketsim_circuit *circuit = random_circuit(5, 50, &seed, NULL);
    CHECK_OK(ketsim_apply_once(state, circuit, NULL));
    CHECK_OK(ketsim_norm(state, &norm));
    CHECK(norm == 0, "something from nothing: %g", norm);
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
}

/* A matrix that is unitary only within a tolerance is done as it was given, behind a real one too. */
static void try_tolerance(void)
{
    const double off = 5e-8, root = sqrt(0.5);
    const ketsim_complex diagonal[] = {{1 + off, 0}, {0, 0}, {0, 0}, {0, 1 - off}};
    const ketsim_op ops[] = {{.gate = KETSIM_GATE_H, .qubits = (int[]){0}, .nqubits = 1},
                             {.gate = KETSIM_GATE_UNITARY,
                              .qubits = (int[]){0},
                              .nqubits = 1,
                              .matrix = diagonal,
                              .tolerance = 1e-6}};
    ketsim_complex out[2];
    ketsim_state *state = new_state(1, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_apply_ops(state, ops, 2, NULL));
    CHECK_OK(ketsim_get_amplitudes(state, out, 0, 2));
    CHECK(fabs(out[0].re - root * (1 + off)) < 1e-15 && fabs(out[1].im - root * (1 - off)) < 1e-15,
          "%.17g and %.17g i", out[0].re, out[1].im);
    ketsim_state_free(state);
}

/* Angles of every size, among others in one list. */
static void try_far_angles(void)
{
    for (unsigned k = 0; k < 200; k++) {
        oracle_amp psi[8] = {1};
        ketsim_state *state = new_state(3, KETSIM_COMPLEX128);
        struct stored_op stored[20];
        ketsim_op ops[20];
        for (unsigned j = 0; j < 20; j++) {
            static const ketsim_gate gates[] = {KETSIM_GATE_RX, KETSIM_GATE_RY, KETSIM_GATE_RZ, KETSIM_GATE_P,
                                                KETSIM_GATE_CRY};
            random_op(&stored[j], 3, &seed);
            stored[j].op = (ketsim_op){.gate = gates[random_below(&seed, 5)]};
            stored[j].op.nqubits = row_qubits(stored[j].op.gate);
            random_qubits(stored[j].qubits, (unsigned)stored[j].op.nqubits, 3, &seed);
            stored[j].angles[0] = random_real(&seed, -1, 1) * (random_below(&seed, 4) ? 7 : 1e9);
            ops[j] = op_of(&stored[j]);
            CHECK(oracle_op(psi, 3, &ops[j]), "no definition");
        }
        CHECK_OK(ketsim_apply_ops(state, ops, 20, NULL));
        const double error = state_error(state, psi);
        CHECK(error < 2e-15, "an error of %g", error);
        ketsim_state_free(state);
    }
}

/* Of amplitudes that are not zero, one to some, anywhere or where some bits have one value; zero with a sign is one of them. */
static void try_support(ketsim_dtype dtype)
{
    static _Alignas(64) double amps[2 << LARGEST];
    for (unsigned k = 0; k < 2000; k++) {
        const unsigned n = 1 + random_below(&seed, LARGEST), count = 1u << random_below(&seed, 6);
        const uint64_t all = (UINT64_C(1) << n) - 1,
                       kept = random_below(&seed, 2) ? 0 : random_bits(&seed) & all;
        const uint64_t label = random_bits(&seed) & kept, real = random_below(&seed, 2);
        uint64_t first = all, ones = 0, zeros = 0;
        memset(amps, 0, sizeof amps);
        for (unsigned j = 0; j < count; j++) {
            const uint64_t i = (random_bits(&seed) & all & ~kept) | label;
            if (dtype == KETSIM_COMPLEX128) amps[2 * i + real] = j ? 1 : -0.0;
            else ((float *)amps)[2 * i + real] = j ? 1 : -0.0f;
            first = i < first ? i : first;
            ones |= i;
            zeros |= ~i;
        }
        const struct support found_support = direct_support(amps, n, dtype);
        CHECK(found_support.still == (all & ~(ones & zeros)) && found_support.label == first,
              "%u qubits, %u amplitudes: still %llx of %llx", n, count,
              (unsigned long long)found_support.still, (unsigned long long)(all & ~(ones & zeros)));
    }
}

int main(int argc, char **argv)
{
    const unsigned circuits = argc > 1 ? (unsigned)atoi(argv[1]) : 400;
    unsigned cases = 0;
    nsets = find_sets(sets);
    for (int dtype = 0; dtype < 2; dtype++)
        for (unsigned n = 1; n <= MOST; n += n < 6 ? 1 : 3) cases += try_passes((ketsim_dtype)dtype, n);
    printf("%u passes on %u kernel sets\n", cases, nsets);
    for (int dtype = 0; dtype < 2; dtype++) {
        const double limit = dtype == KETSIM_COMPLEX128 ? 2e-15 : 2e-6;
        double worst = 0;
        for (unsigned k = 0; k < circuits; k++) try_circuit((ketsim_dtype)dtype, &worst);
        printf("%u circuits in dtype %d: largest error %.1e\n", circuits, dtype, worst);
        CHECK(worst <= limit, "an error of %g, more than %g", worst, limit);
    }
    try_failure();
    try_tolerance();
    try_far_angles();
    for (int dtype = 0; dtype < 2; dtype++) try_support((ketsim_dtype)dtype);
    for (int dtype = 0; dtype < 2; dtype++) try_nothing((ketsim_dtype)dtype);
    return EXIT_SUCCESS;
}
