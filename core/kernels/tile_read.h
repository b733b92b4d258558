/* tile_read.h - sums over the tiles of two states, bra and ket.  Part of tile_body.h.
 *
 * On every ISA 16 reals side by side have sums of their own, which end with each block, where they become doubles, and
 * three positions above them are read at a time: so bits are the same wherever multiply-adds are fused. */
enum { FN(SIDE) = 16, FN(SIDE_BITS) = 4, FN(ROWS) = 3 };

/* Sums of 16 neighbors each, of one part of a tile. */
typedef double FN(sums)[FN(SIDE)];

INLINE void FN(add_lanes)(double *sum, vec v)
{
    REAL lanes[VL];
    memcpy(lanes, &v, sizeof v);
    for (unsigned lane = 0; lane < VL; lane++) sum[lane] += (double)lanes[lane];
}

static double FN(total)(FN(sums) sums)
{
    for (unsigned half = FN(SIDE) / 2; half; half /= 2)
        for (unsigned k = 0; k < half; k++) sums[k] += sums[k + half];
    return sums[0];
}

/* ---- positions that select one of 16 neighbors ------------------------------------------------- */

INLINE vec FN(neighbor)(const REAL *ket, size_t i, unsigned lane, unsigned position)
{
    if (position < LANES) return FN(partner)(FN(load)(ket + i + lane), position);
    return FN(load)(ket + i + (lane ^ 1u << position));
}

/* Products of each real of bra with the one of ket that differs in a position, for all such positions. */
static void FN(read_neighbors)(FN(sums) *sums, const REAL *bra, const REAL *ket, size_t length)
{
    for (unsigned lane = 0; lane < FN(SIDE); lane += VL) {
        vec even[FN(SIDE_BITS)] = {{0}}, odd[FN(SIDE_BITS)] = {{0}};
        for (size_t i = 0; i < length; i += 2 * FN(SIDE)) {
            const vec a = FN(load)(bra + i + lane), b = FN(load)(bra + i + FN(SIDE) + lane);
#pragma GCC unroll 4
            for (unsigned p = 0; p < FN(SIDE_BITS); p++) {
                even[p] = FMA(a, FN(neighbor)(ket, i, lane, p), even[p]);
                odd[p] = FMA(b, FN(neighbor)(ket, i + FN(SIDE), lane, p), odd[p]);
            }
        }
        for (unsigned p = 0; p < FN(SIDE_BITS); p++) FN(add_lanes)(sums[p] + lane, even[p] + odd[p]);
    }
}

/* ---- positions above --------------------------------------------------------------------------- */

/* Up to three positions of a block or of blocks. */
struct FN(rows) {
    unsigned count;
    uint64_t mask;
    size_t offset[1 << FN(ROWS)];
};

static void FN(make_rows)(struct FN(rows) *rows, const struct FN(tile) *t, uint32_t positions)
{
    *rows = (struct FN(rows)){.mask = positions};
    for (; positions; positions &= positions - 1, rows->count++)
        for (unsigned k = 0; k < 1u << rows->count; k++)
            rows->offset[1u << rows->count | k] = rows->offset[k] + FN(step_of)(t, low_bit(positions));
}

/* For each position the products of the bra's 1 with the ket's 0, plus or less those of its 0 with the ket's 1. */
INLINE void FN(read_rows)(FN(sums) *sums, const REAL *bra, const REAL *ket, size_t length, uint64_t mask,
                          const size_t *offset, unsigned count, bool less)
{
    size_t at[1 << FN(ROWS)];
    memcpy(at, offset, sizeof at);
    for (unsigned lane = 0; lane < FN(SIDE); lane += VL) {
        vec sum[FN(ROWS)][1 << (FN(ROWS) - 1)] = {{{0}}};
        for (uint64_t i = 0; i < length; i = next_around(i, mask, FN(SIDE))) {
            vec a[1 << FN(ROWS)], b[1 << FN(ROWS)];
#pragma GCC unroll 8
            for (unsigned k = 0; k < 1u << count; k++) {
                a[k] = FN(load)(bra + i + lane + at[k]);
                b[k] = FN(load)(ket + i + lane + at[k]);
            }
#pragma GCC unroll 3
            for (unsigned p = 0; p < count; p++)
#pragma GCC unroll 4
                for (unsigned j = 0; j < 1u << (count - 1); j++) {
                    const unsigned on0 = (j >> p << (p + 1)) | (j & ((1u << p) - 1)), on1 = on0 | 1u << p;
                    sum[p][j] = FMA(a[on1], b[on0], sum[p][j]);
                    sum[p][j] = FMA(less ? -a[on0] : a[on0], b[on1], sum[p][j]);
                }
        }
        for (unsigned p = 0; p < count; p++) {
            vec all = sum[p][0];
            for (unsigned j = 1; j < 1u << (count - 1); j++) all += sum[p][j];
            FN(add_lanes)(sums[p] + lane, all);
        }
    }
}

