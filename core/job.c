/* job.c - the life of a job: submitted, run by a worker, read, given up; the last of caller and worker frees it. */
#include "job.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cancel.h"
#include "error.h"
#include "events.h"
#include "observable.h"
#include "park.h"
#include "rng.h"
#include "state.h"
#include "threads.h"

/* ---- its end ---------------------------------------------------------------------------------- */

static void free_observables(struct ketsim_batch *batch)
{
    for (size_t k = 0; k < batch->options.nobservables; k++)
        ketsim_observable_free((ketsim_observable *)batch->options.observables[k]);
    free((void *)batch->options.observables);
    free(batch->values);
}

static void destroy(struct ketsim_job *job)
{
    free_observables(&job->batch);
    ketsim_state_free(job->item.state);
    free(job->item.counts);
    free(job->item.message);
    ketsim_circuit_free(job->circuit);
    ketsim_cancel_free((ketsim_cancel *)job->batch.options.cancel);
    ketsim_jobs_free(job->jobs);
    free(job);
}

void job_drop(struct ketsim_job *job)
{
    if (atomic_fetch_sub_explicit(&job->refs, 1, memory_order_acq_rel) == 1) destroy(job);
}

/* What its worker had in hand at a fork keeps the worker's reference in the child, and is left alone. */
void ketsim_job_free(ketsim_job *job)
{
    if (!job) return;
    atomic_store_explicit(&job->given_up, true, memory_order_relaxed);
    ketsim_job_cancel(job);
    job_drop(job);
}

/* ---- its run ---------------------------------------------------------------------------------- */

static void end(struct ketsim_job *job)
{
    struct ketsim_jobs *jobs = job->jobs;
    job->jobs = NULL;
    event_count(EVENT_JOB, 1);
    atomic_store_explicit(&job->has_ended, 1, memory_order_release);
    park_wake(&job->has_ended);
    if (jobs) jobs_add(jobs, job);
    else job_drop(job);
    ketsim_jobs_free(jobs);
}

/* By a worker. */
static void run(struct pool_task *task)
{
    struct ketsim_job *job = (struct ketsim_job *)((char *)task - offsetof(struct ketsim_job, task));
    unsigned threads = 1;
    const bool gathers = job->place.wide && !batch_stopped(&job->batch);
    if (gathers) threads = cores_gather(crew_size(&job->batch), order_patience_ns(&job->place));
    item_run(&job->batch, 0, threads, false);
    if (gathers) cores_leave();
    end(job);
}

/* ---- its beginning ---------------------------------------------------------------------------- */

static ketsim_status check(const ketsim_circuit *circuit, const ketsim_job_options *options)
{
    const ketsim_batch_options shared = {.dtype = options->dtype,
                                         .shots = options->shots,
                                         .observables = options->observables,
                                         .nobservables = options->nobservables};
    if (!circuit) return fail(KETSIM_ERR_ARGUMENT, "circuit is NULL");
    return batch_check(&shared);
}

/* NULL when there is no memory. */
static struct ketsim_job *create(void)
{
    struct ketsim_job *job = aligned_alloc(_Alignof(struct ketsim_job), sizeof *job);
    if (!job) return NULL;
    memset(job, 0, sizeof *job);
    atomic_init(&job->refs, 1);
    return job;
}

static void set_options(struct ketsim_job *job, const ketsim_job_options *options)
{
    cancel_retain(options->cancel);
    job->batch.options = (ketsim_batch_options){.per_circuit_timeout_ms = options->timeout_ms,
                                                .dtype = options->dtype,
                                                .shots = options->shots,
                                                .drop_states = options->drop_states,
                                                .cancel = options->cancel};
    job->context = options->context;
    job->task.work = run;
    job->batch.is_job = true;
    job->batch.count = 1;
    job->batch.first = options->index;
    job->batch.items = &job->item;
    job->batch.order = &job->place;
    job->batch.circuits = (const ketsim_circuit *const *)&job->circuit;
    job->batch.epoch = fork_epoch();
}

/* References to the observables, and room for their values. */
static ketsim_status copy_observables(struct ketsim_batch *batch, const ketsim_job_options *options)
{
    const size_t count = options->nobservables;
    if (!count) return KETSIM_OK;
    const ketsim_observable **list = count < SIZE_MAX / 64 ? malloc(count * sizeof *list) : NULL;
    if (!list) return fail(KETSIM_ERR_MEMORY, "job: cannot allocate a list of %zu observables", count);
    for (size_t k = 0; k < count; k++) observable_retain(list[k] = options->observables[k]);
    batch->options.observables = list;
    batch->options.nobservables = count;
    return batch_make_room(batch, 1);
}

