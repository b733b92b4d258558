/* shots.c - shots of dynamic circuits: what is asked, where they start, by whom they are run. */
#include <stdlib.h>

#include "batch.h"
#include "error.h"
#include "memory.h"
#include "pool.h"
#include "rng.h"
#include "state.h"
#include "threads.h"
#include "tree.h"

/* From so many qubits on all threads work on one state. */
enum { WIDE_QUBITS = 18 };
/* Less work is done sooner alone. */
static const double HELPED_NS = 50000;
/* What one shot costs besides what it shares with others. */
static const double SHOT_NS = 100;

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

static void run_narrow(struct tree *tree, unsigned threads)
{
    const size_t most = tree->count < threads ? tree->count : threads;
    const unsigned helpers = cost_of(tree) < HELPED_NS || most < 2 ? 0 : (unsigned)most - 1;
    const struct cores cores = cores_occupy(1);
    tree->exec.threads = 1;
    struct pool_job *job = helpers ? pool_begin(helpers, help, tree) : NULL;
    tree_work(tree, true);
    cores_give(cores);
    while (!pool_end(job, BATCH_POLL_NS)) tree_poll(tree);
}

static void run_wide(struct tree *tree, unsigned threads)
{
    const struct place place = {.cost = cost_of(tree)};
    const struct cores cores = cores_occupy_team(threads, crew_patience_ns(&place));
    tree->exec.threads = cores.count;
    tree_work(tree, true);
    cores_give(cores);
}

static ketsim_status get_shots(struct shot **out, size_t count)
{
    const uint64_t bytes = count < UINT64_MAX / sizeof **out ? count * sizeof **out : UINT64_MAX;
    TRY(memory_admit(bytes, "shots"));
    *out = malloc(bytes ? bytes : 1);
    if (*out) return KETSIM_OK;
    return fail(KETSIM_ERR_MEMORY, "shots: cannot allocate %llu bytes", (unsigned long long)bytes);
}

/* All shots from the amplitudes of a snapshot. */
static ketsim_status run_from(struct tree *tree, struct buffer *start, unsigned asked)
{
    const unsigned most = ketsim_default_threads(), threads = asked && asked < most ? asked : most;
    struct shot *shots;
    TRY(get_shots(&shots, tree->count));
    tree_begin(tree, start, shots, parts_of(tree, threads));
    if (tree->script->nqubits >= WIDE_QUBITS) run_wide(tree, threads);
    else run_narrow(tree, threads);
    const ketsim_status status = tree_end(tree);
    free(shots);
    return status;
}

static ketsim_status find_start(ketsim_state **out, const ketsim_circuit *circuit,
                                const ketsim_shots_options *options)
{
    if (options->state) return ketsim_state_clone(out, options->state);
    return ketsim_state_new(out, ketsim_circuit_nqubits(circuit), options->dtype);
}

static ketsim_status run_script(struct tree *tree, ketsim_state *base, unsigned asked)
{
    struct snapshot start;
    TRY(state_read(&start, base, true));
    const ketsim_status status = tree->count ? run_from(tree, start.buffer, asked) : KETSIM_OK;
    buffer_release(start.buffer);
    return status;
}

static ketsim_status run_shots(struct tree *tree, const ketsim_circuit *circuit,
                               const ketsim_shots_options *options)
{
    struct script script;
    ketsim_state *base;
    TRY(find_start(&base, circuit, options));
    tree->exec = state_exec(base);
    ketsim_status status = script_make(&script, circuit, ketsim_state_nqubits(base),
                                       ketsim_state_dtype(base));
    if (status == KETSIM_OK) {
        tree->script = &script;
        status = run_script(tree, base, options->max_concurrency);
        tree->script = NULL;
        script_clear(&script);
    }
    ketsim_state_free(base);
    return status;
}

static ketsim_status check(uint64_t shots, const ketsim_shots_options *options)
{
    TRY(batch_check(&(const ketsim_batch_options){.dtype = options->dtype, .shots = shots}));
    if (options->first > UINT64_MAX - shots)
        return fail(KETSIM_ERR_ARGUMENT, "first shot %llu: numbers of shots must be below 2^64",
                    (unsigned long long)options->first);
    return KETSIM_OK;
}

ketsim_status ketsim_run_shots(const ketsim_circuit *circuit, uint64_t *out, uint64_t shots,
                               const ketsim_shots_options *options)
{
    const ketsim_shots_options none = {0};
    if (!options) options = &none;
    struct tree tree = {.count = shots,
                        .out = out,
                        .first = options->first,
                        .cancel = options->cancel,
                        .timeout_ms = options->timeout_ms,
                        .deadline = clock_deadline(options->timeout_ms),
                        .poll = options->poll,
                        .poll_context = options->poll_context};
    TRY(check(shots, options));
    if (options->seed) tree.seed = *options->seed;
    else TRY(rng_os_seed(&tree.seed));
    return run_shots(&tree, circuit, options);
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
