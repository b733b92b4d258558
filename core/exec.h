/* exec.h - runs a plan over buffers.
 *
 * The only file that calls a kernel.  A run is cut into slices, one team each; between slices the caller's
 * poll function is called, and inside them every chunk looks at the cancel flag and the deadline. */
#ifndef KETSIM_CORE_EXEC_H
#define KETSIM_CORE_EXEC_H

#include "plan.h"
#include "stops.h"

struct exec {
    ketsim_dtype dtype;
    unsigned nqubits;
    unsigned threads;                  /* at most; 0: the default */
    uint64_t deadline;                 /* clock_ns() at which to stop; 0: never */
    const ketsim_run_options *options; /* cancel and poll; may be NULL */
    const struct stage *paying;        /* NULL, or what runs in place of stage number paying_step */
    size_t paying_step;
    double begins, ends; /* of the plan in the whole run, from 0 to 1: what poll is told */
};

/* Apply plan to the amplitudes of src, the result in dst; src may be dst.  Fails with KETSIM_ERR_DEADLINE or
 * KETSIM_ERR_CANCELLED, dst then holding nothing of use.  A plan of no sweeps touches nothing. */
ketsim_status exec_plan(const struct exec *exec, const struct plan *plan, void *dst, const void *src);

/* Whether a run should not go on: KETSIM_OK, or the failure with its message. */
ketsim_status exec_check(const struct exec *exec);

/* The same for the calling thread between two slices of about 20 ms, when it polls too. */
ketsim_status exec_go_on(const struct exec *exec, double done);

/* What may end a run early. */
struct stops exec_stops(const struct exec *exec);

/* Threads worth using for passes over this many amplitudes. */
unsigned exec_threads(const struct exec *exec);

/* Time in kernels, summed over threads, and in teams. */
void exec_counters(ketsim_counters *out);

#endif
