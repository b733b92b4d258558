/* read.c - the public reads and measurement, over snapshots. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "density.h"
#include "error.h"
#include "fill.h"
#include "memory.h"
#include "reduce.h"
#include "rng.h"
#include "sample.h"
#include "state.h"
#include "threads.h"

/* Bits of an outcome, most significant first. */
struct selection {
    uint8_t bits[KETSIM_MAX_QUBITS];
    unsigned count;
};

static ketsim_status select_qubits(struct selection *out, const ketsim_state *state, const int *qubits,
                                   size_t nqubits)
{
    uint64_t seen = 0;
    out->count = qubits ? (unsigned)nqubits : state->nqubits;
    if (qubits) TRY(check_qubits(&seen, state->nqubits, qubits, nqubits));
    for (unsigned k = 0; k < out->count; k++)
        out->bits[k] = (uint8_t)(state->nqubits - 1 - (qubits ? (unsigned)qubits[k] : k));
    return KETSIM_OK;
}

ketsim_status ketsim_norm(ketsim_state *state, double *out)
{
    struct snapshot now;
    TRY(state_read(&now, state, true));
    double norm2 = 0;
    const ketsim_status status = reduce_norm2(&norm2, now.amps, state->dtype, state->nqubits, state->threads);
    if (status == KETSIM_OK) *out = sqrt(norm2);
    buffer_release(now.buffer);
    return status;
}

ketsim_status ketsim_inner(ketsim_state *a, ketsim_state *b, ketsim_complex *out)
{
    struct snapshot bra, ket;
    if (a->nqubits != b->nqubits || a->dtype != b->dtype)
        return fail(KETSIM_ERR_ARGUMENT,
                    "inner: states of %u and %u qubits%s: must have the same size and dtype", a->nqubits,
                    b->nqubits, a->dtype == b->dtype ? "" : " and different dtypes");
    TRY(state_read(&bra, a, true));
    ketsim_status status = state_read(&ket, b, true);
    if (status == KETSIM_OK) {
        status = reduce_inner(out, bra.amps, ket.amps, a->dtype, a->nqubits, a->threads);
        buffer_release(ket.buffer);
    }
    buffer_release(bra.buffer);
    return status;
}

ketsim_status ketsim_get_amplitudes(ketsim_state *state, void *out, uint64_t first, uint64_t count)
{
    struct snapshot now;
    const uint64_t namps = UINT64_C(1) << state->nqubits;
    const struct exec exec = state_exec(state);
    if (first > namps || count > namps - first)
        return fail(KETSIM_ERR_ARGUMENT, "amplitudes %llu to %llu: must lie in 0..%llu",
                    (unsigned long long)first, (unsigned long long)(first + count),
                    (unsigned long long)namps);
    TRY(state_read(&now, state, true));
    const size_t size = state->dtype == KETSIM_COMPLEX128 ? 16 : 8;
    ketsim_status status = KETSIM_OK;
    if (count == namps && count * size >= BUFFER_LEAST) status = fill_copy(&exec, out, now.amps);
    else memcpy(out, (const char *)now.amps + first * size, count * size);
    buffer_release(now.buffer);
    return status;
}

ketsim_status ketsim_probabilities(ketsim_state *state, double *out, const int *qubits, size_t nqubits)
{
    struct selection chosen;
    struct snapshot now;
    TRY(select_qubits(&chosen, state, qubits, nqubits));
    TRY(state_read(&now, state, true));
    const ketsim_status status = reduce_probabilities(out, now.amps, state->dtype, state->nqubits,
                                                      chosen.bits, chosen.count, state->threads);
    buffer_release(now.buffer);
    return status;
}

ketsim_status ketsim_density_matrix(ketsim_state *state, ketsim_complex *out, const int *qubits,
                                    size_t nqubits)
{
    struct selection chosen;
    struct snapshot now;
    TRY(select_qubits(&chosen, state, qubits, nqubits));
    if (chosen.count > KETSIM_MAX_DENSITY_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "density matrix of %u qubits: must be at most %d", chosen.count,
                    KETSIM_MAX_DENSITY_QUBITS);
    TRY(state_read(&now, state, true));
    const ketsim_status status = density_matrix(out, now.amps, state->dtype, state->nqubits, chosen.bits,
                                                chosen.count, state->threads);
    buffer_release(now.buffer);
    return status;
}

static ketsim_status sample(ketsim_state *state, uint64_t *out, uint64_t shots,
                            const struct selection *chosen, uint64_t key, const struct exec *exec)
{
    struct snapshot now;
    TRY(state_read(&now, state, true));
    const ketsim_status status = sample_outcomes(out, shots, now.amps, exec, chosen->bits, chosen->count,
                                                 key);
    buffer_release(now.buffer);
    return status;
}

ketsim_status ketsim_sample(ketsim_state *state, uint64_t *out, uint64_t shots, const int *qubits,
                            size_t nqubits, const uint64_t *seed)
{
    struct selection chosen;
    uint64_t key = seed ? *seed : 0;
    struct exec exec = state_exec(state);
    exec.options = limits_options(&exec.deadline);
    TRY(select_qubits(&chosen, state, qubits, nqubits));
    if (!seed) TRY(rng_os_seed(&key));
    return sample(state, out, shots, &chosen, key, &exec);
}

