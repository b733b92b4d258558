/* Plans made once: what runs of them give, on any number of states and threads, with a queue before them and stopped
 * at every place; what they refuse; and that no memory is an error that leaves everything as it was. */
#include <math.h>
#include <pthread.h>

#include "failing.h"
#include "helpers.h"
#include "plan.h"

enum { THREADS = 4, ROUNDS = 5, MOST_SCRATCH = 4 << 20 };

static ketsim_plan *new_plan(const ketsim_circuit *circuit, unsigned n, ketsim_dtype dtype, const char *label)
{
    ketsim_plan *plan;
    const ketsim_plan_options options = {.nqubits = n, .dtype = dtype, .label = label};
    CHECK_OK(ketsim_plan_new(&plan, circuit, &options));
    return plan;
}

static void queue_two(ketsim_state *state)
{
    const ketsim_op ops[] = {{.gate = KETSIM_GATE_H, .qubits = (int[]){0}, .nqubits = 1},
                             {.gate = KETSIM_GATE_CNOT, .qubits = (int[]){0, 1}, .nqubits = 2}};
    CHECK_OK(ketsim_queue(state, ops, 2));
}

/* ---- the same bits as a circuit -------------------------------------------------------------------- */

/* From a product state, then from what that has left: a plan for each, and the circuit. */
static void same_as_circuit(unsigned n, size_t length, ketsim_dtype dtype, uint64_t *seed)
{
    char label[KETSIM_MAX_QUBITS + 1] = "";
    for (unsigned q = 0; q < n; q++) label[q] = "0001+-rl"[random_below(seed, 8)];
    ketsim_circuit *circuit = random_circuit(n < 3 ? n : n - random_below(seed, 2), length, seed, NULL);
    ketsim_plan *first = new_plan(circuit, n, dtype, label), *next = new_plan(circuit, n, dtype, NULL);
    ketsim_state *a, *b;
    CHECK_OK(ketsim_state_from_label(&a, label, n, dtype));
    CHECK_OK(ketsim_state_from_label(&b, label, n, dtype));
    for (unsigned k = 0; k < 2; k++) {
        CHECK_OK(ketsim_apply(a, circuit, NULL));
        CHECK_OK(ketsim_run_plan(b, k ? next : first, NULL));
        CHECK(state_hash(a) == state_hash(b), "n = %u, %zu operations, run %u: other bits", n, length, k);
    }
    CHECK(ketsim_state_generation(a) == ketsim_state_generation(b), "n = %u: not one commit a run", n);
    ketsim_plan_free(first);
    ketsim_plan_free(next);
    ketsim_state_free(a);
    ketsim_state_free(b);
    ketsim_circuit_free(circuit);
}

static void all_sizes(void)
{
    uint64_t seed = 5;
    for (unsigned n = 1; n <= 14; n++)
        for (unsigned dtype = 0; dtype < 2; dtype++)
            for (size_t length = 0; length < 100; length += length < 8 ? 2 : 40)
                same_as_circuit(n, length, (ketsim_dtype)dtype, &seed);
}

/* The circuit may go, and a plan for any start takes a state that was never written. */
static void outlives_circuit(void)
{
    uint64_t seed = 9;
    enum { N = 5 };
    oracle_amp psi[1 << N] = {1};
    ketsim_circuit *circuit = random_circuit(N, 30, &seed, psi);
    ketsim_plan *plan;
    CHECK_OK(ketsim_plan_new(&plan, circuit, NULL));
    CHECK_OK(ketsim_circuit_truncate(circuit, 0));
    ketsim_circuit_free(circuit);
    ketsim_state *state = new_state(N, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_run_plan(state, plan, NULL));
    CHECK(state_error(state, psi) < 1e-13, "error %g", state_error(state, psi));
    ketsim_plan_free(plan);
    ketsim_plan_free(NULL);
    ketsim_state_free(state);
}

