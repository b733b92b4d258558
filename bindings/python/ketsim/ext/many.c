/* many.c - what the calls for many circuits or shots have in common: run_batch(), sweep(), run_shots() and jobs. */
#include "many.h"
#include "args.h"

int many_parse_number(struct ext *ext, PyObject *given, const char *what, uint64_t most, uint64_t *out)
{
    return given == Py_None ? 0 : args_integer(ext, given, what, 1, most, out);
}

int many_parse_shots(struct ext *ext, PyObject *given, uint64_t *out)
{
    return many_parse_number(ext, given, "shots", MANY_SHOTS, out);
}

int many_parse_stops(struct ext *ext, const struct stop_options *given, struct call *call,
                     uint64_t *timeout_ms, const ketsim_cancel **cancel)
{
    if (options_set(call, ext, given) < 0) return -1;
    *timeout_ms = call->options.timeout_ms;
    *cancel = call->options.cancel;
    return 0;
}

bool many_poll(void *context, double done)
{
    struct call *call = context;
    if (call->releases) run_take_back(call);
    const bool go_on = PyErr_CheckSignals() == 0 && run_report(call, done) == 0;
    if (call->releases) run_let_go(call);
    return go_on;
}

void many_stop_by_limits(struct call *call)
{
    call->options.poll = many_poll;
    call->options.poll_context = call;
}

PyObject *many_new_ket(struct ext *ext, ketsim_status status, ketsim_state *state, const struct ket *options)
{
    if (PyErr_Occurred()) return NULL; /* from the poll */
    return status == KETSIM_OK ? ket_wrap(ext, state, options) : error_raise(ext, status);
}
