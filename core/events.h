/* events.h - what happens rarely enough to be counted where it happens, for ketsim_get_counters(). */
#ifndef KETSIM_CORE_EVENTS_H
#define KETSIM_CORE_EVENTS_H

#include "ketsim.h"

enum event { EVENT_BUSY, EVENT_TIMEOUT, EVENT_CANCEL, EVENT_BATCH, EVENT_JOB, EVENTS };

void event_count(enum event event, uint64_t times);

/* Count what stopped a run, KETSIM_ERR_DEADLINE or KETSIM_ERR_CANCELLED, and return it. */
ketsim_status event_stop(ketsim_status why);

void event_counters(ketsim_counters *out);

#endif
