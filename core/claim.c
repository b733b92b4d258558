/* claim.c - the writer's place: one atomic word, and a bell for those who wait for it. */
#include "error.h"
#include "events.h"
#include "park.h"
#include "state.h"
#include "threads.h"

static uint64_t claim_of(uint32_t thread)
{
    return (uint64_t)fork_epoch() << 32 | thread;
}

/* Whether somebody of this process, not of the one it was forked from, holds a claim. */
static bool is_held(uint64_t claim)
{
    return claim >> 32 == fork_epoch();
}

/* The claim was taken over from a writer that a fork left behind: drop what it had put on the queue but not
 * published, and what it was writing in place.  An array it was just moving cannot be trusted; one that holds
 * nothing published is given up. */
static void clean_up(ketsim_state *state)
{
    const size_t published = ketsim_pending(state);
    if (published) program_truncate(&state->queue, published);
    else program_init(&state->queue, state->nqubits);
    if (!state->current && atomic_load_explicit(&state->condition, memory_order_relaxed) == KETSIM_OK)
        atomic_store_explicit(&state->condition, KETSIM_ERR_INVALID, memory_order_release);
}

/* Let a forked child find what was being written at the fork as it will be: without its writer. */
static void bury_lost_writer(ketsim_state *state)
{
    uint64_t seen = atomic_load_explicit(&state->claim, memory_order_relaxed);
    if (!seen || is_held(seen) ||
        !atomic_compare_exchange_strong(&state->claim, &seen, claim_of(thread_id())))
        return;
    clean_up(state);
    state_release(state);
}

ketsim_status state_usable(const ketsim_state *state)
{
    bury_lost_writer((ketsim_state *)state); /* states are never defined const */
    switch (atomic_load_explicit(&state->condition, memory_order_acquire)) {
    case KETSIM_OK: return KETSIM_OK;
    case KETSIM_ERR_CLOSED: return fail(KETSIM_ERR_CLOSED, "state is closed: make a new one");
    default:
        return fail(KETSIM_ERR_INVALID,
                    "state is invalid, an in-place run was stopped half-way: set its amplitudes");
    }
}

ketsim_status ketsim_state_check(const ketsim_state *state)
{
    return state_usable(state);
}

ketsim_status state_claim_any(ketsim_state *state)
{
    uint64_t seen = atomic_load_explicit(&state->claim, memory_order_relaxed);
    while (!is_held(seen))
        if (atomic_compare_exchange_weak_explicit(&state->claim, &seen, claim_of(thread_id()),
                                                  memory_order_acquire, memory_order_relaxed)) {
            if (seen) clean_up(state);
            if (atomic_load_explicit(&state->condition, memory_order_relaxed) != KETSIM_ERR_CLOSED)
                return KETSIM_OK;
            state_release(state);
            return state_usable(state);
        }
    const uint32_t thread = (uint32_t)seen;
    event_count(EVENT_BUSY, 1);
    return fail(KETSIM_ERR_BUSY, "state is busy at generation %llu: thread %u%s is writing it; wait for that",
                (unsigned long long)ketsim_state_generation(state), thread,
                thread == thread_id() ? " (this one)" : "");
}

ketsim_status state_claim(ketsim_state *state)
{
    TRY(state_claim_any(state));
    if (atomic_load_explicit(&state->condition, memory_order_relaxed) == KETSIM_OK) return KETSIM_OK;
    state_release(state);
    return state_usable(state);
}

/* ---- waiting ---- */

/* Wake one of those that wait: waking all would cost a writer of short runs more than the runs.  The one passes it
 * on, see below. */
static void ring(ketsim_state *state)
{
    if (!atomic_load(&state->waiters)) return;
    atomic_fetch_add(&state->bell, 1);
    park_wake_some(&state->bell, 1);
}

/* Either ring() sees who is about to sleep, or that thread sees the claim free: all four are sequentially
 * consistent. */
void state_release(ketsim_state *state)
{
    atomic_store(&state->claim, 0);
    ring(state);
}

static bool wait_until_free(ketsim_state *state, uint64_t timeout_ms)
{
    const uint64_t deadline = clock_deadline(timeout_ms);
    for (;;) {
        const uint32_t seen = atomic_load(&state->bell);
        if (!is_held(atomic_load(&state->claim))) return true;
        const uint64_t now = clock_ns();
        if (!timeout_ms || (deadline && now >= deadline)) return false;
        park_wait(&state->bell, seen, deadline ? deadline - now : 0);
    }
}

/* Whoever finds the state free wakes the next, for it need not take the state itself. */
ketsim_status ketsim_wait(const ketsim_state *state, uint64_t timeout_ms)
{
    ketsim_state *s = (ketsim_state *)state; /* states are never defined const */
    atomic_fetch_add(&s->waiters, 1);
    const bool is_free = wait_until_free(s, timeout_ms);
    atomic_fetch_sub(&s->waiters, 1);
    if (!is_free)
        return fail(KETSIM_ERR_DEADLINE, "wait: the state was still busy after %llu ms",
                    (unsigned long long)timeout_ms);
    ring(s);
    return KETSIM_OK;
}
