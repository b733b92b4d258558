/* tile_phase.h - products of many phases on a tile, by tables.  Part of tile_body.h. */

/* For the settings k of bits bits: scalar x the product of g[j] over the bits j of k.  Real and imaginary parts are
 * kept apart here and below: next to one another gcc 12 fuses them (vfmaddsub), whatever -ffp-contract says. */
INLINE void FN(products)(REAL *re, REAL *im, unsigned bits, const REAL *g_re, const REAL *g_im,
                         REAL scalar_re, REAL scalar_im)
{
    re[0] = scalar_re;
    im[0] = scalar_im;
    for (unsigned j = 0; j < bits; j++) {
        const size_t half = (size_t)1 << j;
        const REAL gr = g_re[j], gi = g_im[j];
        for (size_t k = 0; k < half; k++) {
            re[half + k] = re[k] * gr - im[k] * gi;
            im[half + k] = re[k] * gi + im[k] * gr;
        }
    }
}

INLINE void FN(multiply_one)(REAL *re, REAL *im, REAL fr, REAL fi)
{
    const REAL x = *re;
    *re = x * fr - *im * fi;
    *im = x * fi + *im * fr;
}

/* The table for a high index: table x the links that hold there. */
static void FN(make_variant)(REAL *out, const struct FN(tile) *t, const struct FN(ready) *ready,
                             uint32_t high)
{
    const struct link *links = t->tiling->links + ready->phases->first_link;
    REAL gr[TABLE_BITS], gi[TABLE_BITS], *re = out, *im = out + FN(TABLE);
    const size_t count = (size_t)1 << t->table_bits;
    for (unsigned j = 0; j < TABLE_BITS; j++) gr[j] = 1, gi[j] = 0;
    for (size_t k = 0; k < ready->phases->nlow_links; k++) {
        const struct link *link = &links[k];
        if (link->low_mask != (link->low_values & -link->low_values))
            continue; /* several positions, or value 0 */
        if ((ready->outer ^ link->outer_values) & link->outer_mask) continue;
        if ((high ^ link->high_values) & link->high_mask) continue;
        const unsigned j = low_bit(link->low_mask);
        FN(multiply_one)(&gr[j], &gi[j], (REAL)link->factor.re, (REAL)link->factor.im);
    }
    FN(products)(re, im, t->table_bits, gr, gi, 1, 0);
    for (size_t k = 0; k < ready->phases->nlow_links; k++) {
        const struct link *link = &links[k];
        if (link->low_mask == (link->low_values & -link->low_values)) continue;
        if ((ready->outer ^ link->outer_values) & link->outer_mask) continue;
        if ((high ^ link->high_values) & link->high_mask) continue;
        for (size_t i = 0; i < count; i++)
            if (((i ^ link->low_values) & link->low_mask) == 0)
                FN(multiply_one)(&re[i], &im[i], (REAL)link->factor.re, (REAL)link->factor.im);
    }
    const REAL *tr = ready->table, *ti = tr + FN(TABLE);
    for (size_t i = 0; tr && i < count; i++) {
        const REAL x = re[i];
        re[i] = x * tr[i] - im[i] * ti[i];
        im[i] = x * ti[i] + im[i] * tr[i];
    }
}

/* The factors of all high indices in this tile. */
static void FN(make_high)(REAL *out, const struct FN(tile) *t, const struct FN(ready) *ready)
{
    const struct phases *p = ready->phases;
    const struct link *links = t->tiling->links + p->first_link;
    const unsigned bits = t->m - t->table_bits;
    REAL gr[MAX_TILE_BITS], gi[MAX_TILE_BITS], scalar_re = 1, scalar_im = 0;
    REAL *re = out, *im = out + ((size_t)1 << bits);
    for (unsigned j = 0; j < bits; j++) gr[j] = 1, gi[j] = 0;
    for (size_t k = p->nlow_links; k < p->nlinks; k++) {
        const struct link *link = &links[k];
        const unsigned j = link->high_mask ? low_bit(link->high_mask) : 0;
        if ((ready->outer ^ link->outer_values) & link->outer_mask) continue;
        if (link->high_mask != (link->high_values & -link->high_values)) continue;
        FN(multiply_one)(link->high_mask ? &gr[j] : &scalar_re, link->high_mask ? &gi[j] : &scalar_im,
                         (REAL)link->factor.re, (REAL)link->factor.im);
    }
    FN(products)(re, im, bits, gr, gi, scalar_re, scalar_im);
    for (size_t k = p->nlow_links; k < p->nlinks; k++) {
        const struct link *link = &links[k];
        if ((ready->outer ^ link->outer_values) & link->outer_mask) continue;
        if (link->high_mask == (link->high_values & -link->high_values)) continue;
        for (size_t i = 0; i < (size_t)1 << bits; i++)
            if (((i ^ link->high_values) & link->high_mask) == 0)
                FN(multiply_one)(&re[i], &im[i], (REAL)link->factor.re, (REAL)link->factor.im);
    }
    const REAL *plain = (const REAL *)t->tiling->highs + 2 * p->high;
    for (size_t i = 0; p->high != NO_TABLE && i < (size_t)1 << bits; i++)
        FN(multiply_one)(&re[i], &im[i], plain[i], plain[((size_t)1 << bits) + i]);
}

