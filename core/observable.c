/* observable.c - observables from terms and from one another.  See observable.h; notation.c has those from text. */
#include "observable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

ketsim_status observable_alloc(ketsim_observable **out, size_t count)
{
    const size_t most = (SIZE_MAX - sizeof **out) / sizeof(ketsim_pauli_record);
    ketsim_observable *made = count <= most ? malloc(sizeof *made + count * sizeof *made->terms) : NULL;
    if (!made) {
        (void)fail(KETSIM_ERR_MEMORY, "observable: cannot allocate room for %zu terms", count);
        return KETSIM_ERR_MEMORY; /* which tells an analyzer that callers have room */
    }
    atomic_init(&made->refs, 1);
    made->count = count;
    made->nqubits = 0;
    *out = made;
    return KETSIM_OK;
}

/* Observables are never defined const. */
void observable_retain(const ketsim_observable *observable)
{
    atomic_fetch_add_explicit(&((ketsim_observable *)observable)->refs, 1, memory_order_relaxed);
}

void ketsim_observable_free(ketsim_observable *observable)
{
    if (observable && atomic_fetch_sub_explicit(&observable->refs, 1, memory_order_acq_rel) == 1)
        free(observable);
}

/* ---- settling ---------------------------------------------------------------------------------- */

/* Equal strings by coefficient, so that their sum does not depend on the order they were given in. */
static int compare(const void *first, const void *second)
{
    const ketsim_pauli_record *a = first, *b = second;
    if (a->x != b->x) return a->x < b->x ? -1 : 1;
    if (a->z != b->z) return a->z < b->z ? -1 : 1;
    return (a->coefficient > b->coefficient) - (a->coefficient < b->coefficient);
}

/* Add up equal strings, and leave out what is 0. */
static size_t merge(ketsim_pauli_record *terms, size_t count)
{
    size_t kept = 0;
    for (size_t first = 0, k; first < count; first = k) {
        ketsim_pauli_record sum = terms[first];
        for (k = first + 1; k < count && terms[k].x == sum.x && terms[k].z == sum.z; k++)
            sum.coefficient += terms[k].coefficient;
        if (sum.coefficient != 0) terms[kept++] = sum;
    }
    return kept;
}

static bool all_finite(const ketsim_observable *observable)
{
    for (size_t k = 0; k < observable->count; k++)
        if (!isfinite(observable->terms[k].coefficient)) return false;
    return true;
}

ketsim_status observable_settle(ketsim_observable **observable)
{
    ketsim_observable *made = *observable;
    uint64_t used = 0;
    if (made->count) qsort(made->terms, made->count, sizeof *made->terms, compare);
    made->count = merge(made->terms, made->count);
    if (!all_finite(made)) {
        free(made);
        return fail(KETSIM_ERR_ARGUMENT, "observable: a coefficient of the sum is too large: must be finite");
    }
    for (size_t k = 0; k < made->count; k++) used |= made->terms[k].x | made->terms[k].z;
    made->nqubits = used ? 64 - (unsigned)__builtin_clzll(used) : 0;
    ketsim_observable *fitting = realloc(made, sizeof *made + made->count * sizeof *made->terms);
    *observable = fitting ? fitting : made;
    return KETSIM_OK;
}

/* ---- from terms -------------------------------------------------------------------------------- */

const char *observable_put(ketsim_pauli_record *term, uint64_t *used, char letter, uint64_t qubit)
{
    const char upper = (char)(letter & ~0x20); /* of a letter; nothing else becomes one of these */
    if (upper != 'I' && upper != 'X' && upper != 'Y' && upper != 'Z') return "must be one of I X Y Z";
    if (qubit >= KETSIM_MAX_QUBITS) return "qubit out of range: must be 0..39";
    _Static_assert(KETSIM_MAX_QUBITS == 40, "the message says so");
    const uint64_t bit = UINT64_C(1) << qubit;
    if (*used & bit) return "this qubit has a letter already: all must be different";
    *used |= bit;
    if (upper == 'X' || upper == 'Y') term->x |= bit;
    if (upper == 'Z' || upper == 'Y') term->z |= bit;
    return NULL;
}

