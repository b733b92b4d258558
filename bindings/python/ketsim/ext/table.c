/* table.c - operations that are given by a table or a function: diagonals, permutations, oracles, orders of qubits. */
#include "ext.h"

#include <stdlib.h>
#include <string.h>

/* How many qubits a table of so many entries is for; -1 with InvalidArgument unless it is as many as are given. */
static int check_size(struct ext *ext, const char *what, uint64_t count, Py_ssize_t nqubits)
{
    if (nqubits >= 1 && nqubits <= KETSIM_MAX_QUBITS && count == UINT64_C(1) << nqubits) return 0;
    error_argument(ext, "%s: %llu entries with %zd qubits: must be 2^k with k qubits, k = 1..%d", what,
                   (unsigned long long)count, nqubits, KETSIM_MAX_QUBITS);
    return -1;
}

static int parse_qubits(const struct program *program, PyObject *const *args, Py_ssize_t count, int *out)
{
    for (Py_ssize_t k = 0; k < count; k++)
        if (args_qubit(program, args[k], &out[k]) < 0) return -1;
    return 0;
}

static int fail_arguments(const char *name, const char *takes, Py_ssize_t nargs)
{
    PyErr_Format(PyExc_TypeError, "%s() takes %s, %zd arguments given", name, takes, nargs);
    return -1;
}

/* ---- diagonals --------------------------------------------------------------------------------- */

/* Bytes are complex128 as circuits give them back. */
static int phases_from_bytes(struct ext *ext, PyObject *given, struct amplitudes *out)
{
    const size_t size = (size_t)PyBytes_Size(given);
    *out = (struct amplitudes){.count = size / sizeof(ketsim_complex), .dtype = KETSIM_COMPLEX128};
    if (size % sizeof(ketsim_complex)) {
        error_argument(ext, "diagonal: %zu bytes: must be 16 for each entry", size);
        return -1;
    }
    out->data = out->owned = malloc(size + 1);
    if (!out->owned) error_memory(ext, "diagonal: %zu bytes cannot be allocated", size);
    else memcpy(out->owned, PyBytes_AsString(given), size);
    return out->owned ? 0 : -1;
}

int table_parse_diagonal(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                         struct parsed *out)
{
    const ketsim_dtype wanted = KETSIM_COMPLEX128;
    struct amplitudes *phases = &out->phases;
    if (nargs < 2 || nargs > 1 + KETSIM_MAX_QUBITS)
        return fail_arguments("diagonal", "entries and their qubits", nargs);
    if (PyBytes_Check(args[0]) ? phases_from_bytes(program->ext, args[0], phases) < 0
                               : vector_parse(program->ext, args[0], "diagonal", &wanted, phases) < 0)
        return -1;
    if (check_size(program->ext, "diagonal", phases->count, nargs - 1) < 0) return -1;
    out->ops[0] = (ketsim_op){.gate = KETSIM_GATE_DIAGONAL,
                              .qubits = out->qubits,
                              .nqubits = (size_t)nargs - 1,
                              .matrix = phases->data,
                              .tolerance = phases->single ? 1e-5 : 0};
    out->count = 1;
    return parse_qubits(program, args + 1, nargs - 1, out->qubits);
}

/* ---- whole numbers ----------------------------------------------------------------------------- */

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

/* A table of values below limit, in memory for free(). */
struct table {
    const char *what;
    uint64_t count, limit, *values;
};

static int reserve(struct ext *ext, struct table *table, uint64_t count)
{
    table->count = count;
    table->values = count < SIZE_MAX / 16 ? malloc(count * sizeof *table->values + 1) : NULL;
    if (!table->values)
        error_memory(ext, "%s: %llu entries cannot be allocated", table->what, (unsigned long long)count);
    return table->values ? 0 : -1;
}

static int from_buffer(struct ext *ext, const Py_buffer *b, struct table *table)
{
    bool is_signed;
    const unsigned size = integer_size(b, &is_signed);
    if (!size) {
        PyErr_Format(PyExc_TypeError, "%s: buffer of format '%.20s': must be of integers", table->what,
                     b->format ? b->format : "B");
        return -1;
    }
    if (b->ndim != 1) {
        error_argument(ext, "%s: buffer of %d dimensions: must be 1", table->what, b->ndim);
        return -1;
    }
    if (reserve(ext, table, (uint64_t)b->shape[0]) < 0) return -1;
    for (uint64_t x = 0; x < table->count; x++) {
        const uint64_t value = integer_at((const char *)b->buf + (Py_ssize_t)x * b->strides[0], size,
                                          is_signed);
        table->values[x] = value;
        if (value < table->limit) continue;
        if (is_signed && (int64_t)value < 0)
            error_argument(ext, "%s: entry %llu is %lld: must be 0..%llu", table->what, (unsigned long long)x,
                           (long long)value, (unsigned long long)table->limit - 1);
        else
            error_argument(ext, "%s: entry %llu is %llu: must be 0..%llu", table->what, (unsigned long long)x,
                           (unsigned long long)value, (unsigned long long)table->limit - 1);
        return -1;
    }
    return 0;
}

