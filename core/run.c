/* run.c - the transaction: claim, plan, first pass into a second buffer, commit by pointer swap. */
#include <string.h>

#include "cache.h"
#include "cost.h"
#include "direct.h"
#include "error.h"
#include "events.h"
#include "fill.h"
#include "payment.h"
#include "pool.h"
#include "profile.h"
#include "state.h"
#include "stops.h"
#include "threads.h"

/* Runs of at least so many qubits are timed: below, reading the clock would cost as much as the run. */
enum { TIMED_QUBITS = 14 };

static struct {
    _Atomic uint64_t runs, operations, passes, clones, acquire_ns, commit_ns;
} totals;

static void add(_Atomic uint64_t *total, uint64_t amount)
{
    atomic_fetch_add_explicit(total, amount, memory_order_relaxed);
}

void ketsim_get_counters(ketsim_counters *out)
{
    *out = (ketsim_counters){0};
    out->runs = atomic_load_explicit(&totals.runs, memory_order_relaxed);
    out->operations = atomic_load_explicit(&totals.operations, memory_order_relaxed);
    out->passes = atomic_load_explicit(&totals.passes, memory_order_relaxed);
    out->clones = atomic_load_explicit(&totals.clones, memory_order_relaxed);
    out->acquire_ns = atomic_load_explicit(&totals.acquire_ns, memory_order_relaxed);
    out->commit_ns = atomic_load_explicit(&totals.commit_ns, memory_order_relaxed);
    pool_counters(out);
    exec_counters(out);
    cache_counters(out);
    event_counters(out);
    workers_counters(out);
}

/* ---- buffers of a run ---- */

struct exec state_exec(const ketsim_state *state)
{
    return (struct exec){.dtype = state->dtype,
                         .nqubits = state->nqubits,
                         .ends = 1,
                         .threads = atomic_load_explicit(&state->threads, memory_order_relaxed)};
}

static void *amps_of(struct buffer *buffer)
{
    return atomic_load_explicit(&buffer->amps, memory_order_acquire);
}

/* The product state a buffer was made as, or NULL: whether somebody has had it written out makes no difference to
 * the plan, and so none to the bits. */
static const char *label_of(const struct buffer *buffer)
{
    return buffer->label[0] ? buffer->label : NULL;
}

struct buffer *state_swap(ketsim_state *state, struct buffer *buffer)
{
    spin_lock(&state->lock);
    struct buffer *old = state->current;
    state->current = buffer;
    atomic_fetch_add_explicit(&state->generation, 1, memory_order_release);
    spin_unlock(&state->lock);
    return old != buffer ? old : NULL;
}

void state_commit(ketsim_state *state, struct buffer *buffer)
{
    buffer_release(state_swap(state, buffer));
}

/* Take the committed buffer out of the state when nobody else has a reference to it; NULL when somebody has.
 * While it is out, readers are turned away. */
static struct buffer *take_current(ketsim_state *state)
{
    spin_lock(&state->lock);
    struct buffer *buffer = state->current;
    if (atomic_load_explicit(&buffer->refs, memory_order_acquire) == 1) state->current = NULL;
    else buffer = NULL;
    spin_unlock(&state->lock);
    return buffer;
}

/* What a run does: the queue without a plan, or its plan, and the plan it was given, as far as they have stages. */
struct work {
    const struct program *direct; /* or NULL */
    const struct plan *plans[2];
    struct payment payments[2];
    unsigned nplans;
    size_t operations, passes;
};

/* Payments are made later: clearing their kilobyte would take as long as a gate. */
static void start_work(struct work *work)
{
    work->direct = NULL;
    work->nplans = 0;
    work->operations = work->passes = 0;
}

static void add_work(struct work *work, const struct plan *plan, size_t operations)
{
    work->operations += operations;
    work->passes += plan->length;
    if (plan->length) work->plans[work->nplans++] = plan;
}

static void add_direct(struct work *work, const struct program *program)
{
    work->operations += program->length;
    work->direct = program;
}

