/* grouping.c - groups are found by a hash of what was drawn, and compared to be sure. */
#include "grouping.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "rng.h"

enum { LEAST_SLOTS = 16 };

void grouping_clear(struct grouping *grouping)
{
    free(grouping->groups);
    free(grouping->words);
    free(grouping->table);
    *grouping = (struct grouping){.count = 0};
}

static ketsim_status grow(void **items, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) return KETSIM_OK;
    const size_t wanted = needed > 2 * *capacity ? needed + 16 : 2 * *capacity;
    void *moved = wanted <= SIZE_MAX / size ? realloc(*items, wanted * size) : NULL;
    if (!moved) return fail(KETSIM_ERR_MEMORY, "shots: cannot allocate %zu groups of them", wanted);
    *items = moved;
    *capacity = wanted;
    return KETSIM_OK;
}

struct grouping_mark grouping_begin(struct grouping *grouping)
{
    const struct grouping_mark mark = {grouping->base, grouping->count, grouping->nwords};
    grouping->base = grouping->count;
    grouping->slots = 0; /* until there are several groups */
    return mark;
}

void grouping_end(struct grouping *grouping, struct grouping_mark mark)
{
    grouping->base = mark.base;
    grouping->count = mark.count;
    grouping->nwords = mark.nwords;
}

size_t grouping_count(const struct grouping *grouping)
{
    return grouping->count - grouping->base;
}

const struct party *grouping_get(const struct grouping *grouping, size_t number)
{
    return &grouping->groups[grouping->base + number];
}

const uint64_t *grouping_pairs(const struct grouping *grouping, const struct party *group)
{
    return grouping->words + group->pairs;
}

/* ---- finding ----------------------------------------------------------------------------------- */

static bool same(const struct grouping *grouping, const struct party *a, const struct party *b)
{
    return a->outcome == b->outcome && a->npairs == b->npairs &&
           (!a->npairs || !memcmp(grouping->words + a->pairs, grouping->words + b->pairs,
                                  2 * a->npairs * sizeof(uint64_t)));
}

static uint64_t hash_of(const struct grouping *grouping, const struct party *group)
{
    uint64_t hash = group->outcome * 0x9E3779B97F4A7C15u;
    for (size_t k = 0; k < 2 * group->npairs; k++)
        hash = ((hash ^ grouping->words[group->pairs + k]) + (hash >> 29)) * 0xBF58476D1CE4E5B9u;
    return hash ^ hash >> 32;
}

/* Of the table, the slot of a group that is the same, or a free one: 0. */
static uint32_t *slot_of(const struct grouping *grouping, const struct party *group)
{
    size_t slot = hash_of(grouping, group);
    for (;; slot++) {
        uint32_t *found = &grouping->table[slot & (grouping->slots - 1)];
        if (!*found || same(grouping, grouping_get(grouping, *found - 1), group)) return found;
    }
}

/* A table that is at most half full with one group more. */
static ketsim_status make_table(struct grouping *grouping)
{
    const size_t count = grouping_count(grouping);
    size_t slots = LEAST_SLOTS;
    if (2 * (count + 1) <= grouping->slots) return KETSIM_OK;
    while (slots < 4 * (count + 1)) slots *= 2;
    if (count >= UINT32_MAX / 8) return fail(KETSIM_ERR_MEMORY, "shots: more than %zu groups of them", count);
    TRY(grow((void **)&grouping->table, &grouping->table_capacity, slots, sizeof *grouping->table));
    memset(grouping->table, 0, slots * sizeof *grouping->table);
    grouping->slots = slots;
    for (size_t k = 0; k < count; k++) *slot_of(grouping, grouping_get(grouping, k)) = (uint32_t)k + 1;
    return KETSIM_OK;
}

static ketsim_status add_group(struct grouping *grouping, const struct party *group)
{
    TRY(grow((void **)&grouping->groups, &grouping->capacity, grouping->count + 1, sizeof *grouping->groups));
    grouping->groups[grouping->count++] = *group;
    return KETSIM_OK;
}

static ketsim_status find(struct grouping *grouping, uint64_t *number, const struct party *wanted)
{
    TRY(make_table(grouping));
    uint32_t *slot = slot_of(grouping, wanted);
    if (!*slot) {
        TRY(add_group(grouping, wanted));
        *slot = (uint32_t)grouping_count(grouping);
    }
    *number = *slot - 1;
    return KETSIM_OK;
}

/* The first one needs no table; most shots are often in it, for they draw no error, or the node has but one. */
static ketsim_status put(struct grouping *grouping, struct shot *shot, const struct party *wanted)
{
    shot->group = 0;
    if (!grouping_count(grouping)) TRY(add_group(grouping, wanted));
    else if (!same(grouping, grouping_get(grouping, 0), wanted)) TRY(find(grouping, &shot->group, wanted));
    grouping->groups[grouping->base + shot->group].count++;
    return KETSIM_OK;
}

ketsim_status grouping_put_all(struct grouping *grouping, size_t count, uint64_t outcome, double probability)
{
    TRY(add_group(
        grouping,
        &(struct party){.count = count, .outcome = outcome, .probability = probability, .certain = true}));
    return KETSIM_OK;
}

