/* ext.h - what the files of the Python extension share.
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

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

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

/* args.c: values from Python.  Integers are not bools; reals are not bools either. */
int args_qubit(const struct program *program, PyObject *given, int *out);
int args_qubits(const struct program *program, PyObject *given, int out[KETSIM_MAX_QUBITS], size_t *count);
int args_angle(struct ext *ext, PyObject *given, const char *what, double *out);
int args_integer(struct ext *ext, PyObject *given, const char *what, uint64_t low, uint64_t high,
                 uint64_t *out);
int args_seed(struct ext *ext, PyObject *given, uint64_t *out, const uint64_t **seed);
int args_timeout(struct ext *ext, PyObject *given, const char *what, uint64_t *out);
int args_dtype(struct ext *ext, PyObject *given, ketsim_dtype *out);
/* A tuple of what an iterable holds; TypeError "what: must be needed" for text and what is none. */
PyObject *args_items(PyObject *given, const char *what, const char *needed);
/* Real numbers of a tuple from first on, for PyMem_Free(). */
double *args_reals(struct ext *ext, PyObject *items, Py_ssize_t first, const char *what);
/* Value of the only keyword a method has, or NULL in *out. */
int args_keyword(const char *function, const char *name, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames, PyObject **out);

/* matrix.c: complex numbers from Python; TypeError or InvalidArgument "what ..." */
int args_complex(struct ext *ext, PyObject *given, const char *what, ketsim_complex *out);
struct matrix {
    ketsim_complex few[1 << 2 * KETSIM_MAX_TARGETS];
    ketsim_complex *own, *entries; /* entries is few, or own of PyMem_Malloc() */
    size_t nqubits;
    double tolerance; /* 0: the usual one */
};
int matrix_parse(struct ext *ext, PyObject *given, struct matrix *out);

/* Amplitudes in one piece: data is either inside buffer or owned. */
struct amplitudes {
    Py_buffer buffer;
    void *owned;
    const void *data;
    uint64_t count;
    ketsim_dtype dtype;
    bool single; /* what was given had single precision */
};
/* wanted: the dtype to convert to, or NULL for the one that fits what is given. */
int amplitudes_parse(struct ext *ext, PyObject *given, const ketsim_dtype *wanted, struct amplitudes *out);
/* The same for other numbers, by the name that they have in messages. */
int vector_parse(struct ext *ext, PyObject *given, const char *what, const ketsim_dtype *wanted,
                 struct amplitudes *out);
void amplitudes_release(struct amplitudes *amplitudes);

/* parse.c: operations from Python */
extern const struct shape {
    unsigned char nangles, nqubits; /* controls and targets */
} parse_shapes[KETSIM_GATE_COUNT];  /* what a row takes, at hand without a call into the library */
enum { MOST_LINEAR = 64 };          /* of one angle */
struct parsed {
    ketsim_op ops[KETSIM_MAX_QUBITS]; /* more than one when a one-qubit row is broadcast */
    size_t count;
    double angles[KETSIM_MAX_ANGLES];
    int qubits[KETSIM_MAX_QUBITS], controls[KETSIM_MAX_QUBITS];
    struct matrix matrix;
    struct amplitudes phases;        /* of a diagonal */
    uint64_t *table;                 /* of a permutation, for free() */
    int pairs[KETSIM_MAX_QUBITS][2]; /* of SWAPs */
    ketsim_linear linear[KETSIM_MAX_ANGLES];
    ketsim_term terms[KETSIM_MAX_ANGLES][MOST_LINEAR];
};
enum {
    GLOBAL_PHASE = KETSIM_GATE_PERMUTATION + 1, /* a name in Python for a rotation about no letters */
    ORACLE,                                     /* for a permutation */
    PERMUTE_QUBITS,                             /* for SWAPs */
    FIRST_DYNAMIC                               /* and for each kind of dynamic operation, from here on */
};
extern const struct special {
    const char *name;
    int gate;
} parse_specials[]; /* operations that are no rows, ended by a NULL name */
/* gate: a row's or a special's number.  What out points to is in it and in args; parsed_clear() is for the caller to call,
 * even after a failure. */
