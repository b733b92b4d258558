/* observable.c - the type Observable: a sum of Pauli strings with real coefficients, which never changes. */
#include "args.h"
#include "call.h"

enum { SHOWN = 16, STRING_BYTES = 5 * KETSIM_MAX_QUBITS };

static PyObject *observable_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

/* Of any interpreter: the type is final, so no other has this slot. */
static bool is_observable(PyObject *given)
{
    return PyType_GetSlot(Py_TYPE(given), Py_tp_new) == (void *)observable_tp_new;
}

/* Takes what the library made, unless it failed. */
static PyObject *observable_wrap(struct ext *ext, ketsim_status status, ketsim_observable *made)
{
    if (status != KETSIM_OK) return error_raise(ext, status);
    struct observable *self = (struct observable *)PyType_GenericAlloc(ext->observable, 0);
    if (!self) {
        ketsim_observable_free(made);
        return NULL;
    }
    self->ext = ext;
    self->observable = made;
    return (PyObject *)self;
}

static void observable_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ketsim_observable_free(((struct observable *)self)->observable);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- from Python objects ---------------------------------------------------------------------- */

static PyObject *from_text(struct ext *ext, PyObject *given)
{
    ketsim_observable *made = NULL;
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(given, &length);
    if (!text) return NULL;
    const ketsim_status status = ketsim_observable_parse(&made, text, (size_t)length);
    return observable_wrap(ext, status, made);
}

static PyObject *from_number(struct ext *ext, PyObject *given)
{
    ketsim_pauli term = {0};
    ketsim_observable *made = NULL;
    if (args_angle(ext, given, "coefficient", &term.coefficient) < 0) return NULL;
    const ketsim_status status = ketsim_observable_new(&made, &term, 1);
    return observable_wrap(ext, status, made);
}

/* Sum of factors[k] times the Observable objects[k]. */
static PyObject *combine(struct ext *ext, PyObject *const *objects, const double *factors, size_t count)
{
    ketsim_observable *made = NULL;
    const ketsim_observable **list = PyMem_Malloc((count + !count) * sizeof *list);
    if (!list) return PyErr_NoMemory();
    for (size_t k = 0; k < count; k++) list[k] = ((struct observable *)objects[k])->observable;
    const ketsim_status status = ketsim_observable_combine(&made, list, factors, count);
    PyMem_Free(list);
    return observable_wrap(ext, status, made);
}

/* Coefficient and text of an entry, the text first when it is a dict's; borrowed. */
static int unpack_entry(PyObject *entry, bool of_dict, PyObject **coefficient, PyObject **text)
{
    if (!PyTuple_Check(entry) || PyTuple_Size(entry) != 2)
        return error_type("observable", "a str, a dict, or an iterable of (coefficient, str)", entry);
    *coefficient = PyTuple_GetItem(entry, of_dict);
    *text = PyTuple_GetItem(entry, !of_dict);
    return PyUnicode_Check(*text) ? 0 : error_type("Pauli string", "a str", *text);
}

static PyObject *parse_entry(struct ext *ext, PyObject *entry, bool of_dict, double *factor)
{
    PyObject *coefficient, *text;
    if (unpack_entry(entry, of_dict, &coefficient, &text) < 0) return NULL;
    if (args_angle(ext, coefficient, "coefficient", factor) < 0) return NULL;
    if (Py_IS_FINITE(*factor)) return from_text(ext, text);
    return error_argument(ext, "coefficient %R: must be finite", coefficient);
}

/* Sum of the entries of a tuple. */
static PyObject *from_items(struct ext *ext, PyObject *items, bool of_dict)
{
    const size_t count = (size_t)PyTuple_Size(items);
    PyObject **parsed = PyMem_Calloc(count + !count, sizeof(PyObject *) + sizeof(double));
    double *factors = (double *)(parsed + count + !count);
    PyObject *made = NULL;
    size_t k = 0;
    struct turn turn = {0};
    if (!parsed) return PyErr_NoMemory();
    for (; k < count; k++, run_step(&turn)) {
        parsed[k] = parse_entry(ext, PyTuple_GetItem(items, (Py_ssize_t)k), of_dict, &factors[k]);
        if (!parsed[k]) break;
    }
    if (k == count) made = combine(ext, parsed, factors, count);
    else error_prefix(ext, (Py_ssize_t)k);
    while (k--) Py_DECREF(parsed[k]);
    PyMem_Free(parsed);
    return made;
}

static PyObject *from_entries(struct ext *ext, PyObject *given)
{
    const bool is_dict = PyDict_Check(given);
    PyObject *list = is_dict ? PyDict_Items(given) : Py_NewRef(given);
    PyObject *items = list ? args_items(list, "observable",
                                        "a str, a number, a dict, or an iterable of (coefficient, str)")
                           : NULL;
    PyObject *made = items ? from_items(ext, items, is_dict) : NULL;
    Py_XDECREF(items);
    Py_XDECREF(list);
    return made;
}

