/* pauli_body.h - streaming kernel of rotations about a Pauli string, included by body.h.
 *
 * An amplitude meets one other, that whose index differs by the flips of the string, with a sign that is the parity
 * of its signs.  The highest flip is 0 in the one that leads a pair; flips below LANE_BITS exchange lanes. */

struct FN(string) {
    vec keep;              /* what an amplitude of its own stays */
    vec re[2], im[2];      /* coefficients of its partner, by the parity of the signs above the lanes */
    ivec lanes;            /* whose low controls are met */
    uint64_t flips, signs; /* above the lanes */
    unsigned turn;         /* parity of the signs that flips turn round */
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
    job->turn = (unsigned)__builtin_parityll(job->flips & job->signs);
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

/* One group: a vector at index i, and its partners' at mate when there are flips above the lanes. */
INLINE void FN(string_group)(const struct FN(string) *job, REAL *dst, const REAL *src, uint64_t i,
                             uint64_t mate, unsigned odd, bool apply, bool stream, unsigned exchanged,
                             bool paired)
{
    const vec own = FN(load)(src + 2 * i), other = paired ? FN(load)(src + 2 * mate) : own;
    FN(store)(dst + 2 * i, apply ? FN(string_vector)(job, own, other, odd, exchanged) : own, stream);
    if (!paired) return;
    FN(store)(dst + 2 * mate, apply ? FN(string_vector)(job, other, own, odd ^ job->turn, exchanged) : other,
              stream);
}

/* What differs between the groups of an aligned block of PATTERN. */
struct FN(string_pattern) {
    uint64_t covered, offset[FN(PATTERN)],
        mate[FN(PATTERN)]; /* index bits; where each lies, and its partners */
    unsigned odd[FN(PATTERN)];
    bool met[FN(PATTERN)];
};

static void FN(find_string_pattern)(struct FN(string_pattern) *p, const struct FN(string) *job)
{
    p->covered = spread_around((uint64_t)(FN(PATTERN) - 1) << LANE_BITS, job->skip);
    for (unsigned g = 0; g < FN(PATTERN); g++) {
        p->offset[g] = spread_around((uint64_t)g << LANE_BITS, job->skip);
        p->mate[g] = p->offset[g] ^ (job->flips & p->covered);
        p->odd[g] = (unsigned)__builtin_parityll(p->offset[g] & job->signs);
        p->met[g] = ((p->offset[g] ^ job->test_values) & job->test_mask & p->covered) == 0;
    }
}

/* Block by block, so that what changes with every group costs a load. */
INLINE void FN(string_blocks)(const struct FN(string) *job, REAL *dst, const REAL *src, uint64_t first,
                              uint64_t last, bool stream, unsigned exchanged, bool paired)
{
    const struct FN(string) own = *job; /* which no store can alias */
    struct FN(string_pattern) pattern;
    FN(find_string_pattern)(&pattern, job);
    const uint64_t inside = FN(PATTERN) - 1, far_tests = own.test_mask & ~pattern.covered;
    uint64_t base = spread_around((first & ~inside) << LANE_BITS, own.skip);
    while (first < last) {
        const uint64_t block = first & ~inside, next = block + FN(PATTERN), stop = next < last ? next : last;
        const uint64_t at = base | own.values, mates = at ^ (own.flips & ~pattern.covered);
        const bool met = ((at ^ own.test_values) & far_tests) == 0;
        const unsigned odd = (unsigned)__builtin_parityll(at & own.signs);
        const uint64_t ahead = next_around(base, own.skip, FN(PREFETCH_BYTES) / (2 * sizeof(REAL))) |
                               own.values;
        for (uint64_t g = first - block; g < stop - block; g++) {
            if (own.asks) __builtin_prefetch(src + 2 * (ahead | pattern.offset[g]), 0, 2);
            if (own.asks && paired)
                __builtin_prefetch(src + 2 * ((ahead | pattern.offset[g]) ^ own.flips), 0, 2);
            FN(string_group)(&own, dst, src, at | pattern.offset[g], mates ^ pattern.mate[g],
                             odd ^ pattern.odd[g], met && pattern.met[g], stream, exchanged, paired);
        }
        base = next_around(base | pattern.covered, own.skip, UINT64_C(1) << LANE_BITS);
        first = stop;
    }
    if (stream) FENCE();
}

#define EXCHANGED(a)                                                                \
    if (job.flips) FN(string_blocks)(&job, dst, src, first, last, stream, a, true); \
    else FN(string_blocks)(&job, dst, src, first, last, stream, a, false);          \
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
