/* operator.c - Ket.apply_operator: matrices that need not be unitary. */
#include "args.h"
#include "call.h"

struct operation {
    const ketsim_op *op;
    bool normalize;
    double norm2;
};

static ketsim_status work_operator(struct call *call)
{
    struct operation *operation = call->out;
    return ketsim_apply_operator(call->ket->state, &operation->norm2, operation->op, operation->normalize,
                                 &call->options);
}

static int run_operator(struct call *call, const struct parsed *parsed, struct operation *operation)
{
    call->out = operation;
    operation->op = &parsed->ops[0];
    return run_call(call);
}

/* matrix, *qubits stand before the keywords. */
static PyObject *ket_apply_operator(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *kwnames)
{
    static const struct signature keywords = {"apply_operator", 0, 0, {"controls", "normalize"}};
    PyObject *given[2];
    struct parsed parsed;
    struct operation operation = {.normalize = false};
    struct call call = {
        .ket = (struct ket *)self, .work = work_operator, .operations = 3, .queue_first = true};
    if (options_parse(&call, call.ket->program.ext, &keywords, args + nargs, 0, kwnames, given) < 0 ||
        options_truth(given[1], &operation.normalize) < 0)
        return NULL;
    if (nargs < 2 || nargs > 1 + KETSIM_MAX_QUBITS) {
        PyErr_Format(PyExc_TypeError, "apply_operator() takes a matrix and its qubits, %zd arguments given",
                     nargs);
        return NULL;
    }
    int result = parse_operation(&call.ket->program, KETSIM_GATE_UNITARY, args, nargs, given[0], &parsed);
    if (result == 0) result = run_operator(&call, &parsed, &operation);
    parsed_clear(&parsed);
    return result == 0 ? PyFloat_FromDouble(operation.norm2) : NULL;
}

PyDoc_STRVAR(operator_doc,
"apply_operator($self, matrix, /, *qubits, controls=None, normalize=False,\n"
"               " STOP_ARGUMENTS ")\n--\n\n"
"Multiply the state by a matrix on up to 10 qubits that need not be unitary.\n"
"\n"
"It runs at once, after what is queued, and all of it or nothing is done.\n"
"\n"
"Parameters\n"
"----------\n"
"matrix : buffer or sequence of rows\n"
"    As `unitary` takes it, but of any finite entries.\n"
"*qubits : int\n"
"    As many different qubits as the matrix needs, 0..n-1.\n"
"controls : dict or iterable of int, optional\n"
"    Further controls: ``{qubit: 0 or 1}``, the value on which it acts, or qubits that must all be 1.\n"
"normalize : bool, optional\n"
"    Bring what comes out to norm 1; otherwise it keeps the norm it has.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"float\n"
"    The squared norm of what comes out, before it is normalized.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    The matrix or a qubit is wrong, or the norm of what comes out is 0, below 1e-140 or not finite; the\n"
"    state stays as it is.\n"
"StateBusyError\n"
"    Another thread is running the state.\n"
STOP_RAISES
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('+')\n"
">>> round(q.apply_operator([[1, 0], [0, 0.5]], 0), 12)\n"
"0.625\n"
">>> q\n"
"Ket(0.707107|0> + 0.353553|1>)\n");

const PyMethodDef operator_methods[] = {
    {"apply_operator", METHOD(ket_apply_operator), METH_FASTCALL | METH_KEYWORDS, operator_doc},
    {NULL, NULL, 0, NULL},
};
