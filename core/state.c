/* state.c - the life of a state, and snapshots of it. */
#include "state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "fill.h"
#include "memory.h"
#include "reduce.h"
#include "stops.h"

/* How far from 1 the norm of given amplitudes may be. */
static const double NORM_TOLERANCE[] = {[KETSIM_COMPLEX128] = 1e-8, [KETSIM_COMPLEX64] = 1e-4};

/* ---- new ---- */

ketsim_status state_check_size(uint64_t nqubits, ketsim_dtype dtype)
{
    if (dtype != KETSIM_COMPLEX128 && dtype != KETSIM_COMPLEX64)
        return fail(KETSIM_ERR_ARGUMENT, "dtype %d: must be KETSIM_COMPLEX128 or KETSIM_COMPLEX64",
                    (int)dtype);
    if (nqubits < 1 || nqubits > KETSIM_MAX_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "%llu qubits: must be 1..%d", (unsigned long long)nqubits,
                    KETSIM_MAX_QUBITS);
    return KETSIM_OK;
}

ketsim_status state_create(ketsim_state **out, unsigned nqubits, ketsim_dtype dtype, struct buffer *buffer)
{
    ketsim_state *state = aligned_alloc(64, (sizeof *state + 63) / 64 * 64);
    if (!state) {
        buffer_release(buffer);
        return fail(KETSIM_ERR_MEMORY, "state: cannot allocate %zu bytes", sizeof *state);
    }
    memset(state, 0, sizeof *state);
    state->nqubits = nqubits;
    state->dtype = dtype;
    state->current = buffer;
    atomic_store_explicit(&state->generation, 1, memory_order_relaxed);
    program_init(&state->queue, nqubits);
    *out = state;
    return KETSIM_OK;
}

ketsim_status ketsim_state_from_label(ketsim_state **out, const char *label, size_t length,
                                      ketsim_dtype dtype)
{
    struct buffer *buffer;
    TRY(state_check_size(length, dtype));
    TRY(fill_check_label(label, length));
    const uint64_t bytes = buffer_bytes((unsigned)length, dtype);
    TRY(memory_admit(bytes, "state"));
    TRY(buffer_product(&buffer, label, length, bytes));
    return state_create(out, (unsigned)length, dtype, buffer);
}

ketsim_status ketsim_state_new(ketsim_state **out, unsigned nqubits, ketsim_dtype dtype)
{
    char label[KETSIM_MAX_QUBITS];
    memset(label, '0', sizeof label);
    TRY(state_check_size(nqubits, dtype));
    return ketsim_state_from_label(out, label, nqubits, dtype);
}

/* ---- amplitudes given ---- */

static ketsim_status check_norm(double norm2, ketsim_dtype dtype, bool normalize)
{
    const double norm = sqrt(norm2);
    if (!isfinite(norm))
        return fail(KETSIM_ERR_ARGUMENT, "amplitudes: norm is %g: all must be finite, and the norm too",
                    norm);
    if (normalize && norm >= NORM_LEAST) return KETSIM_OK;
    if (normalize)
        return fail(KETSIM_ERR_ARGUMENT, "amplitudes: norm is %g: must be at least %g to be normalized", norm,
                    NORM_LEAST);
    if (fabs(norm - 1) <= NORM_TOLERANCE[dtype]) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "amplitudes: norm is %.17g: must be 1 to within %g, or be normalized",
                norm, NORM_TOLERANCE[dtype]);
}

static ketsim_status copy_checked(void *amps, const struct exec *exec, const void *amplitudes, bool normalize)
{
    double norm2;
    TRY(fill_copy(exec, amps, amplitudes));
    TRY(reduce_norm2(&norm2, amps, exec->dtype, exec->nqubits, exec->threads));
    TRY(check_norm(norm2, exec->dtype, normalize));
    return normalize ? fill_project(exec, amps, amps, 0, 0, 1 / sqrt(norm2)) : KETSIM_OK;
}

