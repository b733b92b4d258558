/* wait.h - what waits to become passes of a run without a plan. */
#ifndef KETSIM_CORE_WAIT_H
#define KETSIM_CORE_WAIT_H

#include "emit.h"

/* Bits on which something waits that is not diagonal. */
static inline uint64_t wait_dense(const struct direct *run)
{
    return run->waiting & ~run->diagonal;
}

/* A unitary matrix on one bit. */
void wait_add(struct direct *run, unsigned bit, const ketsim_complex *m);

/* What depends on one bit, done to another: a unitary matrix for each setting. */
struct wait_selection {
    unsigned target, selector;
    const ketsim_complex *m[2];
};

void wait_select(struct direct *run, const struct wait_selection *op);

/* The same where both matrices are diagonal: either bit may become the target. */
void wait_select_diagonal(struct direct *run, const struct wait_selection *op);

/* Whether it then joins what waits on one of them, or waits, and nothing else need run before. */
bool wait_joins(const struct direct *run, unsigned a, unsigned b);

/* Nothing waits any more that something which mixes these bits must come after. */
void wait_release(struct direct *run, uint64_t bits);

/* The same before something that is diagonal on these bits. */
void wait_release_dense(struct direct *run, uint64_t bits);

#endif
