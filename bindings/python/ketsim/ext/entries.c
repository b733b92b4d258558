/* entries.c - the list of tuples that apply_gates() takes, parsed into a circuit.
 *
 * The list is copied to a tuple first, so that nothing a number's __index__ does to it can hurt.  Entries of
 * exact types go the fast way, in batches on the stack; all others, and all errors, the general one. */
#include "args.h"
#include "call.h"

#include <string.h>

enum { MOST_RESERVED = 1 << 12 /* before it is known that entries are gates */ };
enum { BATCH = 64, MOST_ITEMS = 2 + KETSIM_MAX_ANGLES + KETSIM_MAX_QUBITS };

struct batch {
    const struct program *program;
    ketsim_circuit *circuit;
    PyObject *entries;
    Py_ssize_t first; /* index of the entry of ops[0] */
    size_t count;
    ketsim_op ops[BATCH];
    double angles[BATCH][KETSIM_MAX_ANGLES];
    int qubits[BATCH][KETSIM_MAX_ROW_QUBITS];
};

/* ---- names ------------------------------------------------------------------------------------ */

static size_t slot_of(PyObject *name)
{
    return ((uintptr_t)name >> 4 ^ (uintptr_t)name >> 12) & (NAME_SLOTS - 1);
}

static int add_name(struct ext *ext, const char *text, int gate)
{
    PyObject *name = PyUnicode_InternFromString(text), *number = PyLong_FromLong(gate);
    size_t slot = slot_of(name);
    const int result = name && number ? PyDict_SetItem(ext->gate_of, name, number) : -1;
    Py_XDECREF(number);
    if (result < 0) {
        Py_XDECREF(name);
        return -1;
    }
    while (ext->names[slot].name) slot = (slot + 1) & (NAME_SLOTS - 1);
    ext->names[slot].name = name;
    ext->names[slot].gate = gate;
    return 0;
}

int entries_add_names(struct ext *ext)
{
    _Static_assert(KETSIM_GATE_COUNT * 2 < NAME_SLOTS, "the table of names stays half empty");
    ext->gate_of = PyDict_New();
    if (!ext->gate_of) return -1;
    for (const struct special *special = parse_specials; special->name; special++)
        if (add_name(ext, special->name, special->gate) < 0) return -1;
    for (int g = 0; g < KETSIM_GATE_COUNT; g++) {
        const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)g);
        char words[128], *rest = words;
        PyOS_snprintf(words, sizeof words, "%s %s", row->name, row->aliases);
        for (char *end; *rest; rest = end) {
            end = rest + strcspn(rest, " ");
            if (*end) *end++ = 0;
            if (add_name(ext, rest, g) < 0) return -1;
        }
    }
    return 0;
}

/* By address; -1 if it is not one of the interned names. */
static inline int find_interned(const struct ext *ext, PyObject *name)
{
    for (size_t slot = slot_of(name); ext->names[slot].name; slot = (slot + 1) & (NAME_SLOTS - 1))
        if (ext->names[slot].name == name) return ext->names[slot].gate;
    return -1;
}

/* By value; -1 with an exception that suggests the nearest name. */
static int find_name(struct ext *ext, PyObject *name)
{
    if (!PyUnicode_Check(name)) return error_type("gate name", "a str", name);
    PyObject *number = PyUnicode_CheckExact(name) ? PyDict_GetItemWithError(ext->gate_of, name) : NULL;
    if (number) return (int)PyLong_AsLong(number);

    Py_ssize_t length;
    ketsim_gate gate;
    const char *text = PyErr_Occurred() ? NULL : PyUnicode_AsUTF8AndSize(name, &length);
    if (!text) { /* half of a surrogate pair */
        PyErr_Clear();
        error_argument(ext, "gate %.40A: unknown", name);
        return -1;
    }
    for (const struct special *special = parse_specials; special->name; special++)
        if (!strcmp(text, special->name)) return special->gate;
    const ketsim_status status = ketsim_gate_find(&gate, text);
    if (status == KETSIM_OK && (size_t)length == strlen(text)) return (int)gate;
    if (status == KETSIM_OK) error_argument(ext, "gate %.40A: unknown", name);
    else error_raise(ext, status);
    return -1;
}

