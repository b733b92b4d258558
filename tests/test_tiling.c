/* Circuits as passes over tiles of 6 bits and more, on few qubits: the same as the definition in both precisions,
 * with every kernel set, from product states and from any, in place and out of place; and the same bits for any
 * number of threads, for any cut into ranges of tiles, and for all kernel sets that fuse multiply and add.
 *
 *   test_tiling [circuits]    default 2000 */
#include <math.h>

#include "../core/passes/form.h"
#include "../core/passes/tiling.h"
#include "../core/plan.h"
#include "helpers.h"

extern const struct kernel_set kernels_emulated512;

enum { MOST_QUBITS = 10, MOST_OPS = 60, MOST_BYTES = 16 << MOST_QUBITS };
static const double tolerances[] = {1e-13, 1e-5}; /* by dtype, times the root of the number of gates */

static const struct kernel_set *sets[8];
static unsigned nsets;
static unsigned long runs, passes, items;
static double worst[2];

struct circuit {
    unsigned n, nops;
    struct stored_op stored[MOST_OPS];
    struct program program;
};

/* ---- circuits ----------------------------------------------------------------------------------- */

/* All rows; or few kinds of gates, of which long runs of rotations, phases and permutations are made. */
static void draw_op(struct stored_op *out, unsigned n, unsigned kind, uint64_t *seed)
{
    static const ketsim_gate few[][4] = {
        {KETSIM_GATE_U, KETSIM_GATE_CZ, KETSIM_GATE_CZ, KETSIM_GATE_U},
        {KETSIM_GATE_H, KETSIM_GATE_CP, KETSIM_GATE_SWAP, KETSIM_GATE_CP},
        {KETSIM_GATE_X, KETSIM_GATE_CNOT, KETSIM_GATE_SWAP, KETSIM_GATE_CCX},
        {KETSIM_GATE_RY, KETSIM_GATE_RZ, KETSIM_GATE_CNOT, KETSIM_GATE_CNOT},
        {KETSIM_GATE_RZZ, KETSIM_GATE_CCZ, KETSIM_GATE_T, KETSIM_GATE_RX},
        {KETSIM_GATE_FSIM, KETSIM_GATE_ISWAP, KETSIM_GATE_ECR, KETSIM_GATE_RXX}};
    enum { KINDS = sizeof few / sizeof *few };
    int chosen[MOST_QUBITS];
    random_op(out, n, seed);
    if (kind >= KINDS || out->op.ncontrols > 1) return;
    out->op.gate = few[kind][random_below(seed, 4)];
    out->op.nqubits = row_qubits(out->op.gate);
    random_qubits(chosen, (unsigned)(out->op.nqubits + out->op.ncontrols), n, seed);
    memcpy(out->qubits, chosen, out->op.nqubits * sizeof *chosen);
    memcpy(out->controls, chosen + out->op.nqubits, out->op.ncontrols * sizeof *chosen);
    if (!random_below(seed, 8)) /* where the form of a rotation changes */
        for (unsigned k = 0; k < KETSIM_MAX_ANGLES; k++)
            out->angles[k] = M_PI / 2 * random_below(seed, 9) + random_real(seed, -1e-12, 1e-12);
}

static void draw(struct circuit *c, uint64_t *seed)
{
    c->n = 6 + random_below(seed, MOST_QUBITS - 5);
    c->nops = 1 + random_below(seed, MOST_OPS);
    const unsigned kind = random_below(seed, 9);
    program_init(&c->program, c->n);
    for (unsigned k = 0; k < c->nops; k++) {
        draw_op(&c->stored[k], c->n, kind, seed);
        const ketsim_op op = op_of(&c->stored[k]);
        CHECK_OK(program_append(&c->program, &op, 1));
    }
}

/* ---- running a plan without exec.c ---------------------------------------------------------------- */

static void *scratch; /* larger than any tile here needs */

/* The units of a stage in ranges whose length changes, as threads and slices cut them. */
static void run_stage(const struct kernel_set *set, const struct stage *stage, ketsim_dtype dtype, unsigned n,
                      void *dst, const void *src, unsigned range)
{
    const uint64_t count = stage->sweep ? kernel_groups(set, dtype, stage->sweep, n, dst == src)
                                        : tile_count(stage->pass);
    for (uint64_t first = 0, last; first < count; first = last, range = range % 7 + 1) {
        last = first + range < count ? first + range : count;
        if (stage->sweep) set->run[dtype](dst, src, stage->sweep, first, last, false);
        else set->tiles[dtype](stage->tiling, stage->pass, dst, src, first, last, scratch, range & 1);
    }
}

static void run_plan(const struct kernel_set *set, const struct plan *plan, ketsim_dtype dtype, void *dst,
                     const void *src, unsigned range)
{
    for (size_t k = 0; k < plan->length; k++) {
        run_stage(set, &plan->stages[k], dtype, plan->nqubits, dst, k ? dst : src, range);
        passes++;
    }
    for (size_t k = 0; k < plan->ntilings; k++) items += plan->tilings[k].nitems;
}

/* ---- one circuit ---------------------------------------------------------------------------------- */

static void start(oracle_amp *psi, void *amplitudes, char *label, const struct circuit *c, ketsim_dtype dtype,
                  uint64_t *seed)
{
    if (!label) {
        oracle_random(psi, amplitudes, c->n, dtype, seed);
        return;
    }
    for (unsigned q = 0; q < c->n; q++) label[q] = "00000001+-rl"[random_below(seed, 12)];
    label[c->n] = 0;
    oracle_label(psi, c->n, label);
    memset(amplitudes, 0xa5, (size_t)(dtype == KETSIM_COMPLEX128 ? 16 : 8) << c->n); /* not to be read */
}