/* A buffer with a checked copy of amplitudes. */
static ketsim_status adopt(struct buffer **out, const struct exec *exec, const void *amplitudes,
                           bool normalize)
{
    struct buffer *buffer;
    TRY(buffer_acquire(&buffer, buffer_bytes(exec->nqubits, exec->dtype)));
    void *amps = atomic_load_explicit(&buffer->amps, memory_order_relaxed);
    const ketsim_status status = copy_checked(amps, exec, amplitudes, normalize);
    if (status == KETSIM_OK) *out = buffer;
    else buffer_release(buffer);
    return status;
}

ketsim_status ketsim_state_from_amplitudes(ketsim_state **out, const void *amplitudes, uint64_t count,
                                           ketsim_dtype dtype, bool normalize)
{
    struct buffer *buffer;
    if (count < 2 || count & (count - 1))
        return fail(KETSIM_ERR_ARGUMENT, "%llu amplitudes: must be a power of two, at least 2",
                    (unsigned long long)count);
    const unsigned nqubits = (unsigned)__builtin_ctzll(count);
    TRY(state_check_size(nqubits, dtype));
    TRY(adopt(&buffer, &(struct exec){.dtype = dtype, .nqubits = nqubits}, amplitudes, normalize));
    return state_create(out, nqubits, dtype, buffer);
}

ketsim_status ketsim_state_set(ketsim_state *state, const void *amplitudes, uint64_t count, bool normalize)
{
    struct buffer *buffer;
    const struct exec exec = state_exec(state);
    if (count != UINT64_C(1) << state->nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "%llu amplitudes: must be %llu for %u qubits",
                    (unsigned long long)count, 1ULL << state->nqubits, state->nqubits);
    TRY(state_claim_any(state));
    const ketsim_status status = adopt(&buffer, &exec, amplitudes, normalize);
    if (status == KETSIM_OK) {
        state_commit(state, buffer);
        state_forget_queue(state, 0);
        atomic_store_explicit(&state->condition, KETSIM_OK, memory_order_release);
    }
    state_release(state);
    return status;
}

/* ---- snapshots ---- */

ketsim_status state_snapshot(struct snapshot *out, ketsim_state *state)
{
    spin_lock(&state->lock);
    *out = (struct snapshot){.buffer = state->current, .generation = ketsim_state_generation(state)};
    if (out->buffer) buffer_retain(out->buffer);
    spin_unlock(&state->lock);
    if (out->buffer) return KETSIM_OK;
    TRY(state_usable(state));
    return fail(KETSIM_ERR_BUSY, "state is being written in place: it cannot be read until that run ends");
}

ketsim_status state_amplitudes(const void **out, const ketsim_state *state, struct buffer *buffer)
{
    const void *amps = atomic_load_explicit(&buffer->amps, memory_order_acquire);
    if (!amps) {
        struct buffer *written;
        const struct exec exec = state_exec(state);
        TRY(buffer_acquire(&written, buffer->bytes));
        const ketsim_status status = fill_product(
            &exec, atomic_load_explicit(&written->amps, memory_order_relaxed), buffer->label);
        if (status != KETSIM_OK) {
            buffer_release(written);
            return status;
        }
        buffer_materialize(buffer, written);
        amps = atomic_load_explicit(&buffer->amps, memory_order_acquire);
    }
    *out = amps;
    return KETSIM_OK;
}

/* Operations that another thread is running now are not waited for: its run commits them, or nobody's. */
static ketsim_status settle(ketsim_state *state)
{
    TRY(state_usable(state));
    if (!ketsim_pending(state) || state_claim(state) != KETSIM_OK) return KETSIM_OK;
    const ketsim_status status = state_run_queue(state, NULL);
    state_release(state);
    return status;
}

ketsim_status state_read(struct snapshot *out, ketsim_state *state, bool want_amps)
{
    TRY(settle(state));
    TRY(state_snapshot(out, state));
    const ketsim_status status = want_amps ? state_amplitudes(&out->amps, state, out->buffer) : KETSIM_OK;
    if (status == KETSIM_OK) return KETSIM_OK;
    buffer_release(out->buffer);
    out->buffer = NULL;
    return status;
}

