/* profile.c - where the time of calls goes: laps, and the list that ketsim.profile() reads.
 *
 * While recording is off a call looks at one flag.  While it is on, each call goes through the laps below one after
 * the other, and what the library says of its runs divides the lap inside it. */
#include "call.h"

void profile_begin(struct call *call, struct profile *profile)
{
    *profile = (struct profile){.begin_ns = call->entered_ns ? call->entered_ns : run_now_ns()};
    profile->mark_ns = profile->begin_ns;
    call->profile = profile;
    call->options.profile = &profile->run;
    profile_lap(call, LAP_VALIDATE);
}

void profile_note(struct call *call, enum lap lap)
{
    struct profile *profile = call->profile;
    const uint64_t now = run_now_ns();
    profile->laps[lap] += now - profile->mark_ns;
    profile->mark_ns = now;
}

/* What the library did besides runs, such as sampling. */
static uint64_t besides(const struct profile *profile)
{
    uint64_t runs = 0;
    for (int k = 0; k < KETSIM_STAGE_COUNT; k++) runs += profile->run.ns[k];
    return profile->laps[LAP_LIBRARY] > runs ? profile->laps[LAP_LIBRARY] - runs : 0;
}

/* (name, thread, begin_ns, (nanoseconds by stage, in the order of ketsim._profile.STAGES), gil_wait_ns, runs, passes,
 * qubits, whether the call succeeded) */
static PyObject *record_of(const struct call *call, bool succeeded)
{
    typedef unsigned long long ull;
    const struct profile *p = call->profile;
    const uint64_t *run = p->run.ns;
    return Py_BuildValue("(skK(KKKKKKKKKKK)KKKIO)", call->name ? call->name : "read",
                         PyThread_get_thread_ident(), (ull)p->begin_ns, (ull)p->laps[LAP_VALIDATE],
                         (ull)p->laps[LAP_CROSS], (ull)(p->laps[LAP_WAIT] + run[KETSIM_STAGE_WAIT]),
                         (ull)run[KETSIM_STAGE_ENCODE], (ull)run[KETSIM_STAGE_PLAN],
                         (ull)run[KETSIM_STAGE_CLONE], (ull)run[KETSIM_STAGE_PASSES],
                         (ull)run[KETSIM_STAGE_POLL], (ull)run[KETSIM_STAGE_COMMIT], (ull)besides(p),
                         (ull)p->laps[LAP_RETURN], (ull)call->wait_ns, (ull)p->run.runs, (ull)p->run.passes,
                         call->ket->program.nqubits, succeeded ? Py_True : Py_False);
}

/* The call's own exception, if there is one, goes on; a record that there is no memory for is left out. */
void profile_end(struct call *call, bool succeeded)
{
    struct ext *ext = call->ket->program.ext;
    PyObject *type, *value, *traceback;
    profile_lap(call, LAP_RETURN);
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *record = record_of(call, succeeded);
    if (!record || PyList_Append(ext->records, record) < 0) PyErr_Clear();
    Py_XDECREF(record);
    PyErr_Restore(type, value, traceback);
}

/* ---- functions -------------------------------------------------------------------------------- */

static PyObject *set_profiling(PyObject *module, PyObject *on)
{
    struct ext *ext = PyModule_GetState(module);
    const int truth = PyObject_IsTrue(on);
    if (truth < 0) return NULL;
    return PyBool_FromLong(atomic_exchange(&ext->profiling, truth));
}

static PyObject *get_records(PyObject *module, PyObject *Py_UNUSED(unused))
{
    struct ext *ext = PyModule_GetState(module);
    return Py_NewRef(ext->records);
}

PyDoc_STRVAR(set_profiling_doc,
"_profiling($module, on, /)\n--\n\n"
"Private, of ketsim.profile(): record each call, or stop; returns what it was.");

PyDoc_STRVAR(get_records_doc,
"_profile_records($module, /)\n--\n\n"
"Private, of ketsim.profile(): the list that calls are recorded in.");

const PyMethodDef profile_functions[] = {
    {"_profiling", set_profiling, METH_O, set_profiling_doc},
    {"_profile_records", get_records, METH_NOARGS, get_records_doc},
    {NULL, NULL, 0, NULL},
};
