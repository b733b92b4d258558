/* stops.c - see stops.h. */
#include "stops.h"

#include "error.h"
#include "events.h"
#include "profile.h"
#include "threads.h"

struct stops stops_start(const ketsim_run_options *options)
{
    return (struct stops){options, options ? clock_deadline(options->timeout_ms) : 0};
}

ketsim_status stops_reached(const struct stops *stops)
{
    const ketsim_cancel *cancel = stops->options ? stops->options->cancel : NULL;
    if (cancel && ketsim_cancel_raised(cancel)) return KETSIM_ERR_CANCELLED;
    return stops->deadline && clock_ns() >= stops->deadline ? KETSIM_ERR_DEADLINE : KETSIM_OK;
}

ketsim_status stops_fail(const struct stops *stops, ketsim_status why, const char *what)
{
    event_stop(why);
    if (why == KETSIM_ERR_DEADLINE)
        return fail(why, "%s: timeout_ms = %llu passed before it ended", what,
                    (unsigned long long)stops->options->timeout_ms);
    return fail(why, "%s: cancelled", what);
}

ketsim_status stops_poll(const struct stops *stops, double done, const char *what)
{
    const ketsim_run_options *options = stops->options;
    if (!options || !options->poll) return KETSIM_OK;
    profile_lap(options, KETSIM_STAGE_PASSES);
    const bool goes_on = options->poll(options->poll_context, done);
    profile_lap(options, KETSIM_STAGE_POLL);
    if (goes_on) return KETSIM_OK;
    return fail(event_stop(KETSIM_ERR_CANCELLED), "%s: stopped by the poll function", what);
}
