/* unitaries.h - matrices on two qubits that are easy to write down and hard to take apart. */
#ifndef KETSIM_TESTS_UNITARIES_H
#define KETSIM_TESTS_UNITARIES_H

#include "oracle.h"

/* A product of a few gates of the table, many of them with angles at or next to multiples of pi / 4: CNOT, SWAP and
 * its root, phases, what is local or the identity, or nearly so; now and then any unitary.  Row-major, out[16]. */
void random_pair_unitary(ketsim_complex *out, uint64_t *seed);

/* A multiple of pi / 4, or within 1e-4 down to 1e-17 of one, or any. */
double random_special_angle(uint64_t *seed);

#endif
