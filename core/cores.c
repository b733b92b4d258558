/* cores.c - one word that counts threads at work, and a bell for those that wait. */
#include "cores.h"

#include <stdatomic.h>

#include "ketsim.h"
#include "park.h"
#include "threads.h"

/* The word: epoch of forks, then those that gather, then cores in use. */
enum { GATHER_SHIFT = 20 };
static const uint64_t GATHER = UINT64_C(1) << GATHER_SHIFT, USED = (UINT64_C(1) << GATHER_SHIFT) - 1;

/* A worker that waits for a core must see that the process ends. */
static const uint64_t WAIT_NS = 50000000;

static _Atomic uint64_t word;
static _Atomic uint32_t bell, waiters;

/* What a word says in this process: nothing when it was another's. */
static uint64_t own(uint64_t seen)
{
    const uint64_t epoch = (uint64_t)fork_epoch() << 32;
    return seen >> 32 << 32 == epoch ? seen : epoch;
}

static void add(uint64_t amount)
{
    uint64_t seen = atomic_load_explicit(&word, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&word, &seen, own(seen) + amount)) {}
}

static void subtract(uint64_t amount, uint32_t epoch)
{
    uint64_t seen = atomic_load_explicit(&word, memory_order_relaxed);
    while (seen >> 32 == epoch && !atomic_compare_exchange_weak(&word, &seen, seen - amount)) {}
}

static unsigned cores_free(uint64_t seen)
{
    const uint64_t all = ketsim_default_threads(), used = seen & USED;
    return used < all ? (unsigned)(all - used) : 0;
}

/* Workers stand back while somebody gathers. */
static bool try_take(unsigned count, bool gathers)
{
    uint64_t seen = atomic_load(&word);
    do {
        const uint64_t now = own(seen);
        const bool turned_away = !gathers && (uint32_t)now >> GATHER_SHIFT;
        if (turned_away || cores_free(now) < count) return false;
    } while (!atomic_compare_exchange_weak(&word, &seen, own(seen) + count));
    return true;
}

static void ring(void)
{
    atomic_fetch_add(&bell, 1);
    park_wake(&bell);
}

static void ring_if_waited(void)
{
    if (atomic_load(&waiters)) ring();
}

struct cores cores_occupy(unsigned count)
{
    add(count);
    return (struct cores){count, fork_epoch()};
}

struct cores cores_wait(void)
{
    const struct cores none = {0, fork_epoch()}, one = {1, fork_epoch()};
    if (try_take(1, false)) return one;
    atomic_fetch_add(&waiters, 1);
    const uint32_t seen = atomic_load(&bell);
    const bool taken = try_take(1, false);
    if (!taken) park_wait(&bell, seen, WAIT_NS);
    atomic_fetch_sub(&waiters, 1);
    return taken ? one : none;
}

/* What to settle for once patience is at an end. */
static unsigned settle_for(unsigned least, unsigned most)
{
    const unsigned now = cores_free(own(atomic_load(&word)));
    return now < least ? least : now < most ? now : most;
}

static unsigned gather(unsigned least, unsigned most, uint64_t patience_ns)
{
    const uint64_t began = clock_ns();
    unsigned count = most;
    atomic_fetch_add(&waiters, 1);
    for (;;) {
        const uint32_t seen = atomic_load(&bell);
        const uint64_t waited = clock_ns() - began;
        if (waited >= patience_ns) count = settle_for(least, most);
        if (try_take(count, true)) break;
        park_wait(&bell, seen, waited < patience_ns ? patience_ns - waited : 0);
    }
    atomic_fetch_sub(&waiters, 1);
    return count;
}

static unsigned gather_alone(unsigned least, unsigned most, uint64_t patience_ns)
{
    if (try_take(most, true)) return most;
    const uint32_t epoch = fork_epoch();
    add(GATHER);
    const unsigned count = gather(least, most, patience_ns);
    subtract(GATHER, epoch);
    ring_if_waited();
    return count;
}

struct cores cores_gather(unsigned most, uint64_t patience_ns)
{
    return (struct cores){gather_alone(1, most, patience_ns), fork_epoch()};
}

struct cores cores_occupy_team(unsigned most, uint64_t patience_ns)
{
    struct cores cores = cores_occupy(1);
    if (most > 1) cores.count += gather_alone(0, most - 1, patience_ns);
    return cores;
}

void cores_give(struct cores cores)
{
    if (!cores.count) return;
    subtract(cores.count, cores.epoch);
    ring_if_waited();
}

bool cores_are_idle(void)
{
    return !(own(atomic_load_explicit(&word, memory_order_relaxed)) & USED);
}
