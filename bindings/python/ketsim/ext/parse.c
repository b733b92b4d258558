/* parse.c - operations from Python: the arguments of a gate method, or a tuple of apply_gates(). */
#include "args.h"

#include <stdio.h>
#include <string.h>

/* Derived from the table, as everything about a row is. */
const struct shape parse_shapes[KETSIM_GATE_COUNT] = {
#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, ...) \
    [KETSIM_GATE_##id] = {nangles, (ncontrols) + (ntargets)},
#include "ketsim_gates.def"
};

/* ---- further controls ------------------------------------------------------------------------- */

static int add_control(const struct program *program, PyObject *qubit, PyObject *value, struct parsed *out)
{
    ketsim_op *op = &out->ops[0];
    uint64_t bit = 1;
    if (op->ncontrols == KETSIM_MAX_QUBITS) {
        error_argument(program->ext, "controls: more than %d given: must differ", KETSIM_MAX_QUBITS);
        return -1;
    }
    if (args_qubit(program, qubit, &out->controls[op->ncontrols]) < 0) return -1;
    if (value && PyBool_Check(value)) bit = value == Py_True;
    else if (value && args_integer(program->ext, value, "control value", 0, 1, &bit) < 0) return -1;
    op->control_values |= bit << op->ncontrols++;
    return 0;
}

static int add_control_item(const struct program *program, PyObject *item, bool has_value, struct parsed *out)
{
    if (!has_value) return add_control(program, item, NULL, out);
    PyObject *qubit = PySequence_GetItem(item, 0), *value = PySequence_GetItem(item, 1);
    const int result = qubit && value ? add_control(program, qubit, value, out) : -1;
    Py_XDECREF(value);
    Py_XDECREF(qubit);
    return result;
}

/* controls: {qubit: 0 or 1}, or an iterable of qubits that must all be 1.  Adds them to the first one. */
static int parse_controls(const struct program *program, PyObject *controls, struct parsed *out)
{
    out->ops[0].controls = out->controls;
    if (controls == NULL || controls == Py_None) return 0;
    const bool is_dict = PyDict_Check(controls);
    PyObject *list = is_dict ? PyMapping_Items(controls) : Py_NewRef(controls);
    PyObject *items = list ? args_items(list, "controls", "a dict {qubit: 0 or 1} or an iterable of qubits")
                           : NULL;
    Py_XDECREF(list);
    if (!items) return -1;
    int result = 0;
    for (Py_ssize_t k = 0; result == 0 && k < PyTuple_Size(items); k++)
        result = add_control_item(program, PyTuple_GetItem(items, k), is_dict, out);
    Py_DECREF(items);
    return result;
}

/* ---- rows ------------------------------------------------------------------------------------- */

static int fail_arity(const ketsim_gate_info *row, Py_ssize_t nargs)
{
    const char *plural = row->ntargets > 1 || row->ncontrols ? "qubits" : "qubit";
    PyErr_Format(PyExc_TypeError, "%s() takes %s%u %s%s, %zd given", row->name, row->angles,
                 row->ncontrols + row->ntargets, plural,
                 row->ncontrols == 0 && row->ntargets == 1 ? " or more" : "", nargs);
    return -1;
}

static int parse_angle(struct ext *ext, PyObject *given, const char *what, unsigned k, struct parsed *out)
{
    const int found = linear_parse(ext, given, &out->angles[k], &out->linear[k], out->terms[k]);
    if (found > 0) out->ops[0].linear = out->linear;
    return found ? (found < 0 ? -1 : 0) : args_angle(ext, given, what, &out->angles[k]);
}

static int parse_angles(struct ext *ext, const ketsim_gate_info *row, PyObject *const *args,
                        struct parsed *out)
{
    const char *name = row->angles;
    for (unsigned k = 0; k < row->nangles; k++) {
        char what[64];
        const int length = (int)strcspn(name, ",");
        snprintf(what, sizeof what, "%s: %.*s", row->name, length, name);
        if (parse_angle(ext, args[k], what, k, out) < 0) return -1;
        name += strlen(name) > (size_t)length + 2 ? length + 2 : length;
    }
    return 0;
}

/* One operation for each target; a repeated one is an error although each operation would be right. */
static int broadcast(const struct program *program, struct parsed *out, Py_ssize_t ntargets)
{
    uint64_t seen = 0;
    for (Py_ssize_t k = 0; k < ntargets; k++) {
        if (seen >> out->qubits[k] & 1) {
            error_argument(program->ext, "qubit %d: given twice; the targets of one call must differ",
                           out->qubits[k]);
            return -1;
        }
        seen |= UINT64_C(1) << out->qubits[k];
        out->ops[k] = out->ops[0];
        out->ops[k].qubits = &out->qubits[k];
    }
    out->count = (size_t)ntargets;
    return 0;
}

static int parse_row(const struct program *program, ketsim_gate gate, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *controls, struct parsed *out)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(gate);
    const Py_ssize_t wanted = row->ncontrols + row->ntargets, nqubits = nargs - row->nangles;
    const bool broadcasts = row->ncontrols == 0 && row->ntargets == 1;
    if (nqubits < wanted || (nqubits > wanted && !broadcasts)) return fail_arity(row, nargs);

    out->ops[0] = (ketsim_op){
        .gate = gate, .angles = out->angles, .qubits = out->qubits, .nqubits = (size_t)wanted};
    out->count = 1;
    if (parse_angles(program->ext, row, args, out) < 0) return -1;
    for (Py_ssize_t k = 0; k < nqubits; k++) {
        if (k == KETSIM_MAX_QUBITS) {
            error_argument(program->ext, "%s: %zd qubits given: must differ", row->name, nqubits);
            return -1;
        }
        if (args_qubit(program, args[row->nangles + k], &out->qubits[k]) < 0) return -1;
    }
    if (parse_controls(program, controls, out) < 0) return -1;
    return broadcasts ? broadcast(program, out, nqubits) : 0;
}

