/* call.h - calls into the library that may take long: without the GIL, within stops, with progress and profiles. */
#ifndef KETSIM_EXT_CALL_H
#define KETSIM_EXT_CALL_H

#include "ext.h"

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

/* read.c: make an array of call->count elements and let the call fill it */
PyObject *read_fill(struct call *call, enum result_kind kind);

#endif
