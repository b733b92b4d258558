/* Children of fork() that must end well, and in time. */
#pragma once
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* A thread that starts may hold the lock of AddressSanitizer's allocator, which a child would wait for: it gets time to end. */
enum { CHILD_SECONDS = 60, STARTS_WITHIN_US = 5000 };

static inline pid_t guarded_fork(void)
{
    fflush(stdout);
    if (ADDRESS_SANITIZER) usleep(STARTS_WITHIN_US);
    const pid_t child = fork();
    CHECK(child >= 0, "cannot fork");
    if (!child) alarm(CHILD_SECONDS);
    return child;
}

/* What the parent's workers had in hand at the fork is lost in the child, where nobody can free it: not a leak to report. */
_Noreturn static inline void end_child(void)
{
    if (ADDRESS_SANITIZER) _exit(EXIT_SUCCESS);
    exit(EXIT_SUCCESS);
}

static inline void ended_well(pid_t child, const char *when, unsigned number)
{
    int status;
    CHECK(waitpid(child, &status, 0) == child, "lost a child");
    CHECK(!(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM), "%s: child %u hangs", when, number);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: child %u ended with status %x", when, number,
          (unsigned)status);
}
