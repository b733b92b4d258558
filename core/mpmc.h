/* mpmc.h - a bounded queue for any number of producers and consumers, without a lock.
 *
 * Dmitry Vyukov, "Bounded MPMC queue", 1024cores.net, 2010: every cell has a turn, which says whose it is.  One
 * compare-and-swap a push or pop; what is pushed by one thread comes out in the order in which that thread pushed it.
 * A thread that is stopped between taking its cell and passing it on holds up those that come to the cell, no others. */
#ifndef KETSIM_CORE_MPMC_H
#define KETSIM_CORE_MPMC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mpmc_cell {
    _Atomic size_t turn; /* position at which it may be pushed to; one more: popped from */
    void *item;
};

struct mpmc {
    _Alignas(64) _Atomic size_t tail;     /* position of the next push */
    _Alignas(64) _Atomic size_t head;     /* of the next pop */
    _Alignas(64) struct mpmc_cell *cells; /* the caller's; with mask they never change */
    size_t mask;
};

/* Make it empty; capacity is a power of two, at least 2.  No other thread may use it meanwhile. */
void mpmc_init(struct mpmc *queue, struct mpmc_cell *cells, size_t capacity);

/* False when it is full, or empty. */
bool mpmc_push(struct mpmc *queue, void *item);
bool mpmc_pop(struct mpmc *queue, void **item);

/* How many are in it, about, while others push and pop. */
size_t mpmc_length(const struct mpmc *queue);

/* Whether a push would have failed a moment ago. */
static inline bool mpmc_was_full(const struct mpmc *queue)
{
    const size_t tail = atomic_load(&queue->tail);
    return (ptrdiff_t)(tail - atomic_load(&queue->head)) > (ptrdiff_t)queue->mask;
}

#endif
