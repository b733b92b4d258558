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

/* All in one batch: each has the state of its run alone. */
static inline void check_batch(const struct set *set)
{
    ketsim_batch *batch;
    CHECK_OK(ketsim_batch_run(&batch, circuits_of(set), MIXED, NULL));
    for (unsigned k = 0; k < MIXED; k++) {
        ketsim_state *state = ketsim_batch_take(batch, k);
        CHECK(state && state_hash(state) == set->hashes[k], "%s", ketsim_batch_message(batch, k));
        ketsim_state_free(state);
    }
    ketsim_batch_free(batch);
}

/* Observables on qubit 0, on qubits up to 2, and on no qubit. */
enum { ASKED = 3 };
static inline void observables(ketsim_observable *out[ASKED])
{
    static const char *const texts[ASKED] = {"0.5 Z0 - 2 X0 + 0.25 Y0", "X0 Y1 - 0.3 Z1 Z2 + 1", "-1.5"};
    for (unsigned k = 0; k < ASKED; k++)
        CHECK_OK(ketsim_observable_parse(&out[k], texts[k], strlen(texts[k])));
}

static inline void free_observables(ketsim_observable *all[ASKED])
{
    for (unsigned k = 0; k < ASKED; k++) ketsim_observable_free(all[k]);
}

/* Values, bit for bit, are those of the state that the circuit alone leaves. */
static inline void same_values(const double *got, size_t ngot, const ketsim_circuit *circuit,
                               ketsim_dtype dtype, ketsim_observable *const all[ASKED])
{
    double wanted[ASKED];
    ketsim_state *state = new_state(ketsim_circuit_nqubits(circuit), dtype);
    apply_once(state, circuit);
    CHECK_OK(ketsim_expectations(state, (const ketsim_observable *const *)all, ASKED, wanted));
    CHECK(ngot == ASKED && !memcmp(got, wanted, sizeof wanted), "other values than alone");
    ketsim_state_free(state);
}

static inline ketsim_batch *run_batch(const struct set *set, const ketsim_batch_options *options)
{
    ketsim_batch *batch;
    CHECK_OK(ketsim_batch_run(&batch, circuits_of(set), MIXED, options));
    return batch;
}
