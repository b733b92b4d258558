/* walker.c - what a thread does with a node: act after act, and a child for each outcome. */
#include "walker.h"

#include "error.h"
#include "rng.h"
#include "threads.h"

/* Acts between two looks at the clock, and shots that draw between two looks at whether to go on. */
enum { CLOCK_ACTS = 16, DRAWS_UNTIL_CHECK = 4096 };

/* ---- begin, end, stop -------------------------------------------------------------------------- */

static bool poll_pass(void *context, double done)
{
    const struct walker *w = context;
    (void)done;
    if (w->by_caller) tree_poll(w->tree);
    return !tree_stopped(w->tree);
}

void walker_init(struct walker *w, struct tree *tree, bool by_caller)
{
    *w = (struct walker){.tree = tree, .by_caller = by_caller};
    w->options = (ketsim_run_options){.cancel = tree->cancel, .poll = poll_pass, .poll_context = w};
    w->player.script = tree->script;
    w->player.exec = tree->exec;
    w->player.exec.options = &w->options;
    w->player.exec.deadline = tree->deadline;
    program_init(&w->player.woven, tree->script->nqubits);
}

void walker_clear(struct walker *w)
{
    player_clear(&w->player);
    grouping_clear(&w->grouping);
    averages_clear_reader(&w->reader);
}

/* Between two acts: whether to go on. */
static bool goes_on(struct walker *w)
{
    if (atomic_load_explicit(&w->tree->stop, memory_order_relaxed)) return false;
    if (++w->acts < CLOCK_ACTS) return true;
    w->acts = 0;
    if (w->by_caller) tree_poll(w->tree);
    return !tree_stopped(w->tree);
}

/* No failure of its own: tree_end() finds out why. */
static ketsim_status stop_walk(void)
{
    return KETSIM_ERR_CANCELLED;
}

/* ---- the end of a shot ------------------------------------------------------------------------- */

static ketsim_status finish_shots(struct walker *w, struct node *node)
{
    struct tree *tree = w->tree;
    if (tree->averages)
        TRY(averages_add(tree->averages, &w->reader, &w->player.exec, play_amps(&node->scene), node->count));
    for (size_t k = 0; tree->out && k < node->count; k++)
        tree->out[node->shots[k].number - tree->first] = node->scene.bits ^ node->shots[k].flips;
    atomic_fetch_add_explicit(&tree->done, node->count, memory_order_relaxed);
    if (!tree->keeps) return KETSIM_OK;
    tree->kept = node->scene.buffer;
    node->scene.buffer = NULL;
    return KETSIM_OK;
}

/* Bits that are measured now are what they are measured to be. */
static void forget_flips(struct node *node, const struct act *act)
{
    uint64_t mask = 0;
    for (unsigned k = 0; k < act->count; k++) mask |= UINT64_C(1) << act->places[k];
    if (!(node->scene.misread & mask)) return;
    node->scene.misread &= ~mask;
    for (size_t k = 0; k < node->count; k++) node->shots[k].flips &= ~mask;
}

/* What is left of a script when nothing looks at the state any more. */
static uint64_t read_to_end(const struct walker *w, uint64_t bits, const struct act *act, uint64_t shot,
                            uint64_t ordinal)
{
    const struct script *script = w->tree->script;
    for (const struct act *end = script->acts + script->count; act < end; act++) {
        bits = play_read_bits(bits, act, w->tree->seed, shot, ordinal);
        ordinal += play_read_events(act);
    }
    return bits;
}

