/* threads.c - teams of threads, on OpenMP; the only file that opens a parallel region. */
#include "threads.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cores.h"
#include "fpcontrol.h"
#include "ketsim.h"
#include "pin.h"

/* A member with less to do than this between two barriers costs more than it helps. */
static const uint64_t MEMBER_NS = 5000;

/* In the static block even of a library that is loaded late: a few bytes, read without a call. */
#define THREAD_LOCAL static _Thread_local __attribute__((tls_model("initial-exec")))

_Atomic uint32_t threads_epoch = 1;
THREAD_LOCAL uint32_t own_id;    /* 0: not asked yet */
THREAD_LOCAL unsigned team_last; /* size of this thread's team as OpenMP keeps it */
THREAD_LOCAL bool forked;        /* this thread came through a fork: OpenMP's pool for it is gone */

static void after_fork_in_child(void)
{
    atomic_fetch_add_explicit(&threads_epoch, 1, memory_order_relaxed);
    own_id = 0;
    forked = true;
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

uint32_t thread_id(void)
{
    if (!own_id) own_id = (uint32_t)gettid();
    return own_id;
}

uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t clock_deadline(uint64_t timeout_ms)
{
    if (!timeout_ms) return 0;
    const uint64_t now = clock_ns();
    return timeout_ms <= (UINT64_MAX - now) / 1000000 ? now + timeout_ms * 1000000 : 0;
}

/* ---- how many ---- */

/* A positive number at the start of an environment variable, or 0. */
static unsigned from_environment(const char *name)
{
    const char *text = getenv(name);
    char *end;
    if (!text) return 0;
    const long value = strtol(text, &end, 10);
    return end != text && value > 0 ? (unsigned)(value < KETSIM_MAX_THREADS ? value : KETSIM_MAX_THREADS) : 0;
}

static unsigned from_affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    return (unsigned)CPU_COUNT(&set);
}

