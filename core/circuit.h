/* circuit.h - a program with a lock around it. */
#ifndef KETSIM_CORE_CIRCUIT_H
#define KETSIM_CORE_CIRCUIT_H

#include "program.h"
#include "spin.h"

struct ketsim_circuit {
    struct spin lock; /* guards program */
    struct program program;
};

/* Append a circuit's operations as they are now to program. */
ketsim_status circuit_append_to(struct program *program, const ketsim_circuit *circuit);

/* Exchange its operations with those of a program, if that is on as many qubits. */
bool circuit_exchange(ketsim_circuit *circuit, struct program *program);

#endif