static void counts_what_it_ran(void)
{
    uint64_t seed = 2;
    ketsim_counters before, after;
    ketsim_circuit *circuit = random_circuit(6, 21, &seed, NULL);
    ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX128, NULL);
    ketsim_state *state = new_state(6, KETSIM_COMPLEX128);
    queue_two(state);
    ketsim_get_counters(&before);
    CHECK_OK(ketsim_run_plan(state, plan, NULL));
    ketsim_get_counters(&after);
    CHECK(after.runs - before.runs == 1 && after.operations - before.operations == 23,
          "%llu runs, %llu operations", (unsigned long long)(after.runs - before.runs),
          (unsigned long long)(after.operations - before.operations));
    CHECK(after.plan_hits == before.plan_hits && after.plan_misses == before.plan_misses,
          "the plan was looked up");
    ketsim_plan_free(plan);
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

/* ---- several threads ------------------------------------------------------------------------------- */

struct sharer {
    const ketsim_plan *plan;
    unsigned n;
    uint64_t expected;
    pthread_t thread;
};

static void *run_shared(void *context)
{
    const struct sharer *s = context;
    for (unsigned k = 0; k < ROUNDS; k++) {
        ketsim_state *state = new_state(s->n, KETSIM_COMPLEX128);
        CHECK_OK(ketsim_run_plan(state, s->plan, NULL));
        CHECK(state_hash(state) == s->expected, "n = %u: other bits from a shared plan", s->n);
        ketsim_state_free(state);
    }
    return NULL;
}

static void shared_by_threads(unsigned n)
{
    uint64_t seed = 3;
    char label[KETSIM_MAX_QUBITS + 1] = "";
    memset(label, '0', n);
    ketsim_circuit *circuit = random_circuit(n, 60, &seed, NULL);
    ketsim_state *state = new_state(n, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    struct sharer s[THREADS] = {{.plan = new_plan(circuit, n, KETSIM_COMPLEX128, label), .n = n}};
    s[0].expected = state_hash(state);
    for (unsigned k = 0; k < THREADS; k++) {
        s[k] = s[0];
        CHECK(!pthread_create(&s[k].thread, NULL, run_shared, &s[k]), "no thread");
    }
    for (unsigned k = 0; k < THREADS; k++) pthread_join(s[k].thread, NULL);
    ketsim_plan_free((ketsim_plan *)s[0].plan);
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

/* ---- a queue before it ----------------------------------------------------------------------------- */

static void queue_first(bool inplace)
{
    uint64_t seed = 4;
    enum { N = 7 };
    ketsim_circuit *circuit = random_circuit(N, 40, &seed, NULL);
    ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX128, NULL);
    ketsim_state *a = new_state(N, KETSIM_COMPLEX128), *b = new_state(N, KETSIM_COMPLEX128);
    CHECK_OK(ketsim_state_set_inplace(b, inplace));
    for (unsigned k = 0; k < 2; k++) {
        queue_two(a);
        queue_two(b);
        const uint64_t generation = ketsim_state_generation(b);
        CHECK_OK(ketsim_run(a, NULL));
        CHECK_OK(ketsim_apply(a, circuit, NULL));
        CHECK_OK(ketsim_run_plan(b, plan, NULL));
        CHECK(ketsim_state_generation(b) == generation + 1, "the queue was committed on its own");
        CHECK(!ketsim_pending(b), "%zu operations left", ketsim_pending(b));
        CHECK(state_hash(a) == state_hash(b), "other bits than the queue and then the circuit");
    }
    ketsim_plan_free(plan);
    ketsim_state_free(a);
    ketsim_state_free(b);
    ketsim_circuit_free(circuit);
}

/* ---- what is refused ------------------------------------------------------------------------------- */

static void refuses(const ketsim_plan *plan, ketsim_state *state, const char *given, const char *needed)
{
    ketsim_state *clone;
    const size_t pending = ketsim_pending(state);
    const uint64_t generation = ketsim_state_generation(state);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_run_plan(state, plan, NULL), given);
    CHECK(strstr(ketsim_last_error(), needed), "\"%s\" lacks \"%s\"", ketsim_last_error(), needed);
    CHECK(ketsim_state_generation(state) == generation && ketsim_pending(state) == pending,
          "a refused plan changed the state");
    CHECK_OK(ketsim_state_clone(&clone, state)); /* not claimed any more: runs what is queued */
    ketsim_state_free(clone);
}

