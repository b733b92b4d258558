/* sample.c - a shot finds its block, then its leaf, in cumulative sums, and its amplitude in those of the leaf.
 *
 * Shots go in slices, which bounds their memory.  Those of a slice are brought into the order of their blocks, so
 * that a leaf is read once for all of them, and leaves that no shot hits are not read again.  Members share
 * the ordered shots evenly, not the blocks, which keeps all busy when few blocks hold all of the probability. */
#include "sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "memory.h"
#include "reduce.h"
#include "rng.h"
#include "threads.h"

enum { RUN = 8, DRAWS = 64, AHEAD = 16, BYTES_PER_NS = 10, SHOT_NS = 40, LEAF_NS = 100 };
enum { LEAF_BITS = 6, LEAF = 1 << LEAF_BITS, LEAVES = 1 << (REDUCE_BLOCK_BITS - LEAF_BITS) /* of a block */ };
enum { MAX_BUCKETS = 1 << 12 };
/* What is done between two looks at the reasons to stop: some 20 ms. */
enum { SLICE_BLOCKS = 1 << 13, SLICE_SHOTS = 1 << 20 };

_Static_assert(LEAVES <= 64, "a word says which leaves of a block have been read");

/* A shot that knows its leaf. */
struct drawn {
    double into;   /* how far into the leaf it falls */
    uint64_t leaf; /* of the state; */
    uint64_t shot; /* of the slice */
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
    double *upto;         /* [nblocks] sums of the blocks, then their cumulative sums */
    double *upto_leaf;    /* [leaves] cumulative sums of the leaves of each block */
    struct drawn *drawn;  /* [slice] in the order of their buckets */
    double *into;         /* [slice] */
    uint32_t *guide;      /* [nblocks] */
    uint64_t *place;      /* [members][nbuckets] how many shots, then where the next one goes */
    struct mover outcome; /* basis index -> outcome */
};

/* ---- searching ------------------------------------------------------------------------------- */

/* First index whose cumulative sum exceeds target; a target at or above the total counts as just below it.
 * There the sum rises, so what is found has a positive probability.  count is a power of two. */
static uint64_t search(const double *upto, uint64_t count, double target)
{
    const double total = upto[count - 1];
    uint64_t index = 0;

    if (!(target < total)) target = nextafter(total, 0);
    for (uint64_t half = count / 2; half; half /= 2) index += upto[index + half - 1] <= target ? half : 0;
    return index;
}

/* As search(), from an index on that is not beyond it. */
static uint64_t search_on(const double *upto, uint64_t index, uint64_t count, double target)
{
    const double total = upto[count - 1];

    if (!(target < total)) target = nextafter(total, 0);
    while (upto[index] <= target) index++;
    return index;
}

/* What of the target lies beyond the numbers before index. */
static double beyond(const double *upto, uint64_t index, double target)
{
    return index ? target - upto[index - 1] : target;
}

/* Cumulative sums of count numbers, in runs of eight: the chain of dependent additions is 1/8 as long. */
static double cumulate(double *upto, double before, const double *p, uint64_t count)
{
    for (uint64_t i = 0; i < count; i += RUN) {
        const uint64_t run = count - i < RUN ? count - i : RUN;
        double sum = 0;
        for (uint64_t k = 0; k < run; k++) {
            sum += p[i + k];
            upto[i + k] = before + sum;
        }
        before += sum;
    }
    return before;
}

static void cumulate_leaf(const struct shots *shots, double *upto, uint64_t leaf)
{
    const uint64_t count = 1ull << shots->leaf_bits;
    double strip[2 * REDUCE_STRIP], p[LEAF];
    const double *x = reduce_strip(strip, shots->amps, shots->dtype, leaf << shots->leaf_bits, count);

    for (uint64_t k = 0; k < count; k++) p[k] = x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
    cumulate(upto, 0, p, count);
}

/* ---- sums ------------------------------------------------------------------------------------ */

static uint64_t leaves_of_block(const struct shots *shots)
{
    return 1ull << (shots->block_bits - shots->leaf_bits);
}

enum { LANES = 8 };
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

static lanes squares(const double *x)
{
    lanes v;
    memcpy(&v, x, sizeof v);
    return v * v;
}

