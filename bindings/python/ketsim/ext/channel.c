/* channel.c - the type Channel: Kraus operators on one to three qubits, which never change; and readout that errs. */
#include "ext.h"

#include <string.h>

/* A channel from a pickle was checked when it was made, of sets that may be off by this. */
static const double RESTORE_TOLERANCE = 1e-3;

static PyObject *channel_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

static const ketsim_channel *channel_of(PyObject *self)
{
    return ((struct channel *)self)->channel;
}

const ketsim_channel *channel_from(PyObject *given)
{
    /* Of any interpreter: the type is final, so no other has this slot. */
    if (PyType_GetSlot(Py_TYPE(given), Py_tp_new) == (void *)channel_tp_new) return channel_of(given);
    error_type("channel", "a ketsim.noise.Channel", given);
    return NULL;
}

/* Takes what the library made, unless it failed. */
static PyObject *channel_wrap(struct ext *ext, ketsim_status status, ketsim_channel *made)
{
    if (status != KETSIM_OK) return error_raise(ext, status);
    return channel_new(ext, made);
}

PyObject *channel_new(struct ext *ext, ketsim_channel *channel)
{
    struct channel *self = (struct channel *)PyType_GenericAlloc(ext->channel, 0);
    if (!self) {
        ketsim_channel_free(channel);
        return NULL;
    }
    self->ext = ext;
    self->channel = channel;
    return (PyObject *)self;
}

static void channel_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ketsim_channel_free(((struct channel *)self)->channel);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- from operators --------------------------------------------------------------------------- */

/* Operators of one size, one after the other. */
struct operators {
    size_t count, nqubits;
    double tolerance;
    ketsim_complex *entries; /* for PyMem_Free() */
};

static int put_operator(struct ext *ext, const struct matrix *matrix, Py_ssize_t index, struct operators *out)
{
    const size_t nqubits = matrix->nqubits;
    if (nqubits > KETSIM_MAX_CHANNEL_QUBITS) {
        error_argument(ext, "entry %zd: matrix on %zu qubits: must be on 1..%d", index, nqubits,
                       KETSIM_MAX_CHANNEL_QUBITS);
        return -1;
    }
    if (index && nqubits != out->nqubits) {
        error_argument(ext, "entry %zd: matrix on %zu qubits: the first is on %zu", index, nqubits,
                       out->nqubits);
        return -1;
    }
    out->nqubits = nqubits;
    if (matrix->tolerance > out->tolerance) out->tolerance = matrix->tolerance;
    memcpy(out->entries + ((size_t)index << 2 * nqubits), matrix->entries,
           sizeof *out->entries << 2 * nqubits);
    return 0;
}

static int parse_operator(struct ext *ext, PyObject *given, Py_ssize_t index, struct operators *out)
{
    struct matrix matrix = {.own = NULL};
    if (matrix_parse(ext, given, &matrix) < 0) {
        PyMem_Free(matrix.own);
        error_prefix(ext, index);
        return -1;
    }
    const int result = put_operator(ext, &matrix, index, out);
    PyMem_Free(matrix.own);
    return result;
}

static int parse_operators(struct ext *ext, PyObject *items, struct operators *out)
{
    const size_t room = sizeof *out->entries << 2 * KETSIM_MAX_CHANNEL_QUBITS;
    out->count = (size_t)PyTuple_Size(items);
    if (out->count < 1 || out->count > KETSIM_MAX_KRAUS) {
        error_argument(ext, "channel of %zu Kraus operators: must have 1..%d", out->count, KETSIM_MAX_KRAUS);
        return -1;
    }
    out->entries = PyMem_Malloc(out->count * room);
    if (!out->entries) {
        PyErr_NoMemory();
        return -1;
    }
    int result = 0;
    for (Py_ssize_t k = 0; result == 0 && k < (Py_ssize_t)out->count; k++)
        result = parse_operator(ext, PyTuple_GetItem(items, k), k, out);
    return result;
}

