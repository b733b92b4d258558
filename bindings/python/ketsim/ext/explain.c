/* explain.c - Circuit.explain: what a circuit becomes before it runs, as text. */
#include "args.h"
#include "many.h"

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

/* What is explained besides a plan: *length is for the text to be whole. */
struct subject {
    ketsim_status (*write)(const struct subject *subject, char *text, size_t size, size_t *length);
    const ketsim_circuit *circuit;
    ketsim_dtype dtype;
    const ketsim_observable *const *observables;
    size_t count;
};

static ketsim_status write_shots(const struct subject *subject, char *text, size_t size, size_t *length)
{
    return ketsim_shots_describe(subject->circuit, subject->dtype, text, size, length);
}

static ketsim_status write_observables(const struct subject *subject, char *text, size_t size, size_t *length)
{
    return ketsim_observables_describe(subject->observables, subject->count,
                                       ketsim_circuit_nqubits(subject->circuit), subject->dtype, text, size,
                                       length);
}

static ketsim_status write_freely(const struct subject *subject, char *text, size_t size, size_t *length)
{
    ketsim_status status;
    Py_BEGIN_ALLOW_THREADS
    status = subject->write(subject, text, size, length);
    Py_END_ALLOW_THREADS
    return status;
}

static PyObject *text_of(struct ext *ext, const struct subject *subject)
{
    size_t length = 0, written = 0;
    ketsim_status status = write_freely(subject, NULL, 0, &length);
    if (status != KETSIM_OK) return error_raise(ext, status);
    char *text = PyMem_Malloc(length + 1);
    if (!text) return error_memory(ext, "explain: cannot allocate %zu bytes", length + 1);
    status = write_freely(subject, text, length + 1, &written);
    PyObject *result = status != KETSIM_OK ? error_raise(ext, status)
                                           : PyUnicode_FromStringAndSize(
                                                 text, (Py_ssize_t)(written < length ? written : length));
    PyMem_Free(text);
    return result;
}

/* NULL for none. */
static PyObject *explain_observables(const struct circuit *circuit, PyObject *given, ketsim_dtype dtype)
{
    struct ext *ext = circuit->program.ext;
    PyObject *list = NULL;
    const ketsim_observable **asked = NULL;
    if (batch_parse_observables(ext, given, &list, &asked) < 0) return NULL;
    const struct subject subject = {write_observables, circuit->circuit, dtype, asked,
                                    (size_t)PyList_Size(list)};
    PyObject *text = text_of(ext, &subject);
    PyMem_Free(asked);
    Py_DECREF(list);
    return text;
}

static PyObject *explain_plan(const struct circuit *circuit, const ketsim_plan_options *options)
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

/* Gates are a plan, all else is shots. */
static PyObject *explain(const struct circuit *circuit, const ketsim_plan_options *options)
{
    const struct subject shots = {.write = write_shots, .circuit = circuit->circuit, .dtype = options->dtype};
    if (!ketsim_circuit_is_dynamic(circuit->circuit)) return explain_plan(circuit, options);
    if (!options->label) return text_of(circuit->program.ext, &shots);
    return error_argument(circuit->program.ext, "start: only for circuits of gates; shots start anywhere");
}

/* And then how observables of what comes out are read. */
static PyObject *explain_all(const struct circuit *circuit, const ketsim_plan_options *options,
                             PyObject *observables)
{
    PyObject *first = explain(circuit, options), *second = NULL, *both = NULL;
    if (!first || observables == Py_None) return first;
    second = explain_observables(circuit, observables, options->dtype);
    if (second) both = PyUnicode_Concat(first, second);
    Py_XDECREF(second);
    Py_DECREF(first);
    return both;
}

static PyObject *circuit_explain(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"dtype", "start", "observables", NULL};
    struct ext *ext = ((struct program *)self)->ext;
    PyObject *dtype = NULL, *start = Py_None, *observables = Py_None;
    ketsim_plan_options options = {.nqubits = 0};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOO:explain", (char **)names, &dtype, &start,
                                     &observables))
        return NULL;
    if (dtype && args_dtype(ext, dtype, &options.dtype) < 0) return NULL;
    if (start == Py_None) return explain_all((struct circuit *)self, &options, observables);
    if (!PyUnicode_Check(start)) {
        error_type("start", "a label such as '01+-', or None", start);
        return NULL;
    }
    if (ket_check_label(ext, start) < 0) return NULL;
    options.label = PyUnicode_AsUTF8AndSize(start, NULL);
    return options.label ? explain_all((struct circuit *)self, &options, observables) : NULL;
}

PyDoc_STRVAR(explain_doc,
"explain($self, /, *, dtype='complex128', start=None, observables=None)\n--\n\n"
"What the circuit becomes before it runs, as text: a line for each pass over the amplitudes.\n"
"\n"
"A pass is streaming, which does one gate, or goes over tiles, each of which fits a core's cache and is\n"
"given many gates.  A line says on which qubits, how much of what is done, how many amplitudes are\n"
"worked on, the bytes moved to and from memory, and the time that one thread of this machine is\n"
"expected to take.  The machine is measured for that by the first call, in about 15 ms.\n"
"\n"
"Of a circuit that measures or has noise there is a line for each step of a shot: a segment of gates,\n"
"with the channels in it, or what ends one, with the branches that the tree of shots may have there.\n"
"\n"
"Parameters\n"
"----------\n"
"dtype : {'complex128', 'complex64'} or NumPy dtype, optional\n"
"    Of the states to run on.\n"
"start : str, optional\n"
"    Label of the product state it starts from, such as ``'000'``, which saves work; None means any\n"
"    state.  Of circuits of gates alone.\n"
"observables : Observable, or what makes one, or an iterable of such, optional\n"
"    Say too how their expectation values are read: terms with X or Y on the same qubits share an X\n"
"    mask and what they read.\n"
"\n"
"Returns\n"
"-------\n"
"str\n"
"    Several lines.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    `dtype` or `start` is none, or `start` has another number of qubits, or the circuit has parameters.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit\n"
">>> print(Circuit(2).H(0).CNOT(0, 1).explain(start='00'))\n"
"2 operations on 2 qubits, complex128, from |00>\n"
"pass 1: streaming, real matrix on qubit 0; 128 bytes, ... ns\n"
"pass 2: streaming, real matrix on qubit 1, where 0=1; 128 bytes, ... ns\n"
"total: 2 passes, 256 bytes moved, ... ns expected on one thread, ...\n"
">>> print(Circuit(2, bits=1).H(0).measure(0).explain(observables='Z0 + X0 X1'))\n"
"2 operations on 2 qubits and 1 classical bit, complex128, shot by shot\n"
"1. segment 1: 1 operation, without a plan\n"
"2. measure qubit 0 into bit 0; up to 2 branches\n"
"total: 1 segment, 1 measurement, 0 channels; the tree of shots has at most 2 leaves\n"
"1 observable, 2 terms in 2 X masks and 2 groups; regions of 2^... amplitudes, read in 1 pass\n");

const PyMethodDef explain_methods[] = {
    {"explain", METHOD(circuit_explain), METH_VARARGS | METH_KEYWORDS, explain_doc},
    {NULL, NULL, 0, NULL},
};
