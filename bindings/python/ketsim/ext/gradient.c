/* gradient.c - the methods of Circuit that differentiate expectation values. */
#include "args.h"
#include "call.h"
#include "results.h"

/* The circuit that is differentiated: as it was when the call came, and with numbers for its parameters.  Without params
 * there is neither: it is the caller's own, by its angles. */
struct subject {
    PyObject *params;
    ketsim_circuit *taken, *bound;
    size_t count; /* of what derivatives are by */
    double *room; /* for those by angles */
};

static void clear_subject(struct subject *subject, struct call *call)
{
    call->subject = NULL;
    ketsim_circuit_free(subject->taken);
    ketsim_circuit_free(subject->bound);
    PyMem_Free(subject->room);
}

static int bind_subject(struct subject *subject, struct ext *ext, const ketsim_circuit *circuit)
{
    size_t count;
    ketsim_status status = ketsim_circuit_copy(&subject->taken, circuit);
    if (status == KETSIM_OK) {
        double *values = linear_values(ext, subject->taken, subject->params, &count);
        if (!values) return -1;
        status = ketsim_circuit_bind(&subject->bound, subject->taken, values, count);
        PyMem_Free(values);
    }
    if (status != KETSIM_OK) error_raise(ext, status);
    return status == KETSIM_OK ? 0 : -1;
}

/* metric: derivatives are by pairs. */
static int take_subject(struct subject *subject, struct call *call, const struct circuit *circuit,
                        bool metric)
{
    call->circuit = circuit->circuit;
    subject->count = call->nangles = ketsim_circuit_angles(circuit->circuit);
    if (!subject->params || subject->params == Py_None) return 0;
    if (bind_subject(subject, circuit->program.ext, circuit->circuit) < 0) return -1;
    const size_t nangles = ketsim_circuit_angles(subject->bound),
                 count = ketsim_circuit_nparameters(subject->taken);
    const size_t numbers = metric ? nangles * (nangles + count + 1) : nangles;
    if (result_fits(circuit->program.ext, numbers, sizeof *subject->room) < 0) return -1;
    subject->room = PyMem_Malloc((numbers + !numbers) * sizeof *subject->room);
    if (!subject->room) {
        error_memory(circuit->program.ext, "derivatives by %zu angles: cannot be allocated", nangles);
        return -1;
    }
    subject->count = count;
    call->nangles = nangles;
    call->circuit = subject->bound;
    call->subject = subject;
    return 0;
}

static ketsim_status chain(const struct subject *subject, double *out, const double *by_angle, size_t nangles)
{
    return ketsim_circuit_chain(subject->taken, out, subject->count, by_angle, nangles);
}