static ketsim_status fail_letter(size_t index, char letter, int qubit, const char *what)
{
    if (letter >= ' ' && letter <= '~')
        return fail(KETSIM_ERR_ARGUMENT, "term %zu, '%c' on qubit %d: %s", index, letter, qubit, what);
    return fail(KETSIM_ERR_ARGUMENT, "term %zu, letter 0x%02x on qubit %d: %s", index, (unsigned char)letter,
                qubit, what);
}

static ketsim_status record(ketsim_pauli_record *out, const ketsim_pauli *term, size_t index)
{
    uint64_t used = 0;
    *out = (ketsim_pauli_record){.coefficient = term->coefficient};
    if (!isfinite(term->coefficient))
        return fail(KETSIM_ERR_ARGUMENT, "term %zu, coefficient %g: must be finite", index,
                    term->coefficient);
    for (size_t k = 0; k < term->nqubits; k++) {
        const int qubit = term->qubits[k];
        const char *wrong = observable_put(out, &used, term->letters[k],
                                           qubit < 0 ? UINT64_MAX : (uint64_t)qubit);
        if (wrong) return fail_letter(index, term->letters[k], qubit, wrong);
    }
    return KETSIM_OK;
}

ketsim_status ketsim_observable_new(ketsim_observable **out, const ketsim_pauli *terms, size_t count)
{
    ketsim_observable *made = NULL;
    TRY(observable_alloc(&made, count));
    for (size_t k = 0; k < count; k++) {
        const ketsim_status status = record(&made->terms[k], &terms[k], k);
        if (status == KETSIM_OK) continue;
        free(made);
        return status;
    }
    TRY(observable_settle(&made));
    *out = made;
    return KETSIM_OK;
}

/* ---- from observables -------------------------------------------------------------------------- */

static ketsim_status count_all(size_t *total, const ketsim_observable *const *observables,
                               const double *factors, size_t count)
{
    *total = 0;
    for (size_t k = 0; k < count; k++) {
        if (!isfinite(factors[k]))
            return fail(KETSIM_ERR_ARGUMENT, "factor %zu, %g: must be finite", k, factors[k]);
        *total += observables[k]->count;
    }
    return KETSIM_OK;
}

ketsim_status ketsim_observable_combine(ketsim_observable **out, const ketsim_observable *const *observables,
                                        const double *factors, size_t count)
{
    ketsim_observable *made = NULL;
    size_t total;
    TRY(count_all(&total, observables, factors, count));
    TRY(observable_alloc(&made, total));
    ketsim_pauli_record *to = made->terms;
    for (size_t k = 0; k < count; k++)
        for (size_t t = 0; t < observables[k]->count; t++, to++) {
            *to = observables[k]->terms[t];
            to->coefficient *= factors[k];
        }
    TRY(observable_settle(&made));
    *out = made;
    return KETSIM_OK;
}

/* ---- looking at them --------------------------------------------------------------------------- */

size_t ketsim_observable_length(const ketsim_observable *observable)
{
    return observable->count;
}

unsigned ketsim_observable_nqubits(const ketsim_observable *observable)
{
    return observable->nqubits;
}

ketsim_status ketsim_observable_get(const ketsim_observable *observable, ketsim_pauli_record *out,
                                    size_t index)
{
    if (index >= observable->count)
        return fail(KETSIM_ERR_ARGUMENT, "term %zu: the observable has %zu", index, observable->count);
    *out = observable->terms[index];
    return KETSIM_OK;
}

bool ketsim_observable_equal(const ketsim_observable *a, const ketsim_observable *b)
{
    if (a->count != b->count) return false;
    for (size_t k = 0; k < a->count; k++)
        if (compare(&a->terms[k], &b->terms[k])) return false;
    return true;
}
