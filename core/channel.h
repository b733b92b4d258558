/* channel.h - a quantum channel as Kraus operators: made once, then only read, so it needs no lock.
 *
 * Owners count: circuits and whoever made it share it, and the last one frees it.  Operators that are 0 are not kept;
 * the order of the others is the caller's. */
#ifndef KETSIM_CORE_CHANNEL_H
#define KETSIM_CORE_CHANNEL_H

#include <stdatomic.h>

#include "ketsim.h"

struct ketsim_channel {
    _Atomic size_t owners;
    unsigned nqubits;
    size_t count;          /* of operators, at least 1 */
    bool is_mixed_unitary; /* operator k is sqrt(probabilities[k]) unitaries[k]; else both are NULL */
    const double *probabilities;
    const ketsim_complex *unitaries; /* [count][2^nqubits][2^nqubits] */
    const ketsim_complex *kraus;     /* likewise */
};

/* Entries of one operator. */
static inline size_t channel_entries(const ketsim_channel *channel)
{
    return (size_t)1 << 2 * channel->nqubits;
}

/* One owner more; ketsim_channel_free() is one less. */
ketsim_channel *channel_share(const ketsim_channel *channel);

#endif
