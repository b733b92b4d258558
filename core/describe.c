/* describe.c - a plan as text. */
#include <stdio.h>

#include "bits.h"
#include "cost.h"
#include "plan.h"
#include "text.h"
#include "tiled.h"

/* ---- numbers ----------------------------------------------------------------------------------- */

static void put_bytes(struct text *text, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes / 1024;
    unsigned k = 0;
    for (; value >= 1024 && k < 4; k++) value /= 1024;
    if (bytes < 1024) text_put(text, "%llu bytes", (unsigned long long)bytes);
    else text_put(text, "%.4g %s", value, units[k]);
}

static void put_time(struct text *text, double ns)
{
    if (ns < 1e3) text_put(text, "%.3g ns", ns);
    else if (ns < 1e6) text_put(text, "%.3g us", ns / 1e3);
    else if (ns < 1e9) text_put(text, "%.3g ms", ns / 1e6);
    else text_put(text, "%.3g s", ns / 1e9);
}

/* "5 rotations, " and "1 rotation, "; nothing of which there is none. */
static void put_count(struct text *text, size_t count, const char *one, const char *several)
{
    if (count) text_put(text, "%zu %s, ", count, count == 1 ? one : several);
}

/* ---- qubits ------------------------------------------------------------------------------------ */

/* The qubits of a mask of bits in ascending order, "0 3-7". */
static void put_qubits(struct text *text, uint64_t mask, unsigned nqubits)
{
    text_put(text, bit_count(mask) == 1 ? "qubit" : "qubits");
    for (unsigned q = 0, last; q < nqubits; q = last + 1) {
        last = q;
        if (!(mask >> (nqubits - 1 - q) & 1)) continue;
        while (last + 1 < nqubits && mask >> (nqubits - 2 - last) & 1) last++;
        if (last - q < 2) last = q;
        if (last > q) text_put(text, " %u-%u", q, last);
        else text_put(text, " %u", q);
    }
}

static void put_controls(struct text *text, const struct sweep *sweep, unsigned nqubits)
{
    if (!sweep->control_mask) return;
    text_put(text, ", where");
    for (unsigned q = 0; q < nqubits; q++) {
        const unsigned bit = nqubits - 1 - q;
        if (sweep->control_mask >> bit & 1)
            text_put(text, " %u=%u", q, (unsigned)(sweep->control_values >> bit & 1));
    }
}

/* ---- passes ------------------------------------------------------------------------------------ */

static void put_sweep(struct text *text, const struct sweep *sweep, unsigned nqubits)
{
    const uint64_t targets = sweep_targets(sweep);
    text_put(text, "streaming, %s%s", sweep->real ? "real " : "",
             sweep->pauli                                         ? "Pauli rotation"
             : sweep->diagonal                                    ? "diagonal"
             : sweep->wide && sweep->wide->kind == WIDE_EXCHANGES ? "exchanges"
                                                                  : "matrix");
    if (targets) text_put(text, " on ");
    if (targets) put_qubits(text, targets, nqubits);
    put_controls(text, sweep, nqubits);
    text_put(text, "; ");
}

static void put_tiles(struct text *text, const struct stage *stage, unsigned nqubits)
{
    const struct tiled_counts counts = tiled_count(stage->tiling, stage->pass);
    const struct tiled_extent extent = tiled_extent(stage->tiling, stage->pass);
    text_put(text, "%llu %s of ", (unsigned long long)extent.tiles, extent.tiles == 1 ? "tile" : "tiles");
    put_qubits(text, stage->pass->local, nqubits);
    text_put(text, ", ");
    put_count(text, counts.groups, "register group", "register groups");
    put_count(text, counts.rotations, "rotation", "rotations");
    put_count(text, counts.phases, "table of phases", "tables of phases");
    put_count(text, counts.flips, "step by itself", "steps by themselves");
    put_count(text, counts.cores, "core of two qubits", "cores of two qubits");
    put_count(text, counts.dense, "dense matrix", "dense matrices");
    if (stage->pass->permutes) text_put(text, "qubits exchanged, ");
    text_put(text, "%llu amplitudes; ", (unsigned long long)extent.amps);
}

/* What all passes have together. */
struct totals {
    uint64_t bytes;
    double ns;
};

static void put_stage(struct text *text, const struct plan *plan, size_t number, struct totals *totals)
{
    const struct stage *stage = &plan->stages[number];
    const struct cost cost = cost_of(plan, stage);
    const uint64_t bytes = cost.read + cost.written;
    const double ns = cost_ns(plan, &cost);
    text_put(text, "pass %zu: ", number + 1);
    if (stage->sweep) put_sweep(text, stage->sweep, plan->nqubits);
    else put_tiles(text, stage, plan->nqubits);
    put_bytes(text, bytes);
    text_put(text, ", ");
    put_time(text, ns);
    text_put(text, "\n");
    totals->bytes += bytes;
    totals->ns += ns;
}

static void put_start(struct text *text, const ketsim_plan *plan)
{
    text_put(text, "%zu operation%s on %u qubit%s, %s, ", plan->operations, plan->operations == 1 ? "" : "s",
             plan->plan.nqubits, plan->plan.nqubits == 1 ? "" : "s",
             plan->plan.dtype == KETSIM_COMPLEX128 ? "complex128" : "complex64");
    if (plan->from_product) text_put(text, "from |%.*s>\n", (int)plan->plan.nqubits, plan->label);
    else text_put(text, "from any state\n");
}

size_t ketsim_plan_describe(const ketsim_plan *plan, char *text, size_t size)
{
    struct text out = {.out = text, .size = size};
    struct totals totals = {.bytes = 0};
    put_start(&out, plan);
    for (size_t k = 0; k < plan->plan.length; k++) put_stage(&out, &plan->plan, k, &totals);
    text_put(&out, "total: %zu pass%s, ", plan->plan.length, plan->plan.length == 1 ? "" : "es");
    put_bytes(&out, totals.bytes);
    text_put(&out, " moved, ");
    put_time(&out, totals.ns);
    text_put(&out, " expected on one thread, %s\n", plan->plan.set->isa);
    return out.length;
}
