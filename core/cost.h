/* cost.h - how long the passes of a plan are expected to take on one thread.
 *
 * A table that was measured once says how many cycles each kind of work takes; what is measured on the machine says
 * how long a cycle is, and a byte to and from memory.  Nothing here has a say in what a plan does; only in who works on it. */
#ifndef KETSIM_CORE_COST_H
#define KETSIM_CORE_COST_H

#include "plan.h"

/* Kinds of work: what is done to the amplitudes of a tile, and streaming sweeps. */
enum cost_kind {
    COST_TILE,  /* gather and scatter */
    COST_GROUP, /* load and store */
    COST_MOVING,
    COST_ACROSS, /* blocks */
    COST_ROTATION,
    COST_PHASES,
    COST_LINKED, /* to more high positions than one set of tables has */
    COST_FLIP,
    COST_DENSE,
    COST_CORE,
    COST_SWEEP_DIAGONAL,
    COST_SWEEP_ONE, /* target */
    COST_SWEEP_TWO,
    COST_KINDS
};

/* What a stage has of each kind: how often it starts, and the amplitudes it then goes over, all together. */
struct cost {
    double starts[COST_KINDS], amps[COST_KINDS];
    uint64_t read, written; /* bytes */
};

struct cost cost_of(const struct plan *plan, const struct stage *stage);

/* Nanoseconds that a stage takes, on this machine with the kernels in use. */
double cost_ns(const struct plan *plan, const struct cost *cost);

/* Of all stages together. */
double cost_of_plan_ns(const struct plan *plan);

#endif
