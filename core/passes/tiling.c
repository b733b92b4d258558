/* tiling.c - the passes of a circuit, and the layers of each. */
#include "tiling.h"

#include <stdlib.h>
#include <string.h>

#include "../bits.h"
#include "../cplx.h"
#include "builder.h"
#include "list.h"

unsigned tiling_bits(unsigned nbits, ketsim_dtype dtype)
{
    const unsigned most = dtype == KETSIM_COMPLEX128 ? 14
                                                     : 15; /* 256 KiB: half of a small second-level cache */
    const unsigned whole = most - 1, several = 3;          /* up to whole one tile, then eight and more */
    if (nbits <= whole) return nbits;
    return nbits - several < most ? nbits - several : most;
}

/* ---- phases ------------------------------------------------------------------------------------ */

/* Put the phases of a bit's epoch that can be applied now into the current object. */
static void add_phases(struct builder *b, unsigned bit)
{
    const struct form *form = b->form;
    const struct epoch *epoch = &form->epochs[b->walk.at[bit]];
    const uint64_t mask = UINT64_C(1) << bit;
    if (!(b->phase_done & mask)) phases_add(b, mask, mask, epoch->phase);
    b->phase_done |= mask;
    for (uint32_t k = epoch->terms; k != FORM_NONE; k = form->refs[k].next) {
        const struct term *term = &form->terms[form->refs[k].term];
        if (b->done[form->refs[k].term] || term->flip != FORM_NONE || !walk_meets(form, &b->walk, term))
            continue;
        phases_add(b, term->mask, term->values, term->factor);
        b->done[form->refs[k].term] = true;
    }
}

/* All phases that some bit of mask can have now. */
static int32_t collect(struct builder *b, uint64_t mask)
{
    phases_begin(b);
    for (; mask && !b->out_of_memory; mask &= mask - 1) add_phases(b, low_bit(mask));
    return b->out_of_memory ? -1 : phases_end(b);
}

/* ---- layers ------------------------------------------------------------------------------------ */

static bool terms_met(const struct builder *b, uint32_t epoch)
{
    for (uint32_t k = b->form->epochs[epoch].terms; k != FORM_NONE; k = b->form->refs[k].next) {
        const struct term *term = &b->form->terms[b->form->refs[k].term];
        if (term->flip != FORM_NONE ? !walk_has_flipped(b->form, &b->walk, term)
                                    : !b->done[b->form->refs[k].term] && !walk_meets(b->form, &b->walk, term))
            return false;
    }
    return true;
}

/* Whether the bit's step can run in this pass as soon as phases have been collected. */
static bool is_ready(const struct builder *b, unsigned bit)
{
    const uint32_t at = b->walk.at[bit];
    const struct epoch *epoch = &b->form->epochs[at];
    if (at == b->end.at[bit] || !terms_met(b, at)) return false;
    if (epoch->step == STEP_FLIP) return walk_meets(b->form, &b->walk, &b->form->terms[epoch->dense]);
    return epoch->step == STEP_ROTATE ||
           (b->walk.at[epoch->mate] == epoch->mate_epoch && terms_met(b, epoch->mate_epoch));
}

static void pass_step(struct builder *b, unsigned bit)
{
    b->walk.at[bit] = b->form->epochs[b->walk.at[bit]].next;
    b->phase_done &= ~(UINT64_C(1) << bit);
}

static double rounded(const struct builder *b, double x)
{
    return b->out.dtype == KETSIM_COMPLEX128 ? x : (double)(float)x;
}

/* The root of a half is not a number; always rounded the same way it would let the norm drift. */
double builder_pay(struct builder *b)
{
    const double paid = rounded(b, sqrt(b->owed) * (1 + b->residue / 2));
    b->residue += fma(-paid, paid, b->owed) / b->owed;
    b->owed = 1;
    return paid;
}

static void rotate(struct builder *b, unsigned bit)
{
    const struct epoch *epoch = &b->form->epochs[b->walk.at[bit]];
    const double p = rounded(b, epoch->p), t = rounded(b, epoch->t);
    if (!BUILDER_RESERVE(b, out.rotations, out.nrotations, rotation_capacity, 1)) return;
    b->out.rotations[b->out.nrotations++] = (struct rotation){p, t, (uint8_t)b->position[bit]};
    b->owed /= p * p + t * t;
    pass_step(b, bit);
}

