/* readout.c - what a detector that errs makes of outcomes and of probabilities. */
#include "args.h"

/* The confusion tables of some qubits in one piece, for PyMem_Free(). */
static double *parse_confusion(struct ext *ext, PyObject *given, size_t *nqubits)
{
    const Py_ssize_t count = PyTuple_Size(given);
    *nqubits = (size_t)count / 4;
    if (count % 4 == 0 && *nqubits <= KETSIM_MAX_QUBITS) return args_reals(ext, given, 0, "confusion");
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

const PyMethodDef readout_functions[] = {
    {"_readout_outcomes", readout_outcomes, METH_VARARGS,
     "Private: flip bits of a uint64 array by a flat tuple of confusion tables and a seed."},
    {"_readout_probabilities", readout_probabilities, METH_VARARGS,
     "Private: change a float64 array of probabilities by a flat tuple of confusion tables."},
    {NULL, NULL, 0, NULL},
};
