/* record.c - an operation of a circuit as the tuple that apply_gates() takes. */
#include "args.h"
#include "results.h"

/* Append a new reference, which may be NULL after a failure, and give it up. */
static int append(PyObject *list, PyObject *item)
{
    const int result = item ? PyList_Append(list, item) : -1;
    Py_XDECREF(item);
    return result;
}

/* A square matrix, row by row. */
struct square {
    const ketsim_complex *entries;
    size_t dim;
};

static PyObject *row_at(const void *context, size_t row)
{
    const struct square *square = context;
    return tuple_of_complex(square->entries + row * square->dim, square->dim);
}

static PyObject *matrix_tuple(const ketsim_op_record *record, const ketsim_complex *matrix)
{
    const struct square square = {matrix, (size_t)1 << record->nqubits};
    return tuple_make(square.dim, row_at, &square);
}

/* Whether the matrix would not be taken back with the usual tolerance: it came in single precision. */
static bool needs_tolerance(const ketsim_op_record *record, const ketsim_complex *matrix)
{
    ketsim_circuit *trial;
    const int qubits[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    _Static_assert(sizeof qubits / sizeof *qubits == KETSIM_MAX_MATRIX_QUBITS, "one each");
    const ketsim_op op = {
        .gate = KETSIM_GATE_UNITARY, .qubits = qubits, .nqubits = record->nqubits, .matrix = matrix};
    if (ketsim_circuit_new(&trial, KETSIM_MAX_MATRIX_QUBITS) != KETSIM_OK) return false;
    const bool refused = ketsim_circuit_append(trial, &op, 1) != KETSIM_OK;
    ketsim_circuit_free(trial);
    return refused;
}

static int set_controls(PyObject *extras, const ketsim_op_record *record)
{
    PyObject *controls = PyDict_New();
    int result = controls ? 0 : -1;
    for (int q = 0; result == 0 && q < KETSIM_MAX_QUBITS; q++) {
        if (!(record->control_mask >> q & 1)) continue;
        PyObject *key = PyLong_FromLong(q), *value = PyLong_FromLong((long)(record->control_values >> q & 1));
        result = key && value ? PyDict_SetItem(controls, key, value) : -1;
        Py_XDECREF(value);
        Py_XDECREF(key);
    }
    if (result == 0) result = PyDict_SetItemString(extras, "controls", controls);
    Py_XDECREF(controls);
    return result;
}

static int append_extras(PyObject *items, const ketsim_op_record *record, bool tolerant)
{
    if (!record->control_mask && !tolerant) return 0;
    PyObject *extras = PyDict_New();
    int result = extras ? 0 : -1;
    if (result == 0 && record->control_mask) result = set_controls(extras, record);
    if (result == 0 && tolerant) {
        PyObject *tolerance = PyFloat_FromDouble(KETSIM_MAX_TOLERANCE);
        result = tolerance ? PyDict_SetItemString(extras, "tolerance", tolerance) : -1;
        Py_XDECREF(tolerance);
    }
    if (result == 0) return append(items, extras);
    Py_XDECREF(extras);
    return -1;
}

/* The letters of a Pauli string, and the qubits that have one, in ascending order. */
static int append_string(PyObject *items, const ketsim_op_record *record)
{
    char letters[KETSIM_MAX_QUBITS + 1] = "";
    const uint64_t used = record->x | record->z;
    size_t count = 0;
    for (unsigned q = 0; q < KETSIM_MAX_QUBITS; q++)
        if (used >> q & 1) letters[count++] = "XZY"[record->z >> q & 1 ? 1 + (record->x >> q & 1) : 0];
    int result = append(items, PyUnicode_FromString(letters));
    for (unsigned q = 0; result == 0 && q < KETSIM_MAX_QUBITS; q++)
        if (used >> q & 1) result = append(items, PyLong_FromLong((long)q));
    return result;
}

static const char *name_of(ketsim_gate gate)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(gate);
    const struct special *special = parse_specials;
    while (!row && special->gate != (int)gate) special++;
    return row ? row->name : special->name;
}

static PyObject *angle_of(const ketsim_circuit *circuit, const ketsim_op_record *record, size_t index,
                          unsigned angle)
{
    return record->nterms[angle] ? linear_make(circuit, record, index, angle)
                                 : PyFloat_FromDouble(record->angles[angle]);
}

/* The entries, of the record or for the caller to give to PyMem_Free(). */
static const ketsim_complex *matrix_of(const ketsim_circuit *circuit, const ketsim_op_record *record,
                                       size_t index, ketsim_complex **own)
{
    *own = NULL;
    if (record->nqubits <= KETSIM_MAX_TARGETS) return record->matrix;
    *own = PyMem_Malloc(record->nentries * sizeof **own);
    if (!*own) PyErr_NoMemory();
    else if (ketsim_circuit_get_matrix(circuit, *own, record->nentries, index) != KETSIM_OK)
        PyErr_SetString(PyExc_IndexError, "the circuit has changed");
    else return *own;
    PyMem_Free(*own);
    *own = NULL;
    return NULL;
}

