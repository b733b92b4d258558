/* pauli_body.h - streaming kernel of rotations about a Pauli string, included by body.h.
 *
 * An amplitude meets one other, that whose index differs by the flips of the string, with a sign that is the parity
 * of its signs.  The highest flip is 0 in the one that leads a pair; flips below LANE_BITS exchange lanes. */

struct FN(string) {
    vec keep;              /* what an amplitude of its own stays */
    vec re[2], im[2];      /* coefficients of its partner, by the parity of the signs above the lanes */
    ivec lanes;            /* whose low controls are met */
    uint64_t flips, signs; /* above the lanes */
    uint64_t skip, values; /* index bits that are constant in the loop, and what they are */
    uint64_t test_mask, test_values; /* controls tested in the loop */
    bool blend, asks;                /* some lanes may keep their amplitude; lines are asked for in advance */
};

/* The lanes' own signs, turned round where the parity of the others is odd; without flips the partner is the amplitude
 * itself. */
static void FN(string_lanes)(struct FN(string) *job, const struct sweep *s)
{
    const ketsim_complex own = s->entries[0], other = s->entries[1];
    for (unsigned lane = 0; lane < 1u << LANE_BITS; lane++) {
        const bool odd = __builtin_parityll(lane & s->signs),
                   met = ((lane ^ s->control_values) & s->control_mask & ((1u << LANE_BITS) - 1)) == 0;
        for (unsigned p = 0; p < 2; p++) {
            const double sign = odd == p ? 1 : -1, re = sign * other.re + (s->flips ? 0 : own.re);
            job->re[p][2 * lane] = job->re[p][2 * lane + 1] = (REAL)re;
            job->im[p][2 * lane] = (REAL)(-sign * other.im);
            job->im[p][2 * lane + 1] = (REAL)(sign * other.im);
        }
        job->keep[2 * lane] = job->keep[2 * lane + 1] = s->flips ? (REAL)own.re : 0;
        job->lanes[2 * lane] = job->lanes[2 * lane + 1] = met ? -1 : 0;
    }
}

static void FN(string_prepare)(struct FN(string) *job, const struct sweep *s, uint64_t groups, bool moved)
{
    const uint64_t low = (1u << LANE_BITS) - 1,
                   skipped = moved ? 0 : s->control_mask & ~low & skip_bits(2 * sizeof(REAL));
    job->flips = s->flips & ~low;
    job->signs = s->signs & ~low;
    job->skip = skipped | (sweep_group_bits(s) & ~low);
    job->values = s->control_values & skipped;
    job->test_mask = s->control_mask & ~low & ~skipped;
    job->test_values = s->control_values & job->test_mask;
    job->blend = s->control_mask & low;
    job->asks = groups << (LANE_BITS + (job->flips != 0)) >= FN(PREFETCH_LEAST_AMPS);
    FN(string_lanes)(job, s);
}

/* One vector, whose partner's is other; exchanged: amplitudes that trade places in it. */
INLINE vec FN(string_vector)(const struct FN(string) *job, vec own, vec other, unsigned parity,
                             unsigned exchanged)
{
    const vec partner = FN(exchange)(other, exchanged);
    vec sum = job->keep * own;
    sum = FMA(job->re[parity], partner, sum);
    sum = FMA(job->im[parity], LANE_XOR(partner, 1), sum);
    return job->blend ? FN(select)(job->lanes, sum, own) : sum;
}

/* Groups side by side, from index i on: a vector each, or two when there are flips above the lanes. */
INLINE void FN(string_run)(const struct FN(string) *job, REAL *dst, const REAL *src, uint64_t i,
                           uint64_t length, bool stream, unsigned exchanged, bool paired)
{
    const uint64_t mate = i ^ job->flips;
    const bool apply = (i & job->test_mask) == job->test_values;
    const unsigned odd = (unsigned)__builtin_parityll(i & job->signs),
                   mate_odd = (unsigned)__builtin_parityll(mate & job->signs);
    for (uint64_t j = 0; j < length; j += 1u << LANE_BITS) {
        const vec own = FN(load)(src + 2 * (i + j)), other = paired ? FN(load)(src + 2 * (mate + j)) : own;
        const vec first = apply ? FN(string_vector)(job, own, other, odd, exchanged) : own;
        FN(store)(dst + 2 * (i + j), first, stream);
        if (!paired) continue;
        const vec second = apply ? FN(string_vector)(job, other, own, mate_odd, exchanged) : other;
        FN(store)(dst + 2 * (mate + j), second, stream);
    }
}

/* Ask for the lines of a run that comes later, and of its partners. */
INLINE void FN(string_ask)(const struct FN(string) *job, const REAL *src, uint64_t i, uint64_t length)
{
    const uint64_t line = 64 / (2 * sizeof(REAL)), distance = FN(PREFETCH_BYTES) / (2 * sizeof(REAL));
    const uint64_t ahead = next_around(i, job->skip, distance) | job->values;
    for (uint64_t j = 0; j < length; j += line) {
        __builtin_prefetch(src + 2 * (ahead + j), 0, 2);
        if (job->flips) __builtin_prefetch(src + 2 * ((ahead ^ job->flips) + j), 0, 2);
    }
}

/* Runs in which nothing but the lowest bits of the index changes. */
INLINE void FN(string_runs)(const struct FN(string) *job, REAL *dst, const REAL *src, uint64_t first,
                            uint64_t count, bool stream, unsigned exchanged, bool paired)
{
    const struct FN(string) own = *job; /* which no store can alias */
    const uint64_t jumps = own.skip | own.test_mask | own.flips | own.signs, end = count << LANE_BITS;
    const uint64_t most = FN(PIECE_BYTES) / (2 * sizeof(REAL));
    const uint64_t run = jumps && (jumps & -jumps) < most ? jumps & -jumps : most;
    uint64_t i = spread_around(first << LANE_BITS, own.skip), done = 0;
    while (done < end) {
        const uint64_t left = run - (i & (run - 1)), length = left < end - done ? left : end - done;
        if (own.asks) FN(string_ask)(&own, src, i, length);
        FN(string_run)(&own, dst, src, i | own.values, length, stream, exchanged, paired);
        done += length;
        i = next_around(i + length - 1, own.skip, 1);
    }
    if (stream) FENCE();
}

#define EXCHANGED(a)                                                                      \
    if (job.flips) FN(string_runs)(&job, dst, src, first, last - first, stream, a, true); \
    else FN(string_runs)(&job, dst, src, first, last - first, stream, a, false);          \
    break

static void FN(run_string)(REAL *dst, const REAL *src, const struct sweep *s, uint64_t first, uint64_t last,
                           bool stream)
{
    struct FN(string) job;
    FN(string_prepare)(&job, s, last - first, dst != src);
    switch (s->flips & ((1u << LANE_BITS) - 1)) {
#if LANE_BITS >= 1
    case 1: EXCHANGED(1);
#endif
#if LANE_BITS >= 2
    case 2: EXCHANGED(2);
    case 3: EXCHANGED(3);
#endif
#if LANE_BITS >= 3
    case 4: EXCHANGED(4);
    case 5: EXCHANGED(5);
    case 6: EXCHANGED(6);
    case 7: EXCHANGED(7);
#endif
    default: EXCHANGED(0);
    }
}

#undef EXCHANGED
