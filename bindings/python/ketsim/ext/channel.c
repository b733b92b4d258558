/* channel.c - the type Channel: Kraus operators on one to three qubits, which never change. */
#include "args.h"
#include "results.h"

#include <string.h>

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

PyObject *channel_wrap(struct ext *ext, ketsim_status status, ketsim_channel *made)
{
    return status == KETSIM_OK ? channel_new(ext, made) : error_raise(ext, status);
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

static PyObject *channel_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", NULL};
    struct ext *ext = PyType_GetModuleState(type);
    PyObject *given;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Channel", (char **)names, &given)) return NULL;
    if (Py_TYPE(given) == ext->channel) return Py_NewRef(given);
    return channel_of_operators(ext, given);
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

/* The channel's operators, or its unitaries. */
struct squares {
    struct ext *ext;
    const ketsim_complex *entries;
    size_t dim;
};

static PyObject *square_at(const void *context, size_t k)
{
    const struct squares *all = context;
    return square(all->ext, all->entries + k * all->dim * all->dim, all->dim);
}

static PyObject *squares(struct ext *ext, const ketsim_channel *channel, const ketsim_complex *entries)
{
    const struct squares all = {ext, entries, (size_t)1 << ketsim_channel_nqubits(channel)};
    return tuple_make(ketsim_channel_length(channel), square_at, &all);
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
    return p ? tuple_of_doubles(p, ketsim_channel_length(channel_of(self))) : Py_NewRef(Py_None);
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
