/* cone.c - see cone.h.
 *
 * O, with what has been walked over on both of its sides, acts as the identity where no mask has a bit, and commutes with Z on
 * the qubits of diagonal.  Let U = sum_d |d><d| (x) U_d, d the values of the qubits it is diagonal on, and U_d on the others.
 *   - U unitary, O the identity on the others and diagonal on those of d that it acts on: O commutes with all |d><d|,
 *     so U* O U = sum_d |d><d| U_d* U_d O = O.
 *   - U maps basis states to basis states times numbers, and O is diagonal, or the identity, on all of U's qubits: so is U* O U.
 *   - U* O U commutes with Z on a qubit of d if O does, for U does; it may be anything on the others. */
#include "cone.h"

#include "cplx.h"
#include "gates.h"

/* The letters that O may have, as masks of qubits. */
struct cone {
    uint64_t any, diagonal; /* any; I and Z alone */
};

/* What an operation does to qubits. */
struct action {
    uint64_t selects, moves; /* those it is diagonal on, and the others */
    bool exact;              /* unitary */
    bool permutes;           /* basis states, times numbers */
};

/* What a matrix does to the bits of an index. */
struct form {
    bool permutes;
    uint64_t spread; /* bits in which row and column of some entry differ */
};

/* Of a matrix that was given. */
static struct form form_of(const ketsim_complex *m, size_t dim)
{
    struct form form = {.permutes = true};
    for (size_t row = 0; row < dim; row++) {
        unsigned entries = 0;
        for (size_t column = 0; column < dim; column++) {
            if (c_is(m[row * dim + column], 0)) continue;
            form.spread |= row ^ column;
            entries++;
        }
        form.permutes = form.permutes && entries == 1;
    }
    return form;
}

/* ---- actions ----------------------------------------------------------------------------------- */

/* The operation's qubits, the last of which is the lowest bit of indices; controls are above all bits. */
static void put_qubits(struct action *action, const struct op *op, const struct form *form)
{
    for (unsigned k = 0; k < op->nqubits; k++) {
        const uint64_t qubit = UINT64_C(1) << op_qubit(op, k);
        if (form->spread >> (op->nqubits - 1 - k) & 1) action->moves |= qubit;
        else action->selects |= qubit;
    }
    action->permutes = form->permutes;
}

static void put_row(struct action *action, const struct op *op)
{
    const struct gate_shape *row = &gates_shapes[op->gate];
    action->exact = true;
    put_qubits(action, op, &(struct form){.permutes = row->form != GATE_MIXES, .spread = row->spread});
}

static void put_table(struct action *action, const struct op *op)
{
    action->exact = op->table->exact;
    put_qubits(action, op, &(struct form){.permutes = true, .spread = op->table->moved});
}

static void put_matrix(struct action *action, const struct program *program, const struct op *op)
{
    const struct form form = form_of(program->entries + op->matrix, (size_t)1 << op->nqubits);
    action->exact = op->exact;
    put_qubits(action, op, &form);
}

/* cos - i sin P: a letter Z says which sign the sine has. */
static void put_pauli(struct action *action, const struct op *op)
{
    action->exact = true;
    action->moves = op->pauli.x;
    action->selects |= op->pauli.z & ~op->pauli.x;
    action->permutes = !op->pauli.x;
}

/* What is not known here may do anything anywhere. */
static struct action action_of(const struct program *program, const struct op *op)
{
    struct action action = {.selects = op->control_mask};
    if (op->gate < KETSIM_GATE_COUNT) put_row(&action, op);
    else if (op->gate == KETSIM_GATE_PAULI_ROTATION) put_pauli(&action, op);
    else if (op->gate == KETSIM_GATE_UNITARY) put_matrix(&action, program, op);
    else if (op_has_table(op)) put_table(&action, op);
    else action.moves = UINT64_MAX;
    return action;
}

/* ---- the walk ---------------------------------------------------------------------------------- */

/* Whether O feels it; O becomes U* O U.  U* U of one that is not unitary is a factor of every term, of the identity too. */
static bool walk_over(struct cone *cone, const struct action *u)
{
    const uint64_t all = u->selects | u->moves, felt = cone->any | cone->diagonal;
    if (u->exact && !(u->moves & felt) && !(u->selects & cone->any)) return false;
    if (!u->permutes || all & cone->any) cone->any |= u->moves;
    cone->diagonal = (cone->diagonal | all) & ~cone->any;
    return true;
}

size_t cone_mark(bool *kept, const struct program *program, uint64_t x, uint64_t z)
{
    struct cone cone = {.any = x, .diagonal = z & ~x};
    size_t count = 0;
    for (size_t k = program->length; k-- > 0;) {
        const struct action action = action_of(program, &program->ops[k]);
        kept[k] = walk_over(&cone, &action);
        count += kept[k];
    }
    return count;
}
