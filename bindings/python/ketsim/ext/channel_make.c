/* channel_make.c - making a Channel: from matrices, a name, Pauli strings, or what a pickle holds. */
#include "args.h"

#include <string.h>

/* ---- from operators --------------------------------------------------------------------------- */

/* Operators of one size, one after the other. */
struct operators {
    size_t count, nqubits;
    double tolerance;
    ketsim_complex *entries; /* for PyMem_Free() */
};

static int put_operator(struct ext *ext, const struct matrix *matrix, Py_ssize_t index, struct operators *out)
{
    const size_t nqubits = matrix->nqubits;
    if (nqubits > KETSIM_MAX_CHANNEL_QUBITS) {
        error_argument(ext, "entry %zd: matrix on %zu qubits: must be on 1..%d", index, nqubits,
                       KETSIM_MAX_CHANNEL_QUBITS);
        return -1;
    }
    if (index && nqubits != out->nqubits) {
        error_argument(ext, "entry %zd: matrix on %zu qubits: the first is on %zu", index, nqubits,
                       out->nqubits);
        return -1;
    }
    out->nqubits = nqubits;
    if (matrix->tolerance > out->tolerance) out->tolerance = matrix->tolerance;
    memcpy(out->entries + ((size_t)index << 2 * nqubits), matrix->entries,
           sizeof *out->entries << 2 * nqubits);
    return 0;
}

static int parse_operator(struct ext *ext, PyObject *given, Py_ssize_t index, struct operators *out)
{
    struct matrix matrix = {.own = NULL};
    if (matrix_parse(ext, given, &matrix) < 0) {
        PyMem_Free(matrix.own);
        error_prefix(ext, index);
        return -1;
    }
    const int result = put_operator(ext, &matrix, index, out);
    PyMem_Free(matrix.own);
    return result;
}

static int parse_operators(struct ext *ext, PyObject *items, struct operators *out)
{
    const size_t room = sizeof *out->entries << 2 * KETSIM_MAX_CHANNEL_QUBITS;
    out->count = (size_t)PyTuple_Size(items);
    if (out->count < 1 || out->count > KETSIM_MAX_KRAUS) {
        error_argument(ext, "channel of %zu Kraus operators: must have 1..%d", out->count, KETSIM_MAX_KRAUS);
        return -1;
    }
    out->entries = PyMem_Malloc(out->count * room);
    if (!out->entries) {
        PyErr_NoMemory();
        return -1;
    }
    int result = 0;
    for (Py_ssize_t k = 0; result == 0 && k < (Py_ssize_t)out->count; k++)
        result = parse_operator(ext, PyTuple_GetItem(items, k), k, out);
    return result;
}

PyObject *channel_of_operators(struct ext *ext, PyObject *given)
{
    struct operators operators = {0};
    ketsim_channel *made = NULL;
    PyObject *items = args_items(given, "Kraus operators", "an iterable of matrices"), *self = NULL;
    if (items && parse_operators(ext, items, &operators) == 0) {
        const ketsim_status status = ketsim_channel_new(&made, (unsigned)operators.nqubits, operators.entries,
                                                        operators.count, operators.tolerance);
        self = channel_wrap(ext, status, made);
    }
    PyMem_Free(operators.entries);
    Py_XDECREF(items);
    return self;
}

/* ---- from names and strings ------------------------------------------------------------------- */

static PyObject *channel_named(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    const Py_ssize_t count = PyTuple_Size(args);
    ketsim_channel *made = NULL;
    PyObject *name = count ? PyTuple_GetItem(args, 0) : Py_None;
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
    if (!text) {
        if (!PyErr_Occurred()) error_type("name of a channel", "a str", name);
        return NULL;
    }
    double *values = args_reals(ext, args, 1, text);
    if (!values) return NULL;
    const ketsim_status status = ketsim_channel_named(&made, text, values, (size_t)count - 1);
    PyMem_Free(values);
    return channel_wrap(ext, status, made);
}

