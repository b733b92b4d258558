/* threads.h - how many threads, and the only place that opens a parallel region.
 *
 * A team is a calling thread and its helpers.  It may come out smaller than asked (thread limit), never
 * fails, works in a forked child, and gives every member the default floating-point environment. */
#ifndef KETSIM_CORE_THREADS_H
#define KETSIM_CORE_THREADS_H

#include <stdatomic.h>
#include <stdint.h>

/* CPUs this process may run on, or what its control group grants, rounded up, if that is less: of the first call. */
unsigned threads_cores(void);

/* Threads worth using for work between two barriers that one thread does in about work_ns: 1 to asked
 * (0: the default). */
unsigned team_size(unsigned asked, uint64_t work_ns);

/* For a pass over so many amplitudes, whatever it does: were they fewer for reads than for runs, or more, cores would fetch
 * a small state's lines from each other each time. */
unsigned team_size_of_pass(unsigned asked, uint64_t amps);

/* Run body(context, member, members) once on each member of a team of at most threads; members of one team may
 * meet at team_barrier(members).  Each has a core (cores.h), for which the calling thread may have to wait.  Returns the size
 * the team had. */
unsigned team_run(unsigned threads, void (*body)(void *context, unsigned member, unsigned members),
                  void *context);
void team_barrier(unsigned members);

/* Run body(context, 0, 1): what takes so little time that it needs no core of its own. */
void team_alone(void (*body)(void *context, unsigned member, unsigned members), void *context);

/* The part [*first, *last) of [0, count) that is one member's, all parts being multiples of grain but the last. */
void team_share(uint64_t *first, uint64_t *last, uint64_t count, uint64_t grain, unsigned member,
                unsigned members);

/* Changes in every forked child, never 0: tells locks and claims taken before the fork from those after. */
extern _Atomic uint32_t threads_epoch;
static inline uint32_t fork_epoch(void)
{
    return atomic_load_explicit(&threads_epoch, memory_order_relaxed);
}

/* A number of the calling thread, never 0, different from those of other live threads of the process. */
uint32_t thread_id(void);

/* A place of its own for what a thread keeps at hand, shared with few others. */
enum { THREAD_PLACES = 16 };
static inline uint32_t thread_place(void)
{
    return thread_id() % THREAD_PLACES;
}

/* Monotonic nanoseconds; and when that clock will have gone timeout_ms on: 0, for never, when that is 0 or beyond
 * the end of the clock. */
uint64_t clock_ns(void);
uint64_t clock_deadline(uint64_t timeout_ms);

#endif
