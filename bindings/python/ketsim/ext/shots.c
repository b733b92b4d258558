/* shots.c - run_shots(), shots_expectations() and Ket.run_shot(): circuits that measure on the way. */
#include "args.h"
#include "many.h"
#include "results.h"

#include <stdlib.h>

/* ---- many shots -------------------------------------------------------------------------------- */

struct shots_call {
    struct call call; /* its clocks and progress; it has no ket */
    struct ext *ext;
    const ketsim_circuit *circuit;
    ketsim_circuit *bound; /* NULL, or the circuit, with numbers for its parameters */
    unsigned nbits;
    uint64_t shots, seed;
    uint64_t *bits; /* of each */
    ketsim_count *counts;
    size_t ncounts;
    bool no_room; /* for them */
    int memory;
    PyObject *flat; /* NULL, or the memory */
    Py_buffer buffer;
    PyObject *observables; /* a list, or NULL */
    const ketsim_observable **asked;
    size_t nasked;
    double *values; /* means, and then errors */
    ketsim_shots_options options;
};

struct given {
    PyObject *circuit, *observables, *shots, *seed, *state, *first, *most, *dtype, *params;
    struct stop_options stops;
};

/* *out: the circuit, or, of its parameters with numbers, one that is the caller's too. */
static int bind(struct ext *ext, PyObject *given, PyObject *params, const ketsim_circuit **out,
                ketsim_circuit **bound)
{
    size_t count;
    if (Py_TYPE(given) != ext->circuit) return error_type("circuit", "a Circuit", given);
    *out = ((struct circuit *)given)->circuit;
    if (!params || params == Py_None) return 0;
    double *values = linear_values(ext, *out, params, &count);
    if (!values) return -1;
    const ketsim_status status = ketsim_circuit_bind(bound, *out, values, count);
    PyMem_Free(values);
    *out = *bound;
    if (status == KETSIM_OK) return 0;
    error_raise(ext, status);
    return -1;
}

static int parse_start(struct shots_call *call, PyObject *state)
{
    if (state == Py_None) return 0;
    if (Py_TYPE(state) != call->ext->ket) return error_type("state", "a Ket", state);
    call->options.state = ((struct ket *)state)->state;
    return 0;
}

static int parse_options(struct shots_call *call, const struct given *given)
{
    struct ext *ext = call->ext;
    uint64_t most = 0;
    if (args_integer(ext, given->shots, "shots", 0, MANY_SHOTS, &call->shots) < 0 ||
        args_seed(ext, given->seed, &call->seed, &call->options.seed) < 0 ||
        (given->first && args_integer(ext, given->first, "first", 0, UINT64_MAX, &call->options.first) < 0) ||
        many_parse_number(ext, given->most, "max_concurrency", KETSIM_MAX_THREADS, &most) < 0 ||
        (given->dtype && args_dtype(ext, given->dtype, &call->options.dtype) < 0))
        return -1;
    call->options.max_concurrency = (unsigned)most;
    return many_parse_stops(ext, &given->stops, &call->call, &call->options.timeout_ms,
                            &call->options.cancel);
}

static int parse(struct shots_call *call, const struct given *given)
{
    if (bind(call->ext, given->circuit, given->params, &call->circuit, &call->bound) < 0) return -1;
    call->nbits = ((struct program *)given->circuit)->nbits;
    return parse_options(call, given) < 0 ? -1 : parse_start(call, given->state);
}

/* One byte a bit, a row a shot. */
static void spread(const struct shots_call *s)
{
    uint8_t *out = s->buffer.buf;
    for (uint64_t k = 0; k < s->shots; k++)
        for (unsigned b = 0; b < s->nbits; b++) *out++ = s->bits[k] >> (s->nbits - 1 - b) & 1;
}

static PyObject *as_memory(const struct shots_call *s)
{
    if (PyMemoryView_Check(s->flat)) return Py_NewRef(s->flat);
    return PyObject_CallMethod(s->flat, "reshape", "nn", (Py_ssize_t)s->shots, (Py_ssize_t)s->nbits);
}

static int get_memory(struct shots_call *s)
{
    if (result_fits(s->ext, s->shots, sizeof *s->bits) < 0) return -1;
    if (s->memory) s->flat = result_new(s->ext, RESULT_UINT8, s->shots * s->nbits, &s->buffer);
    if (s->memory && !s->flat) return -1;
    s->bits = malloc(s->shots * sizeof *s->bits + 1);
    s->values = malloc(2 * s->nasked * sizeof *s->values + 1);
    if (s->bits && s->values) return 0;
    error_memory(s->ext, "%llu shots: cannot be allocated", (unsigned long long)s->shots);
    return -1;
}

