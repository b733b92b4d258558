/* shots.c - shots of dynamic circuits: what is asked, where they start, by whom they are run. */
#include "shots.h"

#include <stdlib.h>

#include "batch.h"
#include "error.h"
#include "memory.h"
#include "pool.h"
#include "reduce.h"
#include "rng.h"
#include "state.h"
#include "stops.h"
#include "threads.h"
#include "tree.h"

/* Less work is done sooner alone. */
static const double HELPED_NS = 50000;
/* What one shot costs besides what it shares with others. */
static const double SHOT_NS = 100;

/* Who runs them. */
struct staff {
    unsigned threads; /* on few qubits each with a branch of its own */
    bool has_cores;   /* the caller's */
};

static double cost_of(const struct tree *tree)
{
    const double once = tree->script->count ? tree->script->acts[0].ns_after : 0;
    return once + SHOT_NS * (double)tree->count;
}

/* Threads share one tree, unless drawing takes longer than what shots have in common: then each has one, with a part of the
 * shots. */
static unsigned parts_of(const struct tree *tree, unsigned threads)
{
    const double once = tree->script->count ? tree->script->acts[0].ns_after : 0;
    const double most = SHOT_NS * (double)tree->count / (once + 1);
    if (tree->script->nqubits >= WIDE_QUBITS || most < 2) return 1;
    if (threads > TREE_OFFERS) threads = TREE_OFFERS;
    return most < threads ? (unsigned)most : threads;
}

static void help(void *context)
{
    tree_work(context, false);
}

static void run_narrow(struct tree *tree, const struct staff *staff)
{
    const size_t most = tree->count < staff->threads ? tree->count : staff->threads;
    const unsigned helpers = cost_of(tree) < HELPED_NS || most < 2 ? 0 : (unsigned)most - 1;
    if (!staff->has_cores) (void)cores_enter(1, 0);
    tree->exec.threads = 1;
    struct pool_job *job = helpers ? pool_begin(helpers, help, tree) : NULL;
    tree_work(tree, true);
    if (!staff->has_cores) cores_leave();
    while (!pool_end(job, BATCH_POLL_NS)) tree_poll(tree);
}

static void run_wide(struct tree *tree, const struct staff *staff)
{
    const struct place place = {.cost = cost_of(tree)};
    tree->exec.threads = staff->has_cores ? staff->threads
                                          : cores_enter(staff->threads, order_patience_ns(&place));
    tree_work(tree, true);
    if (!staff->has_cores) cores_leave();
}

/* All shots from the amplitudes of a snapshot. */
static ketsim_status run_from(struct tree *tree, struct buffer *start, const struct staff *staff)
{
    struct shot *const shots = memory_take(tree->count, sizeof *shots, "shots");
    if (!shots) return KETSIM_ERR_MEMORY;
    tree_begin(tree, start, shots, parts_of(tree, staff->threads));
    if (tree->script->nqubits >= WIDE_QUBITS) run_wide(tree, staff);
    else run_narrow(tree, staff);
    const ketsim_status status = tree_end(tree);
    free(shots);
    return status;
}

static bool poll_start(void *context, double done)
{
    (void)done; /* of what comes before the shots */
    tree_poll(context);
    return !tree_stopped(context);
}

/* Its queue runs within the stops of the shots. */
static ketsim_status clone_start(ketsim_state **out, ketsim_state *state, struct tree *tree)
{
    const ketsim_run_options options = {
        .timeout_ms = tree->timeout_ms, .cancel = tree->cancel, .poll = poll_start, .poll_context = tree};
    return state_clone_within(out, state, &options, tree->deadline);
}

static ketsim_status find_start(ketsim_state **out, const ketsim_circuit *circuit, struct tree *tree,
                                const ketsim_shots_options *options)
{
    if (options->state) return clone_start(out, options->state, tree);
    return ketsim_state_new(out, ketsim_circuit_nqubits(circuit), options->dtype);
}

