/* check.c - operations: the one place where they are checked. */
#include "check.h"

#include <math.h>

#include "error.h"
#include "gates.h"
#include "observable.h"
#include "unitary.h"

_Static_assert(KETSIM_MAX_QUBITS <= 64, "control masks hold a bit for every qubit");

ketsim_status check_qubits(uint64_t *seen, unsigned nqubits, const int *qubits, size_t count)
{
    if (count && !qubits)
        return fail(KETSIM_ERR_ARGUMENT, "qubits is NULL: their number is given as %zu", count);
    for (size_t k = 0; k < count; k++) {
        if (qubits[k] < 0 || (unsigned)qubits[k] >= nqubits)
            return fail(KETSIM_ERR_ARGUMENT, "qubit %d: must be 0..%u for %u qubits", qubits[k], nqubits - 1,
                        nqubits);
        if (*seen >> qubits[k] & 1)
            return fail(KETSIM_ERR_ARGUMENT, "qubit %d: given twice; the qubits of one operation must differ",
                        qubits[k]);
        *seen |= UINT64_C(1) << qubits[k];
    }
    return KETSIM_OK;
}

static ketsim_status check_angles(const ketsim_gate_info *row, const double *angles)
{
    if (row->nangles && !angles)
        return fail(KETSIM_ERR_ARGUMENT, "%s: given no angles: takes %u", row->name, row->nangles);
    for (unsigned k = 0; k < row->nangles; k++)
        if (!isfinite(angles[k]))
            return fail(KETSIM_ERR_ARGUMENT, "%s: angle %u is %g: must be finite", row->name, k, angles[k]);
    return KETSIM_OK;
}

static ketsim_status fail_linear(const char *name)
{
    return fail(KETSIM_ERR_ARGUMENT, "%s: given linear forms of parameters: only a circuit takes them", name);
}

static ketsim_status check_row(const ketsim_op *op, const ketsim_gate_info *row)
{
    if (!row)
        return fail(KETSIM_ERR_ARGUMENT, "gate %d: must be a row of the table, 0..%d", (int)op->gate,
                    KETSIM_GATE_COUNT - 1);
    if (op->linear) return fail_linear(row->name);
    if (op->nqubits != row->ncontrols + row->ntargets)
        return fail(KETSIM_ERR_ARGUMENT, "%s: given %zu qubits: takes %u", row->name, op->nqubits,
                    row->ncontrols + row->ntargets);
    return row->nangles ? check_angles(row, op->angles) : KETSIM_OK;
}

static ketsim_status check_matrix(struct op *out, const ketsim_op *op, bool unitary)
{
    const char *const name = unitary ? "unitary" : "operator";
    if (op->nqubits < 1 || op->nqubits > KETSIM_MAX_MATRIX_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "%s: given %zu qubits: takes 1 to %d", name, op->nqubits,
                    KETSIM_MAX_MATRIX_QUBITS);
    if (!op->matrix) return fail(KETSIM_ERR_ARGUMENT, "%s: given no matrix", name);
    const unsigned dim = 1u << op->nqubits;
    for (size_t k = 0; k < (size_t)dim * dim; k++)
        if (!isfinite(op->matrix[k].re) || !isfinite(op->matrix[k].im))
            return fail(KETSIM_ERR_ARGUMENT, "%s: entry (%u, %u) is %g%+gi: must be finite", name,
                        (unsigned)(k / dim), (unsigned)(k % dim), op->matrix[k].re, op->matrix[k].im);
    out->as_it_is = !unitary;
    if (!unitary) return KETSIM_OK;
    double limit;
    TRY(tolerance_limit(&limit, name, op->tolerance));
    const double defect = matrix_defect(op->matrix, dim);
    out->exact = defect_is_rounding(dim * defect);
    if (!(defect <= limit))
        return fail(KETSIM_ERR_ARGUMENT, "unitary: matrix has max |U U* - 1| = %.3g: must be at most %.1g",
                    defect, limit);
    return KETSIM_OK;
}

