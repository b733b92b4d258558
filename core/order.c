/* order.c - in what order the circuits of a batch run, and which of them are for all cores. */
#include <math.h>
#include <stdlib.h>

#include "batch.h"
#include "buffer.h"
#include "circuit.h"
#include "direct.h"
#include "guess.h"
#include "threads.h"

/* From so many on a team pays where a circuit takes longer than all that is left for the other cores. */
enum { LEAST_WIDE = 14 };
/* A circuit that measures holds so many states at once, or more when many shots differ. */
enum { DYNAMIC_STATES = 3 };
/* What part of them makes many estimates good ones. */
static const double MOSTLY = 0.75;
static const double MOST_PATIENCE_NS = 1e9;
/* Room that is not worth asking the system about. */
static const uint64_t SMALL_BYTES = UINT64_C(64) << 20;

/* ---- in what order ---------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->wide != y->wide) return x->wide ? 1 : -1;
    if (x->cost != y->cost) return x->cost > y->cost ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

unsigned crew_size(const struct ketsim_batch *batch)
{
    const unsigned most = ketsim_default_threads(), asked = batch->options.max_concurrency;
    return asked && asked < most ? asked : most;
}

/* Of many small circuits a look at operations, which whoever runs them needs in another cache, would be a tenth of the time. */
static double run_ns(const struct guess *guess, const ketsim_circuit *circuit)
{
    const struct program *program = &circuit_lock(circuit)->program;
    const bool small = direct_is_quicker(guess->nqubits, guess->dtype, program->length);
    const double ns = small ? guess_operations_ns(guess, program->length) : guess_program_ns(guess, program);
    circuit_unlock(circuit);
    return ns;
}

static double cost_of(const struct ketsim_batch *batch, const struct guess *guess,
                      const ketsim_circuit *circuit)
{
    return run_ns(guess, circuit) + guess_terms_ns(guess->nqubits, batch->terms) +
           guess_samples_ns(guess->nqubits, batch->options.shots);
}

static void place(struct ketsim_batch *batch, size_t index)
{
    struct item *item = &batch->items[index];
    const ketsim_state *from = item->state ? item->state : batch->base;
    const ketsim_circuit *circuit = batch->circuits[index];
    const unsigned n = from ? ketsim_state_nqubits(from) : ketsim_circuit_nqubits(circuit);
    const ketsim_dtype dtype = from ? ketsim_state_dtype(from) : batch->options.dtype;
    const size_t length = ketsim_circuit_length(circuit);
    const struct guess guess = {.nqubits = n, .dtype = dtype, .from_label = !from};
    const bool is_dynamic = ketsim_circuit_is_dynamic(circuit);
    const unsigned least = is_dynamic ? WIDE_QUBITS : ketsim_batch_crossover(NULL);
    item->bytes = buffer_bytes(n, dtype) * (is_dynamic ? DYNAMIC_STATES : 1) + batch->options.shots * 28;
    batch->order[index] = (struct place){.wide = crew_size(batch) > 1 && n >= least,
                                         .may_widen = !is_dynamic && n >= LEAST_WIDE,
                                         .is_sure = !is_dynamic && direct_is_quicker(n, dtype, length),
                                         .cost = cost_of(batch, &guess, circuit),
                                         .index = index};
}

static void count_terms(struct ketsim_batch *batch)
{
    batch->terms = 0;
    for (size_t k = 0; k < batch->options.nobservables; k++)
        batch->terms += (double)ketsim_observable_length(batch->options.observables[k]);
}

/* All cores also for those that would run on when the others are done, which are the first in the order. */
static void widen(struct ketsim_batch *batch)
{
    const double threads = crew_size(batch);
    double left = 0;
    for (size_t k = 0; k < batch->narrow; k++) left += batch->order[k].cost;
    for (size_t k = 0; threads > 1 && k < batch->narrow; k++) {
        struct place *place = &batch->order[k];
        if (!place->may_widen || place->cost * threads <= left) break;
        left -= place->cost;
        place->wide = true;
    }
}

static void sort(struct ketsim_batch *batch)
{
    batch->narrow = 0;
    for (size_t k = 0; k < batch->count; k++) batch->narrow += !batch->order[k].wide;
    qsort(batch->order, batch->count, sizeof *batch->order, by_place);
}

static void add_costs(struct ketsim_batch *batch)
{
    double all = 0, sure = 0;
    for (size_t k = 0; k < batch->narrow; k++) {
        struct place *place = &batch->order[k];
        place->before = all;
        all += place->cost;
        if (place->is_sure) sure += place->cost;
    }
    batch->narrow_ns = all;
    batch->doubtful_ns = 0;
    for (size_t k = 0; k < batch->count; k++)
        if (batch->order[k].may_widen) batch->doubtful_ns += batch->order[k].cost;
    batch->is_sure = sure >= MOSTLY * all;
}

static void put_in_order(struct ketsim_batch *batch, bool may_widen)
{
    count_terms(batch);
    for (size_t k = 0; k < batch->count; k++) place(batch, k);
    sort(batch);
    if (may_widen) widen(batch);
    if (batch->narrow && batch->order[0].wide) sort(batch);
    add_costs(batch);
}

/* What is not near the limit need not know it. */
static void set_limit(struct ketsim_batch *batch)
{
    uint64_t largest = 0;
    batch->limit = batch->options.memory_limit ? batch->options.memory_limit : UINT64_MAX;
    if (batch->options.memory_limit) return;
    for (size_t k = 0; k < batch->count; k++)
        if (batch->items[k].bytes > largest) largest = batch->items[k].bytes;
    if (largest > SMALL_BYTES / crew_size(batch)) batch->limit = ketsim_memory_available() / 10 * 6;
}

void order_prepare(struct ketsim_batch *batch, bool may_widen)
{
    put_in_order(batch, may_widen);
    set_limit(batch);
}

/* A quarter of what it takes on one. */
uint64_t order_patience_ns(const struct place *place)
{
    return (uint64_t)fmin(place->cost / 4, MOST_PATIENCE_NS);
}