PyObject *observable_from(struct ext *ext, PyObject *given)
{
    if (Py_TYPE(given) == ext->observable) return Py_NewRef(given);
    if (PyUnicode_Check(given)) return from_text(ext, given);
    if (PyNumber_Check(given)) return from_number(ext, given);
    return from_entries(ext, given);
}

static PyObject *observable_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", NULL};
    PyObject *given;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Observable", (char **)names, &given)) return NULL;
    return observable_from(PyType_GetModuleState(type), given);
}

/* ---- text ------------------------------------------------------------------------------------- */

static PyObject *observable_str(PyObject *self)
{
    const ketsim_observable *observable = ((struct observable *)self)->observable;
    const size_t size = ketsim_observable_text(observable, NULL, 0) + 1;
    char *text = PyMem_Malloc(size);
    if (!text) return PyErr_NoMemory();
    PyObject *made = PyUnicode_FromStringAndSize(text,
                                                 (Py_ssize_t)ketsim_observable_text(observable, text, size));
    PyMem_Free(text);
    return made;
}

static PyObject *observable_repr(PyObject *self)
{
    const ketsim_observable *observable = ((struct observable *)self)->observable;
    const size_t length = ketsim_observable_length(observable);
    if (length > SHOWN)
        return PyUnicode_FromFormat("<Observable on %u qubits: %zu terms>",
                                    ketsim_observable_nqubits(observable), length);
    PyObject *text = observable_str(self);
    PyObject *made = text ? PyUnicode_FromFormat("Observable(%R)", text) : NULL;
    Py_XDECREF(text);
    return made;
}

/* The letters of a term, 'Z0 X12'; 'I0' when there are none. */
static PyObject *term_letters(const ketsim_pauli_record *term)
{
    char text[STRING_BYTES];
    int length = 0;
    for (unsigned q = 0; q < KETSIM_MAX_QUBITS; q++) {
        const unsigned letter = (unsigned)(term->x >> q & 1) | (unsigned)(term->z >> q & 1) << 1;
        if (!letter) continue;
        length += PyOS_snprintf(text + length, sizeof text - (size_t)length, length ? " %c%u" : "%c%u",
                                "IXZY"[letter], q);
    }
    return length ? PyUnicode_FromStringAndSize(text, length) : PyUnicode_FromString("I0");
}

/* ---- slots ------------------------------------------------------------------------------------ */

static Py_ssize_t observable_length(PyObject *self)
{
    return (Py_ssize_t)ketsim_observable_length(((struct observable *)self)->observable);
}

static PyObject *observable_item(PyObject *self, Py_ssize_t index)
{
    ketsim_pauli_record term;
    const ketsim_observable *observable = ((struct observable *)self)->observable;
    if (index >= 0 && ketsim_observable_get(observable, &term, (size_t)index) == KETSIM_OK)
        return Py_BuildValue("(dN)", term.coefficient, term_letters(&term));
    PyErr_Format(PyExc_IndexError, "term %zd: the observable has %zd", index, observable_length(self));
    return NULL;
}

static PyObject *observable_richcompare(PyObject *self, PyObject *other, int operation)
{
    if (Py_TYPE(other) != Py_TYPE(self) || (operation != Py_EQ && operation != Py_NE))
        return Py_NewRef(Py_NotImplemented);
    const bool equal = ketsim_observable_equal(((struct observable *)self)->observable,
                                               ((struct observable *)other)->observable);
    return PyBool_FromLong(equal == (operation == Py_EQ));
}

/* Equal observables have equal texts. */
static Py_hash_t observable_hash(PyObject *self)
{
    PyObject *text = observable_str(self);
    const Py_hash_t hash = text ? PyObject_Hash(text) : -1;
    Py_XDECREF(text);
    return hash;
}

static PyObject *observable_reduce(PyObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *text = observable_str(self);
    return text ? Py_BuildValue("(O(N))", Py_TYPE(self), text) : NULL;
}

static PyObject *observable_copy(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return Py_NewRef(self);
}

static PyObject *get_nqubits(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLong(ketsim_observable_nqubits(((struct observable *)self)->observable));
}

/* ---- arithmetic ------------------------------------------------------------------------------- */

/* A real number: 1, another type: 0, an exception: -1. */
static int real_number(struct ext *ext, PyObject *given, double *out)
{
    if (args_angle(ext, given, "factor", out) == 0) return 1;
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
    PyErr_Clear();
    return 0;
}

