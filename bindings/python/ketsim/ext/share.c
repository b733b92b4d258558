/* share.c - a state handed to another interpreter of this process, by number. */
#include "args.h"
#include "call.h"

/* The options of a Ket as the number that goes with its state; those of the state itself go by themselves. */
enum { EAGER = 1, WAIT = 2, INPLACE = 4, THREADS_AT = 8 };

static uint64_t pack(const struct ket *ket)
{
    return (ket->eager ? EAGER : 0) | (ket->wait ? WAIT : 0) | (ket->inplace ? INPLACE : 0) |
           (uint64_t)ket->threads << THREADS_AT;
}

static struct ket unpack(uint64_t tag)
{
    return (struct ket){.eager = tag & EAGER,
                        .wait = tag & WAIT,
                        .inplace = tag & INPLACE,
                        .threads = (unsigned)(tag >> THREADS_AT)};
}

static ketsim_status work_share(struct call *call)
{
    return ketsim_share(call->out, call->ket->state, pack(call->ket));
}

static PyObject *ket_share(PyObject *self, PyObject *Py_UNUSED(unused))
{
    struct ket *ket = (struct ket *)self;
    uint64_t token = 0;
    struct call call = {.ket = ket, .work = work_share, .queue_first = true, .out = &token};
    if (run_call(&call) < 0) return NULL;
    ketsim_share_drop(atomic_exchange(&ket->token, token));
    return PyLong_FromUnsignedLongLong(token);
}

static PyObject *ket_from_shared(PyObject *type, PyObject *given)
{
    struct ext *ext = PyType_GetModuleState((PyTypeObject *)type);
    ketsim_state *state;
    uint64_t token, tag;
    if (args_integer(ext, given, "token", 0, UINT64_MAX, &token) < 0) return NULL;
    const ketsim_status status = ketsim_share_take(&state, &tag, token);
    if (status != KETSIM_OK) return error_raise(ext, status);
    const struct ket options = unpack(tag);
    return (PyObject *)ket_new(ext, state, &options);
}

PyDoc_STRVAR(share_doc,
"share($self, /)\n--\n\n"
"A number by which another interpreter of this process can take a copy; queued gates are run first.\n"
"\n"
"The copy shares the amplitudes until one of the two changes: nothing is moved.  It can be taken\n"
"once, by `from_shared`, as long as this object lives and is not closed or shared again; if nobody\n"
"takes it, it is freed then.\n"
"\n"
"Returns\n"
"-------\n"
"int\n"
"    Random, of 63 bits; it means nothing in another process.\n"
"\n"
"Raises\n"
"------\n"
"QueueFullError\n"
"    1,024 states wait to be taken.\n"
"StateClosedError, StateInvalidError, OutOfMemory\n"
"    The state cannot be read.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('0').X(0)\n"
">>> ket.from_shared(q.share())\n"
"Ket(|1>)\n");

PyDoc_STRVAR(from_shared_doc,
"from_shared($type, token, /)\n--\n\n"
"Take the state that `share` gave a number for, in whichever interpreter of this process.\n"
"\n"
"Parameters\n"
"----------\n"
"token : int\n"
"    What `share` returned.  It is used up.\n"
"\n"
"Returns\n"
"-------\n"
"Ket\n"
"    With the options of the one that was shared.\n"
"\n"
"Raises\n"
"------\n"
"InvalidArgument\n"
"    Nothing is shared by this number, or no longer.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> try:\n"
"...     ket.from_shared(12345)\n"
"... except ValueError as error:\n"
"...     print(error)\n"
"token 12345: names no state: it was taken or dropped before, or was never given out\n");

const PyMethodDef share_methods[] = {
    {"share", ket_share, METH_NOARGS, share_doc},
    {"from_shared", ket_from_shared, METH_O | METH_CLASS, from_shared_doc},
    {NULL, NULL, 0, NULL},
};
