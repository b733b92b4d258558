/* cuts.c - which operations may run before a cut, and what becomes of derivatives that they pass.  See cuts.h.
 *
 * Between two cuts everything runs that commutes with what is left behind and stops no derivative that waits: so a
 * layer of rotations and the entangler before it are one step, in whatever order the caller has written them. */
#include "cuts.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
#include "derive.h"
#include "error.h"
#include "parity.h"

/* An operation that has not run yet. */
struct waiting {
    size_t op, angle;         /* index; that of its first angle */
    uint64_t diagonal, dense; /* qubits on which it is a choice of matrices by |0> and |1>, and the others */
};

struct schedule {
    const struct program *program;
    struct cuts *cuts;
    struct waiting *waiting;
    struct op *order; /* of the operations, as they run */
    size_t *angles;   /* number of the first angle of each */
    bool turned;      /* see turns.h */
    size_t length;    /* of that */
    size_t first;     /* derivative that waits for the next cut */
};

/* ---- footprints -------------------------------------------------------------------------------- */

static struct waiting footprint(const struct program *program, size_t index, size_t angle)
{
    const struct op *op = &program->ops[index];
    const unsigned ncontrols = derive_controls(op);
    const uint64_t targets = op_is_wide(op) ? op_targets(op)
                                            : derive_mask(op->qubits + ncontrols, op->nqubits - ncontrols),
                   controls = op->control_mask | derive_mask(op->qubits, ncontrols);
    const bool diagonal = derive_is_diagonal(program, op);
    return (struct waiting){index, angle, controls | (diagonal ? targets : 0), diagonal ? 0 : targets};
}

/* ---- derivatives ------------------------------------------------------------------------------- */

static uint64_t targets_of(const struct derivative *d)
{
    return derive_mask(d->qubits, d->ntargets);
}

/* Whether they share no qubit but where both are diagonal. */
static bool commutes(const struct derivative *d, const struct waiting *w)
{
    const uint64_t targets = targets_of(d), dense = d->diagonal ? 0 : targets;
    return !((targets | d->controls) & (w->diagonal | w->dense) & (dense | w->dense));
}

static bool acts_inside(const struct derivative *d, const struct program *program, const struct waiting *w)
{
    const struct op *op = &program->ops[w->op];
    return !op->control_mask && !derive_controls(op) && !((w->diagonal | w->dense) & ~targets_of(d));
}

/* Row of the operation's matrix that one of D's is in, and what is left of it: no target of the operation. */
static unsigned row_inside(const struct derivative *d, const struct op *op, unsigned row, unsigned *rest)
{
    unsigned inside = 0;
    *rest = row;
    for (unsigned k = 0; k < op->nqubits; k++)
        for (unsigned j = 0; j < d->ntargets; j++) {
            const unsigned shift = d->ntargets - 1 - j;
            if (d->qubits[j] != op->qubits[k]) continue;
            inside = inside << 1 | (row >> shift & 1);
            *rest &= ~(1u << shift);
        }
    return inside;
}

/* D becomes V D V*. */
static void conjugate(struct derivative *d, const struct program *program, const struct op *op)
{
    ketsim_complex m[MATRIX_ENTRIES], v[MATRIX_ENTRIES], vd[MATRIX_ENTRIES];
    const unsigned dim = 1u << d->ntargets;
    derive_matrix(m, program, op);
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            unsigned rest_r, rest_c;
            const unsigned row = row_inside(d, op, r, &rest_r), column = row_inside(d, op, c, &rest_c);
            v[r * dim + c] = rest_r == rest_c ? m[row << op->nqubits | column] : COMPLEX(0, 0);
        }
    derive_multiply(vd, v, d->d, dim, false);
    derive_multiply(d->d, vd, v, dim, true);
    d->diagonal = derive_diagonal(d->d, d->ntargets);
}

/* ---- order ------------------------------------------------------------------------------------- */

