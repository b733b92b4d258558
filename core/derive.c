/* derive.c - see derive.h. */
#include "derive.h"

#include <math.h>
#include <string.h>

#include "cplx.h"

bool derive_diagonal(const ketsim_complex *m, unsigned ntargets)
{
    const unsigned dim = 1u << ntargets;
    for (unsigned k = 0; k < dim * dim; k++)
        if (k % (dim + 1) && !c_is(m[k], 0)) return false;
    return true;
}

static const ketsim_gate_info *row_of(const struct op *op)
{
    return ketsim_gate_lookup((ketsim_gate)op->gate);
}

unsigned derive_controls(const struct op *op)
{
    const ketsim_gate_info *row = row_of(op);
    return row ? row->ncontrols : 0;
}

/* What is left of rotations about Pauli strings: a phase of exp(-i angle / 2), on no targets. */
static bool is_phase(const struct op *op)
{
    return op->gate == KETSIM_GATE_PAULI_ROTATION;
}

void derive_matrix(ketsim_complex *out, const struct program *program, const struct op *op)
{
    const double half = op->angles[0] / 2;
    if (row_of(op)) gates_matrix((ketsim_gate)op->gate, out, op->angles);
    else if (is_phase(op)) *out = (ketsim_complex){cos(half), -sin(half)};
    else op_matrix(out, program, op);
}

/* The derivative of that matrix by an angle. */
static void derivative_of(ketsim_complex *out, const struct op *op, unsigned by)
{
    const double half = op->angles[0] / 2;
    if (is_phase(op)) *out = (ketsim_complex){-sin(half) / 2, -cos(half) / 2};
    else gates_derivative((ketsim_gate)op->gate, out, op->angles, by);
}

bool derive_is_diagonal(const struct program *program, const struct op *op)
{
    ketsim_complex m[MATRIX_ENTRIES];
    const unsigned ntargets = op->nqubits - derive_controls(op);
    if (op_is_wide(op)) return op->gate == KETSIM_GATE_DIAGONAL;
    derive_matrix(m, program, op);
    bool diagonal = derive_diagonal(m, ntargets);
    for (unsigned k = 0; diagonal && k < op_angles(op); k++) {
        derivative_of(m, op, k);
        diagonal = derive_diagonal(m, ntargets);
    }
    return diagonal;
}

uint64_t derive_mask(const uint8_t *qubits, unsigned count)
{
    uint64_t mask = 0;
    for (unsigned k = 0; k < count; k++) mask |= UINT64_C(1) << qubits[k];
    return mask;
}

void derive_multiply(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b, unsigned dim,
                     bool adjoint)
{
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            ketsim_complex sum = {0, 0};
            for (unsigned k = 0; k < dim; k++)
                sum = c_add(sum, c_mul(a[r * dim + k], adjoint ? c_conj(b[c * dim + k]) : b[k * dim + c]));
            out[r * dim + c] = sum;
        }
}

void derive(struct derivative *out, const struct program *program, const struct op *op, unsigned by)
{
    ketsim_complex u[MATRIX_ENTRIES], du[MATRIX_ENTRIES];
    const unsigned ncontrols = derive_controls(op), ntargets = op->nqubits - ncontrols;
    const uint64_t own = derive_mask(op->qubits, ncontrols);
    out->controls = op->control_mask | own;
    out->values = op->control_values | own;
    out->ntargets = (uint8_t)ntargets;
    memcpy(out->qubits, op->qubits + ncontrols, ntargets);
    derive_matrix(u, program, op);
    derivative_of(du, op, by);
    derive_multiply(out->d, du, u, 1u << ntargets, true);
    out->diagonal = derive_diagonal(out->d, ntargets);
}
