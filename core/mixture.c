/* mixture.c - what is read of a density matrix that a state of twice as many qubits holds, row after row.
 *
 * Reads of its diagonals look at 2^n entries of 4^n: these are gathered once for each X mask.  The order of every sum depends on n
 * alone; arithmetic is in double. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "check.h"
#include "cplx.h"
#include "error.h"
#include "expect.h"
#include "memory.h"
#include "state.h"
#include "stops.h"
#include "threads.h"

/* Entries between two looks at the limits: some milliseconds. */
static const uint64_t SLICE_ENTRIES = UINT64_C(1) << 21;

struct mixture {
    struct snapshot now;
    ketsim_dtype dtype;
    unsigned n, threads;
    uint64_t rows; /* 2^n */
};

static ketsim_status begin(struct mixture *rho, ketsim_state *state)
{
    *rho = (struct mixture){.dtype = state->dtype,
                            .n = state->nqubits / 2,
                            .threads = state->threads,
                            .rows = UINT64_C(1) << state->nqubits / 2};
    if (state->nqubits % 2) {
        (void)fail(KETSIM_ERR_ARGUMENT, "state of %u qubits: a density matrix is one of an even number",
                   state->nqubits);
        return KETSIM_ERR_ARGUMENT; /* which tells an analyzer that there are amplitudes otherwise */
    }
    return state_read(&rho->now, state, true);
}

static ketsim_status end(struct mixture *rho, ketsim_status status)
{
    buffer_release(rho->now.buffer);
    return status;
}

/* ---- qubits ------------------------------------------------------------------------------------ */

/* Bits of a row's index, the most significant of what they make first. */
struct chosen {
    unsigned count;
    uint8_t bits[KETSIM_MAX_QUBITS];
    uint64_t mask;
};

static ketsim_status choose(struct chosen *out, unsigned n, const int *qubits, size_t nqubits)
{
    uint64_t seen = 0;
    *out = (struct chosen){.count = qubits ? (unsigned)nqubits : n};
    if (qubits) TRY(check_qubits(&seen, n, qubits, nqubits));
    for (unsigned k = 0; k < out->count; k++) {
        out->bits[k] = (uint8_t)(n - 1 - (qubits ? (unsigned)qubits[k] : k));
        out->mask |= UINT64_C(1) << out->bits[k];
    }
    return KETSIM_OK;
}

static uint64_t spread(const struct chosen *chosen, uint64_t value)
{
    uint64_t index = 0;
    for (unsigned k = 0; k < chosen->count; k++)
        index |= (value >> (chosen->count - 1 - k) & 1) << chosen->bits[k];
    return index;
}

/* ---- the diagonal ------------------------------------------------------------------------------ */

static void add_diagonal(double *out, const struct mixture *rho, const struct chosen *chosen)
{
    const uint64_t others = rho->rows >> chosen->count;
    for (uint64_t k = 0; k < rho->rows / others; k++) {
        const uint64_t at = spread(chosen, k);
        double sum = 0;
        for (uint64_t e = 0; e < others; e++) {
            const uint64_t row = at | spread_around(e, chosen->mask);
            sum += c_load(rho->now.amps, rho->dtype, row * (rho->rows + 1)).re;
        }
        out[k] = sum;
    }
}

ketsim_status ketsim_density_probabilities(ketsim_state *state, double *out, const int *qubits,
                                           size_t nqubits)
{
    struct mixture rho;
    struct chosen chosen;
    TRY(choose(&chosen, state->nqubits / 2, qubits, nqubits));
    TRY(begin(&rho, state));
    add_diagonal(out, &rho, &chosen);
    return end(&rho, KETSIM_OK);
}

/* A pure state of some qubits with the same probabilities; roundings may have left some below 0. */
static ketsim_status pure_state(ketsim_state **out, ketsim_state *state, const struct chosen *chosen,
                                double *p, ketsim_complex *amplitudes)
{
    struct mixture rho;
    const uint64_t count = UINT64_C(1) << chosen->count;
    TRY(begin(&rho, state));
    add_diagonal(p, &rho, chosen);
    (void)end(&rho, KETSIM_OK);
    for (uint64_t k = 0; k < count; k++) amplitudes[k] = (ketsim_complex){p[k] > 0 ? sqrt(p[k]) : 0, 0};
    return ketsim_state_from_amplitudes(out, amplitudes, count, KETSIM_COMPLEX128, true);
}

