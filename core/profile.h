/* profile.h - laps of a run, for callers that ask for a profile: all time since the last lap goes to one stage. */
#ifndef KETSIM_CORE_PROFILE_H
#define KETSIM_CORE_PROFILE_H

#include "ketsim.h"
#include "threads.h"

static inline void profile_begin(const ketsim_run_options *options)
{
    ketsim_profile *profile = options ? options->profile : NULL;
    if (profile) profile->begin_ns = profile->mark_ns = clock_ns();
}

static inline void profile_lap(const ketsim_run_options *options, ketsim_stage stage)
{
    ketsim_profile *profile = options ? options->profile : NULL;
    if (!profile) return;
    const uint64_t now = clock_ns();
    profile->ns[stage] += now - profile->mark_ns;
    profile->mark_ns = now;
}

/* The last lap. */
static inline void profile_end(const ketsim_run_options *options)
{
    ketsim_profile *profile = options ? options->profile : NULL;
    profile_lap(options, KETSIM_STAGE_COMMIT);
    if (!profile) return;
    profile->end_ns = profile->mark_ns;
    profile->runs++;
}

#endif
