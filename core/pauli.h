/* pauli.h - sums over pairs of amplitudes that Pauli strings join.
 *
 * A string takes |i> to a phase times |i ^ x>, the sign of the phase being that of i & z.  So its expectation value is a
 * sum, with signs, of conj(a_i) a_(i^x); strings with the same x share these products, and blocks of amplitudes that
 * meet are fetched once for all strings that make them meet.
 *
 * amps holds 2^n amplitudes, interleaved re, im, of double or float; arithmetic is in double.  Results depend on n, the
 * terms and the amplitudes: not on the number of threads, not on the instruction set.
 * threads: at most so many, 0 for the default; fewer when the work does not pay them. */
#ifndef KETSIM_CORE_PAULI_H
#define KETSIM_CORE_PAULI_H

#include "blocks.h"

/* One term of one of the sums; here bits are those of the index. */
struct pauli_term {
    uint64_t x, z;
    double coefficient;
    size_t sum; /* which one it belongs to */
};

/* Write the expectation values of count sums to out; terms of all of them together, which are sorted.
 * Fails with KETSIM_ERR_MEMORY. */
ketsim_status pauli_expect(double *out, size_t count, const void *amps, ketsim_dtype dtype, unsigned n,
                           struct pauli_term *terms, size_t nterms, unsigned threads);

/* Write the variance of the sum of all terms to *out: the squared norm of (O - <O>) psi.  Fails with KETSIM_ERR_MEMORY. */
ketsim_status pauli_variance(double *out, const void *amps, ketsim_dtype dtype, unsigned n,
                             struct pauli_term *terms, size_t nterms, unsigned threads);

/* Write the amplitudes of the sum of all terms applied to amps, rounded to the dtype, to out: another buffer.
 * Fails with KETSIM_ERR_MEMORY, or as the pace says. */
ketsim_status pauli_apply(void *out, const void *amps, ketsim_dtype dtype, unsigned n,
                          struct pauli_term *terms, size_t nterms, unsigned threads, const struct pace *pace);

#endif
