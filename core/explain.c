/* explain.c - what shots of a circuit, and reads of observables, will do, as text. */
#include <math.h>
#include <stdlib.h>

#include "channel.h"
#include "error.h"
#include "expect.h"
#include "script.h"
#include "text.h"

/* What all acts have together. */
struct totals {
    size_t stretches, passes, measured, noisy;
    double log2_branches; /* of the states that shots may end in, at most; loops once */
    bool has_loops;
};

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* ---- lists ------------------------------------------------------------------------------------- */

static void put_qubits(struct text *text, const struct script *script, const struct act *act)
{
    text_put(text, "qubit%s", plural(act->count));
    for (unsigned k = 0; k < act->count; k++) text_put(text, " %u", script->nqubits - 1 - act->bits[k]);
}

static void put_places(struct text *text, const struct script *script, const struct act *act)
{
    text_put(text, "bit%s", plural(act->count));
    for (unsigned k = 0; k < act->count; k++) text_put(text, " %u", script->nbits - 1 - act->places[k]);
}

static void put_condition(struct text *text, const struct script *script, const struct act *act)
{
    for (unsigned b = 0; b < script->nbits; b++) {
        const unsigned place = script->nbits - 1 - b;
        if (act->mask >> place & 1) text_put(text, " %u=%u", b, (unsigned)(act->values >> place & 1));
    }
}

static void put_branches(struct text *text, size_t count, struct totals *totals)
{
    text_put(text, "; up to %zu branches\n", count);
    totals->log2_branches += log2((double)count);
}

/* ---- stretches --------------------------------------------------------------------------------- */

static size_t changing(const struct choices *choices)
{
    size_t count = 0;
    for (size_t k = 0; k < choices->count; k++) count += choices->list[k].count && choices->p[k] > 0;
    return count;
}

static void put_noise(struct text *text, const struct stretch *stretch, struct totals *totals)
{
    double clean = 1;
    size_t choices = 0;
    for (size_t k = 0; k < stretch->nnoise; k++) {
        const size_t each = changing(stretch->noise[k].choices);
        clean *= stretch->noise[k].choices->clean;
        choices += each;
        totals->log2_branches += log2(1 + (double)each);
    }
    totals->noisy += stretch->nnoise;
    text_put(text, "; %zu channel%s of unitaries, where %zu may come in, none with probability %.4g",
             stretch->nnoise, plural(stretch->nnoise), choices, clean);
}

static void put_stretch(struct text *text, const struct stretch *stretch, struct totals *totals)
{
    const size_t length = stretch->program.length;
    text_put(text, "segment %zu: %zu operation%s, ", ++totals->stretches, length, plural(length));
    if (stretch->direct) {
        text_put(text, "without a plan");
    } else {
        text_put(text, "%zu pass%s", stretch->plan->plan.length, stretch->plan->plan.length == 1 ? "" : "es");
        totals->passes += stretch->plan->plan.length;
    }
    if (stretch->nnoise) put_noise(text, stretch, totals);
    text_put(text, "\n");
}

/* ---- acts -------------------------------------------------------------------------------------- */

static void put_measure(struct text *text, const struct script *script, const struct act *act,
                        struct totals *totals)
{
    text_put(text, act->kind == ACT_RESET ? "reset " : "measure ");
    put_qubits(text, script, act);
    if (act->kind == ACT_MEASURE) text_put(text, " into ");
    if (act->kind == ACT_MEASURE) put_places(text, script, act);
    totals->measured++;
    put_branches(text, (size_t)1 << act->count, totals);
}

static void put_channel(struct text *text, const struct script *script, const struct act *act,
                        struct totals *totals)
{
    text_put(text, "channel on ");
    put_qubits(text, script, act);
    text_put(text, ", whose %zu Kraus operators are chosen by the state", act->channel->count);
    totals->noisy++;
    put_branches(text, act->channel->count, totals);
}

static void put_readout(struct text *text, const struct script *script, const struct act *act)
{
    text_put(text, "readout of ");
    put_places(text, script, act);
    text_put(text, ", 0 as 1 with probability %.4g and 1 as 0 with %.4g\n", act->flips[0], act->flips[1]);
}