static PyObject *from_operators(struct ext *ext, PyObject *given)
{
    struct operators operators = {0};
    ketsim_channel *made = NULL;
    PyObject *items = args_items(given, "Kraus operators", "an iterable of matrices"), *self = NULL;
    if (items && parse_operators(ext, items, &operators) == 0) {
        const ketsim_status status = ketsim_channel_new(&made, (unsigned)operators.nqubits, operators.entries,
                                                        operators.count, operators.tolerance);
        self = channel_wrap(ext, status, made);
    }
    PyMem_Free(operators.entries);
    Py_XDECREF(items);
    return self;
}

static PyObject *channel_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", NULL};
    struct ext *ext = PyType_GetModuleState(type);
    PyObject *given;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Channel", (char **)names, &given)) return NULL;
    if (Py_TYPE(given) == ext->channel) return Py_NewRef(given);
    return from_operators(ext, given);
}

/* ---- from names and strings ------------------------------------------------------------------- */

/* Real numbers of a tuple from first on, for PyMem_Free(). */
static double *reals(struct ext *ext, PyObject *items, Py_ssize_t first, const char *what)
{
    const Py_ssize_t count = PyTuple_Size(items) - first;
    double *values = PyMem_Malloc((size_t)(count + !count) * sizeof *values);
    if (!values) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t k = 0; k < count; k++)
        if (args_angle(ext, PyTuple_GetItem(items, first + k), what, &values[k]) < 0) {
            PyMem_Free(values);
            return NULL;
        }
    return values;
}

static PyObject *channel_named(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    const Py_ssize_t count = PyTuple_Size(args);
    ketsim_channel *made = NULL;
    PyObject *name = count ? PyTuple_GetItem(args, 0) : Py_None;
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
    if (!text) {
        if (!PyErr_Occurred()) error_type("name of a channel", "a str", name);
        return NULL;
    }
    double *values = reals(ext, args, 1, text);
    if (!values) return NULL;
    const ketsim_status status = ketsim_channel_named(&made, text, values, (size_t)count - 1);
    PyMem_Free(values);
    return channel_wrap(ext, status, made);
}

/* The letters of all strings, each as long as the first; for PyMem_Free(). */
static char *join_strings(struct ext *ext, PyObject *strings, size_t *nqubits)
{
    const Py_ssize_t count = PyTuple_Size(strings);
    char *letters = PyMem_Malloc((size_t)(count + 1) * (KETSIM_MAX_CHANNEL_QUBITS + 1));
    if (!letters) PyErr_NoMemory();
    for (Py_ssize_t k = 0; letters && k < count; k++) {
        PyObject *given = PyTuple_GetItem(strings, k);
        Py_ssize_t length = 0;
        const char *text = PyUnicode_Check(given) ? PyUnicode_AsUTF8AndSize(given, &length) : NULL;
        if (k == 0) *nqubits = (size_t)length;
        if (!text && !PyErr_Occurred()) error_type("Pauli string", "a str", given);
        else if (text && (length < 1 || length > KETSIM_MAX_CHANNEL_QUBITS || (size_t)length != *nqubits))
            error_argument(ext, "Pauli string %R: must have 1..%d letters, as many as the first", given,
                           KETSIM_MAX_CHANNEL_QUBITS);
        if (PyErr_Occurred()) {
            PyMem_Free(letters);
            return NULL;
        }
        memcpy(letters + (size_t)k * *nqubits, text, (size_t)length);
    }
    return letters;
}

