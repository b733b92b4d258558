/* args.c - integers, angles, qubits and options from Python. */
#include "args.h"

#include <math.h>
#include <string.h>

/* Text of an integer that fits a message, however large it is (str() itself refuses 4,300 digits). */
static PyObject *integer_text(PyObject *integer)
{
    enum { LONGEST = 40 };
    PyObject *text = PyObject_Str(integer);
    if (text && PyUnicode_GetLength(text) <= LONGEST) return text;
    Py_XDECREF(text);
    PyErr_Clear();
    return PyUnicode_FromFormat("of over %d digits", LONGEST);
}

/* The exact int that given stands for, by __index__; a new reference, TypeError for bool and the rest. */
static PyObject *as_integer(PyObject *given, const char *what)
{
    if (PyLong_CheckExact(given)) return Py_NewRef(given);
    if (!PyBool_Check(given) && PyIndex_Check(given)) return PyNumber_Index(given);
    error_type(what, "an integer", given);
    return NULL;
}

int args_qubit(const struct program *program, PyObject *given, int *out)
{
    PyObject *integer = as_integer(given, "qubit");
    if (!integer) return -1;
    int overflow;
    const long long value = PyLong_AsLongLongAndOverflow(integer, &overflow);
    const bool fits = !overflow && value >= 0 && value < program->nqubits;
    if (fits) *out = (int)value;
    else {
        PyObject *text = integer_text(integer);
        if (text)
            error_argument(program->ext, "qubit %U: must be 0..%u for %u qubits", text, program->nqubits - 1,
                           program->nqubits);
        Py_XDECREF(text);
    }
    Py_DECREF(integer);
    return fits ? 0 : -1;
}

PyObject *args_items(PyObject *given, const char *what, const char *needed)
{
    if (PyTuple_CheckExact(given)) return Py_NewRef(given);
    PyObject *iterator = PyUnicode_Check(given) || PyBytes_Check(given) ? NULL : PyObject_GetIter(given);
    if (!iterator && PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError)) return NULL;
    if (!iterator) {
        PyErr_Clear();
        error_type(what, needed, given);
        return NULL;
    }
    PyObject *items = PySequence_Tuple(PyList_CheckExact(given) ? given : iterator);
    Py_DECREF(iterator);
    return items;
}

int args_qubits(const struct program *program, PyObject *given, int out[KETSIM_MAX_QUBITS], size_t *count)
{
    *count = 0;
    if (given == NULL || given == Py_None) return 0;
    PyObject *items = args_items(given, "qubits", "an iterable of qubits or None");
    if (!items) return -1;
    const Py_ssize_t size = PyTuple_Size(items);
    int result = 0;
    if (size == 0 || size > KETSIM_MAX_QUBITS) {
        error_argument(program->ext, "qubits: %zd given: must be 1..%u different ones, or None for all", size,
                       program->nqubits);
        result = -1;
    }
    for (Py_ssize_t k = 0; result == 0 && k < size; k++)
        result = args_qubit(program, PyTuple_GetItem(items, k), &out[k]);
    if (result == 0) *count = (size_t)size;
    Py_DECREF(items);
    return result;
}

/* Whether given has a NumPy-like dtype that is no real number: __float__ of those drops parts silently. */
static int is_unreal_dtype(PyObject *given)
{
    PyObject *dtype = PyObject_GetAttrString(given, "dtype");
    PyObject *kind = dtype ? PyObject_GetAttrString(dtype, "kind") : NULL;
    int answer = 0;
    if (kind && PyUnicode_Check(kind) && PyUnicode_GetLength(kind) == 1) {
        const Py_UCS4 letter = PyUnicode_ReadChar(kind, 0);
        answer = letter != 'f' && letter != 'i' && letter != 'u';
    }
    Py_XDECREF(kind);
    Py_XDECREF(dtype);
    PyErr_Clear();
    return answer;
}

int args_angle(struct ext *ext, PyObject *given, const char *what, double *out)
{
    if (!PyFloat_Check(given)) {
        if (PyBool_Check(given) || PyComplex_Check(given) || PyUnicode_Check(given) || PyBytes_Check(given) ||
            given == Py_None || (!PyLong_Check(given) && is_unreal_dtype(given)))
            return error_type(what, "a real number", given);
    }
    *out = PyFloat_AsDouble(given);
    if (*out != -1 || !PyErr_Occurred()) return 0;
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        error_argument(ext, "%s: too large for a double: must be finite", what);
    } else if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        error_type(what, "a real number", given);
    }
    return -1;
}

