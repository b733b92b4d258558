/* expect.c - the methods of Ket that evaluate observables. */
#include "args.h"
#include "call.h"
#include "results.h"

static ketsim_status work_expectations(struct call *call)
{
    return ketsim_evaluate(call->ket->state, call->observables, call->count, call->out, &call->options);
}

static ketsim_status work_covariance(struct call *call)
{
    return ketsim_covariance(call->ket->state, call->observables, call->nqubits, call->out, &call->options);
}

static ketsim_status work_elements(struct call *call)
{
    return ketsim_matrix_elements(call->other->state, call->observables, 1, call->ket->state, call->out,
                                  &call->options);
}

static ketsim_status work_bloch(struct call *call)
{
    return ketsim_bloch_vectors(call->ket->state, call->out, &call->options);
}

static ketsim_status work_variance(struct call *call)
{
    return ketsim_covariance(call->ket->state, call->observables, 1, call->out, &call->options);
}

static struct call new_call(PyObject *self, ketsim_status (*work)(struct call *))
{
    return (struct call){.ket = (struct ket *)self, .work = work, .queue_first = true};
}

static int parse(struct call *call, const struct signature *signature, PyObject *const *args,
                 Py_ssize_t nargs, PyObject *kwnames, PyObject **out)
{
    return options_parse(call, call->ket->program.ext, signature, args, nargs, kwnames, out);
}

/* A term takes about a pass. */
static void look_at(struct call *call, const ketsim_observable *const *observables, size_t count)
{
    call->observables = observables;
    call->count = count;
    for (size_t k = 0; k < count; k++) call->operations += 1 + ketsim_observable_length(observables[k]);
}

/* The Observable that given is or makes, of a call; a new reference. */
static PyObject *take_observable(struct call *call, PyObject *given, const ketsim_observable **one)
{
    PyObject *observable = observable_from(call->ket->program.ext, given);
    if (observable) *one = ((struct observable *)observable)->observable;
    if (observable) look_at(call, one, 1);
    return observable;
}

static PyObject *evaluate(struct call *call, const char *function, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    const struct signature signature = {function, 1, 1, {""}};
    const ketsim_observable *one;
    double value;
    PyObject *given;
    if (parse(call, &signature, args, nargs, kwnames, &given) < 0) return NULL;
    PyObject *observable = take_observable(call, given, &one);
    call->out = &value;
    PyObject *result = !observable || run_call(call) < 0 ? NULL : PyFloat_FromDouble(value);
    call->out = NULL;
    Py_XDECREF(observable);
    return result;
}

static PyObject *ket_expectation(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct call call = new_call(self, work_expectations);
    return evaluate(&call, "expectation", args, nargs, kwnames);
}

static PyObject *ket_variance(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct call call = new_call(self, work_variance);
    return evaluate(&call, "variance", args, nargs, kwnames);
}