/* Nothing of the caller's but the token and the observables, which never change, is used later. */
static ketsim_status prepare(struct ketsim_job *job, const ketsim_circuit *circuit,
                             const ketsim_job_options *options)
{
    set_options(job, options);
    TRY(copy_observables(&job->batch, options));
    if (options->seed) job->batch.seed = *options->seed;
    else if (options->shots) TRY(rng_os_seed(&job->batch.seed));
    if (options->jobs) TRY(jobs_retain(options->jobs));
    job->jobs = options->jobs;
    TRY(ketsim_circuit_copy(&job->circuit, circuit));
    if (options->state) TRY(state_copy(&job->item.state, options->state));
    order_prepare(&job->batch, cores_are_idle());
    return KETSIM_OK;
}

static ketsim_status enqueue(struct ketsim_job *job, const ketsim_job_options *options)
{
    const enum pool_lane lane = job->place.wide ? POOL_TEAM : POOL_CORE;
    for (;;) {
        const ketsim_status status = pool_submit(lane, &job->task);
        if (status != KETSIM_ERR_QUEUE_FULL || options->no_wait) return status;
        pool_wait_for_room(lane, BATCH_POLL_NS);
        if (options->poll && !options->poll(options->poll_context, 0))
            return fail(KETSIM_ERR_CANCELLED, "job: given up before there was room for it");
    }
}

ketsim_status ketsim_job_submit(ketsim_job **out, const ketsim_circuit *circuit,
                                const ketsim_job_options *options)
{
    const ketsim_job_options none = {0};
    if (!options) options = &none;
    TRY(check(circuit, options));
    struct ketsim_job *job = create();
    if (!job) return fail(KETSIM_ERR_MEMORY, "job: cannot allocate %zu bytes", sizeof *job);
    ketsim_status status = prepare(job, circuit, options);
    if (status == KETSIM_OK) {
        atomic_fetch_add_explicit(&job->refs, 1, memory_order_relaxed);
        status = enqueue(job, options);
    }
    if (status == KETSIM_OK) *out = job;
    else destroy(job);
    return status;
}

/* ---- reading it ------------------------------------------------------------------------------- */

static bool was_lost(const struct ketsim_job *job)
{
    return job->batch.epoch != fork_epoch();
}

static bool has_result(const struct ketsim_job *job)
{
    return atomic_load_explicit(&job->has_ended, memory_order_acquire);
}

bool ketsim_job_ended(const ketsim_job *job)
{
    return has_result(job) || was_lost(job);
}

ketsim_status ketsim_job_wait(const ketsim_job *job, uint64_t timeout_ms)
{
    _Atomic uint32_t *word = &((ketsim_job *)job)->has_ended; /* jobs are never defined const */
    const uint64_t deadline = clock_deadline(timeout_ms);
    while (!ketsim_job_ended(job)) {
        const uint64_t now = deadline ? clock_ns() : 0;
        if (!timeout_ms || (deadline && now >= deadline))
            return fail(KETSIM_ERR_DEADLINE, "wait: the job had not ended after %llu ms",
                        (unsigned long long)timeout_ms);
        park_wait(word, 0, deadline ? deadline - now : 0);
    }
    return KETSIM_OK;
}

void ketsim_job_cancel(ketsim_job *job)
{
    atomic_store_explicit(&job->batch.stop, true, memory_order_relaxed);
}

ketsim_status ketsim_job_status(const ketsim_job *job)
{
    if (has_result(job)) return job->item.status;
    return was_lost(job) ? KETSIM_ERR_CANCELLED : KETSIM_ERR_BUSY;
}

const char *ketsim_job_message(const ketsim_job *job)
{
    if (has_result(job)) return item_message(&job->item);
    return was_lost(job) ? "job: lost in a fork, whose child does not have the worker" : "job: has not ended";
}

ketsim_state *ketsim_job_take(ketsim_job *job)
{
    return has_result(job) ? item_take(&job->item) : NULL;
}

size_t ketsim_job_counts(const ketsim_job *job, const ketsim_count **out)
{
    const bool has = has_result(job) && job->item.status == KETSIM_OK;
    *out = has ? job->item.counts : NULL;
    return has ? job->item.ncounts : 0;
}

size_t ketsim_job_values(const ketsim_job *job, const double **out)
{
    *out = NULL;
    return has_result(job) ? batch_values(&job->batch, out, 0) : 0;
}

void *ketsim_job_context(const ketsim_job *job)
{
    return job->context;
}
