/* Batches: the bits of each circuit run alone, whatever the threads; failures of several kinds that touch no other
 * circuit; starts, samples, limits, timeouts, stops; callers at once. */
#include <pthread.h>
#include <stdatomic.h>

#include "failing.h"
#include "mixed.h"

enum { CREW = 4, SHOTS = 200, CALLERS = 3 };

/* ---- help ------------------------------------------------------------------------------------- */

static ketsim_batch_stats stats_of(const ketsim_batch *batch)
{
    ketsim_batch_stats s;
    ketsim_batch_get_stats(batch, &s);
    CHECK(s.succeeded + s.failed + s.timed_out + s.cancelled == s.circuits, "outcomes do not add up to %zu",
          s.circuits);
    return s;
}

static void has_hash(ketsim_batch *batch, size_t index, uint64_t hash)
{
    CHECK(ketsim_batch_status(batch, index) == KETSIM_OK, "circuit %zu: %s", index,
          ketsim_batch_message(batch, index));
    CHECK(!*ketsim_batch_message(batch, index), "circuit %zu has a message", index);
    ketsim_state *state = ketsim_batch_take(batch, index);
    CHECK(state && state_hash(state) == hash, "circuit %zu has other bits than alone", index);
    CHECK(!ketsim_batch_take(batch, index), "circuit %zu can be taken twice", index);
    ketsim_state_free(state);
}

static void has_failed(const ketsim_batch *batch, size_t index, ketsim_status status, const char *part)
{
    const char *message = ketsim_batch_message(batch, index);
    CHECK(ketsim_batch_status(batch, index) == status, "circuit %zu: %s: %s", index,
          ketsim_status_name(ketsim_batch_status(batch, index)), message);
    CHECK(strstr(message, part), "circuit %zu: message \"%s\" lacks \"%s\"", index, message, part);
    CHECK(!ketsim_batch_take((ketsim_batch *)batch, index), "circuit %zu failed and has a state", index);
}

/* ---- bits ------------------------------------------------------------------------------------- */

static void same_as_alone(ketsim_dtype dtype, unsigned most)
{
    struct set set = mixed(1 + most, dtype);
    ketsim_batch *batch = run_batch(&set, &(ketsim_batch_options){.max_concurrency = most, .dtype = dtype});
    for (unsigned k = 0; k < MIXED; k++) has_hash(batch, k, set.hashes[k]);
    const ketsim_batch_stats s = stats_of(batch);
    CHECK(s.circuits == MIXED && s.succeeded == MIXED, "%zu of %zu succeeded", s.succeeded, s.circuits);
    CHECK(s.threads >= 1 && s.threads <= (most ? most : CREW), "%u threads", s.threads);
    CHECK(s.idle_share >= 0 && s.idle_share < 1, "%g of the time idle", s.idle_share);
    CHECK(s.crossover == ketsim_batch_crossover(NULL), "crossover at %u qubits", s.crossover);
    CHECK(s.wall_ns && s.cpu_ns && s.operations && s.median_ns <= s.p99_ns, "a clock stood still");
    CHECK(s.bytes_peak >= ketsim_memory_needed(MOST_QUBITS, dtype), "peak of %llu bytes",
          (unsigned long long)s.bytes_peak);
    ketsim_batch_free(batch);
    free_set(&set);
}

/* Few circuits on many qubits go one by one on all threads. */
static void wide_same_as_alone(void)
{
    uint64_t seed = 5, hashes[3];
    ketsim_circuit *circuits[3];
    ketsim_batch *batch;
    for (unsigned k = 0; k < 3; k++) {
        circuits[k] = random_circuit(k == 1 ? 18 : 4 + 11 * (k == 2), 20, &seed, NULL);
        hashes[k] = hash_alone(circuits[k], KETSIM_COMPLEX128);
    }
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)circuits, 3, NULL));
    CHECK(stats_of(batch).wide == 2, "%zu wide circuits", stats_of(batch).wide);
    for (unsigned k = 0; k < 3; k++) has_hash(batch, k, hashes[k]);
    ketsim_batch_free(batch);
    for (unsigned k = 0; k < 3; k++) ketsim_circuit_free(circuits[k]);
}

static void none(void)
{
    ketsim_batch *batch;
    CHECK_OK(ketsim_batch_run(&batch, NULL, 0, NULL));
    CHECK(stats_of(batch).circuits == 0, "circuits in an empty batch");
    CHECK(ketsim_batch_status(batch, 0) == KETSIM_ERR_ARGUMENT, "circuit 0 of none");
    CHECK(strstr(ketsim_batch_message(batch, 0), "no such circuit"), "no message");
    CHECK(!ketsim_batch_take(batch, 0), "a state of none");
    ketsim_batch_free(batch);
    ketsim_batch_free(NULL);
}

