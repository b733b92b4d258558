/* matrix.c - matrices and amplitudes from Python: buffers of any strides, or sequences of numbers. */
#include "args.h"
#include "call.h"
#include "results.h"

#include <stdlib.h>
#include <string.h>

/* The element formats that are taken from a buffer. */
struct format {
    const char *code;
    bool is_complex, is_single;
};

static const struct format FORMATS[] = {
    {"Zd", true, false}, {"Zf", true, true}, {"d", false, false}, {"f", false, true}};

/* Row of FORMATS, or NULL with TypeError.  A mark of the native byte order is allowed. */
static const struct format *format_of(const Py_buffer *buffer, const char *what)
{
    const char *code = buffer->format ? buffer->format : "B";
    const char native = PY_LITTLE_ENDIAN ? '<' : '>';
    if (*code == '@' || *code == '=' || *code == native) code++;
    for (size_t k = 0; k < sizeof FORMATS / sizeof *FORMATS; k++)
        if (!strcmp(code, FORMATS[k].code)) return &FORMATS[k];
    PyErr_Format(
        PyExc_TypeError,
        "%s: buffer of format '%.20s': must be complex128, complex64, float64 or float32 of this machine's "
        "byte order",
        what, buffer->format ? buffer->format : "B");
    return NULL;
}

/* The buffer of given; what its exporter says against that, such as dates in it, becomes a TypeError. */
static int get_buffer(struct ext *ext, PyObject *given, const char *what, Py_buffer *buffer)
{
    if (PyObject_GetBuffer(given, buffer, PyBUF_RECORDS_RO) == 0) return 0;
    if (PyErr_ExceptionMatches(ext->error) ||
        !(PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_BufferError)))
        return -1;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_Format(PyExc_TypeError, "%s: must be an array of numbers: %S", what, value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return -1;
}

/* Element at an address that need not be aligned. */
static ketsim_complex element(const char *at, const struct format *format)
{
    double d[2] = {0, 0};
    float f[2] = {0, 0};
    if (!format->is_single) memcpy(d, at, (format->is_complex ? 2 : 1) * sizeof *d);
    else memcpy(f, at, (format->is_complex ? 2 : 1) * sizeof *f);
    return format->is_single ? (ketsim_complex){f[0], f[1]} : (ketsim_complex){d[0], d[1]};
}

/* ---- numbers ---------------------------------------------------------------------------------- */

int args_complex(struct ext *ext, PyObject *given, const char *what, ketsim_complex *out)
{
    if (PyFloat_Check(given) || PyLong_Check(given)) {
        out->im = 0;
        return args_angle(ext, given, what, &out->re);
    }
    if (PyUnicode_Check(given) || PyBytes_Check(given) || given == Py_None)
        return error_type(what, "a number", given);
    PyObject *number = PyObject_CallFunctionObjArgs((PyObject *)&PyComplex_Type, given, NULL);
    if (!number) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
        PyErr_Clear();
        return error_type(what, "a number", given);
    }
    *out = (ketsim_complex){PyComplex_RealAsDouble(number), PyComplex_ImagAsDouble(number)};
    Py_DECREF(number);
    return 0;
}

/* ---- matrices --------------------------------------------------------------------------------- */

/* Room for the entries of a matrix of that shape. */
static int reserve(struct ext *ext, Py_ssize_t rows, Py_ssize_t columns, struct matrix *out)
{
    size_t nqubits = 1;
    while (nqubits < KETSIM_MAX_MATRIX_QUBITS && (Py_ssize_t)1 << nqubits < rows) nqubits++;
    if (rows != columns || rows != (Py_ssize_t)1 << nqubits) {
        error_argument(ext, "matrix of shape (%zd, %zd): must be (2^k, 2^k), k = 1..%d", rows, columns,
                       KETSIM_MAX_MATRIX_QUBITS);
        return -1;
    }
    out->nqubits = nqubits;
    out->entries = out->few;
    if (nqubits <= KETSIM_MAX_TARGETS) return 0;
    out->entries = out->own = PyMem_Malloc((size_t)(rows * columns) * sizeof *out->own);
    if (!out->own) error_memory(ext, "matrix of shape (%zd, %zd): cannot be allocated", rows, columns);
    return out->own ? 0 : -1;
}