int args_integer(struct ext *ext, PyObject *given, const char *what, uint64_t low, uint64_t high,
                 uint64_t *out)
{
    PyObject *integer = as_integer(given, what);
    if (!integer) return -1;
    *out = PyLong_AsUnsignedLongLong(integer);
    const bool failed = *out == UINT64_MAX && PyErr_Occurred();
    if (failed) PyErr_Clear();
    const bool fits = !failed && *out >= low && *out <= high;
    if (!fits) {
        PyObject *text = integer_text(integer);
        if (text)
            error_argument(ext, "%s %U: must be %llu..%llu", what, text, (unsigned long long)low,
                           (unsigned long long)high);
        Py_XDECREF(text);
    }
    Py_DECREF(integer);
    return fits ? 0 : -1;
}

int args_seed(struct ext *ext, PyObject *given, uint64_t *out, const uint64_t **seed)
{
    *seed = NULL;
    if (given == NULL || given == Py_None) return 0;
    *seed = out;
    return args_integer(ext, given, "seed", 0, UINT64_MAX, out);
}

int args_timeout(struct ext *ext, PyObject *given, const char *what, uint64_t *out)
{
    const double longest = 1e12; /* 30 years: nobody waits, and no nanoseconds overflow */
    double value;
    *out = 0;
    if (given == NULL || given == Py_None) return 0;
    if (args_angle(ext, given, what, &value) < 0) return -1;
    if (!(value > 0)) {
        error_argument(ext, "%s %R: must be a positive number of milliseconds, or None", what, given);
        return -1;
    }
    *out = (uint64_t)ceil(value < longest ? value : longest);
    return 0;
}

/* Name of a NumPy dtype, of a type such as numpy.complex64, or the string itself; a new reference. */
static PyObject *dtype_name(PyObject *given)
{
    if (PyUnicode_Check(given)) return Py_NewRef(given);
    PyObject *name = PyObject_GetAttrString(given, PyType_Check(given) ? "__name__" : "name");
    if (name && PyUnicode_Check(name)) return name;
    Py_XDECREF(name);
    PyErr_Clear();
    error_type("dtype", "'complex128', 'complex64' or the NumPy dtype", given);
    return NULL;
}

int args_dtype(struct ext *ext, PyObject *given, ketsim_dtype *out)
{
    PyObject *name = dtype_name(given);
    if (!name) return -1;
    int result = 0;
    if (!PyUnicode_CompareWithASCIIString(name, "complex128")) *out = KETSIM_COMPLEX128;
    else if (!PyUnicode_CompareWithASCIIString(name, "complex")) *out = KETSIM_COMPLEX128;
    else if (!PyUnicode_CompareWithASCIIString(name, "complex64")) *out = KETSIM_COMPLEX64;
    else {
        error_argument(ext, "dtype '%.40U': must be 'complex128' or 'complex64'", name);
        result = -1;
    }
    Py_DECREF(name);
    return result;
}

int args_keyword(const char *function, const char *name, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames, PyObject **out)
{
    const Py_ssize_t count = kwnames ? PyTuple_Size(kwnames) : 0;
    *out = NULL;
    for (Py_ssize_t k = 0; k < count; k++) {
        PyObject *key = PyTuple_GetItem(kwnames, k);
        if (PyUnicode_CompareWithASCIIString(key, name)) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U': takes '%s'",
                         function, key, name);
            return -1;
        }
        *out = args[nargs + k];
    }
    return 0;
}

double *args_reals(struct ext *ext, PyObject *items, Py_ssize_t first, const char *what)
{
    const Py_ssize_t count = PyTuple_Size(items) - first;
    double *values = PyMem_Malloc((size_t)(count + !count) * sizeof *values);
    if (!values) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t k = 0; k < count; k++)
        if (args_angle(ext, PyTuple_GetItem(items, first + k), what, &values[k]) < 0) {
            PyMem_Free(values);
            return NULL;
        }
    return values;
}
