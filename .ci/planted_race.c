/* planted_race.c - the control of `make tsan`: the library's own threads, with a race when asked for one.
 *
 *   planted_race clean   each member of a team counts for itself: ThreadSanitizer must stay silent
 *   planted_race race    all members count in one variable: it must report this file */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "threads.h"

enum { TEAM = 4, ROUNDS = 1000 };

static unsigned own[TEAM], shared;

static void count_own(void *context, unsigned member, unsigned members)
{
    (void)context;
    for (unsigned round = 0; round < ROUNDS; round++) own[member]++;
    team_barrier(members);
    own[(member + 1) % members]++; /* the barrier orders this after the neighbor's own counting */
}

static void count_shared(void *context, unsigned member, unsigned members)
{
    (void)context;
    (void)member;
    (void)members;
    for (unsigned round = 0; round < ROUNDS; round++) shared++;
}

int main(int argc, char **argv)
{
    const int race = argc > 1 && !strcmp(argv[1], "race");
    unsigned size = 0, total = 0;
    for (int round = 0; round < 10; round++) size = team_run(TEAM, race ? count_shared : count_own, NULL);
    for (unsigned k = 0; k < TEAM; k++) total += own[k];
    printf("team of %u, %s: counted %u\n", size, race ? "race" : "clean", race ? shared : total);
    return size > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
