/* The order of a batch: longest first on one thread each, all threads for what would run on when the others are done; which large
 * circuits run beside small ones; the search for the size from which on all threads work on one; and none of it in the bits. */
#include <stdlib.h>

#include "batch.h"
#include "helpers.h"
#include "state.h"

enum { CREW = 3, MOST = 60, ROUNDS = 200 };

struct bench {
    struct ketsim_batch batch;
    const ketsim_circuit *circuits[MOST];
    struct item items[MOST];
    struct place order[MOST];
};

/* Circuits on 1 to most qubits. */
static struct bench *new_bench(size_t count, unsigned most, size_t length, uint64_t *seed)
{
    struct bench *bench = aligned_alloc(64, sizeof *bench);
    CHECK(bench, "no memory");
    memset(bench, 0, sizeof *bench);
    for (size_t k = 0; k < count; k++)
        bench->circuits[k] = random_circuit(1 + random_below(seed, most), 1 + random_below(seed, length),
                                            seed, NULL);
    bench->batch.count = count;
    bench->batch.circuits = bench->circuits;
    bench->batch.items = bench->items;
    bench->batch.order = bench->order;
    return bench;
}

static void free_bench(struct bench *bench)
{
    for (size_t k = 0; k < bench->batch.count; k++) {
        ketsim_state_free(bench->items[k].state);
        ketsim_circuit_free((ketsim_circuit *)bench->circuits[k]);
    }
    free(bench);
}

/* ---- the order --------------------------------------------------------------------------------- */

static unsigned qubits_at(const struct bench *bench, size_t k)
{
    return ketsim_circuit_nqubits(bench->circuits[bench->order[k].index]);
}

static void each_has_a_place(const struct bench *bench)
{
    bool seen[MOST] = {false};
    for (size_t k = 0; k < bench->batch.count; k++) {
        const size_t index = bench->order[k].index;
        CHECK(index < bench->batch.count && !seen[index], "circuit %zu is there twice", index);
        seen[index] = true;
    }
}

/* In both parts the longest first; costs before a place are those of the places before. */
static void is_sorted(const struct bench *bench)
{
    double before = 0;
    for (size_t k = 0; k < bench->batch.count; k++) {
        const struct place *place = &bench->order[k];
        CHECK(place->wide == (k >= bench->batch.narrow), "place %zu is in the wrong part", k);
        if (!place->wide) CHECK(place->before == before, "place %zu: %g before", k, place->before);
        if (!place->wide) before += place->cost;
        const bool first = k == 0 || k == bench->batch.narrow;
        CHECK(first || place->cost <= place[-1].cost, "place %zu is longer than the one before", k);
    }
    CHECK(bench->batch.narrow_ns == before, "%g altogether", bench->batch.narrow_ns);
}

/* On fewer qubits than is usual only what takes one thread longer than all of the rest takes all. */
static void is_wide_with_reason(const struct bench *bench, bool may_widen)
{
    double left = bench->batch.narrow_ns;
    for (size_t k = bench->batch.count; k-- > bench->batch.narrow;) {
        if (qubits_at(bench, k) >= ketsim_batch_crossover(NULL)) continue;
        left += bench->order[k].cost;
        CHECK(may_widen && qubits_at(bench, k) >= 14, "%u qubits: all threads", qubits_at(bench, k));
        CHECK(bench->order[k].cost * CREW > left, "%g ns of %g: all threads", bench->order[k].cost, left);
    }
    if (!bench->batch.narrow || !may_widen || qubits_at(bench, 0) < 14) return;
    CHECK(bench->order[0].cost * CREW <= bench->batch.narrow_ns, "%g ns of %g: one thread",
          bench->order[0].cost, bench->batch.narrow_ns);
}

