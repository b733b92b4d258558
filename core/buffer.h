/* buffer.h - the amplitudes of one generation, counted, and the pool they come from.
 *
 * A buffer is written by the one who acquired it until it is published in a state; from then on it is never
 * written again while shared (in-place runs need the only reference).  A product buffer holds a label and no
 * amplitudes until somebody asks for them. */
#ifndef KETSIM_CORE_BUFFER_H
#define KETSIM_CORE_BUFFER_H

#include <stdatomic.h>

#include "ketsim.h"

struct buffer {
    _Atomic uint32_t refs;
    _Atomic uint32_t views;        /* of those, exported to the caller */
    _Atomic(void *) amps;          /* NULL: a product state not written out yet */
    uint64_t bytes;                /* power of two, at least BUFFER_LEAST: zero-padded to whole vectors */
    double residue;                /* of the norm, for the next run to make up for: see payment.h */
    struct buffer *next;           /* in the pool */
    char label[KETSIM_MAX_QUBITS]; /* of a product state; starts with 0 in any other */
};

enum { BUFFER_LEAST = 64 };

/* Bytes a buffer of 2^nqubits amplitudes takes. */
uint64_t buffer_bytes(unsigned nqubits, ketsim_dtype dtype);

/* A buffer with one reference and unspecified contents, from the pool if it has one. */
ketsim_status buffer_acquire(struct buffer **out, uint64_t bytes);

/* A product state with one reference; label has one character a qubit, already checked. */
ketsim_status buffer_product(struct buffer **out, const char *label, size_t length, uint64_t bytes);

/* Give amplitudes to a product buffer: those of from, which is used up.  Of two threads that do it at once, one's
 * are kept. */
void buffer_materialize(struct buffer *product, struct buffer *from);

/* Whether one state and views, of which there are some, hold all references: writing or dropping the state's
 * amplitudes would pull them from under the views, where with a clone around it goes elsewhere anyway. */
bool buffer_viewed(struct buffer *buffer);

void buffer_retain(struct buffer *buffer);
void buffer_release(struct buffer *buffer); /* NULL is allowed; the last one returns it to the pool */

/* For the counters. */
void pool_counters(ketsim_counters *out);

#endif
