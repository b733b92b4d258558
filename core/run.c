/* run.c - runs of the queue and of plans: what is asked, what is planned, and work.c does it. */
#include <string.h>

#include "cache.h"
#include "cost.h"
#include "direct.h"
#include "error.h"
#include "profile.h"
#include "stops.h"
#include "work.h"

struct exec state_exec(const ketsim_state *state)
{
    return (struct exec){.dtype = state->dtype,
                         .nqubits = state->nqubits,
                         .ends = 1,
                         .threads = atomic_load_explicit(&state->threads, memory_order_relaxed)};
}

/* The product state a buffer was made as, or NULL: whether somebody has had it written out makes no difference to
 * the plan, and so none to the bits. */
static const char *label_of(const struct buffer *buffer)
{
    return buffer->label[0] ? buffer->label : NULL;
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
    if (given) work_add_plan(work, &given->plan, given->operations);
    const ketsim_status status = work_run(state, work, exec);
    if (status == KETSIM_OK) state_forget_queue(state, 0);
    return status;
}

static ketsim_status run_queue_directly(ketsim_state *state, const ketsim_plan *given,
                                        const struct exec *exec)
{
    struct work work;
    work_start(&work);
    work_add_program(&work, &state->queue);
    return run_rest(state, &work, given, exec);
}

static ketsim_status run_queue_planned(ketsim_state *state, const ketsim_plan *given, const struct exec *exec)
{
    struct queue_plan plan;
    struct work work;
    TRY(plan_queue(&plan, state, exec));
    profile_lap(exec->options, KETSIM_STAGE_PLAN);
    work_start(&work);
    work_add_plan(&work, plan.cached ? &plan.cached->plan : &plan.small, state->queue.length);
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
    work_start(&work);
    work_add_plan(&work, &plan->plan, plan->operations);
    return work_run(state, &work, &exec);
}

ketsim_status ketsim_run_plan(ketsim_state *state, const ketsim_plan *plan, const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const ketsim_status status = run_given(state, plan, options);
    state_end_run(state, options);
    return status;
}
