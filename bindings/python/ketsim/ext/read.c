/* read.c - the methods that look at a state, and measure(). */
#include "args.h"
#include "call.h"
#include "results.h"

/* ---- work, done without the GIL when it is long ------------------------------------------------ */

static ketsim_status work_amplitudes(struct call *call)
{
    return ketsim_get_amplitudes(call->ket->state, call->out, call->first, call->count);
}

static ketsim_status work_probabilities(struct call *call)
{
    return ketsim_probabilities(call->ket->state, call->out, call->nqubits ? call->qubits : NULL,
                                call->nqubits);
}

static ketsim_status work_sample(struct call *call)
{
    return ketsim_sample(call->ket->state, call->out, call->count, call->nqubits ? call->qubits : NULL,
                         call->nqubits, call->seed);
}

static ketsim_status work_measure(struct call *call)
{
    return ketsim_measure(call->ket->state, call->out, call->nqubits ? call->qubits : NULL, call->nqubits,
                          call->seed);
}

static ketsim_status work_norm(struct call *call)
{
    return ketsim_norm(call->ket->state, call->out);
}

static ketsim_status work_inner(struct call *call)
{
    return ketsim_inner(call->ket->state, call->other->state, call->out);
}

static struct call new_read(PyObject *self, ketsim_status (*work)(struct call *), void *out)
{
    return (struct call){
        .ket = (struct ket *)self, .work = work, .operations = 1, .queue_first = true, .out = out};
}

static int parse(struct call *call, const struct signature *signature, PyObject *const *args,
                 Py_ssize_t nargs, PyObject *kwnames, PyObject **out)
{
    return options_parse(call, call->ket->program.ext, signature, args, nargs, kwnames, out);
}

/* ---- amplitudes ------------------------------------------------------------------------------- */

static PyObject *fill_large(struct call *call, enum result_kind kind, uint64_t bytes)
{
    struct ext *ext = call->ket->program.ext;
    struct memory *memory = call->memory = memory_new(ext, bytes);
    PyObject *result = memory && run_call(call) == 0 ? result_in_memory(ext, kind, memory) : NULL;
    Py_XDECREF((PyObject *)memory);
    return result;
}

PyObject *read_fill(struct call *call, enum result_kind kind)
{
    Py_buffer buffer;
    const uint64_t bytes = result_bytes(kind, call->count);
    if (bytes) return fill_large(call, kind, bytes);
    PyObject *result = result_new(call->ket->program.ext, kind, call->count, &buffer);
    if (!result) return NULL;
    call->out = buffer.buf;
    const int status = run_call(call);
    PyBuffer_Release(&buffer);
    if (status == 0) return result;
    Py_DECREF(result);
    return NULL;
}

static PyObject *ket_amplitudes(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {.function = "amplitudes"};
    struct call call = new_read(self, work_amplitudes, NULL);
    if (parse(&call, &signature, args, nargs, kwnames, NULL) < 0) return NULL;
    call.count = UINT64_C(1) << call.ket->program.nqubits;
    return read_fill(&call, call.ket->dtype == KETSIM_COMPLEX128 ? RESULT_COMPLEX128 : RESULT_COMPLEX64);
}

/* Index of the basis state that a label of 0 and 1 names. */
static int parse_basis(const struct ket *ket, PyObject *label, uint64_t *index)
{
    if (!PyUnicode_Check(label)) return error_type("label", "a str of 0 and 1", label);
    const Py_ssize_t length = PyUnicode_GetLength(label);
    if (length != (Py_ssize_t)ket->program.nqubits) {
        error_argument(ket->program.ext, "label %.60A of %zd characters: must have %u, one a qubit", label,
                       length, ket->program.nqubits);
        return -1;
    }
    *index = 0;
    for (Py_ssize_t k = 0; k < length; k++) {
        const Py_UCS4 c = PyUnicode_ReadChar(label, k);
        *index = *index << 1 | (c == '1');
        if (c == '0' || c == '1') continue;
        error_argument(ket->program.ext, "label character %zd of %A: must be 0 or 1", k, label);
        return -1;
    }
    return 0;
}

static PyObject *ket_amplitude(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"amplitude", 1, 1, {""}};
    PyObject *label;
    union {
        double d[2];
        float f[2];
    } value;
    struct call call = new_read(self, work_amplitudes, &value);
    call.count = 1;
    if (parse(&call, &signature, args, nargs, kwnames, &label) < 0) return NULL;
    if (parse_basis(call.ket, label, &call.first) < 0 || run_call(&call) < 0) return NULL;
    return call.ket->dtype == KETSIM_COMPLEX128 ? PyComplex_FromDoubles(value.d[0], value.d[1])
                                                : PyComplex_FromDoubles(value.f[0], value.f[1]);
}

/* ---- outcomes --------------------------------------------------------------------------------- */

