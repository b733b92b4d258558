/* twin.h - runs a plan over two states at once, reading what its program asks for: see turns.h. */
#ifndef KETSIM_CORE_TWIN_H
#define KETSIM_CORE_TWIN_H

#include "exec.h"

/* In place; sums[READ_SUMS * number] and those behind become what is read.  Bits do not depend on the number of threads.
 * Fails with KETSIM_ERR_MEMORY, or as exec_plan() does. */
ketsim_status twin_run(double *sums, const struct exec *exec, const struct plan *plan, void *bra, void *ket);

#endif
