/* tiled.c - see tiled.h. */
#include "tiled.h"

#include <math.h>

#include "../core/plan.h"
#include "../core/wide.h"
#include "sets.h"

enum { MOST_BYTES = 16 << TILED_QUBITS, SCRATCH_BYTES = 1 << 21 };

struct tiled_totals tiled_totals;

static const struct kernel_set *sets[MOST_SETS];
static unsigned nsets;
static void *scratch; /* larger than any tile here needs */

void tiled_open(void)
{
    scratch = aligned_alloc(64, SCRATCH_BYTES);
    CHECK(scratch && tile_scratch_bytes(TILED_QUBITS, KETSIM_COMPLEX128) <= SCRATCH_BYTES,
          "no room for a tile");
    nsets = find_sets(sets);
}

void tiled_close(void)
{
    CHECK_OK(ketsim_set_isa(sets[nsets - 1]->isa));
    free(scratch);
}

void draw_trial(struct trial *trial, const char *name, unsigned n, uint64_t *seed)
{
    const unsigned least = LEAST_TILE_BITS;
    *trial = (struct trial){.name = name,
                            .n = n,
                            .m = n < least ? 0 : least + random_below(seed, n - least + 1),
                            .range = 1 + random_below(seed, 7),
                            .dtype = random_below(seed, 2) ? KETSIM_COMPLEX128 : KETSIM_COMPLEX64,
                            .seed = random_bits(seed),
                            .in_place = random_below(seed, 2),
                            .tolerance = {1e-13, 1e-5}};
    const bool from_label = random_below(seed, 2);
    for (unsigned q = 0; from_label && q < n; q++) trial->label[q] = "00000001+-rl"[random_below(seed, 12)];
}

/* ---- one run ------------------------------------------------------------------------------------- */

/* The units of a stage in ranges whose length changes, as threads and slices cut them. */
static void run_stage(const struct kernel_set *set, const struct stage *stage, const struct trial *trial,
                      void *dst, const void *src)
{
    const ketsim_dtype dtype = trial->dtype;
    const struct wide *wide = stage->sweep ? stage->sweep->wide : NULL;
    const uint64_t count = wide           ? wide_units(wide, trial->n, dst == src)
                           : stage->sweep ? kernel_groups(set, dtype, stage->sweep, trial->n, dst == src)
                                          : tile_count(stage->pass);
    unsigned range = trial->range;
    for (uint64_t first = 0, last; first < count; first = last, range = range % 7 + 1) {
        last = first + range < count ? first + range : count;
        if (wide) set->wide[dtype](dst, src, wide, first, last, scratch, false);
        else if (stage->sweep) set->run[dtype](dst, src, stage->sweep, first, last, false);
        else set->tiles[dtype](stage->tiling, stage->pass, dst, src, first, last, scratch, range & 1);
    }
}

static size_t bytes_of(const struct trial *trial)
{
    return (size_t)(trial->dtype == KETSIM_COMPLEX128 ? 16 : 8) << trial->n;
}

static void count_work(const struct tiling *tiling)
{
    tiled_totals.items += tiling->nitems;
    for (size_t k = 0; k < tiling->nphases; k++) {
        tiled_totals.phases[tiling->phases[k].nsets]++;
        tiled_totals.spanning += tiling->phases[k].spanning;
    }
}

/* With one kernel set, into dst; false when nothing is left to run and the start is a label. */
static bool run_set(const struct kernel_set *set, const struct trial *trial, const struct program *program,
                    void *dst, void *src, const void *amplitudes)
{
    struct plan plan;
    CHECK_OK(plan_init(&plan, program,
                       &(struct plan_options){.nqubits = trial->n,
                                              .dtype = trial->dtype,
                                              .label = *trial->label ? trial->label : NULL,
                                              .tile_bits = trial->m,
                                              .set = set}));
    const bool runs_here = !*trial->label || plan.from_label,
               in_place = trial->in_place || !plan.length || plan.from_label;
    memset(dst, 0x5a, bytes_of(trial));
    memcpy(in_place ? dst : src, amplitudes, bytes_of(trial));
    for (size_t k = 0; runs_here && k < plan.length; k++)
        run_stage(set, &plan.stages[k], trial, dst, in_place || k ? dst : src);
    for (size_t k = 0; k < plan.ntilings; k++) count_work(&plan.tilings[k]);
    for (size_t k = 0; k < plan.length; k++)
        tiled_totals.permuting += plan.stages[k].pass && plan.stages[k].pass->permutes;
    tiled_totals.passes += plan.length;
    plan_clear(&plan);
    return runs_here;
}

