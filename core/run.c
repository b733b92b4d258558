/* run.c - the transaction: claim, plan, first pass into a second buffer, commit by pointer swap. */
#include <stdlib.h>

#include "circuit.h"
#include "error.h"
#include "fill.h"
#include "state.h"
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
}

/* ---- cancel tokens ---- */

struct ketsim_cancel {
    _Atomic bool raised;
};

ketsim_status ketsim_cancel_new(ketsim_cancel **out)
{
    ketsim_cancel *cancel = calloc(1, sizeof *cancel);
    if (!cancel) return fail(KETSIM_ERR_MEMORY, "cancel token: cannot allocate %zu bytes", sizeof *cancel);
    *out = cancel;
    return KETSIM_OK;
}

void ketsim_cancel_free(ketsim_cancel *cancel)
{
    free(cancel);
}

void ketsim_cancel_raise(ketsim_cancel *cancel)
{
    atomic_store_explicit(&cancel->raised, true, memory_order_relaxed);
}

bool ketsim_cancel_raised(const ketsim_cancel *cancel)
{
    return atomic_load_explicit(&cancel->raised, memory_order_relaxed);
}

/* ---- queue ---- */

void state_forget_queue(ketsim_state *state, size_t keep)
{
    program_truncate(&state->queue, keep);
    atomic_store_explicit(&state->pending, keep, memory_order_release);
}

static void publish_queue(ketsim_state *state)
{
    atomic_store_explicit(&state->pending, state->queue.length, memory_order_release);
}

ketsim_status ketsim_queue(ketsim_state *state, const ketsim_op *ops, size_t count)
{
    TRY(state_claim(state));
    const ketsim_status status = program_append(&state->queue, ops, count);
    publish_queue(state);
    state_release(state);
    return status;
}

size_t ketsim_pending(const ketsim_state *state)
{
    return atomic_load_explicit(&state->pending, memory_order_acquire);
}

ketsim_status ketsim_discard(ketsim_state *state)
{
    TRY(state_claim(state));
    state_forget_queue(state, 0);
    state_release(state);
    return KETSIM_OK;
}

ketsim_status ketsim_queued(ketsim_state *state, ketsim_circuit **out)
{
    ketsim_circuit *circuit = NULL;
    TRY(ketsim_circuit_new(&circuit, state->nqubits));
    ketsim_status status = state_claim(state);
    if (status == KETSIM_OK) {
        status = program_extend(&circuit->program, &state->queue);
        state_release(state);
    }
    if (status == KETSIM_OK) *out = circuit;
    else ketsim_circuit_free(circuit);
    return status;
}

/* ---- buffers of a run ---- */

