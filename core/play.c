/* play.c - see play.h. */
#include "play.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "channel.h"
#include "cplx.h"
#include "density.h"
#include "direct.h"
#include "emit.h"
#include "error.h"
#include "fill.h"
#include "memory.h"
#include "payment.h"
#include "reduce.h"
#include "rng.h"
#include "threads.h"

enum { MOST_DIM = 1 << KETSIM_MAX_CHANNEL_QUBITS };

void player_clear(struct player *player)
{
    program_clear(&player->woven);
    free(player->p);
    player->p = player->upto = NULL;
    player->capacity = 0;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void *amps_of(const struct buffer *buffer)
{
    return atomic_load_explicit(&buffer->amps, memory_order_acquire);
}

const void *play_amps(const struct scene *scene)
{
    return amps_of(scene->buffer);
}

/* Where the next amplitudes of a scene go: where they are, when nobody else reads them there. */
static ketsim_status begin_write(struct buffer **target, const struct scene *scene)
{
    *target = scene->buffer;
    if (atomic_load_explicit(&scene->buffer->refs, memory_order_acquire) == 1) return KETSIM_OK;
    return buffer_acquire(target, scene->buffer->bytes);
}

static ketsim_status end_write(struct scene *scene, struct buffer *target, double residue,
                               ketsim_status status)
{
    if (status == KETSIM_OK) target->residue = residue;
    if (target == scene->buffer) return status;
    if (status == KETSIM_OK) {
        buffer_release(scene->buffer);
        scene->buffer = target;
    } else {
        buffer_release(target);
    }
    return status;
}

static ketsim_status run_planned(const struct exec *exec, const struct plan *plan, void *dst, const void *src,
                                 double *residue)
{
    struct payment payment;
    struct exec paying = *exec;
    payment_make(&payment, plan, residue);
    paying.paying = payment.stage;
    paying.paying_step = payment.step;
    return exec_plan(&paying, plan, dst, src);
}

/* By a plan of its own, which is not expected again. */
static ketsim_status run_once(const struct player *player, const struct program *program, void *dst,
                              const void *src, double *residue)
{
    const struct plan_options options = {.nqubits = player->exec.nqubits, .dtype = player->exec.dtype};
    struct plan plan;
    TRY(plan_init(&plan, program, &options));
    const bool copies = !plan.length && dst != src;
    const ketsim_status status = copies ? fill_copy(&player->exec, dst, src)
                                        : run_planned(&player->exec, &plan, dst, src, residue);
    plan_clear(&plan);
    return status;
}

/* plan: of the program, or NULL. */
static ketsim_status run(struct player *player, struct scene *scene, const struct program *program,
                         const struct ketsim_plan *plan)
{
    struct buffer *target;
    double residue = scene->buffer->residue;
    size_t passes = 0;
    if (!program->length || (plan && !plan->plan.length)) return KETSIM_OK;
    TRY(begin_write(&target, scene));
    const struct exec *exec = &player->exec;
    void *dst = amps_of(target), *src = amps_of(scene->buffer);
    const ketsim_status status = plan ? run_planned(exec, &plan->plan, dst, src, &residue)
                                 : exec->nqubits <= DIRECT_BITS
                                     ? direct_run(exec, program, dst, src, NULL, &residue, &passes)
                                     : run_once(player, program, dst, src, &residue);
    return end_write(scene, target, residue, status);
}

ketsim_status play_stretch(struct player *player, struct scene *scene, const struct stretch *stretch,
                           const uint64_t *pairs, size_t count)
{
    if (!count) return run(player, scene, &stretch->program, stretch->plan);
    TRY(script_weave(&player->woven, stretch, pairs, count));
    return run(player, scene, &player->woven, NULL);
}

/* ---- outcomes ---------------------------------------------------------------------------------- */

static ketsim_status make_room(struct player *player, uint64_t count)
{
    if (count <= player->capacity) return KETSIM_OK;
    free(player->p);
    player->capacity = 0;
    player->p = memory_take(2 * count, sizeof *player->p, "probabilities");
    if (!player->p) return KETSIM_ERR_MEMORY;
    player->upto = player->p + count;
    player->capacity = count;
    return KETSIM_OK;
}

/* tr(K rho K*), of which rounding may leave less than 0. */
static double channel_probability(const ketsim_complex *k, const ketsim_complex *rho, unsigned dim)
{
    double sum = 0;
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            const ketsim_complex a = k[r * dim + c];
            if (a.re == 0 && a.im == 0) continue;
            for (unsigned d = 0; d < dim; d++) {
                const ketsim_complex b = k[r * dim + d], e = rho[c * dim + d];
                const double re = a.re * b.re + a.im * b.im, im = a.im * b.re - a.re * b.im;
                sum += re * e.re - im * e.im;
            }
        }
    return sum > 0 ? sum : 0;
}

