/* form.c - sweeps to rotations and phases.  The definitions stand in form.h. */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#include "../bits.h"
#include "../cplx.h"
#include "list.h"

/* Below this an entry of a unitary matrix is a rounding error of 0. */
static const double NOTHING = 1e-15;
/* The last rotation of a bit may be scaled by up to this: its p is 1, and no flip is left over. */
static const double LAST_TANGENT = 64;

/* ---- lists ------------------------------------------------------------------------------------- */

/* Make room in a list of the form, or remember that there is none. */
#define RESERVE(form, items, capacity, length, count) \
    (LIST_RESERVE(form, items, length, capacity, count) || ((form)->out_of_memory = true, false))

static struct epoch *current(struct form *form, unsigned bit)
{
    return &form->epochs[form->last[bit]];
}

/* Close the current epoch of the bit with what the caller has put in it, and open the next. */
static bool next_epoch(struct form *form, unsigned bit)
{
    if (!RESERVE(form, epochs, epoch_capacity, nepochs, 1)) return false;
    struct epoch *old = current(form, bit), *new = &form->epochs[form->nepochs];
    *new = (struct epoch){.phase = {1, 0}, .terms = FORM_NONE, .next = FORM_NONE, .bit = (uint8_t)bit};
    new->number = old->number + 1;
    form->last[bit] = old->next = (uint32_t)form->nepochs++;
    return true;
}

