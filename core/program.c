/* program.c - appending operations, and taking them back. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "error.h"
#include "gates.h"

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
static void shorten(struct program *program, size_t length)
{
    size_t used = 0;
    for (size_t k = 0; k < length; k++) {
        const struct op *op = &program->ops[k];
        if (op_entries(op) && op->matrix + op_entries(op) > used) used = op->matrix + op_entries(op);
    }
    program->nentries = used;
    program->length = length;
}

void program_truncate(struct program *program, size_t length)
{
    if (length == program->length) return;
    release_from(program, length);
    shorten(program, length);
}

void program_keep(struct program *program, const bool *kept)
{
    size_t count = 0;
    for (size_t k = 0; k < program->length; k++) {
        const struct op op = program->ops[k];
        if (kept[k]) program->ops[count++] = op;
        else if (op_has_table(&op)) table_release(op.table);
    }
    shorten(program, count);
}
