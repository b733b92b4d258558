/* blocks.h - work on many blocks that threads take in any order, and sums over them that do not depend on it. */
#ifndef KETSIM_CORE_BLOCKS_H
#define KETSIM_CORE_BLOCKS_H

#include "stops.h"

/* What may end work early, and which part of a call the work is, from 0 to 1: poll is told fractions of the call. */
struct pace {
    struct stops stops;
    const char *what; /* begins messages */
    double begins, ends;
};

/* The part of a part between two fractions of it. */
struct pace pace_between(const struct pace *pace, double begins, double ends);

struct blocks {
    uint64_t nblocks; /* a power of two */
    uint64_t ns;      /* that one takes, about */
    unsigned threads; /* at most so many, 0 for the default; fewer when the work does not pay them */
    size_t nsums;     /* may be 0 */
    size_t room;      /* numbers that each thread needs for itself, from a cache line on */
    void (*add)(const void *context, uint64_t block, double *sums, double *room);
    const void *context;
    const struct pace *pace;
};

/* Call add on all blocks; what they add to their sums together goes to out[nsums].  Blocks are in at most 256 chunks, in
 * order inside each, whose totals meet pairwise.  Fails with KETSIM_ERR_MEMORY, or as the pace says: before each block
 * threads look at the cancel flag and the deadline, and about every 20 ms the calling thread polls. */
ketsim_status blocks_run(double *out, const struct blocks *blocks);

#endif