/* ---- the general way -------------------------------------------------------------------------- */

/* The dict an entry may end with: {'controls': ..., 'tolerance': ...}, borrowed references. */
static int parse_extras(struct ext *ext, PyObject *extras, PyObject **controls, double *tolerance)
{
    Py_ssize_t at = 0;
    PyObject *key, *value;
    while (PyDict_Next(extras, &at, &key, &value)) {
        const bool is_text = PyUnicode_Check(key);
        if (is_text && !PyUnicode_CompareWithASCIIString(key, "controls")) *controls = Py_NewRef(value);
        else if (is_text && !PyUnicode_CompareWithASCIIString(key, "tolerance")) {
            if (args_angle(ext, value, "tolerance", tolerance) < 0) return -1;
            if (*tolerance > 0 && *tolerance <= KETSIM_MAX_TOLERANCE) continue;
            error_argument(ext, "tolerance %R: must be above 0 and at most 1e-3", value);
            return -1;
        } else {
            error_argument(ext, "key %.40R: must be 'controls' or 'tolerance'", key);
            return -1;
        }
    }
    return 0;
}

static int append_parsed(const struct batch *batch, int gate, PyObject *const *items, Py_ssize_t nitems,
                         PyObject *controls, double tolerance)
{
    const struct program *program = batch->program;
    struct parsed parsed;
    int result = parse_operation(program, gate, items, nitems, controls, &parsed);
    if (result == 0) {
        if (tolerance > 0) parsed.ops[0].tolerance = tolerance;
        const ketsim_status status = ketsim_circuit_append(batch->circuit, parsed.ops, parsed.count);
        if (status != KETSIM_OK) error_raise(program->ext, status);
        result = status == KETSIM_OK ? 0 : -1;
    }
    parsed_clear(&parsed);
    return result;
}

/* Parse one entry, already a tuple, and append it. */
static int append_tuple(const struct batch *batch, PyObject *entry)
{
    const struct program *program = batch->program;
    PyObject *items[MOST_ITEMS], *controls = NULL;
    Py_ssize_t size = PyTuple_Size(entry);
    double tolerance = 0;
    if (size == 0) {
        error_argument(program->ext, "empty tuple: must be (name, angles..., qubits...)");
        return -1;
    }
    const int gate = find_name(program->ext, PyTuple_GetItem(entry, 0));
    if (gate < 0) return -1;
    if (gate >= FIRST_DYNAMIC) return dynamic_append_entry(program, batch->circuit, gate, entry);
    PyObject *last = PyTuple_GetItem(entry, size - 1);
    if (PyDict_Check(last)) {
        PyObject *extras = PyDict_Copy(last);
        const int result = extras ? parse_extras(program->ext, extras, &controls, &tolerance) : -1;
        Py_XDECREF(extras);
        if (result < 0) {
            Py_XDECREF(controls);
            return -1;
        }
        size--;
    }
    for (Py_ssize_t k = 1; k < size && k <= MOST_ITEMS; k++) items[k - 1] = PyTuple_GetItem(entry, k);

    int result = -1;
    if (size - 1 > MOST_ITEMS)
        error_argument(program->ext, "tuple of %zd items: must be at most %d", size, MOST_ITEMS);
    else result = append_parsed(batch, gate, items, size - 1, controls, tolerance);
    Py_XDECREF(controls);
    return result;
}

