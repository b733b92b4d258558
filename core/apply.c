/* apply.c - the queue and then a circuit or a list of operations, in one transaction. */
#include <math.h>

#include "circuit.h"
#include "error.h"
#include "guess.h"
#include "profile.h"
#include "state.h"

/* With the claim held and more operations on the queue than kept: run all, or leave the first kept. */
static ketsim_status run_appended(ketsim_state *state, size_t kept, ketsim_status extended, bool recurs,
                                  const ketsim_run_options *options)
{
    ketsim_status status = extended;
    profile_lap(options, KETSIM_STAGE_ENCODE);
    if (status == KETSIM_OK)
        status = recurs ? state_run_recurring(state, options) : state_run_queue(state, options);
    if (status != KETSIM_OK) program_truncate(&state->queue, kept);
    state_publish_queue(state);
    return status;
}

static ketsim_status run_extended(ketsim_state *state, size_t kept, ketsim_status extended, bool recurs,
                                  const ketsim_run_options *options)
{
    const ketsim_status status = run_appended(state, kept, extended, recurs, options);
    state_end_run(state, options);
    return status;
}

ketsim_status ketsim_apply(ketsim_state *state, const ketsim_circuit *circuit,
                           const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const size_t kept = state->queue.length;
    return run_extended(state, kept, circuit_append_to(&state->queue, circuit), true, options);
}

ketsim_status ketsim_apply_bound(ketsim_state *state, const ketsim_circuit *circuit, const double *values,
                                 size_t count, const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const size_t kept = state->queue.length;
    return run_extended(state, kept, circuit_bind_to(&state->queue, circuit, values, count), true, options);
}

ketsim_status state_apply_once(ketsim_state *state, const ketsim_circuit *circuit,
                               const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const size_t kept = state->queue.length;
    const ketsim_status extended = circuit_append_to(&state->queue, circuit);
    const ketsim_status status = run_appended(state, kept, extended, false, options);
    if (!state->queue.length) program_clear(&state->queue);
    state_end_run(state, options);
    return status;
}

ketsim_status state_expect_once(double *ns, ketsim_state *state, const ketsim_circuit *circuit,
                                const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const size_t kept = state->queue.length;
    ketsim_status status = circuit_append_to(&state->queue, circuit);
    if (status == KETSIM_OK) status = state_expect_queue(ns, state, options);
    program_truncate(&state->queue, kept);
    state_end_run(state, options);
    return status;
}

/* With the claim held and no queue: the circuit's operations are the queue's while they run, which saves a copy. */
static ketsim_status run_exchanged(ketsim_state *state, ketsim_circuit *circuit,
                                   const ketsim_run_options *options)
{
    const ketsim_status status = state_run_queue(state, options);
    if (status != KETSIM_OK) {
        (void)circuit_exchange(circuit, &state->queue);
        program_truncate(&state->queue, 0); /* what another thread may have put there meanwhile */
    }
    state_publish_queue(state);
    state_end_run(state, options);
    return status;
}

ketsim_status ketsim_apply_once(ketsim_state *state, ketsim_circuit *circuit,
                                const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const size_t kept = state->queue.length;
    if (!kept && circuit_exchange(circuit, &state->queue)) return run_exchanged(state, circuit, options);
    TRY(run_extended(state, kept, circuit_append_to(&state->queue, circuit), false, options));
    return ketsim_circuit_truncate(circuit, 0);
}

ketsim_status ketsim_apply_ops(ketsim_state *state, const ketsim_op *ops, size_t count,
                               const ketsim_run_options *options)
{
    TRY(state_begin_run(state, options));
    const size_t kept = state->queue.length;
    return run_extended(state, kept, program_append(&state->queue, ops, count), false, options);
}

ketsim_status ketsim_apply_gate(ketsim_state *state, ketsim_gate gate, const double *angles,
                                const int *qubits)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(gate);
    const size_t nqubits = row ? row->ncontrols + row->ntargets : 0;
    return ketsim_apply_ops(
        state, &(ketsim_op){.gate = gate, .angles = angles, .qubits = qubits, .nqubits = nqubits}, 1, NULL);
}

/* The queue is the claim holder's: only its length may be looked at. */
uint64_t ketsim_estimate_ns(const ketsim_state *state, size_t operations)
{
    static const double most = 1e18;
    const struct guess guess = {.nqubits = state->nqubits, .dtype = state->dtype};
    return (uint64_t)fmin(guess_operations_ns(&guess, ketsim_pending(state) + operations), most);
}
