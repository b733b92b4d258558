/* ket.c - the type Ket: states from labels, what they are, copying and closing them. */
#include "args.h"
#include "call.h"

#include <stddef.h>

/* ---- construction ----------------------------------------------------------------------------- */

struct ket *ket_new(struct ext *ext, ketsim_state *state, const struct ket *options)
{
    struct ket *self = (struct ket *)PyType_GenericAlloc(ext->ket, 0);
    if (!self) {
        ketsim_state_free(state);
        return NULL;
    }
    self->program.ext = ext;
    self->program.put = ket_put;
    self->program.nqubits = ketsim_state_nqubits(state);
    self->state = state;
    self->dtype = ketsim_state_dtype(state);
    self->threads = options->threads;
    self->eager = options->eager;
    self->inplace = options->inplace;
    self->wait = options->wait;
    atomic_init(&self->owner, 0);
    return self;
}

int ket_parse_options(struct ext *ext, const struct ket_options *given, struct ket *out)
{
    uint64_t threads = 0;
    out->dtype = KETSIM_COMPLEX128;
    if (given->dtype && args_dtype(ext, given->dtype, &out->dtype) < 0) return -1;
    if (given->threads && given->threads != Py_None &&
        args_integer(ext, given->threads, "threads", 1, KETSIM_MAX_THREADS, &threads) < 0)
        return -1;
    out->threads = (unsigned)threads;
    out->eager = given->eager;
    out->inplace = given->inplace;
    out->wait = false;
    if (!given->on_busy) return 0;
    if (!PyUnicode_Check(given->on_busy)) return error_type("on_busy", "'error' or 'wait'", given->on_busy);
    out->wait = !PyUnicode_CompareWithASCIIString(given->on_busy, "wait");
    if (out->wait || !PyUnicode_CompareWithASCIIString(given->on_busy, "error")) return 0;
    error_argument(ext, "on_busy '%.40U': must be 'error' or 'wait'", given->on_busy);
    return -1;
}

PyObject *ket_wrap(struct ext *ext, ketsim_state *state, const struct ket *options)
{
    ketsim_status status = ketsim_state_set_threads(state, options->threads);
    if (status == KETSIM_OK) status = ketsim_state_set_inplace(state, options->inplace);
    if (status == KETSIM_OK) return (PyObject *)ket_new(ext, state, options);
    ketsim_state_free(state);
    return error_raise(ext, status);
}

/* Say which character of a label is wrong; the library sees only right ones. */
int ket_check_label(struct ext *ext, PyObject *label)
{
    const Py_ssize_t length = PyUnicode_GetLength(label);
    if (length < 1 || length > KETSIM_MAX_QUBITS) {
        error_argument(ext, "label of %zd characters: must have 1..%d", length, KETSIM_MAX_QUBITS);
        return -1;
    }
    for (Py_ssize_t k = 0; k < length; k++) {
        const Py_UCS4 c = PyUnicode_ReadChar(label, k);
        if (c == '0' || c == '1' || c == '+' || c == '-' || c == 'r' || c == 'l') continue;
        PyObject *text = PyUnicode_Substring(label, k, k + 1);
        if (text)
            error_argument(ext, "label character %A at position %zd: must be one of 0 1 + - r l", text, k);
        Py_XDECREF(text);
        return -1;
    }
    return 0;
}

static ketsim_state *state_from(struct ext *ext, PyObject *given, ketsim_dtype dtype)
{
    ketsim_state *state = NULL;
    ketsim_status status;
    if (PyUnicode_Check(given)) {
        Py_ssize_t length;
        if (ket_check_label(ext, given) < 0) return NULL;
        const char *label = PyUnicode_AsUTF8AndSize(given, &length);
        if (!label) return NULL;
        status = ketsim_state_from_label(&state, label, (size_t)length, dtype);
    } else {
        uint64_t nqubits;
        if (PyBool_Check(given) || !PyIndex_Check(given)) {
            error_type("ket", "a label such as '01+-' or a number of qubits", given);
            return NULL;
        }
        if (args_integer(ext, given, "number of qubits", 1, KETSIM_MAX_QUBITS, &nqubits) < 0) return NULL;
        status = ketsim_state_new(&state, (unsigned)nqubits, dtype);
    }
    if (status == KETSIM_OK) return state;
    error_raise(ext, status);
    return NULL;
}

