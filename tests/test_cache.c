/* Plans that are kept: found again for the same program and for no other, with the same bits as made anew; bounded;
 * shared by threads; there after a fork; and no memory for them is no error. */
#include <pthread.h>

#include "failing.h"
#include "forks.h"
#include "helpers.h"

enum { N = 5, LENGTH = 12, THREADS = 4 };

struct looked_up {
    uint64_t hits, misses;
};

static struct looked_up so_far(void)
{
    ketsim_counters c;
    ketsim_get_counters(&c);
    return (struct looked_up){c.plan_hits, c.plan_misses};
}

static uint64_t bytes_kept(void)
{
    ketsim_counters c;
    ketsim_get_counters(&c);
    return c.plan_bytes;
}

/* One run from a label; expects a plan to be found, or not. */
static uint64_t run_from(const char *label, ketsim_dtype dtype, const ketsim_circuit *circuit, bool hit,
                         const char *what)
{
    ketsim_state *state;
    CHECK_OK(ketsim_state_from_label(&state, label, strlen(label), dtype));
    const struct looked_up before = so_far();
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    const struct looked_up after = so_far();
    CHECK(after.hits - before.hits == hit && after.misses - before.misses == !hit,
          "%s: %llu hits, %llu misses", what, (unsigned long long)(after.hits - before.hits),
          (unsigned long long)(after.misses - before.misses));
    const uint64_t hash = state_hash(state);
    ketsim_state_free(state);
    return hash;
}

static uint64_t run(const ketsim_circuit *circuit, bool hit, const char *what)
{
    return run_from("00000", KETSIM_COMPLEX128, circuit, hit, what);
}

/* ---- found, and only for the same ------------------------------------------------------------------ */

static void found_again(unsigned n, size_t length, uint64_t *seed)
{
    char label[KETSIM_MAX_QUBITS + 1] = "";
    memset(label, '+', n);
    ketsim_circuit *circuit = random_circuit(n, length, seed, NULL), *copy;
    CHECK_OK(ketsim_circuit_copy(&copy, circuit));
    ketsim_plan_cache_clear();
    CHECK(!bytes_kept(), "%llu bytes kept after clear", (unsigned long long)bytes_kept());
    const uint64_t hash = run_from(label, KETSIM_COMPLEX128, circuit, false, "first run");
    CHECK(bytes_kept() > length * 56, "%llu bytes kept for %zu operations", (unsigned long long)bytes_kept(),
          length);
    CHECK(run_from(label, KETSIM_COMPLEX128, circuit, true, "second run") == hash,
          "a kept plan gives other bits");
    CHECK(run_from(label, KETSIM_COMPLEX128, copy, true, "copy") == hash, "a kept plan gives other bits");
    ketsim_plan_cache_clear();
    CHECK(run_from(label, KETSIM_COMPLEX128, circuit, false, "after clear") == hash,
          "a new plan gives other bits");
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(copy);
}

/* As circuit, one operation changed. */
static ketsim_circuit *changed(const ketsim_circuit *circuit, size_t index, const struct stored_op *to)
{
    ketsim_circuit *out;
    CHECK_OK(ketsim_circuit_new(&out, ketsim_circuit_nqubits(circuit)));
    for (size_t k = 0; k < ketsim_circuit_length(circuit); k++) {
        struct stored_op stored;
        get_op(&stored, circuit, k);
        if (k == index) stored = *to;
        const ketsim_op op = op_of(&stored);
        CHECK_OK(ketsim_circuit_append(out, &op, 1));
    }
    return out;
}

static void misses(const ketsim_circuit *circuit, size_t index, struct stored_op to, uint64_t hash,
                   const char *what)
{
    ketsim_circuit *other = changed(circuit, index, &to);
    CHECK(!ketsim_circuit_equal(circuit, other), "%s: nothing is changed", what);
    CHECK(run(other, false, what) != hash, "%s: the same bits", what);
    run(other, true, what);
    ketsim_circuit_free(other);
}

/* Layers that entangle, so that every change of one operation shows in the result. */
static ketsim_circuit *plain_circuit(void)
{
    ketsim_circuit *circuit;
    uint64_t seed = 1;
    ketsim_complex u[4], phases[32];
    oracle_random_unitary(u, 1, &seed);
    CHECK_OK(ketsim_circuit_new(&circuit, N));
    for (int q = 0; q < N; q++)
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RY, (double[]){0.3 + q}, (int[]){q}));
    const ketsim_op ops[] = {
        {.gate = KETSIM_GATE_UNITARY, .qubits = (int[]){1}, .nqubits = 1, .matrix = u},
        {.gate = KETSIM_GATE_RX,
         .angles = (double[]){0.4},
         .qubits = (int[]){2},
         .nqubits = 1,
         .controls = (int[]){0, 3},
         .ncontrols = 2,
         .control_values = 1},
        {.gate = KETSIM_GATE_CNOT, .qubits = (int[]){0, 4}, .nqubits = 2},
        {.gate = KETSIM_GATE_DIAGONAL, .qubits = (int[]){3, 0, 1, 2, 4}, .nqubits = 5, .matrix = phases},
        {.gate = KETSIM_GATE_PERMUTATION,
         .qubits = (int[]){4, 0, 1},
         .nqubits = 3,
         .table = (uint64_t[]){1, 2, 0, 3, 5, 4, 7, 6}}};
    random_phases(phases, 32, &seed);
    CHECK_OK(ketsim_circuit_append(circuit, ops, 5));
    return circuit;
}

