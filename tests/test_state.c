/* States as values: made from labels and amplitudes, set, cloned, closed, counted, sized and pooled. */
#include <ctype.h>
#include <math.h>
#include <pthread.h>

#include "helpers.h"

enum { LARGEST = 10 };
static oracle_amp expected[1 << LARGEST];
static const ketsim_dtype dtypes[] = {KETSIM_COMPLEX128, KETSIM_COMPLEX64};
static const double exact[] = {1e-15, 2e-7}; /* by dtype: a few roundings */

static void check_label(const char *label, unsigned n)
{
    oracle_label(expected, n, label);
    for (unsigned d = 0; d < 2; d++) {
        ketsim_state *state;
        CHECK_OK(ketsim_state_from_label(&state, label, n, dtypes[d]));
        CHECK(ketsim_state_nqubits(state) == n && ketsim_state_dtype(state) == dtypes[d], "%s: another size",
              label);
        CHECK(ketsim_state_generation(state) == 1, "%s: generation %d", label,
              (int)ketsim_state_generation(state));
        CHECK(state_error(state, expected) <= exact[d], "ket('%s') is off by %g", label,
              state_error(state, expected));
        ketsim_state_free(state);
    }
}

static unsigned labels(void)
{
    static const char letters[] = "01+-rl";
    unsigned count = 0;
    uint64_t seed = 1;
    for (unsigned n = 1; n <= 3; n++)
        for (unsigned k = 0; k < (n == 1 ? 6u : n == 2 ? 36u : 216u); k++, count++) {
            char label[4] = {letters[k % 6], letters[k / 6 % 6], letters[k / 36], 0};
            label[n] = 0;
            check_label(label, n);
        }
    for (unsigned n = 4; n <= LARGEST; n++)
        for (unsigned trial = 0; trial < 10; trial++, count++) {
            char label[LARGEST + 1] = {0};
            for (unsigned q = 0; q < n; q++) label[q] = letters[random_below(&seed, 6)];
            check_label(label, n);
        }
    return count;
}

/* A new state is |0...0>, also after gates on it were queued and dropped. */
static void zeros(void)
{
    for (unsigned n = 1; n <= LARGEST; n++) {
        ketsim_state *state = new_state(n, dtypes[n & 1]);
        oracle_label(expected, n, "0000000000");
        CHECK(ketsim_state_generation(state) == 1, "generation %d", (int)ketsim_state_generation(state));
        CHECK(state_error(state, expected) == 0, "not |0...0>");
        CHECK_OK(
            ketsim_queue(state, &(ketsim_op){.gate = KETSIM_GATE_H, .qubits = (int[]){0}, .nqubits = 1}, 1));
        CHECK_OK(ketsim_discard(state));
        CHECK(ketsim_pending(state) == 0 && state_error(state, expected) == 0, "a dropped gate ran");
        CHECK_OK(gate1(state, KETSIM_GATE_X, 0, (int)n - 1, 0, 0));
        expected[0] = 0, expected[1] = 1;
        CHECK(state_error(state, expected) <= exact[1], "X on the last qubit does not give index 1");
        ketsim_state_free(state);
    }
    ketsim_state_free(NULL);
}

/* ---- amplitudes in ------------------------------------------------------------------------------ */

static ketsim_status from_doubles(ketsim_state **out, const double *amplitudes, uint64_t count,
                                  bool normalize)
{
    return ketsim_state_from_amplitudes(out, amplitudes, count, KETSIM_COMPLEX128, normalize);
}