/* All plans, the first from src to dst. */
static ketsim_status exec_plans(const struct exec *exec, const struct work *work, void *dst, const void *src)
{
    if (work->nplans == 1 && !work->payments[0].stage) return exec_plan(exec, work->plans[0], dst, src);
    struct exec part = *exec;
    for (unsigned k = 0; k < work->nplans; k++) {
        part.paying = work->payments[k].stage;
        part.paying_step = work->payments[k].step;
        part.begins = k ? part.ends : 0;
        part.ends = k + 1 < work->nplans ? (double)work->plans[k]->length / (double)work->passes : 1;
        TRY(exec_plan(&part, work->plans[k], dst, k ? dst : src));
    }
    return KETSIM_OK;
}

/* All of it, making up for the residue of a state's buffer; the target's is what is left.  As if the parts ran one by
 * one: so the bits are the same. */
static ketsim_status exec_work(const struct exec *exec, struct work *work, struct buffer *target,
                               const struct buffer *from, const void *src)
{
    double residue = from->residue;
    void *const dst = amps_of(target);
    if (work->direct) {
        TRY(direct_run(exec, work->direct, dst, src, NULL, &residue, &work->passes));
        src = dst;
    }
    for (unsigned k = 0; k < work->nplans; k++) payment_make(&work->payments[k], work->plans[k], &residue);
    target->residue = residue;
    return exec_plans(exec, work, dst, src);
}

static ketsim_status run_inplace(ketsim_state *state, struct work *work, const struct exec *exec,
                                 struct buffer *buffer)
{
    buffer->label[0] = 0;
    const ketsim_status status = exec_work(exec, work, buffer, buffer, amps_of(buffer));
    profile_lap(exec->options, KETSIM_STAGE_PASSES);
    if (status == KETSIM_OK) {
        state_commit(state, buffer);
    } else {
        buffer_release(buffer);
        atomic_store_explicit(&state->condition, KETSIM_ERR_INVALID, memory_order_release);
    }
    return status;
}

static ketsim_status fill_start(const struct exec *exec, void *dst, const char *label)
{
    const struct limits outer = limits_swap(exec->options, exec->deadline, KETSIM_STAGE_CLONE);
    const ketsim_status status = fill_product(exec, dst, label);
    limits_restore(&outer);
    return status;
}

/* Passes into target, the first out of the committed buffer; of a product state there is nothing to read. */
static ketsim_status run_into(ketsim_state *state, struct work *work, const struct exec *exec,
                              struct buffer *target)
{
    void *dst = amps_of(target), *src = amps_of(state->current);
    const bool from_label = !work->direct && work->plans[0]->from_label;
    if (from_label) return exec_work(exec, work, target, state->current, dst);
    if (!src) TRY(fill_start(exec, dst, state->current->label));
    else add(&totals.clones, 1);
    profile_lap(exec->options, KETSIM_STAGE_CLONE);
    return exec_work(exec, work, target, state->current, src ? src : dst);
}

static uint64_t clock_if(bool timed)
{
    return timed ? clock_ns() : 0;
}

static ketsim_status run_transaction(ketsim_state *state, struct work *work, const struct exec *exec)
{
    struct buffer *target;
    const bool timed = exec->nqubits >= TIMED_QUBITS;
    const uint64_t start = clock_if(timed);
    TRY(buffer_acquire(&target, state->current->bytes));
    const uint64_t acquired = clock_if(timed);
    const ketsim_status status = run_into(state, work, exec, target);
    profile_lap(exec->options, KETSIM_STAGE_PASSES);
    __builtin_prefetch(state, 1); /* the passes have thrown it and the epoch out of the caches */
    __builtin_prefetch(&threads_epoch);
    const uint64_t done = clock_if(timed);
    struct buffer *unused = status == KETSIM_OK ? state_swap(state, target) : target;
    const uint64_t swapped = clock_if(timed);
    buffer_release(unused);
    if (timed) add(&totals.commit_ns, swapped - done);
    if (timed) add(&totals.acquire_ns, acquired - start + clock_ns() - swapped);
    return status;
}

