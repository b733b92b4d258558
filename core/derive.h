/* derive.h - matrices of operations, and what their angles do to them. */
#ifndef KETSIM_CORE_DERIVE_H
#define KETSIM_CORE_DERIVE_H

#include "gates.h"
#include "program.h"

/* D = (dU) U*, where the derivative of U is by one of its angles: it acts on U's targets under its controls. */
struct derivative {
    size_t angle;              /* which, in the order of the program */
    uint64_t controls, values; /* masks of qubits */
    uint8_t qubits[KETSIM_MAX_TARGETS], ntargets;
    bool diagonal;
    ketsim_complex d[MATRIX_ENTRIES];
};

/* D of angle number by of an operation of the program; which angle of the program that is, is left open. */
void derive(struct derivative *out, const struct program *program, const struct op *op, unsigned by);

/* Controls among an operation's qubits, which come first. */
unsigned derive_controls(const struct op *op);

/* The operation's matrix on its targets; of what is left of rotations about Pauli strings: a phase, on none. */
void derive_matrix(ketsim_complex *out, const struct program *program, const struct op *op);

/* Whether that and its derivatives are diagonal. */
bool derive_is_diagonal(const struct program *program, const struct op *op);

/* Whether a matrix on so many targets is. */
bool derive_diagonal(const ketsim_complex *m, unsigned ntargets);

/* out = a b, or a b*, of dim by dim matrices; out is neither. */
void derive_multiply(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b, unsigned dim,
                     bool adjoint);

/* A list of qubits as a mask. */
uint64_t derive_mask(const uint8_t *qubits, unsigned count);

#endif
