/* workers.c - the threads of the library that run batches and jobs. */
#include "ext.h"

static PyObject *pin_workers(PyObject *module, PyObject *given)
{
    static const char *const names[] = {
        [KETSIM_PIN_NONE] = "none", [KETSIM_PIN_COMPACT] = "compact", [KETSIM_PIN_SPREAD] = "spread"};
    struct ext *ext = PyModule_GetState(module);
    if (!PyUnicode_Check(given)) {
        error_type("pin", "'none', 'compact' or 'spread'", given);
        return NULL;
    }
    for (int pin = 0; pin < (int)(sizeof names / sizeof *names); pin++) {
        if (PyUnicode_CompareWithASCIIString(given, names[pin])) continue;
        const ketsim_status status = ketsim_set_pin((ketsim_pin)pin);
        return status == KETSIM_OK ? Py_NewRef(Py_None) : error_raise(ext, status);
    }
    return error_argument(ext, "pin '%.40U': must be 'none', 'compact' or 'spread'", given);
}

static PyObject *count_cores(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromLong((long)ketsim_default_threads());
}

PyDoc_STRVAR(pin_workers_doc,
"pin_workers($module, pin, /)\n--\n\n"
"Say on which CPUs the worker threads of batches, `submit` and `imap` stay.\n"
"\n"
"Threads that share one circuit are those of OpenMP, which has settings of its own, OMP_PROC_BIND and\n"
"OMP_PLACES; calling threads are not pinned either.\n"
"\n"
"Parameters\n"
"----------\n"
"pin : {'none', 'compact', 'spread'}\n"
"    On any CPU that the calling thread may run on, as at first; or each on one of those, in the order\n"
"    of their numbers: next to each other, or far from each other where there are fewer workers than\n"
"    CPUs.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument, TypeError\n"
"    It is none of these.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import pin_workers\n"
">>> pin_workers('compact')\n"
">>> pin_workers('none')\n");

PyDoc_STRVAR(count_cores_doc,
"_count_cores($module, /)\n--\n\n"
"Private: threads that the library uses when nobody says how many.");

const PyMethodDef workers_functions[] = {
    {"pin_workers", pin_workers, METH_O, pin_workers_doc},
    {"_count_cores", count_cores, METH_NOARGS, count_cores_doc},
    {NULL, NULL, 0, NULL},
};
