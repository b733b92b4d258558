/* payment.c - the numbers of one stage, a few roundings larger or smaller. */
#include "payment.h"

#include <math.h>

#include "passes/numbers.h"

/* What the square of x grows by when x becomes y; both of the precision. */
static double growth(double x, double y, ketsim_dtype dtype)
{
    const double from = numbers_round(dtype, x), to = numbers_round(dtype, y);
    return (to - from) * (to + from);
}

/* Numbers times a factor; returns what their squares together grow by. */
static double enlarge(ketsim_complex *out, const ketsim_complex *in, unsigned count, double factor,
                      ketsim_dtype dtype)
{
    double grown = 0;
    for (unsigned k = 0; k < count; k++) {
        out[k] = (ketsim_complex){in[k].re * factor, in[k].im * factor};
        grown += growth(in[k].re, out[k].re, dtype) + growth(in[k].im, out[k].im, dtype);
    }
    return grown;
}

static double enlarge_pass(struct payment *p, const struct tiled_pass *pass, double factor,
                           ketsim_dtype dtype)
{
    const ketsim_complex scale = pass->scale;
    p->pass = *pass;
    p->copy.pass = &p->pass;
    return enlarge(&p->pass.scale, &scale, 1, factor, dtype) / (scale.re * scale.re + scale.im * scale.im);
}

static double enlarge_sweep(struct payment *p, const struct sweep *sweep, double factor, ketsim_dtype dtype)
{
    const unsigned dim = 1u << sweep->ntargets, count = sweep_entries(sweep);
    p->sweep = *sweep;
    p->sweep.entries = p->entries;
    p->copy.sweep = &p->sweep;
    return enlarge(p->entries, sweep->entries, count, factor, dtype) / dim;
}

static bool may_pay(const struct sweep *sweep)
{
    return !sweep->control_mask && !sweep->wide;
}

/* The last stage that does something to every amplitude; the number of stages when there is none. */
static size_t find_payer(const struct plan *plan)
{
    for (size_t k = plan->length; k-- > 0;)
        if (!plan->stages[k].sweep || may_pay(plan->stages[k].sweep)) return k;
    return plan->length;
}

static void pay(struct payment *p, const struct plan *plan, double *residue)
{
    const double factor = 1 + *residue / 2;
    p->step = find_payer(plan);
    if (p->step == plan->length) return;
    p->copy = plan->stages[p->step];
    p->stage = &p->copy;
    *residue -= p->copy.sweep ? enlarge_sweep(p, p->copy.sweep, factor, plan->dtype)
                              : enlarge_pass(p, p->copy.pass, factor, plan->dtype);
}

void payment_make(struct payment *payment, const struct plan *plan, double *residue)
{
    payment->stage = NULL;
    *residue += plan->residue;
    if (fabs(*residue) > PAYMENT_LEAST[plan->dtype]) pay(payment, plan, residue);
}
