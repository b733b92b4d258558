/* rows.h - one circuit run for each row of an array of values: what the threads that share the rows know. */
#ifndef KETSIM_CORE_ROWS_H
#define KETSIM_CORE_ROWS_H

#include <stdatomic.h>

#include "circuit.h"
#include "cores.h"
#include "direct.h"
#include "pauli.h"
#include "spin.h"
#include "state.h"

/* What is written of the state that a row ends in. */
enum rows_kind { ROWS_STATES, ROWS_EXPECTATIONS, ROWS_COUNTS };

struct rows {
    /* what is asked */
    enum rows_kind kind;
    const double *values; /* count rows of as many as the circuit has parameters */
    size_t count, nvalues;
    ketsim_sweep_options options;
    void *out; /* count rows of row_bytes */
    size_t row_bytes;
    const ketsim_observable *const *observables;
    size_t nobservables;
    uint64_t shots, seed;

    /* what it needs */
    ketsim_circuit *circuit; /* a copy of what of the given one is felt, which nobody changes */
    ketsim_circuit *whole;   /* NULL, or a copy of all of it, where some row's angles may not be finite */
    bool large;              /* some value is */
    ketsim_state *base;      /* where all rows start */
    struct snapshot start;   /* its amplitudes, for direct runs */
    struct support support;  /* of these */
    struct pauli_sums sums;  /* the observables */
    unsigned nqubits;
    ketsim_dtype dtype;
    bool direct;      /* without a plan, as ketsim_apply_once() */
    unsigned threads; /* on one row */
    size_t chunk;     /* rows that are taken at a time */

    /* how it goes */
    uint32_t epoch; /* of forks */
    uint64_t deadline, polled_ns;
    _Atomic size_t next, done; /* row to take; rows written */
    _Atomic bool stop;
    _Atomic size_t failed; /* the first row known to have failed, or SIZE_MAX */
    struct spin lock;      /* guards status and message, those of that row */
    ketsim_status status;
    char message[400];
};

/* ---- rows.c ---- */

/* Whether somebody wants all to end, or the time is over. */
bool rows_stopped(const struct rows *rows);

/* For the calling thread: call the caller's poll if its time has come. */
void rows_poll(struct rows *rows, double part);

/* ---- row.c ---- */

/* Take rows and run them until none is left, or none that is before a failed one. */
void rows_work(struct rows *rows, bool by_caller);

#endif
