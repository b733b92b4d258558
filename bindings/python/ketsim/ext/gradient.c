/* gradient.c - the methods of Circuit that differentiate expectation values. */
#include "ext.h"

/* What a method was given; borrowed. */
struct given {
    PyObject *observables, *weights, *start, *timeout, *cancel, *progress, *threads;
};

static ketsim_status work_vjp(struct call *call)
{
    return ketsim_vjp(call->ket->state, call->out, call->gradient, call->nangles, call->circuit,
                      call->observables, call->weights, call->count, &call->options);
}

/* ---- where it starts --------------------------------------------------------------------------- */

static struct ket *new_start(const struct circuit *circuit, PyObject *label)
{
    struct ext *ext = circuit->program.ext;
    ketsim_state *state = NULL;
    const char *text = label ? PyUnicode_AsUTF8AndSize(label, NULL) : NULL;
    if (label && !text) return NULL;
    const ketsim_status status = label
                                     ? ketsim_state_from_label(&state, text,
                                                               (size_t)PyUnicode_GetLength(label),
                                                               KETSIM_COMPLEX128)
                                     : ketsim_state_new(&state, circuit->program.nqubits, KETSIM_COMPLEX128);
    if (status == KETSIM_OK) return ket_new(ext, state, &(struct ket){.threads = 0});
    error_raise(ext, status);
    return NULL;
}

/* A new reference to a Ket. */
static struct ket *start_of(const struct circuit *circuit, PyObject *start)
{
    struct ext *ext = circuit->program.ext;
    if (start == Py_None) return new_start(circuit, NULL);
    if (Py_TYPE(start) == ext->ket) return (struct ket *)Py_NewRef(start);
    if (PyUnicode_Check(start)) return ket_check_label(ext, start) < 0 ? NULL : new_start(circuit, start);
    error_type("start", "a Ket, a label such as '01+-', or None", start);
    return NULL;
}

/* ---- the call ---------------------------------------------------------------------------------- */

/* Both states go through the circuit twice, and each term takes about a pass. */
static size_t passes(const struct call *call)
{
    size_t count = 4 * ketsim_circuit_length(call->circuit);
    for (size_t k = 0; k < call->count; k++) count += 2 + 2 * ketsim_observable_length(call->observables[k]);
    return count;
}

/* (values, gradient), both arrays. */
static PyObject *fill(struct call *call, struct ext *ext)
{
    Py_buffer values, gradient;
    PyObject *first = result_new(ext, RESULT_FLOAT64, call->count, &values);
    PyObject *second = first ? result_new(ext, RESULT_FLOAT64, call->nangles, &gradient) : NULL;
    PyObject *pair = NULL;
    if (second) {
        call->out = values.buf;
        call->gradient = gradient.buf;
        if (run_call(call) == 0) pair = PyTuple_Pack(2, first, second);
        PyBuffer_Release(&gradient);
    }
    if (first) PyBuffer_Release(&values);
    Py_XDECREF(first);
    Py_XDECREF(second);
    return pair;
}

static PyObject *differentiate(const struct circuit *circuit, const struct given *given,
                               const ketsim_observable *const *observables, const double *weights,
                               size_t count)
{
    struct call call = {
        .work = work_vjp, .circuit = circuit->circuit, .observables = observables, .queue_first = true};
    PyObject *pair = NULL;
    call.ket = start_of(circuit, given->start);
    if (!call.ket) return NULL;
    call.weights = weights;
    call.count = count;
    call.nangles = ketsim_circuit_angles(circuit->circuit);
    call.operations = passes(&call);
    if (run_set_options(&call, given->timeout, given->cancel, given->progress, given->threads) == 0)
        pair = fill(&call, circuit->program.ext);
    Py_DECREF((PyObject *)call.ket);
    return pair;
}

/* ---- one observable ---------------------------------------------------------------------------- */

/* (value, gradient) of one observable, from (values, gradient). */
static PyObject *with_number(PyObject *pair)
{
    PyObject *value = PySequence_GetItem(PyTuple_GetItem(pair, 0), 0);
    PyObject *number = value ? PyNumber_Float(value) : NULL;
    PyObject *result = number ? PyTuple_Pack(2, number, PyTuple_GetItem(pair, 1)) : NULL;
    Py_XDECREF(number);
    Py_XDECREF(value);
    return result;
}

