/* run.c - calls into the library that may take long, and the methods that run gates.
 *
 * The GIL is let go when the work is expected to take longer than getting it back may cost.  While it is, the
 * library polls between slices: the poll takes the GIL, lets signal handlers and the progress callback run,
 * and lets it go again.  No thread waits for a state with the GIL in its hands. */
#include "ext.h"

#include <time.h>

enum { RELEASE_NS = 2000, WAIT_MS = 50 };

uint64_t run_now_ns(void)
{
    struct timespec now;
#ifdef CLOCK_MONOTONIC
    clock_gettime(CLOCK_MONOTONIC, &now);
#else
    timespec_get(&now, TIME_UTC);
#endif
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the GIL ---------------------------------------------------------------------------------- */

void run_let_go(struct call *call)
{
    call->thread = PyEval_SaveThread();
    call->mark_ns = run_now_ns();
}

void run_take_back(struct call *call)
{
    const uint64_t done = run_now_ns();
    call->free_ns += done - call->mark_ns;
    PyEval_RestoreThread(call->thread);
    call->wait_ns += run_now_ns() - done;
}

void run_count(struct ext *ext, const struct call *call)
{
    atomic_fetch_add(&ext->clock_calls, 1);
    atomic_fetch_add(&ext->clock_wall_ns, run_now_ns() - call->entered_ns);
    atomic_fetch_add(&ext->clock_free_ns, call->free_ns);
    atomic_fetch_add(&ext->clock_wait_ns, call->wait_ns);
}

/* ---- between slices --------------------------------------------------------------------------- */

int run_report(const struct call *call, double done)
{
    if (!call->progress) return 0;
    PyObject *fraction = PyFloat_FromDouble(done);
    PyObject *ignored = fraction ? PyObject_CallFunctionObjArgs(call->progress, fraction, NULL) : NULL;
    Py_XDECREF(fraction);
    Py_XDECREF(ignored);
    return ignored ? 0 : -1;
}

/* The thread that runs owns the claim: what its callbacks ask of the same state fails instead of waiting. */
static bool poll(void *context, double done)
{
    struct call *call = context;
    if (call->releases) run_take_back(call);
    atomic_store(&call->ket->owner, PyThread_get_thread_ident());
    const bool go_on = PyErr_CheckSignals() == 0 && run_report(call, done) == 0;
    atomic_store(&call->ket->owner, 0);
    ketsim_set_limits(&call->options); /* calls of the callbacks have set their own */
    if (call->releases) run_let_go(call);
    return go_on;
}

/* ---- a call ----------------------------------------------------------------------------------- */

/* What looks at a state would run the queue inside the library, where nothing interrupts it; a long queue is
 * run here instead.  If another thread holds the state, that call itself knows what to do about it. */
static ketsim_status run_queue(struct call *call, struct ket *ket)
{
    if (!ket || !ketsim_pending(ket->state)) return KETSIM_OK;
    const ketsim_status status = ketsim_run(ket->state, &call->options);
    return status == KETSIM_ERR_BUSY ? KETSIM_OK : status;
}

static ketsim_status work(struct call *call)
{
    ketsim_status status = KETSIM_OK;
    if ((call->is_long || call->profile) && call->queue_first) {
        status = run_queue(call, call->ket);
        if (status == KETSIM_OK) status = run_queue(call, call->other);
    }
    return status == KETSIM_OK ? call->work(call) : status;
}

static ketsim_status attempt(struct call *call)
{
    if (call->releases) run_let_go(call);
    profile_lap(call, LAP_CROSS);
    if (call->is_long) ketsim_set_limits(&call->options); /* for work that takes no options */
    const ketsim_status status = work(call);
    if (call->is_long) ketsim_set_limits(NULL);
    profile_lap(call, LAP_LIBRARY);
    if (call->releases) run_take_back(call);
    return status;
}

/* Whether to wait for a busy state: not for this thread itself, nor for a generation that has passed. */
static bool may_wait(const struct call *call)
{
    const struct ket *ket = call->ket;
    const uint64_t expected = call->options.expect_generation;
    return ket->wait && atomic_load(&ket->owner) != PyThread_get_thread_ident() &&
           (!expected || expected == ketsim_state_generation(ket->state));
}

static int check_limits(struct call *call)
{
    struct ext *ext = call->ket->program.ext;
    if (PyErr_CheckSignals() < 0) return -1;
    if (call->options.cancel && ketsim_cancel_raised(call->options.cancel)) {
        PyErr_SetString(ext->errors[KETSIM_ERR_CANCELLED],
                        "cancelled while waiting for another thread's run");
        return -1;
    }
    const uint64_t now = run_now_ns();
    if (!call->deadline_ns || now < call->deadline_ns) {
        if (call->deadline_ns) call->options.timeout_ms = (call->deadline_ns - now) / 1000000 + 1;
        return 0;
    }
    PyErr_SetString(ext->errors[KETSIM_ERR_DEADLINE],
                    "timeout_ms passed while waiting for another thread's run");
    return -1;
}

static int wait_turn(struct call *call)
{
    ketsim_status status;
    do {
        run_let_go(call);
        status = ketsim_wait(call->ket->state, WAIT_MS);
        run_take_back(call);
        if (check_limits(call) < 0) return -1;
    } while (status != KETSIM_OK);
    return 0;
}

/* Do the call, waiting for other writers if the state is set to. */
static int finish(struct call *call)
{
    for (;;) {
        const ketsim_status status = attempt(call);
        if (PyErr_Occurred()) return -1; /* from the poll */
        if (status == KETSIM_OK) return 0;
        if (status != KETSIM_ERR_BUSY || !may_wait(call)) {
            error_raise(call->ket->program.ext, status);
            return -1;
        }
        if (wait_turn(call) < 0) return -1;
        profile_lap(call, LAP_WAIT);
    }
}

int run_call(struct call *call)
{
    struct ket *ket = call->ket;
    struct ext *ext = ket->program.ext;
    struct profile profile;
    if (atomic_load_explicit(&ext->profiling, memory_order_relaxed)) profile_begin(call, &profile);
    uint64_t cost = call->cost_ns + ketsim_estimate_ns(ket->state, call->operations);
    if (call->other) cost += ketsim_estimate_ns(call->other->state, 0);

    call->is_long = cost > RELEASE_NS;
    call->releases = call->is_long && !atomic_load(&ext->hold_gil);
    if (call->is_long) {
        if (!call->entered_ns) call->entered_ns = run_now_ns();
        call->options.poll = poll;
        call->options.poll_context = call;
    }
    if (call->options.timeout_ms) call->deadline_ns = run_now_ns() + call->options.timeout_ms * 1000000;
    const int result = finish(call);
    if (call->is_long) run_count(ext, call);
    if (call->profile) profile_end(call, result == 0);
    return result;
}

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
    if (table_is_large(ops, count)) {
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

static PyObject *apply(struct ket *ket, PyObject *circuit, PyObject *params)
{
    if (Py_TYPE(circuit) != ket->program.ext->circuit) {
        error_type("circuit", "a Circuit", circuit);
        return NULL;
    }
    struct call call = {.ket = ket, .work = work_apply, .circuit = ((struct circuit *)circuit)->circuit};
    call.name = "apply";
    call.operations = ketsim_circuit_length(call.circuit);
    int result = params && params != Py_None ? bind(&call, params) : 0;
    if (result == 0) result = run_call(&call);
    PyMem_Free(call.values);
    return result < 0 ? NULL : Py_NewRef((PyObject *)ket);
}

static PyObject *ket_apply(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *params;
    if (nargs < 1 || nargs > 2) {
        PyErr_Format(PyExc_TypeError, "apply() takes a circuit and params, %zd arguments given", nargs);
        return NULL;
    }
    if (args_keyword("apply", "params", args, nargs, kwnames, &params) < 0) return NULL;
    if (params && nargs == 2) {
        PyErr_SetString(PyExc_TypeError, "apply() got params twice");
        return NULL;
    }
    return apply((struct ket *)self, args[0], nargs == 2 ? args[1] : params);
}

static PyObject *ket_apply_gates(PyObject *self, PyObject *entries)
{
    struct ket *ket = (struct ket *)self;
    struct call call = {.ket = ket, .work = work_apply_once, .entered_ns = run_now_ns()};
    call.name = "apply_gates";
    call.own = entries_parse(&ket->program, entries);
    if (!call.own) return NULL;
    call.operations = ketsim_circuit_length(call.own);
    const int result = run_call(&call);
    ketsim_circuit_free(call.own);
    return result < 0 ? NULL : Py_NewRef(self);
}

int run_set_options(struct call *call, PyObject *timeout, PyObject *cancel, PyObject *progress,
                    PyObject *threads)
{
    struct ext *ext = call->ket->program.ext;
    uint64_t value = 0;
    if (args_timeout(ext, timeout, "timeout_ms", &call->options.timeout_ms) < 0) return -1;
    if (cancel != Py_None && Py_TYPE(cancel) != ext->cancel)
        return error_type("cancel", "a CancelToken", cancel);
    if (cancel != Py_None) call->options.cancel = ((struct cancel *)cancel)->cancel;
    if (progress != Py_None && !PyCallable_Check(progress))
        return error_type("progress", "callable", progress);
    if (progress != Py_None) call->progress = progress;
    if (threads != Py_None && args_integer(ext, threads, "threads", 1, KETSIM_MAX_THREADS, &value) < 0)
        return -1;
    call->options.threads = (unsigned)value;
    return 0;
}

static int parse_options(struct call *call, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"timeout_ms", "cancel", "progress", "threads", "expect_generation", NULL};
    struct ext *ext = call->ket->program.ext;
    PyObject *timeout = NULL, *cancel = Py_None, *progress = Py_None, *threads = Py_None, *expected = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOOOO:run", (char **)names, &timeout, &cancel, &progress,
                                     &threads, &expected))
        return -1;
    if (run_set_options(call, timeout, cancel, progress, threads) < 0) return -1;
    if (expected == Py_None) return 0;
    return args_integer(ext, expected, "expect_generation", 1, UINT64_MAX, &call->options.expect_generation);
}

