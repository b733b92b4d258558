/* params.c - names, forms and terms of a circuit's parameters; see params.h. */
#include "params.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "fpcontrol.h"
#include "text.h"

void params_clear(struct params *params)
{
    for (size_t k = 0; k < params->count; k++) free(params->names[k].text);
    free(params->names);
    free(params->forms);
    free(params->terms);
    *params = (struct params){0};
}

/* Make room for one more item, doubling. */
static ketsim_status grow(void **items, size_t *capacity, size_t length, size_t size)
{
    if (length < *capacity) return KETSIM_OK;
    const size_t wanted = *capacity ? 2 * *capacity : 8;
    void *moved = wanted <= SIZE_MAX / size ? realloc(*items, wanted * size) : NULL;
    if (!moved) return fail(KETSIM_ERR_MEMORY, "parameters: cannot allocate %zu of %zu bytes", wanted, size);
    *items = moved;
    *capacity = wanted;
    return KETSIM_OK;
}

/* ---- names ------------------------------------------------------------------------------------- */

/* FNV-1a: names are short. */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
    return hash;
}

static ketsim_status add_name(struct params *params, const char *name, uint64_t hash)
{
    TRY(grow((void **)&params->names, &params->capacity, params->count, sizeof *params->names));
    char *text = strdup(name);
    if (!text) return fail(KETSIM_ERR_MEMORY, "parameter %s: cannot allocate its name", name);
    params->names[params->count++] = (struct param_name){hash, text};
    return KETSIM_OK;
}

/* The number of a name, which is new if it is not there. */
static ketsim_status number_of(struct params *params, size_t *out, const char *name)
{
    const uint64_t hash = hash_of(name);
    for (*out = 0; *out < params->count; ++*out) {
        const struct param_name *known = &params->names[*out];
        if (known->hash == hash && !strcmp(known->text, name)) return KETSIM_OK;
    }
    return add_name(params, name, hash);
}

/* The names, with commas, as far as they fit a message. */
static void list_names(const struct params *params, char *out, size_t size)
{
    enum { LISTED = 8 };
    struct text text = {out, size, 0};
    for (size_t k = 0; k < params->count && k < LISTED; k++)
        text_put(&text, "%s%s", k ? ", " : "", params->names[k].text);
    if (params->count > LISTED) text_put(&text, ", ... (%zu in all)", params->count);
}

ketsim_status params_fail_unbound(const struct params *params)
{
    char names[400];
    list_names(params, names, sizeof names);
    return fail(KETSIM_ERR_ARGUMENT, "circuit has unbound parameters: %s; bind them to numbers first", names);
}

/* ---- forms ------------------------------------------------------------------------------------- */

static ketsim_status check_term(const ketsim_term *term, size_t index)
{
    if (!term->parameter || !*term->parameter ||
        strnlen(term->parameter, KETSIM_MAX_NAME + 1) > KETSIM_MAX_NAME)
        return fail(KETSIM_ERR_ARGUMENT, "term %zu: the name of its parameter must have 1..%d bytes", index,
                    KETSIM_MAX_NAME);
    if (!isfinite(term->factor))
        return fail(KETSIM_ERR_ARGUMENT, "parameter %s: factor is %g: must be finite", term->parameter,
                    term->factor);
    return KETSIM_OK;
}

static ketsim_status add_term(struct params *params, const char *name, double factor)
{
    size_t number;
    TRY(number_of(params, &number, name));
    TRY(grow((void **)&params->terms, &params->term_capacity, params->nterms, sizeof *params->terms));
    params->terms[params->nterms++] = (struct param_term){number, factor};
    return KETSIM_OK;
}

/* A form of the terms that are added next. */
static ketsim_status begin_form(struct params *params, size_t op, unsigned angle)
{
    TRY(grow((void **)&params->forms, &params->form_capacity, params->nforms, sizeof *params->forms));
    params->forms[params->nforms++] = (struct param_form){op, params->nterms, params->nterms, angle};
    return KETSIM_OK;
}

static void end_form(struct params *params)
{
    params->forms[params->nforms - 1].last = params->nterms;
}

static ketsim_status add_form(struct params *params, size_t index, unsigned angle,
                              const ketsim_linear *linear)
{
    for (size_t t = 0; t < linear->nterms; t++) TRY(check_term(&linear->terms[t], t));
    TRY(begin_form(params, index, angle));
    for (size_t t = 0; t < linear->nterms; t++)
        TRY(add_term(params, linear->terms[t].parameter, linear->terms[t].factor));
    end_form(params);
    return KETSIM_OK;
}

ketsim_status params_append(struct params *params, size_t index, const ketsim_linear *linear,
                            unsigned nangles)
{
    for (unsigned k = 0; k < nangles; k++)
        if (linear[k].nterms) TRY(add_form(params, index, k, &linear[k]));
    return KETSIM_OK;
}

ketsim_status params_append_body(struct params *params, size_t index, const struct params *body)
{
    if (!body->count) return KETSIM_OK;
    TRY(begin_form(params, index, PARAMS_BODY));
    for (size_t k = 0; k < body->count; k++) TRY(add_term(params, body->names[k].text, 1));
    end_form(params);
    return KETSIM_OK;
}

