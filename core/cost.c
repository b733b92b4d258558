/* cost.c - counting work, the table of what it costs, and the two measurements that turn it into time. */
#include "cost.h"

#include <math.h>
#include <string.h>

#include "bits.h"
#include "exec.h"
#include "memory.h"
#include "threads.h"
#include "tiled.h"

/* ---- how much ---------------------------------------------------------------------------------- */

static uint64_t amp_bytes(const struct plan *plan)
{
    return plan->dtype == KETSIM_COMPLEX128 ? 16 : 8;
}

static void add_work(struct cost *cost, enum cost_kind kind, size_t times, uint64_t tiles, uint64_t amps)
{
    cost->starts[kind] += (double)times * (double)tiles;
    cost->amps[kind] += (double)times * (double)amps;
}

static struct cost cost_of_tiles(const struct plan *plan, const struct stage *stage)
{
    const struct tiled_counts counts = tiled_count(stage->tiling, stage->pass);
    const struct tiled_extent extent = tiled_extent(stage->tiling, stage->pass);
    struct cost cost = {.read = extent.read * amp_bytes(plan), .written = extent.written * amp_bytes(plan)};
    add_work(&cost, COST_TILE, 1, extent.tiles, extent.amps);
    add_work(&cost, COST_GROUP, counts.groups, extent.tiles, extent.amps);
    add_work(&cost, COST_MOVING, counts.moving, extent.tiles, extent.amps);
    add_work(&cost, COST_ACROSS, counts.across, extent.tiles, extent.amps);
    add_work(&cost, COST_ROTATION, counts.rotations, extent.tiles, extent.amps);
    add_work(&cost, COST_PHASES, counts.phases, extent.tiles, extent.amps);
    add_work(&cost, COST_LINKED, counts.linked, extent.tiles, extent.amps);
    add_work(&cost, COST_FLIP, counts.flips, extent.tiles, extent.amps);
    add_work(&cost, COST_DENSE, counts.dense, extent.tiles, extent.amps);
    add_work(&cost, COST_CORE, counts.cores, extent.tiles, extent.amps);
    return cost;
}

static uint64_t table_entry_bytes(const struct plan *plan, const struct wide *wide)
{
    return wide->kind == WIDE_PHASES ? amp_bytes(plan) : sizeof(uint64_t);
}

/* So many products of four, one after the other; or a table that is read along the state. */
static struct cost cost_of_wide(const struct plan *plan, const struct stage *stage)
{
    const uint64_t amps = (UINT64_C(1) << plan->nqubits) >> bit_count(stage->sweep->control_mask);
    struct cost cost = {.read = amps * amp_bytes(plan), .written = amps * amp_bytes(plan)};
    const struct wide *wide = stage->sweep->wide;
    if (wide->kind != WIDE_MATRIX)
        cost.read += (UINT64_C(1) << wide->ntargets) * table_entry_bytes(plan, wide);
    add_work(&cost, wide->kind == WIDE_PHASES ? COST_SWEEP_DIAGONAL : COST_SWEEP_TWO, 1, 1,
             amps * stage->weight);
    return cost;
}

/* In place, what the controls leave out is skipped where it lies far enough apart; only a first pass is not. */
static struct cost cost_of_sweep(const struct plan *plan, const struct stage *stage)
{
    const struct sweep *sweep = stage->sweep;
    const uint64_t skipped = stage == plan->stages ? 0 : sweep->control_mask & skip_bits(amp_bytes(plan));
    const uint64_t amps = (UINT64_C(1) << plan->nqubits) >> bit_count(skipped);
    struct cost cost = {.read = amps * amp_bytes(plan), .written = amps * amp_bytes(plan)};
    add_work(&cost,
             sweep->diagonal                        ? COST_SWEEP_DIAGONAL
             : sweep->pauli || sweep->ntargets == 1 ? COST_SWEEP_ONE
                                                    : COST_SWEEP_TWO,
             1, 1, amps);
    return cost;
}

