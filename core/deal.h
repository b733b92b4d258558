/* deal.h - the units of a stage, dealt to the members of a team: each takes its own from the front, and when it has none
 * left some of another from the back.  So a core that is slower than others, or comes late, keeps nobody waiting for long.
 * Who does a unit changes none of its bits. */
#ifndef KETSIM_CORE_DEAL_H
#define KETSIM_CORE_DEAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one member, in a cache line of its own.  A member may be a stage behind others, before it has dealt itself the share
 * of theirs, but not two: there is a barrier between stages. */
struct dealt {
    _Alignas(64) _Atomic uint64_t left[2]; /* of stages with even and odd numbers: first unit << 32 | end */
};

/* Units that a share can hold the numbers of. */
#define MOST_DEALT UINT32_MAX

static inline void deal_units(struct dealt *own, size_t stage, uint64_t first, uint64_t end)
{
    atomic_store_explicit(&own->left[stage & 1], first << 32 | end, memory_order_relaxed);
}

/* Take up to most units of a share; returns how many, from *first on. */
static inline uint64_t deal_take(struct dealt *from, size_t stage, uint64_t most, bool back, uint64_t *first)
{
    _Atomic uint64_t *left = &from->left[stage & 1];
    uint64_t seen = atomic_load_explicit(left, memory_order_relaxed), next, count;
    do {
        const uint64_t begin = seen >> 32, end = (uint32_t)seen;
        if (begin >= end) return 0;
        count = end - begin < most ? end - begin : most;
        *first = back ? end - count : begin;
        next = back ? seen - count : seen + (count << 32);
    } while (!atomic_compare_exchange_weak_explicit(left, &seen, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    return count;
}

/* The same of the member's own, or else of the next that has some. */
static inline uint64_t deal_next(struct dealt *dealt, unsigned member, unsigned members, size_t stage,
                                 uint64_t most, uint64_t *first)
{
    uint64_t count = deal_take(&dealt[member], stage, most, false, first);
    for (unsigned k = 1; !count && k < members; k++)
        count = deal_take(&dealt[(member + k) % members], stage, most, true, first);
    return count;
}

#endif
