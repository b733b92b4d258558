/* wait.c - what gates do to one bit, joined as long as that can be.
 *
 * Gates on one bit wait, multiplied with one another, until a gate on two bits looks at theirs.  A gate on two bits
 * that does to one of them, its target, something that depends on the other, its selector, joins what waits on the
 * target and waits there too, as two matrices: what follows on the target joins them.  So a CNOT or CZ between
 * rotations costs nothing.  What is diagonal lets selectors pass.
 *
 * What waits on a bit by a selector is done before anything that mixes the selector: a line from bit to selector to
 * that one's selector, which must not close to a ring.
 *
 * A diagonal behind a real matrix stays apart, as a phase of each row, of which the first is left to all amplitudes in
 * common: multiplying with one row's phase is less than a matrix that is not real. */
#include "wait.h"

#include "bits.h"
#include "m2.h"

/* ---- release ----------------------------------------------------------------------------------- */

static inline void copy_setting(ketsim_complex *m, ketsim_complex *phase, const struct wait *wait,
                                unsigned setting)
{
    m2_copy(m, wait->m[setting]);
    if (!wait->phased) return;
    c_put(&phase[0], c_get(&wait->phase[setting][0]));
    c_put(&phase[1], c_get(&wait->phase[setting][1]));
}

static void release_bit(struct direct *run, unsigned bit);

static void release_all(struct direct *run, uint64_t bits)
{
    for (uint64_t left = bits & run->waiting; left; left = left & (left - 1) & run->waiting)
        release_bit(run, low_bit(left));
}

static void release_bit(struct direct *run, unsigned bit)
{
    const uint64_t mask = UINT64_C(1) << bit;
    const struct wait *wait = &run->waits[bit];
    if (wait_dense(run) & mask) release_all(run, run->users[bit]);
    struct direct_pass *pass = emit_start(run, bit, wait->selector);
    pass->alike = wait->alike;
    pass->phased = wait->phased;
    for (unsigned s = 0; s < direct_settings(wait->selector); s++)
        copy_setting(pass->m[s], pass->phase[s], wait, s);
    if (wait->selector != NO_SELECTOR) run->users[wait->selector] &= (uint16_t)~mask;
    run->waiting &= ~mask;
    run->diagonal &= ~mask;
    emit(run, pass);
}

void wait_release(struct direct *run, uint64_t bits)
{
    for (uint64_t left = bits; left; left &= left - 1) release_all(run, run->users[low_bit(left)]);
    release_all(run, bits);
    run->support.still &= ~bits;
}

void wait_release_dense(struct direct *run, uint64_t bits)
{
    release_all(run, bits & wait_dense(run));
}

/* ---- join -------------------------------------------------------------------------------------- */

static void start_wait(struct direct *run, unsigned bit, unsigned selector)
{
    run->waits[bit].selector = (uint8_t)selector;
    run->waiting |= UINT64_C(1) << bit;
    if (selector != NO_SELECTOR) run->users[selector] |= (uint16_t)(1u << bit);
}

static void note_diagonal(struct direct *run, unsigned bit)
{
    const struct wait *wait = &run->waits[bit];
    const uint64_t mask = UINT64_C(1) << bit;
    if (m2_is_diagonal(wait->m[0]) && (direct_settings(wait->selector) == 1 || m2_is_diagonal(wait->m[1])))
        run->diagonal |= mask;
    else run->diagonal &= ~mask;
}

/* Phases become part of the matrices. */
static void join_phases(struct wait *wait)
{
    if (!wait->phased) return;
    for (unsigned s = 0; s < direct_settings(wait->selector); s++) {
        m2_scale(wait->m[s], 2, wait->phase[s][0]);
        m2_scale(wait->m[s] + 2, 2, wait->phase[s][1]);
    }
    wait->phased = false;
}

/* Whether a diagonal may stay apart from what waits. */
static bool takes_phases(const struct direct *run, unsigned bit)
{
    const struct wait *wait = &run->waits[bit];
    if (wait->phased) return true;
    return wait_dense(run) >> bit & 1 && m2_is_real(wait->m[0]) &&
           (direct_settings(wait->selector) == 1 || m2_is_real(wait->m[1]));
}

static inline void times(ketsim_complex *c, ketsim_complex by)
{
    if (c_is(*c, 1)) *c = by;
    else *c = c_mul(by, *c);
}

static void start_phases(struct wait *wait)
{
    if (!wait->phased)
        for (unsigned k = 0; k < 4; k++) wait->phase[k / 2][k % 2] = M2_IDENTITY[0];
    wait->phased = true;
}

static void add_phases(struct direct *run, struct wait *wait, const ketsim_complex *m)
{
    const ketsim_complex second = c_is(m[0], 1) ? m[3] : c_mul(m[3], c_conj(m[0]));
    start_phases(wait);
    times(&run->common, m[0]);
    for (unsigned s = 0; s < direct_settings(wait->selector); s++) times(&wait->phase[s][1], second);
}

