/* cone.h - which operations of a program expectation values can feel.
 *
 * <psi|U* O U|psi> is <psi|O|psi> when U acts where O does not, or commutes with it.  What is left, walking back from the
 * end, is the causal cone of O (G. Vidal, Phys. Rev. Lett. 101, 110501, 2008).  Here it is found from the form of the operations
 * alone: which qubits each is diagonal on, and whether it maps basis states to basis states, whatever its angles are. */
#ifndef KETSIM_CORE_CONE_H
#define KETSIM_CORE_CONE_H

#include "program.h"

/* Write to kept[its length] which operations of a program a sum of Pauli strings feels: X or Y of some string acts on
 * the qubits of x, Z or Y on those of z, bit q being qubit q.  Without the others its expectation values are what they are, but
 * for roundings, in whatever state the program runs, and norms that operators leave included.  Returns how many are kept. */
size_t cone_mark(bool *kept, const struct program *program, uint64_t x, uint64_t z);

#endif
