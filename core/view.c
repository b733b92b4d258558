/* view.c - the amplitudes in the caller's hands: read-only generations, and an edit that commits. */
#include <math.h>
#include <stdlib.h>

#include "error.h"
#include "fill.h"
#include "reduce.h"
#include "state.h"

struct ketsim_view {
    struct snapshot of;
};

struct ketsim_edit {
    ketsim_state *state; /* whose claim is held */
    struct buffer *buffer;
};

ketsim_status ketsim_view_new(ketsim_view **out, ketsim_state *state)
{
    ketsim_view *view = calloc(1, sizeof *view);
    if (!view) return fail(KETSIM_ERR_MEMORY, "view: cannot allocate %zu bytes", sizeof *view);
    const ketsim_status status = state_read(&view->of, state, true);
    if (status != KETSIM_OK) {
        free(view);
        return status;
    }
    atomic_fetch_add_explicit(&view->of.buffer->views, 1, memory_order_relaxed);
    *out = view;
    return KETSIM_OK;
}

void ketsim_view_free(ketsim_view *view)
{
    if (!view) return;
    atomic_fetch_sub_explicit(&view->of.buffer->views, 1, memory_order_relaxed);
    buffer_release(view->of.buffer);
    free(view);
}

const void *ketsim_view_amplitudes(const ketsim_view *view)
{
    return view->of.amps;
}

uint64_t ketsim_view_generation(const ketsim_view *view)
{
    return view->of.generation;
}

/* With the claim held and the queue run. */
static ketsim_status copy_current(ketsim_edit *edit, ketsim_state *state)
{
    const void *amps;
    const struct exec exec = state_exec(state);
    TRY(state_amplitudes(&amps, state, state->current));
    TRY(buffer_acquire(&edit->buffer, state->current->bytes));
    const ketsim_status status = fill_copy(&exec, edit->buffer->amps, amps);
    if (status != KETSIM_OK) buffer_release(edit->buffer);
    return status;
}

ketsim_status ketsim_edit_begin(ketsim_edit **out, ketsim_state *state)
{
    ketsim_edit *edit = calloc(1, sizeof *edit);
    if (!edit) return fail(KETSIM_ERR_MEMORY, "edit: cannot allocate %zu bytes", sizeof *edit);
    ketsim_status status = state_claim(state);
    if (status == KETSIM_OK) {
        status = state_run_queue(state, NULL);
        if (status == KETSIM_OK) status = copy_current(edit, state);
        if (status != KETSIM_OK) state_release(state);
    }
    if (status != KETSIM_OK) {
        free(edit);
        return status;
    }
    edit->state = state;
    *out = edit;
    return KETSIM_OK;
}

void *ketsim_edit_amplitudes(const ketsim_edit *edit)
{
    return edit->buffer->amps;
}

ketsim_status ketsim_edit_commit(ketsim_edit *edit)
{
    ketsim_state *state = edit->state;
    double norm2 = 0;
    const ketsim_status status = reduce_norm2(&norm2, edit->buffer->amps, state->dtype, state->nqubits,
                                              state->threads);
    if (status != KETSIM_OK || !isfinite(norm2)) {
        ketsim_edit_abort(edit);
        if (status != KETSIM_OK) return status;
        return fail(KETSIM_ERR_ARGUMENT, "edit: norm is %g: all amplitudes must be finite, and the norm too",
                    norm2);
    }
    state_commit(state, edit->buffer);
    state_release(state);
    free(edit);
    return KETSIM_OK;
}

void ketsim_edit_abort(ketsim_edit *edit)
{
    buffer_release(edit->buffer);
    state_release(edit->state);
    free(edit);
}
