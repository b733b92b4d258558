/* look.c - the public side of circuits: what they hold, and whether two hold the same. */
#include <stdlib.h>
#include <string.h>

#include "circuit.h"
#include "error.h"
#include "table.h"

/* With the lock held: the dynamic operation that stands there, or NULL. */
static struct dynamic *find_dynamic(const ketsim_circuit *circuit, size_t index)
{
    const struct program *program = &circuit->program;
    if (index >= program->length || program->ops[index].gate != KETSIM_GATE_DYNAMIC) return NULL;
    return circuit->dynamics.items[program->ops[index].dynamic];
}

static void record(ketsim_op_record *out, const ketsim_circuit *circuit, size_t index)
{
    const struct program *program = &circuit->program;
    const struct op *op = &program->ops[index];
    *out = (ketsim_op_record){.gate = (ketsim_gate)op->gate,
                              .nqubits = op->nqubits,
                              .nangles = op_angles(op),
                              .control_mask = op->control_mask,
                              .control_values = op->control_values};
    for (unsigned k = 0; k < op->nqubits; k++) out->qubits[k] = (int)op_qubit(op, k);
    memcpy(out->angles, op->angles, out->nangles * sizeof *out->angles);
    for (unsigned k = 0; k < out->nangles; k++) {
        const struct param_form *form = params_find(&circuit->params, index, k);
        out->nterms[k] = form ? form->last - form->first : 0;
    }
    if (op->gate == KETSIM_GATE_PAULI_ROTATION) {
        out->x = op->pauli.x;
        out->z = op->pauli.z;
    }
    out->nentries = op->gate == KETSIM_GATE_DIAGONAL ? table_size(op->table) : op_entries(op);
    out->ntargets = op->gate == KETSIM_GATE_PERMUTATION ? table_size(op->table) : 0;
    if (op_entries(op) && !op_is_wide(op))
        memcpy(out->matrix, program->entries + op->matrix, out->nentries * sizeof *out->matrix);
}

ketsim_status ketsim_circuit_get(const ketsim_circuit *circuit, ketsim_op_record *out, size_t index)
{
    const size_t length = circuit_lock(circuit)->program.length;
    if (index < length) record(out, circuit, index);
    circuit_unlock(circuit);
    return index < length ? KETSIM_OK
                          : fail(KETSIM_ERR_ARGUMENT, "operation %zu: the circuit has %zu", index, length);
}

/* An operation that has a table, and has it still when the circuit is unlocked; or one without. */
static struct op hold_op(const ketsim_circuit *circuit, size_t index)
{
    struct op op = {.gate = KETSIM_GATE_DYNAMIC};
    const struct program *program = &circuit_lock(circuit)->program;
    if (index < program->length && op_has_table(&program->ops[index])) {
        op = program->ops[index];
        op_retain(&op);
    }
    circuit_unlock(circuit);
    return op;
}

static ketsim_status fail_size(const char *what, size_t index, size_t count)
{
    return fail(KETSIM_ERR_ARGUMENT, "operation %zu: has no %s of %zu entries", index, what, count);
}

static ketsim_status get_phases(const struct op *op, ketsim_complex *out, size_t count, size_t index)
{
    if (!op->table->phases || table_size(op->table) != count) return fail_size("matrix", index, count);
    for (size_t x = 0; x < count; x++) out[x] = table_phase(op->table, x, op->undone);
    return KETSIM_OK;
}

static ketsim_status get_targets(const struct op *op, uint64_t *out, size_t count, size_t index)
{
    if (op->table->phases || table_size(op->table) != count) return fail_size("table", index, count);
    for (size_t x = 0; x < count; x++) out[x] = table_target(op->table, x, op->undone);
    return KETSIM_OK;
}

ketsim_status ketsim_circuit_get_table(const ketsim_circuit *circuit, uint64_t *out, size_t count,
                                       size_t index)
{
    const struct op op = hold_op(circuit, index);
    if (!op_has_table(&op)) return fail_size("table", index, count);
    const ketsim_status status = get_targets(&op, out, count, index);
    table_release(op.table);
    return status;
}

/* Whether the operation has so many entries; writes them. */
static bool copy_entries(ketsim_complex *out, size_t count, const struct program *program, size_t index)
{
    if (index >= program->length || op_entries(&program->ops[index]) != count) return false;
    if (count) memcpy(out, program->entries + program->ops[index].matrix, count * sizeof *out);
    return true;
}

ketsim_status ketsim_circuit_get_matrix(const ketsim_circuit *circuit, ketsim_complex *out, size_t count,
                                        size_t index)
{
    const struct op op = hold_op(circuit, index);
    if (op_has_table(&op)) {
        const ketsim_status status = get_phases(&op, out, count, index);
        table_release(op.table);
        return status;
    }
    const bool copied = copy_entries(out, count, &circuit_lock(circuit)->program, index);
    circuit_unlock(circuit);
    return copied ? KETSIM_OK : fail_size("matrix", index, count);
}