/* A second state around a snapshot, whose reference moves into it. */
static ketsim_status create_like(ketsim_state **out, const ketsim_state *state, const struct snapshot *now)
{
    ketsim_state *clone = NULL;
    TRY(state_create(&clone, state->nqubits, state->dtype, now->buffer));
    atomic_store_explicit(&clone->threads, state->threads, memory_order_relaxed);
    atomic_store_explicit(&clone->inplace, state->inplace, memory_order_relaxed);
    *out = clone;
    return KETSIM_OK;
}

ketsim_status ketsim_state_clone(ketsim_state **out, ketsim_state *state)
{
    struct snapshot now;
    TRY(state_read(&now, state, false));
    return create_like(out, state, &now);
}

ketsim_status state_clone_within(ketsim_state **out, ketsim_state *state, const ketsim_run_options *options,
                                 uint64_t deadline)
{
    const struct limits outer = limits_swap(options, deadline, KETSIM_STAGE_PASSES);
    const ketsim_status status = ketsim_state_clone(out, state);
    limits_restore(&outer);
    return status;
}

/* With the claim held, if there is a queue. */
static ketsim_status copy_queued(ketsim_state **out, ketsim_state *state, bool queued)
{
    struct snapshot now;
    ketsim_state *copy = NULL;
    TRY(state_snapshot(&now, state));
    TRY(create_like(&copy, state, &now));
    const ketsim_status status = queued ? program_extend(&copy->queue, &state->queue) : KETSIM_OK;
    state_publish_queue(copy);
    if (status == KETSIM_OK) *out = copy;
    else ketsim_state_free(copy);
    return status;
}

ketsim_status state_copy(ketsim_state **out, ketsim_state *state)
{
    TRY(state_usable(state));
    const bool queued = ketsim_pending(state) && state_claim(state) == KETSIM_OK;
    const ketsim_status status = copy_queued(out, state, queued);
    if (queued) state_release(state);
    return status;
}

/* ---- end ---- */

void ketsim_state_free(ketsim_state *state)
{
    if (!state) return;
    buffer_release(state->current);
    program_clear(&state->queue);
    free(state);
}

static ketsim_status close_claimed(ketsim_state *state)
{
    spin_lock(&state->lock);
    struct buffer *buffer = state->current;
    const bool viewed = buffer && buffer_viewed(buffer);
    if (!viewed) {
        state->current = NULL;
        atomic_store_explicit(&state->condition, KETSIM_ERR_CLOSED, memory_order_release);
    }
    spin_unlock(&state->lock);
    if (viewed) return fail(KETSIM_ERR_VIEWED, "close: a view of the amplitudes is alive; drop it first");
    buffer_release(buffer);
    program_clear(&state->queue);
    state_forget_queue(state, 0);
    return KETSIM_OK;
}

ketsim_status ketsim_state_close(ketsim_state *state)
{
    if (atomic_load_explicit(&state->condition, memory_order_acquire) == KETSIM_ERR_CLOSED) return KETSIM_OK;
    TRY(state_claim_any(state));
    const ketsim_status status = close_claimed(state);
    state_release(state);
    return status;
}

/* ---- getters and setters ---- */

unsigned ketsim_state_nqubits(const ketsim_state *state)
{
    return state->nqubits;
}

ketsim_dtype ketsim_state_dtype(const ketsim_state *state)
{
    return state->dtype;
}

uint64_t ketsim_state_generation(const ketsim_state *state)
{
    return atomic_load_explicit(&state->generation, memory_order_acquire);
}

ketsim_status ketsim_state_set_threads(ketsim_state *state, unsigned threads)
{
    if (threads > KETSIM_MAX_THREADS)
        return fail(KETSIM_ERR_ARGUMENT, "%u threads: must be 0..%d", threads, KETSIM_MAX_THREADS);
    TRY(state_usable(state));
    atomic_store_explicit(&state->threads, threads, memory_order_relaxed);
    return KETSIM_OK;
}

ketsim_status ketsim_state_set_inplace(ketsim_state *state, bool inplace)
{
    TRY(state_usable(state));
    atomic_store_explicit(&state->inplace, inplace, memory_order_relaxed);
    return KETSIM_OK;
}