static int from_buffer(struct ext *ext, const Py_buffer *b, struct matrix *out)
{
    const struct format *format = format_of(b, "matrix");
    if (!format) return -1;
    if (b->ndim != 2) {
        error_argument(ext, "matrix of %d dimensions: must be 2", b->ndim);
        return -1;
    }
    if (reserve(ext, b->shape[0], b->shape[1], out) < 0) return -1;
    ketsim_complex *entry = out->entries;
    for (Py_ssize_t r = 0; r < b->shape[0]; r++)
        for (Py_ssize_t c = 0; c < b->shape[1]; c++)
            *entry++ = element((const char *)b->buf + r * b->strides[0] + c * b->strides[1], format);
    if (format->is_single) out->tolerance = 1e-5;
    return 0;
}

/* The first row says how long all are. */
static int from_row(struct ext *ext, PyObject *row, Py_ssize_t rows, Py_ssize_t r, struct matrix *out)
{
    PyObject *items = args_items(row, "matrix row", "a sequence of numbers");
    if (!items) return -1;
    const Py_ssize_t columns = PyTuple_Size(items);
    int result = 0;
    if (r == 0) result = reserve(ext, rows, columns, out);
    else if (columns != rows) {
        error_argument(ext, "matrix row %zd of %zd numbers: must have %zd", r, columns, rows);
        result = -1;
    }
    for (Py_ssize_t c = 0; result == 0 && c < rows; c++)
        result = args_complex(ext, PyTuple_GetItem(items, c), "matrix entry", &out->entries[r * rows + c]);
    Py_DECREF(items);
    return result;
}

static int from_sequence(struct ext *ext, PyObject *given, struct matrix *out)
{
    PyObject *rows = args_items(given, "matrix", "a buffer or a sequence of rows");
    if (!rows) return -1;
    const Py_ssize_t size = PyTuple_Size(rows);
    int result = size ? 0 : reserve(ext, 0, 0, out);
    for (Py_ssize_t r = 0; result == 0 && r < size; r++)
        result = from_row(ext, PyTuple_GetItem(rows, r), size, r, out);
    Py_DECREF(rows);
    return result;
}

int matrix_parse(struct ext *ext, PyObject *given, struct matrix *out)
{
    Py_buffer buffer;
    if (!PyObject_CheckBuffer(given)) return from_sequence(ext, given, out);
    if (get_buffer(ext, given, "matrix", &buffer) < 0) return -1;
    const int result = from_buffer(ext, &buffer, out);
    PyBuffer_Release(&buffer);
    return result;
}

/* ---- amplitudes ------------------------------------------------------------------------------- */

static void store(void *data, uint64_t index, ketsim_dtype dtype, ketsim_complex value)
{
    if (dtype == KETSIM_COMPLEX128) ((ketsim_complex *)data)[index] = value;
    else {
        ((float *)data)[2 * index] = (float)value.re;
        ((float *)data)[2 * index + 1] = (float)value.im;
    }
}

static void *amplitudes_own(struct ext *ext, const char *what, struct amplitudes *out)
{
    const size_t size = out->dtype == KETSIM_COMPLEX128 ? 16 : 8;
    if (result_fits(ext, out->count, size) < 0) return NULL;
    out->data = out->owned = malloc(out->count * size + 1);
    if (!out->owned)
        error_memory(ext, "%s: a copy of %llu numbers cannot be allocated", what,
                     (unsigned long long)out->count);
    return out->owned;
}

