/* Where the time of a run goes, what is counted, and what the machine grants. */
#include <math.h>
#include <stdatomic.h>

#include "forks.h"
#include "helpers.h"

enum { N = 16, LENGTH = 40 };

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t sum_of(const ketsim_profile *profile)
{
    uint64_t sum = 0;
    for (int k = 0; k < KETSIM_STAGE_COUNT; k++) sum += profile->ns[k];
    return sum;
}

static void check_sum(const ketsim_profile *profile, const char *what)
{
    CHECK(sum_of(profile) == profile->end_ns - profile->begin_ns,
          "%s: stages %llu ns, from begin to end %llu ns", what, (unsigned long long)sum_of(profile),
          (unsigned long long)(profile->end_ns - profile->begin_ns));
}

/* ---- profiles ---------------------------------------------------------------------------------- */

enum way { RUN, APPLY, APPLY_ONCE, APPLY_OPS, RUN_PLAN, WAYS };

static ketsim_status run_way(enum way way, ketsim_state *state, ketsim_circuit *circuit,
                             ketsim_profile *profile)
{
    const ketsim_run_options options = {.profile = profile};
    const ketsim_op op = {.gate = KETSIM_GATE_H, .qubits = (int[]){1}, .nqubits = 1};
    ketsim_plan *plan;
    switch (way) {
    case RUN: CHECK_OK(ketsim_queue(state, &op, 1)); return ketsim_run(state, &options);
    case APPLY: return ketsim_apply(state, circuit, &options);
    case APPLY_ONCE: return ketsim_apply_once(state, circuit, &options);
    case APPLY_OPS: return ketsim_apply_ops(state, &op, 1, &options);
    default: break;
    }
    CHECK_OK(ketsim_plan_new(&plan, circuit, NULL));
    const ketsim_status status = ketsim_run_plan(state, plan, &options);
    ketsim_plan_free(plan);
    return status;
}

/* Every way to run: the stages add up, lie within the call, and change no bit of the result. */
static void test_adds_up(enum way way, bool inplace)
{
    uint64_t seed = 7, hashes[2];
    for (int profiled = 0; profiled < 2; profiled++) {
        uint64_t own = seed;
        oracle_amp *psi = malloc(sizeof *psi << N);
        ketsim_state *state = random_state(psi, N, KETSIM_COMPLEX128, &own);
        ketsim_circuit *circuit = random_circuit(N, LENGTH, &own, NULL);
        ketsim_profile profile = {0};
        CHECK_OK(ketsim_state_set_inplace(state, inplace));
        const uint64_t before = now_ns();
        CHECK_OK(run_way(way, state, circuit, profiled ? &profile : NULL));
        const uint64_t after = now_ns();
        hashes[profiled] = state_hash(state);
        if (profiled) {
            check_sum(&profile, "run");
            CHECK(profile.begin_ns >= before && profile.end_ns <= after, "way %d: outside of the call", way);
            CHECK(profile.runs == 1 && profile.passes >= 1, "way %d: %llu runs", way,
                  (unsigned long long)profile.runs);
            CHECK(profile.ns[KETSIM_STAGE_PASSES] > 0, "way %d: no time in passes", way);
            CHECK(!profile.ns[KETSIM_STAGE_POLL], "way %d: time in a poll that is not there", way);
        }
        ketsim_circuit_free(circuit);
        ketsim_state_free(state);
        free(psi);
    }
    CHECK(hashes[0] == hashes[1], "way %d: the profile changes the result", way);
}

static void test_runs_add(void)
{
    ketsim_profile profile = {0};
    ketsim_counters before, after;
    ketsim_state *state = new_state(N, KETSIM_COMPLEX64);
    uint64_t seed = 3, total = 0;
    ketsim_circuit *circuit = random_circuit(N, LENGTH, &seed, NULL);
    ketsim_get_counters(&before);
    for (int k = 0; k < 3; k++) {
        CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.profile = &profile}));
        total += profile.end_ns - profile.begin_ns;
    }
    ketsim_get_counters(&after);
    CHECK(profile.runs == 3 && sum_of(&profile) == total, "three runs do not add up");
    CHECK(profile.passes == after.passes - before.passes, "%llu passes, counted %llu",
          (unsigned long long)profile.passes, (unsigned long long)(after.passes - before.passes));
    CHECK(profile.ns[KETSIM_STAGE_PLAN] && profile.ns[KETSIM_STAGE_CLONE] && profile.ns[KETSIM_STAGE_COMMIT],
          "a stage took no time");
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
}

static bool slow_poll(void *context, double done)
{
    (void)done;
    ++*(unsigned *)context;
    nanosleep(&(struct timespec){0, 5000000}, NULL);
    return *(unsigned *)context < 3;
}

/* Time in the poll is its own, also in a run that the poll ends. */
static void test_poll(void)
{
    unsigned calls = 0;
    ketsim_profile profile = {0};
    ketsim_state *state = new_state(20, KETSIM_COMPLEX128);
    uint64_t seed = 11;
    ketsim_circuit *circuit = random_circuit(20, 2000, &seed, NULL);
    const ketsim_run_options options = {
        .poll = slow_poll, .poll_context = &calls, .profile = &profile, .threads = 1};
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_apply(state, circuit, &options), "poll");
    CHECK(calls == 3 && profile.ns[KETSIM_STAGE_POLL] >= 3 * 5000000u, "%u polls took %llu ns", calls,
          (unsigned long long)profile.ns[KETSIM_STAGE_POLL]);
    check_sum(&profile, "run that its poll ended");
    CHECK(profile.passes == 0, "passes of a run that failed");
    CHECK(ketsim_state_generation(state) == 1, "a run that failed has committed");
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
}

