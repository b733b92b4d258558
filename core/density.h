/* density.h - the density matrix of some bits of a state. */
#ifndef KETSIM_CORE_DENSITY_H
#define KETSIM_CORE_DENSITY_H

#include "ketsim.h"

/* Write sum over the other bits of psi(r, e) conj(psi(c, e)) to out[r 2^nbits + c]; bits[0] is the most significant bit of
 * r and c.  The order of every sum depends on n and nbits alone; arithmetic is in double.
 * Fails with KETSIM_ERR_MEMORY, or when the thread's limits stop it. */
ketsim_status density_matrix(ketsim_complex *out, const void *amps, ketsim_dtype dtype, unsigned n,
                             const uint8_t *bits, unsigned nbits, unsigned threads);

#endif