/* Nothing looks at the state after a last measurement: its outcomes need none. */
static ketsim_status finish_measured(struct walker *w, struct node *node, const struct act *act)
{
    struct tree *tree = w->tree;
    const uint64_t ordinal = node->scene.ordinal;
    uint64_t count, only;
    TRY(play_outcomes(&w->player, &count, &only, act, &node->scene));
    for (size_t k = 0; k < node->count; k++) {
        const uint64_t number = node->shots[k].number, before = node->scene.bits ^ node->shots[k].flips;
        const uint64_t outcome = only != UINT64_MAX ? only
                                                    : play_draw(w->player.upto, count,
                                                                rng_shot(tree->seed, number, ordinal));
        const uint64_t bits = play_write_bits(before, act, outcome);
        tree->out[number - tree->first] = read_to_end(w, bits, act + 1, number, ordinal + 1);
        if (k % DRAWS_UNTIL_CHECK == DRAWS_UNTIL_CHECK - 1 && !goes_on(w)) return stop_walk();
    }
    atomic_fetch_add_explicit(&tree->done, node->count, memory_order_relaxed);
    return KETSIM_OK;
}

/* ---- branching --------------------------------------------------------------------------------- */

static bool act_looks_at_bits(const struct act *act)
{
    return act->kind == ACT_IF || act->kind == ACT_REPEAT;
}

static bool is_met(uint64_t bits, const struct act *act)
{
    return (bits & act->mask) == act->values;
}

static void jump(struct scene *scene, const struct act *act, bool met)
{
    uint64_t *rounds = &scene->counters[act->counter];
    if (act->kind == ACT_IF) {
        scene->act = met ? scene->act + 1 : act->target;
    } else if (met || ++*rounds == act->limit) {
        *rounds = 0;
        scene->act++;
    } else {
        scene->act = act->target;
    }
}

/* Each shot's outcome of an act that looks at the state. */
static ketsim_status group_outcomes(struct walker *w, const struct node *node, const struct act *act)
{
    uint64_t count, only;
    TRY(play_outcomes(&w->player, &count, &only, act, &node->scene));
    if (only != UINT64_MAX) return grouping_put_all(&w->grouping, node->count, only, w->player.p[only]);
    for (size_t k = 0; k < node->count; k++) {
        struct shot *shot = &node->shots[k];
        const uint64_t outcome = play_draw(w->player.upto, count,
                                           rng_shot(w->tree->seed, shot->number, node->scene.ordinal));
        TRY(grouping_put_outcome(&w->grouping, shot, outcome, w->player.p[outcome]));
        if (k % DRAWS_UNTIL_CHECK == DRAWS_UNTIL_CHECK - 1 && !goes_on(w)) return stop_walk();
    }
    return KETSIM_OK;
}

/* What comes into a stretch for each shot. */
static ketsim_status group_noise(struct walker *w, const struct node *node, const struct stretch *stretch)
{
    struct noise_draw noise;
    if (!stretch->nnoise) return grouping_put_all(&w->grouping, node->count, 0, 1);
    TRY(grouping_begin_noise(&w->grouping, &noise, stretch, &node->scene, w->tree->seed));
    for (size_t k = 0; k < node->count; k += DRAWS_UNTIL_CHECK) {
        const size_t left = node->count - k, most = DRAWS_UNTIL_CHECK;
        TRY(grouping_put_noise(&w->grouping, node->shots + k, left < most ? left : most, &noise));
        if (left > most && !goes_on(w)) return stop_walk();
    }
    return KETSIM_OK;
}

/* Whether a shot's bits have the values, which those that were read wrong may not. */
static ketsim_status group_conditions(struct walker *w, const struct node *node, const struct act *act)
{
    for (size_t k = 0; k < node->count; k++) {
        struct shot *shot = &node->shots[k];
        TRY(grouping_put_outcome(&w->grouping, shot, is_met(node->scene.bits ^ shot->flips, act), 1));
    }
    return KETSIM_OK;
}

static ketsim_status enter_stretch(struct walker *w, struct scene *scene, const struct stretch *stretch,
                                   const struct party *party)
{
    if (stretch->nnoise) {
        scene->clean = party->clean;
        scene->ordinal = party->ordinal;
    }
    return play_stretch(&w->player, scene, stretch, grouping_pairs(&w->grouping, party), party->npairs);
}