static ketsim_status commit_work(ketsim_state *state, struct work *work, const struct exec *exec)
{
    if (!work->nplans && !work->direct) { /* all identities */
        state_commit(state, state->current);
        return KETSIM_OK;
    }
    if (atomic_load_explicit(&state->inplace, memory_order_relaxed) && amps_of(state->current)) {
        if (buffer_viewed(state->current))
            return fail(KETSIM_ERR_VIEWED, "in-place run: a view of the amplitudes is alive; drop it first");
        struct buffer *own = take_current(state);
        if (own) return run_inplace(state, work, exec, own);
    }
    return run_transaction(state, work, exec);
}

static ketsim_status run_work(ketsim_state *state, struct work *work, const struct exec *exec)
{
    TRY(commit_work(state, work, exec));
    add(&totals.runs, 1);
    add(&totals.operations, work->operations);
    add(&totals.passes, work->passes);
    if (exec->options && exec->options->profile) exec->options->profile->passes += work->passes;
    return KETSIM_OK;
}

/* ---- runs ---- */

static ketsim_status check_options(const ketsim_state *state, const ketsim_run_options *options,
                                   struct exec *exec)
{
    if (!options) {
        exec->options = limits_options(&exec->deadline);
        return exec_check(exec);
    }
    const uint64_t generation = ketsim_state_generation(state);
    if (options->threads > KETSIM_MAX_THREADS)
        return fail(KETSIM_ERR_ARGUMENT, "%u threads: must be 0..%d", options->threads, KETSIM_MAX_THREADS);
    if (options->expect_generation && options->expect_generation != generation)
        return fail(KETSIM_ERR_BUSY, "state is at generation %llu: expected %llu; another writer was faster",
                    (unsigned long long)generation, (unsigned long long)options->expect_generation);
    if (options->threads) exec->threads = options->threads;
    exec->deadline = stops_deadline(options);
    exec->options = options;
    return exec_check(exec);
}

/* The plan of a queue: a small one stands here, another comes from the cache. */
struct queue_plan {
    struct plan small;
    struct ketsim_plan *cached;
};

/* Which the options of the run may stop, too. */
static ketsim_status plan_queue(struct queue_plan *plan, const ketsim_state *state, const struct exec *exec)
{
    const struct plan_options options = {
        .nqubits = state->nqubits, .dtype = state->dtype, .label = label_of(state->current)};
    plan->cached = NULL;
    if (state->queue.length <= PLAN_SMALL) return plan_init(&plan->small, &state->queue, &options);
    if (!stops_can_be(exec->options)) return cache_plan(&plan->cached, &state->queue, &options);
    const struct limits outer = limits_swap(exec->options, exec->deadline, KETSIM_STAGE_PLAN);
    const ketsim_status status = cache_plan(&plan->cached, &state->queue, &options);
    limits_restore(&outer);
    return status;
}

static void forget_plan(struct queue_plan *plan)
{
    if (plan->cached) plan_release(plan->cached);
    else plan_clear(&plan->small);
}

static ketsim_status run_rest(ketsim_state *state, struct work *work, const ketsim_plan *given,
                              const struct exec *exec)
{
    if (given) add_work(work, &given->plan, given->operations);
    const ketsim_status status = run_work(state, work, exec);
    if (status == KETSIM_OK) state_forget_queue(state, 0);
    return status;
}

static ketsim_status run_queue_directly(ketsim_state *state, const ketsim_plan *given,
                                        const struct exec *exec)
{
    struct work work;
    start_work(&work);
    add_direct(&work, &state->queue);
    return run_rest(state, &work, given, exec);
}

static ketsim_status run_queue_planned(ketsim_state *state, const ketsim_plan *given, const struct exec *exec)
{
    struct queue_plan plan;
    struct work work;
    TRY(plan_queue(&plan, state, exec));
    profile_lap(exec->options, KETSIM_STAGE_PLAN);
    start_work(&work);
    add_work(&work, plan.cached ? &plan.cached->plan : &plan.small, state->queue.length);
    const ketsim_status status = run_rest(state, &work, given, exec);
    forget_plan(&plan);
    return status;
}

/* The queue, and then the plan that was given, if any.  Whether a plan of the queue happens to be in the cache makes no
 * difference: bits would depend on it. */
static ketsim_status run_queue_and(ketsim_state *state, const ketsim_plan *given, const struct exec *exec)
{
    return direct_is_quicker(state->nqubits, state->dtype, state->queue.length)
               ? run_queue_directly(state, given, exec)
               : run_queue_planned(state, given, exec);
}