static PyObject *channel_pauli(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    PyObject *strings, *probabilities, *self = NULL;
    ketsim_channel *made = NULL;
    size_t nqubits = 1;
    if (!PyArg_ParseTuple(args, "O!O!:_channel_pauli", &PyTuple_Type, &strings, &PyTuple_Type,
                          &probabilities))
        return NULL;
    char *letters = join_strings(ext, strings, &nqubits);
    double *values = letters ? reals(ext, probabilities, 0, "probability") : NULL;
    const size_t count = (size_t)PyTuple_Size(strings);
    if (values && PyTuple_Size(probabilities) != (Py_ssize_t)count)
        error_argument(ext, "%zd probabilities of %zu strings", PyTuple_Size(probabilities), count);
    else if (values) {
        const ketsim_status status = ketsim_channel_pauli(&made, (unsigned)nqubits, letters, values, count);
        self = channel_wrap(ext, status, made);
    }
    PyMem_Free(values);
    PyMem_Free(letters);
    return self;
}

/* ---- looking at it ---------------------------------------------------------------------------- */

/* A dim by dim matrix for the caller. */
static PyObject *square(struct ext *ext, const ketsim_complex *entries, size_t dim)
{
    Py_buffer buffer;
    PyObject *flat = result_new(ext, RESULT_COMPLEX128, dim * dim, &buffer);
    if (!flat) return NULL;
    memcpy(buffer.buf, entries, dim * dim * sizeof *entries);
    PyBuffer_Release(&buffer);
    return result_square(ext, RESULT_COMPLEX128, flat, (Py_ssize_t)dim);
}

/* A tuple of the channel's operators, or of its unitaries. */
static PyObject *squares(struct ext *ext, const ketsim_channel *channel, const ketsim_complex *entries)
{
    const size_t count = ketsim_channel_length(channel), dim = (size_t)1 << ketsim_channel_nqubits(channel);
    PyObject *made = PyTuple_New((Py_ssize_t)count);
    for (size_t k = 0; made && k < count; k++) {
        PyObject *item = square(ext, entries + k * dim * dim, dim);
        if (item) PyTuple_SetItem(made, (Py_ssize_t)k, item);
        else Py_CLEAR(made);
    }
    return made;
}

static PyObject *get_nqubits(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLong(ketsim_channel_nqubits(channel_of(self)));
}

static PyObject *get_kraus(PyObject *self, void *Py_UNUSED(closure))
{
    return squares(((struct channel *)self)->ext, channel_of(self), ketsim_channel_kraus(channel_of(self)));
}

static PyObject *get_unitaries(PyObject *self, void *Py_UNUSED(closure))
{
    const ketsim_complex *unitaries = ketsim_channel_unitaries(channel_of(self));
    if (!unitaries) return Py_NewRef(Py_None);
    return squares(((struct channel *)self)->ext, channel_of(self), unitaries);
}

static PyObject *get_probabilities(PyObject *self, void *Py_UNUSED(closure))
{
    const double *p = ketsim_channel_probabilities(channel_of(self));
    const size_t count = ketsim_channel_length(channel_of(self));
    PyObject *made = p ? PyTuple_New((Py_ssize_t)count) : Py_NewRef(Py_None);
    for (size_t k = 0; p && made && k < count; k++) {
        PyObject *item = PyFloat_FromDouble(p[k]);
        if (item) PyTuple_SetItem(made, (Py_ssize_t)k, item);
        else Py_CLEAR(made);
    }
    return made;
}

static PyObject *get_is_mixed_unitary(PyObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(ketsim_channel_probabilities(channel_of(self)) != NULL);
}

static PyObject *get_superoperator(PyObject *self, void *Py_UNUSED(closure))
{
    struct ext *ext = ((struct channel *)self)->ext;
    const size_t dim = (size_t)1 << 2 * ketsim_channel_nqubits(channel_of(self));
    Py_buffer buffer;
    PyObject *flat = result_new(ext, RESULT_COMPLEX128, dim * dim, &buffer);
    if (!flat) return NULL;
    ketsim_channel_superoperator(channel_of(self), buffer.buf);
    PyBuffer_Release(&buffer);
    return result_square(ext, RESULT_COMPLEX128, flat, (Py_ssize_t)dim);
}

