/* linear.c - parameters of circuits: expressions from and to Python, and values for them.
 *
 * The classes are Python's, in _parameters.py. */
#include "args.h"

#include <math.h>
#include <string.h>

/* An attribute of the module of parameters, a new reference. */
static PyObject *attribute(const char *name)
{
    PyObject *module = PyImport_ImportModule("ketsim._parameters");
    PyObject *found = module ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return found;
}

static int is_linear(PyObject *given)
{
    PyObject *type = PyFloat_Check(given) || PyLong_Check(given) ? NULL : attribute("Linear");
    const int answer = type ? PyObject_IsInstance(given, type) : PyErr_Occurred() ? -1 : 0;
    Py_XDECREF(type);
    return answer;
}

/* ---- from Python ------------------------------------------------------------------------------- */

/* The texts live as long as the expression does. */
static int parse_term(PyObject *pair, ketsim_term *out)
{
    Py_ssize_t length;
    PyObject *name = PyTuple_GetItem(pair, 0), *factor = PyTuple_GetItem(pair, 1);
    out->parameter = name ? PyUnicode_AsUTF8AndSize(name, &length) : NULL;
    out->factor = factor ? PyFloat_AsDouble(factor) : -1;
    return PyErr_Occurred() ? -1 : 0;
}

static int parse_terms(struct ext *ext, PyObject *terms, ketsim_linear *out, ketsim_term *room)
{
    const Py_ssize_t count = PyTuple_Size(terms);
    if (count > MOST_LINEAR) {
        error_argument(ext, "expression of %zd parameters: must have at most %d", count, MOST_LINEAR);
        return -1;
    }
    for (Py_ssize_t k = 0; k < count; k++)
        if (parse_term(PyTuple_GetItem(terms, k), &room[k]) < 0) return -1;
    *out = (ketsim_linear){room, (size_t)count};
    return count < 0 ? -1 : 0;
}

int linear_parse(struct ext *ext, PyObject *given, double *offset, ketsim_linear *out, ketsim_term *room)
{
    const int found = is_linear(given);
    *out = (ketsim_linear){NULL, 0};
    if (found <= 0) return found;
    PyObject *terms = PyObject_GetAttrString(given, "terms"),
             *number = PyObject_GetAttrString(given, "offset");
    int result = terms && number ? parse_terms(ext, terms, out, room) : -1;
    if (result == 0) *offset = PyFloat_AsDouble(number);
    if (PyErr_Occurred()) result = -1;
    Py_XDECREF(number);
    Py_XDECREF(terms);
    return result < 0 ? -1 : 1;
}

/* ---- to Python --------------------------------------------------------------------------------- */

static PyObject *list_terms(const ketsim_circuit *circuit, size_t index, unsigned angle, size_t count)
{
    PyObject *terms = PyTuple_New((Py_ssize_t)count);
    ketsim_term term;
    for (size_t t = 0; terms && t < count; t++) {
        PyObject *pair = ketsim_circuit_get_term(circuit, &term, index, angle, t) == KETSIM_OK
                             ? Py_BuildValue("(sd)", term.parameter, term.factor)
                             : NULL;
        if (!pair || PyTuple_SetItem(terms, (Py_ssize_t)t, pair) < 0) Py_CLEAR(terms);
    }
    return terms;
}

PyObject *linear_make(const ketsim_circuit *circuit, const ketsim_op_record *record, size_t index,
                      unsigned angle)
{
    PyObject *terms = list_terms(circuit, index, angle, record->nterms[angle]);
    PyObject *restore = terms ? attribute("restore") : NULL, *made = NULL;
    if (restore) made = PyObject_CallFunction(restore, "Od", terms, record->angles[angle]);
    Py_XDECREF(restore);
    Py_XDECREF(terms);
    return made;
}

