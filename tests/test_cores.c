/* Cores are shared: teams of several calling threads, workers and batches together are never more threads at work than there
 * are cores; who waits gets its turn; and a run alone has all of them. */
#include "cores.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "forks.h"
#include "helpers.h"
#include "mixed.h"
#include "pool.h"
#include "threads.h"

enum { CORES = 3, CALLERS = 5, TEAMS = 300, TASKS = 200 };

static void wait_until_idle(void)
{
    const double began = seconds();
    while (!cores_are_idle()) CHECK(seconds() - began < 20, "cores are not given back");
}

/* ---- taking and leaving ------------------------------------------------------------------------ */

/* A thread that takes cores, says so, and leaves them when told. */
struct holder {
    pthread_t thread;
    unsigned wanted, got;
    uint64_t patience_ns;
    unsigned (*take)(unsigned most, uint64_t patience_ns);
    _Atomic bool has, leave;
};

static void *hold(void *context)
{
    struct holder *holder = context;
    holder->got = holder->take(holder->wanted, holder->patience_ns);
    CHECK(cores_held() == holder->got, "%u held, %u taken", cores_held(), holder->got);
    holder->has = true;
    while (!holder->leave) sched_yield();
    cores_leave();
    CHECK(!cores_held(), "cores are left and held");
    return NULL;
}

static void begin(struct holder *holder)
{
    CHECK(!pthread_create(&holder->thread, NULL, hold, holder), "no thread");
}

static void until_it_has(struct holder *holder)
{
    while (!holder->has) sched_yield();
}

static void end(struct holder *holder)
{
    holder->leave = true;
    pthread_join(holder->thread, NULL);
}

/* Who gathers makes do with less when it takes too long; workers stand back for who waits. */
static void taken_and_left(void)
{
    struct holder two = {.wanted = 2, .take = cores_gather};
    begin(&two);
    until_it_has(&two);
    CHECK(two.got == 2 && !cores_are_idle(), "%u of 2", two.got);
    CHECK(cores_gather(CORES, 1000000) == 1, "not the one that is free");
    CHECK(!cores_wait(), "a core too many");
    CHECK(cores_held() == 1, "%u held", cores_held());
    cores_leave();
    struct holder all = {.wanted = CORES, .take = cores_gather, .patience_ns = UINT64_C(20000000000)};
    begin(&all);
    while (cores_wait()) cores_leave(); /* until it waits */
    end(&two);
    until_it_has(&all);
    CHECK(all.got == CORES, "%u of all cores", all.got);
    end(&all);
    CHECK(cores_are_idle(), "cores are not given back");
}

/* A calling thread waits for a core, and gets the first that is left. */
static void callers_wait(void)
{
    struct holder all = {.wanted = CORES, .take = cores_gather};
    struct holder caller = {.wanted = CORES, .take = cores_enter};
    begin(&all);
    until_it_has(&all);
    begin(&caller);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    CHECK(!caller.has, "a core too many");
    end(&all);
    until_it_has(&caller);
    CHECK(caller.got >= 1 && caller.got <= CORES, "%u of all cores", caller.got);
    end(&caller);
}

/* A team of two that lets another thread have a turn goes on with one core, and with two when the other has left. */
static void team_takes_turns(void)
{
    struct holder rest = {.wanted = CORES - 2, .take = cores_gather},
                  caller = {.wanted = 1, .take = cores_enter};
    CHECK(cores_enter(2, 0) == 2, "%u of 2", cores_held());
    begin(&rest);
    until_it_has(&rest);
    cores_take_turns(2);
    CHECK(cores_held() == 2, "%u of 2 while nobody waits", cores_held());
    begin(&caller);
    while (!caller.has) {
        cores_take_turns(2);
        CHECK(cores_held() && cores_held() <= 2, "%u held", cores_held());
    }
    CHECK(cores_held() == 1, "%u beside two others that have one each", cores_held());
    end(&caller);
    cores_take_turns(2);
    CHECK(cores_held() == 2, "%u of 2 once another is free", cores_held());
    cores_leave();
    end(&rest);
}

static void paused(void)
{
    CHECK(cores_enter(2, 0) == 2 && cores_held() == 2, "%u of 2", cores_held());
    CHECK(cores_pause() == 2 && !cores_held() && cores_are_idle(), "%u held in a pause", cores_held());
    cores_resume(2);
    CHECK(cores_held() == 2, "%u of 2 resumed", cores_held());
    cores_leave();
    cores_resume(0);
    CHECK(cores_are_idle(), "nothing was paused, and something is taken");
}

/* ---- threads at work --------------------------------------------------------------------------- */

static _Atomic unsigned working, most, teams_of_all;

static void come(void)
{
    const unsigned now = atomic_fetch_add(&working, 1) + 1;
    unsigned seen = atomic_load(&most);
    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now)) {}
}

static void work_for_a_while(void)
{
    come();
    for (volatile unsigned k = 0; k < 20000; k++) {}
    atomic_fetch_sub(&working, 1);
}

