/* The queue in one thread, full and empty; then producers and consumers: each item comes out exactly once, those of a
 * producer in their order.  The pool of workers: every helper counted, callers at once, none waited for in vain. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "check.h"
#include "mpmc.h"
#include "pool.h"

enum { CAPACITY = 64, MOST = 4, CALLERS = 4 };

static void *item_of(size_t number)
{
    return (void *)(uintptr_t)(number + 1); /* NULL is an item too, but would not show */
}

/* ---- one thread ------------------------------------------------------------------------------- */

static void in_order(size_t capacity, unsigned rounds)
{
    struct mpmc queue;
    struct mpmc_cell cells[CAPACITY];
    size_t in = 0, out = 0;
    void *item;
    mpmc_init(&queue, cells, capacity);
    for (unsigned round = 0; round < rounds; round++) {
        const size_t fill = round % capacity + 1;
        CHECK(!mpmc_pop(&queue, &item), "something in an empty queue");
        for (size_t k = 0; k < fill; k++) CHECK(mpmc_push(&queue, item_of(in++)), "full at %zu", k);
        if (fill == capacity) CHECK(!mpmc_push(&queue, item_of(0)), "more than %zu fit", capacity);
        for (size_t k = 0; k < fill; k++)
            CHECK(mpmc_pop(&queue, &item) && item == item_of(out++), "not item %zu", out - 1);
    }
}

/* ---- many ------------------------------------------------------------------------------------- */

struct stress {
    struct mpmc queue;
    struct mpmc_cell cells[CAPACITY];
    size_t each, total; /* items a producer pushes, and all of them */
    unsigned producers;
    atomic_size_t numbers, popped;
    atomic_uchar *seen; /* [total] */
};

static void *produce(void *context)
{
    struct stress *s = context;
    const size_t first = atomic_fetch_add(&s->numbers, 1) * s->each;
    for (size_t k = first; k < first + s->each; k++)
        while (!mpmc_push(&s->queue, item_of(k))) sched_yield();
    return NULL;
}

static void *consume(void *context)
{
    struct stress *s = context;
    size_t last[MOST] = {0};
    void *item;
    while (atomic_load(&s->popped) < s->total) {
        if (!mpmc_pop(&s->queue, &item)) {
            sched_yield();
            continue;
        }
        const size_t number = (size_t)(uintptr_t)item - 1, producer = number / s->each;
        CHECK(producer < s->producers, "item %zu was never pushed", number);
        CHECK(number + 1 > last[producer], "item %zu after %zu", number, last[producer] - 1);
        last[producer] = number + 1;
        CHECK(!atomic_fetch_add(&s->seen[number], 1), "item %zu came out twice", number);
        atomic_fetch_add(&s->popped, 1);
    }
    return NULL;
}

static void exactly_once(unsigned producers, unsigned consumers, size_t capacity, size_t each)
{
    struct stress s = {.each = each, .total = producers * each, .producers = producers};
    pthread_t threads[2 * MOST];
    mpmc_init(&s.queue, s.cells, capacity);
    s.seen = calloc(s.total, 1);
    CHECK(s.seen, "no memory");
    for (unsigned k = 0; k < producers + consumers; k++)
        CHECK(!pthread_create(&threads[k], NULL, k < producers ? produce : consume, &s), "no thread");
    for (unsigned k = 0; k < producers + consumers; k++) pthread_join(threads[k], NULL);
    for (size_t k = 0; k < s.total; k++) CHECK(s.seen[k] == 1, "item %zu came out %d times", k, s.seen[k]);
    free(s.seen);
    printf("%u producers, %u consumers, %zu cells: %zu items, each once\n", producers, consumers, capacity,
           s.total);
}

/* ---- the pool --------------------------------------------------------------------------------- */

struct tally {
    atomic_uint next, limit, done, helpers;
};

static void count_up(void *context)
{
    struct tally *t = context;
    atomic_fetch_add(&t->helpers, 1);
    while (atomic_fetch_add(&t->next, 1) < t->limit) atomic_fetch_add(&t->done, 1);
}

static void one_job(unsigned helpers, unsigned pieces)
{
    struct tally t = {.limit = pieces};
    struct pool_job *job = pool_begin(helpers, count_up, &t);
    CHECK(job, "no job");
    count_up(&t);
    while (!pool_end(job, 1000000)) {}
    CHECK(t.done == pieces, "%u of %u pieces done", t.done, pieces);
    CHECK(t.helpers <= helpers + 1, "%u at work, %u asked", t.helpers, helpers + 1);
}

static void *many_jobs(void *context)
{
    for (unsigned k = 0; k < 500; k++) one_job(k % 4, k % 7 * 10);
    return context;
}

static void callers_at_once(void)
{
    pthread_t threads[CALLERS];
    for (unsigned k = 0; k < CALLERS; k++)
        CHECK(!pthread_create(&threads[k], NULL, many_jobs, NULL), "no thread");
    for (unsigned k = 0; k < CALLERS; k++) pthread_join(threads[k], NULL);
    printf("%d callers, %d jobs each: all pieces done\n", CALLERS, 500);
}

static void helpers_come(void)
{
    struct tally t = {.limit = 0};
    struct pool_job *job = pool_begin(3, count_up, &t);
    CHECK(job, "no job");
    while (t.helpers < 3) sched_yield();
    while (!pool_end(job, 0)) {}
    CHECK(pool_end(NULL, 0), "no job is not over");
}

/* Full, empty, and after the positions have gone round. */
static void length(void)
{
    struct mpmc_cell cells[4];
    struct mpmc queue;
    void *item;
    mpmc_init(&queue, cells, 4);
    for (size_t turn = 0; turn < 10; turn++) {
        for (size_t k = 0; k < 5; k++) {
            CHECK(mpmc_length(&queue) == k, "%zu in it, not %zu", mpmc_length(&queue), k);
            CHECK(mpmc_push(&queue, &queue) == (k < 4), "push %zu", k);
        }
        while (mpmc_pop(&queue, &item)) {}
        CHECK(mpmc_length(&queue) == 0, "%zu in an empty queue", mpmc_length(&queue));
    }
}

int main(void)
{
    length();
    in_order(2, 10);
    in_order(CAPACITY, 1000);
    exactly_once(1, 1, 2, 20000);
    exactly_once(1, 1, CAPACITY, 100000);
    exactly_once(2, 2, CAPACITY, 50000);
    exactly_once(4, 4, 2, 5000);
    exactly_once(4, 4, CAPACITY, 25000);
    helpers_come();
    one_job(0, 5);
    many_jobs(NULL);
    callers_at_once();
    return 0;
}