static ketsim_status find_channel(struct player *player, const struct act *act, const void *amps)
{
    const struct exec *exec = &player->exec;
    ketsim_complex rho[MOST_DIM * MOST_DIM];
    TRY(density_matrix(rho, amps, exec->dtype, exec->nqubits, act->bits, act->count, exec->threads));
    for (size_t k = 0; k < act->channel->count; k++)
        player->p[k] = channel_probability(act->channel->kraus + k * channel_entries(act->channel), rho,
                                           1u << act->count);
    return KETSIM_OK;
}

static ketsim_status cumulate(double *upto, const double *p, uint64_t count, uint64_t *only)
{
    double sum = 0;
    uint64_t possible = 0;
    for (uint64_t k = 0; k < count; k++) {
        if (p[k] > 0) *only = possible++ ? UINT64_MAX : k;
        upto[k] = sum += p[k];
    }
    if (sum > 0 && sum < INFINITY) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "norm %g: measuring needs a positive and finite one", sqrt(fabs(sum)));
}

ketsim_status play_outcomes(struct player *player, uint64_t *count, uint64_t *only, const struct act *act,
                            const struct scene *scene)
{
    const struct exec *exec = &player->exec;
    const void *amps = amps_of(scene->buffer);
    const bool by_channel = act->kind == ACT_CHANNEL;
    *count = by_channel ? act->channel->count : UINT64_C(1) << act->count;
    TRY(make_room(player, *count));
    TRY(by_channel ? find_channel(player, act, amps)
                   : reduce_probabilities(player->p, amps, exec->dtype, exec->nqubits, act->bits, act->count,
                                          exec->threads));
    return cumulate(player->upto, player->p, *count, only);
}

uint64_t play_draw(const double *upto, uint64_t count, double u)
{
    const double total = upto[count - 1];
    uint64_t first = 0;
    double target = u * total;
    if (!(target < total)) target = nextafter(total, 0);
    while (count > 1) { /* the first sum that exceeds target is among count from first on */
        const uint64_t half = count / 2;
        const bool above = upto[first + half - 1] > target;
        first += above ? 0 : half;
        count = above ? half : count - half;
    }
    return first;
}

/* ---- making them happen ------------------------------------------------------------------------ */

uint64_t play_write_bits(uint64_t bits, const struct act *act, uint64_t outcome)
{
    for (unsigned k = 0; k < act->count; k++) {
        const uint64_t bit = UINT64_C(1) << act->places[k];
        bits = outcome >> (act->count - 1 - k) & 1 ? bits | bit : bits & ~bit;
    }
    return bits;
}

unsigned play_read_events(const struct act *act)
{
    return (act->count + RNG_SHOT_WORDS - 1) / RNG_SHOT_WORDS;
}

/* Bit number k of it has word k % 4 of event k / 4. */
uint64_t play_read_bits(uint64_t bits, const struct act *act, uint64_t seed, uint64_t shot, uint64_t ordinal)
{
    uint64_t words[RNG_SHOT_WORDS];
    for (unsigned k = 0; k < act->count; k++) {
        const unsigned word = k % RNG_SHOT_WORDS, place = act->places[k];
        if (!word) rng_shot_words(words, seed, shot, ordinal++);
        const double p = act->flips[bits >> place & 1];
        bits ^= (uint64_t)(rng_double(words[word]) < p) << place;
    }
    return bits;
}

static ketsim_status project(struct player *player, struct scene *scene, const struct act *act,
                             uint64_t outcome, double probability)
{
    struct buffer *target;
    uint64_t mask = 0, values = 0;
    for (unsigned k = 0; k < act->count; k++) {
        mask |= UINT64_C(1) << act->bits[k];
        values |= (outcome >> (act->count - 1 - k) & 1) << act->bits[k];
    }
    TRY(begin_write(&target, scene));
    const ketsim_status status = fill_project(&player->exec, amps_of(target), amps_of(scene->buffer), mask,
                                              values, 1 / sqrt(probability));
    return end_write(scene, target, 0, status);
}

/* X on the qubits that are 1 in an outcome. */
static ketsim_status flip(struct player *player, struct scene *scene, const struct act *act, uint64_t outcome)
{
    struct program *program = &player->woven;
    program_truncate(program, 0);
    TRY(program_reserve(program, act->count, 0));
    for (unsigned k = 0; k < act->count; k++)
        if (outcome >> (act->count - 1 - k) & 1)
            program->ops[program->length++] = (struct op){
                .gate = KETSIM_GATE_X,
                .nqubits = 1,
                .qubits = {(uint8_t)(player->exec.nqubits - 1 - act->bits[k])}};
    return run(player, scene, program, NULL);
}