/* sum |a_i|^2 of a leaf: real number i goes to lane i % 16, and lane i meets lanes i + 8, i + 4, i + 2, i + 1. */
static double sum_leaf(const struct shots *shots, uint64_t leaf)
{
    const uint64_t count = 1ull << shots->leaf_bits, reals = 2 * count;
    double strip[2 * REDUCE_STRIP], few = 0;
    const double *x = reduce_strip(strip, shots->amps, shots->dtype, leaf << shots->leaf_bits, count);

    if (reals < 2 * LANES) {
        for (uint64_t i = 0; i < reals; i++) few += x[i] * x[i];
        return few;
    }
    lanes a = squares(x), b = squares(x + LANES);
    for (uint64_t i = 2 * LANES; i < reals; i += 2 * LANES) {
        a += squares(x + i);
        b += squares(x + i + LANES);
    }
    a += b;
    return a[0] + a[4] + (a[2] + a[6]) + (a[1] + a[5] + (a[3] + a[7]));
}

static void sum_blocks(void *context, unsigned member, unsigned members)
{
    const struct shots *shots = context;
    const uint64_t leaves = leaves_of_block(shots);
    double sums[LEAVES];
    uint64_t first, last;

    team_share(&first, &last, shots->end - shots->begin, 1, member, members);
    for (uint64_t b = shots->begin + first; b < shots->begin + last; b++) {
        for (uint64_t l = 0; l < leaves; l++) sums[l] = sum_leaf(shots, b * leaves + l);
        shots->upto[b] = cumulate(shots->upto_leaf + b * leaves, 0, sums, leaves);
    }
}

static ketsim_status check_total(double total, const char *what)
{
    if (total > 0 && total < INFINITY) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "norm %g: %s needs a %s norm", sqrt(fabs(total)), what,
                total == 0 ? "positive" : "finite");
}

/* Where the search for a number of [k, k + 1) / nblocks of the total begins: on average one step from its end
 * (Chen, Asau, "On generating random variates from an empirical distribution", AIIE Transactions 6, 1974). */