/* ---- starts ----------------------------------------------------------------------------------- */

static uint64_t hash_of_clone(ketsim_state *start, const ketsim_circuit *circuit)
{
    ketsim_state *state;
    CHECK_OK(ketsim_state_clone(&state, start));
    return hash_from(state, circuit);
}

/* From one state with a queue, for all. */
static void from_one(void)
{
    struct set set = mixed(77, KETSIM_COMPLEX128);
    ketsim_state *start = label_state("+0r1-l+0r1-l");
    CHECK_OK(gate1(start, KETSIM_GATE_H, 0, 1, 0, 0));
    CHECK_OK(ketsim_state_set_threads(start, 3));
    CHECK_OK(ketsim_queue(start, &(ketsim_op){.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1}, 1));
    ketsim_batch *batch = run_batch(&set, &(ketsim_batch_options){.states = &start, .nstates = 1});
    CHECK(!ketsim_pending(start), "the queue was not run");
    for (unsigned k = 0; k < MIXED; k++) has_hash(batch, k, hash_of_clone(start, set.circuits[k]));
    ketsim_batch_free(batch);
    ketsim_state_free(start);
    free_set(&set);
}

/* One each; some of them cannot serve. */
static void from_each(void)
{
    struct set set = mixed(78, KETSIM_COMPLEX128);
    ketsim_state *starts[MIXED];
    for (unsigned k = 0; k < MIXED; k++) starts[k] = new_state(MOST_QUBITS, (ketsim_dtype)(k & 1));
    ketsim_state_free(starts[11]);
    starts[11] = new_state(3, KETSIM_COMPLEX128); /* for a circuit on 12 */
    CHECK_OK(ketsim_state_close(starts[20]));
    ketsim_batch *batch = run_batch(&set, &(ketsim_batch_options){.states = starts, .nstates = MIXED});
    has_failed(batch, 11, KETSIM_ERR_ARGUMENT, "12 qubits");
    has_failed(batch, 20, KETSIM_ERR_CLOSED, "closed");
    for (unsigned k = 0; k < MIXED; k++)
        if (k != 11 && k != 20) has_hash(batch, k, hash_of_clone(starts[k], set.circuits[k]));
    CHECK(stats_of(batch).failed == 2, "%zu failed", stats_of(batch).failed);
    for (unsigned k = 0; k < MIXED; k++) {
        CHECK(ketsim_state_generation(starts[k]) == 1, "start %u was written", k);
        ketsim_state_free(starts[k]);
    }
    ketsim_batch_free(batch);
    free_set(&set);
}

static void from_closed(void)
{
    struct set set = mixed(79, KETSIM_COMPLEX128);
    ketsim_state *start = new_state(2, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_state_close(start));
    ketsim_batch *batch = run_batch(&set, &(ketsim_batch_options){.states = &start, .nstates = 1});
    for (unsigned k = 0; k < MIXED; k++) has_failed(batch, k, KETSIM_ERR_CLOSED, "closed");
    ketsim_batch_free(batch);
    ketsim_state_free(start);
    free_set(&set);
}

/* ---- samples ---------------------------------------------------------------------------------- */

static void same_counts(const ketsim_batch *batch, size_t index, ketsim_state *state, uint64_t seed)
{
    uint64_t outcomes[SHOTS], total = 0;
    const ketsim_count *counts;
    const uint64_t own = ketsim_batch_seed(seed, index);
    const size_t ncounts = ketsim_batch_counts(batch, &counts, index);
    CHECK_OK(ketsim_sample(state, outcomes, SHOTS, NULL, 0, &own));
    for (size_t k = 0; k < ncounts; k++) {
        uint64_t found = 0;
        for (unsigned s = 0; s < SHOTS; s++) found += outcomes[s] == counts[k].outcome;
        CHECK(found == counts[k].count, "circuit %zu: %llu counted, %llu sampled", index,
              (unsigned long long)counts[k].count, (unsigned long long)found);
        CHECK(!k || counts[k - 1].count >= counts[k].count, "circuit %zu: counts are not in order", index);
        total += found;
    }
    CHECK(total == SHOTS, "circuit %zu: %llu samples", index, (unsigned long long)total);
}

