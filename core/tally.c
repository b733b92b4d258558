/* tally.c - how often each outcome occurs among samples; the limits of the thread may stop it. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "stops.h"

enum {
    LOOK = 1 << 20,
    PIECE = 1 << 14
}; /* items between two looks at the limits; items that qsort() sorts at once */

static bool goes_on(size_t item)
{
    return item % LOOK || limits_go_on("counts", 0) == KETSIM_OK;
}

/* ---- sorting ----------------------------------------------------------------------------------
 *
 * By the bits that differ, the highest first: radix exchange sort (Hildebrandt and Isbitz, J. ACM 6, 1959), which is in place
 * and can end early, where qsort() cannot.  Small pieces are left to qsort(). */

/* A kind of item, whose keys have so many words, the highest first. */
struct kind {
    size_t bytes;
    unsigned words;
    uint64_t (*word)(const void *item, unsigned index);
    int (*compare)(const void *a, const void *b);
};

static inline bool bit_of(const struct kind *kind, const char *items, size_t index, unsigned bit)
{
    return kind->word(items + index * kind->bytes, kind->words - 1 - bit / 64) >> bit % 64 & 1;
}

static inline void exchange(const struct kind *kind, char *a, char *b)
{
    char kept[16];
    memcpy(kept, a, kind->bytes);
    memcpy(a, b, kind->bytes);
    memcpy(b, kept, kind->bytes);
}

/* Items whose bit is 0 come first; *zeros says how many.  False when stopped. */
static inline bool part(const struct kind *kind, char *items, size_t count, unsigned bit, size_t *zeros)
{
    size_t low = 0, high = count, moves = 0;
    while (low < high) {
        if (!bit_of(kind, items, low, bit)) low++;
        else exchange(kind, items + low * kind->bytes, items + --high * kind->bytes);
        if (!goes_on(++moves)) return false;
    }
    *zeros = low;
    return true;
}

/* By the bits below bit, of those that differ. */
static bool sort_bits(const struct kind *kind, char *items, size_t count, unsigned bit,
                      const uint64_t *differ)
{
    while (count > PIECE && bit--) {
        size_t zeros;
        if (!(differ[kind->words - 1 - bit / 64] >> bit % 64 & 1)) continue;
        if (!part(kind, items, count, bit, &zeros) || !sort_bits(kind, items, zeros, bit, differ))
            return false;
        items += zeros * kind->bytes;
        count -= zeros;
    }
    if (count <= PIECE) qsort(items, count, kind->bytes, kind->compare);
    return true;
}

static bool sort(const struct kind *kind, void *items, size_t count)
{
    uint64_t differ[2] = {0, 0};
    if (count <= PIECE) {
        qsort(items, count, kind->bytes, kind->compare);
        return true;
    }
    for (size_t k = 0; k < count; k++) {
        if (!goes_on(k)) return false;
        for (unsigned w = 0; w < kind->words; w++)
            differ[w] |= kind->word((char *)items + k * kind->bytes, w) ^ kind->word(items, w);
    }
    return sort_bits(kind, items, count, 64 * kind->words, differ);
}

/* ---- outcomes, by value ------------------------------------------------------------------------ */

static uint64_t value_word(const void *item, unsigned index)
{
    (void)index;
    return *(const uint64_t *)item;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
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

static bool sort_outcomes(uint64_t *outcomes, size_t shots)
{
    static const struct kind values = {sizeof *outcomes, 1, value_word, by_value};
    return is_sorted(outcomes, shots) || sort_small(outcomes, shots) || sort(&values, outcomes, shots);
}

/* ---- counts, the most frequent first ----------------------------------------------------------- */

static uint64_t count_word(const void *item, unsigned index)
{
    const ketsim_count *count = item;
    return index ? count->outcome : ~count->count;
}

static int by_count(const void *a, const void *b)
{
    const ketsim_count *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : (x->outcome > y->outcome) - (x->outcome < y->outcome);
}

static ketsim_status count_sorted(ketsim_count *out, size_t *different, const uint64_t *outcomes,
                                  size_t shots)
{
    size_t count = 0;
    for (size_t k = 0; k < shots; k++) {
        const bool is_new = !k || outcomes[k] != outcomes[k - 1];
        if (!goes_on(k)) return limits_why();
        count += is_new;
        if (!out) continue;
        if (is_new) out[count - 1] = (ketsim_count){outcomes[k], 0};
        out[count - 1].count++;
    }
    *different = count;
    return KETSIM_OK;
}

ketsim_status ketsim_tally(ketsim_count *out, size_t *different, uint64_t *outcomes, size_t shots)
{
    static const struct kind counts = {sizeof *out, 2, count_word, by_count};
    size_t count = 0;
    TRY(limits_go_on("counts", 0));
    if (!sort_outcomes(outcomes, shots)) return limits_why();
    TRY(count_sorted(out, &count, outcomes, shots));
    if (out && !sort(&counts, out, count)) return limits_why();
    *different = count;
    return KETSIM_OK;
}
