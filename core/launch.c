/* launch.c - what is listed runs.  What is to be made up for, or is common to all amplitudes, is given to a pass that has such
 * work to do anyway. */
#include "launch.h"

#include <math.h>

#include "cplx.h"
#include "payment.h"
#include "rounding.h"

/* ---- what is done on the way ------------------------------------------------------------------- */

/* How much of the work of something common to all amplitudes a pass does anyway; 0: it does not reach them all. */
static unsigned worth(const struct direct_pass *pass)
{
    static const unsigned by_form[DIRECT_SWAP + 1] = {
        [DIRECT_DENSE] = 3, [DIRECT_PHASED] = 2, [DIRECT_DIAGONAL] = 1, [DIRECT_REAL] = 1};
    const unsigned found = by_form[pass->form];
    if (!found || pass->part != 1 || pass->identity[0]) return 0;
    return pass->selector != NO_SELECTOR && pass->identity[1] ? 0 : found;
}

/* The pass that does most of it; NULL: none. */
static struct direct_pass *find_pass(struct direct *run)
{
    struct direct_pass *best = NULL;
    unsigned most = 0;
    for (unsigned k = 0; k < run->listed; k++) {
        const unsigned found = worth(&run->list[k]);
        if (found > most) best = &run->list[k];
        if (found > most) most = found;
    }
    return best;
}

static void multiply(struct direct *run, struct direct_pass *pass)
{
    const unsigned settings = direct_settings(pass->selector);
    if (pass->form == DIRECT_PHASED) m2_scale(pass->phase[0], 2 * settings, run->common);
    else m2_scale(pass->m[0], 4 * settings, run->common);
    emit_settle(run, pass);
    if (pass->form == DIRECT_REAL) pass->form = DIRECT_DENSE;
}

static void place_common(struct direct *run)
{
    struct direct_pass *pass = find_pass(run);
    if (pass) {
        const double before = rounding_of_pass(pass, run->dtype);
        multiply(run, pass);
        run->residue -= rounding_of_pass(pass, run->dtype) - before;
    } else {
        pass = emit_start(run, 0, NO_SELECTOR);
        pass->m[0][0] = run->common;
        emit_phase(run, pass);
    }
    run->common = (ketsim_complex){1, 0};
}

/* Roundings that were left, made up for by a pass that does something to every amplitude. */
static void pay(struct direct *run)
{
    struct direct_pass *pass = find_pass(run);
    if (!pass) return;
    const double factor = 1 + run->residue / 2, before = rounding_of_pass(pass, run->dtype);
    for (unsigned k = 0; k < 4 * direct_settings(pass->selector); k++)
        pass->m[k / 4][k % 4] = c_scale(pass->m[k / 4][k % 4], factor);
    run->residue -= rounding_of_pass(pass, run->dtype) - before;
}

void launch(struct direct *run, bool end)
{
    if (end && !c_is(run->common, 1)) place_common(run);
    if (fabs(run->residue) > PAYMENT_LEAST[run->dtype]) pay(run);
    for (unsigned k = 0; k < run->listed; k++)
        run->set->direct[run->dtype](run->amps, run->nqubits, &run->list[k]);
    run->listed = 0;
}
