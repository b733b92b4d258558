/* pauli.c - terms put in order and in groups, and regions dealt to threads.  See pauli.h; meeting.c does a region. */
#include "pauli.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "error.h"
#include "kernels/kernel.h"
#include "meeting.h"
#include "memory.h"
#include "threads.h"

enum { MAX_CHUNKS = 256, MAX_REGION_BITS = 13 /* 128 KiB of complex128 */, LEAST_REGIONS_BITS = 4 };
/* Between two calls of poll. */
static const uint64_t SLICE_NS = 20000000;

typedef void region_work(const struct meeting *meeting, uint64_t region, double *total, double *room);

struct job {
    struct meeting meeting;
    struct stops stops;
    unsigned n, threads;
    struct strings *groups;
    uint64_t nchunks, chunk; /* regions a chunk */
    size_t ntotals, stride;  /* of totals: no two chunks' share a cache line */
    double *totals;          /* [chunk][ntotals] */
    size_t room;             /* numbers each member needs */
    double *rooms;
    region_work *do_region;
    uint64_t slice_ends; /* as clock_ns() tells time */
    uint64_t done
        [MAX_CHUNKS]; /* regions of a chunk, in order: its total is the same whoever does them, and when */
    _Atomic uint64_t next;                           /* chunk to hand out */
    _Atomic int stop;                                /* a ketsim_status once a member has seen a reason */
    _Alignas(MEET_ALIGN) double small[2][MEET_SUMS]; /* states of less than a run, and zeros */
};

/* ---- order of terms ---------------------------------------------------------------------------- */

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* By x, which of the products' parts is needed, and z, the low bits first. */
static int compare(const void *first, const void *second)
{
    const struct pauli_term *a = first, *b = second;
    int by = order(a->x, b->x);
    if (!by) by = order(is_odd(a->x & a->z), is_odd(b->x & b->z));
    if (!by) by = order(a->z % MEET_BLOCK, b->z % MEET_BLOCK);
    if (!by) by = order(a->z, b->z);
    return by ? by : order(a->sum, b->sum);
}

/* The same within each sum. */
static int compare_in_sums(const void *first, const void *second)
{
    const struct pauli_term *a = first, *b = second;
    int by = order(a->x, b->x);
    if (!by) by = order(a->sum, b->sum);
    return by ? by : compare(first, second);
}

static bool belongs(const struct strings *group, const struct pauli_term *term, bool in_sums)
{
    return group->x == term->x && group->imaginary == is_odd(term->x & term->z) &&
           (!in_sums || group->first->sum == term->sum);
}

static void make_groups(struct job *job, const struct pauli_sums *sums, bool in_sums)
{
    struct strings *group = NULL;
    if (sums->nterms)
        qsort(sums->terms, sums->nterms, sizeof *sums->terms, in_sums ? compare_in_sums : compare);
    for (struct pauli_term *term = sums->terms; term < sums->terms + sums->nterms; term++) {
        if (!group || !belongs(group, term, in_sums)) {
            group = &job->groups[job->meeting.ngroups++];
            *group = (struct strings){.x = term->x, .imaginary = is_odd(term->x & term->z), .first = term};
        }
        group->nstrings += term == group->first || term->z != term[-1].z;
        group->last = term + 1;
    }
}

/* ---- all regions ------------------------------------------------------------------------------- */

/* Whether members should meet: something says stop, or it is time to call poll. */
static bool is_over(struct job *job)
{
    if (!job->stops.options) return false;
    const ketsim_status why = stops_reached(&job->stops);
    if (why != KETSIM_OK) atomic_store_explicit(&job->stop, (int)why, memory_order_relaxed);
    return why != KETSIM_OK || clock_ns() >= job->slice_ends;
}