/* Bytes are uint64 as circuits give them back. */
static int from_bytes(struct ext *ext, PyObject *given, struct table *table)
{
    const Py_ssize_t size = PyBytes_Size(given);
    Py_ssize_t count = size / 8, stride = 8;
    const Py_buffer buffer = {.buf = PyBytes_AsString(given),
                              .itemsize = 8,
                              .ndim = 1,
                              .format = "Q",
                              .shape = &count,
                              .strides = &stride};
    if (size % 8 == 0) return from_buffer(ext, &buffer, table);
    error_argument(ext, "%s: %zd bytes: must be 8 for each entry", table->what, size);
    return -1;
}

static int integer_from(struct ext *ext, PyObject *given, const struct table *table, uint64_t x)
{
    char what[64];
    if (PyBool_Check(given) && table->limit > 1) {
        table->values[x] = given == Py_True; /* of a predicate */
        return 0;
    }
    PyOS_snprintf(what, sizeof what, "%s: entry %llu:", table->what, (unsigned long long)x);
    return args_integer(ext, given, what, 0, table->limit - 1, &table->values[x]);
}

static int from_sequence(struct ext *ext, PyObject *given, struct table *table)
{
    PyObject *items = args_items(given, table->what, "a function, a buffer or a sequence of integers");
    int result = items ? reserve(ext, table, (uint64_t)PyTuple_Size(items)) : -1;
    for (uint64_t x = 0; result == 0 && x < table->count; x++)
        result = integer_from(ext, PyTuple_GetItem(items, (Py_ssize_t)x), table, x);
    Py_XDECREF(items);
    return result;
}

/* What a Python function is called with, and whether it raised something. */
struct calls {
    struct ext *ext;
    PyObject *function;
    struct table *table;
};

static ketsim_status call_once(void *context, uint64_t *Py_UNUSED(out), uint64_t x)
{
    const struct calls *calls = context;
    PyObject *argument = PyLong_FromUnsignedLongLong(x), *value = NULL;
    if (argument) value = PyObject_CallFunctionObjArgs(calls->function, argument, NULL);
    const int result = value ? integer_from(calls->ext, value, calls->table, x) : -1;
    Py_XDECREF(argument);
    Py_XDECREF(value);
    return result == 0 ? KETSIM_OK : KETSIM_ERR_ARGUMENT;
}

static int from_function(struct ext *ext, PyObject *function, unsigned nqubits, struct table *table)
{
    struct calls calls = {ext, function, table};
    if (reserve(ext, table, UINT64_C(1) << nqubits) < 0) return -1;
    const ketsim_status status = ketsim_tabulate(table->values, nqubits, call_once, &calls);
    if (status != KETSIM_OK && !PyErr_Occurred()) error_raise(ext, status);
    return status == KETSIM_OK ? 0 : -1;
}

/* The values of a function of so many bits, given as a table or to be called once for each x. */
static int parse_values(struct ext *ext, PyObject *given, Py_ssize_t nqubits, struct table *table)
{
    Py_buffer buffer;
    if (PyBytes_Check(given)) return from_bytes(ext, given, table);
    if (PyCallable_Check(given)) return from_function(ext, given, (unsigned)nqubits, table);
    if (!PyObject_CheckBuffer(given)) return from_sequence(ext, given, table);
    if (PyObject_GetBuffer(given, &buffer, PyBUF_RECORDS_RO) < 0) return -1;
    const int result = from_buffer(ext, &buffer, table);
    PyBuffer_Release(&buffer);
    return result;
}

/* ---- permutations and oracles ------------------------------------------------------------------ */

static void set_permutation(struct parsed *out, size_t nqubits)
{
    out->ops[0] = (ketsim_op){
        .gate = KETSIM_GATE_PERMUTATION, .qubits = out->qubits, .nqubits = nqubits, .table = out->table};
    out->count = 1;
}

int table_parse_permutation(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                            struct parsed *out)
{
    const Py_ssize_t nqubits = nargs - 1;
    if (nargs < 2 || nqubits > KETSIM_MAX_QUBITS)
        return fail_arguments("permutation", "a table or function and its qubits", nargs);
    struct table table = {.what = "permutation", .limit = UINT64_C(1) << nqubits};
    if (parse_qubits(program, args + 1, nqubits, out->qubits) < 0) return -1;
    const int result = parse_values(program->ext, args[0], nqubits, &table);
    out->table = table.values;
    if (result < 0 || check_size(program->ext, "permutation", table.count, nqubits) < 0) return -1;
    set_permutation(out, (size_t)nqubits);
    return 0;
}

/* One qubit, or several. */
static int parse_register(const struct program *program, PyObject *given, int out[KETSIM_MAX_QUBITS],
                          size_t *count)
{
    *count = 1;
    if (PyIndex_Check(given)) return args_qubit(program, given, out);
    if (given != Py_None) return args_qubits(program, given, out, count);
    return error_type("qubits", "an int or an iterable of them", given);
}

