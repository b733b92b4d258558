/* plans.c - plans as the caller holds them: made from a circuit, bound to other angles, freed. */
#include <math.h>
#include <string.h>

#include "circuit.h"
#include "error.h"
#include "fill.h"
#include "plan.h"

static ketsim_status check_label(const char *label, unsigned nqubits)
{
    const size_t length = strnlen(label, nqubits + 1);
    if (length != nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "label of %s%zu characters: must be %u, one a qubit",
                    length > nqubits ? "more than " : "", length > nqubits ? (size_t)nqubits : length,
                    nqubits);
    return fill_check_label(label, length);
}

/* What to plan for, with the defaults put in. */
static ketsim_status check_options(struct plan_options *out, const ketsim_circuit *circuit,
                                   const ketsim_plan_options *options)
{
    const unsigned least = ketsim_circuit_nqubits(circuit);
    *out = (struct plan_options){.nqubits = least};
    if (!options) return KETSIM_OK;
    if (options->nqubits) out->nqubits = options->nqubits;
    out->dtype = options->dtype;
    out->label = options->label;
    if (out->nqubits < least || out->nqubits > KETSIM_MAX_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "plan for %u qubits: must be %u..%d, the circuit has %u",
                    out->nqubits, least, KETSIM_MAX_QUBITS, least);
    if (out->dtype != KETSIM_COMPLEX128 && out->dtype != KETSIM_COMPLEX64)
        return fail(KETSIM_ERR_ARGUMENT, "dtype %d: must be KETSIM_COMPLEX128 or KETSIM_COMPLEX64",
                    (int)out->dtype);
    return out->label ? check_label(out->label, out->nqubits) : KETSIM_OK;
}

/* A plan that keeps its program, for ketsim_plan_bind(); the caller's is empty then. */
static ketsim_status plan_and_keep(ketsim_plan **out, struct program *program,
                                   const struct plan_options *options)
{
    TRY(plan_new(out, program, options));
    (*out)->program = *program;
    program_init(program, program->nqubits);
    return KETSIM_OK;
}

ketsim_status ketsim_plan_new(ketsim_plan **out, const ketsim_circuit *circuit,
                              const ketsim_plan_options *options)
{
    struct plan_options checked;
    struct program program; /* planned without the circuit's lock */
    TRY(check_options(&checked, circuit, options));
    program_init(&program, checked.nqubits);
    ketsim_status status = circuit_append_to(&program, circuit);
    if (status == KETSIM_OK) status = plan_and_keep(out, &program, &checked);
    program_clear(&program);
    return status;
}

/* ---- new angles -------------------------------------------------------------------------------- */

static ketsim_status check_angles(const struct program *program, const double *angles, size_t count)
{
    const size_t wanted = program_angles(program);
    if (count != wanted)
        return fail(KETSIM_ERR_ARGUMENT, "%zu angles: the plan's operations have %zu", count, wanted);
    for (size_t k = 0; k < count; k++)
        if (!isfinite(angles[k]))
            return fail(KETSIM_ERR_ARGUMENT, "angle %zu is %g: must be finite", k, angles[k]);
    return KETSIM_OK;
}

static void set_angles(struct program *program, const double *angles)
{
    for (size_t k = 0; k < program->length; k++) {
        struct op *op = &program->ops[k];
        const size_t count = op_angles(op);
        for (size_t j = 0; j < count; j++) op->angles[j] = *angles++;
    }
}

ketsim_status ketsim_plan_bind(ketsim_plan **out, const ketsim_plan *plan, const double *angles, size_t count)
{
    const struct plan_options options = {.nqubits = plan->plan.nqubits,
                                         .dtype = plan->plan.dtype,
                                         .label = plan->from_product ? plan->label : NULL,
                                         .set = plan->plan.set,
                                         .like = &plan->plan};
    struct program program;
    TRY(check_angles(&plan->program, angles, count));
    program_init(&program, plan->program.nqubits);
    ketsim_status status = program_extend(&program, &plan->program);
    if (status == KETSIM_OK) {
        set_angles(&program, angles);
        status = plan_and_keep(out, &program, &options);
    }
    program_clear(&program);
    return status;
}

void ketsim_plan_free(ketsim_plan *plan)
{
    plan_release(plan);
}
