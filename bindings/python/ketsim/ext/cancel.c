/* cancel.c - the type CancelToken: a flag that stops runs. */
#include "ext.h"

static PyObject *cancel_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {NULL};
    struct ext *ext = PyType_GetModuleState(type);
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":CancelToken", (char **)names)) return NULL;
    struct cancel *self = (struct cancel *)PyType_GenericAlloc(type, 0);
    if (!self) return NULL;
    const ketsim_status status = ketsim_cancel_new(&self->cancel);
    if (status == KETSIM_OK) return (PyObject *)self;
    Py_DECREF(self);
    return error_raise(ext, status);
}

static void cancel_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ketsim_cancel_free(((struct cancel *)self)->cancel);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *cancel_cancel(PyObject *self, PyObject *Py_UNUSED(unused))
{
    ketsim_cancel_raise(((struct cancel *)self)->cancel);
    return Py_NewRef(Py_None);
}

static PyObject *get_cancelled(PyObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(ketsim_cancel_raised(((struct cancel *)self)->cancel));
}

static PyObject *cancel_repr(PyObject *self)
{
    const bool raised = ketsim_cancel_raised(((struct cancel *)self)->cancel);
    return PyUnicode_FromString(raised ? "CancelToken(cancelled)" : "CancelToken()");
}

static PyGetSetDef getters[] = {
    {"cancelled", get_cancelled, NULL, "Whether `cancel()` was called.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(cancel_method_doc,
"cancel($self, /)\n--\n\n"
"Stop the runs that were given this token, soon; those still to come stop at once.\n"
"\n"
"May be called from any thread, and more than once.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import CancelToken\n"
">>> token = CancelToken()\n"
">>> token.cancel()\n"
">>> token.cancelled\n"
"True\n");

static PyMethodDef methods[] = {
    {"cancel", cancel_cancel, METH_NOARGS, cancel_method_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(cancel_doc,
"CancelToken()\n--\n\n"
"A flag that stops the runs it was given to: ``q.run(cancel=token)``.  It cannot be lowered again.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import CancelToken, Cancelled, ket\n"
">>> token = CancelToken()\n"
">>> token.cancel()\n"
">>> q = ket('0').X(0)\n"
">>> try:\n"
"...     q.run(cancel=token)\n"
"... except Cancelled:\n"
"...     print(q.pending, 'gate still queued')\n"
"1 gate still queued\n");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)cancel_doc},
    {Py_tp_new, cancel_new},
    {Py_tp_dealloc, cancel_dealloc},
    {Py_tp_repr, cancel_repr},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec cancel_spec = {"ketsim.CancelToken", sizeof(struct cancel), 0, Py_TPFLAGS_DEFAULT, slots};
