/* form.c - sweeps to rotations and phases.  The definitions stand in form.h. */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#include "../bits.h"
#include "forming.h"

/* The tangent of a bit's last rotation may be up to this, where others stay below 1: no flip is left over. */
static const double LAST_TANGENT = 64;

/* ---- lists ------------------------------------------------------------------------------------- */

/* Close the current epoch of the bit with what the caller has put in it, and open the next. */
bool form_next_epoch(struct form *form, unsigned bit)
{
    if (!FORM_RESERVE(form, epochs, epoch_capacity, nepochs, 1)) return false;
    struct epoch *old = form_current(form, bit), *new = &form->epochs[form->nepochs];
    *new = (struct epoch){.phase = {1, 0}, .terms = FORM_NONE, .next = FORM_NONE, .bit = (uint8_t)bit};
    new->number = old->number + 1;
    form->before[bit] = form->last[bit];
    form->last[bit] = old->next = (uint32_t)form->nepochs++;
    return true;
}

void form_reopen(struct form *form, unsigned bit)
{
    struct epoch *epoch = &form->epochs[form->before[bit]];
    epoch->step = STEP_NONE;
    epoch->next = FORM_NONE;
    form->last[bit] = form->before[bit];
    form->before[bit] = FORM_NONE;
}

bool form_is_swap(const ketsim_complex *m)
{
    static const bool entry[PAIR_ENTRIES] = {1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    for (unsigned k = 0; k < PAIR_ENTRIES; k++)
        if (!entry[k] && !c_is(m[k], 0)) return false;
    return true;
}

/* Whether appending the sweep only renames its targets, phases apart. */
static bool renames(const struct sweep *sweep)
{
    return !sweep->diagonal && sweep->ntargets == 2 && !sweep->control_mask && form_is_swap(sweep->entries);
}

/* The naming to start with that SWAPs will turn into the identity: the inverse of what they make of the identity. */
static void name_bits(struct form *form, const struct sweep *sweeps, size_t count)
{
    uint8_t moved[KETSIM_MAX_QUBITS];
    for (unsigned bit = 0; bit < form->nbits; bit++) moved[bit] = (uint8_t)bit;
    for (size_t k = 0; form->from_label && k < count; k++)
        if (renames(&sweeps[k])) form_exchange(moved, sweeps[k].targets);
    for (unsigned bit = 0; bit < form->nbits; bit++) form->place[moved[bit]] = (uint8_t)bit;
}

static void start_from(struct form *form, const char *label)
{
    static const double h = 0.70710678118654752440;
    static const struct {
        char name;
        ketsim_complex matrix[4];
    } starts[] = {{'1', {{0, 0}, {1, 0}, {1, 0}, {0, 0}}},
                  {'+', {{h, 0}, {h, 0}, {h, 0}, {-h, 0}}},
                  {'-', {{h, 0}, {h, 0}, {-h, 0}, {h, 0}}},
                  {'r', {{h, 0}, {h, 0}, {0, h}, {0, -h}}},
                  {'l', {{h, 0}, {h, 0}, {0, -h}, {0, h}}}};
    for (unsigned bit = 0; bit < form->nbits; bit++)
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++)
            if (label[form->nbits - 1 - bit] == starts[k].name)
                memcpy(form->pending[form->place[bit]], starts[k].matrix, sizeof starts[k].matrix);
}

void form_init(struct form *form, unsigned nbits, const char *label, const struct sweep *sweeps, size_t count)
{
    memset(form, 0, sizeof *form);
    form->nbits = nbits;
    form->from_label = label;
    form->global = COMPLEX(1, 0);
    name_bits(form, sweeps, count);
    if (!FORM_RESERVE(form, epochs, epoch_capacity, nepochs, nbits)) return;
    for (unsigned bit = 0; bit < nbits; bit++) {
        form->epochs[bit] = (struct epoch){
            .phase = {1, 0}, .terms = FORM_NONE, .next = FORM_NONE, .bit = (uint8_t)bit};
        form->first[bit] = form->last[bit] = bit;
        form->before[bit] = FORM_NONE;
        form->pending[bit][0] = form->pending[bit][3] = COMPLEX(1, 0);
    }
    form->nepochs = nbits;
    if (label) start_from(form, label);
}

