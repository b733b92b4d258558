/* rng.h - random numbers that are a function of what they are for, not of when or where they are drawn. */
#ifndef KETSIM_CORE_RNG_H
#define KETSIM_CORE_RNG_H

#include "ketsim.h"

/* Philox4x64-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
void philox4x64(uint64_t out[4], const uint64_t counter[4], const uint64_t key[2]);

/* The 53 high bits as a number in [0, 1). */
static inline double rng_double(uint64_t x)
{
    return (double)(x >> 11) * 0x1p-53;
}

/* Who draws; a value is never reused for another purpose, so that seeds keep their meaning. */
enum rng_function {
    RNG_SAMPLE = 1,
    RNG_MEASURE = 2,
    RNG_BATCH = 3,
    RNG_ESTIMATE = 4,
    RNG_SHOT = 5,
    RNG_STATE = 6,
    RNG_READOUT = 9
};

/* Number in [0, 1): key {seed, 0}, counter {shot / 4, op, circuit, function}, word shot % 4 of the output. */
double rng_uniform(uint64_t seed, enum rng_function function, uint64_t circuit, uint64_t op, uint64_t shot);

/* The same of shots first, a multiple of 4, to first + count of circuit 0 and operation 0: out is written up to the next
 * multiple of 4. */
void rng_uniforms(double *out, uint64_t seed, enum rng_function function, uint64_t first, uint64_t count);

/* Four words for random operation number ordinal of a shot: key {seed, 0}, counter {shot, ordinal, 0, RNG_SHOT}.
 * rng_shot(): the first, as a number in [0, 1). */
enum { RNG_SHOT_WORDS = 4 };
void rng_shot_words(uint64_t out[RNG_SHOT_WORDS], uint64_t seed, uint64_t shot, uint64_t ordinal);
double rng_shot(uint64_t seed, uint64_t shot, uint64_t ordinal);

/* A seed from the operating system.  Fails with KETSIM_ERR_ARGUMENT: the caller must give one. */
ketsim_status rng_os_seed(uint64_t *out);

#endif