/* Whether the operation, inside of what D acts on, leaves it diagonal: many that are take one pass to read. */
static bool stays_diagonal(const struct derivative *d, const struct program *program, const struct waiting *w)
{
    struct derivative moved = *d;
    conjugate(&moved, program, &program->ops[w->op]);
    return moved.diagonal;
}

/* Diagonal derivatives on several qubits wait for a cut of their own. */
static bool stops(const struct schedule *s, const struct derivative *d, const struct waiting *w)
{
    if (commutes(d, w)) return false;
    if (!acts_inside(d, s->program, w)) return true;
    return d->diagonal && (d->controls || d->ntargets > 1) && !stays_diagonal(d, s->program, w);
}

/* Whether no derivative that waits is stopped by the operation. */
static bool may_pass(const struct schedule *s, const struct waiting *w)
{
    for (size_t k = s->first; k < s->cuts->nderivatives; k++)
        if (stops(s, &s->cuts->derivatives[k], w)) return false;
    return true;
}

static void place(struct schedule *s, const struct waiting *w)
{
    struct cuts *cuts = s->cuts;
    const struct op *op = &s->program->ops[w->op];
    for (size_t k = s->first; k < cuts->nderivatives; k++) {
        struct derivative *d = &cuts->derivatives[k];
        if (!commutes(d, w)) conjugate(d, s->program, op);
    }
    for (unsigned k = 0; k < (s->turned && turns_take(op) ? 0 : op_angles(op)); k++) {
        struct derivative *d = &cuts->derivatives[cuts->nderivatives++];
        derive(d, s->program, op, k);
        d->angle = w->angle + k;
    }
    s->angles[s->length] = w->angle;
    s->order[s->length++] = *op;
}

/* Place what can be, from waiting number first on; returns the number of the first that is left, all that are left
 * being from there on in their order. */
static size_t place_all(struct schedule *s, size_t first)
{
    const size_t count = s->program->length;
    const unsigned n = s->program->nqubits;
    uint64_t kept_diagonal = 0, kept_dense = 0;
    size_t kept = 0, k;
    for (k = first; k < count && bit_count(kept_dense) < n; k++) {
        const struct waiting w = s->waiting[k];
        const bool free = !(w.dense & (kept_diagonal | kept_dense)) && !(w.diagonal & kept_dense);
        if (free && may_pass(s, &w)) {
            place(s, &w);
            continue;
        }
        kept_diagonal |= w.diagonal;
        kept_dense |= w.dense;
        s->waiting[first + kept++] = w;
    }
    memmove(&s->waiting[k - kept], &s->waiting[first], kept * sizeof *s->waiting);
    return k - kept;
}

static void add_cut(struct schedule *s)
{
    struct cuts *cuts = s->cuts;
    cuts->list[cuts->ncuts++] = (struct cut){s->length, s->first, cuts->nderivatives - s->first};
    s->first = cuts->nderivatives;
}

/* From how many operations lie before a cut to how many must be undone; the last first. */
static void turn_round(struct cuts *cuts, size_t length)
{
    for (size_t i = 0, j = cuts->ncuts; i < j; i++) {
        const struct cut cut = cuts->list[i];
        cuts->list[i] = cuts->list[--j];
        cuts->list[j] = cut;
    }
    for (size_t k = 0; k < cuts->ncuts; k++) {
        const size_t before = cuts->list[k].length;
        cuts->list[k].length = length - before;
        length = before;
    }
}

static ketsim_status no_memory(const struct program *program)
{
    return fail(KETSIM_ERR_MEMORY, "gradient by %zu angles: cannot allocate its steps",
                program_angles(program));
}

