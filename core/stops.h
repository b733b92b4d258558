/* stops.h - what may end work early: the cancel flag, the deadline and the poll function of ketsim_run_options. */
#ifndef KETSIM_CORE_STOPS_H
#define KETSIM_CORE_STOPS_H

#include "ketsim.h"

/* options may be NULL; deadline as clock_ns() tells time, 0: never. */
struct stops {
    const ketsim_run_options *options;
    uint64_t deadline;
};

/* The stops of work that starts now. */
struct stops stops_start(const ketsim_run_options *options);

/* KETSIM_OK, or why work should not go on: KETSIM_ERR_CANCELLED or KETSIM_ERR_DEADLINE, without a message. */
ketsim_status stops_reached(const struct stops *stops);

/* That status with its message, which begins with what was stopped. */
ketsim_status stops_fail(const struct stops *stops, ketsim_status why, const char *what);

/* Call poll, if there is one, with the fraction that is done.  Fails with KETSIM_ERR_CANCELLED when it says stop. */
ketsim_status stops_poll(const struct stops *stops, double done, const char *what);

#endif
