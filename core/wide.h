/* wide.h - an operation on many qubits made ready for its kernel. */
#ifndef KETSIM_CORE_WIDE_MAKE_H
#define KETSIM_CORE_WIDE_MAKE_H

#include "kernels/kernel.h"
#include "program.h"

/* Passes that a wide operation takes, one after the other: 1, or 2 of a permutation that is no involution. */
unsigned wide_parts(const struct op *op);

/* Bytes of the numbers that a wide operation's kernel needs; 0 when those of its table are what the kernel reads, which must
 * then live as long as the pass. */
size_t wide_bytes(const struct op *op, unsigned nqubits, ketsim_dtype dtype);

/* Write a pass of a wide operation on nqubits qubits, and its numbers to memory of wide_bytes(), which the pass then points
 * to.  False when this thread's limits say so, about tables of very many. */
bool wide_make(struct wide *wide, void *numbers, const struct program *program, const struct op *op,
               unsigned part, unsigned nqubits, ketsim_dtype dtype);

/* What the kernel works in. */
size_t wide_scratch_bytes(const struct wide *wide);

/* Units of the pass over 2^nbits amplitudes, and amplitudes of one. */
uint64_t wide_units(const struct wide *wide, unsigned nbits, bool in_place);
uint64_t wide_unit_amps(const struct wide *wide);

/* Arithmetic an amplitude, in sweeps of one gate. */
unsigned wide_weight(const struct wide *wide);

/* What roundings of its numbers do to the square of the norm, as numbers_sweep_excess(). */
double wide_excess(const struct program *program, const struct op *op, ketsim_dtype dtype);

#endif
