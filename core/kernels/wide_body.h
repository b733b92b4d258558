/* wide_body.h - kernels of operations on many bits, included by body.h.
 *
 * The rows of a unit are gathered into scratch, v and i v, so that a product of complex numbers is two multiply-adds of
 * numbers that are the same in all lanes; so a unit may be written where it was read.  Every amplitude is a sum over
 * the columns of the matrix in rising order, hence its bits are the same on every ISA that has a fused multiply-add. */

#include "table_body.h"

enum {
    FN(UNIT_AMPS) = WIDE_ROW_BYTES / (2 * sizeof(REAL)),
    FN(PANEL) = VL * sizeof(REAL) == 64 ? 4 : 2 /* vectors of a row that are computed together */
};

struct FN(unit) {
    const struct wide *wide;
    const REAL *numbers;
    REAL *x;                        /* panel by panel, row by row: vectors, then the same times i */
    uint64_t dim;                   /* rows */
    unsigned amps, run;             /* of a row; that lie side by side */
    unsigned panel;                 /* vectors */
    uint64_t column[FN(UNIT_AMPS)]; /* offset of each */
};

static void FN(unit_prepare)(struct FN(unit) *u, const struct wide *wide, void *scratch)
{
    const uint64_t fixed = wide->targets | wide->control_mask;
    u->wide = wide;
    u->numbers = wide->numbers;
    u->x = scratch;
    u->dim = UINT64_C(1) << wide->ntargets;
    u->amps = 1u << bit_count(wide->columns);
    u->run = fixed && (fixed & -fixed) < u->amps ? (unsigned)(fixed & -fixed) : u->amps;
    u->panel = u->amps >> LANE_BITS < FN(PANEL) ? u->amps >> LANE_BITS : FN(PANEL);
    if (!u->panel) u->panel = 1;
    u->column[0] = 0;
    for (unsigned k = 1; k < u->amps; k++) u->column[k] = next_setting(u->column[k - 1], wide->columns);
}

/* Where vector number k of a row of x is. */
INLINE REAL *FN(unit_vector)(const struct FN(unit) *u, uint64_t row, unsigned k)
{
    return u->x + (((k / u->panel * u->dim + row) * 2 * u->panel + k % u->panel) * VL);
}

INLINE void FN(unit_put)(const struct FN(unit) *u, uint64_t row, unsigned k, vec v)
{
    const vec signs = (vec)
    {
        -1, 1
#if LANE_BITS >= 1
            ,
            -1, 1
#endif
#if LANE_BITS >= 2
            ,
            -1, 1, -1, 1
#endif
#if LANE_BITS >= 3
            ,
            -1, 1, -1, 1, -1, 1, -1, 1
#endif
    };
    REAL *at = FN(unit_vector)(u, row, k);
    FN(store)(at, v, false);
    FN(store)(at + u->panel * VL, signs * LANE_XOR(v, 1), false);
}

/* Amplitudes that lie apart, into the lanes of vector number k; lanes that are left over become zeros. */
INLINE vec FN(unit_pick)(const struct FN(unit) *u, const REAL *src, uint64_t at, unsigned k)
{
    REAL lanes[VL] = {0};
    for (unsigned j = 0; j < 1u << LANE_BITS && (k << LANE_BITS) + j < u->amps; j++)
        memcpy(lanes + 2 * j, src + 2 * (at | u->column[(k << LANE_BITS) + j]), 2 * sizeof(REAL));
    vec v;
    memcpy(&v, lanes, sizeof v);
    return v;
}

static void FN(unit_gather)(const struct FN(unit) *u, const REAL *src, uint64_t base)
{
    const unsigned nvectors = (u->amps + (1u << LANE_BITS) - 1) >> LANE_BITS;
    const bool whole = u->run >= 1u << LANE_BITS;
    uint64_t at = base;
    for (uint64_t row = 0; row < u->dim; row++) {
        for (unsigned k = 0; k < nvectors; k++)
            FN(unit_put)(u, row, k,
                         whole ? FN(load)(src + 2 * (at | u->column[k << LANE_BITS]))
                               : FN(unit_pick)(u, src, at, k));
        at = next_setting(at, u->wide->targets);
    }
}