/* Given amplitudes are kept bit for bit; scaled ones are the same again after normalizing. */
static void from_amplitudes(void)
{
    uint64_t seed = 2;
    for (unsigned n = 1; n <= LARGEST; n++)
        for (unsigned d = 0; d < 2; d++) {
            uint64_t count = UINT64_C(1) << n, hash;
            ketsim_state *state;
            void *amplitudes = malloc((size_t)16 << n);
            oracle_random(expected, amplitudes, n, dtypes[d], &seed);
            hash = hash_bytes(amplitudes, (size_t)(d ? 8 : 16) << n);
            CHECK_OK(ketsim_state_from_amplitudes(&state, amplitudes, count, dtypes[d], false));
            CHECK(state_hash(state) == hash, "amplitudes changed on the way in");
            for (uint64_t k = 0; k < 2 * count; k++) {
                if (d) ((float *)amplitudes)[k] *= 7;
                else ((double *)amplitudes)[k] *= 7;
            }
            CHECK(state_hash(state) == hash, "the state uses the caller's array");
            CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, amplitudes, count, false), "norm");
            CHECK(state_hash(state) == hash, "a failing set changed the state");
            CHECK_OK(ketsim_state_set(state, amplitudes, count, true));
            CHECK(state_error(state, expected) <= exact[d], "normalized: off by %g",
                  state_error(state, expected));
            ketsim_state_free(state);
            free(amplitudes);
        }
}

/* The norm may be off by 1e-8 (1e-4 in complex64) and no more. */
static void norms(void)
{
    ketsim_state *state = NULL;
    for (int sign = -1; sign <= 1; sign += 2) {
        double near = 1 + sign * 0.9e-8, far = 1 + sign * 1.2e-8;
        float near32 = (float)(1 + sign * 0.9e-4), far32 = (float)(1 + sign * 1.2e-4);
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, from_doubles(&state, (double[]){far, 0, 0, 0}, 2, false), "norm");
        CHECK_FAILS(
            KETSIM_ERR_ARGUMENT,
            ketsim_state_from_amplitudes(&state, (float[]){0, 0, 0, far32}, 2, KETSIM_COMPLEX64, false),
            "norm");
        CHECK(!state, "a failing call wrote to its output");
        CHECK_OK(from_doubles(&state, (double[]){0, 0, near, 0}, 2, false));
        ketsim_state_free(state);
        CHECK_OK(
            ketsim_state_from_amplitudes(&state, (float[]){0, near32, 0, 0}, 2, KETSIM_COMPLEX64, false));
        ketsim_state_free(state);
        state = NULL;
    }
}

/* Norms whose square a double cannot hold: normalized right, or refused; nothing in between. */
static void extreme_norms(void)
{
    static const double sizes[] = {0x1p-1074, 1e-310, 1e-200, 1e-160, 1e160, 1e300, 1.2e308};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        double s = sizes[k], out[4];
        ketsim_state *state = NULL;
        ketsim_status status = from_doubles(&state, (double[]){s, 0, 0, s}, 2, true);
        CHECK(status == KETSIM_OK || status == KETSIM_ERR_ARGUMENT, "%g: %s", s, ketsim_status_name(status));
        if (status != KETSIM_OK) continue;
        CHECK_OK(ketsim_get_amplitudes(state, out, 0, 2));
        CHECK(fabs(out[0] - M_SQRT1_2) < 1e-15 && fabs(out[3] - M_SQRT1_2) < 1e-15 && out[1] == 0 &&
                  out[2] == 0,
              "two amplitudes of %g normalize to %g, %g", s, out[0], out[3]);
        ketsim_state_free(state);
    }
}

/* set: replaces, drops the queue, and commits. */
static void set(void)
{
    ketsim_state *state = label_state("++");
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    uint64_t generation = ketsim_state_generation(state);
    const double a[] = {0, 0, 0, 0, 0, -1, 0, 0}, zero[8] = {0};
    CHECK_OK(ketsim_queue(state, &op, 1));
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, zero, 4, true), "norm");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_state_set(state, a, 8, false), "8");
    CHECK(ketsim_pending(state) == 1, "a failing set dropped the queue");
    CHECK_OK(ketsim_state_set(state, a, 4, false));
    CHECK(ketsim_pending(state) == 0, "set kept the queue");
    CHECK(ketsim_state_generation(state) == generation + 1, "set is not one commit");
    CHECK(state_hash(state) == hash_bytes(a, sizeof a), "set other amplitudes");
    ketsim_state_free(state);
}