int parse_operation(const struct program *program, int gate, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *controls, struct parsed *out);

static inline void parsed_clear(struct parsed *parsed)
{
    PyMem_Free(parsed->matrix.own);
    amplitudes_release(&parsed->phases);
    free(parsed->table);
}

/* table.c: operations that are given by a table or a function; their controls are parse.c's */
/* Whether checking and copying it takes so long that others should run meanwhile. */
static inline bool table_is_large(const ketsim_op *ops, size_t count)
{
    return count == 1 && ops->nqubits >= 12 &&
           (ops->gate == KETSIM_GATE_DIAGONAL || ops->gate == KETSIM_GATE_PERMUTATION);
}
int table_parse_diagonal(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                         struct parsed *out);
int table_parse_permutation(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                            struct parsed *out);
int table_parse_oracle(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                       struct parsed *out);
int table_parse_order(const struct program *program, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *controls, struct parsed *out);
/* The table of a record, as the operation takes it; whether it needs a tolerance. */
PyObject *table_of(const ketsim_circuit *circuit, const ketsim_op_record *record, size_t index,
                   bool *tolerant);

/* linear.c: parameters of circuits */
/* An expression of parameters as offset and terms, in room for MOST_LINEAR: 1; 0 when given is none. */
int linear_parse(struct ext *ext, PyObject *given, double *offset, ketsim_linear *out, ketsim_term *room);
PyObject *linear_make(const ketsim_circuit *circuit, const ketsim_op_record *record, size_t index,
                      unsigned angle);
PyObject *linear_parameters(const ketsim_circuit *circuit); /* a tuple */
/* Values by name or in order, for the caller to give to PyMem_Free(). */
double *linear_values(struct ext *ext, const ketsim_circuit *circuit, PyObject *given, size_t *count);

/* entries.c: the list of apply_gates() */
int entries_add_names(struct ext *ext);
/* A new circuit from a sequence of tuples; entries are named by their index when they are bad. */
ketsim_circuit *entries_parse(const struct program *program, PyObject *entries);

/* The fast way for the exact types; false: take the general one, no exception set. */
static inline bool fast_qubit(PyObject *given, int *out)
{
    if (!PyLong_CheckExact(given)) return false;
    int overflow;
    const long value = PyLong_AsLongAndOverflow(given, &overflow);
    if (overflow || value < 0 || value > INT_MAX) return false;
    *out = (int)value;
    return true;
}

static inline bool fast_angle(PyObject *given, double *out)
{
    if (!PyFloat_CheckExact(given)) return false;
    *out = PyFloat_AsDouble(given);
    return true;
}

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

/* The keywords that every way of making a Ket takes: ends of a list of names and of a format, and what they are parsed to. */
#define KET_OPTION_NAMES "dtype", "threads", "eager", "inplace", "on_busy"
#define KET_OPTION_FORMAT "OOppO"
#define KET_OPTION_PLACES(given) \
    &(given).dtype, &(given).threads, &(given).eager, &(given).inplace, &(given).on_busy
struct ket_options {
    PyObject *dtype, *threads, *on_busy; /* borrowed, NULL: not given */
    int eager, inplace;
};

/* Fill the fields of *out that are options, and dtype. */
int ket_parse_options(struct ext *ext, const struct ket_options *given, struct ket *out);

/* Give a fresh state its options and an object; frees it on failure. */
PyObject *ket_wrap(struct ext *ext, ketsim_state *state, const struct ket *options);
int ket_check_label(struct ext *ext, PyObject *label); /* a str */

/* circuit.c */
PyObject *circuit_new(struct ext *ext, ketsim_circuit *circuit);    /* takes circuit */
PyObject *circuit_entries(const struct circuit *self, size_t most); /* list of the tuples */