ketsim_status ketsim_density_sample(ketsim_state *state, uint64_t *out, uint64_t shots, const int *qubits,
                                    size_t nqubits, const uint64_t *seed)
{
    struct chosen chosen;
    ketsim_state *pure;
    TRY(choose(&chosen, state->nqubits / 2, qubits, nqubits));
    const uint64_t count = UINT64_C(1) << chosen.count;
    ketsim_complex *const amplitudes = memory_take(count, sizeof(double) + sizeof *amplitudes,
                                                   "density matrix");
    if (!amplitudes) return KETSIM_ERR_MEMORY;
    ketsim_status status = pure_state(&pure, state, &chosen, (double *)(amplitudes + count), amplitudes);
    free(amplitudes);
    if (status != KETSIM_OK) return status;
    status = ketsim_sample(pure, out, shots, NULL, 0, seed);
    ketsim_state_free(pure);
    return status;
}

/* ---- observables ------------------------------------------------------------------------------- */

/* Entries (i, i ^ x), real and imaginary parts apart: row i ^ x of P has its entry in column i. */
static void gather(double *re, double *im, const struct mixture *rho, uint64_t x)
{
    for (uint64_t i = 0; i < rho->rows; i++) {
        const ketsim_complex e = c_load(rho->now.amps, rho->dtype, i * rho->rows + (i ^ x));
        re[i] = e.re;
        im[i] = e.im;
    }
}

