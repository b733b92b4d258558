/* reduce.c - sums over all amplitudes, in an order of their own.  See reduce.h.
 *
 * Loops are over lanes or independent elements, so that vectors of any width give the bits that no vectors
 * give.  complex64 is converted strip by strip in the first-level cache: one set of loops serves both. */
#include "reduce.h"

#include "error.h"
#include "stops.h"
#include "threads.h"

enum { LANES = 16, MAX_CHUNKS = 1024 };
/* Amplitudes for each member between two looks at the limits: some milliseconds. */
static const uint64_t SLICE_AMPS = UINT64_C(1) << 21;

const double *reduce_strip(double strip[2 * REDUCE_STRIP], const void *amps, ketsim_dtype dtype,
                           uint64_t first, uint64_t count)
{
    if (dtype == KETSIM_COMPLEX128) return (const double *)amps + 2 * first;
    const float *from = (const float *)amps + 2 * first;
    for (uint64_t i = 0; i < 2 * count; i++) strip[i] = (double)from[i];
    return strip;
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* Sum of count lanes, a power of two: neighbors pairwise, as the blocks above. */
static double meet(double *lane, unsigned count)
{
    for (; count > 1; count /= 2)
        for (unsigned i = 0; i < count / 2; i++) lane[i] = lane[2 * i] + lane[2 * i + 1];
    return lane[0];
}

static void norm_lanes(double *restrict lane, const double *restrict x, uint64_t reals)
{
    if (reals < LANES) {
        for (uint64_t i = 0; i < reals; i++) lane[i] += x[i] * x[i];
        return;
    }
    for (uint64_t i = 0; i < reals; i += LANES)
        for (unsigned l = 0; l < LANES; l++) lane[l] += x[i + l] * x[i + l];
}

static void inner_lane(double *restrict re, double *restrict im, const double *restrict a,
                       const double *restrict b)
{
    *re += a[0] * b[0] + a[1] * b[1];
    *im += a[0] * b[1] - a[1] * b[0];
}

/* Lanes 0 to 7 hold real parts, 8 to 15 imaginary parts. */
static void inner_lanes(double *restrict lane, const double *restrict a, const double *restrict b,
                        uint64_t count)
{
    if (count < LANES / 2) {
        for (uint64_t i = 0; i < count; i++) inner_lane(lane + i, lane + LANES / 2 + i, a + 2 * i, b + 2 * i);
        return;
    }
    for (uint64_t i = 0; i < count; i += LANES / 2)
        for (unsigned l = 0; l < LANES / 2; l++)
            inner_lane(lane + l, lane + LANES / 2 + l, a + 2 * (i + l), b + 2 * (i + l));
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* sum |a_i|^2 over count <= 2^12 amplitudes from first on, count a power of two. */
static double reduce_block(const void *amps, ketsim_dtype dtype, uint64_t first, uint64_t count)
{
    double lane[LANES] = {0}, strip[2 * REDUCE_STRIP];
    const uint64_t step = least(count, REDUCE_STRIP);

    for (uint64_t i = 0; i < count; i += step)
        norm_lanes(lane, reduce_strip(strip, amps, dtype, first + i, step), 2 * step);
    return meet(lane, LANES);
}

static ketsim_complex inner_block(const void *a, const void *b, ketsim_dtype dtype, uint64_t first,
                                  uint64_t count)
{
    double lane[LANES] = {0}, strip[2][2 * REDUCE_STRIP];
    const uint64_t step = least(count, REDUCE_STRIP);

    for (uint64_t i = 0; i < count; i += step)
        inner_lanes(lane, reduce_strip(strip[0], a, dtype, first + i, step),
                    reduce_strip(strip[1], b, dtype, first + i, step), step);
    return (ketsim_complex){meet(lane, LANES / 2), meet(lane + LANES / 2, LANES / 2)};
}

/* ---- the tree over blocks -------------------------------------------------------------------- */

/* The root's subtrees that are handed out; where they are cut does not change the tree. */
struct sum {
    const void *a, *b; /* b NULL: the norm */
    ketsim_dtype dtype;
    uint64_t block; /* amplitudes */
    uint64_t chunk; /* blocks */
    uint64_t nchunks;
    struct slice slice; /* of chunks */
    ketsim_complex of_chunk[MAX_CHUNKS];
};

static ketsim_complex plus(ketsim_complex x, ketsim_complex y)
{
    return (ketsim_complex){x.re + y.re, x.im + y.im};
}

static ketsim_complex subtree(const struct sum *sum, uint64_t first, uint64_t count)
{
    if (count > 1) return plus(subtree(sum, first, count / 2), subtree(sum, first + count / 2, count / 2));
    if (sum->b) return inner_block(sum->a, sum->b, sum->dtype, first * sum->block, sum->block);
    return (ketsim_complex){reduce_block(sum->a, sum->dtype, first * sum->block, sum->block), 0};
}

static void sum_chunks(void *context, unsigned member, unsigned members)
{
    struct sum *sum = context;
    uint64_t first, last;

    slice_share(&first, &last, &sum->slice, 1, member, members);
    for (uint64_t c = first; c < last; c++) sum->of_chunk[c] = subtree(sum, c * sum->chunk, sum->chunk);
}

uint64_t reduce_slice(uint64_t amps)
{
    return amps < SLICE_AMPS ? SLICE_AMPS / amps : 1;
}

static ketsim_status sum_all(ketsim_complex *out, const void *a, const void *b, ketsim_dtype dtype,
                             unsigned n, unsigned threads, const char *what)
{
    const uint64_t block = 1ull << least(n, REDUCE_BLOCK_BITS), nblocks = (1ull << n) / block;
    struct sum sum; /* not cleared: of 16 KiB a small state uses little */

    sum.a = a;
    sum.b = b;
    sum.dtype = dtype;
    sum.block = block;
    sum.nchunks = least(nblocks, MAX_CHUNKS);
    sum.chunk = nblocks / sum.nchunks;
    const unsigned team = team_size_of_pass(threads, 1ull << n);
    TRY(slices_run(&sum.slice, sum.nchunks, reduce_slice(sum.chunk * block), team, sum_chunks, &sum, what));
    for (uint64_t count = sum.nchunks; count > 1; count /= 2)
        for (uint64_t i = 0; i < count / 2; i++)
            sum.of_chunk[i] = plus(sum.of_chunk[2 * i], sum.of_chunk[2 * i + 1]);
    *out = sum.of_chunk[0];
    return KETSIM_OK;
}

ketsim_status reduce_norm2(double *out, const void *amps, ketsim_dtype dtype, unsigned n, unsigned threads)
{
    ketsim_complex sum;
    TRY(sum_all(&sum, amps, NULL, dtype, n, threads, "norm"));
    *out = sum.re;
    return KETSIM_OK;
}

ketsim_status reduce_inner(ketsim_complex *out, const void *a, const void *b, ketsim_dtype dtype, unsigned n,
                           unsigned threads)
{
    return sum_all(out, a, b, dtype, n, threads, "inner product");
}