static PyObject *channel_repr(PyObject *self)
{
    const ketsim_channel *channel = channel_of(self);
    const unsigned nqubits = ketsim_channel_nqubits(channel);
    const size_t count = ketsim_channel_length(channel);
    return PyUnicode_FromFormat("<Channel on %u qubit%s: %zu %s%s>", nqubits, nqubits == 1 ? "" : "s", count,
                                ketsim_channel_probabilities(channel) ? "unitary operator" : "Kraus operator",
                                count == 1 ? "" : "s");
}

static Py_ssize_t channel_length(PyObject *self)
{
    return (Py_ssize_t)ketsim_channel_length(channel_of(self));
}

/* ---- one beside the other --------------------------------------------------------------------- */

static PyObject *channel_compose(PyObject *self, PyObject *other)
{
    ketsim_channel *made = NULL;
    const ketsim_channel *second = channel_from(other);
    if (!second) return NULL;
    const ketsim_status status = ketsim_channel_compose(&made, channel_of(self), second);
    return channel_wrap(((struct channel *)self)->ext, status, made);
}

static PyObject *channel_richcompare(PyObject *self, PyObject *other, int operation)
{
    if (Py_TYPE(other) != Py_TYPE(self) || (operation != Py_EQ && operation != Py_NE))
        return Py_NewRef(Py_NotImplemented);
    const bool equal = ketsim_channel_equal(channel_of(self), channel_of(other));
    return PyBool_FromLong(equal == (operation == Py_EQ));
}

static PyObject *channel_bytes(PyObject *self)
{
    const ketsim_channel *channel = channel_of(self);
    const size_t bytes = (ketsim_channel_length(channel) * sizeof(ketsim_complex))
                         << 2 * ketsim_channel_nqubits(channel);
    return PyBytes_FromStringAndSize((const char *)ketsim_channel_kraus(channel), (Py_ssize_t)bytes);
}

static Py_hash_t channel_hash(PyObject *self)
{
    PyObject *bytes = channel_bytes(self);
    const Py_hash_t hash = bytes ? PyObject_Hash(bytes) : -1;
    Py_XDECREF(bytes);
    return hash;
}

static PyObject *channel_copy(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return Py_NewRef(self);
}

static PyObject *channel_reduce(PyObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *module = PyImport_ImportModule("ketsim._ketsim");
    PyObject *restore = module ? PyObject_GetAttrString(module, "_restore_channel") : NULL;
    PyObject *bytes = restore ? channel_bytes(self) : NULL, *reduced = NULL;
    if (bytes) reduced = Py_BuildValue("(O(IO))", restore, ketsim_channel_nqubits(channel_of(self)), bytes);
    Py_XDECREF(bytes);
    Py_XDECREF(restore);
    Py_XDECREF(module);
    return reduced;
}

static PyObject *restore_channel(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    unsigned nqubits;
    const char *bytes;
    Py_ssize_t length;
    ketsim_channel *made = NULL;
    if (!PyArg_ParseTuple(args, "Iy#:_restore_channel", &nqubits, &bytes, &length)) return NULL;
    if (nqubits < 1 || nqubits > KETSIM_MAX_CHANNEL_QUBITS)
        return error_argument(ext, "pickle of a Channel on %u qubits", nqubits);
    const size_t size = sizeof(ketsim_complex) << 2 * nqubits;
    if ((size_t)length % size)
        return error_argument(ext, "pickle of a Channel: %zd bytes for %u qubits", length, nqubits);
    ketsim_complex *kraus = PyMem_Malloc((size_t)length + 1); /* bytes need not be aligned */
    if (!kraus) return PyErr_NoMemory();
    memcpy(kraus, bytes, (size_t)length);
    const ketsim_status status = ketsim_channel_new(&made, nqubits, kraus, (size_t)length / size,
                                                    RESTORE_TOLERANCE);
    PyMem_Free(kraus);
    return channel_wrap(ext, status, made);
}

/* ---- readout ---------------------------------------------------------------------------------- */