static void put_jump(struct text *text, const struct script *script, const struct act *act,
                     struct totals *totals)
{
    const bool repeats = act->kind == ACT_REPEAT;
    text_put(text, repeats ? "go back to step %zu until" : "go on at step %zu unless", act->target + 1);
    put_condition(text, script, act);
    if (repeats) text_put(text, ", %llu time%s at most", (unsigned long long)act->limit, plural(act->limit));
    text_put(text, "\n");
    totals->has_loops = totals->has_loops || repeats;
}

static void put_act(struct text *text, const struct script *script, const struct act *act,
                    struct totals *totals)
{
    text_put(text, "%zu. ", (size_t)(act - script->acts) + 1);
    switch (act->kind) {
    case ACT_RUN: put_stretch(text, act->stretch, totals); break;
    case ACT_MEASURE:
    case ACT_RESET: put_measure(text, script, act, totals); break;
    case ACT_CHANNEL: put_channel(text, script, act, totals); break;
    case ACT_READOUT: put_readout(text, script, act); break;
    case ACT_IF:
    case ACT_REPEAT: put_jump(text, script, act, totals); break;
    }
}

/* ---- a circuit --------------------------------------------------------------------------------- */

static void put_totals(struct text *text, const struct totals *totals)
{
    text_put(text, "total: %zu segment%s", totals->stretches, plural(totals->stretches));
    if (totals->passes) text_put(text, " of %zu planned passes", totals->passes);
    text_put(text, ", %zu measurement%s, %zu channel%s; the tree of shots has at most ", totals->measured,
             plural(totals->measured), totals->noisy, plural(totals->noisy));
    if (totals->log2_branches < 50) text_put(text, "%.0f", exp2(totals->log2_branches));
    else text_put(text, "2^%.1f", totals->log2_branches);
    text_put(text, " leaves%s\n", totals->has_loops ? ", each loop counted once" : "");
}

ketsim_status ketsim_shots_describe(const ketsim_circuit *circuit, ketsim_dtype dtype, char *text,
                                    size_t size, size_t *length)
{
    struct text out = {.out = text, .size = size};
    struct totals totals = {.log2_branches = 0};
    struct script script;
    const size_t operations = ketsim_circuit_length(circuit);
    TRY(script_make(&script, circuit, ketsim_circuit_nqubits(circuit), dtype));
    text_put(&out, "%zu operation%s on %u qubit%s and %u classical bit%s, %s, shot by shot\n", operations,
             plural(operations), script.nqubits, plural(script.nqubits), script.nbits, plural(script.nbits),
             dtype == KETSIM_COMPLEX128 ? "complex128" : "complex64");
    for (size_t k = 0; k < script.count; k++) put_act(&out, &script, &script.acts[k], &totals);
    put_totals(&out, &totals);
    script_clear(&script);
    *length = out.length;
    return KETSIM_OK;
}

/* ---- observables ------------------------------------------------------------------------------- */

ketsim_status ketsim_observables_describe(const ketsim_observable *const *observables, size_t count,
                                          unsigned nqubits, ketsim_dtype dtype, char *text, size_t size,
                                          size_t *length)
{
    const struct pauli_state state = {.dtype = dtype, .n = nqubits, .pace = {.what = "observables"}};
    struct text out = {.out = text, .size = size};
    struct pauli_sums sums;
    struct pauli_counts counts;
    TRY(expect_terms(&sums, nqubits, observables, count));
    const ketsim_status status = pauli_count(&counts, &state, &sums);
    free(sums.terms);
    if (status != KETSIM_OK) return status;
    text_put(&out, "%zu observable%s, %zu term%s in %zu X mask%s and %zu group%s; ", count, plural(count),
             sums.nterms, plural(sums.nterms), counts.masks, plural(counts.masks), counts.groups,
             plural(counts.groups));
    text_put(&out, "regions of 2^%u amplitudes, read in %zu pass%s\n", counts.region_bits, counts.passes,
             counts.passes == 1 ? "" : "es");
    *length = out.length;
    return KETSIM_OK;
}
