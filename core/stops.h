/* stops.h - what may end work early: the cancel flag, the deadline and the poll function of ketsim_run_options. */
#ifndef KETSIM_CORE_STOPS_H
#define KETSIM_CORE_STOPS_H

#include <stdbool.h>

#include "ketsim.h"

/* options may be NULL: none, or the thread's limits; deadline as clock_ns() tells time, 0: never. */
struct stops {
    const ketsim_run_options *options;
    uint64_t deadline;
};

/* The stops of work that starts now. */
struct stops stops_start(const ketsim_run_options *options);

/* When work with these options must end, if it starts now: the thread's limits hold for it too. */
uint64_t stops_deadline(const ketsim_run_options *options);

/* KETSIM_OK, or why work should not go on: KETSIM_ERR_CANCELLED or KETSIM_ERR_DEADLINE, without a message. */
ketsim_status stops_reached(const struct stops *stops);

/* That status with its message, which begins with what was stopped. */
ketsim_status stops_fail(const struct stops *stops, ketsim_status why, const char *what);

/* Call poll, if there is one, with the fraction that is done.  Fails with KETSIM_ERR_CANCELLED when it says stop.  What poll
 * calls has no limits but those it sets, and those end with it; it has no cores, for it may wait for other threads. */
ketsim_status stops_poll(const struct stops *stops, double done, const char *what);

/* ---- limits: the stops of work that takes no options ----
 *
 * Each thread has some, or none: those of ketsim_set_limits(), and while a run plans or fills, the run's. */
struct limits {
    bool any;
    ketsim_run_options options; /* what they stop by, and of a run's the profile */
    ketsim_stage stage;         /* of the profile, to which work goes */
    uint64_t deadline, polled_ns;
    ketsim_status why; /* what limits_go_on() has said since limits_begin() */
};

/* Put the options of a run, ending at deadline, in the place of this thread's limits during a stage of it; NULL leaves them.
 * Back comes what to restore. */
struct limits limits_swap(const ketsim_run_options *options, uint64_t deadline, ketsim_stage stage);
void limits_restore(const struct limits *limits);

/* Whether options stop or watch anything: others need not be put there, which would take as long as a small gate. */
static inline bool stops_can_be(const ketsim_run_options *options)
{
    return options && (options->timeout_ms || options->cancel || options->poll || options->profile);
}

/* This thread's limits as the options of a run, or NULL. */
const ketsim_run_options *limits_options(uint64_t *deadline);

/* KETSIM_OK, or a failure whose message begins with what was stopped; to be asked every few milliseconds, it polls about
 * every 20.  For work whose functions cannot tell why they end, limits_why() says it again. */
ketsim_status limits_go_on(const char *what, double done);
void limits_begin(void);
ketsim_status limits_why(void);

/* ---- slices: work of a team that the limits may stop between two of them ---- */

struct slice {
    uint64_t begin, end;
};

/* What is a member's of a slice. */
void slice_share(uint64_t *first, uint64_t *last, const struct slice *slice, uint64_t grain, unsigned member,
                 unsigned members);

/* Run body on a team for slice after slice of [0, count), so many items a member; without limits in one. */
ketsim_status slices_run(struct slice *slice, uint64_t count, uint64_t each, unsigned team,
                         void (*body)(void *context, unsigned member, unsigned members), void *context,
                         const char *what);

#endif
