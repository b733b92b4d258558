/* batch.c - run_batch(): many circuits in one call into the library. */
#include "args.h"
#include "many.h"

#include <stdlib.h>

/* ---- circuits and where they start ------------------------------------------------------------ */

static int bad_item(const char *what, Py_ssize_t index, const char *needed, PyObject *given)
{
    char text[64];
    PyOS_snprintf(text, sizeof text, "%s[%zd]", what, index);
    return error_type(text, needed, given);
}

static int no_memory(struct ext *ext, size_t count)
{
    error_memory(ext, "batch: a list of %zu items cannot be allocated", count);
    return -1;
}

static int parse_circuits(struct batch_call *call, PyObject *given)
{
    call->items = args_items(given, "circuits", "an iterable of Circuits");
    if (!call->items) return -1;
    call->count = (size_t)PyTuple_Size(call->items);
    call->circuits = malloc((call->count + 1) * sizeof *call->circuits);
    if (!call->circuits) return no_memory(call->ext, call->count);
    for (size_t k = 0; k < call->count; k++) {
        PyObject *item = PyTuple_GetItem(call->items, (Py_ssize_t)k);
        if (Py_TYPE(item) != call->ext->circuit)
            return bad_item("circuits", (Py_ssize_t)k, "a Circuit", item);
        call->circuits[k] = ((struct circuit *)item)->circuit;
    }
    return 0;
}

ketsim_state *batch_state_of_label(struct ext *ext, PyObject *label, ketsim_dtype dtype)
{
    ketsim_state *state = NULL;
    Py_ssize_t length;
    if (ket_check_label(ext, label) < 0) return NULL;
    const char *text = PyUnicode_AsUTF8AndSize(label, &length);
    if (!text) return NULL;
    const ketsim_status status = ketsim_state_from_label(&state, text, (size_t)length, dtype);
    if (status != KETSIM_OK) error_raise(ext, status);
    return state;
}

static int add_start(struct batch_call *call, PyObject *item)
{
    ketsim_state *state;
    if (PyUnicode_Check(item)) state = batch_state_of_label(call->ext, item, call->options.dtype);
    else if (Py_TYPE(item) == call->ext->ket) state = ((struct ket *)item)->state;
    else return bad_item("states", (Py_ssize_t)call->nstates, "a Ket or a label", item);
    if (!state) return -1;
    call->states[call->nstates++] = state;
    return 0;
}

/* A tuple of the starts: one that is no sequence serves all circuits. */
static PyObject *list_starts(const struct batch_call *call, PyObject *given)
{
    if (PyUnicode_Check(given) || Py_TYPE(given) == call->ext->ket) return PyTuple_Pack(1, given);
    PyObject *starts = args_items(given, "states", "a Ket, a label, or an iterable of one for each circuit");
    if (!starts || (size_t)PyTuple_Size(starts) == call->count) return starts;
    error_argument(call->ext, "states: %zd for %zu circuits: must be one for all, not in a list, or one each",
                   PyTuple_Size(starts), call->count);
    Py_DECREF(starts);
    return NULL;
}

static int parse_starts(struct batch_call *call, PyObject *given)
{
    if (given == Py_None) return 0;
    call->starts = list_starts(call, given);
    if (!call->starts) return -1;
    const size_t count = (size_t)PyTuple_Size(call->starts);
    call->states = malloc((count + 1) * sizeof *call->states);
    if (!call->states) return no_memory(call->ext, count);
    while (call->nstates < count)
        if (add_start(call, PyTuple_GetItem(call->starts, (Py_ssize_t)call->nstates)) < 0) return -1;
    call->options.states = call->states;
    call->options.nstates = count;
    return 0;
}

/* ---- observables ------------------------------------------------------------------------------ */

/* A tuple of the observables: what is itself one, is the only one. */
static PyObject *list_observables(struct ext *ext, PyObject *given)
{
    const bool is_one = Py_TYPE(given) == ext->observable || PyUnicode_Check(given) || PyDict_Check(given) ||
                        PyNumber_Check(given);
    return is_one ? PyTuple_Pack(1, given)
                  : args_items(given, "observables", "an observable or an iterable of them");
}

