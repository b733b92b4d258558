/* adjoint.c - the walk back, from cut to cut.  See adjoint.h. */
#include "adjoint.h"

#include <stdlib.h>

#include "direct.h"
#include "error.h"
#include "harvest.h"
#include "threads.h"
#include "twin.h"

/* On fewer qubits runs are direct, without a plan that could take readings along. */
static const unsigned LEAST_TURNED = 11;

/* What is left of a run, of which so many operations of two states and cuts have been done. */
struct walk {
    const struct exec *exec;
    const struct cuts *cuts;
    void *psi, *lambda;
    double *sums; /* of each reading on the way */
};

/* ---- undoing ----------------------------------------------------------------------------------- */

static ketsim_status undo_directly(const struct walk *walk, const struct program *program)
{
    double residue = 0;
    size_t passes = 0;
    TRY(direct_run(walk->exec, program, walk->psi, walk->psi, NULL, &residue, &passes));
    return direct_run(walk->exec, program, walk->lambda, walk->lambda, NULL, &residue, &passes);
}

/* One plan for both states. */
static ketsim_status undo_planned(const struct walk *walk, const struct exec *exec,
                                  const struct program *program, bool to_zero)
{
    const struct plan_options options = {.nqubits = exec->nqubits, .dtype = exec->dtype, .to_zero = to_zero};
    struct plan plan;
    TRY(plan_init(&plan, program, &options));
    const ketsim_status status = twin_run(walk->sums, exec, &plan, walk->lambda, walk->psi);
    plan_clear(&plan);
    return status;
}

/* Whether anything is read on the way. */
static bool has_reads(const struct program *program)
{
    for (size_t k = 0; k < program->length; k++)
        if (program->ops[k].gate == OP_READ) return true;
    return false;
}

/* The operations from first on before a cut. */
static ketsim_status undo(const struct walk *walk, const struct exec *exec, size_t first,
                          const struct cut *cut)
{
    struct program part = walk->cuts->undo;
    const bool to_zero = walk->cuts->to_zero && first + cut->length == part.length;
    part.ops += first;
    part.length = cut->length;
    part.nqubits = exec->nqubits;
    const bool reads = has_reads(&part);
    if (!cut->length || !(reads || cut->count)) return KETSIM_OK;
    if (!reads && direct_is_quicker(exec->nqubits, exec->dtype, cut->length))
        return undo_directly(walk, &part);
    return undo_planned(walk, exec, &part, to_zero);
}

/* ---- reading a cut ----------------------------------------------------------------------------- */

static ketsim_status read_cut(double *out, const struct walk *walk, const struct exec *exec,
                              const struct cut *cut)
{
    const struct pauli_state ket = {.amps = walk->psi,
                                    .dtype = exec->dtype,
                                    .n = exec->nqubits,
                                    .threads = exec->threads,
                                    .pace = {exec_stops(exec), "gradient", exec->begins, exec->ends}};
    return harvest(out, walk->cuts, cut, walk->lambda, &ket);
}

/* ---- what has been read on the way -------------------------------------------------------------- */

static void add_turns(double *out, const struct walk *walk)
{
    const struct turns *turns = &walk->cuts->turns;
    for (const struct turn *turn = turns->list; turn < turns->list + turns->count; turn++) {
        const double *sums = walk->sums + READ_SUMS * (size_t)turn->read;
        out[turn->angle] = 0;
        for (unsigned k = 0; k < READ_SUMS; k++) out[turn->angle] += turn->factors[k] * sums[k];
    }
}

/* ---- the walk ---------------------------------------------------------------------------------- */

/* Steps that are short each do not ask the caller's poll function; together they may be long. */
static const uint64_t LOOK_NS = 20000000;

static ketsim_status walk_back(double *out, const struct walk *walk)
{
    const struct cuts *cuts = walk->cuts;
    uint64_t looked = clock_ns();
    const double step = (walk->exec->ends - walk->exec->begins) / (double)(cuts->ncuts + !cuts->ncuts);
    size_t done = 0;
    for (size_t k = 0; k < cuts->ncuts; k++) {
        const struct cut *cut = &cuts->list[k];
        struct exec part = *walk->exec;
        part.begins = walk->exec->begins + step * (double)k;
        part.ends = part.begins + step * 0.75;
        TRY(undo(walk, &part, done, cut));
        part.begins = part.ends;
        part.ends = walk->exec->begins + step * (double)(k + 1);
        TRY(read_cut(out, walk, &part, cut));
        done += cut->length;
        if (clock_ns() - looked < LOOK_NS) continue;
        TRY(exec_go_on(walk->exec, (double)(k + 1) / (double)cuts->ncuts));
        looked = clock_ns();
    }
    add_turns(out, walk);
    return KETSIM_OK;
}

ketsim_status adjoint_cuts(struct cuts *cuts, const struct program *program, const struct exec *exec,
                           const char *label)
{
    return cuts_make(cuts, program, exec->nqubits >= LEAST_TURNED, *label ? label : NULL);
}

ketsim_status adjoint_walk(double *out, const struct exec *exec, const struct cuts *cuts, void *psi,
                           void *lambda)
{
    struct walk walk = {.exec = exec, .cuts = cuts, .psi = psi, .lambda = lambda};
    const size_t count = READ_SUMS * (size_t)cuts->turns.nreads;
    walk.sums = calloc(count + 1, sizeof *walk.sums);
    const ketsim_status status = walk.sums
                                     ? walk_back(out, &walk)
                                     : fail(KETSIM_ERR_MEMORY, "gradient: cannot allocate %zu sums", count);
    free(walk.sums);
    return status;
}