static void wrong_states(void)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, 3));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){2}));
    ketsim_plan *any = new_plan(circuit, 0, KETSIM_COMPLEX128, NULL),
                *zero = new_plan(circuit, 0, KETSIM_COMPLEX128, "000"),
                *wide = new_plan(circuit, 5, KETSIM_COMPLEX64, NULL);
    ketsim_state *three = label_state("000"), *other = label_state("0+1"),
                 *single = new_state(3, KETSIM_COMPLEX64), *five = new_state(5, KETSIM_COMPLEX64);
    refuses(wide, three, "plan for 5 qubits", "has 3");
    refuses(any, five, "plan for 3 qubits", "has 5");
    refuses(any, single, "plan for complex128", "is complex64");
    refuses(zero, other, "plan from |000>", "|0+1>");
    CHECK_OK(ketsim_run_plan(five, wide, NULL));
    CHECK_OK(ketsim_run_plan(other, any, NULL));
    refuses(zero, other, "plan from |000>", "other amplitudes");
    CHECK_OK(ketsim_run_plan(three, zero, NULL));
    refuses(zero, three, "plan from |000>", "other amplitudes");
    ketsim_state *fresh = label_state("000");
    queue_two(fresh);
    refuses(zero, fresh, "plan from |000>", "2 operations queued");
    CHECK_OK(ketsim_state_close(fresh));
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_run_plan(fresh, any, NULL), "closed");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_run_plan(three, any, &(ketsim_run_options){.threads = 5000}),
                "5000");
    CHECK_FAILS(KETSIM_ERR_BUSY, ketsim_run_plan(three, any, &(ketsim_run_options){.expect_generation = 77}),
                "77");
    ketsim_plan *plans[] = {any, zero, wide};
    ketsim_state *states[] = {three, other, single, five, fresh};
    for (unsigned k = 0; k < 3; k++) ketsim_plan_free(plans[k]);
    for (unsigned k = 0; k < 5; k++) ketsim_state_free(states[k]);
    ketsim_circuit_free(circuit);
}

static void bad_plan(const ketsim_circuit *circuit, ketsim_plan_options options, const char *part)
{
    ketsim_plan *plan = NULL;
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_plan_new(&plan, circuit, &options), part);
    CHECK(!plan, "a failing call wrote to its output");
}

static void wrong_options(void)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, 3));
    bad_plan(circuit, (ketsim_plan_options){.nqubits = 2}, "2 qubits: must be 3..40");
    bad_plan(circuit, (ketsim_plan_options){.nqubits = 41}, "41 qubits");
    bad_plan(circuit, (ketsim_plan_options){.dtype = (ketsim_dtype)2}, "dtype 2");
    bad_plan(circuit, (ketsim_plan_options){.label = "00"}, "2 characters: must be 3");
    bad_plan(circuit, (ketsim_plan_options){.label = ""}, "0 characters: must be 3");
    bad_plan(circuit, (ketsim_plan_options){.label = "0000"}, "more than 3 characters");
    bad_plan(circuit, (ketsim_plan_options){.label = "0x0"}, "'x'");
    bad_plan(circuit, (ketsim_plan_options){.nqubits = 4, .label = "000"}, "must be 4");
    ketsim_circuit_free(circuit);
}

/* ---- stopped at every place ------------------------------------------------------------------------ */

struct stop {
    unsigned calls, at; /* 0: never */
    double last;
    ketsim_cancel *cancel; /* raise it rather than say stop; may be NULL */
};

static bool count_calls(void *context, double done)
{
    struct stop *stop = context;
    CHECK(done > stop->last && done < 1, "fraction %g after %g", done, stop->last);
    stop->last = done;
    if (++stop->calls != stop->at) return true;
    if (stop->cancel) ketsim_cancel_raise(stop->cancel);
    return stop->cancel != NULL;
}