/* The confusion tables of some qubits in one piece, for PyMem_Free(). */
static double *parse_confusion(struct ext *ext, PyObject *given, size_t *nqubits)
{
    const Py_ssize_t count = PyTuple_Size(given);
    *nqubits = (size_t)count / 4;
    if (count % 4 == 0 && *nqubits <= KETSIM_MAX_QUBITS) return reals(ext, given, 0, "confusion");
    error_argument(ext, "confusion of %zd numbers: must have 4 a qubit", count);
    return NULL;
}

static PyObject *readout_outcomes(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    PyObject *given, *seed_given;
    Py_buffer buffer;
    uint64_t seed_value;
    const uint64_t *seed;
    size_t nqubits;
    ketsim_status status;
    if (!PyArg_ParseTuple(args, "w*O!O:_readout_outcomes", &buffer, &PyTuple_Type, &given, &seed_given))
        return NULL;
    double *confusion = args_seed(ext, seed_given, &seed_value, &seed) < 0
                            ? NULL
                            : parse_confusion(ext, given, &nqubits);
    if (!confusion) {
        PyBuffer_Release(&buffer);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    status = ketsim_readout_outcomes(buffer.buf, (size_t)buffer.len / sizeof(uint64_t), confusion, nqubits,
                                     seed);
    Py_END_ALLOW_THREADS
    PyMem_Free(confusion);
    PyBuffer_Release(&buffer);
    return status == KETSIM_OK ? Py_NewRef(Py_None) : error_raise(ext, status);
}

static PyObject *readout_probabilities(PyObject *module, PyObject *args)
{
    struct ext *ext = PyModule_GetState(module);
    PyObject *given;
    Py_buffer buffer;
    size_t nqubits;
    ketsim_status status = KETSIM_OK;
    if (!PyArg_ParseTuple(args, "w*O!:_readout_probabilities", &buffer, &PyTuple_Type, &given)) return NULL;
    double *confusion = parse_confusion(ext, given, &nqubits);
    const bool fits = confusion && (size_t)buffer.len == sizeof(double) << nqubits;
    if (confusion && !fits)
        error_argument(ext, "%zd bytes of probabilities for %zu qubits", buffer.len, nqubits);
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        status = ketsim_readout_probabilities(buffer.buf, confusion, nqubits);
        Py_END_ALLOW_THREADS
    }
    PyMem_Free(confusion);
    PyBuffer_Release(&buffer);
    if (!fits) return NULL;
    return status == KETSIM_OK ? Py_NewRef(Py_None) : error_raise(ext, status);
}

/* ---- density matrices -------------------------------------------------------------------------- */

static PyObject *vectorize(PyObject *module, PyObject *given)
{
    struct ext *ext = PyModule_GetState(module);
    ketsim_circuit *made = NULL;
    if (Py_TYPE(given) != ext->circuit) {
        error_type("circuit", "a Circuit", given);
        return NULL;
    }
    const ketsim_status status = ketsim_circuit_vectorize(&made, ((struct circuit *)given)->circuit);
    return status == KETSIM_OK ? circuit_new(ext, made) : error_raise(ext, status);
}

/* ---- documentation and type ------------------------------------------------------------------- */

