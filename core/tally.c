/* tally.c - how often each outcome occurs among samples. */
#include <stdbool.h>
#include <stdlib.h>

#include "ketsim.h"

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b)
{
    const ketsim_count *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : (x->outcome > y->outcome) - (x->outcome < y->outcome);
}

static bool is_sorted(const uint64_t *outcomes, size_t shots)
{
    for (size_t k = 1; k < shots; k++)
        if (outcomes[k] < outcomes[k - 1]) return false;
    return true;
}

/* Outcomes below this are counted by value, where that takes less than sorting; false when there is no memory for it. */
static bool sort_small(uint64_t *outcomes, size_t shots)
{
    enum { SMALL = 1 << 16 };
    uint64_t all = 0;
    for (size_t k = 0; k < shots; k++) all |= outcomes[k];
    uint64_t *counts = all < SMALL && shots > SMALL / 16 ? calloc(all + 1, sizeof *counts) : NULL;
    if (!counts) return false;
    for (size_t k = 0; k < shots; k++) counts[outcomes[k]]++;
    for (uint64_t value = 0, at = 0; value <= all; value++)
        for (uint64_t left = counts[value]; left; left--) outcomes[at++] = value;
    free(counts);
    return true;
}

size_t ketsim_tally(ketsim_count *out, uint64_t *outcomes, size_t shots)
{
    size_t count = 0;
    if (!is_sorted(outcomes, shots) && !sort_small(outcomes, shots))
        qsort(outcomes, shots, sizeof *outcomes, by_value);
    for (size_t k = 0; k < shots; k++) {
        const bool is_new = !k || outcomes[k] != outcomes[k - 1];
        count += is_new;
        if (!out) continue;
        if (is_new) out[count - 1] = (ketsim_count){outcomes[k], 0};
        out[count - 1].count++;
    }
    if (out && count) qsort(out, count, sizeof *out, by_count);
    return count;
}