/* Stopped at call number at, or run to the end: how often it called. */
static unsigned stopped(ketsim_state *state, const ketsim_plan *plan, unsigned at, bool by_token)
{
    struct stop stop = {.at = at};
    ketsim_run_options options = {.threads = 1, .poll = count_calls, .poll_context = &stop};
    if (by_token) CHECK_OK(ketsim_cancel_new(&stop.cancel));
    options.cancel = stop.cancel;
    if (at) CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_run_plan(state, plan, &options), "");
    else CHECK_OK(ketsim_run_plan(state, plan, &options));
    ketsim_cancel_free(stop.cancel);
    return stop.calls;
}

/* Its amplitudes without what is queued. */
static uint64_t committed(ketsim_state *state)
{
    ketsim_view *view;
    ketsim_circuit *queue;
    CHECK_OK(ketsim_queued(state, &queue));
    CHECK_OK(ketsim_discard(state));
    CHECK_OK(ketsim_view_new(&view, state));
    const uint64_t hash = hash_bytes(ketsim_view_amplitudes(view), state_bytes(state));
    ketsim_view_free(view);
    queue_two(state);
    CHECK(ketsim_circuit_length(queue) == ketsim_pending(state), "the queue changed");
    ketsim_circuit_free(queue);
    return hash;
}

static void stopped_everywhere(void)
{
    enum { N = 18, LEAST_CALLS = 3 };
    uint64_t seed = 6;
    ketsim_circuit *circuit = random_circuit(N, 900, &seed, NULL);
    ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX128, NULL);
    ketsim_state *state = new_state(N, KETSIM_COMPLEX128), *twin;
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_state_clone(&twin, state));
    queue_two(state);
    queue_two(twin);
    const uint64_t before = committed(state), generation = ketsim_state_generation(state);
    const unsigned calls = stopped(twin, plan, 0, false);
    CHECK(calls >= LEAST_CALLS, "only %u calls between slices", calls);
    for (unsigned at = 1; at <= calls; at++) {
        CHECK(stopped(state, plan, at, at % 2) == at, "called again after it said stop");
        CHECK(ketsim_state_generation(state) == generation && committed(state) == before,
              "stopped at call %u of %u: the state changed", at, calls);
    }
    stopped(state, plan, 0, false);
    CHECK(state_hash(state) == state_hash(twin), "other bits after all the stops");
    ketsim_state_free(state);
    ketsim_state_free(twin);
    ketsim_plan_free(plan);
    ketsim_circuit_free(circuit);
}

/* A short run looks too, before it starts and between its passes. */
static void short_run_stopped(void)
{
    uint64_t seed = 7;
    ketsim_cancel *cancel;
    ketsim_circuit *circuit = random_circuit(4, 20, &seed, NULL);
    ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX128, NULL);
    ketsim_state *state = label_state("0+1r");
    CHECK_OK(ketsim_cancel_new(&cancel));
    ketsim_run_options options = {.cancel = cancel, .timeout_ms = 60000};
    CHECK_OK(ketsim_run_plan(state, plan, &options));
    const uint64_t hash = state_hash(state);
    ketsim_cancel_raise(cancel);
    CHECK_FAILS(KETSIM_ERR_CANCELLED, ketsim_run_plan(state, plan, &options), "cancelled");
    CHECK(state_hash(state) == hash, "a cancelled run changed the state");
    ketsim_cancel_free(cancel);
    ketsim_state_free(state);
    ketsim_plan_free(plan);
    ketsim_circuit_free(circuit);
}

/* ---- as text --------------------------------------------------------------------------------------- */

/* The text of a plan; the caller frees it. */
static char *described(const ketsim_plan *plan)
{
    const size_t length = ketsim_plan_describe(plan, NULL, 0);
    char *text = malloc(length + 1);
    CHECK(text, "no memory");
    CHECK(ketsim_plan_describe(plan, text, length + 1) == length && strlen(text) == length, "another length");
    return text;
}

static void has(const char *text, const char *part)
{
    CHECK(strstr(text, part), "\"%s\" is not in\n%s", part, text);
}

