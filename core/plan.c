/* plan.c - from operations to sweeps, and from sweeps to stages.
 *
 * An operation becomes a sweep: qubits become bit positions, matrices get their simplest form.  A few sweeps are
 * run as they are; more go through passes/ and come out as passes over tiles. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "error.h"
#include "gates.h"
#include "passes/form.h"
#include "passes/numbers.h"
#include "passes/tiling.h"

_Static_assert((int)MAX_TARGETS == (int)KETSIM_MAX_TARGETS, "kernels take every matrix the table has");

static bool is_value(ketsim_complex c, double re)
{
    return c.re == re && c.im == 0;
}

static bool is_diagonal(const ketsim_complex *m, unsigned dim)
{
    for (unsigned k = 0; k < dim * dim; k++)
        if (k % (dim + 1) && !is_value(m[k], 0)) return false;
    return true;
}

static bool is_real(const ketsim_complex *m, unsigned count)
{
    for (unsigned k = 0; k < count; k++)
        if (m[k].im != 0) return false;
    return true;
}

/* Bit positions of an operation's further controls: bit q of mask is qubit q. */
static uint64_t to_bits(uint64_t mask, unsigned nqubits)
{
    uint64_t bits = 0;
    for (; mask; mask &= mask - 1) bits |= UINT64_C(1) << (nqubits - 1 - (unsigned)__builtin_ctzll(mask));
    return bits;
}

static void add_control(struct sweep *sweep, unsigned bit, unsigned value)
{
    sweep->control_mask |= UINT64_C(1) << bit;
    sweep->control_values |= (uint64_t)value << bit;
}

/* Two targets in ascending order: exchange them, and with them the middle rows and columns. */
static void order_targets(struct sweep *sweep, ketsim_complex *m)
{
    static const uint8_t exchanged[4] = {0, 2, 1, 3};
    ketsim_complex copy[MATRIX_ENTRIES];
    if (sweep->ntargets < 2 || sweep->targets[0] > sweep->targets[1]) return;
    const uint8_t first = sweep->targets[0];
    sweep->targets[0] = sweep->targets[1];
    sweep->targets[1] = first;
    memcpy(copy, m, sizeof copy);
    for (unsigned k = 0; k < MATRIX_ENTRIES; k++) m[k] = copy[exchanged[k / 4] * 4 + exchanged[k % 4]];
}

/* A diagonal that is 1 wherever one of its targets has some value acts under that target as a control:
 * what is left touches half the amplitudes. */
static bool turn_target_into_control(struct sweep *sweep, ketsim_complex *d)
{
    for (unsigned k = 0; k < sweep->ntargets; k++)
        for (unsigned value = 0; value < 2; value++) {
            const unsigned shift = sweep->ntargets - 1 - k, dim = 1u << sweep->ntargets;
            unsigned left = 0;
            bool ones = true;
            ketsim_complex rest[1 << MAX_TARGETS];
            for (unsigned row = 0; row < dim; row++) {
                if ((row >> shift & 1) == value) rest[left++] = d[row];
                else ones = ones && is_value(d[row], 1);
            }
            if (!ones) continue;
            add_control(sweep, sweep->targets[k], value);
            memcpy(d, rest, left * sizeof *d);
            for (unsigned j = k + 1; j < sweep->ntargets; j++) sweep->targets[j - 1] = sweep->targets[j];
            sweep->ntargets--;
            return true;
        }
    return false;
}

static void simplify_diagonal(struct sweep *sweep, ketsim_complex *m)
{
    const unsigned dim = 1u << sweep->ntargets;
    for (unsigned row = 1; row < dim; row++) m[row] = m[row * (dim + 1)];
    sweep->diagonal = true;
    while (turn_target_into_control(sweep, m)) continue;
}

