/* gates.c - a method for every row of the gate table, for Ket and Circuit alike. */
#include "args.h"

#include <string.h>

/* ---- calls ------------------------------------------------------------------------------------ */

static PyObject *call_general(struct program *self, const char *name, int gate, PyObject *const *args,
                              Py_ssize_t nargs, PyObject *kwnames)
{
    struct parsed parsed;
    PyObject *controls;
    if (args_keyword(name, "controls", args, nargs, kwnames, &controls) < 0) return NULL;
    PyObject *result = NULL;
    if (parse_operation(self, gate, args, nargs, controls, &parsed) == 0)
        result = self->put(self, parsed.ops, parsed.count);
    parsed_clear(&parsed);
    return result;
}

/* Exact types and as many as the row says: no more work than turning them into numbers. */
static inline PyObject *call_row(PyObject *object, ketsim_gate gate, unsigned nangles, unsigned nqubits,
                                 PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct program *self = (struct program *)object;
    double angles[KETSIM_MAX_ANGLES];
    int qubits[KETSIM_MAX_ROW_QUBITS];
    bool is_fast = !kwnames && nargs == (Py_ssize_t)(nangles + nqubits);
    for (unsigned k = 0; is_fast && k < nangles; k++) is_fast = fast_angle(args[k], &angles[k]);
    for (unsigned k = 0; is_fast && k < nqubits; k++) is_fast = fast_qubit(args[nangles + k], &qubits[k]);
    if (!is_fast) return call_general(self, ketsim_gate_lookup(gate)->name, gate, args, nargs, kwnames);
    return self->put(self, &(ketsim_op){.gate = gate, .angles = angles, .qubits = qubits, .nqubits = nqubits},
                     1);
}