static PyObject *circuit_gradient(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"observable", "start", "timeout_ms", "cancel", "progress", "threads", NULL};
    const double one = 1;
    struct given given = {.start = Py_None, .cancel = Py_None, .progress = Py_None, .threads = Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOOOO:gradient", (char **)names, &given.observables,
                                     &given.start, &given.timeout, &given.cancel, &given.progress,
                                     &given.threads))
        return NULL;
    PyObject *observable = observable_from(((struct circuit *)self)->program.ext, given.observables);
    if (!observable) return NULL;
    const ketsim_observable *pointer = ((struct observable *)observable)->observable;
    PyObject *pair = differentiate((struct circuit *)self, &given, &pointer, &one, 1);
    PyObject *result = pair ? with_number(pair) : NULL;
    Py_XDECREF(pair);
    Py_DECREF(observable);
    return result;
}

/* ---- several ----------------------------------------------------------------------------------- */

/* One finite number for each observable, for PyMem_Free(). */
static double *weights_of(struct ext *ext, PyObject *given, size_t count)
{
    PyObject *items = args_items(given, "weights", "an iterable of numbers");
    if (!items) return NULL;
    double *weights = NULL;
    if ((size_t)PyTuple_Size(items) != count) {
        error_argument(ext, "%zd weights: must be %zu, one for each observable", PyTuple_Size(items), count);
    } else {
        weights = PyMem_Malloc((count + !count) * sizeof *weights);
        if (!weights) PyErr_NoMemory();
    }
    for (size_t k = 0; weights && k < count; k++)
        if (args_angle(ext, PyTuple_GetItem(items, (Py_ssize_t)k), "weight", &weights[k]) < 0) {
            PyMem_Free(weights);
            weights = NULL;
        }
    Py_DECREF(items);
    return weights;
}

static PyObject *circuit_vjp(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"observables", "weights",  "start",   "timeout_ms",
                                  "cancel",      "progress", "threads", NULL};
    struct ext *ext = ((struct circuit *)self)->program.ext;
    struct given given = {.start = Py_None, .cancel = Py_None, .progress = Py_None, .threads = Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|$OOOOO:vjp", (char **)names, &given.observables,
                                     &given.weights, &given.start, &given.timeout, &given.cancel,
                                     &given.progress, &given.threads))
        return NULL;
    PyObject *list = observables_list(ext, given.observables), *result = NULL;
    const size_t count = list ? (size_t)PyList_Size(list) : 0;
    double *weights = list ? weights_of(ext, given.weights, count) : NULL;
    const ketsim_observable **observables = weights ? observables_of(list) : NULL;
    if (observables) result = differentiate((struct circuit *)self, &given, observables, weights, count);
    PyMem_Free(observables);
    PyMem_Free(weights);
    Py_XDECREF(list);
    return result;
}

/* ---- the metric tensor ------------------------------------------------------------------------ */

static ketsim_status work_metric(struct call *call)
{
    return ketsim_metric(call->ket->state, call->out, call->nangles, call->circuit, &call->options);
}

/* One of angles rows by as many columns. */
static PyObject *metric_of(const struct circuit *circuit, const struct given *given)
{
    struct ext *ext = circuit->program.ext;
    struct call call = {.work = work_metric, .circuit = circuit->circuit, .queue_first = true};
    PyObject *flat = NULL;
    call.ket = start_of(circuit, given->start);
    if (!call.ket) return NULL;
    call.nangles = ketsim_circuit_angles(circuit->circuit);
    call.count = call.nangles * call.nangles;
    call.operations = (2 * call.nangles + 1) * ketsim_circuit_length(call.circuit);
    if (run_set_options(&call, given->timeout, given->cancel, given->progress, given->threads) == 0)
        flat = read_fill(&call, RESULT_FLOAT64);
    Py_DECREF((PyObject *)call.ket);
    return flat ? result_square(ext, RESULT_FLOAT64, flat, (Py_ssize_t)call.nangles) : NULL;
}

static PyObject *circuit_metric_tensor(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"start", "timeout_ms", "cancel", "progress", "threads", NULL};
    struct given given = {.start = Py_None, .cancel = Py_None, .progress = Py_None, .threads = Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOOO:metric_tensor", (char **)names, &given.start,
                                     &given.timeout, &given.cancel, &given.progress, &given.threads))
        return NULL;
    return metric_of((struct circuit *)self, &given);
}

/* ---- documentation ---------------------------------------------------------------------------- */

#define OPTIONS                                                                                      \
    "start : Ket or str, optional\n"                                                                 \
    "    Where the circuit starts: a state, which stays as it is, or a label; ``|0...0>`` if left\n" \
    "    out.\n"                                                                                     \
    "timeout_ms : float, optional\n"                                                                 \
    "    Give up after so many milliseconds.\n"                                                      \
    "cancel : CancelToken, optional\n"                                                               \
    "    Stop soon after this token is raised, by any thread.\n"                                     \
    "progress : callable, optional\n"                                                                \
    "    Called with the fraction done, a float from 0 to 1, about every 20 ms.\n"                   \
    "threads : int, optional\n"                                                                      \
    "    Use at most so many threads; 1..1024.\n"

