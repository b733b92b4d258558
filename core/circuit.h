/* circuit.h - a program and its parameters with a lock around them. */
#ifndef KETSIM_CORE_CIRCUIT_H
#define KETSIM_CORE_CIRCUIT_H

#include "params.h"
#include "program.h"
#include "spin.h"

struct ketsim_circuit {
    struct spin lock; /* guards program and params */
    struct program program;
    struct params params;
};

/* Append a circuit's operations as they are now to program; fails when it has parameters. */
ketsim_status circuit_append_to(struct program *program, const ketsim_circuit *circuit);

/* The same with values for its parameters.  When it fails program may have some of them. */
ketsim_status circuit_bind_to(struct program *program, const ketsim_circuit *circuit, const double *values,
                              size_t count);

/* Exchange its operations with those of a program, if that is on as many qubits and it has no parameters. */
bool circuit_exchange(ketsim_circuit *circuit, struct program *program);

#endif
