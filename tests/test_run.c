/* How a run ends: cancelled, late, stopped by its callback, refused, or done; what others see meanwhile; and
 * that its result has the same bits for any number of threads. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "helpers.h"

/* A long run takes many seconds, and stops at the latest so many seconds after it should.
 * aarch64 is here mostly an emulator, 30 times slower than a machine. */
#if defined(__aarch64__)
enum { N = 15, LONG = 20000, LATEST = 20, MAX_SAME = 14, ROUNDS = 1 };
#else
enum { N = 18, LONG = 20000, LATEST = 2, MAX_SAME = 16, ROUNDS = 4 };
#endif

static ketsim_circuit *long_circuit, *short_circuit; /* a short one many slices */

/* For a run of it that called back too seldom on this machine. */
static void lengthen_short_circuit(void)
{
    CHECK(ketsim_circuit_length(short_circuit) < LONG, "no callback in a run of %zu gates on %d qubits",
          ketsim_circuit_length(short_circuit), N);
    CHECK_OK(ketsim_circuit_extend(short_circuit, short_circuit));
}

/* A state that nothing was ever written to, or one with something in it. */
static bool fresh;

static ketsim_state *some_state(bool inplace)
{
    uint64_t seed = 1;
    ketsim_state *state = new_state(N, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_state_set_inplace(state, inplace));
    if (fresh) return state;
    ketsim_circuit *circuit = random_circuit(N, 10, &seed, NULL);
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    ketsim_circuit_free(circuit);
    return state;
}

static void queue_two(ketsim_state *state)
{
    const ketsim_op ops[] = {{.gate = KETSIM_GATE_H, .qubits = (int[]){3}, .nqubits = 1},
                             {.gate = KETSIM_GATE_CNOT, .qubits = (int[]){3, 9}, .nqubits = 2}};
    CHECK_OK(ketsim_queue(state, ops, 2));
}

/* Of a clone, so that the state itself stays as fresh as it is. */
static uint64_t committed_hash(ketsim_state *state)
{
    ketsim_state *clone;
    CHECK_OK(ketsim_state_clone(&clone, state));
    uint64_t hash = state_hash(clone);
    ketsim_state_free(clone);
    return hash;
}

/* What must be the same after a run that failed. */
struct before {
    uint64_t hash, ran, generation; /* the amplitudes now, and when the queue has run */
    ketsim_circuit *queue;
};

static struct before remember(ketsim_state *state)
{
    struct before b = {.hash = committed_hash(state)};
    ketsim_state *clone;
    CHECK_OK(ketsim_state_clone(&clone, state));
    queue_two(clone);
    b.ran = state_hash(clone);
    ketsim_state_free(clone);
    queue_two(state);
    b.generation = ketsim_state_generation(state);
    CHECK_OK(ketsim_queued(state, &b.queue));
    return b;
}

/* The amplitudes are looked at without the queue, or after it ran: every other time. */
static void unchanged(ketsim_state *state, struct before b, const char *what)
{
    static bool discard;
    ketsim_circuit *queue;
    CHECK(ketsim_state_check(state) == KETSIM_OK, "%s: the state cannot be used", what);
    CHECK(ketsim_state_generation(state) == b.generation, "%s: something was committed", what);
    CHECK_OK(ketsim_queued(state, &queue));
    CHECK(ketsim_circuit_equal(queue, b.queue), "%s: the queue is another", what);
    if (discard) CHECK_OK(ketsim_discard(state));
    CHECK(state_hash(state) == (discard ? b.hash : b.ran), "%s: the %s changed", what,
          discard ? "amplitudes" : "queue's result");
    discard = !discard;
    ketsim_circuit_free(queue);
    ketsim_circuit_free(b.queue);
}

/* ---- cancel and deadline -------------------------------------------------------------------------- */