static struct stored_op record(const ketsim_circuit *circuit, size_t index)
{
    struct stored_op r;
    get_op(&r, circuit, index);
    return r;
}

static void only_the_same(void)
{
    ketsim_circuit *circuit = plain_circuit();
    ketsim_plan_cache_clear();
    const uint64_t hash = run(circuit, false, "first run");
    struct stored_op r = record(circuit, 2);
    r.angles[0] += 1e-12;
    misses(circuit, 2, r, hash, "angle");
    r = record(circuit, 2);
    r.op.gate = KETSIM_GATE_RX;
    misses(circuit, 2, r, hash, "gate");
    r = record(circuit, 2);
    r.qubits[0] = 3;
    misses(circuit, 2, r, hash, "qubit");
    r = record(circuit, 5);
    for (unsigned k = 0; k < 4; k++) r.matrix[k] = (ketsim_complex){-r.matrix[k].re, -r.matrix[k].im};
    misses(circuit, 5, r, hash, "matrix");
    r = record(circuit, 6);
    r.op.control_values ^= 1;
    misses(circuit, 6, r, hash, "value of a control");
    r = record(circuit, 6);
    r.op.ncontrols = 1;
    misses(circuit, 6, r, hash, "controls");
    r = record(circuit, 7);
    r.qubits[0] = 4;
    r.qubits[1] = 0;
    misses(circuit, 7, r, hash, "order of qubits");
    run_from("00001", KETSIM_COMPLEX128, circuit, false, "label");
    run_from("00000", KETSIM_COMPLEX64, circuit, false, "dtype");
    run_from("000000", KETSIM_COMPLEX128, circuit, false, "size");
    CHECK(run(circuit, true, "unchanged") == hash, "a kept plan gives other bits");
    ketsim_circuit_free(circuit);
}

static void only_the_same_table(void)
{
    ketsim_circuit *circuit = plain_circuit();
    ketsim_plan_cache_clear();
    const uint64_t hash = run(circuit, false, "first run");
    struct stored_op r = record(circuit, 8);
    r.matrix[5].im *= -1;
    misses(circuit, 8, r, hash, "phase");
    r = record(circuit, 9);
    r.table[6] = 0, r.table[2] = 7;
    misses(circuit, 9, r, hash, "target");
    CHECK(run(circuit, true, "unchanged") == hash, "a kept plan gives other bits");
    ketsim_circuit_free(circuit);
}

