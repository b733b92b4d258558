/* pauli.c - terms put in order and in groups, and blocks dealt to threads.  See pauli.h; meeting.c does a block. */
#include "pauli.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "error.h"
#include "meeting.h"
#include "memory.h"
#include "threads.h"

enum { MAX_CHUNKS = 256 };

struct job {
    struct meeting meeting;
    struct group *groups;
    unsigned n;
    size_t count;            /* sums */
    uint64_t nchunks, chunk; /* blocks a chunk */
    size_t stride;           /* of totals: no two chunks' share a cache line */
    double *totals;          /* [chunk][sum] */
    void (*do_block)(const struct meeting *meeting, uint64_t block, double *total);
    _Atomic uint64_t next; /* chunk to hand out: whoever does it, its total is the same */
};

/* ---- order of terms ---------------------------------------------------------------------------- */

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* By the block they meet, how its runs are ordered, x, what of the products they need, and the low bits of z. */
static int compare(const void *first, const void *second)
{
    const struct pauli_term *a = first, *b = second;
    int by = order(a->x >> BLOCK_BITS, b->x >> BLOCK_BITS);
    if (!by) by = order(a->x % RUN, b->x % RUN);
    if (!by) by = order(a->x, b->x);
    if (!by) by = order(is_odd(a->x & a->z), is_odd(b->x & b->z));
    if (!by) by = order(a->z % BLOCK, b->z % BLOCK);
    if (!by) by = order(a->z, b->z);
    return by ? by : order(a->sum, b->sum);
}

static bool belongs(const struct group *group, const struct pauli_term *term)
{
    return group->x == term->x && group->odd == is_odd(term->x & term->z);
}

/* Each term with its i^(number of Y), of which the groups take care where it is imaginary. */
static void make_groups(struct job *job, struct pauli_term *terms, size_t nterms)
{
    struct group *group = NULL;
    if (nterms) qsort(terms, nterms, sizeof *terms, compare);
    for (struct pauli_term *term = terms; term < terms + nterms; term++) {
        if (bit_count(term->x & term->z) & 2) term->coefficient = -term->coefficient;
        if (!group || !belongs(group, term)) {
            group = &job->groups[job->meeting.ngroups++];
            *group = (struct group){.x = term->x, .odd = is_odd(term->x & term->z), .first = term};
        }
        group->last = term + 1;
    }
}

/* ---- all blocks -------------------------------------------------------------------------------- */

static void do_chunks(void *context, unsigned member, unsigned members)
{
    struct job *job = context;
    (void)member;
    (void)members;
    for (uint64_t c; (c = atomic_fetch_add(&job->next, 1)) < job->nchunks;)
        for (uint64_t b = 0; b < job->chunk; b++)
            job->do_block(&job->meeting, c * job->chunk + b, job->totals + c * job->stride);
}

/* The chunks' totals meet pairwise, neighbors first. */
static void add_chunks(double *out, const struct job *job)
{
    for (uint64_t count = job->nchunks / 2, step = 1; count; count /= 2, step *= 2)
        for (uint64_t c = 0; c < count; c++) {
            double *to = job->totals + 2 * c * step * job->stride;
            for (size_t k = 0; k < job->count; k++) to[k] += to[step * job->stride + k];
        }
    for (size_t k = 0; k < job->count; k++) out[k] = job->totals[k];
}

static void plan(struct job *job)
{
    const unsigned bits = job->n < BLOCK_BITS ? job->n : BLOCK_BITS;
    const uint64_t nblocks = UINT64_C(1) << (job->n - bits);
    job->meeting.present = UINT64_C(1) << bits;
    job->meeting.block_bits = bits < RUN_BITS ? RUN_BITS : bits;
    job->nchunks = nblocks < MAX_CHUNKS ? nblocks : MAX_CHUNKS;
    job->chunk = nblocks / job->nchunks;
    job->stride = (job->count + 15) / 8 * 8;
}

/* Groups and totals in one piece of memory, for the caller to free. */
static ketsim_status get_memory(struct job *job, size_t nterms)
{
    const uint64_t totals = job->nchunks * job->stride, most = UINT64_C(1) << 56;
    const uint64_t bytes = nterms > most || job->count > most / MAX_CHUNKS / 8
                               ? UINT64_MAX
                               : nterms * sizeof *job->groups + totals * sizeof *job->totals;
    TRY(memory_admit(bytes, "observables"));
    job->totals = malloc(bytes);
    if (!job->totals) {
        (void)fail(KETSIM_ERR_MEMORY, "observables: needs %llu bytes: %llu bytes can be had",
                   (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
        return KETSIM_ERR_MEMORY; /* which tells an analyzer that there are groups otherwise */
    }
    job->meeting.groups = job->groups = (struct group *)(job->totals + totals);
    return KETSIM_OK;
}

static ketsim_status prepare(struct job *job, struct pauli_term *terms, size_t nterms)
{
    plan(job);
    TRY(get_memory(job, nterms));
    make_groups(job, terms, nterms);
    return KETSIM_OK;
}

static void run(double *out, struct job *job, void (*do_block)(const struct meeting *, uint64_t, double *),
                unsigned threads)
{
    memset(job->totals, 0, job->nchunks * job->stride * sizeof *job->totals);
    job->do_block = do_block;
    job->next = 0;
    const unsigned team = team_size(threads, (job->meeting.ngroups + 1) << job->n); /* about 1 ns each */
    team_run(team < job->nchunks ? team : (unsigned)job->nchunks, do_chunks, job);
    add_chunks(out, job);
}

ketsim_status pauli_expect(double *out, size_t count, const void *amps, ketsim_dtype dtype, unsigned n,
                           struct pauli_term *terms, size_t nterms, unsigned threads)
{
    struct job job = {.meeting = {.amps = amps, .dtype = dtype}, .n = n, .count = count};
    TRY(prepare(&job, terms, nterms));
    run(out, &job, meeting_expect, threads);
    free(job.totals);
    return KETSIM_OK;
}

struct pauli_sums {
    struct job job;
};

ketsim_status pauli_prepare(struct pauli_sums **out, size_t count, ketsim_dtype dtype, unsigned n,
                            struct pauli_term *terms, size_t nterms)
{
    struct pauli_sums *sums = malloc(sizeof *sums);
    if (!sums) return fail(KETSIM_ERR_MEMORY, "observables: cannot allocate %zu bytes", sizeof *sums);
    sums->job = (struct job){.meeting = {.dtype = dtype}, .n = n, .count = count};
    const ketsim_status status = prepare(&sums->job, terms, nterms);
    if (status == KETSIM_OK) *out = sums;
    else free(sums);
    return status;
}

void pauli_evaluate(struct pauli_sums *sums, double *out, const void *amps, unsigned threads)
{
    sums->job.meeting.amps = amps;
    run(out, &sums->job, meeting_expect, threads);
}

void pauli_forget(struct pauli_sums *sums)
{
    if (sums) free(sums->job.totals);
    free(sums);
}

ketsim_status pauli_variance(double *out, const void *amps, ketsim_dtype dtype, unsigned n,
                             struct pauli_term *terms, size_t nterms, unsigned threads)
{
    struct job job = {.meeting = {.amps = amps, .dtype = dtype}, .n = n, .count = 1};
    TRY(prepare(&job, terms, nterms));
    run(&job.meeting.shift, &job, meeting_expect, threads);
    run(out, &job, meeting_deviate, threads);
    free(job.totals);
    return KETSIM_OK;
}
