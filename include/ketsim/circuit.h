/* Circuits, and their parameters.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_CIRCUIT_H
#define KETSIM_CIRCUIT_H

#include "gates.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ketsim_circuit ketsim_circuit;

/* One operation as a circuit stores it. */
typedef struct ketsim_op_record {
    ketsim_gate gate;
    unsigned nqubits, nangles;
    int qubits[KETSIM_MAX_QUBITS];         /* the row's controls, then its targets */
    uint64_t control_mask, control_values; /* further controls: bit q is qubit q */
    double angles[KETSIM_MAX_ANGLES];
    ketsim_complex matrix[1 << 2 * KETSIM_MAX_TARGETS]; /* KETSIM_GATE_UNITARY on so few qubits, else zeros */
    size_t
        nentries; /* of the matrix of KETSIM_GATE_UNITARY, or of KETSIM_GATE_DIAGONAL, see ketsim_circuit_get_matrix() */
    size_t ntargets; /* of the table of KETSIM_GATE_PERMUTATION, see ketsim_circuit_get_table() */
    uint64_t x,
        z; /* KETSIM_GATE_PAULI_ROTATION: where X or Y, and where Z or Y acts; bit q is qubit q, and nqubits 0 */
    size_t
        nterms[KETSIM_MAX_ANGLES]; /* of the linear form that an angle is the offset of; 0: just a number */
} ketsim_op_record;

/* Make an empty circuit on nqubits qubits, 1 <= nqubits <= KETSIM_MAX_QUBITS.
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_new(ketsim_circuit **out, unsigned nqubits);
KETSIM_API void ketsim_circuit_free(ketsim_circuit *circuit); /* NULL is allowed */

/* Append all of ops[count], or none of them when one is bad: a qubit out of range or repeated, an angle
 * or matrix entry that is not finite, a matrix that is not unitary, a wrong number of qubits.
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_append(ketsim_circuit *circuit, const ketsim_op *ops,
                                                                size_t count);

/* Make room for so many more operations, which saves moving them as the circuit grows; it grows by itself too.
 * Fails with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_reserve(ketsim_circuit *circuit, size_t operations);

/* The common case of ketsim_circuit_append(): one row, with as many qubits as the row says. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_gate(ketsim_circuit *circuit, ketsim_gate gate,
                                                              const double *angles, const int *qubits);

/* Append every operation of other, which must not have more qubits; other may be circuit itself. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_extend(ketsim_circuit *circuit,
                                                                const ketsim_circuit *other);

/* Make a copy, or the circuit that undoes this one. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_copy(ketsim_circuit **out,
                                                              const ketsim_circuit *circuit);
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_inverse(ketsim_circuit **out,
                                                                 const ketsim_circuit *circuit);

/* Append the quantum Fourier transform of some qubits: |x> becomes the sum over y of exp(2 pi i x y / 2^nqubits) |y>, divided
 * by sqrt(2^nqubits), the first qubit being the most significant bit of x and of y; or its inverse.  qubits NULL with
 * nqubits 0: all of them.  One H a qubit, one CP a pair, and SWAPs, which cost nothing.
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_qft(ketsim_circuit *circuit, const int *qubits,
                                                             size_t nqubits, bool inverse);

/* Append a permutation of some qubits: what was on qubits[k] comes to targets[k], which are the same qubits in another order.
 * qubits NULL: 0 to nqubits - 1.  SWAPs, which are names in a plan of more than a few operations, and cost nothing there.
 *     ketsim_circuit_permute_qubits(circuit, NULL, (int[]){1, 2, 0}, 3)
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_permute_qubits(ketsim_circuit *circuit,
                                                                        const int *qubits, const int *targets,
                                                                        size_t nqubits);

/* A sum of Pauli strings; see below. */
typedef struct ketsim_observable ketsim_observable;

/* Append evolution under a Hamiltonian, exp(-i time H), in so many Trotter steps, each one rotation a term: of first order,
 * with an error of order time^2 / steps, or of second order (Strang splitting), time^3 / steps^2; exact when all terms
 * commute.  The identity's term is a phase.
 *     ketsim_circuit_evolve(circuit, ising, 1.0, 100, 2)
 * Fails with KETSIM_ERR_ARGUMENT when the observable needs more qubits than the circuit has, time or an angle is not finite,
 * steps is 0 or order neither 1 nor 2, or with KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_evolve(ketsim_circuit *circuit,
                                                                const ketsim_observable *observable,
                                                                double time, uint64_t steps, unsigned order);

/* Drop every operation after the first length; length must not exceed the circuit's. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_truncate(ketsim_circuit *circuit, size_t length);

KETSIM_API unsigned ketsim_circuit_nqubits(const ketsim_circuit *circuit);
KETSIM_API size_t ketsim_circuit_length(const ketsim_circuit *circuit);

/* Angles of all operations together. */
KETSIM_API size_t ketsim_circuit_angles(const ketsim_circuit *circuit);

/* Write operation number index to *out.  Fails with KETSIM_ERR_ARGUMENT when index is not below the length. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_get(const ketsim_circuit *circuit,
                                                             ketsim_op_record *out, size_t index);

/* Write the matrix of operation number index, row-major, or its diagonal, to out[count], count being its record's nentries.
 * Fails with KETSIM_ERR_ARGUMENT when there is no such operation, or count is another. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_get_matrix(const ketsim_circuit *circuit,
                                                                    ketsim_complex *out, size_t count,
                                                                    size_t index);

/* Write the table of operation number index, a KETSIM_GATE_PERMUTATION, to out[count], count being its record's ntargets.
 * Fails with KETSIM_ERR_ARGUMENT when there is no such operation, or count is another. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_get_table(const ketsim_circuit *circuit,
                                                                   uint64_t *out, size_t count, size_t index);

/* Same qubit count and the same operations; angles, matrices and factors of terms compared bit by bit. */
KETSIM_API bool ketsim_circuit_equal(const ketsim_circuit *a, const ketsim_circuit *b);

/* Angles may be linear forms of named parameters, for which bind puts numbers.  RX(2 theta + 0.3) on qubit 0:
 *     const ketsim_linear form = {&(ketsim_term){"theta", 2}, 1};
 *     const ketsim_op op = {.gate = KETSIM_GATE_RX, .angles = (double[]){0.3}, .linear = &form,
 *                           .qubits = (int[]){0}, .nqubits = 1};
 *     ketsim_circuit_append(circuit, &op, 1);
 * What needs numbers, as ketsim_apply() does, fails with KETSIM_ERR_ARGUMENT and names the parameters.
 *
 * Number of parameters, which count from 0 in the order of their first use; the name of one, NULL when index is
 * not below that, borrowed until operations are dropped or the circuit is freed. */
KETSIM_API size_t ketsim_circuit_nparameters(const ketsim_circuit *circuit);
KETSIM_API const char *ketsim_circuit_parameter(const ketsim_circuit *circuit, size_t index);

/* Write one term of the linear form that an angle of operation number index is; its name is borrowed likewise.
 * Fails with KETSIM_ERR_ARGUMENT when there is no such term. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_get_term(const ketsim_circuit *circuit,
                                                                  ketsim_term *out, size_t index,
                                                                  unsigned angle, size_t term);

/* Make the circuit in which each angle is its offset plus factor times value, term after term; values[count] are those
 * of the parameters in their order.  Fails with KETSIM_ERR_ARGUMENT when count is not their number or a value or an
 * angle is not finite, or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_bind(ketsim_circuit **out,
                                                              const ketsim_circuit *circuit,
                                                              const double *values, size_t count);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_CIRCUIT_H */
