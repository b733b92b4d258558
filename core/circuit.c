/* circuit.c - the public side of circuits: making and changing them.  Each call holds the circuit's lock. */
#include "circuit.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

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

/* Tables, and matrices whose check does. */
static bool takes_long(const ketsim_op *op)
{
    enum { LARGE = 6 };
    const bool is_table = op->gate == KETSIM_GATE_DIAGONAL || op->gate == KETSIM_GATE_PERMUTATION;
    return is_table || (op->gate == KETSIM_GATE_UNITARY && op->nqubits >= LARGE);
}

static bool any_takes_long(const ketsim_op *ops, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (takes_long(&ops[k])) return true;
    return false;
}

/* What may take long is made apart, where nobody waits for the lock. */
static ketsim_status append_apart(ketsim_circuit *circuit, const ketsim_op *ops, size_t count)
{
    ketsim_circuit *part = NULL;
    TRY(ketsim_circuit_new(&part, circuit->program.nqubits));
    if (!part) return KETSIM_ERR_MEMORY; /* never: for an analyzer that does not know what fail() returns */
    ketsim_status status = append(part, ops, count);
    if (status == KETSIM_OK) status = ketsim_circuit_extend(circuit, part);
    ketsim_circuit_free(part);
    return status;
}

ketsim_status ketsim_circuit_append(ketsim_circuit *circuit, const ketsim_op *ops, size_t count)
{
    if (any_takes_long(ops, count)) return append_apart(circuit, ops, count);
    circuit_lock(circuit);
    const ketsim_status status = append(circuit, ops, count);
    circuit_unlock(circuit);
    return status;
}

ketsim_status ketsim_circuit_reserve(ketsim_circuit *circuit, size_t operations)
{
    circuit_lock(circuit);
    const ketsim_status status = program_reserve(&circuit->program, operations, 0);
    circuit_unlock(circuit);
    return status;
}

ketsim_status circuit_append_operator(ketsim_circuit *circuit, const ketsim_op *op)
{
    circuit_lock(circuit);
    const ketsim_status status = program_append_operator(&circuit->program, op);
    circuit_unlock(circuit);
    return status;
}

ketsim_status circuit_keep(ketsim_circuit *circuit, const bool *kept)
{
    circuit_lock(circuit);
    const ketsim_status status = program_keep(&circuit->program, kept);
    if (status == KETSIM_OK) params_keep(&circuit->params, kept);
    circuit_unlock(circuit);
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
    const unsigned now = circuit_lock(circuit)->program.nqubits ? circuit->nbits : 0;
    const bool fits = count <= KETSIM_MAX_BITS - now;
    if (fits) circuit->nbits += count;
    circuit_unlock(circuit);
    return fits ? KETSIM_OK
                : fail(KETSIM_ERR_ARGUMENT, "%u more classical bits: the circuit has %u, and may have %d",
                       count, now, KETSIM_MAX_BITS);
}

unsigned ketsim_circuit_nbits(const ketsim_circuit *circuit)
{
    circuit_lock(circuit);
    const unsigned nbits = circuit->nbits;
    circuit_unlock(circuit);
    return nbits;
}

bool ketsim_circuit_is_dynamic(const ketsim_circuit *circuit)
{
    circuit_lock(circuit);
    const bool is_dynamic = circuit->dynamics.count;
    circuit_unlock(circuit);
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
    circuit_lock(circuit);
    const ketsim_status status = append_dynamic(circuit, dynamic);
    circuit_unlock(circuit);
    if (status != KETSIM_OK) dynamic_release(dynamic);
    return status;
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
    const struct program *own = &circuit_lock(circuit)->program;
    ketsim_status status = circuit_refuse_dynamic(circuit);
    if (status == KETSIM_OK)
        status = circuit->params.count ? params_fail_unbound(&circuit->params) : program_share(program, own);
    circuit_unlock(circuit);
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
    circuit_lock(circuit);
    const ketsim_status status = extend_bound(program, circuit, values, count);
    circuit_unlock(circuit);
    return status;
}

bool circuit_exchange(ketsim_circuit *circuit, struct program *program)
{
    const struct program own = circuit_lock(circuit)->program;
    const bool fits = own.nqubits == program->nqubits && !circuit->params.count && !circuit->dynamics.count;
    if (fits) {
        circuit->program = *program;
        *program = own;
    }
    circuit_unlock(circuit);
    return fits;
}

/* ---- from other circuits ---------------------------------------------------------------------- */

/* The operations of other, the marks among them with new numbers. */
static ketsim_status extend_marked(ketsim_circuit *circuit, const ketsim_circuit *other)
{
    struct program *program = &circuit->program;
    const size_t length = program->length, base = circuit->dynamics.count;
    if (!other->dynamics.count) return program_share(program, &other->program);
    TRY(program_extend(program, &other->program));
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
    circuit_lock(circuit);
    const ketsim_status status = fill(derived, circuit);
    circuit_unlock(circuit);
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
    circuit_lock(circuit);
    const ketsim_status status = extend(circuit, copy);
    circuit_unlock(circuit);
    ketsim_circuit_free(copy);
    return status;
}

ketsim_status ketsim_circuit_truncate(ketsim_circuit *circuit, size_t length)
{
    const size_t now = circuit_lock(circuit)->program.length;
    if (length <= now) truncate(circuit, length);
    circuit_unlock(circuit);
    return length <= now ? KETSIM_OK : fail(KETSIM_ERR_ARGUMENT, "length %zu: must be 0..%zu", length, now);
}

unsigned ketsim_circuit_nqubits(const ketsim_circuit *circuit)
{
    return circuit->program.nqubits;
}

size_t ketsim_circuit_angles(const ketsim_circuit *circuit)
{
    const size_t count = program_angles(&circuit_lock(circuit)->program);
    circuit_unlock(circuit);
    return count;
}

size_t ketsim_circuit_length(const ketsim_circuit *circuit)
{
    const size_t length = circuit_lock(circuit)->program.length;
    circuit_unlock(circuit);
    return length;
}
