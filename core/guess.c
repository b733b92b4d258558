/* guess.c - operations by the kind of work they are, and what each kind costs. */
#include "guess.h"

#include <math.h>

#include "direct.h"
#include "gates.h"
#include "plan.h"

/* Fits to H, X, RX, RZ, CNOT, CZ, CCX and random unitaries, each alone and layers of several, on 2 to 20 qubits, on an AMD EPYC
 * with vectors of 512 bits.  Nanoseconds; of amplitudes, an amplitude in complex128, of which one in complex64 takes a part. */
static const double RUN = 220, SINGLE = 0.65;
/* A state that stays in the last-level cache, and one that does not. */
static const double CACHED = 1 << 18;

/* How operations run: directly; each as a pass; many in a pass over tiles. */
enum way { DIRECT, SWEPT, TILED, WAYS };
/* For the run: an amplitude of the result; of what all passes are over. */
static const double WRITTEN[WAYS][2] = {{0.6, 0.6}, {0.1, 0.2}, {0.2, 0.2}}, PASSED[2] = {0.7, 2};
/* For an operation; for its sine and cosine, or its matrix; for controls or a second target. */
static const double LISTED[WAYS] = {13, 40, 6}, ANGLED[WAYS] = {20, 20, 40}, FILLED[WAYS] = {0, 0, 40};
static const double LINKED[WAYS] = {10, 0, 14};
/* What replaces all that where there is a plan. */
static const double BOUND = 8;

/* Neighbors that become one are a unit of work: on one qubit, or phases. */
enum kind { ONE_PHASES, ONE_FLIPS, ONE_MIXES, SOME_PHASES, SOME_FLIPS, SOME_MIXES, KINDS };
static const double PLANNED[KINDS] = {50, 50, 400, 250, 150, 600};
/* An amplitude's share. */
static const double SHARE[WAYS][KINDS] = {{0.09, 0.09, 0.09, 0.06, 0.09, 0.12},
                                          {0.22, 0.22, 0.22, 0.08, 0.1, 0.25},
                                          {0.02, 0.02, 0.1, 0.02, 0.1, 0.2}};
static const double STEP = 10; /* for a unit that runs directly */

/* Of operations that run directly: each takes but a few times as long as a look. */
enum { LOOKED_AT = 32 };

struct look {
    uint64_t reached, open[3]; /* qubits that are not a label's any more; whose last unit is of that form */
    bool has_plan;
    double amps, ns;
};

/* An operation seen from here. */
struct seen {
    enum gate_form form;
    bool has_angle, has_matrix, is_one; /* one: qubit */
    uint64_t qubits, controls;
    double times; /* that a unit of its kind is done */
};

static void see_row(struct seen *seen, const struct op *op)
{
    const struct gate_shape *row = &gates_shapes[op->gate];
    seen->form = row->form;
    seen->has_angle = row->nangles;
    for (unsigned k = 0; k < row->ncontrols; k++) seen->controls |= UINT64_C(1) << op->qubits[k];
    for (unsigned k = 0; k < op->nqubits; k++) seen->qubits |= UINT64_C(1) << op->qubits[k];
}

static void see_other(struct seen *seen, const struct op *op)
{
    seen->form = GATE_MIXES;
    seen->has_angle = op->gate == KETSIM_GATE_PAULI_ROTATION;
    seen->has_matrix = op->gate == KETSIM_GATE_UNITARY;
    if (seen->has_angle) seen->qubits |= op->pauli.x | op->pauli.z;
    else if (op->gate != KETSIM_GATE_DYNAMIC) seen->qubits |= op_targets(op);
    if (op->gate == KETSIM_GATE_DIAGONAL || (seen->has_angle && !op->pauli.x)) seen->form = GATE_PHASES;
    if (op->gate == KETSIM_GATE_PERMUTATION) seen->form = GATE_FLIPS;
    if (seen->has_matrix && op->nqubits > 2) seen->times = ldexp(0.25, op->nqubits);
}

static void see(struct seen *seen, const struct op *op)
{
    *seen = (struct seen){.controls = op->control_mask, .qubits = op->control_mask, .times = 1};
    if (op->gate < KETSIM_GATE_COUNT) see_row(seen, op);
    else see_other(seen, op);
    seen->is_one = !(seen->qubits & (seen->qubits - 1));
}

static double listed_ns(enum way way, const struct seen *seen)
{
    return LISTED[way] + (seen->has_angle ? ANGLED[way] : 0) + (seen->has_matrix ? FILLED[way] : 0) +
           (seen->is_one ? 0 : LINKED[way]);
}

static enum kind kind_of(const struct seen *seen)
{
    return (seen->is_one ? ONE_PHASES : SOME_PHASES) + seen->form;
}

/* ---- in passes --------------------------------------------------------------------------------- */

/* Whether amplitudes come to qubits that were a label's: something mixes, or flips by controls that are reached. */
static bool spreads(const struct look *look, const struct seen *seen)
{
    if (seen->form == GATE_PHASES) return false;
    if (seen->controls) return seen->controls & look->reached;
    return seen->form == GATE_MIXES || seen->qubits & look->reached;
}

static void reach(struct look *look, const struct seen *seen)
{
    const uint64_t more = seen->qubits & ~seen->controls & ~look->reached;
    if (!more || !spreads(look, seen)) return;
    look->reached |= more;
    for (uint64_t left = more; left; left &= left - 1) look->amps *= 2;
}