double ketsim_cpu_quota(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    long long quota = 0, period = 1;
    if (!file) return 0;
    const int read = fscanf(file, "%lld %lld", &quota, &period); /* "max 100000" reads nothing */
    fclose(file);
    return read == 2 && quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

/* Rounded up; 0: no limit. */
static unsigned from_cgroup(void)
{
    const double quota = ketsim_cpu_quota();
    return quota < KETSIM_MAX_THREADS ? (unsigned)ceil(quota) : KETSIM_MAX_THREADS;
}

static unsigned find_cores(void)
{
    const unsigned cpus = from_affinity(), granted = from_cgroup();
    const unsigned cores = granted && granted < cpus ? granted : cpus;
    return cores < 1 ? 1 : cores < KETSIM_MAX_THREADS ? cores : KETSIM_MAX_THREADS;
}

static unsigned find_default(void)
{
    unsigned threads = from_environment("KETSIM_NUM_THREADS");
    if (!threads) threads = from_environment("OMP_NUM_THREADS");
    return threads ? threads : find_cores();
}

static unsigned find_once(_Atomic unsigned *known, unsigned (*find)(void))
{
    unsigned number = atomic_load_explicit(known, memory_order_relaxed);
    if (!number) {
        number = find();
        atomic_store_explicit(known, number, memory_order_relaxed);
    }
    return number;
}

unsigned ketsim_default_threads(void)
{
    static _Atomic unsigned known;
    return find_once(&known, find_default);
}

unsigned threads_cores(void)
{
    static _Atomic unsigned known;
    return find_once(&known, find_cores);
}

unsigned team_size(unsigned asked, uint64_t work_ns)
{
    const uint64_t worth = work_ns / MEMBER_NS;
    if (worth < 2) return 1;
    if (!asked) asked = ketsim_default_threads();
    return worth < asked ? (unsigned)worth : asked;
}

unsigned team_size_of_pass(unsigned asked, uint64_t amps)
{
    return team_size(asked, amps / 2); /* half a nanosecond each, from the caches */
}

void team_share(uint64_t *first, uint64_t *last, uint64_t count, uint64_t grain, unsigned member,
                unsigned members)
{
    const uint64_t grains = (count + grain - 1) / grain;
    const uint64_t from = grains * member / members * grain, to = grains * (member + 1) / members * grain;
    *first = from < count ? from : count;
    *last = to < count ? to : count;
}

/* ---- threads that can be had ---- */

struct probe {
    pthread_mutex_t mutex;
    pthread_cond_t done;
    bool over;
};

static void *wait_for_end(void *context)
{
    struct probe *probe = context;
    pthread_mutex_lock(&probe->mutex);
    while (!probe->over) pthread_cond_wait(&probe->done, &probe->mutex);
    pthread_mutex_unlock(&probe->mutex);
    return NULL;
}

/* How many helpers, of at most wanted, can live at once.  OpenMP runtimes end the process when they cannot
 * create a thread, so we find out first; of less than wanted we use three quarters, others may want some too. */
static unsigned probe_helpers(unsigned wanted)
{
    struct probe probe = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    pthread_t helpers[KETSIM_MAX_THREADS];
    unsigned created = 0;
    while (created < wanted && !pthread_create(&helpers[created], NULL, wait_for_end, &probe)) created++;
    pthread_mutex_lock(&probe.mutex);
    probe.over = true;
    pthread_cond_broadcast(&probe.done);
    pthread_mutex_unlock(&probe.mutex);
    for (unsigned k = 0; k < created; k++) pthread_join(helpers[k], NULL);
    return created == wanted ? wanted : created * 3 / 4;
}

/* ---- teams ---- */

struct team {
    unsigned threads; /* at most; then as it was */
    void (*body)(void *context, unsigned member, unsigned members);
    void *context;
};

static void run_member(const struct team *team, unsigned member, unsigned members)
{
    const fpcontrol saved = fpcontrol_default();
    team->body(team->context, member, members);
    fpcontrol_restore(saved);
}

static void run_region(struct team *team)
{
    unsigned members = 1;
    const int cpu = team->threads <= ketsim_default_threads() ? pin_cpu() : -1;
#pragma omp parallel num_threads(team->threads) default(none) shared(team, members, cpu)
    {
        const unsigned size = (unsigned)omp_get_num_threads();
        if (omp_get_thread_num() == 0) members = size;
        else pin_leave(cpu); /* where the system may have woken it; both would wait for each other by turns */
        run_member(team, (unsigned)omp_get_thread_num(), size);
    }
    team_last = members;
    team->threads = members;
}

static void run_team(struct team *team)
{
    if (team->threads > team_last && team->threads > 1) team->threads = 1 + probe_helpers(team->threads - 1);
    if (team->threads > 1) run_region(team);
    else run_member(team, 0, 1);
}

static void *run_team_there(void *context)
{
    run_team(context);
    return NULL;
}

/* A forked child has lost the threads that OpenMP believes its calling thread to have, and would wait for
 * them for ever; a thread born after the fork has no such past. */
static void run_forked(struct team *team)
{
    pthread_t there;
    if (pthread_create(&there, NULL, run_team_there, team)) {
        team->threads = 1;
        run_member(team, 0, 1);
    } else {
        pthread_join(there, NULL);
    }
}

static unsigned run_on(unsigned threads, void (*body)(void *context, unsigned member, unsigned members),
                       void *context)
{
    struct team team = {threads < KETSIM_MAX_THREADS ? threads : KETSIM_MAX_THREADS, body, context};
    if (threads <= 1) run_member(&team, 0, 1);
    else if (forked) run_forked(&team);
    else run_team(&team);
    return team.threads > 1 ? team.threads : 1;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned team_run(unsigned threads, void (*body)(void *context, unsigned member, unsigned members),
                  void *context)
{
    if (cores_held()) {
        cores_take_turns(threads);
        return run_on(least(threads, cores_held()), body, context);
    }
    const unsigned size = run_on(cores_enter_run(threads), body, context);
    cores_leave_run();
    return size;
}

void team_alone(void (*body)(void *context, unsigned member, unsigned members), void *context)
{
    run_member(&(struct team){1, body, context}, 0, 1);
}

void team_barrier(unsigned members)
{
    if (members <= 1) return; /* a caller's own parallel region is none of ours */
#pragma omp barrier
}

const char *ketsim_openmp(void)
{
    Dl_info where;
    if (!dladdr((void *)(uintptr_t)omp_get_num_threads, &where) || !where.dli_fname) return "none";
    return strstr(where.dli_fname, "gomp") ? "libgomp" : strstr(where.dli_fname, "omp") ? "libomp" : "none";
}