/* ---- what is no row --------------------------------------------------------------------------- */

static int parse_unitary(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                         PyObject *controls, struct parsed *out)
{
    ketsim_op *op = &out->ops[0];
    if (nargs < 2) {
        PyErr_Format(PyExc_TypeError, "unitary() takes a matrix and its qubits, %zd arguments given", nargs);
        return -1;
    }
    *op = (ketsim_op){.gate = KETSIM_GATE_UNITARY, .qubits = out->qubits, .nqubits = (size_t)nargs - 1};
    out->count = 1;
    if (matrix_parse(program->ext, args[0], &out->matrix) < 0) return -1;
    const size_t needed = out->matrix.nqubits;
    op->matrix = out->matrix.entries;
    op->tolerance = out->matrix.tolerance;
    if (op->nqubits != needed) {
        error_argument(program->ext, "unitary: matrix of shape (%d, %d) with %zu qubits: must be %zu",
                       1 << needed, 1 << needed, op->nqubits, needed);
        return -1;
    }
    for (size_t k = 0; k < needed; k++)
        if (args_qubit(program, args[1 + k], &out->qubits[k]) < 0) return -1;
    return parse_controls(program, controls, out);
}

/* The letters as the library reads them: anything but ASCII is no letter. */
static const char *parse_letters(struct ext *ext, PyObject *given, size_t *count)
{
    Py_ssize_t length;
    if (!PyUnicode_Check(given)) {
        error_type("Pauli letters", "a str such as 'XZY'", given);
        return NULL;
    }
    const char *text = PyUnicode_AsUTF8AndSize(given, &length);
    if (!text) PyErr_Clear(); /* half of a surrogate pair */
    if (text && (size_t)length == strspn(text, "IXYZixyz")) {
        *count = (size_t)length;
        return text;
    }
    error_argument(ext, "Pauli letters %.60A: must be of I X Y Z", given);
    return NULL;
}

