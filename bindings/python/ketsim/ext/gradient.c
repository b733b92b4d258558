/* gradient.c - the methods of Circuit that differentiate expectation values. */
#include "ext.h"

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
    if (!start || start == Py_None) return new_start(circuit, NULL);
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

/* call has its observables and options. */
static PyObject *differentiate(struct call *call, const struct circuit *circuit, PyObject *start)
{
    PyObject *pair = NULL;
    call->ket = start_of(circuit, start);
    if (!call->ket) return NULL;
    call->work = work_vjp;
    call->queue_first = true;
    call->circuit = circuit->circuit;
    call->nangles = ketsim_circuit_angles(circuit->circuit);
    call->operations = passes(call);
    pair = fill(call, circuit->program.ext);
    Py_DECREF((PyObject *)call->ket);
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

static PyObject *circuit_gradient(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"gradient", 1, 1, {"observable", "start", "threads"}};
    struct ext *ext = ((struct circuit *)self)->program.ext;
    const double one = 1;
    PyObject *given[3];
    struct call call = {.weights = &one, .count = 1};
    if (options_parse(&call, ext, &signature, args, nargs, kwnames, given) < 0 ||
        run_parse_threads(&call, ext, given[2]) < 0)
        return NULL;
    PyObject *observable = observable_from(ext, given[0]);
    if (!observable) return NULL;
    const ketsim_observable *pointer = ((struct observable *)observable)->observable;
    call.observables = &pointer;
    PyObject *pair = differentiate(&call, (struct circuit *)self, given[1]);
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

static PyObject *circuit_vjp(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"vjp", 2, 2, {"observables", "weights", "start", "threads"}};
    struct ext *ext = ((struct circuit *)self)->program.ext;
    PyObject *given[4];
    struct call call = {.count = 0};
    if (options_parse(&call, ext, &signature, args, nargs, kwnames, given) < 0 ||
        run_parse_threads(&call, ext, given[3]) < 0)
        return NULL;
    PyObject *list = observables_list(ext, given[0]), *result = NULL;
    call.count = list ? (size_t)PyList_Size(list) : 0;
    double *weights = list ? weights_of(ext, given[1], call.count) : NULL;
    const ketsim_observable **observables = weights ? observables_of(list) : NULL;
    call.weights = weights;
    call.observables = observables;
    if (observables) result = differentiate(&call, (struct circuit *)self, given[2]);
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
static PyObject *metric_of(struct call *call, const struct circuit *circuit, PyObject *start)
{
    call->ket = start_of(circuit, start);
    if (!call->ket) return NULL;
    call->circuit = circuit->circuit;
    call->nangles = ketsim_circuit_angles(circuit->circuit);
    call->count = call->nangles * call->nangles;
    call->operations = (2 * call->nangles + 1) * ketsim_circuit_length(call->circuit);
    PyObject *flat = read_fill(call, RESULT_FLOAT64);
    Py_DECREF((PyObject *)call->ket);
    return flat ? result_square(circuit->program.ext, RESULT_FLOAT64, flat, (Py_ssize_t)call->nangles) : NULL;
}

static PyObject *circuit_metric_tensor(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                       PyObject *kwnames)
{
    static const struct signature signature = {"metric_tensor", 0, 0, {"start", "threads"}};
    struct ext *ext = ((struct circuit *)self)->program.ext;
    struct call call = {.work = work_metric, .queue_first = true};
    PyObject *given[2];
    if (options_parse(&call, ext, &signature, args, nargs, kwnames, given) < 0 ||
        run_parse_threads(&call, ext, given[1]) < 0)
        return NULL;
    return metric_of(&call, (struct circuit *)self, given[0]);
}

/* ---- documentation ---------------------------------------------------------------------------- */

#define OPTIONS                                                                                      \
    "start : Ket or str, optional\n"                                                                 \
    "    Where the circuit starts: a state, which stays as it is, or a label; ``|0...0>`` if left\n" \
    "    out.\n" STOP_PARAMETERS "threads : int, optional\n"                                         \
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
    {"gradient", METHOD(circuit_gradient), METH_FASTCALL | METH_KEYWORDS, gradient_doc},
    {"metric_tensor", METHOD(circuit_metric_tensor), METH_FASTCALL | METH_KEYWORDS, metric_tensor_doc},
    {"vjp", METHOD(circuit_vjp), METH_FASTCALL | METH_KEYWORDS, vjp_doc},
    {NULL, NULL, 0, NULL},
};
