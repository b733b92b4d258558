/* emit.c - from a matrix on one bit to a pass of a kernel, in its simplest form. */
#include "emit.h"

#include <math.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
#include "launch.h"
#include "passes/numbers.h"
#include "rounding.h"

struct direct_pass *emit_start(struct direct *run, unsigned target, unsigned selector)
{
    if (run->listed == LISTED) launch(run, false);
    struct direct_pass *pass = &run->list[run->listed];
    pass->control_mask = pass->control_values = 0;
    pass->alike = pass->phased = false;
    pass->target = (uint8_t)target;
    pass->selector = (uint8_t)selector;
    return pass;
}

static bool has_no_phase(const struct direct_pass *pass)
{
    bool none = true;
    for (unsigned k = 0; k < 2 * direct_settings(pass->selector); k++)
        none &= c_is(pass->phase[k / 2][k % 2], 1);
    return none;
}

static void choose_form(struct direct_pass *pass)
{
    const bool selects = pass->selector != NO_SELECTOR;
    const ketsim_complex *first = pass->m[0], *second = pass->m[selects];
    if (pass->phased && !has_no_phase(pass)) {
        pass->form = DIRECT_PHASED;
        pass->identity[0] = pass->identity[1] = false;
        return;
    }
    pass->identity[0] = m2_is_identity(first);
    pass->identity[1] = selects && m2_is_identity(second);
    if (m2_is_diagonal(first) && m2_is_diagonal(second)) pass->form = DIRECT_DIAGONAL;
    else if ((pass->identity[0] || m2_is_flip(first)) && (m2_is_flip(second) || pass->identity[1]))
        pass->form = DIRECT_FLIP;
    else if (m2_is_real(first) && m2_is_real(second)) pass->form = DIRECT_REAL;
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

/* The share of amplitudes where all of these bits have some values. */
static inline double part_of(uint64_t bits)
{
    double part = 1;
    for (; bits; bits &= bits - 1) part *= 0.5;
    return part;
}

void emit_as_it_is(struct direct *run, struct direct_pass *pass)
{
    pass->part = part_of(pass->control_mask);
    run->residue -= rounding_of_pass(pass, run->dtype);
    if (run->support.still) leave_zeros(run, pass);
    run->listed++;
    run->passes++;
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

static inline bool any_unsettled(const ketsim_complex *c, unsigned count, ketsim_dtype dtype)
{
    const uint64_t width = dtype == KETSIM_COMPLEX128 ? 2 : UINT64_C(2) << 29;
    unsigned some = 0;
    for (unsigned k = 0; k < count; k++) some |= is_unsettled(c[k].re, width) | is_unsettled(c[k].im, width);
    return some;
}

static void settle_numbers(ketsim_complex *c, unsigned count, ketsim_dtype dtype)
{
    for (unsigned k = 0; k < count; k++) {
        c[k].re = settle(c[k].re, dtype);
        c[k].im = settle(c[k].im, dtype);
    }
}

/* Where one does to the norm what the other does, they have the same numbers but for signs. */
void emit_settle(const struct direct *run, struct direct_pass *pass)
{
    const unsigned settings = direct_settings(pass->selector), looked = pass->alike ? 1 : settings;
    if (any_unsettled(pass->m[0], 4 * looked, run->dtype))
        settle_numbers(pass->m[0], 4 * settings, run->dtype);
    if (pass->phased && any_unsettled(pass->phase[0], 2 * looked, run->dtype))
        settle_numbers(pass->phase[0], 2 * settings, run->dtype);
}

/* The only entry of a diagonal that is not 1; the number of entries when there are more. */
static unsigned find_phase(const struct direct_pass *pass)
{
    unsigned found = 4;
    for (unsigned k = 0; k < 2 * direct_settings(pass->selector); k++) {
        if (c_is(pass->m[k / 2][k % 2 * 3], 1)) continue;
        if (found < 4) return 4;
        found = k;
    }
    return found;
}

void emit_phase(struct direct *run, struct direct_pass *pass)
{
    settle_numbers(pass->m[0], 1, run->dtype);
    pass->form = DIRECT_PHASE;
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
    const bool selects = pass->selector != NO_SELECTOR;
    emit_settle(run, pass);
    choose_form(pass);
    const unsigned phase = pass->form == DIRECT_DIAGONAL ? find_phase(pass) : 4;
    if (phase < 4) {
        emit_entry(run, pass, phase);
        return;
    }
    if (pass->identity[0] && (!selects || pass->identity[1])) return;
    emit_as_it_is(run, pass);
}