static ketsim_status work(const struct shots_call *s)
{
    return s->asked ? ketsim_shots_expectations(s->circuit, s->bits, s->values, s->values + s->nasked,
                                                s->asked, s->nasked, s->shots, &s->options)
                    : ketsim_run_shots(s->circuit, s->bits, s->shots, &s->options);
}

/* The shots, and how often each outcome came. */
static ketsim_status run_and_count(struct shots_call *s)
{
    size_t different;
    ketsim_status status = work(s);
    if (status == KETSIM_OK && s->memory) spread(s);
    if (status != KETSIM_OK || s->memory) return status;
    status = ketsim_tally(NULL, &different, s->bits, s->shots);
    if (status != KETSIM_OK) return status;
    s->counts = malloc(different * sizeof *s->counts + 1);
    s->no_room = !s->counts;
    return s->counts ? ketsim_tally(s->counts, &s->ncounts, s->bits, s->shots) : KETSIM_ERR_MEMORY;
}

static ketsim_status run_freely(struct shots_call *s)
{
    struct call *call = &s->call;
    s->options.poll = many_poll;
    s->options.poll_context = call;
    many_stop_by_limits(call);
    run_enter(s->ext, call);
    const ketsim_status status = run_and_count(s);
    run_leave(s->ext, call);
    return status;
}

/* None once it has been run. */
static PyObject *run_all(struct shots_call *s)
{
    if (get_memory(s) < 0) return NULL;
    const ketsim_status status = run_freely(s);
    if (PyErr_Occurred()) return NULL; /* from the poll */
    if (s->no_room)
        return error_memory(s->ext, "counts of %llu shots: cannot be allocated",
                            (unsigned long long)s->shots);
    if (status != KETSIM_OK) return error_raise(s->ext, status);
    return Py_None; /* borrowed */
}

static void release(struct shots_call *call)
{
    ketsim_circuit_free(call->bound);
    PyMem_Free(call->asked);
    Py_XDECREF(call->observables);
    if (call->flat) PyBuffer_Release(&call->buffer);
    Py_XDECREF(call->flat);
    free(call->values);
    free(call->counts);
    free(call->bits);
}

static PyObject *run_shots(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"circuit", "shots",           "seed",       "state",    "memory",
                                  "first",   "max_concurrency", "timeout_ms", "progress", "cancel",
                                  "dtype",   "params",          NULL};
    struct shots_call call = {.ext = PyModule_GetState(module), .call.entered_ns = run_now_ns()};
    struct given given = {.seed = Py_None, .state = Py_None, .most = Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|$OOpOOOOOOO:run_shots", (char **)names, &given.circuit,
                                     &given.shots, &given.seed, &given.state, &call.memory, &given.first,
                                     &given.most, &given.stops.timeout, &given.stops.progress,
                                     &given.stops.cancel, &given.dtype, &given.params))
        return NULL;
    PyObject *result = parse(&call, &given) == 0 ? run_all(&call) : NULL;
    if (result) result = call.memory ? as_memory(&call) : counts_dict(call.counts, call.ncounts, call.nbits);
    release(&call);
    return result;
}

/* ---- their averages ---------------------------------------------------------------------------- */

static PyStructSequence_Field averages_fields[] = {
    {"values", "Mean of each observable's expectation value over the shots, a tuple of float."},
    {"errors", "Standard error of each of these means, a tuple of float."},
    {"counts", "How often each label came out of the shots, as `run_shots` has it; a dict."},
    {NULL, NULL},
};

static PyStructSequence_Desc averages_desc = {
    "ketsim.ShotsExpectations", "What `shots_expectations` returns: a named tuple (values, errors, counts).",
    averages_fields, 3};

int shots_add_types(PyObject *module)
{
    struct ext *ext = PyModule_GetState(module);
    ext->shots_result = PyStructSequence_NewType(&averages_desc);
    return ext->shots_result ? PyModule_AddType(module, ext->shots_result) : -1;
}

static PyObject *as_averages(const struct shots_call *s)
{
    PyObject *parts[] = {tuple_of_doubles(s->values, s->nasked),
                         tuple_of_doubles(s->values + s->nasked, s->nasked),
                         counts_dict(s->counts, s->ncounts, s->nbits)};
    return batch_named_tuple(s->ext->shots_result, parts, 3);
}