static void cancelled_before(bool inplace)
{
    ketsim_state *state = some_state(inplace);
    ketsim_cancel *cancel;
    struct before b = remember(state);
    CHECK_OK(ketsim_cancel_new(&cancel));
    CHECK(!ketsim_cancel_raised(cancel), "a new token is raised");
    CHECK_OK(ketsim_cancel_check(cancel, "norm"));
    CHECK_OK(ketsim_cancel_check(NULL, "norm"));
    ketsim_cancel_raise(cancel);
    ketsim_cancel_raise(cancel);
    CHECK(ketsim_cancel_raised(cancel), "a raised token is not");
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_cancel_check(cancel, "norm"), "norm: cancelled");
    ketsim_run_options options = {.cancel = cancel};
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_run(state, &options), "");
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_apply(state, long_circuit, &options), "");
    unchanged(state, b, "cancelled before");
    ketsim_cancel_free(cancel);
    ketsim_cancel_free(NULL);
    ketsim_state_free(state);
}

static void *raise_later(void *cancel)
{
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    ketsim_cancel_raise(cancel);
    return NULL;
}

static ketsim_cancel *signal_cancel;
static void on_alarm(int number)
{
    (void)number;
    ketsim_cancel_raise(signal_cancel);
}

/* Raised 60 ms into a run, by a thread or by a signal handler: the run ends soon after. */
static void cancelled_during(bool by_signal)
{
    ketsim_state *state = some_state(false);
    ketsim_cancel *cancel;
    pthread_t thread;
    struct before b = remember(state);
    CHECK_OK(ketsim_cancel_new(&cancel));
    signal_cancel = cancel;
    if (by_signal) {
        signal(SIGALRM, on_alarm);
        setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 60000}, NULL);
    } else {
        CHECK(!pthread_create(&thread, NULL, raise_later, cancel), "no thread");
    }
    double start = seconds();
    CHECK_FAILS(KETSIM_ERR_CANCELLED,
                ketsim_apply(state, long_circuit, &(ketsim_run_options){.cancel = cancel}), "");
    double took = seconds() - start;
    CHECK(took >= 0.05 && took < LATEST, "cancelled after 0.06 s, back after %g s", took);
    unchanged(state, b, "cancelled");
    if (by_signal) signal(SIGALRM, SIG_DFL);
    else pthread_join(thread, NULL);
    ketsim_cancel_free(cancel);
    ketsim_state_free(state);
}

static void deadline(unsigned threads)
{
    ketsim_state *state = some_state(false);
    struct before b = remember(state);
    ketsim_run_options options = {.threads = threads, .timeout_ms = 50};
    double start = seconds();
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_apply(state, long_circuit, &options), "50");
    double took = seconds() - start;
    CHECK(took >= 0.045 && took < LATEST, "a deadline of 0.05 s, back after %g s", took);
    unchanged(state, b, "late");

    options.timeout_ms = 600000;
    CHECK_OK(ketsim_apply(state, short_circuit, &options));
    options.timeout_ms = UINT64_MAX;
    queue_two(state);
    CHECK_OK(ketsim_run(state, &options));
    ketsim_state_free(state);
}

/* Queued operations are as long as any: the same for ketsim_run and what is queued stays. */
static void deadline_of_queue(void)
{
    ketsim_state *state = some_state(false);
    uint64_t hash = state_hash(state);
    for (size_t k = 0; k < LONG; k++) {
        struct stored_op stored;
        get_op(&stored, long_circuit, k);
        const ketsim_op op = op_of(&stored);
        CHECK_OK(ketsim_queue(state, &op, 1));
    }
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_run(state, &(ketsim_run_options){.timeout_ms = 30}), "30");
    CHECK(ketsim_pending(state) == LONG, "%zu operations queued", ketsim_pending(state));
    CHECK_OK(ketsim_discard(state));
    CHECK(state_hash(state) == hash, "a late run changed the amplitudes");
    ketsim_state_free(state);
}

/* ---- the callback --------------------------------------------------------------------------------- */

struct poll {
    unsigned calls, stop_at; /* 0: never */
    bool passes_only;        /* not while it is planned, when nothing has been written yet */
    double last;
    pthread_t thread;
};

