/* twin.c - stage after stage, tiles dealt by blocks.h.  See twin.h. */
#include "twin.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "blocks.h"
#include "error.h"
#include "overlap.h"

/* One pass. */
struct job {
    const struct stage *stage;
    twin_kernel *kernel;
    void *states[2];
    size_t room; /* doubles of scratch for each state */
};

static void add_tile(const void *context, uint64_t number, double *sums, double *room)
{
    const struct job *job = context;
    void *const scratch[2] = {room, room + job->room};
    job->kernel(job->stage->tiling, job->stage->pass, job->states, number, scratch, sums);
}

/* The sums of a pass, brought to the scale and frame of the states. */
static void hand_out(double *sums, const double *found, const struct stage *stage)
{
    const struct tiled_pass *pass = stage->pass;
    for (size_t k = 0; k < pass->nreads; k++, found += READ_SUMS) {
        const struct read *read = &stage->tiling->reads[pass->first_read + k];
        double *to = sums + READ_SUMS * (size_t)read->number;
        for (unsigned j = 0; j < READ_SUMS; j++) to[j] = found[j] * read->scale;
        if (read->flipped) to[1] = -to[1], to[2] = -to[2];
        if (read->negated) to[0] = -to[0], to[1] = -to[1];
    }
}

static ketsim_status run_tiles(double *sums, const struct exec *exec, const struct stage *stage,
                               const struct job *job, const struct pace *pace)
{
    const struct tiled_pass *pass = stage->pass;
    const size_t count = READ_SUMS * pass->nreads;
    double *found = malloc((count + 1) * sizeof *found);
    if (!found) return fail(KETSIM_ERR_MEMORY, "%s: cannot allocate %zu sums", pace->what, count);
    const ketsim_status status = blocks_run(
        found, &(struct blocks){.nblocks = tile_count(pass),
                                .ns = ((uint64_t)stage->weight + pass->nreads) << pass->m,
                                .threads = exec->threads,
                                .nsums = count,
                                .room = 2 * job->room,
                                .add = add_tile,
                                .context = job,
                                .pace = pace});
    if (status == KETSIM_OK) hand_out(sums, found, stage);
    free(found);
    return status;
}

/* A reading by itself. */
static ketsim_status read_alone(double *sums, const struct exec *exec, const struct sweep *sweep,
                                const struct job *job, const struct pace *pace)
{
    struct site site = {.targets = {sweep->targets[0]}, .ntargets = 1, .wanted = 15};
    double *to = sums + READ_SUMS * (size_t)(sweep->read - 1);
    TRY(overlap(&site, 1, job->states[0], job->states[1], exec->dtype, exec->nqubits, exec->threads, pace));
    to[0] = site.m[1].im + site.m[2].im;
    to[1] = site.m[2].re - site.m[1].re;
    to[2] = site.m[0].im - site.m[3].im;
    return KETSIM_OK;
}

/* One stage, which is no pass over tiles, on one state after the other. */
static ketsim_status run_alone(const struct exec *exec, const struct plan *plan, size_t step,
                               const struct job *job)
{
    struct plan one = *plan;
    one.stages += step;
    one.length = 1;
    one.weight = one.stages->weight;
    one.scratch_bytes = 0;
    TRY(exec_plan(exec, &one, job->states[0], job->states[0]));
    return exec_plan(exec, &one, job->states[1], job->states[1]);
}

static ketsim_status run_stage(double *sums, const struct exec *exec, const struct plan *plan, size_t step,
                               struct job *job)
{
    const struct stage *stage = &plan->stages[step];
    const struct pace pace = {exec_stops(exec), "gradient", exec->begins, exec->ends};
    if (stage->sweep && stage->sweep->read) return read_alone(sums, exec, stage->sweep, job, &pace);
    if (stage->sweep) return run_alone(exec, plan, step, job);
    job->stage = stage;
    job->room = tile_scratch_bytes(stage->pass->m, exec->dtype) / sizeof(double);
    return run_tiles(sums, exec, stage, job, &pace);
}

ketsim_status twin_run(double *sums, const struct exec *exec, const struct plan *plan, void *bra, void *ket)
{
    struct job job = {.kernel = plan->set->twins[exec->dtype], .states = {bra, ket}};
    const double step = (exec->ends - exec->begins) / (double)(plan->length + !plan->length);
    for (size_t k = 0; k < plan->length; k++) {
        struct exec part = *exec;
        part.begins = exec->begins + step * (double)k;
        part.ends = exec->begins + step * (double)(k + 1);
        TRY(run_stage(sums, &part, plan, k, &job));
    }
    return KETSIM_OK;
}
