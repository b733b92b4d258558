/* bench.h - what the native benches share: the clock, best and median, verdict lines, a random state.
 *
 * A bench says in its first comment which question it answers.  Every number is the best and the median of at
 * least BENCH_SAMPLES samples, so that a reader sees the noise next to the number. */
#ifndef KETSIM_BENCH_H
#define KETSIM_BENCH_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* clock_gettime, madvise; this header comes first in every bench */
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ketsim.h"

enum { BENCH_SAMPLES = 7, BENCH_MOST_SAMPLES = 4096 };

static inline double bench_clock(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* Nanoseconds of wall time, and of CPU time of all threads of the process. */
static inline double bench_now(void)
{
    return bench_clock(CLOCK_MONOTONIC);
}

static inline double bench_cpu(void)
{
    return bench_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static inline int bench_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct bench_times {
    double best, median;
};

/* Best and median of count samples, which are sorted on the way. */
static inline struct bench_times bench_summary(double *ns, int count)
{
    qsort(ns, (size_t)count, sizeof *ns, bench_order);
    return (struct bench_times){ns[0], count % 2 ? ns[count / 2] : (ns[count / 2 - 1] + ns[count / 2]) / 2};
}

/* The bench cannot go on: say why and leave. */
static inline void bench_die(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(2);
}

#define BENCH_TRY(call)                                                 \
    do {                                                                \
        if ((call) != KETSIM_OK) bench_die(#call, ketsim_last_error()); \
    } while (0)

static inline void *bench_alloc(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    if (!memory) bench_die("memory", "not enough for a copy of the state");
    return memory;
}

/* One line of a table, in the form that bench/python/native.py reads back: how long it takes, and, where they are
 * known (otherwise 0), the speed-up over its sequential row and the cores it used; efficiency is their ratio. */
static inline void bench_row(const char *what, const char *unit, struct bench_times t, double speedup,
                             double cores)
{
    printf("| %-58s | %-5s | %10.4g | %10.4g |", what, unit, t.best, t.median);
    if (speedup > 0) printf(" %8.2f |", speedup);
    else printf(" %8s |", "-");
    if (speedup > 0 && cores > 0) printf(" %6.2f | %6.2f |\n", cores, speedup / cores);
    else printf(" %6s | %6s |\n", "-", "-");
}

static inline void bench_row_titles(void)
{
    printf("\n| %-58s | %-5s | %10s | %10s | %8s | %6s | %6s |\n", "row", "unit", "best", "median",
           "speed-up", "cores", "eff.");
}

/* What it points to is read here, as far as the compiler knows, and so was written. */
static inline void bench_keep(const void *memory)
{
    __asm__ volatile("" : : "g"(memory) : "memory");
}

/* Print the line that decides on one requirement, and count the failed ones. */
static int bench_failed;

static inline void bench_verdict(bool pass, const char *requirement, double value, const char *relation,
                                 double limit)
{
    printf("%s %s: %.4g (limit %s %.4g)\n", pass ? "PASS" : "FAIL", requirement, value, relation, limit);
    bench_failed += !pass;
}

static inline void bench_at_most(const char *requirement, double value, double limit)
{
    bench_verdict(value <= limit, requirement, value, "<=", limit);
}

static inline void bench_at_least(const char *requirement, double value, double limit)
{
    bench_verdict(value >= limit, requirement, value, ">=", limit);
}

/* Uniform in [-1, 1), a function of index alone (splitmix64: Steele, Lea, Flood, OOPSLA 2014). */
static inline double bench_random(uint64_t index)
{
    uint64_t z = (index + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-52 - 1;
}

/* A state with no structure: random amplitudes, normalized. */
static inline ketsim_state *bench_arbitrary_state(unsigned nqubits, ketsim_dtype dtype, unsigned threads)
{
    const uint64_t count = (uint64_t)1 << nqubits;
    void *amps = bench_alloc(ketsim_memory_needed(nqubits, dtype));
    for (uint64_t i = 0; i < 2 * count; i++) {
        if (dtype == KETSIM_COMPLEX128) ((double *)amps)[i] = bench_random(i);
        else ((float *)amps)[i] = (float)bench_random(i);
    }
    ketsim_state *state;
    BENCH_TRY(ketsim_state_from_amplitudes(&state, amps, count, dtype, true));
    BENCH_TRY(ketsim_state_set_threads(state, threads));
    free(amps);
    return state;
}

/* H on qubit 0, then CNOT from each qubit to the next: the GHZ state from |0...0>. */
static inline ketsim_circuit *bench_ghz_circuit(unsigned nqubits)
{
    ketsim_circuit *circuit;
    BENCH_TRY(ketsim_circuit_new(&circuit, nqubits));
    BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){0}));
    for (int q = 0; q + 1 < (int)nqubits; q++)
        BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){q, q + 1}));
    return circuit;
}

/* Rotations and CNOTs on random qubits: nothing in it cancels.  *at counts the random numbers used. */
static inline ketsim_circuit *bench_random_circuit(unsigned nqubits, size_t length, uint64_t *at)
{
    const int n = (int)nqubits;
    ketsim_circuit *circuit;
    BENCH_TRY(ketsim_circuit_new(&circuit, nqubits));
    for (size_t k = 0; k < length; k++) {
        const double angle = 3 * bench_random((*at)++);
        const int a = (int)(fabs(bench_random((*at)++)) * n), b = (a + 1 + (int)(k % (nqubits - 1))) % n;
        if (k % 2) BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){a, b}));
        else BENCH_TRY(ketsim_circuit_gate(circuit, KETSIM_GATE_RX, &angle, &a));
    }
    return circuit;
}

static inline const char *bench_dtype_name(ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? "complex128" : "complex64";
}

static inline ketsim_dtype bench_parse_dtype(const char *text)
{
    if (!strcmp(text, "complex128")) return KETSIM_COMPLEX128;
    if (!strcmp(text, "complex64")) return KETSIM_COMPLEX64;
    bench_die(text, "dtype must be complex128 or complex64");
    return KETSIM_COMPLEX128;
}

static inline int bench_parse_int(const char *text, int least, int most)
{
    char *end;
    const long value = strtol(text, &end, 10);
    if (end == text || *end || value < least || value > most)
        bench_die(text, "not a number in the allowed range");
    return (int)value;
}

/* Value of the option called name, or otherwise when it is not given. */
static inline const char *bench_option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) != 0) continue;
        if (i + 1 == argc) bench_die(name, "needs a value");
        return argv[i + 1];
    }
    return otherwise;
}

/* Exit status: a verdict alone fails nothing, so that a bench on a busy machine ends as it should; --strict 1
 * makes a FAIL line count. */
static inline int bench_exit(int argc, char **argv)
{
    return bench_failed && !strcmp(bench_option(argc, argv, "--strict", "0"), "1") ? 1 : 0;
}

/* Leave with a usage line unless every argument is one of the options, each with a value. */
static inline void bench_check_options(int argc, char **argv, const char *const *names)
{
    for (int i = 1; i < argc; i += 2) {
        int k = 0;
        while (names[k] && strcmp(names[k], argv[i]) != 0) k++;
        if (names[k]) continue;
        fprintf(stderr, "usage: %s", argv[0]);
        for (k = 0; names[k]; k++) fprintf(stderr, " [%s VALUE]", names[k]);
        fputc('\n', stderr);
        exit(2);
    }
}

#endif
