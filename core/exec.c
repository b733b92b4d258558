/* exec.c - cuts a plan into slices, a slice into shares, a share into chunks. */
#include "exec.h"

#include <stdatomic.h>
#include <string.h>

#include "bits.h"
#include "error.h"
#include "threads.h"

/* Between two looks at the cancel flag and the clock: 1 MiB of complex128, about 50 to 100 us. */
static const uint64_t CHUNK_AMPS = UINT64_C(1) << 16;
/* Between two calls of poll, for each member: 8 passes at n = 21, about 20 ms. */
static const uint64_t SLICE_AMPS = UINT64_C(1) << 24;
/* First passes out of place write around the caches from this size on; the last-level caches of today hold less
 * than two such buffers. */
static const uint64_t STREAM_BYTES = UINT64_C(1) << 25;
/* Groups a share is a multiple of, so that two members never write one cache line. */
enum { SHARE_GRAIN = 8 };

static _Atomic uint64_t busy_ns, region_ns;

void exec_counters(ketsim_counters *out)
{
    out->busy_ns = atomic_load_explicit(&busy_ns, memory_order_relaxed);
    out->region_ns = atomic_load_explicit(&region_ns, memory_order_relaxed);
}

unsigned exec_threads(const struct exec *exec)
{
    const uint64_t namps = UINT64_C(1) << exec->nqubits;
    return team_size(exec->threads, namps / 2); /* half a nanosecond an amplitude from the caches */
}

/* Where a run stands: before group of sweep number step. */
struct cursor {
    size_t step;
    uint64_t group;
};

struct run {
    const struct exec *exec;
    const struct plan *plan;
    const struct kernel_set *set;
    void *dst;
    const void *src;
    struct cursor begin, end; /* of the slice */
    _Atomic int stop;         /* a ketsim_status once a member has seen a reason */
};

static bool is_moved(const struct run *run, size_t step)
{
    return step == 0 && run->src != run->dst;
}

static uint64_t groups(const struct run *run, size_t step)
{
    return kernel_groups(run->set, run->exec->dtype, &run->plan->sweeps[step], run->exec->nqubits,
                         !is_moved(run, step));
}

/* Amplitudes that one group of a sweep reads. */
static uint64_t group_amps(const struct run *run, size_t step)
{
    const struct sweep *sweep = &run->plan->sweeps[step];
    const unsigned lanes = run->set->lane_bits[run->exec->dtype];
    unsigned bits = lanes;
    for (unsigned k = 0; k < sweep->ntargets; k++) bits += sweep->targets[k] >= lanes;
    return UINT64_C(1) << bits;
}

static ketsim_status reason_to_stop(const struct exec *exec)
{
    if (exec->options && exec->options->cancel && ketsim_cancel_raised(exec->options->cancel))
        return KETSIM_ERR_CANCELLED;
    return exec->deadline && clock_ns() >= exec->deadline ? KETSIM_ERR_DEADLINE : KETSIM_OK;
}

static ketsim_status fail_stopped(const struct exec *exec, ketsim_status why)
{
    if (why == KETSIM_ERR_DEADLINE)
        return fail(why, "run: timeout_ms = %llu passed before it ended",
                    (unsigned long long)exec->options->timeout_ms);
    return fail(why, "run: cancelled");
}

ketsim_status exec_check(const struct exec *exec)
{
    const ketsim_status why = reason_to_stop(exec);
    return why == KETSIM_OK ? why : fail_stopped(exec, why);
}

/* One member's groups of one sweep, chunk by chunk. */
static void run_share(struct run *run, size_t step, uint64_t first, uint64_t last)
{
    const struct sweep *sweep = &run->plan->sweeps[step];
    const struct exec *exec = run->exec;
    const uint64_t per_chunk = CHUNK_AMPS / group_amps(run, step);
    const uint64_t bytes = (exec->dtype == KETSIM_COMPLEX128 ? UINT64_C(16) : UINT64_C(8)) << exec->nqubits;
    kernel *const sweep_groups = run->set->run[exec->dtype];
    while (first < last && !atomic_load_explicit(&run->stop, memory_order_relaxed)) {
        const ketsim_status why = reason_to_stop(exec);
        const uint64_t next = last - first < per_chunk ? last : first + per_chunk;
        if (why != KETSIM_OK) atomic_store_explicit(&run->stop, (int)why, memory_order_relaxed);
        else
            sweep_groups(run->dst, is_moved(run, step) ? run->src : run->dst, sweep, first, next,
                         bytes >= STREAM_BYTES);
        first = next;
    }
}

/* A member that has stopped still meets the others at every barrier of the slice. */
static void run_slice(void *context, unsigned member, unsigned members)
{
    struct run *run = context;
    uint64_t busy = 0;
    for (size_t step = run->begin.step; step <= run->end.step && step < run->plan->length; step++) {
        const uint64_t from = step == run->begin.step ? run->begin.group : 0;
        const uint64_t to = step == run->end.step ? run->end.group : groups(run, step);
        uint64_t first, last;
        team_share(&first, &last, to - from, SHARE_GRAIN, member, members);
        const uint64_t start = members > 1 ? clock_ns() : 0;
        run_share(run, step, from + first, from + last);
        if (members > 1) busy += clock_ns() - start;
        team_barrier(members);
    }
    if (busy) atomic_fetch_add_explicit(&busy_ns, busy, memory_order_relaxed);
}

/* End of the slice that starts at begin and reads about budget amplitudes; at least one chunk of groups. */
static struct cursor slice_end(const struct run *run, uint64_t budget)
{
    struct cursor at = run->begin;
    while (at.step < run->plan->length) {
        const uint64_t amps = group_amps(run, at.step), left = groups(run, at.step) - at.group;
        if (left * amps > budget) {
            at.group += budget / amps;
            return at;
        }
        budget -= left * amps;
        at = (struct cursor){at.step + 1, 0};
    }
    return at;
}

static bool poll(const struct exec *exec, double done)
{
    const ketsim_run_options *options = exec->options;
    return !options || !options->poll || options->poll(options->poll_context, done);
}

/* Slices one after the other, each on a team. */
static ketsim_status run_slices(struct run *run, unsigned threads)
{
    const size_t length = run->plan->length;
    while (run->begin.step < length) {
        run->end = slice_end(run, SLICE_AMPS * threads);
        const uint64_t start = threads > 1 ? clock_ns() : 0;
        team_run(threads, run_slice, run);
        if (threads > 1) atomic_fetch_add_explicit(&region_ns, clock_ns() - start, memory_order_relaxed);
        run->begin = run->end;
        if (atomic_load(&run->stop)) return fail_stopped(run->exec, (ketsim_status)atomic_load(&run->stop));
        if (run->begin.step == length) break;
        const double part = (double)run->begin.group / (double)groups(run, run->begin.step);
        if (!poll(run->exec, ((double)run->begin.step + part) / (double)length))
            return fail(KETSIM_ERR_CANCELLED, "run: stopped by the poll function");
    }
    return KETSIM_OK;
}

ketsim_status exec_plan(const struct exec *exec, const struct plan *plan, void *dst, const void *src)
{
    struct run run = {.exec = exec, .plan = plan, .set = kernels(), .dst = dst, .src = src};
    return run_slices(&run, exec_threads(exec));
}