int batch_parse_observables(struct ext *ext, PyObject *given, PyObject **list,
                            const ketsim_observable ***asked)
{
    if (given == Py_None) return 0;
    PyObject *items = list_observables(ext, given);
    *list = items ? observables_list(ext, items) : NULL;
    Py_XDECREF(items);
    *asked = *list ? observables_of(*list) : NULL;
    return *asked ? 0 : -1;
}

/* ---- options ---------------------------------------------------------------------------------- */

struct given {
    PyObject *circuits, *most, *own_timeout, *shots, *seed, *observables, *states, *limit, *dtype;
    struct stop_options stops;
    int raises;
};

static int parse_options(struct batch_call *call, const struct given *given)
{
    struct ext *ext = call->ext;
    ketsim_batch_options *options = &call->options;
    uint64_t most = 0;
    if (many_parse_number(ext, given->most, "max_concurrency", KETSIM_MAX_THREADS, &most) < 0 ||
        args_timeout(ext, given->own_timeout, "per_circuit_timeout_ms", &options->per_circuit_timeout_ms) <
            0 ||
        many_parse_shots(ext, given->shots, &options->shots) < 0 ||
        args_seed(ext, given->seed, &call->seed, &options->seed) < 0 ||
        many_parse_number(ext, given->limit, "memory_limit", UINT64_MAX, &options->memory_limit) < 0 ||
        batch_parse_observables(ext, given->observables, &call->observables, &call->asked) < 0 ||
        (given->dtype && args_dtype(ext, given->dtype, &options->dtype) < 0))
        return -1;
    options->max_concurrency = (unsigned)most;
    options->observables = call->asked;
    options->nobservables = call->asked ? (size_t)PyList_Size(call->observables) : 0;
    options->drop_states = options->shots || call->asked;
    return many_parse_stops(ext, &given->stops, &call->call, &options->timeout_ms, &options->cancel);
}

/* ---- the call --------------------------------------------------------------------------------- */

static PyObject *run(struct batch_call *batch, bool raises)
{
    struct call *call = &batch->call;
    batch->options.poll = many_poll;
    batch->options.poll_context = call;
    ketsim_get_counters(&batch->before);
    run_enter(batch->ext, call);
    const ketsim_status status = ketsim_batch_run(&batch->batch, batch->circuits, batch->count,
                                                  &batch->options);
    run_leave(batch->ext, call);
    if (PyErr_Occurred()) return NULL; /* from the poll */
    if (status != KETSIM_OK) return error_raise(batch->ext, status);
    if (raises && !batch_raise(batch)) return NULL;
    return batch_result(batch);
}

static void release(struct batch_call *call)
{
    ketsim_batch_free(call->batch);
    for (size_t k = 0; k < call->nstates; k++)
        if (PyUnicode_Check(PyTuple_GetItem(call->starts, (Py_ssize_t)k))) ketsim_state_free(call->states[k]);
    free(call->states);
    free(call->circuits);
    PyMem_Free(call->asked);
    Py_XDECREF(call->observables);
    Py_XDECREF(call->starts);
    Py_XDECREF(call->items);
}

static PyObject *run_batch(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"circuits",       "max_concurrency",
                                  "timeout_ms",     "per_circuit_timeout_ms",
                                  "shots",          "seed",
                                  "observables",    "states",
                                  "raise_on_error", "memory_limit",
                                  "progress",       "cancel",
                                  "dtype",          NULL};
    struct batch_call call = {.ext = PyModule_GetState(module), .call.entered_ns = run_now_ns()};
    struct given given = {.most = Py_None,
                          .own_timeout = Py_None,
                          .shots = Py_None,
                          .seed = Py_None,
                          .observables = Py_None,
                          .states = Py_None,
                          .limit = Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO$OOOOOpOOOO:run_batch", (char **)names,
                                     &given.circuits, &given.most, &given.stops.timeout, &given.own_timeout,
                                     &given.shots, &given.seed, &given.observables, &given.states,
                                     &given.raises, &given.limit, &given.stops.progress, &given.stops.cancel,
                                     &given.dtype))
        return NULL;
    PyObject *result = NULL;
    if (parse_options(&call, &given) == 0 && parse_circuits(&call, given.circuits) == 0 &&
        parse_starts(&call, given.states) == 0)
        result = run(&call, given.raises);
    release(&call);
    return result;
}