/* ---- clones ------------------------------------------------------------------------------------- */

static const void *buffer_of(ketsim_state *state)
{
    ketsim_view *view;
    CHECK_OK(ketsim_view_new(&view, state));
    const void *amplitudes = ketsim_view_amplitudes(view);
    ketsim_view_free(view);
    return amplitudes;
}

/* Whichever of the two changes, in whichever mode, the other one does not. */
static void clone_pair(unsigned n, bool change_clone, bool inplace, uint64_t *seed)
{
    ketsim_state *state = new_state(n, KETSIM_COMPLEX128), *clone;
    ketsim_circuit *circuit = random_circuit(n, 30, seed, NULL);
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_state_set_inplace(state, inplace));
    CHECK_OK(ketsim_state_clone(&clone, state));
    CHECK(state_hash(state) == state_hash(clone), "a clone differs");
    CHECK(buffer_of(state) == buffer_of(clone), "a clone has amplitudes of its own at once");
    uint64_t hash = state_hash(state);
    ketsim_state *changed = change_clone ? clone : state, *other = change_clone ? state : clone;
    CHECK_OK(ketsim_apply(changed, circuit, NULL));
    CHECK(state_hash(other) == hash, "%u qubits: changing one of two changed the other", n);
    CHECK(state_hash(changed) != hash, "nothing changed");
    CHECK_OK(ketsim_apply(changed, circuit, NULL));
    CHECK(state_hash(other) == hash, "%u qubits: the second change reached the other", n);
    ketsim_state_free(changed);
    CHECK(state_hash(other) == hash, "freeing one of two changed the other");
    CHECK_OK(ketsim_apply(other, circuit, NULL));
    ketsim_state_free(other);
    ketsim_circuit_free(circuit);
}

/* The queue runs first, each side then has its own; threads and mode come along. */
static void clone_queue(void)
{
    ketsim_state *state = label_state("00"), *clone, *third;
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){1}, .nqubits = 1};
    CHECK_OK(ketsim_queue(state, &op, 1));
    CHECK_OK(ketsim_state_clone(&clone, state));
    CHECK(ketsim_pending(state) == 0 && ketsim_pending(clone) == 0, "the clone left a queue");
    oracle_label(expected, 2, "01");
    CHECK(state_error(clone, expected) == 0, "the queue did not run before cloning");
    CHECK_OK(ketsim_queue(clone, &op, 1));
    CHECK(ketsim_pending(state) == 0, "the two share a queue");
    CHECK_OK(ketsim_state_clone(&third, clone));
    CHECK(state_error(state, expected) == 0, "the clone's queue ran on the first");
    oracle_label(expected, 2, "00");
    CHECK(state_error(third, expected) == 0, "a clone of the clone differs");
    ketsim_state_free(state);
    ketsim_state_free(third);
    ketsim_state_free(clone);
}

static void clones(void)
{
    uint64_t seed = 3;
    for (unsigned n = 1; n <= LARGEST; n += 3)
        for (unsigned k = 0; k < 4; k++) clone_pair(n, k & 1, k >> 1, &seed);
    clone_queue();
}

/* ---- close -------------------------------------------------------------------------------------- */