static void text_of_sweeps(void)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, 3));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){2}));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CCX, NULL, (int[]){0, 2, 1}));
    CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CZ, NULL, (int[]){0, 1}));
    ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX64, "0+1");
    char *text = described(plan);
    has(text, "3 operations on 3 qubits, complex64, from |0+1>\npass 1: ");
    has(text, "pass 1: streaming, real matrix on qubit 2; 128 bytes, ");
    has(text, "pass 2: streaming, real matrix on qubit 1, where 0=1 2=1; ");
    has(text, "pass 3: streaming, real diagonal, where 0=1 1=1; ");
    has(text, "total: 3 passes, 384 bytes moved, ");
    has(text, ketsim_isa());
    free(text);
    ketsim_plan_free(plan);
    plan = new_plan(circuit, 1 + 3, KETSIM_COMPLEX128, NULL);
    text = described(plan);
    has(text, "3 operations on 4 qubits, complex128, from any state\n");
    has(text, "real matrix on qubit 2;");
    free(text);
    ketsim_plan_free(plan);
    ketsim_circuit_free(circuit);
}

/* Two layers of a gate on each qubit and a phase between neighbors. */
static ketsim_circuit *ring(int n, ketsim_gate gate, const double *angles)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, (unsigned)n));
    for (int layer = 0; layer < 2; layer++)
        for (int q = 0; q < n; q++) {
            CHECK_OK(ketsim_circuit_gate(circuit, gate, angles, (int[]){q}));
            CHECK_OK(
                ketsim_circuit_gate(circuit, KETSIM_GATE_CP, (double[]){0.1 + q}, (int[]){q, (q + 1) % n}));
        }
    return circuit;
}

static void text_of_tiles(void)
{
    ketsim_circuit *circuit = ring(16, KETSIM_GATE_U, (double[]){0.3, 0.2, 0.1});
    ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX128, NULL);
    char *text = described(plan), total[64];
    unsigned passes = 0;
    for (const char *at = text; (at = strstr(at, "pass ")); at++) passes++;
    CHECK(passes >= 2, "only %u passes in\n%s", passes, text);
    has(text, "64 operations on 16 qubits");
    has(text, "tiles of qubits ");
    has(text, " register groups, ");
    has(text, " rotations, ");
    has(text, "65536 amplitudes; 2 MiB, ");
    snprintf(total, sizeof total, "\ntotal: %u passes, %u MiB moved, ", passes, 2 * passes);
    has(text, total);
    free(text);
    ketsim_plan_free(plan);
    ketsim_circuit_free(circuit);
}

/* Rotations by nearly pi leave flips over, which register groups carry out. */
static void flips_are_free(void)
{
    ketsim_circuit *circuit = ring(16, KETSIM_GATE_RY, (double[]){3.13});
    ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX64, NULL);
    char *text = described(plan);
    CHECK(!strstr(text, " by itself") && !strstr(text, " by themselves"),
          "something is done by itself in\n%s", text);
    free(text);
    ketsim_plan_free(plan);
    ketsim_circuit_free(circuit);
}

/* SWAPs after the last gate, on any state. */
static void text_of_exchanges(void)
{
    enum { N = 16 };
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, N));
    for (int q = 0; q < N; q++) CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){q}));
    for (int swapped = 0; swapped < 2; swapped++) {
        ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX128, NULL);
        char *text = described(plan);
        CHECK(!strstr(text, "exchanged") == !swapped, "%s SWAP:\n%s", swapped ? "with a" : "without", text);
        CHECK(!strstr(text, "by itself"), "a step by itself in\n%s", text);
        if (swapped) has(text, "qubits exchanged, ");
        free(text);
        ketsim_plan_free(plan);
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_SWAP, NULL, (int[]){0, N - 1}));
    }
    ketsim_circuit_free(circuit);
}