/* What is averaged, and where it goes. */
struct wanted {
    const ketsim_observable *const *observables;
    size_t count;
    double *means, *errors;
};

/* A start that is not normalized is seen only as long as nothing was measured. */
static ketsim_status run_averaged(struct tree *tree, const struct snapshot *start,
                                  const struct wanted *wanted, const struct staff *staff)
{
    const struct exec *exec = &tree->exec;
    struct averages averages = {.count = 0};
    double norm2;
    TRY(reduce_norm2(&norm2, start->amps, exec->dtype, exec->nqubits, exec->threads));
    ketsim_status status = averages_init(&averages, wanted->observables, wanted->count, exec->nqubits,
                                         norm2 > 1 ? norm2 : 1);
    tree->averages = &averages;
    if (status == KETSIM_OK) status = run_from(tree, start->buffer, staff);
    if (status == KETSIM_OK) averages_get(&averages, wanted->means, wanted->errors, tree->count);
    tree->averages = NULL;
    averages_clear(&averages);
    return status;
}

static ketsim_status run_script(struct tree *tree, ketsim_state *base, const struct wanted *wanted,
                                const struct staff *staff)
{
    struct snapshot start;
    TRY(state_read(&start, base, true));
    const ketsim_status status = !tree->count    ? KETSIM_OK
                                 : wanted->count ? run_averaged(tree, &start, wanted, staff)
                                                 : run_from(tree, start.buffer, staff);
    buffer_release(start.buffer);
    return status;
}

static ketsim_status run_based(struct tree *tree, const ketsim_circuit *circuit, ketsim_state *base,
                               const struct wanted *wanted, const struct staff *staff)
{
    struct script script;
    tree->exec = state_exec(base);
    TRY(script_make(&script, circuit, ketsim_state_nqubits(base), ketsim_state_dtype(base)));
    tree->script = &script;
    const ketsim_status status = run_script(tree, base, wanted, staff);
    tree->script = NULL;
    script_clear(&script);
    return status;
}

static ketsim_status run_shots(struct tree *tree, const ketsim_circuit *circuit, const struct wanted *wanted,
                               const ketsim_shots_options *options)
{
    const unsigned most = ketsim_default_threads(), asked = options->max_concurrency;
    const struct staff staff = {.threads = asked && asked < most ? asked : most};
    ketsim_state *base;
    TRY(find_start(&base, circuit, tree, options));
    const ketsim_status status = run_based(tree, circuit, base, wanted, &staff);
    ketsim_state_free(base);
    return status;
}

static ketsim_status check(uint64_t shots, const struct wanted *wanted, const ketsim_shots_options *options)
{
    TRY(batch_check(&(const ketsim_batch_options){.dtype = options->dtype,
                                                  .shots = shots,
                                                  .observables = wanted->observables,
                                                  .nobservables = wanted->count}));
    if (wanted->count && shots < 2)
        return fail(KETSIM_ERR_ARGUMENT, "%llu shots: a standard error needs 2 at least",
                    (unsigned long long)shots);
    if (options->first > UINT64_MAX - shots)
        return fail(KETSIM_ERR_ARGUMENT, "first shot %llu: numbers of shots must be below 2^64",
                    (unsigned long long)options->first);
    return KETSIM_OK;
}

static ketsim_status run_asked(const ketsim_circuit *circuit, uint64_t *out, uint64_t shots,
                               const struct wanted *wanted, const ketsim_shots_options *options)
{
    const ketsim_shots_options none = {0};
    if (!options) options = &none;
    struct tree tree = {.count = shots,
                        .out = out,
                        .first = options->first,
                        .epoch = fork_epoch(),
                        .polled_ns = clock_ns(),
                        .cancel = options->cancel,
                        .timeout_ms = options->timeout_ms,
                        .deadline = clock_deadline(options->timeout_ms),
                        .poll = options->poll,
                        .poll_context = options->poll_context};
    TRY(check(shots, wanted, options));
    if (options->seed) tree.seed = *options->seed;
    else TRY(rng_os_seed(&tree.seed));
    return run_shots(&tree, circuit, wanted, options);
}

