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

static void release_bit(struct direct *run, unsigned bit)
{
    struct direct_pass pass; /* clearing it would take a part of the time that a pass does */
    emit_start(&pass, bit, NO_SELECTOR);
    emit_copy(pass.m[0], run->waits[bit]);
    run->waiting &= ~(UINT64_C(1) << bit);
    run->diagonal &= ~(UINT64_C(1) << bit);
    emit(run, &pass);
}

/* Before something mixes these bits. */
static void release(struct direct *run, uint64_t bits)
{
    for (uint64_t left = bits & run->waiting; left; left &= left - 1) release_bit(run, low_bit(left));
    run->support.still &= ~bits;
}

/* All but what is diagonal. */
static void release_dense(struct direct *run, uint64_t bits)
{
    release(run, bits & run->waiting & ~run->diagonal);
}

static void add(struct direct *run, unsigned bit, const ketsim_complex *m)
{
    const uint64_t mask = UINT64_C(1) << bit;
    if (run->waiting & mask) emit_multiply(run->waits[bit], m, run->waits[bit]);
    else emit_copy(run->waits[bit], m);
    run->waiting |= mask;
    if (emit_is_diagonal(run->waits[bit])) run->diagonal |= mask;
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
    const bool diagonal = emit_is_diagonal(pass->m[0]) && emit_is_diagonal(pass->m[1]);
    const uint64_t dense = run->waiting & ~run->diagonal;
    if (diagonal && !(dense >> pass->target & 1) && dense >> pass->selector & 1) exchange_roles(pass);
    release_dense(run, UINT64_C(1) << pass->selector);
    const uint64_t target = UINT64_C(1) << pass->target;
    if (run->waiting & target && !(diagonal && run->diagonal & target)) {
        const ketsim_complex *waits = run->waits[pass->target];
        const bool first = emit_multiply_setting(pass->m[0], pass->m[0], waits),
                   second = emit_multiply_setting(pass->m[1], pass->m[1], waits);
        pass->alike = first && second;
        run->waiting &= ~target;
        run->diagonal &= ~target;
    }
    emit(run, pass);
}

/* A phase where all bits of the mask have the values, if what waits on them lets it pass. */
static bool add_phase(struct direct *run, uint64_t mask, uint64_t values, ketsim_complex phase)
{
    struct direct_pass pass;
    if (run->waiting & ~run->diagonal & mask) return false;
    pass.control_mask = mask;
    pass.control_values = values;
    pass.m[0][0] = phase;
    emit_phase(run, &pass);
    return true;
}

/* A matrix on one bit under controls. */
static void add_controlled(struct direct *run, unsigned target, uint64_t mask, uint64_t values,
                           const ketsim_complex *m)
{
    const uint64_t bit = UINT64_C(1) << target;
    const bool one = !(mask & (mask - 1)), phase = emit_is_diagonal(m) && c_is(m[0], 1);
    struct direct_pass pass;
    if (phase && add_phase(run, mask | bit, values | bit, m[3])) return;
    emit_start(&pass, target, one ? low_bit(mask) : NO_SELECTOR);
    pass.control_mask = one ? 0 : mask;
    pass.control_values = one ? 0 : values;
    const unsigned setting = one && values;
    emit_copy(pass.m[setting], m);
    emit_copy(pass.m[!setting], IDENTITY);
    if (one) {
        select_one(run, &pass);
        return;
    }
    release_dense(run, mask);
    if (emit_is_diagonal(m)) release_dense(run, bit);
    else release(run, bit);
    emit(run, &pass);
}

/* By the kernel of a streamed pass. */
static void stream(struct direct *run, const struct sweep *sweep)
{
    release_dense(run, sweep->control_mask);
    if (sweep->diagonal) release_dense(run, sweep_targets(sweep));
    else release(run, sweep_targets(sweep));
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
    struct direct_pass pass = {.control_mask = sweep->control_mask,
                               .control_values = sweep->control_values,
                               .target = sweep->targets[0],
                               .selector = sweep->targets[1],
                               .form = DIRECT_SWAP};
    release_dense(run, sweep->control_mask);
    release(run, sweep_targets(sweep));
    emit_launch(run, &pass);
}

/* A diagonal on two bits: two on the second, by the first. */
static void add_diagonal(struct direct *run, const struct sweep *sweep)
{
    struct direct_pass pass;
    emit_start(&pass, sweep->targets[1], sweep->targets[0]);
    emit_copy(pass.m[0], IDENTITY);
    emit_copy(pass.m[1], IDENTITY);
    for (unsigned k = 0; k < 4; k++) pass.m[k / 2][k % 2 * 3] = sweep->entries[k];
    select_one(run, &pass);
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
    if (mask) add_controlled(run, target, mask, values, m);
    else add(run, target, m);
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
    release(run, run->waiting);
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
    run.waiting = run.diagonal = 0;
    const fpcontrol saved = fpcontrol_default();
    if (src != dst) memcpy(dst, src, (size_t)(run.dtype == KETSIM_COMPLEX128 ? 16 : 8) << run.nqubits);
    run.support = support ? *support : direct_support(dst, run.nqubits, run.dtype);
    const ketsim_status status = run_all(&run, exec);
    fpcontrol_restore(saved);
    *residue = run.residue;
    *passes += run.passes;
    return status;
}
