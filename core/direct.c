/* direct.c - gate after gate, in place.
 *
 * Gates on one bit wait, multiplied with one another, until a gate on two bits looks at theirs.  A gate on two bits
 * that does to one of them, its target, something that depends on the other, its selector, joins what waits on the
 * target and waits there too, as two matrices: what follows on the target joins them.  So a CNOT or CZ between
 * rotations costs nothing.  What is diagonal lets selectors pass.
 *
 * What waits on a bit by a selector is done before anything that mixes the selector: a line from bit to selector to
 * that one's selector, which must not close to a ring. */
#include "direct.h"

#include <math.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
#include "emit.h"
#include "error.h"
#include "fpcontrol.h"
#include "gates.h"
#include "lower.h"
#include "passes/numbers.h"
#include "scratch.h"
#include "wide.h"

enum { CHECKED = 64 }; /* operations between two looks at the cancel flag and the clock */

/* Amplitudes times operations that may pass between two calls of poll, as in exec.c; what takes longer is planned. */
static const uint64_t MOST_WORK = UINT64_C(1) << 24;

/* Amplitudes times operations for which a plan takes longer than all passes, whatever the gates. */
static const uint64_t LITTLE_WORK = UINT64_C(1) << 16;

bool direct_is_quicker(unsigned nqubits, ketsim_dtype dtype, size_t operations)
{
    const unsigned most = dtype == KETSIM_COMPLEX128 ? 10 : 11;
    if (nqubits > most) return nqubits <= DIRECT_BITS && operations <= LITTLE_WORK >> nqubits;
    return operations <= MOST_WORK >> nqubits;
}

static const ketsim_complex IDENTITY[4] = {{1, 0}, {0, 0}, {0, 0}, {1, 0}};

/* ---- matrices that wait ------------------------------------------------------------------------ */

static inline uint64_t dense(const struct direct *run)
{
    return run->waiting & ~run->diagonal;
}

static inline unsigned settings(const struct wait *wait)
{
    return wait->selector == NO_SELECTOR ? 1 : 2;
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
    if (dense(run) & mask) release_all(run, run->users[bit]);
    struct direct_pass *pass = emit_start(run, bit, wait->selector);
    pass->alike = wait->alike;
    for (unsigned s = 0; s < settings(wait); s++) emit_copy(pass->m[s], wait->m[s]);
    if (wait->selector != NO_SELECTOR) run->users[wait->selector] &= (uint16_t)~mask;
    run->waiting &= ~mask;
    run->diagonal &= ~mask;
    emit(run, pass);
}

/* Before something mixes these bits. */
static void release(struct direct *run, uint64_t bits)
{
    for (uint64_t left = bits; left; left &= left - 1) release_all(run, run->users[low_bit(left)]);
    release_all(run, bits);
    run->support.still &= ~bits;
}

/* All but what is diagonal. */
static void release_dense(struct direct *run, uint64_t bits)
{
    release_all(run, bits & dense(run));
}

static void start_wait(struct direct *run, unsigned bit, unsigned selector)
{
    run->waits[bit].selector = (uint8_t)selector;
    run->waits[bit].alike = false;
    run->waiting |= UINT64_C(1) << bit;
    if (selector != NO_SELECTOR) run->users[selector] |= (uint16_t)(1u << bit);
}

static void note_diagonal(struct direct *run, unsigned bit)
{
    const struct wait *wait = &run->waits[bit];
    const uint64_t mask = UINT64_C(1) << bit;
    if (emit_is_diagonal(wait->m[0]) && (settings(wait) == 1 || emit_is_diagonal(wait->m[1])))
        run->diagonal |= mask;
    else run->diagonal &= ~mask;
}