/* Vectors k to k + panel - 1 of WIDE_ROWS rows, from row on, of matrix times unit. */
INLINE void FN(unit_product)(vec out[WIDE_ROWS][FN(PANEL)], const struct FN(unit) *u, uint64_t row,
                             unsigned k, unsigned panel)
{
    const REAL *m = u->numbers + 2 * row * u->dim, *x = u->x + (k / panel) * u->dim * 2 * panel * VL;
    for (unsigned j = 0; j < WIDE_ROWS; j++)
        for (unsigned p = 0; p < panel; p++) out[j][p] = (vec){0};
    for (uint64_t c = 0; c < u->dim; c++) {
        vec v[FN(PANEL)], w[FN(PANEL)];
#pragma GCC unroll 4
        for (unsigned p = 0; p < panel; p++) {
            v[p] = FN(load)(x + p * VL);
            w[p] = FN(load)(x + (panel + p) * VL);
        }
#pragma GCC unroll 4
        for (unsigned j = 0; j < WIDE_ROWS; j++) {
            const vec re = m[2 * j] - (vec){0}, im = m[2 * j + 1] - (vec){0};
#pragma GCC unroll 4
            for (unsigned p = 0; p < panel; p++) {
                out[j][p] = FMA(re, v[p], out[j][p]);
                out[j][p] = FMA(im, w[p], out[j][p]);
            }
        }
        m += 2 * WIDE_ROWS;
        x += 2 * panel * VL;
    }
}

/* To where the unit's columns are. */
INLINE void FN(unit_scatter)(const struct FN(unit) *u, REAL *dst, uint64_t at, unsigned k, vec v, bool stream)
{
    if (u->run >= 1u << LANE_BITS) {
        FN(store)(dst + 2 * (at | u->column[k << LANE_BITS]), v, stream);
        return;
    }
    REAL lanes[VL];
    memcpy(lanes, &v, sizeof v);
    for (unsigned j = 0; j < 1u << LANE_BITS && (k << LANE_BITS) + j < u->amps; j++)
        memcpy(dst + 2 * (at | u->column[(k << LANE_BITS) + j]), lanes + 2 * j, 2 * sizeof(REAL));
}

INLINE void FN(unit_multiply)(const struct FN(unit) *u, REAL *dst, uint64_t base, bool stream, unsigned panel)
{
    const uint64_t targets = u->wide->targets;
    uint64_t at[WIDE_ROWS], next = base;
    for (uint64_t row = 0; row < u->dim; row += WIDE_ROWS) {
        for (unsigned j = 0; j < WIDE_ROWS; j++) {
            at[j] = next;
            next = next_setting(next, targets);
        }
        for (unsigned k = 0; k << LANE_BITS < u->amps; k += panel) {
            vec out[WIDE_ROWS][FN(PANEL)];
            FN(unit_product)(out, u, row, k, panel);
#pragma GCC unroll 4
            for (unsigned j = 0; j < WIDE_ROWS; j++)
#pragma GCC unroll 4
                for (unsigned p = 0; p < panel; p++)
                    FN(unit_scatter)(u, dst, at[j], k + p, out[j][p], stream);
        }
    }
}

/* Where controls are not met, out of place. */
static void FN(unit_copy)(const struct FN(unit) *u, REAL *dst, const REAL *src, uint64_t base)
{
    uint64_t at = base;
    for (uint64_t row = 0; row < u->dim; row++) {
        for (unsigned k = 0; k < u->amps; k += u->run)
            memcpy(dst + 2 * (at | u->column[k]), src + 2 * (at | u->column[k]), 2 * u->run * sizeof(REAL));
        at = next_setting(at, u->wide->targets);
    }
}

static void FN(run_wide)(void *dst, const void *src, const struct wide *wide, uint64_t first, uint64_t last,
                         void *scratch, bool stream)
{
    struct FN(unit) unit;
    const uint64_t moved = dst != src ? UINT64_MAX : 0, inside = wide->targets | wide->columns;
    const uint64_t skip = inside | (wide->control_mask & ~moved);
    if (wide->kind == WIDE_PHASES) {
        FN(run_phases)(dst, src, wide, wide->nbits, first, last, stream);
        return;
    }
    if (wide->kind == WIDE_EXCHANGES) {
        FN(run_exchanges)(dst, src, wide, wide->nbits, first, last);
        return;
    }
    FN(unit_prepare)(&unit, wide, scratch);
    for (; first < last; first++) {
        const uint64_t base = spread_around(first, skip) | (wide->control_values & ~moved);
        if ((base & wide->control_mask) != wide->control_values) {
            FN(unit_copy)(&unit, dst, src, base);
            continue;
        }
        FN(unit_gather)(&unit, src, base);
        switch (unit.panel) {
        case 1: FN(unit_multiply)(&unit, dst, base, stream, 1); break;
        case 2: FN(unit_multiply)(&unit, dst, base, stream, 2); break;
        default: FN(unit_multiply)(&unit, dst, base, stream, FN(PANEL));
        }
    }
    if (stream) FENCE();
}