/* From amplitudes as they are there is no label; what ran from one is not found, what ran so is. */
static void from_any_start(void)
{
    ketsim_circuit *circuit = plain_circuit();
    ketsim_state *state = label_state("00000");
    ketsim_plan_cache_clear();
    for (unsigned k = 0; k < 4; k++) {
        const struct looked_up before = so_far();
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        CHECK(so_far().hits - before.hits == (k >= 2), "run %u from what the last one left", k);
    }
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

/* Up to 4 operations are planned faster than found. */
static void small_ones_pass_by(void)
{
    uint64_t seed = 12;
    const struct looked_up before = so_far();
    ketsim_circuit *circuit = random_circuit(N, 4, &seed, NULL);
    ketsim_state *state = label_state("00000");
    for (unsigned k = 0; k < 3; k++) CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK(so_far().hits == before.hits && so_far().misses == before.misses, "4 operations were looked up");
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

/* ---- bounded --------------------------------------------------------------------------------------- */

/* Of a structure of its own: plans that differ in angles alone share few places. */
static ketsim_circuit *numbered(unsigned number, size_t length)
{
    ketsim_circuit *circuit;
    unsigned digits = number;
    CHECK_OK(ketsim_circuit_new(&circuit, N));
    for (size_t k = 0; k < length; k++, digits /= N)
        CHECK_OK(ketsim_circuit_gate(circuit, KETSIM_GATE_RY, (double[]){number + (double)k / 1000},
                                     (int[]){(int)((k + digits) % N)}));
    return circuit;
}

/* Many are small enough to fill all slots, or large enough to fill the bytes; the last is there, the first gone. */
static void bounded(unsigned count, size_t length)
{
    const uint64_t most = UINT64_C(64) << 20;
    uint64_t peak = 0;
    ketsim_plan_cache_clear();
    for (unsigned k = 0; k < count; k++) {
        ketsim_circuit *circuit = numbered(k, length);
        run(circuit, false, "new");
        run(circuit, true, "the last");
        ketsim_circuit_free(circuit);
        if (bytes_kept() > peak) peak = bytes_kept();
        CHECK(bytes_kept() <= most, "%llu bytes kept", (unsigned long long)bytes_kept());
    }
    CHECK(length < 1000 || peak > most / 2, "at most %llu bytes kept", (unsigned long long)peak);
    unsigned left = 0;
    for (unsigned k = 0; k < count; k++) {
        ketsim_state *state = label_state("00000");
        ketsim_circuit *circuit = numbered(count - 1 - k, length);
        const struct looked_up before = so_far();
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        left += so_far().hits > before.hits;
        ketsim_circuit_free(circuit);
        ketsim_state_free(state);
    }
    CHECK(left > 0 && left <= 256, "%u of %u plans kept", left, count);
    CHECK(left < count, "all of %u plans kept", count);
    ketsim_plan_cache_clear();
    CHECK(!bytes_kept(), "%llu bytes kept after clear", (unsigned long long)bytes_kept());
}

/* ---- threads and forks ----------------------------------------------------------------------------- */

struct worker {
    unsigned number;
    pthread_t thread;
};

/* Many circuits, few of them at a time, now and then all forgotten: each with the bits it has alone. */
static void *run_many(void *context)
{
    const struct worker *w = context;
    static _Atomic uint64_t hashes[8];
    uint64_t seed = w->number + 1;
    for (unsigned k = 0; k < 400; k++) {
        const unsigned which = random_below(&seed, 8);
        ketsim_circuit *circuit = numbered(which, 30);
        ketsim_state *state = label_state("00000");
        uint64_t none = 0;
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        const uint64_t hash = state_hash(state);
        CHECK(__atomic_compare_exchange_n((uint64_t *)&hashes[which], &none, hash, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST) ||
                  none == hash,
              "circuit %u: other bits in thread %u", which, w->number);
        if (!random_below(&seed, 50)) ketsim_plan_cache_clear();
        ketsim_state_free(state);
        ketsim_circuit_free(circuit);
    }
    return NULL;
}

static void shared_by_threads(void)
{
    struct worker workers[THREADS];
    for (unsigned k = 0; k < THREADS; k++) {
        workers[k].number = k;
        CHECK(!pthread_create(&workers[k].thread, NULL, run_many, &workers[k]), "no thread");
    }
    for (unsigned k = 0; k < THREADS; k++) pthread_join(workers[k].thread, NULL);
}

/* While another thread is busy with the table, so that some child is born in the midst of a change. */
static void after_forks(void)
{
    struct worker worker = {.number = 0};
    ketsim_circuit *circuit = plain_circuit();
    ketsim_state *state = label_state("00000");
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    const uint64_t hash = state_hash(state);
    CHECK(!pthread_create(&worker.thread, NULL, run_many, &worker), "no thread");
    for (unsigned k = 0; k < 20; k++) {
        const pid_t child = guarded_fork();
        if (!child) {
            ketsim_state *own = label_state("00000");
            CHECK_OK(ketsim_apply(own, circuit, NULL));
            CHECK(state_hash(own) == hash, "other bits in a child");
            ketsim_plan_cache_clear();
            run(circuit, false, "child, after clear");
            run(circuit, true, "child");
            _exit(EXIT_SUCCESS);
        }
        ended_well(child, "with a cache", k);
    }
    pthread_join(worker.thread, NULL);
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

/* ---- no memory ------------------------------------------------------------------------------------- */

/* Each allocation of a first run fails in turn: the run fails and changes nothing, or does without keeping. */
static void no_memory(void)
{
    ketsim_circuit *circuit = numbered(1, 40);
    ketsim_state *state = label_state("0+0+0");
    unsigned refused = 0, ran = 0;
    CHECK_OK(ketsim_apply(state, circuit, NULL)); /* the queue and the pool have what they need from now on */
    for (unsigned after = 0;; after++) {
        const uint64_t hash = state_hash(state);
        ketsim_plan_cache_clear();
        failing_start(after);
        const ketsim_status status = ketsim_apply(state, circuit, NULL);
        if (!failing_stop()) {
            CHECK_OK(status);
            break;
        }
        CHECK(status == KETSIM_OK || status == KETSIM_ERR_MEMORY, "%s", ketsim_status_name(status));
        CHECK(!ketsim_pending(state), "%zu operations left on the queue", ketsim_pending(state));
        if (status == KETSIM_OK) CHECK(!bytes_kept(), "kept without memory");
        else CHECK(state_hash(state) == hash, "a run without memory changed the state");
        ran += status == KETSIM_OK;
        refused += status != KETSIM_OK;
    }
    CHECK(refused && ran, "%u runs refused, %u did without keeping their plan", refused, ran);
    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
}

int main(void)
{
    uint64_t seed = 21;
    found_again(N, LENGTH, &seed);
    found_again(12, 60, &seed);
    found_again(2, 5, &seed);
    only_the_same();
    only_the_same_table();
    from_any_start();
    small_ones_pass_by();
    bounded(400, 6);
    bounded(30, 48000);
    shared_by_threads();
    if (ADDRESS_SANITIZER || THREAD_SANITIZER)
        puts("forks beside a busy thread: skipped, a sanitizer's allocator may be locked in the child, or "
             "reports the thread");
    else after_forks();
    if (FAILING_WORKS) no_memory();
    return 0;
}