/* A string of Pauli letters, as masks. */
static ketsim_status check_pauli(struct op *out, const ketsim_op *op, unsigned nqubits, uint64_t *seen)
{
    TRY(check_qubits(seen, nqubits, op->qubits, op->nqubits));
    if (op->linear) return fail_linear("Pauli rotation");
    if (!op->angles) return fail(KETSIM_ERR_ARGUMENT, "Pauli rotation: given no angle: takes 1");
    if (!isfinite(op->angles[0]))
        return fail(KETSIM_ERR_ARGUMENT, "Pauli rotation: angle is %g: must be finite", op->angles[0]);
    if (op->nqubits && !op->letters)
        return fail(KETSIM_ERR_ARGUMENT, "Pauli rotation: given no letters: takes one for each of %zu qubits",
                    op->nqubits);
    ketsim_pauli_record string = {.x = 0};
    uint64_t used = 0;
    for (size_t k = 0; k < op->nqubits; k++) {
        const char letter = op->letters[k];
        if (observable_put(&string, &used, letter, (uint64_t)op->qubits[k]))
            return fail(KETSIM_ERR_ARGUMENT, "Pauli rotation: letter %zu is 0x%02x: must be one of I X Y Z",
                        k, (unsigned char)letter);
    }
    out->pauli.angle = op->angles[0];
    out->pauli.x = string.x;
    out->pauli.z = string.z;
    return KETSIM_OK;
}

static ketsim_status check_controls(struct op *out, const ketsim_op *op, unsigned nqubits, uint64_t seen)
{
    const uint64_t own = seen;
    TRY(check_qubits(&seen, nqubits, op->controls, op->ncontrols));
    out->control_mask = seen & ~own;
    for (size_t k = 0; k < op->ncontrols; k++)
        out->control_values |= (op->control_values >> k & 1) << op->controls[k];
    return KETSIM_OK;
}

/* The qubits of a table, which is made when all else is checked. */
static ketsim_status check_table(const ketsim_op *op, unsigned nqubits)
{
    const char *const name = op->gate == KETSIM_GATE_DIAGONAL ? "diagonal" : "permutation";
    if (op->linear) return fail_linear(name);
    if (op->nqubits >= 1 && op->nqubits <= nqubits) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "%s: given %zu qubits: takes 1 to %u", name, op->nqubits, nqubits);
}

static ketsim_status check_own(struct op *out, const ketsim_op *op, unsigned nqubits, bool unitary)
{
    if (op->gate == KETSIM_GATE_UNITARY) return check_matrix(out, op, unitary);
    if (op_has_table(out)) return check_table(op, nqubits);
    return check_row(op, ketsim_gate_lookup(op->gate));
}

static void put_qubits(struct op *out, const ketsim_op *op)
{
    out->nqubits = (uint8_t)op->nqubits;
    const bool wide = op_is_wide(out);
    if (wide && op_has_table(out)) return;
    for (size_t k = 0; !wide && k < op->nqubits; k++) out->qubits[k] = (uint8_t)op->qubits[k];
    for (size_t k = 0; wide && k < op->nqubits; k++)
        out->packed[k / PACKED_QUBITS] |= (uint64_t)op->qubits[k] << k % PACKED_QUBITS * PACKED_BITS;
}

ketsim_status check_op(struct op *out, const ketsim_op *op, unsigned nqubits, bool unitary)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(op->gate);
    uint64_t seen = 0;
    *out = (struct op){.gate = (uint32_t)op->gate};
    if (op->gate == KETSIM_GATE_PAULI_ROTATION) {
        TRY(check_pauli(out, op, nqubits, &seen));
    } else {
        TRY(check_own(out, op, nqubits, unitary));
        TRY(check_qubits(&seen, nqubits, op->qubits, op->nqubits));
        put_qubits(out, op);
        for (unsigned k = 0; row && k < row->nangles; k++) out->angles[k] = op->angles[k];
    }
    if (op->ncontrols) TRY(check_controls(out, op, nqubits, seen));
    return op_has_table(out) ? table_new(&out->table, op) : KETSIM_OK;
}
