/* States.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_STATE_H
#define KETSIM_STATE_H

#include "gates.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ketsim_dtype {
    KETSIM_COMPLEX128, /* 16 bytes an amplitude: double re, double im */
    KETSIM_COMPLEX64   /* 8 bytes an amplitude: float re, float im */
} ketsim_dtype;

typedef struct ketsim_state ketsim_state;

/* Bytes one state's amplitudes take; 0 when nqubits or dtype is out of range.
 * A transactional run holds two such buffers, an in-place one holds one. */
KETSIM_API uint64_t ketsim_memory_needed(unsigned nqubits, ketsim_dtype dtype);

/* Bytes one more state may take now: 0.9 of the least of the memory available, the control group's
 * limit and the address-space limit. */
KETSIM_API uint64_t ketsim_memory_available(void);

/* Make |0...0> on nqubits qubits, 1 <= nqubits <= KETSIM_MAX_QUBITS.  Amplitudes are first written by the
 * first run or read.  Fails with KETSIM_ERR_ARGUMENT, or with KETSIM_ERR_MEMORY when they could not fit. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_new(ketsim_state **out, unsigned nqubits,
                                                           ketsim_dtype dtype);

/* Make the product state a label names, one character a qubit, qubit 0 first:
 * 0 1 + - and r = (|0>+i|1>)/sqrt2, l = (|0>-i|1>)/sqrt2.  length counts characters. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_from_label(ketsim_state **out, const char *label,
                                                                  size_t length, ketsim_dtype dtype);

/* Make a state from count amplitudes of the given dtype, count = 2^n, 1 <= n.  All must be finite.  The norm
 * must be 1 to within 1e-8 (1e-4 for KETSIM_COMPLEX64), or, with normalize, positive and finite. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_from_amplitudes(ketsim_state **out,
                                                                       const void *amplitudes, uint64_t count,
                                                                       ketsim_dtype dtype, bool normalize);

/* Make the product of states of single qubits: amplitudes[2 q] and [2 q + 1] are those of |0> and |1> of qubit q.  The
 * norm of each must be 1 to within 1e-8, or, with normalize, positive and finite. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_product(ketsim_state **out,
                                                               const ketsim_complex *amplitudes,
                                                               unsigned nqubits, ketsim_dtype dtype,
                                                               bool normalize);

/* Make the Dicke state of a weight, 0..nqubits: the even superposition of all basis states with so many ones (Dicke, Physical
 * Review 93, 1954).  That of weight 1 is the W state. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_dicke(ketsim_state **out, unsigned nqubits,
                                                             unsigned weight, ketsim_dtype dtype);

/* Make a random state, evenly distributed (by the Haar measure).  It depends on the size, dtype and *seed alone, not on the
 * number of threads; seed NULL: from the operating system.  In complex64 it is what complex128 gives, rounded. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_random(ketsim_state **out, unsigned nqubits,
                                                              ketsim_dtype dtype, const uint64_t *seed);

/* Make a second state equal to this one, O(1): the amplitudes are shared until one of the two changes.
 * Operations queued on state are run first.  Threads and mode are copied. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_clone(ketsim_state **out, ketsim_state *state);

KETSIM_API void ketsim_state_free(ketsim_state *state); /* NULL is allowed */

/* Leave a clone of state for whoever has the token, a random number of 63 bits: another interpreter of this
 * process, say, which cannot be given a pointer.  tag is the caller's, handed on with the state.  The clone is held
 * until it is taken or dropped.  Fails as ketsim_state_clone() does, or with KETSIM_ERR_QUEUE_FULL while 1,024 states
 * wait to be taken. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_share(uint64_t *token, ketsim_state *state, uint64_t tag);

/* Take the state that a token names; each can be taken once, by any thread.  tag may be NULL.
 * Fails with KETSIM_ERR_ARGUMENT for any other number, with nothing else changed. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_share_take(ketsim_state **out, uint64_t *tag,
                                                            uint64_t token);

/* Free the state that a token names; does nothing when it was taken or names none. */
KETSIM_API void ketsim_share_drop(uint64_t token);

/* Give the amplitudes back now; every later call but free and the getters fails with KETSIM_ERR_CLOSED.
 * A second close does nothing.  Fails with KETSIM_ERR_BUSY during a run, KETSIM_ERR_VIEWED under a view. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_close(ketsim_state *state);

/* Replace the amplitudes: count must be 2^nqubits, dtype the state's; otherwise as from_amplitudes.
 * Drops queued operations and makes an invalid state valid again. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_set(ketsim_state *state, const void *amplitudes,
                                                           uint64_t count, bool normalize);

KETSIM_API unsigned ketsim_state_nqubits(const ketsim_state *state);
KETSIM_API ketsim_dtype ketsim_state_dtype(const ketsim_state *state);

/* How often the amplitudes were committed, from 1. */
KETSIM_API uint64_t ketsim_state_generation(const ketsim_state *state);

/* KETSIM_OK, or why the state cannot be used: KETSIM_ERR_CLOSED or KETSIM_ERR_INVALID. */
KETSIM_API ketsim_status ketsim_state_check(const ketsim_state *state);

/* Threads that runs and reads of this state use at most; 0 means the default (ketsim_default_threads()).
 * At most KETSIM_MAX_THREADS. */
enum { KETSIM_MAX_THREADS = 1024 };
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_set_threads(ketsim_state *state, unsigned threads);

/* In-place runs need no second buffer, but are no transactions: a run that is stopped half-way leaves
 * the state invalid.  Off at first. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_state_set_inplace(ketsim_state *state, bool inplace);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_STATE_H */
