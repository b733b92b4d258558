/* cumulate.h - cumulative sums, and where in them a number falls. */
#ifndef KETSIM_CORE_CUMULATE_H
#define KETSIM_CORE_CUMULATE_H

#include <math.h>
#include <stdint.h>

enum { CUMULATE_RUN = 4 };

/* First index whose cumulative sum exceeds target; a target at or above the total counts as just below it.
 * There the sum rises, so what is found has a positive probability.  count is a power of two.  Three comparisons that do
 * not wait for each other take less time than two that do. */
static inline uint64_t cumulate_search(const double *upto, uint64_t count, double target)
{
    const double total = upto[count - 1];
    uint64_t index = 0;

    if (!(target < total)) target = nextafter(total, 0);
    if (__builtin_ctzll(count) % 2) index = upto[count / 2 - 1] <= target ? count / 2 : 0;
    for (uint64_t step = __builtin_ctzll(count) % 2 ? count / 8 : count / 4; step; step /= 4) {
        const double *const at = upto + index + step - 1;
        index += step * ((uint64_t)(at[0] <= target) + (at[step] <= target) + (at[2 * step] <= target));
    }
    return index;
}

/* As cumulate_search(), from an index on that is not beyond it. */
static inline uint64_t cumulate_search_on(const double *upto, uint64_t index, uint64_t count, double target)
{
    const double total = upto[count - 1];

    if (!(target < total)) target = nextafter(total, 0);
    while (upto[index] <= target) index++;
    return index;
}

/* What of the target lies beyond the numbers before index. */
static inline double cumulate_beyond(const double *upto, uint64_t index, double target)
{
    return index ? target - upto[index - 1] : target;
}

static inline double cumulate_run(double *upto, double before, const double *p, uint64_t count)
{
    double sum = 0;
    for (uint64_t k = 0; k < count; k++) {
        sum += p[k];
        upto[k] = before + sum;
    }
    return before + sum;
}

/* Cumulative sums of a power of two of numbers, in runs: the chain of dependent additions is as much shorter. */
static inline double cumulate(double *upto, double before, const double *p, uint64_t count)
{
    if (count < CUMULATE_RUN) return cumulate_run(upto, before, p, count);
    for (uint64_t i = 0; i < count; i += CUMULATE_RUN)
        before = cumulate_run(upto + i, before, p + i, CUMULATE_RUN);
    return before;
}

#endif
