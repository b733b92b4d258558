/* emit.h - a run without a plan in the making, and the passes it launches. */
#ifndef KETSIM_CORE_EMIT_H
#define KETSIM_CORE_EMIT_H

#include "cplx.h"
#include "direct.h"
#include "kernels/kernel.h"
#include "program.h"

enum { DIRECT_BITS = 12 }; /* of a state, at most */

struct direct {
    const struct program *program;
    const struct kernel_set *set;
    void *amps;
    unsigned nqubits;
    ketsim_dtype dtype;
    double residue; /* of the norm, see payment.h */
    size_t passes;
    uint64_t waiting, diagonal; /* bits for which a matrix waits, and of those diagonal ones */
    struct support support;     /* of what has been reached */
    ketsim_complex waits[DIRECT_BITS][4];
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

/* A pass without controls, whose matrices are the caller's to fill in: clearing them would take a part of the time that
 * the pass does. */
void emit_start(struct direct_pass *pass, unsigned target, unsigned selector);

/* Run a pass, of which target, selector, controls and matrices are given, in its simplest form; the identity does not
 * run.  It may change the pass. */
void emit(struct direct *run, struct direct_pass *pass);

/* The same of one number, entry 0 of the first matrix, where the controls are met: without target and selector. */
void emit_phase(struct direct *run, struct direct_pass *pass);

/* Run it as it is, where amplitudes can be other than zero. */
void emit_launch(struct direct *run, struct direct_pass *pass);

#endif
