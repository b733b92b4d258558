/* outcome.c - one outcome, by one number.  See sample.h. */
#include <math.h>

#include "cumulate.h"
#include "error.h"
#include "reduce.h"
#include "sample.h"
#include "stops.h"

ketsim_status sample_check_total(double total, const char *what)
{
    if (total > 0 && total < INFINITY) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "norm %g: %s needs a %s norm", sqrt(fabs(total)), what,
                total == 0 ? "positive" : "finite");
}

enum { LOOK = 1 << 22 }; /* outcomes between two looks at the limits */

ketsim_status sample_one(uint64_t *outcome, double *probability, const double *probabilities, unsigned nbits,
                         double u)
{
    const uint64_t count = 1ull << nbits;
    const uint64_t step = count < REDUCE_STRIP ? count : REDUCE_STRIP;
    double upto[REDUCE_STRIP], total = 0, before = 0;
    uint64_t at = 0;

    for (uint64_t i = 0; i < count; i += step) {
        if (i % LOOK == 0) TRY(limits_go_on("measure", 0));
        total = cumulate(upto, total, probabilities + i, step);
    }
    TRY(sample_check_total(total, "measuring"));
    double target = u * total;
    if (!(target < total)) target = nextafter(total, 0);
    /* The same additions again end at the same total, which exceeds the target. */
    while ((before = cumulate(upto, before, probabilities + at, step)) <= target) {
        at += step;
        if (at % LOOK == 0) TRY(limits_go_on("measure", 0));
    }
    at += cumulate_search(upto, step, target);
    *outcome = at;
    *probability = probabilities[at];
    return KETSIM_OK;
}
