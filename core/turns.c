/* turns.c - see turns.h. */
#include "turns.h"

#include <stdlib.h>
#include <string.h>

#include "cplx.h"
#include "derive.h"
#include "kernels/tile.h"

enum { NO_RUN = -1 };

/* Gates on one qubit with nothing else on it between them. */
struct run {
    size_t at;             /* operation behind which it is read */
    bool read, dense;      /* whether it is; whether the operation is not diagonal */
    uint8_t wanted;        /* READ_X and others */
    uint32_t number;       /* of its reading */
    ketsim_complex to[4];  /* product of its gates up to the reading */
    ketsim_complex now[4]; /* product of those passed */
};

struct search {
    const struct program *program;
    const size_t *angles;
    struct turns *turns;
    struct run *runs;
    int32_t *of; /* run of each operation, or NO_RUN */
    int32_t nruns, open[KETSIM_MAX_QUBITS];
};

bool turns_take(const struct op *op)
{
    return op->nqubits == 1 && !op->control_mask && op->gate != OP_READ;
}

static void close_all(struct search *s)
{
    for (unsigned q = 0; q < KETSIM_MAX_QUBITS; q++) s->open[q] = NO_RUN;
}

static const struct run NEW_RUN = {.to = {{1, 0}, {0, 0}, {0, 0}, {1, 0}},
                                   .now = {{1, 0}, {0, 0}, {0, 0}, {1, 0}}};

/* Multiply the gate onto the product of those before. */
static void pass(struct run *run, const struct program *program, const struct op *op)
{
    ketsim_complex u[4], before[4];
    derive_matrix(u, program, op);
    memcpy(before, run->now, sizeof before);
    derive_multiply(run->now, u, before, 2, false);
}

/* ---- where runs are read ----------------------------------------------------------------------- */

/* Behind the last gate with angles that is not diagonal, where its generator is a Pauli matrix mostly, and so are those of
 * diagonal gates that follow. */
static void join(struct search *s, size_t index)
{
    const struct op *op = &s->program->ops[index];
    int32_t *open = &s->open[op->qubits[0]];
    if (*open == NO_RUN) s->runs[ *open = s->nruns++] = NEW_RUN;
    struct run *run = &s->runs[s->of[index] = *open];
    pass(run, s->program, op);
    if (!op_angles(op)) return;
    const bool dense = !derive_is_diagonal(s->program, op);
    if (run->read && run->dense && !dense) return;
    run->at = index;
    run->read = true;
    run->dense = dense;
    memcpy(run->to, run->now, sizeof run->to);
}

static void find_runs(struct search *s, const size_t *places, size_t count)
{
    size_t next = 0;
    close_all(s);
    for (size_t k = 0; k < s->program->length; k++) {
        const struct op *op = &s->program->ops[k];
        for (; next < count && places[next] <= k; next++) close_all(s);
        s->of[k] = NO_RUN;
        if (turns_take(op)) {
            join(s, k);
            continue;
        }
        for (unsigned q = 0; q < KETSIM_MAX_QUBITS; q++)
            if ((op->control_mask | derive_mask(op->qubits, op->nqubits)) >> q & 1) s->open[q] = NO_RUN;
    }
}

/* ---- derivatives ------------------------------------------------------------------------------- */

/* D right behind the gate as it is at the reading. */
static void move(ketsim_complex *d, const struct run *run)
{
    ketsim_complex v[4], vd[4];
    derive_multiply(v, run->to, run->now, 2, true);
    derive_multiply(vd, v, d, 2, false);
    derive_multiply(d, vd, v, 2, true);
}

/* 2 re <lambda|D|psi> of D = i (x X + y Y + z Z), and any multiple of 1: -2 (x, y, z) times the sums. */
static void factors_of(double *factors, const ketsim_complex *d)
{
    factors[0] = -(d[1].im + d[2].im);
    factors[1] = -(d[1].re - d[2].re);
    factors[2] = -(d[0].im - d[3].im);
}

/* What rounding has left of 0. */
static double snapped(double factor)
{
    return factor < 1e-15 && factor > -1e-15 ? 0 : factor;
}

static void add_turns(struct search *s, size_t index)
{
    const struct op *op = &s->program->ops[index];
    struct run *run = &s->runs[s->of[index]];
    pass(run, s->program, op);
    for (unsigned k = 0; k < op_angles(op); k++) {
        struct derivative d;
        struct turn *turn = &s->turns->list[s->turns->count++];
        derive(&d, s->program, op, k);
        if (run->at != index) move(d.d, run);
        *turn = (struct turn){.angle = s->angles[index] + k, .read = run->number};
        factors_of(turn->factors, d.d);
        for (unsigned j = 0; j < READ_SUMS; j++) {
            turn->factors[j] = snapped(turn->factors[j]);
            run->wanted |= (uint8_t)((turn->factors[j] != 0) << j);
        }
    }
}

static void find_turns(struct search *s)
{
    for (int32_t r = 0; r < s->nruns; r++) {
        memcpy(s->runs[r].now, NEW_RUN.now, sizeof NEW_RUN.now);
        if (s->runs[r].read) s->runs[r].number = s->turns->nreads++;
    }
    for (size_t k = 0; k < s->program->length; k++)
        if (s->of[k] != NO_RUN && s->runs[s->of[k]].read) add_turns(s, k);
}

/* ---- the new list ------------------------------------------------------------------------------ */

static size_t emit(const struct search *s, struct op *out, size_t *places, size_t count)
{
    size_t length = 0, next = 0;
    for (size_t k = 0; k < s->program->length; k++) {
        const struct op *op = &s->program->ops[k];
        const struct run *run = s->of[k] == NO_RUN ? NULL : &s->runs[s->of[k]];
        for (; next < count && places[next] <= k; next++) places[next] = length;
        out[length++] = *op;
        if (!run || !run->read || run->at != k || !run->wanted) continue;
        out[length] = (struct op){.gate = OP_READ, .nqubits = 1, .qubits = {op->qubits[0]}};
        out[length].read.number = run->number;
        out[length++].read.wanted = run->wanted;
    }
    for (; next < count; next++) places[next] = length;
    return length;
}

size_t turns_insert(struct turns *turns, struct op *out, const struct program *program, const size_t *angles,
                    size_t *places, size_t count)
{
    const size_t length = program->length;
    struct search s = {.program = program, .angles = angles, .turns = turns};
    *turns = (struct turns){.list = malloc((program_angles(program) + 1) * sizeof *turns->list)};
    s.runs = malloc((length + 1) * sizeof *s.runs);
    s.of = malloc((length + 1) * sizeof *s.of);
    const bool got = turns->list && s.runs && s.of;
    size_t made = 0;
    if (got) {
        find_runs(&s, places, count);
        find_turns(&s);
        made = emit(&s, out, places, count);
    }
    free(s.runs);
    free(s.of);
    return made;
}

void turns_clear(struct turns *turns)
{
    free(turns->list);
    *turns = (struct turns){.count = 0};
}