static ketsim_status enter(struct walker *w, struct node *child, const struct act *act, size_t number)
{
    const struct party *group = grouping_get(&w->grouping, number);
    child->shots += group->first;
    child->count = group->count;
    if (act_looks_at_bits(act)) {
        jump(&child->scene, act, group->outcome);
        return KETSIM_OK;
    }
    child->scene.act++;
    if (act->kind == ACT_RUN) return enter_stretch(w, &child->scene, act->stretch, group);
    return play_outcome(&w->player, &child->scene, act, group->outcome, group->probability, group->certain);
}

static ketsim_status visit(struct walker *w, const struct node *node, const struct act *act, size_t number)
{
    struct node child = *node;
    buffer_retain(child.scene.buffer);
    const ketsim_status status = enter(w, &child, act, number);
    if (status != KETSIM_OK) {
        buffer_release(child.scene.buffer);
        return status;
    }
    return tree_offer(w->tree, &child) ? KETSIM_OK : walker_walk(w, &child);
}

/* Visit all groups but the largest, which the node goes on as. */
static ketsim_status visit_groups(struct walker *w, struct node *node, const struct act *act)
{
    const size_t largest = grouping_sort(&w->grouping, node->shots);
    const size_t count = grouping_count(&w->grouping);
    for (size_t k = 0; k < count; k++)
        if (k != largest && grouping_get(&w->grouping, k)->count) TRY(visit(w, node, act, k));
    return enter(w, node, act, largest);
}

static ketsim_status branch(struct walker *w, struct node *node, const struct act *act)
{
    const struct grouping_mark mark = grouping_begin(&w->grouping);
    ketsim_status status = act->kind == ACT_RUN     ? group_noise(w, node, act->stretch)
                           : act_looks_at_bits(act) ? group_conditions(w, node, act)
                                                    : group_outcomes(w, node, act);
    if (status == KETSIM_OK) status = visit_groups(w, node, act);
    grouping_end(&w->grouping, mark);
    return status;
}

/* ---- walking ----------------------------------------------------------------------------------- */

/* What the detector misreads stays with each shot. */
static ketsim_status read_out(struct walker *w, struct node *node, const struct act *act)
{
    struct scene *scene = &node->scene;
    for (size_t k = 0; k < node->count; k++) {
        struct shot *shot = &node->shots[k];
        const uint64_t bits = scene->bits ^ shot->flips;
        shot->flips = scene->bits ^ play_read_bits(bits, act, w->tree->seed, shot->number, scene->ordinal);
        if (k % DRAWS_UNTIL_CHECK == DRAWS_UNTIL_CHECK - 1 && !goes_on(w)) return stop_walk();
    }
    for (unsigned k = 0; k < act->count; k++) scene->misread |= UINT64_C(1) << act->places[k];
    scene->ordinal += play_read_events(act);
    scene->act++;
    return KETSIM_OK;
}

/* Whether nobody wants the states behind the measurement that comes now. */
static bool is_last(const struct tree *tree, const struct node *node)
{
    return node->scene.act + 1 >= tree->script->looked && !tree->keeps && !tree->averages;
}

static ketsim_status walk_acts(struct walker *w, struct node *node)
{
    const struct script *script = w->tree->script;
    while (node->scene.act < script->count) {
        const struct act *act = &script->acts[node->scene.act];
        if (!goes_on(w)) return stop_walk();
        if (act->kind == ACT_MEASURE) forget_flips(node, act);
        if (act->kind == ACT_READOUT) TRY(read_out(w, node, act));
        else if (act_looks_at_bits(act) && !(node->scene.misread & act->mask))
            jump(&node->scene, act, is_met(node->scene.bits, act));
        else if (act->kind == ACT_MEASURE && is_last(w->tree, node)) return finish_measured(w, node, act);
        else TRY(branch(w, node, act));
    }
    return finish_shots(w, node);
}

ketsim_status walker_walk(struct walker *w, struct node *node)
{
    const ketsim_status status = walk_acts(w, node);
    buffer_release(node->scene.buffer);
    return status;
}
