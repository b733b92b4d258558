/* A child of fork() runs circuits and ends, after parallel regions in the parent and during one. */
#include <pthread.h>
#include <sched.h>

#include "forks.h"
#include "helpers.h"

enum { N = 16, LARGER = 17, FORKS = 1000 };

static ketsim_circuit *circuit;
static uint64_t expected; /* hash of the circuit's result from |0...0> */

static void run_here(unsigned threads)
{
    ketsim_state *state = new_state(N, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.threads = threads}));
    uint64_t hash = state_hash(state);
    CHECK(!expected || hash == expected, "%u threads give other bits", threads);
    expected = hash;
    ketsim_state_free(state);
}

/* ---- what the system can ----------------------------------------------------------------------------- */

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;

static void *wait_at_door(void *context)
{
    pthread_mutex_lock(&door);
    pthread_mutex_unlock(&door);
    return context;
}

/* Whether a child of a process with threads can have threads, without the library: qemu-user's cannot. */
static bool threads_in_children(void)
{
    pthread_t waiting, own;
    int status;
    pthread_mutex_lock(&door);
    CHECK(!pthread_create(&waiting, NULL, wait_at_door, NULL), "no thread");
    pid_t child = guarded_fork();
    if (!child) {
        pthread_mutex_unlock(&door);
        CHECK(!pthread_create(&own, NULL, wait_at_door, NULL), "no thread in a child");
        pthread_join(own, NULL);
        _exit(EXIT_SUCCESS);
    }
    CHECK(waitpid(child, &status, 0) == child, "lost a child");
    pthread_mutex_unlock(&door);
    pthread_join(waiting, NULL);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- after parallel regions ------------------------------------------------------------------------ */

/* The state from the parent has its amplitudes and its queue; what the child does stays in the child. */
static void inherited(ketsim_state *state, uint64_t hash)
{
    CHECK(ketsim_pending(state) == 1, "%zu operations queued in the child", ketsim_pending(state));
    CHECK_OK(ketsim_run(state, NULL));
    CHECK(state_hash(state) == hash, "the queue runs differently in the child");
    ketsim_state_free(state);
}

static void after_regions(void)
{
    const ketsim_op op = {.gate = KETSIM_GATE_H, .qubits = (int[]){3}, .nqubits = 1};
    ketsim_state *state = new_state(N, KETSIM_COMPLEX128), *twin;
    ketsim_state *few = label_state("+r");
    CHECK_OK(ketsim_state_set_threads(state, 2));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_state_clone(&twin, state));
    CHECK_OK(ketsim_apply_ops(twin, &op, 1, NULL));
    uint64_t hash = state_hash(twin), before = state_hash(state);
    CHECK_OK(ketsim_queue(state, &op, 1));
    double start = seconds();
    for (unsigned k = 0; k < FORKS; k++) {
        pid_t child = guarded_fork();
        if (!child) {
            run_here(1 + k % 4);
            if (k % 4 == 0) inherited(state, hash);
            CHECK_OK(gate1(few, KETSIM_GATE_H, 0, 0, 0, 0));
            _exit(EXIT_SUCCESS);
        }
        if (k % 50 == 0) run_here(2); /* the parent's team goes on meanwhile */
        ended_well(child, "after a region", k);
    }
    CHECK(ketsim_pending(state) == 1, "the children changed the parent's queue");
    CHECK_OK(ketsim_discard(state));
    CHECK(state_hash(state) == before, "the children changed the parent's state");
    ketsim_state_free(state);
    ketsim_state_free(twin);
    ketsim_state_free(few);
    printf("%d forks after parallel regions: all right, %.1f s\n", FORKS, seconds() - start);
}

/* Grandchildren: a child that ran regions forks again. */
static void generations(unsigned depth)
{
    pid_t child = guarded_fork();
    if (!child) {
        run_here(3);
        if (depth > 1) generations(depth - 1);
        run_here(2);
        _exit(EXIT_SUCCESS);
    }
    ended_well(child, "a child's child", depth);
}

/* ---- during a run ---------------------------------------------------------------------------------- */

/* A run in another thread, and what the state is before and after it. */
struct background {
    ketsim_state *state;
    ketsim_circuit *circuit;
    uint64_t generation, before, after;
};

static void *run_once(void *context)
{
    struct background *b = context;
    CHECK_OK(ketsim_apply(b->state, b->circuit, &(ketsim_run_options){.threads = 2}));
    return NULL;
}