/* Runs that fail before they begin have a profile all the same. */
static void test_failures(void)
{
    ketsim_state *state = new_state(4, KETSIM_COMPLEX128);
    const ketsim_op bad = {.gate = KETSIM_GATE_H, .qubits = (int[]){9}, .nqubits = 1};
    ketsim_profile profile = {0};
    ketsim_edit *edit;
    CHECK_OK(ketsim_edit_begin(&edit, state));
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_run(state, &(ketsim_run_options){.profile = &profile}), "busy");
    check_sum(&profile, "busy");
    ketsim_edit_abort(edit);
    profile = (ketsim_profile){0};
    CHECK_FAILS(KETSIM_ERR_ARGUMENT,
                ketsim_apply_ops(state, &bad, 1, &(ketsim_run_options){.profile = &profile}), "qubit 9");
    check_sum(&profile, "bad qubit");
    CHECK(profile.runs == 1 && profile.passes == 0, "a run that failed did passes");
    ketsim_state_free(state);
}

/* ---- counters ---------------------------------------------------------------------------------- */

static ketsim_counters counters(void)
{
    ketsim_counters out;
    ketsim_get_counters(&out);
    return out;
}

static void test_busy_and_stops(void)
{
    ketsim_state *state = new_state(14, KETSIM_COMPLEX128);
    ketsim_cancel *cancel;
    ketsim_edit *edit;
    const ketsim_counters before = counters();
    CHECK_OK(ketsim_edit_begin(&edit, state));
    CHECK_FAILS(KETSIM_ERR_BUSY, gate1(state, KETSIM_GATE_H, 0, 0, 0, 0), "busy");
    ketsim_edit_abort(edit);
    CHECK_OK(ketsim_cancel_new(&cancel));
    ketsim_cancel_raise(cancel);
    CHECK_OK(ketsim_queue(state, &(ketsim_op){.gate = KETSIM_GATE_H, .qubits = (int[]){0}, .nqubits = 1}, 1));
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_run(state, &(ketsim_run_options){.cancel = cancel}),
                "cancelled");
    const ketsim_counters after = counters();
    CHECK(after.busy == before.busy + 1, "busy: %llu", (unsigned long long)(after.busy - before.busy));
    CHECK(after.cancels == before.cancels + 1 && after.timeouts == before.timeouts, "cancels or timeouts");
    ketsim_cancel_free(cancel);
    ketsim_state_free(state);
}

static void test_timeouts(void)
{
    ketsim_state *state = new_state(22, KETSIM_COMPLEX128);
    uint64_t seed = 5;
    ketsim_circuit *circuit = random_circuit(22, 3000, &seed, NULL);
    const ketsim_counters before = counters();
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_apply(state, circuit, &(ketsim_run_options){.timeout_ms = 20}),
                "timeout_ms");
    CHECK(counters().timeouts == before.timeouts + 1, "timeouts");
    ketsim_circuit_free(circuit);
    ketsim_state_free(state);
}

/* Circuits that a stop kept from beginning count too; there are workers afterwards, but not in a forked child. */
static void test_batches(void)
{
    enum { JOBS = 40 };
    uint64_t seed = 1;
    ketsim_circuit *circuits[JOBS];
    ketsim_batch *batch;
    ketsim_cancel *cancel;
    for (int k = 0; k < JOBS; k++) circuits[k] = random_circuit(10, 200, &seed, NULL);
    const ketsim_counters before = counters();
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)circuits, JOBS, NULL));
    ketsim_batch_free(batch);
    const ketsim_counters after = counters();
    CHECK(after.batches == before.batches + 1 && after.jobs == before.jobs + JOBS, "batches or jobs");
    CHECK(after.workers < KETSIM_MAX_THREADS && after.workers_busy <= after.workers,
          "%llu of %llu workers busy", (unsigned long long)after.workers_busy,
          (unsigned long long)after.workers);
    CHECK(after.workers > 0 || ketsim_default_threads() == 1, "no workers after a batch");
    CHECK(after.tickets <= KETSIM_TICKETS, "%llu tickets", (unsigned long long)after.tickets);
    const pid_t child = guarded_fork();
    if (!child) _exit(counters().workers || counters().tickets);
    ended_well(child, "counters", 0);

    CHECK_OK(ketsim_cancel_new(&cancel));
    ketsim_cancel_raise(cancel);
    const ketsim_batch_options options = {.cancel = cancel};
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)circuits, JOBS, &options));
    CHECK(counters().cancels == after.cancels + JOBS, "cancels: %llu",
          (unsigned long long)(counters().cancels - after.cancels));
    ketsim_batch_free(batch);
    ketsim_cancel_free(cancel);
    for (int k = 0; k < JOBS; k++) ketsim_circuit_free(circuits[k]);
}

/* ---- the machine ------------------------------------------------------------------------------- */

static void test_quota(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    double quota, period, want = 0;
    if (file && fscanf(file, "%lf %lf", &quota, &period) == 2) want = quota / period;
    if (file) fclose(file);
    CHECK(fabs(ketsim_cpu_quota() - want) < 1e-12, "quota %g, the file says %g", ketsim_cpu_quota(), want);
}

int main(void)
{
    for (int way = 0; way < WAYS; way++)
        for (int inplace = 0; inplace < 2; inplace++) test_adds_up((enum way)way, inplace);
    test_runs_add();
    test_poll();
    test_failures();
    test_busy_and_stops();
    test_timeouts();
    test_batches();
    test_quota();
    return 0;
}
