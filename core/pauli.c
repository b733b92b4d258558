/* pauli.c - terms put in order and in groups.  See pauli.h; meeting.c does a block. */
#include "pauli.h"

#include <stdlib.h>

#include "bits.h"
#include "error.h"
#include "meeting.h"
#include "memory.h"

struct job {
    struct meeting meeting;
    struct group *groups;
    unsigned n;
    uint64_t nblocks;
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

static void plan(struct job *job)
{
    const unsigned bits = job->n < BLOCK_BITS ? job->n : BLOCK_BITS;
    job->nblocks = UINT64_C(1) << (job->n - bits);
    job->meeting.present = UINT64_C(1) << bits;
    job->meeting.block_bits = bits < RUN_BITS ? RUN_BITS : bits;
}

static ketsim_status prepare(struct job *job, struct pauli_term *terms, size_t nterms)
{
    const uint64_t bytes = nterms >> 56 ? UINT64_MAX : (nterms + !nterms) * sizeof *job->groups;
    plan(job);
    TRY(memory_admit(bytes, "observables"));
    job->meeting.groups = job->groups = malloc(bytes);
    if (!job->groups) {
        (void)fail(KETSIM_ERR_MEMORY, "observables: needs %llu bytes: %llu bytes can be had",
                   (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
        return KETSIM_ERR_MEMORY; /* which tells an analyzer that there are groups otherwise */
    }
    make_groups(job, terms, nterms);
    return KETSIM_OK;
}

static void add_expect(const void *job, uint64_t block, double *sums)
{
    meeting_expect(&((const struct job *)job)->meeting, block, sums);
}

static void add_deviate(const void *job, uint64_t block, double *sums)
{
    meeting_deviate(&((const struct job *)job)->meeting, block, sums);
}

static void apply(const void *job, uint64_t block, double *sums)
{
    (void)sums;
    meeting_apply(&((const struct job *)job)->meeting, block);
}

static ketsim_status run(double *out, size_t count, const struct job *job,
                         void (*add)(const void *, uint64_t, double *), unsigned threads,
                         const struct pace *pace)
{
    const uint64_t groups = job->meeting.ngroups + 1; /* about 1 ns each an amplitude */
    return blocks_run(out, &(struct blocks){.nblocks = job->nblocks,
                                            .ns = groups * job->meeting.present,
                                            .threads = threads,
                                            .count = count,
                                            .add = add,
                                            .context = job,
                                            .pace = pace});
}

ketsim_status pauli_expect(double *out, size_t count, const void *amps, ketsim_dtype dtype, unsigned n,
                           struct pauli_term *terms, size_t nterms, unsigned threads)
{
    struct job job = {.meeting = {.amps = amps, .dtype = dtype}, .n = n};
    TRY(prepare(&job, terms, nterms));
    const ketsim_status status = run(out, count, &job, add_expect, threads, NULL);
    free(job.groups);
    return status;
}

ketsim_status pauli_variance(double *out, const void *amps, ketsim_dtype dtype, unsigned n,
                             struct pauli_term *terms, size_t nterms, unsigned threads)
{
    struct job job = {.meeting = {.amps = amps, .dtype = dtype}, .n = n};
    TRY(prepare(&job, terms, nterms));
    ketsim_status status = run(&job.meeting.shift, 1, &job, add_expect, threads, NULL);
    if (status == KETSIM_OK) status = run(out, 1, &job, add_deviate, threads, NULL);
    free(job.groups);
    return status;
}

ketsim_status pauli_apply(void *out, const void *amps, ketsim_dtype dtype, unsigned n,
                          struct pauli_term *terms, size_t nterms, unsigned threads, const struct pace *pace)
{
    struct job job = {.meeting = {.amps = amps, .dtype = dtype, .image = out}, .n = n};
    TRY(prepare(&job, terms, nterms));
    const ketsim_status status = run(NULL, 0, &job, apply, threads, pace);
    free(job.groups);
    return status;
}
