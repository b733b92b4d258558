/* events.c - see events.h. */
#include "events.h"

#include <stdatomic.h>

static _Atomic uint64_t events[EVENTS];

void event_count(enum event event, uint64_t times)
{
    atomic_fetch_add_explicit(&events[event], times, memory_order_relaxed);
}

ketsim_status event_stop(ketsim_status why)
{
    event_count(why == KETSIM_ERR_DEADLINE ? EVENT_TIMEOUT : EVENT_CANCEL, 1);
    return why;
}

static uint64_t count_of(enum event event)
{
    return atomic_load_explicit(&events[event], memory_order_relaxed);
}

void event_counters(ketsim_counters *out)
{
    out->busy = count_of(EVENT_BUSY);
    out->timeouts = count_of(EVENT_TIMEOUT);
    out->cancels = count_of(EVENT_CANCEL);
    out->batches = count_of(EVENT_BATCH);
    out->jobs = count_of(EVENT_JOB);
}
