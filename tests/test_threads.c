/* Eight threads on one state and on their own: no update is lost, no read is torn, no clone is disturbed.
 * A team that the system does not grant becomes a smaller one.  Where the default number of threads is from. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { THREADS = 8 };

static void run_threads(unsigned count, void *(*start)(void *), void *const *contexts)
{
    pthread_t threads[THREADS];
    for (unsigned k = 0; k < count; k++)
        CHECK(!pthread_create(&threads[k], NULL, start, contexts[k]), "no thread %u", k);
    for (unsigned k = 0; k < count; k++) pthread_join(threads[k], NULL);
}

static void run_same(void *(*start)(void *), void *context)
{
    void *contexts[THREADS];
    for (unsigned k = 0; k < THREADS; k++) contexts[k] = context;
    run_threads(THREADS, start, contexts);
}

/* ---- lost updates --------------------------------------------------------------------------------- */

static const double step = 1e-3; /* the angle each success adds to the phase of |1> on qubit 0 */

struct counted {
    ketsim_state *state;
    unsigned way, attempts;
    atomic_uint threads, done, busy;
};

static ketsim_status attempt(ketsim_state *state, unsigned way)
{
    const ketsim_op op = {.gate = KETSIM_GATE_P, .angles = &step, .qubits = (int[]){0}, .nqubits = 1};
    ketsim_edit *edit;
    ketsim_status status;
    double norm;
    switch (way) {
    case 0: return ketsim_apply_gate(state, KETSIM_GATE_P, &step, (int[]){0});
    case 1: return ketsim_apply_ops(state, &op, 1, NULL);
    case 2: /* queued; now and then a read or a run makes it happen, or some other thread's does */
        status = ketsim_queue(state, &op, 1);
        if (status == KETSIM_OK && ketsim_pending(state) % 3 == 0) CHECK_OK(ketsim_norm(state, &norm));
        return status;
    default:
        status = ketsim_edit_begin(&edit, state);
        if (status != KETSIM_OK) return status;
        double *a = ketsim_edit_amplitudes(edit);
        uint64_t length = UINT64_C(1) << ketsim_state_nqubits(state);
        for (uint64_t i = length / 2; i < length; i++) {
            double re = a[2 * i], im = a[2 * i + 1];
            a[2 * i] = re * cos(step) - im * sin(step);
            a[2 * i + 1] = re * sin(step) + im * cos(step);
        }
        return ketsim_edit_commit(edit);
    }
}

/* Half of the threads try again until each update is done, the others count what is refused and go on. */
static void *try_often(void *context)
{
    struct counted *c = context;
    bool insist = atomic_fetch_add(&c->threads, 1) & 1;
    for (unsigned k = 0; k < c->attempts; k++) {
        ketsim_status status;
        while ((status = attempt(c->state, c->way)) == KETSIM_ERR_BUSY) {
            atomic_fetch_add(&c->busy, 1);
            if (!insist) break;
            sched_yield();
        }
        CHECK(status == KETSIM_OK || status == KETSIM_ERR_BUSY, "%s: %s", ketsim_status_name(status),
              ketsim_last_error());
        if (status == KETSIM_OK) atomic_fetch_add(&c->done, 1);
    }
    return NULL;
}

/* The phase of |1> on qubit 0 against |0> in units of step, as it was counted. */
static void lost_updates(unsigned way, bool inplace, unsigned n)
{
    ketsim_state *state = label_state(n == 4 ? "++++" : "++++++++++++");
    struct counted c = {.state = state, .way = way, .attempts = 600};
    double amplitudes[2];
    CHECK_OK(ketsim_state_set_inplace(state, inplace));
    run_same(try_often, &c);
    CHECK_OK(ketsim_get_amplitudes(state, amplitudes, UINT64_C(1) << (n - 1), 1));
    double turns = fmod(atan2(amplitudes[1], amplitudes[0]) + 2 * M_PI, 2 * M_PI) / step;
    CHECK(fabs(turns - c.done) < 0.01, "way %u: %u updates done, %.2f found", way, c.done, turns);
    if (way != 2)
        CHECK(ketsim_state_generation(state) == 1 + c.done, "way %u: %u updates, generation %d", way, c.done,
              (int)ketsim_state_generation(state));
    CHECK(c.done >= THREADS / 2 * c.attempts, "%u done, %u refused", c.done, c.busy);
    printf("way %u, %s, %u qubits: %u updates done, %u refused, none lost\n", way,
           inplace ? "in place" : "transactions", n, c.done, c.busy);
    ketsim_state_free(state);
}