/* Numbers along one dimension, or (n, 2) reals as pairs of real and imaginary part, whatever the strides. */
static void gather(struct amplitudes *out, const struct format *format)
{
    const Py_buffer *b = &out->buffer;
    for (uint64_t k = 0; k < out->count; k++) {
        const char *at = (const char *)b->buf + (Py_ssize_t)k * b->strides[0];
        ketsim_complex value = element(at, format);
        if (b->ndim == 2) value.im = element(at + b->strides[1], format).re;
        store(out->owned, k, out->dtype, value);
    }
}

static int amplitudes_from_buffer(struct ext *ext, const char *what, const ketsim_dtype *wanted,
                                  struct amplitudes *out)
{
    const Py_buffer *b = &out->buffer;
    const struct format *format = format_of(b, what);
    if (!format) return -1;
    const bool pairs = b->ndim == 2 && b->shape[1] == 2 && !format->is_complex;
    if (b->ndim != 1 && !pairs) {
        error_argument(ext, "%s of %d dimensions: must be 1, or (n, 2) of real and imaginary parts", what,
                       b->ndim);
        return -1;
    }
    const ketsim_dtype fitting = format->is_single ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128;
    out->count = (uint64_t)b->shape[0];
    out->single = format->is_single;
    out->dtype = wanted ? *wanted : fitting;
    out->data = b->buf;
    const size_t align = format->is_single ? _Alignof(float) : _Alignof(double);
    if (out->dtype == fitting && (pairs || format->is_complex) && PyBuffer_IsContiguous(b, 'C') &&
        (uintptr_t)b->buf % align == 0)
        return 0;
    if (!amplitudes_own(ext, what, out)) return -1;
    Py_BEGIN_ALLOW_THREADS
    gather(out, format);
    Py_END_ALLOW_THREADS
    return 0;
}

static int amplitudes_from_sequence(struct ext *ext, PyObject *given, const char *what,
                                    const ketsim_dtype *wanted, struct amplitudes *out)
{
    const char *needed = "a buffer or a sequence of numbers",
               *one = strcmp(what, "amplitudes") ? what : "amplitude";
    if (PyDict_Check(given) || PyAnySet_Check(given)) return error_type(what, needed, given);
    PyObject *items = args_items(given, what, needed);
    if (!items) return -1;
    out->count = (uint64_t)PyTuple_Size(items);
    out->dtype = wanted ? *wanted : KETSIM_COMPLEX128;
    void *data = amplitudes_own(ext, what, out);
    int result = data ? 0 : -1;
    struct turn turn = {0};
    for (uint64_t k = 0; result == 0 && k < out->count; k++, run_step(&turn)) {
        ketsim_complex value;
        result = args_complex(ext, PyTuple_GetItem(items, (Py_ssize_t)k), one, &value);
        if (result == 0) store(data, k, out->dtype, value);
    }
    Py_DECREF(items);
    return result;
}

int vector_parse(struct ext *ext, PyObject *given, const char *what, const ketsim_dtype *wanted,
                 struct amplitudes *out)
{
    *out = (struct amplitudes){0};
    if (!PyObject_CheckBuffer(given)) {
        if (amplitudes_from_sequence(ext, given, what, wanted, out) == 0) return 0;
    } else if (get_buffer(ext, given, what, &out->buffer) < 0) return -1;
    else if (amplitudes_from_buffer(ext, what, wanted, out) == 0) return 0;
    amplitudes_release(out);
    return -1;
}

int amplitudes_parse(struct ext *ext, PyObject *given, const ketsim_dtype *wanted, struct amplitudes *out)
{
    return vector_parse(ext, given, "amplitudes", wanted, out);
}

void amplitudes_release(struct amplitudes *amplitudes)
{
    if (amplitudes->buffer.obj) PyBuffer_Release(&amplitudes->buffer);
    free(amplitudes->owned);
    amplitudes->owned = NULL;
    amplitudes->buffer.obj = NULL;
}
