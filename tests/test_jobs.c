/* Jobs: the bits of each circuit run alone; starts, samples, limits, stops; the queue when it is full; each handed back
 * once; given up at any moment, by several threads; taken by one of several; pins. */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "cores.h"
#include "failing.h"
#include "mixed.h"
#include "pin.h"

enum { CREW = 4, SHOTS = 300, CALLERS = 3, STORM = 300, EACH = 200, RACES = 500, MOST_JOBS = 20000 };

/* ---- help ------------------------------------------------------------------------------------- */

/* Takes seconds on one thread. */
static ketsim_circuit *slow_circuit(unsigned n)
{
    uint64_t seed = 3;
    ketsim_circuit *circuit = random_circuit(n, 200, &seed, NULL);
    for (unsigned k = 0; k < 8; k++) CHECK_OK(ketsim_circuit_extend(circuit, circuit));
    return circuit;
}

static ketsim_job *submit(const ketsim_circuit *circuit, const ketsim_job_options *options)
{
    ketsim_job *job;
    CHECK_OK(ketsim_job_submit(&job, circuit, options));
    return job;
}

static void gives(ketsim_job *job, uint64_t hash)
{
    CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    CHECK(ketsim_job_ended(job) && ketsim_job_status(job) == KETSIM_OK, "%s", ketsim_job_message(job));
    CHECK(!*ketsim_job_message(job), "a job that succeeded has a message");
    ketsim_state *state = ketsim_job_take(job);
    CHECK(state && state_hash(state) == hash, "other bits than alone");
    CHECK(!ketsim_job_take(job), "taken twice");
    ketsim_state_free(state);
    ketsim_job_free(job);
}

static void fails(ketsim_job *job, ketsim_status status, const char *part)
{
    const ketsim_count *counts;
    CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    CHECK(ketsim_job_status(job) == status, "%s: %s", ketsim_status_name(ketsim_job_status(job)),
          ketsim_job_message(job));
    CHECK(strstr(ketsim_job_message(job), part), "message \"%s\" lacks \"%s\"", ketsim_job_message(job),
          part);
    CHECK(!ketsim_job_take(job) && !ketsim_job_counts(job, &counts) && !counts, "failed and has a result");
    ketsim_job_free(job);
}

/* ---- results ---------------------------------------------------------------------------------- */

/* Circuits are copied: what is appended later makes no difference. */
static void same_as_alone(ketsim_dtype dtype)
{
    struct set set = mixed(1, dtype);
    ketsim_job *jobs[MIXED];
    for (unsigned k = 0; k < MIXED; k++) {
        jobs[k] = submit(set.circuits[k], &(ketsim_job_options){.dtype = dtype, .context = &jobs[k]});
        CHECK_OK(ketsim_circuit_gate(set.circuits[k], KETSIM_GATE_X, NULL, (int[]){0}));
    }
    for (unsigned k = 0; k < MIXED; k++) {
        CHECK(ketsim_job_context(jobs[k]) == &jobs[k], "another's context");
        gives(jobs[k], set.hashes[k]);
    }
    free_set(&set);
}

/* With small ones between them, which have cores of their own. */
static void wide_same_as_alone(void)
{
    struct set set = mixed(2, KETSIM_COMPLEX128);
    uint64_t seed = 5;
    ketsim_circuit *wide = random_circuit(18, 20, &seed, NULL), *middle = random_circuit(15, 20, &seed, NULL);
    const uint64_t wide_hash = hash_alone(wide, KETSIM_COMPLEX128);
    const uint64_t middle_hash = hash_alone(middle, KETSIM_COMPLEX128);
    ketsim_job *jobs[MIXED];
    gives(submit(middle, NULL), middle_hash);
    for (unsigned k = 0; k < MIXED; k++)
        jobs[k] = submit(k % 8 == 3 ? wide : k % 8 == 6 ? middle : set.circuits[k], NULL);
    for (unsigned k = 0; k < MIXED; k++)
        gives(jobs[k], k % 8 == 3 ? wide_hash : k % 8 == 6 ? middle_hash : set.hashes[k]);
    ketsim_circuit_free(wide);
    ketsim_circuit_free(middle);
    free_set(&set);
}