static bool count_calls(void *context, double done)
{
    struct poll *poll = context;
    CHECK(pthread_equal(pthread_self(), poll->thread), "called by another thread");
    /* 0 while it is planned, then more each time */
    CHECK(done > poll->last || (poll->last == 0 && done == 0), "fraction %g after %g", done, poll->last);
    CHECK(done >= 0 && done <= 1, "fraction %g", done);
    poll->last = done;
    if (poll->passes_only && done == 0) return true;
    return ++poll->calls != poll->stop_at;
}

static void stopped_by_poll(unsigned threads)
{
    ketsim_state *state = some_state(false);
    struct before b = remember(state);
    struct poll poll = {.stop_at = 3, .thread = pthread_self()};
    ketsim_run_options options = {.threads = threads, .poll = count_calls, .poll_context = &poll};
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_apply(state, long_circuit, &options), "");
    CHECK(poll.calls == 3, "called %u times after it said stop", poll.calls - 3);
    unchanged(state, b, "stopped");

    for (;; lengthen_short_circuit()) {
        poll = (struct poll){.thread = pthread_self()};
        CHECK_OK(ketsim_apply(state, short_circuit, &options));
        if (poll.calls >= 2) break;
    }
    ketsim_state_free(state);
}

/* Half-way through an in-place run there is no way back: invalid until given new amplitudes. */
static void inplace_stopped(void)
{
    ketsim_state *state = some_state(true), *clone = NULL;
    struct poll poll = {.stop_at = 3, .passes_only = true, .thread = pthread_self()};
    ketsim_run_options options = {.poll = count_calls, .poll_context = &poll};
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    uint64_t generation = ketsim_state_generation(state), outcome;
    double norm, *amplitudes = calloc((size_t)2 << N, sizeof *amplitudes);
    ketsim_view *view = NULL;
    CHECK(amplitudes, "no memory");
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_apply(state, long_circuit, &options), "");
    if (fresh && ketsim_state_check(state) == KETSIM_OK) { /* nothing was there to be lost */
        ketsim_state *zero = new_state(N, KETSIM_COMPLEX128);
        CHECK(state_hash(state) == state_hash(zero), "usable, and not what it was");
        ketsim_state_free(zero);
        ketsim_state_free(state);
        free(amplitudes);
        return;
    }
    CHECK(ketsim_state_check(state) == KETSIM_ERR_INVALID, "%s",
          ketsim_status_name(ketsim_state_check(state)));
    CHECK(ketsim_state_generation(state) == generation, "an interrupted run committed");
    CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_norm(state, &norm), "");
    CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_get_amplitudes(state, amplitudes, 0, 1), "");
    CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_view_new(&view, state), "");
    CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_state_clone(&clone, state), "");
    CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_sample(state, &outcome, 1, NULL, 0, NULL), "");
    CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_measure(state, &outcome, NULL, 0, NULL), "");
    CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_apply_ops(state, &op, 1, NULL), "");
    CHECK_FAILS(KETSIM_ERR_INVALID, ketsim_run(state, NULL), "");
    amplitudes[0] = 1;
    CHECK_OK(ketsim_state_set(state, amplitudes, UINT64_C(1) << N, false));
    CHECK(ketsim_state_check(state) == KETSIM_OK, "new amplitudes did not make it valid");
    CHECK_OK(ketsim_apply_ops(state, &op, 1, NULL));
    CHECK_OK(ketsim_get_amplitudes(state, amplitudes, UINT64_C(1) << (N - 1), 1));
    CHECK(amplitudes[0] == 1 && amplitudes[1] == 0, "X on qubit 0 gives %g%+gi", amplitudes[0],
          amplitudes[1]);
    free(amplitudes);
    ketsim_state_free(state);
}

/* ---- generations ---------------------------------------------------------------------------------- */