static void orders(void)
{
    uint64_t seed = 1;
    unsigned wide = 0, widened = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool may_widen = round & 1;
        struct bench *bench = new_bench(random_below(&seed, MOST + 1), 20, 60, &seed);
        order_prepare(&bench->batch, may_widen);
        each_has_a_place(bench);
        is_sorted(bench);
        is_wide_with_reason(bench, may_widen);
        for (size_t k = bench->batch.narrow; k < bench->batch.count; k++)
            wide++, widened += qubits_at(bench, k) < ketsim_batch_crossover(NULL);
        free_bench(bench);
    }
    CHECK(wide > 100 && widened > 10, "%u wide circuits, %u on few qubits, are none to test with", wide,
          widened);
}

/* ---- beside ------------------------------------------------------------------------------------ */

/* What is chosen takes one thread, by plans, no longer than the others take for theirs; and of what is not, none that comes
 * before it in the order would have fitted alone. */
static void chooses(void)
{
    uint64_t seed = 2;
    unsigned chosen = 0, left_out = 0;
    for (unsigned round = 0; round < 40; round++) {
        struct bench *bench = new_bench(MOST, 10, 800, &seed);
        for (unsigned k = 0; k < 4; k++) {
            ketsim_circuit_free((ketsim_circuit *)bench->circuits[k]);
            bench->circuits[k] = random_circuit(18, 1 + random_below(&seed, 12), &seed, NULL);
        }
        struct ketsim_batch *batch = &bench->batch;
        order_prepare(batch, true);
        batch->helpers = 1 + round % 3;
        batch->narrow_ns = 0; /* a part of what those for all threads take, on whatever machine */
        for (size_t k = batch->narrow; k < batch->count; k++)
            batch->narrow_ns += item_expected_ns(batch, bench->order[k].index, true) * (round % 8) / 4;
        beside_choose(batch);
        double lane = 0;
        for (size_t k = 0; k < batch->count; k++) {
            const struct place *place = &bench->order[k];
            if (!place->beside) left_out += place->wide;
            else lane += item_expected_ns(batch, place->index, true), chosen++;
            CHECK(place->wide || !place->beside, "a small circuit runs beside the small ones");
        }
        CHECK(lane * batch->helpers <= batch->narrow_ns, "%g ns beside %g on %u threads", lane,
              batch->narrow_ns, batch->helpers);
        free_bench(bench);
    }
    CHECK(chosen > 5 && left_out > 5, "%u chosen, %u not: nothing to choose", chosen, left_out);
}

/* Whatever was chosen. */
static void has_the_bits_of_each_alone(size_t count, unsigned most, uint64_t seed)
{
    const ketsim_circuit *circuits[MOST];
    uint64_t hashes[MOST];
    ketsim_batch *batch;
    for (size_t k = 0; k < count; k++) {
        const unsigned n = k % 20 == 7 ? 18 : k % 20 == 9 ? 15 : 1 + (unsigned)k % 10;
        circuits[k] = random_circuit(n, 30 + random_below(&seed, 60), &seed, NULL);
        ketsim_state *state = new_state(n, KETSIM_COMPLEX128);
        apply_once(state, circuits[k]);
        hashes[k] = state_hash(state);
        ketsim_state_free(state);
    }
    CHECK_OK(ketsim_batch_run(&batch, circuits, count, &(ketsim_batch_options){.max_concurrency = most}));
    for (size_t k = 0; k < count; k++) {
        ketsim_state *state = ketsim_batch_take(batch, k);
        CHECK(state && state_hash(state) == hashes[k], "circuit %zu: %s", k, ketsim_batch_message(batch, k));
        CHECK(!ketsim_pending(state), "circuit %zu is queued", k);
        ketsim_state_free(state);
        ketsim_circuit_free((ketsim_circuit *)circuits[k]);
    }
    ketsim_batch_free(batch);
}

