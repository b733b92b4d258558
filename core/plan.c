/* plan.c - from sweeps to stages, and plans on the heap.
 *
 * A few sweeps are run as they are; more go through passes/ and come out as passes over tiles. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "fpcontrol.h"
#include "gates.h"
#include "lower.h"
#include "passes/form.h"
#include "passes/mirror.h"
#include "passes/numbers.h"
#include "passes/tiling.h"
#include "stops.h"
#include "tiled.h"
#include "wide.h"

_Static_assert((int)MAX_TARGETS == (int)KETSIM_MAX_TARGETS, "kernels take every matrix the table has");

/* The pass of a wide operation. */
struct wide_pass {
    struct wide wide; /* first: sweeps point to it */
    double excess;
    void *numbers;          /* NULL: it reads those of table */
    struct op_table *table; /* that is held, or NULL */
    size_t bytes;
    struct wide_pass *next;
};

/* ---- stages ------------------------------------------------------------------------------------ */

/* On fewer qubits finding cores takes longer than dense matrices do. */
static const unsigned LEAST_CORE_QUBITS = 14;

static bool makes_cores(const struct plan_options *options)
{
    return options->nqubits >= LEAST_CORE_QUBITS || options->tile_bits;
}

static bool is_tiled(const struct plan_options *options)
{
    return !options->sweeps_only;
}

static void add_stage(struct plan *plan, struct stage stage)
{
    plan->stages[plan->length++] = stage;
    plan->weight += stage.weight;
}

static void add_wide_stage(struct plan *plan, const struct sweep *sweep)
{
    const size_t scratch = wide_scratch_bytes(sweep->wide);
    if (scratch > plan->scratch_bytes) plan->scratch_bytes = scratch;
    plan->residue -= ((const struct wide_pass *)sweep->wide)->excess;
    add_stage(plan, (struct stage){.sweep = sweep, .weight = wide_weight(sweep->wide)});
}

static void add_sweep_stage(struct plan *plan, const struct sweep *sweep)
{
    if (sweep->wide) {
        add_wide_stage(plan, sweep);
        return;
    }
    if (!sweep->as_it_is) plan->residue -= numbers_sweep_excess(sweep, plan->dtype);
    add_stage(plan, (struct stage){.sweep = sweep, .weight = 1});
}

static void add_tiled_stages(struct plan *plan, const struct tiling *tiling)
{
    for (size_t k = 0; k < tiling->npasses; k++) {
        const struct tiled_pass *pass = &tiling->passes[k];
        const size_t scratch = tile_scratch_bytes(pass->m, tiling->dtype);
        add_stage(plan, (struct stage){.tiling = tiling, .pass = pass, .weight = tiled_weight(tiling, pass)});
        if (scratch > plan->scratch_bytes) plan->scratch_bytes = scratch;
    }
}