/* ---- torn reads ----------------------------------------------------------------------------------- */

/* Writers turn the global phase of a uniform state by gates that each turn a half of it, so that all amplitudes
 * are equal in each committed state and in none between. */
struct shared {
    ketsim_state *state;
    ketsim_circuit *circuit;
    atomic_bool stop;
    atomic_uint reads, writes;
};

static void uniform(const double *amplitudes, unsigned n, const char *what)
{
    for (uint64_t i = 1; i < UINT64_C(1) << n; i++)
        CHECK(fabs(amplitudes[2 * i] - amplitudes[0]) < 1e-10 && fabs(amplitudes[2 * i + 1] - amplitudes[1]) < 1e-10,
              "%s is torn: amplitude %d is %g%+gi, amplitude 0 is %g%+gi", what, (int)i, amplitudes[2 * i],
              amplitudes[2 * i + 1], amplitudes[0], amplitudes[1]);
}

static void read_once(struct shared *s, unsigned kind, uint64_t *generation)
{
    unsigned n = ketsim_state_nqubits(s->state);
    ketsim_state *clone;
    ketsim_view *view;
    double *amplitudes;
    switch (kind % 4) {
    case 0:
        amplitudes = read_amplitudes(s->state);
        uniform(amplitudes, n, "a copy");
        free(amplitudes);
        break;
    case 1:
        CHECK_OK(ketsim_view_new(&view, s->state));
        CHECK(ketsim_view_generation(view) >= *generation, "a view of generation %d after one of %d",
              (int)ketsim_view_generation(view), (int)*generation);
        *generation = ketsim_view_generation(view);
        uniform(ketsim_view_amplitudes(view), n, "a view");
        sched_yield();
        uniform(ketsim_view_amplitudes(view), n, "a view kept");
        ketsim_view_free(view);
        break;
    case 2:
        CHECK_OK(ketsim_state_clone(&clone, s->state));
        CHECK_OK(ketsim_apply(clone, s->circuit, NULL));
        amplitudes = read_amplitudes(clone);
        uniform(amplitudes, n, "a clone");
        free(amplitudes);
        ketsim_state_free(clone);
        break;
    default:
        amplitudes = malloc(sizeof *amplitudes << n);
        CHECK(amplitudes, "no memory");
        CHECK_OK(ketsim_probabilities(s->state, amplitudes, NULL, 0));
        for (unsigned i = 0; i < 1u << n; i++)
            CHECK(fabs(amplitudes[i] * (1u << n) - 1) < 1e-10, "probability %u is %g", i, amplitudes[i]);
        free(amplitudes);
    }
    atomic_fetch_add(&s->reads, 1);
}

static void *read_on(void *context)
{
    struct shared *s = context;
    uint64_t generation = 0;
    for (unsigned k = 0; !s->stop; k++) read_once(s, k, &generation);
    return NULL;
}

static void *write_on(void *context)
{
    struct shared *s = context;
    double stop = seconds() + 1.2;
    while (seconds() < stop) {
        ketsim_status status = ketsim_apply(s->state, s->circuit, NULL);
        CHECK(status == KETSIM_OK || status == KETSIM_ERR_BUSY, "%s", ketsim_last_error());
        if (status == KETSIM_OK) atomic_fetch_add(&s->writes, 1);
        else CHECK(ketsim_wait(s->state, 10) != KETSIM_ERR_ARGUMENT, "%s", ketsim_last_error());
    }
    s->stop = true;
    return NULL;
}

