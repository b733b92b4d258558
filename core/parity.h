/* parity.h - rotations about Pauli strings as rotations of one or two qubits between gates that have no angle.
 *
 * A string is Z on one qubit after basis changes and CNOTs that gather the parity of the others there.  So a derivative
 * by the angle of a long string is a matrix on two qubits, under whatever controls. */
#ifndef KETSIM_CORE_PARITY_H
#define KETSIM_CORE_PARITY_H

#include "program.h"

/* Append the operations of program, with the same angles in the same order; strings without a letter stay as they are.
 * Fails with KETSIM_ERR_MEMORY. */
ketsim_status parity_expand(struct program *out, const struct program *program);

#endif
