/* amplitudes.c - states from amplitudes that the caller has. */
#include "ext.h"

static PyObject *ket_from_amplitudes(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", "normalize", KET_OPTION_NAMES, NULL};
    struct ext *ext = PyType_GetModuleState((PyTypeObject *)type);
    const uint64_t entered_ns = run_now_ns();
    struct ket_options given = {.dtype = Py_None};
    struct ket options;
    struct amplitudes amplitudes;
    PyObject *array;
    ketsim_state *state = NULL;
    int normalize = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|p$" KET_OPTION_FORMAT ":from_amplitudes",
                                     (char **)names, &array, &normalize, KET_OPTION_PLACES(given)))
        return NULL;
    if (given.dtype == Py_None) given.dtype = NULL; /* that of the array */
    if (ket_parse_options(ext, &given, &options) < 0 ||
        amplitudes_parse(ext, array, given.dtype ? &options.dtype : NULL, &amplitudes) < 0)
        return NULL;
    struct call call = {.entered_ns = entered_ns};
    run_enter(ext, &call);
    const ketsim_status status = ketsim_state_from_amplitudes(&state, amplitudes.data, amplitudes.count,
                                                              amplitudes.dtype, normalize);
    run_leave(ext, &call);
    amplitudes_release(&amplitudes);
    return status == KETSIM_OK ? ket_wrap(ext, state, &options) : error_raise(ext, status);
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

static PyObject *ket_set_amplitudes(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", "normalize", NULL};
    struct ket *ket = (struct ket *)self;
    struct amplitudes amplitudes;
    PyObject *array;
    int normalize = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|p:set_amplitudes", (char **)names, &array,
                                     &normalize) ||
        amplitudes_parse(ket->program.ext, array, &ket->dtype, &amplitudes) < 0)
        return NULL;
    struct replacement given = {.amplitudes = &amplitudes, .normalize = normalize};
    struct call call = {.ket = ket, .work = work_set, .operations = 2, .out = &given};
    const int result = run_call(&call);
    amplitudes_release(&amplitudes);
    return result < 0 ? NULL : Py_NewRef(self);
}

PyDoc_STRVAR(set_amplitudes_doc,
"set_amplitudes($self, amplitudes, /, normalize=False)\n--\n\n"
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
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('0').X(0).set_amplitudes([3, 4], normalize=True)\n"
"Ket(0.6|0> + 0.8|1>)\n");

PyDoc_STRVAR(from_amplitudes_doc,
"from_amplitudes($type, amplitudes, /, normalize=False, *, dtype=None, threads=None,\n"
"                eager=False, inplace=False, on_busy='error')\n--\n\n"
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
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket.from_amplitudes([3, 4j], normalize=True)\n"
"Ket(0.6|0> + 0.8j|1>)\n");

const PyMethodDef amplitudes_methods[] = {
    {"set_amplitudes", METHOD(ket_set_amplitudes), METH_VARARGS | METH_KEYWORDS, set_amplitudes_doc},
    {"from_amplitudes", METHOD(ket_from_amplitudes), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     from_amplitudes_doc},
    {NULL, NULL, 0, NULL},
};