static void expect_generation(void)
{
    ketsim_state *state = label_state("00");
    ketsim_run_options options = {.expect_generation = 1};
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    CHECK_OK(ketsim_apply_ops(state, &op, 1, &options));
    uint64_t hash = state_hash(state);
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_apply_ops(state, &op, 1, &options), "1");
    CHECK(strstr(ketsim_last_error(), "2"), "not both generations in: %s", ketsim_last_error());
    options.expect_generation = 7;
    CHECK_OK(ketsim_queue(state, &op, 1));
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_run(state, &options), "7");
    CHECK(ketsim_pending(state) == 1 && ketsim_state_generation(state) == 2, "a refused run did something");
    CHECK_OK(ketsim_discard(state));
    CHECK(state_hash(state) == hash, "a refused run changed the amplitudes");
    options.expect_generation = 2;
    CHECK_OK(ketsim_queue(state, &op, 1));
    CHECK_OK(ketsim_run(state, &options));
    ketsim_state_free(state);
}

/* ---- others during a run -------------------------------------------------------------------------- */

struct others {
    ketsim_state *state;
    ketsim_circuit *circuit;
    uint64_t hash, generation;
    bool by_thread;
    unsigned rounds;
};

/* Every write is refused, every read is of the last commit. */
static void *try_everything(void *context)
{
    struct others *o = context;
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    double amplitudes[2] = {1, 0}, norm;
    uint64_t outcome[2], seed = 1;
    ketsim_edit *edit = NULL;
    ketsim_state *clone;
    ketsim_view *view;
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_queue(o->state, &op, 1), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_discard(o->state), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_run(o->state, NULL), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_apply(o->state, o->circuit, NULL), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_apply_ops(o->state, &op, 1, NULL), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, gate1(o->state, KETSIM_GATE_X, 0, 0, 0, 0), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_measure(o->state, outcome, (int[]){0}, 1, NULL), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_edit_begin(&edit, o->state), "");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_state_close(o->state), "");
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_wait(o->state, 0), "");
    CHECK(!edit, "a failing call wrote to its output");
    CHECK(ketsim_pending(o->state) == 2, "%zu operations queued during the run", ketsim_pending(o->state));

    CHECK(ketsim_state_generation(o->state) == o->generation, "the generation changed during the run");
    CHECK(state_hash(o->state) == o->hash, "a read during the run is of something else");
    CHECK_OK(ketsim_get_amplitudes(o->state, amplitudes, 1, 1));
    CHECK_OK(ketsim_norm(o->state, &norm));
    CHECK(norm > 1 - 1e-12 && norm < 1 + 1e-12, "norm %.17g during the run", norm);
    CHECK_OK(ketsim_sample(o->state, outcome, 2, NULL, 0, &seed));
    CHECK_OK(ketsim_view_new(&view, o->state));
    CHECK(ketsim_view_generation(view) == o->generation &&
              hash_bytes(ketsim_view_amplitudes(view), state_bytes(o->state)) == o->hash,
          "a view of something else");
    ketsim_view_free(view);
    CHECK_OK(ketsim_state_clone(&clone, o->state));
    CHECK_OK(ketsim_discard(clone));
    CHECK(state_hash(clone) == o->hash, "a clone of something else");
    CHECK_OK(gate1(clone, KETSIM_GATE_H, 0, 1, 0, 0));
    ketsim_state_free(clone);
    return NULL;
}

static bool call_others(void *context, double done)
{
    struct others *o = context;
    pthread_t thread;
    (void)done;
    if (o->rounds++ >= 3) return true;
    if (o->by_thread) {
        CHECK(!pthread_create(&thread, NULL, try_everything, o), "no thread");
        pthread_join(thread, NULL);
    } else {
        try_everything(o);
    }
    /* What runs was sealed: the circuit may lose and gain operations. */
    CHECK_OK(ketsim_circuit_truncate(o->circuit, 1));
    CHECK_OK(ketsim_circuit_gate(o->circuit, KETSIM_GATE_X, NULL, (int[]){5}));
    return true;
}

