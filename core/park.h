/* park.h - sleep until a word changes.  A futex: no state but the word, so a fork leaves nothing locked. */
#ifndef KETSIM_CORE_PARK_H
#define KETSIM_CORE_PARK_H

#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* Sleep while *word is seen, at most timeout_ns (0: for ever); may return early. */
static inline void park_wait(_Atomic uint32_t *word, uint32_t seen, uint64_t timeout_ns)
{
    const struct timespec t = {(time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000)};
#ifdef __linux__
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, timeout_ns ? &t : NULL, NULL, 0);
#else
    const struct timespec millisecond = {0, 1000000};
    if (atomic_load(word) == seen) nanosleep(timeout_ns && timeout_ns < 1000000 ? &t : &millisecond, NULL);
#endif
}

/* Wake at most so many that sleep on the word, which the caller has changed; or all. */
static inline void park_wake_some(_Atomic uint32_t *word, int most)
{
#ifdef __linux__
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, most, NULL, NULL, 0);
#else
    (void)word;
    (void)most;
#endif
}

static inline void park_wake(_Atomic uint32_t *word)
{
    park_wake_some(word, INT_MAX);
}

#endif
