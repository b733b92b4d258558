/* sweep.c - sweep(): one circuit for each row of an array of values, in one call into the library. */
#include "args.h"
#include "many.h"
#include "results.h"

#include <string.h>

struct sweep_call {
    struct call call; /* its clocks and progress; it has no ket */
    struct ext *ext;
    struct circuit *circuit;
    Py_buffer buffer; /* of values, when they came so */
    double *owned;    /* or of numbers, one by one */
    const double *values;
    size_t nrows, nvalues;
    PyObject *observables; /* a list, or NULL */
    const ketsim_observable **list;
    uint64_t shots, seed_value, row; /* row: elements of the result */
    const uint64_t *seed;
    unsigned nqubits;
    ketsim_sweep_options options;
};

/* ---- values ------------------------------------------------------------------------------------ */

/* 1: taken as it is; 0: no such array. */
static int take_array(struct sweep_call *call, PyObject *given)
{
    if (!PyObject_CheckBuffer(given)) return 0;
    if (PyObject_GetBuffer(given, &call->buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) {
        PyErr_Clear();
        return 0;
    }
    if (call->buffer.ndim != 2 || !call->buffer.format || strcmp(call->buffer.format, "d")) {
        PyBuffer_Release(&call->buffer);
        return 0;
    }
    call->values = call->buffer.buf;
    call->nrows = (size_t)call->buffer.shape[0];
    call->nvalues = (size_t)call->buffer.shape[1];
    return 1;
}

static int take_row(struct sweep_call *call, PyObject *given, size_t index)
{
    size_t count;
    double *row = PyDict_Check(given) ? NULL
                                      : linear_values(call->ext, call->circuit->circuit, given, &count);
    if (PyDict_Check(given)) return error_type("row of values", "an iterable of numbers", given);
    if (!row) return -1;
    const bool fits = count == call->nvalues;
    if (fits) memcpy(call->owned + index * count, row, count * sizeof *row);
    else error_argument(call->ext, "%zu values: the circuit has %zu parameters", count, call->nvalues);
    PyMem_Free(row);
    return fits ? 0 : -1;
}

static int take_rows(struct sweep_call *call, PyObject *given)
{
    PyObject *items = args_items(given, "values", "an array of shape (rows, parameters)");
    if (!items) return -1;
    int result = 0;
    call->nrows = (size_t)PyTuple_Size(items);
    call->nvalues = ketsim_circuit_nparameters(call->circuit->circuit);
    call->values = call->owned = PyMem_Malloc((call->nrows * call->nvalues + 1) * sizeof *call->owned);
    if (!call->owned) {
        PyErr_NoMemory();
        result = -1;
    }
    struct turn turn = {0};
    for (size_t k = 0; result == 0 && k < call->nrows; k++, run_step(&turn)) {
        result = take_row(call, PyTuple_GetItem(items, (Py_ssize_t)k), k);
        if (result < 0) error_prefix(call->ext, (Py_ssize_t)k);
    }
    Py_DECREF(items);
    return result;
}

/* ---- options ----------------------------------------------------------------------------------- */

struct given {
    PyObject *circuit, *values, *observables, *shots, *seed, *state, *most, *limit, *dtype;
    struct stop_options stops;
};

static int parse_observables(struct sweep_call *call, PyObject *given)
{
    if (given == Py_None) return 0;
    call->observables = observables_list(call->ext, given);
    if (!call->observables) return -1;
    call->row = (uint64_t)PyList_Size(call->observables);
    call->list = observables_of(call->observables);
    return call->list ? 0 : -1;
}

static int parse_start(struct sweep_call *call, PyObject *state)
{
    call->nqubits = call->circuit->program.nqubits;
    if (state == Py_None) return 0;
    if (Py_TYPE(state) != call->ext->ket) return error_type("state", "a Ket", state);
    call->options.state = ((struct ket *)state)->state;
    call->options.dtype = ((struct ket *)state)->dtype;
    call->nqubits = ((struct ket *)state)->program.nqubits;
    return 0;
}

static int parse_options(struct sweep_call *call, const struct given *given)
{
    struct ext *ext = call->ext;
    uint64_t most = 0;
    if (many_parse_shots(ext, given->shots, &call->shots) < 0 ||
        args_seed(ext, given->seed, &call->seed_value, &call->seed) < 0 ||
        many_parse_number(ext, given->most, "max_concurrency", KETSIM_MAX_THREADS, &most) < 0 ||
        many_parse_number(ext, given->limit, "memory_limit", UINT64_MAX, &call->options.memory_limit) < 0 ||
        (given->dtype && args_dtype(ext, given->dtype, &call->options.dtype) < 0))
        return -1;
    call->options.max_concurrency = (unsigned)most;
    if (call->shots && given->observables != Py_None) {
        error_argument(ext, "observables and shots: must not both be given");
        return -1;
    }
    return many_parse_stops(ext, &given->stops, &call->call, &call->options.timeout_ms,
                            &call->options.cancel);
}

static int parse(struct sweep_call *call, const struct given *given)
{
    if (Py_TYPE(given->circuit) != call->ext->circuit) {
        error_type("circuit", "a Circuit", given->circuit);
        return -1;
    }
    call->circuit = (struct circuit *)given->circuit;
    if (parse_options(call, given) < 0 || parse_start(call, given->state) < 0 ||
        parse_observables(call, given->observables) < 0)
        return -1;
    if (!call->observables) call->row = UINT64_C(1) << call->nqubits;
    const int taken = take_array(call, given->values);
    return taken ? 0 : take_rows(call, given->values);
}

/* ---- the call ---------------------------------------------------------------------------------- */

static ketsim_status run(struct sweep_call *s, void *out)
{
    const ketsim_circuit *circuit = s->circuit->circuit;
    if (s->observables)
        return ketsim_sweep_expectations(circuit, out, s->list, (size_t)s->row, s->values, s->nrows,
                                         s->nvalues, &s->options);
    if (s->shots)
        return ketsim_sweep_counts(circuit, out, s->shots, s->seed, s->values, s->nrows, s->nvalues,
                                   &s->options);
    return ketsim_sweep_states(circuit, out, s->values, s->nrows, s->nvalues, &s->options);
}

static enum result_kind kind_of(const struct sweep_call *call)
{
    if (call->observables) return RESULT_FLOAT64;
    if (call->shots) return RESULT_UINT64;
    return call->options.dtype == KETSIM_COMPLEX128 ? RESULT_COMPLEX128 : RESULT_COMPLEX64;
}

/* NumPy's array as rows; a memoryview stays flat. */
static PyObject *in_rows(struct sweep_call *s, PyObject *flat)
{
    if (PyMemoryView_Check(flat)) return flat;
    PyObject *rows = PyObject_CallMethod(flat, "reshape", "nn", (Py_ssize_t)s->nrows, (Py_ssize_t)s->row);
    Py_DECREF(flat);
    return rows;
}

static PyObject *run_all(struct sweep_call *s)
{
    Py_buffer buffer;
    struct call *call = &s->call;
    if (s->row && s->nrows > UINT64_MAX / s->row / 16)
        return error_memory(s->ext, "sweep: %zu rows do not fit", s->nrows);
    PyObject *out = result_new(s->ext, kind_of(s), s->nrows * s->row, &buffer);
    if (!out) return NULL;
    s->options.poll = many_poll;
    s->options.poll_context = call;
    run_enter(s->ext, call);
    const ketsim_status status = run(s, buffer.buf);
    run_leave(s->ext, call);
    PyBuffer_Release(&buffer);
    if (status == KETSIM_OK && !PyErr_Occurred()) return in_rows(s, out);
    if (!PyErr_Occurred()) error_raise(s->ext, status); /* else from the poll */
    Py_DECREF(out);
    return NULL;
}

static void release(struct sweep_call *call)
{
    if (call->buffer.obj) PyBuffer_Release(&call->buffer);
    PyMem_Free(call->owned);
    PyMem_Free(call->list);
    Py_XDECREF(call->observables);
}

static PyObject *sweep(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"circuit", "values",          "observables", "shots",        "seed",
                                  "state",   "max_concurrency", "timeout_ms",  "memory_limit", "progress",
                                  "cancel",  "dtype",           NULL};
    struct sweep_call call = {.ext = PyModule_GetState(module), .call.entered_ns = run_now_ns()};
    struct given given = {.observables = Py_None,
                          .shots = Py_None,
                          .seed = Py_None,
                          .state = Py_None,
                          .most = Py_None,
                          .limit = Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|$OOOOOOOOOO:sweep", (char **)names, &given.circuit,
                                     &given.values, &given.observables, &given.shots, &given.seed,
                                     &given.state, &given.most, &given.stops.timeout, &given.limit,
                                     &given.stops.progress, &given.stops.cancel, &given.dtype))
        return NULL;
    PyObject *result = parse(&call, &given) == 0 ? run_all(&call) : NULL;
    release(&call);
    return result;
}