static void closed(void)
{
    ketsim_state *state = new_state(3, KETSIM_COMPLEX64), *other = new_state(3, KETSIM_COMPLEX64),
                 *clone = NULL;
    ketsim_circuit *circuit = NULL;
    const ketsim_op op = {.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1};
    float amplitudes[16] = {1};
    double real;
    uint64_t outcome;
    ketsim_complex inner;
    ketsim_view *view = NULL;
    ketsim_edit *edit = NULL;
    CHECK(ketsim_state_check(state) == KETSIM_OK, "a new state is not usable");
    CHECK_OK(ketsim_queue(state, &op, 1));
    CHECK_OK(ketsim_state_close(state));
    CHECK_OK(ketsim_state_close(state));
    CHECK(ketsim_state_check(state) == KETSIM_ERR_CLOSED, "%s",
          ketsim_status_name(ketsim_state_check(state)));
    CHECK(ketsim_state_nqubits(state) == 3 && ketsim_state_dtype(state) == KETSIM_COMPLEX64,
          "the getters changed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_queue(state, &op, 1), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_run(state, NULL), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_apply_ops(state, &op, 1, NULL), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, gate1(state, KETSIM_GATE_X, 0, 0, 0, 0), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_state_set(state, amplitudes, 8, false), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_state_clone(&clone, state), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_norm(state, &real), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_inner(other, state, &inner), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_inner(state, other, &inner), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_get_amplitudes(state, amplitudes, 0, 8), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_probabilities(state, &real, (int[]){0}, 1), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_sample(state, &outcome, 1, NULL, 0, NULL), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_measure(state, &outcome, NULL, 0, NULL), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_view_new(&view, state), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_edit_begin(&edit, state), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_queued(state, &circuit), "closed");
    CHECK_FAILS(KETSIM_ERR_CLOSED, ketsim_discard(state), "closed");
    CHECK(!clone && !view && !edit && !circuit, "a failing call wrote to its output");
    ketsim_state_free(state);
    CHECK_OK(gate1(other, KETSIM_GATE_X, 0, 0, 0, 0));
    ketsim_state_free(other);
}

/* Closing one of two that share amplitudes leaves the other alone. */
static void close_shared(void)
{
    ketsim_state *state = label_state("+r-"), *clone;
    uint64_t hash = state_hash(state);
    CHECK_OK(ketsim_state_clone(&clone, state));
    CHECK_OK(ketsim_state_close(state));
    CHECK(state_hash(clone) == hash, "closing one of two changed the other");
    ketsim_state_free(state);
    ketsim_state_free(clone);
}

/* ---- generations -------------------------------------------------------------------------------- */

/* Every commit counts once, whatever made it; failures and reads do not count. */
static void generations(void)
{
    ketsim_state *state = label_state("000");
    const ketsim_op ops[] = {{.gate = KETSIM_GATE_H, .qubits = (int[]){0}, .nqubits = 1},
                             {.gate = KETSIM_GATE_CNOT, .qubits = (int[]){0, 2}, .nqubits = 2}};
    uint64_t generation = 1, outcome, seed = 4;
    double norm;
    CHECK_OK(ketsim_apply_ops(state, ops, 2, NULL));
    CHECK(ketsim_state_generation(state) == ++generation, "one call of two gates is one commit");
    CHECK_OK(gate1(state, KETSIM_GATE_X, 0, 1, 0, 0));
    CHECK(ketsim_state_generation(state) == ++generation, "one gate is one commit");
    CHECK_OK(ketsim_queue(state, ops, 2));
    CHECK(ketsim_state_generation(state) == generation, "queueing is no commit");
    CHECK_OK(ketsim_norm(state, &norm));
    CHECK(ketsim_state_generation(state) == ++generation, "a read that runs the queue is one commit");
    CHECK_OK(ketsim_norm(state, &norm));
    CHECK_OK(ketsim_sample(state, &outcome, 1, NULL, 0, &seed));
    CHECK(ketsim_state_generation(state) == generation, "a read is no commit");
    CHECK_OK(ketsim_measure(state, &outcome, NULL, 0, &seed));
    CHECK(ketsim_state_generation(state) == ++generation, "a measurement is one commit");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, gate1(state, KETSIM_GATE_X, 0, 3, 0, 0), "3");
    CHECK(ketsim_state_generation(state) == generation, "a failure is no commit");
    ketsim_state_free(state);
}

/* ---- memory ------------------------------------------------------------------------------------- */

