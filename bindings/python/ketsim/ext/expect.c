/* expect.c - the methods of Ket that evaluate observables. */
#include "ext.h"

static ketsim_status work_expectations(struct call *call)
{
    return ketsim_expectations(call->ket->state, call->observables, call->count, call->out);
}

static ketsim_status work_variance(struct call *call)
{
    return ketsim_variance(call->ket->state, call->observables[0], call->out);
}

/* A term takes about a pass. */
static struct call new_call(PyObject *self, ketsim_status (*work)(struct call *),
                            const ketsim_observable *const *observables, size_t count, void *out)
{
    struct call call = {.ket = (struct ket *)self, .work = work, .queue_first = true, .out = out};
    call.observables = observables;
    call.count = count;
    for (size_t k = 0; k < count; k++) call.operations += 1 + ketsim_observable_length(observables[k]);
    return call;
}

static PyObject *evaluate(PyObject *self, PyObject *given, ketsim_status (*work)(struct call *))
{
    double value;
    PyObject *observable = observable_from(((struct ket *)self)->program.ext, given);
    if (!observable) return NULL;
    const ketsim_observable *one = ((struct observable *)observable)->observable;
    struct call call = new_call(self, work, &one, 1, &value);
    PyObject *result = run_call(&call) < 0 ? NULL : PyFloat_FromDouble(value);
    Py_DECREF(observable);
    return result;
}

static PyObject *ket_expectation(PyObject *self, PyObject *given)
{
    return evaluate(self, given, work_expectations);
}

static PyObject *ket_variance(PyObject *self, PyObject *given)
{
    return evaluate(self, given, work_variance);
}

/* ---- several ---------------------------------------------------------------------------------- */

PyObject *observables_list(struct ext *ext, PyObject *given)
{
    PyObject *items = args_items(given, "observables", "an iterable of observables");
    const Py_ssize_t count = items ? PyTuple_Size(items) : 0;
    PyObject *list = items ? PyList_New(count) : NULL;
    for (Py_ssize_t k = 0; list && k < count; k++) {
        PyObject *observable = observable_from(ext, PyTuple_GetItem(items, k));
        if (observable) PyList_SetItem(list, k, observable);
        else {
            error_prefix(ext, k);
            Py_CLEAR(list);
        }
    }
    Py_XDECREF(items);
    return list;
}

const ketsim_observable **observables_of(PyObject *list)
{
    const size_t count = (size_t)PyList_Size(list);
    const ketsim_observable **observables = PyMem_Malloc((count + !count) * sizeof *observables);
    if (!observables) PyErr_NoMemory();
    for (size_t k = 0; observables && k < count; k++)
        observables[k] = ((struct observable *)PyList_GetItem(list, (Py_ssize_t)k))->observable;
    return observables;
}

static PyObject *ket_expectations(PyObject *self, PyObject *given)
{
    PyObject *list = observables_list(((struct ket *)self)->program.ext, given), *result = NULL;
    const ketsim_observable **observables = list ? observables_of(list) : NULL;
    if (observables) {
        struct call call = new_call(self, work_expectations, observables, (size_t)PyList_Size(list), NULL);
        result = read_fill(&call, RESULT_FLOAT64);
    }
    PyMem_Free(observables);
    Py_XDECREF(list);
    return result;
}

/* ---- documentation ---------------------------------------------------------------------------- */

#define OBSERVABLE                                                         \
    "observable : Observable, or what makes one\n"                         \
    "    A text such as ``'0.5 Z0 Z1 + X2 - 1.5'``, a dict or a list; an " \
    "`Observable` that is used\n"                                          \
    "    again need not be read again.\n"

#define RAISES                                                         \
    "Raises\n"                                                         \
    "------\n"                                                         \
    "InvalidArgument, ParseError, TypeError\n"                         \
    "    The observable is malformed, or needs more qubits than the\n" \
    "    state has.\n"                                                 \
    "StateClosedError, StateInvalidError, OutOfMemory\n"               \
    "    The state cannot be read.\n"                                  \
    "\n"

PyDoc_STRVAR(expectation_doc,
"expectation($self, observable, /)\n--\n\n"
"The expectation value <psi|O|psi> of an observable; the state stays as it is.\n"
"\n"
"Parameters\n"
"----------\n"
OBSERVABLE
"\n"
"Returns\n"
"-------\n"
"float\n"
"    In units of the coefficients; not divided by the norm.  The same on any number of threads.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> round(ket('00').H(0).CNOT(0, 1).expectation('Z0 Z1 + 0.5 X0 X1 - 1'), 12)\n"
"0.5\n");

PyDoc_STRVAR(expectations_doc,
"expectations($self, observables, /)\n--\n\n"
"The expectation values of several observables, of one and the same state.\n"
"\n"
"Faster than a call for each: what their terms share is computed once.\n"
"\n"
"Parameters\n"
"----------\n"
"observables : iterable\n"
"    Of what `expectation()` takes.\n"
"\n"
"Returns\n"
"-------\n"
"ndarray or memoryview\n"
"    Shape (len(observables),), float64.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('01').expectations(['Z0', 'Z1', {'Z0 Z1': 0.5}]).tolist()\n"
"[1.0, -1.0, -0.5]\n");

PyDoc_STRVAR(variance_doc,
"variance($self, observable, /)\n--\n\n"
"The variance <O^2> - <O>^2 of an observable, never negative; the state stays as it is.\n"
"\n"
"Parameters\n"
"----------\n"
OBSERVABLE
"\n"
"Returns\n"
"-------\n"
"float\n"
"    In units of the coefficients squared, for a state of norm 1.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('0').variance('2 X0 + Z0')\n"
"4.0\n");

const PyMethodDef expect_methods[] = {
    {"expectation", ket_expectation, METH_O, expectation_doc},
    {"expectations", ket_expectations, METH_O, expectations_doc},
    {"variance", ket_variance, METH_O, variance_doc},
    {NULL, NULL, 0, NULL},
};
