/* dynamic.c - operations of circuits that are not gates, from the arguments of methods and from tuples. */
#include "args.h"

#include <string.h>

/* What a dynamic operation from Python points to. */
struct given {
    ketsim_dynamic dynamic;
    int qubits[KETSIM_MAX_QUBITS], bits[KETSIM_MAX_BITS];
};

/* ---- arguments --------------------------------------------------------------------------------- */

static int parse_bit(struct ext *ext, PyObject *given, int *out)
{
    uint64_t bit;
    if (args_integer(ext, given, "bit", 0, KETSIM_MAX_BITS - 1, &bit) < 0) return -1;
    *out = (int)bit;
    return 0;
}

/* One bit, or an iterable of them. */
static int parse_bits(struct ext *ext, PyObject *given, struct given *out)
{
    ketsim_dynamic *dynamic = &out->dynamic;
    dynamic->nbits = 1;
    if (PyIndex_Check(given)) return parse_bit(ext, given, &out->bits[0]);
    PyObject *items = args_items(given, "bits", "an integer or an iterable of integers");
    if (!items) return -1;
    int result = PyTuple_Size(items) <= KETSIM_MAX_BITS ? 0 : -1;
    if (result < 0) error_argument(ext, "bits: more than %d given: must differ", KETSIM_MAX_BITS);
    dynamic->nbits = (size_t)PyTuple_Size(items);
    for (Py_ssize_t k = 0; result == 0 && k < PyTuple_Size(items); k++)
        result = parse_bit(ext, PyTuple_GetItem(items, k), &out->bits[k]);
    Py_DECREF(items);
    return result;
}

/* None: all bits 1. */
static int parse_value(struct ext *ext, PyObject *given, struct given *out)
{
    const size_t nbits = out->dynamic.nbits;
    out->dynamic.value = nbits < 64 ? (UINT64_C(1) << nbits) - 1 : UINT64_MAX;
    if (!given || given == Py_None) return 0;
    if (!PyBool_Check(given)) return args_integer(ext, given, "value", 0, UINT64_MAX, &out->dynamic.value);
    out->dynamic.value = given == Py_True;
    return 0;
}

static int parse_body(struct ext *ext, PyObject *given, struct given *out)
{
    if (Py_TYPE(given) != ext->circuit) return error_type("body", "a Circuit", given);
    out->dynamic.body = ((struct circuit *)given)->circuit;
    return 0;
}

static int parse_qubits(const struct program *program, PyObject *const *items, Py_ssize_t count,
                        struct given *out)
{
    if (count > KETSIM_MAX_QUBITS) {
        error_argument(program->ext, "%zd qubits given: must differ", count);
        return -1;
    }
    for (Py_ssize_t k = 0; k < count; k++)
        if (args_qubit(program, items[k], &out->qubits[k]) < 0) return -1;
    out->dynamic.nqubits = (size_t)count;
    return 0;
}

/* No qubits: all. */
static int parse_qubits_or_all(const struct program *program, PyObject *const *items, Py_ssize_t count,
                               struct given *out)
{
    if (count) return parse_qubits(program, items, count, out);
    for (unsigned q = 0; q < program->nqubits; q++) out->qubits[q] = (int)q;
    out->dynamic.nqubits = program->nqubits;
    return 0;
}

/* bits NULL or None: those with the numbers of the qubits. */
static int parse_measure(const struct program *program, PyObject *const *items, Py_ssize_t count,
                         PyObject *bits, struct given *out)
{
    if (parse_qubits_or_all(program, items, count, out) < 0) return -1;
    if (bits && bits != Py_None) return parse_bits(program->ext, bits, out);
    memcpy(out->bits, out->qubits, sizeof out->qubits);
    out->dynamic.nbits = out->dynamic.nqubits;
    return 0;
}

/* One row of a table, (p(0), p(1)). */
static int parse_row(struct ext *ext, PyObject *given, double *out)
{
    PyObject *items = args_items(given, "confusion", "a table of shape (2, 2)");
    if (!items) return -1;
    int result = PyTuple_Size(items) == 2 ? 0 : -1;
    if (result < 0)
        error_argument(ext, "confusion with a row of %zd: must be of shape (2, 2)", PyTuple_Size(items));
    for (Py_ssize_t k = 0; result == 0 && k < 2; k++)
        result = args_angle(ext, PyTuple_GetItem(items, k), "confusion", &out[k]);
    Py_DECREF(items);
    return result;
}