static void FN(read_rows_of)(FN(sums) *sums, const REAL *bra, const REAL *ket, size_t length, uint64_t mask,
                             const struct FN(rows) *rows, bool less)
{
    switch (rows->count << 1 | less) {
    case 2: FN(read_rows)(sums, bra, ket, length, mask, rows->offset, 1, false); break;
    case 3: FN(read_rows)(sums, bra, ket, length, mask, rows->offset, 1, true); break;
    case 4: FN(read_rows)(sums, bra, ket, length, mask, rows->offset, 2, false); break;
    case 5: FN(read_rows)(sums, bra, ket, length, mask, rows->offset, 2, true); break;
    case 6: FN(read_rows)(sums, bra, ket, length, mask, rows->offset, 3, false); break;
    default: FN(read_rows)(sums, bra, ket, length, mask, rows->offset, 3, true);
    }
}

/* ---- X and Y ----------------------------------------------------------------------------------- */

/* Im <bra|X|ket> or, with is_y, Im <bra|Y|ket> in the making, of some positions; neighbors: of those that select one. */
struct FN(flips) {
    struct FN(rows) rows;
    uint32_t positions;
    bool is_y, neighbors;
    FN(sums) plus[FN(SIDE_BITS)], minus[FN(SIDE_BITS)];
};

/* Products of parts of amplitudes, 0 real, 1 imaginary, of a block, or of those at rows from it on. */
static void FN(add_parts)(struct FN(flips) *f, FN(sums) *sums, const struct FN(tile) *bra,
                          const struct FN(tile) *ket, uint64_t block, unsigned of_bra, unsigned of_ket)
{
    const size_t size = (size_t)1 << bra->block_bits;
    const REAL *a = bra->blocks + block * bra->stride + of_bra * size,
               *c = ket->blocks + block * ket->stride + of_ket * size;
    if (f->neighbors) FN(read_neighbors)(sums, a, c, size);
    else FN(read_rows_of)(sums, a, c, size, f->rows.mask & (size - 1), &f->rows, f->is_y);
}

static void FN(add_flips)(struct FN(flips) *f, const struct FN(tile) *bra, const struct FN(tile) *ket,
                          uint64_t block)
{
    if (block & f->rows.mask >> bra->block_bits) return;
    FN(add_parts)(f, f->plus, bra, ket, block, 0, !f->is_y);
    FN(add_parts)(f, f->is_y ? f->plus : f->minus, bra, ket, block, 1, f->is_y);
}

/* To out[position]. */
static void FN(end_flips)(double *out, struct FN(flips) *f)
{
    unsigned p = 0;
    for (uint32_t left = f->positions; left; left &= left - 1, p++) {
        const unsigned at = f->neighbors ? low_bit(left) : p;
        for (unsigned k = 0; k < FN(SIDE) &&f->neighbors && f->is_y; k++)
            if (!(k >> at & 1)) f->plus[at][k] = -f->plus[at][k];
        out[low_bit(left)] = FN(total)(f->plus[at]) - FN(total)(f->minus[at]);
    }
}

/* Positions three at a time, neighbors and those above apart; returns how many of list[] it takes. */
static unsigned FN(split_flips)(struct FN(flips) *list, const struct FN(tile) *t, uint32_t positions,
                                bool is_y)
{
    const uint32_t side = positions & ((1u << FN(SIDE_BITS))-1);
    unsigned count = 0;
    if (side) list[count++] = (struct FN(flips)){.positions = side, .is_y = is_y, .neighbors = true};
    for (positions &= ~side; positions;) {
        uint32_t some = 0;
        for (unsigned k = 0; k < FN(ROWS); k++) some |= (positions & ~some) & -(positions & ~some);
        list[count] = (struct FN(flips)){.positions = some, .is_y = is_y};
        FN(make_rows)(&list[count++].rows, t, some);
        positions &= ~some;
    }
    return count;
}

/* ---- Z ----------------------------------------------------------------------------------------- */

/* Im conj(bra) ket of a block: added to the same places of other blocks in places, and all together. */
static double FN(read_block)(REAL *places, const REAL *bra, const REAL *ket, size_t size)
{
    FN(sums) sums = {0};
    for (unsigned lane = 0; lane < FN(SIDE); lane += VL) {
        vec sum = {0};
        for (size_t i = lane; i < size; i += FN(SIDE)) {
            const vec less = FN(load)(bra + size + i) * FN(load)(ket + i),
                      product = FMA(FN(load)(bra + i), FN(load)(ket + size + i), -less);
            FN(store)(places + i, FN(load)(places + i) + product, false);
            sum += product;
        }
        FN(add_lanes)(sums + lane, sum);
    }
    return FN(total)(sums);
}

