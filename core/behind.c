/* behind.c - see behind.h. */
#include "behind.h"

#include <string.h>

#include "circuit.h"
#include "error.h"
#include "fill.h"
#include "stops.h"

static ketsim_status check_angles(const struct program *program, size_t nangles)
{
    const size_t has = program_angles(program);
    if (has == nangles) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "derivatives by %zu angles: the circuit has %zu", nangles, has);
}

/* The caller's options, or the limits, for runs of the clone, whose generations are its own. */
static ketsim_status check_options(struct behind *behind, const ketsim_state *start,
                                   const ketsim_run_options *options)
{
    const uint64_t generation = ketsim_state_generation(start);
    const struct stops stops = stops_start(options);
    ketsim_run_options *const out = &behind->options;
    if (stops.options) *out = *stops.options;
    behind->exec.deadline = stops.deadline;
    if (out->expect_generation && out->expect_generation != generation)
        return fail(KETSIM_ERR_BUSY, "start is at generation %llu: expected %llu; a writer was faster",
                    (unsigned long long)generation, (unsigned long long)out->expect_generation);
    out->expect_generation = 0;
    return KETSIM_OK;
}

/* Amplitudes of the state's that may be written to: its own, or a copy when others share them. */
static ketsim_status own_amplitudes(struct buffer **out, const ketsim_state *state, const struct exec *exec)
{
    const void *amps;
    TRY(state_amplitudes(&amps, state, state->current));
    if (atomic_load_explicit(&state->current->refs, memory_order_acquire) == 1) {
        buffer_retain(*out = state->current);
        return KETSIM_OK;
    }
    TRY(buffer_acquire(out, state->current->bytes));
    const ketsim_status status = fill_copy(exec, (*out)->amps, amps);
    if (status != KETSIM_OK) buffer_release(*out);
    return status;
}

/* With a clone, which is used up; given: the options are the caller's. */
static ketsim_status run(struct behind *out, ketsim_state *state, bool given)
{
    const uint64_t deadline = out->exec.deadline;
    memcpy(out->label, state->current->label, sizeof out->label);
    out->exec = state_exec(state);
    if (out->options.threads) out->exec.threads = out->options.threads;
    out->exec.deadline = deadline;
    out->exec.options = &out->options;
    TRY(ketsim_apply(state, out->circuit, given ? &out->options : NULL));
    return own_amplitudes(&out->psi, state, &out->exec);
}

ketsim_status behind_run(struct behind *out, ketsim_state *start, const ketsim_circuit *circuit,
                         size_t nangles, const ketsim_run_options *options)
{
    ketsim_state *state;
    *out = (struct behind){.psi = NULL};
    TRY(check_options(out, start, options));
    TRY(ketsim_circuit_copy(&out->circuit, circuit));
    TRY(circuit_refuse_dynamic(out->circuit));
    TRY(check_angles(&out->circuit->program, nangles));
    TRY(ketsim_state_clone(&state, start));
    const ketsim_status status = run(out, state, options);
    ketsim_state_free(state);
    return status;
}

void behind_clear(struct behind *behind)
{
    if (behind->psi) buffer_release(behind->psi);
    if (behind->circuit) ketsim_circuit_free(behind->circuit);
}
