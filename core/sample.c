/* sample.c - a shot finds its block, then its leaf, in cumulative sums, and its amplitude in the leaf.
 *
 * Shots go in slices, which bounds their memory.  Those of a slice are brought into the order of their blocks, so
 * that what they read lies together, and leaves that no shot hits are not read again.  Members share the ordered shots
 * evenly, not the blocks, which keeps all busy when few blocks hold all of the probability. */
#include "sample.h"

#include <string.h>

#include "cumulate.h"
#include "error.h"
#include "kernels/kernel.h"
#include "reduce.h"
#include "rng.h"
#include "scratch.h"
#include "threads.h"

enum { DRAWS = 64, SHOT_NS = 60 };
enum { LEAF_BITS = 4, LEAF = 1 << LEAF_BITS, BLOCK_BITS = 10, LEAVES = 1 << (BLOCK_BITS - LEAF_BITS) };
enum { MAX_BUCKETS = 1 << 12, MOST_AT_HAND = 1 << 20 /* bytes */ };
/* What is done between two looks at the reasons to stop: some 20 ms. */
enum { SLICE_BLOCKS = 1 << 15, SLICE_BITS = 19, SLICE_SHOTS = 1 << SLICE_BITS };

_Static_assert((int)LEAF == (int)SQUARES_LEAF, "the kernel sums leaves");
_Static_assert(DRAWS % 4 == 0 && SLICE_SHOTS % DRAWS == 0, "rng_uniforms() makes four at a time");
_Static_assert(KETSIM_MAX_QUBITS + SLICE_BITS <= 64, "a word holds the numbers of a block and of a shot");

/* A shot that knows its block. */
struct drawn {
    double into;         /* how far into the block it falls */
    uint64_t block_shot; /* block of the state, shot of the slice */
};

struct shots {
    const struct exec *exec;
    uint64_t begin, end; /* of the slice: blocks or shots */
    uint64_t *out;
    uint64_t seed;
    const void *amps;
    ketsim_dtype dtype;
    unsigned block_bits, leaf_bits, bucket_bits; /* amplitudes a block and a leaf, blocks a bucket */
    uint64_t nblocks, nbuckets;
    struct buffer *memory; /* of the arrays */
    double *upto;          /* [nblocks] sums of the blocks, then their cumulative sums */
    double *upto_leaf;     /* [leaves] cumulative sums of the leaves of each block */
    struct drawn *drawn;   /* [slice] in the order of their buckets */
    double *into;          /* [slice] */
    uint32_t *guide;       /* [nblocks] */
    uint64_t *place;       /* [members][nbuckets] how many shots, then where the next one goes */
    struct mover outcome;  /* basis index -> outcome */
};

/* ---- sums ------------------------------------------------------------------------------------ */

/* A leaf of a state that has no more: as the kernel's. */
static double sum_leaf(const double *x, uint64_t reals)
{
    double sum[SQUARES_SUMS] = {0};

    for (uint64_t i = 0; i < reals; i++) sum[i % SQUARES_SUMS] += x[i] * x[i];
    for (unsigned apart = SQUARES_SUMS / 2; apart; apart /= 2)
        for (unsigned k = 0; k < apart; k++) sum[k] += sum[k + apart];
    return sum[0];
}

static void sum_leaves(const struct shots *shots, double *sums, const double *x, uint64_t leaves)
{
    if (shots->leaf_bits == LEAF_BITS) kernels()->squares(sums, x, leaves);
    else
        for (uint64_t l = 0; l < leaves; l++)
            sums[l] = sum_leaf(x + (l << (shots->leaf_bits + 1)), 2ull << shots->leaf_bits);
}

static uint64_t leaves_of_block(const struct shots *shots)
{
    return 1ull << (shots->block_bits - shots->leaf_bits);
}

static double sum_block(const struct shots *shots, uint64_t block)
{
    const uint64_t count = 1ull << shots->block_bits, leaves = leaves_of_block(shots);
    const uint64_t step = count < REDUCE_STRIP ? count : REDUCE_STRIP;
    double strip[2 * REDUCE_STRIP], sums[LEAVES];

    for (uint64_t i = 0; i < count; i += step) {
        const double *x = reduce_strip(strip, shots->amps, shots->dtype, block * count + i, step);
        sum_leaves(shots, sums + (i >> shots->leaf_bits), x, step >> shots->leaf_bits);
    }
    return cumulate(shots->upto_leaf + block * leaves, 0, sums, leaves);
}

