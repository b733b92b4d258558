/* circuit.c - the public side of circuits.  Each call holds the circuit's lock while it looks at the program. */
#include "circuit.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "gates.h"

/* The lock is part of a const circuit too; circuits are never defined const, only pointed at so. */
static const struct program *lock(const ketsim_circuit *circuit)
{
    spin_lock(&((ketsim_circuit *)circuit)->lock);
    return &circuit->program;
}

static void unlock(const ketsim_circuit *circuit)
{
    spin_unlock(&((ketsim_circuit *)circuit)->lock);
}

ketsim_status ketsim_circuit_new(ketsim_circuit **out, unsigned nqubits)
{
    if (nqubits < 1 || nqubits > KETSIM_MAX_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "%u qubits: must be 1..%d", nqubits, KETSIM_MAX_QUBITS);
    ketsim_circuit *circuit = calloc(1, sizeof *circuit);
    if (!circuit) return fail(KETSIM_ERR_MEMORY, "circuit: cannot allocate %zu bytes", sizeof *circuit);
    program_init(&circuit->program, nqubits);
    *out = circuit;
    return KETSIM_OK;
}

void ketsim_circuit_free(ketsim_circuit *circuit)
{
    if (!circuit) return;
    program_clear(&circuit->program);
    params_clear(&circuit->params);
    dynamics_truncate(&circuit->dynamics, 0);
    free(circuit);
}

/* ---- appending -------------------------------------------------------------------------------- */

static void truncate(ketsim_circuit *circuit, size_t length)
{
    const struct program *program = &circuit->program;
    size_t kept = circuit->dynamics.count;
    for (size_t k = length; kept && k < program->length; k++)
        kept -= program->ops[k].gate == KETSIM_GATE_DYNAMIC;
    dynamics_truncate(&circuit->dynamics, kept);
    program_truncate(&circuit->program, length);
    params_truncate(&circuit->params, length);
}

/* The offsets as the angles, and then the terms. */
static ketsim_status append_linear(ketsim_circuit *circuit, const ketsim_op *op)
{
    ketsim_op offsets = *op;
    offsets.linear = NULL;
    TRY(program_append(&circuit->program, &offsets, 1));
    const size_t index = circuit->program.length - 1;
    return op->linear
               ? params_append(&circuit->params, index, op->linear, op_angles(&circuit->program.ops[index]))
               : KETSIM_OK;
}

static ketsim_status append(ketsim_circuit *circuit, const ketsim_op *ops, size_t count)
{
    const size_t length = circuit->program.length;
    ketsim_status status = KETSIM_OK;
    size_t plain = 0;
    while (plain < count && !ops[plain].linear) plain++;
    if (plain == count) return program_append(&circuit->program, ops, count);
    for (size_t k = 0; status == KETSIM_OK && k < count; k++) status = append_linear(circuit, &ops[k]);
    if (status != KETSIM_OK) truncate(circuit, length);
    return status;
}

static bool has_tables(const ketsim_op *ops, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (ops[k].gate == KETSIM_GATE_DIAGONAL || ops[k].gate == KETSIM_GATE_PERMUTATION) return true;
    return false;
}

/* What may take long is made apart, where nobody waits for the lock. */
static ketsim_status append_apart(ketsim_circuit *circuit, const ketsim_op *ops, size_t count)
{
    ketsim_circuit *part = NULL;
    TRY(ketsim_circuit_new(&part, circuit->program.nqubits));
    ketsim_status status = append(part, ops, count);
    if (status == KETSIM_OK) status = ketsim_circuit_extend(circuit, part);
    ketsim_circuit_free(part);
    return status;
}

ketsim_status ketsim_circuit_append(ketsim_circuit *circuit, const ketsim_op *ops, size_t count)
{
    if (has_tables(ops, count)) return append_apart(circuit, ops, count);
    lock(circuit);
    const ketsim_status status = append(circuit, ops, count);
    unlock(circuit);
    return status;
}

ketsim_status circuit_append_operator(ketsim_circuit *circuit, const ketsim_op *op)
{
    lock(circuit);
    const ketsim_status status = program_append_operator(&circuit->program, op);
    unlock(circuit);
    return status;
}

ketsim_status ketsim_circuit_gate(ketsim_circuit *circuit, ketsim_gate gate, const double *angles,
                                  const int *qubits)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(gate);
    const size_t nqubits = row ? row->ncontrols + row->ntargets : 0;
    return ketsim_circuit_append(
        circuit, &(ketsim_op){.gate = gate, .angles = angles, .qubits = qubits, .nqubits = nqubits}, 1);
}

/* ---- dynamic operations ------------------------------------------------------------------------- */

ketsim_status ketsim_circuit_add_bits(ketsim_circuit *circuit, unsigned count)
{
    const unsigned now = lock(circuit)->nqubits ? circuit->nbits : 0;
    const bool fits = count <= KETSIM_MAX_BITS - now;
    if (fits) circuit->nbits += count;
    unlock(circuit);
    return fits ? KETSIM_OK
                : fail(KETSIM_ERR_ARGUMENT, "%u more classical bits: the circuit has %u, and may have %d",
                       count, now, KETSIM_MAX_BITS);
}

