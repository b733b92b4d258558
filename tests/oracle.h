/* oracle.h - a slow simulator to compare with: dense, in long double, straight from the definitions.
 *
 * It shares nothing with the library but the types of ketsim.h.  Its gates are written from the textbooks'
 * definitions, as matrices on all their qubits, controls included; qubits are counted as everywhere: qubit 0
 * is the most significant bit of an index, and so is the first qubit of a matrix. */
#ifndef KETSIM_TESTS_ORACLE_H
#define KETSIM_TESTS_ORACLE_H

#include <complex.h>
#include <float.h>
#include <stdbool.h>
#include <stdint.h>

#include "ketsim.h"

/* The widest that the CPU computes: where long double is wider, a library does, a hundred times slower. */
#if LDBL_MANT_DIG <= 64
typedef long double oracle_real;
typedef long double complex oracle_amp;
#else
typedef double oracle_real;
typedef double complex oracle_amp;
#endif

enum { ORACLE_MAX_GATE_QUBITS = 3, ORACLE_MAX_MATRIX = 64 };

/* Matrix of the gate of that name on all its qubits, row-major, to out[ORACLE_MAX_MATRIX].
 * Returns its number of qubits, or 0 when no definition of it is known here. */
unsigned oracle_gate(oracle_amp *out, const char *name, const double *angles);

/* psi becomes U psi where the matrix acts on qubits[count] and each controls[k] has bit k of values. */
void oracle_matrix(oracle_amp *psi, unsigned n, const oracle_amp *matrix, const int *qubits, unsigned count,
                   const int *controls, unsigned ncontrols, uint64_t values);

/* cos(angle / 2) psi - i sin(angle / 2) P psi, P being the letters on the qubits. */
void oracle_pauli_rotation(oracle_amp *psi, unsigned n, const ketsim_op *op);

/* The same for an operation of the library, by the name of its row.  A row without a definition here is
 * taken from the library's own table; returns false then. */
bool oracle_op(oracle_amp *psi, unsigned n, const ketsim_op *op);

/* The product state of a label over 0 1 + - r l. */
void oracle_label(oracle_amp *psi, unsigned n, const char *label);

/* A random vector of norm 1, rounded to the dtype; amplitudes gets the same numbers in that dtype. */
void oracle_random(oracle_amp *psi, void *amplitudes, unsigned n, ketsim_dtype dtype, uint64_t *seed);

/* The same, zero but where (index & mask) == values. */
void oracle_random_where(oracle_amp *psi, void *amplitudes, unsigned n, ketsim_dtype dtype, uint64_t mask,
                         uint64_t values, uint64_t *seed);

/* A random unitary matrix of 2^nqubits rows. */
void oracle_random_unitary(ketsim_complex *out, unsigned nqubits, uint64_t *seed);

/* Largest |psi[i] - amplitudes[i]|; infinity when one of them is not a number. */
double oracle_error(const oracle_amp *psi, const void *amplitudes, unsigned n, ketsim_dtype dtype);

/* Probabilities of the outcomes of some qubits, the first of them most significant, to out[2^count]. */
void oracle_probabilities(double *out, const oracle_amp *psi, unsigned n, const int *qubits, unsigned count);

#endif