static int parse_observables(struct shots_call *call, PyObject *given)
{
    if (given == Py_None) return error_type("observables", "an observable or an iterable of them", given);
    if (batch_parse_observables(call->ext, given, &call->observables, &call->asked) < 0) return -1;
    call->nasked = (size_t)PyList_Size(call->observables);
    return 0;
}

static PyObject *shots_expectations(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"circuit", "observables",     "shots",      "seed",     "state",
                                  "first",   "max_concurrency", "timeout_ms", "progress", "cancel",
                                  "dtype",   "params",          NULL};
    struct shots_call call = {.ext = PyModule_GetState(module), .call.entered_ns = run_now_ns()};
    struct given given = {.seed = Py_None, .state = Py_None, .most = Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO|$OOOOOOOOO:shots_expectations", (char **)names,
                                     &given.circuit, &given.observables, &given.shots, &given.seed,
                                     &given.state, &given.first, &given.most, &given.stops.timeout,
                                     &given.stops.progress, &given.stops.cancel, &given.dtype, &given.params))
        return NULL;
    PyObject *result = parse(&call, &given) == 0 && parse_observables(&call, given.observables) == 0
                           ? run_all(&call)
                           : NULL;
    if (result) result = as_averages(&call);
    release(&call);
    return result;
}

/* ---- one shot ---------------------------------------------------------------------------------- */

static ketsim_status work_shot(struct call *call)
{
    return ketsim_run_shot(call->ket->state, call->out, call->circuit, call->seed, call->first,
                           &call->options);
}

static PyObject *label_of(uint64_t bits, unsigned nbits)
{
    char text[KETSIM_MAX_BITS];
    for (unsigned b = 0; b < nbits; b++) text[b] = (char)('0' + (bits >> (nbits - 1 - b) & 1));
    return PyUnicode_FromStringAndSize(text, (Py_ssize_t)nbits);
}

static PyObject *ket_run_shot(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"run_shot", 1, 1, {"", "seed", "shot", "params"}};
    struct ket *ket = (struct ket *)self;
    struct ext *ext = ket->program.ext;
    uint64_t bits = 0;
    struct call call = {.ket = ket, .work = work_shot, .out = &bits, .name = "run_shot"};
    PyObject *given[4];
    ketsim_circuit *bound = NULL;
    if (options_parse(&call, ext, &signature, args, nargs, kwnames, given) < 0) return NULL;
    if (args_seed(ext, given[1], &call.seed_value, &call.seed) < 0) return NULL;
    if (given[2] && args_integer(ext, given[2], "shot", 0, UINT64_MAX, &call.first) < 0) return NULL;
    if (bind(ext, given[0], given[3], &call.circuit, &bound) < 0) return NULL;
    call.operations = ketsim_circuit_length(call.circuit);
    const int result = run_call(&call);
    ketsim_circuit_free(bound);
    return result < 0 ? NULL : label_of(bits, ((struct program *)given[0])->nbits);
}

/* ---- documentation ----------------------------------------------------------------------------- */

PyDoc_STRVAR(run_shots_doc,
"run_shots($module, /, circuit, shots, *, seed=None, state=None, memory=False, first=0,\n"
"          max_concurrency=None, timeout_ms=None, progress=None, cancel=None, dtype='complex128',\n"
"          params=None)\n--\n\n"
"Run a circuit that measures many times, and count what its classical bits end with.\n"
"\n"
"Shots whose outcomes have been the same share one state, which is computed once, on all cores.  What a\n"
"shot does depends on the circuit, the start, the seed and its number alone: see `Ket.run_shot`.\n"
"\n"
"Parameters\n"
"----------\n"
"circuit : Circuit\n"
"    With classical bits: ``Circuit(n, bits=b)``.\n"
"shots : int\n"
"    How many times.\n"
"seed : int, optional\n"
"    0..2**64-1; from the operating system if left out.\n"
"state : Ket, optional\n"
"    Where shots start; ``|0...0>`` if left out.  It stays as it is.\n"
"memory : bool, optional\n"
"    Return the bits of each shot instead of counts.\n"
"first : int, optional\n"
"    Number of the first shot: shots may be run in parts.\n"
"max_concurrency : int, optional\n"
"    Use at most so many threads.\n"
"timeout_ms : float, optional\n"
"    Give up after so many milliseconds.\n"
"progress : callable, optional\n"
"    Called with the fraction of shots done, a float from 0 to 1, about every 20 ms.  An exception in\n"
"    it stops the shots and comes out of this call, as Ctrl-C does.\n"
"cancel : CancelToken, optional\n"
"    Stop soon after this token is raised.\n"
"dtype : dtype, optional\n"
"    Of the states when no `state` is given, 'complex128' or 'complex64'.\n"
"params : dict or iterable of float, optional\n"
"    Values for its parameters, as `Circuit.bind` takes them.\n"
"\n"
"Returns\n"
"-------\n"
"dict of str to int, or ndarray, shape (shots, bits), uint8\n"
"    Counts by label, bit 0 leftmost, the most frequent first; or, with `memory`, the bits of each shot,\n"
"    without NumPy as a flat memoryview.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    An argument is wrong.\n"
"DeadlineExceeded, Cancelled, OutOfMemory\n"
"    Not all shots were run.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, run_shots\n"
">>> bell = Circuit(2, bits=2).H(0).CNOT(0, 1).measure()\n"
">>> sorted(run_shots(bell, 1000, seed=1))\n"
"['00', '11']\n"
">>> run_shots(bell, 3, seed=1, memory=True).shape\n"
"(3, 2)\n");