static void add(struct direct *run, unsigned bit, const ketsim_complex *m)
{
    struct wait *wait = &run->waits[bit];
    if (!(run->waiting >> bit & 1)) {
        start_wait(run, bit, NO_SELECTOR);
        emit_copy(wait->m[0], m);
    } else {
        wait->alike = false;
        for (unsigned s = 0; s < settings(wait); s++) emit_multiply(wait->m[s], m, wait->m[s]);
    }
    note_diagonal(run, bit);
}

/* ---- operations -------------------------------------------------------------------------------- */

/* What depends on one bit, done to another: a matrix for each setting. */
struct selection {
    unsigned target, selector;
    const ketsim_complex *m[2];
};

/* Of one that is diagonal: whether something that waits would have to be done first, to join what waits on the target. */
static unsigned in_the_way(const struct direct *run, unsigned target, unsigned selector)
{
    const uint8_t other = run->waits[target].selector;
    const bool waits = run->waiting >> target & 1;
    return (dense(run) >> selector & 1) + (waits && other != NO_SELECTOR && other != selector);
}

/* Whether what waits on bit is, by selectors, done before what waits on another. */
static bool leads_to(const struct direct *run, unsigned bit, unsigned other)
{
    while (bit != NO_SELECTOR && bit != other)
        bit = run->waiting >> bit & 1 ? run->waits[bit].selector : NO_SELECTOR;
    return bit == other;
}

/* The wait of the target is one by the selector, maybe of identities. */
static void make_room(struct direct *run, const struct selection *op)
{
    struct wait *wait = &run->waits[op->target];
    const uint64_t target = UINT64_C(1) << op->target;
    release_dense(run, UINT64_C(1) << op->selector);
    if (run->waiting & target && wait->selector == op->selector) return;
    if (run->waiting & target && wait->selector != NO_SELECTOR) release_bit(run, op->target);
    if (leads_to(run, op->selector, op->target)) release_all(run, run->users[op->target]);
    const bool waits = run->waiting & target;
    if (!waits) emit_copy(wait->m[0], IDENTITY);
    emit_copy(wait->m[1], wait->m[0]);
    start_wait(run, op->target, op->selector);
    wait->alike = true;
}

static void select_one(struct direct *run, const struct selection *op)
{
    make_room(run, op);
    struct wait *wait = &run->waits[op->target];
    const bool first = emit_multiply_setting(wait->m[0], op->m[0], wait->m[0]),
               second = emit_multiply_setting(wait->m[1], op->m[1], wait->m[1]);
    wait->alike = wait->alike && first && second;
    note_diagonal(run, op->target);
}

/* The one that is diagonal may be seen from either bit. */
static void select_diagonal(struct direct *run, const struct selection *op)
{
    const ketsim_complex zero = {0, 0}, *a = op->m[0], *b = op->m[1];
    const ketsim_complex first[] = {a[0], zero, zero, b[0]}, second[] = {a[3], zero, zero, b[3]};
    const struct selection exchanged = {op->selector, op->target, {first, second}};
    if (in_the_way(run, op->selector, op->target) < in_the_way(run, op->target, op->selector))
        select_one(run, &exchanged);
    else select_one(run, op);
}

/* A phase where all bits of the mask have the values, if what waits on them lets it pass. */
static bool add_phase(struct direct *run, uint64_t mask, uint64_t values, ketsim_complex phase)
{
    if (dense(run) & mask) return false;
    struct direct_pass *pass = emit_start(run, 0, NO_SELECTOR);
    pass->control_mask = mask;
    pass->control_values = values;
    pass->m[0][0] = phase;
    emit_phase(run, pass);
    return true;
}

/* A matrix on one bit under one control. */
static void add_selected(struct direct *run, unsigned target, unsigned control, bool value,
                         const ketsim_complex *m)
{
    const struct selection op = {target, control, {value ? IDENTITY : m, value ? m : IDENTITY}};
    if (emit_is_diagonal(m)) select_diagonal(run, &op);
    else select_one(run, &op);
}

