/* blocks.c - chunks of blocks dealt to threads, slice after slice, and the tree over their totals.  See blocks.h. */
#include "blocks.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "memory.h"
#include "threads.h"

enum { MAX_CHUNKS = 256, LINE = 64, LINE_DOUBLES = LINE / sizeof(double) };
static const uint64_t SLICE_NS = 20000000; /* between two calls of poll */

struct job {
    const struct blocks *blocks;
    unsigned threads;
    uint64_t nchunks, chunk; /* blocks a chunk */
    size_t stride;           /* of totals: no two chunks' share a cache line */
    double *totals;          /* [chunk][nsums] */
    size_t room;             /* numbers from one thread's room to the next */
    double *rooms;           /* [thread][room] */
    uint64_t slice_ends;     /* as clock_ns() tells time */
    uint64_t
        done[MAX_CHUNKS]; /* blocks of a chunk, in order: its total is the same whoever does them, and when */
    _Atomic uint64_t next; /* chunk to hand out */
    _Atomic int stop;      /* a ketsim_status once a member has seen a reason */
};

/* Whether members should meet: something says stop, or it is time to call poll. */
static bool is_over(struct job *job)
{
    const struct stops *stops = &job->blocks->pace->stops;
    if (!stops->options) return false;
    const ketsim_status why = stops_reached(stops);
    if (why != KETSIM_OK) atomic_store_explicit(&job->stop, (int)why, memory_order_relaxed);
    return why != KETSIM_OK || clock_ns() >= job->slice_ends;
}

static void do_chunks(void *context, unsigned member, unsigned members)
{
    struct job *job = context;
    const struct blocks *blocks = job->blocks;
    (void)members;
    for (uint64_t c; (c = atomic_fetch_add(&job->next, 1)) < job->nchunks;)
        for (; job->done[c] < job->chunk; job->done[c]++) {
            if (is_over(job)) return;
            blocks->add(blocks->context, c * job->chunk + job->done[c], job->totals + c * job->stride,
                        job->rooms + member * job->room);
        }
}

static uint64_t count_done(const struct job *job)
{
    uint64_t done = 0;
    for (uint64_t c = 0; c < job->nchunks; c++) done += job->done[c];
    return done;
}

/* The chunks' totals meet pairwise, neighbors first. */
static void add_chunks(double *out, const struct job *job)
{
    const size_t nsums = job->blocks->nsums;
    for (uint64_t count = job->nchunks / 2, step = 1; count; count /= 2, step *= 2)
        for (uint64_t c = 0; c < count; c++) {
            double *to = job->totals + 2 * c * step * job->stride;
            for (size_t k = 0; k < nsums; k++) to[k] += to[step * job->stride + k];
        }
    for (size_t k = 0; k < nsums; k++) out[k] = job->totals[k];
}

static ketsim_status run_slices(struct job *job)
{
    const struct pace *pace = job->blocks->pace;
    for (;;) {
        job->next = 0;
        job->slice_ends = pace->stops.options ? clock_ns() + SLICE_NS : 0;
        team_run(job->threads, do_chunks, job);
        if (job->stop) return stops_fail(&pace->stops, (ketsim_status)job->stop, pace->what);
        const uint64_t done = count_done(job);
        if (done == job->blocks->nblocks) return KETSIM_OK;
        const double part = (double)done / (double)job->blocks->nblocks;
        TRY(stops_poll(&pace->stops, pace->begins + (pace->ends - pace->begins) * part, pace->what));
    }
}

struct pace pace_between(const struct pace *pace, double begins, double ends)
{
    const double whole = pace->ends - pace->begins;
    return (struct pace){pace->stops, pace->what, pace->begins + whole * begins, pace->begins + whole * ends};
}

/* Totals, which are cleared, and rooms in one piece of memory, for the caller to free. */
static ketsim_status get_memory(struct job *job)
{
    const uint64_t totals = job->nchunks * job->stride, rooms = job->threads * job->room;
    const uint64_t most = UINT64_C(1) << 48;
    const uint64_t bytes = totals > most || rooms > most ? UINT64_MAX / 2 : (totals + rooms) * sizeof(double);
    TRY(memory_admit(bytes, job->blocks->pace->what));
    job->totals = aligned_alloc(LINE, bytes);
    if (!job->totals)
        return fail(KETSIM_ERR_MEMORY, "%s: needs %llu bytes: %llu bytes can be had", job->blocks->pace->what,
                    (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
    job->rooms = job->totals + totals;
    memset(job->totals, 0, totals * sizeof(double));
    return KETSIM_OK;
}

ketsim_status blocks_run(double *out, const struct blocks *blocks)
{
    struct job job = {.blocks = blocks,
                      .nchunks = blocks->nblocks < MAX_CHUNKS ? blocks->nblocks : MAX_CHUNKS};
    const unsigned team = team_size(blocks->threads, blocks->ns * blocks->nblocks);
    job.threads = team < job.nchunks ? team : (unsigned)job.nchunks;
    job.chunk = blocks->nblocks / job.nchunks;
    job.stride = (blocks->nsums / LINE_DOUBLES + 2) * LINE_DOUBLES;
    job.room = (blocks->room / LINE_DOUBLES + 1) * LINE_DOUBLES;
    TRY(get_memory(&job));
    const ketsim_status status = run_slices(&job);
    if (status == KETSIM_OK) add_chunks(out, &job);
    free(job.totals);
    return status;
}