/* Into every size of room: what fits, ended by 0, and nothing behind it. */
static void text_in_little_room(void)
{
    uint64_t seed = 10;
    ketsim_circuit *circuit = random_circuit(4, 6, &seed, NULL);
    ketsim_plan *plan = new_plan(circuit, 0, KETSIM_COMPLEX128, NULL);
    char *whole = described(plan);
    const size_t length = strlen(whole);
    for (size_t size = 0; size <= length + 2; size++) {
        char *text = malloc(size + 1);
        const size_t written = size ? size - 1 < length ? size - 1 : length : 0;
        CHECK(text, "no memory");
        text[size] = '#';
        CHECK(ketsim_plan_describe(plan, text, size) == length, "size %zu: another length", size);
        CHECK(text[size] == '#', "size %zu: written behind the end", size);
        CHECK(!size || (!text[written] && !strncmp(text, whole, written)), "size %zu: another text", size);
        free(text);
    }
    free(whole);
    ketsim_plan_free(plan);
    ketsim_circuit_free(circuit);
}

/* ---- no memory ------------------------------------------------------------------------------------- */

/* Each allocation of planning and of running fails in turn. */
static void no_memory(unsigned n, size_t length)
{
    uint64_t seed = 8;
    ketsim_circuit *circuit = random_circuit(n, length, &seed, NULL);
    ketsim_plan *plan = NULL;
    unsigned failures = 0;
    for (;; failures++) {
        failing_start(failures);
        const ketsim_status status = ketsim_plan_new(&plan, circuit, NULL);
        if (!failing_stop()) {
            CHECK_OK(status);
            break;
        }
        CHECK(status == KETSIM_ERR_MEMORY && !plan, "allocation %u failed, and the plan was made", failures);
        CHECK(strstr(ketsim_last_error(), "cannot allocate"), "message: %s", ketsim_last_error());
    }
    CHECK(failures >= 2, "planning %zu operations allocates %u times", length, failures);
    ketsim_state *state = new_state(n, KETSIM_COMPLEX128);
    const uint64_t hash = state_hash(state);
    ketsim_pool_trim();
    for (failures = 0;; failures++) {
        failing_start(failures);
        const ketsim_status status = ketsim_run_plan(state, plan, NULL);
        if (!failing_stop()) {
            CHECK_OK(status);
            break;
        }
        CHECK(status == KETSIM_ERR_MEMORY, "allocation %u of a run failed, and the run did not", failures);
        CHECK(state_hash(state) == hash, "a run without memory changed the state");
    }
    CHECK(failures >= 1, "a run after a trim allocates nothing");
    failing_start(0);
    CHECK_OK(ketsim_run_plan(state, plan, NULL)); /* nothing left to allocate */
    CHECK(!failing_stop(), "the second run of a plan allocates");
    ketsim_state_free(state);
    ketsim_plan_free(plan);
    ketsim_circuit_free(circuit);
}

/* ---- new angles ------------------------------------------------------------------------------------ */

/* Layers of RX, CP and RZZ whose angles are those of angles[], one after the other; a CNOT and a matrix between. */
static ketsim_circuit *with_angles(unsigned n, const double *angles)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, n));
    for (unsigned layer = 0; layer < 3; layer++)
        for (int q = 0; q < (int)n; q++) {
            const int next = (q + 1) % (int)n;
            CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RX, angles++, (int[]){q}));
            CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CP, angles++, (int[]){q, next}));
            CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RZZ, angles++, (int[]){next, q}));
            if (q == 1) CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){q, next}));
        }
    return circuit;
}

static uint64_t hash_of(const ketsim_plan *plan, unsigned n, const char *label)
{
    ketsim_state *state;
    CHECK_OK(ketsim_state_from_label(&state, label, n, KETSIM_COMPLEX128));
    CHECK_OK(ketsim_run_plan(state, plan, NULL));
    const uint64_t hash = state_hash(state);
    ketsim_state_free(state);
    return hash;
}

/* A plan bound to other angles gives the bits of a fresh one: of the same structure, and where some angles are such
 * that gates vanish or their rotations change form. */
