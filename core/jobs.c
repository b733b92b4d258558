/* jobs.c - a list of jobs that have ended, and a bell for those that wait for one. */
#include <stdlib.h>

#include "error.h"
#include "job.h"
#include "park.h"
#include "spin.h"
#include "threads.h"

struct ketsim_jobs {
    struct spin lock;                /* guards first and last */
    struct ketsim_job *first, *last; /* each with a reference */
    _Atomic uint32_t bell;           /* changes whenever one is added */
    _Atomic uint32_t refs;           /* of the caller, and of jobs that have not ended */
    uint32_t epoch;
};

ketsim_status ketsim_jobs_new(ketsim_jobs **out)
{
    struct ketsim_jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs) return fail(KETSIM_ERR_MEMORY, "jobs: cannot allocate %zu bytes", sizeof *jobs);
    atomic_init(&jobs->refs, 1);
    jobs->epoch = fork_epoch();
    *out = jobs;
    return KETSIM_OK;
}

static struct ketsim_job *pop(struct ketsim_jobs *jobs)
{
    spin_lock(&jobs->lock);
    struct ketsim_job *job = jobs->first;
    if (job) jobs->first = job->next;
    spin_unlock(&jobs->lock);
    return job;
}

/* In a forked child the list may be torn. */
void ketsim_jobs_free(ketsim_jobs *jobs)
{
    struct ketsim_job *job;
    if (!jobs || atomic_fetch_sub_explicit(&jobs->refs, 1, memory_order_acq_rel) != 1) return;
    while (jobs->epoch == fork_epoch() && (job = pop(jobs))) job_drop(job);
    free(jobs);
}

ketsim_status jobs_retain(struct ketsim_jobs *jobs)
{
    if (jobs->epoch != fork_epoch())
        return fail(KETSIM_ERR_ARGUMENT, "jobs: made before a fork; make others in the child");
    atomic_fetch_add_explicit(&jobs->refs, 1, memory_order_relaxed);
    return KETSIM_OK;
}

void jobs_add(struct ketsim_jobs *jobs, struct ketsim_job *job)
{
    spin_lock(&jobs->lock);
    if (jobs->first) jobs->last->next = job;
    else jobs->first = job;
    jobs->last = job;
    spin_unlock(&jobs->lock);
    atomic_fetch_add(&jobs->bell, 1);
    park_wake_some(&jobs->bell, 1);
}

/* One that its caller has not given up; a list's reference alone is not enough to hand it back. */
static struct ketsim_job *pop_wanted(struct ketsim_jobs *jobs)
{
    struct ketsim_job *job;
    while ((job = pop(jobs))) {
        const bool wanted = !atomic_load_explicit(&job->given_up, memory_order_relaxed);
        job_drop(job);
        if (wanted) break;
    }
    return job;
}

ketsim_job *ketsim_jobs_next(ketsim_jobs *jobs, uint64_t timeout_ms)
{
    const uint64_t deadline = clock_deadline(timeout_ms);
    if (jobs->epoch != fork_epoch()) return NULL;
    for (;;) {
        const uint32_t seen = atomic_load(&jobs->bell);
        struct ketsim_job *job = pop_wanted(jobs);
        const uint64_t now = deadline ? clock_ns() : 0;
        if (job || !timeout_ms || (deadline && now >= deadline)) return job;
        park_wait(&jobs->bell, seen, deadline ? deadline - now : 0);
    }
}