/* Sums of values[2^bits] where a bit is 0, less those where it is 1, for each bit; values are used up. */
static void FN(read_bits)(double *out, double *values, unsigned bits)
{
    for (unsigned bit = bits; bit--;) {
        const size_t half = (size_t)1 << bit;
        FN(sums) sums = {0};
        for (size_t k = 0; k < half; k++) {
            sums[k % FN(SIDE)] += values[k] - values[k + half];
            values[k] += values[k + half];
        }
        out[bit] = FN(total)(sums);
    }
}

/* ---- all that is read at a time ---------------------------------------------------------------- */

/* Neighbors, twelve positions in threes, for X and Y. */
enum { FN(MOST_FLIPS) = 2 * (1 + (MAX_TILE_BITS - FN(SIDE_BITS) + FN(ROWS) - 1) / FN(ROWS))};

struct FN(reading) {
    struct FN(flips) flips[FN(MOST_FLIPS)];
    unsigned nflips;
    bool diagonal; /* Im <bra|Z|ket> */
    _Alignas(64) REAL places[1 << FN(BLOCK_BITS)];
    double blocks[1 << (MAX_TILE_BITS - FN(BLOCK_BITS))];
};

/* What stays in a block while it is in the first-level cache, then the rest. */
static void FN(read_blocks)(struct FN(reading) *r, const struct FN(tile) *bra, const struct FN(tile) *ket)
{
    const uint64_t blocks = UINT64_C(1) << (bra->m - bra->block_bits);
    const size_t size = (size_t)1 << bra->block_bits;
    for (uint64_t b = 0; b < blocks; b++) {
        const REAL *a = bra->blocks + b * bra->stride, *c = ket->blocks + b * ket->stride;
        if (r->diagonal) r->blocks[b] = FN(read_block)(r->places, a, c, size);
        for (unsigned k = 0; k < r->nflips; k++)
            if (!(r->flips[k].rows.mask >> bra->block_bits)) FN(add_flips)(&r->flips[k], bra, ket, b);
    }
    for (unsigned k = 0; k < r->nflips; k++)
        for (uint64_t b = 0; b < blocks && r->flips[k].rows.mask >> bra->block_bits; b++)
            FN(add_flips)(&r->flips[k], bra, ket, b);
}

static void FN(end_diagonal)(double out[MAX_TILE_BITS], struct FN(reading) *r, const struct FN(tile) *t)
{
    double values[1 << FN(BLOCK_BITS)];
    for (size_t k = 0; k < (size_t)1 << t->block_bits; k++) values[k] = (double)r->places[k];
    FN(read_bits)(out, values, t->block_bits);
    FN(read_bits)(out + t->block_bits, r->blocks, t->m - t->block_bits);
}

/* Sums of each kind for each position that is wanted. */
static void FN(read_positions)(double (*out)[MAX_TILE_BITS], const struct FN(tile) *bra,
                               const struct FN(tile) *ket, const uint32_t *positions)
{
    struct FN(reading) r; /* not cleared: it is large */
    r.nflips = FN(split_flips)(r.flips, bra, positions[0], false);
    r.nflips += FN(split_flips)(r.flips + r.nflips, bra, positions[1], true);
    r.diagonal = positions[2];
    if (r.diagonal) memset(r.places, 0, ((size_t)1 << bra->block_bits) * sizeof *r.places);
    FN(read_blocks)(&r, bra, ket);
    for (unsigned k = 0; k < r.nflips; k++) FN(end_flips)(out[r.flips[k].is_y], &r.flips[k]);
    if (r.diagonal) FN(end_diagonal)(out[2], &r, bra);
}

/* sums: of the first of these reads. */
static void FN(read_tiles)(double *sums, const struct FN(tile) *bra, const struct FN(tile) *ket,
                           const struct read *reads)
{
    double found[READ_SUMS][MAX_TILE_BITS];
    uint32_t positions[READ_SUMS] = {0};
    const struct read *read = reads;
    do
        for (unsigned k = 0; k < READ_SUMS; k++)
            positions[k] |= (uint32_t)(read->wanted >> k & 1) << read->position;
    while (!read++->last);
    FN(read_positions)(found, bra, ket, positions);
    for (read = reads;; read++, sums += READ_SUMS) {
        for (unsigned k = 0; k < READ_SUMS; k++)
            if (read->wanted >> k & 1) sums[k] += found[k][read->position];
        if (read->last) return;
    }
}