static void torn_reads(const char *label)
{
    struct shared s = {.state = label_state(label)};
    pthread_t threads[THREADS];
    unsigned n = (unsigned)strlen(label);
    CHECK_OK(ketsim_circuit_new(&s.circuit, n));
    for (int q = 0; q < (int)n; q += 2)
        for (unsigned k = 0; k < 4; k++)
            CHECK_OK(ketsim_circuit_gate(s.circuit, k & 1 ? KETSIM_GATE_X : KETSIM_GATE_P, (double[]){0.4}, &q));
    for (unsigned k = 0; k < THREADS; k++)
        CHECK(!pthread_create(&threads[k], NULL, k < 2 ? write_on : read_on, &s), "no thread");
    for (unsigned k = 0; k < THREADS; k++) pthread_join(threads[k], NULL);
    CHECK(s.reads > 0 && s.writes > 0, "%u reads, %u writes", s.reads, s.writes);
    CHECK(ketsim_state_generation(s.state) == 1 + s.writes, "%u writes, generation %d", s.writes,
          (int)ketsim_state_generation(s.state));
    printf("%u qubits: %u reads during %u writes, none torn\n", n, s.reads, s.writes);
    ketsim_circuit_free(s.circuit);
    ketsim_state_free(s.state);
}

/* ---- own states ------------------------------------------------------------------------------------ */

struct own {
    unsigned index, n;
    uint64_t hash;
};

/* Makes, runs, clones and frees states of its own while others do, and now and then empties the pool. */
static void *own_state(void *context)
{
    struct own *own = context;
    uint64_t seed = own->index;
    for (unsigned round = 0; round < 10; round++) {
        ketsim_circuit *circuit = random_circuit(own->n, 20, &seed, NULL);
        ketsim_state *state = new_state(own->n, round & 1 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128), *clone;
        CHECK_OK(ketsim_state_set_threads(state, 1 + round % 3));
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        CHECK_OK(ketsim_state_clone(&clone, state));
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        own->hash = own->hash * 31 + state_hash(state) + 7 * state_hash(clone);
        ketsim_state_free(state);
        if (round == 5) ketsim_pool_trim();
        ketsim_state_free(clone);
        ketsim_circuit_free(circuit);
    }
    return NULL;
}

static void own_states(unsigned n)
{
    struct own own[THREADS], alone[THREADS];
    void *contexts[THREADS];
    for (unsigned k = 0; k < THREADS; k++) {
        own[k] = alone[k] = (struct own){.index = k, .n = n};
        contexts[k] = &own[k];
        own_state(&alone[k]);
    }
    run_threads(THREADS, own_state, contexts);
    for (unsigned k = 0; k < THREADS; k++)
        CHECK(own[k].hash == alone[k].hash, "%u qubits: thread %u got other bits beside others than alone", n, k);
}

/* ---- waiting ---------------------------------------------------------------------------------------- */

static void *end_edit(void *edit)
{
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    CHECK_OK(ketsim_edit_commit(edit));
    return NULL;
}

static void waiting(void)
{
    ketsim_state *state = label_state("+");
    ketsim_edit *edit;
    pthread_t thread;
    CHECK_OK(ketsim_wait(state, 0));
    CHECK_OK(ketsim_edit_begin(&edit, state));
    double start = seconds();
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_wait(state, 20), "20");
    CHECK(seconds() - start >= 0.019, "waited %g s of 0.02", seconds() - start);
    CHECK(!pthread_create(&thread, NULL, end_edit, edit), "no thread");
    start = seconds();
    CHECK_OK(ketsim_wait(state, 20000));
    CHECK(seconds() - start < 5, "waited %g s for an edit of 0.05", seconds() - start);
    pthread_join(thread, NULL);
    ketsim_state_free(state);
}

/* ---- a team that cannot be had ------------------------------------------------------------------------ */

enum { TEAM = 64, LIMITED_QUBITS = 18, NOBODY = 65534, NO_EFFECT = 77 };

static uint64_t limited_run(unsigned threads)
{
    uint64_t seed = 11;
    ketsim_circuit *circuit = random_circuit(LIMITED_QUBITS, 20, &seed, NULL);
    ketsim_state *state = new_state(LIMITED_QUBITS, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.threads = threads}));
    CHECK_OK(ketsim_state_set_threads(state, threads));
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    uint64_t hash = state_hash(state);
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
    return hash;
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *pass_gate(void *context)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return context;
}

