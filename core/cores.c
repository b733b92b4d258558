/* cores.c - one word that counts threads at work, and a bell for those that wait; each thread knows how many it has. */
#include "cores.h"

#include <stdatomic.h>

#include "ketsim.h"
#include "park.h"
#include "threads.h"

/* The word: epoch of forks, then those that wait as calling threads do, or for a team, then cores in use. */
enum { GATHER_SHIFT = 20 };
static const uint64_t GATHER = UINT64_C(1) << GATHER_SHIFT, USED = (UINT64_C(1) << GATHER_SHIFT) - 1;

/* A worker that waits for a core must see that the process ends. */
static const uint64_t WAIT_NS = 50000000;

/* So long a calling thread works beside others that wait, before it stands back. */
static const uint64_t TURN_NS = 5000000;

/* A core that another run has left since then is not free for a team: that thread will run again. */
static const uint64_t RECENT_NS = 100000;

static _Atomic uint64_t word;
static _Atomic uint32_t bell, waiters;
static _Atomic uint64_t left_ns; /* when a run last left, and whose it was */
static _Atomic uint32_t left_by;

/* Of this thread. */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
    unsigned count;
    uint32_t epoch;      /* when they were taken */
    uint64_t turn_began; /* since when others wait, seen from here; 0: they do not */
} mine;

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

static unsigned free_of(uint64_t all, uint64_t seen)
{
    const uint64_t used = seen & USED;
    return used < all ? (unsigned)(all - used) : 0;
}

static unsigned cores_free(uint64_t seen)
{
    return free_of(ketsim_default_threads(), seen);
}

/* Of so many in all. Workers stand back while somebody gathers. */
static bool try_take_of(unsigned all, unsigned count, bool gathers)
{
    uint64_t seen = atomic_load(&word);
    do {
        const uint64_t now = own(seen);
        const bool turned_away = !gathers && (uint32_t)now >> GATHER_SHIFT;
        if (turned_away || free_of(all, now) < count) return false;
    } while (!atomic_compare_exchange_weak(&word, &seen, own(seen) + count));
    return true;
}

static bool try_take(unsigned count, bool gathers)
{
    return try_take_of(ketsim_default_threads(), count, gathers);
}

/* Its own core a calling thread takes of all, also where runs shall have fewer threads: who sets OMP_NUM_THREADS=1 does not want
 * threads of his own to take turns. */
static bool try_take_own(void)
{
    const unsigned threads = ketsim_default_threads(), cores = threads_cores();
    return try_take_of(threads > cores ? threads : cores, 1, true);
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

/* ---- what this thread has ---------------------------------------------------------------------- */

unsigned cores_held(void)
{
    return mine.epoch == fork_epoch() ? mine.count : 0;
}

static unsigned note(unsigned count)
{
    mine.count = count;
    mine.epoch = fork_epoch();
    return count;
}

void cores_leave(void)
{
    const unsigned count = cores_held();
    mine.count = 0;
    if (!count) return;
    subtract(count, mine.epoch);
    ring_if_waited();
}

/* ---- waiting ----------------------------------------------------------------------------------- */

static bool others_wait(uint64_t seen)
{
    return (uint32_t)own(seen) >> GATHER_SHIFT;
}

/* Until one is free; who stands back lets others that wait be faster. */
static void wait_for_one(bool stands_back)
{
    const uint32_t epoch = fork_epoch();
    add(GATHER);
    atomic_fetch_add(&waiters, 1);
    for (;;) {
        const uint32_t seen = atomic_load(&bell);
        if (!stands_back && try_take_own()) break;
        park_wait(&bell, seen, stands_back ? TURN_NS : WAIT_NS);
        stands_back = false;
    }
    atomic_fetch_sub(&waiters, 1);
    subtract(GATHER, epoch);
}

/* Whether this thread has worked for so long beside others that wait that it is their turn. */
static bool had_its_turn(void)
{
    const uint64_t now = clock_ns();
    if (!mine.turn_began) mine.turn_began = now;
    return now - mine.turn_began > TURN_NS;
}

static void take_one(void)
{
    bool stands_back = false;
    if (!others_wait(atomic_load_explicit(&word, memory_order_relaxed))) mine.turn_began = 0;
    else stands_back = had_its_turn();
    if (stands_back || !try_take_own()) {
        wait_for_one(stands_back);
        mine.turn_began = 0;
    }
}

bool cores_wait(void)
{
    if (try_take(1, false)) return note(1);
    atomic_fetch_add(&waiters, 1);
    const uint32_t seen = atomic_load(&bell);
    const bool taken = try_take(1, false);
    if (!taken) park_wait(&bell, seen, WAIT_NS);
    atomic_fetch_sub(&waiters, 1);
    return taken && note(1);
}

/* ---- teams ------------------------------------------------------------------------------------- */

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

unsigned cores_gather(unsigned most, uint64_t patience_ns)
{
    return note(gather_alone(1, most, patience_ns));
}

unsigned cores_enter(unsigned most, uint64_t patience_ns)
{
    take_one();
    return note(most > 1 ? 1 + gather_alone(0, most - 1, patience_ns) : 1);
}

/* ---- runs -------------------------------------------------------------------------------------- */

static bool is_soon_back(void)
{
    return atomic_load_explicit(&left_by, memory_order_relaxed) != thread_id() &&
           clock_ns() - atomic_load_explicit(&left_ns, memory_order_relaxed) < RECENT_NS;
}

/* What is free of so many, unless somebody waits. */
static unsigned take_free(unsigned most)
{
    while (most) {
        const unsigned now = cores_free(own(atomic_load(&word)));
        if (now < most) most = now;
        if (!most || try_take(most, false)) break;
        if (others_wait(atomic_load(&word))) return 0;
    }
    return most;
}

/* Who asks for more threads than there are cores gets them when nobody else is at work. */
unsigned cores_enter_run(unsigned most)
{
    const unsigned all = ketsim_default_threads();
    take_one();
    unsigned further = 0;
    if (most > 1 && !is_soon_back()) further = take_free(most < all ? most - 1 : all - 1);
    note(1 + further);
    return most > all && 1 + further == all ? most : 1 + further;
}

void cores_leave_run(void)
{
    atomic_store_explicit(&left_by, thread_id(), memory_order_relaxed);
    atomic_store_explicit(&left_ns, clock_ns(), memory_order_relaxed);
    cores_leave();
}

void cores_take_turns(unsigned most)
{
    if (!cores_held()) return;
    if (others_wait(atomic_load_explicit(&word, memory_order_relaxed)) && had_its_turn()) {
        cores_leave();
        wait_for_one(true);
        mine.turn_began = 0;
        note(1);
    }
    if (mine.count < most) mine.count += take_free(most - mine.count);
}

/* ---- poll functions ---------------------------------------------------------------------------- */

unsigned cores_pause(void)
{
    const unsigned count = cores_held();
    cores_leave();
    return count;
}

void cores_resume(unsigned count)
{
    if (count) (void)cores_enter(count, 0);
}

bool cores_are_idle(void)
{
    return !(own(atomic_load_explicit(&word, memory_order_relaxed)) & USED);
}