/* Whether it is not part of a unit before it. */
static bool opens_unit(struct look *look, const struct seen *seen)
{
    const uint64_t qubits = seen->qubits;
    const bool joins = seen->is_one || seen->form == GATE_PHASES;
    const bool is_open = joins && !(qubits & ~look->open[seen->form]);
    if (seen->form != GATE_PHASES) look->open[GATE_PHASES] &= ~qubits;
    if (!seen->is_one) look->open[GATE_FLIPS] &= ~qubits, look->open[GATE_MIXES] &= ~qubits;
    if (joins) look->open[seen->form] |= qubits;
    return !is_open && qubits & look->reached;
}

static double collapse_ns(double amps)
{
    return 160 + 0.6 * amps;
}

/* What is no gate ends all units. */
static void look_at_dynamic(struct look *look)
{
    look->ns += collapse_ns(look->amps);
    for (unsigned k = 0; k < 3; k++) look->open[k] = 0;
}

static void look_at(struct look *look, enum way way, const struct op *op)
{
    struct seen seen;
    const bool has_plan = way == TILED && look->has_plan;
    if (op->gate == KETSIM_GATE_DYNAMIC) {
        look_at_dynamic(look);
        return;
    }
    see(&seen, op);
    look->ns += has_plan ? BOUND : listed_ns(way, &seen);
    reach(look, &seen);
    if (way == TILED && !opens_unit(look, &seen)) return;
    if (way == TILED && !has_plan) look->ns += PLANNED[kind_of(&seen)];
    look->ns += SHARE[way][kind_of(&seen)] * seen.times * look->amps;
}

static double all_amps(const struct guess *guess)
{
    return (double)(UINT64_C(1) << guess->nqubits) * (guess->dtype == KETSIM_COMPLEX128 ? 1 : SINGLE);
}

static double passes_ns(const struct guess *guess, const struct program *program, enum way way)
{
    const double all = all_amps(guess);
    struct look look = {.reached = ~UINT64_C(0), .amps = all, .has_plan = guess->has_plan};
    if (guess->from_label && way == TILED) look.reached = 0, look.amps = ldexp(all, -(int)guess->nqubits);
    for (size_t k = 0; k < program->length; k++) look_at(&look, way, &program->ops[k]);
    return look.ns + (way == TILED ? PASSED[all > CACHED] * look.amps : 0);
}

/* ---- directly ---------------------------------------------------------------------------------- */

/* Places all over the program, in no step with its layers: Weyl's sequence of the golden ratio. */
static const struct op *sample(const struct program *program, uint64_t k)
{
    const uint64_t part = k * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    return &program->ops[part * (program->length & UINT32_MAX) >> 32];
}

/* Operations on one qubit wait until others come to it, and are a unit with what waits there. */
static double direct_ns(const struct guess *guess, const struct program *program)
{
    const double length = (double)program->length, amps = all_amps(guess);
    double listed = 0, linked = 0, linked_ns = 0;
    for (unsigned k = 0; k < LOOKED_AT && length; k++) {
        struct seen seen;
        see(&seen, sample(program, k));
        listed += listed_ns(DIRECT, &seen) / LOOKED_AT;
        if (seen.is_one) continue;
        linked += 1. / LOOKED_AT;
        linked_ns += (STEP + SHARE[DIRECT][kind_of(&seen)] * seen.times * amps) / LOOKED_AT;
    }
    const double ones = fmin((1 - linked) * length, 2 * linked * length + guess->nqubits);
    return length * (listed + linked_ns) + ones * (STEP + SHARE[DIRECT][ONE_MIXES] * amps);
}

/* ---- what is asked ----------------------------------------------------------------------------- */

static enum way way_of(const struct guess *guess, size_t length)
{
    if (direct_is_quicker(guess->nqubits, guess->dtype, length)) return DIRECT;
    return length <= PLAN_SMALL ? SWEPT : TILED;
}

static double begin_ns(const struct guess *guess, enum way way)
{
    const double all = all_amps(guess);
    return RUN + WRITTEN[way][all > CACHED] * all;
}

double guess_program_ns(const struct guess *guess, const struct program *program)
{
    const enum way way = way_of(guess, program->length);
    return begin_ns(guess, way) +
           (way == DIRECT ? direct_ns(guess, program) : passes_ns(guess, program, way));
}

double guess_operations_ns(const struct guess *guess, size_t count)
{
    static const double usual[WAYS] = {50, 50, 300}, share[WAYS] = {0.09, 0.25, 0.07};
    const enum way way = way_of(guess, count);
    const double amps = all_amps(guess), fixed = way == TILED && guess->has_plan ? BOUND : usual[way];
    if (!count) return 0;
    return begin_ns(guess, way) + (way == TILED ? PASSED[amps > CACHED] * amps : 0) +
           (double)count * (fixed + share[way] * amps);
}

double guess_terms_ns(unsigned nqubits, double terms)
{
    return terms * (40 + ldexp(0.1, (int)nqubits));
}

double guess_samples_ns(unsigned nqubits, uint64_t shots)
{
    return shots ? 25 * (double)shots + ldexp(0.25, (int)nqubits) : 0;
}

double guess_collapse_ns(unsigned nqubits)
{
    return collapse_ns(ldexp(1, (int)nqubits));
}
