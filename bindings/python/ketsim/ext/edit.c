/* edit.c - `with q.edit() as a:`, a writable array that becomes the state's amplitudes.
 *
 * The array is memory of its own, not the library's edit buffer: a name bound to it lives on after the block,
 * and must then neither dangle nor write into a committed generation.  So the block costs two copies and,
 * while it lasts, one more buffer. */
#include "call.h"
#include "results.h"

#include <string.h>

struct edit {
    PyObject_HEAD
    struct ket *ket;
    _Atomic(ketsim_edit *) edit; /* NULL outside the block */
    atomic_bool entered;
    struct memory *memory; /* of the array */
};

static ketsim_status work_begin(struct call *call)
{
    const ketsim_status status = ketsim_edit_begin(&call->begun, call->ket->state);
    if (status != KETSIM_OK) return status;
    memcpy(call->memory->data, ketsim_edit_amplitudes(call->begun), call->memory->bytes);
    return KETSIM_OK;
}

static PyObject *ket_edit(PyObject *self, PyObject *Py_UNUSED(unused))
{
    struct ket *ket = (struct ket *)self;
    struct edit *edit = (struct edit *)PyType_GenericAlloc(ket->program.ext->edit, 0);
    if (!edit) return NULL;
    edit->ket = (struct ket *)Py_NewRef(self);
    return (PyObject *)edit;
}

static PyObject *edit_enter(PyObject *self, PyObject *Py_UNUSED(unused))
{
    struct edit *edit = (struct edit *)self;
    struct ket *ket = edit->ket;
    struct ext *ext = ket->program.ext;
    struct call call = {.ket = ket, .work = work_begin, .operations = 2, .queue_first = true};
    if (atomic_exchange(&edit->entered, true)) {
        PyErr_SetString(PyExc_RuntimeError, "edit: can be entered once: call edit() again");
        return NULL;
    }
    edit->memory = call.memory = memory_new(ext, amplitude_bytes(ket->program.nqubits, ket->dtype));
    if (!call.memory || run_call(&call) < 0) return NULL;
    PyObject *array = result_in_memory(
        ext, ket->dtype == KETSIM_COMPLEX128 ? RESULT_COMPLEX128 : RESULT_COMPLEX64, edit->memory);
    if (!array) {
        ketsim_edit_abort(call.begun);
        return NULL;
    }
    atomic_store(&ket->owner, PyThread_get_thread_ident());
    atomic_store(&edit->edit, call.begun);
    return array;
}

static ketsim_status commit(struct edit *edit, ketsim_edit *begun)
{
    struct call call = {.entered_ns = run_now_ns()};
    run_enter(edit->ket->program.ext, &call);
    memcpy(ketsim_edit_amplitudes(begun), edit->memory->data, edit->memory->bytes);
    const ketsim_status status = ketsim_edit_commit(begun);
    run_leave(edit->ket->program.ext, &call);
    return status;
}

static PyObject *edit_exit(PyObject *self, PyObject *args)
{
    struct edit *edit = (struct edit *)self;
    PyObject *type, *value, *traceback;
    ketsim_status status = KETSIM_OK;
    if (!PyArg_ParseTuple(args, "OOO:__exit__", &type, &value, &traceback)) return NULL;
    ketsim_edit *begun = atomic_exchange(&edit->edit, NULL);
    if (!begun) {
        PyErr_SetString(PyExc_RuntimeError, "edit: left without being entered");
        return NULL;
    }
    atomic_store(&edit->ket->owner, 0);
    if (type == Py_None) status = commit(edit, begun);
    else ketsim_edit_abort(begun);
    Py_CLEAR(edit->memory);
    return status == KETSIM_OK ? Py_NewRef(Py_False) : error_raise(edit->ket->program.ext, status);
}

/* ---- the type --------------------------------------------------------------------------------- */

static int edit_traverse(PyObject *self, visitproc visit, void *arg)
{
    struct edit *edit = (struct edit *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(edit->ket);
    return 0;
}

static void edit_dealloc(PyObject *self)
{
    struct edit *edit = (struct edit *)self;
    PyTypeObject *type = Py_TYPE(self);
    ketsim_edit *begun = atomic_exchange(&edit->edit, NULL);
    PyObject_GC_UnTrack(self);
    if (begun) { /* the block was never left, as in a generator that was dropped */
        atomic_store(&edit->ket->owner, 0);
        ketsim_edit_abort(begun);
    }
    Py_XDECREF((PyObject *)edit->memory);
    Py_XDECREF((PyObject *)edit->ket);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(edit_doc,
"edit($self, /)\n--\n\n"
"A context in which the amplitudes can be written.\n"
"\n"
"``with q.edit() as a:`` gives an array of the amplitudes, a copy; queued gates are run first.  At\n"
"the end of the block they become the state's, unchecked but for being finite; after an exception\n"
"the state stays as it was.  Meanwhile the state has a writer: other writers get StateBusyError,\n"
"readers see the last committed amplitudes.\n"
"\n"
"Returns\n"
"-------\n"
"context manager\n"
"    Of an ndarray of shape (2**n,) and the state's dtype.  Without NumPy a memoryview of shape\n"
"    (2**n, 2), format 'd' or 'f': real and imaginary parts.\n"
"\n"
"Raises\n"
"------\n"
"StateBusyError\n"
"    At entry: another thread is changing the state.\n"
"OutOfMemory\n"
"    At entry: there is no room for the copies.\n"
"InvalidArgument\n"
"    At exit: an amplitude is not finite.\n"
"\n"
"Examples\n"
"--------\n"
">>> from ketsim import ket\n"
">>> q = ket('00')\n"
">>> with q.edit() as a:\n"
"...     a[0], a[3] = 0, 1j\n"
">>> q\n"
"Ket(1j|11>)\n");

const PyMethodDef edit_methods[] = {
    {"edit", ket_edit, METH_NOARGS, edit_doc},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef methods[] = {
    {"__enter__", edit_enter, METH_NOARGS, NULL},
    {"__exit__", edit_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Context of Ket.edit()."},
    {Py_tp_dealloc, edit_dealloc},
    {Py_tp_traverse, edit_traverse},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec edit_spec = {"ketsim._ketsim.Edit", sizeof(struct edit), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
