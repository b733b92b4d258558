/* tree.c - handing nodes to threads that have none, and when to stop. */
#include "tree.h"

#include <string.h>

#include "batch.h"
#include "error.h"
#include "park.h"
#include "threads.h"
#include "walker.h"

/* A subtree that takes less is not worth handing to another thread. */
static const double OFFERED_NS = 20000;
/* A thread without a node looks for one so often before it sleeps. */
enum { LOOKS = 200 };

typedef unsigned long long ull;

/* ---- stopping ---------------------------------------------------------------------------------- */

bool tree_stopped(const struct tree *tree)
{
    return atomic_load_explicit(&tree->stop, memory_order_relaxed) ||
           (tree->cancel && ketsim_cancel_raised(tree->cancel)) ||
           (tree->deadline && clock_ns() >= tree->deadline);
}

void tree_poll(struct tree *tree)
{
    if (!tree->poll || atomic_load_explicit(&tree->stop, memory_order_relaxed)) return;
    if (clock_ns() - tree->polled_ns < BATCH_POLL_NS * 9 / 10) return;
    const double done = (double)atomic_load_explicit(&tree->done, memory_order_relaxed);
    const unsigned cores = cores_pause(); /* poll may wait for a job */
    const bool go_on = tree->poll(tree->poll_context, done / (double)tree->count);
    cores_resume(cores);
    if (!go_on || tree->epoch != fork_epoch()) atomic_store_explicit(&tree->stop, true, memory_order_relaxed);
    tree->polled_ns = clock_ns();
}

static void note_failure(struct tree *tree, ketsim_status status)
{
    if (tree_stopped(tree)) {
        atomic_store(&tree->stop, true);
        return;
    }
    spin_lock(&tree->lock);
    if (tree->status == KETSIM_OK) {
        tree->status = status;
        strncpy(tree->message, ketsim_last_error(), sizeof tree->message - 1);
    }
    spin_unlock(&tree->lock);
    atomic_store(&tree->stop, true);
}

/* ---- handing over ------------------------------------------------------------------------------ */

static void ring(struct tree *tree)
{
    atomic_fetch_add(&tree->bell, 1);
    park_wake(&tree->bell);
}

bool tree_offer(struct tree *tree, const struct node *node)
{
    if (!atomic_load_explicit(&tree->idle, memory_order_relaxed)) return false;
    if (node->scene.act == tree->script->count || tree->script->acts[node->scene.act].ns_after < OFFERED_NS)
        return false;
    spin_lock(&tree->lock);
    const bool fits = tree->noffers < TREE_OFFERS && tree->noffers < atomic_load(&tree->idle);
    if (fits) tree->offers[tree->noffers++] = *node;
    spin_unlock(&tree->lock);
    if (fits) ring(tree);
    return fits;
}

/* Take a node if there is one; *over when none will come. */
static bool take(struct tree *tree, struct node *node, bool *over)
{
    spin_lock(&tree->lock);
    const bool found = tree->noffers && !atomic_load_explicit(&tree->stop, memory_order_relaxed);
    if (found) {
        *node = tree->offers[--tree->noffers];
        tree->active++;
    }
    *over = !found && !tree->active;
    spin_unlock(&tree->lock);
    return found;
}

static bool wait_for_node(struct tree *tree, struct node *node, bool by_caller)
{
    bool over, found = take(tree, node, &over);
    if (found || over) return found;
    atomic_fetch_add(&tree->idle, 1);
    for (unsigned looks = 0; !found && !over; looks++) {
        const uint32_t seen = atomic_load(&tree->bell);
        found = take(tree, node, &over);
        if (found || over) break;
        if (looks >= LOOKS) park_wait(&tree->bell, seen, BATCH_POLL_NS);
        if (by_caller) tree_poll(tree);
        over = tree->epoch != fork_epoch();
    }
    atomic_fetch_sub(&tree->idle, 1);
    return found;
}

static void leave(struct tree *tree)
{
    spin_lock(&tree->lock);
    const bool last = !--tree->active;
    spin_unlock(&tree->lock);
    if (last) ring(tree);
}

/* ---- working ----------------------------------------------------------------------------------- */

void tree_work(struct tree *tree, bool by_caller)
{
    struct walker w;
    struct node node;
    walker_init(&w, tree, by_caller);
    while (wait_for_node(tree, &node, by_caller)) {
        const ketsim_status status = walker_walk(&w, &node);
        if (status != KETSIM_OK) note_failure(tree, status);
        leave(tree);
    }
    walker_clear(&w);
}

/* ---- begin and end ----------------------------------------------------------------------------- */

void tree_begin(struct tree *tree, struct buffer *start, struct shot *shots, unsigned parts)
{
    for (size_t k = 0; k < tree->count; k++) shots[k] = (struct shot){.number = tree->first + k};
    tree->epoch = fork_epoch();
    tree->polled_ns = clock_ns();
    for (unsigned k = 0; k < parts; k++) {
        uint64_t first, last;
        team_share(&first, &last, tree->count, 1, k, parts);
        buffer_retain(start);
        tree->offers[tree->noffers++] = (struct node){
            .scene = {.buffer = start}, .shots = shots + first, .count = last - first};
    }
}

static ketsim_status outcome(const struct tree *tree)
{
    const size_t done = atomic_load(&tree->done);
    if (tree->status != KETSIM_OK) return fail(tree->status, "%s", tree->message);
    if (done == tree->count) return KETSIM_OK;
    if (tree->epoch != fork_epoch())
        return fail(KETSIM_ERR_CANCELLED, "shots: some were lost in a fork, after %zu of %zu", done,
                    tree->count);
    if (tree->deadline && clock_ns() >= tree->deadline)
        return fail(KETSIM_ERR_DEADLINE, "shots: timeout_ms = %llu passed after %zu of %zu",
                    (ull)tree->timeout_ms, done, tree->count);
    return fail(KETSIM_ERR_CANCELLED, "shots: stopped after %zu of %zu", done, tree->count);
}

ketsim_status tree_end(struct tree *tree)
{
    while (tree->noffers) buffer_release(tree->offers[--tree->noffers].scene.buffer);
    return outcome(tree);
}