static int append_matrix(PyObject *items, const ketsim_circuit *circuit, const ketsim_op_record *record,
                         size_t index, bool *tolerant)
{
    ketsim_complex *own;
    const ketsim_complex *matrix = matrix_of(circuit, record, index, &own);
    const int result = matrix ? append(items, matrix_tuple(record, matrix)) : -1;
    if (result == 0) *tolerant = needs_tolerance(record, matrix);
    PyMem_Free(own);
    return result;
}

/* ---- what is no gate --------------------------------------------------------------------------- */

static PyObject *body_of(struct ext *ext, const ketsim_dynamic *dynamic)
{
    ketsim_circuit *copy;
    const ketsim_status status = ketsim_circuit_copy(&copy, dynamic->body);
    return status == KETSIM_OK ? circuit_new(ext, copy) : error_raise(ext, status);
}

/* An equal channel: operators that were checked with a tolerance once are taken with the largest one. */
static PyObject *channel_object(struct ext *ext, const ketsim_dynamic *dynamic)
{
    const ketsim_channel *channel = dynamic->channel;
    ketsim_channel *copy;
    const ketsim_status status = ketsim_channel_new(&copy, ketsim_channel_nqubits(channel),
                                                    ketsim_channel_kraus(channel),
                                                    ketsim_channel_length(channel), KETSIM_MAX_TOLERANCE);
    return status == KETSIM_OK ? channel_new(ext, copy) : error_raise(ext, status);
}

/* (name, *qubits) and, for a measurement, the dict of bits; or (name, channel, *qubits). */
static PyObject *with_qubits(struct ext *ext, const ketsim_dynamic *d, const char *name)
{
    const bool measures = d->kind == KETSIM_DYNAMIC_MEASURE;
    PyObject *head = d->kind == KETSIM_DYNAMIC_CHANNEL ? Py_BuildValue("(sN)", name, channel_object(ext, d))
                                                       : Py_BuildValue("(s)", name);
    PyObject *qubits = head ? tuple_of_ints(d->qubits, d->nqubits) : NULL;
    PyObject *all = qubits ? PySequence_Concat(head, qubits) : NULL;
    PyObject *bits = all && measures ? Py_BuildValue("({sN})", "bits", tuple_of_ints(d->bits, d->nbits))
                                     : NULL;
    PyObject *result = bits ? PySequence_Concat(all, bits) : measures ? NULL : Py_XNewRef(all);
    Py_XDECREF(bits);
    Py_XDECREF(all);
    Py_XDECREF(qubits);
    Py_XDECREF(head);
    return result;
}

static PyObject *readout_tuple(const ketsim_dynamic *d, const char *name)
{
    const double *p = d->confusion;
    PyObject *head = Py_BuildValue("(s((dd)(dd)))", name, p[0], p[1], p[2], p[3]);
    PyObject *bits = head ? tuple_of_ints(d->bits, d->nbits) : NULL;
    PyObject *result = bits ? PySequence_Concat(head, bits) : NULL;
    Py_XDECREF(bits);
    Py_XDECREF(head);
    return result;
}

static PyObject *dynamic_tuple(struct ext *ext, const ketsim_circuit *circuit, size_t index)
{
    ketsim_dynamic d;
    const ketsim_status status = ketsim_circuit_get_dynamic(circuit, &d, index);
    if (status != KETSIM_OK) return error_raise(ext, status);
    const struct special *special = parse_specials;
    while (special->gate != FIRST_DYNAMIC + (int)d.kind) special++;
    if (d.kind == KETSIM_DYNAMIC_IF)
        return Py_BuildValue("(sNNK)", special->name, tuple_of_ints(d.bits, d.nbits), body_of(ext, &d),
                             d.value);
    if (d.kind == KETSIM_DYNAMIC_REPEAT)
        return Py_BuildValue("(sNNKK)", special->name, body_of(ext, &d), tuple_of_ints(d.bits, d.nbits),
                             d.value, d.limit);
    if (d.kind == KETSIM_DYNAMIC_READOUT) return readout_tuple(&d, special->name);
    return with_qubits(ext, &d, special->name);
}

/* ---- any of them ------------------------------------------------------------------------------ */

PyObject *record_tuple(struct ext *ext, const ketsim_circuit *circuit, const ketsim_op_record *record,
                       size_t index)
{
    if (record->gate == KETSIM_GATE_DYNAMIC) return dynamic_tuple(ext, circuit, index);
    PyObject *items = PyList_New(0), *tuple = NULL;
    bool tolerant = false;
    int result = items ? append(items, PyUnicode_InternFromString(name_of(record->gate))) : -1;
    if (result == 0 && (record->gate == KETSIM_GATE_DIAGONAL || record->ntargets))
        result = append(items, table_of(circuit, record, index, &tolerant));
    else if (result == 0 && record->nentries)
        result = append_matrix(items, circuit, record, index, &tolerant);
    for (unsigned k = 0; result == 0 && k < record->nangles; k++)
        result = append(items, angle_of(circuit, record, index, k));
    for (unsigned k = 0; result == 0 && k < record->nqubits; k++)
        result = append(items, PyLong_FromLong(record->qubits[k]));
    if (result == 0 && record->gate == KETSIM_GATE_PAULI_ROTATION) result = append_string(items, record);
    if (result == 0) result = append_extras(items, record, tolerant);
    if (result == 0) tuple = PyList_AsTuple(items);
    Py_XDECREF(items);
    return tuple;
}
