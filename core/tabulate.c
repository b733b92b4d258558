/* tabulate.c - classical functions as tables of basis states. */
#include "error.h"
#include "ketsim.h"

static ketsim_status check_bits(const char *what, unsigned nqubits, unsigned least)
{
    if (nqubits >= least && nqubits <= KETSIM_MAX_QUBITS) return KETSIM_OK;
    return fail(KETSIM_ERR_ARGUMENT, "%s of %u qubits: must be %u..%d", what, nqubits, least,
                KETSIM_MAX_QUBITS);
}

ketsim_status ketsim_tabulate(uint64_t *out, unsigned nqubits, ketsim_function function, void *context)
{
    TRY(check_bits("function", nqubits, 1));
    for (uint64_t x = 0; x < UINT64_C(1) << nqubits; x++) TRY(function(context, &out[x], x));
    return KETSIM_OK;
}

ketsim_status ketsim_tabulate_oracle(uint64_t *out, const uint64_t *values, unsigned ninputs,
                                     unsigned noutputs)
{
    const uint64_t size = UINT64_C(1) << noutputs % 64;
    TRY(check_bits("oracle: inputs", ninputs, 1));
    TRY(check_bits("oracle: outputs", noutputs, 1));
    TRY(check_bits("oracle", ninputs + noutputs, 2));
    for (uint64_t x = 0; x < UINT64_C(1) << ninputs; x++) {
        if (values[x] >= size)
            return fail(
                KETSIM_ERR_ARGUMENT, "oracle: f(%llu) is %llu: must be below %llu for %u output qubits",
                (unsigned long long)x, (unsigned long long)values[x], (unsigned long long)size, noutputs);
        for (uint64_t y = 0; y < size; y++) *out++ = x << noutputs | (y ^ values[x]);
    }
    return KETSIM_OK;
}
