/* chain.c - derivatives by the parameters of a circuit, from those by its angles. */
#include "circuit.h"
#include "error.h"

static ketsim_status check(const ketsim_circuit *circuit, size_t nparameters, size_t nangles)
{
    const size_t parameters = circuit->params.count, angles = program_angles(&circuit->program);
    if (nangles != angles)
        return fail(KETSIM_ERR_ARGUMENT, "derivatives by %zu angles: the circuit has %zu", nangles, angles);
    if (nparameters != parameters)
        return fail(KETSIM_ERR_ARGUMENT, "derivatives by %zu parameters: the circuit has %zu", nparameters,
                    parameters);
    return KETSIM_OK;
}

/* Each angle is its offset plus factor times parameter, term after term. */
static void add_terms(double *out, const struct params *params, const struct param_form *form, double slope)
{
    for (size_t k = form->first; k < form->last; k++) {
        const struct param_term *term = &params->terms[k];
        out[term->param] += term->factor * slope;
    }
}

static void add_forms(double *out, const ketsim_circuit *circuit, const double *by_angle)
{
    const struct params *params = &circuit->params;
    const struct param_form *form = params->forms, *const end = form + params->nforms;
    for (size_t op = 0; form < end; by_angle += op_angles(&circuit->program.ops[op++]))
        for (; form < end && form->op == op; form++)
            if (form->angle != PARAMS_BODY) add_terms(out, params, form, by_angle[form->angle]);
}

ketsim_status ketsim_circuit_chain(const ketsim_circuit *circuit, double *out, size_t nparameters,
                                   const double *by_angle, size_t nangles)
{
    const ketsim_status status = check(circuit_lock(circuit), nparameters, nangles);
    for (size_t k = 0; status == KETSIM_OK && k < nparameters; k++) out[k] = 0;
    if (status == KETSIM_OK) add_forms(out, circuit, by_angle);
    circuit_unlock(circuit);
    return status;
}
