/* tile_tables.h - the tables of phases that depend on where a tile lies.  Part of tile_body.h. */

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

/* Multiply the entries whose index has these values on mask. */
static void FN(multiply_matching)(REAL *re, REAL *im, unsigned bits, uint64_t mask, uint64_t values,
                                  ketsim_complex factor)
{
    const REAL fr = (REAL)factor.re, fi = (REAL)factor.im;
    for (size_t k = 0; k < (size_t)1 << bits; k = next_around(k, mask, 1))
        FN(multiply_one)(&re[k | values], &im[k | values], fr, fi);
}

/* Whether a link holds in some setting of the tile's positions. */
INLINE bool FN(is_here)(const struct link *link, uint64_t outer)
{
    return !((outer ^ link->outer_values) & link->outer_mask);
}

INLINE bool FN(is_at)(const struct link *link, uint32_t high)
{
    return !((high ^ link->high_values) & link->high_mask);
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
        if (!FN(is_here)(link, ready->outer)) continue;
        if (link->high_mask != (link->high_values & -link->high_values)) continue;
        FN(multiply_one)(link->high_mask ? &gr[j] : &scalar_re, link->high_mask ? &gi[j] : &scalar_im,
                         (REAL)link->factor.re, (REAL)link->factor.im);
    }
    FN(products)(re, im, bits, gr, gi, scalar_re, scalar_im);
    for (size_t k = p->nlow_links; k < p->nlinks; k++) {
        const struct link *link = &links[k];
        if (!FN(is_here)(link, ready->outer)) continue;
        if (link->high_mask == (link->high_values & -link->high_values)) continue;
        FN(multiply_matching)(re, im, bits, link->high_mask, link->high_values, link->factor);
    }
    const REAL *plain = (const REAL *)t->tiling->highs + 2 * p->high;
    for (size_t i = 0; p->high != NO_TABLE && i < (size_t)1 << bits; i++)
        FN(multiply_one)(&re[i], &im[i], plain[i], plain[((size_t)1 << bits) + i]);
}

/* a x b, of count entries each. */
static void FN(multiply_tables)(REAL *out, const REAL *a, const REAL *b, size_t count)
{
    for (size_t i = 0; i < count; i += VL) {
        const vec ar = FN(load)(a + i), ai = FN(load)(a + FN(TABLE) + i);
        const vec br = FN(load)(b + i), bi = FN(load)(b + FN(TABLE) + i);
        FN(store)(out + i, FMA(-ai, bi, ar * br), false);
        FN(store)(out + FN(TABLE) + i, FMA(ai, br, ar * bi), false);
    }
}

/* The product of the links here that have no high positions. */
static void FN(make_low)(REAL *out, const struct FN(tile) *t, const struct FN(ready) *ready)
{
    const struct link *links = t->tiling->links + ready->phases->first_link;
    REAL gr[TABLE_BITS], gi[TABLE_BITS], *re = out, *im = out + FN(TABLE);
    for (unsigned j = 0; j < TABLE_BITS; j++) gr[j] = 1, gi[j] = 0;
    for (int single = 1; single >= 0; single--) { /* of one position's 1 first: they are many */
        for (size_t k = 0; k < ready->phases->nlow_links; k++) {
            const struct link *link = &links[k];
            if (link->high_mask || !FN(is_here)(link, ready->outer)) continue;
            if ((link->low_mask == (link->low_values & -link->low_values)) != single) continue;
            const unsigned j = low_bit(link->low_mask);
            if (single) FN(multiply_one)(&gr[j], &gi[j], (REAL)link->factor.re, (REAL)link->factor.im);
            else FN(multiply_matching)(re, im, t->table_bits, link->low_mask, link->low_values, link->factor);
        }
        if (single) FN(products)(re, im, t->table_bits, gr, gi, 1, 0);
    }
}

/* Multiply a link into the tables of a set where it holds. */
static void FN(link_set)(REAL *tables, const struct FN(tile) *t, uint32_t set, const struct link *link)
{
    uint32_t high = 0;
    do {
        if (FN(is_at)(link, high))
            FN(multiply_matching)(tables, tables + FN(TABLE), t->table_bits, link->low_mask, link->low_values,
                                  link->factor);
        tables += 2 * FN(TABLE);
        high = (uint32_t)FN(next_setting)(high, set);
    } while (high);
}

/* The tables of a set, size reals, times the links here that have no high positions. */
static void FN(multiply_low)(REAL *out, const REAL *tables, size_t size, const struct FN(tile) *t,
                             const struct FN(ready) *ready)
{
    _Alignas(64) REAL low[2 * FN(TABLE)];
    FN(make_low)(low, t, ready);
    for (size_t k = 0; k < size; k += 2 * FN(TABLE))
        FN(multiply_tables)(out + k, tables + k, low, (size_t)1 << t->table_bits);
}

/* The tables of set s with the links that are here, in room; returns what is left of it. */
static REAL *FN(make_set)(REAL *room, const struct FN(tile) *t, struct FN(ready) *ready, unsigned s)
{
    const struct phases *p = ready->phases;
    const struct link *links = t->tiling->links + p->first_link, *end = links + p->nlow_links;
    const size_t size = (size_t)2 * FN(TABLE) << bit_count(p->sets[s]);
    bool any = false, any_low = false;
    for (const struct link *link = links; link < end; link++) {
        const bool here = FN(is_here)(link, ready->outer) && tile_set_of(p, link->high_mask) == s;
        any |= here;
        any_low |= here && !link->high_mask;
    }
    if (!any) return room;
    if (any_low) FN(multiply_low)(room, ready->sets[s], size, t, ready);
    else memcpy(room, ready->sets[s], size * sizeof(REAL));
    for (const struct link *link = links; link < end; link++)
        if (link->high_mask && FN(is_here)(link, ready->outer) && tile_set_of(p, link->high_mask) == s)
            FN(link_set)(room, t, p->sets[s], link);
    ready->sets[s] = room;
    ready->ones[s] = 0;
    return room + size;
}