struct exec state_exec(const ketsim_state *state)
{
    return (struct exec){.dtype = state->dtype,
                         .nqubits = state->nqubits,
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

static ketsim_status run_inplace(ketsim_state *state, const struct plan *plan, const struct exec *exec,
                                 struct buffer *buffer)
{
    buffer->label[0] = 0;
    const ketsim_status status = exec_plan(exec, plan, amps_of(buffer), amps_of(buffer));
    if (status == KETSIM_OK) {
        state_commit(state, buffer);
    } else {
        buffer_release(buffer);
        atomic_store_explicit(&state->condition, KETSIM_ERR_INVALID, memory_order_release);
    }
    return status;
}

/* Passes into target, the first out of the committed buffer; of a product state there is nothing to read. */
static ketsim_status run_into(ketsim_state *state, const struct plan *plan, const struct exec *exec,
                              struct buffer *target)
{
    void *dst = amps_of(target), *src = amps_of(state->current);
    if (plan->from_label) return exec_plan(exec, plan, dst, dst);
    if (!src) fill_product(exec, dst, state->current->label);
    else add(&totals.clones, 1);
    return exec_plan(exec, plan, dst, src ? src : dst);
}

static uint64_t clock_if(bool timed)
{
    return timed ? clock_ns() : 0;
}

static ketsim_status run_transaction(ketsim_state *state, const struct plan *plan, const struct exec *exec)
{
    struct buffer *target;
    const bool timed = exec->nqubits >= TIMED_QUBITS;
    const uint64_t start = clock_if(timed);
    TRY(buffer_acquire(&target, state->current->bytes));
    const uint64_t acquired = clock_if(timed);
    const ketsim_status status = run_into(state, plan, exec, target);
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

static ketsim_status run_plan(ketsim_state *state, const struct plan *plan, const struct exec *exec)
{
    if (!plan->length) { /* all identities */
        state_commit(state, state->current);
        return KETSIM_OK;
    }
    if (atomic_load_explicit(&state->inplace, memory_order_relaxed) && amps_of(state->current)) {
        if (buffer_viewed(state->current))
            return fail(KETSIM_ERR_VIEWED, "in-place run: a view of the amplitudes is alive; drop it first");
        struct buffer *own = take_current(state);
        if (own) return run_inplace(state, plan, exec, own);
    }
    return run_transaction(state, plan, exec);
}

/* ---- runs ---- */

static ketsim_status check_options(const ketsim_state *state, const ketsim_run_options *options,
                                   struct exec *exec)
{
    if (!options) return KETSIM_OK;
    const uint64_t generation = ketsim_state_generation(state);
    if (options->threads > KETSIM_MAX_THREADS)
        return fail(KETSIM_ERR_ARGUMENT, "%u threads: must be 0..%d", options->threads, KETSIM_MAX_THREADS);
    if (options->expect_generation && options->expect_generation != generation)
        return fail(KETSIM_ERR_BUSY, "state is at generation %llu: expected %llu; another writer was faster",
                    (unsigned long long)generation, (unsigned long long)options->expect_generation);
    if (options->threads) exec->threads = options->threads;
    exec->deadline = clock_deadline(options->timeout_ms);
    exec->options = options;
    return exec_check(exec);
}

ketsim_status state_run_queue(ketsim_state *state, const ketsim_run_options *options)
{
    struct plan plan;
    struct exec exec = state_exec(state);
    const size_t operations = state->queue.length;
    TRY(check_options(state, options, &exec));
    if (!operations) return KETSIM_OK;
    TRY(plan_init(&plan, &state->queue,
                  &(struct plan_options){
                      .nqubits = state->nqubits, .dtype = state->dtype, .label = label_of(state->current)}));
    const ketsim_status status = run_plan(state, &plan, &exec);
    if (status == KETSIM_OK) {
        state_forget_queue(state, 0);
        add(&totals.runs, 1);
        add(&totals.operations, operations);
        add(&totals.passes, plan.length);
    }
    plan_clear(&plan);
    return status;
}

ketsim_status ketsim_run(ketsim_state *state, const ketsim_run_options *options)
{
    TRY(state_claim(state));
    const ketsim_status status = state_run_queue(state, options);
    state_release(state);
    return status;
}

/* With the claim held and more operations on the queue than kept: run all, or leave the first kept. */
static ketsim_status run_extended(ketsim_state *state, size_t kept, ketsim_status extended,
                                  const ketsim_run_options *options)
{
    const ketsim_status status = extended == KETSIM_OK ? state_run_queue(state, options) : extended;
    if (status != KETSIM_OK) program_truncate(&state->queue, kept);
    publish_queue(state);
    state_release(state);
    return status;
}

ketsim_status ketsim_apply(ketsim_state *state, const ketsim_circuit *circuit,
                           const ketsim_run_options *options)
{
    TRY(state_claim(state));
    const size_t kept = state->queue.length;
    return run_extended(state, kept, circuit_append_to(&state->queue, circuit), options);
}

ketsim_status ketsim_apply_ops(ketsim_state *state, const ketsim_op *ops, size_t count,
                               const ketsim_run_options *options)
{
    TRY(state_claim(state));
    const size_t kept = state->queue.length;
    return run_extended(state, kept, program_append(&state->queue, ops, count), options);
}

ketsim_status ketsim_apply_gate(ketsim_state *state, ketsim_gate gate, const double *angles,
                                const int *qubits)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(gate);
    const size_t nqubits = row ? row->ncontrols + row->ntargets : 0;
    return ketsim_apply_ops(
        state, &(ketsim_op){.gate = gate, .angles = angles, .qubits = qubits, .nqubits = nqubits}, 1, NULL);
}

/* 40 ns to plan and start a sweep, and half a nanosecond an amplitude. */
uint64_t ketsim_estimate_ns(const ketsim_state *state, size_t operations)
{
    return (ketsim_pending(state) + operations) * (40 + (UINT64_C(1) << state->nqubits) / 2);
}
