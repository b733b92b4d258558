/* program.c - appending operations, and taking them back. */
#include "program.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "error.h"
#include "gates.h"
#include "unitary.h"

void program_init(struct program *program, unsigned nqubits)
{
    *program = (struct program){.nqubits = nqubits};
}

static void release_from(struct program *program, size_t first)
{
    for (size_t k = first; program->tables && k < program->length; k++)
        if (op_has_table(&program->ops[k])) table_release(program->ops[k].table);
}

/* Who is alone stays alone: others come by way of a program that holds the array. */
static bool is_shared(const struct program *program)
{
    return program->array && atomic_load_explicit(&program->array->holders, memory_order_acquire) > 1;
}

static void let_go(struct op_array *array)
{
    if (array && atomic_fetch_sub_explicit(&array->holders, 1, memory_order_acq_rel) == 1) free(array);
}

void program_clear(struct program *program)
{
    release_from(program, 0);
    let_go(program->array);
    free(program->entries);
    program_init(program, program->nqubits);
}

static ketsim_status no_memory(size_t count, size_t size)
{
    return fail(KETSIM_ERR_MEMORY, "%zu operations: cannot allocate %zu bytes each", count, size);
}

/* Room for count more than length items, at least doubling. */
static size_t grown(size_t capacity, size_t length, size_t count)
{
    const size_t least = count < SIZE_MAX - length ? length + count : SIZE_MAX;
    return least > 2 * capacity ? least : 2 * capacity;
}

static void adopt(struct program *program, struct op_array *array, size_t capacity)
{
    program->array = array;
    program->ops = array->ops;
    program->capacity = capacity;
}

static void forget(struct program *program)
{
    program->array = NULL;
    program->ops = NULL;
    program->capacity = 0;
}

/* Room for more operations where they lie, or elsewhere. */
static ketsim_status grow_ops(struct program *program, size_t count)
{
    const size_t wanted = grown(program->capacity, program->length, count);
    const bool fits = wanted <= (SIZE_MAX - sizeof(struct op_array)) / sizeof(struct op);
    struct op_array *moved = fits ? realloc(program->array, sizeof *moved + wanted * sizeof(struct op))
                                  : NULL;
    if (!moved) return no_memory(wanted, sizeof(struct op));
    if (!program->array) atomic_init(&moved->holders, 1);
    adopt(program, moved, wanted);
    return KETSIM_OK;
}

/* A copy of what others hold too, with room for more. */
static ketsim_status part_from(struct program *program, size_t count)
{
    struct program own = {.length = program->length};
    TRY(grow_ops(&own, count));
    if (!own.ops)
        return KETSIM_ERR_MEMORY; /* never: for an analyzer that does not know what fail() returns */
    memcpy(own.ops, program->ops, program->length * sizeof *own.ops);
    let_go(program->array);
    adopt(program, own.array, own.capacity);
    return KETSIM_OK;
}

static ketsim_status grow_entries(struct program *program, size_t count)
{
    const size_t wanted = grown(program->entry_capacity, program->nentries, count),
                 size = sizeof *program->entries;
    void *moved = wanted <= SIZE_MAX / size ? realloc(program->entries, wanted * size) : NULL;
    if (!moved) return no_memory(wanted, size);
    program->entries = moved;
    program->entry_capacity = wanted;
    return KETSIM_OK;
}

ketsim_status program_reserve(struct program *program, size_t nops, size_t nentries)
{
    if (is_shared(program)) TRY(part_from(program, nops));
    else if (nops > program->capacity - program->length) TRY(grow_ops(program, nops));
    return nentries > program->entry_capacity - program->nentries ? grow_entries(program, nentries)
                                                                  : KETSIM_OK;
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
    program->tables |= op_has_table(checked);
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
    struct op *added = program->ops + program->length;
    if (nops) memcpy(added, other->ops, nops * sizeof *added);
    for (size_t k = 0; nentries && base && k < nops; k++) added[k].matrix += base;
    for (size_t k = 0; other->tables && k < nops; k++) op_retain(&added[k]);
    program->tables |= other->tables;
    program->nentries += nentries;
    program->length += nops;
    return KETSIM_OK;
}

ketsim_status program_share(struct program *program, const struct program *other)
{
    const bool fits = !program->length && program->nqubits == other->nqubits && program != other;
    const bool plain = other->array && other->ops == other->array->ops && !other->nentries && !other->tables;
    if (!fits || !plain) return program_extend(program, other);
    atomic_fetch_add_explicit(&other->array->holders, 1, memory_order_relaxed);
    let_go(program->array);
    adopt(program, other->array, other->capacity);
    program->length = other->length;
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
    if (length || !is_shared(program)) return;
    let_go(program->array);
    forget(program);
}

ketsim_status program_keep(struct program *program, const bool *kept)
{
    size_t count = 0;
    TRY(program_reserve(program, 0, 0));
    for (size_t k = 0; k < program->length; k++) {
        const struct op op = program->ops[k];
        if (kept[k]) program->ops[count++] = op;
        else if (op_has_table(&op)) table_release(op.table);
    }
    shorten(program, count);
    return KETSIM_OK;
}
