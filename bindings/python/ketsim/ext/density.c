/* density.c - what DensityMatrix reads of the Ket that holds it: functions of the module, private. */
#include "args.h"
#include "call.h"

static ketsim_status work_probabilities(struct call *call)
{
    return ketsim_density_probabilities(call->ket->state, call->out, call->nqubits ? call->qubits : NULL,
                                        call->nqubits);
}

static ketsim_status work_expectations(struct call *call)
{
    return ketsim_density_expectations(call->ket->state, call->observables, call->nqubits, call->out,
                                       &call->options);
}

static ketsim_status work_fidelity(struct call *call)
{
    return ketsim_density_fidelity(call->ket->state, call->other->state, call->out);
}

static ketsim_status work_reduced(struct call *call)
{
    return ketsim_density_reduced(call->out, call->ket->state, call->qubits, call->nqubits);
}

/* Of a function with keywords, as it is called. */
struct arguments {
    PyObject *const *args;
    Py_ssize_t nargs;
    PyObject *kwnames;
};

/* Of a Ket on twice as many qubits, and what stops it: only DensityMatrix calls these. */
static int parse(PyObject *module, const struct arguments *given, struct call *call,
                 ketsim_status (*work)(struct call *), PyObject **second)
{
    static const struct signature signature = {"read", 2, 2, {"", ""}};
    struct ext *ext = PyModule_GetState(module);
    PyObject *own[2];
    *call = (struct call){.work = work, .queue_first = true};
    if (options_parse(call, ext, &signature, given->args, given->nargs, given->kwnames, own) < 0) return -1;
    if (Py_TYPE(own[0]) != ext->ket) {
        error_type("state", "a Ket", own[0]);
        return -1;
    }
    call->ket = (struct ket *)own[0];
    *second = own[1];
    return 0;
}

static uint64_t diagonal_ns(const struct call *call)
{
    return UINT64_C(2) << call->ket->program.nqubits / 2;
}

static PyObject *probabilities(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const struct arguments all = {args, nargs, kwnames};
    int list[KETSIM_MAX_QUBITS];
    struct call call;
    PyObject *qubits;
    if (parse(module, &all, &call, work_probabilities, &qubits) < 0 ||
        args_qubits(&call.ket->program, qubits, list, &call.nqubits) < 0)
        return NULL;
    call.qubits = list;
    call.cost_ns = diagonal_ns(&call);
    call.count = UINT64_C(1) << (call.nqubits ? call.nqubits : call.ket->program.nqubits / 2);
    return read_fill(&call, RESULT_FLOAT64);
}

/* A term reads a diagonal, not all amplitudes. */
static PyObject *fill_expectations(struct call *call)
{
    call->cost_ns = (call->operations - call->count) * diagonal_ns(call);
    call->operations = 0;
    call->nqubits = call->count;
    return read_fill(call, RESULT_FLOAT64);
}

static PyObject *expectations(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const struct arguments all = {args, nargs, kwnames};
    struct call call;
    PyObject *given;
    if (parse(module, &all, &call, work_expectations, &given) < 0) return NULL;
    return expect_several(&call, given, fill_expectations);
}

static PyObject *fidelity(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const struct arguments all = {args, nargs, kwnames};
    struct call call;
    double value;
    PyObject *other;
    if (parse(module, &all, &call, work_fidelity, &other) < 0) return NULL;
    if (Py_TYPE(other) != Py_TYPE((PyObject *)call.ket)) {
        error_type("other", "a Ket", other);
        return NULL;
    }
    call.other = (struct ket *)other;
    call.operations = 1;
    call.out = &value;
    return run_call(&call) < 0 ? NULL : PyFloat_FromDouble(value);
}

static PyObject *reduced(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const struct arguments all = {args, nargs, kwnames};
    int list[KETSIM_MAX_QUBITS];
    const struct ket plain = {.threads = 0};
    ketsim_state *state = NULL;
    struct call call;
    PyObject *qubits;
    if (parse(module, &all, &call, work_reduced, &qubits) < 0 ||
        args_qubits(&call.ket->program, qubits, list, &call.nqubits) < 0)
        return NULL;
    call.qubits = list;
    call.operations = 1;
    call.out = &state;
    return run_call(&call) < 0 ? NULL : (PyObject *)ket_new(call.ket->program.ext, state, &plain);
}

const PyMethodDef density_functions[] = {
    {"_density_probabilities", METHOD(probabilities), METH_FASTCALL | METH_KEYWORDS,
     "Private: those of a DensityMatrix's Ket."},
    {"_density_expectations", METHOD(expectations), METH_FASTCALL | METH_KEYWORDS,
     "Private: those of a DensityMatrix's Ket."},
    {"_density_fidelity", METHOD(fidelity), METH_FASTCALL | METH_KEYWORDS,
     "Private: that of a DensityMatrix's Ket with another."},
    {"_density_reduced", METHOD(reduced), METH_FASTCALL | METH_KEYWORDS,
     "Private: the Ket of a partial trace."},
    {NULL, NULL, 0, NULL},
};
