/* grouping.h - which shots of a node have drawn the same.
 *
 * A walk branches inside of branches: what begins last ends first, and its groups lie after those of the branches around
 * it. */
#ifndef KETSIM_CORE_GROUPING_H
#define KETSIM_CORE_GROUPING_H

#include "tree.h"

struct party {
    size_t first, count; /* among the node's shots, once they are sorted */
    uint64_t outcome;
    double probability;
    bool certain;         /* there is no other outcome */
    size_t pairs, npairs; /* what comes into a stretch: where that is among the words */
    double clean;         /* of the scene after a stretch with noise */
    uint64_t ordinal;
};

/* All zeros: nothing. */
struct grouping {
    size_t base; /* of the branch that has begun last */
    size_t count, capacity;
    struct party *groups;
    size_t nwords, word_capacity;
    uint64_t *words;
    size_t slots; /* in use of the table that finds the groups of this branch: a power of two, or 0 */
    size_t table_capacity;
    uint32_t *table;
};

struct grouping_mark {
    size_t base, count, nwords;
};

void grouping_clear(struct grouping *grouping);

struct grouping_mark grouping_begin(struct grouping *grouping);
void grouping_end(struct grouping *grouping, struct grouping_mark mark);

/* All shots in one group. */
ketsim_status grouping_put_all(struct grouping *grouping, size_t count, uint64_t outcome, double probability);

/* One shot in the group of this outcome. */
ketsim_status grouping_put_outcome(struct grouping *grouping, struct shot *shot, uint64_t outcome,
                                   double probability);

/* What shots of a scene draw for a stretch, where noise changes something now and then.  A number u decides when: as soon as
 * the probability of no error since it was drawn is not above u any more; then the shot draws another, so that errors
 * cost, and noise that changes nothing does not. */
struct noise_draw {
    const struct stretch *stretch;
    uint64_t seed, ordinal;
    double clean, end; /* probability of no error before the stretch, and after */
    bool first;        /* shots have no u yet */
};

/* Begin with a group of those that have no error, which may stay empty; then put count shots in their groups. */
ketsim_status grouping_begin_noise(struct grouping *grouping, struct noise_draw *noise,
                                   const struct stretch *stretch, const struct scene *scene, uint64_t seed);
ketsim_status grouping_put_noise(struct grouping *grouping, struct shot *shots, size_t count,
                                 const struct noise_draw *noise);

/* Sort shots by their groups; returns the number of the largest one. */
size_t grouping_sort(struct grouping *grouping, struct shot *shots);

size_t grouping_count(const struct grouping *grouping);
const struct party *grouping_get(const struct grouping *grouping, size_t number);
const uint64_t *grouping_pairs(const struct grouping *grouping, const struct party *group);

#endif
