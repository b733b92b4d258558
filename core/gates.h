/* gates.h - rows of ketsim_gates.def as data.  The public side is ketsim_gate_lookup() and its neighbors. */
#ifndef KETSIM_CORE_GATES_H
#define KETSIM_CORE_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "ketsim.h"

enum { MATRIX_ENTRIES = 1 << 2 * KETSIM_MAX_TARGETS };

/* What a row's matrix does to basis states, whatever its angles. */
enum gate_form { GATE_PHASES, GATE_FLIPS, GATE_MIXES };

/* What is asked of every operation, without a call; all of it follows from the row at compile time. */
struct gate_shape {
    uint8_t ncontrols, ntargets, nangles;
    uint8_t form;   /* enum gate_form */
    uint8_t spread; /* bits in which row and column of some entry that can be other than 0 differ */
};
extern const struct gate_shape gates_shapes[KETSIM_GATE_COUNT];

/* Whether gate is a row on one qubit and its controls. */
static inline bool gates_has_one_target(uint32_t gate)
{
    return gate < KETSIM_GATE_COUNT && gates_shapes[gate].ntargets == 1;
}

/* Write the matrix of a row that exists, for angles that are finite. */
void gates_matrix(ketsim_gate gate, ketsim_complex *out, const double *angles);

/* Of a row with angles: for each the number of which its matrix has the cosine and the sine, and the matrix made of these. */
void gates_arguments(ketsim_gate gate, double *out, const double *angles);
void gates_matrix_of(ketsim_gate gate, ketsim_complex *out, const double *cosines, const double *sines);

/* Write the derivative of that matrix by angle number by. */
void gates_derivative(ketsim_gate gate, ketsim_complex *out, const double *angles, unsigned by);

#endif
