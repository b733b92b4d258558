/* spin.h - a lock for a few instructions, which a fork cannot leave locked: it holds the epoch of its owner's
 * process, and a lock of another epoch counts as free. */
#ifndef KETSIM_CORE_SPIN_H
#define KETSIM_CORE_SPIN_H

#include <sched.h>
#include <stdatomic.h>

#include "threads.h"

struct spin {
    _Atomic uint32_t owner; /* 0 when free, else the epoch */
};

static inline void spin_lock(struct spin *lock)
{
    const uint32_t epoch = fork_epoch();
    for (unsigned tries = 0;; tries++) {
        uint32_t seen = atomic_load_explicit(&lock->owner, memory_order_relaxed);
        if (seen != epoch && atomic_compare_exchange_weak_explicit(
                                 &lock->owner, &seen, epoch, memory_order_acquire, memory_order_relaxed))
            return;
        if (tries > 100) sched_yield();
    }
}

static inline void spin_unlock(struct spin *lock)
{
    atomic_store_explicit(&lock->owner, 0, memory_order_release);
}

#endif
