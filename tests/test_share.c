/* States that cross by token: the same amplitudes, each taken once, nothing for a forged token, none lost or leaked
 * with many threads at it. */
#include <math.h>
#include <pthread.h>

#include "forks.h"
#include "helpers.h"

enum { N = 4, MOST = 1024, THREADS = 4, ROUNDS = 5000 };

static ketsim_state *bell(void)
{
    ketsim_state *state = new_state(2, KETSIM_COMPLEX128);
    CHECK_OK(gate1(state, KETSIM_GATE_H, 0, 0, 0, 0));
    CHECK_OK(ketsim_queue(state,
                          &(ketsim_op){.gate = KETSIM_GATE_CNOT, .qubits = (int[]){0, 1}, .nqubits = 2}, 1));
    return state;
}

static void takes_once(void)
{
    oracle_amp psi[1 << N];
    uint64_t seed = 1, token, tag = 0;
    ketsim_state *state = random_state(psi, N, KETSIM_COMPLEX64, &seed), *taken = NULL, *again = NULL;
    const uint64_t hash = state_hash(state);
    CHECK_OK(ketsim_share(&token, state, 77));
    CHECK_OK(gate1(state, KETSIM_GATE_X, 0, 0, 0, 0));
    CHECK_OK(ketsim_share_take(&taken, &tag, token));
    CHECK(tag == 77, "another tag");
    CHECK(ketsim_state_nqubits(taken) == N && ketsim_state_dtype(taken) == KETSIM_COMPLEX64, "another form");
    CHECK(state_hash(taken) == hash, "what was taken is not what was shared");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_share_take(&again, &tag, token), "taken");
    CHECK(!again, "a second state came");
    ketsim_state_free(taken);
    ketsim_state_free(state);
}

static void queue_runs_first(void)
{
    ketsim_state *state = bell(), *taken = NULL;
    oracle_amp expected[4] = {0};
    uint64_t token;
    expected[0] = expected[3] = sqrt(0.5);
    CHECK_OK(ketsim_share(&token, state, 0));
    ketsim_state_free(state); /* the clone lives on */
    CHECK_OK(ketsim_share_take(&taken, NULL, token));
    CHECK(ketsim_pending(taken) == 0 && state_error(taken, expected) < 1e-15, "the queue was not run");
    ketsim_state_free(taken);
}

static void closed_states_are_refused(void)
{
    ketsim_state *state = bell();
    uint64_t token = 5;
    CHECK_OK(ketsim_state_close(state));
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_share(&token, state, 0), "closed");
    CHECK(token == 5, "a token came");
    ketsim_state_free(state);
}

/* Numbers nobody was given, near those somebody was. */
static void forged(void)
{
    ketsim_state *state = bell(), *taken = NULL;
    uint64_t token, seed = 2, tag = 3;
    CHECK_OK(ketsim_share(&token, state, 0));
    for (unsigned k = 0; k < 64; k++)
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_share_take(&taken, &tag, token ^ UINT64_C(1) << k), "token");
    for (uint64_t k = 0; k < 2 * MOST; k++) {
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_share_take(&taken, &tag, k), "token");
        ketsim_share_drop(k);
        ketsim_share_drop(random_bits(&seed));
    }
    CHECK(!taken && tag == 3, "a failure wrote");
    CHECK_OK(ketsim_share_take(&taken, NULL, token));
    ketsim_state_free(taken);
    ketsim_state_free(state);
}

/* A full table refuses, and takes again what it was given when there is room. */
static void full(void)
{
    static uint64_t tokens[MOST];
    ketsim_state *state = bell(), *taken = NULL;
    uint64_t token = 0;
    for (unsigned k = 0; k < MOST; k++) CHECK_OK(ketsim_share(&tokens[k], state, k));
    CHECK_FAILS(KETSIM_ERR_QUEUE_FULL, ketsim_share(&token, state, 0), "1024");
    ketsim_share_drop(tokens[500]);
    ketsim_share_drop(tokens[500]);
    CHECK_OK(ketsim_share(&tokens[500], state, 500));
    for (unsigned k = 0; k < MOST; k++) {
        uint64_t tag;
        CHECK_OK(ketsim_share_take(&taken, &tag, tokens[k]));
        CHECK(tag == k, "a token names another's state");
        ketsim_state_free(taken);
    }
    ketsim_state_free(state);
}

static void *give_and_take(void *given)
{
    ketsim_state *const state = given;
    for (unsigned k = 0; k < ROUNDS; k++) {
        ketsim_state *taken = NULL;
        uint64_t token, tag;
        CHECK_OK(ketsim_share(&token, state, k));
        if (k % 3 == 0) ketsim_share_drop(token);
        else CHECK_OK(ketsim_share_take(&taken, &tag, token));
        CHECK(!taken || tag == k, "another thread's state");
        ketsim_state_free(taken);
    }
    return NULL;
}

/* All threads try for each token: one gets it. */
static _Atomic uint64_t offered;
static _Atomic unsigned gotten;

static void *race_for_tokens(void *unused)
{
    (void)unused;
    for (uint64_t seen = 0, token; (token = offered) != UINT64_MAX; seen = token) {
        ketsim_state *taken = NULL;
        if (token == seen || ketsim_share_take(&taken, NULL, token) != KETSIM_OK) continue;
        ketsim_state_free(taken);
        gotten++;
    }
    return NULL;
}

static void in_threads(void *(*body)(void *), ketsim_state *state, void (*meanwhile)(ketsim_state *))
{
    pthread_t threads[THREADS];
    for (unsigned k = 0; k < THREADS; k++)
        CHECK(!pthread_create(&threads[k], NULL, body, state), "no thread");
    if (meanwhile) meanwhile(state);
    for (unsigned k = 0; k < THREADS; k++) pthread_join(threads[k], NULL);
}

static void offer(ketsim_state *state)
{
    for (unsigned k = 0; k < ROUNDS / 10; k++) {
        uint64_t token;
        CHECK_OK(ketsim_share(&token, state, 0));
        offered = token;
        while (gotten <= k) sched_yield();
    }
    offered = UINT64_MAX;
}

static void threads(void)
{
    ketsim_state *state = bell();
    in_threads(give_and_take, state, NULL);
    in_threads(race_for_tokens, state, offer);
    CHECK(gotten == ROUNDS / 10, "%u takes of %d states", gotten, ROUNDS / 10);
    ketsim_state_free(state);
    full(); /* nothing is left in a place */
}

/* What was shared before a fork is there in the child, as a state of its own. */
static void forks(void)
{
    ketsim_state *state = bell(), *taken = NULL;
    uint64_t token;
    CHECK_OK(ketsim_share(&token, state, 0));
    const pid_t child = guarded_fork();
    if (!child) {
        const bool well = ketsim_share_take(&taken, NULL, token) == KETSIM_OK;
        ketsim_state_free(taken);
        ketsim_state_free(state);
        _exit(well ? 0 : 1);
    }
    ended_well(child, "take in a child", 0);
    CHECK_OK(ketsim_share_take(&taken, NULL, token));
    ketsim_state_free(taken);
    ketsim_state_free(state);
}

int main(void)
{
    takes_once();
    queue_runs_first();
    closed_states_are_refused();
    forged();
    full();
    threads();
    forks();
    printf("states cross by token: once each, %d threads, forged tokens name nothing\n", THREADS);
    return 0;
}
