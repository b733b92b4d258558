/* check.h - what an operation must be. */
#ifndef KETSIM_CORE_CHECK_H
#define KETSIM_CORE_CHECK_H

#include "program.h"

/* Check op and write it, all but its matrix entries, to *out, which may be written also when it is bad. */
ketsim_status check_op(struct op *out, const ketsim_op *op, unsigned nqubits, bool unitary);

/* Check a list of qubits of an nqubits-qubit register for range and repeats; adds them to *seen. */
ketsim_status check_qubits(uint64_t *seen, unsigned nqubits, const int *qubits, size_t count);

#endif
