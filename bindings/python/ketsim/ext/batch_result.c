/* batch_result.c - what run_batch() returns: named tuples, errors and numbers. */
#include "many.h"
#include "results.h"

/* ---- types ------------------------------------------------------------------------------------ */

static PyStructSequence_Field circuit_fields[] = {
    {"state", "The state the circuit ended in, a Ket; None where shots or observables were asked for."},
    {"counts", "How often each label was sampled, most frequent first, a dict; None without shots."},
    {"values", "Expectation values of the observables, a tuple of float; None without observables."},
    {NULL, NULL},
};

static PyStructSequence_Field batch_fields[] = {
    {"results", "A CircuitResult for each circuit, None where it failed; a list."},
    {"errors", "A dict with index, code, type and message for each circuit that failed; a list."},
    {"duration_ms", "Milliseconds the batch took, a float."},
    {"stats", "How it went, a dict."},
    {NULL, NULL},
};

static PyStructSequence_Desc circuit_desc = {
    "ketsim.CircuitResult", "What one circuit of a batch gave: a named tuple (state, counts, values).",
    circuit_fields, 3};
static PyStructSequence_Desc batch_desc = {
    "ketsim.BatchResult", "What `run_batch` returns: a named tuple (results, errors, duration_ms, stats).",
    batch_fields, 4};

static PyTypeObject *add_type(PyObject *module, PyStructSequence_Desc *desc)
{
    PyTypeObject *type = PyStructSequence_NewType(desc);
    if (!type || PyModule_AddType(module, type) == 0) return type;
    Py_DECREF((PyObject *)type);
    return NULL;
}

int batch_add_types(PyObject *module)
{
    struct ext *ext = PyModule_GetState(module);
    ext->circuit_result = add_type(module, &circuit_desc);
    ext->batch_result = ext->circuit_result ? add_type(module, &batch_desc) : NULL;
    return ext->batch_result ? 0 : -1;
}

PyObject *batch_named_tuple(PyTypeObject *type, PyObject **values, Py_ssize_t count)
{
    PyObject *tuple = PyStructSequence_New(type);
    bool whole = tuple;
    for (Py_ssize_t k = 0; k < count; k++) {
        whole = whole && values[k];
        if (tuple && values[k]) PyStructSequence_SetItem(tuple, k, values[k]);
        else Py_XDECREF(values[k]);
    }
    if (whole) return tuple;
    Py_XDECREF(tuple);
    return NULL;
}

/* ---- results ---------------------------------------------------------------------------------- */

PyObject *batch_circuit_result(struct ext *ext, const struct circuit_gave *gave)
{
    PyObject *values[] = {
        gave->state ? (PyObject *)ket_new(ext, gave->state, gave->like) : Py_NewRef(Py_None),
        gave->counts ? counts_dict(gave->counts, gave->ncounts, gave->nqubits) : Py_NewRef(Py_None),
        gave->has_values ? tuple_of_doubles(gave->values, gave->nvalues) : Py_NewRef(Py_None)};
    return batch_named_tuple(ext->circuit_result, values, 3);
}

/* The Ket that it started from, if that is one. */
static const struct ket *start_of(const struct batch_call *call, size_t index)
{
    PyObject *start = NULL;
    if (call->starts) start = PyTuple_GetItem(call->starts, call->nstates == 1 ? 0 : (Py_ssize_t)index);
    return start && Py_TYPE(start) == call->ext->ket ? (struct ket *)start : NULL;
}

static unsigned width(const struct batch_call *call, size_t index)
{
    const ketsim_circuit *circuit = call->circuits[index];
    if (ketsim_circuit_is_dynamic(circuit)) return ketsim_circuit_nbits(circuit);
    if (!call->nstates) return ketsim_circuit_nqubits(call->circuits[index]);
    return ketsim_state_nqubits(call->states[call->nstates == 1 ? 0 : index]);
}

static PyObject *new_result(const struct batch_call *call, size_t index)
{
    const struct ket plain = {.threads = 0}, *start = start_of(call, index);
    struct circuit_gave gave = {.like = start ? start : &plain, .nqubits = width(call, index)};
    if (ketsim_batch_status(call->batch, index) != KETSIM_OK) return Py_NewRef(Py_None);
    gave.state = ketsim_batch_take(call->batch, index);
    gave.ncounts = ketsim_batch_counts(call->batch, &gave.counts, index);
    gave.nvalues = ketsim_batch_values(call->batch, &gave.values, index);
    gave.has_values = call->observables;
    return batch_circuit_result(call->ext, &gave);
}