static void do_chunks(void *context, unsigned member, unsigned members)
{
    struct job *job = context;
    (void)members;
    for (uint64_t c; (c = atomic_fetch_add(&job->next, 1)) < job->nchunks;)
        for (; job->done[c] < job->chunk; job->done[c]++) {
            if (is_over(job)) return;
            job->do_region(&job->meeting, c * job->chunk + job->done[c], job->totals + c * job->stride,
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
    for (uint64_t count = job->nchunks / 2, step = 1; count; count /= 2, step *= 2)
        for (uint64_t c = 0; c < count; c++) {
            double *to = job->totals + 2 * c * step * job->stride;
            for (size_t k = 0; k < job->ntotals; k++) to[k] += to[step * job->stride + k];
        }
    for (size_t k = 0; k < job->ntotals; k++) out[k] = job->totals[k];
}

/* Slice after slice, of the part of the whole that lies between two fractions. */
static ketsim_status run(double *out, struct job *job, region_work *do_region, double begins, double ends)
{
    const uint64_t all = job->nchunks * job->chunk;
    memset(job->totals, 0, job->nchunks * job->stride * sizeof *job->totals);
    memset(job->done, 0, sizeof job->done);
    job->do_region = do_region;
    for (;;) {
        job->next = 0;
        job->slice_ends = job->stops.options ? clock_ns() + SLICE_NS : 0;
        team_run(job->threads, do_chunks, job);
        if (job->stop) return stops_fail(&job->stops, (ketsim_status)job->stop, "observables");
        const uint64_t done = count_done(job);
        if (done == all) break;
        TRY(stops_poll(&job->stops, begins + (ends - begins) * (double)done / (double)all, "observables"));
    }
    add_chunks(out, job);
    return KETSIM_OK;
}

/* ---- preparation ------------------------------------------------------------------------------- */

static unsigned between(unsigned low, unsigned x, unsigned high)
{
    return x < low ? low : x > high ? high : x;
}

/* The amplitudes, or a copy that fills a run. */
static const void *whole_runs(const struct job *job, double room[MEET_SUMS], const void *amps)
{
    const size_t bytes = job->meeting.dtype == KETSIM_COMPLEX128 ? 16 : 8;
    if (job->n >= MEET_RUN_BITS) return amps;
    memcpy(room, amps, bytes << job->n);
    return room;
}

static void plan(struct job *job, const struct pauli_state *state, size_t nterms)
{
    const unsigned n = state->n < MEET_RUN_BITS ? MEET_RUN_BITS : state->n;
    struct meeting *meeting = &job->meeting;
    job->stops = state->stops;
    job->n = state->n;
    meeting->kernels = kernels()->meet;
    meeting->dtype = state->dtype;
    meeting->block_bits = n < MEET_BLOCK_BITS ? n : MEET_BLOCK_BITS;
    meeting->region_bits = n < MEET_BLOCK_BITS
                               ? n
                               : between(MEET_BLOCK_BITS, n - LEAST_REGIONS_BITS, MAX_REGION_BITS);
    const uint64_t nregions = UINT64_C(1) << (n - meeting->region_bits);
    job->nchunks = nregions < MAX_CHUNKS ? nregions : MAX_CHUNKS;
    job->chunk = nregions / job->nchunks;
    job->stride = (job->ntotals + 15) / 8 * 8;
    const unsigned team = team_size(state->threads, ((nterms + 4) << n) / 4); /* a quarter of a ns each */
    job->threads = team < job->nchunks ? team : (unsigned)job->nchunks;
}

/* Rooms, totals and groups in one piece of memory, for the caller to free. */
static ketsim_status get_memory(struct job *job, size_t nterms)
{
    const uint64_t rooms = job->threads * job->room, totals = job->nchunks * job->stride;
    const uint64_t most = UINT64_C(1) << 48;
    const uint64_t bytes = nterms > most || rooms > most || totals > most
                               ? UINT64_MAX / 2
                               : (rooms + totals) * sizeof(double) + nterms * sizeof *job->groups;
    TRY(memory_admit(bytes, "observables"));
    job->rooms = aligned_alloc(MEET_ALIGN, (bytes + MEET_ALIGN) / MEET_ALIGN * MEET_ALIGN);
    if (!job->rooms) {
        (void)fail(KETSIM_ERR_MEMORY, "observables: needs %llu bytes: %llu bytes can be had",
                   (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
        return KETSIM_ERR_MEMORY; /* which tells an analyzer that there are groups otherwise */
    }
    job->totals = job->rooms + rooms;
    job->meeting.groups = job->groups = (struct strings *)(job->totals + totals);
    return KETSIM_OK;
}

/* For the caller to free job->rooms. */
static ketsim_status prepare(struct job *job, const struct pauli_state *state, const struct pauli_sums *sums,
                             bool in_sums)
{
    job->meeting.nsums = sums->count;
    plan(job, state, sums->nterms);
    TRY(get_memory(job, sums->nterms));
    make_groups(job, sums, in_sums);
    return KETSIM_OK;
}

/* At these amplitudes. */
static void aim(struct job *job, const void *bra, const void *ket)
{
    job->meeting.ket = whole_runs(job, job->small[0], ket);
    job->meeting.bra = bra == ket ? job->meeting.ket : whole_runs(job, job->small[1], bra);
}

/* ---- what is asked for ------------------------------------------------------------------------- */

static ketsim_status expect(double *out, const struct pauli_state *state, const struct pauli_sums *sums,
                            double ends)
{
    struct job job = {.meeting.halved = true, .ntotals = sums->count};
    TRY(prepare(&job, state, sums, false));
    aim(&job, state->amps, state->amps);
    const ketsim_status status = run(out, &job, meeting_expect, 0, ends);
    free(job.rooms);
    return status;
}

ketsim_status pauli_expect(double *out, const struct pauli_state *state, const struct pauli_sums *sums)
{
    return expect(out, state, sums, 1);
}

struct pauli_prepared {
    struct job job;
};

ketsim_status pauli_prepare(struct pauli_prepared **out, const struct pauli_state *state,
                            const struct pauli_sums *sums)
{
    struct pauli_prepared *prepared = aligned_alloc(_Alignof(struct pauli_prepared), sizeof *prepared);
    if (!prepared) return fail(KETSIM_ERR_MEMORY, "observables: cannot allocate %zu bytes", sizeof *prepared);
    prepared->job = (struct job){.meeting.halved = true, .ntotals = sums->count};
    const ketsim_status status = prepare(&prepared->job, state, sums, false);
    if (status == KETSIM_OK) *out = prepared;
    else free(prepared);
    return status;
}

ketsim_status pauli_evaluate(struct pauli_prepared *prepared, double *out, const void *amps)
{
    aim(&prepared->job, amps, amps);
    return run(out, &prepared->job, meeting_expect, 0, 1);
}

void pauli_forget(struct pauli_prepared *prepared)
{
    if (prepared) free(prepared->job.rooms);
    free(prepared);
}

/* From real to imaginary parts: i times a sum of imaginary parts is there what a real one was. */
static void turn(struct job *job, const struct pauli_sums *sums)
{
    for (struct pauli_term *term = sums->terms; term < sums->terms + sums->nterms; term++)
        if (is_odd(term->x & term->z)) term->coefficient = -term->coefficient;
    for (size_t k = 0; k < job->meeting.ngroups; k++) job->groups[k].imaginary = !job->groups[k].imaginary;
}

ketsim_status pauli_elements(ketsim_complex *out, const void *bra, const struct pauli_state *state,
                             const struct pauli_sums *sums)
{
    struct job job = {.ntotals = sums->count,
                      .room = sums->count}; /* the first member's is used for results */
    TRY(prepare(&job, state, sums, false));
    aim(&job, bra, state->amps);
    double *const re = job.rooms;
    ketsim_status status = run(re, &job, meeting_expect, 0, 0.5);
    for (size_t k = 0; status == KETSIM_OK && k < sums->count; k++) out[k].re = re[k];
    turn(&job, sums);
    if (status == KETSIM_OK) status = run(re, &job, meeting_expect, 0.5, 1);
    for (size_t k = 0; status == KETSIM_OK && k < sums->count; k++) out[k].im = re[k];
    free(job.rooms);
    return status;
}

/* Write the packed sums over pairs of deviations to out, and on both sides of the diagonal. */
static void unpack(double *out, const double *packed, size_t count)
{
    for (size_t k = 0; k < count; k++)
        for (size_t j = 0; j <= k; j++) out[j * count + k] = out[k * count + j] = *packed++;
}

static ketsim_status deviate(double *packed, const double *means, const struct pauli_state *state,
                             const struct pauli_sums *sums)
{
    struct job job = {.ntotals = sums->count * (sums->count + 1) / 2, .room = meeting_room(sums->count)};
    TRY(prepare(&job, state, sums, true));
    aim(&job, state->amps, state->amps);
    job.meeting.shifts = means;
    const ketsim_status status = run(packed, &job, meeting_deviate, 0.5, 1);
    free(job.rooms);
    return status;
}

ketsim_status pauli_covariance(double *out, const struct pauli_state *state, const struct pauli_sums *sums)
{
    const size_t count = sums->count, most = UINT64_C(1) << 24;
    const uint64_t bytes = count < most ? (count + count * (count + 1) / 2) * sizeof(double) : UINT64_MAX / 2;
    TRY(memory_admit(bytes, "covariance"));
    double *const means = malloc(bytes ? bytes : 1), *const packed = means + count;
    if (!means)
        return fail(KETSIM_ERR_MEMORY, "covariance: cannot allocate %llu bytes", (unsigned long long)bytes);
    ketsim_status status = expect(means, state, sums, 0.5);
    if (status == KETSIM_OK) status = deviate(packed, means, state, sums);
    if (status == KETSIM_OK) unpack(out, packed, count);
    free(means);
    return status;
}
