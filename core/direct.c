/* direct.c - gate after gate, in place.
 *
 * Gates on one bit wait, multiplied with one another, until a gate on two bits looks at theirs.  A gate on two bits
 * that does to one of them, its target, something that depends on the other, its selector, takes what waits on the
 * target along: a CNOT or CZ behind a rotation costs nothing.  What is diagonal lets selectors pass. */
#include "direct.h"

#include <math.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
#include "error.h"
#include "fpcontrol.h"
#include "gates.h"
#include "lower.h"
#include "passes/numbers.h"
#include "payment.h"

enum {
    MOST_BITS = 10,
    CHECKED = 64 /* operations between two looks at the cancel flag and the clock */
};

/* Amplitudes times operations that may pass between two calls of poll, as in exec.c; what takes longer is planned. */
static const uint64_t MOST_WORK = UINT64_C(1) << 24;

struct direct {
    const struct program *program;
    const struct kernel_set *set;
    void *amps;
    unsigned nqubits;
    ketsim_dtype dtype;
    double residue;
    size_t passes;
    uint64_t waiting, diagonal; /* bits for which a matrix waits, and of those diagonal ones */
    ketsim_complex waits[MOST_BITS][4];
};

bool direct_is_quicker(unsigned nqubits, ketsim_dtype dtype, size_t operations)
{
    const unsigned most = dtype == KETSIM_COMPLEX128 ? 10 : 10;
    return nqubits <= most && operations <= MOST_WORK >> nqubits;
}

/* ---- matrices on one bit ----------------------------------------------------------------------- */

static const ketsim_complex IDENTITY[4] = {{1, 0}, {0, 0}, {0, 0}, {1, 0}};

static inline bool is_diagonal(const ketsim_complex *m)
{
    return m[1].re == 0 && m[1].im == 0 && m[2].re == 0 && m[2].im == 0;
}

static inline bool is_identity(const ketsim_complex *m)
{
    return is_diagonal(m) && c_is(m[0], 1) && c_is(m[3], 1);
}

static inline bool is_flip(const ketsim_complex *m)
{
    return c_is(m[1], 1) && c_is(m[2], 1) && c_is(m[0], 0) && c_is(m[3], 0);
}

static inline bool is_real(const ketsim_complex *m)
{
    return m[0].im == 0 && m[1].im == 0 && m[2].im == 0 && m[3].im == 0;
}

/* Part by part: what was stored as two numbers is not at once there to be loaded as one. */
static inline void copy(ketsim_complex *to, const ketsim_complex *from)
{
    for (unsigned k = 0; k < 4; k++) {
        to[k].re = from[k].re;
        to[k].im = from[k].im;
    }
}