/* Put readings between the operations. */
static ketsim_status insert_turns(struct schedule *s)
{
    struct cuts *cuts = s->cuts;
    struct program ordered = *s->program;
    struct op *inserted = malloc((2 * s->length + 1) * sizeof *inserted);
    size_t *places = malloc((cuts->ncuts + 1) * sizeof *places);
    const bool got = inserted && places;
    ordered.ops = s->order;
    if (got) {
        for (size_t k = 0; k < cuts->ncuts; k++) places[k] = cuts->list[k].length;
        s->length = turns_insert(&cuts->turns, inserted, &ordered, s->angles, places, cuts->ncuts);
        for (size_t k = 0; k < cuts->ncuts; k++) cuts->list[k].length = places[k];
        free(s->order);
        s->order = inserted;
    } else {
        free(inserted);
    }
    free(places);
    return got && (s->length || !ordered.length) ? KETSIM_OK : no_memory(&ordered);
}

static ketsim_status put_in_order(struct schedule *s)
{
    const struct program *program = s->program;
    size_t angle = 0, next = 0;
    for (size_t k = 0; k < program->length; k++) {
        s->waiting[k] = footprint(program, k, angle);
        angle += op_angles(&program->ops[k]);
    }
    if (s->turned) add_cut(s);
    while (next < program->length) {
        next = place_all(s, next);
        if (s->first < s->cuts->nderivatives) add_cut(s);
    }
    if (s->turned) TRY(insert_turns(s));
    turn_round(s->cuts, s->length);
    struct program ordered = *program;
    ordered.ops = s->order;
    ordered.length = s->length;
    return program_extend_inverse(&s->cuts->undo, &ordered);
}

/* Of a program without letters. */
static ketsim_status make(struct cuts *cuts, const struct program *program, bool turned)
{
    const size_t angles = program_angles(program), length = program->length;
    struct schedule s = {.program = program, .cuts = cuts, .turned = turned};
    cuts->list = malloc((angles + 2) * sizeof *cuts->list);
    cuts->derivatives = malloc((angles + 1) * sizeof *cuts->derivatives);
    s.waiting = malloc((length + 1) * sizeof *s.waiting);
    s.order = malloc((length + 1) * sizeof *s.order);
    s.angles = malloc((length + 1) * sizeof *s.angles);
    const bool got = cuts->list && cuts->derivatives && s.waiting && s.order && s.angles;
    const ketsim_status status = got ? put_in_order(&s) : no_memory(program);
    free(s.angles);
    free(s.waiting);
    free(s.order);
    return status;
}

/* What makes a product state of |0...0>. */
static ketsim_status append_start(struct program *out, const char *label)
{
    static const struct {
        char name;
        ketsim_gate gates[2];
        size_t count;
    } starts[] = {{'1', {KETSIM_GATE_X}, 1},
                  {'+', {KETSIM_GATE_H}, 1},
                  {'-', {KETSIM_GATE_X, KETSIM_GATE_H}, 2},
                  {'r', {KETSIM_GATE_H, KETSIM_GATE_S}, 2},
                  {'l', {KETSIM_GATE_H, KETSIM_GATE_SDG}, 2}};
    for (int q = 0; q < (int)out->nqubits; q++)
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++)
            for (size_t j = 0; label[q] == starts[k].name && j < starts[k].count; j++)
                TRY(program_append(out, &(ketsim_op){.gate = starts[k].gates[j], .qubits = &q, .nqubits = 1},
                                   1));
    return KETSIM_OK;
}

ketsim_status cuts_make(struct cuts *cuts, const struct program *program, bool turned, const char *label)
{
    struct program expanded;
    *cuts = (struct cuts){.to_zero = turned && label};
    program_init(&cuts->undo, program->nqubits);
    program_init(&expanded, program->nqubits);
    ketsim_status status = cuts->to_zero ? append_start(&expanded, label) : KETSIM_OK;
    if (status == KETSIM_OK) status = parity_expand(&expanded, program);
    if (status == KETSIM_OK) status = make(cuts, &expanded, turned);
    program_clear(&expanded);
    return status;
}

void cuts_clear(struct cuts *cuts)
{
    program_clear(&cuts->undo);
    free(cuts->list);
    free(cuts->derivatives);
    turns_clear(&cuts->turns);
}
