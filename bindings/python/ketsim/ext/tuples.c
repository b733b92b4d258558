/* tuples.c - numbers of the library as tuples. */
#include "results.h"

static PyObject *double_at(const void *numbers, size_t k)
{
    return PyFloat_FromDouble(((const double *)numbers)[k]);
}

static PyObject *complex_at(const void *numbers, size_t k)
{
    const ketsim_complex number = ((const ketsim_complex *)numbers)[k];
    return PyComplex_FromDoubles(number.re, number.im);
}

static PyObject *int_at(const void *numbers, size_t k)
{
    return PyLong_FromLong(((const int *)numbers)[k]);
}

static PyObject *uint64_at(const void *numbers, size_t k)
{
    return PyLong_FromUnsignedLongLong(((const uint64_t *)numbers)[k]);
}

PyObject *tuple_make(size_t count, PyObject *(*item)(const void *context, size_t k), const void *context)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t k = 0; tuple && k < count; k++) {
        PyObject *made = item(context, k);
        if (!made || PyTuple_SetItem(tuple, (Py_ssize_t)k, made) < 0) Py_CLEAR(tuple);
    }
    return tuple;
}

PyObject *tuple_of_doubles(const double *numbers, size_t count)
{
    return tuple_make(count, double_at, numbers);
}

PyObject *tuple_of_complex(const ketsim_complex *numbers, size_t count)
{
    return tuple_make(count, complex_at, numbers);
}

PyObject *tuple_of_ints(const int *numbers, size_t count)
{
    return tuple_make(count, int_at, numbers);
}

PyObject *tuple_of_uint64(const uint64_t *numbers, size_t count)
{
    return tuple_make(count, uint64_at, numbers);
}
