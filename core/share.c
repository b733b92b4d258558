/* share.c - states on their way from one holder to another who has nothing but a number: another interpreter of
 * the process, say.  A table of clones, each taken once, by its token.
 *
 * A place is free (token 0), being filled or emptied by one thread (MOVING), or holds a state under its token.
 * Whoever changes the token to MOVING owns the place; no thread ever waits.  A fork may leave a place MOVING in
 * the child, where it is lost.  A token is a place and random bits, so that none can be guessed. */
#include <stdatomic.h>

#include "error.h"
#include "rng.h"

enum { PLACES = 1024, MOVING = 1 };

static struct place {
    _Atomic uint64_t token;
    ketsim_state *state;
    uint64_t tag;
} places[PLACES];

static bool move(struct place *place, uint64_t from)
{
    return atomic_compare_exchange_strong_explicit(&place->token, &from, MOVING, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* A free place, now MOVING, or NULL; from a random one on, so that threads seldom meet. */
static struct place *reserve(uint64_t random)
{
    for (unsigned k = 0; k < PLACES; k++) {
        struct place *place = &places[(random + k) % PLACES];
        if (!atomic_load_explicit(&place->token, memory_order_relaxed) && move(place, 0)) return place;
    }
    return NULL;
}

/* 63 bits, for interpreters that hand no larger number on: the place, and above it random bits, never none. */
static uint64_t token_of(const struct place *place, uint64_t random)
{
    return ((random | UINT64_C(1) << 63) >> 1 & ~(uint64_t)(PLACES - 1)) | (uint64_t)(place - places);
}

ketsim_status ketsim_share(uint64_t *token, ketsim_state *state, uint64_t tag)
{
    ketsim_state *clone = NULL;
    uint64_t random;
    TRY(rng_os_seed(&random));
    TRY(ketsim_state_clone(&clone, state));
    struct place *place = reserve(random);
    if (!place) {
        ketsim_state_free(clone);
        return fail(KETSIM_ERR_QUEUE_FULL, "share: %d states wait to be taken: take or drop some first",
                    PLACES);
    }
    place->state = clone;
    place->tag = tag;
    *token = token_of(place, random);
    atomic_store_explicit(&place->token, *token, memory_order_release);
    return KETSIM_OK;
}

/* What the token names, whose place is free afterwards; NULL if it names nothing. */
static ketsim_state *empty(uint64_t token, uint64_t *tag)
{
    struct place *place = &places[token % PLACES];
    if (token <= MOVING || !move(place, token)) return NULL;
    ketsim_state *state = place->state;
    *tag = place->tag;
    place->state = NULL;
    atomic_store_explicit(&place->token, 0, memory_order_release);
    return state;
}

ketsim_status ketsim_share_take(ketsim_state **out, uint64_t *tag, uint64_t token)
{
    uint64_t found;
    ketsim_state *state = empty(token, &found);
    if (!state)
        return fail(KETSIM_ERR_ARGUMENT,
                    "token %llu: names no state: it was taken or dropped before, or was never given out",
                    (unsigned long long)token);
    if (tag) *tag = found;
    *out = state;
    return KETSIM_OK;
}

void ketsim_share_drop(uint64_t token)
{
    uint64_t unused;
    ketsim_state_free(empty(token, &unused));
}
