/* emit.c - from a matrix on one bit to a pass of a kernel: its simplest form, and what its roundings do to the norm. */
#include "emit.h"

#include <math.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
#include "passes/numbers.h"
#include "payment.h"

/* ---- matrices on one bit ----------------------------------------------------------------------- */

static inline bool is_identity(const ketsim_complex *m)
{
    return emit_is_diagonal(m) && c_is(m[0], 1) && c_is(m[3], 1);
}

static inline bool is_flip(const ketsim_complex *m)
{
    return c_is(m[1], 1) && c_is(m[2], 1) && c_is(m[0], 0) && c_is(m[3], 0);
}

static inline bool is_real(const ketsim_complex *m)
{
    return m[0].im == 0 && m[1].im == 0 && m[2].im == 0 && m[3].im == 0;
}

/* out = by m; out may be m */
void emit_multiply(ketsim_complex *out, const ketsim_complex *by, const ketsim_complex *m)
{
    const c_whole a = c_get(&m[0]), b = c_get(&m[1]), c = c_get(&m[2]), d = c_get(&m[3]);
    const c_whole e = c_get(&by[0]), h = c_get(&by[3]);
    if (emit_is_diagonal(by)) {
        c_put(&out[0], c_times(e, a));
        c_put(&out[1], c_times(e, b));
        c_put(&out[2], c_times(h, c));
        c_put(&out[3], c_times(h, d));
        return;
    }
    const c_whole f = c_get(&by[1]), g = c_get(&by[2]);
    c_put(&out[0], c_times(e, a) + c_times(f, c));
    c_put(&out[1], c_times(e, b) + c_times(f, d));
    c_put(&out[2], c_times(g, a) + c_times(h, c));
    c_put(&out[3], c_times(g, b) + c_times(h, d));
}

/* Whether every part is 0, 1 or -1: multiplying by such a unitary matrix rounds nothing. */
static bool is_exact(const ketsim_complex *m)
{
    bool exact = true;
    for (unsigned k = 0; k < 4; k++)
        exact &= m[k].re * m[k].re == fabs(m[k].re) && m[k].im * m[k].im == fabs(m[k].im);
    return exact;
}

/* The same where by is an operation's; returns whether nothing was rounded. */
bool emit_multiply_setting(ketsim_complex *out, const ketsim_complex *by, const ketsim_complex *m)
{
    if (is_identity(by)) {
        emit_copy(out, m);
    } else if (is_flip(by)) {
        emit_copy(out, (ketsim_complex[]){m[2], m[3], m[0], m[1]});
    } else {
        const bool exact = is_exact(by);
        emit_multiply(out, by, m);
        return exact;
    }
    return true;
}

/* ---- passes ------------------------------------------------------------------------------------ */

static inline c_whole rounded(const ketsim_complex *c, ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? c_get(c) : (c_whole){(float)c->re, (float)c->im};
}

static const double SPLIT = 1.5 * 0x1p27; /* whose neighbors lie 2^-25 apart */

/* What the squares of four numbers are above so many, relative to it, to 2^-70: halves of 26 bits have squares without
 * roundings. */
static inline double excess_of(const ketsim_complex *m, double squares, ketsim_dtype dtype)
{
    c_whole large[4], small[4];
    for (unsigned k = 0; k < 4; k++) {
        const c_whole x = rounded(&m[k], dtype), high = x + SPLIT - SPLIT;
        large[k] = high * high;
        small[k] = (high + x) * (x - high);
    }
    const c_whole all = large[0] + large[1] + (large[2] + large[3]);
    const c_whole rest = small[0] + small[1] + (small[2] + small[3]);
    return ((all[0] + all[1] - squares) + (rest[0] + rest[1])) / squares;
}

double emit_excess(const ketsim_complex *m, ketsim_dtype dtype)
{
    return excess_of(m, 2, dtype);
}

/* The same of one number. */
static double excess_of_number(ketsim_complex c, ketsim_dtype dtype)
{
    const c_whole x = rounded(&c, dtype), high = x + SPLIT - SPLIT, rest = (high + x) * (x - high);
    return (high[0] * high[0] + high[1] * high[1] - 1) + (rest[0] + rest[1]);
}

/* The share of amplitudes where all of these bits have some values. */
static inline double part_of(uint64_t bits)
{
    double part = 1;
    for (; bits; bits &= bits - 1) part *= 0.5;
    return part;
}

/* Of both settings' diagonals at once. */
static double excess_of_diagonals(const struct direct_pass *pass, ketsim_dtype dtype)
{
    const ketsim_complex all[] = {pass->m[0][0], pass->m[0][3], pass->m[1][0], pass->m[1][3]};
    return excess_of(all, 4, dtype);
}

static double excess_of_pass(const struct direct_pass *pass, ketsim_dtype dtype)
{
    const bool selects = pass->selector != NO_SELECTOR;
    if (selects && pass->form == DIRECT_DIAGONAL) return excess_of_diagonals(pass, dtype);
    const double first = pass->identity[0] ? 0 : emit_excess(pass->m[0], dtype);
    if (!selects) return first * part_of(pass->control_mask);
    if (pass->alike) return first;
    return (first + (pass->identity[1] ? 0 : emit_excess(pass->m[1], dtype))) / 2;
}

/* Roundings that were left, made up for by a pass that does something to every amplitude. */
static void pay(struct direct *run, struct direct_pass *pass)
{
    const bool selects = pass->selector != NO_SELECTOR;
    const double factor = 1 + run->residue / 2, before = excess_of_pass(pass, run->dtype);
    if (pass->control_mask || pass->identity[0] || (selects && pass->identity[1])) return;
    for (unsigned k = 0; k < (selects ? 8 : 4); k++)
        pass->m[k / 4][k % 4] = c_scale(pass->m[k / 4][k % 4], factor);
    run->residue -= excess_of_pass(pass, run->dtype) - before;
}