static void sum_blocks(void *context, unsigned member, unsigned members)
{
    const struct shots *shots = context;
    uint64_t first, last;

    team_share(&first, &last, shots->end - shots->begin, 1, member, members);
    for (uint64_t b = shots->begin + first; b < shots->begin + last; b++)
        shots->upto[b] = sum_block(shots, b);
}

/* Where the search for a number of [k, k + 1) / nblocks of the total begins: on average one step from its end
 * (Chen, Asau, "On generating random variates from an empirical distribution", AIIE Transactions 6, 1974). */
static void make_guide(struct shots *shots)
{
    const double total = shots->upto[shots->nblocks - 1];
    uint64_t block = 0;

    for (uint64_t k = 0; k < shots->nblocks; k++) {
        block = cumulate_search_on(shots->upto, block, shots->nblocks,
                                   (double)k / (double)shots->nblocks * total);
        shots->guide[k] = (uint32_t)block;
    }
}

static uint64_t next_end(uint64_t begin, uint64_t count, uint64_t slice)
{
    return count - begin > slice ? begin + slice : count;
}

static ketsim_status sum_all(struct shots *shots, unsigned team)
{
    for (shots->begin = 0; shots->begin < shots->nblocks; shots->begin = shots->end) {
        shots->end = next_end(shots->begin, shots->nblocks, (uint64_t)SLICE_BLOCKS * team);
        team_run(team, sum_blocks, shots);
        TRY(exec_go_on(shots->exec, 1));
    }
    TRY(sample_check_total(cumulate(shots->upto, 0, shots->upto, shots->nblocks), "sampling"));
    make_guide(shots);
    return KETSIM_OK;
}

/* ---- a slice of shots: who waits for memory waits beside others, loop by loop ------------------ */

/* Find the blocks of so many shots, which out holds until they are picked. */
static void draw_some(const struct shots *shots, uint64_t *bucket, uint64_t first, uint64_t count)
{
    const double total = shots->upto[shots->nblocks - 1], nblocks = (double)shots->nblocks;
    double u[DRAWS];

    rng_uniforms(u, shots->seed, RNG_SAMPLE, shots->begin + first, count);
    for (uint64_t k = 0; k < count; k++) {
        const uint64_t start = shots->guide[(uint64_t)(u[k] * nblocks)];
        const uint64_t block = cumulate_search_on(shots->upto, start, shots->nblocks, u[k] * total);
        shots->into[first + k] = cumulate_beyond(shots->upto, block, u[k] * total);
        shots->out[first + k] = block;
        bucket[block >> shots->bucket_bits]++;
    }
}

static void draw(const struct shots *shots, uint64_t *bucket, uint64_t first, uint64_t last)
{
    memset(bucket, 0, shots->nbuckets * sizeof *bucket);
    for (; first < last; first += DRAWS)
        draw_some(shots, bucket, first, last - first < DRAWS ? last - first : DRAWS);
}

/* Counts become places: all of one bucket come before those of the next, in the order of their numbers. */
static void make_places(const struct shots *shots, unsigned members)
{
    uint64_t sum = 0;

    for (uint64_t b = 0; b < shots->nbuckets; b++)
        for (unsigned m = 0; m < members; m++) {
            uint64_t *const at = shots->place + m * shots->nbuckets + b;
            const uint64_t count = *at;
            *at = sum;
            sum += count;
        }
}

static void order(const struct shots *shots, uint64_t *place, uint64_t first, uint64_t last)
{
    for (uint64_t k = first; k < last; k++) {
        const uint64_t block = shots->out[k];
        shots->drawn[place[block >> shots->bucket_bits]++] = (struct drawn){
            .into = shots->into[k], .block_shot = block << SLICE_BITS | k};
    }
}

static void fetch_leaf(const struct shots *shots, uint64_t leaf)
{
    const uint64_t bytes = (shots->dtype == KETSIM_COMPLEX128 ? 16ull : 8ull) << shots->leaf_bits;
    for (uint64_t k = 0; k < bytes; k += 64) __builtin_prefetch((const char *)shots->amps + leaf * bytes + k);
}

/* Which amplitude of the leaf. */
static uint64_t search_leaf(const struct shots *shots, uint64_t leaf, double into)
{
    const uint64_t count = 1ull << shots->leaf_bits;
    double strip[2 * REDUCE_STRIP], p[LEAF], upto[LEAF];
    const double *x = reduce_strip(strip, shots->amps, shots->dtype, leaf * count, count);

    for (uint64_t k = 0; k < count; k++) p[k] = x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
    cumulate(upto, 0, p, count);
    return cumulate_search(upto, count, into);
}