void wait_add(struct direct *run, unsigned bit, const ketsim_complex *m)
{
    struct wait *wait = &run->waits[bit];
    if (!(run->waiting >> bit & 1)) {
        start_wait(run, bit, NO_SELECTOR);
        m2_copy(wait->m[0], m);
        wait->alike = wait->phased = false;
    } else if (m2_is_diagonal(m) && !m2_is_real(m) && takes_phases(run, bit)) {
        wait->alike = false;
        add_phases(run, wait, m);
        return;
    } else {
        wait->alike = false;
        join_phases(wait);
        for (unsigned s = 0; s < direct_settings(wait->selector); s++) m2_multiply(wait->m[s], m, wait->m[s]);
    }
    note_diagonal(run, bit);
}

/* ---- by a selector ----------------------------------------------------------------------------- */

/* Of one that is diagonal: how much that waits would have to be done first, to join what waits on the target. */
static unsigned in_the_way(const struct direct *run, unsigned target, unsigned selector)
{
    const uint8_t other = run->waits[target].selector;
    const bool waits = run->waiting >> target & 1;
    return (wait_dense(run) >> selector & 1) + (waits && other != NO_SELECTOR && other != selector);
}

/* Whether what waits on bit is, by selectors, done before what waits on another. */
static bool leads_to(const struct direct *run, unsigned bit, unsigned other)
{
    while (bit != NO_SELECTOR && bit != other)
        bit = run->waiting >> bit & 1 ? run->waits[bit].selector : NO_SELECTOR;
    return bit == other;
}

/* What waits on the target, if anything, waits by the selector; returns whether something does. */
static bool make_room(struct direct *run, const struct wait_selection *op)
{
    struct wait *wait = &run->waits[op->target];
    const uint64_t target = UINT64_C(1) << op->target;
    wait_release_dense(run, UINT64_C(1) << op->selector);
    if (run->waiting & target && wait->selector == op->selector) return true;
    if (run->waiting & target && wait->selector != NO_SELECTOR) release_bit(run, op->target);
    if (leads_to(run, op->selector, op->target)) release_all(run, run->users[op->target]);
    const bool waits = run->waiting & target;
    start_wait(run, op->target, op->selector);
    if (!waits) return false;
    copy_setting(wait->m[1], wait->phase[1], wait, 0);
    wait->alike = true;
    return true;
}

static inline void trade(ketsim_complex *a, ketsim_complex *b)
{
    const c_whole kept = c_get(a);
    c_put(a, c_get(b));
    c_put(b, kept);
}

static void flip(struct wait *wait, unsigned setting)
{
    ketsim_complex *m = wait->m[setting], *phase = wait->phase[setting];
    trade(&m[0], &m[2]);
    trade(&m[1], &m[3]);
    if (wait->phased) trade(&phase[0], &phase[1]);
}

/* Returns whether nothing was rounded. */
static bool join_setting(struct wait *wait, unsigned setting, const ketsim_complex *by)
{
    if (m2_is_identity(by)) return true;
    if (m2_is_flip(by)) {
        flip(wait, setting);
        return true;
    }
    if (wait->phased && m2_is_diagonal(by)) {
        times(&wait->phase[setting][0], by[0]);
        times(&wait->phase[setting][1], by[3]);
    } else {
        join_phases(wait);
        m2_multiply(wait->m[setting], by, wait->m[setting]);
    }
    return m2_is_exact(by);
}

/* Phases that are not signs stay apart. */
static bool stays_apart(const struct direct *run, const struct wait_selection *op)
{
    const ketsim_complex *a = op->m[0], *b = op->m[1];
    const bool signs = m2_is_real(a) && m2_is_real(b);
    return m2_is_diagonal(a) && m2_is_diagonal(b) && !signs && takes_phases(run, op->target);
}

void wait_select(struct direct *run, const struct wait_selection *op)
{
    struct wait *wait = &run->waits[op->target];
    if (make_room(run, op)) {
        if (stays_apart(run, op)) start_phases(wait);
        const bool first = join_setting(wait, 0, op->m[0]), second = join_setting(wait, 1, op->m[1]);
        wait->alike = wait->alike && first && second;
    } else {
        for (unsigned s = 0; s < 2; s++) m2_copy(wait->m[s], op->m[s]);
        wait->phased = false;
        wait->alike = m2_is_exact(op->m[0]) && m2_is_exact(op->m[1]);
    }
    note_diagonal(run, op->target);
}

bool wait_joins(const struct direct *run, unsigned a, unsigned b)
{
    return !in_the_way(run, a, b) || !in_the_way(run, b, a);
}

/* The one that is diagonal may be seen from either bit. */
void wait_select_diagonal(struct direct *run, const struct wait_selection *op)
{
    const ketsim_complex zero = {0, 0}, *a = op->m[0], *b = op->m[1];
    const ketsim_complex first[] = {a[0], zero, zero, b[0]}, second[] = {a[3], zero, zero, b[3]};
    const struct wait_selection exchanged = {op->selector, op->target, {first, second}};
    if (in_the_way(run, op->selector, op->target) < in_the_way(run, op->target, op->selector))
        wait_select(run, &exchanged);
    else wait_select(run, op);
}