struct direct_pass *emit_start(struct direct *run, unsigned target, unsigned selector)
{
    if (run->listed == LISTED) emit_run(run);
    struct direct_pass *pass = &run->list[run->listed];
    pass->control_mask = pass->control_values = 0;
    pass->alike = false;
    pass->target = (uint8_t)target;
    pass->selector = (uint8_t)selector;
    return pass;
}

static void choose_form(struct direct_pass *pass)
{
    const bool selects = pass->selector != NO_SELECTOR;
    const ketsim_complex *first = pass->m[0], *second = pass->m[selects];
    pass->identity[0] = is_identity(first);
    pass->identity[1] = selects && is_identity(second);
    if (emit_is_diagonal(first) && emit_is_diagonal(second)) pass->form = DIRECT_DIAGONAL;
    else if ((pass->identity[0] || is_flip(first)) && (is_flip(second) || pass->identity[1]))
        pass->form = DIRECT_FLIP;
    else if (is_real(first) && is_real(second)) pass->form = DIRECT_REAL;
    else pass->form = DIRECT_DENSE;
}

/* Zeros stay zeros: bits that nothing has mixed yet are as good as controls. */
static void leave_zeros(struct direct *run, struct direct_pass *pass)
{
    uint64_t own = pass->control_mask;
    if (pass->form != DIRECT_PHASE) own |= UINT64_C(1) << pass->target;
    if (pass->form != DIRECT_PHASE && pass->selector != NO_SELECTOR) own |= UINT64_C(1) << pass->selector;
    if (pass->form != DIRECT_PHASE && pass->form != DIRECT_DIAGONAL)
        run->support.still &= ~(UINT64_C(1) << pass->target);
    pass->control_mask |= run->support.still & ~own;
    pass->control_values |= run->support.label & run->support.still & ~own;
}

void emit_as_it_is(struct direct *run, struct direct_pass *pass)
{
    if (run->support.still) leave_zeros(run, pass);
    run->listed++;
    run->passes++;
}

void emit_run(struct direct *run)
{
    for (unsigned k = 0; k < run->listed; k++)
        run->set->direct[run->dtype](run->amps, run->nqubits, &run->list[k]);
    run->listed = 0;
}

/* The only entry of a diagonal that is not 1; the number of entries when there are more. */
static unsigned find_phase(const struct direct_pass *pass)
{
    unsigned found = 4;
    for (unsigned k = 0; k < (pass->selector == NO_SELECTOR ? 2 : 4); k++) {
        if (c_is(pass->m[k / 2][k % 2 * 3], 1)) continue;
        if (found < 4) return 4;
        found = k;
    }
    return found;
}

/* Neighbors of 1 and of a half multiply most numbers by another factor than they are, see numbers.h. */
static double settle(double x, ketsim_dtype dtype)
{
    const double size = fabs(x), near = numbers_near(dtype);
    if (fabs(size - 1) <= near) return copysign(1, x);
    return fabs(size - 0.5) <= near / 2 ? copysign(0.5, x) : x;
}

/* Whether x is near some power of two but is not it: the digits after the point, moved up by width, lie below twice that.
 */
static inline unsigned is_unsettled(double x, uint64_t width)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t digits = (bits + width) & (UINT64_MAX >> 12);
    return (unsigned)(digits <= 2 * width) & (unsigned)(digits != width);
}

static void settle_numbers(ketsim_complex *c, unsigned count, ketsim_dtype dtype)
{
    const uint64_t width = dtype == KETSIM_COMPLEX128 ? 2 : UINT64_C(2) << 29;
    unsigned some = 0;
    for (unsigned k = 0; k < count; k++) some |= is_unsettled(c[k].re, width) | is_unsettled(c[k].im, width);
    if (!some) return;
    for (unsigned k = 0; k < count; k++) {
        c[k].re = settle(c[k].re, dtype);
        c[k].im = settle(c[k].im, dtype);
    }
}

void emit_phase(struct direct *run, struct direct_pass *pass)
{
    settle_numbers(pass->m[0], 1, run->dtype);
    pass->form = DIRECT_PHASE;
    run->residue -= excess_of_number(pass->m[0][0], run->dtype) * part_of(pass->control_mask);
    emit_as_it_is(run, pass);
}

/* Entry k of all diagonals, one number where all bits have some values. */
static void emit_entry(struct direct *run, struct direct_pass *pass, unsigned k)
{
    const uint64_t target = UINT64_C(1) << pass->target;
    pass->m[0][0] = pass->m[k / 2][k % 2 * 3];
    pass->control_mask |= target;
    if (k % 2) pass->control_values |= target;
    if (pass->selector != NO_SELECTOR) {
        pass->control_mask |= UINT64_C(1) << pass->selector;
        pass->control_values |= (uint64_t)(k / 2) << pass->selector;
    }
    emit_phase(run, pass);
}

void emit(struct direct *run, struct direct_pass *pass)
{
    settle_numbers(pass->m[0], pass->selector == NO_SELECTOR ? 4 : 8, run->dtype);
    choose_form(pass);
    const unsigned phase = pass->form == DIRECT_DIAGONAL ? find_phase(pass) : 4;
    if (phase < 4) {
        emit_entry(run, pass, phase);
        return;
    }
    if (pass->identity[0] && (pass->selector == NO_SELECTOR || pass->identity[1])) return;
    if (pass->form != DIRECT_FLIP) {
        run->residue -= excess_of_pass(pass, run->dtype);
        if (fabs(run->residue) > PAYMENT_LEAST[run->dtype]) pay(run, pass);
    }
    emit_as_it_is(run, pass);
}