#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, ...)                                    \
    static PyObject *gate_##id(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) \
    {                                                                                                      \
        return call_row(self, KETSIM_GATE_##id, nangles, (ncontrols) + (ntargets), args, nargs, kwnames);  \
    }
#include "ketsim_gates.def"

#define SPECIAL(name, gate)                                                                                  \
    static PyObject *gate_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) \
    {                                                                                                        \
        return call_general((struct program *)self, #name, gate, args, nargs, kwnames);                      \
    }
SPECIAL(unitary, KETSIM_GATE_UNITARY)
SPECIAL(pauli_rotation, KETSIM_GATE_PAULI_ROTATION)
SPECIAL(global_phase, GLOBAL_PHASE)
SPECIAL(diagonal, KETSIM_GATE_DIAGONAL)
SPECIAL(permutation, KETSIM_GATE_PERMUTATION)
SPECIAL(oracle, ORACLE)

/* No gate but SWAPs: without controls. */
static PyObject *gate_permute_qubits(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return call_general((struct program *)self, "permute_qubits", PERMUTE_QUBITS, args, nargs, NULL);
}

/* ---- documentation, put together from the columns of a row -------------------------------------- */

/* By number of controls and targets: the signature, the lines on parameters, qubits of the example. */
#define SIGNATURE_0_1 "/, *targets, "
#define SIGNATURE_0_2 "target0, target1, /, *, "
#define SIGNATURE_1_1 "control, target, /, *, "
#define SIGNATURE_1_2 "control, target0, target1, /, *, "
#define SIGNATURE_2_1 "control0, control1, target, /, *, "

#define QUBITS_0_1 "*targets : int\n    One or more different qubits, 0..n-1; the gate acts on each.\n"
#define QUBITS_0_2 "target0, target1 : int\n    Different qubits, 0..n-1.\n"
#define QUBITS_1_1 "control, target : int\n    Different qubits, 0..n-1.\n"
#define QUBITS_1_2 "control, target0, target1 : int\n    Different qubits, 0..n-1.\n"
#define QUBITS_2_1 "control0, control1, target : int\n    Different qubits, 0..n-1.\n"

#define EXAMPLE_1 "0"
#define EXAMPLE_2 "0, 1"
#define EXAMPLE_3 "0, 1, 2"

/* By number of angles. */
#define ANGLES_0(names)
#define ANGLES_1(names) names "in radians : float\n    Any finite number.\n"
#define ANGLES_2(names) names "in radians : float\n    Any finite numbers.\n"
#define ANGLES_3(names) ANGLES_2(names)
#define EXAMPLE_ANGLES_0 ""
#define EXAMPLE_ANGLES_1 "0.3, "
#define EXAMPLE_ANGLES_2 "0.3, 0.2, "
#define EXAMPLE_ANGLES_3 "0.3, 0.2, 0.1, "

#define CONTROLS_DOC                                                                          \
    "controls : dict or iterable of int, optional\n"                                          \
    "    Further controls: ``{qubit: 0 or 1}``, the value on which it acts, or qubits that\n" \
    "    must all be 1.\n"                                                                    \
    "\n"                                                                                      \
    "Returns\n"                                                                               \
    "-------\n"                                                                               \
    "Ket or Circuit\n"                                                                        \
    "    The same object.  A Ket queues the gate and runs it at the next read or `run()`.\n"  \
    "\n"                                                                                      \
    "Raises\n"                                                                                \
    "------\n"                                                                                \
    "InvalidArgument\n"                                                                       \
    "    A qubit is out of range or given twice, or a number is not finite.\n"                \
    "StateBusyError\n"                                                                        \
    "    Another thread is running the state.\n"                                              \
    "\n"

#define EXAMPLE_DOC(call)           \
    "Examples\n"                    \
    "--------\n"                    \
    ">>> from ketsim import ket\n"  \
    ">>> q = ket('000')." call "\n" \
    ">>> round(q.norm(), 12)\n"     \
    "1.0\n"

#define ROW_DOC(id, angle_names, doc, ncontrols, ntargets, nangles) \
#id "($self, " angle_names SIGNATURE_##ncontrols##_##ntargets   \
        "controls=None)\n--\n\n" doc "\n\n"                         \
        "Parameters\n----------\n" ANGLES_##nangles(angle_names)    \
            QUBITS_##ncontrols##_##ntargets CONTROLS_DOC

PyDoc_STRVAR(unitary_doc,
"unitary($self, matrix, /, *qubits, controls=None)\n--\n\n"
"A gate given by its matrix, on up to 10 qubits.\n"
"\n"
"Parameters\n"
"----------\n"
"matrix : buffer or sequence of rows\n"
"    Shape (2^k, 2^k) for k qubits, at most 10; the first is the most significant bit of the row.  A buffer\n"
"    must be complex128, complex64, float64 or float32, with any strides.  It is unitary when\n"
"    no entry of U U* - 1 is above 1e-10 (1e-5 for single precision).\n"
"*qubits : int\n"
"    As many different qubits as the matrix needs, 0..n-1.\n"
CONTROLS_DOC
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('0').unitary([[0, 1], [1, 0]], 0)\n"
"Ket(|1>)\n");

PyDoc_STRVAR(pauli_rotation_doc,
"pauli_rotation($self, theta, letters, /, *qubits, controls=None)\n--\n\n"
"Rotation by theta about a Pauli string P of any length: exp(-i theta P / 2).\n"
"\n"
"One pass over the state, whatever the number of letters.  ``'Z'`` alone, ``'ZZ'``, ``'ZZZ'`` are\n"
"rotations of parities, which are diagonal.\n"
"\n"
"Parameters\n"
"----------\n"
"theta, in radians : float\n"
"    Any finite number.\n"
"letters : str\n"
"    One of I, X, Y, Z for each qubit, in either case; an I does nothing.\n"
"*qubits : int\n"
"    As many different qubits as letters, 0..n-1.\n"
CONTROLS_DOC
"Examples\n"
"--------\n"
">>> from math import pi\n"
">>> from ketsim import ket\n"
">>> ket('000').pauli_rotation(pi / 2, 'XYX', 0, 1, 2)\n"
"Ket(0.707107|000> + 0.707107|111>)\n");

PyDoc_STRVAR(global_phase_doc,
"global_phase($self, theta, /, *, controls=None)\n--\n\n"
"Phase of exp(i theta) on all amplitudes, or on those that controls choose.\n"
"\n"
"Parameters\n"
"----------\n"
"theta, in radians : float\n"
"    Any finite number.\n"
CONTROLS_DOC
"Examples\n"
"--------\n"
">>> from math import pi\n"
">>> from ketsim import ket\n"
">>> ket('01').global_phase(pi / 2)\n"
"Ket(1j|01>)\n"
">>> ket('+1').global_phase(pi, controls=[0, 1])\n"
"Ket(0.707107|01> - 0.707107|11>)\n");

PyDoc_STRVAR(diagonal_doc,
"diagonal($self, entries, /, *qubits, controls=None)\n--\n\n"
"A diagonal unitary on any number of qubits: |x> becomes entries[x] |x>.\n"
"\n"
"On up to 5 qubits it is fused with its neighbors, on more it is one pass over the state.\n"
"\n"
"Parameters\n"
"----------\n"
"entries : buffer, sequence of numbers or bytes\n"
"    Shape (2^k,) for k qubits, numbers of modulus 1 within 1e-10 (1e-5 in single precision); the first\n"
"    qubit is the most significant bit of x.  A buffer must be complex128, complex64, float64 or float32;\n"
"    bytes are complex128.\n"
"*qubits : int\n"
"    As many different qubits as the entries need, 0..n-1.\n"
CONTROLS_DOC
"Notes\n"
"-----\n"
"Entries of a circuit hold up to 1024 numbers as a tuple, more as bytes, for `numpy.frombuffer`.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('+1').diagonal([1, 1j, 1, -1j], 0, 1)\n"
"Ket(0.707107j|01> - 0.707107j|11>)\n");

PyDoc_STRVAR(permutation_doc,
"permutation($self, table, /, *qubits, controls=None)\n--\n\n"
"A permutation of basis states, that is, a reversible classical function: |x> becomes |table[x]>.\n"
"\n"
"One pass over the state where the table is its own inverse, else two; no amplitude is rounded.\n"
"\n"
"Parameters\n"
"----------\n"
"table : callable, buffer of integers, sequence of int or bytes\n"
"    For k qubits 0 to 2^k - 1 in any order; the first qubit is the most significant bit of x and of\n"
"    table[x].  A callable gets each x once, in rising order, now and never later.  Bytes are uint64.\n"
"*qubits : int\n"
"    As many different qubits as the table needs, 0..n-1.\n"
CONTROLS_DOC
"Notes\n"
"-----\n"
"What a callable raises comes out of this call, and nothing is appended.  Entries of a circuit hold up to\n"
"1024 numbers as a tuple, more as bytes, for `numpy.frombuffer`.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('110').permutation(lambda x: (x + 3) % 8, 0, 1, 2)\n"
"Ket(|001>)\n"
">>> ket('01').permutation([0, 2, 3, 1], 0, 1)\n"
"Ket(|10>)\n");

PyDoc_STRVAR(oracle_doc,
"oracle($self, f, inputs, outputs, /, *, controls=None)\n--\n\n"
"The XOR oracle of a classical function: |x>|y> becomes |x>|y xor f(x)>.  It is its own inverse.\n"
"\n"
"It is stored as the `permutation` that it is: one pass over the state.\n"
"\n"
"Parameters\n"
"----------\n"
"f : callable, buffer of integers, sequence of int or bytes\n"
"    Its values at 0 to 2^k - 1 for k inputs, below 2^m for m outputs.  A callable gets each x once, in\n"
"    rising order, now and never later; what it raises comes out of this call.\n"
"inputs, outputs : int or iterable of int\n"
"    Different qubits; of each, the first is the most significant bit.\n"
CONTROLS_DOC
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('110').oracle(lambda x: x == 3, (0, 1), 2)\n"
"Ket(|111>)\n"
">>> ket('1-').oracle([0, 1], 0, 1)    # a phase of -1 where f is 1\n"
"Ket(-0.707107|10> + 0.707107|11>)\n");

PyDoc_STRVAR(permute_qubits_doc,
"permute_qubits($self, targets, qubits=None, /)\n--\n\n"
"Put qubits in another order: what was on qubits[k] comes to targets[k].\n"
"\n"
"It is stored as SWAPs, which are new names for qubits where more than a few operations run together,\n"
"and cost nothing there.\n"
"\n"
"Parameters\n"
"----------\n"
"targets : iterable of int\n"
"    The qubits in any order.\n"
"qubits : iterable of int, optional\n"
"    Different ones; None means all: 0, 1, ...\n"
"\n"
"Returns\n"
"-------\n"
"Ket or Circuit\n"
"    The same object.  A Ket queues the gates and runs them at the next read or `run()`.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    A qubit is out of range or given twice, or targets are not the same qubits.\n"
"StateBusyError\n"
"    Another thread is running the state.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('100').permute_qubits([2, 0, 1])    # qubit 0 becomes qubit 2\n"
"Ket(|001>)\n"
">>> ket('100').permute_qubits([1, 0], [0, 1])\n"
"Ket(|010>)\n");

/* EXAMPLE_<sum of two columns>, for sums up to KETSIM_MAX_ROW_QUBITS. */
#define EXAMPLE_0_1 EXAMPLE_1
#define EXAMPLE_0_2 EXAMPLE_2
#define EXAMPLE_1_1 EXAMPLE_2
#define EXAMPLE_1_2 EXAMPLE_3
#define EXAMPLE_2_1 EXAMPLE_3

#define KETSIM_GATE_ROW(id, aliases, ncontrols, ntargets, nangles, angle_names, inverse, generator, doc, \
                        ...)                                                                             \
    {#id, METHOD(gate_##id), METH_FASTCALL | METH_KEYWORDS,                                              \
     ROW_DOC(id, angle_names, doc, ncontrols, ntargets, nangles)                                         \
         EXAMPLE_DOC(#id "(" EXAMPLE_ANGLES_##nangles EXAMPLE_##ncontrols##_##ntargets ")")},

const PyMethodDef gates_methods[] = {
#include "ketsim_gates.def"
    {"unitary", METHOD(gate_unitary), METH_FASTCALL | METH_KEYWORDS, unitary_doc},
    {"pauli_rotation", METHOD(gate_pauli_rotation), METH_FASTCALL | METH_KEYWORDS, pauli_rotation_doc},
    {"global_phase", METHOD(gate_global_phase), METH_FASTCALL | METH_KEYWORDS, global_phase_doc},
    {"diagonal", METHOD(gate_diagonal), METH_FASTCALL | METH_KEYWORDS, diagonal_doc},
    {"permutation", METHOD(gate_permutation), METH_FASTCALL | METH_KEYWORDS, permutation_doc},
    {"oracle", METHOD(gate_oracle), METH_FASTCALL | METH_KEYWORDS, oracle_doc},
    {"permute_qubits", METHOD(gate_permute_qubits), METH_FASTCALL, permute_qubits_doc},
    {NULL, NULL, 0, NULL},
};

static int add_alias(PyTypeObject *type, const char *name, const char *alias)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)type, name);
    const int result = method ? PyObject_SetAttrString((PyObject *)type, alias, method) : -1;
    Py_XDECREF(method);
    return result;
}

int gates_add_aliases(PyTypeObject *type)
{
    for (int g = 0; g < KETSIM_GATE_COUNT; g++) {
        const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)g);
        char words[128], *rest = words;
        PyOS_snprintf(words, sizeof words, "%s", row->aliases);
        for (char *end; *rest; rest = end) {
            end = rest + strcspn(rest, " ");
            if (*end) *end++ = 0;
            if (add_alias(type, row->name, rest) < 0) return -1;
        }
    }
    return 0;
}
