/* adjoint.h - derivatives of <psi|O|psi> by all angles of a program (Jones and Gacon, arXiv:2009.02823): psi and
 * lambda = O psi are walked back together. */
#ifndef KETSIM_CORE_ADJOINT_H
#define KETSIM_CORE_ADJOINT_H

#include "cuts.h"
#include "exec.h"

/* The cuts of a program that is going to be walked back so; label: the product state it starts from, or an empty string.
 * Fails with KETSIM_ERR_MEMORY; cuts_clear() in any case. */
ketsim_status adjoint_cuts(struct cuts *cuts, const struct program *program, const struct exec *exec,
                           const char *label);

/* Write the derivative by each angle to out.  psi is the state behind the program, lambda that with the observable
 * applied; both buffers are used up.  Fails with KETSIM_ERR_MEMORY, or as exec_plan() does. */
ketsim_status adjoint_walk(double *out, const struct exec *exec, const struct cuts *cuts, void *psi,
                           void *lambda);

#endif