static unsigned numbers_in(const char *text)
{
    unsigned count = 0;
    for (const char *c = text; *c; c++)
        if (isdigit((unsigned char)*c) && (c == text || !(isdigit((unsigned char)c[-1]) || c[-1] == '.')))
            count++;
    return count;
}

static void memory(void)
{
    for (unsigned n = 1; n <= KETSIM_MAX_QUBITS; n++)
        for (unsigned d = 0; d < 2; d++)
            CHECK(ketsim_memory_needed(n, dtypes[d]) == (UINT64_C(16) >> d) << n, "%u qubits: %llu bytes", n,
                  (unsigned long long)ketsim_memory_needed(n, dtypes[d]));
    CHECK(ketsim_memory_needed(0, KETSIM_COMPLEX128) == 0 &&
              ketsim_memory_needed(41, KETSIM_COMPLEX64) == 0 &&
              ketsim_memory_needed(UINT32_MAX, KETSIM_COMPLEX64) == 0 &&
              ketsim_memory_needed(3, (ketsim_dtype)2) == 0,
          "sizes for what is out of range");
    CHECK(ketsim_memory_available() > 0, "no memory at all");

    ketsim_state *state = NULL;
    if (ketsim_memory_available() >= ketsim_memory_needed(40, KETSIM_COMPLEX128)) {
        puts("this machine has room for 40 qubits: refusal not tested");
        return;
    }
    CHECK_FAILS(KETSIM_ERR_MEMORY, ketsim_state_new(&state, 40, KETSIM_COMPLEX128), "needs");
    CHECK(numbers_in(ketsim_last_error()) >= 2, "not both sizes in: %s", ketsim_last_error());
    CHECK(strstr(ketsim_last_error(), "16 TiB") || strstr(ketsim_last_error(), "17592186044416"),
          "the size needed, 16 TiB, is not in: %s", ketsim_last_error());
    CHECK(!state, "a failing call wrote to its output");
}

/* States of one size made and freed in a loop use the same few buffers. */
static void pool(unsigned n)
{
    ketsim_counters before, after;
    ketsim_get_counters(&before);
    for (unsigned k = 0; k < 200; k++) {
        ketsim_state *state = new_state(n, KETSIM_COMPLEX128);
        CHECK_OK(gate1(state, KETSIM_GATE_H, 0, 0, 0, 0));
        CHECK_OK(gate1(state, KETSIM_GATE_CNOT, 0, 0, 1, 0));
        ketsim_state_free(state);
    }
    ketsim_get_counters(&after);
    uint64_t hits = after.pool_hits - before.pool_hits, misses = after.pool_misses - before.pool_misses;
    CHECK(hits > 0, "%u qubits: the pool was never used", n);
    CHECK((double)hits >= 0.95 * (double)(hits + misses), "%u qubits: %d hits, %d misses", n, (int)hits,
          (int)misses);
    CHECK(after.runs - before.runs == 400 && after.operations - before.operations == 400,
          "%d runs, %d operations", (int)(after.runs - before.runs),
          (int)(after.operations - before.operations));
    CHECK(after.pool_bytes > 0, "%u qubits: nothing is held for reuse", n);
    ketsim_pool_trim();
    ketsim_get_counters(&after);
    CHECK(after.pool_bytes == 0, "%llu bytes held after a trim", (unsigned long long)after.pool_bytes);
}

