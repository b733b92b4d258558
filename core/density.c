/* density.c - see density.h.  The settings of the other bits are the environments: a panel of a few is gathered, real and
 * imaginary parts apart, and added to row after row of the matrix, of which the lower half is computed.
 *
 * Members share the rows; those of a small matrix are too few, so there they share the environments, which are cut into
 * groups with a matrix each. */
#include "density.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
#include "error.h"
#include "memory.h"
#include "stops.h"
#include "threads.h"

enum { PANEL = 16 /* environments */, AT_ONCE = 4, FEW_BITS = 5, GROUPS = 64 };
/* Products between two looks at the limits: some milliseconds. */
static const uint64_t SLICE_PRODUCTS = UINT64_C(1) << 23;

struct density {
    ketsim_complex *out; /* [group][row][column], the first group the result */
    const void *amps;
    ketsim_dtype dtype;
    unsigned nbits;
    uint64_t rows, environments, kept; /* bits of the index that the matrix keeps */
    uint64_t ngroups;
    struct slice slice; /* of the panels of each group */
    uint64_t *index_of; /* [rows] */
    double *rooms;      /* a member's panel and row */
    size_t room;
};

/* panel[2 e] and panel[2 e + 1] are real and imaginary parts of environment first + e, each one number a row. */
static void gather(double *panel, const struct density *job, uint64_t first, uint64_t last)
{
    for (uint64_t e = 0; e < PANEL; e++) {
        double *re = panel + 2 * e * job->rows, *im = re + job->rows;
        if (first + e >= last) {
            memset(re, 0, 2 * job->rows * sizeof *re);
            continue;
        }
        const uint64_t at = spread_around(first + e, job->kept);
        for (uint64_t r = 0; r < job->rows; r++) {
            const ketsim_complex amp = c_load(job->amps, job->dtype, at | job->index_of[r]);
            re[r] = amp.re;
            im[r] = amp.im;
        }
    }
}

/* sum[c] += psi(r, e) conj(psi(c, e)) for AT_ONCE environments, c up to r. */
static void add_products(double *restrict sum_re, double *restrict sum_im, const double *restrict panel,
                         uint64_t rows, uint64_t r)
{
    double re[AT_ONCE], im[AT_ONCE];
    for (unsigned e = 0; e < AT_ONCE; e++) {
        re[e] = panel[2 * e * rows + r];
        im[e] = panel[(2 * e + 1) * rows + r];
    }
    for (uint64_t c = 0; c <= r; c++)
        for (unsigned e = 0; e < AT_ONCE; e++) {
            const double other_re = panel[2 * e * rows + c], other_im = panel[(2 * e + 1) * rows + c];
            sum_re[c] += re[e] * other_re + im[e] * other_im;
            sum_im[c] += im[e] * other_re - re[e] * other_im;
        }
}

static void add_row(ketsim_complex *out, const double *panel, double *row, uint64_t rows, uint64_t r)
{
    memset(row, 0, 2 * rows * sizeof *row);
    for (unsigned e = 0; e < PANEL; e += AT_ONCE)
        add_products(row, row + rows, panel + 2 * e * rows, rows, r);
    for (uint64_t c = 0; c <= r; c++) {
        out[c].re += row[c];
        out[c].im += row[rows + c];
    }
}

/* Rows first_row, first_row + step and so on, of environments [first, last). */
static void add_environments(const struct density *job, ketsim_complex *out, double *room, uint64_t first,
                             uint64_t last, uint64_t first_row, uint64_t step)
{
    double *const row = room + 2 * PANEL * job->rows;
    for (uint64_t e = first; e < last; e += PANEL) {
        gather(room, job, e, last);
        for (uint64_t r = first_row; r < job->rows; r += step)
            add_row(out + r * job->rows, room, row, job->rows, r);
    }
}

