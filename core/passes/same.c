/* same.c - whether what tiling.c looks at agrees in two forms. */
#include <string.h>

#include "../cplx.h"
#include "form.h"

static bool same_epoch(const struct epoch *a, const struct epoch *b)
{
    return a->step == b->step && a->bit == b->bit && a->terms == b->terms && a->number == b->number &&
           a->next == b->next && c_is_one(a->phase) == c_is_one(b->phase) &&
           (a->step < STEP_FLIP || a->dense == b->dense) &&
           (a->step != STEP_DENSE || (a->mate == b->mate && a->mate_epoch == b->mate_epoch));
}

static bool same_term(const struct term *a, const struct term *b)
{
    return a->mask == b->mask && a->values == b->values && a->flip == b->flip && a->refs == b->refs &&
           c_is_one(a->factor) == c_is_one(b->factor);
}

static bool same_ref(const struct ref *a, const struct ref *b)
{
    return a->term == b->term && a->epoch == b->epoch && a->next == b->next;
}

static bool same_dense(const struct dense *a, const struct dense *b)
{
    return a->high == b->high && a->low == b->low && a->core == b->core && (a->t[0] != 0) == (b->t[0] != 0) &&
           (a->t[1] != 0) == (b->t[1] != 0);
}

bool form_same(const struct form *a, const struct form *b)
{
    if (a->nbits != b->nbits || a->from_label != b->from_label || a->nepochs != b->nepochs ||
        a->nterms != b->nterms || a->nrefs != b->nrefs || a->ndense != b->ndense ||
        memcmp(a->first, b->first, a->nbits * sizeof *a->first) || memcmp(a->place, b->place, a->nbits) ||
        memcmp(a->last, b->last, a->nbits * sizeof *a->last))
        return false;
    for (size_t k = 0; k < a->nepochs; k++)
        if (!same_epoch(&a->epochs[k], &b->epochs[k])) return false;
    for (size_t k = 0; k < a->nterms; k++)
        if (!same_term(&a->terms[k], &b->terms[k])) return false;
    for (size_t k = 0; k < a->nrefs; k++)
        if (!same_ref(&a->refs[k], &b->refs[k])) return false;
    for (size_t k = 0; k < a->ndense; k++)
        if (!same_dense(&a->dense[k], &b->dense[k])) return false;
    return true;
}
