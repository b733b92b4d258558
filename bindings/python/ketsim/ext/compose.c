/* compose.c - circuits that are made up: Fourier transform, Trotter steps, and what acts on a density matrix. */
#include "args.h"

static PyObject *appended(PyObject *self, ketsim_status status)
{
    return status == KETSIM_OK ? Py_NewRef(self) : error_raise(((struct program *)self)->ext, status);
}

static PyObject *circuit_qft(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"qubits", "inverse", NULL};
    int qubits[KETSIM_MAX_QUBITS], inverse = 0;
    size_t count;
    PyObject *given = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$p:qft", (char **)names, &given, &inverse)) return NULL;
    if (args_qubits((struct program *)self, given, qubits, &count) < 0) return NULL;
    return appended(self, ketsim_circuit_qft(((struct circuit *)self)->circuit, qubits, count, inverse));
}

static PyObject *circuit_evolve(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"", "time", "steps", "order", NULL};
    struct ext *ext = ((struct program *)self)->ext;
    PyObject *hamiltonian, *time_given, *steps_given = NULL, *order_given = NULL;
    uint64_t steps = 1, order = 1;
    double time;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|OO:evolve", (char **)names, &hamiltonian, &time_given,
                                     &steps_given, &order_given))
        return NULL;
    if (args_angle(ext, time_given, "time", &time) < 0) return NULL;
    if (steps_given && args_integer(ext, steps_given, "steps", 1, UINT32_MAX, &steps) < 0) return NULL;
    if (order_given && args_integer(ext, order_given, "order", 1, 2, &order) < 0) return NULL;
    PyObject *observable = observable_from(ext, hamiltonian);
    if (!observable) return NULL;
    const ketsim_status status = ketsim_circuit_evolve(((struct circuit *)self)->circuit,
                                                       ((struct observable *)observable)->observable, time,
                                                       steps, (unsigned)order);
    Py_DECREF(observable);
    return appended(self, status);
}

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

PyDoc_STRVAR(qft_doc,
"qft($self, /, qubits=None, *, inverse=False)\n--\n\n"
"Append the quantum Fourier transform: |x> becomes the sum over y of exp(2 pi i x y / N) |y> / sqrt(N),\n"
"N being 2 to the number of qubits.\n"
"\n"
"Parameters\n"
"----------\n"
"qubits : iterable of int, optional\n"
"    Different qubits, the first being the most significant bit of x and of y; None means all.\n"
"inverse : bool, optional\n"
"    Append what undoes it.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    A qubit is out of range or given twice.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, ket\n"
">>> ket('00').apply(Circuit(2).qft())\n"
"Ket(0.5|00> + 0.5|01> + 0.5|10> + 0.5|11>)\n"
">>> ket('01').apply(Circuit(2).qft().qft(inverse=True))\n"
"Ket(|01>)\n");

PyDoc_STRVAR(evolve_doc,
"evolve($self, observable, /, time, steps=1, order=1)\n--\n\n"
"Append evolution under a Hamiltonian, exp(-i time H), in Trotter steps: a rotation for each of its terms.\n"
"\n"
"Parameters\n"
"----------\n"
"observable : Observable or what makes one\n"
"    H; see `Observable`.\n"
"time : float\n"
"    Any finite number, in units that make time H one.\n"
"steps : int, optional\n"
"    At least 1.\n"
"order : {1, 2}, optional\n"
"    The error goes with time**2 / steps, or with time**3 / steps**2 for nearly twice the gates; it is\n"
"    zero when all terms commute.\n"
"\n"
"Returns\n"
"-------\n"
"Circuit\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    The observable needs more qubits than the circuit has, or a number is out of range.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, ket\n"
">>> list(Circuit(2).evolve('0.5 Z0 Z1 + X0', 0.1))\n"
"[('pauli_rotation', 0.1, 'ZZ', 0, 1), ('pauli_rotation', 0.2, 'X', 0)]\n"
">>> round(ket('00').apply(Circuit(2).evolve('Z0 Z1 + X0', 1.0, steps=100, order=2)).norm(), 12)\n"
"1.0\n");

const PyMethodDef compose_methods[] = {
    {"qft", METHOD(circuit_qft), METH_VARARGS | METH_KEYWORDS, qft_doc},
    {"evolve", METHOD(circuit_evolve), METH_VARARGS | METH_KEYWORDS, evolve_doc},
    {NULL, NULL, 0, NULL},
};

const PyMethodDef compose_functions[] = {
    {"_vectorize", vectorize, METH_O,
     "Private: the circuit on twice as many qubits that does to a density matrix what this one does."},
    {NULL, NULL, 0, NULL},
};
