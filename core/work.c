/* work.c - what a run does: a first pass into a second buffer, or all in place, and the commit by pointer swap. */
#include "work.h"

#include "cache.h"
#include "direct.h"
#include "error.h"
#include "events.h"
#include "fill.h"
#include "pool.h"
#include "profile.h"
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

/* ---- buffers ---- */

static void *amps_of(struct buffer *buffer)
{
    return atomic_load_explicit(&buffer->amps, memory_order_acquire);
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

/* Of a basis state it is known what direct_support() would find. */
static bool know_support(struct support *support, const struct exec *exec, const char *label)
{
    support->still = (UINT64_C(1) << exec->nqubits) - 1;
    return label[0] && fill_basis_index(&support->label, label, exec->nqubits);
}

/* All of it, making up for the residue of a state's buffer; the target's is what is left.  As if the parts ran one by
 * one: so the bits are the same. */
static ketsim_status exec_work(const struct exec *exec, struct work *work, struct buffer *target,
                               const struct buffer *from, const void *src)
{
    double residue = from->residue;
    void *const dst = amps_of(target);
    if (work->direct) {
        struct support support;
        const bool known = know_support(&support, exec, from->label);
        TRY(direct_run(exec, work->direct, dst, src, known ? &support : NULL, &residue, &work->passes));
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

ketsim_status work_run(ketsim_state *state, struct work *work, const struct exec *exec)
{
    TRY(commit_work(state, work, exec));
    add(&totals.runs, 1);
    add(&totals.operations, work->operations);
    add(&totals.passes, work->passes);
    if (exec->options && exec->options->profile) exec->options->profile->passes += work->passes;
    return KETSIM_OK;
}
