/* cores.h - how many threads are at work, so that they are never more than there are cores.
 *
 * There are ketsim_default_threads() cores, and for calling threads themselves as many as the machine has, if that is more.
 * Who works has one, or several with a team of OpenMP's: calling threads from team to team of their runs and reads, batches
 * and jobs for longer.  Calling threads wait for one, and those that have worked for a while beside others that wait stand
 * back; workers wait for one that nobody else wants.  Further cores for a team are taken when they are free.  Runs that are
 * too short to count (team_alone()) take none.
 * A thread keeps account of its own: none while poll functions run, for they may wait for others.  In a forked child all
 * are free, whoever had them before. */
#ifndef KETSIM_CORE_CORES_H
#define KETSIM_CORE_CORES_H

#include <stdbool.h>
#include <stdint.h>

/* Of this thread. */
unsigned cores_held(void);

/* Take one, and up to most if they can be had within patience_ns: for a calling thread, which has none. */
unsigned cores_enter(unsigned most, uint64_t patience_ns);

/* The same for a team of a run, that will soon leave again: others that are free, but not those that another calling thread
 * will soon come back to.  Returns how many threads the team may have. */
unsigned cores_enter_run(unsigned most);
void cores_leave_run(void);

/* Take one, for a worker; false when the wait was in vain, it may end early. */
bool cores_wait(void);

/* Take up to most, at least one; all of them if they can be had within patience_ns: for a worker that has none. */
unsigned cores_gather(unsigned most, uint64_t patience_ns);

/* Between two pieces of work: let others have a turn when they wait and this thread has had its own; and take what is free of
 * so many, for a turn costs a team its further cores. */
void cores_take_turns(unsigned most);

/* Give all back. */
void cores_leave(void);

/* Give all back for a while: as many as resume shall take again, of which at least one. */
unsigned cores_pause(void);
void cores_resume(unsigned count);

/* Whether nobody is at work. */
bool cores_are_idle(void);

#endif