/* Write the sweep of op and its entries; false when op is the identity. */
static bool lower(struct sweep *sweep, ketsim_complex *entries, const struct program *program,
                  const struct op *op, unsigned nqubits)
{
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    const unsigned ncontrols = row ? row->ncontrols : 0;
    *sweep = (struct sweep){.control_mask = to_bits(op->control_mask, nqubits),
                            .control_values = to_bits(op->control_values, nqubits),
                            .entries = entries,
                            .ntargets = (uint8_t)(op->nqubits - ncontrols)};
    for (unsigned k = 0; k < ncontrols; k++) add_control(sweep, nqubits - 1 - op->qubits[k], 1);
    for (unsigned k = 0; k < sweep->ntargets; k++)
        sweep->targets[k] = (uint8_t)(nqubits - 1 - op->qubits[ncontrols + k]);

    if (row) gates_matrix((ketsim_gate)op->gate, entries, op->angles);
    else memcpy(entries, program->entries + op->matrix, op_entries(op) * sizeof *entries);
    order_targets(sweep, entries);
    if (is_diagonal(entries, 1u << sweep->ntargets)) simplify_diagonal(sweep, entries);
    sweep->real = is_real(entries, 1u << (sweep->diagonal ? sweep->ntargets : 2 * sweep->ntargets));
    return !(sweep->diagonal && sweep->ntargets == 0 && is_value(entries[0], 1));
}

static size_t count_entries(const struct op *op)
{
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    return row ? (size_t)1 << 2 * row->ntargets : op_entries(op);
}

/* ---- stages ------------------------------------------------------------------------------------ */

/* On fewer qubits finding cores takes longer than dense matrices do. */
static const unsigned LEAST_CORE_QUBITS = 14;

static bool makes_cores(const struct plan_options *options)
{
    return options->nqubits >= LEAST_CORE_QUBITS || options->tile_bits;
}

static void add_sweep_stage(struct plan *plan, const struct sweep *sweep)
{
    plan->stages[plan->length++] = (struct stage){.sweep = sweep, .weight = 1};
}

/* Arithmetic an amplitude, in rotations. */
static unsigned item_weight(const struct tiling *tiling, const struct work_item *item)
{
    if (item->work == WORK_PHASES) return 4;
    if (item->work == WORK_PAIR) return 16;
    if (item->work != WORK_GROUP) return 1;
    const struct group *group = &tiling->groups[item->index];
    return 1 + bit_count(group->rotated) + bit_count(group->lanes_rotated);
}

static void add_tiled_stages(struct plan *plan, const struct tiling *tiling)
{
    for (size_t k = 0; k < tiling->npasses; k++) {
        const struct tiled_pass *pass = &tiling->passes[k];
        unsigned work = 0;
        for (size_t j = 0; j < pass->nitems; j++)
            work += item_weight(tiling, &tiling->items[pass->first_item + j]);
        const size_t scratch = tile_scratch_bytes(pass->m, tiling->dtype);
        plan->stages[plan->length++] = (struct stage){.tiling = tiling, .pass = pass, .weight = 1 + work / 8};
        if (scratch > plan->scratch_bytes) plan->scratch_bytes = scratch;
    }
}

/* A plan in the making: of so many sweeps. */
struct draft {
    struct plan *plan;
    const struct plan_options *options;
    size_t nsweeps, stage_capacity;
    double residue; /* of the norm, from one segment to the next: see struct tiling */
};

static bool reserve_stages(struct draft *draft, size_t count)
{
    struct plan *plan = draft->plan;
    if (plan->length + count <= draft->stage_capacity) return true;
    const size_t wanted = 2 * (plan->length + count);
    struct stage *moved = malloc(wanted * sizeof *moved);
    if (!moved) return false;
    memcpy(moved, plan->stages, plan->length * sizeof *moved);
    if (plan->stages != plan->small_stages) free(plan->stages);
    plan->stages = moved;
    draft->stage_capacity = wanted;
    return true;
}

/* Tiles for as many sweeps from first on as have the canonical form; returns how many, or fails with SIZE_MAX. */
static size_t tile_segment(struct draft *draft, size_t first)
{
    struct plan *plan = draft->plan;
    const struct plan_options *options = draft->options;
    const struct sweep *sweeps = plan->pairs.sweeps + first;
    const size_t left = plan->pairs.count - first;
    const unsigned n = options->nqubits;
    struct tiling *tiling = &plan->tilings[plan->ntilings];
    struct form form;
    form_init(&form, n, first ? NULL : options->label, sweeps, left);
    form.cores = makes_cores(options);
    form.residue = draft->residue;
    const size_t count = form_append(&form, sweeps, left);
    if (!count && !form.from_label && !form.out_of_memory) {
        form_clear(&form);
        return 0;
    }
    const unsigned usual = tiling_bits(n, options->dtype);
    const unsigned bits = options->tile_bits && options->tile_bits < usual ? options->tile_bits : usual;
    const unsigned lanes = (options->set ? options->set : kernels())->lane_bits[options->dtype] + 1;
    bool done = form_finish(&form) && tiling_init(tiling, &form, options->dtype, bits, lanes);
    if (done) plan->ntilings++;
    if (done) draft->residue = tiling->residue;
    if (done && reserve_stages(draft, tiling->npasses)) {
        add_tiled_stages(plan, tiling);
    } else {
        done = false;
    }
    form_clear(&form);
    return done ? count : SIZE_MAX;
}

