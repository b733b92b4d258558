/* expect.c - expectation values, covariances and matrix elements: reads of a state, over snapshots. */
#include "expect.h"

#include <stdlib.h>

#include "bits.h"
#include "error.h"
#include "memory.h"
#include "observable.h"
#include "state.h"

ketsim_status expect_check(size_t *nterms, unsigned n, const ketsim_observable *const *observables,
                           size_t count)
{
    *nterms = 0;
    for (size_t k = 0; k < count; k++) {
        const unsigned needed = observables[k]->nqubits;
        if (needed > n)
            return fail(KETSIM_ERR_ARGUMENT,
                        "observable acts on qubit %u: the state has %u qubits, must be 0..%u", needed - 1, n,
                        n - 1);
        *nterms += observables[k]->count;
    }
    return KETSIM_OK;
}

static struct pauli_term term_of(const ketsim_pauli_record *record, unsigned n, size_t sum)
{
    const bool minus = bit_count(record->x & record->z) & 2;
    return (struct pauli_term){bits_of_qubits(record->x, n), bits_of_qubits(record->z, n),
                               minus ? -record->coefficient : record->coefficient, sum};
}

ketsim_status expect_terms(struct pauli_sums *out, unsigned n, const ketsim_observable *const *observables,
                           size_t count)
{
    out->count = count;
    TRY(expect_check(&out->nterms, n, observables, count));
    struct pauli_term *to = out->terms = memory_take(out->nterms, sizeof *to, "observables");
    if (!to) return KETSIM_ERR_MEMORY;
    for (size_t k = 0; k < count; k++)
        for (size_t t = 0; t < observables[k]->count; t++) *to++ = term_of(&observables[k]->terms[t], n, k);
    return KETSIM_OK;
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* What a read of observables holds while it lasts. */
struct reading {
    struct pauli_sums sums;
    struct pauli_state state;
    struct snapshot now;
};

/* The queue runs within the stops; when another thread holds the state, it is read as committed. */
static ketsim_status run_queue(ketsim_state *state, const ketsim_run_options *options)
{
    if (!options || !ketsim_pending(state)) return KETSIM_OK;
    ketsim_run_options run = *options;
    run.expect_generation = 0; /* compared with what is read */
    const ketsim_status status = ketsim_run(state, &run);
    return status == KETSIM_ERR_BUSY ? KETSIM_OK : status;
}

static ketsim_status check_generation(const struct snapshot *now, const ketsim_run_options *options)
{
    const uint64_t expected = options ? options->expect_generation : 0;
    if (!expected || expected == now->generation) return KETSIM_OK;
    return fail(KETSIM_ERR_BUSY, "state is at generation %llu: %llu was expected",
                (unsigned long long)now->generation, (unsigned long long)expected);
}

static ketsim_status take_snapshot(struct reading *reading, ketsim_state *state,
                                   const ketsim_run_options *options)
{
    reading->state.pace = (struct pace){stops_start(options), "observables", 0, 1};
    TRY(run_queue(state, options));
    TRY(state_read(&reading->now, state, true));
    const ketsim_status status = check_generation(&reading->now, options);
    if (status != KETSIM_OK) buffer_release(reading->now.buffer);
    reading->state.amps = reading->now.amps;
    reading->state.dtype = state->dtype;
    reading->state.n = state->nqubits;
    reading->state.threads = options && options->threads ? options->threads : state->threads;
    return status;
}

static ketsim_status begin(struct reading *reading, ketsim_state *state,
                           const ketsim_observable *const *observables, size_t count,
                           const ketsim_run_options *options)
{
    TRY(expect_terms(&reading->sums, state->nqubits, observables, count));
    const ketsim_status status = take_snapshot(reading, state, options);
    if (status != KETSIM_OK) free(reading->sums.terms);
    return status;
}

static ketsim_status end(struct reading *reading, ketsim_status status)
{
    buffer_release(reading->now.buffer);
    free(reading->sums.terms);
    return status;
}

/* ---- expectation values and covariances --------------------------------------------------------- */

ketsim_status ketsim_evaluate(ketsim_state *state, const ketsim_observable *const *observables, size_t count,
                              double *out, const ketsim_run_options *options)
{
    struct reading reading;
    TRY(begin(&reading, state, observables, count, options));
    return end(&reading, pauli_expect(out, &reading.state, &reading.sums));
}

ketsim_status ketsim_expectations(ketsim_state *state, const ketsim_observable *const *observables,
                                  size_t count, double *out)
{
    return ketsim_evaluate(state, observables, count, out, NULL);
}

ketsim_status ketsim_expectation(ketsim_state *state, const ketsim_observable *observable, double *out)
{
    return ketsim_evaluate(state, &observable, 1, out, NULL);
}

ketsim_status ketsim_covariance(ketsim_state *state, const ketsim_observable *const *observables,
                                size_t count, double *out, const ketsim_run_options *options)
{
    struct reading reading;
    TRY(begin(&reading, state, observables, count, options));
    return end(&reading, pauli_covariance(out, &reading.state, &reading.sums));
}

ketsim_status ketsim_variance(ketsim_state *state, const ketsim_observable *observable, double *out)
{
    return ketsim_covariance(state, &observable, 1, out, NULL);
}

/* ---- Bloch vectors ------------------------------------------------------------------------------ */

ketsim_status ketsim_bloch_vectors(ketsim_state *state, double *out, const ketsim_run_options *options)
{
    const unsigned n = state->nqubits;
    struct pauli_term terms[3 * KETSIM_MAX_QUBITS];
    struct reading reading = {.sums = {terms, (size_t)3 * n, (size_t)3 * n}};
    for (unsigned q = 0; q < n; q++) {
        const uint64_t bit = UINT64_C(1) << (n - 1 - q);
        terms[3 * q] = (struct pauli_term){bit, 0, 1, 3 * q};
        terms[3 * q + 1] = (struct pauli_term){bit, bit, 1, 3 * q + 1};
        terms[3 * q + 2] = (struct pauli_term){0, bit, 1, 3 * q + 2};
    }
    TRY(take_snapshot(&reading, state, options));
    const ketsim_status status = pauli_expect(out, &reading.state, &reading.sums);
    buffer_release(reading.now.buffer);
    return status;
}

/* ---- matrix elements ---------------------------------------------------------------------------- */

static ketsim_status check_pair(const ketsim_state *bra, const ketsim_state *ket)
{
    if (bra->nqubits == ket->nqubits && bra->dtype == ket->dtype) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT,
                "matrix elements: states of %u and %u qubits%s: must have the same size and dtype",
                bra->nqubits, ket->nqubits, bra->dtype == ket->dtype ? "" : " and different dtypes");
}

ketsim_status ketsim_matrix_elements(ketsim_state *bra, const ketsim_observable *const *observables,
                                     size_t count, ketsim_state *ket, ketsim_complex *out,
                                     const ketsim_run_options *options)
{
    struct reading reading;
    struct snapshot left;
    TRY(check_pair(bra, ket));
    TRY(run_queue(bra, options));
    TRY(begin(&reading, ket, observables, count, options));
    ketsim_status status = state_read(&left, bra, true);
    if (status == KETSIM_OK) {
        status = pauli_elements(out, left.amps, &reading.state, &reading.sums);
        buffer_release(left.buffer);
    }
    return end(&reading, status);
}
