/* scratch.h - memory that a short run works in: kept at hand, where the pool would cost more than the run. */
#ifndef KETSIM_CORE_SCRATCH_H
#define KETSIM_CORE_SCRATCH_H

#include "buffer.h"

/* A buffer of at least so many bytes, to be given back after the run. */
ketsim_status scratch_take(struct buffer **out, uint64_t bytes);
void scratch_give(struct buffer *buffer);

/* Give all that are unused to the pool. */
void scratch_trim(void);

#endif
