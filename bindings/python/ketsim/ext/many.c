/* many.c - what the calls for many circuits or shots have in common: run_batch(), sweep(), run_shots() and jobs. */
#include "ext.h"

int many_parse_number(struct ext *ext, PyObject *given, const char *what, uint64_t most, uint64_t *out)
{
    return given == Py_None ? 0 : args_integer(ext, given, what, 1, most, out);
}

int many_parse_shots(struct ext *ext, PyObject *given, uint64_t *out)
{
    return many_parse_number(ext, given, "shots", MANY_SHOTS, out);
}

int many_parse_cancel(struct ext *ext, PyObject *given, const ketsim_cancel **out)
{
    if (given == Py_None) return 0;
    if (Py_TYPE(given) != ext->cancel) return error_type("cancel", "a CancelToken", given);
    *out = ((struct cancel *)given)->cancel;
    return 0;
}

int many_parse_callbacks(struct ext *ext, PyObject *progress, PyObject *cancel, struct call *call,
                         const ketsim_cancel **out)
{
    if (progress != Py_None && !PyCallable_Check(progress))
        return error_type("progress", "callable", progress);
    if (progress != Py_None) call->progress = progress;
    return many_parse_cancel(ext, cancel, out);
}

bool many_poll(void *context, double done)
{
    struct call *call = context;
    if (call->releases) run_take_back(call);
    const bool go_on = PyErr_CheckSignals() == 0 && run_report(call, done) == 0;
    if (call->releases) run_let_go(call);
    return go_on;
}
