/* ext.h - the module's state, its objects and its errors: what all files of the Python extension share.
 *
 * _ketsim is the route from Python to every operation on states and circuits.  It is built once against
 * the limited API of Python 3.11, and for free-threaded builds against their own headers.  Everything an
 * interpreter owns is in struct ext, the state of its module object; nothing else is global.
 *
 * Objects do not change after construction but for what is atomic here: the C library does its own
 * locking, so that is all the free-threaded build needs.
 *
 * Functions that return PyObject * or int follow Python: NULL or -1 with an exception set. */
#ifndef KETSIM_EXT_H
#define KETSIM_EXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdatomic.h>
#include <stdbool.h>

#include "ketsim.h"
#include "refs.h"

/* Functions of PyMethodDef with another signature than PyCFunction's. */
#define METHOD(function) ((PyCFunction)(void (*)(void))(function))

enum { NAME_SLOTS = 256 }; /* a power of two, a few times the number of gate names */

enum result_kind {
    RESULT_COMPLEX128,
    RESULT_COMPLEX64,
    RESULT_FLOAT64,
    RESULT_UINT64,
    RESULT_UINT8,
    RESULT_KINDS
};
/* What is used of NumPy: functions, and a dtype for each kind of result. */
enum { NUMPY_EMPTY, NUMPY_NDARRAY, NUMPY_DTYPES, NUMPY_NAMES = NUMPY_DTYPES + RESULT_KINDS };

/* State of the module object. */
struct ext {
    PyTypeObject *ket, *circuit, *cancel, *edit, *memory, *observable, *job, *job_queue, *channel;
    PyTypeObject *circuit_result, *batch_result; /* named tuples of run_batch() */
    PyTypeObject *shots_result;                  /* that of shots_expectations() */
    PyObject *error;                             /* ketsim.Error, base of the others */
    PyObject *errors[KETSIM_ERR_PARSE + 1];      /* exception class by status */
    PyObject *gate_of;                           /* dict: name or alias -> ketsim_gate */
    struct {
        PyObject *name; /* interned, so that its address will nearly always do */
        int gate;
    } names[NAME_SLOTS];
    _Atomic(PyObject *) numpy[NUMPY_NAMES]; /* each None: there is no NumPy; NULL: not tried yet */

    atomic_bool profiling; /* see profile.c */
    PyObject *records;     /* list */
    atomic_bool hold_gil;  /* see _hold_gil() in module.c */
    atomic_uint_least64_t clock_calls, clock_wall_ns, clock_free_ns, clock_wait_ns;
};

/* What gate methods work on: the head of a Ket and of a Circuit. */
struct program {
    PyObject_HEAD
    struct ext *ext;         /* alive as long as the type is, which this object holds */
    unsigned nqubits, nbits; /* nbits: classical ones, of a Circuit */
    PyObject *(*put)(struct program *self, const ketsim_op *ops, size_t count); /* returns self */
};

struct ket {
    struct program program;
    ketsim_state *state;
    ketsim_dtype dtype;
    unsigned threads; /* 0: the default */
    bool eager, inplace, wait;
    atomic_ulong owner; /* thread that holds the claim while Python code runs: it must not wait for itself */
    atomic_uint_least64_t token;     /* of the copy that share() left, which may have been taken; or 0 */
    _Atomic(PyObject *) interrupted; /* class of what interrupted the last export, see buffer.c; or NULL */
};

/* Bytes of all amplitudes; what the library allocates may be padded. */
static inline size_t amplitude_bytes(unsigned nqubits, ketsim_dtype dtype)
{
    return (size_t)(dtype == KETSIM_COMPLEX128 ? 16 : 8) << nqubits;
}

struct circuit {
    struct program program;
    ketsim_circuit *circuit;
};

struct observable {
    PyObject_HEAD
    struct ext *ext; /* alive as long as the type is */
    ketsim_observable *observable;
};

struct channel {
    PyObject_HEAD
    struct ext *ext; /* alive as long as the type is */
    ketsim_channel *channel;
};

struct cancel {
    PyObject_HEAD
    ketsim_cancel *cancel;
};

struct memory {
    PyObject_HEAD
    ketsim_memory *memory; /* NULL until it is allocated */
    void *data;
    uint64_t bytes; /* a power of two */
};

struct job {
    PyObject_HEAD
    struct ext *ext;           /* alive as long as the type is */
    _Atomic(ketsim_job *) job; /* NULL: not submitted yet */
    struct ket like;           /* its result has the options of this */
    bool has_values;
    unsigned nqubits; /* or classical bits: of a label */
    uint64_t key;     /* for who takes it from a JobQueue */
};

struct job_queue {
    PyObject_HEAD
    ketsim_jobs *jobs;
};

/* errors.c.  Formats are those of PyErr_Format(). */
int errors_add(PyObject *module);
PyObject *error_raise(struct ext *ext, ketsim_status status); /* with ketsim_last_error() */
PyObject *error_argument(struct ext *ext, const char *format, ...);
PyObject *error_memory(struct ext *ext, const char *format, ...);
int error_type(const char *what, const char *needed, PyObject *given); /* TypeError; returns -1 */
void error_prefix(struct ext *ext, Py_ssize_t index);                  /* "entry 3: " before the message */

/* Each topic brings its own methods, ended by zeros, which module.c adds: to Ket and Circuit, to Ket, and to
 * the module. */
extern const PyMethodDef gates_methods[];
extern const PyMethodDef ket_methods[], apply_methods[], read_methods[], buffer_methods[], edit_methods[],
    pickle_methods[], expect_methods[], subset_methods[], share_methods[], postselect_methods[],
    operator_methods[], shots_methods[], prepare_methods[], amplitudes_methods[];
extern const PyMethodDef explain_methods[], compose_methods[], gradient_methods[],
    dynamic_methods[]; /* of Circuit */
extern const PyMethodDef look_circuit_methods[], look_ket_methods[];
extern const PyMethodDef pickle_functions[], batch_functions[], sweep_functions[], profile_functions[],
    workers_functions[], channel_functions[], readout_functions[], compose_functions[], shots_functions[],
    density_functions[];
int gates_add_aliases(PyTypeObject *type);

extern PyType_Spec ket_spec, circuit_spec, cancel_spec, edit_spec, memory_spec, observable_spec, job_spec,
    job_queue_spec, channel_spec;

/* ket.c */
struct ket *ket_new(struct ext *ext, ketsim_state *state, const struct ket *options); /* takes state */

/* Give a fresh state its options and an object; frees it on failure. */
PyObject *ket_wrap(struct ext *ext, ketsim_state *state, const struct ket *options);

/* circuit.c */
PyObject *circuit_new(struct ext *ext, ketsim_circuit *circuit); /* takes circuit */

/* channel.c */
PyObject *channel_new(struct ext *ext, ketsim_channel *channel); /* takes channel */
PyObject *channel_wrap(struct ext *ext, ketsim_status status,
                       ketsim_channel *made); /* the same, if it was made */

/* repr.c, buffer.c: slots of Ket */
PyObject *ket_repr(PyObject *self);
int ket_getbuffer(PyObject *self, Py_buffer *view, int flags);
void ket_releasebuffer(PyObject *self, Py_buffer *view);

/* apply.c: how gate methods of Ket queue */
PyObject *ket_put(struct program *self, const ketsim_op *ops, size_t count);

/* pickle.c */
PyObject *pickle_reduce_circuit(PyObject *self, PyObject *unused);

#endif
