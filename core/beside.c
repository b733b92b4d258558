/* beside.c - circuits that are for all threads, run on one while the others have small ones to do.
 *
 * A team never quite has the speed of its cores, and its threads go on spinning for milliseconds on cores that the next batch
 * needs: so there should be none as long as all cores are busy.  Whether they will be is seen from estimates before anybody
 * begins, and again when small circuits have told how good these are.  No bits depend on it. */
#include <math.h>

#include "batch.h"

/* Small circuits tell how good estimates are once such a part of them has ended. */
static const double TELLING = 1. / 16;
/* An estimate without a plan is at most so many times what a circuit takes. */
static const double MOST_OVERRATED = 10;
/* What the others have left must be more by this: that is an estimate, too. */
static const double SAFETY = 1.2;

static double read_ns(const _Atomic uint64_t *ns)
{
    return (double)atomic_load_explicit(ns, memory_order_relaxed);
}

void beside_note(struct ketsim_batch *batch, const struct place *place)
{
    if (batch->narrow == batch->count) return;
    atomic_fetch_add_explicit(&batch->spent_ns, batch->items[place->index].duration_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&batch->ended_ns, (uint64_t)place->cost, memory_order_relaxed);
}

bool beside_fits(double cost, double left, unsigned helpers)
{
    return cost * helpers * SAFETY <= left;
}

/* Whether a circuit fits behind what the calling thread has to do for so long already; planned only if it might. */
static bool fits(struct ketsim_batch *batch, const struct place *place, double *lane, double left)
{
    if (!beside_fits(*lane + place->cost / MOST_OVERRATED, left, batch->helpers)) return false;
    const double expected = *lane + item_expected_ns(batch, place->index, true);
    if (!beside_fits(expected, left, batch->helpers)) return false;
    *lane = expected;
    return true;
}

void beside_choose(struct ketsim_batch *batch)
{
    double lane = 0;
    batch->is_settled = !batch->helpers || batch->narrow == batch->count;
    if (batch->is_settled || !batch->is_sure) return;
    for (size_t k = batch->narrow; k < batch->count && !batch_stopped(batch); k++)
        batch->order[k].beside = fits(batch, &batch->order[k], &lane, batch->narrow_ns);
}

static void run_one(struct ketsim_batch *batch, const struct place *place)
{
    item_run(batch, place->index, 1, true);
    batch_poll(batch, 0);
}

bool beside_run(struct ketsim_batch *batch)
{
    bool any = false;
    for (size_t k = batch->narrow; k < batch->count; k++) {
        if (!batch->order[k].beside) continue;
        run_one(batch, &batch->order[k]);
        any = true;
    }
    return any;
}

/* Nanoseconds that the small circuits which nobody has taken yet will take, as those did that have ended. */
static double left_ns(const struct ketsim_batch *batch)
{
    const size_t next = atomic_load_explicit(&batch->next, memory_order_relaxed);
    const double left = next < batch->narrow ? batch->narrow_ns - batch->order[next].before : 0;
    return left * read_ns(&batch->spent_ns) / read_ns(&batch->ended_ns);
}

void beside_go_on(struct ketsim_batch *batch)
{
    if (batch->is_settled || read_ns(&batch->ended_ns) <= TELLING * batch->narrow_ns) return;
    for (size_t k = batch->narrow; k < batch->count && !batch_stopped(batch); k++) {
        double lane = 0;
        struct place *place = &batch->order[k];
        if (place->beside || !fits(batch, place, &lane, left_ns(batch))) continue;
        place->beside = true;
        run_one(batch, place);
    }
    batch->is_settled = true;
}