/* What is added: an Observable, or a number times the identity; Py_None for any other type. */
static PyObject *summand(struct ext *ext, PyObject *given)
{
    double value;
    if (is_observable(given)) return Py_NewRef(given);
    const int is_real = real_number(ext, given, &value);
    return is_real > 0 ? from_number(ext, given) : is_real < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *add(PyObject *left, PyObject *right, double factor)
{
    struct ext *ext = ((struct observable *)(is_observable(left) ? left : right))->ext;
    PyObject *pair[2] = {summand(ext, left), NULL}, *made = NULL;
    if (pair[0]) pair[1] = summand(ext, right);
    if (pair[0] == Py_None || pair[1] == Py_None) made = Py_NewRef(Py_NotImplemented);
    else if (pair[1]) made = combine(ext, pair, (double[]){1, factor}, 2);
    Py_XDECREF(pair[0]);
    Py_XDECREF(pair[1]);
    return made;
}

static PyObject *observable_add(PyObject *left, PyObject *right)
{
    return add(left, right, 1);
}

static PyObject *observable_subtract(PyObject *left, PyObject *right)
{
    return add(left, right, -1);
}

static PyObject *scale(PyObject *self, PyObject *number, bool divide)
{
    struct ext *ext = ((struct observable *)self)->ext;
    double factor;
    const int is_real = real_number(ext, number, &factor);
    if (is_real < 0) return NULL;
    if (!is_real) return Py_NewRef(Py_NotImplemented);
    if (divide && factor == 0) {
        PyErr_SetString(PyExc_ZeroDivisionError, "division of an Observable by zero");
        return NULL;
    }
    if (divide) factor = 1 / factor;
    return combine(ext, &self, &factor, 1);
}

static PyObject *observable_multiply(PyObject *left, PyObject *right)
{
    if (is_observable(left) && is_observable(right)) return Py_NewRef(Py_NotImplemented);
    return is_observable(left) ? scale(left, right, false) : scale(right, left, false);
}

static PyObject *observable_divide(PyObject *left, PyObject *right)
{
    return is_observable(left) ? scale(left, right, true) : Py_NewRef(Py_NotImplemented);
}

static PyObject *observable_negative(PyObject *self)
{
    return combine(((struct observable *)self)->ext, &self, &(double){-1}, 1);
}

static PyObject *observable_positive(PyObject *self)
{
    return Py_NewRef(self);
}

/* ---- documentation and type ------------------------------------------------------------------- */

static PyGetSetDef getters[] = {
    {"nqubits", get_nqubits, NULL, "Least number of qubits of a state it can be used with, an int.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"__copy__", observable_copy, METH_NOARGS, NULL},
    {"__deepcopy__", observable_copy, METH_O, NULL},
    {"__reduce__", observable_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(observable_doc,
"Observable(terms, /)\n--\n\n"
"A sum of Pauli strings with real coefficients; it never changes.\n"
"\n"
"Observables can be added, subtracted, negated, and multiplied or divided by a number; a number\n"
"added is a multiple of the identity.  As a sequence an observable holds (coefficient, string)\n"
"tuples, sorted.  Equal strings are one term, and terms of coefficient 0 are left out, so that\n"
"observables are equal, and hash alike, when they are the same sum.\n"
"\n"
"Parameters\n"
"----------\n"
"terms : str, dict, iterable of tuple, float or Observable\n"
"    ``'0.5 Z0 Z1 + X2 - 1.5'``, where a letter X, Y, Z or I is followed by its qubit, 0..39, and a\n"
"    lone number is a multiple of the identity; ``{'Z0 Z1': 0.5}``; ``[(0.5, 'Z0 Z1')]``.\n"
"\n"
"Raises\n"
"------\n"
"ParseError\n"
"    A text is malformed; the message gives the position of what is wrong in it.\n"
"InvalidArgument, TypeError\n"
"    A coefficient is not finite or no real number.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Observable\n"
">>> energy = Observable('0.5 Z0 Z1 + X2 - 1.5')\n"
">>> energy == 0.5 * Observable({'Z0 Z1': 1, 'X2': 2}) - 1.5\n"
"True\n"
">>> len(energy), energy.nqubits\n"
"(3, 3)\n"
">>> energy\n"
"Observable('-1.5 + 0.5 Z0 Z1 + X2')\n");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)observable_doc},
    {Py_tp_new, observable_tp_new},
    {Py_tp_dealloc, observable_dealloc},
    {Py_tp_repr, observable_repr},
    {Py_tp_str, observable_str},
    {Py_tp_richcompare, observable_richcompare},
    {Py_tp_hash, observable_hash},
    {Py_tp_iter, PySeqIter_New},
    {Py_sq_length, observable_length},
    {Py_sq_item, observable_item},
    {Py_nb_add, observable_add},
    {Py_nb_subtract, observable_subtract},
    {Py_nb_multiply, observable_multiply},
    {Py_nb_true_divide, observable_divide},
    {Py_nb_negative, observable_negative},
    {Py_nb_positive, observable_positive},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec observable_spec = {"ketsim.Observable", sizeof(struct observable), 0, Py_TPFLAGS_DEFAULT, slots};
