/* direct.c - gate after gate, in place.
 *
 * What gates do waits (wait.c) as long as more may join it, is a pass then (emit.c), and passes run a list at a time. */
#include "direct.h"

#include <math.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
#include "emit.h"
#include "error.h"
#include "fpcontrol.h"
#include "gates.h"
#include "launch.h"
#include "lower.h"
#include "passes/numbers.h"
#include "rounding.h"
#include "scratch.h"
#include "wait.h"
#include "wide.h"

/* Amplitudes times operations that may pass between two calls of poll, as in exec.c; what takes longer is planned. */
static const uint64_t MOST_WORK = UINT64_C(1) << 24;

/* Bytes of amplitudes times operations for which a plan takes longer than all passes, whatever the gates. */
static const uint64_t LITTLE_WORK = UINT64_C(1) << 21;

bool direct_is_quicker(unsigned nqubits, ketsim_dtype dtype, size_t operations)
{
    const unsigned most = dtype == KETSIM_COMPLEX128 ? 10 : 11,
                   log_bytes = dtype == KETSIM_COMPLEX128 ? 4 : 3;
    if (nqubits > most) return nqubits <= DIRECT_BITS && operations <= LITTLE_WORK >> (nqubits + log_bytes);
    return operations <= MOST_WORK >> nqubits;
}

/* ---- operations -------------------------------------------------------------------------------- */

/* A phase where all bits of the mask have the values, if what waits on them lets it pass. */
static bool add_phase(struct direct *run, uint64_t mask, uint64_t values, ketsim_complex phase)
{
    if (wait_dense(run) & mask) return false;
    struct direct_pass *pass = emit_start(run, 0, NO_SELECTOR);
    pass->control_mask = mask;
    pass->control_values = values;
    pass->m[0][0] = phase;
    emit_phase(run, pass);
    return true;
}

/* Whether only where the bit is 1 something is done. */
static bool is_phase(const ketsim_complex *m)
{
    return m2_is_diagonal(m) && c_is(m[0], 1);
}

/* A phase where two bits have values is less work on a quarter of the amplitudes than to make a real matrix that follows one
 * that is not. */
static bool add_phase_of_two(struct direct *run, uint64_t bits, uint64_t values, ketsim_complex phase)
{
    const uint64_t dense = wait_dense(run) & bits, rest = bits & (bits - 1);
    if (dense != bits && !wait_joins(run, low_bit(bits), low_bit(rest))) wait_release_dense(run, bits);
    return add_phase(run, bits, values, phase);
}

/* A matrix on one bit under one control. */
static void add_selected(struct direct *run, unsigned target, unsigned control, bool value,
                         const ketsim_complex *m)
{
    const uint64_t bit = UINT64_C(1) << target, mask = UINT64_C(1) << control;
    const struct wait_selection op = {target, control, {value ? M2_IDENTITY : m, value ? m : M2_IDENTITY}};
    if (is_phase(m) && !m2_is_real(m) && add_phase_of_two(run, mask | bit, (value ? mask : 0) | bit, m[3]))
        return;
    if (m2_is_diagonal(m)) wait_select_diagonal(run, &op);
    else wait_select(run, &op);
}

/* Under several. */
static void add_controlled(struct direct *run, unsigned target, uint64_t mask, uint64_t values,
                           const ketsim_complex *m)
{
    const uint64_t bit = UINT64_C(1) << target;
    if (is_phase(m) && add_phase(run, mask | bit, values | bit, m[3])) return;
    wait_release_dense(run, mask);
    if (m2_is_diagonal(m)) wait_release_dense(run, bit);
    else wait_release(run, bit);
    struct direct_pass *pass = emit_start(run, target, NO_SELECTOR);
    pass->control_mask = mask;
    pass->control_values = values;
    m2_copy(pass->m[0], m);
    emit(run, pass);
}

/* By the kernel of a streamed pass. */
static void stream(struct direct *run, const struct sweep *sweep)
{
    wait_release_dense(run, sweep->control_mask);
    if (sweep->diagonal) wait_release_dense(run, sweep_targets(sweep));
    else wait_release(run, sweep_targets(sweep));
    launch(run, false);
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
    wait_release_dense(run, sweep->control_mask);
    wait_release(run, sweep_targets(sweep));
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
    wait_select_diagonal(
        run, &(const struct wait_selection){sweep->targets[1], sweep->targets[0], {first, second}});
}

static void add_lowered(struct direct *run, const struct op *op, bool unitary)
{
    struct sweep sweep;
    ketsim_complex entries[MATRIX_ENTRIES];
    if (!lower(&sweep, entries, &run->ahead, op, run->nqubits)) return;
    if (unitary && sweep.diagonal && sweep.ntargets == 2 && !sweep.control_mask) add_diagonal(run, &sweep);
    else if (unitary && !sweep.diagonal && sweep.ntargets == 1 && !sweep.control_mask)
        wait_add(run, sweep.targets[0], entries);
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
    if (!mask) wait_add(run, target, m);
    else if (!(mask & (mask - 1))) add_selected(run, target, low_bit(mask), values, m);
    else add_controlled(run, target, mask, values, m);
}

