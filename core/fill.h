/* fill.h - the passes that write amplitudes without a plan.  The limits of the thread may stop each of them, see stops.h; then
 * what dst holds is of no use. */
#ifndef KETSIM_CORE_FILL_H
#define KETSIM_CORE_FILL_H

#include "exec.h"

/* Write the product state that label names, one character a qubit. */
ketsim_status fill_product(const struct exec *exec, void *dst, const char *label);

/* Write the product of states of single qubits: factors[b] has the amplitudes of |0> and |1> of bit b. */
ketsim_status fill_factors(const struct exec *exec, void *dst, const ketsim_complex (*factors)[2]);

/* Write what a function of the index says. */
typedef ketsim_complex fill_value(const void *context, uint64_t index);
ketsim_status fill_each(const struct exec *exec, void *dst, fill_value *value, const void *context);

/* Whether every character of a label is known. */
ketsim_status fill_check_label(const char *label, size_t length);

/* The index of the basis state that a label of so many characters is, if it is one. */
bool fill_basis_index(uint64_t *index, const char *label, unsigned nqubits);

/* Copy all amplitudes; src need not be aligned or padded. */
ketsim_status fill_copy(const struct exec *exec, void *dst, const void *src);

/* Multiply by factor where (index & mask) == values and write zero elsewhere; dst may be src. */
ketsim_status fill_project(const struct exec *exec, void *dst, const void *src, uint64_t mask,
                           uint64_t values, double factor);

#endif