static ketsim_status work_vjp(struct call *call)
{
    const struct subject *subject = call->subject;
    double *by_angle = subject ? subject->room : call->gradient;
    const ketsim_status status = ketsim_vjp(call->ket->state, call->out, by_angle, call->nangles,
                                            call->circuit, call->observables, call->weights, call->count,
                                            &call->options);
    if (!subject || status != KETSIM_OK) return status;
    return chain(subject, call->gradient, by_angle, call->nangles);
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
static PyObject *fill(struct call *call, struct ext *ext, size_t count)
{
    Py_buffer values, gradient;
    PyObject *first = result_new(ext, RESULT_FLOAT64, call->count, &values);
    PyObject *second = first ? result_new(ext, RESULT_FLOAT64, count, &gradient) : NULL;
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
static PyObject *differentiate(struct call *call, const struct circuit *circuit, PyObject *start,
                               PyObject *params)
{
    struct subject subject = {.params = params};
    PyObject *pair = NULL;
    call->ket = start_of(circuit, start);
    if (!call->ket) return NULL;
    call->work = work_vjp;
    call->queue_first = true;
    if (take_subject(&subject, call, circuit, false) == 0) {
        call->operations = passes(call);
        pair = fill(call, circuit->program.ext, subject.count);
    }
    clear_subject(&subject, call);
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
    static const struct signature signature = {
        "gradient", 1, 1, {"observable", "start", "params", "threads"}};
    struct ext *ext = ((struct circuit *)self)->program.ext;
    const double one = 1;
    PyObject *given[4];
    struct call call = {.weights = &one, .count = 1};
    if (options_parse(&call, ext, &signature, args, nargs, kwnames, given) < 0 ||
        run_parse_threads(&call, ext, given[3]) < 0)
        return NULL;
    PyObject *observable = observable_from(ext, given[0]);
    if (!observable) return NULL;
    const ketsim_observable *pointer = ((struct observable *)observable)->observable;
    call.observables = &pointer;
    PyObject *pair = differentiate(&call, (struct circuit *)self, given[1], given[2]);
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
    static const struct signature signature = {
        "vjp", 2, 2, {"observables", "weights", "start", "params", "threads"}};
    struct ext *ext = ((struct circuit *)self)->program.ext;
    PyObject *given[5];
    struct call call = {.count = 0};
    if (options_parse(&call, ext, &signature, args, nargs, kwnames, given) < 0 ||
        run_parse_threads(&call, ext, given[4]) < 0)
        return NULL;
    PyObject *list = observables_list(ext, given[0]), *result = NULL;
    call.count = list ? (size_t)PyList_Size(list) : 0;
    double *weights = list ? weights_of(ext, given[1], call.count) : NULL;
    const ketsim_observable **observables = weights ? observables_of(list) : NULL;
    call.weights = weights;
    call.observables = observables;
    if (observables) result = differentiate(&call, (struct circuit *)self, given[2], given[3]);
    PyMem_Free(observables);
    PyMem_Free(weights);
    Py_XDECREF(list);
    return result;
}

/* ---- the metric tensor ------------------------------------------------------------------------ */

/* The chain rule by rows, then by columns: out is parameters by parameters.  Behind the metric by angles there is room. */
static ketsim_status chain_both(const struct subject *subject, double *out, size_t nangles)
{
    const size_t count = subject->count;
    double *rows = subject->room + nangles * nangles, *column = rows + nangles * count;
    ketsim_status status = KETSIM_OK;
    for (size_t k = 0; status == KETSIM_OK && k < nangles; k++)
        status = chain(subject, rows + k * count, subject->room + k * nangles, nangles);
    for (size_t p = 0; status == KETSIM_OK && p < count; p++) {
        for (size_t k = 0; k < nangles; k++) column[k] = rows[k * count + p];
        status = chain(subject, out + p * count, column, nangles);
    }
    for (size_t p = 0; p < count; p++) /* roundings may differ on the two sides of the diagonal */
        for (size_t q = 0; q < p; q++) out[p * count + q] = out[q * count + p];
    return status;
}

static ketsim_status work_metric(struct call *call)
{
    const struct subject *subject = call->subject;
    const ketsim_status status = ketsim_metric(call->ket->state, subject ? subject->room : call->out,
                                               call->nangles, call->circuit, &call->options);
    return !subject || status != KETSIM_OK ? status : chain_both(subject, call->out, call->nangles);
}

/* One of angles rows by as many columns, or of parameters. */
static PyObject *metric_of(struct call *call, const struct circuit *circuit, PyObject *start,
                           PyObject *params)
{
    struct subject subject = {.params = params};
    PyObject *flat = NULL;
    call->ket = start_of(circuit, start);
    if (!call->ket) return NULL;
    if (take_subject(&subject, call, circuit, true) == 0) {
        call->count = subject.count * subject.count;
        call->operations = (2 * call->nangles + 1) * ketsim_circuit_length(call->circuit);
        flat = read_fill(call, RESULT_FLOAT64);
    }
    clear_subject(&subject, call);
    Py_DECREF((PyObject *)call->ket);
    return flat ? result_square(circuit->program.ext, RESULT_FLOAT64, flat, (Py_ssize_t)subject.count) : NULL;
}

static PyObject *circuit_metric_tensor(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                       PyObject *kwnames)
{
    static const struct signature signature = {"metric_tensor", 0, 0, {"start", "params", "threads"}};
    struct ext *ext = ((struct circuit *)self)->program.ext;
    struct call call = {.work = work_metric, .queue_first = true};
    PyObject *given[3];
    if (options_parse(&call, ext, &signature, args, nargs, kwnames, given) < 0 ||
        run_parse_threads(&call, ext, given[2]) < 0)
        return NULL;
    return metric_of(&call, (struct circuit *)self, given[0], given[1]);
}

/* ---- documentation ---------------------------------------------------------------------------- */

#define OPTIONS                                                                                          \
    "start : Ket or str, optional\n"                                                                     \
    "    Where the circuit starts: a state, which stays as it is, or a label; ``|0...0>`` if left\n"     \
    "    out.\n"                                                                                         \
    "params : dict or iterable of float, optional\n"                                                     \
    "    Values for the circuit's parameters, as `bind()` takes them.  Derivatives are then by these,\n" \
    "    in the order of `parameters`.\n" STOP_PARAMETERS "threads : int, optional\n"                    \
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
"gradient($self, /, observable, *, start=None, params=None, timeout_ms=None, cancel=None,\n"
"         progress=None, threads=None)\n--\n\n"
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
"    of a gate's angles; with `params` by each parameter.  The same on any number of threads.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> value, gradient = Circuit(2).RY(0.5, 0).CNOT(0, 1).RZ(0.3, 1).gradient('Z1')\n"
">>> round(value, 6), [round(g, 6) + 0.0 for g in gradient.tolist()]\n"
"(0.877583, [-0.479426, 0.0])\n"
">>> from ketsim import Parameter\n"
">>> theta = Parameter('theta')\n"
">>> value, gradient = Circuit(1).RY(2 * theta, 0).RY(theta, 0).gradient('Z0', params={theta: 0.1})\n"
">>> round(value, 6), [round(g, 6) for g in gradient.tolist()]\n"
"(0.955336, [-0.886561])\n");

PyDoc_STRVAR(vjp_doc,
"vjp($self, /, observables, weights, *, start=None, params=None, timeout_ms=None, cancel=None,\n"
"    progress=None, threads=None)\n--\n\n"
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
"    Shape (number of angles,), float64; with `params` (number of parameters,).\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> values, gradient = Circuit(1).RY(0.5, 0).vjp(['Z0', 'X0'], [1, 2])\n"
">>> [round(v, 6) for v in values.tolist()], round(float(gradient[0]), 6)\n"
"([0.877583, 0.479426], 1.27574)\n");

PyDoc_STRVAR(metric_tensor_doc,
"metric_tensor($self, /, *, start=None, params=None, timeout_ms=None, cancel=None, progress=None,\n"
"              threads=None)\n--\n\n"
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
"    gate's angles; with `params` of the parameters.  The same on any number of threads.\n"
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
