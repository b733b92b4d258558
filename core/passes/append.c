/* append.c - sweeps to the canonical form: what each kind of matrix becomes. */
#include <string.h>

#include "../bits.h"
#include "../stops.h"
#include "forming.h"
#include "kak.h"

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

static bool is_x(const ketsim_complex *u)
{
    return c_is(u[0], 0) && c_is(u[1], 1) && c_is(u[2], 1) && c_is(u[3], 0);
}

/* Whether a pending gate is more than phases and a flip. */
static bool rotates(const ketsim_complex *u)
{
    return c_abs(u[0]) > FORM_NOTHING && c_abs(u[2]) > FORM_NOTHING;
}

/* The flip before, when this one undoes it: nothing has come between them. */
static struct term *undone(struct form *form, uint64_t mask, uint64_t values, unsigned target)
{
    const struct epoch *now = form_current(form, target);
    const uint32_t before = form->before[target];
    if (before == FORM_NONE || now->terms != FORM_NONE || !c_is(now->phase, 1)) return NULL;
    if (form->epochs[before].step != STEP_FLIP) return NULL;
    struct term *term = &form->terms[form->epochs[before].dense];
    if (term->mask != mask || term->values != values) return NULL;
    unsigned r = term->refs;
    for (uint64_t m = mask; m; m &= m - 1)
        if (form->refs[r++].epoch != form->last[low_bit(m)]) return NULL;
    return term;
}

/* Add a flip as a step of its own, or take back the one that it undoes. */
static bool add_flip(struct form *form, uint64_t mask, uint64_t values, unsigned target)
{
    struct term *term = undone(form, mask, values, target);
    if (term) {
        term->flip = FORM_NONE; /* a phase of 1 is left */
        form_reopen(form, target);
        return true;
    }
    const size_t number = form->nterms;
    form_term(form, mask, values, COMPLEX(1, 0));
    if (form->out_of_memory) return false;
    struct epoch *epoch = form_current(form, target);
    epoch->step = STEP_FLIP;
    epoch->dense = (uint32_t)number;
    form->terms[number].flip = form->last[target];
    return form_next_epoch(form, target);
}

/* A flip of target where the bits of mask have their values.  A phase on the target before it becomes, where one bit is
 * its condition, phases on both after it: they may wait, and so the flip follows the rotation before at once. */
static void flip(struct form *form, uint64_t mask, uint64_t values, unsigned target)
{
    static const ketsim_complex x[4] = {{0, 0}, {1, 0}, {1, 0}, {0, 0}}, one = {1, 0}, zero = {0, 0};
    if (!form_reduce(form, &mask, &values)) return;
    values &= mask;
    if (!mask) {
        form_gate(form, target, x);
        return;
    }
    form_flush(form, target, false);
    if (form->out_of_memory) return;
    const uint64_t bit = UINT64_C(1) << target;
    const bool is_odd = form_is_flipped(form, target), passes = bit_count(mask) == 1;
    ketsim_complex *u = form->pending[target];
    const ketsim_complex on0 = u[is_odd ? 2 : 0], phase = form_ratio(u[is_odd ? 1 : 3], on0);
    form->global = c_mul(form->global, on0);
    if (!passes) {
        struct epoch *epoch = form_current(form, target);
        epoch->phase = c_mul(epoch->phase, phase);
    }
    for (unsigned k = 0; k < 4; k++) u[k] = (k == 0 || k == 3) != is_odd ? one : zero;
    if (!add_flip(form, mask, values, target) || !passes || c_is_one(phase)) return;
    u[is_odd ? 1 : 3] = phase;
    form_place(form, mask, values, phase);
    form_place(form, mask | bit, values | bit, c_conj(c_mul(phase, phase)));
}

static void controlled(struct form *form, uint64_t mask, uint64_t values, unsigned target,
                       const ketsim_complex *u)
{
    const uint64_t bit = UINT64_C(1) << target;
    ketsim_complex v[4], d[2];
    eigen(v, d, u);
    const ketsim_complex adjoint[4] = {c_conj(v[0]), c_conj(v[2]), c_conj(v[1]), c_conj(v[3])};
    form_gate(form, target, adjoint);
    form_phase(form, mask, values, d[0]);
    form_phase(form, mask | bit, values | bit, c_div(d[1], d[0]));
    form_gate(form, target, v);
}

/* ---- two targets ------------------------------------------------------------------------------- */

/* Under controls, the gate u on a bit whose next gate rotates it or not. */
static void controlled_gate(struct form *form, uint64_t mask, uint64_t values, unsigned target,
                            const ketsim_complex *u, bool rotates_next)
{
    if (is_x(u) && !(rotates_next && rotates(form->pending[target]))) flip(form, mask, values, target);
    else controlled(form, mask, values, target, u);
}

