/* plans.c - plans as the caller holds them: made from a circuit, freed. */
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

ketsim_status ketsim_plan_new(ketsim_plan **out, const ketsim_circuit *circuit,
                              const ketsim_plan_options *options)
{
    struct plan_options checked;
    struct program program; /* planned without the circuit's lock */
    TRY(check_options(&checked, circuit, options));
    program_init(&program, checked.nqubits);
    ketsim_status status = circuit_append_to(&program, circuit);
    if (status == KETSIM_OK) status = plan_new(out, &program, &checked);
    program_clear(&program);
    return status;
}

void ketsim_plan_free(ketsim_plan *plan)
{
    plan_release(plan);
}