/* Number of the setting of linked positions that a high index has. */
INLINE unsigned FN(variant_of)(uint32_t high, uint32_t linked)
{
    unsigned number = 0, j = 0;
    for (; linked; linked &= linked - 1) number |= (high >> low_bit(linked) & 1) << j++;
    return number;
}

static void FN(get_ready)(struct FN(ready) *ready, const struct FN(tile) *t, const struct phases *phases,
                          uint64_t outer, REAL *room)
{
    const unsigned high_bits = t->m - t->table_bits, nlinked = bit_count(phases->linked);
    *ready = (struct FN(ready)){.phases = phases, .outer = outer, .variants = room};
    if (phases->low != NO_TABLE) ready->table = (const REAL *)t->tiling->tables + phases->low * 2 * FN(TABLE);
    ready->varied = phases->nlow_links;
    if (phases->outer_high) {
        REAL *high = room + ((size_t)2 * FN(TABLE) << VARIANT_BITS);
        FN(make_high)(high, t, ready);
        ready->high = high;
    } else if (phases->high != NO_TABLE) {
        ready->high = (const REAL *)t->tiling->highs + 2 * phases->high;
    }
    if (phases->made) ready->settings = ready->table;
    ready->per_high = nlinked > VARIANT_BITS;
    if (!ready->varied || ready->per_high || phases->made) return;
    ready->settings = room;
    for (uint32_t high = 0; high < 1u << high_bits; high++)
        if (!(high & ~phases->linked))
            FN(make_variant)(room + (size_t)2 * FN(TABLE) *FN(variant_of)(high, phases->linked), t, ready,
                             high);
}

INLINE void FN(phase_vectors)(REAL *re, REAL *im, size_t count, const REAL *table, vec sr, vec si,
                              bool has_table, bool has_scalar)
{
    for (size_t i = 0; i < count; i += VL) {
        vec pr = sr, pi = si;
        if (has_table) {
            const vec tr = FN(load)(table + i), ti = FN(load)(table + FN(TABLE) + i);
            pr = has_scalar ? FMA(-si, ti, sr * tr) : tr;
            pi = has_scalar ? FMA(si, tr, sr * ti) : ti;
        }
        const vec x = FN(load)(re + i), y = FN(load)(im + i);
        FN(store)(re + i, FMA(-y, pi, x * pr), false);
        FN(store)(im + i, FMA(y, pr, x * pi), false);
    }
}

/* Phases on a block, one setting of the high positions after the other. */
static void FN(phase_block)(REAL *block, const struct FN(tile) *t, const struct FN(ready) *ready,
                            uint64_t number)
{
    const size_t count = (size_t)1 << t->table_bits, size = (size_t)1 << t->block_bits;
    const size_t nhigh = (size_t)1 << (t->m - t->table_bits);
    uint32_t high = (uint32_t)(number << (t->block_bits - t->table_bits));
    for (REAL *re = block; re < block + size; re += count, high++) {
        const REAL *table = ready->table;
        if (ready->per_high) FN(make_variant)(ready->variants, t, ready, high);
        if (ready->per_high) table = ready->variants;
        else if (ready->varied)
            table = ready->settings + (size_t)2 * FN(TABLE) *FN(variant_of)(high, ready->phases->linked);
        vec sr = FN(all)(1), si = FN(all)(0);
        if (ready->high) sr = FN(all)(ready->high[high]), si = FN(all)(ready->high[nhigh + high]);
        if (table && ready->high) FN(phase_vectors)(re, re + size, count, table, sr, si, true, true);
        else if (table) FN(phase_vectors)(re, re + size, count, table, sr, si, true, false);
        else FN(phase_vectors)(re, re + size, count, table, sr, si, false, true);
    }
}