static PyObject *new_results(const struct batch_call *call)
{
    struct turn turn = {0};
    PyObject *list = PyList_New((Py_ssize_t)call->count);
    for (size_t k = 0; list && k < call->count; k++, run_step(&turn)) {
        PyObject *result = new_result(call, k);
        if (!result || PyList_SetItem(list, (Py_ssize_t)k, result) < 0) Py_CLEAR(list);
    }
    return list;
}

/* ---- errors ----------------------------------------------------------------------------------- */

static PyObject *class_of(const struct batch_call *call, size_t index)
{
    PyObject *type = call->ext->errors[ketsim_batch_status(call->batch, index)];
    return type ? type : call->ext->error;
}

static PyObject *new_error(const struct batch_call *call, size_t index)
{
    PyObject *name = PyType_GetName((PyTypeObject *)class_of(call, index));
    if (!name) return NULL;
    return Py_BuildValue("{s:n,s:s,s:N,s:s}", "index", (Py_ssize_t)index, "code",
                         ketsim_status_name(ketsim_batch_status(call->batch, index)), "type", name, "message",
                         ketsim_batch_message(call->batch, index));
}

static PyObject *new_errors(const struct batch_call *call)
{
    PyObject *list = PyList_New(0);
    for (size_t k = 0; list && k < call->count; k++) {
        if (ketsim_batch_status(call->batch, k) == KETSIM_OK) continue;
        PyObject *error = new_error(call, k);
        if (!error || PyList_Append(list, error) < 0) Py_CLEAR(list);
        Py_XDECREF(error);
    }
    return list;
}

PyObject *batch_raise(const struct batch_call *call)
{
    for (size_t k = 0; k < call->count; k++)
        if (ketsim_batch_status(call->batch, k) != KETSIM_OK)
            return PyErr_Format(class_of(call, k), "%s (circuit %zu of the batch)",
                                ketsim_batch_message(call->batch, k), k);
    return Py_None; /* borrowed */
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static const char *mode(const ketsim_batch_stats *stats)
{
    if (!stats->wide) return "one circuit a core";
    return stats->wide < stats->circuits ? "mixed" : "all cores on one";
}

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

static PyObject *new_stats(const struct batch_call *call)
{
    typedef unsigned long long ull;
    ketsim_batch_stats s;
    ketsim_counters now;
    ketsim_batch_get_stats(call->batch, &s);
    ketsim_get_counters(&now);
    const uint64_t clone_ns = now.acquire_ns + now.commit_ns - call->before.acquire_ns -
                              call->before.commit_ns;
    const uint64_t wall_ns = run_now_ns() - call->call.entered_ns;
    return Py_BuildValue(
        "{s:n,s:n,s:n,s:n,s:n,s:K,s:K,s:K,s:I,s:s,s:d,s:d,s:d,s:{s:d,s:d},s:d,s:d,s:d,s:d,s:I}",
        "total_circuits", (Py_ssize_t)s.circuits, "succeeded", (Py_ssize_t)s.succeeded, "failed",
        (Py_ssize_t)s.failed, "timed_out", (Py_ssize_t)s.timed_out, "cancelled", (Py_ssize_t)s.cancelled,
        "total_gates", (ull)s.operations, "passes", (ull)(now.passes - call->before.passes),
        "state_bytes_peak", (ull)s.bytes_peak, "threads", s.threads, "mode", mode(&s), "wall_ms",
        ms(s.wall_ns), "cpu_ms", ms(s.cpu_ns), "cores_used",
        s.wall_ns ? (double)s.cpu_ns / (double)s.wall_ns : 0., "per_circuit_ms", "p50", ms(s.median_ns),
        "p99", ms(s.p99_ns), "clone_ms", ms(clone_ns), "queue_ms", ms(s.start_ns), "gil_ms",
        ms(wall_ns - call->call.free_ns - call->call.wait_ns), "idle_share", s.idle_share, "crossover_qubits",
        s.crossover);
}

PyObject *batch_result(struct batch_call *call)
{
    PyObject *values[4] = {new_results(call)};
    if (values[0]) values[1] = new_errors(call);
    if (values[1]) values[2] = PyFloat_FromDouble(ms(run_now_ns() - call->call.entered_ns));
    if (values[2]) values[3] = new_stats(call);
    return batch_named_tuple(call->ext->batch_result, values, 4);
}