/* What a matrix that is not quite unitary does to the norm is the caller's wish: no residue. */
static bool is_unitary(const struct direct *run, const ketsim_complex *m)
{
    double rows[2] = {0, 0};
    for (unsigned k = 0; k < 4; k++) rows[k / 2] += m[k].re * m[k].re + m[k].im * m[k].im;
    const double limit = run->dtype == KETSIM_COMPLEX128 ? 0x1p-48 : 0x1p-19;
    return fabs(rows[0] - 1) < 1e-3 && fabs(rows[0] - rows[1]) < limit &&
           fabs(rounding_of_matrix(m, run->dtype)) < limit;
}

static void add_operation(struct direct *run, const struct op *op)
{
    const ketsim_complex *given = run->program->entries + op->matrix;
    ketsim_complex m[4];
    if (gates_has_one_target(op->gate)) {
        ahead_matrix(&run->ahead, op, m);
        add_one_target(run, op, gates_shapes[op->gate].ncontrols, m);
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
        wait_release_dense(run, wide.control_mask | (wide.kind == WIDE_PHASES ? wide.targets : 0));
        if (wide.kind != WIDE_PHASES) wait_release(run, wide.targets);
        launch(run, false);
        run->set->wide[run->dtype](run->amps, run->amps, &wide, 0, wide_units(&wide, run->nqubits, true),
                                   numbers + bytes, false);
        run->passes++;
    }
    if (!op->as_it_is) run->residue -= wide_excess(run->program, op, run->dtype);
    scratch_give(scratch);
    return KETSIM_OK;
}

enum { LOOK = 64 }; /* operations between two looks at the cancel flag and the clock */

static ketsim_status run_all(struct direct *run, const struct exec *exec)
{
    const bool stoppable = exec->options || exec->deadline;
    for (size_t k = 0; k < run->program->length; k++) {
        if (stoppable && k % LOOK == 0) TRY(exec_check(exec));
        const struct op *op = &run->program->ops[k];
        if (op_is_wide(op)) TRY(add_wide(run, op));
        else add_operation(run, op);
    }
    wait_release(run, run->waiting);
    launch(run, true);
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

/* Bits in which amplitudes that are not zero differ from the one at that index by nothing else: in most states all, found at
 * once. */
static uint64_t neighbors(const char *amps, size_t index, unsigned nqubits, size_t bytes)
{
    uint64_t found = 0;
    for (uint64_t bit = 1; bit >> nqubits == 0; bit <<= 1) {
        const size_t other = index ^ bit;
        if (next_amplitude(amps, other, other + 1, bytes) == other) found |= bit;
    }
    return found;
}

struct support direct_support(const void *amps, unsigned nqubits, ketsim_dtype dtype)
{
    const size_t end = (size_t)1 << nqubits, bytes = dtype == KETSIM_COMPLEX128 ? 16 : 8;
    const size_t first = next_amplitude(amps, 0, end, bytes);
    struct support support = {.still = end - 1, .label = first < end ? first : 0};
    if (first < end) support.still &= ~neighbors(amps, first, nqubits, bytes);
    for (size_t k = first; k < end && support.still; k = next_amplitude(amps, k + 1, end, bytes))
        support.still &= ~(k ^ first);
    return support;
}

/* To the run's amplitudes.  Zeros need not be read. */
static void copy(const struct direct *run, const void *src)
{
    const size_t bytes = run->dtype == KETSIM_COMPLEX128 ? 16 : 8, all = ((size_t)1 << run->nqubits) - 1;
    const size_t offset = run->support.label * bytes;
    if (run->support.still == all) {
        memset(run->amps, 0, (all + 1) * bytes);
        memcpy((char *)run->amps + offset, (const char *)src + offset, bytes);
    } else {
        memcpy(run->amps, src, (all + 1) * bytes);
    }
}

ketsim_status direct_run(const struct exec *exec, const struct program *program, void *dst, const void *src,
                         const struct support *support, double *residue, size_t *passes)
{
    struct direct run;
    run.program = program;
    run.set = kernels();
    ahead_begin(&run.ahead, run.set, program);
    run.amps = dst;
    run.nqubits = exec->nqubits;
    run.dtype = exec->dtype;
    run.residue = *residue;
    run.passes = 0;
    run.listed = 0;
    run.common = (ketsim_complex){1, 0};
    run.waiting = run.diagonal = 0;
    memset(run.users, 0, sizeof run.users);
    const fpcontrol saved = fpcontrol_default();
    run.support = support ? *support : direct_support(src, run.nqubits, run.dtype);
    if (src != dst) copy(&run, src);
    const ketsim_status status = run_all(&run, exec);
    fpcontrol_restore(saved);
    *residue = run.residue;
    *passes += run.passes;
    return status;
}