unsigned ketsim_circuit_nbits(const ketsim_circuit *circuit)
{
    (void)lock(circuit);
    const unsigned nbits = circuit->nbits;
    unlock(circuit);
    return nbits;
}

bool ketsim_circuit_is_dynamic(const ketsim_circuit *circuit)
{
    (void)lock(circuit);
    const bool is_dynamic = circuit->dynamics.count;
    unlock(circuit);
    return is_dynamic;
}

/* A mark for it, the parameters of its body, and the operation itself, whose reference moves. */
static ketsim_status append_dynamic(ketsim_circuit *circuit, struct dynamic *dynamic)
{
    const size_t length = circuit->program.length;
    const ketsim_circuit *body = dynamic->given.body;
    TRY(program_mark(&circuit->program, circuit->dynamics.count));
    ketsim_status status = body ? params_append_body(&circuit->params, length, &body->params) : KETSIM_OK;
    if (status == KETSIM_OK) status = dynamics_add(&circuit->dynamics, dynamic);
    if (status == KETSIM_OK) return KETSIM_OK;
    program_truncate(&circuit->program, length);
    params_truncate(&circuit->params, length);
    return status;
}

ketsim_status ketsim_circuit_append_dynamic(ketsim_circuit *circuit, const ketsim_dynamic *given)
{
    struct dynamic *dynamic = NULL;
    TRY(dynamic_new(&dynamic, given, circuit->program.nqubits, ketsim_circuit_nbits(circuit)));
    (void)lock(circuit);
    const ketsim_status status = append_dynamic(circuit, dynamic);
    unlock(circuit);
    if (status != KETSIM_OK) dynamic_release(dynamic);
    return status;
}

/* The operation that a mark stands for, or NULL. */
static const struct dynamic *find_dynamic(const ketsim_circuit *circuit, size_t index)
{
    const struct program *program = &circuit->program;
    if (index >= program->length || program->ops[index].gate != KETSIM_GATE_DYNAMIC) return NULL;
    return circuit->dynamics.items[program->ops[index].dynamic];
}

ketsim_status ketsim_circuit_get_dynamic(const ketsim_circuit *circuit, ketsim_dynamic *out, size_t index)
{
    (void)lock(circuit);
    const struct dynamic *found = find_dynamic(circuit, index);
    if (found) *out = found->given;
    unlock(circuit);
    return found ? KETSIM_OK
                 : fail(KETSIM_ERR_ARGUMENT, "operation %zu: the circuit has no dynamic operation there",
                        index);
}

ketsim_status circuit_refuse_dynamic(const ketsim_circuit *circuit)
{
    if (!circuit->dynamics.count) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT,
                "circuit has operations that are not gates, the first a %s: only run_shots() and run_shot() "
                "take such a circuit",
                dynamic_name(circuit->dynamics.items[0]->given.kind));
}

/* ---- into other programs ------------------------------------------------------------------------ */

ketsim_status circuit_append_to(struct program *program, const ketsim_circuit *circuit)
{
    const struct program *own = lock(circuit);
    ketsim_status status = circuit_refuse_dynamic(circuit);
    if (status == KETSIM_OK)
        status = circuit->params.count ? params_fail_unbound(&circuit->params) : program_extend(program, own);
    unlock(circuit);
    return status;
}

static ketsim_status extend_bound(struct program *program, const ketsim_circuit *circuit,
                                  const double *values, size_t count)
{
    struct program added = *program; /* its view of the operations that are added */
    TRY(circuit_refuse_dynamic(circuit));
    TRY(params_check(&circuit->params, values, count));
    TRY(program_extend(program, &circuit->program));
    added.ops = program->ops + program->length - circuit->program.length;
    return params_bind(&circuit->params, &added, &circuit->program, values);
}

ketsim_status circuit_bind_to(struct program *program, const ketsim_circuit *circuit, const double *values,
                              size_t count)
{
    lock(circuit);
    const ketsim_status status = extend_bound(program, circuit, values, count);
    unlock(circuit);
    return status;
}

bool circuit_exchange(ketsim_circuit *circuit, struct program *program)
{
    const struct program own = *lock(circuit);
    const bool fits = own.nqubits == program->nqubits && !circuit->params.count && !circuit->dynamics.count;
    if (fits) {
        circuit->program = *program;
        *program = own;
    }
    unlock(circuit);
    return fits;
}

/* ---- from other circuits ---------------------------------------------------------------------- */

