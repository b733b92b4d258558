/* pauli.c - terms put in order and in groups, for regions that blocks.c deals.  See pauli.h; meeting.c does a region. */
#include "pauli.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "error.h"
#include "kernels/kernel.h"
#include "meeting.h"
#include "memory.h"

enum { MAX_REGION_BITS = 13 /* 128 KiB of complex128 */, LEAST_REGIONS_BITS = 4 };

struct job {
    struct meeting meeting;
    struct strings *groups;
    unsigned n, threads;
    uint64_t nregions, ns; /* that one takes */
    struct pace pace;
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
    job->pace = state->pace;
    job->n = state->n;
    job->threads = state->threads;
    meeting->kernels = kernels()->meet;
    meeting->dtype = state->dtype;
    meeting->block_bits = n < MEET_BLOCK_BITS ? n : MEET_BLOCK_BITS;
    meeting->region_bits = n < MEET_BLOCK_BITS
                               ? n
                               : between(MEET_BLOCK_BITS, n - LEAST_REGIONS_BITS, MAX_REGION_BITS);
    job->nregions = UINT64_C(1) << (n - meeting->region_bits);
    job->ns = ((nterms + 4) << meeting->region_bits) / 4; /* a quarter of a ns each */
}

/* For the caller to free job->groups. */
static ketsim_status prepare(struct job *job, const struct pauli_state *state, const struct pauli_sums *sums,
                             bool in_sums)
{
    const uint64_t bytes = sums->nterms >> 56 ? UINT64_MAX / 2 : (sums->nterms + 1) * sizeof *job->groups;
    job->meeting.nsums = sums->count;
    plan(job, state, sums->nterms);
    TRY(memory_admit(bytes, state->pace.what));
    job->meeting.groups = job->groups = malloc(bytes);
    if (!job->groups) {
        (void)fail(KETSIM_ERR_MEMORY, "%s: needs %llu bytes: %llu bytes can be had", state->pace.what,
                   (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
        return KETSIM_ERR_MEMORY; /* which tells an analyzer that there are groups otherwise */
    }
    make_groups(job, sums, in_sums);
    return KETSIM_OK;
}

/* At these amplitudes. */
static void aim(struct job *job, const void *bra, const void *ket)
{
    job->meeting.ket = whole_runs(job, job->small[0], ket);
    job->meeting.bra = bra == ket ? job->meeting.ket : whole_runs(job, job->small[1], bra);
}

/* ---- all regions ------------------------------------------------------------------------------- */

static void add_expect(const void *meeting, uint64_t region, double *sums, double *room)
{
    meeting_expect(meeting, region, sums, room);
}

static void add_deviate(const void *meeting, uint64_t region, double *sums, double *room)
{
    meeting_deviate(meeting, region, sums, room);
}

static void apply(const void *meeting, uint64_t region, double *sums, double *room)
{
    meeting_apply(meeting, region, sums, room);
}

/* The part of the whole that lies between two fractions. */
static ketsim_status run(double *out, const struct job *job, struct blocks blocks, double begins, double ends)
{
    const struct pace pace = pace_between(&job->pace, begins, ends);
    blocks.nblocks = job->nregions;
    blocks.ns = job->ns;
    blocks.threads = job->threads;
    blocks.context = &job->meeting;
    blocks.pace = &pace;
    return blocks_run(out, &blocks);
}

static ketsim_status sum_up(double *out, const struct job *job, double begins, double ends)
{
    return run(out, job, (struct blocks){.nsums = job->meeting.nsums, .add = add_expect}, begins, ends);
}

/* ---- what is asked for ------------------------------------------------------------------------- */

static ketsim_status expect(double *out, const struct pauli_state *state, const struct pauli_sums *sums,
                            double ends)
{
    struct job job = {.meeting.halved = true};
    TRY(prepare(&job, state, sums, false));
    aim(&job, state->amps, state->amps);
    const ketsim_status status = sum_up(out, &job, 0, ends);
    free(job.groups);
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
    prepared->job = (struct job){.meeting.halved = true};
    const ketsim_status status = prepare(&prepared->job, state, sums, false);
    if (status == KETSIM_OK) *out = prepared;
    else free(prepared);
    return status;
}

ketsim_status pauli_count(struct pauli_counts *out, const struct pauli_state *state,
                          const struct pauli_sums *sums)
{
    struct job job = {.meeting.halved = true};
    TRY(prepare(&job, state, sums, false));
    const unsigned bits = job.meeting.region_bits;
    *out = (struct pauli_counts){.groups = job.meeting.ngroups,
                                 .region_bits = bits < state->n ? bits : state->n};
    for (size_t k = 0; k < out->groups; k++) {
        out->masks += !k || job.groups[k].x != job.groups[k - 1].x;
        out->passes += !k || job.groups[k].x >> bits != job.groups[k - 1].x >> bits;
    }
    free(job.groups);
    return KETSIM_OK;
}

ketsim_status pauli_evaluate(struct pauli_prepared *prepared, double *out, const void *amps)
{
    aim(&prepared->job, amps, amps);
    return sum_up(out, &prepared->job, 0, 1);
}

void pauli_forget(struct pauli_prepared *prepared)
{
    if (prepared) free(prepared->job.groups);
    free(prepared);
}

/* From real to imaginary parts: i times a sum of imaginary parts is there what a real one was. */
static void turn(struct job *job, const struct pauli_sums *sums)
{
    for (struct pauli_term *term = sums->terms; term < sums->terms + sums->nterms; term++)
        if (is_odd(term->x & term->z)) term->coefficient = -term->coefficient;
    for (size_t k = 0; k < job->meeting.ngroups; k++) job->groups[k].imaginary = !job->groups[k].imaginary;
}

/* With room for one part of all. */
static ketsim_status both_parts(ketsim_complex *out, double *part, struct job *job,
                                const struct pauli_sums *sums)
{
    TRY(sum_up(part, job, 0, 0.5));
    for (size_t k = 0; k < sums->count; k++) out[k].re = part[k];
    turn(job, sums);
    TRY(sum_up(part, job, 0.5, 1));
    for (size_t k = 0; k < sums->count; k++) out[k].im = part[k];
    return KETSIM_OK;
}

ketsim_status pauli_elements(ketsim_complex *out, const void *bra, const struct pauli_state *state,
                             const struct pauli_sums *sums)
{
    struct job job = {.meeting.halved = false};
    double *const part = malloc((sums->count + 1) * sizeof *part);
    if (!part) return fail(KETSIM_ERR_MEMORY, "observables: cannot allocate %zu numbers", sums->count);
    ketsim_status status = prepare(&job, state, sums, false);
    aim(&job, bra, state->amps);
    if (status == KETSIM_OK) status = both_parts(out, part, &job, sums);
    free(job.groups);
    free(part);
    return status;
}

ketsim_status pauli_imaginary(double *out, const void *bra, const struct pauli_state *state,
                              const struct pauli_sums *sums)
{
    struct job job = {.meeting.halved = false};
    TRY(prepare(&job, state, sums, false));
    aim(&job, bra, state->amps);
    turn(&job, sums);
    const ketsim_status status = sum_up(out, &job, 0, 1);
    free(job.groups);
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
    struct job job = {.meeting.shifts = means};
    const struct blocks pairs = {
        .nsums = sums->count * (sums->count + 1) / 2, .room = meeting_room(sums->count), .add = add_deviate};
    TRY(prepare(&job, state, sums, true));
    aim(&job, state->amps, state->amps);
    const ketsim_status status = run(packed, &job, pairs, 0.5, 1);
    free(job.groups);
    return status;
}

ketsim_status pauli_covariance(double *out, const struct pauli_state *state, const struct pauli_sums *sums)
{
    const size_t count = sums->count, most = UINT64_C(1) << 24;
    const uint64_t bytes = count < most ? (count + count * (count + 1) / 2) * sizeof(double) : UINT64_MAX / 2;
    double *const means = memory_take(bytes, 1, "covariance"), *const packed = means + count;
    if (!means) return KETSIM_ERR_MEMORY;
    ketsim_status status = expect(means, state, sums, 0.5);
    if (status == KETSIM_OK) status = deviate(packed, means, state, sums);
    if (status == KETSIM_OK) unpack(out, packed, count);
    free(means);
    return status;
}

ketsim_status pauli_apply(void *out, const struct pauli_state *state, const struct pauli_sums *sums)
{
    struct job job = {.meeting.halved = false};
    const size_t bytes = state->dtype == KETSIM_COMPLEX128 ? 16 : 8;
    const bool is_small = state->n < MEET_RUN_BITS;
    for (size_t k = 0; k < sums->nterms; k++) sums->terms[k].sum = 0;
    TRY(prepare(&job, state, sums, false));
    aim(&job, state->amps, state->amps);
    job.meeting.image = is_small ? job.small[1] : out;
    const ketsim_status status = run(NULL, &job, (struct blocks){.room = meeting_room(1), .add = apply}, 0,
                                     1);
    if (is_small) memcpy(out, job.small[1], bytes << state->n);
    free(job.groups);
    return status;
}