static PyGetSetDef getters[] = {
    {"nqubits", get_nqubits, NULL, "Number of qubits it acts on, an int.", NULL},
    {"kraus", get_kraus, NULL,
     "Its Kraus operators, a tuple of complex128 arrays of shape (2^nqubits, 2^nqubits).", NULL},
    {"superoperator", get_superoperator, NULL,
     "Sum of K x conj(K), a complex128 array of shape (4^nqubits, 4^nqubits): what multiplies a density "
     "matrix "
     "that is written row after row.",
     NULL},
    {"is_mixed_unitary", get_is_mixed_unitary, NULL,
     "Whether each Kraus operator is a multiple of a unitary, a bool: then which one acts does not depend on "
     "the state.",
     NULL},
    {"probabilities", get_probabilities, NULL,
     "Of its unitaries, a tuple of float with sum 1; None when it is no mixture of unitaries.", NULL},
    {"unitaries", get_unitaries, NULL,
     "The unitaries it is a mixture of, a tuple of complex128 arrays; None when it is none.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(compose_doc,
"compose($self, other, /)\n--\n\n"
"The channel that is this one and then another.\n"
"\n"
"Kraus operators that are multiples of one another become one; when there are more than 4^nqubits, as\n"
"many are made as are independent.\n"
"\n"
"Parameters\n"
"----------\n"
"other : Channel\n"
"    On as many qubits.\n"
"\n"
"Returns\n"
"-------\n"
"Channel\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    It is on another number of qubits, or no Channel.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import noise\n"
">>> noise.bit_flip(0.1).compose(noise.phase_flip(0.1))\n"
"<Channel on 1 qubit: 4 unitary operators>\n");

static PyMethodDef methods[] = {
    {"compose", channel_compose, METH_O, compose_doc},
    {"__copy__", channel_copy, METH_NOARGS, NULL},
    {"__deepcopy__", channel_copy, METH_O, NULL},
    {"__reduce__", channel_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(channel_doc,
"Channel(kraus, /)\n--\n\n"
"A quantum channel rho -> sum K rho K* on one to three qubits; it never changes.\n"
"\n"
"The functions of `ketsim.noise` make those that have names.  Operators that are 0 are left out.\n"
"Channels are equal, and hash alike, when their operators are, in their order and bit by bit.\n"
"\n"
"Parameters\n"
"----------\n"
"kraus : iterable of array_like, or Channel\n"
"    Kraus operators K, all of one shape (2, 2), (4, 4) or (8, 8), complex or real; the first qubit is\n"
"    the most significant bit of the rows.  max |sum K* K - 1| may be up to 1e-10, of arrays in single\n"
"    precision 1e-5.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    The operators are not complete, not finite, or not of such a shape.\n"
"\n"
"References\n"
"----------\n"
"Nielsen and Chuang, Quantum Computation and Quantum Information (2000), section 8.2.3.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim.noise import Channel\n"
">>> flip = Channel([[[0.8, 0], [0, 0.8]], [[0, 0.6], [0.6, 0]]])\n"
">>> flip\n"
"<Channel on 1 qubit: 2 unitary operators>\n"
">>> [round(p, 2) for p in flip.probabilities]\n"
"[0.64, 0.36]\n"
">>> flip.superoperator.shape\n"
"(4, 4)\n");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)channel_doc},
    {Py_tp_new, channel_tp_new},
    {Py_tp_dealloc, channel_dealloc},
    {Py_tp_repr, channel_repr},
    {Py_tp_richcompare, channel_richcompare},
    {Py_tp_hash, channel_hash},
    {Py_sq_length, channel_length},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec channel_spec = {"ketsim.noise.Channel", sizeof(struct channel), 0, Py_TPFLAGS_DEFAULT, slots};

const PyMethodDef channel_functions[] = {
    {"_restore_channel", restore_channel, METH_VARARGS, "Private: make a Channel of what its pickle holds."},
    {"_vectorize", vectorize, METH_O,
     "Private: the circuit on twice as many qubits that does to a density matrix what this one does."},
    {"_channel_named", channel_named, METH_VARARGS, "Private: a Channel by its name, and its parameters."},
    {"_channel_pauli", channel_pauli, METH_VARARGS,
     "Private: a Channel of Pauli strings and their probabilities, two tuples."},
    {"_readout_outcomes", readout_outcomes, METH_VARARGS,
     "Private: flip bits of a uint64 array by a flat tuple of confusion tables and a seed."},
    {"_readout_probabilities", readout_probabilities, METH_VARARGS,
     "Private: change a float64 array of probabilities by a flat tuple of confusion tables."},
    {NULL, NULL, 0, NULL},
};
