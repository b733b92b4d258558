/* job_queue.c - the type JobQueue: where one thread waits for many jobs. */
#include "args.h"

static PyObject *queue_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *const names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":JobQueue", (char **)names)) return NULL;
    struct job_queue *self = (struct job_queue *)PyType_GenericAlloc(type, 0);
    if (!self) return NULL;
    const ketsim_status status = ketsim_jobs_new(&self->jobs);
    if (status == KETSIM_OK) return (PyObject *)self;
    Py_DECREF((PyObject *)self);
    return error_raise(PyType_GetModuleState(type), status);
}

/* The object of a job that has ended, with the reference that the library held; NULL without an exception: there is
 * none.  The thread that submitted it may not have got so far as to note it. */
static struct job *next_job(struct job_queue *self, uint64_t timeout_ms)
{
    ketsim_job *job = ketsim_jobs_next(self->jobs, timeout_ms);
    if (!job) return NULL;
    struct job *object = ketsim_job_context(job);
    atomic_store(&object->job, job);
    return object;
}

static PyObject *queue_next(PyObject *self, PyObject *given)
{
    uint64_t timeout_ms;
    if (args_timeout(PyType_GetModuleState(Py_TYPE(self)), given, "timeout_ms", &timeout_ms) < 0) return NULL;
    PyThreadState *thread = PyEval_SaveThread();
    struct job *job = next_job((struct job_queue *)self, timeout_ms ? timeout_ms : UINT64_MAX);
    PyEval_RestoreThread(thread);
    if (!job) return Py_NewRef(Py_None);
    return Py_BuildValue("(KN)", (unsigned long long)job->key, (PyObject *)job);
}

/* Jobs that are still on their way are lost, with their objects. */
static void queue_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    struct job_queue *queue = (struct job_queue *)self;
    struct job *job;
    while (queue->jobs && (job = next_job(queue, 0))) Py_DECREF((PyObject *)job);
    ketsim_jobs_free(queue->jobs);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"next", queue_next, METH_O,
     "next($self, timeout_ms, /)\n--\n\n"
     "Wait for the next job that has ended: its key and the Job; None if timeout_ms passed before."},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(queue_doc,
"JobQueue()\n--\n\n"
"Private: where jobs are handed back in the order in which they end.");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)queue_doc},
    {Py_tp_new, queue_new},
    {Py_tp_dealloc, queue_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec job_queue_spec = {"ketsim._ketsim.JobQueue", sizeof(struct job_queue), 0, Py_TPFLAGS_DEFAULT,
                              slots};