static void bound_is_fresh(void)
{
    enum { MOST = 16 * 9 };
    uint64_t seed = 4;
    double first[MOST], then[MOST];
    for (unsigned n = 3; n <= 16; n += n < 6 ? 1 : 5)
        for (unsigned kind = 0; kind < 4; kind++) {
            const unsigned count = 9 * n;
            char label[17] = "0000000000000000";
            label[n] = 0;
            for (unsigned k = 0; k < count; k++) {
                first[k] = random_real(&seed, 0.1, 1.4);
                then[k] = kind == 0   ? random_real(&seed, 0.1, 1.4)
                          : kind == 1 ? random_real(&seed, -7, 7)
                          : kind == 2 ? M_PI / 2 * random_below(&seed, 5)
                                      : (k % 7 ? first[k] : 0);
            }
            ketsim_circuit *before = with_angles(n, first), *after = with_angles(n, then);
            ketsim_plan *plan, *bound, *fresh;
            const ketsim_plan_options options = {.label = kind & 1 ? label : NULL};
            CHECK_OK(ketsim_plan_new(&plan, before, &options));
            CHECK_OK(ketsim_plan_new(&fresh, after, &options));
            CHECK_OK(ketsim_plan_bind(&bound, plan, then, count));
            CHECK(hash_of(bound, n, label) == hash_of(fresh, n, label), "n = %u, kind %u: other bits", n,
                  kind);
            CHECK(hash_of(plan, n, label) != hash_of(fresh, n, label), "the angles made no difference");
            ketsim_plan_free(bound);
            CHECK_OK(ketsim_plan_bind(&bound, fresh, first, count));
            CHECK(hash_of(bound, n, label) == hash_of(plan, n, label), "n = %u, kind %u: not the way back", n,
                  kind);
            ketsim_plan_free(bound);
            ketsim_plan_free(fresh);
            ketsim_plan_free(plan);
            ketsim_circuit_free(before);
            ketsim_circuit_free(after);
        }
}

static void bad_angles(void)
{
    double angles[27];
    for (unsigned k = 0; k < 27; k++) angles[k] = 0.1 * k;
    ketsim_circuit *circuit = with_angles(3, angles);
    ketsim_plan *plan, *bound = NULL;
    CHECK_OK(ketsim_plan_new(&plan, circuit, NULL));
    CHECK(ketsim_plan_bind(&bound, plan, angles, 26) == KETSIM_ERR_ARGUMENT && !bound, "one angle too few");
    has(ketsim_last_error(), "26 angles: the plan's operations have 27");
    angles[3] = NAN;
    CHECK(ketsim_plan_bind(&bound, plan, angles, 27) == KETSIM_ERR_ARGUMENT && !bound, "not a number");
    has(ketsim_last_error(), "angle 3 is nan");
    ketsim_plan_free(plan);
    ketsim_circuit_free(circuit);
}

/* What a thread works in. */
static void scratch_is_small(void)
{
    uint64_t seed = 12;
    size_t most = 0;
    for (unsigned n = 1; n <= 26; n++)
        for (int dtype = 0; dtype < 2; dtype++) {
            ketsim_circuit *circuit = random_circuit(n, 60, &seed, NULL);
            ketsim_plan *plan = new_plan(circuit, n, (ketsim_dtype)dtype, NULL);
            if (plan->plan.scratch_bytes > most) most = plan->plan.scratch_bytes;
            ketsim_plan_free(plan);
            ketsim_circuit_free(circuit);
        }
    CHECK(most && most <= MOST_SCRATCH, "%zu bytes of scratch", most);
}

int main(void)
{
    scratch_is_small();
    all_sizes();
    outlives_circuit();
    counts_what_it_ran();
    shared_by_threads(4);
    shared_by_threads(13);
    queue_first(false);
    queue_first(true);
    wrong_states();
    wrong_options();
    text_of_sweeps();
    text_of_tiles();
    flips_are_free();
    text_of_exchanges();
    bound_is_fresh();
    bad_angles();
    text_in_little_room();
    stopped_everywhere();
    short_run_stopped();
    if (FAILING_WORKS) no_memory(4, 20);
    if (FAILING_WORKS) no_memory(12, 40);
    return 0;
}
