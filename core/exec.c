/* exec.c - cuts a plan into slices, a slice into shares, a share into chunks. */
#include "exec.h"

#include <stdatomic.h>
#include <string.h>

#include "bits.h"
#include "buffer.h"
#include "deal.h"
#include "error.h"
#include "profile.h"
#include "scratch.h"
#include "stops.h"
#include "threads.h"
#include "tiled.h"
#include "wide.h"

/* Between two looks at the cancel flag and the clock: 1 MiB of complex128, about 50 to 100 us. */
static const uint64_t CHUNK_AMPS = UINT64_C(1) << 16;
/* Between two calls of poll, for each member: 8 passes at n = 21, about 20 ms. */
static const uint64_t SLICE_AMPS = UINT64_C(1) << 24;
/* First passes out of place write around the caches from this size on; the last-level caches of today hold less
 * than two such buffers. */
static const uint64_t STREAM_BYTES = UINT64_C(1) << 25;
/* States that one thread works on from start to end. */
enum { SHORT_QUBITS = 12 };
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
    return team_size_of_pass(exec->threads, UINT64_C(1) << exec->nqubits);
}

/* Where a run stands: before unit of stage number step.  A unit is a group of a sweep, or a tile. */
struct cursor {
    size_t step;
    uint64_t unit;
};

struct run {
    const struct exec *exec;
    const struct plan *plan;
    const struct kernel_set *set;
    void *dst;
    const void *src;
    char *scratch;            /* of all members; NULL when the plan needs none */
    struct dealt *dealt;      /* one a member; NULL with scratch */
    struct cursor begin, end; /* of the slice */
    _Atomic int stop;         /* a ketsim_status once a member has seen a reason */
};

static bool is_moved(const struct run *run, size_t step)
{
    return step == 0 && run->src != run->dst;
}

static uint64_t units(const struct run *run, size_t step)
{
    const struct stage *stage = &run->plan->stages[step];
    if (!stage->sweep) return tile_count(stage->pass);
    if (stage->sweep->wide) return wide_units(stage->sweep->wide, run->exec->nqubits, !is_moved(run, step));
    return kernel_groups(run->set, run->exec->dtype, stage->sweep, run->exec->nqubits, !is_moved(run, step));
}

/* Amplitudes that one unit of a stage reads. */
static uint64_t unit_amps(const struct run *run, size_t step)
{
    const struct sweep *sweep = run->plan->stages[step].sweep;
    const unsigned lanes = run->set->lane_bits[run->exec->dtype];
    if (!sweep) return UINT64_C(1) << run->plan->stages[step].pass->m;
    if (sweep->wide) return wide_unit_amps(sweep->wide);
    return UINT64_C(1) << (lanes + bit_count(sweep_group_bits(sweep) >> lanes));
}

struct stops exec_stops(const struct exec *exec)
{
    return (struct stops){exec->options, exec->deadline};
}

static ketsim_status reason_to_stop(const struct exec *exec)
{
    const struct stops stops = exec_stops(exec);
    return stops_reached(&stops);
}

static ketsim_status fail_stopped(const struct exec *exec, ketsim_status why)
{
    const struct stops stops = exec_stops(exec);
    return stops_fail(&stops, why, "run");
}

ketsim_status exec_check(const struct exec *exec)
{
    const ketsim_status why = reason_to_stop(exec);
    return why == KETSIM_OK ? why : fail_stopped(exec, why);
}

static ketsim_status poll(const struct exec *exec, double done)
{
    const struct stops stops = exec_stops(exec);
    return stops_poll(&stops, exec->begins + (exec->ends - exec->begins) * done, "run");
}

ketsim_status exec_go_on(const struct exec *exec, double done)
{
    TRY(exec_check(exec));
    return poll(exec, done);
}