static int parse_confusion(struct ext *ext, PyObject *given, struct given *out)
{
    PyObject *rows = args_items(given, "confusion", "a table of shape (2, 2)");
    if (!rows) return -1;
    int result = PyTuple_Size(rows) == 2 ? 0 : -1;
    if (result < 0) error_argument(ext, "confusion of %zd rows: must be of shape (2, 2)", PyTuple_Size(rows));
    for (Py_ssize_t k = 0; result == 0 && k < 2; k++)
        result = parse_row(ext, PyTuple_GetItem(rows, k), &out->dynamic.confusion[2 * k]);
    Py_DECREF(rows);
    return result;
}

/* No bits: all. */
static int parse_readout(const struct program *program, PyObject *confusion, PyObject *const *items,
                         Py_ssize_t count, struct given *out)
{
    if (count > KETSIM_MAX_BITS) {
        error_argument(program->ext, "%zd bits given: must differ", count);
        return -1;
    }
    if (parse_confusion(program->ext, confusion, out) < 0) return -1;
    out->dynamic.nbits = count ? (size_t)count : program->nbits;
    for (size_t k = 0; k < out->dynamic.nbits; k++) {
        out->bits[k] = (int)k;
        if (count && parse_bit(program->ext, items[k], &out->bits[k]) < 0) return -1;
    }
    return 0;
}

static int parse_condition(struct ext *ext, PyObject *bits, PyObject *body, PyObject *value, PyObject *limit,
                           struct given *out)
{
    if (parse_bits(ext, bits, out) < 0 || parse_body(ext, body, out) < 0 || parse_value(ext, value, out) < 0)
        return -1;
    return limit ? args_integer(ext, limit, "limit", 1, UINT64_MAX, &out->dynamic.limit) : 0;
}

static int put(struct ext *ext, ketsim_circuit *circuit, struct given *given, ketsim_dynamic_kind kind)
{
    given->dynamic.kind = kind;
    given->dynamic.qubits = given->qubits;
    given->dynamic.bits = given->bits;
    const ketsim_status status = ketsim_circuit_append_dynamic(circuit, &given->dynamic);
    if (status == KETSIM_OK) return 0;
    error_raise(ext, status);
    return -1;
}

/* ---- methods ----------------------------------------------------------------------------------- */

static PyObject *append(PyObject *self, struct given *given, ketsim_dynamic_kind kind)
{
    const struct circuit *circuit = (struct circuit *)self;
    return put(circuit->program.ext, circuit->circuit, given, kind) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *circuit_measure(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct given given = {0};
    PyObject *bits;
    if (args_keyword("measure", "bits", args, nargs, kwnames, &bits) < 0) return NULL;
    if (parse_measure((struct program *)self, args, nargs, bits, &given) < 0) return NULL;
    return append(self, &given, KETSIM_DYNAMIC_MEASURE);
}

static PyObject *circuit_reset(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    struct given given = {0};
    if (parse_qubits_or_all((struct program *)self, args, nargs, &given) < 0) return NULL;
    return append(self, &given, KETSIM_DYNAMIC_RESET);
}

static PyObject *circuit_if(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"bits", "body", "value", NULL};
    struct given given = {0};
    PyObject *bits, *body, *value = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|O:if_", (char **)names, &bits, &body, &value))
        return NULL;
    if (parse_condition(((struct program *)self)->ext, bits, body, value, NULL, &given) < 0) return NULL;
    return append(self, &given, KETSIM_DYNAMIC_IF);
}

static PyObject *circuit_repeat(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"body", "bits", "value", "limit", NULL};
    struct given given = {.dynamic.limit = 100};
    PyObject *bits, *body, *value = NULL, *limit = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|OO:repeat_until", (char **)names, &body, &bits, &value,
                                     &limit))
        return NULL;
    if (parse_condition(((struct program *)self)->ext, bits, body, value, limit, &given) < 0) return NULL;
    return append(self, &given, KETSIM_DYNAMIC_REPEAT);
}

