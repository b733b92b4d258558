/* finish.c - the end of a form: what is still pending becomes phases and flips. */
#include "forming.h"

/* Of modulus 1 again, after it was multiplied from many. */
static ketsim_complex renormalized(ketsim_complex phase)
{
    if (c_is(phase, 1)) return phase;
    return c_snap(c_unit_near(phase));
}

static void renormalize(struct form *form)
{
    for (size_t k = 0; k < form->nepochs; k++) form->epochs[k].phase = renormalized(form->epochs[k].phase);
    for (size_t k = 0; k < form->nterms; k++) form->terms[k].factor = renormalized(form->terms[k].factor);
    form->global = renormalized(form->global);
}

/* Terms move to the bit's current epoch, where they see its other value. */
static void take_over(struct form *form, unsigned bit, uint32_t terms)
{
    form_current(form, bit)->terms = terms;
    for (uint32_t k = terms; k != FORM_NONE; k = form->refs[k].next) {
        form->refs[k].epoch = form->last[bit];
        form->terms[form->refs[k].term].values ^= UINT64_C(1) << bit;
    }
}

/* An epoch of X alone in front of what the last one holds. */
static void put_x(struct form *form, unsigned bit)
{
    const uint32_t number = (uint32_t)form->nterms, last = form->last[bit];
    form_term(form, 0, 0, COMPLEX(1, 0));
    if (form->out_of_memory || !form_next_epoch(form, bit)) return;
    struct epoch *x = &form->epochs[last];
    form->terms[number].flip = last;
    form->global = c_mul(form->global, x->phase);
    form_current(form, bit)->phase = c_conj(x->phase);
    take_over(form, bit, x->terms);
    x->phase = COMPLEX(1, 0);
    x->terms = FORM_NONE;
    x->step = STEP_FLIP;
    x->dense = number;
}

/* A flip that is left over becomes a step.  Before the phases of the last epoch, so that it follows the rotation before
 * at once and a register group carries out both. */
static void settle(struct form *form, unsigned bit)
{
    ketsim_complex *u = form->pending[bit];
    form_flush(form, bit, true);
    if (form->out_of_memory) return;
    if (form_is_flipped(form, bit)) {
        put_x(form, bit);
        u[0] = u[1];
        u[3] = u[2];
    }
    struct epoch *epoch = form_current(form, bit);
    form->global = c_mul(form->global, u[0]);
    epoch->phase = c_mul(epoch->phase, form_ratio(u[3], u[0]));
}

bool form_finish(struct form *form)
{
    for (unsigned bit = 0; bit < form->nbits && !form->out_of_memory; bit++) settle(form, bit);
    renormalize(form);
    return !form->out_of_memory;
}