/* How a circuit is to be run. */
struct trial {
    ketsim_dtype dtype;
    const char *label; /* NULL: from amplitudes */
    unsigned m, range;
    bool in_place;
};

/* With one kernel set, into dst; false when the circuit has no tiles and starts from a label. */
static bool run_set(const struct kernel_set *set, const struct circuit *c, const struct trial *trial,
                    void *dst, void *src, const void *amplitudes)
{
    const size_t bytes = (size_t)(trial->dtype == KETSIM_COMPLEX128 ? 16 : 8) << c->n;
    struct plan plan;
    CHECK_OK(plan_init(&plan, &c->program,
                       &(struct plan_options){.nqubits = c->n,
                                              .dtype = trial->dtype,
                                              .label = trial->label,
                                              .tile_bits = trial->m,
                                              .set = set}));
    const bool runs_here = !trial->label || plan.from_label,
               in_place = trial->in_place || !plan.length || plan.from_label;
    memset(dst, 0x5a, bytes);
    memcpy(in_place ? dst : src, amplitudes, bytes);
    if (runs_here) run_plan(set, &plan, trial->dtype, dst, in_place ? dst : src, trial->range);
    plan_clear(&plan);
    return runs_here;
}

/* Every kernel set, from one start: right, and the same as the first set that fuses. */
static void check_sets(const struct circuit *c, const struct trial *trial, const oracle_amp *psi,
                       const void *amplitudes)
{
    static _Alignas(64) char src[MOST_BYTES], dst[MOST_BYTES];
    const size_t bytes = (size_t)(trial->dtype == KETSIM_COMPLEX128 ? 16 : 8) << c->n;
    uint64_t fused = 0;
    for (unsigned k = 0; k < nsets; k++) {
        if (!run_set(sets[k], c, trial, dst, src, amplitudes)) return;
        const double error = oracle_error(psi, dst, c->n, trial->dtype) / sqrt(c->nops);
        CHECK(error < tolerances[trial->dtype],
              "%s, n = %u, %u operations, tiles of %u bits: error %g x root", sets[k]->isa, c->n, c->nops,
              trial->m, error);
        if (error > worst[trial->dtype]) worst[trial->dtype] = error;
        runs++;
        if (!strcmp(sets[k]->isa, "base")) continue;
        const uint64_t hash = hash_bytes(dst, bytes);
        CHECK(!fused || hash == fused, "%s: other bits than another set", sets[k]->isa);
        fused = hash;
    }
}

static void check_circuit(uint64_t *seed)
{
    static oracle_amp psi[1 << MOST_QUBITS];
    static _Alignas(64) char amplitudes[MOST_BYTES];
    struct circuit c;
    char label[MOST_QUBITS + 1];
    draw(&c, seed);
    const unsigned least = LEAST_TILE_BITS;
    const struct trial trial = {.dtype = random_below(seed, 2) ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64,
                                .label = random_below(seed, 2) ? label : NULL,
                                .m = least + random_below(seed, c.n - least + 1),
                                .in_place = random_below(seed, 2),
                                .range = 1 + random_below(seed, 7)};
    start(psi, amplitudes, trial.label ? label : NULL, &c, trial.dtype, seed);
    for (unsigned k = 0; k < c.nops; k++) {
        const ketsim_op op = op_of(&c.stored[k]);
        CHECK(oracle_op(psi, c.n, &op), "no definition of operation %u", k);
    }
    check_sets(&c, &trial, psi, amplitudes);
    program_clear(&c.program);
}

/* ---- through the public header -------------------------------------------------------------------- */

/* The same bits whatever the number of threads. */
static void check_threads(uint64_t *seed)
{
    enum { N = 16 };
    ketsim_circuit *circuit = random_circuit(N, 150, seed, NULL);
    uint64_t hash[2] = {0, 0};
    for (unsigned threads = 1; threads <= 16; threads += threads < 3 ? 1 : threads == 3 ? 2 : 3)
        for (unsigned dtype = 0; dtype < 2; dtype++) {
            ketsim_state *state = new_state(N, (ketsim_dtype)dtype);
            CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.threads = threads}));
            CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.threads = threads}));
            const uint64_t own = state_hash(state);
            CHECK(!hash[dtype] || own == hash[dtype], "%u threads: other bits than with 1", threads);
            hash[dtype] = own;
            ketsim_state_free(state);
        }
    ketsim_circuit_free(circuit);
}

int main(int argc, char **argv)
{
    const unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 2000;
    static const char *const isas[] = {"base", "avx2", "avx512", "neon"};
    uint64_t seed = 11;
    scratch = aligned_alloc(64, 1 << 20);
    CHECK(scratch && tile_scratch_bytes(MOST_QUBITS, KETSIM_COMPLEX128) <= 1 << 20, "no room for a tile");
    for (unsigned k = 0; k < sizeof isas / sizeof *isas; k++) {
        if (!ketsim_isa_available(isas[k])) continue;
        CHECK_OK(ketsim_set_isa(isas[k]));
        sets[nsets++] = kernels();
    }
    sets[nsets++] = &kernels_emulated512;
    for (unsigned k = 0; k < count; k++) check_circuit(&seed);
    CHECK_OK(ketsim_set_isa(sets[nsets - 2]->isa));
    check_threads(&seed);
    printf("%u circuits, %lu runs, %lu passes, %lu items; largest error / root of gates %.1e and %.1e\n",
           count, runs, passes, items, worst[0], worst[1]);
    free(scratch);
    return 0;
}