static bool others_during(bool by_thread)
{
    ketsim_state *state = some_state(false), *twin = some_state(false);
    queue_two(twin);
    CHECK_OK(ketsim_apply(twin, short_circuit, NULL));

    struct others o = {.state = state, .by_thread = by_thread, .hash = committed_hash(state)};
    o.generation = ketsim_state_generation(state);
    CHECK_OK(ketsim_circuit_copy(&o.circuit, short_circuit));
    queue_two(state);
    ketsim_run_options options = {.poll = call_others, .poll_context = &o};
    CHECK_OK(ketsim_apply(state, o.circuit, &options));
    CHECK(ketsim_state_generation(state) == o.generation + 1, "not one commit");
    CHECK(ketsim_pending(state) == 0, "%zu operations left", ketsim_pending(state));
    CHECK(state_hash(state) == state_hash(twin), "the run was disturbed");
    ketsim_circuit_free(o.circuit);
    ketsim_state_free(state);
    ketsim_state_free(twin);
    return o.rounds > 0;
}

/* ---- the same bits -------------------------------------------------------------------------------- */

static unsigned long runs;

static void same_bits(unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    ketsim_circuit *circuit = random_circuit(n, 30, seed, NULL);
    uint64_t expected = 0;
    for (unsigned inplace = 0; inplace < 2; inplace++)
        for (unsigned threads = 1; threads <= 8; threads++) {
            ketsim_state *state = new_state(n, dtype);
            CHECK_OK(ketsim_state_set_inplace(state, inplace));
            CHECK_OK(ketsim_apply(state, circuit, &(ketsim_run_options){.threads = threads}));
            CHECK_OK(ketsim_state_set_threads(state, threads));
            CHECK_OK(ketsim_apply(state, circuit, NULL));
            uint64_t hash = state_hash(state);
            if (!expected) expected = hash;
            CHECK(hash == expected, "%u qubits, %s, %s: %u threads give other bits", n, ketsim_isa(),
                  inplace ? "in place" : "transaction", threads);
            ketsim_state_free(state);
            runs++;
        }
    ketsim_circuit_free(circuit);
}

static void determinism(void)
{
    static const char *const isas[] = {"base", "avx2", "avx512", "neon"};
    uint64_t seed = 5;
    for (unsigned k = 0; k < 4; k++) {
        if (!ketsim_isa_available(isas[k])) continue;
        CHECK_OK(ketsim_set_isa(isas[k]));
        for (unsigned n = 14; n <= MAX_SAME; n++) {
            same_bits(n, KETSIM_COMPLEX128, &seed);
            same_bits(n, KETSIM_COMPLEX64, &seed);
        }
    }
}

static void estimates(void)
{
    ketsim_state *small = new_state(2, KETSIM_COMPLEX128), *large = new_state(N, KETSIM_COMPLEX128);
    CHECK(ketsim_estimate_ns(large, 1000) > ketsim_estimate_ns(large, 10), "1000 gates cost no more than 10");
    CHECK(ketsim_estimate_ns(large, 10) > ketsim_estimate_ns(small, 10), "%d qubits cost no more than 2", N);
    CHECK(ketsim_estimate_ns(small, 1) < 2000, "one gate on 2 qubits: %d ns",
          (int)ketsim_estimate_ns(small, 1));
    CHECK(ketsim_estimate_ns(large, 1000) > 100000, "1000 gates: %d ns",
          (int)ketsim_estimate_ns(large, 1000));
    ketsim_state_free(small);
    ketsim_state_free(large);
}

int main(void)
{
    uint64_t seed = 2;
    long_circuit = random_circuit(N, LONG, &seed, NULL);
    short_circuit = random_circuit(N, 100, &seed, NULL);
    for (unsigned round = 0; round < ROUNDS; round++) {
        fresh = round > 1;
        cancelled_before(false);
        cancelled_before(true);
        cancelled_during(false);
        cancelled_during(true);
        deadline(1);
        if (round & 1) continue;
        deadline(2);
        deadline_of_queue();
        stopped_by_poll(1);
        stopped_by_poll(2);
        inplace_stopped();
        while (!others_during(false)) lengthen_short_circuit();
        while (!others_during(true)) lengthen_short_circuit();
    }
    expect_generation();
    determinism();
    estimates();
    ketsim_circuit_free(long_circuit);
    ketsim_circuit_free(short_circuit);
    printf("cancel, deadline, callback, others during a run; %lu runs with 1 to 8 threads\n", runs);
    return EXIT_SUCCESS;
}
