/* blocks.c - chunks of blocks dealt to threads, and the tree over their totals.  See blocks.h. */
#include "blocks.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "memory.h"
#include "threads.h"

enum { MAX_CHUNKS = 256 };
static const uint64_t SLICE_NS = 20000000; /* between two looks */

struct job {
    const struct blocks *blocks;
    uint64_t nchunks, chunk; /* blocks a chunk */
    size_t stride;           /* of totals: no two chunks' share a cache line */
    double *totals;          /* [chunk][sum] */
    uint64_t end;            /* of the chunks of this slice */
    _Atomic uint64_t next;   /* chunk to hand out: whoever does it, its total is the same */
};

static void do_chunks(void *context, unsigned member, unsigned members)
{
    struct job *job = context;
    (void)member;
    (void)members;
    for (uint64_t c; (c = atomic_fetch_add(&job->next, 1)) < job->end;)
        for (uint64_t b = 0; b < job->chunk; b++)
            job->blocks->add(job->blocks->context, c * job->chunk + b, job->totals + c * job->stride);
}

/* The chunks' totals meet pairwise, neighbors first. */
static void add_chunks(double *out, const struct job *job)
{
    const size_t count = job->blocks->count;
    for (uint64_t left = job->nchunks / 2, step = 1; left; left /= 2, step *= 2)
        for (uint64_t c = 0; c < left; c++) {
            double *to = job->totals + 2 * c * step * job->stride;
            for (size_t k = 0; k < count; k++) to[k] += to[step * job->stride + k];
        }
    for (size_t k = 0; k < count; k++) out[k] = job->totals[k];
}

static ketsim_status look(const struct job *job)
{
    const struct pace *pace = job->blocks->pace;
    if (!pace) return KETSIM_OK;
    if (job->end == job->nchunks) return KETSIM_OK;
    const double done = (double)job->end / (double)job->nchunks;
    return pace->look(pace->context, pace->begins + (pace->ends - pace->begins) * done);
}

static ketsim_status run_slices(struct job *job)
{
    const struct blocks *blocks = job->blocks;
    const unsigned team = team_size(blocks->threads, blocks->ns * blocks->nblocks);
    const uint64_t slice = team * (1 + SLICE_NS / (1 + blocks->ns * job->chunk));
    for (job->end = 0; job->end < job->nchunks;) {
        const uint64_t first = job->end, left = job->nchunks - first;
        job->end += left < slice ? left : slice;
        atomic_store_explicit(&job->next, first, memory_order_relaxed);
        team_run(team < left ? team : (unsigned)left, do_chunks, job);
        TRY(look(job));
    }
    return KETSIM_OK;
}

ketsim_status blocks_run(double *out, const struct blocks *blocks)
{
    struct job job = {.blocks = blocks,
                      .nchunks = blocks->nblocks < MAX_CHUNKS ? blocks->nblocks : MAX_CHUNKS};
    const uint64_t most = UINT64_C(1) << 56;
    job.chunk = blocks->nblocks / job.nchunks;
    job.stride = (blocks->count + 15) / 8 * 8;
    const uint64_t bytes = blocks->count > most / MAX_CHUNKS / sizeof(double)
                               ? UINT64_MAX
                               : job.nchunks * job.stride * sizeof(double);
    TRY(memory_admit(bytes, "sums"));
    job.totals = calloc(bytes, 1);
    if (!job.totals)
        return fail(KETSIM_ERR_MEMORY, "sums: needs %llu bytes: %llu bytes can be had",
                    (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
    const ketsim_status status = run_slices(&job);
    if (status == KETSIM_OK) add_chunks(out, &job);
    free(job.totals);
    return status;
}