/* observable.c: the Observable that given is or makes, a new reference */
PyObject *observable_from(struct ext *ext, PyObject *given);

/* channel.c */
PyObject *channel_new(struct ext *ext, ketsim_channel *channel); /* takes channel */
PyObject *channel_wrap(struct ext *ext, ketsim_status status,
                       ketsim_channel *made);        /* the same, if it was made */
const ketsim_channel *channel_from(PyObject *given); /* of a Channel, else NULL with TypeError */

/* channel_make.c: a Channel of an iterable of matrices */
PyObject *channel_of_operators(struct ext *ext, PyObject *given);

/* expect.c: a list of an Observable for each item of an iterable, and, for PyMem_Free(), what they hold */
PyObject *observables_list(struct ext *ext, PyObject *given);
const ketsim_observable **observables_of(PyObject *list);

/* dynamic.c: append an operation that is no gate, from its tuple */
int dynamic_append_entry(const struct program *program, ketsim_circuit *circuit, int gate, PyObject *entry);

/* tuples.c: a tuple of what item makes, or NULL when it cannot make one of them; and of the library's numbers */
PyObject *tuple_make(size_t count, PyObject *(*item)(const void *context, size_t k), const void *context);
PyObject *tuple_of_doubles(const double *numbers, size_t count);
PyObject *tuple_of_complex(const ketsim_complex *numbers, size_t count);
PyObject *tuple_of_ints(const int *numbers, size_t count);
PyObject *tuple_of_uint64(const uint64_t *numbers, size_t count);

/* record.c */
PyObject *record_tuple(struct ext *ext, const ketsim_circuit *circuit, const ketsim_op_record *record,
                       size_t index);

/* counts.c: the dict of counts by label */
PyObject *counts_dict(const ketsim_count *counts, size_t ncounts, unsigned nqubits);

/* repr.c, buffer.c: slots of Ket */
PyObject *ket_repr(PyObject *self);
int ket_getbuffer(PyObject *self, Py_buffer *view, int flags);
void ket_releasebuffer(PyObject *self, Py_buffer *view);

/* pickle.c */
PyObject *pickle_reduce_circuit(PyObject *self, PyObject *unused);

/* run.c: calls into the library that may take long */
struct subject;
struct call {
    struct ket *ket;
    ketsim_status (*work)(struct call *call);
    size_t operations;   /* about as many passes as the work takes besides the queue */
    uint64_t cost_ns;    /* what it takes besides passes */
    bool queue_first;    /* looks at the state: a long queue is run on its own before */
    uint64_t entered_ns; /* entry of the method; 0: now */
    ketsim_run_options options;
    PyObject *progress; /* borrowed, may be NULL */
    const char *name;   /* in profiles; NULL: "read" */

    /* what work() uses, each its own */
    const ketsim_circuit *circuit;
    ketsim_circuit *own; /* used up */
    const ketsim_op *ops;
    void *out;
    struct memory *memory; /* NULL, or for the work to write to: got right before it */
    uint64_t first, count;
    int *qubits;    /* room for KETSIM_MAX_QUBITS */
    size_t nqubits; /* 0: all */
    uint64_t seed_value;
    const uint64_t *seed;
    struct ket *other;
    ketsim_edit *begun;
    const ketsim_observable *const *observables;
    double *values;        /* count of them, of the circuit's parameters */
    const double *weights; /* of them */
    double *gradient;      /* of so many angles */
    size_t nangles;
    const struct subject *subject; /* of derivatives by parameters: gradient.c */

    /* private to run.c */
    bool is_long, releases, has_limits;
    PyThreadState *thread;
    uint64_t mark_ns, free_ns, wait_ns, deadline_ns;
    struct profile *profile; /* NULL while nobody asks for it */
};
int run_call(struct call *call);
int run_parse_threads(struct call *call, struct ext *ext, PyObject *given);
uint64_t run_now_ns(void); /* of a clock that never goes back */

