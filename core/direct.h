/* direct.h - runs a program on a state of few qubits at once, without a plan: finding tiles takes longer there than
 * passes over such a state do. */
#ifndef KETSIM_CORE_DIRECT_H
#define KETSIM_CORE_DIRECT_H

#include "exec.h"
#include "program.h"

/* Whether programs of so many operations that are not expected again run directly; depends on nothing else, for bits
 * must not. */
bool direct_is_quicker(unsigned nqubits, ketsim_dtype dtype, size_t operations);

/* Where amplitudes are not zero: bits that have one value there, and these values. */
struct support {
    uint64_t still, label;
};

/* It is the amplitudes that tell, not how the state was made, for bits must not depend on that. */
struct support direct_support(const void *amps, unsigned nqubits, ketsim_dtype dtype);

/* Apply program to the amplitudes of src, the result in dst; src, which may be dst, has that support; NULL: to be
 * found.  Makes up for the residue of the norm, see
 * payment.h, which becomes what the run leaves.  Adds the passes it took.  Fails as exec_plan() does. */
ketsim_status direct_run(const struct exec *exec, const struct program *program, void *dst, const void *src,
                         const struct support *support, double *residue, size_t *passes);

#endif
