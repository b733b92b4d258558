/* parity.c - see parity.h. */
#include "parity.h"

#include "bits.h"
#include "error.h"

static ketsim_status append_gate(struct program *out, ketsim_gate gate, const int *qubits, size_t count)
{
    return program_append(out, &(ketsim_op){.gate = gate, .qubits = qubits, .nqubits = count}, 1);
}

/* One operation of a program. */
static ketsim_status append_copy(struct program *out, const struct program *from, const struct op *op)
{
    struct op copy = *op;
    copy.matrix = 0;
    return program_extend(out, &(struct program){.nqubits = from->nqubits,
                                                 .tables = op_has_table(op),
                                                 .length = 1,
                                                 .ops = &copy,
                                                 .nentries = op_entries(op),
                                                 .entries = from->entries + op->matrix});
}

/* Take the letters to Z, or back: H exchanges X and Z, and SX Y SX* is Z. */
static ketsim_status turn_letters(struct program *out, const struct op *op, bool back)
{
    for (uint64_t left = op->pauli.x; left; left &= left - 1) {
        const int qubit = (int)low_bit(left);
        const bool is_y = op->pauli.z >> qubit & 1;
        TRY(append_gate(out, is_y ? back ? KETSIM_GATE_SXDG : KETSIM_GATE_SX : KETSIM_GATE_H, &qubit, 1));
    }
    return KETSIM_OK;
}

/* The parity of all qubits but the second goes to the first, or back. */
static ketsim_status gather_parity(struct program *out, const int *qubits, unsigned count)
{
    for (unsigned k = 2; k < count; k++)
        TRY(append_gate(out, KETSIM_GATE_CNOT, (const int[]){qubits[k], qubits[0]}, 2));
    return KETSIM_OK;
}

static ketsim_status append_rotation(struct program *out, const struct program *from, const struct op *op,
                                     const int *qubits, unsigned count)
{
    struct op middle = *op;
    middle.gate = count > 1 ? KETSIM_GATE_RZZ : KETSIM_GATE_RZ;
    middle.nqubits = count > 1 ? 2 : 1;
    middle.angles[0] = op->pauli.angle;
    middle.angles[1] = middle.angles[2] = 0;
    for (unsigned k = 0; k < middle.nqubits; k++) middle.qubits[k] = (uint8_t)qubits[k];
    return append_copy(out, from, &middle);
}

static ketsim_status expand(struct program *out, const struct program *from, const struct op *op)
{
    int qubits[KETSIM_MAX_QUBITS];
    unsigned count = 0;
    for (uint64_t left = op->pauli.x | op->pauli.z; left; left &= left - 1)
        qubits[count++] = (int)low_bit(left);
    TRY(turn_letters(out, op, false));
    TRY(gather_parity(out, qubits, count));
    TRY(append_rotation(out, from, op, qubits, count));
    TRY(gather_parity(out, qubits, count));
    return turn_letters(out, op, true);
}

ketsim_status parity_expand(struct program *out, const struct program *program)
{
    for (const struct op *op = program->ops; op < program->ops + program->length; op++) {
        const bool has_letters = op->gate == KETSIM_GATE_PAULI_ROTATION && op->pauli.x | op->pauli.z;
        TRY(has_letters ? expand(out, program, op) : append_copy(out, program, op));
    }
    return KETSIM_OK;
}
