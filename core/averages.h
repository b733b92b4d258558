/* averages.h - expectation values of what shots end in: their mean, and its standard error.
 *
 * Values are added as integers, multiples of a power of two that the observable's coefficients choose: so the sums are exact,
 * and do not depend on who adds when. */
#ifndef KETSIM_CORE_AVERAGES_H
#define KETSIM_CORE_AVERAGES_H

#include "exec.h"
#include "expect.h"
#include "spin.h"

/* All zeros: none. */
struct averages {
    const ketsim_observable *const *observables;
    size_t count;
    struct average *each; /* guarded by lock */
    struct spin lock;
};

/* What a thread reads them with; all zeros at first. */
struct averages_reader {
    struct pauli_sums sums;
    struct pauli_prepared *prepared;
    double *values;
};

/* For states of nqubits qubits whose squared norms are at most norm2.  Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
ketsim_status averages_init(struct averages *averages, const ketsim_observable *const *observables,
                            size_t count, unsigned nqubits, double norm2);
void averages_clear(struct averages *averages);

/* Add the values in a state that so many shots have ended in; exec stays where it is until the reader is cleared. */
ketsim_status averages_add(struct averages *averages, struct averages_reader *reader, const struct exec *exec,
                           const void *amps, uint64_t shots);
void averages_clear_reader(struct averages_reader *reader);

/* Write means and errors, which may be NULL, of so many shots in all. */
void averages_get(const struct averages *averages, double *means, double *errors, uint64_t shots);

#endif
