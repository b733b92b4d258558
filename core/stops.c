/* stops.c - see stops.h. */
#include "stops.h"

#include "cores.h"
#include "error.h"
#include "events.h"
#include "profile.h"
#include "threads.h"

static _Thread_local struct limits limits;
static const uint64_t POLL_NS = 18000000; /* slices of 20 ms are never short of it by much */

struct stops stops_start(const ketsim_run_options *options)
{
    uint64_t deadline;
    if (options) return (struct stops){options, stops_deadline(options)};
    options = limits_options(&deadline);
    return (struct stops){options, options ? deadline : 0};
}

uint64_t stops_deadline(const ketsim_run_options *options)
{
    const uint64_t own = clock_deadline(options->timeout_ms), outer = limits.any ? limits.deadline : 0;
    return outer && (!own || outer < own) ? outer : own;
}

/* Of the options, or of the limits that ended it. */
static unsigned long long timeout_of(const struct stops *stops)
{
    const uint64_t own = stops->options ? stops->options->timeout_ms : 0;
    return own ? own : limits.options.timeout_ms;
}

ketsim_status stops_reached(const struct stops *stops)
{
    const ketsim_cancel *cancel = stops->options ? stops->options->cancel : NULL;
    if (cancel && ketsim_cancel_raised(cancel)) return KETSIM_ERR_CANCELLED;
    return stops->deadline && clock_ns() >= stops->deadline ? KETSIM_ERR_DEADLINE : KETSIM_OK;
}

ketsim_status stops_fail(const struct stops *stops, ketsim_status why, const char *what)
{
    (void)event_stop(why);
    if (why == KETSIM_ERR_DEADLINE)
        return fail(why, "%s: timeout_ms = %llu passed before it ended", what, timeout_of(stops));
    return fail(why, "%s: cancelled", what);
}

ketsim_status ketsim_cancel_check(const ketsim_cancel *cancel, const char *what)
{
    const struct stops stops = {&(ketsim_run_options){.cancel = cancel}, 0};
    const ketsim_status why = stops_reached(&stops);
    return why == KETSIM_OK ? why : stops_fail(&stops, why, what);
}

ketsim_status stops_poll(const struct stops *stops, double done, const char *what)
{
    const ketsim_run_options *options = stops->options;
    if (!options || !options->poll) return KETSIM_OK;
    const struct limits own = limits;
    const unsigned cores = cores_pause();
    limits.any = false;
    profile_lap(options, KETSIM_STAGE_PASSES);
    const bool goes_on = options->poll(options->poll_context, done);
    profile_lap(options, KETSIM_STAGE_POLL);
    limits = own;
    if (own.any) limits.polled_ns = clock_ns();
    cores_resume(cores);
    if (goes_on) return KETSIM_OK;
    return fail(event_stop(KETSIM_ERR_CANCELLED), "%s: stopped by the poll function", what);
}

/* ---- limits ----------------------------------------------------------------------------------- */

static void set_limits(const ketsim_run_options *options, uint64_t deadline)
{
    limits.any = options;
    limits.deadline = deadline;
    limits.polled_ns = options && options->poll ? clock_ns() : 0;
    if (options)
        limits.options = (ketsim_run_options){.timeout_ms = options->timeout_ms,
                                              .cancel = options->cancel,
                                              .poll = options->poll,
                                              .poll_context = options->poll_context};
}

void ketsim_set_limits(const ketsim_run_options *options)
{
    set_limits(options, options ? clock_deadline(options->timeout_ms) : 0);
}

struct limits limits_swap(const ketsim_run_options *options, uint64_t deadline, ketsim_stage stage)
{
    const struct limits outer = limits;
    if (!options) return outer;
    set_limits(options, deadline);
    limits.options.profile = options->profile;
    limits.stage = stage;
    return outer;
}

void limits_restore(const struct limits *outer)
{
    limits = *outer;
}

const ketsim_run_options *limits_options(uint64_t *deadline)
{
    if (!limits.any) return NULL;
    *deadline = limits.deadline;
    return &limits.options;
}

static ketsim_status poll_limits(const struct stops *stops, double done, const char *what)
{
    const struct limits own = limits; /* which poll may change */
    profile_lap(&own.options, own.stage);
    return stops_poll(&(struct stops){&own.options, stops->deadline}, done, what);
}

static ketsim_status look(const char *what, double done)
{
    const struct stops stops = {&limits.options, limits.deadline};
    const ketsim_status why = stops_reached(&stops);
    if (why != KETSIM_OK) return stops_fail(&stops, why, what);
    if (!limits.options.poll || clock_ns() - limits.polled_ns < POLL_NS) return KETSIM_OK;
    return poll_limits(&stops, done, what);
}

ketsim_status limits_go_on(const char *what, double done)
{
    if (!limits.any) return KETSIM_OK;
    return limits.why = look(what, done);
}

void limits_begin(void)
{
    limits.why = KETSIM_OK;
}

ketsim_status limits_why(void)
{
    return limits.why;
}

/* ---- slices ----------------------------------------------------------------------------------- */

enum { SHORT_PART = 64 }; /* of a slice: what needs no core of its own */

void slice_share(uint64_t *first, uint64_t *last, const struct slice *slice, uint64_t grain, unsigned member,
                 unsigned members)
{
    team_share(first, last, slice->end - slice->begin, grain, member, members);
    *first += slice->begin;
    *last += slice->begin;
}

ketsim_status slices_run(struct slice *slice, uint64_t count, uint64_t each, unsigned team,
                         void (*body)(void *context, unsigned member, unsigned members), void *context,
                         const char *what)
{
    const uint64_t most = limits.any ? each * team : count;
    const bool is_short = team <= 1 && count < each / SHORT_PART;
    for (slice->begin = 0; slice->begin < count; slice->begin = slice->end) {
        TRY(limits_go_on(what, (double)slice->begin / (double)count));
        slice->end = count - slice->begin > most ? slice->begin + most : count;
        if (is_short) team_alone(body, context);
        else team_run(team, body, context);
    }
    return KETSIM_OK;
}
