/* work.h - what one run does to a state. */
#ifndef KETSIM_CORE_WORK_H
#define KETSIM_CORE_WORK_H

#include "payment.h"
#include "state.h"

/* What a run does: the queue without a plan, or its plan, and the plan it was given, as far as they have stages. */
struct work {
    const struct program *direct; /* or NULL */
    const struct plan *plans[2];
    struct payment payments[2];
    unsigned nplans;
    size_t operations, passes;
};

/* None yet.  Payments are made later: clearing their kilobyte would take as long as a gate. */
static inline void work_start(struct work *work)
{
    work->direct = NULL;
    work->nplans = 0;
    work->operations = work->passes = 0;
}

/* Plans outlive the work. */
static inline void work_add_plan(struct work *work, const struct plan *plan, size_t operations)
{
    work->operations += operations;
    work->passes += plan->length;
    if (plan->length) work->plans[work->nplans++] = plan;
}

/* Without a plan, before any. */
static inline void work_add_program(struct work *work, const struct program *program)
{
    work->operations += program->length;
    work->direct = program;
}

/* With the claim held: do it and commit.  When it fails the state is what it was, or, in place, invalid. */
ketsim_status work_run(ketsim_state *state, struct work *work, const struct exec *exec);

#endif