/* Segments of tiles, and between them sweeps that have no canonical form. */
static bool tile_all(struct draft *draft)
{
    struct plan *plan = draft->plan;
    size_t k = 0;
    if (!pairs_init(&plan->pairs, plan->sweeps, draft->nsweeps, makes_cores(draft->options))) return false;
    while (k < plan->pairs.count) {
        const size_t count = tile_segment(draft, k);
        if (count == SIZE_MAX || !reserve_stages(draft, 1)) return false;
        k += count;
        if (k == plan->pairs.count) break;
        const struct sweep *sweep =
            &plan->pairs.sweeps[k++]; /* under controls: on that part of the amplitudes */
        draft->residue -= ldexp(numbers_matrix_excess(sweep->entries, draft->options->dtype),
                                -(int)bit_count(sweep->control_mask));
        add_sweep_stage(plan, sweep);
    }
    return true;
}

static ketsim_status no_memory(struct plan *plan, size_t operations)
{
    plan_clear(plan);
    return fail(KETSIM_ERR_MEMORY, "plan of %zu operations: cannot allocate its stages", operations);
}

static bool allocate(struct draft *draft, const struct program *program)
{
    struct plan *plan = draft->plan;
    const size_t length = program->length;
    size_t nentries = 0, nsegments = 1;
    if (length <= PLAN_SMALL) return true;
    for (size_t k = 0; k < length; k++) {
        nentries += count_entries(&program->ops[k]);
        nsegments += program->ops[k].control_mask !=
                     0; /* what may have no canonical form has further controls */
    }
    plan->sweeps = malloc(length * sizeof *plan->sweeps);
    plan->entries = malloc(nentries * sizeof *plan->entries);
    plan->tilings = malloc(nsegments * sizeof *plan->tilings);
    return plan->sweeps && plan->entries && plan->tilings && reserve_stages(draft, length);
}

static bool is_tiled(const struct plan_options *options)
{
    return !options->sweeps_only;
}

ketsim_status plan_init(struct plan *plan, const struct program *program, const struct plan_options *options)
{
    struct draft draft = {.plan = plan, .options = options, .stage_capacity = PLAN_SMALL};
    plan->nqubits = options->nqubits;
    plan->length = plan->ntilings = plan->scratch_bytes = 0;
    plan->from_label = false;
    plan->stages = plan->small_stages;
    plan->sweeps = plan->small_sweeps;
    plan->entries = plan->small_entries;
    plan->tilings = NULL;
    plan->pairs = (struct pairs){.count = 0};
    if (!allocate(&draft, program)) return no_memory(plan, program->length);
    ketsim_complex *entries = plan->entries;
    for (size_t k = 0; k < program->length; k++) {
        if (!lower(&plan->sweeps[draft.nsweeps], entries, program, &program->ops[k], options->nqubits))
            continue;
        entries += count_entries(&program->ops[k]);
        draft.nsweeps++;
    }
    if (program->length > PLAN_SMALL && draft.nsweeps && is_tiled(options)) {
        plan->from_label = options->label;
        if (!tile_all(&draft)) return no_memory(plan, program->length);
    } else {
        for (size_t k = 0; k < draft.nsweeps; k++) add_sweep_stage(plan, &plan->sweeps[k]);
    }
    return KETSIM_OK;
}

void plan_clear(struct plan *plan)
{
    for (size_t k = 0; k < plan->ntilings; k++) tiling_clear(&plan->tilings[k]);
    free(plan->tilings);
    pairs_clear(&plan->pairs);
    if (plan->stages != plan->small_stages) free(plan->stages);
    if (plan->sweeps != plan->small_sweeps) free(plan->sweeps);
    if (plan->entries != plan->small_entries) free(plan->entries);
}