static void pick_some(const struct shots *shots, const struct drawn *drawn, uint64_t count)
{
    const uint64_t leaves = leaves_of_block(shots);
    double into[DRAWS];
    uint64_t leaf[DRAWS];

    for (uint64_t k = 0; k < count; k++) {
        const uint64_t first = (drawn[k].block_shot >> SLICE_BITS) * leaves;
        const uint64_t l = cumulate_search(shots->upto_leaf + first, leaves, drawn[k].into);
        into[k] = cumulate_beyond(shots->upto_leaf + first, l, drawn[k].into);
        leaf[k] = first + l;
        fetch_leaf(shots, leaf[k]);
    }
    for (uint64_t k = 0; k < count; k++) {
        const uint64_t index = leaf[k] << shots->leaf_bits | search_leaf(shots, leaf[k], into[k]);
        shots->out[drawn[k].block_shot & (SLICE_SHOTS - 1)] = move_bits(&shots->outcome, index);
    }
}

static void pick(const struct shots *shots, uint64_t first, uint64_t last)
{
    for (; first < last; first += DRAWS)
        pick_some(shots, shots->drawn + first, last - first < DRAWS ? last - first : DRAWS);
}

static void run_slice(void *context, unsigned member, unsigned members)
{
    const struct shots *shots = context;
    uint64_t *const place = shots->place + member * shots->nbuckets;
    uint64_t first, last;

    team_share(&first, &last, shots->end - shots->begin, DRAWS, member, members);
    draw(shots, place, first, last);
    team_barrier(members);
    if (member == 0) make_places(shots, members);
    team_barrier(members);
    order(shots, place, first, last);
    team_barrier(members);
    pick(shots, first, last);
}

static ketsim_status run_shots(struct shots *shots, uint64_t count, unsigned team)
{
    for (shots->begin = 0; shots->begin < count; shots->begin = shots->end) {
        shots->end = next_end(shots->begin, count, SLICE_SHOTS);
        team_run(team, run_slice, shots);
        TRY(exec_go_on(shots->exec, 1));
        shots->out += shots->end - shots->begin;
    }
    return KETSIM_OK;
}

/* ---- preparation ----------------------------------------------------------------------------- */

/* One piece of memory, cut into the arrays. */
static ketsim_status get_arrays(struct shots *shots, uint64_t count, unsigned team)
{
    const uint64_t slice = count < SLICE_SHOTS ? count : SLICE_SHOTS;
    const uint64_t sums = shots->nblocks * (1 + leaves_of_block(shots)), places = team * shots->nbuckets;

    TRY(scratch_take(&shots->memory, 8 * (sums + places + slice) + sizeof(struct drawn) * slice +
                                         sizeof *shots->guide * shots->nblocks));
    shots->upto = atomic_load_explicit(&shots->memory->amps, memory_order_relaxed);
    shots->upto_leaf = shots->upto + shots->nblocks;
    shots->into = shots->upto + sums;
    shots->place = (uint64_t *)(shots->into + slice);
    shots->drawn = (struct drawn *)(shots->place + places);
    shots->guide = (uint32_t *)(shots->drawn + slice);
    return KETSIM_OK;
}

/* Much memory is not kept at hand, but by the pool. */
static void give_arrays(const struct shots *shots)
{
    if (shots->memory->bytes > MOST_AT_HAND) buffer_release(shots->memory);
    else scratch_give(shots->memory);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void set_sizes(struct shots *shots, unsigned n)
{
    shots->block_bits = least(n, BLOCK_BITS);
    shots->leaf_bits = least(n, LEAF_BITS);
    shots->nblocks = 1ull << (n - shots->block_bits);
    while (shots->nblocks >> shots->bucket_bits > MAX_BUCKETS) shots->bucket_bits++;
    shots->nbuckets = shots->nblocks >> shots->bucket_bits;
}

ketsim_status sample_outcomes(uint64_t *out, uint64_t shots, const void *amps, const struct exec *exec,
                              const uint8_t *bits, unsigned nbits, uint64_t seed)
{
    struct shots job = {.exec = exec, .out = out, .seed = seed, .amps = amps, .dtype = exec->dtype};
    const uint64_t slice = shots < SLICE_SHOTS ? shots : SLICE_SHOTS;

    set_sizes(&job, exec->nqubits);
    mover_init(&job.outcome, exec->nqubits, bits, nbits);
    const unsigned team = team_size(exec->threads, slice * SHOT_NS);
    TRY(get_arrays(&job, shots, team));
    ketsim_status status = sum_all(&job, exec_threads(exec));
    if (!status) status = run_shots(&job, shots, team);
    give_arrays(&job);
    return status;
}