static bool is_swap_of_phases(const ketsim_complex *m)
{
    static const bool entry[PAIR_ENTRIES] = {1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    for (unsigned k = 0; k < PAIR_ENTRIES; k++)
        if (!entry[k] && !c_is(m[k], 0)) return false;
    return true;
}

/* Whether appending the sweep only renames its targets, phases apart. */
static bool renames(const struct sweep *sweep)
{
    return !sweep->diagonal && sweep->ntargets == 2 && !sweep->control_mask &&
           is_swap_of_phases(sweep->entries);
}

static void exchange(uint8_t *place, const uint8_t *bits)
{
    const uint8_t first = place[bits[0]];
    place[bits[0]] = place[bits[1]];
    place[bits[1]] = first;
}

/* The naming to start with that SWAPs will turn into the identity: the inverse of what they make of the identity. */
static void name_bits(struct form *form, const struct sweep *sweeps, size_t count)
{
    uint8_t moved[KETSIM_MAX_QUBITS];
    for (unsigned bit = 0; bit < form->nbits; bit++) moved[bit] = (uint8_t)bit;
    for (size_t k = 0; form->from_label && k < count; k++)
        if (renames(&sweeps[k])) exchange(moved, sweeps[k].targets);
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
    if (!RESERVE(form, epochs, epoch_capacity, nepochs, nbits)) return;
    for (unsigned bit = 0; bit < nbits; bit++) {
        form->epochs[bit] = (struct epoch){
            .phase = {1, 0}, .terms = FORM_NONE, .next = FORM_NONE, .bit = (uint8_t)bit};
        form->first[bit] = form->last[bit] = bit;
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
}

/* ---- one bit ----------------------------------------------------------------------------------- */

static void multiply2(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b)
{
    const ketsim_complex product[4] = {
        c_add(c_mul(a[0], b[0]), c_mul(a[1], b[2])), c_add(c_mul(a[0], b[1]), c_mul(a[1], b[3])),
        c_add(c_mul(a[2], b[0]), c_mul(a[3], b[2])), c_add(c_mul(a[2], b[1]), c_mul(a[3], b[3]))};
    memcpy(out, product, sizeof product);
}

/* The gate u acts after what is pending. */
static void gate(struct form *form, unsigned bit, const ketsim_complex *u)
{
    multiply2(form->pending[bit], u, form->pending[bit]);
}

static void exchange_rows(ketsim_complex *u)
{
    for (unsigned k = 0; k < 2; k++) {
        const ketsim_complex row0 = u[k];
        u[k] = u[2 + k];
        u[2 + k] = row0;
    }
}

/* u = global x diag(1, after) x rotation x diag(1, before), with p = 1 or with t = +-1; returns after. */
static ketsim_complex split(struct epoch *out, ketsim_complex *global, const ketsim_complex *u, bool p_is_one)
{
    const double c = c_abs(u[0]), s = c_abs(u[2]);
    const ketsim_complex unit = c > 0 ? c_unit(u[0]) : c_unit(u[2]);
    ketsim_complex after = c > 0 ? c_unit(c_div(u[2], unit)) : COMPLEX(1, 0);
    double sign = 1;
    if (after.re < 0 && fabs(after.im) < NOTHING) { /* no phase is better than a sign */
        after = COMPLEX(-after.re, -after.im);
        sign = -1;
    }
    *global = c_mul(*global, unit);
    const ketsim_complex corner = c > s ? c_div(u[3], c_mul(unit, after)) : c_scale(c_div(u[1], unit), -sign);
    out->phase = c_mul(out->phase, c_unit(corner));
    out->step = STEP_ROTATE;
    out->p = p_is_one ? 1 : c / s;
    out->t = sign * (p_is_one ? s / c : 1);
    return after;
}

/* Move what is pending into the epochs, all but a diagonal or a flip with a diagonal; at the end no flip either. */
static void flush(struct form *form, unsigned bit, bool at_end)
{
    ketsim_complex *u = form->pending[bit];
    const double c = c_abs(u[0]), s = c_abs(u[2]);
    const bool is_flip = c < NOTHING * s;
    if (s < NOTHING * c) {
        u[1] = u[2] = COMPLEX(0, 0);
        return;
    }
    if (is_flip) u[0] = u[3] = COMPLEX(0, 0);
    if (is_flip && !at_end) return;
    const bool flip = c < s * (1 - 1e-12) && !at_end;
    if (flip) exchange_rows(u);
    struct epoch *epoch = current(form, bit);
    const ketsim_complex after = split(epoch, &form->global, u,
                                       flip || c * (at_end ? LAST_TANGENT : 1 + 1e-11) >= s);
    memset(u, 0, 4 * sizeof *u);
    u[flip ? 2 : 0] = COMPLEX(1, 0);
    u[flip ? 1 : 3] = after;
    next_epoch(form, bit);
}

static bool is_flipped(const struct form *form, unsigned bit)
{
    return c_is(form->pending[bit][0], 0);
}

/* ---- phases ------------------------------------------------------------------------------------ */

/* Whether the bit still has the value it started with, which is 0 then. */
static bool is_untouched(struct form *form, unsigned bit)
{
    return form->from_label && current(form, bit)->number == 0;
}

static struct term *find_term(struct form *form, uint64_t mask, uint64_t values)
{
    for (uint32_t k = current(form, low_bit(mask))->terms; k != FORM_NONE; k = form->refs[k].next) {
        struct term *term = &form->terms[form->refs[k].term];
        bool same = term->mask == mask && term->values == values;
        unsigned r = term->refs;
        for (uint64_t m = mask; same && m; m &= m - 1) same = form->refs[r++].epoch == form->last[low_bit(m)];
        if (same) return term;
    }
    return NULL;
}

static void new_term(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor)
{
    if (!RESERVE(form, terms, term_capacity, nterms, 1) ||
        !RESERVE(form, refs, ref_capacity, nrefs, bit_count(mask)))
        return;
    form->terms[form->nterms] = (struct term){mask, values, factor, (uint32_t)form->nrefs};
    for (uint64_t m = mask; m; m &= m - 1) {
        struct epoch *epoch = current(form, low_bit(m));
        form->refs[form->nrefs] = (struct ref){(uint32_t)form->nterms, form->last[low_bit(m)], epoch->terms};
        epoch->terms = (uint32_t)form->nrefs++;
    }
    form->nterms++;
}

/* A phase in the current epochs.  On one or two bits it is brought to values of 1, where it merges with others. */
static void place_phase(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor)
{
    const uint64_t zeros = mask & ~values, lowest = zeros & -zeros;
    if (!mask) {
        form->global = c_mul(form->global, factor);
    } else if (zeros && bit_count(mask) <= 2) {
        place_phase(form, mask & ~lowest, values, factor);
        place_phase(form, mask, values | lowest, c_conj(factor));
    } else if (bit_count(mask) == 1) {
        struct epoch *epoch = current(form, low_bit(mask));
        epoch->phase = c_mul(epoch->phase, factor);
    } else {
        struct term *term = find_term(form, mask, values);
        if (term) term->factor = c_mul(term->factor, factor);
        else new_term(form, mask, values, factor);
    }
}

static void phase(struct form *form, uint64_t mask, uint64_t values, ketsim_complex factor)
{
    uint64_t kept = mask;
    if (c_is_one(factor)) return;
    for (uint64_t m = mask; m; m &= m - 1) flush(form, low_bit(m), false);
    if (form->out_of_memory) return;
    for (uint64_t m = mask; m; m &= m - 1) {
        const unsigned bit = low_bit(m);
        if (is_flipped(form, bit)) values ^= UINT64_C(1) << bit;
        if (!is_untouched(form, bit)) continue;
        if (values >> bit & 1) return; /* the bit is 0 */
        kept &= ~(UINT64_C(1) << bit);
    }
    place_phase(form, kept, values & kept, factor);
}

/* ---- controlled gates -------------------------------------------------------------------------- */

/* The square root of a number of modulus 1, without losing digits; of -1 it is exactly i. */
static ketsim_complex unit_root(ketsim_complex z)
{
    if (z.re >= 0) {
        const double re = sqrt((1 + z.re) / 2);
        return COMPLEX(re, z.im / (2 * re));
    }
    const double im = sqrt((1 - z.re) / 2);
    return COMPLEX(z.im / (2 * im), im);
}

/* u = V diag(values) V*, for a unitary u: turned so that det u = 1 it is cos a - i sin a (x X + y Y + z Z), whose
 * eigenvectors point along (x, y, z) on the Bloch sphere.  A value of 1 comes first. */
static void eigen(ketsim_complex *v, ketsim_complex *values, const ketsim_complex *u)
{
    const ketsim_complex det = c_add(c_mul(u[0], u[3]), c_scale(c_mul(u[1], u[2]), -1));
    const ketsim_complex root = unit_root(c_unit(det));
    const ketsim_complex a = c_div(u[0], root), b = c_div(u[2], root);
    const double x = -b.im, y = b.re, z = -a.im, r = sqrt(x * x + y * y + z * z);
    ketsim_complex plus[2] = {{1, 0}, {0, 0}};
    if (r > 0) {
        plus[0] = z >= 0 ? COMPLEX(r + z, 0) : COMPLEX(x, -y);
        plus[1] = z >= 0 ? COMPLEX(x, y) : COMPLEX(r - z, 0);
    }
    const double norm = 1 / hypot(c_abs(plus[0]), c_abs(plus[1]));
    for (unsigned k = 0; k < 2; k++) plus[k] = c_scale(plus[k], norm);
    const ketsim_complex minus[2] = {c_scale(c_conj(plus[1]), -1), c_conj(plus[0])};
    values[0] = c_mul(root, COMPLEX(a.re, -r));
    values[1] = c_mul(root, COMPLEX(a.re, r));
    const unsigned first = c_is_one(values[1]); /* then the order is minus, plus */
    for (unsigned k = 0; k < 2; k++) {
        v[2 * k + first] = plus[k];
        v[2 * k + !first] = minus[k];
    }
    if (first) values[1] = values[0], values[0] = COMPLEX(1, 0);
}

static void controlled(struct form *form, uint64_t mask, uint64_t values, unsigned target,
                       const ketsim_complex *u)
{
    const uint64_t bit = UINT64_C(1) << target;
    ketsim_complex v[4], d[2];
    eigen(v, d, u);
    const ketsim_complex adjoint[4] = {c_conj(v[0]), c_conj(v[2]), c_conj(v[1]), c_conj(v[3])};
    gate(form, target, adjoint);
    phase(form, mask, values, d[0]);
    phase(form, mask | bit, values | bit, c_div(d[1], d[0]));
    gate(form, target, v);
}

/* ---- two targets ------------------------------------------------------------------------------- */

static void diagonal(struct form *form, uint64_t mask, uint64_t values, const uint8_t *bits, unsigned nbits,
                     const ketsim_complex *entries)
{
    for (unsigned k = 0; k < nbits; k++) mask |= UINT64_C(1) << bits[k];
    for (unsigned row = 0; row < 1u << nbits; row++) {
        uint64_t at = values;
        for (unsigned k = 0; k < nbits; k++) at |= (uint64_t)(row >> (nbits - 1 - k) & 1) << bits[k];
        phase(form, mask, at, entries[row]);
    }
}

static void controlled_swap(struct form *form, uint64_t mask, uint64_t values, const uint8_t *bits)
{
    static const ketsim_complex x[4] = {{0, 0}, {1, 0}, {1, 0}, {0, 0}};
    const uint64_t first = UINT64_C(1) << bits[0], second = UINT64_C(1) << bits[1];
    controlled(form, second, second, bits[0], x);
    controlled(form, mask | first, values | first, bits[1], x);
    controlled(form, second, second, bits[0], x);
}

/* A matrix on two bits takes in what is pending on both. */
static void dense(struct form *form, const uint8_t *bits, const ketsim_complex *m)
{
    const unsigned high = bits[0], low = bits[1];
    const ketsim_complex *h = form->pending[high], *l = form->pending[low];
    if (!RESERVE(form, dense, dense_capacity, ndense, 1)) return;
    struct dense *out = &form->dense[form->ndense];
    *out = (struct dense){.high = (uint8_t)high, .low = (uint8_t)low};
    for (unsigned row = 0; row < 4; row++)
        for (unsigned col = 0; col < 4; col++)
            for (unsigned k = 0; k < 4; k++) {
                const ketsim_complex before = c_mul(h[(k >> 1) * 2 + (col >> 1)], l[(k & 1) * 2 + (col & 1)]);
                ketsim_complex *entry = &out->entries[row * 4 + col];
                *entry = c_add(*entry, c_mul(m[row * 4 + k], before));
            }
    for (unsigned k = 0; k < 2; k++) {
        static const ketsim_complex one[4] = {{1, 0}, {0, 0}, {0, 0}, {1, 0}};
        struct epoch *epoch = current(form, bits[k]);
        memcpy(form->pending[bits[k]], one, sizeof one);
        epoch->step = STEP_DENSE;
        epoch->dense = (uint32_t)form->ndense;
        epoch->mate = bits[1 - k];
        epoch->mate_epoch = form->last[bits[1 - k]];
    }
    form->ndense++;
    if (next_epoch(form, high)) next_epoch(form, low);
}

static bool two_targets(struct form *form, uint64_t mask, uint64_t values, const uint8_t *bits,
                        const struct sweep *sweep)
{
    const ketsim_complex *m = sweep->entries;
    if (!is_swap_of_phases(m)) {
        if (!mask) dense(form, bits, m);
        return !mask;
    }
    diagonal(form, mask, values, bits, 2, (ketsim_complex[]){m[0], m[9], m[6], m[15]});
    if (mask) {
        controlled_swap(form, mask, values, bits);
    } else {
        exchange(form->place, sweep->targets);
    }
    return true;
}

/* ---- sweeps ------------------------------------------------------------------------------------ */

static uint64_t placed(const struct form *form, uint64_t mask)
{
    uint64_t out = 0;
    for (; mask; mask &= mask - 1) out |= UINT64_C(1) << form->place[low_bit(mask)];
    return out;
}

static bool append(struct form *form, const struct sweep *sweep)
{
    const uint64_t mask = placed(form, sweep->control_mask), values = placed(form, sweep->control_values);
    const ketsim_complex *m = sweep->entries;
    uint8_t bits[MAX_TARGETS] = {0};
    for (unsigned k = 0; k < sweep->ntargets; k++) bits[k] = form->place[sweep->targets[k]];
    if (!sweep->diagonal && sweep->ntargets == 2) return two_targets(form, mask, values, bits, sweep);
    if (!sweep->diagonal && mask) {
        controlled(form, mask, values, bits[0], m);
    } else if (!sweep->diagonal) {
        gate(form, bits[0], m);
    } else if (sweep->ntargets == 1 && !mask) {
        gate(form, bits[0], (ketsim_complex[]){m[0], {0, 0}, {0, 0}, m[1]});
    } else if (sweep->ntargets == 0 && bit_count(mask) == 1) {
        const ketsim_complex one = {1, 0}, zero = {0, 0};
        gate(form, low_bit(mask), (ketsim_complex[]){values ? one : m[0], zero, zero, values ? m[0] : one});
    } else {
        diagonal(form, mask, values, bits, sweep->ntargets, m);
    }
    return true;
}

size_t form_append(struct form *form, const struct sweep *sweeps, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (form->out_of_memory || !append(form, &sweeps[k])) return k;
    return count;
}

bool form_finish(struct form *form)
{
    for (unsigned bit = 0; bit < form->nbits && !form->out_of_memory; bit++) {
        flush(form, bit, true);
        if (form->out_of_memory) break;
        const ketsim_complex *u = form->pending[bit];
        struct epoch *epoch = current(form, bit);
        form->global = c_mul(form->global, u[0]);
        epoch->phase = c_mul(epoch->phase, c_div(u[3], u[0]));
    }
    return !form->out_of_memory;
}
