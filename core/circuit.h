/* circuit.h - a program and its parameters with a lock around them. */
#ifndef KETSIM_CORE_CIRCUIT_H
#define KETSIM_CORE_CIRCUIT_H

#include "dynamic.h"
#include "params.h"
#include "program.h"
#include "spin.h"

struct ketsim_circuit {
    struct spin lock; /* guards the rest */
    struct program program;
    struct params params;
    struct dynamics dynamics; /* those that marks of the program stand for */
    unsigned nbits;           /* classical ones */
};

/* The lock is part of a const circuit too; circuits are never defined const, only pointed at so. */
static inline const ketsim_circuit *circuit_lock(const ketsim_circuit *circuit)
{
    spin_lock(&((ketsim_circuit *)circuit)->lock);
    return circuit;
}

static inline void circuit_unlock(const ketsim_circuit *circuit)
{
    spin_unlock(&((ketsim_circuit *)circuit)->lock);
}

/* The failure of what works on gates alone; KETSIM_OK when the circuit has nothing else. */
ketsim_status circuit_refuse_dynamic(const ketsim_circuit *circuit);

/* Append a matrix that need not be unitary, for whoever made the circuit. */
ketsim_status circuit_append_operator(ketsim_circuit *circuit, const ketsim_op *op);

/* Drop those of the operations that are not kept[their number] of a circuit that has no dynamic ones; its parameters stay. For
 * whoever made the circuit. */
ketsim_status circuit_keep(ketsim_circuit *circuit, const bool *kept);

/* Append a circuit's operations as they are now to program; fails when it has parameters or dynamic operations. */
ketsim_status circuit_append_to(struct program *program, const ketsim_circuit *circuit);

/* The same with values for its parameters.  When it fails program may have some of them. */
ketsim_status circuit_bind_to(struct program *program, const ketsim_circuit *circuit, const double *values,
                              size_t count);

/* Exchange its operations with those of a program, if that is on as many qubits and it has no parameters. */
bool circuit_exchange(ketsim_circuit *circuit, struct program *program);

#endif
