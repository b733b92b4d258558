/* Batches and fork: a child has a pool of its own, and a batch that a fork cuts ends at once in the child. */
#include "forks.h"
#include "helpers.h"

enum { CIRCUITS = 60, MOST_QUBITS = 12, FORKS = 20, ROUNDS = 10 };

struct set {
    ketsim_circuit *circuits[CIRCUITS];
    uint64_t hashes[CIRCUITS]; /* of each run alone, from |0...0> */
};

static struct set random_set(uint64_t seed, unsigned least_qubits, unsigned gates)
{
    struct set set;
    for (unsigned k = 0; k < CIRCUITS; k++) {
        ketsim_state *state;
        const unsigned n = least_qubits + k % (MOST_QUBITS + 1 - least_qubits);
        set.circuits[k] = random_circuit(n, gates, &seed, NULL);
        state = new_state(n, KETSIM_COMPLEX128);
        CHECK_OK(ketsim_apply(state, set.circuits[k], NULL));
        set.hashes[k] = state_hash(state);
        ketsim_state_free(state);
    }
    return set;
}

static void free_set(struct set *set)
{
    for (unsigned k = 0; k < CIRCUITS; k++) ketsim_circuit_free(set->circuits[k]);
}

static ketsim_batch *run_batch(const struct set *set, const ketsim_batch_options *options)
{
    ketsim_batch *batch;
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)set->circuits, CIRCUITS, options));
    return batch;
}

static void runs_right(const struct set *set)
{
    ketsim_batch *batch = run_batch(set, NULL);
    for (unsigned k = 0; k < CIRCUITS; k++) {
        ketsim_state *state = ketsim_batch_take(batch, k);
        CHECK(state && state_hash(state) == set->hashes[k], "circuit %u has other bits than alone", k);
        ketsim_state_free(state);
    }
    ketsim_batch_free(batch);
}

static void between_batches(void)
{
    struct set set = random_set(86, 1, 20);
    for (unsigned k = 0; k < FORKS; k++) {
        runs_right(&set);
        const pid_t child = guarded_fork();
        if (!child) {
            for (unsigned round = 0; round < ROUNDS; round++) runs_right(&set);
            exit(EXIT_SUCCESS);
        }
        ended_well(child, "after a batch", k);
    }
    free_set(&set);
}

/* Forks the first time it is asked, and stops the batch the next time. */
static bool fork_once(void *context, double done)
{
    pid_t *child = context;
    (void)done;
    if (*child >= 0) return false;
    *child = guarded_fork();
    return true;
}

static void in_poll(void)
{
    struct set set = random_set(87, MOST_QUBITS, 2000);
    unsigned stopped = 0;
    pid_t child = -1;
    ketsim_batch *batch = run_batch(&set, &(ketsim_batch_options){.poll = fork_once, .poll_context = &child});
    for (unsigned k = 0; k < CIRCUITS; k++) stopped += ketsim_batch_status(batch, k) == KETSIM_ERR_CANCELLED;
    CHECK(stopped, "no circuit was stopped");
    if (!child) exit(EXIT_SUCCESS);
    ended_well(child, "in a poll", 0);
    ketsim_batch_free(batch);
    free_set(&set);
}

int main(void)
{
    if (THREAD_SANITIZER) {
        puts("skipped: ThreadSanitizer ends a child of a process with threads");
        return EXIT_SUCCESS;
    }
    CHECK(!setenv("KETSIM_NUM_THREADS", "4", 1), "no environment");
    between_batches();
    in_poll();
    return EXIT_SUCCESS;
}