/* The last committed state, whole: what it was before the run, or after it when that ended before the fork. */
static void last_committed(const struct background *b)
{
    bool ended = ketsim_state_generation(b->state) != b->generation;
    CHECK(ketsim_state_generation(b->state) == b->generation + ended, "generation %d in the child",
          (int)ketsim_state_generation(b->state));
    CHECK(ketsim_pending(b->state) == 0, "%zu operations queued in the child", ketsim_pending(b->state));
    CHECK(state_hash(b->state) == (ended ? b->after : b->before), "not the last committed state");
}

/* An in-place run that the fork cut leaves the child's state invalid, never wrong. */
static void cut_in_place(const struct background *b)
{
    double norm, *amplitudes = calloc((size_t)2 << LARGER, sizeof *amplitudes);
    CHECK(amplitudes, "no memory");
    if (ketsim_state_check(b->state) == KETSIM_OK) {
        last_committed(b);
    } else {
        CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_norm(b->state, &norm), "");
        amplitudes[0] = 1;
        CHECK_OK(ketsim_state_set(b->state, amplitudes, UINT64_C(1) << LARGER, false));
    }
    free(amplitudes);
}

/* In the child nobody holds the state: it can be read, run and closed, and nothing of the cut run is left. */
static void free_in_child(const struct background *b, bool inplace)
{
    CHECK_OK(ketsim_wait(b->state, 0));
    if (inplace) cut_in_place(b);
    else last_committed(b);
    uint64_t generation = ketsim_state_generation(b->state);
    double *first = read_amplitudes(b->state), *second;
    CHECK_OK(gate1(b->state, KETSIM_GATE_X, 0, 5, 0, 0));
    CHECK(ketsim_state_generation(b->state) == generation + 1, "generation %d after %d",
          (int)ketsim_state_generation(b->state), (int)generation);
    CHECK_OK(gate1(b->state, KETSIM_GATE_X, 0, 5, 0, 0));
    second = read_amplitudes(b->state);
    for (size_t k = 0; k < (size_t)2 << LARGER; k++) /* by value: X may turn -0 into +0 */
        CHECK(first[k] == second[k], "X twice makes %g of %g", second[k], first[k]);
    free(first);
    free(second);
    CHECK_OK(ketsim_state_close(b->state));
    ketsim_state_free(b->state);
}

static void during_runs(unsigned forks, bool inplace)
{
    uint64_t seed = 3;
    struct background b = {.state = new_state(LARGER, KETSIM_COMPLEX128)};
    ketsim_state *twin = new_state(LARGER, KETSIM_COMPLEX128);
    double start = seconds();
    b.circuit = random_circuit(LARGER, 100, &seed, NULL);
    CHECK_OK(ketsim_state_set_inplace(b.state, inplace));
    for (unsigned k = 0; k < forks; k++) {
        pthread_t thread;
        b.generation = ketsim_state_generation(b.state);
        b.before = state_hash(twin);
        CHECK_OK(ketsim_apply(twin, b.circuit, NULL));
        b.after = state_hash(twin);
        CHECK(!pthread_create(&thread, NULL, run_once, &b), "no thread");
        while (ketsim_wait(b.state, 0) == KETSIM_OK && ketsim_state_generation(b.state) == b.generation)
            sched_yield();
        pid_t child = guarded_fork();
        if (!child) {
            free_in_child(&b, inplace);
            run_here(1 + k % 2);
            _exit(EXIT_SUCCESS);
        }
        pthread_join(thread, NULL);
        ended_well(child, "during a run", k);
        CHECK(state_hash(b.state) == b.after, "the parent's run was disturbed");
    }
    printf("%u forks during runs %s: all right, %.1f s\n", forks, inplace ? "in place" : "as transactions",
           seconds() - start);
    ketsim_state_free(b.state);
    ketsim_state_free(twin);
    ketsim_circuit_free(b.circuit);
}

int main(void)
{
    uint64_t seed = 1;
    if (THREAD_SANITIZER) {
        puts("skipped: ThreadSanitizer ends a child of a process with threads");
        return EXIT_SUCCESS;
    }
    if (!threads_in_children()) {
        puts("skipped: a child of a process with threads cannot have threads here");
        return EXIT_SUCCESS;
    }
    circuit = random_circuit(N, 12, &seed, NULL);
    run_here(1);
    run_here(4);
    after_regions();
    if (ADDRESS_SANITIZER) {
        puts("forks while threads run or end: skipped, AddressSanitizer's allocator may be locked in the "
             "child");
    } else {
        generations(4);
        during_runs(50, false);
        during_runs(10, true);
    }
    run_here(2);
    ketsim_circuit_free(circuit);
    return EXIT_SUCCESS;
}
