/* A child of fork() runs circuits and ends, after parallel regions in the parent and during one. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers.h"

enum { N = 16, FORKS = 1000, FORKS_DURING = 50 };

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

static void ended_well(pid_t child, const char *when, unsigned number)
{
    int status;
    CHECK(waitpid(child, &status, 0) == child, "lost a child");
    CHECK(!(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM), "%s: child %u hangs", when, number);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: child %u ended with status %x", when, number,
          (unsigned)status);
}

static pid_t guarded_fork(void)
{
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0, "cannot fork");
    if (!child) alarm(30);
    return child;
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

struct background {
    ketsim_state *state;
    ketsim_circuit *circuit;
    atomic_bool running, stop;
    unsigned runs;
};

static bool note(void *context, double done)
{
    (void)done;
    atomic_store(&((struct background *)context)->running, true);
    return true;
}

static void *run_on(void *context)
{
    struct background *b = context;
    while (!atomic_load(&b->stop)) {
        CHECK_OK(ketsim_apply(b->state, b->circuit, &(ketsim_run_options){.poll = note, .poll_context = b}));
        atomic_store(&b->running, false);
        b->runs++;
    }
    return NULL;
}

/* In the child nobody holds the state: it is at some committed generation, can be read, and can be run. */
static void free_in_child(ketsim_state *state)
{
    double norm;
    uint64_t generation = ketsim_state_generation(state), hash = state_hash(state);
    CHECK_OK(ketsim_wait(state, 0));
    CHECK_OK(ketsim_norm(state, &norm));
    CHECK(norm > 1 - 1e-11 && norm < 1 + 1e-11, "norm %.17g", norm);
    CHECK_OK(gate1(state, KETSIM_GATE_X, 0, 5, 0, 0));
    CHECK(ketsim_state_generation(state) == generation + 1, "generation %d after %d",
          (int)ketsim_state_generation(state), (int)generation);
    CHECK_OK(gate1(state, KETSIM_GATE_X, 0, 5, 0, 0));
    CHECK(state_hash(state) == hash, "X twice changed the state");
    CHECK_OK(ketsim_state_close(state));
    ketsim_state_free(state);
}

static void during_runs(void)
{
    uint64_t seed = 3;
    struct background b = {.state = new_state(N + 2, KETSIM_COMPLEX128), .circuit = random_circuit(N + 2, 300, &seed, NULL)};
    ketsim_state *twin = new_state(N + 2, KETSIM_COMPLEX128);
    pthread_t thread;
    unsigned held = 0;
    CHECK_OK(ketsim_state_set_threads(b.state, 2));
    CHECK(!pthread_create(&thread, NULL, run_on, &b), "no thread");
    for (unsigned k = 0; k < FORKS_DURING; k++) {
        while (!atomic_load(&b.running)) sched_yield();
        held += ketsim_wait(b.state, 0) == KETSIM_ERR_DEADLINE;
        pid_t child = guarded_fork();
        if (!child) {
            free_in_child(b.state);
            run_here(1 + k % 4);
            _exit(EXIT_SUCCESS);
        }
        ended_well(child, "during a run", k);
    }
    atomic_store(&b.stop, true);
    pthread_join(thread, NULL);
    CHECK(held > FORKS_DURING / 2, "only %u of %d forks were during a run", held, FORKS_DURING);

    for (unsigned k = 0; k < b.runs; k++) CHECK_OK(ketsim_apply(twin, b.circuit, NULL));
    CHECK(state_hash(b.state) == state_hash(twin), "the parent's runs were disturbed");
    printf("%d forks during %u runs, %u of them with the state held: all right\n", FORKS_DURING, b.runs, held);
    ketsim_state_free(b.state);
    ketsim_state_free(twin);
    ketsim_circuit_free(b.circuit);
}

int main(void)
{
    uint64_t seed = 1;
#if defined(__SANITIZE_THREAD__)
    puts("skipped: ThreadSanitizer ends a child of a process with threads");
    return EXIT_SUCCESS;
#endif
    circuit = random_circuit(N, 12, &seed, NULL);
    run_here(1);
    run_here(4);
    after_regions();
    generations(4);
    during_runs();
    run_here(2);
    ketsim_circuit_free(circuit);
    return EXIT_SUCCESS;
}