struct cost cost_of(const struct plan *plan, const struct stage *stage)
{
    if (stage->sweep && stage->sweep->wide) return cost_of_wide(plan, stage);
    return stage->sweep ? cost_of_sweep(plan, stage) : cost_of_tiles(plan, stage);
}

/* ---- what it costs ----------------------------------------------------------------------------- */

enum { WIDTH_BASE, WIDTH_256, WIDTH_512, WIDTHS };

/* Cycles: for a start and for an amplitude, by dtype and width of vectors.  Of tiles, fits to 128 runs in each dtype on
 * one thread of two AMD EPYCs, one with 256 and one with 512 bits: qft, brick, ansatz, qaoa, volume, heisenberg, grid and
 * ghz of bench/python/workloads.py on 8 to 20 qubits from a label and from amplitudes; 93 to 97 % of them within 25 %.  A
 * group takes about as long with three rotations as with one.  Flips by themselves are too rare there: theirs is an earlier
 * fit's.  The baseline is not measured: it is taken as 1.8 times 256 bits. */
static const struct row {
    float start[2][WIDTHS], amp[2][WIDTHS];
} rows[COST_KINDS] = {
    [COST_TILE] = {{{0, 0, 315}, {289, 289, 364}}, {{4.9f, 2.72f, 1.0f}, {2.4f, 1.31f, 0.54f}}},
    [COST_GROUP] = {{{0, 0, 0}, {0, 0, 5}}, {{2.9f, 1.63f, 0.35f}, {1.1f, 0.59f, 0.16f}}},
    [COST_MOVING] = {{{64, 64, 25}, {88, 88, 100}}, {{0.5f, 0.27f, 0.31f}, {0.6f, 0.31f, 0.14f}}},
    [COST_ACROSS] = {{{0}, {0}}, {{0.4f, 0.24f, 0.15f}, {0.0f, 0.0f, 0.0f}}},
    [COST_ROTATION] = {{{3, 3, 3}, {1, 1, 4}}, {{0.0f, 0.0f, 0.09f}, {0.1f, 0.07f, 0.05f}}},
    [COST_PHASES] = {{{310, 310, 115}, {223, 223, 65}}, {{1.0f, 0.56f, 0.56f}, {0.8f, 0.46f, 0.37f}}},
    [COST_LINKED] = {{{0}, {0}}, {{2.4f, 1.33f, 0.8f}, {2.2f, 1.25f, 0.28f}}},
    [COST_FLIP] = {{{0}, {0}}, {{2.8f, 1.55f, 0.8f}, {1.4f, 0.75f, 0.4f}}},
    [COST_DENSE] = {{{193, 193, 241}, {484, 484, 250}}, {{5.3f, 2.94f, 1.1f}, {2.5f, 1.41f, 0.52f}}},
    [COST_CORE] = {{{320, 320, 221}, {0, 0, 144}}, {{3.5f, 1.92f, 0.7f}, {1.9f, 1.05f, 0.32f}}},
    [COST_SWEEP_DIAGONAL] = {{{170, 170, 79}, {170, 170, 123}}, {{2.0f, 1.0f, 0.54f}, {0.9f, 0.4f, 0.23f}}},
    [COST_SWEEP_ONE] = {{{170, 170, 137}, {170, 170, 179}}, {{3.0f, 1.3f, 0.55f}, {1.5f, 0.6f, 0.28f}}},
    [COST_SWEEP_TWO] = {{{350, 350, 580}, {350, 350, 538}}, {{7.0f, 2.4f, 1.06f}, {3.5f, 1.0f, 0.94f}}},
};

static unsigned width(const struct plan *plan)
{
    const char *isa = plan->set->isa;
    return !strcmp(isa, "avx512") ? WIDTH_512 : !strcmp(isa, "base") ? WIDTH_BASE : WIDTH_256;
}

static double cycles_of(const struct plan *plan, const struct cost *cost)
{
    double cycles = 0;
    const unsigned w = width(plan);
    for (unsigned k = 0; k < COST_KINDS; k++)
        cycles += cost->starts[k] * rows[k].start[plan->dtype][w] +
                  cost->amps[k] * rows[k].amp[plan->dtype][w];
    return cycles;
}

