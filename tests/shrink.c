/* shrink.c - see shrink.h. */
#include "shrink.h"

char failure[300];

void note_failure(const char *format, ...)
{
    va_list args;
    if (*failure) return;
    va_start(args, format);
    vsnprintf(failure, sizeof failure, format, args);
    va_end(args);
}

/* The list without length operations from first on, if it still fails: then it is copied to ops. */
static bool drop(struct stored_op *ops, size_t *count, size_t first, size_t length, fails_function *fails,
                 void *context)
{
    const size_t left = *count - length;
    struct stored_op *trial = malloc((left + 1) * sizeof *trial);
    if (!trial) return false;
    memcpy(trial, ops, first * sizeof *ops);
    memcpy(trial + first, ops + first + length, (left - first) * sizeof *ops);
    const bool still = fails(context, trial, left);
    if (still) {
        memcpy(ops, trial, left * sizeof *ops);
        *count = left;
    }
    free(trial);
    return still;
}

/* By halves of the list first, at the end one by one until none can go. */
size_t shrink(struct stored_op *ops, size_t count, fails_function *fails, void *context)
{
    const double stop = seconds() + 60;
    for (size_t length = count / 2; length;) {
        const size_t before = count;
        for (size_t first = 0; first + length <= count && seconds() < stop;)
            if (!drop(ops, &count, first, length, fails, context)) first += length;
        if (length > 1) length = (length + 1) / 2;
        else if (count == before || seconds() >= stop) break;
    }
    return count;
}

static void print_op(const ketsim_op *op)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(op->gate);
    const bool pauli = op->gate == KETSIM_GATE_PAULI_ROTATION, moves = op->gate == KETSIM_GATE_PERMUTATION;
    const unsigned dims = op->gate == KETSIM_GATE_UNITARY ? 2 : op->gate == KETSIM_GATE_DIAGONAL;
    fprintf(stderr, "    %s(", row ? row->name : pauli ? op->letters : moves ? "PERMUTATION" : "UNITARY");
    for (unsigned k = 0; k < (row ? row->nangles : pauli); k++) fprintf(stderr, "%.17g, ", op->angles[k]);
    for (size_t k = 0; k < op->nqubits; k++) fprintf(stderr, k ? ", %d" : "%d", op->qubits[k]);
    fprintf(stderr, ")");
    for (size_t k = 0; k < op->ncontrols; k++)
        fprintf(stderr, "%s %d = %u", k ? "," : " where", op->controls[k],
                (unsigned)(op->control_values >> k & 1));
    for (size_t k = 0; moves && k < (size_t)1 << op->nqubits; k++)
        fprintf(stderr, k ? ", %llu" : " [%llu", (unsigned long long)op->table[k]);
    for (size_t k = 0; dims && k < (size_t)1 << dims * op->nqubits; k++)
        fprintf(stderr, "%s%.17g%+.17gi", k ? ", " : " [", op->matrix[k].re, op->matrix[k].im);
    fprintf(stderr, dims || moves ? "]\n" : "\n");
}

void print_ops(const struct stored_op *ops, size_t count)
{
    enum { MOST = 100 };
    for (size_t k = 0; k < count && k < MOST; k++) {
        const ketsim_op op = op_of(&ops[k]);
        print_op(&op);
    }
    if (count > MOST) fprintf(stderr, "    and %zu more\n", count - MOST);
}
