/* memory.c - the type Memory: bytes of the library's pool, for arrays that are as large as a state.
 *
 * Its pages are had, made and given back without the GIL, where Python's own memory would cost all of that with it. */
#include "call.h"

struct memory *memory_new(struct ext *ext, uint64_t bytes)
{
    struct memory *self = (struct memory *)PyType_GenericAlloc(ext->memory, 0);
    if (self) self->bytes = bytes;
    return self;
}

ketsim_status memory_allocate(struct memory *self)
{
    if (self->memory) return KETSIM_OK;
    const ketsim_status status = ketsim_memory_new(&self->memory, self->bytes);
    if (status == KETSIM_OK) self->data = ketsim_memory_data(self->memory);
    return status;
}

void memory_give(uint64_t bytes, void (*give)(void *), void *what)
{
    PyThreadState *thread = bytes >= SLOW_BYTES ? PyEval_SaveThread() : NULL;
    give(what);
    if (thread) PyEval_RestoreThread(thread);
}

/* ---- the type --------------------------------------------------------------------------------- */

static void give(void *memory)
{
    ketsim_memory_free(memory);
}

static void memory_dealloc(PyObject *object)
{
    struct memory *self = (struct memory *)object;
    PyTypeObject *type = Py_TYPE(object);
    memory_give(self->bytes, give, self->memory);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int memory_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    struct memory *self = (struct memory *)object;
    return PyBuffer_FillInfo(view, object, self->data, (Py_ssize_t)self->bytes, 0, flags);
}

static PyType_Slot slots[] = {
    {Py_tp_doc, "Private: memory of the library that an array is in."},
    {Py_tp_dealloc, memory_dealloc},
    {Py_bf_getbuffer, memory_getbuffer},
    {0, NULL},
};

PyType_Spec memory_spec = {"ketsim._ketsim.Memory", sizeof(struct memory), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