/* Whether a stage writes around the caches: so much, and mostly where it has not read. */
static bool is_streamed(const struct run *run, size_t step)
{
    const struct stage *stage = &run->plan->stages[step];
    const uint64_t amp_bytes = run->exec->dtype == KETSIM_COMPLEX128 ? 16 : 8;
    if (is_moved(run, step) && run->src != run->dst) return amp_bytes << run->exec->nqubits >= STREAM_BYTES;
    if (stage->sweep || !(stage->pass->local & ~stage->pass->active)) return false;
    return tiled_extent(stage->tiling, stage->pass).written * amp_bytes >= STREAM_BYTES;
}

static void run_units(struct run *run, size_t step, uint64_t first, uint64_t last, void *scratch)
{
    const struct exec *exec = run->exec;
    const bool pays = exec->paying && step == exec->paying_step;
    const struct stage *stage = pays ? exec->paying : &run->plan->stages[step];
    const ketsim_dtype dtype = exec->dtype;
    const void *src = is_moved(run, step) ? run->src : run->dst;
    const bool stream = is_streamed(run, step);
    const struct sweep *sweep = stage->sweep;
    if (sweep && sweep->wide) run->set->wide[dtype](run->dst, src, sweep->wide, first, last, scratch, stream);
    else if (sweep) run->set->run[dtype](run->dst, src, sweep, first, last, stream);
    else run->set->tiles[dtype](stage->tiling, stage->pass, run->dst, src, first, last, scratch, stream);
}

/* Units between two looks at the cancel flag and the clock. */
static uint64_t chunk_units(const struct run *run, size_t step)
{
    const uint64_t amps = unit_amps(run, step) * run->plan->stages[step].weight;
    return CHUNK_AMPS > amps ? CHUNK_AMPS / amps : 1;
}

static void run_chunk(struct run *run, size_t step, uint64_t first, uint64_t last, void *scratch)
{
    const ketsim_status why = reason_to_stop(run->exec);
    if (why != KETSIM_OK) atomic_store_explicit(&run->stop, (int)why, memory_order_relaxed);
    else run_units(run, step, first, last, scratch);
}

static bool is_stopped(const struct run *run)
{
    return atomic_load_explicit(&run->stop, memory_order_relaxed);
}

struct member {
    unsigned number, members;
    void *scratch;
};

/* One member's units of a streamed stage, side by side in memory. */
static void run_streamed(struct run *run, size_t step, uint64_t from, uint64_t to,
                         const struct member *member)
{
    const uint64_t chunk = chunk_units(run, step);
    uint64_t first, last;
    team_share(&first, &last, to - from, SHARE_GRAIN, member->number, member->members);
    for (first += from, last += from; first < last && !is_stopped(run); first += chunk)
        run_chunk(run, step, first, last - first < chunk ? last : first + chunk, member->scratch);
}

/* Its tiles, and then some of others'. */
static void run_dealt(struct run *run, size_t step, uint64_t from, uint64_t to, const struct member *member)
{
    const uint64_t chunk = chunk_units(run, step);
    uint64_t first, last, count = 1;
    team_share(&first, &last, to - from, 1, member->number, member->members);
    deal_units(&run->dealt[member->number], step, from + first, from + last);
    while (count && !is_stopped(run)) {
        count = deal_next(run->dealt, member->number, member->members, step, chunk, &first);
        if (count) run_chunk(run, step, first, first + count, member->scratch);
    }
}

/* A member that has stopped still meets the others at every barrier of the slice. */
static void run_slice(void *context, unsigned number, unsigned members)
{
    struct run *run = context;
    void *const scratch = run->scratch ? run->scratch + number * run->plan->scratch_bytes : NULL;
    const struct member member = {number, members, scratch};
    uint64_t busy = 0;
    for (size_t step = run->begin.step; step <= run->end.step && step < run->plan->length; step++) {
        const uint64_t from = step == run->begin.step ? run->begin.unit : 0;
        const uint64_t to = step == run->end.step ? run->end.unit : units(run, step);
        const uint64_t start = members > 1 ? clock_ns() : 0;
        if (run->plan->stages[step].sweep || to > MOST_DEALT) run_streamed(run, step, from, to, &member);
        else run_dealt(run, step, from, to, &member);
        if (members > 1) busy += clock_ns() - start;
        team_barrier(members);
    }
    if (busy) atomic_fetch_add_explicit(&busy_ns, busy, memory_order_relaxed);
}