static PyObject *circuit_channel(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    struct given given = {0};
    if (nargs < 1) {
        PyErr_SetString(PyExc_TypeError, "channel() takes a channel and its qubits, 0 arguments given");
        return NULL;
    }
    given.dynamic.channel = channel_from(args[0]);
    if (!given.dynamic.channel || parse_qubits((struct program *)self, args + 1, nargs - 1, &given) < 0)
        return NULL;
    return append(self, &given, KETSIM_DYNAMIC_CHANNEL);
}

static PyObject *circuit_readout(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    struct given given = {0};
    if (nargs < 1) {
        PyErr_SetString(PyExc_TypeError, "readout() takes a table and bits, 0 arguments given");
        return NULL;
    }
    if (parse_readout((struct program *)self, args[0], args + 1, nargs - 1, &given) < 0) return NULL;
    return append(self, &given, KETSIM_DYNAMIC_READOUT);
}

/* ---- from tuples ------------------------------------------------------------------------------- */

static int fail_entry(struct ext *ext, const char *form)
{
    error_argument(ext, "tuple: must be %s", form);
    return -1;
}

static int parse_measure_entry(const struct program *program, PyObject **items, Py_ssize_t count,
                               struct given *out)
{
    PyObject *bits = NULL;
    if (count && PyDict_Check(items[count - 1])) {
        PyObject *extras = items[--count];
        bits = PyDict_GetItemString(extras, "bits");
        if (!bits || PyDict_Size(extras) != 1)
            return fail_entry(program->ext, "('measure', *qubits, {'bits': ...})");
    }
    return parse_measure(program, items, count, bits, out);
}

static int parse_entry(const struct program *program, ketsim_dynamic_kind kind, PyObject **items,
                       Py_ssize_t count, struct given *out)
{
    struct ext *ext = program->ext;
    switch (kind) {
    case KETSIM_DYNAMIC_MEASURE: return parse_measure_entry(program, items, count, out);
    case KETSIM_DYNAMIC_RESET: return parse_qubits_or_all(program, items, count, out);
    case KETSIM_DYNAMIC_IF:
        if (count != 3) return fail_entry(ext, "('if_', bits, body, value)");
        return parse_condition(ext, items[0], items[1], items[2], NULL, out);
    case KETSIM_DYNAMIC_REPEAT:
        if (count != 4) return fail_entry(ext, "('repeat_until', body, bits, value, limit)");
        return parse_condition(ext, items[1], items[0], items[2], items[3], out);
    case KETSIM_DYNAMIC_READOUT:
        if (!count) return fail_entry(ext, "('readout', confusion, *bits)");
        return parse_readout(program, items[0], items + 1, count - 1, out);
    default: break;
    }
    out->dynamic.channel = count ? channel_from(items[0]) : NULL;
    if (!count) return fail_entry(ext, "('channel', channel, *qubits)");
    return out->dynamic.channel ? parse_qubits(program, items + 1, count - 1, out) : -1;
}

int dynamic_append_entry(const struct program *program, ketsim_circuit *circuit, int gate, PyObject *entry)
{
    PyObject *items[2 + KETSIM_MAX_BITS];
    const Py_ssize_t count = PyTuple_Size(entry) - 1;
    struct given given = {0};
    const ketsim_dynamic_kind kind = (ketsim_dynamic_kind)(gate - FIRST_DYNAMIC);
    if (count > (Py_ssize_t)(sizeof items / sizeof *items)) {
        error_argument(program->ext, "tuple of %zd items: must be at most %zu", count + 1,
                       sizeof items / sizeof *items + 1);
        return -1;
    }
    for (Py_ssize_t k = 0; k < count; k++) items[k] = PyTuple_GetItem(entry, k + 1);
    if (parse_entry(program, kind, items, count, &given) < 0) return -1;
    return put(program->ext, circuit, &given, kind);
}

/* ---- documentation ----------------------------------------------------------------------------- */

PyDoc_STRVAR(measure_doc,
"measure($self, /, *qubits, bits=None)\n--\n\n"
"Append a measurement of qubits into classical bits.\n"
"\n"
"Parameters\n"
"----------\n"
"*qubits : int\n"
"    Different qubits; none means all.\n"
"bits : int or iterable of int, optional\n"
"    Where outcomes go, one bit for each qubit; the bits with the qubits' numbers if left out.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    A qubit or bit is out of range or given twice, or they are not as many.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, run_shots\n"
">>> run_shots(Circuit(2, bits=1).X(1).measure(1, bits=0), 10)\n"
"{'1': 10}\n");