static void from_a_state(void)
{
    const ketsim_op flip = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    struct set set = mixed(3, KETSIM_COMPLEX128);
    ketsim_state *start = label_state("+0r1-l+0r1-l"), *copy;
    ketsim_job *jobs[MIXED];
    CHECK_OK(gate1(start, KETSIM_GATE_H, 0, 1, 0, 0));
    CHECK_OK(ketsim_queue(start, &flip, 1));
    const uint64_t generation = ketsim_state_generation(start);
    for (unsigned k = 0; k < MIXED; k++)
        jobs[k] = submit(set.circuits[k], &(ketsim_job_options){.state = start});
    CHECK(ketsim_pending(start) == 1 && ketsim_state_generation(start) == generation, "the start was run");
    for (unsigned k = 0; k < MIXED; k++) {
        CHECK_OK(ketsim_state_clone(&copy, start));
        gives(jobs[k], hash_from(copy, set.circuits[k]));
    }
    CHECK_OK(ketsim_state_close(start));
    CHECK_FAILS(KETSIM_ERR_CLOSED,
                ketsim_job_submit(&jobs[0], set.circuits[0], &(ketsim_job_options){.state = start}),
                "closed");
    ketsim_state_free(start);
    start = new_state(1, KETSIM_COMPLEX128);
    fails(submit(set.circuits[4], &(ketsim_job_options){.state = start}), KETSIM_ERR_ARGUMENT, "5 qubits");
    ketsim_state_free(start);
    free_set(&set);
}

static void same_counts(const ketsim_job *job, const ketsim_batch *batch, size_t index)
{
    const ketsim_count *got, *wanted;
    const size_t ngot = ketsim_job_counts(job, &got), nwanted = ketsim_batch_counts(batch, &wanted, index);
    CHECK(ngot == nwanted && !memcmp(got, wanted, ngot * sizeof *got), "other counts than in a batch");
}

static void samples(void)
{
    const uint64_t seed = 99;
    const ketsim_count *counts;
    struct set set = mixed(4, KETSIM_COMPLEX128);
    ketsim_batch *batch;
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)set.circuits, MIXED,
                              &(ketsim_batch_options){.shots = SHOTS, .seed = &seed}));
    for (unsigned k = 0; k < MIXED; k++) {
        const ketsim_job_options options = {.shots = SHOTS, .seed = &seed, .index = k, .drop_states = k % 2};
        ketsim_job *job = submit(set.circuits[k], &options);
        CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
        same_counts(job, batch, k);
        ketsim_state *state = ketsim_job_take(job);
        CHECK(!state == (k % 2 == 1), "drop_states");
        ketsim_state_free(state);
        ketsim_job_free(job);
    }
    ketsim_batch_free(batch);
    ketsim_job *job = submit(set.circuits[0], &(ketsim_job_options){.shots = 1});
    CHECK_OK(ketsim_job_wait(job, UINT64_MAX));
    CHECK(ketsim_job_counts(job, &counts) == 1 && counts->count == 1, "not one sample");
    ketsim_job_free(job);
    free_set(&set);
}

/* Observables are kept while a job needs them. */
static void values(void)
{
    struct set set = mixed(6, KETSIM_COMPLEX128);
    ketsim_observable *all[ASKED];
    ketsim_job *jobs[MIXED];
    const double *got;
    observables(all);
    const ketsim_job_options options = {
        .observables = (const ketsim_observable *const *)all, .nobservables = ASKED, .drop_states = true};
    for (unsigned k = 0; k < MIXED; k++) jobs[k] = submit(set.circuits[k], &options);
    free_observables(all);
    observables(all);
    for (unsigned k = 0; k < MIXED; k++) {
        CHECK_OK(ketsim_job_wait(jobs[k], UINT64_MAX));
        const size_t ngot = ketsim_job_values(jobs[k], &got);
        if (ketsim_circuit_nqubits(set.circuits[k]) < 3) {
            CHECK(!ngot && !got, "job %u failed and has values", k);
            fails(jobs[k], KETSIM_ERR_ARGUMENT, "observable acts on qubit 2");
            continue;
        }
        same_values(got, ngot, set.circuits[k], KETSIM_COMPLEX128, all);
        CHECK(!ketsim_job_take(jobs[k]), "drop_states");
        ketsim_job_free(jobs[k]);
    }
    free_observables(all);
    free_set(&set);
}

static void bad_arguments(void)
{
    ketsim_job *job;
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, 1));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_job_submit(&job, NULL, NULL), "circuit is NULL");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_job_submit(&job, circuit, &(ketsim_job_options){.dtype = (ketsim_dtype)7}), "dtype 7");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_job_submit(&job, circuit, &(ketsim_job_options){.shots = UINT64_MAX}), "shots");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_set_pin((ketsim_pin)9), "pin 9");
    ketsim_job_free(NULL);
    ketsim_jobs_free(NULL);
    ketsim_circuit_free(circuit);
}

