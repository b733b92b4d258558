/* histogram.c - probabilities of the outcomes of some bits: sums of squares by what these bits are.  See reduce.h. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "error.h"
#include "memory.h"
#include "reduce.h"
#include "stops.h"
#include "threads.h"

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void mover_init(struct mover *mover, unsigned n, const uint8_t *bits, unsigned nbits)
{
    uint64_t images[KETSIM_MAX_QUBITS] = {0};

    for (unsigned k = 0; k < nbits; k++) images[bits[k]] = 1ull << (nbits - 1 - k);
    for (unsigned first = 0; first < n; first += MOVER_BITS) {
        uint64_t *part = mover->part[first / MOVER_BITS];
        part[0] = 0;
        for (unsigned i = 1; i < 1u << least(n - first, MOVER_BITS); i++)
            part[i] = part[i & (i - 1)] | images[first + (unsigned)__builtin_ctz(i)];
    }
}

/* A tile is the amplitudes that share all bits of the index but ten: the low ten, or, when the order asked
 * for takes others to the end of the outcome, the low five and those five.  So reads and writes are of whole
 * cache lines, and the 8 KiB of sums stay in the first-level cache. */
enum { TILE_BITS = 10, HALF_TILE = TILE_BITS / 2, GROUP_BITS = 8 };
enum { SHARED = 16 }; /* numbers that one thread adds up: whole cache lines */

/* A task is one pattern of the kept bits outside the tile and one group of patterns of the summed ones. */
struct histogram {
    double *out;
    double *partial; /* [group][pattern][kept bits of the tile]; NULL when there is one group */
    const void *amps;
    ketsim_dtype dtype;
    unsigned nbits, tile_bits, tile_kept, group_bits;
    uint64_t all, tile;    /* bits of the index */
    uint64_t kept, summed; /* those outside the tile */
    uint64_t folded;       /* summed bits of the position in a tile */
    uint64_t patterns, group_size;
    struct slice slice;            /* of tasks */
    uint64_t landing;              /* bits of the outcome that the tile's kept bits become */
    bool in_order;                 /* from[i] is i */
    uint16_t from[1 << TILE_BITS]; /* which sum of the tile comes in this place of the landing */
    struct mover outcome;          /* of an index */
};

/* Spread the low bits of value over the bits of mask. */
static uint64_t deposit(const struct histogram *job, uint64_t value, uint64_t mask)
{
    return spread_around(value, job->all & ~mask);
}

static void add_squares(double *restrict sum, const double *restrict x, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) sum[i] += x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1];
}

/* Indices that share all bits outside the tile come in runs of neighbors, as long as the tile's low end. */
static uint64_t run_of(uint64_t mask)
{
    return (mask + 1) & ~mask;
}

static void add_tile(const struct histogram *job, double *sum, uint64_t at)
{
    const uint64_t count = 1ull << job->tile_bits, run = least(run_of(job->tile), REDUCE_STRIP);
    const uint64_t outside = job->all & ~job->tile;
    double strip[2 * REDUCE_STRIP];

    for (uint64_t i = 0, inside = 0; i < count; i += run, inside = next_around(inside, outside, run))
        add_squares(sum + i, reduce_strip(strip, job->amps, job->dtype, at | inside, run), run);
}

/* Sum over one bit of the position, which leaves half as many numbers. */
static void fold(double *sum, uint64_t count, uint64_t stride)
{
    for (uint64_t i = 0; i < count / 2; i += stride)
        for (uint64_t k = 0; k < stride; k++) sum[i + k] = sum[2 * i + k] + sum[2 * i + stride + k];
}

/* Write a tile's sums where the outcomes asked for have them. */
static void deliver(const struct histogram *job, const double *sum, uint64_t pattern)
{
    const uint64_t count = 1ull << job->tile_kept, run = least(run_of(job->landing), count);
    const uint64_t to = move_bits(&job->outcome, deposit(job, pattern, job->kept));

    for (uint64_t i = 0, landing = 0; i < count;
         i += run, landing = next_around(landing, ~job->landing, run)) {
        double *const out = job->out + (to | landing);
        if (job->in_order) {
            memcpy(out, sum + i, run * sizeof *out);
            continue;
        }
        for (uint64_t k = 0; k < run; k++) out[k] = sum[job->from[i + k]];
    }
}

