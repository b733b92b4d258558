/* table.c - operations that are given by a table or a function: diagonals, permutations, oracles, orders of qubits. */
#include "args.h"
#include "results.h"
#include "values.h"

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
    struct values values = {.what = "permutation", .limit = UINT64_C(1) << nqubits};
    if (parse_qubits(program, args + 1, nqubits, out->qubits) < 0) return -1;
    const int result = values_parse(program->ext, args[0], nqubits, &values);
    out->table = values.entries;
    if (result < 0 || check_size(program->ext, "permutation", values.count, nqubits) < 0) return -1;
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
    struct values values = {.what = "oracle", .limit = UINT64_C(1) << noutputs};
    struct values whole = {.what = "oracle", .entries = NULL};
    int result = values_parse(program->ext, args[0], (Py_ssize_t)ninputs, &values);
    if (result == 0) result = check_size(program->ext, "oracle", values.count, (Py_ssize_t)ninputs);
    if (result == 0) result = values_reserve(program->ext, &whole, UINT64_C(1) << (ninputs + noutputs));
    if (result == 0 && ketsim_tabulate_oracle(whole.entries, values.entries, (unsigned)ninputs,
                                              (unsigned)noutputs) != KETSIM_OK)
        result = error_raise(program->ext, KETSIM_ERR_ARGUMENT) ? 0 : -1;
    free(values.entries);
    out->table = whole.entries;
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
