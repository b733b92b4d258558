/* job.h - one circuit that runs while its caller does something else, and where such jobs are handed back. */
#ifndef KETSIM_CORE_JOB_H
#define KETSIM_CORE_JOB_H

#include "batch.h"
#include "pool.h"

struct ketsim_job {
    struct item item; /* first, for it is aligned to a cache line */
    struct pool_task task;
    ketsim_circuit *circuit;
    struct ketsim_jobs *jobs; /* NULL, or where it is handed back; a reference */
    struct ketsim_job *next;  /* there */
    void *context;            /* of the caller's */
    struct place place;
    struct ketsim_batch batch;  /* of this circuit alone, without a calling thread */
    _Atomic uint32_t refs;      /* of the caller, and of the worker, then of jobs */
    _Atomic uint32_t has_ended; /* 1 once it has; with the result in item */
    _Atomic bool given_up;      /* by the caller */
};

/* ---- job.c ---- */

void job_drop(struct ketsim_job *job);

/* ---- jobs.c ---- */

/* One more who will call ketsim_jobs_free(); fails with KETSIM_ERR_ARGUMENT in a forked child. */
ketsim_status jobs_retain(struct ketsim_jobs *jobs);

/* Hand a job back, and with it the worker's reference. */
void jobs_add(struct ketsim_jobs *jobs, struct ketsim_job *job);

#endif
