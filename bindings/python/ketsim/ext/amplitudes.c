/* amplitudes.c - states from amplitudes that the caller has. */
#include "args.h"
#include "many.h"

/* What from_amplitudes() was given. */
struct source {
    struct call call; /* it has no ket */
    struct amplitudes amplitudes;
    bool normalize;
    struct ket options;
};

static int parse_source(struct source *source, struct ext *ext, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", "normalize", KET_OPTION_NAMES, STOP_NAMES, NULL};
    struct ket_options given = {.dtype = Py_None};
    struct stop_options stops = {NULL};
    PyObject *array;
    int normalize = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|p$" KET_OPTION_FORMAT STOP_FORMAT ":from_amplitudes",
                                     (char **)names, &array, &normalize, KET_OPTION_PLACES(given),
                                     STOP_PLACES(stops)))
        return -1;
    source->normalize = normalize;
    if (given.dtype == Py_None) given.dtype = NULL; /* that of the array */
    if (ket_parse_options(ext, &given, &source->options) < 0 || options_set(&source->call, ext, &stops) < 0)
        return -1;
    return amplitudes_parse(ext, array, given.dtype ? &source->options.dtype : NULL, &source->amplitudes);
}

static PyObject *ket_from_amplitudes(PyObject *type, PyObject *args, PyObject *kwargs)
{
    struct ext *ext = PyType_GetModuleState((PyTypeObject *)type);
    struct source source = {.call.entered_ns = run_now_ns()};
    const struct amplitudes *given = &source.amplitudes;
    ketsim_state *state = NULL;
    if (parse_source(&source, ext, args, kwargs) < 0) return NULL;
    many_stop_by_limits(&source.call);
    run_enter(ext, &source.call);
    const ketsim_status status = ketsim_state_from_amplitudes(&state, given->data, given->count, given->dtype,
                                                              source.normalize);
    run_leave(ext, &source.call);
    amplitudes_release(&source.amplitudes);
    return many_new_ket(ext, status, state, &source.options);
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

const PyMethodDef amplitudes_methods[] = {
    {"set_amplitudes", METHOD(ket_set_amplitudes), METH_FASTCALL | METH_KEYWORDS, set_amplitudes_doc},
    {"from_amplitudes", METHOD(ket_from_amplitudes), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     from_amplitudes_doc},
    {NULL, NULL, 0, NULL},
};