PyDoc_STRVAR(shots_expectations_doc,
"shots_expectations($module, /, circuit, observables, shots, *, seed=None, state=None, first=0,\n"
"                   max_concurrency=None, timeout_ms=None, progress=None, cancel=None,\n"
"                   dtype='complex128', params=None)\n--\n\n"
"Average expectation values over the states that shots of a circuit end in.\n"
"\n"
"Each value is exact for the state of a shot, its trajectory; the mean over all is that of the density\n"
"matrix, within some standard errors.  Shots are those of `run_shots`, and share what they have in common.\n"
"\n"
"Parameters\n"
"----------\n"
"circuit : Circuit\n"
"    With measurements, noise, or none of these.\n"
"observables : Observable, or what makes one, or an iterable of such\n"
"    Lists and tuples are several.\n"
"shots : int\n"
"    How many times, at least 2.\n"
"seed, state, first, max_concurrency, timeout_ms, progress, cancel, dtype, params\n"
"    As `run_shots` takes them.\n"
"\n"
"Returns\n"
"-------\n"
"ShotsExpectations\n"
"    A named tuple: ``values`` and ``errors``, tuples of float in units of the coefficients, and\n"
"    ``counts``.  They do not depend on the number of threads, not in the last bit.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError, ParseError\n"
"    An argument is wrong, or an observable needs more qubits.\n"
"DeadlineExceeded, Cancelled, OutOfMemory\n"
"    Not all shots were run.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, noise, shots_expectations\n"
">>> noisy = Circuit(1).X(0).channel(noise.amplitude_damping(0.25), 0)\n"
">>> average = shots_expectations(noisy, 'Z0', 10_000, seed=1)\n"
">>> abs(average.values[0] + 0.5) < 5 * average.errors[0] < 0.1\n"
"True\n");

PyDoc_STRVAR(run_shot_doc,
"run_shot($self, circuit, /, *, seed=None, shot=0, params=None, " STOP_ARGUMENTS ")\n--\n\n"
"Run the queued gates, and then one shot of a circuit that measures, which leaves its state here.\n"
"\n"
"Parameters\n"
"----------\n"
"circuit : Circuit\n"
"    Must not have more qubits than the state.\n"
"seed : int, optional\n"
"    0..2**64-1; from the operating system if left out.\n"
"shot : int, optional\n"
"    Number of the shot: ``run_shots(circuit, 1, seed=seed, first=shot, state=ket)`` has the same bits.\n"
"params : dict or iterable of float, optional\n"
"    Values for its parameters, as `Circuit.bind` takes them.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"str\n"
"    Its classical bits, bit 0 leftmost.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, StateBusyError, OutOfMemory\n"
"    The amplitudes are as they were.\n"
STOP_RAISES
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, ket\n"
">>> q = ket('00').H(0).CNOT(0, 1)\n"
">>> bits = q.run_shot(Circuit(2, bits=1).measure(0, bits=0), seed=1)\n"
">>> bits in '01', round(q.expectation('Z0 Z1'), 12)\n"
"(True, 1.0)\n");

const PyMethodDef shots_methods[] = {
    {"run_shot", METHOD(ket_run_shot), METH_FASTCALL | METH_KEYWORDS, run_shot_doc},
    {NULL, NULL, 0, NULL},
};

const PyMethodDef shots_functions[] = {
    {"run_shots", METHOD(run_shots), METH_VARARGS | METH_KEYWORDS, run_shots_doc},
    {"shots_expectations", METHOD(shots_expectations), METH_VARARGS | METH_KEYWORDS, shots_expectations_doc},
    {NULL, NULL, 0, NULL},
};