ketsim_status ketsim_circuit_get_dynamic(const ketsim_circuit *circuit, ketsim_dynamic *out, size_t index)
{
    circuit_lock(circuit);
    const struct dynamic *found = find_dynamic(circuit, index);
    if (found) *out = found->given;
    circuit_unlock(circuit);
    return found ? KETSIM_OK
                 : fail(KETSIM_ERR_ARGUMENT, "operation %zu: the circuit has no dynamic operation there",
                        index);
}

/* ---- comparing -------------------------------------------------------------------------------- */

/* Operations with tables in both: the same one turned the same way, or numbers that are. */
static bool equal_tables(const struct op *x, const struct op *y)
{
    const size_t size = table_size(x->table);
    bool equal = size == table_size(y->table) && !x->table->phases == !y->table->phases;
    if (x->undone == y->undone && table_equal(x->table, y->table)) return true;
    for (size_t k = 0; equal && k < size; k++) {
        if (!x->table->phases)
            equal = table_target(x->table, k, x->undone) == table_target(y->table, k, y->undone);
        else {
            const ketsim_complex a = table_phase(x->table, k, x->undone),
                                 b = table_phase(y->table, k, y->undone);
            equal = !memcmp(&a, &b, sizeof a);
        }
    }
    return equal;
}

static bool equal_table(const ketsim_circuit *a, const ketsim_circuit *b, size_t index)
{
    const struct op x = hold_op(a, index), y = hold_op(b, index);
    const bool both = op_has_table(&x) && op_has_table(&y);
    const bool equal = both ? equal_tables(&x, &y) : op_has_table(&x) == op_has_table(&y);
    if (op_has_table(&x)) table_release(x.table);
    if (op_has_table(&y)) table_release(y.table);
    return equal;
}

/* Of one operation in each, which have as many. */
static bool equal_entries(const ketsim_circuit *a, const ketsim_circuit *b, size_t count, size_t index)
{
    const size_t size = count * sizeof(ketsim_complex);
    ketsim_complex *x = malloc(2 * size), *y = x + count; /* never two locks at once */
    const bool equal = x && ketsim_circuit_get_matrix(a, x, count, index) == KETSIM_OK &&
                       ketsim_circuit_get_matrix(b, y, count, index) == KETSIM_OK && !memcmp(x, y, size);
    free(x);
    return equal;
}

static bool equal_terms(const ketsim_circuit *a, const ketsim_circuit *b, const ketsim_op_record *record,
                        size_t index)
{
    ketsim_term x, y;
    for (unsigned k = 0; k < record->nangles; k++)
        for (size_t t = 0; t < record->nterms[k]; t++)
            if (ketsim_circuit_get_term(a, &x, index, k, t) != KETSIM_OK ||
                ketsim_circuit_get_term(b, &y, index, k, t) != KETSIM_OK ||
                strcmp(x.parameter, y.parameter) || memcmp(&x.factor, &y.factor, sizeof x.factor))
                return false;
    return true;
}

static struct dynamic *hold_dynamic(const ketsim_circuit *circuit, size_t index)
{
    circuit_lock(circuit);
    struct dynamic *found = find_dynamic(circuit, index);
    if (found) atomic_fetch_add_explicit(&found->refs, 1, memory_order_relaxed);
    circuit_unlock(circuit);
    return found;
}

static bool equal_dynamic(const ketsim_circuit *a, const ketsim_circuit *b, size_t index)
{
    struct dynamic *x = hold_dynamic(a, index), *y = hold_dynamic(b, index);
    const bool equal = x && y ? dynamic_equal(x, y) : x == y;
    dynamic_release(x);
    dynamic_release(y);
    return equal;
}

bool ketsim_circuit_equal(const ketsim_circuit *a, const ketsim_circuit *b)
{
    const size_t length = ketsim_circuit_length(a);
    bool equal = a->program.nqubits == b->program.nqubits && length == ketsim_circuit_length(b) &&
                 ketsim_circuit_nbits(a) == ketsim_circuit_nbits(b);
    for (size_t k = 0; equal && k < length; k++) {
        ketsim_op_record x, y;
        equal = ketsim_circuit_get(a, &x, k) == KETSIM_OK && ketsim_circuit_get(b, &y, k) == KETSIM_OK &&
                x.gate == y.gate && x.nqubits == y.nqubits && x.control_mask == y.control_mask &&
                x.control_values == y.control_values && !memcmp(x.qubits, y.qubits, sizeof x.qubits) &&
                !memcmp(x.angles, y.angles, sizeof x.angles) &&
                !memcmp(x.matrix, y.matrix, sizeof x.matrix) && x.x == y.x && x.z == y.z &&
                x.nentries == y.nentries && x.ntargets == y.ntargets && equal_table(a, b, k) &&
                (!x.nentries || x.gate != KETSIM_GATE_UNITARY || equal_entries(a, b, x.nentries, k)) &&
                !memcmp(x.nterms, y.nterms, sizeof x.nterms) && equal_terms(a, b, &x, k) &&
                equal_dynamic(a, b, k);
    }
    return equal;
}