/* ---- operators of channels ---- */

/* A dense matrix on a few bits. */
struct mixing {
    const struct exec *exec;
    void *dst;
    const void *src;
    const ketsim_complex *matrix;
    uint64_t mask;
    uint64_t offsets[MOST_DIM]; /* of the amplitudes that meet */
    unsigned dim, count;
};

static void multiply_group(const struct mixing *dense, uint64_t base)
{
    ketsim_complex in[MOST_DIM];
    for (unsigned c = 0; c < dense->dim; c++)
        in[c] = c_load(dense->src, dense->exec->dtype, base + dense->offsets[c]);
    for (unsigned r = 0; r < dense->dim; r++) {
        ketsim_complex sum = {0, 0};
        for (unsigned c = 0; c < dense->dim; c++) {
            const ketsim_complex m = dense->matrix[r * dense->dim + c];
            sum.re += m.re * in[c].re - m.im * in[c].im;
            sum.im += m.re * in[c].im + m.im * in[c].re;
        }
        c_store(dense->dst, dense->exec->dtype, base + dense->offsets[r], sum);
    }
}

static void dense_share(void *context, unsigned member, unsigned members)
{
    const struct mixing *dense = context;
    uint64_t first, last;
    team_share(&first, &last, UINT64_C(1) << (dense->exec->nqubits - dense->count), 1 << 10, member, members);
    for (uint64_t g = first; g < last; g++) multiply_group(dense, spread_around(g, dense->mask));
}

static void multiply_dense(const struct exec *exec, void *dst, const void *src, const ketsim_complex *matrix,
                           const struct act *act)
{
    struct mixing dense = {
        .exec = exec, .dst = dst, .src = src, .matrix = matrix, .dim = 1u << act->count, .count = act->count};
    for (unsigned k = 0; k < act->count; k++) dense.mask |= UINT64_C(1) << act->bits[k];
    for (unsigned i = 0; i < dense.dim; i++)
        for (unsigned k = 0; k < act->count; k++)
            dense.offsets[i] |= (uint64_t)(i >> (act->count - 1 - k) & 1) << act->bits[k];
    team_run(exec_threads(exec), dense_share, &dense);
}

/* One or two qubits: as a sweep. */
static ketsim_status multiply_swept(struct player *player, struct scene *scene, const ketsim_complex *matrix,
                                    const struct act *act)
{
    struct program *program = &player->woven;
    const size_t entries = (size_t)1 << 2 * act->count;
    program_truncate(program, 0);
    TRY(program_reserve(program, 1, entries));
    struct op *op = &program->ops[program->length++];
    *op = (struct op){.gate = KETSIM_GATE_UNITARY, .nqubits = (uint8_t)act->count};
    for (unsigned k = 0; k < act->count; k++)
        op->qubits[k] = (uint8_t)(player->exec.nqubits - 1 - act->bits[k]);
    memcpy(program->entries, matrix, entries * sizeof *matrix);
    program->nentries = entries;
    TRY(run(player, scene, program, NULL));
    scene->buffer->residue = 0;
    return KETSIM_OK;
}

/* An operator, divided by the root of its probability. */
static ketsim_status operate(struct player *player, struct scene *scene, const struct act *act,
                             uint64_t outcome, double probability)
{
    const size_t entries = channel_entries(act->channel);
    const double factor = 1 / sqrt(probability);
    struct buffer *target;
    ketsim_complex matrix[MOST_DIM * MOST_DIM];
    for (size_t k = 0; k < entries; k++) {
        const ketsim_complex m = act->channel->kraus[outcome * entries + k];
        matrix[k] = (ketsim_complex){m.re * factor, m.im * factor};
    }
    if (act->count <= KETSIM_MAX_TARGETS) return multiply_swept(player, scene, matrix, act);
    TRY(begin_write(&target, scene));
    multiply_dense(&player->exec, amps_of(target), amps_of(scene->buffer), matrix, act);
    return end_write(scene, target, 0, KETSIM_OK);
}

ketsim_status play_outcome(struct player *player, struct scene *scene, const struct act *act,
                           uint64_t outcome, double probability, bool certain)
{
    scene->ordinal++;
    if (act->kind == ACT_CHANNEL) return operate(player, scene, act, outcome, probability);
    if (act->kind == ACT_MEASURE) scene->bits = play_write_bits(scene->bits, act, outcome);
    if (!certain) TRY(project(player, scene, act, outcome, probability));
    return act->kind == ACT_RESET && outcome ? flip(player, scene, act, outcome) : KETSIM_OK;
}