static PyObject *ket_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", KET_OPTION_NAMES, NULL};
    struct ext *ext = PyType_GetModuleState(type);
    struct ket_options given = {0};
    struct ket options;
    PyObject *label;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$" KET_OPTION_FORMAT ":Ket", (char **)names, &label,
                                     KET_OPTION_PLACES(given)) ||
        ket_parse_options(ext, &given, &options) < 0)
        return NULL;
    ketsim_state *state = state_from(ext, label, options.dtype);
    return state ? ket_wrap(ext, state, &options) : NULL;
}

static void give(void *state)
{
    ketsim_state_free(state);
}

static void ket_dealloc(PyObject *self)
{
    struct ket *ket = (struct ket *)self;
    PyTypeObject *type = Py_TYPE(self);
    ketsim_share_drop(atomic_load(&ket->token));
    memory_give(amplitude_bytes(ket->program.nqubits, ket->dtype), give, ket->state);
    Py_XDECREF(atomic_load(&ket->interrupted));
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- copy and close --------------------------------------------------------------------------- */

static ketsim_status work_clone(struct call *call)
{
    return ketsim_state_clone(call->out, call->ket->state);
}

static PyObject *copy(struct call *call)
{
    struct ext *ext = call->ket->program.ext;
    ketsim_state *state = NULL;
    call->work = work_clone;
    call->queue_first = true;
    call->out = &state;
    return run_call(call) < 0 ? NULL : (PyObject *)ket_new(ext, state, call->ket);
}

static PyObject *ket_copy(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {.function = "copy"};
    struct call call = {.ket = (struct ket *)self};
    if (options_parse(&call, call.ket->program.ext, &signature, args, nargs, kwnames, NULL) < 0) return NULL;
    return copy(&call);
}

static PyObject *ket_dunder_copy(PyObject *self, PyObject *Py_UNUSED(memo))
{
    struct call call = {.ket = (struct ket *)self};
    return copy(&call);
}

static ketsim_status work_close(struct call *call)
{
    return ketsim_state_close(call->ket->state);
}

static PyObject *ket_close(PyObject *self, PyObject *Py_UNUSED(unused))
{
    struct call call = {.ket = (struct ket *)self, .work = work_close};
    if (amplitude_bytes(call.ket->program.nqubits, call.ket->dtype) >= SLOW_BYTES) call.cost_ns = 1000000;
    if (run_call(&call) < 0) return NULL;
    ketsim_share_drop(atomic_exchange(&call.ket->token, 0));
    return Py_NewRef(Py_None);
}

PyDoc_STRVAR(copy_doc,
"copy($self, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"A second state equal to this one; queued gates are run first.\n"
"\n"
"Takes no time and no memory: the amplitudes are shared until one of the two changes.\n"
"\n"
"Parameters\n"
"----------\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"    With the same options.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('0')\n"
">>> p = q.copy().X(0)\n"
">>> q, p\n"
"(Ket(|0>), Ket(|1>))\n");

PyDoc_STRVAR(close_doc,
"close($self, /)\n--\n\n"
"Give the amplitudes back now; later use raises StateClosedError.  A second close does nothing.\n"
"\n"
"Raises\n"
"------\n"
"BufferError\n"
"    A view of the amplitudes is alive.\n"
"StateBusyError\n"
"    Another thread is running the state.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('0')\n"
">>> q.close()\n"
">>> q.closed\n"
"True\n");

const PyMethodDef ket_methods[] = {
    {"copy", METHOD(ket_copy), METH_FASTCALL | METH_KEYWORDS, copy_doc},
    {"__copy__", ket_dunder_copy, METH_NOARGS, NULL},
    {"__deepcopy__", ket_dunder_copy, METH_O, NULL},
    {"close", ket_close, METH_NOARGS, close_doc},
    {NULL, NULL, 0, NULL},
};

/* ---- getters ---------------------------------------------------------------------------------- */

static PyObject *get_nqubits(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLong((long)((struct program *)self)->nqubits);
}

static PyObject *get_dtype(PyObject *self, void *Py_UNUSED(closure))
{
    return PyUnicode_InternFromString(((struct ket *)self)->dtype == KETSIM_COMPLEX128 ? "complex128"
                                                                                       : "complex64");
}

static PyObject *get_pending(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromSize_t(ketsim_pending(((struct ket *)self)->state));
}

static PyObject *get_generation(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(ketsim_state_generation(((struct ket *)self)->state));
}

static PyObject *get_closed(PyObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(ketsim_state_check(((struct ket *)self)->state) == KETSIM_ERR_CLOSED);
}

static PyGetSetDef getters[] = {
    {"nqubits", get_nqubits, NULL, "Number of qubits, an int.", NULL},
    {"dtype", get_dtype, NULL, "Type of the amplitudes: 'complex128' or 'complex64'.", NULL},
    {"pending", get_pending, NULL, "Number of gates that are queued and not yet run.", NULL},
    {"generation", get_generation, NULL, "How often the amplitudes were committed, from 1.", NULL},
    {"closed", get_closed, NULL, "Whether `close()` was called.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- the type --------------------------------------------------------------------------------- */

static PyObject *ket_richcompare(PyObject *self, PyObject *Py_UNUSED(other), int operation)
{
    if (operation != Py_EQ && operation != Py_NE) return Py_NewRef(Py_NotImplemented);
    (void)self;
    PyErr_SetString(PyExc_TypeError, "Ket has no ==: use fidelity(), or compare amplitudes() to a tolerance");
    return NULL;
}

PyDoc_STRVAR(ket_doc,
"Ket(label_or_n, /, *, dtype='complex128', threads=None, eager=False, inplace=False,\n"
"    on_busy='error')\n--\n\n"
"The state of n qubits: 2**n amplitudes, and a queue of gates that are still to be applied to them.\n"
"\n"
"Gate methods check their arguments, queue the gate and return the same object; the queue runs at\n"
"the next read or `run()`.  Qubit 0 is the leftmost character of a label and the most significant\n"
"bit of an index.  A state may be used by several threads; one of them can change it at a time.\n"
"\n"
"Parameters\n"
"----------\n"
"label_or_n : str or int\n"
"    One character a qubit, 1..40 of ``0 1 + - r l`` (r and l are the eigenstates of Y to +1 and\n"
"    -1); or the number of qubits of ``|0...0>``.\n"
"dtype : str or NumPy dtype\n"
"    'complex128', 16 bytes an amplitude, or 'complex64', 8 bytes.\n"
"threads : int, optional\n"
"    Use at most so many threads; 1..1024.\n"
"eager : bool\n"
"    Run every gate when it is called, each as a transaction of its own: slow, for teaching.\n"
"inplace : bool\n"
"    Run without a second buffer: half the memory, but a run that is stopped half-way leaves the\n"
"    state invalid.\n"
"on_busy : {'error', 'wait'}\n"
"    What a call that changes the state does while another thread is changing it.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    A character of the label, the number of qubits or an option is wrong.\n"
"OutOfMemory\n"
"    The amplitudes could not fit; the message holds both sizes.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('00').H(0).CNOT(0, 1)\n"
">>> q\n"
"Ket(0.707107|00> + 0.707107|11>)\n"
">>> q.counts(100, seed=1).keys() == {'00', '11'}\n"
"True\n");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)ket_doc},
    {Py_tp_new, ket_tp_new},
    {Py_tp_dealloc, ket_dealloc},
    {Py_tp_repr, ket_repr},
    {Py_tp_richcompare, ket_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_getset, getters},
    {Py_bf_getbuffer, ket_getbuffer},
    {Py_bf_releasebuffer, ket_releasebuffer},
    {0, NULL},
};

PyType_Spec ket_spec = {"ketsim.Ket", sizeof(struct ket), 0, Py_TPFLAGS_DEFAULT, slots};