static int parse_pauli_rotation(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *controls, struct parsed *out)
{
    size_t needed;
    ketsim_op *op = &out->ops[0];
    if (nargs < 2) {
        PyErr_Format(PyExc_TypeError,
                     "pauli_rotation() takes an angle, letters and a qubit for each, %zd arguments given",
                     nargs);
        return -1;
    }
    const char *letters = parse_letters(program->ext, args[1], &needed);
    if (!letters) return -1;
    if ((size_t)nargs - 2 != needed || needed > KETSIM_MAX_QUBITS) {
        error_argument(program->ext,
                       "pauli_rotation: %zu letters with %zd qubits: must be as many, at most %d", needed,
                       nargs - 2, KETSIM_MAX_QUBITS);
        return -1;
    }
    *op = (ketsim_op){.gate = KETSIM_GATE_PAULI_ROTATION,
                      .angles = out->angles,
                      .qubits = out->qubits,
                      .nqubits = needed,
                      .letters = letters};
    out->count = 1;
    if (parse_angle(program->ext, args[0], "pauli_rotation: theta", 0, out) < 0) return -1;
    for (size_t k = 0; k < needed; k++)
        if (args_qubit(program, args[2 + k], &out->qubits[k]) < 0) return -1;
    return parse_controls(program, controls, out);
}

/* exp(i theta) is the rotation by -2 theta about no letters. */
static int parse_global_phase(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *controls, struct parsed *out)
{
    if (nargs != 1) {
        PyErr_Format(PyExc_TypeError, "global_phase() takes an angle, %zd arguments given", nargs);
        return -1;
    }
    out->ops[0] = (ketsim_op){
        .gate = KETSIM_GATE_PAULI_ROTATION, .angles = out->angles, .qubits = out->qubits};
    out->count = 1;
    if (parse_angle(program->ext, args[0], "global_phase: theta", 0, out) < 0) return -1;
    out->angles[0] *= -2;
    for (size_t t = 0; out->ops[0].linear && t < out->linear[0].nterms; t++) out->terms[0][t].factor *= -2;
    return parse_controls(program, controls, out);
}

static int parse_table(const struct program *program, int gate, PyObject *const *args, Py_ssize_t nargs,
                       PyObject *controls, struct parsed *out)
{
    const int result = gate == KETSIM_GATE_DIAGONAL ? table_parse_diagonal(program, args, nargs, out)
                       : gate == ORACLE             ? table_parse_oracle(program, args, nargs, out)
                                                    : table_parse_permutation(program, args, nargs, out);
    return result == 0 ? parse_controls(program, controls, out) : -1;
}

const struct special parse_specials[] = {{"unitary", KETSIM_GATE_UNITARY},
                                         {"pauli_rotation", KETSIM_GATE_PAULI_ROTATION},
                                         {"global_phase", GLOBAL_PHASE},
                                         {"diagonal", KETSIM_GATE_DIAGONAL},
                                         {"permutation", KETSIM_GATE_PERMUTATION},
                                         {"oracle", ORACLE},
                                         {"permute_qubits", PERMUTE_QUBITS},
                                         {"measure", FIRST_DYNAMIC + KETSIM_DYNAMIC_MEASURE},
                                         {"reset", FIRST_DYNAMIC + KETSIM_DYNAMIC_RESET},
                                         {"if_", FIRST_DYNAMIC + KETSIM_DYNAMIC_IF},
                                         {"repeat_until", FIRST_DYNAMIC + KETSIM_DYNAMIC_REPEAT},
                                         {"channel", FIRST_DYNAMIC + KETSIM_DYNAMIC_CHANNEL},
                                         {"readout", FIRST_DYNAMIC + KETSIM_DYNAMIC_READOUT},
                                         {NULL, 0}};

int parse_operation(const struct program *program, int gate, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *controls, struct parsed *out)
{
    out->matrix.own = NULL;
    out->matrix.tolerance = 0;
    out->phases.buffer.obj = NULL;
    out->phases.owned = NULL;
    out->table = NULL;
    switch (gate) {
    case KETSIM_GATE_DIAGONAL:
    case KETSIM_GATE_PERMUTATION:
    case ORACLE: return parse_table(program, gate, args, nargs, controls, out);
    case PERMUTE_QUBITS: return table_parse_order(program, args, nargs, controls, out);
    case KETSIM_GATE_UNITARY: return parse_unitary(program, args, nargs, controls, out);
    case KETSIM_GATE_PAULI_ROTATION: return parse_pauli_rotation(program, args, nargs, controls, out);
    case GLOBAL_PHASE: return parse_global_phase(program, args, nargs, controls, out);
    default: return parse_row(program, (ketsim_gate)gate, args, nargs, controls, out);
    }
}
