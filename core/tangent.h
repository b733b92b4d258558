/* tangent.h - how a state moves with an angle. */
#ifndef KETSIM_CORE_TANGENT_H
#define KETSIM_CORE_TANGENT_H

#include "blocks.h"
#include "derive.h"

/* out = (D - <psi|D|psi>) psi for the matrix D of a derivative: what changes behind its gate, less what only turns the phase.
 * Both have 2^n amplitudes of a dtype; out is not psi.  Bits do not depend on the number of threads.
 * Fails with KETSIM_ERR_MEMORY, or as the pace says. */
ketsim_status tangent(void *out, const void *psi, const struct derivative *d, ketsim_dtype dtype, unsigned n,
                      unsigned threads, const struct pace *pace);

#endif
