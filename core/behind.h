/* behind.h - the state behind a circuit, for what is computed by undoing it. */
#ifndef KETSIM_CORE_BEHIND_H
#define KETSIM_CORE_BEHIND_H

#include "exec.h"
#include "state.h"

struct behind {
    ketsim_circuit *circuit;    /* a copy of the caller's, which may change meanwhile */
    ketsim_run_options options; /* the caller's, or the limits */
    struct exec exec;           /* how to go on; its part of the whole is for the caller to set */
    struct buffer *psi;         /* nobody else's: to be used up */
    char
        label[KETSIM_MAX_QUBITS]; /* of the product state it starts from; starts with 0 where there is none */
};

/* Run the circuit on a clone of start, by the way that every run goes, under options or the thread's limits.  Fails with
 * KETSIM_ERR_ARGUMENT when the circuit does not have so many angles, or as ketsim_apply() does; clear it in any case. */
ketsim_status behind_run(struct behind *out, ketsim_state *start, const ketsim_circuit *circuit,
                         size_t nangles, const ketsim_run_options *options);
void behind_clear(struct behind *behind);

#endif