/* ---- stops ------------------------------------------------------------------------------------ */

static void stops(unsigned n)
{
    ketsim_circuit *slow = slow_circuit(n);
    ketsim_cancel *cancel;
    const double began = seconds();
    ketsim_job *job = submit(slow, NULL);
    CHECK(ketsim_job_status(job) == KETSIM_ERR_BUSY && !ketsim_job_ended(job), "a slow circuit was quick");
    CHECK(strstr(ketsim_job_message(job), "has not ended"), "\"%s\"", ketsim_job_message(job));
    CHECK(!ketsim_job_take(job), "a state of a job that has not ended");
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_job_wait(job, 0), "after 0 ms");
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_job_wait(job, 20), "after 20 ms");
    ketsim_job_cancel(job);
    ketsim_job_cancel(job);
    fails(job, KETSIM_ERR_CANCELLED, "stopped while it ran");
    fails(submit(slow, &(ketsim_job_options){.timeout_ms = 10}), KETSIM_ERR_DEADLINE,
          "timeout_ms = 10 passed");

    CHECK_OK(ketsim_cancel_new(&cancel));
    job = submit(slow, &(ketsim_job_options){.cancel = cancel});
    ketsim_cancel_raise(cancel);
    ketsim_job *late = submit(slow, &(ketsim_job_options){.cancel = cancel});
    ketsim_cancel_free(cancel); /* before the jobs have ended */
    fails(job, KETSIM_ERR_CANCELLED, "stopped");
    fails(late, KETSIM_ERR_CANCELLED, "stopped");
    CHECK(seconds() - began < 30, "stops take long");
    ketsim_circuit_free(slow);
}

/* Many samples of a small state: what takes long is not the circuit. */
static void sampling_stops(void)
{
    ketsim_circuit *circuit;
    ketsim_batch *batch;
    CHECK_OK(ketsim_circuit_new(&circuit, 10));
    for (int q = 0; q < 10; q++) CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, &q));
    const uint64_t shots = UINT64_C(1) << 25;
    fails(submit(circuit, &(ketsim_job_options){.shots = shots, .timeout_ms = 60}), KETSIM_ERR_DEADLINE,
          "timeout_ms = 60 passed");
    ketsim_job *job = submit(circuit, &(ketsim_job_options){.shots = shots});
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_job_wait(job, 60), "60 ms");
    ketsim_job_cancel(job);
    fails(job, KETSIM_ERR_CANCELLED, "stopped while it ran");
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)&circuit, 1,
                              &(ketsim_batch_options){.shots = shots, .timeout_ms = 60}));
    CHECK(ketsim_batch_status(batch, 0) == KETSIM_ERR_DEADLINE, "%s", ketsim_batch_message(batch, 0));
    ketsim_batch_free(batch);
    ketsim_circuit_free(circuit);
}

/* ---- the queue -------------------------------------------------------------------------------- */

static bool refuse(void *context, double done)
{
    CHECK(done == 0, "%g done", done);
    return ++*(unsigned *)context < 3;
}

/* Until there is no room for more. */
static unsigned fill_queue(ketsim_job **jobs, const ketsim_circuit *circuit)
{
    const ketsim_job_options options = {.no_wait = true};
    unsigned count = 0;
    ketsim_status status = KETSIM_OK;
    for (; status == KETSIM_OK && count < MOST_JOBS; count++)
        status = ketsim_job_submit(&jobs[count], circuit, &options);
    CHECK(status == KETSIM_ERR_QUEUE_FULL, "%s after %u jobs", ketsim_status_name(status), count);
    CHECK(strstr(ketsim_last_error(), "no room"), "\"%s\"", ketsim_last_error());
    return count - 1;
}

/* While the workers have no core. */
static void full_queue(void)
{
    static ketsim_job *jobs[MOST_JOBS], *job;
    ketsim_circuit *quick;
    unsigned polls = 0;
    CHECK_OK(ketsim_circuit_new(&quick, 1));
    CHECK(cores_gather(CREW, 0) == CREW, "somebody is at work");
    const unsigned count = fill_queue(jobs, quick);
    CHECK_FAILS(KETSIM_ERR_CANCELLED,
                ketsim_job_submit(&job, quick, &(ketsim_job_options){.poll = refuse, .poll_context = &polls}),
                "before there was room");
    CHECK(polls == 3, "polled %u times", polls);
    cores_leave();
    ketsim_job_free(submit(quick, NULL)); /* waits for room */
    for (unsigned k = 0; k < count; k++) {
        CHECK_OK(ketsim_job_wait(jobs[k], UINT64_MAX));
        CHECK(ketsim_job_status(jobs[k]) == KETSIM_OK, "%s", ketsim_job_message(jobs[k]));
        ketsim_job_free(jobs[k]);
    }
    ketsim_circuit_free(quick);
}

