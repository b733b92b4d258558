/* expect.c - expectation values and variance: reads of a state, over snapshots. */
#include "expect.h"

#include <stdlib.h>

#include "bits.h"
#include "error.h"
#include "memory.h"
#include "observable.h"

static ketsim_status check(size_t *nterms, const ketsim_state *state,
                           const ketsim_observable *const *observables, size_t count)
{
    *nterms = 0;
    for (size_t k = 0; k < count; k++) {
        const unsigned needed = observables[k]->nqubits;
        if (needed > state->nqubits)
            return fail(KETSIM_ERR_ARGUMENT,
                        "observable acts on qubit %u: the state has %u qubits, must be 0..%u", needed - 1,
                        state->nqubits, state->nqubits - 1);
        *nterms += observables[k]->count;
    }
    return KETSIM_OK;
}

/* The terms of all observables, for the caller to free. */
static ketsim_status gather(struct pauli_term **out, size_t nterms, unsigned n,
                            const ketsim_observable *const *observables, size_t count)
{
    const uint64_t bytes = nterms >> 56 ? UINT64_MAX : nterms * sizeof **out;
    TRY(memory_admit(bytes, "observables"));
    struct pauli_term *to = *out = malloc(bytes ? bytes : 1);
    if (!to)
        return fail(KETSIM_ERR_MEMORY, "observables: cannot allocate %llu bytes", (unsigned long long)bytes);
    for (size_t k = 0; k < count; k++)
        for (size_t t = 0; t < observables[k]->count; t++) {
            const ketsim_pauli_record *term = &observables[k]->terms[t];
            *to++ = (struct pauli_term){bits_of_qubits(term->x, n), bits_of_qubits(term->z, n),
                                        term->coefficient, k};
        }
    return KETSIM_OK;
}

ketsim_status expect_terms(struct pauli_term **out, size_t *nterms, const ketsim_state *state,
                           const ketsim_observable *const *observables, size_t count)
{
    TRY(check(nterms, state, observables, count));
    return gather(out, *nterms, state->nqubits, observables, count);
}

ketsim_status ketsim_expectations(ketsim_state *state, const ketsim_observable *const *observables,
                                  size_t count, double *out)
{
    struct snapshot now;
    struct pauli_term *terms;
    size_t nterms;
    TRY(expect_terms(&terms, &nterms, state, observables, count));
    ketsim_status status = state_read(&now, state, true);
    if (status == KETSIM_OK) {
        status = pauli_expect(out, count, now.amps, state->dtype, state->nqubits, terms, nterms,
                              state->threads);
        buffer_release(now.buffer);
    }
    free(terms);
    return status;
}

ketsim_status ketsim_expectation(ketsim_state *state, const ketsim_observable *observable, double *out)
{
    return ketsim_expectations(state, &observable, 1, out);
}

ketsim_status ketsim_variance(ketsim_state *state, const ketsim_observable *observable, double *out)
{
    struct snapshot now;
    struct pauli_term *terms;
    size_t nterms;
    TRY(expect_terms(&terms, &nterms, state, &observable, 1));
    ketsim_status status = state_read(&now, state, true);
    if (status == KETSIM_OK) {
        status = pauli_variance(out, now.amps, state->dtype, state->nqubits, terms, nterms, state->threads);
        buffer_release(now.buffer);
    }
    free(terms);
    return status;
}