/* ---- this machine ------------------------------------------------------------------------------ */

/* Two states up to so many bytes stay in a last-level cache, where a byte takes as long as CACHED_CYCLES. */
static const uint64_t CACHED_BYTES = UINT64_C(1) << 23;
static const double CACHED_CYCLES = 0.1;

static struct {
    _Atomic double cycle_ns, byte_ns; /* 0: not measured yet */
} machine;

/* The best of a few runs, for others may use the machine. */
static uint64_t best_of(const struct plan *plan, void *amps)
{
    enum { TRIES = 30 };
    const struct exec exec = {.nqubits = plan->nqubits, .threads = 1};
    uint64_t best = UINT64_MAX;
    for (unsigned k = 0; k < TRIES; k++) {
        const uint64_t start = clock_ns();
        if (exec_plan(&exec, plan, amps, amps) != KETSIM_OK) return 0;
        const uint64_t took = clock_ns() - start;
        if (took < best) best = took;
    }
    return best;
}

/* How long a cycle of the table is: from one sweep of a dense matrix, in a cache. */
static double measure_cycle(void)
{
    enum { QUBITS = 12, BYTES = 16 << QUBITS };
    const double usual = 0.4;
    const ketsim_complex u[] = {{0.8, 0}, {0, 0.6}, {0, 0.6}, {0.8, 0}};
    const struct sweep sweep = {.entries = u, .ntargets = 1, .targets = {QUBITS / 2}};
    struct stage stage = {.sweep = &sweep, .weight = 1};
    const struct plan plan = {
        .nqubits = QUBITS, .length = 1, .weight = 1, .stages = &stage, .set = kernels()};
    const struct cost cost = cost_of(&plan, &stage);
    void *amps = memory_map(BYTES);
    if (!amps) return usual;
    memset(amps, 0, BYTES);
    const double cycle = (double)best_of(&plan, amps) / cycles_of(&plan, &cost);
    memory_unmap(amps, BYTES);
    return cycle > 0 ? cycle : usual;
}

/* In place through more than the caches hold.  Without the memory for that, what is usual. */
static double measure_byte(void)
{
    enum { BYTES = 1 << 25 };
    const double usual = 0.1;
    double *numbers = memory_map(BYTES);
    if (!numbers) return usual;
    memset(numbers, 0, BYTES);
    const uint64_t start = clock_ns();
    for (size_t i = 0; i < BYTES / sizeof *numbers; i++) numbers[i] += 1;
    const uint64_t took = clock_ns() - start;
    memory_unmap(numbers, BYTES);
    return (double)took / (2.0 * BYTES);
}

/* Two threads that measure at once each leave a good number. */
static double known(_Atomic double *number, double (*measure)(void))
{
    double value = atomic_load_explicit(number, memory_order_relaxed);
    if (value > 0) return value;
    value = measure();
    atomic_store_explicit(number, value, memory_order_relaxed);
    return value;
}

/* Memory and arithmetic overlap, but for vectors so wide that there is little of it. */
double cost_ns(const struct plan *plan, const struct cost *cost)
{
    const double cycle_ns = known(&machine.cycle_ns, measure_cycle);
    const bool cached = 2 * amp_bytes(plan) << plan->nqubits <= CACHED_BYTES;
    const double byte_ns = cached ? CACHED_CYCLES * cycle_ns : known(&machine.byte_ns, measure_byte);
    const double memory = (double)(cost->read + cost->written) * byte_ns;
    const double arithmetic = cycles_of(plan, cost) * cycle_ns;
    if (width(plan) == WIDTH_512 && !cached) return arithmetic + memory;
    return arithmetic > memory ? arithmetic : memory;
}

double cost_of_plan_ns(const struct plan *plan)
{
    double ns = 0;
    for (size_t k = 0; k < plan->length; k++) {
        const struct cost cost = cost_of(plan, &plan->stages[k]);
        ns += cost_ns(plan, &cost);
    }
    return ns;
}
