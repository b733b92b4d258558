/* pauli.h - sums over pairs of amplitudes that Pauli strings join.
 *
 * A string takes |i> to a phase times |i ^ x>, the sign of the phase being that of i & z.  So its expectation value is a
 * sum, with signs, of conj(a_i) a_(i^x); strings with the same x share these products, and regions of amplitudes that
 * meet are fetched once for all strings that make them meet.
 *
 * amps holds 2^n amplitudes, interleaved re, im, of double or float, as buffers are aligned; arithmetic is in double.
 * Results depend on n, the terms and the amplitudes: not on the number of threads, not on the instruction set.
 * All fail with KETSIM_ERR_MEMORY, or where the pace says so with KETSIM_ERR_CANCELLED or KETSIM_ERR_DEADLINE. */
#ifndef KETSIM_CORE_PAULI_H
#define KETSIM_CORE_PAULI_H

#include "blocks.h"

/* One term of one of the sums; here bits are those of the index. */
struct pauli_term {
    uint64_t x, z;
    double coefficient; /* times -1 when 2 or 3 of every 4 Y are there: of (-i)^(number of Y), what is real */
    size_t sum;         /* which one it belongs to */
};

/* The terms of all sums together, which are sorted in place. */
struct pauli_sums {
    struct pauli_term *terms;
    size_t nterms, count;
};

/* What is read, and how. */
struct pauli_state {
    const void *amps;
    ketsim_dtype dtype;
    unsigned n;
    unsigned threads; /* at most so many, 0 for the default; fewer when the work does not pay them */
    struct pace pace;
};

/* Write the expectation value of each sum to out[count]. */
ketsim_status pauli_expect(double *out, const struct pauli_state *state, const struct pauli_sums *sums);

/* The same for one state after the other that are as this one but for amps: terms are sorted once.  They are still needed
 * until the end, and so are the options of the stops. */
struct pauli_prepared;
ketsim_status pauli_prepare(struct pauli_prepared **out, const struct pauli_state *state,
                            const struct pauli_sums *sums);
ketsim_status pauli_evaluate(struct pauli_prepared *prepared, double *out, const void *amps);
void pauli_forget(struct pauli_prepared *prepared); /* NULL is allowed */

/* What a call would do: different x; groups of terms that share x and the part of products that they need; and how often each
 * amplitude is read, once for each distance between regions that x makes meet. */
struct pauli_counts {
    size_t masks, groups, passes;
    unsigned region_bits;
};
ketsim_status pauli_count(struct pauli_counts *out, const struct pauli_state *state,
                          const struct pauli_sums *sums);

/* Write <bra|O|state> of each sum to out[count]; bra is as amps. */
ketsim_status pauli_elements(ketsim_complex *out, const void *bra, const struct pauli_state *state,
                             const struct pauli_sums *sums);

/* Write the imaginary part of that alone. */
ketsim_status pauli_imaginary(double *out, const void *bra, const struct pauli_state *state,
                              const struct pauli_sums *sums);

/* Write the covariances of all pairs of sums to out[count * count]: the real part of the inner product of
 * (O_j - <O_j>) psi and (O_k - <O_k>) psi. */
ketsim_status pauli_covariance(double *out, const struct pauli_state *state, const struct pauli_sums *sums);

/* Write the amplitudes of all sums together applied to the state, rounded to the dtype, to out: another buffer.  All
 * terms become those of sum 0. */
ketsim_status pauli_apply(void *out, const struct pauli_state *state, const struct pauli_sums *sums);

#endif
