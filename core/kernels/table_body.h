/* table_body.h - kernels of operations that have a number for each setting of their targets, included by wide_body.h.
 *
 * They go through the state block by block in the order of the index.  A block is WIDE_BLOCK amplitudes that lie side by
 * side; what its low bits say about rows and controls is found once.  Nothing depends on where blocks begin and end. */

enum { FN(BLOCK_VECTORS) = WIDE_BLOCK >> LANE_BITS };

struct FN(block) {
    const struct wide *wide;
    unsigned amps;            /* of a block; less than WIDE_BLOCK when the state has less */
    uint64_t row[WIDE_BLOCK]; /* what an amplitude's low bits add to its row */
    bool met[WIDE_BLOCK];     /* whether low controls are */
    unsigned nruns; /* runs of targets that lie side by side above the block: mask, and how far to shift */
    uint64_t mask[KETSIM_MAX_QUBITS];
    uint8_t shift[KETSIM_MAX_QUBITS];
};

/* The bits of index on the targets, side by side. */
INLINE uint64_t FN(gather_bits)(uint64_t index, uint64_t targets)
{
    uint64_t row = 0;
    for (unsigned k = 0; targets; k++, targets &= targets - 1) row |= (index >> low_bit(targets) & 1) << k;
    return row;
}

static void FN(block_prepare)(struct FN(block) *b, const struct wide *wide, unsigned amps)
{
    const uint64_t low = amps - 1;
    unsigned taken = bit_count(wide->targets & low);
    b->wide = wide;
    b->amps = amps;
    b->nruns = 0;
    for (unsigned j = 0; j < amps; j++) {
        b->row[j] = FN(gather_bits)(j, wide->targets & low);
        b->met[j] = ((j ^ wide->control_values) & wide->control_mask & low) == 0;
    }
    for (uint64_t left = wide->targets & ~low; left;) {
        const uint64_t after = left + (left & -left), run = left & ~after; /* the carry runs over it */
        b->mask[b->nruns] = run;
        b->shift[b->nruns++] = (uint8_t)(low_bit(run) - taken);
        taken += bit_count(run);
        left &= ~run;
    }
}

/* What the bits above the block add to the row. */
INLINE uint64_t FN(block_row)(const struct FN(block) *b, uint64_t base)
{
    uint64_t row = 0;
    for (unsigned k = 0; k < b->nruns; k++) row |= (base & b->mask[k]) >> b->shift[k];
    return row;
}

/* Call work for each of the blocks first to last - 1; where controls are not met they are copied. */
#define EACH_BLOCK(work)                                                                              \
    struct FN(block) block;                                                                           \
    const unsigned amps = wide_block(nbits);                                                          \
    const uint64_t low = amps - 1, skipped = dst == src ? wide->control_mask & ~low : 0;              \
    FN(block_prepare)(&block, wide, amps);                                                            \
    for (; first < last; first++) {                                                                   \
        const uint64_t base = spread_around(first, low | skipped) | (wide->control_values & skipped); \
        if (!((base ^ wide->control_values) & wide->control_mask & ~low)) work;                       \
        else memcpy(dst + 2 * base, src + 2 * base, amps * 2 * sizeof(REAL));                         \
    }

/* ---- phases ------------------------------------------------------------------------------------ */

/* Lanes 0 0 2 2 ... and 1 1 3 3 ...: the real and the imaginary parts, twice. */
#if LANE_BITS == 0
#define TWICE(v, o) __builtin_shufflevector(v, v, o, o)
#elif LANE_BITS == 1
#define TWICE(v, o) __builtin_shufflevector(v, v, o, o, 2 + o, 2 + o)
#elif LANE_BITS == 2
#define TWICE(v, o) __builtin_shufflevector(v, v, o, o, 2 + o, 2 + o, 4 + o, 4 + o, 6 + o, 6 + o)
#else
#define TWICE(v, o)                                                                                     \
    __builtin_shufflevector(v, v, o, o, 2 + o, 2 + o, 4 + o, 4 + o, 6 + o, 6 + o, 8 + o, 8 + o, 10 + o, \
                            10 + o, 12 + o, 12 + o, 14 + o, 14 + o)
#endif

/* How the phases of a vector lie: side by side, all the same one, or apart. */
enum { FN(SIDE_BY_SIDE), FN(ONE), FN(APART) };

INLINE vec FN(phases_of)(const struct FN(block) *b, const REAL *numbers, uint64_t row, unsigned j, int how)
{
    if (how == FN(SIDE_BY_SIDE)) return FN(load)(numbers + 2 * (row | b->row[j]));
    REAL lanes[VL];
    for (unsigned k = 0; k < 1u << LANE_BITS; k++)
        memcpy(lanes + 2 * k, numbers + 2 * (row | b->row[how == FN(ONE) ? j : j + k]), 2 * sizeof(REAL));
    vec v;
    memcpy(&v, lanes, sizeof v);
    return v;
}

