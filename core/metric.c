/* metric.c - the metric tensor of the states that a circuit makes: how far they move with its angles.
 *
 * Row by row, from the last angle back: what moves behind a gate, undone together with the state, is read at all gates before
 * as a gradient is (Jones, arXiv:2011.02991, in the other direction). */
#include <stdlib.h>
#include <string.h>

#include "adjoint.h"
#include "behind.h"
#include "circuit.h"
#include "direct.h"
#include "error.h"
#include "fill.h"
#include "memory.h"
#include "parity.h"
#include "tangent.h"
#include "threads.h"

/* Part of a call until the circuit has run; part of a row until it is walked back. */
static const double FORWARD = 0.02, STARTED = 0.1;
/* Rows that are short each do not ask the caller's poll function; together they may be long. */
static const uint64_t LOOK_NS = 20000000;

struct table {
    struct behind *behind;
    struct program program;      /* the circuit's, without letters */
    struct buffer *psi, *lambda; /* room for a row */
    double *row, *metric;
    size_t nangles, left; /* angles; operations that have not been undone */
    uint64_t looked;
};

/* ---- the state behind an operation --------------------------------------------------------------- */

static ketsim_status run(const struct exec *exec, const struct program *program, void *psi)
{
    const struct plan_options options = {.nqubits = exec->nqubits, .dtype = exec->dtype};
    struct plan plan;
    double residue = 0;
    size_t passes = 0;
    if (direct_is_quicker(exec->nqubits, exec->dtype, program->length))
        return direct_run(exec, program, psi, psi, NULL, &residue, &passes);
    TRY(plan_init(&plan, program, &options));
    const ketsim_status status = exec_plan(exec, &plan, psi, psi);
    plan_clear(&plan);
    return status;
}

/* Undo all operations from number first on. */
static ketsim_status undo_from(struct table *table, const struct exec *exec, size_t first)
{
    struct program part = table->program, undo;
    part.ops += first;
    part.length = table->left - first;
    table->left = first;
    if (!part.length) return KETSIM_OK;
    program_init(&undo, exec->nqubits);
    ketsim_status status = program_extend_inverse(&undo, &part);
    if (status == KETSIM_OK) status = run(exec, &undo, table->behind->psi->amps);
    program_clear(&undo);
    return status;
}

/* ---- rows -------------------------------------------------------------------------------------- */

/* Of the angle of which d is the derivative, right behind operation number op: up to the diagonal, and the column with it. */
static ketsim_status add_row(struct table *table, const struct exec *exec, const struct derivative *d,
                             size_t op)
{
    const double started = exec->begins + STARTED * (exec->ends - exec->begins);
    const struct pace pace = {exec_stops(exec), "metric tensor", exec->begins, started};
    struct program before = table->program;
    struct exec part = *exec;
    struct cuts cuts;
    before.length = op + 1;
    part.begins = started;
    TRY(tangent(table->lambda->amps, table->behind->psi->amps, d, exec->dtype, exec->nqubits, exec->threads,
                &pace));
    fill_copy(exec, table->psi->amps, table->behind->psi->amps);
    ketsim_status status = adjoint_cuts(&cuts, &before, exec, table->behind->label);
    if (status == KETSIM_OK)
        status = adjoint_walk(table->row, &part, &cuts, table->psi->amps, table->lambda->amps);
    cuts_clear(&cuts);
    for (size_t k = 0; status == KETSIM_OK && k <= d->angle; k++)
        table->metric[d->angle * table->nangles + k] = table->metric[k * table->nangles + d->angle] =
            table->row[k] / 2;
    return status;
}

static ketsim_status look(struct table *table, double done)
{
    if (clock_ns() - table->looked < LOOK_NS) return KETSIM_OK;
    TRY(exec_go_on(&table->behind->exec, done));
    table->looked = clock_ns();
    return KETSIM_OK;
}

/* The rows of an operation's angles, of which the first is number angle. */
static ketsim_status add_rows(struct table *table, size_t op, size_t angle)
{
    struct exec part = table->behind->exec;
    const double step = (1 - FORWARD) / (double)table->nangles;
    const unsigned count = op_angles(&table->program.ops[op]);
    for (unsigned by = 0; by < count; by++) {
        struct derivative d;
        part.begins = FORWARD + step * (double)(table->nangles - angle - count + by);
        part.ends = part.begins + step;
        TRY(undo_from(table, &part, op + 1));
        derive(&d, &table->program, &table->program.ops[op], by);
        d.angle = angle + by;
        TRY(add_row(table, &part, &d, op));
        TRY(look(table, part.ends));
    }
    return KETSIM_OK;
}

static ketsim_status fill_table(struct table *table)
{
    size_t angle = table->nangles;
    table->left = table->program.length;
    table->looked = clock_ns();
    table->behind->exec.ends = 1;
    for (size_t op = table->program.length; op--;) {
        angle -= op_angles(&table->program.ops[op]);
        TRY(add_rows(table, op, angle));
    }
    return KETSIM_OK;
}

/* ---- memory ------------------------------------------------------------------------------------ */

static ketsim_status with_buffers(struct table *table)
{
    const uint64_t bytes = table->behind->psi->bytes;
    TRY(buffer_acquire(&table->psi, bytes));
    ketsim_status status = buffer_acquire(&table->lambda, bytes);
    if (status == KETSIM_OK) {
        memset(table->lambda->amps, 0, BUFFER_LEAST); /* what pads a small state */
        memset(table->psi->amps, 0, BUFFER_LEAST);
        status = fill_table(table);
        buffer_release(table->lambda);
    }
    buffer_release(table->psi);
    return status;
}

/* The table is written when all is well. */
static ketsim_status compute(double *metric, size_t nangles, struct behind *behind)
{
    const uint64_t bytes = nangles >> 28 ? UINT64_MAX : (nangles + 1) * (nangles + 1) * sizeof(double);
    struct table table = {.behind = behind, .nangles = nangles};
    TRY(memory_admit(bytes, "metric tensor"));
    table.row = malloc((nangles + 1) * sizeof *table.row);
    table.metric = malloc(bytes);
    program_init(&table.program, behind->exec.nqubits);
    ketsim_status status = table.row && table.metric
                               ? parity_expand(&table.program, &behind->circuit->program)
                               : fail(KETSIM_ERR_MEMORY, "metric tensor: cannot allocate %zu rows", nangles);
    if (status == KETSIM_OK) status = with_buffers(&table);
    if (status == KETSIM_OK && nangles) memcpy(metric, table.metric, nangles * nangles * sizeof *metric);
    program_clear(&table.program);
    free(table.row);
    free(table.metric);
    return status;
}

ketsim_status ketsim_metric(ketsim_state *start, double *metric, size_t nangles,
                            const ketsim_circuit *circuit, const ketsim_run_options *options)
{
    struct behind behind;
    ketsim_status status = behind_run(&behind, start, circuit, nangles, options);
    if (status == KETSIM_OK) status = compute(metric, nangles, &behind);
    behind_clear(&behind);
    return status;
}