static void samples(unsigned most)
{
    const uint64_t seed = 99;
    const ketsim_count *counts;
    struct set set = mixed(80, KETSIM_COMPLEX128);
    ketsim_batch_options options = {.max_concurrency = most, .shots = SHOTS, .seed = &seed};
    ketsim_batch *batch = run_batch(&set, &options);
    options.drop_states = true;
    ketsim_batch *dropped = run_batch(&set, &options);
    for (unsigned k = 0; k < MIXED; k++) {
        ketsim_state *state = ketsim_batch_take(batch, k);
        same_counts(batch, k, state, seed);
        same_counts(dropped, k, state, seed);
        CHECK(!ketsim_batch_take(dropped, k), "drop_states keeps states");
        ketsim_state_free(state);
    }
    CHECK(ketsim_batch_counts(batch, &counts, MIXED) == 0 && !counts, "counts of no circuit");
    CHECK(ketsim_batch_seed(seed, 0) != ketsim_batch_seed(seed, 1), "circuits share a seed");
    ketsim_batch_free(batch);
    ketsim_batch_free(dropped);
    free_set(&set);
}

static void unseeded(void)
{
    const ketsim_count *counts;
    struct set set = mixed(81, KETSIM_COMPLEX128);
    ketsim_batch *batch = run_batch(&set, &(ketsim_batch_options){.shots = 1, .drop_states = true});
    for (unsigned k = 0; k < MIXED; k++)
        CHECK(ketsim_batch_counts(batch, &counts, k) == 1 && counts->count == 1, "not one sample");
    ketsim_batch_free(batch);
    free_set(&set);
}

/* ---- expectation values ----------------------------------------------------------------------- */

/* Observables on 3 qubits: circuits on 1 and 2 fail, the others do not notice. */
static void values(unsigned most, uint64_t shots, ketsim_dtype dtype)
{
    struct set set = mixed(88, dtype);
    ketsim_observable *all[ASKED];
    const uint64_t seed = 4;
    const double *got;
    const ketsim_count *counts;
    observables(all);
    ketsim_batch *batch = run_batch(
        &set, &(ketsim_batch_options){.max_concurrency = most,
                                      .dtype = dtype,
                                      .shots = shots,
                                      .seed = &seed,
                                      .observables = (const ketsim_observable *const *)all,
                                      .nobservables = ASKED,
                                      .drop_states = most != 2});
    for (unsigned k = 0; k < MIXED; k++) {
        const size_t ngot = ketsim_batch_values(batch, &got, k);
        if (ketsim_circuit_nqubits(set.circuits[k]) < 3) {
            has_failed(batch, k, KETSIM_ERR_ARGUMENT, "observable acts on qubit 2");
            CHECK(!ngot && !got, "circuit %u failed and has values", k);
            continue;
        }
        same_values(got, ngot, set.circuits[k], dtype, all);
        CHECK(!ketsim_batch_counts(batch, &counts, k) == !shots, "circuit %u: counts", k);
        if (most == 2) has_hash(batch, k, set.hashes[k]);
        else CHECK(!ketsim_batch_take(batch, k), "drop_states keeps states");
    }
    CHECK(!ketsim_batch_values(batch, &got, MIXED) && !got, "values of no circuit");
    ketsim_batch_free(batch);
    free_observables(all);
    free_set(&set);
}

/* What is evaluated ends early, too: 2^15 strings of X, each a pass over 2^15 amplitudes, on few gates. */
static void values_stop(void)
{
    enum { N = 15 };
    const uint64_t count = UINT64_C(1) << N;
    uint64_t seed = 6;
    int qubits[N];
    ketsim_circuit *circuit = random_circuit(N, 5, &seed, NULL);
    ketsim_observable *all[1];
    ketsim_batch *batch;
    char(*letters)[N] = malloc(count * sizeof *letters);
    ketsim_pauli *terms = malloc(count * sizeof *terms);
    CHECK(letters && terms, "no memory");
    for (int q = 0; q < N; q++) qubits[q] = q;
    for (uint64_t k = 0; k < count; k++) {
        for (unsigned q = 0; q < N; q++) letters[k][q] = "IX"[k >> q & 1];
        terms[k] = (ketsim_pauli){1, letters[k], qubits, N};
    }
    CHECK_OK(ketsim_observable_new(&all[0], terms, count));
    const ketsim_batch_options options = {.observables = (const ketsim_observable *const *)all,
                                          .nobservables = 1,
                                          .per_circuit_timeout_ms = 20};
    CHECK_OK(ketsim_batch_run(&batch, (const ketsim_circuit *const *)&circuit, 1, &options));
    has_failed(batch, 0, KETSIM_ERR_DEADLINE, "per_circuit_timeout_ms = 20");
    ketsim_batch_free(batch);
    ketsim_observable_free(all[0]);
    ketsim_circuit_free(circuit);
    free(letters);
    free(terms);
}

