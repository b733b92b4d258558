/* Noise: channels and readout that errs.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_NOISE_H
#define KETSIM_NOISE_H

#include "gates.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A quantum channel rho -> sum K rho K* on some qubits, the first being the most significant bit of the rows of its Kraus
 * operators K (Nielsen and Chuang, Quantum Computation and Quantum Information, section 8.2.3).  It never changes after it
 * was made, and counts its owners. */
typedef struct ketsim_channel ketsim_channel;

enum {
    KETSIM_MAX_CHANNEL_QUBITS = 3,
    KETSIM_MAX_KRAUS = 1024 /* operators that a channel may be made of */
};

/* Make a channel on nqubits qubits, 1..KETSIM_MAX_CHANNEL_QUBITS, of count operators, each 2^nqubits by 2^nqubits and
 * row-major, one after the other in kraus[count * 4^nqubits].  max |sum K* K - 1| may be up to tolerance, which is at most
 * KETSIM_MAX_TOLERANCE; 0 means 1e-10.
 * Operators that are 0 are not kept.
 * Fails with KETSIM_ERR_ARGUMENT when an entry is not finite or the operators are not complete, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_channel_new(ketsim_channel **out, unsigned nqubits,
                                                             const ketsim_complex *kraus, size_t count,
                                                             double tolerance);

/* Make a channel by its name, with parameters[count]; probabilities p, gamma, lam and excited are 0..1.
 *     depolarizing, depolarizing2    p: with probability p the qubit, or two qubits, become 1/2, or 1/4
 *     bit_flip, phase_flip, bit_phase_flip    p: of X, Z, Y
 *     amplitude_damping    gamma: |1> decays to |0>
 *     generalized_amplitude_damping    gamma, excited: towards the mixture in which |1> has that probability
 *     phase_damping    lam: coherences are multiplied by sqrt(1 - lam)
 *     thermal_relaxation    t1, t2, time, excited: for so long, in one unit; t1 and t2 may be infinite, t2 <= 2 t1
 *     reset    p0, p1: to |0>, to |1>; p0 + p1 <= 1
 * Fails with KETSIM_ERR_ARGUMENT when there is no such name, count is another than it takes or a parameter is out of
 * range, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_channel_named(ketsim_channel **out, const char *name,
                                                               const double *parameters, size_t count);

/* Name of the channel at a place of the table that ketsim_channel_named() has, and of its parameters, each followed by a
 * space; NULL when there are not so many.  Borrowed, static. */
KETSIM_API const char *ketsim_channel_name(size_t index);
KETSIM_API const char *ketsim_channel_parameters(size_t index);

/* Make the channel that applies Pauli strings: string k, the nqubits letters I X Y Z from letters[k * nqubits] on, the first
 * for the first qubit, with probabilities[k], and none in all other cases.
 *     ketsim_channel_pauli(&channel, 2, "XXZI", (double[]){0.01, 0.02}, 2)
 * Fails with KETSIM_ERR_ARGUMENT when a probability is not 0..1 or they add up to more than 1, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_channel_pauli(ketsim_channel **out, unsigned nqubits,
                                                               const char *letters,
                                                               const double *probabilities, size_t count);

/* Make the channel that is first and then second, both on as many qubits.  Operators that are multiples of one another
 * are one; if there are more than 4^nqubits, as many are made that are independent (which need not be unitary then).
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_channel_compose(ketsim_channel **out,
                                                                 const ketsim_channel *first,
                                                                 const ketsim_channel *second);

/* One owner less; the last one frees it.  NULL is allowed.  Circuits that a channel is in are owners of their own. */
KETSIM_API void ketsim_channel_free(ketsim_channel *channel);

/* Qubits and operators of a channel; the operators, as ketsim_channel_new() takes them.  Borrowed. */
KETSIM_API unsigned ketsim_channel_nqubits(const ketsim_channel *channel);
KETSIM_API size_t ketsim_channel_length(const ketsim_channel *channel);
KETSIM_API const ketsim_complex *ketsim_channel_kraus(const ketsim_channel *channel);

/* When each operator is a multiple of a unitary, K = sqrt(p) U: the probabilities p, which add up to 1, and the unitaries;
 * otherwise NULL.  Then which operator acts does not depend on the state.  Borrowed. */
KETSIM_API const double *ketsim_channel_probabilities(const ketsim_channel *channel);
KETSIM_API const ketsim_complex *ketsim_channel_unitaries(const ketsim_channel *channel);

/* Write the sum of K x conj(K), 4^nqubits by 4^nqubits and row-major, to out[16^nqubits]: what multiplies a density matrix
 * that is written row after row. */
KETSIM_API void ketsim_channel_superoperator(const ketsim_channel *channel, ketsim_complex *out);

/* The same qubit count and the same operators in the same order, compared bit by bit. */
KETSIM_API bool ketsim_channel_equal(const ketsim_channel *a, const ketsim_channel *b);

/* Readout that errs, each qubit by itself: confusion[4 q + 2 a + b] is the probability that qubit number q, of nqubits that
 * outcomes are of, is read as b when it is a.  Flip bits of outcomes[shots]; outcome k depends on *seed and k alone,
 * seed NULL: from the operating system.  Or write to probabilities[2^nqubits] those of what is read.
 * Fails with KETSIM_ERR_ARGUMENT when an entry is not 0..1 or p(0) + p(1) not 1 to within 1e-10; then nothing is changed. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_readout_outcomes(uint64_t *outcomes, size_t shots,
                                                                  const double *confusion, size_t nqubits,
                                                                  const uint64_t *seed);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_readout_probabilities(double *probabilities,
                                                                       const double *confusion,
                                                                       size_t nqubits);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_NOISE_H */