PyDoc_STRVAR(sweep_doc,
"sweep($module, /, circuit, values, *, observables=None, shots=None, seed=None, state=None,\n"
"      max_concurrency=None, timeout_ms=None, memory_limit=None, progress=None, cancel=None,\n"
"      dtype='complex128')\n--\n\n"
"Run a circuit with parameters for each row of an array of their values, in one call on all cores.\n"
"\n"
"Each row is, bit for bit, what ``ket.apply(circuit, row)`` gives from the same start; on up to 10\n"
"qubits (11 in complex64) what `Ket.apply_gates` of the bound circuit's gates gives, by the same conditions.\n"
"For expectation values, operations that no observable can feel are left out: those outside of the\n"
"observables' light cone, and phases and controls on qubits where only Z is left of them. Values are then\n"
"those of the whole circuit but for roundings; when every operation is felt, they have its bits.\n"
"\n"
"Parameters\n"
"----------\n"
"circuit : Circuit\n"
"    With parameters.\n"
"values : array or iterable of rows\n"
"    Shape (B, P): B values for each of the P parameters, in the order of ``circuit.parameters``.  An\n"
"    array of float64 in C order is read where it is.\n"
"observables : iterable, optional\n"
"    Of what `Ket.expectation` takes.\n"
"shots : int, optional\n"
"    Count so many samples of all qubits of each row's state.\n"
"seed : int, optional\n"
"    Of the samples, 0..2**64-1; each row draws with one that is made of this and its index.\n"
"    From the operating system if left out.\n"
"state : Ket, optional\n"
"    Where rows start; ``|0...0>`` if left out.  It stays as it is.\n"
"max_concurrency : int, optional\n"
"    Use at most so many threads.\n"
"timeout_ms : float, optional\n"
"    Give up after so many milliseconds.\n"
"memory_limit : int, optional\n"
"    Bytes that rows running at once may take; 60 % of what is available if left out.\n"
"progress : callable, optional\n"
"    Called with the fraction of rows done, a float from 0 to 1, about every 20 ms.  An exception in\n"
"    it stops the sweep and comes out of this call, as Ctrl-C does.\n"
"cancel : CancelToken, optional\n"
"    Stop soon after this token is raised.\n"
"dtype : dtype, optional\n"
"    Of the states when no `state` is given, 'complex128' or 'complex64'.\n"
"\n"
"Returns\n"
"-------\n"
"ndarray or memoryview\n"
"    Expectation values, shape (B, len(observables)), float64; counts of outcomes, shape (B, 2**n),\n"
"    uint64; or else states, shape (B, 2**n).  Without NumPy a flat memoryview.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    An argument is wrong; the message names the row.\n"
"DeadlineExceeded, Cancelled, OutOfMemory\n"
"    Not all rows were run.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, Parameter, sweep\n"
">>> circuit = Circuit(1).RY(Parameter('theta'), 0)\n"
">>> sweep(circuit, [[0.0], [3.141592653589793]], observables=['Z0']).round(12).tolist()\n"
"[[1.0], [-1.0]]\n"
">>> sweep(circuit, [[3.141592653589793]], shots=100).tolist()\n"
"[[0, 100]]\n");

const PyMethodDef sweep_functions[] = {
    {"sweep", METHOD(sweep), METH_VARARGS | METH_KEYWORDS, sweep_doc},
    {NULL, NULL, 0, NULL},
};