static void run_task(const struct histogram *job, uint64_t task)
{
    const uint64_t group = task & ((1ull << job->group_bits) - 1), pattern = task >> job->group_bits;
    const uint64_t kept = deposit(job, pattern, job->kept);
    uint64_t count = 1ull << job->tile_bits;
    double sum[1 << TILE_BITS];

    memset(sum, 0, count * sizeof *sum);
    for (uint64_t k = 0; k < job->group_size; k++)
        add_tile(job, sum, kept | deposit(job, group * job->group_size + k, job->summed));
    for (unsigned b = job->tile_bits; b-- > 0;)
        if (job->folded >> b & 1) fold(sum, count, 1ull << b), count /= 2;
    if (!job->partial) deliver(job, sum, pattern);
    else memcpy(job->partial + (group << job->nbits | pattern << job->tile_kept), sum, count * sizeof *sum);
}

static void add_groups(const struct histogram *job, unsigned member, unsigned members)
{
    uint64_t first, last;

    team_share(&first, &last, 1ull << job->nbits, SHARED, member, members);
    for (uint64_t group = 1; group < 1ull << job->group_bits; group++) {
        const double *more = job->partial + (group << job->nbits);
        for (uint64_t i = first; i < last; i++) job->partial[i] += more[i];
    }
}

static void run_tasks(void *context, unsigned member, unsigned members)
{
    const struct histogram *job = context;
    uint64_t first, last;

    slice_share(&first, &last, &job->slice, 1, member, members);
    for (uint64_t task = first; task < last; task++) run_task(job, task);
}

/* A fraction of a pass: at most 2^18 numbers. */
static void join_groups(void *context, unsigned member, unsigned members)
{
    const struct histogram *job = context;
    uint64_t first, last;

    add_groups(job, member, members);
    team_barrier(members);
    team_share(&first, &last, job->patterns, 1, member, members);
    for (uint64_t p = first; p < last; p++) deliver(job, job->partial + (p << job->tile_kept), p);
}

/* ---- their plan ------------------------------------------------------------------------------ */

static uint64_t choose_tile(unsigned n, const uint8_t *bits, unsigned nbits)
{
    const unsigned size = (unsigned)least(n, TILE_BITS);
    bool sorted = true;

    for (unsigned k = 1; k < nbits; k++) sorted &= bits[k - 1] > bits[k];
    if (sorted || nbits <= TILE_BITS) return (1ull << size) - 1;
    uint64_t tile = (1ull << HALF_TILE) - 1;
    for (unsigned k = 1; k <= HALF_TILE; k++) tile |= 1ull << bits[nbits - k];
    while (bit_count(tile) < size) tile |= tile + 1;
    return tile;
}

/* Position of a bit among those of mask. */
static unsigned rank(uint64_t mask, unsigned bit)
{
    return bit_count(mask & ((1ull << bit) - 1));
}

/* Fill in landing, from and in_order. */
static void plan_landing(struct histogram *job, uint64_t kept_inside, const uint8_t *bits)
{
    unsigned place = 0;

    job->in_order = true;
    job->landing = 0;
    job->from[0] = 0;
    for (unsigned k = 0; k < job->nbits; k++) { /* from the least significant bit of the outcome on */
        const unsigned bit = bits[job->nbits - 1 - k];
        if (!(kept_inside >> bit & 1)) continue;
        const unsigned source = rank(kept_inside, bit);
        for (unsigned i = 0; i < 1u << place; i++)
            job->from[i | 1u << place] = (uint16_t)(job->from[i] | 1u << source);
        job->in_order &= source == place++;
        job->landing |= 1ull << k;
    }
}