/* The operations of other, the marks among them with new numbers. */
static ketsim_status extend_marked(ketsim_circuit *circuit, const ketsim_circuit *other)
{
    struct program *program = &circuit->program;
    const size_t length = program->length, base = circuit->dynamics.count;
    TRY(program_extend(program, &other->program));
    if (!other->dynamics.count) return KETSIM_OK;
    const ketsim_status status = dynamics_extend(&circuit->dynamics, &other->dynamics);
    if (status != KETSIM_OK) program_truncate(program, length);
    for (size_t k = length; k < program->length; k++)
        if (program->ops[k].gate == KETSIM_GATE_DYNAMIC) program->ops[k].dynamic += base;
    return status;
}

static ketsim_status extend(ketsim_circuit *circuit, const ketsim_circuit *other)
{
    const size_t length = circuit->program.length;
    if (other->nbits > circuit->nbits)
        return fail(KETSIM_ERR_ARGUMENT, "circuit with %u classical bits: must have at most %u", other->nbits,
                    circuit->nbits);
    ketsim_status status = extend_marked(circuit, other);
    if (status == KETSIM_OK) status = params_extend(&circuit->params, &other->params, length);
    if (status != KETSIM_OK) truncate(circuit, length);
    return status;
}

static ketsim_status copy(ketsim_circuit *circuit, const ketsim_circuit *other)
{
    circuit->nbits = other->nbits;
    return extend(circuit, other);
}

static ketsim_status extend_inverse(ketsim_circuit *circuit, const ketsim_circuit *other)
{
    if (other->dynamics.count)
        return fail(KETSIM_ERR_ARGUMENT, "circuit with a %s: has no inverse",
                    dynamic_name(other->dynamics.items[0]->given.kind));
    circuit->nbits = other->nbits;
    TRY(program_extend_inverse(&circuit->program, &other->program));
    return params_extend_inverse(&circuit->params, &other->params, &other->program);
}

static ketsim_status derive(ketsim_circuit **out, const ketsim_circuit *circuit,
                            ketsim_status (*fill)(ketsim_circuit *, const ketsim_circuit *))
{
    ketsim_circuit *derived = NULL;
    TRY(ketsim_circuit_new(&derived, circuit->program.nqubits));
    if (!derived)
        return KETSIM_ERR_MEMORY; /* never: for an analyzer that does not know what fail() returns */
    lock(circuit);
    const ketsim_status status = fill(derived, circuit);
    unlock(circuit);
    if (status == KETSIM_OK) *out = derived;
    else ketsim_circuit_free(derived);
    return status;
}

ketsim_status ketsim_circuit_copy(ketsim_circuit **out, const ketsim_circuit *circuit)
{
    return derive(out, circuit, copy);
}

ketsim_status ketsim_circuit_inverse(ketsim_circuit **out, const ketsim_circuit *circuit)
{
    return derive(out, circuit, extend_inverse);
}

ketsim_status ketsim_circuit_extend(ketsim_circuit *circuit, const ketsim_circuit *other)
{
    ketsim_circuit *copy = NULL; /* never two locks at once */
    TRY(ketsim_circuit_copy(&copy, other));
    lock(circuit);
    const ketsim_status status = extend(circuit, copy);
    unlock(circuit);
    ketsim_circuit_free(copy);
    return status;
}

ketsim_status ketsim_circuit_truncate(ketsim_circuit *circuit, size_t length)
{
    const size_t now = lock(circuit)->length;
    if (length <= now) truncate(circuit, length);
    unlock(circuit);
    return length <= now ? KETSIM_OK : fail(KETSIM_ERR_ARGUMENT, "length %zu: must be 0..%zu", length, now);
}

unsigned ketsim_circuit_nqubits(const ketsim_circuit *circuit)
{
    return circuit->program.nqubits;
}

size_t ketsim_circuit_angles(const ketsim_circuit *circuit)
{
    const size_t count = program_angles(lock(circuit));
    unlock(circuit);
    return count;
}

size_t ketsim_circuit_length(const ketsim_circuit *circuit)
{
    const size_t length = lock(circuit)->length;
    unlock(circuit);
    return length;
}

/* ---- looking ---------------------------------------------------------------------------------- */

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
    const size_t length = lock(circuit)->length;
    if (index < length) record(out, circuit, index);
    unlock(circuit);
    return index < length ? KETSIM_OK
                          : fail(KETSIM_ERR_ARGUMENT, "operation %zu: the circuit has %zu", index, length);
}

/* An operation that has a table, and has it still when the circuit is unlocked; or one without. */
static struct op hold_op(const ketsim_circuit *circuit, size_t index)
{
    struct op op = {.gate = KETSIM_GATE_DYNAMIC};
    const struct program *program = lock(circuit);
    if (index < program->length && op_has_table(&program->ops[index])) {
        op = program->ops[index];
        op_retain(&op);
    }
    unlock(circuit);
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
    const bool copied = copy_entries(out, count, lock(circuit), index);
    unlock(circuit);
    return copied ? KETSIM_OK : fail_size("matrix", index, count);
}

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
    (void)lock(circuit);
    struct dynamic *found = (struct dynamic *)find_dynamic(circuit, index);
    if (found) atomic_fetch_add_explicit(&found->refs, 1, memory_order_relaxed);
    unlock(circuit);
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