static PyObject *ket_run(PyObject *self, PyObject *args, PyObject *kwargs)
{
    struct call call = {.ket = (struct ket *)self, .work = work_run, .name = "run"};
    if (atomic_load_explicit(&call.ket->program.ext->profiling, memory_order_relaxed))
        call.entered_ns = run_now_ns();
    if ((kwargs || PyTuple_Size(args)) && parse_options(&call, args, kwargs) < 0) return NULL;
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
"apply($self, circuit, /, params=None)\n--\n\n"
"Run the queued gates and then a circuit, as one transaction.\n"
"\n"
"Parameters\n"
"----------\n"
"circuit : Circuit\n"
"    Must not have more qubits than the state; its qubit k acts on qubit k.\n"
"params : dict or iterable of float, optional\n"
"    Values for its parameters, as `Circuit.bind` takes them; passes are shared with other values.\n"
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
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import Circuit, ket\n"
">>> bell = Circuit(2).H(0).CNOT(0, 1)\n"
">>> ket('00').apply(bell)\n"
"Ket(0.707107|00> + 0.707107|11>)\n");

PyDoc_STRVAR(apply_gates_doc,
"apply_gates($self, gates, /)\n--\n\n"
"Run the queued gates and then a list of gates, as one transaction: all of them or none.\n"
"\n"
"Parameters\n"
"----------\n"
"gates : iterable of tuple\n"
"    ``(name, *angles, *controls, *targets)`` as the method of that name takes them, or\n"
"    ``('unitary', matrix, *qubits)``.  A dict at the end gives further controls:\n"
"    ``('RX', 0.3, 1, {'controls': {0: 1, 3: 0}})``; for a matrix it may also give\n"
"    ``'tolerance'``, the largest deviation from a unitary matrix that is accepted.\n"
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

const PyMethodDef run_methods[] = {
    {"run", METHOD(ket_run), METH_VARARGS | METH_KEYWORDS, run_doc},
    {"apply", METHOD(ket_apply), METH_FASTCALL | METH_KEYWORDS, apply_doc},
    {"apply_gates", ket_apply_gates, METH_O, apply_gates_doc},
    {"discard", ket_discard, METH_NOARGS, discard_doc},
    {NULL, NULL, 0, NULL},
};