/* End of the slice that starts at begin and costs about as much as budget amplitudes of a sweep; at least a chunk. */
static struct cursor slice_end(const struct run *run, uint64_t budget)
{
    struct cursor at = run->begin;
    bool first = true;
    while (at.step < run->plan->length) {
        const uint64_t cost = unit_amps(run, at.step) * run->plan->stages[at.step].weight;
        const uint64_t left = units(run, at.step) - at.unit;
        if (left * cost > budget) {
            at.unit += first && budget < cost ? 1 : budget / cost;
            return at;
        }
        budget -= left * cost;
        at = (struct cursor){at.step + 1, 0};
        first = false;
    }
    return at;
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
        const double part = (double)run->begin.unit / (double)units(run, run->begin.step);
        TRY(poll(run->exec, ((double)run->begin.step + part) / (double)length));
    }
    return KETSIM_OK;
}

static ketsim_status run_sliced(struct run *run, unsigned threads)
{
    struct buffer *scratch = NULL;
    if (run->plan->scratch_bytes) {
        const uint64_t own = run->plan->scratch_bytes * threads, dealt = sizeof *run->dealt * threads;
        uint64_t bytes = BUFFER_LEAST;
        while (bytes < own + dealt) bytes *= 2;
        TRY(buffer_acquire(&scratch, bytes));
        run->scratch = atomic_load_explicit(&scratch->amps, memory_order_relaxed);
        run->dealt = memset(run->scratch + (bytes - dealt), 0, dealt);
    }
    const ketsim_status status = run_slices(run, threads);
    buffer_release(scratch);
    return status;
}

/* ---- short runs -------------------------------------------------------------------------------- */

/* A plan whose one slice one thread does: no shares, no chunks, no clock. */
static bool is_short(const struct exec *exec, const struct plan *plan)
{
    return exec->nqubits <= SHORT_QUBITS && plan->weight << exec->nqubits <= SLICE_AMPS;
}

static void run_whole(void *context, unsigned member, unsigned members)
{
    struct run *run = context;
    const bool stoppable = run->exec->options || run->exec->deadline;
    (void)member;
    (void)members;
    for (size_t step = 0; step < run->plan->length; step++) {
        const ketsim_status why = stoppable ? reason_to_stop(run->exec) : KETSIM_OK;
        if (why != KETSIM_OK) {
            atomic_store_explicit(&run->stop, (int)why, memory_order_relaxed);
            return;
        }
        run_units(run, step, 0, units(run, step), run->scratch);
    }
}

static ketsim_status run_short(struct run *run)
{
    struct buffer *scratch = NULL;
    if (run->plan->scratch_bytes) {
        TRY(scratch_take(&scratch, run->plan->scratch_bytes));
        run->scratch = atomic_load_explicit(&scratch->amps, memory_order_relaxed);
    }
    team_alone(run_whole, run);
    if (scratch) scratch_give(scratch);
    const ketsim_status why = (ketsim_status)atomic_load_explicit(&run->stop, memory_order_relaxed);
    return why == KETSIM_OK ? KETSIM_OK : fail_stopped(run->exec, why);
}

ketsim_status exec_plan(const struct exec *exec, const struct plan *plan, void *dst, const void *src)
{
    struct run run = {.exec = exec, .plan = plan, .set = plan->set, .dst = dst, .src = src};
    return is_short(exec, plan) ? run_short(&run) : run_sliced(&run, exec_threads(exec));
}
