/* state.h - a state: committed amplitudes that anybody may read, and one writer's place.
 *
 * The writer holds the claim.  It alone swaps `current`, touches `queue` and writes buffers; readers take a
 * counted reference to `current` under `lock`, which is held for a few instructions.  A claim or lock taken
 * before a fork counts as free in the child. */
#ifndef KETSIM_CORE_STATE_H
#define KETSIM_CORE_STATE_H

#include "buffer.h"
#include "exec.h"
#include "program.h"
#include "spin.h"

/* Below, squares lose digits to underflow, and a normalized state would not have norm 1. */
static const double NORM_LEAST = 1e-140;

struct ketsim_state {
    _Atomic uint64_t claim;     /* 0 when free, else the epoch and the thread of the writer */
    _Atomic uint32_t condition; /* KETSIM_OK, _ERR_CLOSED or _ERR_INVALID */
    struct spin lock;           /* guards current, together with generation */
    struct buffer *current;     /* NULL: closed, invalid, or being written in place */
    _Atomic uint64_t generation;
    _Atomic size_t pending;   /* queue.length, for readers */
    _Atomic uint32_t waiters; /* threads in ketsim_wait(); after a fork perhaps some that are not there */
    _Atomic uint32_t bell;    /* changes when the claim is given back while there are any */
    unsigned nqubits;
    ketsim_dtype dtype;
    _Atomic unsigned threads;
    _Atomic bool inplace;
    struct program queue; /* the claim holder's */
};
/* A commit after a long run finds nothing in the caches: it should miss but once. */
_Static_assert(offsetof(struct ketsim_state, bell) < 64, "what a commit touches is one cache line");

/* ---- claim.c ---- */

/* Take the writer's place, or fail with KETSIM_ERR_BUSY, or why the state cannot be used. */
ketsim_status state_claim(ketsim_state *state);

/* The same for a call that may use an invalid state. */
ketsim_status state_claim_any(ketsim_state *state);
void state_release(ketsim_state *state);

/* KETSIM_OK, or the failure a closed or invalid state gives, with its message. */
ketsim_status state_usable(const ketsim_state *state);

/* ---- queue.c ---- */

/* With the claim held: drop the operations after the first so many. */
void state_forget_queue(ketsim_state *state, size_t keep);

/* With the claim held: let readers see how long the queue is now. */
void state_publish_queue(ketsim_state *state);

/* ---- run.c ---- */

/* With the claim held: run the queue, whose operations leave it when this succeeds. */
ketsim_status state_run_queue(ketsim_state *state, const ketsim_run_options *options);

/* The same by a plan that the next run of the same operations will find. */
ketsim_status state_run_recurring(ketsim_state *state, const ketsim_run_options *options);

/* With the claim held: nanoseconds that the queue should take on one thread, by its plan, which a run will find. */
ketsim_status state_expect_queue(double *ns, ketsim_state *state, const ketsim_run_options *options);

/* Every run begins with the first of these two, which takes the claim, and ends with the second. */
ketsim_status state_begin_run(ketsim_state *state, const ketsim_run_options *options);
void state_end_run(ketsim_state *state, const ketsim_run_options *options);

/* How this state's passes run. */
struct exec state_exec(const ketsim_state *state);

/* ---- work.c ---- */

/* With the claim held: make buffer, whose reference moves, the state's.  Swap returns what was there, for the
 * caller to release. */
void state_commit(ketsim_state *state, struct buffer *buffer);
struct buffer *state_swap(ketsim_state *state, struct buffer *buffer);

/* ---- apply.c ---- */

/* As ketsim_apply_once(), of a circuit that others may read meanwhile.  The state keeps no room for a queue: it is one of many
 * results. */
ketsim_status state_apply_once(ketsim_state *state, const ketsim_circuit *circuit,
                               const ketsim_run_options *options);

/* How long that should take on one thread; nothing is run. */
ketsim_status state_expect_once(double *ns, ketsim_state *state, const ketsim_circuit *circuit,
                                const ketsim_run_options *options);

/* ---- read.c ---- */

/* ketsim_sample() of all qubits, which the timeout, the cancel token and the poll of options stop. */
ketsim_status state_sample(ketsim_state *state, uint64_t *out, uint64_t shots, uint64_t seed,
                           const ketsim_run_options *options);

/* ---- state.c ---- */

ketsim_status state_check_size(uint64_t nqubits, ketsim_dtype dtype);

/* A state around a buffer, whose reference moves into it; on failure the buffer is released. */
ketsim_status state_create(ketsim_state **out, unsigned nqubits, ketsim_dtype dtype, struct buffer *buffer);

/* ketsim_state_clone() whose run of the queue these options stop, by a deadline that began before. */
ketsim_status state_clone_within(ketsim_state **out, ketsim_state *state, const ketsim_run_options *options,
                                 uint64_t deadline);

/* ketsim_state_clone() that does not run the queue, but copies it; that of a state that another thread is writing is left
 * out, as in a clone. */
ketsim_status state_copy(ketsim_state **out, ketsim_state *state);

/* A counted reference to the committed buffer, and its generation; queue not run. */
struct snapshot {
    struct buffer *buffer;
    uint64_t generation;
    const void *amps; /* NULL when they were not asked for */
};
ketsim_status state_snapshot(struct snapshot *out, ketsim_state *state);

/* The amplitudes of a buffer; a product state's are written out first. */
ketsim_status state_amplitudes(const void **out, const ketsim_state *state, struct buffer *buffer);

/* What every read starts with: run the queue if no other thread holds the state, then take a snapshot, whose
 * buffer the caller releases. */
ketsim_status state_read(struct snapshot *out, ketsim_state *state, bool want_amps);

#endif
