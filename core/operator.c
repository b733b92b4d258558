/* operator.c - matrices that need not be unitary, each a transaction of its own that looks at the norm. */
#include <math.h>

#include "error.h"
#include "fill.h"
#include "reduce.h"
#include "state.h"
#include "stops.h"

static ketsim_status check_norm(double norm2)
{
    if (!isfinite(norm2))
        return fail(KETSIM_ERR_ARGUMENT, "operator: leaves a squared norm of %g: must be finite", norm2);
    if (sqrt(norm2) >= NORM_LEAST) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "operator: leaves a norm of %.3g: must be at least %g", sqrt(norm2),
                NORM_LEAST);
}

/* The product into target, which needs no plan of more than one pass. */
static ketsim_status multiply(const struct exec *exec, const struct program *program, void *target,
                              const void *amps)
{
    struct plan plan;
    TRY(plan_init(&plan, program, &(struct plan_options){.nqubits = exec->nqubits, .dtype = exec->dtype}));
    ketsim_status status = KETSIM_OK;
    if (plan.length) status = exec_plan(exec, &plan, target, amps);
    else status = fill_copy(exec, target, amps); /* the identity */
    plan_clear(&plan);
    return status;
}

static ketsim_status apply_into(ketsim_state *state, struct buffer *target, double *norm2,
                                const struct program *program, bool normalize, const struct exec *exec)
{
    const void *amps;
    TRY(state_amplitudes(&amps, state, state->current));
    TRY(multiply(exec, program, target->amps, amps));
    TRY(reduce_norm2(norm2, target->amps, state->dtype, state->nqubits, exec->threads));
    TRY(check_norm(*norm2));
    if (!normalize) return KETSIM_OK;
    return fill_project(exec, target->amps, target->amps, 0, 0, 1 / sqrt(*norm2));
}

/* With the claim held and the queue run. */
static ketsim_status apply(ketsim_state *state, double *norm2, const struct program *program, bool normalize,
                           const struct exec *exec)
{
    struct buffer *target;
    TRY(buffer_acquire(&target, state->current->bytes));
    const ketsim_status status = apply_into(state, target, norm2, program, normalize, exec);
    if (status == KETSIM_OK) state_commit(state, target);
    else buffer_release(target);
    return status;
}

static ketsim_status run_queue_and(ketsim_state *state, double *norm2, const struct program *program,
                                   bool normalize, const ketsim_run_options *options)
{
    struct exec exec = state_exec(state);
    const struct stops stops = stops_start(options);
    exec.deadline = stops.deadline;
    exec.options = stops.options;
    if (options && options->threads) exec.threads = options->threads;
    TRY(state_run_queue(state, options));
    TRY(exec_check(&exec));
    return apply(state, norm2, program, normalize, &exec);
}

ketsim_status ketsim_apply_operator(ketsim_state *state, double *norm2, const ketsim_op *op, bool normalize,
                                    const ketsim_run_options *options)
{
    struct program program;
    double left = 0;
    ketsim_run_options own = options ? *options : (ketsim_run_options){0};
    own.profile = NULL;
    program_init(&program, state->nqubits);
    ketsim_status status = program_append_operator(&program, op);
    if (status == KETSIM_OK) status = state_claim(state);
    if (status == KETSIM_OK) {
        status = run_queue_and(state, &left, &program, normalize, options ? &own : NULL);
        state_release(state);
    }
    program_clear(&program);
    if (status == KETSIM_OK && norm2) *norm2 = left;
    return status;
}
