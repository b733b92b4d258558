/* circuit.c - the type Circuit: a list of gates that can be applied to any number of states. */
#include "args.h"
#include "call.h"
#include "results.h"

enum { SHOWN = 16, MOST_PRINTED = 1 << 10, MANY = 1 << 13 };

/* Copies of many operations take a good part of a millisecond, with the pages that they go to: without the GIL. */
static PyThreadState *let_go(const ketsim_circuit *circuit)
{
    return ketsim_circuit_length(circuit) >= MANY ? PyEval_SaveThread() : NULL;
}

static void take_back(PyThreadState *thread)
{
    if (thread) PyEval_RestoreThread(thread);
}

static PyObject *circuit_put(struct program *self, const ketsim_op *ops, size_t count)
{
    ketsim_circuit *const circuit = ((struct circuit *)self)->circuit;
    ketsim_status status;
    if (op_is_large(ops, count)) {
        Py_BEGIN_ALLOW_THREADS
        status = ketsim_circuit_append(circuit, ops, count);
        Py_END_ALLOW_THREADS
    } else {
        status = ketsim_circuit_append(circuit, ops, count);
    }
    return status == KETSIM_OK ? Py_NewRef((PyObject *)self) : error_raise(self->ext, status);
}

PyObject *circuit_new(struct ext *ext, ketsim_circuit *circuit)
{
    struct circuit *self = (struct circuit *)PyType_GenericAlloc(ext->circuit, 0);
    if (!self) {
        ketsim_circuit_free(circuit);
        return NULL;
    }
    self->program.ext = ext;
    self->program.put = circuit_put;
    self->program.nqubits = ketsim_circuit_nqubits(circuit);
    self->program.nbits = ketsim_circuit_nbits(circuit);
    self->circuit = circuit;
    return (PyObject *)self;
}

static PyObject *circuit_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"n", "bits", NULL};
    struct ext *ext = PyType_GetModuleState(type);
    ketsim_circuit *circuit;
    PyObject *given, *bits = NULL;
    uint64_t nqubits, nbits = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:Circuit", (char **)names, &given, &bits)) return NULL;
    if (args_integer(ext, given, "number of qubits", 1, KETSIM_MAX_QUBITS, &nqubits) < 0) return NULL;
    if (bits && args_integer(ext, bits, "number of classical bits", 0, KETSIM_MAX_BITS, &nbits) < 0)
        return NULL;
    ketsim_status status = ketsim_circuit_new(&circuit, (unsigned)nqubits);
    if (status == KETSIM_OK) status = ketsim_circuit_add_bits(circuit, (unsigned)nbits); /* they fit */
    return status == KETSIM_OK ? circuit_new(ext, circuit) : error_raise(ext, status);
}

static void circuit_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ketsim_circuit_free(((struct circuit *)self)->circuit);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- methods ---------------------------------------------------------------------------------- */

static PyObject *extend_by(struct circuit *self, const ketsim_circuit *other)
{
    PyThreadState *thread = let_go(other);
    const ketsim_status status = ketsim_circuit_extend(self->circuit, other);
    take_back(thread);
    return status == KETSIM_OK ? Py_NewRef((PyObject *)self) : error_raise(self->program.ext, status);
}

static PyObject *circuit_extend(PyObject *self, PyObject *other)
{
    if (Py_TYPE(other) == Py_TYPE(self))
        return extend_by((struct circuit *)self, ((struct circuit *)other)->circuit);
    error_type("circuit", "a Circuit", other);
    return NULL;
}

static PyObject *circuit_apply_gates(PyObject *self, PyObject *entries)
{
    ketsim_circuit *parsed = entries_parse(&((struct circuit *)self)->program, entries);
    if (!parsed) return NULL;
    PyObject *result = extend_by((struct circuit *)self, parsed);
    ketsim_circuit_free(parsed);
    return result;
}

static PyObject *derive(PyObject *self, ketsim_status (*make)(ketsim_circuit **, const ketsim_circuit *))
{
    struct circuit *circuit = (struct circuit *)self;
    ketsim_circuit *made;
    PyThreadState *thread = let_go(circuit->circuit);
    const ketsim_status status = make(&made, circuit->circuit);
    take_back(thread);
    return status == KETSIM_OK ? circuit_new(circuit->program.ext, made)
                               : error_raise(circuit->program.ext, status);
}

static PyObject *circuit_copy(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return derive(self, ketsim_circuit_copy);
}

static PyObject *circuit_inverse(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return derive(self, ketsim_circuit_inverse);
}

static PyObject *circuit_bind(PyObject *self, PyObject *given)
{
    const struct circuit *circuit = (struct circuit *)self;
    struct ext *ext = circuit->program.ext;
    ketsim_circuit *bound;
    size_t count;
    double *values = linear_values(ext, circuit->circuit, given, &count);
    if (!values) return NULL;
    const ketsim_status status = ketsim_circuit_bind(&bound, circuit->circuit, values, count);
    PyMem_Free(values);
    return status == KETSIM_OK ? circuit_new(ext, bound) : error_raise(ext, status);
}

