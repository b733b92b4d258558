/* explain.c - Circuit.explain: what a circuit becomes before it runs, as text. */
#include "ext.h"

/* Text of a plan; without the GIL, for the machine may be measured on the way. */
static PyObject *describe(struct ext *ext, const ketsim_plan *plan)
{
    size_t length;
    char *text;
    Py_BEGIN_ALLOW_THREADS
    length = ketsim_plan_describe(plan, NULL, 0);
    Py_END_ALLOW_THREADS
    text = PyMem_Malloc(length + 1);
    if (!text) return error_memory(ext, "explain: cannot allocate %zu bytes", length + 1);
    const size_t written = ketsim_plan_describe(plan, text, length + 1);
    PyObject *result = PyUnicode_FromStringAndSize(text, (Py_ssize_t)(written < length ? written : length));
    PyMem_Free(text);
    return result;
}

static PyObject *explain(const struct circuit *circuit, const ketsim_plan_options *options)
{
    struct ext *ext = circuit->program.ext;
    ketsim_plan *plan = NULL;
    ketsim_status status;
    Py_BEGIN_ALLOW_THREADS
    status = ketsim_plan_new(&plan, circuit->circuit, options);
    Py_END_ALLOW_THREADS
    if (status != KETSIM_OK) return error_raise(ext, status);
    PyObject *text = describe(ext, plan);
    ketsim_plan_free(plan);
    return text;
}

static PyObject *circuit_explain(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"dtype", "start", NULL};
    struct ext *ext = ((struct program *)self)->ext;
    PyObject *dtype = NULL, *start = Py_None;
    ketsim_plan_options options = {.nqubits = 0};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OO:explain", (char **)names, &dtype, &start))
        return NULL;
    if (dtype && args_dtype(ext, dtype, &options.dtype) < 0) return NULL;
    if (start == Py_None) return explain((struct circuit *)self, &options);
    if (!PyUnicode_Check(start)) {
        error_type("start", "a label such as '01+-', or None", start);
        return NULL;
    }
    if (ket_check_label(ext, start) < 0) return NULL;
    options.label = PyUnicode_AsUTF8AndSize(start, NULL);
    return options.label ? explain((struct circuit *)self, &options) : NULL;
}

PyDoc_STRVAR(explain_doc,
"explain($self, /, *, dtype='complex128', start=None)\n--\n\n"
"What the circuit becomes before it runs, as text: a line for each pass over the amplitudes.\n"
"\n"
"A pass is streaming, which does one gate, or goes over tiles, each of which fits a core's cache and is\n"
"given many gates.  A line says on which qubits, how much of what is done, how many amplitudes are\n"
"worked on, the bytes moved to and from memory, and the time that one thread of this machine is\n"
"expected to take.  The machine is measured for that by the first call, in about 15 ms.\n"
"\n"
"Parameters\n"
"----------\n"
"dtype : {'complex128', 'complex64'} or NumPy dtype, optional\n"
"    Of the states to run on.\n"
"start : str, optional\n"
"    Label of the product state it starts from, such as ``'000'``, which saves work; None means any\n"
"    state.\n"
"\n"
"Returns\n"
"-------\n"
"str\n"
"    Several lines.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    `dtype` or `start` is none, or `start` has another number of qubits.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> print(Circuit(2).H(0).CNOT(0, 1).explain(start='00'))\n"
"2 operations on 2 qubits, complex128, from |00>\n"
"pass 1: streaming, real matrix on qubit 0; 128 bytes, ... ns\n"
"pass 2: streaming, real matrix on qubit 1, where 0=1; 128 bytes, ... ns\n"
"total: 2 passes, 256 bytes moved, ... ns expected on one thread, ...\n");

const PyMethodDef explain_methods[] = {
    {"explain", METHOD(circuit_explain), METH_VARARGS | METH_KEYWORDS, explain_doc},
    {NULL, NULL, 0, NULL},
};
