/* A set of random circuits, and what each must leave in a batch or as a job: what it leaves alone. */
#pragma once
#include "helpers.h"

enum { MIXED = 60, MOST_QUBITS = 12 };

struct set {
    ketsim_circuit *circuits[MIXED];
    uint64_t hashes[MIXED]; /* of each run alone, from |0...0> */
};

/* Frees the state. */
static inline uint64_t hash_from(ketsim_state *state, const ketsim_circuit *circuit)
{
    apply_once(state, circuit);
    const uint64_t hash = state_hash(state);
    ketsim_state_free(state);
    return hash;
}

static inline uint64_t hash_alone(const ketsim_circuit *circuit, ketsim_dtype dtype)
{
    return hash_from(new_state(ketsim_circuit_nqubits(circuit), dtype), circuit);
}

/* Of 1 to MOST_QUBITS qubits. */
static inline struct set mixed(uint64_t seed, ketsim_dtype dtype)
{
    struct set set;
    for (unsigned k = 0; k < MIXED; k++) {
        set.circuits[k] = random_circuit(1 + k % MOST_QUBITS, 1 + random_below(&seed, 40), &seed, NULL);
        set.hashes[k] = hash_alone(set.circuits[k], dtype);
    }
    return set;
}

static inline void free_set(struct set *set)
{
    for (unsigned k = 0; k < MIXED; k++) ketsim_circuit_free(set->circuits[k]);
}

static inline const ketsim_circuit *const *circuits_of(const struct set *set)
{
    return (const ketsim_circuit *const *)set->circuits;
}

static inline ketsim_batch *run_batch(const struct set *set, const ketsim_batch_options *options)
{
    ketsim_batch *batch;
    CHECK_OK(ketsim_batch_run(&batch, circuits_of(set), MIXED, options));
    return batch;
}
