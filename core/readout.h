/* readout.h - detectors that err. */
#ifndef KETSIM_CORE_READOUT_H
#define KETSIM_CORE_READOUT_H

#include "ketsim.h"

/* Whether confusion[4 q + 2 actual + read] has probabilities, of each of so many qubits: else KETSIM_ERR_ARGUMENT. */
ketsim_status readout_check(const double *confusion, size_t nqubits);

#endif
