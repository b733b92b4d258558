/* A team that the system does not grant becomes a smaller one, and the default number of threads is the one that
 * was asked for. */
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers.h"

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
    return known && !ADDRESS_SANITIZER && !THREAD_SANITIZER && !setrlimit(RLIMIT_AS, &limit);
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
    CHECK(limited_run(1) == hash, "%s: a team of %d that was not granted gives other bits", limit->name,
          TEAM);
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
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: a run ended the process with status %x",
              limit->name, (unsigned)status);
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
        CHECK(!hashes[k] || hashes[k] == limited_run(4), "%s: other bits than without a limit",
              limits[k].name);
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
        execl("/proc/self/exe", "test_limits", "--default-threads", (char *)NULL);
        _exit(NO_EFFECT);
    }
    close(ends[1]);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status), "a child did not end by itself");
    if (read(ends[0], &answer, sizeof answer) != sizeof answer) answer = 0;
    CHECK(answer || WEXITSTATUS(status) == NO_EFFECT,
          "no answer for KETSIM_NUM_THREADS=%s OMP_NUM_THREADS=%s", own ? own : "(unset)",
          openmp ? openmp : "(unset)");
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
    CHECK(default_threads(NULL, "4,2", 0) == 4, "OMP_NUM_THREADS=4,2 gives %u",
          default_threads(NULL, "4,2", 0));
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
    return EXIT_SUCCESS;
}