/* ---- handed back ------------------------------------------------------------------------------ */

struct shared {
    const struct set *set;
    ketsim_jobs *jobs;
    _Atomic unsigned back;
    _Atomic unsigned times[CALLERS * EACH]; /* that each was handed back */
};

struct part {
    struct shared *shared;
    unsigned first;
};

static void *submit_many(void *context)
{
    const struct part *part = context;
    for (unsigned k = 0; k < EACH; k++) {
        const ketsim_job_options options = {.jobs = part->shared->jobs,
                                            .context = &part->shared->times[part->first + k]};
        (void)submit(part->shared->set->circuits[k % MIXED], &options);
    }
    return NULL;
}

static void *collect(void *context)
{
    struct shared *shared = context;
    while (atomic_load(&shared->back) < CALLERS * EACH) {
        ketsim_job *job = ketsim_jobs_next(shared->jobs, 20);
        if (!job) continue;
        CHECK(ketsim_job_ended(job) && ketsim_job_status(job) == KETSIM_OK, "%s", ketsim_job_message(job));
        _Atomic unsigned *times = ketsim_job_context(job);
        CHECK(atomic_fetch_add(times, 1) == 0, "handed back twice");
        atomic_fetch_add(&shared->back, 1);
        ketsim_job_free(job);
    }
    return NULL;
}

static void handed_back_once(void)
{
    struct set set = mixed(6, KETSIM_COMPLEX128);
    struct shared shared = {.set = &set};
    struct part parts[CALLERS];
    pthread_t producers[CALLERS], consumers[CALLERS];
    CHECK_OK(ketsim_jobs_new(&shared.jobs));
    for (unsigned k = 0; k < CALLERS; k++) {
        parts[k] = (struct part){&shared, k * EACH};
        CHECK(!pthread_create(&producers[k], NULL, submit_many, &parts[k]), "no thread");
        CHECK(!pthread_create(&consumers[k], NULL, collect, &shared), "no thread");
    }
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(producers[k], NULL);
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(consumers[k], NULL);
    for (unsigned k = 0; k < CALLERS * EACH; k++) CHECK(shared.times[k] == 1, "job %u: not once", k);
    CHECK(!ketsim_jobs_next(shared.jobs, 0) && !ketsim_jobs_next(shared.jobs, 5), "one too many");
    ketsim_jobs_free(shared.jobs);
    free_set(&set);
}

/* Given up before and after they are in the list; the list given up before they end. */
static void given_up_unseen(void)
{
    ketsim_circuit *quick, *slow = slow_circuit(12);
    ketsim_jobs *jobs;
    CHECK_OK(ketsim_circuit_new(&quick, 1));
    CHECK_OK(ketsim_jobs_new(&jobs));
    const ketsim_job_options options = {.jobs = jobs};
    ketsim_job_free(submit(slow, &options));
    ketsim_job *ended = submit(quick, &options), *kept = submit(quick, &options);
    CHECK_OK(ketsim_job_wait(ended, UINT64_MAX));
    ketsim_job_free(ended);
    CHECK(ketsim_jobs_next(jobs, UINT64_MAX) == kept, "another job");
    ketsim_job_free(kept);
    ketsim_job *last = submit(slow, &options);
    ketsim_job_free(submit(quick, &options));
    ketsim_jobs_free(jobs);
    ketsim_job_cancel(last);
    fails(last, KETSIM_ERR_CANCELLED, "stopped");
    ketsim_circuit_free(quick);
    ketsim_circuit_free(slow);
}

/* ---- storms ----------------------------------------------------------------------------------- */

static void do_something(ketsim_job *job, uint64_t hash, unsigned what)
{
    if (what == 0) ketsim_job_cancel(job);
    if (what == 1) (void)!ketsim_job_wait(job, 1);
    if (what == 2) sched_yield();
    const ketsim_status status = ketsim_job_status(job);
    if (what == 3 || (what == 0 && status == KETSIM_OK)) gives(job, hash);
    else ketsim_job_free(job);
}