/* ---- limits ----------------------------------------------------------------------------------- */

static void memory_limited(void)
{
    struct set set = mixed(82, KETSIM_COMPLEX128);
    const uint64_t limit = ketsim_memory_needed(MOST_QUBITS - 1, KETSIM_COMPLEX128);
    ketsim_batch *batch = run_batch(&set, &(ketsim_batch_options){.memory_limit = limit});
    for (unsigned k = 0; k < MIXED; k++)
        if (1 + k % MOST_QUBITS == MOST_QUBITS) has_failed(batch, k, KETSIM_ERR_MEMORY, "memory_limit");
        else has_hash(batch, k, set.hashes[k]);
    ketsim_batch_free(batch);
    free_set(&set);
}

static bool count_polls(void *context, double done)
{
    atomic_uint *polls = context;
    CHECK(done >= 0 && done <= 1, "%g done", done);
    atomic_fetch_add(polls, 1);
    return true;
}

static bool refuse(void *context, double done)
{
    (void)done;
    return count_polls(context, 0) && false;
}

/* Circuits that take seconds each on one thread: one circuit, many times. */
static struct set slow(void)
{
    struct set set;
    uint64_t seed = 3;
    ketsim_circuit *circuit = random_circuit(16, 200, &seed, NULL);
    for (unsigned k = 0; k < 8; k++) CHECK_OK(ketsim_circuit_extend(circuit, circuit));
    for (unsigned k = 0; k < MIXED; k++) set.circuits[k] = circuit;
    return set;
}

static void free_slow(struct set *set)
{
    ketsim_circuit_free(set->circuits[0]);
}

static void all_failed(const ketsim_batch *batch, ketsim_status status, const char *part)
{
    for (unsigned k = 0; k < MIXED; k++) has_failed(batch, k, status, part);
}

static void stops(void)
{
    struct set set = slow();
    ketsim_cancel *cancel;
    atomic_uint polls = 0;
    CHECK_OK(ketsim_cancel_new(&cancel));
    ketsim_batch *batch = run_batch(&set, &(ketsim_batch_options){.timeout_ms = 30});
    all_failed(batch, KETSIM_ERR_DEADLINE, "timeout_ms = 30 passed");
    CHECK(stats_of(batch).timed_out == MIXED, "%zu timed out", stats_of(batch).timed_out);
    ketsim_batch_free(batch);

    batch = run_batch(&set, &(ketsim_batch_options){.per_circuit_timeout_ms = 1});
    all_failed(batch, KETSIM_ERR_DEADLINE, "per_circuit_timeout_ms = 1 passed");
    ketsim_batch_free(batch);

    batch = run_batch(&set, &(ketsim_batch_options){.poll = refuse, .poll_context = &polls});
    all_failed(batch, KETSIM_ERR_CANCELLED, "stopped");
    CHECK(polls == 1, "asked %u times", polls);
    ketsim_batch_free(batch);

    ketsim_cancel_raise(cancel);
    batch = run_batch(&set, &(ketsim_batch_options){.cancel = cancel});
    all_failed(batch, KETSIM_ERR_CANCELLED, "stopped before");
    CHECK(stats_of(batch).cancelled == MIXED, "%zu cancelled", stats_of(batch).cancelled);
    ketsim_batch_free(batch);
    ketsim_cancel_free(cancel);
    free_slow(&set);
}

/* Long circuits among short ones: the short ones' results stay. */
static void some_time_out(void)
{
    struct set set = mixed(83, KETSIM_COMPLEX128), long_ones = slow();
    atomic_uint polls = 0;
    const ketsim_circuit *circuits[MIXED];
    ketsim_batch *batch;
    for (unsigned k = 0; k < MIXED; k++) circuits[k] = k % 20 ? set.circuits[k] : long_ones.circuits[k];
    const ketsim_batch_options options = {
        .per_circuit_timeout_ms = 300, .poll = count_polls, .poll_context = &polls};
    CHECK_OK(ketsim_batch_run(&batch, circuits, MIXED, &options));
    for (unsigned k = 0; k < MIXED; k++)
        if (k % 20) has_hash(batch, k, set.hashes[k]);
        else has_failed(batch, k, KETSIM_ERR_DEADLINE, "per_circuit_timeout_ms");
    CHECK(polls > 0, "never polled");
    ketsim_batch_free(batch);
    free_set(&set);
    free_slow(&long_ones);
}

