/* options.c - arguments of methods that may take long: their own, and timeout_ms, cancel and progress, which all have. */
#include "args.h"
#include "call.h"

/* ---- what stops a call ------------------------------------------------------------------------- */

int options_set(struct call *call, struct ext *ext, const struct stop_options *given)
{
    if (args_timeout(ext, given->timeout, "timeout_ms", &call->options.timeout_ms) < 0) return -1;
    if (given->cancel && given->cancel != Py_None) {
        if (Py_TYPE(given->cancel) != ext->cancel)
            return error_type("cancel", "a CancelToken", given->cancel);
        call->options.cancel = ((struct cancel *)given->cancel)->cancel;
    }
    if (given->progress && given->progress != Py_None) {
        if (!PyCallable_Check(given->progress)) return error_type("progress", "callable", given->progress);
        call->progress = given->progress;
    }
    return 0;
}

/* ---- arguments by position and by name --------------------------------------------------------- */

static const char *const stop_names[] = {STOP_NAMES};
enum { STOPS = sizeof stop_names / sizeof *stop_names };

/* Place of a keyword among the names of a method, those of stop_names behind its own; -1: there is none. */
static int find_name(const struct signature *signature, PyObject *key)
{
    int count = 0;
    for (; signature->names[count]; count++)
        if (*signature->names[count] && !PyUnicode_CompareWithASCIIString(key, signature->names[count]))
            return count;
    for (int k = 0; k < STOPS; k++)
        if (!PyUnicode_CompareWithASCIIString(key, stop_names[k])) return count + k;
    return -1;
}

static unsigned own_names(const struct signature *signature)
{
    unsigned count = 0;
    while (signature->names[count]) count++;
    return count;
}

static int take_keywords(const struct signature *signature, PyObject *const *values, PyObject *kwnames,
                         PyObject **out)
{
    const Py_ssize_t count = kwnames ? PyTuple_Size(kwnames) : 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        PyObject *key = PyTuple_GetItem(kwnames, k);
        const int place = find_name(signature, key);
        if (place < 0) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", signature->function,
                         key);
            return -1;
        }
        if (out[place]) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", signature->function,
                         key);
            return -1;
        }
        out[place] = values[k];
    }
    return 0;
}

static int fail_count(const struct signature *signature, Py_ssize_t given)
{
    const unsigned least = signature->required, most = signature->positional;
    PyErr_Format(PyExc_TypeError, "%s() takes %s%u argument%s by position, %zd given", signature->function,
                 least == most ? "" : "at most ", most, most == 1 ? "" : "s", given);
    return -1;
}

static int check_required(const struct signature *signature, PyObject *const *out, Py_ssize_t given)
{
    for (unsigned k = 0; k < signature->required; k++) {
        if (out[k]) continue;
        if (!*signature->names[k]) return fail_count(signature, given);
        PyErr_Format(PyExc_TypeError, "%s() misses its argument '%s'", signature->function,
                     signature->names[k]);
        return -1;
    }
    return 0;
}

int options_parse(struct call *call, struct ext *ext, const struct signature *signature,
                  PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **out)
{
    PyObject *all[MOST_NAMES + STOPS] = {NULL};
    const unsigned own = own_names(signature);
    if (nargs > (Py_ssize_t)signature->positional) return fail_count(signature, nargs);
    for (Py_ssize_t k = 0; k < nargs; k++) all[k] = args[k];
    if (kwnames && take_keywords(signature, args + nargs, kwnames, all) < 0) return -1;
    if (check_required(signature, all, nargs) < 0) return -1;
    for (unsigned k = 0; k < own; k++) out[k] = all[k];
    return options_set(call, ext, &(struct stop_options){all[own], all[own + 1], all[own + 2]});
}

int options_truth(PyObject *given, bool *out)
{
    const int truth = given ? PyObject_IsTrue(given) : *out;
    if (truth < 0) return -1;
    *out = truth;
    return 0;
}
