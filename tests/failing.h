/* failing.h - allocations that fail on purpose, for the one test file that includes this: between start and stop,
 * in the calling thread.  Needs a C library whose own functions can be had under other names; a sanitizer brings an
 * allocator of its own. */
#ifndef KETSIM_TESTS_FAILING_H
#define KETSIM_TESTS_FAILING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "check.h"

#if defined(__GLIBC__) && !ADDRESS_SANITIZER && !THREAD_SANITIZER
enum { FAILING_WORKS = 1 };

static _Thread_local bool failing_on, failing_failed;
static _Thread_local unsigned failing_left;

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

/* Whether this allocation fails: all from the chosen one on. */
static bool failing_now(void)
{
    if (!failing_on) return false;
    if (failing_left) return failing_left--, false;
    return failing_failed = true;
}

void *malloc(size_t bytes)
{
    return failing_now() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return failing_now() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    return failing_now() ? NULL : __libc_realloc(memory, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return failing_now() ? NULL : __libc_memalign(alignment, bytes);
}

/* The allocation after the next so many fails, and all after it. */
static void failing_start(unsigned after)
{
    failing_left = after;
    failing_failed = false;
    failing_on = true;
}

/* Whether one failed. */
static bool failing_stop(void)
{
    failing_on = false;
    return failing_failed;
}
#else
enum { FAILING_WORKS = 0 };
static void failing_start(unsigned after)
{
    (void)after;
}
static bool failing_stop(void)
{
    return false;
}
#endif
#endif