ketsim_status state_sample(ketsim_state *state, uint64_t *out, uint64_t shots, uint64_t seed,
                           const ketsim_run_options *options)
{
    struct selection chosen;
    struct exec exec = state_exec(state);
    exec.options = options;
    exec.deadline = clock_deadline(options->timeout_ms);
    TRY(select_qubits(&chosen, state, NULL, 0));
    return sample(state, out, shots, &chosen, seed, &exec);
}

/* ---- measurement ---- */

/* Where the outcome's bits stand in the index. */
static void spread_outcome(uint64_t *mask, uint64_t *values, const struct selection *chosen, uint64_t outcome)
{
    *mask = *values = 0;
    for (unsigned k = 0; k < chosen->count; k++) {
        *mask |= UINT64_C(1) << chosen->bits[k];
        *values |= (outcome >> (chosen->count - 1 - k) & 1) << chosen->bits[k];
    }
}

static ketsim_status draw(uint64_t *outcome, double *probability, const ketsim_state *state, const void *amps,
                          const struct selection *chosen, uint64_t key)
{
    double *probabilities = memory_take(UINT64_C(1) << chosen->count, sizeof *probabilities, "probabilities");
    if (!probabilities) return KETSIM_ERR_MEMORY;
    ketsim_status status = reduce_probabilities(probabilities, amps, state->dtype, state->nqubits,
                                                chosen->bits, chosen->count, state->threads);
    if (status == KETSIM_OK)
        status = sample_one(outcome, probability, probabilities, chosen->count,
                            rng_uniform(key, RNG_MEASURE, 0, 0, 0));
    free(probabilities);
    return status;
}

/* With the claim held and the queue run. */
static ketsim_status measure(ketsim_state *state, uint64_t *outcome, const struct selection *chosen,
                             uint64_t key)
{
    const void *amps;
    struct buffer *target;
    uint64_t mask, values;
    double probability;
    const struct exec exec = state_exec(state);
    TRY(state_amplitudes(&amps, state, state->current));
    TRY(draw(outcome, &probability, state, amps, chosen, key));
    TRY(buffer_acquire(&target, state->current->bytes));
    spread_outcome(&mask, &values, chosen, *outcome);
    const ketsim_status status = fill_project(&exec, target->amps, amps, mask, values, 1 / sqrt(probability));
    if (status == KETSIM_OK) state_commit(state, target);
    else buffer_release(target);
    return status;
}

ketsim_status ketsim_measure(ketsim_state *state, uint64_t *out, const int *qubits, size_t nqubits,
                             const uint64_t *seed)
{
    struct selection chosen;
    uint64_t key = seed ? *seed : 0, outcome = 0;
    TRY(select_qubits(&chosen, state, qubits, nqubits));
    if (!seed) TRY(rng_os_seed(&key));
    TRY(state_claim(state));
    ketsim_status status = state_run_queue(state, NULL);
    if (status == KETSIM_OK) status = measure(state, &outcome, &chosen, key);
    state_release(state);
    if (status == KETSIM_OK) *out = outcome;
    return status;
}

/* ---- projection ---- */

static ketsim_status check_outcome(const struct selection *chosen, uint64_t outcome)
{
    if (!(outcome >> chosen->count)) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "outcome %llu: must be 0..%llu for %u qubits",
                (unsigned long long)outcome, (unsigned long long)(UINT64_C(1) << chosen->count) - 1,
                chosen->count);
}

static ketsim_status check_left(double norm2)
{
    if (sqrt(norm2) >= NORM_LEAST) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT,
                "outcome of probability %.3g: what is left must have a norm of at least %g", norm2,
                NORM_LEAST);
}

static ketsim_status project_into(void *to, double *norm2, const void *amps, const struct exec *exec,
                                  uint64_t mask, uint64_t values, bool normalize)
{
    TRY(fill_project(exec, to, amps, mask, values, 1));
    TRY(reduce_norm2(norm2, to, exec->dtype, exec->nqubits, exec->threads));
    if (!normalize) return KETSIM_OK;
    TRY(check_left(*norm2));
    return fill_project(exec, to, to, 0, 0, 1 / sqrt(*norm2));
}

/* With the claim held and the queue run. */
static ketsim_status project(ketsim_state *state, double *norm2, uint64_t mask, uint64_t values,
                             bool normalize)
{
    const void *amps;
    struct buffer *target;
    const struct exec exec = state_exec(state);
    TRY(state_amplitudes(&amps, state, state->current));
    TRY(buffer_acquire(&target, state->current->bytes));
    const ketsim_status status = project_into(target->amps, norm2, amps, &exec, mask, values, normalize);
    if (status == KETSIM_OK) state_commit(state, target);
    else buffer_release(target);
    return status;
}

ketsim_status ketsim_postselect(ketsim_state *state, double *probability, const int *qubits, size_t nqubits,
                                uint64_t outcome, bool normalize)
{
    struct selection chosen;
    uint64_t mask, values;
    double norm2 = 0;
    TRY(select_qubits(&chosen, state, qubits, nqubits));
    TRY(check_outcome(&chosen, outcome));
    spread_outcome(&mask, &values, &chosen, outcome);
    TRY(state_claim(state));
    ketsim_status status = state_run_queue(state, NULL);
    if (status == KETSIM_OK) status = project(state, &norm2, mask, values, normalize);
    state_release(state);
    if (status == KETSIM_OK && probability) *probability = norm2;
    return status;
}
