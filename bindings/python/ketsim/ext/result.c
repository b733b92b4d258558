/* result.c - arrays for the caller: of NumPy where it can be imported, else memoryviews.
 *
 * NumPy is imported for the first result, not before: `import ketsim` stays fast, and works where NumPy is
 * not installed or cannot be loaded (sub-interpreters with a GIL of their own). */
#include "results.h"

enum { LARGE = 1 << 21 }; /* from here on the library's pool maps huge pages, and keeps them */

static const struct {
    const char *numpy, *format; /* of a memoryview element */
    size_t itemsize;
    bool pair; /* complex: a memoryview has a second dimension of (re, im) */
} KINDS[] = {
    [RESULT_COMPLEX128] = {"complex128", "d", 16, true}, [RESULT_COMPLEX64] = {"complex64", "f", 8, true},
    [RESULT_FLOAT64] = {"float64", "d", 8, false},       [RESULT_UINT64] = {"uint64", "Q", 8, false},
    [RESULT_UINT8] = {"uint8", "B", 1, false},
};

static PyObject *find(PyObject *module, unsigned which)
{
    if (which == NUMPY_EMPTY) return PyObject_GetAttrString(module, "empty");
    if (which == NUMPY_NDARRAY) return PyObject_GetAttrString(module, "ndarray");
    return PyObject_CallMethod(module, "dtype", "s", KINDS[which - NUMPY_DTYPES].numpy);
}

/* Borrowed; None if there is no NumPy. */
static PyObject *numpy(struct ext *ext, unsigned which)
{
    PyObject *known = atomic_load(&ext->numpy[which]);
    if (known) return known;
    PyObject *module = PyImport_ImportModule("numpy");
    PyObject *found = module ? find(module, which) : NULL;
    Py_XDECREF(module);
    if (!found) {
        if (!PyErr_ExceptionMatches(PyExc_ImportError) && !PyErr_ExceptionMatches(PyExc_AttributeError))
            return NULL;
        PyErr_Clear();
        found = Py_NewRef(Py_None);
    }
    if (atomic_compare_exchange_strong(&ext->numpy[which], &known, found)) return found;
    Py_DECREF(found); /* another thread was first */
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

/* A memoryview of all bytes, which may be NULL, as numbers. */
static PyObject *new_memoryview(enum result_kind kind, Py_ssize_t count, PyObject *bytes)
{
    PyObject *flat = bytes ? PyMemoryView_FromObject(bytes) : NULL;
    PyObject *view = NULL;
    if (flat)
        view = KINDS[kind].pair ? PyObject_CallMethod(flat, "cast", "s(ni)", KINDS[kind].format, count, 2)
                                : PyObject_CallMethod(flat, "cast", "s", KINDS[kind].format);
    Py_XDECREF(flat);
    return view;
}

static PyObject *new_array(struct ext *ext, enum result_kind kind, Py_ssize_t count)
{
    PyObject *empty = numpy(ext, NUMPY_EMPTY), *dtype = empty ? numpy(ext, NUMPY_DTYPES + kind) : NULL;
    if (!dtype) return NULL;
    if (empty != Py_None) return PyObject_CallFunction(empty, "nO", count, dtype);
    PyObject *bytes = PyByteArray_FromStringAndSize(NULL, count * (Py_ssize_t)KINDS[kind].itemsize);
    PyObject *view = new_memoryview(kind, count, bytes);
    Py_XDECREF(bytes);
    return view;
}

PyObject *result_new(struct ext *ext, enum result_kind kind, uint64_t count, Py_buffer *buffer)
{
    if (result_fits(ext, count, KINDS[kind].itemsize) < 0) return NULL;
    PyObject *made = new_array(ext, kind, (Py_ssize_t)count);
    if (made && PyObject_GetBuffer(made, buffer, PyBUF_WRITABLE) == 0) return made;
    Py_XDECREF(made);
    if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
        PyErr_Clear();
        error_memory(ext, "%llu items of %zu bytes: cannot be allocated", (unsigned long long)count,
                     KINDS[kind].itemsize);
    }
    return NULL;
}

uint64_t result_bytes(enum result_kind kind, uint64_t count)
{
    const uint64_t bytes = count * KINDS[kind].itemsize;
    return bytes / KINDS[kind].itemsize == count && bytes >= LARGE && !(bytes & (bytes - 1)) ? bytes : 0;
}

PyObject *result_in_memory(struct ext *ext, enum result_kind kind, struct memory *memory)
{
    const Py_ssize_t count = (Py_ssize_t)(memory->bytes / KINDS[kind].itemsize);
    PyObject *ndarray = numpy(ext, NUMPY_NDARRAY), *dtype = ndarray ? numpy(ext, NUMPY_DTYPES + kind) : NULL;
    if (!dtype) return NULL;
    return ndarray == Py_None ? new_memoryview(kind, count, (PyObject *)memory)
                              : PyObject_CallFunction(ndarray, "nOO", count, dtype, memory);
}

PyObject *result_square(struct ext *ext, enum result_kind kind, PyObject *flat, Py_ssize_t rows)
{
    PyObject *empty = numpy(ext, NUMPY_EMPTY), *bytes, *square = NULL;
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
