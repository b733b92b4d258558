/* Memory stays flat: over batches of every outcome, jobs given up, states and reads that are stopped; and over starts of the
 * worker pool, one in each of a line of forked children.
 *     test_leaks [batches] [starts] */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forks.h"
#include "helpers.h"
#include "mixed.h"

enum { WARM = 300, ALLOWED_KB = 1024 };

/* Sanitizers keep what was freed for a while; they have a word of their own on leaks. */
enum { COUNTS = !ADDRESS_SANITIZER && !THREAD_SANITIZER };

/* Memory that is this process's own, in KiB. */
static long resident_kb(void)
{
    long pages = 0, resident = 0, shared = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%ld %ld %ld", &pages, &resident, &shared) == 3, "no /proc/self/statm");
    fclose(file);
    return (resident - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

/* ---- batches ----------------------------------------------------------------------------------- */

/* One succeeds, one has no room, one is late or is cancelled at once: all messages and counts are made. */
static void one_batch(const struct set *set, size_t number, const ketsim_cancel *raised)
{
    static const uint64_t seed = 4;
    const size_t count = 1 + number % MIXED;
    ketsim_batch_options options = {.seed = &seed, .shots = number % 3 ? 0 : 20};
    if (number % 5 == 1) options.memory_limit = 1;
    if (number % 5 == 2) options.cancel = raised;
    ketsim_batch *batch;
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)set->circuits, count, &options));
    if (number % 2) ketsim_state_free(ketsim_batch_take(batch, 0));
    ketsim_batch_free(batch);
}

static void one_job(const struct set *set, size_t number)
{
    ketsim_job *job;
    CHECK_OK(ketsim_job_submit(&job, set->circuits[number % MIXED], NULL));
    if (number % 2) ketsim_job_cancel(job);
    else CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    ketsim_job_free(job);
}

static void stopped_reads(const ketsim_cancel *raised)
{
    double norm;
    ketsim_state *state = new_state(8, KETSIM_COMPLEX64), *made;
    CHECK_OK(gate1(state, KETSIM_GATE_H, 0, 3, 0, 0));
    ketsim_set_limits(&(ketsim_run_options){.cancel = raised});
    CHECK(ketsim_norm(state, &norm) == KETSIM_ERR_CANCELLED, "a norm under a raised token");
    CHECK(ketsim_state_random(&made, 8, KETSIM_COMPLEX128, NULL) == KETSIM_ERR_CANCELLED, "a state");
    ketsim_set_limits(NULL);
    ketsim_state_free(state);
}

static void some(const struct set *set, size_t first, size_t count, const ketsim_cancel *raised)
{
    for (size_t k = first; k < first + count; k++) {
        one_batch(set, k, raised);
        if (k % 4 == 0) one_job(set, k);
        if (k % 16 == 0) stopped_reads(raised);
    }
}

static void flat_over_batches(size_t count)
{
    struct set set = mixed(13, KETSIM_COMPLEX128);
    ketsim_cancel *raised;
    CHECK_OK(ketsim_cancel_new(&raised));
    ketsim_cancel_raise(raised);
    some(&set, 0, WARM, raised);
    const long before = resident_kb();
    some(&set, WARM, count, raised);
    const long grown = resident_kb() - before;
    printf("%zu batches: %ld KiB more than after the first %d\n", count, grown, WARM);
    CHECK(!COUNTS || grown <= ALLOWED_KB, "%zu batches: %ld KiB more", count, grown);
    ketsim_cancel_free(raised);
    free_set(&set);
}

/* ---- starts of the pool ------------------------------------------------------------------------ */

/* A batch that wants workers. */
static void start_pool(void)
{
    static uint64_t seed = 8;
    ketsim_counters counters;
    ketsim_circuit *circuits[8];
    ketsim_batch *batch;
    for (unsigned k = 0; k < 8; k++) circuits[k] = random_circuit(10, 60, &seed, NULL);
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)circuits, 8, NULL));
    ketsim_batch_free(batch);
    for (unsigned k = 0; k < 8; k++) ketsim_circuit_free(circuits[k]);
    ketsim_get_counters(&counters);
    CHECK(counters.workers > 0, "no worker was started");
}

/* In a child: start it, tell what memory there is, and leave the rest to a child of its own. */
static void descend(size_t left, int tell)
{
    for (; left; left--) {
        start_pool();
        const long kb = resident_kb();
        CHECK(write(tell, &kb, sizeof kb) == sizeof kb, "nobody listens");
        if (guarded_fork()) _exit(0);
    }
    _exit(0);
}

/* Each is told by another process: all are descendants of the first. */
static void flat_over_starts(size_t count)
{
    int ends[2];
    long kb, warm = 0, last = 0;
    size_t told = 0;
    CHECK(!pipe(ends), "no pipe");
    const pid_t child = guarded_fork();
    if (!child) descend(count, ends[1]);
    close(ends[1]);
    for (; read(ends[0], &kb, sizeof kb) == sizeof kb; told++) {
        if (told == count / 4) warm = kb;
        last = kb;
    }
    close(ends[0]);
    CHECK(waitpid(child, NULL, 0) == child, "no child");
    CHECK(told == count, "%zu of %zu starts", told, count);
    printf("%zu starts of the pool: %ld KiB more than after a quarter\n", count, last - warm);
    CHECK(!COUNTS || last - warm <= ALLOWED_KB, "%zu starts: %ld KiB more", count, last - warm);
}

int main(int argc, char **argv)
{
    const size_t batches = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
    const size_t starts = argc > 2 ? strtoull(argv[2], NULL, 10) : 40;
    CHECK(!setenv("KETSIM_NUM_THREADS", "3", 1), "no environment");
    if (ADDRESS_SANITIZER)
        puts("starts of the pool: skipped, AddressSanitizer's allocator may be locked in the child");
    else flat_over_starts(starts);
    flat_over_batches(batches);
    return 0;
}
