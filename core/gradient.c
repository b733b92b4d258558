/* gradient.c - derivatives of expectation values by the angles of a circuit: reads of a state, over a clone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adjoint.h"
#include "behind.h"
#include "circuit.h"
#include "error.h"
#include "expect.h"

/* Parts of a call in its whole, from 0 to 1. */
static const double FORWARD = 0.2, EXPECTED = 0.25, APPLIED = 0.3;

/* Observables with their weights. */
struct wanted {
    const ketsim_observable *const *observables;
    const double *weights;
    size_t count;
};

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

static ketsim_status expect_all(double *values, const struct wanted *wanted, const struct behind *behind)
{
    const struct pauli_state read = read_part(&behind->exec, behind->psi->amps, FORWARD, EXPECTED);
    struct pauli_sums sums;
    TRY(expect_terms(&sums, behind->exec.nqubits, wanted->observables, wanted->count));
    const ketsim_status status = pauli_expect(values, &read, &sums);
    free(sums.terms);
    return status;
}

/* lambda = sum of the weighted observables applied to psi. */
static ketsim_status apply_all(void *lambda, const struct wanted *wanted, const struct behind *behind)
{
    const struct pauli_state read = read_part(&behind->exec, behind->psi->amps, EXPECTED, APPLIED);
    struct pauli_sums sums;
    TRY(expect_terms(&sums, behind->exec.nqubits, wanted->observables, wanted->count));
    for (size_t k = 0; k < sums.nterms; k++) sums.terms[k].coefficient *= wanted->weights[sums.terms[k].sum];
    const ketsim_status status = pauli_apply(lambda, &read, &sums);
    free(sums.terms);
    return status;
}

static ketsim_status walk(double *gradient, const struct wanted *wanted, const struct cuts *cuts,
                          const struct behind *behind)
{
    struct buffer *lambda;
    struct exec part = behind->exec;
    part.begins = APPLIED;
    TRY(buffer_acquire(&lambda, behind->psi->bytes));
    memset(lambda->amps, 0, BUFFER_LEAST); /* what pads a small state */
    ketsim_status status = apply_all(lambda->amps, wanted, behind);
    if (status == KETSIM_OK) status = adjoint_walk(gradient, &part, cuts, behind->psi->amps, lambda->amps);
    buffer_release(lambda);
    return status;
}

static ketsim_status differentiate(double *values, double *gradient, const struct wanted *wanted,
                                   const struct behind *behind)
{
    struct cuts cuts;
    TRY(expect_all(values, wanted, behind));
    ketsim_status status = adjoint_cuts(&cuts, &behind->circuit->program, &behind->exec, behind->label);
    if (status == KETSIM_OK) status = walk(gradient, wanted, &cuts, behind);
    cuts_clear(&cuts);
    return status;
}

/* Results are written when all is well. */
static ketsim_status compute(double *values, double *gradient, size_t nangles, const struct wanted *wanted,
                             const struct behind *behind)
{
    double *out = malloc((wanted->count + nangles + 1) * sizeof *out);
    if (!out) return fail(KETSIM_ERR_MEMORY, "gradient: cannot allocate %zu derivatives", nangles);
    const ketsim_status status = differentiate(out, out + wanted->count, wanted, behind);
    for (size_t k = 0; status == KETSIM_OK && k < wanted->count; k++) values[k] = out[k];
    for (size_t k = 0; status == KETSIM_OK && k < nangles; k++) gradient[k] = out[wanted->count + k];
    free(out);
    return status;
}

ketsim_status ketsim_vjp(ketsim_state *start, double *values, double *gradient, size_t nangles,
                         const ketsim_circuit *circuit, const ketsim_observable *const *observables,
                         const double *weights, size_t count, const ketsim_run_options *options)
{
    const struct wanted wanted = {observables, weights, count};
    struct behind behind;
    TRY(check_weights(weights, count));
    ketsim_status status = behind_run(&behind, start, circuit, nangles, options);
    if (status == KETSIM_OK) status = compute(values, gradient, nangles, &wanted, &behind);
    behind_clear(&behind);
    return status;
}

ketsim_status ketsim_gradient(ketsim_state *start, double *value, double *gradient, size_t nangles,
                              const ketsim_circuit *circuit, const ketsim_observable *observable,
                              const ketsim_run_options *options)
{
    const double one = 1;
    return ketsim_vjp(start, value, gradient, nangles, circuit, &observable, &one, 1, options);
}