/* Under several. */
static void add_controlled(struct direct *run, unsigned target, uint64_t mask, uint64_t values,
                           const ketsim_complex *m)
{
    const uint64_t bit = UINT64_C(1) << target;
    if (emit_is_diagonal(m) && c_is(m[0], 1) && add_phase(run, mask | bit, values | bit, m[3])) return;
    release_dense(run, mask);
    if (emit_is_diagonal(m)) release_dense(run, bit);
    else release(run, bit);
    struct direct_pass *pass = emit_start(run, target, NO_SELECTOR);
    pass->control_mask = mask;
    pass->control_values = values;
    emit_copy(pass->m[0], m);
    emit(run, pass);
}

/* By the kernel of a streamed pass. */
static void stream(struct direct *run, const struct sweep *sweep)
{
    release_dense(run, sweep->control_mask);
    if (sweep->diagonal) release_dense(run, sweep_targets(sweep));
    else release(run, sweep_targets(sweep));
    emit_run(run);
    if (!sweep->as_it_is) run->residue -= numbers_sweep_excess(sweep, run->dtype);
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
    release_dense(run, sweep->control_mask);
    release(run, sweep_targets(sweep));
    struct direct_pass *pass = emit_start(run, sweep->targets[0], sweep->targets[1]);
    pass->control_mask = sweep->control_mask;
    pass->control_values = sweep->control_values;
    pass->form = DIRECT_SWAP;
    emit_as_it_is(run, pass);
}

/* A diagonal on two bits: two on the second, by the first. */
static void add_diagonal(struct direct *run, const struct sweep *sweep)
{
    const ketsim_complex zero = {0, 0}, *d = sweep->entries;
    const ketsim_complex first[] = {d[0], zero, zero, d[1]}, second[] = {d[2], zero, zero, d[3]};
    select_diagonal(run, &(const struct selection){sweep->targets[1], sweep->targets[0], {first, second}});
}

static void add_lowered(struct direct *run, const struct op *op, bool unitary)
{
    struct sweep sweep;
    ketsim_complex entries[MATRIX_ENTRIES];
    if (!lower(&sweep, entries, run->program, op, run->nqubits)) return;
    if (unitary && sweep.diagonal && sweep.ntargets == 2 && !sweep.control_mask) add_diagonal(run, &sweep);
    else if (unitary && !sweep.diagonal && sweep.ntargets == 1 && !sweep.control_mask)
        add(run, sweep.targets[0], entries);
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
    if (!mask) add(run, target, m);
    else if (!(mask & (mask - 1))) add_selected(run, target, low_bit(mask), values, m);
    else add_controlled(run, target, mask, values, m);
}

/* What a matrix that is not quite unitary does to the norm is the caller's wish: no residue. */
static bool is_unitary(const struct direct *run, const ketsim_complex *m)
{
    double squares = 0;
    for (unsigned k = 0; k < 4; k++) squares += m[k].re * m[k].re + m[k].im * m[k].im;
    return fabs(squares - 2) < 1e-3 &&
           fabs(emit_excess(m, run->dtype)) < (run->dtype == KETSIM_COMPLEX128 ? 0x1p-48 : 0x1p-19);
}

static void add_operation(struct direct *run, const struct op *op)
{
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    const ketsim_complex *given = run->program->entries + op->matrix;
    ketsim_complex m[4];
    if (row && row->ntargets == 1) {
        gates_matrix((ketsim_gate)op->gate, m, op->angles);
        add_one_target(run, op, row->ncontrols, m);
    } else if (op->gate == KETSIM_GATE_UNITARY && op->nqubits == 1 && is_unitary(run, given)) {
        add_one_target(run, op, 0, given);
    } else {
        add_lowered(run, op, op->gate != KETSIM_GATE_UNITARY && !op_has_table(op));
    }
}

