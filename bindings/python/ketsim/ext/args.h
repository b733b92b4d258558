/* args.h - values from Python: numbers, matrices, arrays, operations, options of a Ket. */
#ifndef KETSIM_EXT_ARGS_H
#define KETSIM_EXT_ARGS_H

#include "ext.h"

#include <limits.h>
#include <stdlib.h>

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
static inline bool op_is_large(const ketsim_op *ops, size_t count)
{
    if (count == 1 && ops->gate == KETSIM_GATE_UNITARY) return ops->nqubits >= 6;
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

/* ket.c */
int ket_check_label(struct ext *ext, PyObject *label); /* a str */

/* observable.c: the Observable that given is or makes, a new reference */
PyObject *observable_from(struct ext *ext, PyObject *given);

/* channel.c */
const ketsim_channel *channel_from(PyObject *given); /* of a Channel, else NULL with TypeError */

/* channel_make.c: a Channel of an iterable of matrices */
PyObject *channel_of_operators(struct ext *ext, PyObject *given);

/* expect.c: a list of an Observable for each item of an iterable, and, for PyMem_Free(), what they hold */
PyObject *observables_list(struct ext *ext, PyObject *given);
const ketsim_observable **observables_of(PyObject *list);

/* dynamic.c: append an operation that is no gate, from its tuple */
int dynamic_append_entry(const struct program *program, ketsim_circuit *circuit, int gate, PyObject *entry);

#endif