/* The coroutine of ketsim._async.run_async(self, ...). */
static PyObject *circuit_run_async(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *module = PyImport_ImportModule("ketsim._async");
    PyObject *function = module ? PyObject_GetAttrString(module, "run_async") : NULL;
    PyObject *first = function ? PyTuple_Pack(1, self) : NULL;
    PyObject *all = first ? PySequence_Concat(first, args) : NULL;
    PyObject *coroutine = all ? PyObject_Call(function, all, kwargs) : NULL;
    Py_XDECREF(all);
    Py_XDECREF(first);
    Py_XDECREF(function);
    Py_XDECREF(module);
    return coroutine;
}

/* ---- as a sequence ---------------------------------------------------------------------------- */

static Py_ssize_t circuit_length(PyObject *self)
{
    return (Py_ssize_t)ketsim_circuit_length(((struct circuit *)self)->circuit);
}

static PyObject *circuit_item(PyObject *self, Py_ssize_t index)
{
    const struct circuit *circuit = (struct circuit *)self;
    ketsim_op_record record;
    if (index >= 0 && ketsim_circuit_get(circuit->circuit, &record, (size_t)index) == KETSIM_OK)
        return record_tuple(circuit->program.ext, circuit->circuit, &record, (size_t)index);
    PyErr_Format(PyExc_IndexError, "gate %zd: the circuit has %zd", index, circuit_length(self));
    return NULL;
}

