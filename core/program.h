/* program.h - a list of operations that have been checked: what circuits and queues are made of.
 *
 * Not locked: a circuit has a lock of its own around it, a state's queue belongs to the holder of the claim. */
#ifndef KETSIM_CORE_PROGRAM_H
#define KETSIM_CORE_PROGRAM_H

#include "ketsim.h"
#include "table.h"

/* One operation.  Invariants: every qubit below nqubits, all different, angles and matrix finite. */
struct op {
    uint64_t control_mask, control_values; /* further controls, bit q is qubit q; values only where mask */
    union {
        double angles[KETSIM_MAX_ANGLES];
        struct {
            double angle;  /* is angles[0] */
            uint64_t x, z; /* where X or Y, and where Z or Y acts, bit q is qubit q */
        } pauli;           /* KETSIM_GATE_PAULI_ROTATION, which has no qubits besides */
        uint64_t dynamic;  /* KETSIM_GATE_DYNAMIC, in circuits only: its number there */
        struct {
            uint32_t number;
            uint8_t wanted;                 /* READ_X and others of tile.h */
        } read;                             /* OP_READ */
        uint64_t packed[KETSIM_MAX_ANGLES]; /* wide operations: all qubits, six bits each */
        struct op_table *table;             /* op_has_table(): one reference, that the program holds */
    };
    uint32_t gate;                         /* ketsim_gate */
    uint8_t qubits[KETSIM_MAX_ROW_QUBITS]; /* the row's controls, then targets; zeros in wide operations */
    uint8_t nqubits;
    bool as_it_is;   /* KETSIM_GATE_UNITARY: its matrix need not be unitary, and no pass may take it apart */
    bool exact;      /* KETSIM_GATE_UNITARY: it is unitary but for roundings, not only within a tolerance */
    bool undone;     /* op_has_table(): the inverse of the table */
    uint64_t matrix; /* KETSIM_GATE_UNITARY: index of its first entry */
};
enum { PACKED_QUBITS = 10, PACKED_BITS = 6 }; /* in a word */

/* What changes nothing: on its one qubit sums over two states are taken, see turns.h.  Never in a circuit. */
enum { OP_READ = 1 << 20 };

/* Where operations lie, and how many programs hold them: see program_share(). */
struct op_array {
    _Atomic size_t holders;
    struct op ops[];
};

struct program {
    unsigned nqubits;
    bool tables; /* some operation may have one; set by whoever puts it there by hand */
    size_t length, capacity;
    struct op *ops;
    struct op_array *array; /* of the operations; NULL when there are none, or they lie elsewhere */
    size_t nentries, entry_capacity;
    ketsim_complex *entries; /* matrices, one after the other */
};

void program_init(struct program *program, unsigned nqubits);
void program_clear(struct program *program); /* frees what it holds; empty afterwards */

/* Make room for so many more operations and entries of matrices, and make the operations its own. */
ketsim_status program_reserve(struct program *program, size_t nops, size_t nentries);

/* Append all or none. */
ketsim_status program_append(struct program *program, const ketsim_op *ops, size_t count);
ketsim_status program_extend(struct program *program, const struct program *other);

/* Append one matrix, KETSIM_GATE_UNITARY, which need not be unitary. */
ketsim_status program_append_operator(struct program *program, const ketsim_op *op);

/* program_extend(), without copying where program is empty and other has neither matrices nor tables: both then hold
 * the same operations, which is undone by the first program_reserve() of either.  Without that only their number may change. */
ketsim_status program_share(struct program *program, const struct program *other);

/* Append a mark for dynamic operation number index of a circuit. */
ketsim_status program_mark(struct program *program, uint64_t index);

/* Append the inverse of other. */
ketsim_status program_extend_inverse(struct program *program, const struct program *other);

/* Drop all after the first length operations. */
void program_truncate(struct program *program, size_t length);

/* Drop those of the operations that are not kept[its length]. */
ketsim_status program_keep(struct program *program, const bool *kept);

/* Entries of a matrix operation. */
static inline size_t op_entries(const struct op *op)
{
    return op->gate == KETSIM_GATE_UNITARY ? (size_t)1 << 2 * op->nqubits : 0;
}

static inline bool op_has_table(const struct op *op)
{
    return op->gate == KETSIM_GATE_DIAGONAL || op->gate == KETSIM_GATE_PERMUTATION;
}

/* Hold what the operation refers to, for a copy that was put into a program by hand. */
static inline void op_retain(const struct op *op)
{
    if (op_has_table(op)) table_retain(op->table);
}

/* Whether it acts on more targets than a row can have. */
static inline bool op_is_wide(const struct op *op)
{
    return op->nqubits > KETSIM_MAX_ROW_QUBITS ||
           (op->nqubits > KETSIM_MAX_TARGETS && op->gate >= KETSIM_GATE_UNITARY);
}

static inline unsigned op_qubit(const struct op *op, unsigned k)
{
    if (!op_is_wide(op)) return op->qubits[k];
    if (op_has_table(op)) return op->table->qubits[k];
    return op->packed[k / PACKED_QUBITS] >> k % PACKED_QUBITS * PACKED_BITS & ((1u << PACKED_BITS) - 1);
}

/* All its qubits but further controls and letters, bit q being qubit q: of a matrix, its targets. */
static inline uint64_t op_targets(const struct op *op)
{
    uint64_t mask = 0;
    for (unsigned k = 0; k < op->nqubits; k++) mask |= UINT64_C(1) << op_qubit(op, k);
    return mask;
}

/* Write the matrix of an operation that has one or a table and is not wide. */
void op_matrix(ketsim_complex *out, const struct program *program, const struct op *op);

/* Angles of an operation; of all operations. */
unsigned op_angles(const struct op *op);
size_t program_angles(const struct program *program);

/* Which of them, counted from 1, is angle number k of its inverse; below 0: its negative. */
int op_inverse_angle(const struct op *op, unsigned k);

#endif
