/* averages.c - see averages.h. */
#include "averages.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"
#include "observable.h"

__extension__ typedef __int128 wide;

/* A value is below 2^exponent.  Its sum counts multiples of 2^(exponent - 62), and what the error is made of multiples of
 * 2^(exponent - 43), so that the squares of 2^40 shots have room. */
enum { SUM_BITS = 62, SQUARE_BITS = 43 };

struct average {
    int exponent;
    wide sum, coarse, squares;
};

static ketsim_status find_exponent(int *out, const ketsim_observable *observable, double norm2, size_t index)
{
    double most = 0;
    for (size_t t = 0; t < observable->count; t++) most += fabs(observable->terms[t].coefficient);
    most *= norm2;
    if (!isfinite(most))
        return fail(KETSIM_ERR_ARGUMENT, "observable %zu: its values may be %g: must be finite", index, most);
    (void)frexp(most, out);
    ++*out; /* what roundings add */
    return KETSIM_OK;
}

ketsim_status averages_init(struct averages *averages, const ketsim_observable *const *observables,
                            size_t count, unsigned nqubits, double norm2)
{
    size_t nterms;
    *averages = (struct averages){.observables = observables, .count = count};
    TRY(expect_check(&nterms, nqubits, observables, count));
    averages->each = calloc(count + 1, sizeof *averages->each);
    if (!averages->each) return fail(KETSIM_ERR_MEMORY, "averages: cannot allocate %zu", count);
    for (size_t k = 0; k < count; k++)
        TRY(find_exponent(&averages->each[k].exponent, observables[k], norm2, k));
    return KETSIM_OK;
}

void averages_clear(struct averages *averages)
{
    free(averages->each);
    averages->each = NULL;
}

/* ---- reading ----------------------------------------------------------------------------------- */

void averages_clear_reader(struct averages_reader *reader)
{
    pauli_forget(reader->prepared);
    free(reader->sums.terms);
    free(reader->values);
    *reader = (struct averages_reader){.values = NULL};
}

static ketsim_status prepare(const struct averages *averages, struct averages_reader *reader,
                             const struct exec *exec)
{
    const struct pauli_state state = {.dtype = exec->dtype,
                                      .n = exec->nqubits,
                                      .threads = exec->threads,
                                      .pace = {exec_stops(exec), "observables", 0, 1}};
    if (reader->prepared) return KETSIM_OK;
    if (!reader->values) reader->values = malloc((averages->count + 1) * sizeof *reader->values);
    if (!reader->values)
        return fail(KETSIM_ERR_MEMORY, "averages: cannot allocate %zu values", averages->count);
    free(reader->sums.terms);
    reader->sums.terms = NULL;
    TRY(expect_terms(&reader->sums, exec->nqubits, averages->observables, averages->count));
    return pauli_prepare(&reader->prepared, &state, &reader->sums);
}

/* ---- adding ------------------------------------------------------------------------------------ */

static void add(struct average *average, double value, uint64_t shots)
{
    const double fraction = ldexp(value, -average->exponent);
    const int64_t coarse = llround(ldexp(fraction, SQUARE_BITS));
    average->sum += (wide)llround(ldexp(fraction, SUM_BITS)) * shots;
    average->coarse += (wide)coarse * shots;
    average->squares += (wide)coarse * coarse * shots;
}

ketsim_status averages_add(struct averages *averages, struct averages_reader *reader, const struct exec *exec,
                           const void *amps, uint64_t shots)
{
    TRY(prepare(averages, reader, exec));
    TRY(pauli_evaluate(reader->prepared, reader->values, amps));
    for (size_t k = 0; k < averages->count; k++)
        if (!(fabs(reader->values[k]) <= ldexp(1, averages->each[k].exponent)))
            return fail(KETSIM_ERR_ARGUMENT, "observable %zu: its value is %g: must be finite", k,
                        reader->values[k]);
    spin_lock(&averages->lock);
    for (size_t k = 0; k < averages->count; k++) add(&averages->each[k], reader->values[k], shots);
    spin_unlock(&averages->lock);
    return KETSIM_OK;
}

/* ---- what comes of it -------------------------------------------------------------------------- */

/* The sum of (x - mean)^2 over all shots, in multiples of 2^(-2 SQUARE_BITS): around the quotient it is exact. */
static double deviation(const struct average *average, uint64_t shots)
{
    const wide quotient = average->coarse / shots, rest = average->coarse % shots;
    const wide around = average->squares - quotient * (quotient * shots + 2 * rest);
    const double all = (double)around - (double)rest * (double)rest / (double)shots;
    return all > 0 ? all : 0;
}

void averages_get(const struct averages *averages, double *means, double *errors, uint64_t shots)
{
    const double count = (double)shots;
    for (size_t k = 0; k < averages->count; k++) {
        const struct average *average = &averages->each[k];
        means[k] = ldexp((double)average->sum / count, average->exponent - SUM_BITS);
        if (errors)
            errors[k] = ldexp(sqrt(deviation(average, shots) / (count - 1) / count),
                              average->exponent - SQUARE_BITS);
    }
}
