/* tile_phase.h - products of many phases on a tile, by tables.  Part of tile_body.h. */

/* Returns what is left of the room. */
static REAL *FN(get_ready)(struct FN(ready) *ready, const struct FN(tile) *t, const struct phases *phases,
                           uint64_t outer, REAL *room)
{
    const size_t nhigh = (size_t)1 << (t->m - t->table_bits);
    *ready = (struct FN(ready)){.phases = phases, .outer = outer, .made_for = NOT_MADE};
    const REAL *tables = (const REAL *)t->tiling->tables + phases->low * 2 * FN(TABLE);
    for (unsigned s = 0; s < phases->nsets; s++) {
        ready->sets[s] = tables;
        ready->ones[s] = phases->ones[s];
        tables += (size_t)2 * FN(TABLE) << bit_count(phases->sets[s]);
        if (phases->outer_sets >> s & 1) room = FN(make_set)(room, t, ready, s);
    }
    if (phases->nsets > 2 || phases->spanning) {
        ready->product = room;
        room += 2 * FN(TABLE);
    }
    if (phases->high != NO_TABLE) ready->high = (const REAL *)t->tiling->highs + 2 * phases->high;
    if (!phases->outer_high) return room;
    FN(make_high)(room, t, ready);
    ready->high = room;
    return room + (2 * nhigh + LINE - 1) / LINE * LINE;
}

/* Which table of a set is for a high index. */
INLINE unsigned FN(number_of)(const struct FN(ready) *ready, unsigned s, uint32_t high)
{
    unsigned number = 0, j = 0;
    for (uint32_t set = ready->phases->sets[s]; set; set &= set - 1)
        number |= (high >> low_bit(set) & 1) << j++;
    return number;
}

INLINE const REAL *FN(table_of)(const struct FN(ready) *ready, unsigned s, uint32_t high)
{
    return ready->sets[s] + (size_t)2 * FN(TABLE) *FN(number_of)(ready, s, high);
}

/* The same, or NULL where it is exactly 1. */
INLINE const REAL *FN(needed_of)(const struct FN(ready) *ready, unsigned s, uint32_t high)
{
    const unsigned number = FN(number_of)(ready, s, high);
    return ready->ones[s] >> number & 1 ? NULL : ready->sets[s] + (size_t)2 * FN(TABLE) *number;
}

/* The product of the tables of all sets but the first for a high index, and of the links that span sets. */
static void FN(make_product)(const struct FN(tile) *t, const struct FN(ready) *ready, uint32_t high)
{
    const struct phases *p = ready->phases;
    const struct link *links = t->tiling->links + p->first_link;
    REAL *out = ready->product;
    if (p->nsets > 2)
        FN(multiply_tables)(out, FN(table_of)(ready, 1, high), FN(table_of)(ready, 2, high),
                            (size_t)1 << t->table_bits);
    else memcpy(out, FN(table_of)(ready, 1, high), 2 * FN(TABLE) *sizeof(REAL));
    for (size_t k = 0; p->spanning && k < p->nlow_links; k++)
        if (tile_set_of(p, links[k].high_mask) == TABLE_SETS && FN(is_here)(&links[k], ready->outer) &&
            FN(is_at)(&links[k], high))
            FN(multiply_matching)(out, out + FN(TABLE), t->table_bits, links[k].low_mask, links[k].low_values,
                                  links[k].factor);
}

/* What the table of the first set is to be multiplied with, or NULL.  The first set's positions are the lowest: a
 * product serves for many high indices, unless links span sets. */
static const REAL *FN(second_table)(const struct FN(tile) *t, struct FN(ready) *ready, uint32_t high)
{
    const struct phases *p = ready->phases;
    if (p->nsets < 2) return NULL;
    if (!ready->product) return FN(needed_of)(ready, 1, high);
    const uint32_t setting = p->spanning ? high : high & (p->sets[1] | p->sets[2]);
    if (setting != ready->made_for) FN(make_product)(t, ready, high);
    ready->made_for = setting;
    return ready->product;
}

INLINE void FN(phase_vectors)(REAL *re, REAL *im, size_t count, const REAL *a, const REAL *b, vec sr, vec si,
                              unsigned ntables, bool has_scalar)
{
    for (size_t i = 0; i < count; i += VL) {
        vec pr = sr, pi = si;
        if (ntables) {
            const vec tr = FN(load)(a + i), ti = FN(load)(a + FN(TABLE) + i);
            pr = has_scalar ? FMA(-si, ti, sr * tr) : tr;
            pi = has_scalar ? FMA(si, tr, sr * ti) : ti;
        }
        if (ntables > 1) {
            const vec tr = FN(load)(b + i), ti = FN(load)(b + FN(TABLE) + i), qr = pr;
            pr = FMA(-pi, ti, qr * tr);
            pi = FMA(pi, tr, qr * ti);
        }
        const vec x = FN(load)(re + i), y = FN(load)(im + i);
        FN(store)(re + i, FMA(-y, pi, x * pr), false);
        FN(store)(im + i, FMA(y, pr, x * pi), false);
    }
}

/* Two tables, either of which may be NULL, and a factor, for the amplitudes that share a high index.  What is exactly 1
 * is left out, by its value and so on every ISA: where all is, the amplitudes are not touched. */
static void FN(phase_run)(REAL *re, REAL *im, size_t count, const REAL *a, const REAL *b, REAL sr, REAL si)
{
    const vec fr = FN(all)(sr), fi = FN(all)(si);
    const bool scalar = sr != 1 || si != 0;
    if (!a) a = b, b = NULL;
    if (b && scalar) FN(phase_vectors)(re, im, count, a, b, fr, fi, 2, true);
    else if (b) FN(phase_vectors)(re, im, count, a, b, fr, fi, 2, false);
    else if (a && scalar) FN(phase_vectors)(re, im, count, a, b, fr, fi, 1, true);
    else if (a) FN(phase_vectors)(re, im, count, a, b, fr, fi, 1, false);
    else if (scalar) FN(phase_vectors)(re, im, count, a, b, fr, fi, 0, true);
}

/* Phases on a block, one setting of the high positions after the other. */
static void FN(phase_block)(REAL *block, const struct FN(tile) *t, struct FN(ready) *ready, uint64_t number)
{
    const size_t count = (size_t)1 << t->table_bits, size = (size_t)1 << t->block_bits;
    const size_t nhigh = (size_t)1 << (t->m - t->table_bits);
    const REAL *factors = ready->high;
    uint32_t high = (uint32_t)(number << (t->block_bits - t->table_bits));
    for (REAL *re = block; re < block + size; re += count, high++) {
        const REAL *a = ready->phases->nsets ? FN(needed_of)(ready, 0, high) : NULL;
        const REAL *b = FN(second_table)(t, ready, high);
        FN(phase_run)(re, re + size, count, a, b, factors ? factors[high] : 1,
                      factors ? factors[nhigh + high] : 0);
    }
}
