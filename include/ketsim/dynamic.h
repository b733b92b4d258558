/* Circuits that measure, reset, and choose what to do by what was measured.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_DYNAMIC_H
#define KETSIM_DYNAMIC_H

#include "circuit.h"
#include "noise.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a circuit may have besides gates: operations that happen by chance, and those that depend on what happened before.
 * Outcomes of measurements go to classical bits, which are 0 when a circuit begins.  Where bits are a number, in a condition
 * or in what comes out, the first is the most significant. */
enum {
    KETSIM_MAX_BITS = 64,   /* of a circuit */
    KETSIM_MAX_NESTING = 16 /* conditions and loops inside of one another */
};

typedef enum ketsim_dynamic_kind {
    KETSIM_DYNAMIC_MEASURE, /* qubits[k] into bits[k], as many of these */
    KETSIM_DYNAMIC_RESET,   /* qubits to |0>: measured, and flipped where the outcome is 1 */
    KETSIM_DYNAMIC_IF,      /* run body if the bits have the value */
    KETSIM_DYNAMIC_REPEAT, /* run body until the bits have the value, limit times at most, at least once; what comes
                               next runs even if they do not have it then */
    KETSIM_DYNAMIC_CHANNEL, /* one of the channel's operators on qubits, chosen by its probability in the state */
    KETSIM_DYNAMIC_READOUT /* each of the bits, which is a, becomes b with probability confusion[2 a + b] */
} ketsim_dynamic_kind;

/* One such operation as the caller states it, and as a circuit stores it: then the pointers are borrowed.  Members that its
 * kind does not use are zero. */
typedef struct ketsim_dynamic {
    ketsim_dynamic_kind kind;
    const int *qubits; /* different */
    size_t nqubits;
    const int *bits; /* different */
    size_t nbits;
    uint64_t value, limit;
    const ketsim_circuit *body; /* with at most as many qubits and bits; copied */
    const ketsim_channel *channel;
    double confusion[4]; /* of ketsim_readout_outcomes(), one table for all bits */
} ketsim_dynamic;

/* Give the circuit so many more classical bits, which it has none of at first; how many it has. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_add_bits(ketsim_circuit *circuit, unsigned count);
KETSIM_API unsigned ketsim_circuit_nbits(const ketsim_circuit *circuit);

/* Whether it has operations that are not gates. */
KETSIM_API bool ketsim_circuit_is_dynamic(const ketsim_circuit *circuit);

/* Append a dynamic operation.  Of a circuit with such a one, what looks only at gates still works; ketsim_run_shots(),
 * ketsim_shots_expectations(), ketsim_run_shot() and, with shots, batches and jobs run it, and ketsim_circuit_vectorize()
 * takes it for density matrices; all else that runs, plans, inverts or differentiates refuses it with KETSIM_ERR_ARGUMENT.
 *     const ketsim_dynamic look = {.kind = KETSIM_DYNAMIC_MEASURE, .qubits = (int[]){0}, .nqubits = 1,
 *                                  .bits = (int[]){0}, .nbits = 1};
 *     ketsim_circuit_append_dynamic(circuit, &look);
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_append_dynamic(ketsim_circuit *circuit,
                                                                        const ketsim_dynamic *dynamic);

/* Write operation number index, whose gate is KETSIM_GATE_DYNAMIC, to *out; what it points to is borrowed until operations
 * are dropped or the circuit is freed.  Fails with KETSIM_ERR_ARGUMENT when there is no such operation. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_circuit_get_dynamic(const ketsim_circuit *circuit,
                                                                     ketsim_dynamic *out, size_t index);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_DYNAMIC_H */
