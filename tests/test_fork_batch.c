/* Batches and jobs and fork: a child has a pool of its own; a batch that a fork cuts ends at once in the child, and a job
 * that had not ended is lost there. */
#include "forks.h"
#include "mixed.h"

enum { FORKS = 20, ROUNDS = 10 };

/* All of so many gates, on least_qubits and more. */
static struct set random_set(uint64_t seed, unsigned least_qubits, unsigned gates)
{
    struct set set;
    for (unsigned k = 0; k < MIXED; k++) {
        const unsigned n = least_qubits + k % (MOST_QUBITS + 1 - least_qubits);
        set.circuits[k] = random_circuit(n, gates, &seed, NULL);
        set.hashes[k] = hash_alone(set.circuits[k], KETSIM_COMPLEX128);
    }
    return set;
}

static void runs_right(const struct set *set)
{
    ketsim_batch *batch = run_batch(set, NULL);
    for (unsigned k = 0; k < MIXED; k++) {
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
            end_child();
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
    for (unsigned k = 0; k < MIXED; k++) stopped += ketsim_batch_status(batch, k) == KETSIM_ERR_CANCELLED;
    CHECK(stopped, "no circuit was stopped");
    if (!child) end_child();
    ended_well(child, "in a poll", 0);
    ketsim_batch_free(batch);
    free_set(&set);
}

/* ---- jobs ------------------------------------------------------------------------------------- */

static void right_result(ketsim_job *job, uint64_t hash)
{
    CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    ketsim_state *state = ketsim_job_take(job);
    CHECK(state && state_hash(state) == hash, "%s", ketsim_job_message(job));
    ketsim_state_free(state);
    ketsim_job_free(job);
}

static void is_lost(ketsim_job *job)
{
    CHECK(ketsim_job_ended(job), "a lost job has not ended");
    CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    CHECK(ketsim_job_status(job) == KETSIM_ERR_CANCELLED, "%s", ketsim_job_message(job));
    CHECK(strstr(ketsim_job_message(job), "lost in a fork"), "\"%s\"", ketsim_job_message(job));
    CHECK(!ketsim_job_take(job), "a lost job has a state");
    ketsim_job_free(job);
}

/* In the child the one that had ended has its result, the others are lost, and new ones run. */
static void in_child(const struct set *set, ketsim_job *ended, ketsim_job *running, ketsim_jobs *jobs)
{
    ketsim_job *job;
    right_result(ended, set->hashes[0]);
    is_lost(running);
    CHECK(!ketsim_jobs_next(jobs, UINT64_MAX), "the parent's jobs are handed to the child");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_job_submit(&job, set->circuits[0], &(ketsim_job_options){.jobs = jobs}),
                "made before a fork");
    ketsim_jobs_free(jobs);
    for (unsigned k = 0; k < MIXED; k++) {
        CHECK_OK(ketsim_job_submit(&job, set->circuits[k], NULL));
        right_result(job, set->hashes[k]);
    }
    runs_right(set);
    end_child();
}

static void with_jobs(void)
{
    struct set set = random_set(88, 1, 20), slow = random_set(89, MOST_QUBITS, 4000);
    for (unsigned k = 0; k < FORKS; k++) {
        ketsim_job *ended, *running[MIXED];
        ketsim_jobs *jobs;
        CHECK_OK(ketsim_jobs_new(&jobs));
        CHECK_OK(ketsim_job_submit(&ended, set.circuits[0], NULL));
        CHECK_OK(ketsim_job_wait(ended, UINT64_MAX));
        for (unsigned c = 0; c < MIXED; c++)
            CHECK_OK(ketsim_job_submit(&running[c], slow.circuits[c], &(ketsim_job_options){.jobs = jobs}));
        const pid_t child = guarded_fork();
        if (!child) in_child(&set, ended, running[MIXED - 1], jobs);
        right_result(ended, set.hashes[0]);
        for (unsigned c = 0; c < MIXED; c++) ketsim_job_free(running[c]);
        ketsim_jobs_free(jobs);
        ended_well(child, "with jobs", k);
    }
    free_set(&set);
    free_set(&slow);
}

/* The process ends with jobs under way: on one core each, on all cores, in the queue. */
static void exits_with_jobs(void)
{
    struct set slow = random_set(90, MOST_QUBITS, 4000);
    uint64_t seed = 91;
    ketsim_circuit *wide = random_circuit(20, 2000, &seed, NULL);
    for (unsigned k = 0; k < FORKS; k++) {
        const pid_t child = guarded_fork();
        if (!child) {
            ketsim_job *job;
            for (unsigned c = 0; c < MIXED; c++)
                CHECK_OK(ketsim_job_submit(&job, c % 8 ? slow.circuits[c] : wide, NULL));
            if (k % 2) (void)!ketsim_job_wait(job, k);
            exit(EXIT_SUCCESS);
        }
        ended_well(child, "exit with jobs", k);
    }
    ketsim_circuit_free(wide);
    free_set(&slow);
}

int main(void)
{
    if (THREAD_SANITIZER) {
        puts("skipped: ThreadSanitizer ends a child of a process with threads");
        return EXIT_SUCCESS;
    }
    CHECK(!setenv("KETSIM_NUM_THREADS", "4", 1), "no environment");
    between_batches();
    if (ADDRESS_SANITIZER) {
        puts("forks while workers run: skipped, AddressSanitizer's allocator may be locked in the child");
        return EXIT_SUCCESS;
    }
    in_poll();
    with_jobs();
    exits_with_jobs();
    return EXIT_SUCCESS;
}
