/* program.c - appending operations: the one place where they are checked. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "gates.h"
#include "observable.h"

_Static_assert(KETSIM_MAX_QUBITS <= 64, "control masks hold a bit for every qubit");

void program_init(struct program *program, unsigned nqubits)
{
    *program = (struct program){.nqubits = nqubits};
}

static void release_from(struct program *program, size_t first)
{
    for (size_t k = first; k < program->length; k++)
        if (op_has_table(&program->ops[k])) table_release(program->ops[k].table);
}

void program_clear(struct program *program)
{
    release_from(program, 0);
    free(program->ops);
    free(program->entries);
    program_init(program, program->nqubits);
}

/* Make room for count more items of the given size, at least doubling. */
static ketsim_status grow(void **items, size_t *capacity, size_t length, size_t count, size_t size)
{
    if (count <= *capacity - length) return KETSIM_OK;
    const size_t least = length + count, wanted = least > 2 * *capacity ? least : 2 * *capacity;
    void *moved = wanted <= SIZE_MAX / size ? realloc(*items, wanted * size) : NULL;
    if (!moved)
        return fail(KETSIM_ERR_MEMORY, "%zu operations: cannot allocate %zu bytes each", wanted, size);
    *items = moved;
    *capacity = wanted;
    return KETSIM_OK;
}

ketsim_status program_reserve(struct program *program, size_t nops, size_t nentries)
{
    if (nops <= program->capacity - program->length &&
        nentries <= program->entry_capacity - program->nentries)
        return KETSIM_OK;
    TRY(grow((void **)&program->ops, &program->capacity, program->length, nops, sizeof *program->ops));
    return grow((void **)&program->entries, &program->entry_capacity, program->nentries, nentries,
                sizeof *program->entries);
}

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

/* Check op and write it, all but its matrix entries, to *out, which may be written also when it is bad. */
static ketsim_status check_op(struct op *out, const ketsim_op *op, unsigned nqubits, bool unitary)
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

/* Entries that a good operation brings. */
static size_t entries_of(const ketsim_op *op)
{
    const bool has = op->gate == KETSIM_GATE_UNITARY && op->nqubits <= KETSIM_MAX_MATRIX_QUBITS;
    return has ? (size_t)1 << 2 * op->nqubits : 0;
}

/* Checked where it will stay: a copy from the stack would cost as much as the check. */
static ketsim_status append_one(struct program *program, const ketsim_op *op, bool unitary)
{
    TRY(program_reserve(program, 1, entries_of(op)));
    struct op *checked = &program->ops[program->length];
    TRY(check_op(checked, op, program->nqubits, unitary));
    const size_t nentries = op_entries(checked);
    checked->matrix = program->nentries;
    if (nentries) memcpy(program->entries + program->nentries, op->matrix, nentries * sizeof *op->matrix);
    program->nentries += nentries;
    program->length++;
    return KETSIM_OK;
}

ketsim_status program_append(struct program *program, const ketsim_op *ops, size_t count)
{
    const size_t length = program->length;
    for (size_t k = 0; k < count; k++) {
        const ketsim_status status = append_one(program, &ops[k], true);
        if (status != KETSIM_OK) {
            program_truncate(program, length);
            return status;
        }
    }
    return KETSIM_OK;
}

ketsim_status program_append_operator(struct program *program, const ketsim_op *op)
{
    if (op->gate != KETSIM_GATE_UNITARY)
        return fail(KETSIM_ERR_ARGUMENT, "operator: gate %d: must be KETSIM_GATE_UNITARY", (int)op->gate);
    return append_one(program, op, false);
}

ketsim_status program_extend(struct program *program, const struct program *other)
{
    const size_t nops = other->length, nentries = other->nentries, base = program->nentries;
    if (other->nqubits > program->nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "circuit on %u qubits: must have at most %u", other->nqubits,
                    program->nqubits);
    TRY(program_reserve(program, nops, nentries)); /* other may be program, whose arrays have just moved */
    if (nentries) memcpy(program->entries + base, other->entries, nentries * sizeof *other->entries);
    for (size_t k = 0; k < nops; k++) {
        struct op *op = &program->ops[program->length + k];
        *op = other->ops[k];
        op->matrix += base;
        op_retain(op);
    }
    program->nentries += nentries;
    program->length += nops;
    return KETSIM_OK;
}

ketsim_status program_mark(struct program *program, uint64_t index)
{
    TRY(program_reserve(program, 1, 0));
    program->ops[program->length++] = (struct op){.gate = KETSIM_GATE_DYNAMIC, .dynamic = index};
    return KETSIM_OK;
}

unsigned op_angles(const struct op *op)
{
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    return row ? row->nangles : op->gate == KETSIM_GATE_PAULI_ROTATION;
}

int op_inverse_angle(const struct op *op, unsigned k)
{
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    return row ? row->inverse_angles[k] : -1;
}

size_t program_angles(const struct program *program)
{
    size_t count = 0;
    for (size_t k = 0; k < program->length; k++) count += op_angles(&program->ops[k]);
    return count;
}

void op_matrix(ketsim_complex *out, const struct program *program, const struct op *op)
{
    const unsigned dim = 1u << op->nqubits;
    if (op->gate == KETSIM_GATE_UNITARY) {
        memcpy(out, program->entries + op->matrix, op_entries(op) * sizeof *out);
        return;
    }
    memset(out, 0, dim * dim * sizeof *out);
    for (unsigned x = 0; x < dim; x++) {
        if (op->table->phases) out[x * (dim + 1)] = table_phase(op->table, x, op->undone);
        else out[table_target(op->table, x, op->undone) * dim + x] = (ketsim_complex){1, 0};
    }
}

static void invert(struct op *op, ketsim_complex *entries)
{
    if (op_has_table(op)) {
        op->undone = !op->undone;
        return;
    }
    if (op->gate == KETSIM_GATE_UNITARY) {
        matrix_adjoint(entries + op->matrix, 1u << op->nqubits);
        return;
    }
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    double angles[KETSIM_MAX_ANGLES];
    for (unsigned j = 0; j < op_angles(op); j++) {
        const int k = op_inverse_angle(op, j);
        angles[j] = k < 0 ? -op->angles[-k - 1] : op->angles[k - 1];
    }
    memcpy(op->angles, angles, op_angles(op) * sizeof *angles);
    if (row) op->gate = (uint32_t)row->inverse; /* a Pauli rotation stays one */
}

ketsim_status program_extend_inverse(struct program *program, const struct program *other)
{
    const size_t first = program->length;
    for (size_t k = 0; k < other->length; k++)
        if (other->ops[k].as_it_is)
            return fail(KETSIM_ERR_ARGUMENT,
                        "operation %zu: its matrix is not unitary, and has no inverse here", k);
    TRY(program_extend(program, other));
    for (size_t i = first, j = program->length; i < j--; i++) {
        const struct op op = program->ops[i];
        program->ops[i] = program->ops[j];
        program->ops[j] = op;
    }
    for (size_t k = first; k < program->length; k++) invert(&program->ops[k], program->entries);
    return KETSIM_OK;
}

/* Matrices need not lie in the order of their operations: an inverse turns it round. */
void program_truncate(struct program *program, size_t length)
{
    size_t used = 0;
    if (length == program->length) return;
    release_from(program, length);
    for (size_t k = 0; k < length; k++) {
        const struct op *op = &program->ops[k];
        if (op_entries(op) && op->matrix + op_entries(op) > used) used = op->matrix + op_entries(op);
    }
    program->nentries = used;
    program->length = length;
}
