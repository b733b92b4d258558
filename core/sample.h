/* sample.h - drawing outcomes with the probabilities of a state, by inverse cumulative sums.
 *
 * An outcome of probability zero is never drawn, whatever the random number and the rounding. */
#ifndef KETSIM_CORE_SAMPLE_H
#define KETSIM_CORE_SAMPLE_H

#include "exec.h"

/* Draw shots outcomes of some bits; bits[0] is the most significant bit of an outcome.  Shot k depends on the
 * amplitudes, seed and k alone; bits and the promise about threads are those of reduce.h.  exec says what the amplitudes
 * are, how many threads, and what stops it.
 * Cost: one pass over the amplitudes, and one for each 2^19 shots over the leaves of 2^4 that these hit.
 * Memory: 24 bytes a shot, for 2^19 shots at most, and 8 a leaf.  Fails with KETSIM_ERR_MEMORY, or with KETSIM_ERR_ARGUMENT when the
 * norm is not positive and finite: then nothing is written; or with KETSIM_ERR_DEADLINE or KETSIM_ERR_CANCELLED. */
ketsim_status sample_outcomes(uint64_t *out, uint64_t shots, const void *amps, const struct exec *exec,
                              const uint8_t *bits, unsigned nbits, uint64_t seed);

/* ---- outcome.c ---- */

/* Fail with KETSIM_ERR_ARGUMENT unless the sum of what is drawn from is positive and finite; what names what needs it. */
ketsim_status sample_check_total(double total, const char *what);

/* Pick one of 2^nbits outcomes by the number u in [0, 1).  *probability is its entry as given: not divided by
 * the sum of all.  Fails with KETSIM_ERR_ARGUMENT when that sum is not positive and finite. */
ketsim_status sample_one(uint64_t *outcome, double *probability, const double *probabilities, unsigned nbits,
                         double u);

#endif
