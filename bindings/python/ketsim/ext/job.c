/* job.c - the type Job: one circuit that a worker of the library runs.
 *
 * Private: `submit` and `imap` are made of it.  While a job that has a JobQueue is on its way, the library holds a
 * reference to the object, which the queue then hands over. */
#include "args.h"
#include "many.h"

enum { WAIT_MS = 50 };

/* ---- making one ------------------------------------------------------------------------------- */

struct given {
    PyObject *circuit, *state, *shots, *seed, *observables, *timeout, *cancel, *dtype, *index, *queue, *key;
    int waits;
};

static int parse_queue(struct job *self, const struct given *given, ketsim_job_options *options)
{
    if (given->queue == Py_None) return 0;
    if (Py_TYPE(given->queue) != self->ext->job_queue) return error_type("queue", "a JobQueue", given->queue);
    options->jobs = ((struct job_queue *)given->queue)->jobs;
    options->context = self;
    return given->key ? args_integer(self->ext, given->key, "key", 0, UINT64_MAX, &self->key) : 0;
}

static int parse_options(struct job *self, const struct given *given, ketsim_job_options *options,
                         uint64_t *seed)
{
    struct ext *ext = self->ext;
    uint64_t index = 0;
    struct call call = {.progress = NULL};
    const struct stop_options stops = {given->timeout, given->cancel, NULL};
    if (Py_TYPE(given->circuit) != ext->circuit) return error_type("circuit", "a Circuit", given->circuit);
    if (many_parse_shots(ext, given->shots, &options->shots) < 0 ||
        args_seed(ext, given->seed, seed, &options->seed) < 0 ||
        many_parse_stops(ext, &stops, &call, &options->timeout_ms, &options->cancel) < 0 ||
        (given->dtype && args_dtype(ext, given->dtype, &options->dtype) < 0) ||
        (given->index && args_integer(ext, given->index, "index", 0, SIZE_MAX, &index) < 0))
        return -1;
    options->index = (size_t)index;
    options->drop_states = options->shots || self->has_values;
    options->no_wait = !given->waits;
    return parse_queue(self, given, options);
}

/* *made: a state for this call alone. */
static int parse_start(struct job *self, PyObject *given, ketsim_job_options *options, ketsim_state **made)
{
    if (given == Py_None) return 0;
    if (PyUnicode_Check(given)) {
        options->state = *made = batch_state_of_label(self->ext, given, options->dtype);
    } else if (Py_TYPE(given) == self->ext->ket) {
        const struct ket *start = (struct ket *)given;
        options->state = start->state;
        self->like = (struct ket){
            .threads = start->threads, .eager = start->eager, .inplace = start->inplace, .wait = start->wait};
    } else {
        return error_type("state", "a Ket or a label", given);
    }
    return options->state ? 0 : -1;
}

static int submit(struct job *self, const ketsim_circuit *circuit, ketsim_job_options *options)
{
    struct call call = {.entered_ns = run_now_ns(), .releases = !atomic_load(&self->ext->hold_gil)};
    ketsim_job *job = NULL;
    self->nqubits = ketsim_circuit_is_dynamic(circuit) ? ketsim_circuit_nbits(circuit)
                    : options->state                   ? ketsim_state_nqubits(options->state)
                                                       : ketsim_circuit_nqubits(circuit);
    options->poll = many_poll;
    options->poll_context = &call;
    if (options->jobs) Py_INCREF((PyObject *)self);
    if (call.releases) run_let_go(&call);
    const ketsim_status status = ketsim_job_submit(&job, circuit, options);
    if (call.releases) run_take_back(&call);
    if (status == KETSIM_OK) {
        atomic_store(&self->job, job);
        return 0;
    }
    if (options->jobs) Py_DECREF((PyObject *)self);
    if (!PyErr_Occurred()) error_raise(self->ext, status);
    return -1;
}

static int start(struct job *self, const struct given *given)
{
    ketsim_job_options options = {0};
    ketsim_state *made = NULL;
    PyObject *observables = NULL;
    const ketsim_observable **asked = NULL;
    uint64_t seed;
    int result = batch_parse_observables(self->ext, given->observables, &observables, &asked);
    self->has_values = asked;
    options.observables = asked;
    options.nobservables = asked ? (size_t)PyList_Size(observables) : 0;
    if (result == 0) result = parse_options(self, given, &options, &seed);
    if (result == 0) result = parse_start(self, given->state, &options, &made);
    if (result == 0) result = submit(self, ((struct circuit *)given->circuit)->circuit, &options);
    ketsim_state_free(made);
    PyMem_Free(asked);
    Py_XDECREF(observables);
    return result;
}

