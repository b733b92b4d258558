/* crossover.c - from how many qubits on all threads work on one circuit of a batch.
 *
 * One circuit a core, and the cores compete for the last-level cache and for memory; all cores on one, and they wait for each
 * other after every pass.  What is quicker depends on the machine: so it is measured, by both ways of running a few circuits a
 * core, from the usual size upwards or downwards to where the other way is no longer clearly quicker. */
#include <math.h>
#include <time.h>

#include "batch.h"
#include "buffer.h"
#include "error.h"
#include "pool.h"
#include "state.h"
#include "threads.h"

enum { LEAST = 15, USUAL = WIDE_QUBITS, MOST = 22, TRIES = 3 };
/* So many circuits a core, that a thread which wakes late does not decide. */
enum { EACH = 4 };
/* What takes so much less time is clearly quicker. */
static const double CLEARLY = 0.95;
/* A batch whose large circuits are so much work for each thread, by estimate, may spend this on finding out, and what the size
 * that is tried by then takes beyond. */
static const double WORTH_NS = 2e9;
static const uint64_t BUDGET_NS = 200000000;
/* OpenMP's threads spin so long after a team, on cores that one circuit each would need. */
static const uint64_t SETTLE_NS = 10000000;

/* Cores that are not free by then are at other work. */
static const uint64_t PATIENCE_NS = 20000000;

static _Atomic unsigned measured; /* 0: not yet */

unsigned ketsim_batch_crossover(bool *is_measured)
{
    const unsigned known = atomic_load_explicit(&measured, memory_order_relaxed);
    if (is_measured) *is_measured = known != 0;
    return known ? known : USUAL;
}

/* ---- circuits to measure with ------------------------------------------------------------------ */

struct trial {
    struct ketsim_batch *batch; /* whose stops end it */
    ketsim_circuit *circuit;
    unsigned nqubits, threads, count;
    _Atomic unsigned next;
    _Atomic bool failed;
};

static ketsim_status add(ketsim_circuit *circuit, ketsim_gate gate, double angle, int a, int b)
{
    return ketsim_circuit_gate(circuit, gate, &angle, (const int[]){a, b});
}

/* Two layers of rotations and CNOTs. */
static ketsim_status fill(ketsim_circuit *circuit, int nqubits)
{
    for (int layer = 0; layer < 2; layer++) {
        for (int q = 0; q < nqubits; q++) TRY(add(circuit, KETSIM_GATE_RY, 0.1 + q + layer, q, 0));
        for (int q = 0; q + 1 < nqubits; q++) TRY(add(circuit, KETSIM_GATE_CNOT, 0, q, q + 1));
    }
    return KETSIM_OK;
}

static ketsim_status run_once(const struct trial *trial, unsigned threads)
{
    ketsim_state *state;
    const ketsim_run_options options = {.threads = threads, .cancel = trial->batch->options.cancel};
    TRY(ketsim_state_new(&state, trial->nqubits, KETSIM_COMPLEX128));
    const ketsim_status status = ketsim_apply(state, trial->circuit, &options);
    ketsim_state_free(state);
    return status;
}

/* ---- both ways --------------------------------------------------------------------------------- */

static void run_some(void *context)
{
    struct trial *trial = context;
    while (atomic_fetch_add(&trial->next, 1) < trial->count)
        if (run_once(trial, 1) != KETSIM_OK) atomic_store(&trial->failed, true);
}

static void run_one_a_core(struct trial *trial)
{
    atomic_store(&trial->next, 0);
    struct pool_job *job = pool_begin(trial->threads - 1, run_some, trial);
    (void)cores_enter(1, 0);
    run_some(trial);
    cores_leave();
    while (!pool_end(job, BATCH_POLL_NS)) {}
}

