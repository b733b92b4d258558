/* postselect.c - Ket.postselect: the outcome of a measurement that the caller chooses. */
#include "args.h"
#include "call.h"

/* What the library is given, besides qubits, and gives back. */
struct postselection {
    uint64_t outcome;
    bool normalize;
    double probability;
};

static ketsim_status work_postselect(struct call *call)
{
    struct postselection *chosen = call->out;
    return ketsim_postselect(call->ket->state, &chosen->probability, call->qubits, call->nqubits,
                             chosen->outcome, chosen->normalize);
}

/* One item of the dict: the next qubit, and the next less significant bit of the outcome. */
static int add_item(struct call *call, PyObject *qubit, PyObject *value)
{
    const struct program *program = &call->ket->program;
    struct postselection *chosen = call->out;
    uint64_t bit;
    if (call->nqubits == KETSIM_MAX_QUBITS) {
        error_argument(program->ext, "postselect: more than %d qubits given: must differ", KETSIM_MAX_QUBITS);
        return -1;
    }
    if (args_qubit(program, qubit, &call->qubits[call->nqubits]) < 0) return -1;
    if (PyBool_Check(value)) bit = value == Py_True;
    else if (args_integer(program->ext, value, "value of a qubit", 0, 1, &bit) < 0) return -1;
    chosen->outcome = chosen->outcome << 1 | bit;
    call->nqubits++;
    return 0;
}

/* A copy is looked at, for a number's __index__ may change the dict. */
static int parse_outcome(struct call *call, PyObject *given)
{
    Py_ssize_t at = 0;
    PyObject *key, *value;
    if (!PyDict_Check(given)) return error_type("outcome", "a dict {qubit: 0 or 1}", given);
    PyObject *copy = PyDict_Copy(given);
    int result = copy ? 0 : -1;
    while (result == 0 && PyDict_Next(copy, &at, &key, &value)) result = add_item(call, key, value);
    Py_XDECREF(copy);
    return result;
}

static PyObject *ket_postselect(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"postselect", 1, 1, {"", "normalize"}};
    int qubits[KETSIM_MAX_QUBITS];
    struct postselection chosen = {.normalize = true};
    struct call call = {.ket = (struct ket *)self,
                        .work = work_postselect,
                        .operations = 3,
                        .queue_first = true,
                        .out = &chosen,
                        .qubits = qubits};
    PyObject *given[2];
    if (options_parse(&call, call.ket->program.ext, &signature, args, nargs, kwnames, given) < 0 ||
        options_truth(given[1], &chosen.normalize) < 0)
        return NULL;
    if (parse_outcome(&call, given[0]) < 0 || run_call(&call) < 0) return NULL;
    return PyFloat_FromDouble(chosen.probability);
}

PyDoc_STRVAR(postselect_doc,
"postselect($self, outcome, /, *, normalize=True, " STOP_ARGUMENTS ")\n--\n\n"
"Project the state onto an outcome of some qubits, as if a measurement had given it.\n"
"\n"
"Parameters\n"
"----------\n"
"outcome : dict\n"
"    ``{qubit: 0 or 1}``.\n"
"normalize : bool, optional\n"
"    Bring what is left to norm 1; otherwise the projector is all that is applied.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"float\n"
"    The squared norm of what is left before it is normalized: the probability of the outcome, if the\n"
"    state had norm 1.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    A qubit or a value is out of range, or nothing is left to be normalized; the state stays as it is.\n"
"StateBusyError\n"
"    Another thread is running the state.\n"
STOP_RAISES
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('00').H(0).CNOT(0, 1)\n"
">>> round(q.postselect({1: 1}), 12)\n"
"0.5\n"
">>> q\n"
"Ket(|11>)\n");

const PyMethodDef postselect_methods[] = {
    {"postselect", METHOD(ket_postselect), METH_FASTCALL | METH_KEYWORDS, postselect_doc},
    {NULL, NULL, 0, NULL},
};