static PyObject *ket_matrix_element(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *kwnames)
{
    static const struct signature signature = {"matrix_element", 2, 2, {"", ""}};
    const ketsim_observable *one;
    ketsim_complex value;
    PyObject *given[2];
    struct call call = new_call(self, work_elements);
    if (parse(&call, &signature, args, nargs, kwnames, given) < 0) return NULL;
    if (Py_TYPE(given[0]) != Py_TYPE(self)) {
        error_type("bra", "a Ket", given[0]);
        return NULL;
    }
    PyObject *observable = take_observable(&call, given[1], &one);
    call.other = (struct ket *)given[0];
    call.out = &value;
    PyObject *result = !observable || run_call(&call) < 0 ? NULL : PyComplex_FromDoubles(value.re, value.im);
    Py_XDECREF(observable);
    return result;
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

static PyObject *fill_vector(struct call *call)
{
    return read_fill(call, RESULT_FLOAT64);
}

static PyObject *fill_square(struct call *call)
{
    const size_t count = call->nqubits = call->count; /* of observables: count becomes that of results */
    call->count = count * count;
    PyObject *flat = read_fill(call, RESULT_FLOAT64);
    return flat ? result_square(call->ket->program.ext, RESULT_FLOAT64, flat, (Py_ssize_t)count) : NULL;
}

PyObject *expect_several(struct call *call, PyObject *given, PyObject *(*fill)(struct call *))
{
    PyObject *list = observables_list(call->ket->program.ext, given);
    const ketsim_observable **observables = list ? observables_of(list) : NULL;
    if (observables) look_at(call, observables, (size_t)PyList_Size(list));
    PyObject *result = observables ? fill(call) : NULL;
    PyMem_Free(observables);
    Py_XDECREF(list);
    return result;
}

static PyObject *parse_several(struct call *call, const char *function, PyObject *const *args,
                               Py_ssize_t nargs, PyObject *kwnames, PyObject *(*fill)(struct call *))
{
    const struct signature signature = {function, 1, 1, {""}};
    PyObject *given;
    if (parse(call, &signature, args, nargs, kwnames, &given) < 0) return NULL;
    return expect_several(call, given, fill);
}

static PyObject *ket_expectations(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct call call = new_call(self, work_expectations);
    return parse_several(&call, "expectations", args, nargs, kwnames, fill_vector);
}

static PyObject *ket_covariance(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct call call = new_call(self, work_covariance);
    return parse_several(&call, "covariance", args, nargs, kwnames, fill_square);
}

static PyObject *ket_bloch(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {.function = "bloch"};
    double values[3 * KETSIM_MAX_QUBITS];
    struct call call = new_call(self, work_bloch);
    if (parse(&call, &signature, args, nargs, kwnames, NULL) < 0) return NULL;
    call.out = values;
    const Py_ssize_t n = (Py_ssize_t)call.ket->program.nqubits;
    call.operations = (size_t)(2 * n + 1);
    if (run_call(&call) < 0) return NULL;
    PyObject *list = PyList_New(n);
    for (Py_ssize_t q = 0; list && q < n; q++) {
        const double *v = values + 3 * q;
        PyObject *vector = Py_BuildValue("(ddd)", v[0], v[1], v[2]);
        if (vector) PyList_SetItem(list, q, vector);
        else Py_CLEAR(list);
    }
    return list;
}

/* ---- from shots ------------------------------------------------------------------------------- */

static ketsim_status work_estimate(struct call *call)
{
    double *out = call->out;
    return ketsim_estimate(call->ket->state, call->observables[0], call->count, out, out + 1, call->seed);
}

static PyObject *ket_estimate(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"estimate", 2, 2, {"observable", "shots", "seed"}};
    const ketsim_observable *one;
    PyObject *given[3], *result = NULL;
    double out[2];
    struct call call = new_call(self, work_estimate);
    struct ext *ext = call.ket->program.ext;
    if (parse(&call, &signature, args, nargs, kwnames, given) < 0) return NULL;
    PyObject *observable = take_observable(&call, given[0], &one);
    if (!observable) return NULL;
    call.out = out;
    if (args_integer(ext, given[1], "shots", 2, UINT64_C(1) << 48, &call.count) == 0 &&
        args_seed(ext, given[2], &call.seed_value, &call.seed) == 0 && run_call(&call) == 0)
        result = Py_BuildValue("(dd)", out[0], out[1]);
    Py_DECREF(observable);
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
    "    The state cannot be read.\n" STOP_RAISES "\n"

PyDoc_STRVAR(expectation_doc,
"expectation($self, observable, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The expectation value <psi|O|psi> of an observable; the state stays as it is.\n"
"\n"
"Parameters\n"
"----------\n"
OBSERVABLE STOP_PARAMETERS
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
"expectations($self, observables, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The expectation values of several observables, of one and the same state.\n"
"\n"
"Faster than a call for each: what their terms share is computed once.\n"
"\n"
"Parameters\n"
"----------\n"
"observables : iterable\n"
"    Of what `expectation()` takes.\n"
STOP_PARAMETERS
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
"variance($self, observable, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The variance <O^2> - <O>^2 of an observable, never negative; the state stays as it is.\n"
"\n"
"Parameters\n"
"----------\n"
OBSERVABLE STOP_PARAMETERS
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

PyDoc_STRVAR(covariance_doc,
"covariance($self, observables, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The covariances of several observables, of one and the same state.\n"
"\n"
"Entry (j, k) is the expectation value of half of ``A B + B A`` for observables A and B, less the\n"
"product of theirs; variances are on the diagonal.  Computed from ``(A - <A>)|psi>`` and\n"
"``(B - <B>)|psi>``, for a state of norm 1.\n"
"\n"
"Parameters\n"
"----------\n"
"observables : iterable\n"
"    Of what `expectation()` takes.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"ndarray or memoryview\n"
"    Shape (k, k) for k observables, float64, symmetric.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> [[round(c, 12) for c in row] for row in ket('00').H(0).CNOT(0, 1).covariance(['Z0', 'Z1']).tolist()]\n"
"[[1.0, 1.0], [1.0, 1.0]]\n");

PyDoc_STRVAR(matrix_element_doc,
"matrix_element($self, bra, observable, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The matrix element <bra|O|psi>, in which the amplitudes of bra are conjugated.\n"
"\n"
"Parameters\n"
"----------\n"
"bra : Ket\n"
"    Of the same number of qubits and dtype.\n"
OBSERVABLE STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"complex\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('0').matrix_element(ket('1'), 'Y0')\n"
"1j\n");

PyDoc_STRVAR(bloch_doc,
"bloch($self, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The Bloch vector of each qubit: the expectation values of X, Y and Z on it.\n"
"\n"
"Parameters\n"
"----------\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"list of tuple of float\n"
"    One (x, y, z) a qubit, of length 1 when the qubit is not entangled, 0 when it is maximally.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> [[round(c, 12) for c in vector] for vector in ket('0r').bloch()]\n"
"[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]\n");

PyDoc_STRVAR(estimate_doc,
"estimate($self, observable, shots, /, *, seed=None, " STOP_ARGUMENTS ")\n--\n\n"
"Estimate an expectation value from shots, as an experiment does; the state stays as it is.\n"
"\n"
"Strings whose letters agree on every qubit that both act on are measured together, after turning\n"
"qubits so that all letters become Z.\n"
"\n"
"Parameters\n"
"----------\n"
OBSERVABLE
"shots : int\n"
"    How many for each group of strings, 2 or more.\n"
"seed : int, optional\n"
"    0..2**64-1.  The same seed draws the same; None draws from the operating system.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"tuple of float\n"
"    The estimate, and its standard error.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('0+').estimate('Z0 + 2 X1 - 0.5', 100)\n"
"(2.5, 0.0)\n"
">>> value, error = ket('0').estimate('X0', 10000, seed=1)\n"
">>> abs(value) < 5 * error, round(error, 3)\n"
"(True, 0.01)\n");

const PyMethodDef expect_methods[] = {
    {"expectation", METHOD(ket_expectation), METH_FASTCALL | METH_KEYWORDS, expectation_doc},
    {"expectations", METHOD(ket_expectations), METH_FASTCALL | METH_KEYWORDS, expectations_doc},
    {"variance", METHOD(ket_variance), METH_FASTCALL | METH_KEYWORDS, variance_doc},
    {"covariance", METHOD(ket_covariance), METH_FASTCALL | METH_KEYWORDS, covariance_doc},
    {"matrix_element", METHOD(ket_matrix_element), METH_FASTCALL | METH_KEYWORDS, matrix_element_doc},
    {"bloch", METHOD(ket_bloch), METH_FASTCALL | METH_KEYWORDS, bloch_doc},
    {"estimate", METHOD(ket_estimate), METH_FASTCALL | METH_KEYWORDS, estimate_doc},
    {NULL, NULL, 0, NULL},
};