static void run_all_on_one(struct trial *trial)
{
    if (cores_enter(trial->threads, PATIENCE_NS) < trial->threads) atomic_store(&trial->failed, true);
    for (unsigned k = 0; k < trial->count && !atomic_load(&trial->failed); k++)
        if (run_once(trial, trial->threads) != KETSIM_OK) atomic_store(&trial->failed, true);
    cores_leave();
}

static bool must_stop(const struct ketsim_batch *batch)
{
    return batch_stopped(batch) || (batch->deadline && clock_ns() >= batch->deadline);
}

/* The best of a few, for others may use the machine; the first makes plans and touches memory. */
static double best_of(struct trial *trial, void (*way)(struct trial *trial))
{
    double best = HUGE_VAL;
    for (unsigned k = 0; k <= TRIES && !atomic_load(&trial->failed); k++) {
        const uint64_t start = clock_ns();
        way(trial);
        if (k) best = fmin(best, (double)(clock_ns() - start));
        batch_poll(trial->batch, 0);
        if (must_stop(trial->batch)) atomic_store(&trial->failed, true);
    }
    return best;
}

static void settle(void)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)SETTLE_NS}, NULL);
}

static bool has_room(const struct trial *trial)
{
    const uint64_t bytes = 2 * trial->threads * buffer_bytes(trial->nqubits, KETSIM_COMPLEX128);
    return bytes <= trial->batch->limit && bytes <= ketsim_memory_available() / 4;
}

static double ratio_of(struct trial *trial)
{
    settle();
    const double apart = best_of(trial, run_one_a_core);
    const double together = best_of(trial, run_all_on_one);
    return atomic_load(&trial->failed) ? 0 : together / apart;
}

/* A search in a batch, and when it is to end. */
struct search {
    struct ketsim_batch *batch;
    uint64_t until;
};

static double ratio_at(void *context, unsigned nqubits)
{
    const struct search *search = context;
    const unsigned threads = crew_size(search->batch);
    struct trial trial = {
        .batch = search->batch, .nqubits = nqubits, .threads = threads, .count = EACH * threads};
    if (clock_ns() >= search->until || !has_room(&trial) ||
        ketsim_circuit_new(&trial.circuit, nqubits) != KETSIM_OK)
        return 0;
    const double ratio = fill(trial.circuit, (int)nqubits) == KETSIM_OK ? ratio_of(&trial) : 0;
    ketsim_circuit_free(trial.circuit);
    return ratio;
}

/* ---- the size ---------------------------------------------------------------------------------- */

static unsigned search_up(crossover_ratio *ratio, void *context)
{
    for (unsigned n = USUAL + 1; n < MOST; n++) {
        const double at = ratio(context, n);
        if (at <= 1 / CLEARLY) return n;
    }
    return MOST;
}

static unsigned search_down(crossover_ratio *ratio, void *context)
{
    for (unsigned n = USUAL; n > LEAST; n--) {
        const double at = ratio(context, n - 1);
        if (at >= CLEARLY || at <= 0) return n;
    }
    return LEAST;
}

unsigned crossover_search(crossover_ratio *ratio, void *context)
{
    const double at = ratio(context, USUAL);
    if (at <= 0) return 0;
    return at > 1 / CLEARLY ? search_up(ratio, context) : search_down(ratio, context);
}

bool crossover_measure(struct ketsim_batch *batch)
{
    static _Atomic uint32_t busy; /* epoch of a process in which a thread measures */
    const bool all = crew_size(batch) > 1 && crew_size(batch) == ketsim_default_threads();
    if (!all || batch->deadline || batch->doubtful_ns < WORTH_NS * crew_size(batch) || atomic_load(&measured))
        return false;
    if (atomic_exchange(&busy, fork_epoch()) == fork_epoch()) return false;
    struct search search = {batch, clock_ns() + BUDGET_NS};
    const unsigned found = atomic_load(&measured) ? 0 : crossover_search(ratio_at, &search);
    if (found) atomic_store(&measured, found);
    atomic_store(&busy, 0);
    return found && found != USUAL;
}