static void plan(struct histogram *job, unsigned n, const uint8_t *bits)
{
    uint64_t kept = 0;

    for (unsigned k = 0; k < job->nbits; k++) kept |= 1ull << bits[k];
    job->all = (1ull << n) - 1;
    job->tile = choose_tile(n, bits, job->nbits);
    job->kept = kept & ~job->tile;
    job->summed = job->all & ~kept & ~job->tile;
    job->tile_bits = bit_count(job->tile);
    job->tile_kept = bit_count(kept & job->tile);
    job->folded = 0;
    for (unsigned b = 0; b < n; b++)
        if (job->tile & ~kept & 1ull << b) job->folded |= 1ull << rank(job->tile, b);
    const unsigned kept_bits = bit_count(job->kept), summed_bits = bit_count(job->summed);
    job->patterns = 1ull << kept_bits;
    job->group_bits = kept_bits < GROUP_BITS ? (unsigned)least(summed_bits, GROUP_BITS - kept_bits) : 0;
    job->group_size = 1ull << (summed_bits - job->group_bits);
    plan_landing(job, kept & job->tile, bits);
    mover_init(&job->outcome, n, bits, job->nbits);
}

/* ---- all bits, as they come ------------------------------------------------------------------ */

struct squares {
    double *out;
    const void *amps;
    ketsim_dtype dtype;
    struct slice slice; /* of amplitudes */
};

static void square_share(void *context, unsigned member, unsigned members)
{
    const struct squares *job = context;
    double strip[2 * REDUCE_STRIP];
    uint64_t first, last;

    slice_share(&first, &last, &job->slice, REDUCE_STRIP, member, members);
    for (; first < last; first += REDUCE_STRIP) {
        const uint64_t count = least(last - first, REDUCE_STRIP);
        const double *x = reduce_strip(strip, job->amps, job->dtype, first, count);
        double *restrict const out = job->out + first;
        for (uint64_t i = 0; i < count; i++) out[i] = x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1];
    }
}

static bool is_every_bit(unsigned n, const uint8_t *bits, unsigned nbits)
{
    bool in_order = nbits == n;
    for (unsigned k = 0; k < nbits; k++) in_order &= bits[k] == n - 1 - k;
    return in_order;
}

/* Nothing is summed or moved. */
static ketsim_status write_squares(double *out, const void *amps, ketsim_dtype dtype, unsigned n,
                                   unsigned threads)
{
    struct squares job = {.out = out, .amps = amps, .dtype = dtype};
    const uint64_t count = 1ull << n;
    return slices_run(&job.slice, count, reduce_slice(1), team_size_of_pass(threads, count), square_share,
                      &job, "probabilities");
}

ketsim_status reduce_probabilities(double *out, const void *amps, ketsim_dtype dtype, unsigned n,
                                   const uint8_t *bits, unsigned nbits, unsigned threads)
{
    struct histogram job; /* not cleared: of 6 KiB a small state uses little */

    if (is_every_bit(n, bits, nbits)) return write_squares(out, amps, dtype, n, threads);
    job.out = out;
    job.partial = NULL;
    job.amps = amps;
    job.dtype = dtype;
    job.nbits = nbits;
    plan(&job, n, bits);
    if (job.group_bits) {
        /* At most 2^18 numbers: with groups there are fewer than 2^8 patterns, of at most 2^10 each. */
        const uint64_t bytes = sizeof *job.partial << (nbits + job.group_bits);
        TRY(memory_admit(bytes, "probabilities"));
        job.partial = malloc(bytes);
        if (!job.partial)
            return fail(KETSIM_ERR_MEMORY,
                        "probabilities: needs %llu bytes beside the result: %llu bytes can be had",
                        (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
    }
    const unsigned team = team_size_of_pass(threads, 1ull << n);
    const uint64_t each = reduce_slice(job.group_size << job.tile_bits);
    const ketsim_status status = slices_run(&job.slice, job.patterns << job.group_bits, each, team, run_tasks,
                                            &job, "probabilities");
    if (status == KETSIM_OK && job.partial) team_run(team, join_groups, &job);
    free(job.partial);
    return status;
}