/* With the sign of each bit of z & i. */
static double sum_signed(const double *part, uint64_t z, uint64_t rows)
{
    double sums[4] = {0, 0, 0, 0};
    for (uint64_t i = 0; i < rows; i++) sums[i & 3] += bit_count(i & z) & 1 ? -part[i] : part[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static int by_mask(const void *a, const void *b)
{
    const struct pauli_term *s = a, *t = b;
    if (s->x != t->x) return s->x < t->x ? -1 : 1;
    if (s->sum != t->sum) return s->sum < t->sum ? -1 : 1;
    return (s->z > t->z) - (s->z < t->z);
}

/* i^(number of Y) is +-1 or +-i, of which the coefficient has the sign: 1 of re, or -1 of im. */
static double term_value(const struct pauli_term *term, const double *re, const double *im, uint64_t rows)
{
    const bool imaginary = bit_count(term->x & term->z) & 1;
    return term->coefficient * (imaginary ? -sum_signed(im, term->z, rows) : sum_signed(re, term->z, rows));
}

static ketsim_status add_terms(double *out, const struct mixture *rho, const struct pauli_sums *sums,
                               double *parts)
{
    for (size_t k = 0; k < sums->nterms; k++) {
        const struct pauli_term *term = &sums->terms[k];
        if (!k || term->x != term[-1].x) gather(parts, parts + rho->rows, rho, term->x);
        out[term->sum] += term_value(term, parts, parts + rho->rows, rho->rows);
        TRY(limits_go_on("observables", (double)(k + 1) / (double)sums->nterms));
    }
    return KETSIM_OK;
}

static ketsim_status evaluate(double *out, const struct mixture *rho, struct pauli_sums *sums)
{
    double *const parts = memory_take(2 * rho->rows, sizeof *parts, "density matrix");
    if (!parts) return KETSIM_ERR_MEMORY;
    qsort(sums->terms, sums->nterms, sizeof *sums->terms, by_mask);
    for (size_t k = 0; k < sums->count; k++) out[k] = 0;
    const ketsim_status status = add_terms(out, rho, sums, parts);
    free(parts);
    return status;
}

/* The queue and the terms, within the thread's limits. */
static ketsim_status read_terms(double *out, ketsim_state *state, struct pauli_sums *sums)
{
    struct mixture rho;
    TRY(begin(&rho, state));
    return end(&rho, evaluate(out, &rho, sums));
}

ketsim_status ketsim_density_expectations(ketsim_state *state, const ketsim_observable *const *observables,
                                          size_t count, double *out, const ketsim_run_options *options)
{
    struct pauli_sums sums;
    TRY(expect_terms(&sums, state->nqubits / 2, observables, count));
    const struct limits outer = limits_swap(options, options ? stops_deadline(options) : 0,
                                            KETSIM_STAGE_PASSES);
    const ketsim_status status = read_terms(out, state, &sums);
    limits_restore(&outer);
    free(sums.terms);
    return status;
}

/* ---- all of it --------------------------------------------------------------------------------- */

/* What threads share: rows. */
struct job {
    const struct mixture *rho;
    struct slice slice;
    const void *psi;      /* of a fidelity */
    ketsim_complex *sums; /* [rows] of it */
    struct chosen kept;
    void *out; /* of a partial trace */
};

static void multiply_rows(void *context, unsigned member, unsigned members)
{
    const struct job *job = context;
    const struct mixture *rho = job->rho;
    uint64_t first, last;
    slice_share(&first, &last, &job->slice, 1, member, members);
    for (uint64_t r = first; r < last; r++) {
        double re = 0, im = 0;
        for (uint64_t c = 0; c < rho->rows; c++) {
            const ketsim_complex a = c_load(rho->now.amps, rho->dtype, r * rho->rows + c);
            const ketsim_complex b = c_load(job->psi, rho->dtype, c);
            re += a.re * b.re - a.im * b.im;
            im += a.re * b.im + a.im * b.re;
        }
        job->sums[r] = (ketsim_complex){re, im};
    }
}

static uint64_t slice_of(const struct mixture *rho)
{
    return rho->rows < SLICE_ENTRIES ? SLICE_ENTRIES / rho->rows : 1;
}

static unsigned team_of(const struct mixture *rho, uint64_t entries)
{
    return team_size(rho->threads, entries + rho->rows);
}

/* The real part of the inner product of psi and rho psi. */
static ketsim_status sum_rows(double *out, const struct mixture *rho, const void *psi)
{
    struct job job = {.rho = rho, .psi = psi};
    job.sums = memory_take(rho->rows, sizeof *job.sums, "density matrix");
    if (!job.sums) return KETSIM_ERR_MEMORY;
    const ketsim_status status = slices_run(&job.slice, rho->rows, slice_of(rho),
                                            team_of(rho, rho->rows * rho->rows), multiply_rows, &job,
                                            "fidelity");
    double sum = 0;
    for (uint64_t r = 0; status == KETSIM_OK && r < rho->rows; r++) {
        const ketsim_complex a = c_load(psi, rho->dtype, r);
        sum += a.re * job.sums[r].re + a.im * job.sums[r].im;
    }
    free(job.sums);
    if (status == KETSIM_OK) *out = sum;
    return status;
}

ketsim_status ketsim_density_fidelity(ketsim_state *state, ketsim_state *psi, double *out)
{
    struct mixture rho;
    struct snapshot pure;
    if (2 * psi->nqubits != state->nqubits || psi->dtype != state->dtype)
        return fail(KETSIM_ERR_ARGUMENT,
                    "fidelity: state of %u qubits%s: must be of half as many as %u, and of the same dtype",
                    psi->nqubits, psi->dtype == state->dtype ? "" : " and another dtype", state->nqubits);
    TRY(begin(&rho, state));
    ketsim_status status = state_read(&pure, psi, true);
    if (status != KETSIM_OK) return end(&rho, status);
    status = sum_rows(out, &rho, pure.amps);
    buffer_release(pure.buffer);
    return end(&rho, status);
}

/* ---- the partial trace ------------------------------------------------------------------------- */

static ketsim_complex traced_entry(const struct job *job, uint64_t row, uint64_t column)
{
    const struct mixture *rho = job->rho;
    ketsim_complex sum = {0, 0};
    for (uint64_t e = 0; e < rho->rows >> job->kept.count; e++) {
        const uint64_t other = spread_around(e, job->kept.mask);
        const ketsim_complex a = c_load(rho->now.amps, rho->dtype,
                                        (row | other) * rho->rows + (column | other));
        sum.re += a.re;
        sum.im += a.im;
    }
    return sum;
}

static void trace_rows(void *context, unsigned member, unsigned members)
{
    const struct job *job = context;
    const uint64_t rows = UINT64_C(1) << job->kept.count;
    uint64_t first, last;
    slice_share(&first, &last, &job->slice, 1, member, members);
    for (uint64_t r = first; r < last; r++)
        for (uint64_t c = 0; c < rows; c++)
            c_store(job->out, job->rho->dtype, r * rows + c,
                    traced_entry(job, spread(&job->kept, r), spread(&job->kept, c)));
}

static ketsim_status trace_out(struct buffer **out, const struct mixture *rho, const struct chosen *kept)
{
    struct job job = {.rho = rho, .kept = *kept};
    const uint64_t rows = UINT64_C(1) << kept->count, entries = rho->rows * rows;
    struct buffer *buffer;
    TRY(buffer_acquire(&buffer, buffer_bytes(2 * kept->count, rho->dtype)));
    memset(buffer->amps, 0, buffer->bytes);
    job.out = buffer->amps;
    const uint64_t each = rho->rows < SLICE_ENTRIES ? SLICE_ENTRIES / rho->rows : 1;
    const ketsim_status status = slices_run(&job.slice, rows, each, team_of(rho, entries), trace_rows, &job,
                                            "partial trace");
    buffer->residue = 0;
    if (status == KETSIM_OK) *out = buffer;
    else buffer_release(buffer);
    return status;
}

ketsim_status ketsim_density_reduced(ketsim_state **out, ketsim_state *state, const int *qubits,
                                     size_t nqubits)
{
    struct mixture rho;
    struct chosen kept;
    struct buffer *buffer;
    TRY(choose(&kept, state->nqubits / 2, qubits, nqubits));
    if (!kept.count) return fail(KETSIM_ERR_ARGUMENT, "partial trace: given no qubits to keep");
    TRY(begin(&rho, state));
    const ketsim_dtype dtype = rho.dtype;
    TRY(end(&rho, trace_out(&buffer, &rho, &kept)));
    return state_create(out, 2 * kept.count, dtype, buffer);
}
