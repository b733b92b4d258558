/* errors.c - exception classes, and the one place where a status becomes one of them. */
#include "ext.h"

#include <stdarg.h>

/* New class ketsim.<name>, deriving from Error and, unless NULL, from a built-in. */
static PyObject *new_class(struct ext *ext, const char *name, const char *doc, PyObject *builtin)
{
    char full[64];
    PyOS_snprintf(full, sizeof full, "ketsim.%s", name);
    PyObject *bases = builtin ? PyTuple_Pack(2, ext->error, builtin) : PyTuple_Pack(1, ext->error);
    PyObject *made = bases ? PyErr_NewExceptionWithDoc(full, doc, bases, NULL) : NULL;
    Py_XDECREF(bases);
    return made;
}

static int add_classes(struct ext *ext, PyObject *module)
{
    const struct {
        ketsim_status status;
        const char *name, *doc;
        PyObject *builtin;
    } classes[] = {
        {KETSIM_ERR_ARGUMENT, "InvalidArgument", "A value is out of its documented range.", PyExc_ValueError},
        {KETSIM_ERR_MEMORY, "OutOfMemory", "The memory this needs is not there.", PyExc_MemoryError},
        {KETSIM_ERR_BUSY, "StateBusyError", "Another thread is changing the state.", PyExc_RuntimeError},
        {KETSIM_ERR_CLOSED, "StateClosedError", "The state was closed.", PyExc_RuntimeError},
        {KETSIM_ERR_INVALID, "StateInvalidError", "An in-place run was stopped half-way.",
         PyExc_RuntimeError},
        {KETSIM_ERR_QUEUE_FULL, "QueueFullError", "A bounded queue has no room.", PyExc_RuntimeError},
        {KETSIM_ERR_DEADLINE, "DeadlineExceeded", "timeout_ms passed; the state is as it was.",
         PyExc_TimeoutError},
        {KETSIM_ERR_CANCELLED, "Cancelled", "A cancel token stopped the run; the state is as it was.", NULL},
        {KETSIM_ERR_PARSE, "ParseError", "Text is malformed.", PyExc_ValueError},
    };
    for (size_t k = 0; k < sizeof classes / sizeof *classes; k++) {
        PyObject *made = new_class(ext, classes[k].name, classes[k].doc, classes[k].builtin);
        ext->errors[classes[k].status] = made;
        if (!made || PyModule_AddObjectRef(module, classes[k].name, made) < 0) return -1;
    }
    return 0;
}

int errors_add(PyObject *module)
{
    struct ext *ext = PyModule_GetState(module);
    ext->error = PyErr_NewExceptionWithDoc(
        "ketsim.Error", "Base of every exception ketsim raises on its own.", PyExc_Exception, NULL);
    if (!ext->error || PyModule_AddObjectRef(module, "Error", ext->error) < 0) return -1;
    ext->errors[KETSIM_ERR_VIEWED] = Py_NewRef(PyExc_BufferError);
    return add_classes(ext, module);
}

PyObject *error_raise(struct ext *ext, ketsim_status status)
{
    PyObject *type = (unsigned)status <= KETSIM_ERR_PARSE ? ext->errors[status] : NULL;
    return PyErr_Format(type ? type : ext->error, "%s", ketsim_last_error());
}

PyObject *error_argument(struct ext *ext, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyErr_FormatV(ext->errors[KETSIM_ERR_ARGUMENT], format, args);
    va_end(args);
    return NULL;
}

PyObject *error_memory(struct ext *ext, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyErr_FormatV(ext->errors[KETSIM_ERR_MEMORY], format, args);
    va_end(args);
    return NULL;
}

int error_type(const char *what, const char *needed, PyObject *given)
{
    PyObject *name = PyType_GetName(Py_TYPE(given));
    if (name) PyErr_Format(PyExc_TypeError, "%s: must be %s, not %U", what, needed, name);
    Py_XDECREF(name);
    return -1;
}

void error_prefix(struct ext *ext, Py_ssize_t index)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == PyExc_TypeError || type == ext->errors[KETSIM_ERR_ARGUMENT] ||
        type == ext->errors[KETSIM_ERR_PARSE]) {
        PyErr_Format(type, "entry %zd: %S", index, value);
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    } else /* from the user's own code: not ours to reword */
        PyErr_Restore(type, value, traceback);
}