static int append_general(const struct batch *batch, Py_ssize_t index)
{
    PyObject *entry = PyTuple_GetItem(batch->entries, index), *tuple = NULL;
    if (PyTuple_Check(entry)) tuple = Py_NewRef(entry);
    else if (PyList_Check(entry)) tuple = PySequence_Tuple(entry);
    else error_type("gate", "a tuple (name, angles..., qubits...)", entry);
    const int result = tuple ? append_tuple(batch, tuple) : -1;
    Py_XDECREF(tuple);
    if (result < 0) error_prefix(batch->program->ext, index);
    return result;
}

/* ---- the fast way ----------------------------------------------------------------------------- */

/* Append what is collected; if the library refuses, append one by one to find out which entry it was. */
static int flush(struct batch *batch)
{
    int result = 0;
    if (batch->count && ketsim_circuit_append(batch->circuit, batch->ops, batch->count) != KETSIM_OK)
        for (size_t k = 0; result == 0 && k < batch->count; k++)
            result = append_general(batch, batch->first + (Py_ssize_t)k);
    batch->count = 0;
    return result;
}

/* Collect an entry of exact types and no extras; false if it is not one. */
static inline bool collect(struct batch *batch, PyObject *entry, Py_ssize_t index)
{
    if (!PyTuple_CheckExact(entry)) return false;
    const Py_ssize_t size = PyTuple_Size(entry);
    const int gate = size > 1 ? find_interned(batch->program->ext, PyTuple_GetItem(entry, 0)) : -1;
    if (gate < 0 || gate >= KETSIM_GATE_COUNT) return false;
    const unsigned nangles = parse_shapes[gate].nangles, nqubits = parse_shapes[gate].nqubits;
    if (size != 1 + (Py_ssize_t)(nangles + nqubits)) return false;

    const size_t at = batch->count;
    for (unsigned k = 0; k < nangles; k++)
        if (!fast_angle(PyTuple_GetItem(entry, 1 + k), &batch->angles[at][k])) return false;
    for (unsigned k = 0; k < nqubits; k++)
        if (!fast_qubit(PyTuple_GetItem(entry, 1 + nangles + k), &batch->qubits[at][k])) return false;
    batch->ops[at] = (ketsim_op){.gate = (ketsim_gate)gate,
                                 .angles = batch->angles[at],
                                 .qubits = batch->qubits[at],
                                 .nqubits = nqubits};
    if (at == 0) batch->first = index;
    batch->count++;
    return true;
}

static int append_all(struct batch *batch)
{
    const Py_ssize_t size = PyTuple_Size(batch->entries);
    struct turn turn = {0};
    for (Py_ssize_t k = 0; k < size; k++, run_step(&turn)) {
        if (collect(batch, PyTuple_GetItem(batch->entries, k), k)) {
            if (batch->count == BATCH && flush(batch) < 0) return -1;
        } else if (flush(batch) < 0 || append_general(batch, k) < 0) return -1;
    }
    return flush(batch);
}

ketsim_circuit *entries_parse(const struct program *program, PyObject *entries)
{
    struct batch batch; /* clearing all of it would take as long as reading a few entries */
    batch.program = program;
    batch.circuit = NULL;
    batch.first = 0;
    batch.count = 0;
    batch.entries = args_items(entries, "gates", "an iterable of tuples (name, angles..., qubits...)");
    if (!batch.entries) return NULL;
    ketsim_status status = ketsim_circuit_new(&batch.circuit, program->nqubits);
    if (status == KETSIM_OK) status = ketsim_circuit_add_bits(batch.circuit, program->nbits);
    const size_t size = (size_t)PyTuple_Size(batch.entries);
    if (status == KETSIM_OK)
        status = ketsim_circuit_reserve(batch.circuit, size < MOST_RESERVED ? size : MOST_RESERVED);
    if (status != KETSIM_OK) error_raise(program->ext, status);
    else if (append_all(&batch) < 0) {
        ketsim_circuit_free(batch.circuit);
        batch.circuit = NULL;
    }
    Py_DECREF(batch.entries);
    return batch.circuit;
}
