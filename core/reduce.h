/* reduce.h - numbers read out of amplitudes: norm, inner product, probabilities.
 *
 * amps holds 2^n amplitudes, interleaved re, im, of double or float.  Arithmetic is in double for both, so
 * the same values give the same result whatever they are stored in.  The order of every sum depends on n and
 * the bits asked for alone: not on the number of threads, not on the instruction set.
 * threads: at most so many, 0 for the default; fewer when the work does not pay them.  The limits of the thread may stop
 * each of them, see stops.h. */
#ifndef KETSIM_CORE_REDUCE_H
#define KETSIM_CORE_REDUCE_H

#include "ketsim.h"

/* sum |a_i|^2.  Real number i goes to lane i % 16; lanes, then blocks of 2^12 amplitudes, meet pairwise. */
ketsim_status reduce_norm2(double *out, const void *amps, ketsim_dtype dtype, unsigned n, unsigned threads);

/* sum conj(a_i) b_i, real and imaginary part in lane i % 8 each; as the norm otherwise. */
ketsim_status reduce_inner(ketsim_complex *out, const void *a, const void *b, ketsim_dtype dtype, unsigned n,
                           unsigned threads);

/* ---- parts that sampling shares -------------------------------------------------------------- */

enum { REDUCE_BLOCK_BITS = 12, REDUCE_STRIP = 256 /* amplitudes */ };

/* The count <= REDUCE_STRIP amplitudes from first on, as doubles: in place, or converted to strip. */
const double *reduce_strip(double strip[2 * REDUCE_STRIP], const void *amps, ketsim_dtype dtype,
                           uint64_t first, uint64_t count);

/* Items of so many amplitudes between two looks at the limits. */
uint64_t reduce_slice(uint64_t amps);

/* ---- histogram.c ---- */

/* Write the probabilities of the 2^nbits outcomes of some bits to out; bits[0] is the most significant bit of
 * the outcome.  The sum is not divided by the norm.
 * Order of a sum: tiles of 2^10 amplitudes are added one after the other in up to 256 groups; inside the
 * total of a group the summed bits meet pairwise, highest first; then the groups are added in their order.
 * Fails with KETSIM_ERR_MEMORY. */
ketsim_status reduce_probabilities(double *out, const void *amps, ketsim_dtype dtype, unsigned n,
                                   const uint8_t *bits, unsigned nbits, unsigned threads);

/* Takes a basis index to an outcome, six bits at a time. */
enum { MOVER_BITS = 6, MOVER_PARTS = (KETSIM_MAX_QUBITS + MOVER_BITS - 1) / MOVER_BITS };
struct mover {
    uint64_t part[MOVER_PARTS][1 << MOVER_BITS];
};

/* bits[0] of the index becomes the most significant bit of the outcome; bits not listed are dropped. */
void mover_init(struct mover *mover, unsigned n, const uint8_t *bits, unsigned nbits);

static inline uint64_t move_bits(const struct mover *mover, uint64_t index)
{
    uint64_t moved = 0;
    for (unsigned k = 0; index; k++, index >>= MOVER_BITS)
        moved |= mover->part[k][index & ((1 << MOVER_BITS) - 1)];
    return moved;
}

#endif