static void *storm(void *context)
{
    const struct set *set = context;
    uint64_t seed = 0x5eed ^ (uint64_t)(uintptr_t)&seed;
    for (unsigned round = 0; round < STORM; round++) {
        const unsigned k = random_below(&seed, MIXED);
        const unsigned what = random_below(&seed, 5);
        ketsim_cancel *cancel;
        CHECK_OK(ketsim_cancel_new(&cancel));
        ketsim_job *job = submit(set->circuits[k], &(ketsim_job_options){.cancel = cancel});
        if (what == 4) ketsim_cancel_raise(cancel);
        ketsim_cancel_free(cancel);
        do_something(job, set->hashes[k], what);
    }
    return NULL;
}

/* Batches beside them. */
static void storms(void)
{
    struct set set = mixed(7, KETSIM_COMPLEX128);
    pthread_t threads[CALLERS];
    for (unsigned k = 0; k < CALLERS; k++)
        CHECK(!pthread_create(&threads[k], NULL, storm, &set), "no thread");
    for (unsigned round = 0; round < 10; round++) check_batch(&set);
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(threads[k], NULL);
    free_set(&set);
}

/* ---- one state, many takers ------------------------------------------------------------------- */

struct race {
    ketsim_job *jobs[RACES];
    ketsim_batch *batches[RACES];
    pthread_barrier_t start;
    _Atomic unsigned got[2][RACES];
};

static void take(struct race *race, unsigned kind, unsigned k)
{
    ketsim_state *state = kind ? ketsim_batch_take(race->batches[k], 0) : ketsim_job_take(race->jobs[k]);
    if (!state) return;
    atomic_fetch_add(&race->got[kind][k], 1);
    CHECK(ketsim_state_nqubits(state) == 1, "a state of %u qubits", ketsim_state_nqubits(state));
    ketsim_state_free(state); /* a second owner would free it again */
}

static void *taker(void *context)
{
    struct race *race = context;
    pthread_barrier_wait(&race->start);
    for (unsigned k = 0; k < RACES; k++)
        for (unsigned kind = 0; kind < 2; kind++) take(race, kind, k);
    return NULL;
}

static void taken_once(void)
{
    static struct race race;
    pthread_t threads[CALLERS];
    uint64_t seed = 10;
    ketsim_circuit *circuit = random_circuit(1, 3, &seed, NULL);
    pthread_barrier_init(&race.start, NULL, CALLERS);
    for (unsigned k = 0; k < RACES; k++) {
        race.jobs[k] = submit(circuit, NULL);
        CHECK_OK(ketsim_batch_run(&race.batches[k], (const ketsim_circuit *const *)&circuit, 1, NULL));
        CHECK_OK(ketsim_job_wait(race.jobs[k], UINT64_MAX));
    }
    for (unsigned k = 0; k < CALLERS; k++)
        CHECK(!pthread_create(&threads[k], NULL, taker, &race), "no thread");
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(threads[k], NULL);
    for (unsigned k = 0; k < RACES; k++) {
        CHECK(race.got[0][k] == 1, "job %u: %u threads have its state", k, race.got[0][k]);
        CHECK(race.got[1][k] == 1, "batch %u: %u threads have its state", k, race.got[1][k]);
        ketsim_job_free(race.jobs[k]);
        ketsim_batch_free(race.batches[k]);
    }
    pthread_barrier_destroy(&race.start);
    ketsim_circuit_free(circuit);
}

/* ---- pins ------------------------------------------------------------------------------------- */

/* Threads of this process that may run on one CPU only. */
static unsigned pinned_threads(void)
{
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks, "no /proc");
    for (struct dirent *entry; (entry = readdir(tasks));) {
        cpu_set_t set;
        const int thread = atoi(entry->d_name);
        if (thread && !sched_getaffinity(thread, sizeof set, &set)) count += CPU_COUNT(&set) == 1;
    }
    closedir(tasks);
    return count;
}

static void pins(void)
{
    struct set set = mixed(8, KETSIM_COMPLEX128);
    cpu_set_t own;
    CHECK(!sched_getaffinity(0, sizeof own, &own), "no affinity");
    const bool several = CPU_COUNT(&own) > 1;
    const ketsim_pin order[] = {KETSIM_PIN_COMPACT, KETSIM_PIN_SPREAD, KETSIM_PIN_NONE};
    for (unsigned k = 0; k < 3; k++) {
        CHECK_OK(ketsim_set_pin(order[k]));
        for (unsigned c = 0; c < MIXED; c++) gives(submit(set.circuits[c], NULL), set.hashes[c]);
        if (order[k] != KETSIM_PIN_NONE) check_batch(&set); /* else workers may be told where not to wake */
        const unsigned wanted = order[k] == KETSIM_PIN_NONE ? 0 : CREW;
        CHECK(!several || pinned_threads() == wanted, "%u threads are pinned, not %u", pinned_threads(),
              wanted);
    }
    free_set(&set);
}

