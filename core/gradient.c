/* gradient.c - derivatives of expectation values by the angles of a circuit: reads of a state, over a clone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adjoint.h"
#include "circuit.h"
#include "error.h"
#include "expect.h"
#include "fill.h"
#include "state.h"
#include "threads.h"

/* Parts of a call in its whole, from 0 to 1. */
static const double FORWARD = 0.2, EXPECTED = 0.25, APPLIED = 0.3;

/* Observables with their weights. */
struct wanted {
    const ketsim_observable *const *observables;
    const double *weights;
    size_t count;
};

static ketsim_status check_angles(const struct program *program, size_t nangles)
{
    const size_t has = program_angles(program);
    if (has == nangles) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "gradient by %zu angles: the circuit has %zu", nangles, has);
}

static ketsim_status check_weights(const double *weights, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(weights[k]))
            return fail(KETSIM_ERR_ARGUMENT, "weight %zu is %g: must be finite", k, weights[k]);
    return KETSIM_OK;
}

/* A part of the call. */
static struct pauli_state read_part(const struct exec *exec, const void *psi, double begins, double ends)
{
    return (struct pauli_state){
        psi, exec->dtype, exec->nqubits, exec->threads, {exec_stops(exec), "gradient", begins, ends}};
}

static ketsim_status expect_all(double *values, const struct wanted *wanted, const struct exec *exec,
                                const ketsim_state *state, const void *psi)
{
    const struct pauli_state read = read_part(exec, psi, FORWARD, EXPECTED);
    struct pauli_sums sums;
    TRY(expect_terms(&sums, state->nqubits, wanted->observables, wanted->count));
    const ketsim_status status = pauli_expect(values, &read, &sums);
    free(sums.terms);
    return status;
}

/* lambda = sum of the weighted observables applied to psi. */
static ketsim_status apply_all(void *lambda, const struct wanted *wanted, const struct exec *exec,
                               const ketsim_state *state, const void *psi)
{
    const struct pauli_state read = read_part(exec, psi, EXPECTED, APPLIED);
    struct pauli_sums sums;
    TRY(expect_terms(&sums, state->nqubits, wanted->observables, wanted->count));
    for (size_t k = 0; k < sums.nterms; k++) sums.terms[k].coefficient *= wanted->weights[sums.terms[k].sum];
    const ketsim_status status = pauli_apply(lambda, &read, &sums);
    free(sums.terms);
    return status;
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
    fill_copy(exec, (*out)->amps, amps);
    return KETSIM_OK;
}

/* With the state behind the circuit, which nobody else knows. */
static ketsim_status walk(double *gradient, const struct wanted *wanted, const struct cuts *cuts,
                          const struct exec *exec, const ketsim_state *state, void *psi)
{
    struct buffer *lambda;
    struct exec part = *exec;
    part.begins = APPLIED;
    TRY(buffer_acquire(&lambda, state->current->bytes));
    memset(lambda->amps, 0, BUFFER_LEAST); /* what pads a small state */
    ketsim_status status = apply_all(lambda->amps, wanted, exec, state, psi);
    if (status == KETSIM_OK) status = adjoint_walk(gradient, &part, cuts, psi, lambda->amps);
    buffer_release(lambda);
    return status;
}

static ketsim_status differentiate(double *values, double *gradient, const struct wanted *wanted,
                                   const struct program *program, const struct exec *exec,
                                   const ketsim_state *state)
{
    struct buffer *psi;
    struct cuts cuts;
    TRY(own_amplitudes(&psi, state, exec));
    ketsim_status status = expect_all(values, wanted, exec, state, psi->amps);
    if (status == KETSIM_OK) {
        status = cuts_make(&cuts, program);
        if (status == KETSIM_OK) status = walk(gradient, wanted, &cuts, exec, state, psi->amps);
        cuts_clear(&cuts);
    }
    buffer_release(psi);
    return status;
}

/* Run the circuit by the way that every run goes, and then all else; state is a clone, to be used up. */
static ketsim_status run_and_differentiate(double *values, double *gradient, const struct wanted *wanted,
                                           const ketsim_circuit *circuit, ketsim_state *state,
                                           const ketsim_run_options *options)
{
    struct exec exec = state_exec(state);
    if (options->threads) exec.threads = options->threads;
    exec.deadline = clock_deadline(options->timeout_ms);
    exec.options = options;
    TRY(ketsim_apply(state, circuit, options));
    return differentiate(values, gradient, wanted, &circuit->program, &exec, state);
}

/* With a circuit of the call's own; results are written when all is well. */
static ketsim_status compute(double *values, double *gradient, size_t nangles, const struct wanted *wanted,
                             const ketsim_circuit *circuit, ketsim_state *start,
                             const ketsim_run_options *options)
{
    ketsim_state *state;
    TRY(circuit_refuse_dynamic(circuit));
    TRY(check_angles(&circuit->program, nangles));
    double *out = malloc((wanted->count + nangles + 1) * sizeof *out);
    if (!out) return fail(KETSIM_ERR_MEMORY, "gradient: cannot allocate %zu derivatives", nangles);
    ketsim_status status = ketsim_state_clone(&state, start);
    if (status == KETSIM_OK) {
        status = run_and_differentiate(out, out + wanted->count, wanted, circuit, state, options);
        ketsim_state_free(state);
    }
    for (size_t k = 0; status == KETSIM_OK && k < wanted->count; k++) values[k] = out[k];
    for (size_t k = 0; status == KETSIM_OK && k < nangles; k++) gradient[k] = out[wanted->count + k];
    free(out);
    return status;
}

/* The caller's options for runs of the clone, whose generations are its own. */
static ketsim_status check_options(ketsim_run_options *out, const ketsim_state *start,
                                   const ketsim_run_options *options)
{
    const uint64_t generation = ketsim_state_generation(start);
    *out = options ? *options : (ketsim_run_options){0};
    if (out->expect_generation && out->expect_generation != generation)
        return fail(KETSIM_ERR_BUSY, "start is at generation %llu: expected %llu; a writer was faster",
                    (unsigned long long)generation, (unsigned long long)out->expect_generation);
    out->expect_generation = 0;
    return KETSIM_OK;
}

ketsim_status ketsim_vjp(ketsim_state *start, double *values, double *gradient, size_t nangles,
                         const ketsim_circuit *circuit, const ketsim_observable *const *observables,
                         const double *weights, size_t count, const ketsim_run_options *options)
{
    const struct wanted wanted = {observables, weights, count};
    ketsim_run_options run;
    ketsim_circuit *own;
    TRY(check_weights(weights, count));
    TRY(check_options(&run, start, options));
    TRY(ketsim_circuit_copy(&own, circuit));
    const ketsim_status status = compute(values, gradient, nangles, &wanted, own, start, &run);
    ketsim_circuit_free(own);
    return status;
}

ketsim_status ketsim_gradient(ketsim_state *start, double *value, double *gradient, size_t nangles,
                              const ketsim_circuit *circuit, const ketsim_observable *observable,
                              const ketsim_run_options *options)
{
    const double one = 1;
    return ketsim_vjp(start, value, gradient, nangles, circuit, &observable, &one, 1, options);
}