/* To be told how long a circuit takes changes nothing. */
static void expecting_changes_nothing(void)
{
    uint64_t seed = 5;
    double ns = 0;
    for (unsigned n = 1; n <= 16; n += 3) {
        ketsim_circuit *circuit = random_circuit(n, 50, &seed, NULL);
        ketsim_state *state = new_state(n, KETSIM_COMPLEX128), *other = new_state(n, KETSIM_COMPLEX128);
        for (unsigned k = 0; k < 2; k++) {
            CHECK_OK(gate1(state, KETSIM_GATE_H, 0, 0, 0, 0));
            CHECK_OK(gate1(other, KETSIM_GATE_H, 0, 0, 0, 0));
            CHECK_OK(state_expect_once(&ns, state, circuit, NULL));
            CHECK(ns > 0, "%g ns", ns);
            CHECK(ketsim_pending(state) == ketsim_pending(other), "%zu queued", ketsim_pending(state));
            CHECK(ketsim_state_generation(state) == ketsim_state_generation(other), "it ran");
        }
        CHECK(state_hash(state) == state_hash(other), "n=%u: other bits", n);
        ketsim_state_free(state);
        ketsim_state_free(other);
        ketsim_circuit_free(circuit);
    }
}

/* ---- the crossover ----------------------------------------------------------------------------- */

/* A machine on which all threads on one circuit become quicker with the qubits; unknown at some size. */
struct machine {
    unsigned slower_below, quicker_from, unknown; /* between them there is no difference */
};

static double ratio_on(void *context, unsigned n)
{
    const struct machine *m = context;
    if (n == m->unknown) return 0;
    return n < m->slower_below ? 1.5 : n >= m->quicker_from ? 0.5 : 1;
}

/* The usual size where nothing speaks against it, else the nearest size that nothing speaks against. */
static void searches(void)
{
    for (unsigned low = 10; low < 27; low++)
        for (unsigned high = low; high < 27; high++) {
            struct machine m = {low, high, 0};
            const unsigned usual = ketsim_batch_crossover(NULL);
            unsigned right = usual < low ? low : usual > high ? high : usual;
            if (right < 15) right = 15;
            if (right > 22) right = 22;
            CHECK(crossover_search(ratio_on, &m) == right, "%u..%u: %u", low, high,
                  crossover_search(ratio_on, &m));
            m.unknown = usual;
            CHECK(crossover_search(ratio_on, &m) == 0, "found out of nothing");
        }
}

/* By whichever size it is, the bits stay; it is measured once at most. */
static void measures(void)
{
    bool before, after;
    uint64_t seed = 8;
    struct bench *bench = new_bench(8, 6, 60, &seed);
    CHECK(ketsim_batch_crossover(&before) == 18 && !before, "measured without need");
    bench->batch.limit = UINT64_MAX;
    order_prepare(&bench->batch, true);
    CHECK(!crossover_measure(&bench->batch), "short circuits were worth it");
    CHECK(ketsim_batch_crossover(&after) == 18 && !after, "short circuits were worth it");
    bench->batch.doubtful_ns = 1e12;
    bool differs = false;
    for (unsigned k = 0; k < 100 && !after; k++) { /* while workers of batches before are on their way out */
        differs = crossover_measure(&bench->batch);
        (void)ketsim_batch_crossover(&after);
    }
    const unsigned found = ketsim_batch_crossover(&after);
    CHECK(after && found >= 15 && found <= 22, "%u qubits, %s", found, after ? "measured" : "not measured");
    CHECK(differs == (found != 18), "%u qubits: %s", found, differs ? "differs" : "is the same");
    CHECK(!crossover_measure(&bench->batch), "measured again");
    free_bench(bench);
}

int main(void)
{
    CHECK(!setenv("KETSIM_NUM_THREADS", "3", 1), "no environment");
    CHECK(ketsim_default_threads() == CREW, "%u threads", ketsim_default_threads());
    orders();
    chooses();
    expecting_changes_nothing();
    searches();
    for (unsigned most = 0; most <= CREW; most++) has_the_bits_of_each_alone(MOST, most, 3 + most);
    measures();
    has_the_bits_of_each_alone(MOST, 0, 9);
    return 0;
}
