/* cuts.c - which operations may run before a cut, and what becomes of derivatives that they pass.  See cuts.h.
 *
 * Between two cuts everything runs that commutes with what is left behind and stops no derivative that waits: so a
 * layer of rotations and the entangler before it are one step, in whatever order the caller has written them. */
#include "cuts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
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
    size_t length;    /* of that */
    size_t first;     /* derivative that waits for the next cut */
};

/* ---- footprints -------------------------------------------------------------------------------- */

static bool is_diagonal(const ketsim_complex *m, unsigned ntargets)
{
    const unsigned dim = 1u << ntargets;
    for (unsigned k = 0; k < dim * dim; k++)
        if (k % (dim + 1) && !c_is(m[k], 0)) return false;
    return true;
}

static const ketsim_gate_info *row_of(const struct op *op)
{
    return ketsim_gate_lookup((ketsim_gate)op->gate);
}

static unsigned controls_of(const struct op *op)
{
    const ketsim_gate_info *row = row_of(op);
    return row ? row->ncontrols : 0;
}

/* What is left of rotations about Pauli strings: a phase of exp(-i angle / 2), on no targets. */
static bool is_phase(const struct op *op)
{
    return op->gate == KETSIM_GATE_PAULI_ROTATION;
}

static void matrix_of(ketsim_complex *out, const struct program *program, const struct op *op)
{
    const double half = op->angles[0] / 2;
    if (row_of(op)) gates_matrix((ketsim_gate)op->gate, out, op->angles);
    else if (is_phase(op)) *out = (ketsim_complex){cos(half), -sin(half)};
    else memcpy(out, program->entries + op->matrix, op_entries(op) * sizeof *out);
}

/* The derivative of that matrix by an angle. */
static void derivative_of(ketsim_complex *out, const struct op *op, unsigned by)
{
    const double half = op->angles[0] / 2;
    if (is_phase(op)) *out = (ketsim_complex){-sin(half) / 2, -cos(half) / 2};
    else gates_derivative((ketsim_gate)op->gate, out, op->angles, by);
}

/* Whether it and its derivatives are diagonal on the targets. */
static bool stays_diagonal(const struct program *program, const struct op *op)
{
    ketsim_complex m[MATRIX_ENTRIES];
    const unsigned ntargets = op->nqubits - controls_of(op);
    matrix_of(m, program, op);
    bool diagonal = is_diagonal(m, ntargets);
    for (unsigned k = 0; diagonal && k < op_angles(op); k++) {
        derivative_of(m, op, k);
        diagonal = is_diagonal(m, ntargets);
    }
    return diagonal;
}

static uint64_t qubits_of(const uint8_t *qubits, unsigned count)
{
    uint64_t mask = 0;
    for (unsigned k = 0; k < count; k++) mask |= UINT64_C(1) << qubits[k];
    return mask;
}

static struct waiting footprint(const struct program *program, size_t index, size_t angle)
{
    const struct op *op = &program->ops[index];
    const unsigned ncontrols = controls_of(op);
    const uint64_t targets = op_is_wide(op) ? op_targets(op)
                                            : qubits_of(op->qubits + ncontrols, op->nqubits - ncontrols),
                   controls = op->control_mask | qubits_of(op->qubits, ncontrols);
    const bool diagonal = !op_is_wide(op) && stays_diagonal(program, op);
    return (struct waiting){index, angle, controls | (diagonal ? targets : 0), diagonal ? 0 : targets};
}

/* ---- derivatives ------------------------------------------------------------------------------- */

/* out = a b, or a b*, of dim by dim matrices; out is neither. */
static void multiply(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b, unsigned dim,
                     bool adjoint)
{
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            ketsim_complex sum = {0, 0};
            for (unsigned k = 0; k < dim; k++)
                sum = c_add(sum, c_mul(a[r * dim + k], adjoint ? c_conj(b[c * dim + k]) : b[k * dim + c]));
            out[r * dim + c] = sum;
        }
}