int table_parse_oracle(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                       struct parsed *out)
{
    int outputs[KETSIM_MAX_QUBITS];
    size_t ninputs, noutputs;
    if (nargs != 3) return fail_arguments("oracle", "a table or function, inputs and outputs", nargs);
    if (parse_register(program, args[1], out->qubits, &ninputs) < 0) return -1;
    if (parse_register(program, args[2], outputs, &noutputs) < 0) return -1;
    if (ninputs + noutputs > KETSIM_MAX_QUBITS) {
        error_argument(program->ext, "oracle: %zu qubits: must differ", ninputs + noutputs);
        return -1;
    }
    memcpy(out->qubits + ninputs, outputs, noutputs * sizeof *outputs);
    struct table values = {.what = "oracle", .limit = UINT64_C(1) << noutputs};
    struct table whole = {.what = "oracle", .values = NULL};
    int result = parse_values(program->ext, args[0], (Py_ssize_t)ninputs, &values);
    if (result == 0) result = check_size(program->ext, "oracle", values.count, (Py_ssize_t)ninputs);
    if (result == 0) result = reserve(program->ext, &whole, UINT64_C(1) << (ninputs + noutputs));
    if (result == 0 && ketsim_tabulate_oracle(whole.values, values.values, (unsigned)ninputs,
                                              (unsigned)noutputs) != KETSIM_OK)
        result = error_raise(program->ext, KETSIM_ERR_ARGUMENT) ? 0 : -1;
    free(values.values);
    out->table = whole.values;
    set_permutation(out, ninputs + noutputs);
    return result;
}

/* ---- orders of qubits -------------------------------------------------------------------------- */

/* The SWAPs of a circuit of them. */
static int copy_swaps(struct parsed *out, const ketsim_circuit *circuit)
{
    out->count = ketsim_circuit_length(circuit);
    for (size_t k = 0; k < out->count; k++) {
        ketsim_op_record record;
        if (ketsim_circuit_get(circuit, &record, k) != KETSIM_OK) return -1;
        memcpy(out->pairs[k], record.qubits, sizeof out->pairs[k]);
        out->ops[k] = (ketsim_op){.gate = record.gate, .qubits = out->pairs[k], .nqubits = 2};
    }
    return 0;
}

int table_parse_order(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *controls, struct parsed *out)
{
    int targets[KETSIM_MAX_QUBITS];
    size_t ntargets, nqubits = 0;
    ketsim_circuit *circuit = NULL;
    if (nargs < 1 || nargs > 2 || (controls && controls != Py_None))
        return fail_arguments("permute_qubits", "targets, and qubits if not all, and no controls", nargs);
    if (parse_register(program, args[0], targets, &ntargets) < 0) return -1;
    if (args_qubits(program, nargs > 1 ? args[1] : NULL, out->qubits, &nqubits) < 0) return -1;
    if (ntargets != (nqubits ? nqubits : program->nqubits)) {
        error_argument(program->ext, "permute_qubits: %zu targets for %zu qubits: must be as many", ntargets,
                       nqubits ? nqubits : (size_t)program->nqubits);
        return -1;
    }
    ketsim_status status = ketsim_circuit_new(&circuit, program->nqubits);
    if (status == KETSIM_OK)
        status = ketsim_circuit_permute_qubits(circuit, nqubits ? out->qubits : NULL, targets, ntargets);
    int result = status == KETSIM_OK ? copy_swaps(out, circuit) : -1;
    if (status != KETSIM_OK) error_raise(program->ext, status);
    ketsim_circuit_free(circuit);
    return result;
}

/* ---- records ----------------------------------------------------------------------------------- */

enum { MOST_LISTED = 1 << 10 }; /* entries that are given one by one; of more, their bytes */

/* Whether they would not be taken back with the usual tolerance: they came in single precision. */
static bool are_rough(const ketsim_complex *phases, size_t count)
{
    for (size_t x = 0; x < count; x++) {
        const double off = phases[x].re * phases[x].re + phases[x].im * phases[x].im - 1;
        if (off > 1e-10 || off < -1e-10) return true; /* twice as much as of the modulus */
    }
    return false;
}

PyObject *table_of(const ketsim_circuit *circuit, const ketsim_op_record *record, size_t index,
                   bool *tolerant)
{
    const bool is_diagonal = record->gate == KETSIM_GATE_DIAGONAL;
    const size_t count = is_diagonal ? record->nentries : record->ntargets, each = is_diagonal ? 16 : 8;
    void *own = PyMem_Malloc(count * each);
    PyObject *made = NULL;
    if (!own) return PyErr_NoMemory();
    const ketsim_status status = is_diagonal ? ketsim_circuit_get_matrix(circuit, own, count, index)
                                             : ketsim_circuit_get_table(circuit, own, count, index);
    if (status != KETSIM_OK) PyErr_SetString(PyExc_IndexError, "the circuit has changed");
    else if (count > MOST_LISTED) made = PyBytes_FromStringAndSize(own, (Py_ssize_t)(count * each));
    else made = is_diagonal ? tuple_of_complex(own, count) : tuple_of_uint64(own, count);
    *tolerant = made && is_diagonal && are_rough(own, count);
    PyMem_Free(own);
    return made;
}