PyDoc_STRVAR(reset_doc,
"reset($self, /, *qubits)\n--\n\n"
"Append a reset of qubits to ``|0>``: they are measured, and flipped where the outcome is 1.\n"
"\n"
"Parameters\n"
"----------\n"
"*qubits : int\n"
"    Different qubits; none means all.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, run_shots\n"
">>> run_shots(Circuit(1, bits=1).H(0).reset(0).measure(), 10)\n"
"{'0': 10}\n");

PyDoc_STRVAR(if_doc,
"if_($self, /, bits, body, value=None)\n--\n\n"
"Append a circuit that runs only if classical bits have a value.\n"
"\n"
"Parameters\n"
"----------\n"
"bits : int or iterable of int\n"
"    The bits to look at, the first being the most significant of the value.\n"
"body : Circuit\n"
"    On at most as many qubits and bits; a copy is taken.  Its parameters become the circuit's.\n"
"value : int, optional\n"
"    All bits 1 if left out.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    A bit or the value is out of range, or the body does not fit.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, run_shots\n"
">>> circuit = Circuit(2, bits=2).H(0).measure(0).if_(0, Circuit(2).X(1)).measure(1)\n"
">>> sorted(run_shots(circuit, 1000, seed=1))\n"
"['00', '11']\n");

PyDoc_STRVAR(repeat_doc,
"repeat_until($self, /, body, bits, value=None, limit=100)\n--\n\n"
"Append a circuit that runs again and again until classical bits have a value.\n"
"\n"
"Parameters\n"
"----------\n"
"body : Circuit\n"
"    As `if_` takes it; it runs at least once.\n"
"bits : int or iterable of int\n"
"    The bits to look at after each round, the first being the most significant of the value.\n"
"value : int, optional\n"
"    All bits 1 if left out.\n"
"limit : int, optional\n"
"    Rounds at most.  After the last one the shot goes on whatever the bits are: they tell.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, run_shots\n"
">>> toss = Circuit(1, bits=1).reset(0).H(0).measure(0)\n"
">>> run_shots(Circuit(1, bits=1).repeat_until(toss, 0, limit=60), 1000)\n"
"{'1': 1000}\n");

PyDoc_STRVAR(channel_doc,
"channel($self, channel, /, *qubits)\n--\n\n"
"Append noise: each shot has one of the channel's operators, with its probability.\n"
"\n"
"Parameters\n"
"----------\n"
"channel : Channel\n"
"    Of `ketsim.noise`.\n"
"*qubits : int\n"
"    As many different qubits as the channel is on.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, noise, run_shots\n"
">>> run_shots(Circuit(1, bits=1).channel(noise.bit_flip(1.0), 0).measure(), 10)\n"
"{'1': 10}\n");

PyDoc_STRVAR(readout_doc,
"readout($self, confusion, /, *bits)\n--\n\n"
"Append a detector that errs: each classical bit may flip, and what follows sees it flipped.\n"
"\n"
"`NoiseModel.add_readout` puts one behind each measurement.\n"
"\n"
"Parameters\n"
"----------\n"
"confusion : array_like of shape (2, 2)\n"
"    Entry (a, b) is the probability that a bit that is a becomes b: rows add up to 1.\n"
"*bits : int\n"
"    Different classical bits; none means all.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    It is no such table, or a bit is out of range or given twice.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, run_shots\n"
">>> circuit = Circuit(1, bits=1).measure(0).readout([[0.75, 0.25], [0, 1]], 0)\n"
">>> 150 < run_shots(circuit, 1000, seed=1)['1'] < 350\n"
"True\n");

const PyMethodDef dynamic_methods[] = {
    {"measure", METHOD(circuit_measure), METH_FASTCALL | METH_KEYWORDS, measure_doc},
    {"reset", METHOD(circuit_reset), METH_FASTCALL, reset_doc},
    {"if_", METHOD(circuit_if), METH_VARARGS | METH_KEYWORDS, if_doc},
    {"repeat_until", METHOD(circuit_repeat), METH_VARARGS | METH_KEYWORDS, repeat_doc},
    {"channel", METHOD(circuit_channel), METH_FASTCALL, channel_doc},
    {"readout", METHOD(circuit_readout), METH_FASTCALL, readout_doc},
    {NULL, NULL, 0, NULL},
};
