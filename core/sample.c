/* sample.c - a shot finds its block in cumulative sums over blocks, then its amplitude in those of the block.
 *
 * Shots are grouped by block in between, so that a block's sums are made once.  Members share the grouped
 * shots evenly, not the blocks, which keeps all busy when few blocks hold all of the probability. */
#include "sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "memory.h"
#include "reduce.h"
#include "rng.h"
#include "threads.h"

enum { RUN = 8, AHEAD = 16, BYTES_PER_NS = 10, SHOT_NS = 60, BLOCK_NS = 2000 };
/* What a member does between two looks at the reasons to stop: some 20 ms. */
enum { SLICE_BLOCKS = 1 << 13, SLICE_SHOTS = 1 << 18, SLICE_GROUPED = 1 << 22 };

struct shots {
    const struct exec *exec;
    uint64_t begin, end; /* of the slice: blocks or shots */
    uint64_t *out; /* between draw() and pick(): how far into its block a shot falls, the bits of a double */
    uint64_t count, seed;
    const void *amps;
    ketsim_dtype dtype;
    uint64_t block, nblocks; /* amplitudes a block, blocks; powers of two */
    double *upto;            /* [nblocks] sums of the blocks, then their cumulative sums */
    uint64_t *grouped;       /* [count] shots in the order of their blocks */
    uint64_t *end_of;        /* [nblocks] where the shots of a block end in grouped */
    uint32_t *block_of;      /* [count] */
    double *inside;          /* [members][block] cumulative sums of one block */
    struct mover outcome;    /* basis index -> outcome */
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

static void cumulate_block(const struct shots *shots, double *upto, uint64_t block)
{
    const uint64_t step = shots->block < REDUCE_STRIP ? shots->block : REDUCE_STRIP;
    double strip[2 * REDUCE_STRIP], p[REDUCE_STRIP], before = 0;

    for (uint64_t i = 0; i < shots->block; i += step) {
        const double *x = reduce_strip(strip, shots->amps, shots->dtype, block * shots->block + i, step);
        for (uint64_t k = 0; k < step; k++) p[k] = x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
        before = cumulate(upto + i, before, p, step);
    }
}

/* ---- slices ---------------------------------------------------------------------------------- */

static void share(uint64_t *first, uint64_t *last, const struct shots *shots, uint64_t grain, unsigned member,
                  unsigned members)
{
    team_share(first, last, shots->end - shots->begin, grain, member, members);
    *first += shots->begin;
    *last += shots->begin;
}

/* A step over so many blocks or shots, slice for each member by slice; between them it may be stopped. */
static ketsim_status run_step(struct shots *shots, void (*step)(void *, unsigned, unsigned), uint64_t count,
                              uint64_t slice, unsigned team)
{
    for (shots->begin = 0; shots->begin < count; shots->begin = shots->end) {
        shots->end = count - shots->begin > slice * team ? shots->begin + slice * team : count;
        team_run(team, step, shots);
        TRY(exec_go_on(shots->exec, 1));
    }
    return KETSIM_OK;
}

/* ---- the steps ------------------------------------------------------------------------------- */

static void sum_blocks(void *context, unsigned member, unsigned members)
{
    const struct shots *shots = context;
    uint64_t first, last;

    share(&first, &last, shots, 1, member, members);
    for (uint64_t b = first; b < last; b++)
        shots->upto[b] = reduce_block(shots->amps, shots->dtype, b * shots->block, shots->block);
}

static void draw(void *context, unsigned member, unsigned members)
{
    const struct shots *shots = context;
    const double total = shots->upto[shots->nblocks - 1];
    uint64_t first, last;

    share(&first, &last, shots, RUN, member, members);
    for (uint64_t k = first; k < last; k++) {
        const double target = rng_uniform(shots->seed, RNG_SAMPLE, 0, 0, k) * total;
        const uint64_t b = search(shots->upto, shots->nblocks, target);
        const double into = b ? target - shots->upto[b - 1] : target;
        shots->block_of[k] = (uint32_t)b;
        memcpy(shots->out + k, &into, sizeof into);
    }
}

static uint64_t end_of_slice(const struct shots *shots, uint64_t first)
{
    return shots->count - first < SLICE_GROUPED ? shots->count : first + SLICE_GROUPED;
}

/* Counting sort; serial, a few ns a shot.  What begins as the place of a block's first shot ends as the end
 * of its last. */
static ketsim_status group(const struct shots *shots)
{
    uint64_t *const end = shots->end_of, sum = 0;

    memset(end, 0, shots->nblocks * sizeof *end);
    for (uint64_t first = 0; first < shots->count; first += SLICE_GROUPED) {
        TRY(exec_go_on(shots->exec, 1));
        for (uint64_t k = first; k < end_of_slice(shots, first); k++) end[shots->block_of[k]]++;
    }
    for (uint64_t b = 0; b < shots->nblocks; b++) {
        const uint64_t here = end[b];
        end[b] = sum;
        sum += here;
    }
    for (uint64_t first = 0; first < shots->count; first += SLICE_GROUPED) {
        TRY(exec_go_on(shots->exec, 1));
        for (uint64_t k = first; k < end_of_slice(shots, first); k++)
            shots->grouped[end[shots->block_of[k]]++] = k;
    }
    return KETSIM_OK;
}

static void pick(void *context, unsigned member, unsigned members)
{
    const struct shots *shots = context;
    double *const inside = shots->inside + member * shots->block;
    uint64_t first, last, block = 0;

    share(&first, &last, shots, RUN, member, members);
    for (uint64_t s = first; s < last; s++) {
        const uint64_t k = shots->grouped[s];
        double into;
        if (s == first || s >= shots->end_of[block])
            cumulate_block(shots, inside, block = shots->block_of[k]);
        if (s + AHEAD < last) __builtin_prefetch(shots->out + shots->grouped[s + AHEAD], 1);
        memcpy(&into, shots->out + k, sizeof into);
        shots->out[k] = move_bits(&shots->outcome, block * shots->block + search(inside, shots->block, into));
    }
}

static ketsim_status check_total(double total, const char *what)
{
    if (total > 0 && total < INFINITY) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "norm %g: %s needs a %s norm", sqrt(fabs(total)), what,
                total == 0 ? "positive" : "finite");
}

