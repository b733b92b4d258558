/* cache.h - plans of programs that ran lately, so that what runs again is not planned again. */
#ifndef KETSIM_CORE_CACHE_H
#define KETSIM_CORE_CACHE_H

#include "plan.h"

/* The plan of a program of more than PLAN_SMALL operations, with a reference for the caller: one that was made
 * before for the same, or a new one, which is kept for the next time if there is memory for that. */
ketsim_status cache_plan(struct ketsim_plan **out, const struct program *program,
                         const struct plan_options *options);

/* For the counters. */
void cache_counters(ketsim_counters *out);

#endif