PyDoc_STRVAR(run_batch_doc,
"run_batch($module, /, circuits, max_concurrency=None, timeout_ms=None, *,\n"
"          per_circuit_timeout_ms=None, shots=None, seed=None, observables=None,\n"
"          states=None, raise_on_error=False, memory_limit=None, progress=None,\n"
"          cancel=None, dtype='complex128')\n--\n\n"
"Run many circuits, each on a state of its own, on all cores and in one call.\n"
"\n"
"Cores share the circuits, one a core, the longest first; circuits on many qubits run one by one,\n"
"each on all cores.  Each result is, bit for bit, that of ``ket('0' * n).apply_gates(circuit)`` alone,\n"
"and a circuit that fails makes no difference to the others.  Circuits that measure on the way or have\n"
"noise need `shots`, which are run as `run_shots` does: counts are of classical bits, and values are\n"
"means over the shots.\n"
"\n"
"Parameters\n"
"----------\n"
"circuits : iterable of Circuit\n"
"    Any number, of any sizes.\n"
"max_concurrency : int, optional\n"
"    Use at most so many threads; never more than there are cores.\n"
"timeout_ms : float, optional\n"
"    Stop after so many milliseconds; circuits that ended before keep their results.\n"
"per_circuit_timeout_ms : float, optional\n"
"    Give up on each circuit that runs longer.\n"
"shots : int, optional\n"
"    Count so many samples of all qubits of each result, and drop the states.\n"
"seed : int, optional\n"
"    Of the samples, 0..2**64-1; each circuit draws with one that is made of this and its index.\n"
"    From the operating system if left out.\n"
"observables : Observable, or what makes one, or an iterable of such, optional\n"
"    Evaluate them in the state that each circuit ended in, and drop the states.  Lists and tuples\n"
"    are several; a circuit on fewer qubits than one of them needs fails.\n"
"states : Ket or str, or an iterable of one for each circuit, optional\n"
"    Where circuits start; ``|0...0>`` if left out.  They stay as they are.\n"
"raise_on_error : bool, optional\n"
"    Raise the first failure once all have ended.\n"
"memory_limit : int, optional\n"
"    Bytes that circuits running at once may take, results not counted; 60 % of what is\n"
"    available if left out.\n"
"progress : callable, optional\n"
"    Called with the fraction of circuits done, a float from 0 to 1, about every 20 ms.  An exception\n"
"    in it stops the batch and comes out of this call, as Ctrl-C does.\n"
"cancel : CancelToken, optional\n"
"    Stop soon after this token is raised; circuits that ended before keep their results.\n"
"dtype : dtype, optional\n"
"    Of the states where `states` gives none, 'complex128' or 'complex64'.\n"
"\n"
"Returns\n"
"-------\n"
"BatchResult\n"
"    A named tuple.  ``results`` has a named tuple ``(state, counts, values)`` for each circuit, or\n"
"    None where the circuit failed: counts with `shots`, values, a tuple of float, with\n"
"    `observables`, the state with neither.  ``errors`` has a dict with ``index``, ``code``,\n"
"    ``type`` and ``message`` for each failure; ``duration_ms``; and ``stats``, a dict.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    An argument is wrong; nothing was run.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, run_batch\n"
">>> batch = run_batch([Circuit(2).H(0).CNOT(0, 1), Circuit(1).X(0)])\n"
">>> [result.state for result in batch.results]\n"
"[Ket(0.707107|00> + 0.707107|11>), Ket(|1>)]\n"
">>> run_batch([Circuit(1).X(0)], shots=100).results[0].counts\n"
"{'1': 100}\n"
">>> run_batch([Circuit(1).X(0), Circuit(1)], observables='Z0').results[0].values\n"
"(-1.0,)\n"
">>> run_batch([Circuit(2), Circuit(3)], states='00').errors[0]['index']\n"
"1\n");

const PyMethodDef batch_functions[] = {
    {"run_batch", METHOD(run_batch), METH_VARARGS | METH_KEYWORDS, run_batch_doc},
    {NULL, NULL, 0, NULL},
};