/* A diagonal on two bits as what either's 1 does, and what both do beyond that. */
static void diagonal_of_two(struct form *form, const uint8_t *bits, const ketsim_complex *d)
{
    const uint64_t high = UINT64_C(1) << bits[0], low = UINT64_C(1) << bits[1];
    const ketsim_complex on_high = c_mul(d[2], c_conj(d[0])), on_low = c_mul(d[1], c_conj(d[0]));
    form->global = c_mul(form->global, d[0]);
    form_phase(form, high, high, on_high);
    form_phase(form, low, low, on_low);
    form_phase(form, high | low, high | low, c_mul(c_mul(d[3], c_conj(d[1])), c_conj(on_high)));
}

static void diagonal(struct form *form, uint64_t mask, uint64_t values, const uint8_t *bits, unsigned nbits,
                     const ketsim_complex *entries)
{
    if (!mask && nbits == 2) {
        diagonal_of_two(form, bits, entries);
        return;
    }
    for (unsigned k = 0; k < nbits; k++) mask |= UINT64_C(1) << bits[k];
    for (unsigned row = 0; row < 1u << nbits; row++) {
        uint64_t at = values;
        for (unsigned k = 0; k < nbits; k++) at |= (uint64_t)(row >> (nbits - 1 - k) & 1) << bits[k];
        form_phase(form, mask, at, entries[row]);
    }
}

static void controlled_swap(struct form *form, uint64_t mask, uint64_t values, const uint8_t *bits)
{
    const uint64_t first = UINT64_C(1) << bits[0], second = UINT64_C(1) << bits[1];
    flip(form, second, second, bits[0]);
    flip(form, mask | first, values | first, bits[1]);
    flip(form, second, second, bits[0]);
}

/* The matrix m after what is pending on both bits. */
static void absorb_pending(ketsim_complex *out, const ketsim_complex *m, const ketsim_complex *h,
                           const ketsim_complex *l)
{
    for (unsigned row = 0; row < 4; row++)
        for (unsigned col = 0; col < 4; col++) {
            ketsim_complex sum = {0, 0};
            for (unsigned k = 0; k < 4; k++) {
                const ketsim_complex before = c_mul(h[(k >> 1) * 2 + (col >> 1)], l[(k & 1) * 2 + (col & 1)]);
                sum = c_add(sum, c_mul(m[row * 4 + k], before));
            }
            out[row * 4 + col] = sum;
        }
}

/* A phase on a bit's 1, before a step that is being made: it goes into a matrix before that, where it costs nothing. */
static void phase_before(struct form *form, unsigned bit, ketsim_complex phase)
{
    const uint32_t before = form->before[bit];
    struct epoch *epoch = form_current(form, bit);
    if (before == FORM_NONE || form->epochs[before].step != STEP_DENSE) {
        epoch->phase = c_mul(epoch->phase, phase);
        return;
    }
    struct dense *dense = &form->dense[form->epochs[before].dense];
    phase = c_mul(phase, epoch->phase);
    epoch->phase = COMPLEX(1, 0);
    for (unsigned k = 0; k < PAIR_ENTRIES; k++)
        if (k / 4 >> (dense->high == bit) & 1) dense->entries[k] = c_mul(dense->entries[k], phase);
}

/* Make the matrix a core, leaving to the bits what comes after it. */
static void split_core(struct form *form, struct dense *dense)
{
    const uint8_t bits[2] = {dense->high, dense->low};
    struct kak kak;
    if (!form->cores || !kak_split(&kak, dense->entries)) return;
    memcpy(dense->entries, kak.core, sizeof kak.core);
    memcpy(dense->t, kak.t, sizeof kak.t);
    dense->core = true;
    for (unsigned k = 0; k < 2; k++) {
        phase_before(form, bits[k], kak.before[k]);
        memcpy(form->pending[bits[k]], kak.left[k], sizeof kak.left[k]);
    }
}

/* A matrix on two bits takes in what is pending on both. */
static void dense(struct form *form, const uint8_t *bits, const ketsim_complex *m)
{
    static const ketsim_complex one[4] = {{1, 0}, {0, 0}, {0, 0}, {1, 0}};
    if (!FORM_RESERVE(form, dense, dense_capacity, ndense, 1)) return;
    struct dense *out = &form->dense[form->ndense];
    *out = (struct dense){.high = bits[0], .low = bits[1]};
    absorb_pending(out->entries, m, form->pending[bits[0]], form->pending[bits[1]]);
    for (unsigned k = 0; k < 2; k++) {
        struct epoch *epoch = form_current(form, bits[k]);
        memcpy(form->pending[bits[k]], one, sizeof one);
        epoch->step = STEP_DENSE;
        epoch->dense = (uint32_t)form->ndense;
        epoch->mate = bits[1 - k];
        epoch->mate_epoch = form->last[bits[1 - k]];
    }
    split_core(form, out);
    form->ndense++;
    if (form_next_epoch(form, bits[0])) form_next_epoch(form, bits[1]);
}