static void flip(struct builder *b, unsigned bit)
{
    const struct epoch *epoch = &b->form->epochs[b->walk.at[bit]];
    const struct term *term = &b->form->terms[epoch->dense];
    struct flip flip = {.target = (uint8_t)b->position[bit]};
    if (!BUILDER_RESERVE(b, out.flips, out.nflips, flip_capacity, 1)) return;
    for (uint64_t m = term->mask; m; m &= m - 1) {
        const int p = b->position[low_bit(m)];
        const uint64_t value = term->values >> low_bit(m) & 1;
        if (p < 0) {
            flip.outer_mask |= m & -m;
            flip.outer_values |= term->values & m & -m;
        } else {
            flip.mask |= 1u << p;
            flip.values |= (uint32_t)value << p;
        }
    }
    b->out.flips[b->out.nflips++] = flip;
    pass_step(b, bit);
}

static void add_layer(struct builder *b, int32_t phases, int32_t pair, uint64_t rotated, uint64_t flipped)
{
    if (!BUILDER_RESERVE(b, out.layers, out.nlayers, layer_capacity, 1)) return;
    b->out.layers[b->out.nlayers++] = (struct layer){.phases = phases,
                                                     .pair = pair,
                                                     .first_rotation = (uint32_t)b->out.nrotations,
                                                     .nrotations = bit_count(rotated),
                                                     .first_flip = (uint32_t)b->out.nflips,
                                                     .nflips = bit_count(flipped)};
    for (; rotated && !b->out_of_memory; rotated &= rotated - 1) rotate(b, low_bit(rotated));
    for (; flipped && !b->out_of_memory; flipped &= flipped - 1) flip(b, low_bit(flipped));
}

static void add_pair(struct builder *b, unsigned bit)
{
    const struct epoch *epoch = &b->form->epochs[b->walk.at[bit]];
    const struct dense *dense = &b->form->dense[epoch->dense];
    if (!BUILDER_RESERVE(b, out.pairs, out.npairs, pair_capacity, 1)) return;
    struct pair_matrix *pair = &b->out.pairs[b->out.npairs];
    memcpy(pair->entries, dense->entries, sizeof pair->entries);
    pair->high = (uint8_t)b->position[dense->high];
    pair->low = (uint8_t)b->position[dense->low];
    add_layer(b, -1, (int32_t)b->out.npairs++, 0, 0);
    pass_step(b, epoch->mate);
    pass_step(b, bit);
}

/* Whether no phase of the bit's epoch is left to be applied. */
static bool is_clean(const struct builder *b, unsigned bit)
{
    const struct epoch *epoch = &b->form->epochs[b->walk.at[bit]];
    if (!(b->phase_done >> bit & 1) && !c_is_one(epoch->phase)) return false;
    for (uint32_t k = epoch->terms; k != FORM_NONE; k = b->form->refs[k].next)
        if (b->form->terms[b->form->refs[k].term].flip == FORM_NONE && !b->done[b->form->refs[k].term])
            return false;
    return true;
}

/* Bits whose steps can run, by kind; of a dense step both bits. */
struct ready {
    uint64_t rotated, flipped, paired;
};

static struct ready find_ready(const struct builder *b, uint64_t local, bool clean)
{
    struct ready ready = {0, 0, 0};
    for (uint64_t m = local & ~ready.paired; m; m = m & (m - 1) & ~ready.paired) {
        const unsigned bit = low_bit(m);
        const uint64_t mask = UINT64_C(1) << bit;
        if (!is_ready(b, bit) || (clean && !is_clean(b, bit))) continue;
        const struct epoch *epoch = &b->form->epochs[b->walk.at[bit]];
        if (epoch->step == STEP_ROTATE) ready.rotated |= mask;
        else if (epoch->step == STEP_FLIP) ready.flipped |= mask;
        else if (!clean || is_clean(b, epoch->mate)) ready.paired |= mask | UINT64_C(1) << epoch->mate;
    }
    return ready;
}

static void add_pairs(struct builder *b, uint64_t paired)
{
    while (paired && !b->out_of_memory) {
        const unsigned bit = low_bit(paired);
        paired &= ~(UINT64_C(1) << bit | UINT64_C(1) << b->form->epochs[b->walk.at[bit]].mate);
        add_pair(b, bit);
    }
}

/* Steps that can run; false when none can.  Phases cost about four rotations however many they are, so first all
 * that can do without: flips, then the others. */