PyObject *linear_parameters(const ketsim_circuit *circuit)
{
    const Py_ssize_t count = (Py_ssize_t)ketsim_circuit_nparameters(circuit);
    PyObject *type = attribute("Parameter"), *all = type ? PyTuple_New(count) : NULL;
    for (Py_ssize_t k = 0; all && k < count; k++) {
        PyObject *one = PyObject_CallFunction(type, "s", ketsim_circuit_parameter(circuit, (size_t)k));
        if (!one || PyTuple_SetItem(all, k, one) < 0) Py_CLEAR(all);
    }
    Py_XDECREF(type);
    return all;
}

/* ---- values ------------------------------------------------------------------------------------ */

/* The parameter that a key of a dict names; count when there is none, as with a 0 inside, SIZE_MAX with an exception. */
static size_t find(const ketsim_circuit *circuit, PyObject *key, size_t count)
{
    Py_ssize_t length = 0;
    PyObject *name = PyUnicode_Check(key) ? Py_NewRef(key) : PyObject_GetAttrString(key, "name");
    const char *text = name && PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, &length) : NULL;
    size_t k = text && strlen(text) != (size_t)length ? count : 0;
    while (text && k < count && strcmp(text, ketsim_circuit_parameter(circuit, k))) k++;
    Py_XDECREF(name);
    if (text) return k;
    PyErr_Clear();
    error_type("key of params", "a Parameter or its name", key);
    return SIZE_MAX;
}

static int set_value(struct ext *ext, const ketsim_circuit *circuit, PyObject *key, PyObject *value,
                     double *values, size_t count)
{
    char what[16 + KETSIM_MAX_NAME];
    const size_t k = find(circuit, key, count);
    if (k == SIZE_MAX) return -1;
    if (k == count) {
        error_argument(ext, "%R: the circuit has no such parameter", key);
        return -1;
    }
    PyOS_snprintf(what, sizeof what, "parameter %s", ketsim_circuit_parameter(circuit, k));
    return args_angle(ext, value, what, &values[k]);
}

/* NaN until they are set. */
static int from_dict(struct ext *ext, const ketsim_circuit *circuit, PyObject *given, double *values,
                     size_t count)
{
    PyObject *items = PyMapping_Items(given);
    const Py_ssize_t size = items ? PyList_Size(items) : 0;
    int result = items ? 0 : -1;
    for (size_t k = 0; k < count; k++) values[k] = NAN;
    for (Py_ssize_t k = 0; result == 0 && k < size; k++) {
        PyObject *item = PyList_GetItem(items, k);
        result = set_value(ext, circuit, PyTuple_GetItem(item, 0), PyTuple_GetItem(item, 1), values, count);
    }
    Py_XDECREF(items);
    for (size_t k = 0; result == 0 && (size_t)size < count && k < count; k++)
        if (isnan(values[k])) {
            error_argument(ext, "parameter %s: given no value", ketsim_circuit_parameter(circuit, k));
            result = -1;
        }
    return result;
}

static int from_items(struct ext *ext, PyObject *items, double *values)
{
    for (Py_ssize_t k = 0; k < PyTuple_Size(items); k++)
        if (args_angle(ext, PyTuple_GetItem(items, k), "value", &values[k]) < 0) return -1;
    return 0;
}

double *linear_values(struct ext *ext, const ketsim_circuit *circuit, PyObject *given, size_t *count)
{
    PyObject *items = PyDict_Check(given) ? NULL
                                          : args_items(given, "params", "a dict or an iterable of numbers");
    if (!items && PyErr_Occurred()) return NULL;
    *count = items ? (size_t)PyTuple_Size(items) : ketsim_circuit_nparameters(circuit);
    double *values = PyMem_Malloc((*count + !*count) * sizeof *values);
    if (!values) PyErr_NoMemory();
    else if ((items ? from_items(ext, items, values) : from_dict(ext, circuit, given, values, *count)) < 0) {
        PyMem_Free(values);
        values = NULL;
    }
    Py_XDECREF(items);
    return values;
}