/* Numbers and what the kernel works in lie one behind the other. */
static ketsim_status add_wide(struct direct *run, const struct op *op)
{
    struct wide wide;
    struct buffer *scratch;
    const size_t bytes = wide_bytes(op, run->nqubits, run->dtype),
                 work = (size_t)2 * WIDE_ROW_BYTES << op->nqubits;
    TRY(scratch_take(&scratch, bytes + work));
    char *const numbers = atomic_load_explicit(&scratch->amps, memory_order_relaxed);
    for (unsigned part = 0; part < wide_parts(op); part++) {
        (void)wide_make(&wide, numbers, run->program, op, part, run->nqubits,
                        run->dtype); /* too few to stop */
        release_dense(run, wide.control_mask | (wide.kind == WIDE_PHASES ? wide.targets : 0));
        if (wide.kind != WIDE_PHASES) release(run, wide.targets);
        emit_run(run);
        run->set->wide[run->dtype](run->amps, run->amps, &wide, 0, wide_units(&wide, run->nqubits, true),
                                   numbers + bytes, false);
        run->passes++;
    }
    if (!op->as_it_is) run->residue -= wide_excess(run->program, op, run->dtype);
    scratch_give(scratch);
    return KETSIM_OK;
}

static ketsim_status run_all(struct direct *run, const struct exec *exec)
{
    const bool stoppable = exec->options || exec->deadline;
    for (size_t k = 0; k < run->program->length; k++) {
        if (stoppable && k % CHECKED == 0) TRY(exec_check(exec));
        const struct op *op = &run->program->ops[k];
        if (op_is_wide(op)) TRY(add_wide(run, op));
        else add_operation(run, op);
    }
    release_all(run, run->waiting);
    emit_run(run);
    return KETSIM_OK;
}

enum { LINE = 64 }; /* bytes; buffers have whole lines */

static bool line_is_zero(const char *line)
{
    uint64_t words[LINE / 8], any = 0;
    memcpy(words, line, LINE);
    for (unsigned k = 0; k < LINE / 8; k++) any |= words[k];
    return !any;
}

/* The first amplitude from index on that is not zero, or the end. */
static size_t next_amplitude(const char *amps, size_t index, size_t end, size_t bytes)
{
    static const char zero[16];
    const size_t a_line = LINE / bytes;
    while (index < end) {
        if (index % a_line == 0 && line_is_zero(amps + index * bytes)) index += a_line;
        else if (memcmp(amps + index * bytes, zero, bytes)) return index;
        else index++;
    }
    return end;
}

struct support direct_support(const void *amps, unsigned nqubits, ketsim_dtype dtype)
{
    const size_t end = (size_t)1 << nqubits, bytes = dtype == KETSIM_COMPLEX128 ? 16 : 8;
    const size_t first = next_amplitude(amps, 0, end, bytes);
    struct support support = {.still = end - 1, .label = first};
    for (size_t k = first; k < end && support.still; k = next_amplitude(amps, k + 1, end, bytes))
        support.still &= ~(k ^ first);
    return support;
}

ketsim_status direct_run(const struct exec *exec, const struct program *program, void *dst, const void *src,
                         const struct support *support, double *residue, size_t *passes)
{
    struct direct run;
    run.program = program;
    run.set = kernels();
    run.amps = dst;
    run.nqubits = exec->nqubits;
    run.dtype = exec->dtype;
    run.residue = *residue;
    run.passes = 0;
    run.listed = 0;
    run.waiting = run.diagonal = 0;
    memset(run.users, 0, sizeof run.users);
    const fpcontrol saved = fpcontrol_default();
    if (src != dst) memcpy(dst, src, (size_t)(run.dtype == KETSIM_COMPLEX128 ? 16 : 8) << run.nqubits);
    run.support = support ? *support : direct_support(dst, run.nqubits, run.dtype);
    const ketsim_status status = run_all(&run, exec);
    fpcontrol_restore(saved);
    *residue = run.residue;
    *passes += run.passes;
    return status;
}