static bool two_targets(struct form *form, uint64_t mask, uint64_t values, const uint8_t *bits,
                        const struct sweep *sweep)
{
    const ketsim_complex *m = sweep->entries;
    if (!form_is_swap(m)) {
        if (!mask) dense(form, bits, m);
        return !mask;
    }
    diagonal(form, mask, values, bits, 2, (ketsim_complex[]){m[0], m[9], m[6], m[15]});
    if (mask) {
        controlled_swap(form, mask, values, bits);
    } else {
        form_exchange(form->place, sweep->targets);
    }
    return true;
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* A step that changes nothing.  Phases go before it, so that a rotation that follows needs none. */
static void read_bit(struct form *form, unsigned bit, const struct sweep *sweep)
{
    form_flush(form, bit, false);
    if (form->out_of_memory || !FORM_RESERVE(form, readings, reading_capacity, nreadings, 1)) return;
    const bool flipped = form_is_flipped(form, bit);
    ketsim_complex *u = form->pending[bit];
    const ketsim_complex on0 = u[flipped ? 2 : 0], on1 = u[flipped ? 1 : 3];
    struct epoch *epoch = form_current(form, bit);
    form->global = c_mul(form->global, on0);
    epoch->phase = c_mul(epoch->phase, form_ratio(on1, on0));
    epoch->step = STEP_READ;
    epoch->dense = (uint32_t)form->nreadings;
    for (unsigned k = 0; k < 4; k++) u[k] = COMPLEX((k == 0 || k == 3) != flipped, 0);
    form->readings[form->nreadings++] = (struct read_step){sweep->read - 1, sweep->wanted, flipped, false};
    form_next_epoch(form, bit);
}

/* ---- sweeps ------------------------------------------------------------------------------------ */

static uint64_t placed(const struct form *form, uint64_t mask)
{
    uint64_t out = 0;
    for (; mask; mask &= mask - 1) out |= UINT64_C(1) << form->place[low_bit(mask)];
    return out;
}

/* Phases on a few bits. */
static bool few_phases(struct form *form, uint64_t mask, uint64_t values, const struct wide *wide)
{
    uint8_t bits[WIDE_FEW];
    if (wide->kind != WIDE_PHASES || wide->ntargets > WIDE_FEW) return false;
    for (unsigned k = 0; k < wide->ntargets; k++) bits[k] = form->place[wide->few_targets[k]];
    diagonal(form, mask, values, bits, wide->ntargets, wide->few);
    return true;
}

static bool append(struct form *form, const struct sweep *sweep, bool rotates_next)
{
    const uint64_t mask = placed(form, sweep->control_mask), values = placed(form, sweep->control_values);
    const ketsim_complex *m = sweep->entries;
    uint8_t bits[MAX_TARGETS] = {0};
    if (sweep->wide) return few_phases(form, mask, values, sweep->wide);
    if (sweep->pauli || sweep->as_it_is) return false;
    for (unsigned k = 0; k < sweep->ntargets; k++) bits[k] = form->place[sweep->targets[k]];
    if (sweep->read) {
        read_bit(form, bits[0], sweep);
        return true;
    }
    if (!sweep->diagonal && sweep->ntargets == 2) return two_targets(form, mask, values, bits, sweep);
    if (!sweep->diagonal && mask) {
        controlled_gate(form, mask, values, bits[0], m, rotates_next);
    } else if (!sweep->diagonal) {
        form_gate(form, bits[0], m);
    } else if (sweep->ntargets == 1 && !mask) {
        form_diagonal_gate(form, bits[0], m[0], m[1]);
    } else if (sweep->ntargets == 0 && bit_count(mask) == 1) {
        const ketsim_complex one = {1, 0};
        form_diagonal_gate(form, low_bit(mask), values ? one : m[0], values ? m[0] : one);
    } else {
        diagonal(form, mask, values, bits, sweep->ntargets, m);
    }
    return true;
}

/* Whether the first of the sweeps that touches the bit rotates it; looks not too far ahead. */
static bool next_rotates(const struct sweep *sweeps, size_t count, unsigned bit)
{
    enum { FAR = 100 };
    for (size_t k = 0; k < count && k < FAR; k++) {
        const struct sweep *s = &sweeps[k];
        if ((s->control_mask | sweep_targets(s)) >> bit & 1)
            return !s->diagonal && s->ntargets == 1 && !s->control_mask;
    }
    return false;
}

enum { LOOK = 1024 }; /* sweeps between two looks at the limits */

size_t form_append(struct form *form, const struct sweep *sweeps, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        const bool rotates_next = sweeps[k].ntargets == 1 && sweeps[k].control_mask && !sweeps[k].diagonal &&
                                  next_rotates(sweeps + k + 1, count - k - 1, sweeps[k].targets[0]);
        if (k % LOOK == LOOK - 1 && limits_go_on("plan", 0) != KETSIM_OK) form->out_of_memory = true;
        if (form->out_of_memory || !append(form, &sweeps[k], rotates_next)) return k;
    }
    return count;
}