void form_clear(struct form *form)
{
    free(form->epochs);
    free(form->terms);
    free(form->refs);
    free(form->dense);
    free(form->readings);
}

size_t form_bytes(const struct form *form)
{
    return sizeof *form + form->epoch_capacity * sizeof *form->epochs +
           form->term_capacity * sizeof *form->terms + form->ref_capacity * sizeof *form->refs +
           form->dense_capacity * sizeof *form->dense + form->reading_capacity * sizeof *form->readings;
}

/* ---- one bit ----------------------------------------------------------------------------------- */

/* The gate u acts after what is pending: column by column. */
void form_gate(struct form *form, unsigned bit, const ketsim_complex *u)
{
    ketsim_complex *p = form->pending[bit];
    for (unsigned k = 0; k < 2; k++) {
        const ketsim_complex on0 = p[k], on1 = p[2 + k];
        p[k] = c_add(c_mul(u[0], on0), c_mul(u[1], on1));
        p[2 + k] = c_add(c_mul(u[2], on0), c_mul(u[3], on1));
    }
}

void form_diagonal_gate(struct form *form, unsigned bit, ketsim_complex on0, ketsim_complex on1)
{
    ketsim_complex *u = form->pending[bit];
    for (unsigned k = 0; k < 2; k++) {
        u[k] = c_mul(on0, u[k]);
        u[2 + k] = c_mul(on1, u[2 + k]);
    }
}

static void exchange_rows(ketsim_complex *u)
{
    for (unsigned k = 0; k < 2; k++) {
        const ketsim_complex row0 = u[k];
        u[k] = u[2 + k];
        u[2 + k] = row0;
    }
}

/* A phase before the bit's step that is being made.  A sign goes before a reading that has just been made, where
 * it costs nothing. */
static void phase_before_step(struct form *form, unsigned bit, ketsim_complex phase)
{
    struct epoch *epoch = form_current(form, bit);
    const uint32_t before = form->before[bit];
    const bool is_sign = phase.re < 0 && fabs(phase.im) < FORM_NOTHING;
    if (is_sign && before != FORM_NONE && form->epochs[before].step == STEP_READ) {
        struct read_step *reading = &form->readings[form->epochs[before].dense];
        reading->negated = !reading->negated;
        epoch = &form->epochs[before];
        phase = COMPLEX(-1, 0);
    }
    epoch->phase = c_mul(epoch->phase, phase);
}

/* u = global x diag(1, after) x rotation x diag(1, before), where c and s are the sizes of its first column; neither is u
 * diagonal nor a flip.  Returns after. */
static ketsim_complex split(struct form *form, unsigned bit, const ketsim_complex *u, double c, double s)
{
    const ketsim_complex unit = c_scale(u[0], 1 / c), other = c_scale(u[2], 1 / s);
    ketsim_complex after = c_snap(c_mul(other, c_conj(unit)));
    double sign = 1;
    if (after.re < 0 && fabs(after.im) < FORM_NOTHING) { /* no phase is better than a sign */
        after = COMPLEX(-after.re, -after.im);
        sign = -1;
    }
    if (!c_is(unit, 1)) form->global = c_mul(form->global, unit);
    const ketsim_complex corner = c > s ? c_scale(c_mul(u[3], c_conj(other)), sign / c)
                                        : c_scale(c_mul(u[1], c_conj(unit)), -sign / s);
    if (!c_is(corner, 1)) phase_before_step(form, bit, c_unit_near(corner));
    struct epoch *out = form_current(form, bit);
    out->step = STEP_ROTATE;
    out->t = sign * snap_to_one(s / c);
    return after;
}