static PyObject *job_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"circuit", "state", "shots", "seed",  "observables", "timeout_ms", "cancel",
                                  "dtype",   "wait",  "index", "queue", "key",         NULL};
    struct given given = {NULL,    Py_None, Py_None, Py_None, Py_None, Py_None,
                          Py_None, NULL,    NULL,    Py_None, NULL,    1};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOOOOOOpOOO:Job", (char **)names, &given.circuit,
                                     &given.state, &given.shots, &given.seed, &given.observables,
                                     &given.timeout, &given.cancel, &given.dtype, &given.waits, &given.index,
                                     &given.queue, &given.key))
        return NULL;
    struct job *self = (struct job *)PyType_GenericAlloc(type, 0);
    if (!self) return NULL;
    self->ext = PyType_GetModuleState(type);
    if (start(self, &given) == 0) return (PyObject *)self;
    Py_DECREF((PyObject *)self);
    return NULL;
}

static void job_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ketsim_job_free(atomic_load(&((struct job *)self)->job));
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- methods ---------------------------------------------------------------------------------- */

static ketsim_job *job_of(PyObject *self)
{
    return atomic_load(&((struct job *)self)->job);
}

/* Until it has ended: 1; or deadline_ns has come, if that is not 0: 0; or a signal handler raised: -1. */
static int wait_until(ketsim_job *job, uint64_t deadline_ns)
{
    while (!ketsim_job_ended(job)) {
        const uint64_t now = run_now_ns();
        uint64_t slice_ms = WAIT_MS;
        if (deadline_ns && now >= deadline_ns) return 0;
        if (deadline_ns && deadline_ns - now < WAIT_MS * 1000000u)
            slice_ms = (deadline_ns - now) / 1000000 + 1;
        PyThreadState *thread = PyEval_SaveThread();
        const ketsim_status status = ketsim_job_wait(job, slice_ms);
        PyEval_RestoreThread(thread);
        if (status != KETSIM_OK && PyErr_CheckSignals() < 0) return -1;
    }
    return 1;
}

static PyObject *job_wait(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {"timeout_ms", NULL};
    PyObject *given = NULL;
    uint64_t timeout_ms;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:wait", (char **)names, &given) ||
        args_timeout(((struct job *)self)->ext, given, "timeout_ms", &timeout_ms) < 0)
        return NULL;
    const int ended = wait_until(job_of(self), timeout_ms ? run_now_ns() + timeout_ms * 1000000 : 0);
    return ended < 0 ? NULL : PyBool_FromLong(ended);
}

static PyObject *job_cancel(PyObject *self, PyObject *Py_UNUSED(unused))
{
    ketsim_job_cancel(job_of(self));
    return Py_NewRef(Py_None);
}

static PyObject *raise_failure(const struct job *self, const ketsim_job *job, ketsim_status status)
{
    PyObject *type = self->ext->errors[status];
    return PyErr_Format(type ? type : self->ext->error, "%s", ketsim_job_message(job));
}

static PyObject *job_result(PyObject *object, PyObject *Py_UNUSED(unused))
{
    const struct job *self = (struct job *)object;
    ketsim_job *job = job_of(object);
    struct circuit_gave gave = {
        .like = &self->like, .nqubits = self->nqubits, .has_values = self->has_values};
    if (wait_until(job, 0) < 0) return NULL;
    const ketsim_status status = ketsim_job_status(job);
    if (status != KETSIM_OK) return raise_failure(self, job, status);
    gave.ncounts = ketsim_job_counts(job, &gave.counts);
    gave.nvalues = ketsim_job_values(job, &gave.values);
    gave.state = ketsim_job_take(job);
    if (gave.state || gave.ncounts || gave.has_values) return batch_circuit_result(self->ext, &gave);
    PyErr_SetString(PyExc_RuntimeError, "job: its state was taken before");
    return NULL;
}

static PyObject *get_ended(PyObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(ketsim_job_ended(job_of(self)));
}

static PyGetSetDef getters[] = {
    {"ended", get_ended, NULL, "Whether it has ended, well or not.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"wait", METHOD(job_wait), METH_VARARGS | METH_KEYWORDS,
     "wait($self, /, timeout_ms=None)\n--\n\nWait until it has ended; False if timeout_ms passed before."},
    {"cancel", job_cancel, METH_NOARGS, "cancel($self, /)\n--\n\nStop it, soon."},
    {"result", job_result, METH_NOARGS,
     "result($self, /)\n--\n\nWait for its CircuitResult, or raise why there is none; a state can be had "
     "once."},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(job_doc,
"Job(circuit, *, state=None, shots=None, seed=None, observables=None, timeout_ms=None,\n"
"    cancel=None, dtype='complex128', wait=True, index=0, queue=None, key=0)\n--\n\n"
"Private: a circuit submitted to the workers.  A job that is dropped is stopped.");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)job_doc}, {Py_tp_new, job_new},    {Py_tp_dealloc, job_dealloc},
    {Py_tp_methods, methods},     {Py_tp_getset, getters}, {0, NULL},
};

PyType_Spec job_spec = {"ketsim._ketsim.Job", sizeof(struct job), 0, Py_TPFLAGS_DEFAULT, slots};
