/* subset.c - the methods of Ket about some of the qubits: their density matrix, and what it says about entanglement.
 *
 * Eigenvalues are NumPy's, in _entanglement.py. */
#include "args.h"
#include "call.h"
#include "results.h"

static ketsim_status work_density(struct call *call)
{
    return ketsim_density_matrix(call->ket->state, call->out, call->nqubits ? call->qubits : NULL,
                                 call->nqubits);
}

static PyObject *ket_density_matrix(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *kwnames)
{
    static const struct signature signature = {"density_matrix", 0, 1, {"qubits"}};
    int list[KETSIM_MAX_QUBITS];
    PyObject *qubits;
    struct call call = {.ket = (struct ket *)self, .work = work_density, .queue_first = true, .qubits = list};
    const struct program *program = &call.ket->program;
    if (options_parse(&call, program->ext, &signature, args, nargs, kwnames, &qubits) < 0) return NULL;
    if (args_qubits(program, qubits, list, &call.nqubits) < 0) return NULL;
    const size_t count = call.nqubits ? call.nqubits : program->nqubits;
    if (count > KETSIM_MAX_DENSITY_QUBITS)
        return error_argument(program->ext, "density matrix of %zu qubits: must be at most %d", count,
                              KETSIM_MAX_DENSITY_QUBITS);
    call.operations = (size_t)1 << count;
    call.count = UINT64_C(1) << 2 * count;
    PyObject *flat = read_fill(&call, RESULT_COMPLEX128);
    return flat ? result_square(program->ext, RESULT_COMPLEX128, flat, (Py_ssize_t)1 << count) : NULL;
}

/* A list of the numbers of some qubits. */
static PyObject *qubit_list(const struct program *program, PyObject *given)
{
    int qubits[KETSIM_MAX_QUBITS];
    size_t count;
    if (args_qubits(program, given, qubits, &count) < 0) return NULL;
    PyObject *list = PyList_New(0);
    for (size_t k = 0; list && k < count; k++) {
        PyObject *qubit = PyLong_FromLong(qubits[k]);
        if (!qubit || PyList_Append(list, qubit) < 0) Py_CLEAR(list);
        Py_XDECREF(qubit);
    }
    return list;
}

/* What a function of _entanglement.py returns for this state and its arguments, the qubits first. */
static PyObject *call_helper(const char *name, PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *list = qubit_list(&((struct ket *)self)->program, PyTuple_GetItem(args, 0));
    PyObject *module = list ? PyImport_ImportModule("ketsim._entanglement") : NULL;
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
    PyObject *both = function ? PyTuple_Pack(2, self, list) : NULL;
    PyObject *result = both ? PyObject_Call(function, both, kwargs) : NULL;
    Py_XDECREF(both);
    Py_XDECREF(function);
    Py_XDECREF(module);
    Py_XDECREF(list);
    return result;
}

/* The function has the same keywords, and looks at their values. */
static PyObject *call_checked(const char *name, const char *format, PyObject *self, PyObject *args,
                              PyObject *kwargs)
{
    static char *const names[] = {"", "timeout_ms", "cancel", "progress", NULL};
    PyObject *ignored;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, (char **)names, &ignored, &ignored, &ignored,
                                     &ignored))
        return NULL;
    return call_helper(name, self, args, kwargs);
}

static PyObject *ket_purity(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_checked("purity", "O|$OOO:purity", self, args, kwargs);
}

static PyObject *ket_schmidt(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_checked("schmidt", "O|$OOO:schmidt", self, args, kwargs);
}

static PyObject *ket_entropy(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", "order", "timeout_ms", "cancel", "progress", NULL};
    PyObject *ignored;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOOO:entropy", (char **)names, &ignored, &ignored,
                                     &ignored, &ignored, &ignored))
        return NULL;
    return call_helper("entropy", self, args, kwargs);
}

/* ---- documentation ---------------------------------------------------------------------------- */

#define CUT                      \
    "qubits : iterable of int\n" \
    "    One side of the cut, all others being the other; at most 12 on the smaller side.\n"

#define RAISES                                                  \
    "Raises\n"                                                  \
    "------\n"                                                  \
    "InvalidArgument\n"                                         \
    "    The qubits are out of range, repeated, or too many.\n" \
    "StateClosedError, StateInvalidError, OutOfMemory\n"        \
    "    The state cannot be read.\n" STOP_RAISES "\n"

PyDoc_STRVAR(density_matrix_doc,
"density_matrix($self, /, qubits=None, *, " STOP_ARGUMENTS ")\n--\n\n"
"The reduced density matrix of some qubits, the others being traced out.\n"
"\n"
"Parameters\n"
"----------\n"
"qubits : iterable of int, optional\n"
"    At most 12; the first is the most significant bit of a row and column.  None is all.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"ndarray or memoryview\n"
"    Shape (2**k, 2**k) for k qubits, complex128; not divided by the norm.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('00').H(0).CNOT(0, 1).density_matrix([0]).real.round(12).tolist()\n"
"[[0.5, 0.0], [0.0, 0.5]]\n");

PyDoc_STRVAR(purity_doc,
"purity($self, qubits, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The purity of some qubits: the trace of their density matrix squared, of a state of norm 1.\n"
"\n"
"Parameters\n"
"----------\n"
CUT STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"float\n"
"    1 when they are not entangled with the others, 1/2**k at the least.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> round(ket('00').H(0).CNOT(0, 1).purity([0]), 12)\n"
"0.5\n");

PyDoc_STRVAR(entropy_doc,
"entropy($self, qubits, /, *, order=1, " STOP_ARGUMENTS ")\n--\n\n"
"The entanglement entropy of a cut, in bits.\n"
"\n"
"Parameters\n"
"----------\n"
CUT
"order : float, optional\n"
"    Renyi's order, 0 or more: 1 is von Neumann's entropy, 2 the logarithm of the purity.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"float\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> bell = ket('00').H(0).CNOT(0, 1)\n"
">>> round(bell.entropy([0]), 12), round(bell.entropy([1], order=2), 12)\n"
"(1.0, 1.0)\n");

PyDoc_STRVAR(schmidt_doc,
"schmidt($self, qubits, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The Schmidt coefficients of a cut, the largest first.\n"
"\n"
"They are the singular values of the amplitudes as a matrix, a row for each value of the qubits: their\n"
"squares are the eigenvalues of the density matrix, and sum to the squared norm.\n"
"\n"
"Parameters\n"
"----------\n"
CUT STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"ndarray\n"
"    Shape (2**k,), k qubits being on the smaller side; float64.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('00').H(0).CNOT(0, 1).schmidt([0]).round(6).tolist()\n"
"[0.707107, 0.707107]\n");

const PyMethodDef subset_methods[] = {
    {"density_matrix", METHOD(ket_density_matrix), METH_FASTCALL | METH_KEYWORDS, density_matrix_doc},
    {"purity", METHOD(ket_purity), METH_VARARGS | METH_KEYWORDS, purity_doc},
    {"entropy", METHOD(ket_entropy), METH_VARARGS | METH_KEYWORDS, entropy_doc},
    {"schmidt", METHOD(ket_schmidt), METH_VARARGS | METH_KEYWORDS, schmidt_doc},
    {NULL, NULL, 0, NULL},
};