/* How many threads can be had now, TEAM at most. */
static unsigned threads_granted(void)
{
    pthread_t threads[TEAM];
    unsigned count = 0;
    pthread_mutex_lock(&gate);
    while (count < TEAM - 1 && !pthread_create(&threads[count], NULL, pass_gate, NULL)) count++;
    pthread_mutex_unlock(&gate);
    for (unsigned k = 0; k < count; k++) pthread_join(threads[k], NULL);
    return count + 1;
}

static bool limit_processes(unsigned count)
{
    const struct rlimit limit = {count, count};
    if (setrlimit(RLIMIT_NPROC, &limit)) return false;
    return geteuid() != 0 || (!setgid(NOBODY) && !setuid(NOBODY)); /* root is not limited */
}

static bool limit_addresses(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    bool known = file && fscanf(file, "%lu", &pages) == 1;
    if (file) fclose(file);
    rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)96 << 20);
    const struct rlimit limit = {bytes, bytes};
    return known && !SANITIZED && !setrlimit(RLIMIT_AS, &limit);
}

struct limit {
    const char *name;
    unsigned processes, before; /* 0: address space; threads of a run before the limit, or 0 */
};

static void limited_child(const struct limit *limit, int out)
{
    unsigned granted;
    uint64_t hash;
    if (limit->before) limited_run(limit->before);
    if (!(limit->processes ? limit_processes(limit->processes) : limit_addresses())) _exit(NO_EFFECT);
    hash = limited_run(TEAM);
    CHECK(limited_run(1) == hash, "%s: a team of %d that was not granted gives other bits", limit->name, TEAM);
    granted = threads_granted();
    if (granted == TEAM) _exit(NO_EFFECT);
    CHECK(write(out, &hash, sizeof hash) == sizeof hash, "cannot write to a pipe");
    CHECK(write(out, &granted, sizeof granted) == sizeof granted, "cannot write to a pipe");
    _exit(EXIT_SUCCESS);
}

/* In a process of its own: the run ends right, whatever number of threads the system grants. */
static uint64_t limited(const struct limit *limit)
{
    int ends[2], status;
    uint64_t hash = 0;
    unsigned granted = 0;
    CHECK(!pipe(ends), "no pipe");
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0, "cannot fork");
    if (!child) {
        alarm(60);
        limited_child(limit, ends[1]);
    }
    CHECK(waitpid(child, &status, 0) == child, "lost a child");
    close(ends[1]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_EFFECT) {
        printf("%s: skipped, the limit cannot be set or has no effect here\n", limit->name);
    } else {
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: a run ended the process with status %x", limit->name,
              (unsigned)status);
        CHECK(read(ends[0], &hash, sizeof hash) == sizeof hash, "nothing in a pipe");
        CHECK(read(ends[0], &granted, sizeof granted) == sizeof granted, "nothing in a pipe");
        printf("%s: %u threads to be had, a run that asked for %d ended right\n", limit->name, granted, TEAM);
    }
    close(ends[0]);
    return hash;
}

/* Before this process has run anything, so that each child's first team is under its limit. */
static void thread_limits(void)
{
    static const struct limit limits[] = {{"RLIMIT_NPROC 8", 8, 0},
                                          {"RLIMIT_NPROC 1", 1, 0},
                                          {"RLIMIT_NPROC 8, after a team of 4", 8, 4},
                                          {"RLIMIT_NPROC 1, after a team of 4", 1, 4},
                                          {"RLIMIT_AS", 0, 0},
                                          {"RLIMIT_AS, after a team of 4", 0, 4}};
    enum { COUNT = sizeof limits / sizeof *limits };
    uint64_t hashes[COUNT];
    for (unsigned k = 0; k < COUNT; k++) hashes[k] = limited(&limits[k]);
    for (unsigned k = 0; k < COUNT; k++)
        CHECK(!hashes[k] || hashes[k] == limited_run(4), "%s: other bits than without a limit", limits[k].name);
}

/* ---- the default number of threads --------------------------------------------------------------------- */