static void derive(struct derivative *out, const struct program *program, const struct op *op, unsigned by)
{
    ketsim_complex u[MATRIX_ENTRIES], du[MATRIX_ENTRIES];
    const unsigned ncontrols = controls_of(op), ntargets = op->nqubits - ncontrols;
    const uint64_t own = qubits_of(op->qubits, ncontrols);
    out->controls = op->control_mask | own;
    out->values = op->control_values | own;
    out->ntargets = (uint8_t)ntargets;
    memcpy(out->qubits, op->qubits + ncontrols, ntargets);
    matrix_of(u, program, op);
    derivative_of(du, op, by);
    multiply(out->d, du, u, 1u << ntargets, true);
    out->diagonal = is_diagonal(out->d, ntargets);
}

static uint64_t targets_of(const struct derivative *d)
{
    return qubits_of(d->qubits, d->ntargets);
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
    return !op->control_mask && !controls_of(op) && !((w->diagonal | w->dense) & ~targets_of(d));
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
    matrix_of(m, program, op);
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            unsigned rest_r, rest_c;
            const unsigned row = row_inside(d, op, r, &rest_r), column = row_inside(d, op, c, &rest_c);
            v[r * dim + c] = rest_r == rest_c ? m[row << op->nqubits | column] : COMPLEX(0, 0);
        }
    multiply(vd, v, d->d, dim, false);
    multiply(d->d, vd, v, dim, true);
    d->diagonal = is_diagonal(d->d, d->ntargets);
}

/* ---- order ------------------------------------------------------------------------------------- */

/* Whether no derivative that waits is stopped by the operation. */
static bool may_pass(const struct schedule *s, const struct waiting *w)
{
    for (size_t k = s->first; k < s->cuts->nderivatives; k++) {
        const struct derivative *d = &s->cuts->derivatives[k];
        if (!commutes(d, w) && !acts_inside(d, s->program, w)) return false;
    }
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
    for (unsigned k = 0; k < op_angles(op); k++) {
        struct derivative *d = &cuts->derivatives[cuts->nderivatives++];
        derive(d, s->program, op, k);
        d->angle = w->angle + k;
    }
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

static ketsim_status put_in_order(struct schedule *s)
{
    const struct program *program = s->program;
    size_t angle = 0, next = 0;
    for (size_t k = 0; k < program->length; k++) {
        s->waiting[k] = footprint(program, k, angle);
        angle += op_angles(&program->ops[k]);
    }
    while (next < program->length) {
        next = place_all(s, next);
        if (s->first < s->cuts->nderivatives) add_cut(s);
    }
    turn_round(s->cuts, program->length);
    struct program ordered = *program;
    ordered.ops = s->order;
    return program_extend_inverse(&s->cuts->undo, &ordered);
}

/* Of a program without letters. */
static ketsim_status make(struct cuts *cuts, const struct program *program)
{
    const size_t angles = program_angles(program), length = program->length;
    struct schedule s = {.program = program, .cuts = cuts};
    cuts->list = malloc((angles + 1) * sizeof *cuts->list);
    cuts->derivatives = malloc((angles + 1) * sizeof *cuts->derivatives);
    s.waiting = malloc((length + 1) * sizeof *s.waiting);
    s.order = malloc((length + 1) * sizeof *s.order);
    const bool got = cuts->list && cuts->derivatives && s.waiting && s.order;
    const ketsim_status status = got ? put_in_order(&s)
                                     : fail(KETSIM_ERR_MEMORY,
                                            "gradient by %zu angles: cannot allocate its steps", angles);
    free(s.waiting);
    free(s.order);
    return status;
}

ketsim_status cuts_make(struct cuts *cuts, const struct program *program)
{
    struct program expanded;
    *cuts = (struct cuts){.ncuts = 0};
    program_init(&cuts->undo, program->nqubits);
    program_init(&expanded, program->nqubits);
    ketsim_status status = parity_expand(&expanded, program);
    if (status == KETSIM_OK) status = make(cuts, &expanded);
    program_clear(&expanded);
    return status;
}

void cuts_clear(struct cuts *cuts)
{
    program_clear(&cuts->undo);
    free(cuts->list);
    free(cuts->derivatives);
}
