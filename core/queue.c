/* queue.c - operations that wait on a state for its next run. */
#include "circuit.h"
#include "error.h"
#include "state.h"

void state_forget_queue(ketsim_state *state, size_t keep)
{
    program_truncate(&state->queue, keep);
    atomic_store_explicit(&state->pending, keep, memory_order_release);
}

void state_publish_queue(ketsim_state *state)
{
    atomic_store_explicit(&state->pending, state->queue.length, memory_order_release);
}

ketsim_status ketsim_queue(ketsim_state *state, const ketsim_op *ops, size_t count)
{
    TRY(state_claim(state));
    const ketsim_status status = program_append(&state->queue, ops, count);
    state_publish_queue(state);
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