/* out = by m; out may be m */
static void multiply(ketsim_complex *out, const ketsim_complex *by, const ketsim_complex *m)
{
    const ketsim_complex a = m[0], b = m[1], c = m[2], d = m[3];
    if (is_diagonal(by)) {
        const ketsim_complex first = by[0], second = by[3];
        out[0] = c_mul(first, a);
        out[1] = c_mul(first, b);
        out[2] = c_mul(second, c);
        out[3] = c_mul(second, d);
        return;
    }
    const ketsim_complex e = by[0], f = by[1], g = by[2], h = by[3];
    out[0] = c_add(c_mul(e, a), c_mul(f, c));
    out[1] = c_add(c_mul(e, b), c_mul(f, d));
    out[2] = c_add(c_mul(g, a), c_mul(h, c));
    out[3] = c_add(c_mul(g, b), c_mul(h, d));
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
static bool multiply_setting(ketsim_complex *out, const ketsim_complex *by, const ketsim_complex *m)
{
    if (is_identity(by)) {
        copy(out, m);
    } else if (is_flip(by)) {
        copy(out, (ketsim_complex[]){m[2], m[3], m[0], m[1]});
    } else {
        const bool exact = is_exact(by);
        multiply(out, by, m);
        return exact;
    }
    return true;
}

/* ---- passes ------------------------------------------------------------------------------------ */

typedef double parts __attribute__((vector_size(16)));

static inline parts rounded(ketsim_complex c, ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? (parts){c.re, c.im} : (parts){(float)c.re, (float)c.im};
}

/* The sum of squares of the parts less what it should be, to 2^-70: halves of 26 bits have squares without roundings. */
static double excess_of(const ketsim_complex *m, double squares, ketsim_dtype dtype)
{
    static const double SPLIT = 1.5 * 0x1p27; /* whose neighbors lie 2^-25 apart */
    parts large[4], small[4];
    for (unsigned k = 0; k < 4; k++) {
        const parts x = rounded(m[k], dtype), high = x + SPLIT - SPLIT;
        large[k] = high * high;
        small[k] = (high + x) * (x - high);
    }
    const parts all = large[0] + large[1] + (large[2] + large[3]);
    const parts rest = small[0] + small[1] + (small[2] + small[3]);
    return (all[0] + all[1] - squares) + (rest[0] + rest[1]);
}

/* The share of amplitudes where all of these bits have some values. */
static inline double part_of(uint64_t bits)
{
    double part = 1;
    for (; bits; bits &= bits - 1) part *= 0.5;
    return part;
}

static double excess_of_pass(const struct direct_pass *pass, ketsim_dtype dtype)
{
    const bool selects = pass->selector != NO_SELECTOR;
    const double first = pass->identity[0] ? 0 : excess_of(pass->m[0], 2, dtype) / 2;
    if (!selects) return first * part_of(pass->control_mask);
    if (pass->alike) return first;
    return (first + (pass->identity[1] ? 0 : excess_of(pass->m[1], 2, dtype) / 2)) / 2;
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

static void start_pass(struct direct_pass *pass, unsigned target, unsigned selector)
{
    pass->control_mask = pass->control_values = 0;
    pass->alike = false;
    pass->target = (uint8_t)target;
    pass->selector = (uint8_t)selector;
}

static void choose_form(struct direct_pass *pass)
{
    const bool selects = pass->selector != NO_SELECTOR;
    const ketsim_complex *first = pass->m[0], *second = pass->m[selects];
    pass->identity[0] = is_identity(first);
    pass->identity[1] = selects && is_identity(second);
    if (is_diagonal(first) && is_diagonal(second)) pass->form = DIRECT_DIAGONAL;
    else if ((pass->identity[0] || is_flip(first)) && (is_flip(second) || pass->identity[1]))
        pass->form = DIRECT_FLIP;
    else if (is_real(first) && is_real(second)) pass->form = DIRECT_REAL;
    else pass->form = DIRECT_DENSE;
}

static void launch(struct direct *run, const struct direct_pass *pass)
{
    run->set->direct[run->dtype](run->amps, run->nqubits, pass);
    run->passes++;
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

/* One number where all bits have some values. */
static void emit_phase(struct direct *run, struct direct_pass *pass, unsigned k)
{
    const uint64_t target = UINT64_C(1) << pass->target;
    pass->m[0][0] = pass->m[k / 2][k % 2 * 3];
    pass->m[0][1] = pass->m[0][2] = pass->m[0][3] = (ketsim_complex){0, 0};
    pass->control_mask |= target;
    if (k % 2) pass->control_values |= target;
    if (pass->selector != NO_SELECTOR) {
        pass->control_mask |= UINT64_C(1) << pass->selector;
        pass->control_values |= (uint64_t)(k / 2) << pass->selector;
    }
    pass->form = DIRECT_PHASE;
    run->residue -= excess_of(pass->m[0], 1, run->dtype) * part_of(pass->control_mask);
    launch(run, pass);
}

static void emit(struct direct *run, struct direct_pass *pass)
{
    choose_form(pass);
    const unsigned phase = pass->form == DIRECT_DIAGONAL ? find_phase(pass) : 4;
    if (phase < 4) {
        emit_phase(run, pass, phase);
        return;
    }
    if (pass->identity[0] && (pass->selector == NO_SELECTOR || pass->identity[1])) return;
    if (pass->form != DIRECT_FLIP) {
        run->residue -= excess_of_pass(pass, run->dtype);
        if (fabs(run->residue) > PAYMENT_LEAST[run->dtype]) pay(run, pass);
    }
    launch(run, pass);
}

/* ---- matrices that wait ------------------------------------------------------------------------ */

static void release_bit(struct direct *run, unsigned bit)
{
    struct direct_pass pass; /* clearing it would take a part of the time that a pass does */
    start_pass(&pass, bit, NO_SELECTOR);
    copy(pass.m[0], run->waits[bit]);
    run->waiting &= ~(UINT64_C(1) << bit);
    run->diagonal &= ~(UINT64_C(1) << bit);
    emit(run, &pass);
}

static void release(struct direct *run, uint64_t bits)
{
    for (bits &= run->waiting; bits; bits &= bits - 1) release_bit(run, low_bit(bits));
}

/* All but what is diagonal. */
static void release_dense(struct direct *run, uint64_t bits)
{
    release(run, bits & ~run->diagonal);
}

static void add(struct direct *run, unsigned bit, const ketsim_complex *m)
{
    const uint64_t mask = UINT64_C(1) << bit;
    if (run->waiting & mask) multiply(run->waits[bit], m, run->waits[bit]);
    else copy(run->waits[bit], m);
    run->waiting |= mask;
    if (is_diagonal(run->waits[bit])) run->diagonal |= mask;
    else run->diagonal &= ~mask;
}

/* ---- operations -------------------------------------------------------------------------------- */

/* The same diagonal seen from the other bit. */
static void exchange_roles(struct direct_pass *pass)
{
    const ketsim_complex d[] = {pass->m[0][0], pass->m[1][0], pass->m[0][3], pass->m[1][3]};
    const uint8_t target = pass->target;
    pass->target = pass->selector;
    pass->selector = target;
    pass->m[0][0] = d[0];
    pass->m[0][3] = d[1];
    pass->m[1][0] = d[2];
    pass->m[1][3] = d[3];
}

/* What depends on one bit, done to another. */
static void select_one(struct direct *run, struct direct_pass *pass)
{
    const bool diagonal = is_diagonal(pass->m[0]) && is_diagonal(pass->m[1]);
    const uint64_t dense = run->waiting & ~run->diagonal;
    if (diagonal && !(dense >> pass->target & 1) && dense >> pass->selector & 1) exchange_roles(pass);
    release_dense(run, UINT64_C(1) << pass->selector);
    const uint64_t target = UINT64_C(1) << pass->target;
    if (run->waiting & target && !(diagonal && run->diagonal & target)) {
        const ketsim_complex *waits = run->waits[pass->target];
        const bool first = multiply_setting(pass->m[0], pass->m[0], waits),
                   second = multiply_setting(pass->m[1], pass->m[1], waits);
        pass->alike = first && second;
        run->waiting &= ~target;
        run->diagonal &= ~target;
    }
    emit(run, pass);
}

/* A matrix on one bit under controls. */
static void add_controlled(struct direct *run, unsigned target, uint64_t mask, uint64_t values,
                           const ketsim_complex *m)
{
    const bool one = !(mask & (mask - 1));
    struct direct_pass pass;
    start_pass(&pass, target, one ? low_bit(mask) : NO_SELECTOR);
    pass.control_mask = one ? 0 : mask;
    pass.control_values = one ? 0 : values;
    const unsigned setting = one && values;
    copy(pass.m[setting], m);
    copy(pass.m[!setting], IDENTITY);
    if (one) {
        select_one(run, &pass);
        return;
    }
    release_dense(run, mask);
    if (is_diagonal(m)) release_dense(run, UINT64_C(1) << target);
    else release(run, UINT64_C(1) << target);
    emit(run, &pass);
}

static uint64_t bits_of(const struct sweep *sweep)
{
    uint64_t bits = 0;
    for (unsigned k = 0; k < sweep->ntargets; k++) bits |= UINT64_C(1) << sweep->targets[k];
    return bits;
}

/* By the kernel of a streamed pass. */
static void stream(struct direct *run, const struct sweep *sweep)
{
    release_dense(run, sweep->control_mask);
    if (sweep->diagonal) release_dense(run, bits_of(sweep));
    else release(run, bits_of(sweep));
    run->residue -= numbers_sweep_excess(sweep, run->dtype);
    const uint64_t groups = kernel_groups(run->set, run->dtype, sweep, run->nqubits, true);
    run->set->run[run->dtype](run->amps, run->amps, sweep, 0, groups, false);
    run->passes++;
}

static bool is_swap(const struct sweep *sweep)
{
    static const double swap[16] = {1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    for (unsigned k = 0; k < 16; k++)
        if (!c_is(sweep->entries[k], swap[k])) return false;
    return true;
}

static void swap(struct direct *run, const struct sweep *sweep)
{
    const struct direct_pass pass = {.control_mask = sweep->control_mask,
                                     .control_values = sweep->control_values,
                                     .target = sweep->targets[0],
                                     .selector = sweep->targets[1],
                                     .form = DIRECT_SWAP};
    release_dense(run, sweep->control_mask);
    release(run, bits_of(sweep));
    launch(run, &pass);
}

/* A diagonal on two bits: two on the second, by the first. */
static void add_diagonal(struct direct *run, const struct sweep *sweep)
{
    struct direct_pass pass;
    start_pass(&pass, sweep->targets[1], sweep->targets[0]);
    copy(pass.m[0], IDENTITY);
    copy(pass.m[1], IDENTITY);
    for (unsigned k = 0; k < 4; k++) pass.m[k / 2][k % 2 * 3] = sweep->entries[k];
    select_one(run, &pass);
}

static void add_lowered(struct direct *run, const struct op *op, bool unitary)
{
    struct sweep sweep;
    ketsim_complex entries[MATRIX_ENTRIES];
    if (!lower(&sweep, entries, run->program, op, run->nqubits)) return;
    if (unitary && sweep.diagonal && sweep.ntargets == 2 && !sweep.control_mask) add_diagonal(run, &sweep);
    else if (!sweep.diagonal && sweep.ntargets == 2 && is_swap(&sweep)) swap(run, &sweep);
    else stream(run, &sweep);
}

static uint64_t bit_of(const struct direct *run, unsigned qubit)
{
    return UINT64_C(1) << (run->nqubits - 1 - qubit);
}

static void add_one_target(struct direct *run, const struct op *op, unsigned ncontrols,
                           const ketsim_complex *m)
{
    const unsigned target = run->nqubits - 1 - op->qubits[ncontrols];
    uint64_t mask = 0, values;
    for (unsigned k = 0; k < ncontrols; k++) mask |= bit_of(run, op->qubits[k]);
    values = mask;
    for (uint64_t left = op->control_mask; left; left &= left - 1) {
        mask |= bit_of(run, low_bit(left));
        if (op->control_values >> low_bit(left) & 1) values |= bit_of(run, low_bit(left));
    }
    if (mask) add_controlled(run, target, mask, values, m);
    else add(run, target, m);
}

/* What a matrix that is not quite unitary does to the norm is the caller's wish: no residue. */
static bool is_unitary(const struct direct *run, const ketsim_complex *m)
{
    double squares = 0;
    for (unsigned k = 0; k < 4; k++) squares += m[k].re * m[k].re + m[k].im * m[k].im;
    return fabs(squares - 2) < 1e-3 &&
           fabs(excess_of(m, 2, run->dtype) / 2) < (run->dtype == KETSIM_COMPLEX128 ? 0x1p-48 : 0x1p-19);
}

static void add_operation(struct direct *run, const struct op *op)
{
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    const ketsim_complex *given = run->program->entries + op->matrix;
    ketsim_complex m[4];
    if (row && row->ntargets == 1) {
        gates_matrix((ketsim_gate)op->gate, m, op->angles);
        add_one_target(run, op, row->ncontrols, m);
    } else if (!row && op->nqubits == 1 && is_unitary(run, given)) {
        add_one_target(run, op, 0, given);
    } else {
        add_lowered(run, op, row != NULL);
    }
}

static ketsim_status run_all(struct direct *run, const struct exec *exec)
{
    const bool stoppable = exec->options || exec->deadline;
    for (size_t k = 0; k < run->program->length; k++) {
        if (stoppable && k % CHECKED == 0) TRY(exec_check(exec));
        add_operation(run, &run->program->ops[k]);
    }
    release(run, run->waiting);
    return KETSIM_OK;
}

ketsim_status direct_run(const struct exec *exec, const struct program *program, void *dst, const void *src,
                         double *residue, size_t *passes)
{
    struct direct run;
    run.program = program;
    run.set = kernels();
    run.amps = dst;
    run.nqubits = exec->nqubits;
    run.dtype = exec->dtype;
    run.residue = *residue;
    run.passes = 0;
    run.waiting = run.diagonal = 0;
    const fpcontrol saved = fpcontrol_default();
    if (src != dst) memcpy(dst, src, (size_t)(run.dtype == KETSIM_COMPLEX128 ? 16 : 8) << run.nqubits);
    const ketsim_status status = run_all(&run, exec);
    fpcontrol_restore(saved);
    *residue = run.residue;
    *passes += run.passes;
    return status;
}
