/* pickle.c - states and circuits to and from pickles.  The first item of what is stored is a version. */
#include "args.h"
#include "call.h"
#include "results.h"

#include <string.h>

enum { VERSION = 1 };

/* Function of this extension by name, as pickle will look it up; a new reference. */
static PyObject *restorer(const char *name)
{
    PyObject *module = PyImport_ImportModule("ketsim._ketsim");
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return function;
}

static int check_version(struct ext *ext, unsigned version, const char *what)
{
    if (version == VERSION) return 0;
    error_argument(ext, "pickle of a %s, version %u: this ketsim reads version %d", what, version, VERSION);
    return -1;
}

/* ---- Ket -------------------------------------------------------------------------------------- */

/* The amplitudes: a PickleBuffer from protocol 5 on, which need not be copied, else bytes. */
static PyObject *pickle_data(PyObject *self, int protocol)
{
    if (protocol < 5) return PyBytes_FromObject(self);
    PyObject *pickle = PyImport_ImportModule("pickle");
    PyObject *data = pickle ? PyObject_CallMethod(pickle, "PickleBuffer", "O", self) : NULL;
    Py_XDECREF(pickle);
    return data;
}

static PyObject *ket_reduce_ex(PyObject *self, PyObject *protocol)
{
    const struct ket *ket = (struct ket *)self;
    const long number = PyLong_AsLong(protocol);
    if (number == -1 && PyErr_Occurred()) return NULL;
    PyObject *data = pickle_data(self, (int)number), *restore = data ? restorer("_restore_ket") : NULL;
    PyObject *reduced = NULL;
    if (restore)
        reduced = Py_BuildValue("(O(IIsIiiiO))", restore, VERSION, ket->program.nqubits,
                                ket->dtype == KETSIM_COMPLEX128 ? "complex128" : "complex64", ket->threads,
                                ket->eager, ket->inplace, ket->wait, data);
    Py_XDECREF(restore);
    Py_XDECREF(data);
    return reduced;
}

static ketsim_status fill(ketsim_state *state, const void *amplitudes, size_t bytes)
{
    ketsim_edit *edit;
    const ketsim_status status = ketsim_edit_begin(&edit, state);
    if (status != KETSIM_OK) return status;
    memcpy(ketsim_edit_amplitudes(edit), amplitudes, bytes);
    return ketsim_edit_commit(edit);
}

/* As it was, even if its norm is not 1: that takes a state to write to. */
static ketsim_status state_of(ketsim_state **out, ketsim_dtype dtype, unsigned nqubits,
                              const void *amplitudes)
{
    const uint64_t count = UINT64_C(1) << nqubits;
    ketsim_status status = ketsim_state_from_amplitudes(out, amplitudes, count, dtype, false);
    if (status != KETSIM_ERR_ARGUMENT) return status;
    status = ketsim_state_new(out, nqubits, dtype);
    if (status != KETSIM_OK) return status;
    status = fill(*out, amplitudes, amplitude_bytes(nqubits, dtype));
    if (status != KETSIM_OK) ketsim_state_free(*out);
    return status;
}

static ketsim_status restore_state(ketsim_state **out, const struct ket *options, unsigned nqubits,
                                   const void *amplitudes)
{
    ketsim_status status = state_of(out, options->dtype, nqubits, amplitudes);
    if (status != KETSIM_OK) return status;
    status = ketsim_state_set_threads(*out, options->threads);
    if (status == KETSIM_OK) status = ketsim_state_set_inplace(*out, options->inplace);
    if (status != KETSIM_OK) ketsim_state_free(*out);
    return status;
}

static PyObject *restore_ket(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    unsigned version, nqubits, threads;
    int eager, inplace, wait;
    struct ket options = {.wait = false};
    struct call call = {.entered_ns = run_now_ns()};
    PyObject *dtype, *data;
    Py_buffer buffer;
    ketsim_state *state = NULL;
    ketsim_status status;
    if (!PyArg_ParseTuple(args, "IIOIpppO:_restore_ket", &version, &nqubits, &dtype, &threads, &eager,
                          &inplace, &wait, &data))
        return NULL;
    if (check_version(ext, version, "Ket") < 0 || args_dtype(ext, dtype, &options.dtype) < 0) return NULL;
    if (PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE) < 0) return NULL;
    options.threads = threads;
    options.eager = eager;
    options.inplace = inplace;
    options.wait = wait;
    if (nqubits < 1 || nqubits > KETSIM_MAX_QUBITS ||
        (size_t)buffer.len != amplitude_bytes(nqubits, options.dtype)) {
        error_argument(ext, "pickle of a Ket: %zd bytes for %u qubits", buffer.len, nqubits);
        PyBuffer_Release(&buffer);
        return NULL;
    }
    run_enter(ext, &call);
    status = restore_state(&state, &options, nqubits, buffer.buf);
    run_leave(ext, &call);
    PyBuffer_Release(&buffer);
    return status == KETSIM_OK ? (PyObject *)ket_new(ext, state, &options) : error_raise(ext, status);
}

/* ---- Circuit ---------------------------------------------------------------------------------- */

PyObject *pickle_reduce_circuit(PyObject *self, PyObject *Py_UNUSED(unused))
{
    const struct circuit *circuit = (struct circuit *)self;
    PyObject *entries = circuit_entries(circuit, SIZE_MAX),
             *restore = entries ? restorer("_restore_circuit") : NULL;
    PyObject *reduced = NULL;
    if (restore)
        reduced = Py_BuildValue("(O(IIOI))", restore, VERSION, circuit->program.nqubits, entries,
                                circuit->program.nbits);
    Py_XDECREF(restore);
    Py_XDECREF(entries);
    return reduced;
}

static PyObject *restore_circuit(PyObject *module, PyObject *args)
{
    struct program program = {.ext = PyModule_GetState(module)};
    unsigned version;
    PyObject *entries;
    if (!PyArg_ParseTuple(args, "IIO|I:_restore_circuit", &version, &program.nqubits, &entries,
                          &program.nbits))
        return NULL;
    if (check_version(program.ext, version, "Circuit") < 0) return NULL;
    ketsim_circuit *circuit = entries_parse(&program, entries);
    return circuit ? circuit_new(program.ext, circuit) : NULL;
}

PyDoc_STRVAR(reduce_doc, "__reduce_ex__($self, protocol, /)\n--\n\nFor pickle; runs queued gates first.");

const PyMethodDef pickle_methods[] = {
    {"__reduce_ex__", ket_reduce_ex, METH_O, reduce_doc},
    {NULL, NULL, 0, NULL},
};

const PyMethodDef pickle_functions[] = {
    {"_restore_ket", restore_ket, METH_VARARGS, "Private: make a Ket of what its pickle holds."},
    {"_restore_circuit", restore_circuit, METH_VARARGS, "Private: make a Circuit of what its pickle holds."},
    {NULL, NULL, 0, NULL},
};