/* The answer of a new process with this environment, on so many CPUs (0: all); 0 when it cannot be started. */
static unsigned default_threads(const char *own, const char *openmp, unsigned cpus)
{
    int ends[2], status;
    unsigned answer = 0;
    CHECK(!pipe(ends), "no pipe");
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        cpu_set_t all, some;
        CPU_ZERO(&some);
        sched_getaffinity(0, sizeof all, &all);
        for (unsigned c = 0, count = 0; c < CPU_SETSIZE && count < cpus; c++)
            if (CPU_ISSET(c, &all)) CPU_SET(c, &some), count++;
        if (cpus) sched_setaffinity(0, sizeof some, &some);
        unsetenv("KETSIM_NUM_THREADS");
        unsetenv("OMP_NUM_THREADS");
        if (own) setenv("KETSIM_NUM_THREADS", own, 1);
        if (openmp) setenv("OMP_NUM_THREADS", openmp, 1);
        if (openmp && !freopen("/dev/null", "w", stderr)) _exit(NO_EFFECT); /* libgomp warns of bad values */
        dup2(ends[1], 3);
        execl("/proc/self/exe", "test_threads", "--default-threads", (char *)NULL);
        _exit(NO_EFFECT);
    }
    close(ends[1]);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status), "a child did not end by itself");
    if (read(ends[0], &answer, sizeof answer) != sizeof answer) answer = 0;
    CHECK(answer || WEXITSTATUS(status) == NO_EFFECT, "no answer for KETSIM_NUM_THREADS=%s OMP_NUM_THREADS=%s",
          own ? own : "(unset)", openmp ? openmp : "(unset)");
    close(ends[0]);
    return answer;
}

static int answer_default_threads(void)
{
    unsigned answer = ketsim_default_threads();
    setenv("KETSIM_NUM_THREADS", "17", 1);
    CHECK(ketsim_default_threads() == answer, "the environment is read again after the first call");
    return write(3, &answer, sizeof answer) == sizeof answer ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void defaults(void)
{
    static const char *const bad[] = {"", "0", "-1", "abc", "1000000", "3x", "99999999999999999999"};
    cpu_set_t all;
    if (!default_threads("3", NULL, 0)) {
        puts("default threads: skipped, this program cannot start itself");
        return;
    }
    sched_getaffinity(0, sizeof all, &all);
    CHECK(default_threads("3", NULL, 0) == 3, "KETSIM_NUM_THREADS=3 gives %u", default_threads("3", NULL, 0));
    CHECK(default_threads(NULL, "5", 0) == 5, "OMP_NUM_THREADS=5 gives %u", default_threads(NULL, "5", 0));
    CHECK(default_threads(NULL, "4,2", 0) == 4, "OMP_NUM_THREADS=4,2 gives %u", default_threads(NULL, "4,2", 0));
    CHECK(default_threads("3", "5", 0) == 3, "both set: %u", default_threads("3", "5", 0));
    CHECK(default_threads("3", NULL, 1) == 3, "3 on one CPU: %u", default_threads("3", NULL, 1));
    CHECK(default_threads(NULL, NULL, 1) == 1, "one CPU: %u", default_threads(NULL, NULL, 1));
    CHECK(default_threads(NULL, NULL, 0) <= (unsigned)CPU_COUNT(&all), "%d CPUs: %u", CPU_COUNT(&all),
          default_threads(NULL, NULL, 0));
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++)
        for (unsigned openmp = 0; openmp < 2; openmp++) {
            unsigned got = openmp ? default_threads(NULL, bad[k], 0) : default_threads(bad[k], NULL, 0);
            CHECK(got >= 1 && got <= KETSIM_MAX_THREADS, "'%s' gives %u", bad[k], got);
        }
    puts("default threads: KETSIM_NUM_THREADS, OMP_NUM_THREADS, affinity");
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--default-threads")) return answer_default_threads();
    thread_limits();
    defaults();
    for (unsigned way = 0; way < 4; way++) {
        lost_updates(way, false, 4);
        lost_updates(way, false, 12);
        lost_updates(way, true, 12);
    }
    torn_reads("++++++");
    torn_reads("++++++++++++");
    own_states(10);
    own_states(15);
    waiting();
    return EXIT_SUCCESS;
}
