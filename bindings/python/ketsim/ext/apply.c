/* apply.c - the methods of Ket that queue and run gates, lists of gates and circuits. */
#include "args.h"
#include "call.h"

/* ---- gates ------------------------------------------------------------------------------------ */

static ketsim_status work_queue(struct call *call)
{
    return ketsim_queue(call->ket->state, call->ops, call->count);
}

static ketsim_status work_ops(struct call *call)
{
    return ketsim_apply_ops(call->ket->state, call->ops, call->count, &call->options);
}

/* The slow ends of ket_put(): run at once, or wait until the queue is free. */
static PyObject *put_slowly(struct ket *ket, const ketsim_op *ops, size_t count)
{
    struct call call = {.ket = ket, .work = ket->eager ? work_ops : work_queue, .ops = ops, .count = count};
    call.operations = ket->eager ? count : 0;
    call.name = "gate";
    return run_call(&call) < 0 ? NULL : Py_NewRef((PyObject *)ket);
}

PyObject *ket_put(struct program *self, const ketsim_op *ops, size_t count)
{
    struct ket *ket = (struct ket *)self;
    if (ket->eager) return put_slowly(ket, ops, count);
    ketsim_status status;
    if (op_is_large(ops, count)) {
        Py_BEGIN_ALLOW_THREADS
        status = ketsim_queue(ket->state, ops, count);
        Py_END_ALLOW_THREADS
    } else {
        status = ketsim_queue(ket->state, ops, count);
    }
    if (status == KETSIM_OK) return Py_NewRef((PyObject *)self);
    return status == KETSIM_ERR_BUSY && ket->wait ? put_slowly(ket, ops, count)
                                                  : error_raise(self->ext, status);
}

/* ---- methods ---------------------------------------------------------------------------------- */

static ketsim_status work_run(struct call *call)
{
    return ketsim_run(call->ket->state, &call->options);
}

static ketsim_status work_apply(struct call *call)
{
    return ketsim_apply(call->ket->state, call->circuit, &call->options);
}

static ketsim_status work_apply_once(struct call *call)
{
    return ketsim_apply_once(call->ket->state, call->own, &call->options);
}

static ketsim_status work_apply_bound(struct call *call)
{
    return ketsim_apply_bound(call->ket->state, call->circuit, call->values, call->count, &call->options);
}

static int bind(struct call *call, PyObject *params)
{
    size_t count;
    call->values = linear_values(call->ket->program.ext, call->circuit, params, &count);
    call->count = count;
    call->work = work_apply_bound;
    return call->values ? 0 : -1;
}

static int apply(struct call *call, PyObject *circuit, PyObject *params)
{
    if (Py_TYPE(circuit) != call->ket->program.ext->circuit)
        return error_type("circuit", "a Circuit", circuit);
    call->circuit = ((struct circuit *)circuit)->circuit;
    call->operations = ketsim_circuit_length(call->circuit);
    if (params && params != Py_None && bind(call, params) < 0) return -1;
    return run_call(call);
}

static PyObject *ket_apply(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"apply", 1, 2, {"", "params"}};
    struct call call = {.ket = (struct ket *)self, .work = work_apply, .name = "apply"};
    PyObject *given[2];
    if (options_parse(&call, call.ket->program.ext, &signature, args, nargs, kwnames, given) < 0) return NULL;
    const int result = apply(&call, given[0], given[1]);
    PyMem_Free(call.values);
    return result < 0 ? NULL : Py_NewRef(self);
}

static PyObject *ket_apply_gates(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {"apply_gates", 1, 1, {""}};
    struct ket *ket = (struct ket *)self;
    struct call call = {.ket = ket, .work = work_apply_once, .entered_ns = run_now_ns()};
    PyObject *entries;
    call.name = "apply_gates";
    if (options_parse(&call, ket->program.ext, &signature, args, nargs, kwnames, &entries) < 0) return NULL;
    call.own = entries_parse(&ket->program, entries);
    if (!call.own) return NULL;
    call.operations = ketsim_circuit_length(call.own);
    const int result = run_call(&call);
    ketsim_circuit_free(call.own);
    return result < 0 ? NULL : Py_NewRef(self);
}

static int parse_options(struct call *call, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const struct signature signature = {
        "run", 0, 5, {"timeout_ms", "cancel", "progress", "threads", "expect_generation"}};
    struct ext *ext = call->ket->program.ext;
    PyObject *given[5];
    if (options_parse(call, ext, &signature, args, nargs, kwnames, given) < 0) return -1;
    if (options_set(call, ext, &(struct stop_options){given[0], given[1], given[2]}) < 0) return -1;
    if (run_parse_threads(call, ext, given[3]) < 0) return -1;
    if (!given[4] || given[4] == Py_None) return 0;
    return args_integer(ext, given[4], "expect_generation", 1, UINT64_MAX, &call->options.expect_generation);
}

