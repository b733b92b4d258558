/* blocks.h - work on many blocks that threads take in any order, and sums over them that do not depend on it. */
#ifndef KETSIM_CORE_BLOCKS_H
#define KETSIM_CORE_BLOCKS_H

#include "ketsim.h"

/* Asked by the calling thread about every 20 ms of long work, with the fraction done: KETSIM_OK, or the failure that ends the work. */
struct pace {
    ketsim_status (*look)(const void *context, double done);
    const void *context;
    double begins, ends; /* of this work in the whole call, from 0 to 1 */
};

struct blocks {
    uint64_t nblocks; /* a power of two */
    uint64_t ns;      /* that one takes, about */
    unsigned threads; /* at most so many, 0 for the default */
    size_t count;     /* sums; may be 0 */
    void (*add)(const void *context, uint64_t block, double *sums);
    const void *context;
    const struct pace *pace; /* NULL: nobody is asked */
};

/* Call add on all blocks; what they add to their sums together goes to out[count].  Blocks are in at most 256 chunks, in
 * order inside each, whose totals meet pairwise.  Fails with KETSIM_ERR_MEMORY, or as the pace says. */
ketsim_status blocks_run(double *out, const struct blocks *blocks);

#endif