#define RAISES                                                                               \
    "Raises\n"                                                                               \
    "------\n"                                                                               \
    "InvalidArgument, ParseError, TypeError\n"                                               \
    "    An argument is malformed, or the circuit or an observable needs more qubits than\n" \
    "    the start has.\n"                                                                   \
    "DeadlineExceeded, Cancelled, OutOfMemory\n"                                             \
    "    The computation was stopped, or there is no room for two more states.\n"            \
    "StateBusyError, StateClosedError, StateInvalidError\n"                                  \
    "    The start cannot be read.\n"                                                        \
    "\n"

PyDoc_STRVAR(gradient_doc,
"gradient($self, /, observable, *, start=None, timeout_ms=None, cancel=None, progress=None,\n"
"         threads=None)\n--\n\n"
"The expectation value of an observable behind the circuit, and its derivatives by all angles.\n"
"\n"
"By adjoint differentiation: the time of several runs of the circuit, however many angles it has.\n"
"\n"
"Parameters\n"
"----------\n"
"observable : Observable, or what makes one\n"
"    A text such as ``'0.5 Z0 Z1 + X2 - 1.5'``, a dict or a list.\n"
OPTIONS
"\n"
"Returns\n"
"-------\n"
"value : float\n"
"gradient : ndarray or memoryview\n"
"    Shape (number of angles,), float64: by each angle, in radians, in the order of the gates and\n"
"    of a gate's angles.  The same on any number of threads.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> value, gradient = Circuit(2).RY(0.5, 0).CNOT(0, 1).RZ(0.3, 1).gradient('Z1')\n"
">>> round(value, 6), [round(g, 6) + 0.0 for g in gradient.tolist()]\n"
"(0.877583, [-0.479426, 0.0])\n");

PyDoc_STRVAR(vjp_doc,
"vjp($self, /, observables, weights, *, start=None, timeout_ms=None, cancel=None, progress=None,\n"
"    threads=None)\n--\n\n"
"The expectation values of several observables, and the derivatives of their weighted sum.\n"
"\n"
"That is the product of the weights with the Jacobian, in the time that one gradient takes.\n"
"\n"
"Parameters\n"
"----------\n"
"observables : iterable\n"
"    Of what `gradient()` takes.\n"
"weights : iterable of float\n"
"    One for each observable.\n"
OPTIONS
"\n"
"Returns\n"
"-------\n"
"values : ndarray or memoryview\n"
"    Shape (len(observables),), float64.\n"
"gradient : ndarray or memoryview\n"
"    Shape (number of angles,), float64.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> values, gradient = Circuit(1).RY(0.5, 0).vjp(['Z0', 'X0'], [1, 2])\n"
">>> [round(v, 6) for v in values.tolist()], round(float(gradient[0]), 6)\n"
"([0.877583, 0.479426], 1.27574)\n");

PyDoc_STRVAR(metric_tensor_doc,
"metric_tensor($self, /, *, start=None, timeout_ms=None, cancel=None, progress=None, threads=None)\n--\n\n"
"The Fubini-Study metric of the states that the circuit makes: how far they move with its angles.\n"
"\n"
"The real part of the quantum geometric tensor, a quarter of the quantum Fisher information.  A step of\n"
"natural gradient descent moves the angles by its inverse times the gradient [1]_.  Takes up to two runs\n"
"of the circuit for each angle.\n"
"\n"
"Parameters\n"
"----------\n"
OPTIONS
"\n"
"Returns\n"
"-------\n"
"ndarray or memoryview\n"
"    Shape (number of angles, number of angles), float64, symmetric: in the order of the gates and of a\n"
"    gate's angles.  The same on any number of threads.\n"
"\n"
RAISES
"References\n"
"----------\n"
".. [1] Stokes, Izaac, Killoran, Carleo, Quantum natural gradient, Quantum 4, 269 (2020);\n"
"   Jones, arXiv:2011.02991.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> metric = Circuit(1).RY(0.5, 0).RZ(0.3, 0).metric_tensor()\n"
">>> [[round(g, 6) + 0.0 for g in row] for row in metric.tolist()]\n"
"[[0.25, 0.0], [0.0, 0.057462]]\n");

const PyMethodDef gradient_methods[] = {
    {"gradient", METHOD(circuit_gradient), METH_VARARGS | METH_KEYWORDS, gradient_doc},
    {"metric_tensor", METHOD(circuit_metric_tensor), METH_VARARGS | METH_KEYWORDS, metric_tensor_doc},
    {"vjp", METHOD(circuit_vjp), METH_VARARGS | METH_KEYWORDS, vjp_doc},
    {NULL, NULL, 0, NULL},
};