/* A form of other, or its negative. */
static ketsim_status copy_form(struct params *params, const struct params *other,
                               const struct param_form *form, struct param_form as, bool negative)
{
    TRY(begin_form(params, as.op, as.angle));
    for (size_t t = form->first; t < form->last; t++) {
        const struct param_term *term = &other->terms[t];
        TRY(add_term(params, other->names[term->param].text, negative ? -term->factor : term->factor));
    }
    end_form(params);
    return KETSIM_OK;
}

ketsim_status params_extend(struct params *params, const struct params *other, size_t base)
{
    for (size_t k = 0; k < other->nforms; k++) {
        const struct param_form *form = &other->forms[k];
        const struct param_form as = {.op = base + form->op, .angle = form->angle};
        TRY(copy_form(params, other, form, as, false));
    }
    return KETSIM_OK;
}

ketsim_status params_extend_inverse(struct params *params, const struct params *other,
                                    const struct program *program)
{
    for (size_t op = program->length; other->nforms && op--;) {
        for (unsigned j = 0; j < op_angles(&program->ops[op]); j++) {
            const int from = op_inverse_angle(&program->ops[op], j);
            const struct param_form *form = params_find(other, op, (unsigned)abs(from) - 1);
            const struct param_form as = {.op = program->length - 1 - op, .angle = j};
            if (form) TRY(copy_form(params, other, form, as, from < 0));
        }
    }
    return KETSIM_OK;
}

/* In the order of first use, what is left needs the names up to the last one that is used. */
void params_truncate(struct params *params, size_t length)
{
    size_t used = 0;
    while (params->nforms && params->forms[params->nforms - 1].op >= length) params->nforms--;
    params->nterms = params->nforms ? params->forms[params->nforms - 1].last : 0;
    for (size_t t = 0; t < params->nterms; t++)
        if (params->terms[t].param >= used) used = params->terms[t].param + 1;
    while (params->count > used) free(params->names[--params->count].text);
}

void params_keep(struct params *params, const bool *kept)
{
    size_t nforms = 0, op = 0, nkept = 0; /* nkept: operations before number op that are */
    for (size_t k = 0; k < params->nforms; k++) {
        struct param_form form = params->forms[k];
        while (op < form.op) nkept += kept[op++];
        if (!kept[op]) continue;
        form.op = nkept;
        params->forms[nforms++] = form;
    }
    params->nforms = nforms;
}

static int compare(const void *a, const void *b)
{
    const struct param_form *x = a, *y = b;
    if (x->op != y->op) return x->op < y->op ? -1 : 1;
    return (x->angle > y->angle) - (x->angle < y->angle);
}

const struct param_form *params_find(const struct params *params, size_t index, unsigned angle)
{
    const struct param_form wanted = {.op = index, .angle = angle};
    if (!params->nforms) return NULL;
    return bsearch(&wanted, params->forms, params->nforms, sizeof wanted, compare);
}

/* ---- values ------------------------------------------------------------------------------------ */

ketsim_status params_check(const struct params *params, const double *values, size_t count)
{
    char names[400];
    if (count != params->count) {
        list_names(params, names, sizeof names);
        return fail(KETSIM_ERR_ARGUMENT, "%zu values: the circuit has %zu parameters%s%s", count,
                    params->count, params->count ? ": " : "", params->count ? names : "");
    }
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k]))
            return fail(KETSIM_ERR_ARGUMENT, "parameter %s is %g: must be finite", params->names[k].text,
                        values[k]);
    return KETSIM_OK;
}

static ketsim_status fail_angle(const struct program *program, const struct param_form *form, double angle)
{
    const struct op *op = &program->ops[form->op];
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    return fail(KETSIM_ERR_ARGUMENT, "%s, operation %zu: angle %u is %g: must be finite",
                row ? row->name : "Pauli rotation", form->op, form->angle, angle);
}

static ketsim_status bind(const struct params *params, struct program *to, const struct program *from,
                          const double *values)
{
    for (size_t k = 0; k < params->nforms; k++) {
        const struct param_form *form = &params->forms[k];
        if (form->angle == PARAMS_BODY) continue;
        double angle = from->ops[form->op].angles[form->angle];
        for (size_t t = form->first; t < form->last; t++)
            angle += params->terms[t].factor * values[params->terms[t].param];
        if (to) to->ops[form->op].angles[form->angle] = angle;
        if (!isfinite(angle)) return fail_angle(from, form, angle);
    }
    return KETSIM_OK;
}

/* With the default floating-point control, so that an angle is the same whoever binds it. */
ketsim_status params_bind(const struct params *params, struct program *to, const struct program *from,
                          const double *values)
{
    const fpcontrol saved = fpcontrol_default();
    const ketsim_status status = bind(params, to, from, values);
    fpcontrol_restore(saved);
    return status;
}

/* Half of the largest number is more than any rounding of the sum leaves out. */
bool params_bounded(const struct params *params, const struct program *program, double largest)
{
    for (size_t k = 0; k < params->nforms; k++) {
        const struct param_form *form = &params->forms[k];
        if (form->angle == PARAMS_BODY) continue;
        double sum = fabs(program->ops[form->op].angles[form->angle]);
        for (size_t t = form->first; t < form->last; t++) sum += fabs(params->terms[t].factor) * largest;
        if (!(sum <= DBL_MAX / 2)) return false;
    }
    return true;
}