static ketsim_status run_shots(struct shots *shots, unsigned team)
{
    const struct exec *exec = shots->exec;
    const uint64_t bytes = (exec->dtype == KETSIM_COMPLEX128 ? 16ull : 8ull) << exec->nqubits;

    TRY(run_step(shots, sum_blocks, shots->nblocks, SLICE_BLOCKS,
                 team_size(exec->threads, bytes / BYTES_PER_NS)));
    TRY(check_total(cumulate(shots->upto, 0, shots->upto, shots->nblocks), "sampling"));
    TRY(run_step(shots, draw, shots->count, SLICE_SHOTS, team));
    TRY(group(shots));
    return run_step(shots, pick, shots->count, SLICE_SHOTS, team);
}

/* ---- preparation ----------------------------------------------------------------------------- */

/* One piece of memory, cut into the arrays; *memory is for the caller to free. */
static ketsim_status get_arrays(struct shots *shots, void **memory, unsigned team)
{
    const uint64_t doubles = shots->nblocks + team * shots->block, words = shots->nblocks + shots->count;
    const uint64_t bytes = shots->count >> 56 ? UINT64_MAX : 8 * (doubles + words) + 4 * shots->count;

    TRY(memory_admit(bytes, "sampling"));
    double *const at = *memory = malloc(bytes);
    if (!at)
        return fail(KETSIM_ERR_MEMORY, "sampling: needs %llu bytes: %llu bytes can be had",
                    (unsigned long long)bytes, (unsigned long long)ketsim_memory_available());
    shots->upto = at;
    shots->inside = at + shots->nblocks;
    shots->end_of = (uint64_t *)(at + doubles);
    shots->grouped = shots->end_of + shots->nblocks;
    shots->block_of = (uint32_t *)(shots->grouped + shots->count);
    return KETSIM_OK;
}

ketsim_status sample_outcomes(uint64_t *out, uint64_t shots, const void *amps, const struct exec *exec,
                              const uint8_t *bits, unsigned nbits, uint64_t seed)
{
    struct shots job = {
        .exec = exec, .out = out, .count = shots, .seed = seed, .amps = amps, .dtype = exec->dtype};
    const unsigned n = exec->nqubits;
    void *memory;

    job.block = 1ull << (n < REDUCE_BLOCK_BITS ? n : REDUCE_BLOCK_BITS);
    job.nblocks = (1ull << n) / job.block;
    mover_init(&job.outcome, n, bits, nbits);
    const uint64_t hit = shots < job.nblocks ? shots : job.nblocks;
    const unsigned team = team_size(exec->threads, (shots >> 56 ? 0 : shots * SHOT_NS) + hit * BLOCK_NS);
    TRY(get_arrays(&job, &memory, team));
    const ketsim_status status = run_shots(&job, team);
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
