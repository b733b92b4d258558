/* Units dealt to the members of a team: in every stage each unit is done by exactly one member, whoever is early or late,
 * with more members than units and more units than fit in one chunk; and who has none left takes another's.
 *
 *   test_deal [stages]    default 20000 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "../core/deal.h"
#include "check.h"
#include "oracle.h"

enum { MEMBERS = 4, MOST_UNITS = 40 };

static struct dealt dealt[MEMBERS];
static _Atomic unsigned done[2][MOST_UNITS]; /* of even and odd stages */
static _Atomic uint64_t taken;               /* from others */
static pthread_barrier_t barrier;
static size_t stages = 20000;

static unsigned count_of(size_t stage)
{
    uint64_t seed = stage;
    return random_below(&seed, MOST_UNITS + 1);
}

/* One member's part of a stage; now and then it comes late. */
static void work(size_t stage, unsigned member, uint64_t *seed)
{
    const unsigned count = count_of(stage), chunk = 1 + (unsigned)(stage % 3);
    const unsigned from = count * member / MEMBERS, to = count * (member + 1) / MEMBERS;
    if (!random_below(seed, 4)) sched_yield();
    deal_units(&dealt[member], stage, from, to);
    uint64_t first = 0, n;
    while ((n = deal_next(dealt, member, MEMBERS, stage, chunk, &first)) != 0) {
        CHECK(n <= chunk && first + n <= count, "%d units from %d of %u", (int)n, (int)first, count);
        if (first < from || first >= to) atomic_fetch_add(&taken, 1);
        if (!random_below(seed, 8)) sched_yield();
        for (uint64_t k = first; k < first + n; k++) atomic_fetch_add(&done[stage & 1][k], 1);
    }
}

static void *run(void *context)
{
    const unsigned member = *(const unsigned *)context;
    uint64_t seed = member;
    for (size_t stage = 0; stage < stages; stage++) {
        work(stage, member, &seed);
        pthread_barrier_wait(&barrier);
        for (unsigned k = member; k < MOST_UNITS; k += MEMBERS) {
            const unsigned times = atomic_exchange(&done[stage & 1][k], 0);
            CHECK(times == (k < count_of(stage)), "stage %d: unit %u was done %u times", (int)stage, k,
                  times);
        }
    }
    return NULL;
}

static void check_one_thread(void)
{
    uint64_t first = 0;
    memset(dealt, 0, sizeof dealt);
    deal_units(&dealt[0], 7, 10, 15);
    CHECK(deal_take(&dealt[0], 7, 2, false, &first) == 2 && first == 10, "its own come from the front");
    CHECK(deal_take(&dealt[0], 7, 2, true, &first) == 2 && first == 13, "others' from the back");
    CHECK(deal_next(dealt, 2, MEMBERS, 7, 9, &first) == 1 && first == 12, "from whoever has some");
    CHECK(deal_next(dealt, 0, MEMBERS, 7, 9, &first) == 0, "and then there are none");
    CHECK(deal_next(dealt, 0, MEMBERS, 8, 9, &first) == 0, "nor of a stage that was not dealt");
    deal_units(&dealt[3], 8, MOST_DEALT - 1, MOST_DEALT);
    CHECK(deal_next(dealt, 1, MEMBERS, 8, 9, &first) == 1 && first == MOST_DEALT - 1, "numbers may be large");
}

int main(int argc, char **argv)
{
    pthread_t threads[MEMBERS];
    unsigned numbers[MEMBERS];
    if (argc > 1) stages = (size_t)atoi(argv[1]);
    check_one_thread();
    memset(dealt, 0, sizeof dealt);
    pthread_barrier_init(&barrier, NULL, MEMBERS);
    for (unsigned k = 0; k < MEMBERS; k++) {
        numbers[k] = k;
        pthread_create(&threads[k], NULL, run, &numbers[k]);
    }
    for (unsigned k = 0; k < MEMBERS; k++) pthread_join(threads[k], NULL);
    pthread_barrier_destroy(&barrier);
    CHECK(taken > 0, "nobody has taken what another had left");
    printf("%zu stages, %llu chunks taken from others\n", stages, (unsigned long long)atomic_load(&taken));
    return 0;
}