static bool add_ready(struct builder *b, uint64_t local)
{
    struct ready ready = find_ready(b, local, true);
    int32_t phases = -1;
    if (ready.flipped) ready.rotated = ready.paired = 0;
    if (!ready.flipped && !ready.rotated && !ready.paired) {
        uint64_t waiting = 0;
        ready = find_ready(b, local, false);
        if (!ready.flipped && !ready.rotated && !ready.paired) return false;
        for (uint64_t m = local; m; m &= m - 1)
            if (b->walk.at[low_bit(m)] != b->end.at[low_bit(m)]) waiting |= m & -m;
        phases = collect(b, waiting);
    }
    if (phases >= 0 || ready.rotated || ready.flipped) add_layer(b, phases, -1, ready.rotated, ready.flipped);
    add_pairs(b, ready.paired);
    return !b->out_of_memory;
}

/* ---- passes ------------------------------------------------------------------------------------ */

static void place_bits(struct builder *b, uint64_t local)
{
    int position = 0;
    for (unsigned bit = 0; bit < b->form->nbits; bit++) b->position[bit] = local >> bit & 1 ? position++ : -1;
}

/* The next pass; active: see struct tiled_pass.  Returns whether it was the last. */
static bool add_pass(struct builder *b, unsigned m, uint64_t *active)
{
    if (!BUILDER_RESERVE(b, out.passes, out.npasses, pass_capacity, 1)) return true;
    struct tiled_pass *pass = &b->out.passes[b->out.npasses++];
    const unsigned lowest = m < 8 ? LEAST_RUN_BITS : LEAST_RUN_BITS + 1;
    const uint64_t all = (UINT64_C(1) << b->form->nbits) - 1;
    const uint64_t local = walk_choose(b->form, &b->end, m, lowest, *active);
    *pass = (struct tiled_pass){.local = local,
                                .active = *active,
                                .m = m,
                                .from_zero = !*active,
                                .scale = {1, 0},
                                .first_layer = b->out.nlayers};
    place_bits(b, local);
    while (add_ready(b, local)) continue;
    *active |= local;
    const bool last = walk_ended(b->form, &b->walk);
    if (last) {
        const int32_t phases = collect(b, all);
        if (phases >= 0) add_layer(b, phases, -1, 0, 0);
        pass->clear = all & ~*active;
    }
    pass->nlayers = b->out.nlayers - pass->first_layer;
    pass->scale = c_scale(last ? b->form->global : COMPLEX(1, 0), builder_pay(b));
    return last;
}

/* Low tables in the state's precision, real and imaginary parts apart. */
static bool convert_tables(struct builder *b)
{
    const size_t table = (size_t)1 << TABLE_BITS;
    struct tiling *out = &b->out;
    const size_t size = out->dtype == KETSIM_COMPLEX128 ? sizeof(double) : sizeof(float);
    out->tables = aligned_alloc(64, (b->ntables ? 2 * b->ntables : 64) * size);
    if (!out->tables) return false;
    for (size_t k = 0; k < b->ntables; k++)
        for (unsigned part = 0; part < 2; part++) {
            const double value = part ? b->tables[k].im : b->tables[k].re;
            const size_t to = k / table * 2 * table + part * table + k % table;
            if (out->dtype == KETSIM_COMPLEX128) ((double *)out->tables)[to] = value;
            else ((float *)out->tables)[to] = (float)value;
        }
    return true;
}

bool tiling_init(struct tiling *tiling, const struct form *form, ketsim_dtype dtype, unsigned m)
{
    struct builder b = {.form = form, .owed = 1};
    uint64_t active = form->from_label ? 0 : (UINT64_C(1) << form->nbits) - 1;
    b.out.nbits = form->nbits;
    b.out.dtype = dtype;
    memcpy(b.walk.at, form->first, sizeof b.walk.at);
    b.end = b.walk;
    b.done = calloc(form->nterms + 1, sizeof *b.done);
    b.out_of_memory = !b.done;
    while (!b.out_of_memory && !add_pass(&b, m, &active)) continue;
    if (!b.out_of_memory) b.out_of_memory = !convert_tables(&b);
    free(b.done);
    free(b.tables);
    *tiling = b.out;
    return !b.out_of_memory;
}

void tiling_clear(struct tiling *tiling)
{
    free(tiling->passes);
    free(tiling->layers);
    free(tiling->rotations);
    free(tiling->flips);
    free(tiling->phases);
    free(tiling->tables);
    free(tiling->highs);
    free(tiling->links);
    free(tiling->pairs);
}
