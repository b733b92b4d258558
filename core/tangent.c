/* tangent.c - two passes: one for the mean of D, one that writes.  See tangent.h. */
#include "tangent.h"

#include "bits.h"
#include "cplx.h"
#include "error.h"

enum { BLOCK_BITS = 12 };
static const uint64_t AMP_NS = 4; /* that an amplitude takes, about */

struct job {
    const struct derivative *d;
    const void *psi;
    void *out; /* NULL: the mean is wanted */
    ketsim_complex mean;
    ketsim_dtype dtype;
    uint64_t controls, values, size;         /* bits; amplitudes of a block */
    uint64_t moves[1 << KETSIM_MAX_TARGETS]; /* bits of the targets for each row */
};

/* Number i of D psi. */
static ketsim_complex image(const struct job *job, uint64_t i)
{
    const unsigned dim = 1u << job->d->ntargets;
    const uint64_t targets = job->moves[dim - 1];
    ketsim_complex sum = {0, 0};
    unsigned row = 0;
    if ((i ^ job->values) & job->controls) return sum;
    while (job->moves[row] != (i & targets)) row++;
    for (unsigned column = 0; column < dim; column++)
        sum = c_add(sum, c_mul(job->d->d[row * dim + column],
                               c_load(job->psi, job->dtype, (i & ~targets) | job->moves[column])));
    return sum;
}

static void add_block(const void *context, uint64_t block, double *sums, double *room)
{
    const struct job *job = context;
    (void)room;
    for (uint64_t i = block * job->size; i < (block + 1) * job->size; i++) {
        const ketsim_complex psi = c_load(job->psi, job->dtype, i), moved = image(job, i);
        if (job->out) {
            c_store(job->out, job->dtype, i, c_add(moved, c_scale(c_mul(job->mean, psi), -1)));
            continue;
        }
        const ketsim_complex product = c_mul(c_conj(psi), moved);
        sums[0] += product.re;
        sums[1] += product.im;
        sums[2] += psi.re * psi.re + psi.im * psi.im;
    }
}

static ketsim_status go_through(double *sums, const struct job *job, unsigned n, unsigned threads,
                                const struct pace *pace)
{
    return blocks_run(sums, &(struct blocks){.nblocks = (UINT64_C(1) << n) / job->size,
                                             .ns = job->size * AMP_NS,
                                             .threads = threads,
                                             .nsums = job->out ? 0 : 3,
                                             .add = add_block,
                                             .context = job,
                                             .pace = pace});
}

ketsim_status tangent(void *out, const void *psi, const struct derivative *d, ketsim_dtype dtype, unsigned n,
                      unsigned threads, const struct pace *pace)
{
    const struct pace first = pace_between(pace, 0, 0.5), second = pace_between(pace, 0.5, 1);
    double sums[3];
    struct job job = {
        .d = d, .psi = psi, .dtype = dtype, .size = UINT64_C(1) << (n < BLOCK_BITS ? n : BLOCK_BITS)};
    job.controls = bits_of_qubits(d->controls, n);
    job.values = bits_of_qubits(d->values, n);
    for (unsigned row = 0; row < 1u << d->ntargets; row++)
        for (unsigned k = 0; k < d->ntargets; k++)
            job.moves[row] |= (uint64_t)(row >> (d->ntargets - 1 - k) & 1) << (n - 1 - d->qubits[k]);
    TRY(go_through(sums, &job, n, threads, &first));
    job.mean = c_scale((ketsim_complex){sums[0], sums[1]}, sums[2] > 0 ? 1 / sums[2] : 0);
    job.out = out;
    return go_through(sums, &job, n, threads, &second);
}
