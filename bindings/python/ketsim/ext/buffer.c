/* buffer.c - a read-only view of one committed generation, by the buffer protocol. */
#include "call.h"

#include <stdlib.h>

/* What one export needs to live on its own; Py_buffer.internal. */
struct exported {
    ketsim_view *view;
    Py_ssize_t shape, stride;
};

static ketsim_status work_view(struct call *call)
{
    return ketsim_view_new(call->out, call->ket->state);
}

static void describe(Py_buffer *view, struct exported *exported, const struct ket *ket, int flags)
{
    const bool is_double = ket->dtype == KETSIM_COMPLEX128;
    exported->stride = is_double ? 16 : 8;
    exported->shape = (Py_ssize_t)1 << ket->program.nqubits;
    view->buf = (void *)ketsim_view_amplitudes(exported->view);
    view->len = exported->shape * exported->stride;
    view->itemsize = exported->stride;
    view->readonly = 1;
    view->ndim = 1;
    view->format = flags & PyBUF_FORMAT ? (is_double ? "Zd" : "Zf") : NULL;
    view->shape = flags & PyBUF_ND ? &exported->shape : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &exported->stride : NULL;
    view->suboffsets = NULL;
    view->internal = exported;
}

/* NumPy asks for the buffer first, swallows its errors, and then calls __array__.  A second try there raises
 * them again, but not what a signal handler raised, such as KeyboardInterrupt: that is kept here for it. */
static void keep_interrupt(struct ket *ket)
{
    PyObject *type = PyErr_Occurred() && !PyErr_ExceptionMatches(ket->program.ext->error) ? PyErr_Occurred()
                                                                                          : NULL;
    PyObject *old = atomic_exchange(&ket->interrupted, Py_XNewRef(type));
    Py_XDECREF(old);
}

int ket_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    struct ket *ket = (struct ket *)self;
    view->obj = NULL;
    if (flags & PyBUF_WRITABLE) {
        PyErr_SetString(PyExc_BufferError, "a view of a Ket is read-only: use edit() to write");
        return -1;
    }
    struct exported *exported = malloc(sizeof *exported);
    if (!exported) {
        PyErr_NoMemory();
        return -1;
    }
    struct call call = {
        .ket = ket, .work = work_view, .operations = 1, .queue_first = true, .out = &exported->view};
    const int result = run_call(&call);
    keep_interrupt(ket);
    if (result < 0) {
        free(exported);
        return -1;
    }
    describe(view, exported, ket, flags);
    view->obj = Py_NewRef(self);
    return 0;
}

static void give(void *view)
{
    ketsim_view_free(view);
}

void ket_releasebuffer(PyObject *Py_UNUSED(self), Py_buffer *view)
{
    struct exported *exported = view->internal;
    memory_give((uint64_t)view->len, give, exported->view);
    free(exported);
}

static PyObject *ket_array(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"dtype", "copy", NULL};
    PyObject *dtype = Py_None, *copy = Py_None, *numpy = NULL, *array = NULL, *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO:__array__", (char **)names, &dtype, &copy))
        return NULL;
    PyObject *interrupt = atomic_exchange(&((struct ket *)self)->interrupted, NULL);
    if (interrupt) {
        PyErr_SetNone(interrupt);
        Py_DECREF(interrupt);
        return NULL;
    }
    PyObject *view = PyMemoryView_FromObject(self);
    if (view) numpy = PyImport_ImportModule("numpy");
    if (numpy) array = PyObject_CallMethod(numpy, "asarray", "OO", view, dtype);
    if (array && copy == Py_True) result = PyObject_CallMethod(array, "copy", NULL);
    else if (array) result = Py_NewRef(array);
    Py_XDECREF(array);
    Py_XDECREF(numpy);
    Py_XDECREF(view);
    return result;
}

PyDoc_STRVAR(array_doc,
"__array__($self, /, dtype=None, copy=None)\n--\n\n"
"The amplitudes as a read-only array without a copy, for ``numpy.asarray(q)``.");

const PyMethodDef buffer_methods[] = {
    {"__array__", METHOD(ket_array), METH_VARARGS | METH_KEYWORDS, array_doc},
    {NULL, NULL, 0, NULL},
};
