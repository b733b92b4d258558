/* readout.c - what a detector that errs makes of outcomes and of their probabilities. */
#include "readout.h"

#include <math.h>

#include "error.h"
#include "rng.h"

static const double SUM_TOLERANCE = 1e-10;

ketsim_status readout_check(const double *confusion, size_t nqubits)
{
    for (size_t row = 0; row < 2 * nqubits; row++) {
        const double p[] = {confusion[2 * row], confusion[2 * row + 1]};
        for (unsigned k = 0; k < 2; k++)
            if (!(p[k] >= 0 && p[k] <= 1))
                return fail(KETSIM_ERR_ARGUMENT, "confusion %zu: entry (%zu, %u) is %g: must be 0..1",
                            row / 2, row % 2, k, p[k]);
        if (!(fabs(p[0] + p[1] - 1) <= SUM_TOLERANCE))
            return fail(KETSIM_ERR_ARGUMENT, "confusion %zu: row %zu adds up to %.17g: must be 1", row / 2,
                        row % 2, p[0] + p[1]);
    }
    return KETSIM_OK;
}

static ketsim_status check_count(size_t nqubits)
{
    if (nqubits > KETSIM_MAX_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "readout of %zu qubits: must be at most %d", nqubits,
                    KETSIM_MAX_QUBITS);
    return KETSIM_OK;
}

ketsim_status ketsim_readout_outcomes(uint64_t *outcomes, size_t shots, const double *confusion,
                                      size_t nqubits, const uint64_t *seed)
{
    uint64_t key;
    TRY(check_count(nqubits));
    TRY(readout_check(confusion, nqubits));
    if (seed) key = *seed;
    else TRY(rng_os_seed(&key));
    for (size_t shot = 0; shot < shots; shot++)
        for (size_t q = 0; q < nqubits; q++) {
            const size_t bit = nqubits - 1 - q;
            const size_t actual = outcomes[shot] >> bit & 1;
            const double flipped = confusion[4 * q + 2 * actual + !actual];
            const bool flips = flipped > 0 && rng_uniform(key, RNG_READOUT, 0, q, shot) < flipped;
            outcomes[shot] ^= (uint64_t)flips << bit;
        }
    return KETSIM_OK;
}

ketsim_status ketsim_readout_probabilities(double *probabilities, const double *confusion, size_t nqubits)
{
    TRY(check_count(nqubits));
    TRY(readout_check(confusion, nqubits));
    for (size_t q = 0; q < nqubits; q++) {
        const double *const m = confusion + 4 * q;
        const uint64_t half = UINT64_C(1) << (nqubits - 1 - q);
        for (uint64_t k = 0; k < UINT64_C(1) << nqubits; k++) {
            if (k & half) continue;
            const double p0 = probabilities[k], p1 = probabilities[k | half];
            probabilities[k] = m[0] * p0 + m[2] * p1;
            probabilities[k | half] = m[1] * p0 + m[3] * p1;
        }
    }
    return KETSIM_OK;
}