static void share(void *context, unsigned member, unsigned members)
{
    const struct density *job = context;
    const uint64_t size = job->environments / job->ngroups, begin = job->slice.begin * PANEL;
    const uint64_t end = job->slice.end * PANEL < size ? job->slice.end * PANEL : size;
    double *const room = job->rooms + member * job->room;
    uint64_t first, last;
    if (job->ngroups == 1) {
        add_environments(job, job->out, room, begin, end, member, members);
        return;
    }
    team_share(&first, &last, job->ngroups, 1, member, members);
    for (uint64_t g = first; g < last; g++)
        add_environments(job, job->out + (g << 2 * job->nbits), room, g * size + begin, g * size + end, 0, 1);
}

/* Groups meet pairwise, neighbors first; then the upper half is the lower one, conjugated. */
static void finish(ketsim_complex *out, const struct density *job)
{
    const uint64_t entries = UINT64_C(1) << 2 * job->nbits;
    for (uint64_t step = 1; step < job->ngroups; step *= 2)
        for (uint64_t g = 0; g < job->ngroups; g += 2 * step)
            for (uint64_t k = 0; k < entries; k++) {
                job->out[g * entries + k].re += job->out[(g + step) * entries + k].re;
                job->out[g * entries + k].im += job->out[(g + step) * entries + k].im;
            }
    for (uint64_t r = 0; r < job->rows; r++)
        for (uint64_t c = 0; c <= r; c++) {
            const ketsim_complex entry = job->out[r * job->rows + c];
            out[r * job->rows + c] = entry;
            out[c * job->rows + r] = (ketsim_complex){entry.re, r == c ? 0 : -entry.im};
        }
}

/* Settings of the kept bits as parts of an index. */
static void list_rows(struct density *job, const uint8_t *bits)
{
    job->index_of[0] = 0;
    for (unsigned k = 0; k < job->nbits; k++)
        for (uint64_t r = 0; r < UINT64_C(1) << k; r++)
            job->index_of[r | UINT64_C(1) << k] = job->index_of[r] | UINT64_C(1) << bits[job->nbits - 1 - k];
}

/* Rooms, then groups, then rows in one piece of memory, for the caller to free. */
static ketsim_status get_memory(struct density *job, unsigned team)
{
    const size_t rooms = team * job->room * sizeof(double);
    const size_t groups = job->ngroups > 1 ? job->ngroups * sizeof *job->out << 2 * job->nbits : 0;
    const size_t bytes = rooms + groups + job->rows * sizeof *job->index_of;
    job->rooms = memory_take(bytes, 1, "density matrix");
    if (!job->rooms) return KETSIM_ERR_MEMORY;
    if (groups) job->out = (ketsim_complex *)(job->rooms + rooms / sizeof(double));
    job->index_of = (uint64_t *)((char *)job->rooms + rooms + groups);
    return KETSIM_OK;
}

ketsim_status density_matrix(ketsim_complex *out, const void *amps, ketsim_dtype dtype, unsigned n,
                             const uint8_t *bits, unsigned nbits, unsigned threads)
{
    struct density job = {.out = out, .amps = amps, .dtype = dtype, .nbits = nbits, .ngroups = 1};
    job.rows = UINT64_C(1) << nbits;
    job.environments = UINT64_C(1) << (n - nbits);
    job.room = (2 * PANEL + 2) * job.rows;
    for (unsigned k = 0; k < nbits; k++) job.kept |= UINT64_C(1) << bits[k];
    if (nbits <= FEW_BITS)
        while (job.ngroups < GROUPS && job.ngroups * PANEL < job.environments) job.ngroups *= 2;
    const unsigned team = team_size(threads, (UINT64_C(1) << (n + nbits)) / 2); /* half a ns each */
    TRY(get_memory(&job, team));
    list_rows(&job, bits);
    memset(job.out, 0, (job.ngroups << 2 * nbits) * sizeof *job.out);
    const uint64_t panels = (job.environments / job.ngroups + PANEL - 1) / PANEL;
    const uint64_t products = job.ngroups * PANEL << 2 * nbits; /* of a panel in each group */
    const uint64_t each = products < SLICE_PRODUCTS ? SLICE_PRODUCTS / products : 1;
    const ketsim_status status = slices_run(&job.slice, panels, each, team, share, &job, "density matrix");
    if (status == KETSIM_OK) finish(out, &job);
    free(job.rooms);
    return status;
}
