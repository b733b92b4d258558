/* check.h - what every test shares: CHECK, its two relatives for statuses, and random numbers that are
 * the same in every run.  A failed check prints where and what, and ends the process with status 1. */
#ifndef KETSIM_TESTS_CHECK_H
#define KETSIM_TESTS_CHECK_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ketsim.h"

/* 1 under the sanitizer of that name: some limits and forks are beyond what it allows a program. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif
#ifndef ADDRESS_SANITIZER
#define ADDRESS_SANITIZER 0
#endif
#ifndef THREAD_SANITIZER
#define THREAD_SANITIZER 0
#endif

/* Divides how many random cases there are, and spares the largest ones, where a machine is emulated: -DFEWER=4. */
#ifndef FEWER
#define FEWER 1
#endif

/* The condition holds, or this is printed: file:line, the printf-style message, the condition. */
#define CHECK(cond, ...)                                                   \
    do {                                                                   \
        if (!(cond)) check_failed(__FILE__, __LINE__, #cond, __VA_ARGS__); \
    } while (0)

/* The call returns KETSIM_OK. */
#define CHECK_OK(call) check_ok(__FILE__, __LINE__, #call, (call))

/* The call returns the status, and the message holds part. */
#define CHECK_FAILS(status, call, part) check_fails(__FILE__, __LINE__, #call, (status), (call), (part))

__attribute__((format(printf, 4, 5), noreturn)) static inline void check_failed(const char *file, int line,
                                                                                const char *cond,
                                                                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n    failed: %s\n", cond);
    va_end(args);
    exit(EXIT_FAILURE);
}

static inline void check_ok(const char *file, int line, const char *call, ketsim_status status)
{
    if (status != KETSIM_OK)
        check_failed(file, line, call, "%s: %s", ketsim_status_name(status), ketsim_last_error());
}

static inline void check_fails(const char *file, int line, const char *call, ketsim_status expected,
                               ketsim_status status, const char *part)
{
    const char *message = ketsim_last_error();
    if (!message) check_failed(file, line, call, "no message");
    if (status != expected)
        check_failed(file, line, call, "got %s, expected %s (last message: %s)", ketsim_status_name(status),
                     ketsim_status_name(expected), message);
    if (!strstr(message, part)) check_failed(file, line, call, "message \"%s\" lacks \"%s\"", message, part);
    if (strchr(message, '\n')) check_failed(file, line, call, "message is not one line: %s", message);
}

/* Random numbers: splitmix64.  The seed is the whole state. */
static inline uint64_t random_bits(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* 0 to limit - 1; the bias is far below what a test could see. */
static inline unsigned random_below(uint64_t *seed, unsigned limit)
{
    return (unsigned)((random_bits(seed) >> 32) * limit >> 32);
}

static inline double random_real(uint64_t *seed, double low, double high)
{
    return low + (high - low) * (double)(random_bits(seed) >> 11) * 0x1p-53;
}

/* Two buffers with the same hash are the same, bit for bit. */
static inline uint64_t hash_bytes(const void *data, size_t bytes)
{
    const unsigned char *p = data;
    uint64_t hash = 0xcbf29ce484222325, word;
    for (; bytes; p += sizeof word) {
        size_t part = bytes < sizeof word ? bytes : sizeof word;
        word = 0;
        memcpy(&word, p, part);
        bytes -= part;
        hash = (hash ^ word) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
    }
    return hash;
}

#endif