ketsim_status ketsim_run_shots(const ketsim_circuit *circuit, uint64_t *out, uint64_t shots,
                               const ketsim_shots_options *options)
{
    return run_asked(circuit, out, shots, &(const struct wanted){.count = 0}, options);
}

ketsim_status ketsim_shots_expectations(const ketsim_circuit *circuit, uint64_t *out, double *means,
                                        double *errors, const ketsim_observable *const *observables,
                                        size_t nobservables, uint64_t shots,
                                        const ketsim_shots_options *options)
{
    const struct wanted wanted = {observables, nobservables, means, errors};
    return run_asked(circuit, out, shots, &wanted, options);
}

/* Those of the call, or the thread's limits. */
static void set_options(struct tree *tree, const ketsim_run_options *options)
{
    const struct stops stops = stops_start(options);
    tree->deadline = stops.deadline;
    if (!stops.options) return;
    if (stops.options->threads) tree->exec.threads = stops.options->threads;
    tree->cancel = stops.options->cancel;
    tree->timeout_ms = stops.options->timeout_ms;
    tree->poll = stops.options->poll;
    tree->poll_context = stops.options->poll_context;
}

/* ---- as a part of a batch ---------------------------------------------------------------------- */

ketsim_status shots_run_part(const struct shots_part *part, const ketsim_run_options *options)
{
    const bool is_wide = ketsim_state_nqubits(part->start) >= WIDE_QUBITS;
    const struct staff staff = {.threads = is_wide ? part->threads : 1 + part->helpers, .has_cores = true};
    const struct wanted wanted = {part->observables, part->nobservables, part->means, NULL};
    struct tree tree = {.count = part->shots, .out = part->out, .seed = part->seed};
    set_options(&tree, options);
    return run_based(&tree, part->circuit, part->start, &wanted, &staff);
}

/* ---- one shot on a state ------------------------------------------------------------------------ */

/* A shot that does nothing ends with the buffer that is there. */
static void commit(ketsim_state *state, struct buffer *kept)
{
    if (kept == state->current) buffer_release(kept);
    state_commit(state, kept);
}

/* With the claim held and the queue run. */
static ketsim_status run_here(ketsim_state *state, struct tree *tree, const struct script *script)
{
    const void *amps;
    struct shot shot;
    tree->script = script;
    TRY(state_amplitudes(&amps, state, state->current));
    tree_begin(tree, state->current, &shot, 1);
    tree_work(tree, true);
    const ketsim_status status = tree_end(tree);
    if (status == KETSIM_OK) commit(state, tree->kept);
    else buffer_release(tree->kept);
    return status;
}

static ketsim_status run_claimed(ketsim_state *state, struct tree *tree, const ketsim_circuit *circuit,
                                 const ketsim_run_options *options)
{
    struct script script;
    TRY(script_make(&script, circuit, state->nqubits, state->dtype));
    ketsim_status status = state_run_queue(state, options);
    if (status == KETSIM_OK) status = run_here(state, tree, &script);
    tree->script = NULL;
    script_clear(&script);
    return status;
}

ketsim_status ketsim_run_shot(ketsim_state *state, uint64_t *out, const ketsim_circuit *circuit,
                              const uint64_t *seed, uint64_t shot, const ketsim_run_options *options)
{
    uint64_t bits = 0;
    struct tree tree = {.count = 1,
                        .out = &bits,
                        .first = shot,
                        .keeps = true,
                        .seed = seed ? *seed : 0,
                        .exec = state_exec(state)};
    if (!seed) TRY(rng_os_seed(&tree.seed));
    set_options(&tree, options);
    TRY(state_claim(state));
    const ketsim_status status = run_claimed(state, &tree, circuit, options);
    state_release(state);
    if (status == KETSIM_OK && out) *out = bits;
    return status;
}
