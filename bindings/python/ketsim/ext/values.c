/* values.c - the values of a function of some bits: a buffer or a sequence of integers, or called once for each x. */
#include "values.h"

#include "args.h"
#include "call.h"

#include <stdlib.h>
#include <string.h>

/* Integers of a buffer: their size, and whether they have a sign; 0 for other formats. */
static unsigned integer_size(const Py_buffer *buffer, bool *is_signed)
{
    const char *code = buffer->format ? buffer->format : "B";
    const char native = PY_LITTLE_ENDIAN ? '<' : '>';
    if (*code == '@' || *code == '=' || *code == native) code++;
    *is_signed = strchr("bhilqn", *code);
    return *code && !code[1] && strchr("bhilqnBHILQN?", *code) ? (unsigned)buffer->itemsize : 0;
}

static uint64_t integer_at(const char *at, unsigned size, bool is_signed)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 1: memcpy(&u8, at, 1); return is_signed ? (uint64_t)(int8_t)u8 : u8;
    case 2: memcpy(&u16, at, 2); return is_signed ? (uint64_t)(int16_t)u16 : u16;
    case 4: memcpy(&u32, at, 4); return is_signed ? (uint64_t)(int32_t)u32 : u32;
    default: memcpy(&u64, at, 8); return u64;
    }
}

int values_reserve(struct ext *ext, struct values *values, uint64_t count)
{
    values->count = count;
    values->entries = count < SIZE_MAX / 16 ? malloc(count * sizeof *values->entries + 1) : NULL;
    if (!values->entries)
        error_memory(ext, "%s: %llu entries cannot be allocated", values->what, (unsigned long long)count);
    return values->entries ? 0 : -1;
}

static int from_buffer(struct ext *ext, const Py_buffer *b, struct values *values)
{
    bool is_signed;
    const unsigned size = integer_size(b, &is_signed);
    if (!size) {
        PyErr_Format(PyExc_TypeError, "%s: buffer of format '%.20s': must be of integers", values->what,
                     b->format ? b->format : "B");
        return -1;
    }
    if (b->ndim != 1) {
        error_argument(ext, "%s: buffer of %d dimensions: must be 1", values->what, b->ndim);
        return -1;
    }
    if (values_reserve(ext, values, (uint64_t)b->shape[0]) < 0) return -1;
    for (uint64_t x = 0; x < values->count; x++) {
        const uint64_t value = integer_at((const char *)b->buf + (Py_ssize_t)x * b->strides[0], size,
                                          is_signed);
        values->entries[x] = value;
        if (value < values->limit) continue;
        if (is_signed && (int64_t)value < 0)
            error_argument(ext, "%s: entry %llu is %lld: must be 0..%llu", values->what,
                           (unsigned long long)x, (long long)value, (unsigned long long)values->limit - 1);
        else
            error_argument(ext, "%s: entry %llu is %llu: must be 0..%llu", values->what,
                           (unsigned long long)x, (unsigned long long)value,
                           (unsigned long long)values->limit - 1);
        return -1;
    }
    return 0;
}

/* Bytes are uint64 as circuits give them back. */
static int from_bytes(struct ext *ext, PyObject *given, struct values *values)
{
    const Py_ssize_t size = PyBytes_Size(given);
    Py_ssize_t count = size / 8, stride = 8;
    const Py_buffer buffer = {.buf = PyBytes_AsString(given),
                              .itemsize = 8,
                              .ndim = 1,
                              .format = "Q",
                              .shape = &count,
                              .strides = &stride};
    if (size % 8 == 0) return from_buffer(ext, &buffer, values);
    error_argument(ext, "%s: %zd bytes: must be 8 for each entry", values->what, size);
    return -1;
}

static int integer_from(struct ext *ext, PyObject *given, const struct values *values, uint64_t x)
{
    char what[64];
    if (PyBool_Check(given) && values->limit > 1) {
        values->entries[x] = given == Py_True; /* of a predicate */
        return 0;
    }
    PyOS_snprintf(what, sizeof what, "%s: entry %llu:", values->what, (unsigned long long)x);
    return args_integer(ext, given, what, 0, values->limit - 1, &values->entries[x]);
}

static int from_sequence(struct ext *ext, PyObject *given, struct values *values)
{
    PyObject *items = args_items(given, values->what, "a function, a buffer or a sequence of integers");
    int result = items ? values_reserve(ext, values, (uint64_t)PyTuple_Size(items)) : -1;
    for (uint64_t x = 0; result == 0 && x < values->count; x++)
        result = integer_from(ext, PyTuple_GetItem(items, (Py_ssize_t)x), values, x);
    Py_XDECREF(items);
    return result;
}

/* What a Python function is called with, and whether it raised something. */
struct calls {
    struct ext *ext;
    PyObject *function;
    struct values *values;
};

static ketsim_status call_once(void *context, uint64_t *Py_UNUSED(out), uint64_t x)
{
    const struct calls *calls = context;
    PyObject *argument = PyLong_FromUnsignedLongLong(x), *value = NULL;
    if (argument) value = PyObject_CallFunctionObjArgs(calls->function, argument, NULL);
    const int result = value ? integer_from(calls->ext, value, calls->values, x) : -1;
    Py_XDECREF(argument);
    Py_XDECREF(value);
    return result == 0 ? KETSIM_OK : KETSIM_ERR_ARGUMENT;
}

static int from_function(struct ext *ext, PyObject *function, unsigned nqubits, struct values *values)
{
    struct calls calls = {ext, function, values};
    if (values_reserve(ext, values, UINT64_C(1) << nqubits) < 0) return -1;
    const ketsim_status status = ketsim_tabulate(values->entries, nqubits, call_once, &calls);
    if (status != KETSIM_OK && !PyErr_Occurred()) error_raise(ext, status);
    return status == KETSIM_OK ? 0 : -1;
}

int values_parse(struct ext *ext, PyObject *given, Py_ssize_t nqubits, struct values *values)
{
    Py_buffer buffer;
    if (PyBytes_Check(given)) return from_bytes(ext, given, values);
    if (PyCallable_Check(given)) return from_function(ext, given, (unsigned)nqubits, values);
    if (!PyObject_CheckBuffer(given)) return from_sequence(ext, given, values);
    if (PyObject_GetBuffer(given, &buffer, PyBUF_RECORDS_RO) < 0) return -1;
    const int result = from_buffer(ext, &buffer, values);
    PyBuffer_Release(&buffer);
    return result;
}