/* ---- all runs ------------------------------------------------------------------------------------ */

/* The operations, and identities up to the number from which on there are tiles. */
static void make_program(struct program *program, unsigned n, const struct stored_op *ops, size_t count)
{
    const ketsim_op identity = {.gate = KETSIM_GATE_I, .qubits = (int[]){0}, .nqubits = 1};
    program_init(program, n);
    for (size_t k = 0; k < count || k <= PLAN_SMALL; k++) {
        const ketsim_op op = k < count ? op_of(&ops[k]) : identity;
        CHECK_OK(program_append(program, &op, 1));
    }
}

static bool sets_agree(const struct trial *trial, const struct program *program, const oracle_amp *psi,
                       const void *amplitudes, double root)
{
    static _Alignas(64) char src[MOST_BYTES], dst[MOST_BYTES];
    uint64_t fused = 0;
    for (unsigned k = 0; k < nsets; k++) {
        if (!run_set(sets[k], trial, program, dst, src, amplitudes)) return true;
        const double error = oracle_error(psi, dst, trial->n, trial->dtype) / root;
        if (!EXPECT(error < trial->tolerance[trial->dtype], "%s: error %g x root of operations", sets[k]->isa,
                    error))
            return false;
        tiled_totals.worst[trial->dtype] = fmax(tiled_totals.worst[trial->dtype], error);
        tiled_totals.runs++;
        if (!strcmp(sets[k]->isa, "base")) continue;
        const uint64_t hash = hash_bytes(dst, bytes_of(trial));
        if (!EXPECT(!fused || hash == fused, "%s: other bits than another set", sets[k]->isa)) return false;
        fused = hash;
    }
    return true;
}

/* As fails_function; the context is the trial. */
static bool trial_fails(void *context, const struct stored_op *ops, size_t count)
{
    static oracle_amp psi[1 << TILED_QUBITS];
    static _Alignas(64) char amplitudes[MOST_BYTES];
    const struct trial *trial = context;
    struct program program;
    uint64_t seed = trial->seed;
    *failure = 0;
    if (*trial->label) {
        oracle_label(psi, trial->n, trial->label);
        memset(amplitudes, 0xa5, bytes_of(trial)); /* not to be read */
    } else {
        oracle_random(psi, amplitudes, trial->n, trial->dtype, &seed);
    }
    for (size_t k = 0; k < count; k++) {
        const ketsim_op op = op_of(&ops[k]);
        CHECK(oracle_op(psi, trial->n, &op), "no definition of operation %zu", k);
    }
    make_program(&program, trial->n, ops, count);
    const bool good = sets_agree(trial, &program, psi, amplitudes, sqrt(count ? (double)count : 1));
    program_clear(&program);
    return !good;
}

void check_tiled(struct trial *trial, struct stored_op *ops, size_t count)
{
    if (!trial_fails(trial, ops, count)) return;
    const size_t left = shrink(ops, count, trial_fails, trial);
    trial_fails(trial, ops, left);
    fprintf(stderr, "%s: n = %u, tiles of %u bits, %s, %s%s, %s, range %u, seed %llu\n", trial->name,
            trial->n, trial->m, trial->dtype == KETSIM_COMPLEX128 ? "complex128" : "complex64",
            *trial->label ? "from " : "from amplitudes", trial->label,
            trial->in_place ? "in place" : "out of place", trial->range, (unsigned long long)trial->seed);
    print_ops(ops, left);
    CHECK(false, "%s (%zu of %zu operations are left)", *failure ? failure : "it does not fail again", left,
          count);
}