static void bad_arguments(void)
{
    struct set set = mixed(84, KETSIM_COMPLEX128);
    const ketsim_observable *no_observable = NULL;
    const ketsim_circuit *hole[2] = {set.circuits[0], NULL};
    ketsim_state *start = new_state(1, KETSIM_COMPLEX128), *starts[2] = {start, NULL};
    ketsim_batch *batch;
    const struct {
        ketsim_batch_options options;
        const char *part;
    } bad[] = {{{.dtype = (ketsim_dtype)7}, "dtype 7"},
               {{.shots = UINT64_MAX}, "shots"},
               {{.states = starts, .nstates = 2}, "2 states for 60 circuits"},
               {{.nstates = 1}, "states is NULL"},
               {{.nobservables = 2}, "observables is NULL"},
               {{.observables = &no_observable, .nobservables = 1}, "observable 0 is NULL"},
               {{.states = starts + 1, .nstates = 1}, "state 0 is NULL"}};
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++)
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_batch_run(&batch, circuits_of(&set), MIXED, &bad[k].options),
                    bad[k].part);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_batch_run(&batch, hole, 2, NULL), "circuit 1 is NULL");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_batch_run(&batch, NULL, 2, NULL), "circuits is NULL");
    ketsim_state_free(start);
    free_set(&set);
}

/* ---- threads, no memory ----------------------------------------------------------------------- */

static void *run_often(void *context)
{
    const struct set *set = context;
    for (unsigned round = 0; round < 10; round++) {
        ketsim_batch *batch = run_batch(set, &(ketsim_batch_options){.max_concurrency = 2 + round % 3});
        for (unsigned k = 0; k < MIXED; k++) has_hash(batch, k, set->hashes[k]);
        ketsim_batch_free(batch);
    }
    return NULL;
}

static void callers_at_once(void)
{
    struct set set = mixed(85, KETSIM_COMPLEX128);
    pthread_t threads[CALLERS];
    for (unsigned k = 0; k < CALLERS; k++)
        CHECK(!pthread_create(&threads[k], NULL, run_often, &set), "no thread");
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(threads[k], NULL);
    free_set(&set);
}

/* Of each allocation in the calling thread, the first that fails is the chosen one. */
static void without_memory(void)
{
    struct set set = mixed(87, KETSIM_COMPLEX128);
    unsigned after = 0;
    bool failed = FAILING_WORKS;
    ketsim_observable *all[ASKED];
    observables(all);
    for (; failed && after < 200; after++) {
        ketsim_batch *batch;
        failing_start(after);
        const ketsim_status status = ketsim_batch_run(
            &batch, circuits_of(&set), MIXED,
            &(ketsim_batch_options){.max_concurrency = 1,
                                    .shots = 3,
                                    .observables = (const ketsim_observable *const *)(all + 2),
                                    .nobservables = 1});
        failed = failing_stop();
        CHECK(status == KETSIM_OK || status == KETSIM_ERR_MEMORY, "%s", ketsim_last_error());
        for (unsigned k = 0; status == KETSIM_OK && k < MIXED; k++)
            if (ketsim_batch_status(batch, k) == KETSIM_OK) has_hash(batch, k, set.hashes[k]);
            else has_failed(batch, k, KETSIM_ERR_MEMORY, "");
        if (status == KETSIM_OK) ketsim_batch_free(batch);
    }
    free_observables(all);
    free_set(&set);
}

int main(void)
{
    CHECK(!setenv("KETSIM_NUM_THREADS", "4", 1), "no environment");
    CHECK(ketsim_default_threads() == CREW, "%u threads", ketsim_default_threads());
    none();
    for (unsigned most = 0; most <= CREW + 1; most++) {
        same_as_alone(KETSIM_COMPLEX128, most);
        same_as_alone(KETSIM_COMPLEX64, most);
    }
    wide_same_as_alone();
    from_one();
    from_each();
    from_closed();
    samples(1);
    samples(0);
    unseeded();
    for (unsigned most = 0; most < 4; most++) {
        values(most, 0, KETSIM_COMPLEX128);
        values(most, 50, KETSIM_COMPLEX64);
    }
    values_stop();
    memory_limited();
    bad_arguments();
    stops();
    some_time_out();
    callers_at_once();
    without_memory();
    return 0;
}