static void member(void *context, unsigned number, unsigned members)
{
    (void)context;
    work_for_a_while();
    if (number == 0 && members == CORES) atomic_fetch_add(&teams_of_all, 1);
    team_barrier(members);
    work_for_a_while();
}

static void *caller(void *context)
{
    for (unsigned k = 0; k < TEAMS; k++) team_run(1 + k % CORES, member, context);
    return NULL;
}

struct counted_task {
    struct pool_task task;
    _Atomic unsigned *left;
};

static void do_task(struct pool_task *task)
{
    work_for_a_while();
    atomic_fetch_sub(((struct counted_task *)task)->left, 1);
}

static void submit_tasks(struct counted_task *tasks, _Atomic unsigned *left)
{
    *left = TASKS;
    for (unsigned k = 0; k < TASKS; k++) {
        tasks[k] = (struct counted_task){.task.work = do_task, .left = left};
        CHECK_OK(pool_submit(POOL_CORE, &tasks[k].task));
    }
}

/* More callers than cores, and workers. */
static void never_more_than_cores(void)
{
    static struct counted_task tasks[TASKS];
    static _Atomic unsigned left;
    pthread_t threads[CALLERS];
    submit_tasks(tasks, &left);
    for (unsigned k = 0; k < CALLERS; k++)
        CHECK(!pthread_create(&threads[k], NULL, caller, NULL), "no thread");
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(threads[k], NULL);
    while (left) sched_yield();
    wait_until_idle();
    CHECK(most <= CORES, "%u threads at work on %d cores", most, CORES);
    CHECK(most > 1, "%u thread at work on %d cores", most, CORES);
}

/* Nobody else being there, every team is as large as asked: also one of more threads than cores. */
static void all_for_one(void)
{
    teams_of_all = 0;
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL); /* until nobody is expected back */
    for (unsigned k = 0; k < 20; k++) CHECK(team_run(CORES, member, NULL) == CORES, "a smaller team");
    CHECK(teams_of_all == 20, "%u teams of all cores", teams_of_all);
    CHECK(team_run(CORES + 2, member, NULL) == CORES + 2, "fewer threads than asked");
}

/* ---- runs, reads and batches ------------------------------------------------------------------- */

static void *run_states(void *context)
{
    uint64_t seed = (uint64_t)(uintptr_t)context;
    for (unsigned round = 0; round < 4; round++) {
        ketsim_state *state = new_state(16, KETSIM_COMPLEX128);
        ketsim_circuit *circuit = random_circuit(16, 60, &seed, NULL);
        double norm;
        apply_once(state, circuit);
        CHECK_OK(ketsim_norm(state, &norm));
        CHECK(norm > 0.999 && norm < 1.001, "norm %g", norm);
        ketsim_circuit_free(circuit);
        ketsim_state_free(state);
    }
    return NULL;
}

/* Each gets its turn, and the bits are those of a run alone. */
static void beside_a_batch(void)
{
    struct set set = mixed(11, KETSIM_COMPLEX128);
    pthread_t threads[CALLERS];
    for (uintptr_t k = 0; k < CALLERS; k++)
        CHECK(!pthread_create(&threads[k], NULL, run_states, (void *)(k + 1)), "no thread");
    for (unsigned round = 0; round < 3; round++) check_batch(&set);
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(threads[k], NULL);
    free_set(&set);
    wait_until_idle();
}

/* ---- other environments ------------------------------------------------------------------------ */

/* Leave this process no more CPUs than that; returns how many it has. */
static unsigned keep_cpus(unsigned limit)
{
    cpu_set_t set;
    CHECK(!sched_getaffinity(0, sizeof set, &set), "no affinity");
    unsigned kept = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set) && ++kept > limit) CPU_CLR(cpu, &set);
    CHECK(!sched_setaffinity(0, sizeof set, &set), "no affinity");
    return kept < limit ? kept : limit;
}

static void two_callers(void)
{
    struct holder holders[2];
    for (unsigned k = 0; k < 2; k++) {
        holders[k] = (struct holder){.wanted = 1, .take = cores_enter};
        CHECK(!pthread_create(&holders[k].thread, NULL, hold, &holders[k]), "no thread");
    }
    while (!holders[0].has || !holders[1].has) sched_yield();
    for (unsigned k = 0; k < 2; k++) {
        holders[k].leave = true;
        pthread_join(holders[k].thread, NULL);
    }
}

/* Where a run shall have one thread, two threads that call still have a core each. */
static void callers_of_one_thread(void)
{
    const pid_t child = guarded_fork();
    if (child == 0) {
        CHECK(!setenv("KETSIM_NUM_THREADS", "1", 1), "no environment");
        two_callers();
        end_child();
    }
    ended_well(child, "two callers", 0);
}

int main(void)
{
    if (keep_cpus(CORES) > 1) callers_of_one_thread();
    else puts("two callers on two cores: skipped, there is one");
    CHECK(!setenv("KETSIM_NUM_THREADS", "3", 1), "no environment");
    taken_and_left();
    callers_wait();
    team_takes_turns();
    paused();
    never_more_than_cores();
    all_for_one();
    beside_a_batch();
    return 0;
}
