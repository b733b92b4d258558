/* cores.h - how many threads are at work on batches and jobs, so that they are never more than there are cores.
 *
 * There are ketsim_default_threads() cores.  A thread of the caller's works whether one is free or not; workers wait for
 * one.  Who wants a team gathers cores: while it does no worker begins, but it waits only so long, and then makes do
 * with those that are free.  In a forked child all are free, whoever had them before. */
#ifndef KETSIM_CORE_CORES_H
#define KETSIM_CORE_CORES_H

#include <stdbool.h>
#include <stdint.h>

/* Cores that somebody has; to be given back. */
struct cores {
    unsigned count;
    uint32_t epoch; /* of forks */
};

/* So many, free or not: for a calling thread. */
struct cores cores_occupy(unsigned count);

/* One, or none when the wait was in vain; it may end early. */
struct cores cores_wait(void);

/* Up to most, at least one; all of them if they can be had within patience_ns. */
struct cores cores_gather(unsigned most, uint64_t patience_ns);

/* The same for a calling thread, which has one in any case. */
struct cores cores_occupy_team(unsigned most, uint64_t patience_ns);

void cores_give(struct cores cores);

/* Whether nobody is at work. */
bool cores_are_idle(void);

#endif
