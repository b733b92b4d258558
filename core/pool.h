/* pool.h - worker threads of our own, beside OpenMP's: for work that is many separate pieces, each done by one thread.
 *
 * Workers are started when they are first needed, sleep while there is nothing to do or no core for it (cores.h), and
 * end with the process.  A forked child starts its own. */
#ifndef KETSIM_CORE_POOL_H
#define KETSIM_CORE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "ketsim.h"

struct pool_job;

/* Let up to helpers workers call work(context), each once, while the caller does the same; fewer, or none, when others
 * keep the workers busy or no thread can be had.  NULL when there is no memory for it: then none will. */
struct pool_job *pool_begin(unsigned helpers, void (*work)(void *context), void *context);

/* No worker that has not begun shall begin.  Waits for the others, about timeout_ns at most: true when all have
 * returned, and then job is gone.  NULL is allowed.  A forked child does not wait for what it has not. */
bool pool_end(struct pool_job *job, uint64_t timeout_ns);

/* How many workers there are, how many of them work, and how many tickets wait for one. */
void workers_counters(ketsim_counters *out);

/* Work that nobody waits for; part of what it works on. */
struct pool_task {
    void (*work)(struct pool_task *task); /* the task may be gone when it returns */
};

/* Who does it: any worker, each having one core; or the only one that has a team of threads, and gathers cores itself.
 * More such workers would each keep a team. */
enum pool_lane { POOL_CORE, POOL_TEAM };

/* Have a worker do it, once.  Fails with KETSIM_ERR_QUEUE_FULL, or KETSIM_ERR_MEMORY when no thread can be had. */
ketsim_status pool_submit(enum pool_lane lane, struct pool_task *task);

/* Sleep until a lane that was full may have room, about timeout_ns at most. */
void pool_wait_for_room(enum pool_lane lane, uint64_t timeout_ns);

#endif