PyObject *circuit_entries(const struct circuit *self, size_t most)
{
    const size_t length = ketsim_circuit_length(self->circuit); /* other threads may append meanwhile */
    PyObject *list = PyList_New(0);
    struct turn turn = {0};
    ketsim_op_record record;
    for (size_t k = 0;
         list && k < most && k < length && ketsim_circuit_get(self->circuit, &record, k) == KETSIM_OK;
         k++, run_step(&turn)) {
        PyObject *entry = record_tuple(self->program.ext, self->circuit, &record, k);
        if (!entry || PyList_Append(list, entry) < 0) Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

/* Whether it is short, and so are the tables and matrices in it. */
static bool is_printable(const ketsim_circuit *circuit)
{
    ketsim_op_record record;
    for (size_t k = 0; k <= SHOWN && ketsim_circuit_get(circuit, &record, k) == KETSIM_OK; k++)
        if (k == SHOWN || record.nentries + record.ntargets > MOST_PRINTED) return false;
    return true;
}

static PyObject *circuit_repr(PyObject *self)
{
    const struct circuit *circuit = (struct circuit *)self;
    if (!is_printable(circuit->circuit))
        return PyUnicode_FromFormat("<Circuit on %u qubits: %zd gates>", circuit->program.nqubits,
                                    circuit_length(self));
    PyObject *entries = circuit_entries(circuit, SHOWN);
    if (!entries) return NULL;
    char bits[32] = "";
    if (circuit->program.nbits) PyOS_snprintf(bits, sizeof bits, ", bits=%u", circuit->program.nbits);
    PyObject *text = PyUnicode_FromFormat("Circuit(%u%s).apply_gates(%R)", circuit->program.nqubits, bits,
                                          entries);
    Py_DECREF(entries);
    return text;
}

static PyObject *circuit_richcompare(PyObject *self, PyObject *other, int operation)
{
    if (Py_TYPE(other) != Py_TYPE(self) || (operation != Py_EQ && operation != Py_NE))
        return Py_NewRef(Py_NotImplemented);
    const bool equal = ketsim_circuit_equal(((struct circuit *)self)->circuit,
                                            ((struct circuit *)other)->circuit);
    return PyBool_FromLong(equal == (operation == Py_EQ));
}

static PyObject *get_nqubits(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLong((long)((struct program *)self)->nqubits);
}

static PyObject *get_nbits(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLong((long)((struct program *)self)->nbits);
}

static PyObject *get_parameters(PyObject *self, void *Py_UNUSED(closure))
{
    return linear_parameters(((struct circuit *)self)->circuit);
}

static PyGetSetDef getters[] = {
    {"parameters", get_parameters, NULL, "Its parameters in the order of first use, a tuple of Parameter.",
     NULL},
    {"nqubits", get_nqubits, NULL, "Number of qubits, an int.", NULL},
    {"nbits", get_nbits, NULL, "Number of classical bits, an int.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- documentation and type ------------------------------------------------------------------- */

PyDoc_STRVAR(extend_doc,
"extend($self, circuit, /)\n--\n\n"
"Append the gates of another circuit, which must not have more qubits.\n"
"\n"
"Parameters\n"
"----------\n"
"circuit : Circuit\n"
"    May be this one.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> len(Circuit(2).H(0).extend(Circuit(1).X(0)))\n"
"2\n");

PyDoc_STRVAR(apply_gates_doc,
"apply_gates($self, gates, /)\n--\n\n"
"Append a list of gates: all of them or, when one is wrong, none.\n"
"\n"
"Parameters\n"
"----------\n"
"gates : iterable of tuple\n"
"    As `Ket.apply_gates` takes them.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    An entry is wrong; the message names its index.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> list(Circuit(2).apply_gates([('H', 0), ('CX', 0, 1)]))\n"
"[('H', 0), ('CNOT', 0, 1)]\n");

PyDoc_STRVAR(bind_doc,
"bind($self, params, /)\n--\n\n"
"The circuit with numbers for its parameters.\n"
"\n"
"Parameters\n"
"----------\n"
"params : dict or iterable of float\n"
"    A value for each parameter, ``{Parameter or name: value}``, or values in the order of `parameters`.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    A parameter has no value, there is no such parameter, or a number is not finite.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, Parameter\n"
">>> theta = Parameter('theta')\n"
">>> Circuit(1).RX(2 * theta + 1, 0).bind({theta: 0.25})\n"
"Circuit(1).apply_gates([('RX', 1.5, 0)])\n");

PyDoc_STRVAR(inverse_doc,
"inverse($self, /)\n--\n\n"
"The circuit that undoes this one.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> list(Circuit(1).S(0).RX(0.5, 0).inverse())\n"
"[('RX', -0.5, 0), ('SDG', 0)]\n");

PyDoc_STRVAR(copy_doc,
"copy($self, /)\n--\n\n"
"A second circuit equal to this one.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> circuit = Circuit(1).H(0)\n"
">>> circuit.copy() == circuit\n"
"True\n");

PyDoc_STRVAR(run_async_doc,
"run_async($self, /, *, state=None, shots=None, seed=None, observables=None, timeout_ms=None,\n"
"          cancel=None, dtype='complex128')\n--\n\n"
"Run it on the library's workers while the asyncio event loop goes on.\n"
"\n"
"Cancelling the task that awaits this stops the run.\n"
"\n"
"Parameters\n"
"----------\n"
"state, shots, seed, observables, timeout_ms, cancel, dtype\n"
"    As `submit` takes them.\n"
"\n"
"Returns\n"
"-------\n"
"coroutine of CircuitResult\n"
"    ``(state, counts, values)``, as `run_batch` has it.\n"
"\n"
"Raises\n"
"------\n"
"Error, MemoryError\n"
"    What the run alone would have raised.\n"
"\n"
"Examples\n"
"--------\n"
">>> import asyncio\n"
">>> from ketsim import Circuit\n"
">>> asyncio.run(Circuit(2).X(1).run_async(shots=10)).counts\n"
"{'01': 10}\n");

static PyMethodDef methods[] = {
    {"run_async", METHOD(circuit_run_async), METH_VARARGS | METH_KEYWORDS, run_async_doc},
    {"extend", circuit_extend, METH_O, extend_doc},
    {"apply_gates", circuit_apply_gates, METH_O, apply_gates_doc},
    {"bind", circuit_bind, METH_O, bind_doc},
    {"inverse", circuit_inverse, METH_NOARGS, inverse_doc},
    {"copy", circuit_copy, METH_NOARGS, copy_doc},
    {"__copy__", circuit_copy, METH_NOARGS, NULL},
    {"__deepcopy__", circuit_copy, METH_O, NULL},
    {"__reduce__", pickle_reduce_circuit, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(circuit_doc,
"Circuit(n, bits=0)\n--\n\n"
"A list of gates on n qubits, to be applied to states by `Ket.apply`.\n"
"\n"
"Gate methods append and return the same object.  As a sequence it holds the tuples that\n"
"`Ket.apply_gates` takes.  Circuits are equal when their gates are.\n"
"\n"
"Parameters\n"
"----------\n"
"n : int\n"
"    Number of qubits, 1..40.\n"
"bits : int, optional\n"
"    Number of classical bits that measurements write, 0..64; all are 0 at first.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> bell = Circuit(2).H(0).CNOT(0, 1)\n"
">>> len(bell), bell[0]\n"
"(2, ('H', 0))\n"
">>> bell\n"
"Circuit(2).apply_gates([('H', 0), ('CNOT', 0, 1)])\n");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)circuit_doc},
    {Py_tp_new, circuit_tp_new},
    {Py_tp_dealloc, circuit_dealloc},
    {Py_tp_repr, circuit_repr},
    {Py_tp_richcompare, circuit_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_iter, PySeqIter_New},
    {Py_sq_length, circuit_length},
    {Py_sq_item, circuit_item},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec circuit_spec = {"ketsim.Circuit", sizeof(struct circuit), 0, Py_TPFLAGS_DEFAULT, slots};