static void make_guide(struct shots *shots)
{
    const double total = shots->upto[shots->nblocks - 1];
    uint64_t block = 0;

    for (uint64_t k = 0; k < shots->nblocks; k++) {
        block = search_on(shots->upto, block, shots->nblocks, (double)k / (double)shots->nblocks * total);
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
    TRY(check_total(cumulate(shots->upto, 0, shots->upto, shots->nblocks), "sampling"));
    make_guide(shots);
    return KETSIM_OK;
}

/* ---- a slice of shots ------------------------------------------------------------------------ */

static uint64_t bucket_of(const struct shots *shots, uint64_t leaf)
{
    return leaf >> (shots->block_bits - shots->leaf_bits + shots->bucket_bits);
}

/* Find the leaf of so many shots, which out holds until they are picked.  Loop by loop, for what one shot waits
 * for does not keep others waiting. */
static void draw_some(const struct shots *shots, uint64_t *bucket, uint64_t first, uint64_t count)
{
    const double total = shots->upto[shots->nblocks - 1], nblocks = (double)shots->nblocks;
    const uint64_t leaves = leaves_of_block(shots);
    double u[DRAWS];
    uint64_t block[DRAWS];

    for (uint64_t k = 0; k < count; k++)
        u[k] = rng_uniform(shots->seed, RNG_SAMPLE, 0, 0, shots->begin + first + k);
    for (uint64_t k = 0; k < count; k++)
        block[k] = search_on(shots->upto, shots->guide[(uint64_t)(u[k] * nblocks)], shots->nblocks,
                             u[k] * total);
    for (uint64_t k = 0; k < count; k++) {
        const double *const upto = shots->upto_leaf + block[k] * leaves;
        const double into = beyond(shots->upto, block[k], u[k] * total);
        const uint64_t leaf = search(upto, leaves, into);
        shots->into[first + k] = beyond(upto, leaf, into);
        shots->out[first + k] = block[k] * leaves + leaf;
        bucket[block[k] >> shots->bucket_bits]++;
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
        const uint64_t leaf = shots->out[k];
        shots->drawn[place[bucket_of(shots, leaf)]++] = (struct drawn){
            .into = shots->into[k], .leaf = leaf, .shot = k};
    }
}

static void fetch(const struct shots *shots, const struct drawn *drawn)
{
    const uint64_t bytes = shots->dtype == KETSIM_COMPLEX128 ? 16 : 8;
    const char *const at = (const char *)shots->amps + (drawn->leaf << shots->leaf_bits) * bytes;

    __builtin_prefetch(at);
    __builtin_prefetch(at + 64);
    __builtin_prefetch(shots->out + drawn->shot, 1);
}

static void pick(const struct shots *shots, uint64_t first, uint64_t last)
{
    const uint64_t leaves = leaves_of_block(shots);
    double
        inside[LEAVES << LEAF_BITS]; /* cumulative sums of each leaf of the block that have been asked for */
    uint64_t block = UINT64_MAX, ready = 0;

    for (uint64_t s = first; s < last; s++) {
        const struct drawn *const drawn = shots->drawn + s;
        const uint64_t l = drawn->leaf & (leaves - 1);
        double *const upto = inside + (l << shots->leaf_bits);
        if (s + AHEAD < last) fetch(shots, drawn + AHEAD);
        if (drawn->leaf - l != block) block = drawn->leaf - l, ready = 0;
        if (!(ready >> l & 1)) cumulate_leaf(shots, upto, drawn->leaf);
        ready |= 1ull << l;
        const uint64_t at = search(upto, 1ull << shots->leaf_bits, drawn->into);
        shots->out[drawn->shot] = move_bits(&shots->outcome, drawn->leaf << shots->leaf_bits | at);
    }
}

static void run_slice(void *context, unsigned member, unsigned members)
{
    const struct shots *shots = context;
    uint64_t *const place = shots->place + member * shots->nbuckets;
    uint64_t first, last;

    team_share(&first, &last, shots->end - shots->begin, RUN, member, members);
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

/* One piece of memory, cut into the arrays; *memory is for the caller to free. */
static ketsim_status get_arrays(struct shots *shots, void **memory, uint64_t count, unsigned team)
{
    const uint64_t slice = count < SLICE_SHOTS ? count : SLICE_SHOTS;
    const uint64_t sums = shots->nblocks * (1 + leaves_of_block(shots)), places = team * shots->nbuckets;
    const uint64_t bytes = 8 * (sums + places + slice) + sizeof(struct drawn) * slice +
                           sizeof *shots->guide * shots->nblocks;

    TRY(memory_admit(bytes, "sampling"));
    double *const at = *memory = malloc(bytes);
    if (!at)
        return fail(KETSIM_ERR_MEMORY, "sampling: needs %llu bytes: %llu bytes can be had",
                    (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
    shots->upto = at;
    shots->upto_leaf = at + shots->nblocks;
    shots->into = at + sums;
    shots->place = (uint64_t *)(shots->into + slice);
    shots->drawn = (struct drawn *)(shots->place + places);
    shots->guide = (uint32_t *)(shots->drawn + slice);
    return KETSIM_OK;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void set_sizes(struct shots *shots, unsigned n)
{
    shots->block_bits = least(n, REDUCE_BLOCK_BITS);
    shots->leaf_bits = least(n, LEAF_BITS);
    shots->nblocks = 1ull << (n - shots->block_bits);
    while (shots->nblocks >> shots->bucket_bits > MAX_BUCKETS) shots->bucket_bits++;
    shots->nbuckets = shots->nblocks >> shots->bucket_bits;
}

ketsim_status sample_outcomes(uint64_t *out, uint64_t shots, const void *amps, const struct exec *exec,
                              const uint8_t *bits, unsigned nbits, uint64_t seed)
{
    struct shots job = {.exec = exec, .out = out, .seed = seed, .amps = amps, .dtype = exec->dtype};
    const uint64_t bytes = (exec->dtype == KETSIM_COMPLEX128 ? 16ull : 8ull) << exec->nqubits;
    const uint64_t work = shots < SLICE_SHOTS ? shots : SLICE_SHOTS; /* of a slice */
    void *memory;

    set_sizes(&job, exec->nqubits);
    mover_init(&job.outcome, exec->nqubits, bits, nbits);
    const unsigned team = team_size(exec->threads, work * (SHOT_NS + LEAF_NS));
    TRY(get_arrays(&job, &memory, shots, team));
    ketsim_status status = sum_all(&job, team_size(exec->threads, bytes / BYTES_PER_NS));
    if (!status) status = run_shots(&job, shots, team);
    free(memory);
    return status;
}

/* ---- one outcome ----------------------------------------------------------------------------- */

ketsim_status sample_one(uint64_t *outcome, double *probability, const double *probabilities, unsigned nbits,
                         double u)
{
    const uint64_t count = 1ull << nbits;
    const uint64_t step = count < REDUCE_STRIP ? count : REDUCE_STRIP;
    double upto[REDUCE_STRIP], total = 0, before = 0;
    uint64_t at = 0;

    for (uint64_t i = 0; i < count; i += step) total = cumulate(upto, total, probabilities + i, step);
    TRY(check_total(total, "measuring"));
    double target = u * total;
    if (!(target < total)) target = nextafter(total, 0);
    /* The same additions again end at the same total, which exceeds the target. */
    while ((before = cumulate(upto, before, probabilities + at, step)) <= target) at += step;
    at += search(upto, step, target);
    *outcome = at;
    *probability = probabilities[at];
    return KETSIM_OK;
}