/* A thread that waits until it is sent away, and then returns. */
struct sleeper {
    struct apart apart;
    pthread_barrier_t sent;
    cpu_set_t own;
};

static void *sleep_and_return(void *context)
{
    struct sleeper *sleeper = context;
    pthread_barrier_wait(&sleeper->sent);
    apart_return(&sleeper->apart, pthread_self());
    CHECK(!sched_getaffinity(0, sizeof sleeper->own, &sleeper->own), "no affinity");
    return NULL;
}

/* Away from this thread's CPU, once however often; then where it was allowed to be, and nowhere else. */
static void apart(void)
{
    cpu_set_t own, one, other;
    pthread_t thread;
    struct sleeper sleeper = {.apart = {.is_sent = false}};
    CHECK(!sched_getaffinity(0, sizeof own, &own), "no affinity");
    CHECK(!pthread_barrier_init(&sleeper.sent, NULL, 2), "no barrier");
    CHECK(!pthread_create(&thread, NULL, sleep_and_return, &sleeper), "no thread");
    const int cpu = sched_getcpu();
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK(!sched_setaffinity(0, sizeof one, &one), "cannot stay");
    for (unsigned k = 0; k < 3; k++) apart_send(&sleeper.apart, thread);
    CHECK(!pthread_getaffinity_np(thread, sizeof other, &other), "no affinity");
    const bool several = CPU_COUNT(&own) > 1;
    CHECK(CPU_COUNT(&other) == CPU_COUNT(&own) - several, "%d CPUs of %d", CPU_COUNT(&other),
          CPU_COUNT(&own));
    CHECK(!several || !CPU_ISSET(cpu, &other), "still on CPU %d", cpu);
    pthread_barrier_wait(&sleeper.sent);
    pthread_join(thread, NULL);
    CHECK(CPU_EQUAL(&sleeper.own, &own), "%d CPUs of %d after it woke", CPU_COUNT(&sleeper.own),
          CPU_COUNT(&own));
    CHECK(!sched_setaffinity(0, sizeof own, &own), "cannot leave");
    pthread_barrier_destroy(&sleeper.sent);
}

/* ---- no memory -------------------------------------------------------------------------------- */

static void without_memory(void)
{
    ketsim_observable *all[ASKED];
    observables(all);
    struct set set = mixed(9, KETSIM_COMPLEX128);
    ketsim_state *start = new_state(MOST_QUBITS, KETSIM_COMPLEX128);
    unsigned after = 0;
    for (bool failed = FAILING_WORKS; failed && after < 100; after++) {
        ketsim_job *job = NULL;
        ketsim_jobs *jobs = NULL;
        failing_start(after);
        ketsim_status status = ketsim_jobs_new(&jobs);
        if (status == KETSIM_OK)
            status = ketsim_job_submit(
                &job, set.circuits[0],
                &(ketsim_job_options){.state = start,
                                      .jobs = jobs,
                                      .observables = (const ketsim_observable *const *)all,
                                      .nobservables = ASKED});
        failed = failing_stop();
        CHECK(status == (failed ? KETSIM_ERR_MEMORY : KETSIM_OK), "%s", ketsim_last_error());
        ketsim_job_free(job);
        ketsim_jobs_free(jobs);
    }
    free_observables(all);
    ketsim_state_free(start);
    free_set(&set);
}

int main(void)
{
    CHECK(!setenv("KETSIM_NUM_THREADS", "4", 1), "no environment");
    CHECK(ketsim_default_threads() == CREW, "%u threads", ketsim_default_threads());
    same_as_alone(KETSIM_COMPLEX128);
    same_as_alone(KETSIM_COMPLEX64);
    wide_same_as_alone();
    from_a_state();
    samples();
    values();
    bad_arguments();
    stops(12);
    stops(16);
    stops(18);
    sampling_stops();
    full_queue();
    handed_back_once();
    given_up_unseen();
    storms();
    taken_once();
    pins();
    apart();
    without_memory();
    return EXIT_SUCCESS;
}
