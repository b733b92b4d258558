/* emit.h - a run without a plan in the making, and the passes it launches. */
#ifndef KETSIM_CORE_EMIT_H
#define KETSIM_CORE_EMIT_H

#include "cplx.h"
#include "direct.h"
#include "kernels/kernel.h"
#include "program.h"

enum { DIRECT_BITS = 12 }; /* of a state, at most */
enum { LISTED = 64 };      /* passes that are made before they run */

/* What waits on a bit: a matrix, or one for each setting of a selector. */
struct wait {
    ketsim_complex m[2][4];
    uint8_t selector;
    bool alike; /* as in a pass */
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
    uint64_t waiting, diagonal;  /* bits on which something waits, and of those where all of it is diagonal */
    struct support support;      /* of what has been reached */
    uint16_t users[DIRECT_BITS]; /* bits for whose wait this one is the selector */
    struct wait waits[DIRECT_BITS];
    struct direct_pass list[LISTED];
};

/* ---- matrices on one bit, row-major ---- */

static inline bool emit_is_diagonal(const ketsim_complex *m)
{
    return m[1].re == 0 && m[1].im == 0 && m[2].re == 0 && m[2].im == 0;
}

static inline void emit_copy(ketsim_complex *to, const ketsim_complex *from)
{
    for (unsigned k = 0; k < 4; k++) c_put(&to[k], c_get(&from[k]));
}

/* out = by m; out may be m */
void emit_multiply(ketsim_complex *out, const ketsim_complex *by, const ketsim_complex *m);

/* The same where by is an operation's; returns whether nothing was rounded. */
bool emit_multiply_setting(ketsim_complex *out, const ketsim_complex *by, const ketsim_complex *m);

/* What a unitary matrix, rounded to a precision, does to the square of the norm, on average. */
double emit_excess(const ketsim_complex *m, ketsim_dtype dtype);

/* ---- passes ---- */

/* The next pass of the list, without controls, whose matrices are the caller's to fill in: clearing them would take a part of
 * the time that the pass does.  Until it is listed by one of the functions below, another start begins it anew. */
struct direct_pass *emit_start(struct direct *run, unsigned target, unsigned selector);

/* List it, of which target, selector, controls and matrices are given, in its simplest form; the identity is left out. */
void emit(struct direct *run, struct direct_pass *pass);

/* The same of one number, entry 0 of the first matrix, where the controls are met: without target and selector. */
void emit_phase(struct direct *run, struct direct_pass *pass);

/* List it as it is, where amplitudes can be other than zero. */
void emit_as_it_is(struct direct *run, struct direct_pass *pass);

/* Run what is listed.  Passes run one behind the other, for the branches of what makes them would have the processor forget
 * those of the kernel. */
void emit_run(struct direct *run);

#endif
