/* result.c - arrays for the caller: of NumPy where it can be imported, else memoryviews.
 *
 * NumPy is imported for the first result, not before: `import ketsim` stays fast, and works where NumPy is
 * not installed or cannot be loaded (sub-interpreters with a GIL of their own). */
#include "ext.h"

static const struct {
    const char *numpy, *format; /* of a memoryview element */
    size_t itemsize;
    bool pair; /* complex: a memoryview has a second dimension of (re, im) */
} KINDS[] = {
    [RESULT_COMPLEX128] = {"complex128", "d", 16, true}, [RESULT_COMPLEX64] = {"complex64", "f", 8, true},
    [RESULT_FLOAT64] = {"float64", "d", 8, false},       [RESULT_UINT64] = {"uint64", "Q", 8, false},
    [RESULT_UINT8] = {"uint8", "B", 1, false},
};

PyObject *result_numpy_empty(struct ext *ext)
{
    PyObject *known = atomic_load(&ext->numpy_empty);
    if (known) return known;
    PyObject *numpy = PyImport_ImportModule("numpy");
    PyObject *empty = numpy ? PyObject_GetAttrString(numpy, "empty") : NULL;
    Py_XDECREF(numpy);
    if (!empty) {
        if (!PyErr_ExceptionMatches(PyExc_ImportError) && !PyErr_ExceptionMatches(PyExc_AttributeError))
            return NULL;
        PyErr_Clear();
        empty = Py_NewRef(Py_None);
    }
    if (atomic_compare_exchange_strong(&ext->numpy_empty, &known, empty)) return empty;
    Py_DECREF(empty); /* another thread was first */
    return known;
}

int result_fits(struct ext *ext, uint64_t count, size_t itemsize)
{
    const uint64_t small = UINT64_C(64) << 20; /* asking the system about less costs more than it is worth */
    if (count <= small / itemsize) return 0;
    const uint64_t available = ketsim_memory_available();
    if (count <= PY_SSIZE_T_MAX / itemsize && count * itemsize <= available) return 0;
    error_memory(ext, "%llu items of %zu bytes: only %llu bytes are available", (unsigned long long)count,
                 itemsize, (unsigned long long)available);
    return -1;
}

static PyObject *new_memoryview(enum result_kind kind, Py_ssize_t count)
{
    PyObject *bytes = PyByteArray_FromStringAndSize(NULL, count * (Py_ssize_t)KINDS[kind].itemsize);
    PyObject *flat = bytes ? PyMemoryView_FromObject(bytes) : NULL;
    PyObject *view = NULL;
    if (flat)
        view = KINDS[kind].pair ? PyObject_CallMethod(flat, "cast", "s(ni)", KINDS[kind].format, count, 2)
                                : PyObject_CallMethod(flat, "cast", "s", KINDS[kind].format);
    Py_XDECREF(flat);
    Py_XDECREF(bytes);
    return view;
}

PyObject *result_new(struct ext *ext, enum result_kind kind, uint64_t count, Py_buffer *buffer)
{
    if (result_fits(ext, count, KINDS[kind].itemsize) < 0) return NULL;
    PyObject *empty = result_numpy_empty(ext);
    if (!empty) return NULL;
    PyObject *made = empty == Py_None
                         ? new_memoryview(kind, (Py_ssize_t)count)
                         : PyObject_CallFunction(empty, "ns", (Py_ssize_t)count, KINDS[kind].numpy);
    if (made && PyObject_GetBuffer(made, buffer, PyBUF_WRITABLE) == 0) return made;
    Py_XDECREF(made);
    if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
        PyErr_Clear();
        error_memory(ext, "%llu items of %zu bytes: cannot be allocated", (unsigned long long)count,
                     KINDS[kind].itemsize);
    }
    return NULL;
}

PyObject *result_square(struct ext *ext, enum result_kind kind, PyObject *flat, Py_ssize_t rows)
{
    PyObject *empty = result_numpy_empty(ext), *bytes, *square = NULL;
    if (empty && empty != Py_None) {
        square = PyObject_CallMethod(flat, "reshape", "nn", rows, rows);
    } else if (empty && (bytes = PyObject_CallMethod(flat, "cast", "s", "B"))) {
        square = KINDS[kind].pair
                     ? PyObject_CallMethod(bytes, "cast", "s(nni)", KINDS[kind].format, rows, rows, 2)
                     : PyObject_CallMethod(bytes, "cast", "s(nn)", KINDS[kind].format, rows, rows);
        Py_DECREF(bytes);
    }
    Py_DECREF(flat);
    return square;
}
