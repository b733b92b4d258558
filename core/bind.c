/* bind.c - the public side of parameters: naming, looking, binding.  Each call holds the circuit's lock while it looks. */
#include <stdlib.h>

#include "circuit.h"
#include "error.h"

size_t ketsim_circuit_nparameters(const ketsim_circuit *circuit)
{
    const size_t count = circuit_lock(circuit)->params.count;
    circuit_unlock(circuit);
    return count;
}

const char *ketsim_circuit_parameter(const ketsim_circuit *circuit, size_t index)
{
    const struct params *params = &circuit_lock(circuit)->params;
    const char *name = index < params->count ? params->names[index].text : NULL;
    circuit_unlock(circuit);
    return name;
}

ketsim_status ketsim_circuit_get_term(const ketsim_circuit *circuit, ketsim_term *out, size_t index,
                                      unsigned angle, size_t term)
{
    const struct params *params = &circuit_lock(circuit)->params;
    const struct param_form *form = params_find(params, index, angle);
    const size_t count = form ? form->last - form->first : 0;
    if (term < count) {
        const struct param_term *found = &params->terms[form->first + term];
        *out = (ketsim_term){params->names[found->param].text, found->factor};
    }
    circuit_unlock(circuit);
    return term < count ? KETSIM_OK
                        : fail(KETSIM_ERR_ARGUMENT, "operation %zu, angle %u, term %zu: there are %zu", index,
                               angle, term, count);
}

/* A body has its parameters in an order of its own. */
static ketsim_status bind_body(ketsim_circuit *copy, const struct param_form *form, const double *values)
{
    const struct params *params = &copy->params;
    const size_t count = form->last - form->first;
    struct dynamic **dynamic = &copy->dynamics.items[copy->program.ops[form->op].dynamic], *bound = NULL;
    double *own = malloc(count * sizeof *own);
    if (!own) return fail(KETSIM_ERR_MEMORY, "bind: cannot allocate %zu values", count);
    for (size_t k = 0; k < count; k++) own[k] = values[params->terms[form->first + k].param];
    const ketsim_status status = dynamic_bind(&bound, *dynamic, own, count);
    free(own);
    if (status != KETSIM_OK) return status;
    dynamic_release(*dynamic);
    *dynamic = bound;
    return KETSIM_OK;
}

/* A copy, which nobody else has. */
static ketsim_status bind(ketsim_circuit *copy, const double *values, size_t count)
{
    TRY(params_check(&copy->params, values, count));
    TRY(program_reserve(&copy->program, 0, 0)); /* whose operations may still be the original's, too */
    TRY(params_bind(&copy->params, &copy->program, &copy->program, values));
    for (size_t k = 0; k < copy->params.nforms; k++)
        if (copy->params.forms[k].angle == PARAMS_BODY) TRY(bind_body(copy, &copy->params.forms[k], values));
    params_clear(&copy->params);
    return KETSIM_OK;
}

ketsim_status ketsim_circuit_bind(ketsim_circuit **out, const ketsim_circuit *circuit, const double *values,
                                  size_t count)
{
    ketsim_circuit *copy = NULL;
    TRY(ketsim_circuit_copy(&copy, circuit));
    const ketsim_status status = bind(copy, values, count);
    if (status == KETSIM_OK) *out = copy;
    else ketsim_circuit_free(copy);
    return status;
}
