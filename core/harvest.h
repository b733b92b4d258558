/* harvest.h - the derivatives that wait at a cut, read off two states. */
#ifndef KETSIM_CORE_HARVEST_H
#define KETSIM_CORE_HARVEST_H

#include "cuts.h"
#include "pauli.h"

/* Write 2 Re <bra|D|ket> of each derivative D of the cut to out[its angle]; ket is the state's amplitudes, and bra is as
 * they are.  Where D is diagonal it is i times a sum of strings of Z, all of which are found in one pass;
 * of others reduced matrices are (overlap.h).  Bits do not depend on the number of threads.
 * Fails with KETSIM_ERR_MEMORY, or as the pace says. */
ketsim_status harvest(double *out, const struct cuts *cuts, const struct cut *cut, const void *bra,
                      const struct pauli_state *ket);

#endif