/* Move what is pending into the epochs, all but a diagonal or a flip with a diagonal; at the end rather no flip. */
void form_flush(struct form *form, unsigned bit, bool at_end)
{
    ketsim_complex *u = form->pending[bit];
    if (c_is(u[2], 0) || c_is(u[0], 0)) {
        u[c_is(u[2], 0) ? 1 : 3] = COMPLEX(0, 0);
        return;
    }
    double c = c_abs(u[0]), s = c_abs(u[2]);
    if (s < FORM_NOTHING * c) {
        u[1] = u[2] = COMPLEX(0, 0);
        return;
    }
    if (c < FORM_NOTHING * s) {
        u[0] = u[3] = COMPLEX(0, 0);
        return;
    }
    const bool flip = c < s * (at_end ? 1 / LAST_TANGENT : 1 - 1e-12);
    if (flip) {
        exchange_rows(u);
        const double first = c;
        c = s;
        s = first;
    }
    const ketsim_complex after = split(form, bit, u, c, s);
    memset(u, 0, 4 * sizeof *u);
    u[flip ? 2 : 0] = COMPLEX(1, 0);
    u[flip ? 1 : 3] = after;
    form_next_epoch(form, bit);
}

/* ---- phases ------------------------------------------------------------------------------------ */

/* Whether the bit still has the value it started with, which is 0 then. */
static bool is_untouched(struct form *form, unsigned bit)
{
    return form->from_label && form_current(form, bit)->number == 0;
}

static struct term *find_term(struct form *form, uint64_t mask, uint64_t values)
{
    for (uint32_t k = form_current(form, low_bit(mask))->terms; k != FORM_NONE; k = form->refs[k].next) {
        struct term *term = &form->terms[form->refs[k].term];
        bool same = term->mask == mask && term->values == values && term->flip == FORM_NONE;
        unsigned r = term->refs;
        for (uint64_t m = mask; same && m; m &= m - 1) same = form->refs[r++].epoch == form->last[low_bit(m)];
        if (same) return term;
    }
    return NULL;
}

void form_term(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor)
{
    if (!FORM_RESERVE(form, terms, term_capacity, nterms, 1) ||
        !FORM_RESERVE(form, refs, ref_capacity, nrefs, bit_count(mask)))
        return;
    form->terms[form->nterms] = (struct term){mask, values, factor, FORM_NONE, (uint32_t)form->nrefs};
    for (uint64_t m = mask; m; m &= m - 1) {
        struct epoch *epoch = form_current(form, low_bit(m));
        form->refs[form->nrefs] = (struct ref){(uint32_t)form->nterms, form->last[low_bit(m)], epoch->terms};
        epoch->terms = (uint32_t)form->nrefs++;
    }
    form->nterms++;
}

/* On one or two bits it is brought to values of 1, where it merges with others. */
void form_place(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor)
{
    const uint64_t zeros = mask & ~values, lowest = zeros & -zeros;
    if (!mask) {
        form->global = c_mul(form->global, factor);
    } else if (zeros && bit_count(mask) <= 2) {
        form_place(form, mask & ~lowest, values, factor);
        form_place(form, mask, values | lowest, c_conj(factor));
    } else if (bit_count(mask) == 1) {
        struct epoch *epoch = form_current(form, low_bit(mask));
        epoch->phase = c_mul(epoch->phase, factor);
    } else {
        struct term *term = find_term(form, mask, values);
        if (term) term->factor = c_mul(term->factor, factor);
        else form_term(form, mask, values, factor);
    }
}

/* Bring conditions into the frames of the current epochs, and leave out bits that still are what they were.  False
 * when they can never hold. */
bool form_reduce(struct form *form, uint64_t *mask, uint64_t *values)
{
    for (uint64_t m = *mask; m; m &= m - 1) form_flush(form, low_bit(m), false);
    for (uint64_t m = form->out_of_memory ? 0 : *mask; m; m &= m - 1) {
        const uint64_t bit = m & -m;
        if (form_is_flipped(form, low_bit(m))) *values ^= bit;
        if (!is_untouched(form, low_bit(m))) continue;
        if (*values & bit) return false;
        *mask &= ~bit;
    }
    return !form->out_of_memory;
}

void form_phase(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor)
{
    if (!c_is_one(factor) && form_reduce(form, &mask, &values)) form_place(form, mask, values, factor);
}