static PyObject *ket_run(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct call call = {.ket = (struct ket *)self, .work = work_run, .name = "run"};
    if (atomic_load_explicit(&call.ket->program.ext->profiling, memory_order_relaxed))
        call.entered_ns = run_now_ns();
    if ((kwnames || nargs) && parse_options(&call, args, nargs, kwnames) < 0) return NULL;
    return run_call(&call) < 0 ? NULL : Py_NewRef(self);
}

static ketsim_status work_discard(struct call *call)
{
    return ketsim_discard(call->ket->state);
}

static PyObject *ket_discard(PyObject *self, PyObject *Py_UNUSED(unused))
{
    struct call call = {.ket = (struct ket *)self, .work = work_discard, .name = "discard"};
    return run_call(&call) < 0 ? NULL : Py_NewRef(self);
}

PyDoc_STRVAR(run_doc,
"run($self, /, timeout_ms=None, cancel=None, progress=None, threads=None,\n"
"    expect_generation=None)\n--\n\n"
"Run the queued gates and commit the result, as one transaction.\n"
"\n"
"When it fails the amplitudes are those of the last commit, bit for bit, and the queue is kept.\n"
"Ctrl-C interrupts a long run in the same way.\n"
"\n"
"Parameters\n"
"----------\n"
"timeout_ms : float, optional\n"
"    Give up after so many milliseconds.\n"
"cancel : CancelToken, optional\n"
"    Stop soon after this token is raised, by any thread.\n"
"progress : callable, optional\n"
"    Called with the fraction done, a float from 0 to 1, between slices of a run of more than\n"
"    about 20 ms.  An exception in it stops the run and comes out of this call.\n"
"threads : int, optional\n"
"    Use at most so many threads; 1..1024.\n"
"expect_generation : int, optional\n"
"    Run only if `generation` still has this value.\n"
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"DeadlineExceeded, Cancelled\n"
"    The run was stopped.\n"
"StateBusyError\n"
"    Another thread holds the state, or it is at another generation.\n"
"OutOfMemory\n"
"    There is no room for the second buffer of the transaction.\n"
"BufferError\n"
"    The state is in place, and a view of it is alive.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('00').H(0).CNOT(0, 1)\n"
">>> q.pending\n"
"2\n"
">>> q.run().pending\n"
"0\n");

PyDoc_STRVAR(apply_doc,
"apply($self, circuit, /, params=None, *, " STOP_ARGUMENTS ")\n--\n\n"
"Run the queued gates and then a circuit, as one transaction.\n"
"\n"
"Parameters\n"
"----------\n"
"circuit : Circuit\n"
"    Must not have more qubits than the state; its qubit k acts on qubit k.\n"
"params : dict or iterable of float, optional\n"
"    Values for its parameters, as `Circuit.bind` takes them; passes are shared with other values.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, StateBusyError, OutOfMemory, BufferError\n"
"    The state and its queue are as they were.\n"
STOP_RAISES
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, ket\n"
">>> bell = Circuit(2).H(0).CNOT(0, 1)\n"
">>> ket('00').apply(bell)\n"
"Ket(0.707107|00> + 0.707107|11>)\n");

PyDoc_STRVAR(apply_gates_doc,
"apply_gates($self, gates, /, *, " STOP_ARGUMENTS ")\n--\n\n"
"Run the queued gates and then a list of gates, as one transaction: all of them or none.\n"
"\n"
"Parameters\n"
"----------\n"
"gates : iterable of tuple\n"
"    ``(name, *angles, *controls, *targets)`` as the method of that name takes them, or\n"
"    ``('unitary', matrix, *qubits)``.  A dict at the end gives further controls:\n"
"    ``('RX', 0.3, 1, {'controls': {0: 1, 3: 0}})``; for a matrix it may also give\n"
"    ``'tolerance'``, the largest deviation from a unitary matrix that is accepted.\n"
STOP_PARAMETERS
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"    The same object.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    An entry is wrong; the message names its index.  Nothing was run.\n"
"StateBusyError, OutOfMemory, BufferError\n"
"    The state and its queue are as they were.\n"
STOP_RAISES
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('00').apply_gates([('H', 0), ('CNOT', 0, 1)])\n"
"Ket(0.707107|00> + 0.707107|11>)\n");

PyDoc_STRVAR(discard_doc,
"discard($self, /)\n--\n\n"
"Drop the queued gates.\n"
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"    The same object.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> ket('0').X(0).discard()\n"
"Ket(|0>)\n");

const PyMethodDef apply_methods[] = {
    {"run", METHOD(ket_run), METH_FASTCALL | METH_KEYWORDS, run_doc},
    {"apply", METHOD(ket_apply), METH_FASTCALL | METH_KEYWORDS, apply_doc},
    {"apply_gates", METHOD(ket_apply_gates), METH_FASTCALL | METH_KEYWORDS, apply_gates_doc},
    {"discard", ket_discard, METH_NOARGS, discard_doc},
    {NULL, NULL, 0, NULL},
};