/* A plan in the making: of so many sweeps. */
struct draft {
    struct plan *plan;
    const struct plan_options *options;
    size_t nsweeps, stage_capacity;
    struct ahead ahead;
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

static unsigned tile_bits(const struct plan_options *options)
{
    const unsigned usual = tiling_bits(options->nqubits, options->dtype);
    return options->tile_bits && options->tile_bits < usual ? options->tile_bits : usual;
}

/* The passes of a form, or those of a plan that is like the draft with this form's numbers. */
static bool tile_form(struct draft *draft, struct tiling *tiling, const struct form *form,
                      const struct route *route)
{
    const struct plan_options *options = draft->options;
    const struct plan *plan = draft->plan, *like = options->like;
    const size_t k = plan->ntilings;
    if (like && k < like->ntilings && form_same(form, &like->forms[k]))
        return tiling_rebind(tiling, &like->tilings[k], form);
    return tiling_init(tiling, form, options->dtype, tile_bits(options), plan->set, route);
}

static void free_sweeps(struct plan *plan)
{
    pairs_clear(&plan->pairs);
    if (plan->sweeps != plan->small_sweeps) free(plan->sweeps);
    if (plan->entries != plan->small_entries) free(plan->entries);
    plan->sweeps = NULL;
    plan->entries = NULL;
}

/* Tiles for as many sweeps from first on as have the canonical form; returns how many, or fails with SIZE_MAX. */
static size_t tile_segment(struct draft *draft, size_t first)
{
    struct plan *plan = draft->plan;
    const struct sweep *sweeps = plan->pairs.sweeps + first;
    const size_t left = plan->pairs.count - first;
    struct tiling *tiling = &plan->tilings[plan->ntilings];
    struct form *form = &plan->forms[plan->ntilings];
    form_init(form, draft->options->nqubits, first ? NULL : draft->options->label, sweeps, left);
    form->cores = makes_cores(draft->options);
    form->residue = plan->residue;
    const size_t count = form_append(form, sweeps, left);
    if (!count && !form->from_label && !form->out_of_memory) {
        form_clear(form);
        return 0;
    }
    struct route route = {.length = 0};
    form->to_zero = draft->options->to_zero && count == left;
    const bool routed = !form->to_zero || mirror_route(&route, sweeps, left, form->nbits,
                                                       tile_bits(draft->options), form->cores);
    if (!first && count == left) free_sweeps(plan); /* nothing looks at them any more */
    const bool done = routed && form_finish(form) && tile_form(draft, tiling, form, &route);
    plan->ntilings++; /* cleared with the plan, whole or not */
    plan->residue = tiling->residue;
    if (!done || !reserve_stages(draft, tiling->npasses)) return SIZE_MAX;
    add_tiled_stages(plan, tiling);
    return count;
}

/* Segments of tiles, and between them sweeps that have no canonical form. */
static bool tile_all(struct draft *draft)
{
    struct plan *plan = draft->plan;
    if (!pairs_init(&plan->pairs, plan->sweeps, draft->nsweeps, makes_cores(draft->options))) return false;
    const size_t nsweeps = plan->pairs.count;
    for (size_t k = 0; k < nsweeps; k++) {
        const size_t count = tile_segment(draft, k);
        if (count == SIZE_MAX || !reserve_stages(draft, 1)) return false;
        k += count;
        if (k < nsweeps) add_sweep_stage(plan, &plan->pairs.sweeps[k]);
    }
    return true;
}

/* Why the parts of the plan that say no more than false have failed: memory, or the limits. */
static ketsim_status give_up(struct plan *plan, size_t operations)
{
    plan_clear(plan);
    if (limits_why() != KETSIM_OK) return limits_why();
    return fail(KETSIM_ERR_MEMORY, "plan of %zu operations: cannot allocate its stages", operations);
}

static bool allocate(struct draft *draft, const struct program *program)
{
    struct plan *plan = draft->plan;
    const size_t length = program->length;
    size_t nentries = 0, nsegments = 1, nsweeps = length;
    if (length <= PLAN_SMALL) return true;
    for (size_t k = 0; k < length; k++) {
        nentries += lower_entries(&program->ops[k]);
        nsegments += lower_may_stream(&program->ops[k]);
        if (op_is_wide(&program->ops[k])) nsweeps += wide_parts(&program->ops[k]) - 1;
    }
    plan->sweeps = malloc(nsweeps * sizeof *plan->sweeps);
    plan->entries = malloc((nentries + 1) * sizeof *plan->entries);
    plan->tilings = calloc(nsegments, sizeof *plan->tilings);
    plan->forms = calloc(nsegments, sizeof *plan->forms);
    return plan->sweeps && plan->entries && plan->tilings && plan->forms &&
           (is_tiled(draft->options) || reserve_stages(draft, nsweeps));
}

enum { LOOK = 4096 }; /* operations between two looks at the limits */

/* A pass of a wide operation, among the plan's. */
static struct wide_pass *add_wide_pass(struct plan *plan, const struct program *program, const struct op *op,
                                       unsigned part)
{
    const size_t bytes = wide_bytes(op, plan->nqubits, plan->dtype);
    struct wide_pass *made = malloc(sizeof *made);
    if (!made) return NULL;
    made->numbers = bytes ? aligned_alloc(MAX_VECTOR_BYTES, bytes) : NULL;
    made->bytes = bytes;
    made->table = bytes ? NULL : op->table;
    if (made->table) table_retain(made->table);
    made->next = plan->wides;
    plan->wides = made;
    if (bytes && !made->numbers) return NULL;
    return wide_make(&made->wide, made->numbers, program, op, part, plan->nqubits, plan->dtype) ? made : NULL;
}

/* A wide operation as sweeps that point to its passes; how many, or 0 after a failure. */
static unsigned lower_wide(struct plan *plan, struct sweep *sweeps, const struct program *program,
                           const struct op *op)
{
    const unsigned parts = wide_parts(op);
    for (unsigned k = 0; k < parts; k++) {
        struct wide_pass *made = add_wide_pass(plan, program, op, k);
        if (!made) return 0;
        made->excess = op->as_it_is ? 0 : wide_excess(program, op, plan->dtype);
        sweeps[k] = (struct sweep){.control_mask = made->wide.control_mask,
                                   .control_values = made->wide.control_values,
                                   .flips = made->wide.targets,
                                   .wide = &made->wide,
                                   .diagonal = made->wide.kind == WIDE_PHASES,
                                   .as_it_is = op->as_it_is};
    }
    return parts;
}

static ketsim_status make(struct plan *plan, const struct program *program,
                          const struct plan_options *options)
{
    struct draft draft; /* an initializer would clear the arrays of ahead */
    draft.plan = plan;
    draft.options = options;
    draft.nsweeps = 0;
    draft.stage_capacity = PLAN_SWEEPS;
    plan->nqubits = options->nqubits;
    plan->dtype = options->dtype;
    plan->length = plan->ntilings = plan->scratch_bytes = plan->weight = 0;
    plan->residue = 0;
    plan->from_label = false;
    plan->stages = plan->small_stages;
    plan->sweeps = plan->small_sweeps;
    plan->entries = plan->small_entries;
    plan->wides = NULL;
    plan->tilings = NULL;
    plan->forms = NULL;
    plan->set = options->set ? options->set : kernels();
    ahead_begin(&draft.ahead, plan->set, program);
    limits_begin();
    plan->pairs = (struct pairs){.count = 0};
    if (!allocate(&draft, program)) return give_up(plan, program->length);
    ketsim_complex *entries = plan->entries;
    for (size_t k = 0; k < program->length; k++) {
        if (k % LOOK == LOOK - 1 && limits_go_on("plan", 0) != KETSIM_OK)
            return give_up(plan, program->length);
        struct sweep *sweep = &plan->sweeps[draft.nsweeps];
        const struct op *op = &program->ops[k];
        if (op_is_wide(op)) {
            const unsigned parts = lower_wide(plan, sweep, program, op);
            if (!parts) return give_up(plan, program->length);
            draft.nsweeps += parts;
            continue;
        }
        if (!lower(sweep, entries, &draft.ahead, op, options->nqubits)) continue;
        entries += lower_entries(&program->ops[k]);
        draft.nsweeps++;
    }
    if (program->length > PLAN_SMALL && draft.nsweeps && is_tiled(options)) {
        plan->from_label = options->label;
        if (!tile_all(&draft)) return give_up(plan, program->length);
    } else {
        for (size_t k = 0; k < draft.nsweeps; k++) add_sweep_stage(plan, &plan->sweeps[k]);
    }
    return KETSIM_OK;
}

/* With the default floating-point control, so that a plan is the same whoever makes it. */
ketsim_status plan_init(struct plan *plan, const struct program *program, const struct plan_options *options)
{
    const fpcontrol saved = fpcontrol_default();
    const ketsim_status status = make(plan, program, options);
    fpcontrol_restore(saved);
    return status;
}

static void free_wides(struct plan *plan)
{
    for (struct wide_pass *next; plan->wides; plan->wides = next) {
        next = plan->wides->next;
        free(plan->wides->numbers);
        table_release(plan->wides->table);
        free(plan->wides);
    }
}

void plan_clear(struct plan *plan)
{
    for (size_t k = 0; k < plan->ntilings; k++) {
        tiling_clear(&plan->tilings[k]);
        form_clear(&plan->forms[k]);
    }
    free(plan->tilings);
    free(plan->forms);
    free_sweeps(plan);
    free_wides(plan);
    if (plan->stages != plan->small_stages) free(plan->stages);
}

/* ---- plans on the heap ------------------------------------------------------------------------- */

ketsim_status plan_new(struct ketsim_plan **out, const struct program *program,
                       const struct plan_options *options)
{
    struct ketsim_plan *made = malloc(sizeof *made);
    if (!made) return fail(KETSIM_ERR_MEMORY, "plan: cannot allocate %zu bytes", sizeof *made);
    atomic_init(&made->refs, 1);
    made->operations = program->length;
    made->from_product = options->label;
    if (options->label) memcpy(made->label, options->label, options->nqubits);
    program_init(&made->program, program->nqubits);
    const ketsim_status status = plan_init(&made->plan, program, options);
    if (status == KETSIM_OK) *out = made;
    else free(made);
    return status;
}

void plan_retain(struct ketsim_plan *plan)
{
    atomic_fetch_add_explicit(&plan->refs, 1, memory_order_relaxed);
}

void plan_release(struct ketsim_plan *plan)
{
    if (!plan || atomic_fetch_sub_explicit(&plan->refs, 1, memory_order_acq_rel) != 1) return;
    plan_clear(&plan->plan);
    program_clear(&plan->program);
    free(plan);
}

size_t plan_bytes(const struct ketsim_plan *plan)
{
    const struct plan *p = &plan->plan;
    size_t bytes = sizeof *plan + plan->program.capacity * sizeof *plan->program.ops +
                   plan->program.entry_capacity * sizeof(ketsim_complex);
    if (plan->operations > PLAN_SMALL) bytes += 2 * p->length * sizeof *p->stages;
    if (plan->operations > PLAN_SMALL && p->sweeps)
        bytes += plan->operations * (sizeof *p->sweeps + MATRIX_ENTRIES * sizeof(ketsim_complex));
    for (size_t k = 0; k < p->ntilings; k++)
        bytes += sizeof *p->tilings + tiled_bytes(&p->tilings[k]) + form_bytes(&p->forms[k]);
    for (size_t k = 0; k < plan->program.length; k++)
        if (op_has_table(&plan->program.ops[k])) bytes += table_bytes(plan->program.ops[k].table);
    for (const struct wide_pass *wide = p->wides; wide; wide = wide->next)
        bytes += sizeof *wide + wide->bytes;
    return bytes + pairs_bytes(&p->pairs);
}