ketsim_status state_run_queue(ketsim_state *state, const ketsim_run_options *options)
{
    struct exec exec = state_exec(state);
    TRY(check_options(state, options, &exec));
    return state->queue.length ? run_queue_and(state, NULL, &exec) : KETSIM_OK;
}

ketsim_status state_run_recurring(ketsim_state *state, const ketsim_run_options *options)
{
    struct exec exec = state_exec(state);
    TRY(check_options(state, options, &exec));
    return state->queue.length ? run_queue_planned(state, NULL, &exec) : KETSIM_OK;
}

ketsim_status state_expect_queue(double *ns, ketsim_state *state, const ketsim_run_options *options)
{
    struct exec exec = state_exec(state);
    struct queue_plan plan;
    TRY(check_options(state, options, &exec));
    TRY(plan_queue(&plan, state, &exec));
    *ns = cost_of_plan_ns(plan.cached ? &plan.cached->plan : &plan.small);
    forget_plan(&plan);
    return KETSIM_OK;
}

ketsim_status state_begin_run(ketsim_state *state, const ketsim_run_options *options)
{
    profile_begin(options);
    const ketsim_status status = state_claim(state);
    profile_lap(options, KETSIM_STAGE_WAIT);
    if (status != KETSIM_OK) profile_end(options);
    return status;
}

void state_end_run(ketsim_state *state, const ketsim_run_options *options)
{
    state_release(state);
    profile_end(options);
}

ketsim_status ketsim_run(ketsim_state *state, const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const ketsim_status status = state_run_queue(state, options);
    state_end_run(state, options);
    return status;
}

/* ---- a plan that was made before ---- */

static const char *dtype_name(ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? "complex128" : "complex64";
}

static ketsim_status fail_start(const ketsim_state *state, const ketsim_plan *plan)
{
    const int n = (int)state->nqubits;
    const char *label = label_of(state->current);
    if (state->queue.length)
        return fail(KETSIM_ERR_ARGUMENT,
                    "plan from |%.*s>: the state has %zu operations queued, which run first; run them, and "
                    "make a plan for any start",
                    n, plan->label, state->queue.length);
    if (!label)
        return fail(KETSIM_ERR_ARGUMENT,
                    "plan from |%.*s>: the state has other amplitudes; it must be new, or the plan be for "
                    "any start",
                    n, plan->label);
    return fail(KETSIM_ERR_ARGUMENT, "plan from |%.*s>: the state is |%.*s>; both must be the same", n,
                plan->label, n, label);
}

/* Whether the plan was made for such a state as this. */
static ketsim_status check_plan(const ketsim_state *state, const ketsim_plan *plan)
{
    if (plan->plan.nqubits != state->nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "plan for %u qubits: the state has %u; both must be the same",
                    plan->plan.nqubits, state->nqubits);
    if (plan->plan.dtype != state->dtype)
        return fail(KETSIM_ERR_ARGUMENT, "plan for %s: the state is %s; both must be the same",
                    dtype_name(plan->plan.dtype), dtype_name(state->dtype));
    if (!plan->from_product) return KETSIM_OK;
    const char *label = label_of(state->current);
    const bool starts_there = !state->queue.length && label && !memcmp(label, plan->label, state->nqubits);
    return starts_there ? KETSIM_OK : fail_start(state, plan);
}

static ketsim_status run_given(ketsim_state *state, const ketsim_plan *plan,
                               const ketsim_run_options *options)
{
    struct work work;
    struct exec exec = state_exec(state);
    TRY(check_plan(state, plan));
    TRY(check_options(state, options, &exec));
    if (state->queue.length) return run_queue_and(state, plan, &exec);
    if (!plan->operations) return KETSIM_OK;
    start_work(&work);
    add_work(&work, &plan->plan, plan->operations);
    return run_work(state, &work, &exec);
}

ketsim_status ketsim_run_plan(ketsim_state *state, const ketsim_plan *plan, const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const ketsim_status status = run_given(state, plan, options);
    state_end_run(state, options);
    return status;
}