/* Memory of the pool: of the caller alone until it is freed, and then had again. */
static void memory_of_pool(void)
{
    static const uint64_t bad[] = {0, 3, 63, 65, 96, (UINT64_C(1) << 21) + 64, UINT64_MAX};
    ketsim_memory *memory = NULL, *other;
    ketsim_counters before, after;
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++)
        CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_memory_new(&memory, bad[k]), "power of two");
    CHECK_FAILS(KETSIM_ERR_MEMORY, ketsim_memory_new(&memory, UINT64_C(1) << 50), "needs");
    CHECK(!memory, "a failing call wrote to its output");
    for (unsigned size = 0; size <= 22; size++) {
        const uint64_t bytes = UINT64_C(1) << size;
        CHECK_OK(ketsim_memory_new(&memory, bytes));
        CHECK_OK(ketsim_memory_new(&other, bytes));
        unsigned char *mine = ketsim_memory_data(memory), *others = ketsim_memory_data(other);
        CHECK((uintptr_t)mine % 64 == 0 && (uintptr_t)others % 64 == 0, "not aligned");
        memset(mine, 1, bytes);
        memset(others, 2, bytes);
        ketsim_pool_trim();
        for (uint64_t k = 0; k < bytes; k++) CHECK(mine[k] == 1, "byte %d was changed", (int)k);
        ketsim_memory_free(other);
        ketsim_get_counters(&before);
        CHECK_OK(ketsim_memory_new(&other, bytes));
        ketsim_get_counters(&after);
        CHECK(after.pool_hits == before.pool_hits + 1 && ketsim_memory_data(other) == others,
              "%d bytes were not had again", (int)bytes);
        ketsim_memory_free(other);
        ketsim_memory_free(memory);
    }
    ketsim_memory_free(NULL);
}

static void *free_memory(void *memory)
{
    ketsim_memory_free(memory);
    return NULL;
}

/* What another thread gave back is had before memory that is new. */
static void memory_of_others(void)
{
    const uint64_t bytes = UINT64_C(1) << 22;
    ketsim_memory *memory;
    ketsim_counters before, after;
    ketsim_pool_trim();
    CHECK_OK(ketsim_memory_new(&memory, bytes));
    for (unsigned k = 0; k < 40; k++) { /* more threads than the pool tells apart */
        pthread_t thread;
        const void *const data = ketsim_memory_data(memory);
        CHECK(!pthread_create(&thread, NULL, free_memory, memory), "no thread");
        CHECK(!pthread_join(thread, NULL), "lost thread");
        ketsim_get_counters(&before);
        CHECK_OK(ketsim_memory_new(&memory, bytes));
        ketsim_get_counters(&after);
        CHECK(after.pool_hits == before.pool_hits + 1 && ketsim_memory_data(memory) == data,
              "thread %u: its memory was not had again", k);
    }
    ketsim_memory_free(memory);
}

static void pool_cap(void)
{
    const uint64_t cap = UINT64_C(3) << 20, buffer = UINT64_C(1) << 20;
    ketsim_counters counters;
    for (unsigned round = 0; round < 2; round++) {
        ketsim_state *states[8];
        ketsim_pool_set_cap(round ? 0 : cap);
        ketsim_get_counters(&counters);
        CHECK(counters.pool_bytes <= (round ? 0 : cap), "a lower cap did not trim");
        for (unsigned k = 0; k < 8; k++) {
            states[k] = new_state(16, KETSIM_COMPLEX128);
            CHECK_OK(gate1(states[k], KETSIM_GATE_H, 0, 0, 0, 0));
        }
        for (unsigned k = 0; k < 8; k++) ketsim_state_free(states[k]);
        ketsim_get_counters(&counters);
        CHECK(counters.pool_bytes <= (round ? 0 : cap), "%llu bytes held",
              (unsigned long long)counters.pool_bytes);
        CHECK(round || counters.pool_bytes >= buffer, "nothing is held below the cap");
    }
    ketsim_pool_set_cap(UINT64_C(1) << 30);
}

int main(void)
{
    unsigned count = labels();
    zeros();
    from_amplitudes();
    norms();
    extreme_norms();
    set();
    clones();
    closed();
    close_shared();
    generations();
    memory();
    pool(12);
    pool(16);
    pool(18);
    memory_of_pool();
    memory_of_others();
    pool_cap();
    printf("%u labels; amplitudes in, clones, close, generations, memory, pool\n", count);
    return EXIT_SUCCESS;
}
