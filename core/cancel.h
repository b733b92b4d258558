/* cancel.h - a token counts who may still look at it: its maker, and jobs that were given it. */
#ifndef KETSIM_CORE_CANCEL_H
#define KETSIM_CORE_CANCEL_H

#include "ketsim.h"

/* One more that calls ketsim_cancel_free(); NULL is allowed. */
void cancel_retain(const ketsim_cancel *cancel);

#endif