/* For a call of another shape: let the GIL go, take it back, call progress, add to the totals of _gil_clock(). */
void run_let_go(struct call *call);
void run_take_back(struct call *call);
int run_report(const struct call *call, double done);
void run_count(struct ext *ext, const struct call *call);
/* All of that around work that is always long; within the limits of its options, if it has a poll function. */
void run_enter(struct ext *ext, struct call *call);
void run_leave(struct ext *ext, struct call *call);

/* For loops over Python objects, which need the GIL: at each step, let another thread have it that has waited for some time. */
struct turn {
    uint64_t until_ns; /* 0: it has not begun */
    size_t steps;
};
void run_give_way(struct turn *turn);
static inline void run_step(struct turn *turn)
{
    if (++turn->steps % 64 == 0) run_give_way(turn);
}

/* apply.c: how gate methods of Ket queue */
PyObject *ket_put(struct program *self, const ketsim_op *ops, size_t count);

/* options.c: what may stop any long call, as it was given: borrowed, NULL or None where left out */
struct stop_options {
    PyObject *timeout, *cancel, *progress;
};
int options_set(struct call *call, struct ext *ext, const struct stop_options *given);

/* Arguments of a method that may take long; "" has no name, and stands by its position alone.  The keywords timeout_ms, cancel
 * and progress come on top, and go into the call. */
enum { MOST_NAMES = 7 };
struct signature {
    const char *function;
    unsigned required, positional; /* of the names: how many must be given, how many may be by position */
    const char *names[MOST_NAMES + 1];
};
/* For PyArg_ParseTupleAndKeywords(): ends of a list of names and of a format, and what they are parsed to. */
#define STOP_NAMES "timeout_ms", "cancel", "progress"
#define STOP_FORMAT "OOO"
#define STOP_PLACES(given) &(given).timeout, &(given).cancel, &(given).progress
/* In the docstring: behind the method's own arguments, among its parameters, and among what it raises. */
#define STOP_ARGUMENTS "timeout_ms=None, cancel=None, progress=None"
#define STOP_PARAMETERS                                                                                \
    "timeout_ms : float, optional\n"                                                                   \
    "    Give up after so many milliseconds.\n"                                                        \
    "cancel : CancelToken, optional\n"                                                                 \
    "    Stop soon after this token is raised, by any thread.\n"                                       \
    "progress : callable, optional\n"                                                                  \
    "    Called with the fraction done, a float from 0 to 1, about every 20 ms.  An exception in it\n" \
    "    stops the call and comes out of it.\n"
#define STOP_RAISES                 \
    "DeadlineExceeded, Cancelled\n" \
    "    The call was stopped; the state is as it was.\n"
/* out, one for each name: borrowed, NULL where left out. */
int options_parse(struct call *call, struct ext *ext, const struct signature *signature,
                  PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **out);
int options_truth(PyObject *given, bool *out); /* NULL: it stays as it is */

/* profile.c: laps of a call, all time since the last one going to the one named */
enum lap { LAP_VALIDATE, LAP_CROSS, LAP_LIBRARY, LAP_WAIT, LAP_RETURN, LAPS };
struct profile {
    ketsim_profile run;
    uint64_t begin_ns, mark_ns, laps[LAPS];
};
void profile_begin(struct call *call, struct profile *profile);
void profile_note(struct call *call, enum lap lap);
static inline void profile_lap(struct call *call, enum lap lap)
{
    if (call->profile) profile_note(call, lap);
}
void profile_end(struct call *call, bool succeeded);

/* many.c: for calls that bring many circuits or shots.  What is None leaves *out as it is. */
#define MANY_SHOTS (UINT64_C(1) << 40) /* the most that are taken */
int many_parse_number(struct ext *ext, PyObject *given, const char *what, uint64_t most,
                      uint64_t *out); /* from 1 */
int many_parse_shots(struct ext *ext, PyObject *given, uint64_t *out);
int many_parse_stops(struct ext *ext, const struct stop_options *given, struct call *call,
                     uint64_t *timeout_ms, const ketsim_cancel **cancel);
