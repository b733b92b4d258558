/* ket.c - the type Ket: making states, what they are, copying and closing them. */
#include "ext.h"

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
    if (given->threads != Py_None &&
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
    static char *const names[] = {"", "dtype", "threads", "eager", "inplace", "on_busy", NULL};
    struct ext *ext = PyType_GetModuleState(type);
    struct ket_options given = {.threads = Py_None};
    struct ket options;
    PyObject *label;
    ketsim_dtype dtype = KETSIM_COMPLEX128;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOppO:Ket", (char **)names, &label, &given.dtype,
                                     &given.threads, &given.eager, &given.inplace, &given.on_busy) ||
        ket_parse_options(ext, &given, &options) < 0 ||
        (given.dtype && args_dtype(ext, given.dtype, &dtype) < 0))
        return NULL;
    ketsim_state *state = state_from(ext, label, dtype);
    return state ? ket_wrap(ext, state, &options) : NULL;
}

/* What from_amplitudes() was given. */
struct source {
    struct call call; /* it has no ket */
    struct amplitudes amplitudes;
    ketsim_dtype dtype;
    bool converts, normalize;
    struct ket options;
};

static int parse_source(struct source *source, struct ext *ext, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"",        "normalize",  "dtype",  "threads",  "eager", "inplace",
                                  "on_busy", "timeout_ms", "cancel", "progress", NULL};
    struct ket_options given = {.dtype = Py_None, .threads = Py_None};
    struct stop_options stops = {NULL};
    PyObject *array;
    int normalize = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|p$OOppOOOO:from_amplitudes", (char **)names, &array,
                                     &normalize, &given.dtype, &given.threads, &given.eager, &given.inplace,
                                     &given.on_busy, &stops.timeout, &stops.cancel, &stops.progress) ||
        ket_parse_options(ext, &given, &source->options) < 0 || options_set(&source->call, ext, &stops) < 0)
        return -1;
    source->normalize = normalize;
    source->converts = given.dtype != Py_None;
    if (source->converts && args_dtype(ext, given.dtype, &source->dtype) < 0) return -1;
    return amplitudes_parse(ext, array, source->converts ? &source->dtype : NULL, &source->amplitudes);
}

static ketsim_status make_state(struct source *source, ketsim_state **state)
{
    const struct amplitudes *given = &source->amplitudes;
    struct call *call = &source->call;
    call->options.poll = batch_poll;
    call->options.poll_context = call;
    call->releases = true;
    run_let_go(call);
    ketsim_set_limits(&call->options);
    const ketsim_status status = ketsim_state_from_amplitudes(state, given->data, given->count, given->dtype,
                                                              source->normalize);
    ketsim_set_limits(NULL);
    run_take_back(call);
    return status;
}

static PyObject *ket_from_amplitudes(PyObject *type, PyObject *args, PyObject *kwargs)
{
    struct ext *ext = PyType_GetModuleState((PyTypeObject *)type);
    struct source source = {.call.entered_ns = run_now_ns()};
    ketsim_state *state = NULL;
    if (parse_source(&source, ext, args, kwargs) < 0) return NULL;
    const ketsim_status status = make_state(&source, &state);
    run_count(ext, &source.call);
    amplitudes_release(&source.amplitudes);
    if (PyErr_Occurred()) return NULL; /* from the poll */
    return status == KETSIM_OK ? ket_wrap(ext, state, &source.options) : error_raise(ext, status);
}

struct replacement {
    const struct amplitudes *amplitudes;
    bool normalize;
};

static ketsim_status work_set(struct call *call)
{
    const struct replacement *given = call->out;
    return ketsim_state_set(call->ket->state, given->amplitudes->data, given->amplitudes->count,
                            given->normalize);
}

static PyObject *ket_set_amplitudes(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *kwnames)
{
    static const struct signature signature = {"set_amplitudes", 1, 2, {"", "normalize"}};
    struct ket *ket = (struct ket *)self;
    struct amplitudes amplitudes;
    struct replacement with = {.amplitudes = &amplitudes};
    struct call call = {.ket = ket, .work = work_set, .operations = 2, .out = &with};
    PyObject *given[2];
    if (options_parse(&call, ket->program.ext, &signature, args, nargs, kwnames, given) < 0 ||
        options_truth(given[1], &with.normalize) < 0 ||
        amplitudes_parse(ket->program.ext, given[0], &ket->dtype, &amplitudes) < 0)
        return NULL;
    const int result = run_call(&call);
    amplitudes_release(&amplitudes);
    return result < 0 ? NULL : Py_NewRef(self);
}

static void ket_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ketsim_share_drop(atomic_load(&((struct ket *)self)->token));
    ketsim_state_free(((struct ket *)self)->state);
    Py_XDECREF(atomic_load(&((struct ket *)self)->interrupted));
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
    if (run_call(&call) < 0) return NULL;
    ketsim_share_drop(atomic_exchange(&call.ket->token, 0));
    return Py_NewRef(Py_None);
}

PyDoc_STRVAR(set_amplitudes_doc,
"set_amplitudes($self, amplitudes, /, normalize=False, *, " STOP_ARGUMENTS ")\n--\n\n"
"Replace the amplitudes, as one transaction; the queue is dropped.\n"
"\n"
"This is how a state whose in-place run was interrupted becomes valid again.\n"
"\n"
"Parameters\n"
"----------\n"
"amplitudes : array_like of complex, shape (2**n,)\n"
"    Converted to the dtype of the state.  All must be finite.\n"
"normalize : bool, optional\n"
"    Divide by the norm, instead of asking that it be 1.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    The number of amplitudes, one of them, or the norm is wrong.\n"
"StateBusyError, OutOfMemory\n"
"    The state and its queue are as they were.\n"
STOP_RAISES
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('0').X(0).set_amplitudes([3, 4], normalize=True)\n"
"Ket(0.6|0> + 0.8|1>)\n");

PyDoc_STRVAR(from_amplitudes_doc,
"from_amplitudes($type, amplitudes, /, normalize=False, *, dtype=None, threads=None,\n"
"                eager=False, inplace=False, on_busy='error',\n"
"                " STOP_ARGUMENTS ")\n--\n\n"
"Make a state from its amplitudes, which are copied.\n"
"\n"
"Parameters\n"
"----------\n"
"amplitudes : buffer or sequence of numbers\n"
"    2**n of them, n >= 1, all finite: complex or real, in double or single precision, with any\n"
"    stride; or reals of shape (2**n, 2), the real and imaginary parts.\n"
"normalize : bool\n"
"    Divide by the norm.  Otherwise the norm must be 1 to within 1e-8 (1e-4 in single precision).\n"
"dtype : optional\n"
"    As for `Ket`; None is the precision of `amplitudes`.\n"
"threads, eager, inplace, on_busy\n"
"    As for `Ket`.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    The number of amplitudes is no power of 2, one is not finite, or the norm is wrong.\n"
"OutOfMemory\n"
"    The amplitudes do not fit.\n"
"DeadlineExceeded, Cancelled\n"
"    No state was made.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket.from_amplitudes([3, 4j], normalize=True)\n"
"Ket(0.6|0> + 0.8j|1>)\n");

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
    {"set_amplitudes", METHOD(ket_set_amplitudes), METH_FASTCALL | METH_KEYWORDS, set_amplitudes_doc},
    {"from_amplitudes", METHOD(ket_from_amplitudes), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     from_amplitudes_doc},
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
