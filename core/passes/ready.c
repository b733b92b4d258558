/* ready.c - which steps of a pass can run next; bits are looked at again when something has run that they may wait for. */
#include "../bits.h"
#include "../cplx.h"
#include "builder.h"

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
    return epoch->step == STEP_ROTATE || epoch->step == STEP_READ ||
           (b->walk.at[epoch->mate] == epoch->mate_epoch && terms_met(b, epoch->mate_epoch));
}

void ready_step(struct builder *b, unsigned bit)
{
    const uint64_t mask = UINT64_C(1) << bit;
    b->stale |= walk_step(b->form, &b->walk, bit);
    b->phase_done &= ~mask;
    b->clean &= ~mask;
    b->unclean &= ~mask;
    b->ready.rotated &= ~mask;
    b->ready.flipped &= ~mask;
    b->ready.paired &= ~mask;
    b->ready.read &= ~mask;
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

void ready_find(struct builder *b, uint64_t local)
{
    for (uint64_t m = b->stale & local; m; m &= m - 1) {
        const unsigned bit = low_bit(m);
        const uint64_t mask = m & -m;
        if (!is_ready(b, bit)) continue;
        const struct epoch *epoch = &b->form->epochs[b->walk.at[bit]];
        if (epoch->step == STEP_ROTATE) b->ready.rotated |= mask;
        else if (epoch->step == STEP_FLIP) b->ready.flipped |= mask;
        else if (epoch->step == STEP_READ) b->ready.read |= mask;
        else b->ready.paired |= mask | UINT64_C(1) << epoch->mate;
    }
    b->stale &= ~local;
}

uint64_t ready_without_phase(struct builder *b, uint64_t bits)
{
    for (uint64_t m = bits & ~(b->clean | b->unclean); m; m &= m - 1)
        *(is_clean(b, low_bit(m)) ? &b->clean : &b->unclean) |= m & -m;
    return bits & b->clean;
}

struct ready ready_all_without_phase(struct builder *b, uint64_t local)
{
    ready_find(b, local);
    struct ready ready = {ready_without_phase(b, b->ready.rotated), ready_without_phase(b, b->ready.flipped),
                          ready_without_phase(b, b->ready.paired), ready_without_phase(b, b->ready.read)};
    for (uint64_t m = ready.paired; m; m &= m - 1) /* both bits */
        if (!(ready.paired >> b->form->epochs[b->walk.at[low_bit(m)]].mate & 1)) ready.paired &= ~(m & -m);
    return ready;
}