ketsim_status grouping_put_outcome(struct grouping *grouping, struct shot *shot, uint64_t outcome,
                                   double probability)
{
    return put(grouping, shot, &(struct party){.outcome = outcome, .probability = probability});
}

/* ---- noise ------------------------------------------------------------------------------------- */

/* One that changes something. */
static size_t draw_choice(const struct choices *choices, double u)
{
    double left = 0;
    size_t last = 0;
    for (size_t k = 0; k < choices->count; k++)
        if (choices->list[k].count) left += choices->p[k];
    left *= u;
    for (size_t k = 0; k < choices->count; k++) {
        if (!choices->list[k].count || choices->p[k] <= 0) continue;
        last = k;
        left -= choices->p[k];
        if (left < 0) break;
    }
    return last;
}

ketsim_status grouping_begin_noise(struct grouping *grouping, struct noise_draw *noise,
                                   const struct stretch *stretch, const struct scene *scene, uint64_t seed)
{
    const bool first = scene->clean == 0;
    *noise = (struct noise_draw){.stretch = stretch,
                                 .seed = seed,
                                 .ordinal = scene->ordinal,
                                 .clean = first ? 1 : scene->clean,
                                 .first = first};
    noise->end = noise->clean;
    for (size_t k = 0; k < stretch->nnoise; k++) noise->end *= stretch->noise[k].choices->clean;
    return add_group(grouping, &(struct party){.clean = noise->end, .ordinal = scene->ordinal + first});
}

/* Pairs of a number of the noise and a choice that changes something; the same products as in the end of a clean shot. */
static void draw_errors(uint64_t *pairs, struct party *party, struct shot *shot,
                        const struct noise_draw *noise)
{
    const struct stretch *stretch = noise->stretch;
    uint64_t words[RNG_SHOT_WORDS];
    party->clean = noise->clean;
    party->ordinal = noise->ordinal + noise->first;
    for (size_t at = 0; at < stretch->nnoise; at++) {
        const struct choices *choices = stretch->noise[at].choices;
        party->clean *= choices->clean;
        if (shot->u < party->clean) continue;
        rng_shot_words(words, noise->seed, shot->number, party->ordinal++);
        *pairs++ = at;
        *pairs++ = draw_choice(choices, rng_double(words[0]));
        party->npairs++;
        party->clean = 1;
        shot->u = rng_double(words[1]);
    }
}

static ketsim_status put_errors(struct grouping *grouping, struct shot *shot, const struct noise_draw *noise)
{
    const size_t before = grouping_count(grouping);
    struct party wanted = {.pairs = grouping->nwords};
    TRY(grow((void **)&grouping->words, &grouping->word_capacity,
             grouping->nwords + 2 * noise->stretch->nnoise, sizeof *grouping->words));
    draw_errors(grouping->words + grouping->nwords, &wanted, shot, noise);
    TRY(put(grouping, shot, &wanted));
    if (grouping_count(grouping) > before) grouping->nwords += 2 * wanted.npairs;
    return KETSIM_OK;
}

ketsim_status grouping_put_noise(struct grouping *grouping, struct shot *shots, size_t count,
                                 const struct noise_draw *noise)
{
    size_t clean = 0;
    for (size_t k = 0; k < count; k++) {
        struct shot *shot = &shots[k];
        if (noise->first) shot->u = rng_shot(noise->seed, shot->number, noise->ordinal);
        if (shot->u < noise->end) {
            shot->group = 0;
            clean++;
        } else {
            TRY(put_errors(grouping, shot, noise));
        }
    }
    grouping->groups[grouping->base].count += clean;
    return KETSIM_OK;
}

/* ---- sorting ----------------------------------------------------------------------------------- */

/* Each shot to the next place of its group, whoever stands there taking its place: no memory, one exchange a shot (McIlroy,
 * Bostic and McIlroy, "Engineering radix sort", Computing Systems 6 (1993), section 3.2). */
static void exchange(struct grouping *grouping, struct shot *shots)
{
    struct party *groups = grouping->groups + grouping->base;
    const size_t count = grouping_count(grouping);
    size_t end = 0;
    for (size_t g = 0; g < count; g++) {
        end += groups[g].count;
        while (groups[g].first < end) {
            struct shot *here = &shots[groups[g].first], moved = *here;
            if (moved.group == g) {
                groups[g].first++;
                continue;
            }
            struct shot *there = &shots[groups[moved.group].first++];
            *here = *there;
            *there = moved;
        }
    }
    for (size_t g = 0; g < count; g++) groups[g].first -= groups[g].count;
}

size_t grouping_sort(struct grouping *grouping, struct shot *shots)
{
    struct party *groups = grouping->groups + grouping->base;
    size_t largest = 0, first = 0;
    for (size_t g = 0; g < grouping_count(grouping); g++) {
        groups[g].first = first;
        first += groups[g].count;
        if (groups[g].count > groups[largest].count) largest = g;
    }
    if (grouping_count(grouping) > 1) exchange(grouping, shots);
    return largest;
}
