/* emit.h - a run without a plan in the making, and the passes it launches. */
#ifndef KETSIM_CORE_EMIT_H
#define KETSIM_CORE_EMIT_H

#include "ahead.h"
#include "cplx.h"
#include "direct.h"
#include "kernels/kernel.h"
#include "m2.h"
#include "program.h"

enum { DIRECT_BITS = 12 }; /* of a state, at most */
enum { LISTED = 64 };      /* passes that are made before they run */

/* What waits on a bit: a matrix, or one for each setting of a selector. */
struct wait {
    ketsim_complex m[2][4], phase[2][2];
    uint8_t selector;
    bool alike, phased; /* as in a pass */
};

struct direct {
    const struct program *program;
    const struct kernel_set *set;
    void *amps;
    unsigned nqubits;
    ketsim_dtype dtype;
    double residue; /* of the norm, see payment.h */
    size_t passes;
    unsigned listed;
    ketsim_complex common;       /* phase of all amplitudes that no pass has multiplied with yet */
    uint64_t waiting, diagonal;  /* bits on which something waits, and of those where all of it is diagonal */
    struct support support;      /* of what has been reached */
    uint16_t users[DIRECT_BITS]; /* bits for whose wait this one is the selector */
    struct wait waits[DIRECT_BITS];
    struct ahead ahead;
    struct direct_pass list[LISTED];
};

/* The next pass of the list, without controls, whose matrices are the caller's to fill in: clearing them would take a part of
 * the time that the pass does.  Until it is listed by one of the functions below, another start begins it anew. */
struct direct_pass *emit_start(struct direct *run, unsigned target, unsigned selector);

/* List it, of which target, selector, controls, matrices and their phases are given, in its simplest form; the identity is
 * left out. */
void emit(struct direct *run, struct direct_pass *pass);

/* The same of one number, entry 0 of the first matrix, where the controls are met: without target and selector. */
void emit_phase(struct direct *run, struct direct_pass *pass);

/* List it as it is, where amplitudes can be other than zero. */
void emit_as_it_is(struct direct *run, struct direct_pass *pass);

/* Numbers that multiply most others by another factor than they are become what they multiply by. */
void emit_settle(const struct direct *run, struct direct_pass *pass);

#endif