INLINE void FN(multiply_block)(const struct FN(block) *b, REAL *dst, const REAL *src, uint64_t base,
                               bool stream, vec signs, ivec lanes, int how)
{
    const REAL *numbers = b->wide->numbers;
    const uint64_t row = FN(block_row)(b, base), low = (1u << LANE_BITS) - 1;
    const bool blend = b->wide->control_mask & low;
    const unsigned witness = (unsigned)(b->wide->control_values &
                                        low); /* a lane whose low controls are met */
    for (unsigned j = 0; j < b->amps; j += 1u << LANE_BITS) {
        const vec v = FN(load)(src + 2 * (base + j));
        vec out = v;
        if (b->met[j + witness]) {
            const vec d = FN(phases_of)(b, numbers, row, j, how);
            out = TWICE(d, 0) * v;
            out = FMA(TWICE(d, 1) * signs, LANE_XOR(v, 1), out);
            if (blend) out = FN(select)(lanes, out, v);
        }
        FN(store)(dst + 2 * (base + j), out, stream);
    }
}

static void FN(run_phases)(REAL *dst, const REAL *src, const struct wide *wide, unsigned nbits,
                           uint64_t first, uint64_t last, bool stream)
{
    const uint64_t lowest = (1u << LANE_BITS) - 1, own = wide->targets & lowest;
    vec signs;
    ivec lanes;
    for (unsigned k = 0; k < 1u << LANE_BITS; k++) {
        signs[2 * k] = wide->conjugates ? 1 : -1;
        signs[2 * k + 1] = -signs[2 * k];
        const bool met = ((k ^ wide->control_values) & wide->control_mask & lowest) == 0;
        lanes[2 * k] = lanes[2 * k + 1] = met ? -1 : 0;
    }
    if (own == lowest) {
        EACH_BLOCK(FN(multiply_block)(&block, dst, src, base, stream, signs, lanes, FN(SIDE_BY_SIDE)))
    } else if (!own) {
        EACH_BLOCK(FN(multiply_block)(&block, dst, src, base, stream, signs, lanes, FN(ONE)))
    } else {
        EACH_BLOCK(FN(multiply_block)(&block, dst, src, base, stream, signs, lanes, FN(APART)))
    }
    if (stream) FENCE();
}

#undef TWICE

/* ---- exchanges --------------------------------------------------------------------------------- */

INLINE void FN(exchange_amps)(REAL *a, REAL *b, unsigned count)
{
    REAL kept[2 * WIDE_BLOCK];
    memcpy(kept, a, 2 * count * sizeof(REAL));
    memcpy(a, b, 2 * count * sizeof(REAL));
    memcpy(b, kept, 2 * count * sizeof(REAL));
}

/* In runs of amplitudes that go together.  In place, the lower of two that exchange places sees to both. */
INLINE void FN(exchange_block)(const struct FN(block) *b, REAL *dst, const REAL *src, uint64_t base,
                               unsigned run)
{
    const uint64_t *numbers = b->wide->numbers, row = FN(block_row)(b, base), others = ~b->wide->targets;
    uint64_t partner[WIDE_BLOCK];
    for (unsigned j = 0; j < b->amps; j += run) {
        const uint64_t i = base | j;
        partner[j] = b->met[j] ? (i & others) | numbers[row | b->row[j]] : i;
        __builtin_prefetch(src + 2 * partner[j], 1, 2);
    }
    for (unsigned j = 0; j < b->amps; j += run) {
        const uint64_t i = base | j;
        if (dst != src) memcpy(dst + 2 * i, src + 2 * partner[j], 2 * run * sizeof(REAL));
        else if (partner[j] > i) FN(exchange_amps)(dst + 2 * i, dst + 2 * partner[j], run);
    }
}

static void FN(run_exchanges)(REAL *dst, const REAL *src, const struct wide *wide, unsigned nbits,
                              uint64_t first, uint64_t last)
{
    const uint64_t fixed = wide->targets | wide->control_mask, lowest = fixed & -fixed;
    if (lowest == 1) {
        EACH_BLOCK(FN(exchange_block)(&block, dst, src, base, 1))
    } else {
        const unsigned run = lowest < wide_block(nbits) ? (unsigned)lowest : wide_block(nbits);
        EACH_BLOCK(FN(exchange_block)(&block, dst, src, base, run))
    }
}

#undef EACH_BLOCK
