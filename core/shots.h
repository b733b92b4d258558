/* shots.h - shots of a dynamic circuit as a part of other work. */
#ifndef KETSIM_CORE_SHOTS_H
#define KETSIM_CORE_SHOTS_H

#include "ketsim.h"

struct shots_part {
    const ketsim_circuit *circuit;
    ketsim_state *start; /* whose queue has run */
    uint64_t *out, shots, seed;
    const ketsim_observable *const *observables;
    size_t nobservables;
    double *means;
    unsigned threads; /* that the caller has for one state */
    unsigned helpers; /* workers, if they have nothing else to do, for branches of their own */
};

/* ketsim_shots_expectations() by a thread that has its cores; the timeout, the cancel token and the poll of options stop it. */
ketsim_status shots_run_part(const struct shots_part *part, const ketsim_run_options *options);

#endif
