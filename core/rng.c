/* rng.c - Philox4x64-10, and seeds from the operating system. */
#include "rng.h"

#include <errno.h>
#include <sys/random.h>

#include "error.h"

enum { PHILOX_ROUNDS = 10, WORDS = 4 };

__extension__ typedef unsigned __int128 wide;

void philox4x64(uint64_t out[4], const uint64_t counter[4], const uint64_t key[2])
{
    uint64_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint64_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        const wide p = (wide)0xD2E7470EE14C6C93u * c0, q = (wide)0xCA5A826395121157u * c2;
        c0 = (uint64_t)(q >> 64) ^ c1 ^ k0;
        c1 = (uint64_t)q;
        c2 = (uint64_t)(p >> 64) ^ c3 ^ k1;
        c3 = (uint64_t)p;
        k0 += 0x9E3779B97F4A7C15u; /* golden ratio */
        k1 += 0xBB67AE8584CAA73Bu; /* sqrt(3) - 1 */
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

double rng_uniform(uint64_t seed, enum rng_function function, uint64_t circuit, uint64_t op, uint64_t shot)
{
    const uint64_t key[2] = {seed, 0}, counter[4] = {shot / WORDS, op, circuit, (uint64_t)function};
    uint64_t out[WORDS];

    philox4x64(out, counter, key);
    return rng_double(out[shot % WORDS]);
}

void rng_uniforms(double *out, uint64_t seed, enum rng_function function, uint64_t first, uint64_t count)
{
    const uint64_t key[2] = {seed, 0};
    uint64_t words[WORDS];

    for (uint64_t k = 0; k < count; k += WORDS) {
        philox4x64(words, (uint64_t[4]){(first + k) / WORDS, 0, 0, (uint64_t)function}, key);
        for (unsigned w = 0; w < WORDS; w++) out[k + w] = rng_double(words[w]);
    }
}

void rng_shot_words(uint64_t out[RNG_SHOT_WORDS], uint64_t seed, uint64_t shot, uint64_t ordinal)
{
    const uint64_t key[2] = {seed, 0}, counter[4] = {shot, ordinal, 0, RNG_SHOT};

    philox4x64(out, counter, key);
}

double rng_shot(uint64_t seed, uint64_t shot, uint64_t ordinal)
{
    uint64_t out[RNG_SHOT_WORDS];

    rng_shot_words(out, seed, shot, ordinal);
    return rng_double(out[0]);
}

ketsim_status rng_os_seed(uint64_t *out)
{
    uint64_t seed;
    ssize_t got;

    /* Eight bytes come whole or not at all: a signal can only interrupt the wait for entropy at boot. */
    do got = getrandom(&seed, sizeof seed, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof seed)
        return fail(KETSIM_ERR_ARGUMENT, "no seed: getrandom() fails here (errno %d), a seed must be given",
                    got < 0 ? errno : 0);
    *out = seed;
    return KETSIM_OK;
}
