/* many.h - calls that bring many circuits or shots, and what each circuit gave. */
#ifndef KETSIM_EXT_MANY_H
#define KETSIM_EXT_MANY_H

#include "call.h"

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

#endif