bool many_poll(void *context, double done); /* of a struct call: signals and progress */
void many_stop_by_limits(
    struct call *call); /* between run_enter() and run_leave() its options are the thread's limits */
/* The Ket of a state that such a call has made. */
PyObject *many_new_ket(struct ext *ext, ketsim_status status, ketsim_state *state, const struct ket *options);

/* batch.c, batch_result.c: many circuits in one call */
struct batch_call {
    struct call call; /* its clocks and progress; it has no ket */
    struct ext *ext;
    PyObject *items, *starts; /* tuples of Circuit, and of Ket and str; starts may be NULL */
    PyObject *observables;    /* a list, or NULL */
    const ketsim_observable **asked;
    const ketsim_circuit **circuits;
    ketsim_state **states; /* of starts; those of str are owned */
    size_t count, nstates;
    ketsim_batch_options options;
    uint64_t seed;
    ketsim_counters before;
    ketsim_batch *batch;
};
int batch_add_types(PyObject *module);
PyObject *batch_result(struct batch_call *call);
/* A named tuple of values, whose references move into it; NULL when one of them is. */
PyObject *batch_named_tuple(PyTypeObject *type, PyObject **values, Py_ssize_t count);
int shots_add_types(PyObject *module);
ketsim_state *batch_state_of_label(struct ext *ext, PyObject *label, ketsim_dtype dtype);
/* What one circuit gave: a state, or NULL, which moves into the named tuple; and what is not NULL of counts and values. */
struct circuit_gave {
    ketsim_state *state;
    const struct ket *like; /* whose options a state gets */
    unsigned nqubits;
    const ketsim_count *counts;
    size_t ncounts;
    const double *values;
    size_t nvalues;
    bool has_values; /* asked for, though perhaps none */
};
PyObject *batch_circuit_result(struct ext *ext, const struct circuit_gave *gave);
/* One observable or an iterable of them, as a list; *asked is for PyMem_Free().  Both stay NULL for None. */
int batch_parse_observables(struct ext *ext, PyObject *given, PyObject **list,
                            const ketsim_observable ***asked);
PyObject *batch_raise(const struct batch_call *call); /* the first failure, if there is one; else None */

/* read.c, counts.c: shots, qubits and seed of a method of that name */
int read_parse_shots(struct call *call, const char *function, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *kwnames);
PyObject *ket_counts(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

/* expect.c: what fill makes of a call that looks at the observables that given is, makes, or holds. */
PyObject *expect_several(struct call *call, PyObject *given, PyObject *(*fill)(struct call *));

/* Of so many bytes the system takes a millisecond to take the pages back. */
#define SLOW_BYTES (UINT64_C(1) << 28)

/* memory.c: an object for so many bytes; get them, which needs no GIL; and give back what holds so many, without the GIL
 * where that takes long. */
struct memory *memory_new(struct ext *ext, uint64_t bytes);
ketsim_status memory_allocate(struct memory *self);
void memory_give(uint64_t bytes, void (*give)(void *), void *what);

/* result.c: arrays for the caller, of NumPy where it can be imported, else memoryviews */
PyObject *result_new(struct ext *ext, enum result_kind kind, uint64_t count, Py_buffer *buffer);
PyObject *result_in_memory(struct ext *ext, enum result_kind kind,
                           struct memory *memory);                 /* of all its bytes */
int result_fits(struct ext *ext, uint64_t count, size_t itemsize); /* OutOfMemory if not */
uint64_t result_bytes(enum result_kind kind, uint64_t count);      /* of one that is better there; else 0 */
/* rows by rows of the numbers in flat, a result whose reference moves */
PyObject *result_square(struct ext *ext, enum result_kind kind, PyObject *flat, Py_ssize_t rows);

/* read.c: make an array of call->count elements and let the call fill it */
PyObject *read_fill(struct call *call, enum result_kind kind);
#endif
