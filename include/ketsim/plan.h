/* Plans.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_PLAN_H
#define KETSIM_PLAN_H

#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a circuit becomes before it runs: the passes over the amplitudes, and what each does.  Made once, it runs
 * any number of times on any number of states, also at once in several threads; it never changes, and the circuit
 * may change or be freed after it was made. */
typedef struct ketsim_plan ketsim_plan;

/* What to plan for; all zeros, or a NULL pointer, is the default. */
typedef struct ketsim_plan_options {
    unsigned nqubits; /* of the states, at least the circuit's; 0: as many as the circuit's */
    ketsim_dtype dtype;
    const char *label; /* the product state it will start from, one character a qubit, which saves work;
                                                        NULL: any state */
} ketsim_plan_options;

/* Plan the circuit as it is now: about half a microsecond an operation.
 * Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_plan_new(ketsim_plan **out, const ketsim_circuit *circuit,
                                                          const ketsim_plan_options *options);
KETSIM_API void ketsim_plan_free(ketsim_plan *plan); /* NULL is allowed */

/* The plan of the same operations with other angles, in radians: count of them, those of the first operation first,
 * matrices as they were.  Passes are taken over where the numbers allow it; the new plan is, bit for bit, the one that
 * ketsim_plan_new() would make.  plan stays as it is.
 * Fails with KETSIM_ERR_ARGUMENT when count is not that of the operations' angles or an angle is not finite, and with
 * KETSIM_ERR_MEMORY. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_plan_bind(ketsim_plan **out, const ketsim_plan *plan,
                                                           const double *angles, size_t count);

/* Run the queued operations and then the plan, as one transaction.  The result is, bit for bit, that of
 * ketsim_run() and then ketsim_apply() of the circuit to a state that starts where the plan was made to start.
 * When it fails the state and its queue are as they were.
 * Fails as ketsim_run() does, and with KETSIM_ERR_ARGUMENT when the plan was made for another number of qubits or
 * dtype than the state has, or for a product state other than the one the state still is. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_run_plan(ketsim_state *state, const ketsim_plan *plan,
                                                          const ketsim_run_options *options);

/* Write what a plan does as text, a line for each pass: streaming or over tiles, on which qubits, how much of what,
 * amplitudes worked on, bytes moved, and the time expected of one thread of this machine, which the first call
 * measures for about 15 ms.  As snprintf() does: at most size - 1 characters and a final 0 are written, and the
 * length of the whole text is returned; text may be NULL when size is 0. */
KETSIM_API size_t ketsim_plan_describe(const ketsim_plan *plan, char *text, size_t size);

/* Runs plan what they were not given as a plan, and keep what they made: a program that is run again is found
 * among up to 256 plans of together 64 MiB.  Clear forgets them all; plans in use live until their runs end. */
KETSIM_API void ketsim_plan_cache_clear(void);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_PLAN_H */