/* The letters of all strings, each as long as the first; for PyMem_Free(). */
static char *join_strings(struct ext *ext, PyObject *strings, size_t *nqubits)
{
    const Py_ssize_t count = PyTuple_Size(strings);
    char *letters = PyMem_Malloc((size_t)(count + 1) * (KETSIM_MAX_CHANNEL_QUBITS + 1));
    if (!letters) PyErr_NoMemory();
    for (Py_ssize_t k = 0; letters && k < count; k++) {
        PyObject *given = PyTuple_GetItem(strings, k);
        Py_ssize_t length = 0;
        const char *text = PyUnicode_Check(given) ? PyUnicode_AsUTF8AndSize(given, &length) : NULL;
        if (k == 0) *nqubits = (size_t)length;
        if (!text && !PyErr_Occurred()) error_type("Pauli string", "a str", given);
        else if (text && (length < 1 || length > KETSIM_MAX_CHANNEL_QUBITS || (size_t)length != *nqubits))
            error_argument(ext, "Pauli string %R: must have 1..%d letters, as many as the first", given,
                           KETSIM_MAX_CHANNEL_QUBITS);
        if (PyErr_Occurred()) {
            PyMem_Free(letters);
            return NULL;
        }
        memcpy(letters + (size_t)k * *nqubits, text, (size_t)length);
    }
    return letters;
}

static PyObject *channel_pauli(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    PyObject *strings, *probabilities, *self = NULL;
    ketsim_channel *made = NULL;
    size_t nqubits = 1;
    if (!PyArg_ParseTuple(args, "O!O!:_channel_pauli", &PyTuple_Type, &strings, &PyTuple_Type,
                          &probabilities))
        return NULL;
    char *letters = join_strings(ext, strings, &nqubits);
    double *values = letters ? args_reals(ext, probabilities, 0, "probability") : NULL;
    const size_t count = (size_t)PyTuple_Size(strings);
    if (values && PyTuple_Size(probabilities) != (Py_ssize_t)count)
        error_argument(ext, "%zd probabilities of %zu strings", PyTuple_Size(probabilities), count);
    else if (values) {
        const ketsim_status status = ketsim_channel_pauli(&made, (unsigned)nqubits, letters, values, count);
        self = channel_wrap(ext, status, made);
    }
    PyMem_Free(values);
    PyMem_Free(letters);
    return self;
}

/* ---- from pickles ----------------------------------------------------------------------------- */

/* Its operators were checked with some tolerance when it was made. */
static PyObject *restore_channel(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    unsigned nqubits;
    const char *bytes;
    Py_ssize_t length;
    ketsim_channel *made = NULL;
    if (!PyArg_ParseTuple(args, "Iy#:_restore_channel", &nqubits, &bytes, &length)) return NULL;
    if (nqubits < 1 || nqubits > KETSIM_MAX_CHANNEL_QUBITS)
        return error_argument(ext, "pickle of a Channel on %u qubits", nqubits);
    const size_t size = sizeof(ketsim_complex) << 2 * nqubits;
    if ((size_t)length % size)
        return error_argument(ext, "pickle of a Channel: %zd bytes for %u qubits", length, nqubits);
    ketsim_complex *kraus = PyMem_Malloc((size_t)length + 1); /* bytes need not be aligned */
    if (!kraus) return PyErr_NoMemory();
    memcpy(kraus, bytes, (size_t)length);
    const ketsim_status status = ketsim_channel_new(&made, nqubits, kraus, (size_t)length / size,
                                                    KETSIM_MAX_TOLERANCE);
    PyMem_Free(kraus);
    return channel_wrap(ext, status, made);
}

const PyMethodDef channel_functions[] = {
    {"_restore_channel", restore_channel, METH_VARARGS, "Private: make a Channel of what its pickle holds."},
    {"_channel_named", channel_named, METH_VARARGS, "Private: a Channel by its name, and its parameters."},
    {"_channel_pauli", channel_pauli, METH_VARARGS,
     "Private: a Channel of Pauli strings and their probabilities, two tuples."},
    {NULL, NULL, 0, NULL},
};
