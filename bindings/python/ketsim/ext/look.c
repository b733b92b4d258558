/* look.c - methods that show a circuit: written in Python, imported when first called. */
#include "ext.h"

/* function(first, *args, **kwargs) of a module of the package. */
static PyObject *forward(const char *module, const char *function, PyObject *first, PyObject *args,
                         PyObject *kwargs)
{
    PyObject *imported = PyImport_ImportModule(module), *callable = NULL, *all = NULL, *result = NULL;
    const Py_ssize_t size = PyTuple_Size(args);
    if (imported) callable = PyObject_GetAttrString(imported, function);
    if (callable) all = PyTuple_New(size + 1);
    int status = all ? PyTuple_SetItem(all, 0, Py_NewRef(first)) : -1;
    for (Py_ssize_t k = 0; status == 0 && k < size; k++)
        status = PyTuple_SetItem(all, k + 1, Py_NewRef(PyTuple_GetItem(args, k)));
    if (status == 0) result = PyObject_Call(callable, all, kwargs);
    Py_XDECREF(all);
    Py_XDECREF(callable);
    Py_XDECREF(imported);
    return result;
}

static PyObject *circuit_draw(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return forward("ketsim._draw", "draw", self, args, kwargs);
}

static PyObject *circuit_stats(PyObject *self, PyObject *args)
{
    return forward("ketsim._diagram", "stats", self, args, NULL);
}

static PyObject *ket_draw(PyObject *self, PyObject *args, PyObject *kwargs)
{
    struct ket *ket = (struct ket *)self;
    ketsim_circuit *queue;
    const ketsim_status status = ketsim_queued(ket->state, &queue);
    if (status != KETSIM_OK) return error_raise(ket->program.ext, status);
    PyObject *circuit = circuit_new(ket->program.ext, queue);
    PyObject *result = circuit ? circuit_draw(circuit, args, kwargs) : NULL;
    Py_XDECREF(circuit);
    return result;
}

/* ---- documentation ---------------------------------------------------------------------------- */

#define DRAW_PARAMETERS                                                                                    \
    "\n"                                                                                                   \
    "Parameters\n"                                                                                         \
    "----------\n"                                                                                         \
    "output : {'text', 'mpl'}, optional\n"                                                                 \
    "    Text, or a figure, which needs matplotlib: ``pip install ketsim[plot]``.\n"                       \
    "width : int, optional\n"                                                                              \
    "    Characters in a line of text, beyond which it goes on below; by default those of the terminal.\n" \
    "\n"                                                                                                   \
    "Returns\n"                                                                                            \
    "-------\n"                                                                                            \
    "str or matplotlib.figure.Figure\n"                                                                    \
    "    The text is a str that a prompt shows as it is.\n"                                                \
    "\n"                                                                                                   \
    "Raises\n"                                                                                             \
    "------\n"                                                                                             \
    "InvalidArgument\n"                                                                                    \
    "    `output` is neither.\n"

PyDoc_STRVAR(draw_doc,
"draw($self, /, output='text', *, width=None)\n--\n\n"
"A picture of the circuit: a line for each qubit, time to the right.\n"
"\n"
"A filled circle is a control that must be 1, an empty one a control that must be 0.\n"
DRAW_PARAMETERS
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> circuit = Circuit(3).H(0).CNOT(0, 2).RZ(0.25, 1).CZ(1, 2)\n"
">>> circuit.draw(width=80)\n"
"0: ─H─●────────────\n"
"      │\n"
"1: ───┼─RZ(0.25)─●─\n"
"      │          │\n"
"2: ───⊕──────────●─\n");

PyDoc_STRVAR(stats_doc,
"stats($self, /)\n--\n\n"
"The circuit in numbers.\n"
"\n"
"Returns\n"
"-------\n"
"CircuitStats\n"
"    A named tuple: nqubits, gates (operations, those in bodies included), depth (of the longest chain of\n"
"    operations that share qubits or classical bits), several_qubits (operations that touch more than one)\n"
"    and counts (of each name).\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> Circuit(3).H(0).CNOT(0, 1).CNOT(1, 2).stats()\n"
"CircuitStats(nqubits=3, gates=3, depth=3, several_qubits=2, counts={'CNOT': 2, 'H': 1})\n"
">>> Circuit(2, bits=1).H(0).measure(0, bits=0).if_(0, Circuit(2).X(1)).stats().counts\n"
"{'H': 1, 'measure': 1, 'if_': 1, 'X': 1}\n");

PyDoc_STRVAR(ket_draw_doc,
"draw($self, /, output='text', *, width=None)\n--\n\n"
"A picture of the gates that are queued and have not run yet; see `Circuit.draw`.\n"
DRAW_PARAMETERS
"StateClosedError, StateBusyError\n"
"    The state cannot be looked at.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('00').H(0).CNOT(0, 1).draw(width=80)\n"
"0: ─H─●─\n"
"      │\n"
"1: ───⊕─\n");

const PyMethodDef look_circuit_methods[] = {
    {"draw", METHOD(circuit_draw), METH_VARARGS | METH_KEYWORDS, draw_doc},
    {"stats", circuit_stats, METH_VARARGS, stats_doc},
    {NULL, NULL, 0, NULL},
};

const PyMethodDef look_ket_methods[] = {
    {"draw", METHOD(ket_draw), METH_VARARGS | METH_KEYWORDS, ket_draw_doc},
    {NULL, NULL, 0, NULL},
};