static PyObject *ket_probabilities(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"probabilities", 0, 1, {"qubits"}};
    int list[KETSIM_MAX_QUBITS];
    struct call call = new_read(self, work_probabilities, NULL);
    PyObject *qubits;
    if (parse(&call, &signature, args, nargs, kwnames, &qubits) < 0) return NULL;
    if (args_qubits(&call.ket->program, qubits, list, &call.nqubits) < 0) return NULL;
    call.qubits = list;
    call.count = UINT64_C(1) << (call.nqubits ? call.nqubits : call.ket->program.nqubits);
    return read_fill(&call, RESULT_FLOAT64);
}

int read_parse_shots(struct call *call, const char *function, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *kwnames)
{
    const struct signature signature = {function, 1, 1, {"shots", "qubits", "seed"}};
    const uint64_t most = UINT64_C(1) << 60, shot_ns = 20;
    struct ext *ext = call->ket->program.ext;
    PyObject *given[3];
    if (parse(call, &signature, args, nargs, kwnames, given) < 0) return -1;
    if (args_integer(ext, given[0], "shots", 0, most, &call->count) < 0) return -1;
    if (args_qubits(&call->ket->program, given[1], call->qubits, &call->nqubits) < 0) return -1;
    call->cost_ns = call->count * shot_ns;
    return args_seed(ext, given[2], &call->seed_value, &call->seed);
}

static PyObject *ket_sample(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int qubits[KETSIM_MAX_QUBITS];
    struct call call = new_read(self, work_sample, NULL);
    call.qubits = qubits;
    if (read_parse_shots(&call, "sample", args, nargs, kwnames) < 0) return NULL;
    return read_fill(&call, RESULT_UINT64);
}

static PyObject *ket_measure(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int qubits[KETSIM_MAX_QUBITS];
    uint64_t outcome = 0;
    static const struct signature keywords = {"measure", 0, 0, {"seed"}};
    PyObject *seed;
    struct call call = new_read(self, work_measure, &outcome);
    const struct program *program = &call.ket->program;
    if (parse(&call, &keywords, args + nargs, 0, kwnames, &seed) < 0) return NULL;
    if (nargs > KETSIM_MAX_QUBITS) {
        return error_argument(program->ext, "measure: %zd qubits given: must be at most %u different ones",
                              nargs, program->nqubits);
    }
    call.qubits = qubits;
    for (call.nqubits = 0; (Py_ssize_t)call.nqubits < nargs; call.nqubits++)
        if (args_qubit(program, args[call.nqubits], &call.qubits[call.nqubits]) < 0) return NULL;
    if (args_seed(program->ext, seed, &call.seed_value, &call.seed) < 0 || run_call(&call) < 0) return NULL;
    return PyLong_FromUnsignedLongLong(outcome);
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static PyObject *ket_norm(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {.function = "norm"};
    double norm;
    struct call call = new_read(self, work_norm, &norm);
    if (parse(&call, &signature, args, nargs, kwnames, NULL) < 0) return NULL;
    return run_call(&call) < 0 ? NULL : PyFloat_FromDouble(norm);
}

static int inner(struct call *call, const char *function, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    const struct signature signature = {function, 1, 1, {""}};
    PyObject *other;
    if (parse(call, &signature, args, nargs, kwnames, &other) < 0) return -1;
    if (Py_TYPE(other) != Py_TYPE((PyObject *)call->ket)) return error_type("other", "a Ket", other);
    call->other = (struct ket *)other;
    call->operations = 2;
    return run_call(call);
}

static PyObject *ket_inner(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    ketsim_complex value;
    struct call call = new_read(self, work_inner, &value);
    return inner(&call, "inner", args, nargs, kwnames) < 0 ? NULL : PyComplex_FromDoubles(value.re, value.im);
}

static PyObject *ket_fidelity(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    ketsim_complex value;
    struct call call = new_read(self, work_inner, &value);
    if (inner(&call, "fidelity", args, nargs, kwnames) < 0) return NULL;
    return PyFloat_FromDouble(value.re * value.re + value.im * value.im);
}

/* ---- documentation ---------------------------------------------------------------------------- */

#define RAISES                                           \
    "Raises\n"                                           \
    "------\n"                                           \
    "InvalidArgument\n"                                  \
    "    An argument is out of range.\n"                 \
    "StateClosedError, StateInvalidError, OutOfMemory\n" \
    "    The state cannot be read.\n" STOP_RAISES "\n"

#define QUBITS                             \
    "qubits : iterable of int, optional\n" \
    "    Which qubits, the first being the most significant bit of an outcome; None is all.\n"

#define SHOTS       \
    "shots : int\n" \
    "    How many outcomes, 0 or more.\n"

#define SEED                                                                                      \
    "seed : int, optional\n"                                                                      \
    "    0..2**64-1.  The same seed draws the same, whatever the number of threads; None draws\n" \
    "    from the operating system.\n"

PyDoc_STRVAR(amplitudes_doc,
"amplitudes($self, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"A copy of the amplitudes.  ``np.asarray(q)`` shows them without copying.\n"
"\n"
"Parameters\n"
"----------\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"ndarray or memoryview\n"
"    Shape (2**n,), the state's dtype.  Without NumPy a memoryview of shape (2**n, 2), format 'd'\n"
"    or 'f': real and imaginary parts.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> len(ket('00').amplitudes())\n"
"4\n");

PyDoc_STRVAR(amplitude_doc,
"amplitude($self, label, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The amplitude of one basis state.\n"
"\n"
"Parameters\n"
"----------\n"
"label : str\n"
"    A 0 or 1 for each qubit, qubit 0 first.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"complex\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('01').amplitude('01')\n"
"(1+0j)\n");

PyDoc_STRVAR(probabilities_doc,
"probabilities($self, /, qubits=None, *, " STOP_ARGUMENTS ")\n--\n\n"
"The probability of each outcome of measuring some qubits.\n"
"\n"
"Parameters\n"
"----------\n"
QUBITS STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"ndarray or memoryview\n"
"    Shape (2**k,) for k qubits, float64.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> [round(p, 12) for p in ket('+1').probabilities([1, 0]).tolist()]\n"
"[0.0, 0.0, 0.5, 0.5]\n");

PyDoc_STRVAR(sample_doc,
"sample($self, shots, /, *, qubits=None, seed=None,\n"
"       " STOP_ARGUMENTS ")\n--\n\n"
"Draw outcomes of measuring some qubits; the state stays as it is.\n"
"\n"
"Parameters\n"
"----------\n"
SHOTS QUBITS SEED STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"ndarray or memoryview\n"
"    Shape (shots,), uint64: outcomes in independent order.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('101').sample(3).tolist()\n"
"[5, 5, 5]\n");

PyDoc_STRVAR(counts_doc,
"counts($self, shots, /, *, qubits=None, seed=None,\n"
"       " STOP_ARGUMENTS ")\n--\n\n"
"Draw outcomes as `sample()` does, and count them.\n"
"\n"
"Parameters\n"
"----------\n"
SHOTS QUBITS SEED STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"dict of str to int\n"
"    How often each label came, the first qubit leftmost; the most frequent first.\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('101').counts(1000, qubits=[2, 1])\n"
"{'10': 1000}\n");

PyDoc_STRVAR(measure_doc,
"measure($self, /, *qubits, seed=None, " STOP_ARGUMENTS ")\n--\n\n"
"Measure some qubits: draw one outcome and project the state onto it.\n"
"\n"
"Parameters\n"
"----------\n"
"*qubits : int\n"
"    Which qubits, the first being the most significant bit of the outcome; none is all.\n"
SEED STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"int\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('00').H(0).CNOT(0, 1)\n"
">>> q.measure(0) == q.measure(1)\n"
"True\n");

PyDoc_STRVAR(norm_doc,
"norm($self, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The square root of the sum of the squared moduli of the amplitudes.\n"
"\n"
"Parameters\n"
"----------\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"float\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('01').norm()\n"
"1.0\n");

PyDoc_STRVAR(inner_doc,
"inner($self, other, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The inner product <self|other>, in which self is conjugated.\n"
"\n"
"Parameters\n"
"----------\n"
"other : Ket\n"
"    Of the same number of qubits and dtype.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"complex\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('0').inner(ket('1'))\n"
"0j\n");

PyDoc_STRVAR(fidelity_doc,
"fidelity($self, other, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"The squared modulus of the inner product with another state.\n"
"\n"
"Parameters\n"
"----------\n"
"other : Ket\n"
"    Of the same number of qubits and dtype.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"float\n"
"\n"
RAISES
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> round(ket('0').fidelity(ket('+')), 12)\n"
"0.5\n");

const PyMethodDef read_methods[] = {
    {"amplitudes", METHOD(ket_amplitudes), METH_FASTCALL | METH_KEYWORDS, amplitudes_doc},
    {"amplitude", METHOD(ket_amplitude), METH_FASTCALL | METH_KEYWORDS, amplitude_doc},
    {"probabilities", METHOD(ket_probabilities), METH_FASTCALL | METH_KEYWORDS, probabilities_doc},
    {"sample", METHOD(ket_sample), METH_FASTCALL | METH_KEYWORDS, sample_doc},
    {"counts", METHOD(ket_counts), METH_FASTCALL | METH_KEYWORDS, counts_doc},
    {"measure", METHOD(ket_measure), METH_FASTCALL | METH_KEYWORDS, measure_doc},
    {"norm", METHOD(ket_norm), METH_FASTCALL | METH_KEYWORDS, norm_doc},
    {"inner", METHOD(ket_inner), METH_FASTCALL | METH_KEYWORDS, inner_doc},
    {"fidelity", METHOD(ket_fidelity), METH_FASTCALL | METH_KEYWORDS, fidelity_doc},
    {NULL, NULL, 0, NULL},
};
