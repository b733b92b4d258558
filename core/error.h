/* error.h - how a failure travels from where it is found to the caller.
 *
 * The place that finds it writes one line with fail(); everything between there and the API returns the
 * status untouched with TRY().  Threads of a team never call fail(): they hand their status back and the
 * calling thread reports it. */
#ifndef KETSIM_CORE_ERROR_H
#define KETSIM_CORE_ERROR_H

#include "ketsim.h"

/* Record a printf-style message for this thread and return status. */
__attribute__((format(printf, 2, 3))) ketsim_status fail(ketsim_status status, const char *format, ...);

#define TRY(expr)                                         \
    do {                                                  \
        ketsim_status try_status_ = (expr);               \
        if (try_status_ != KETSIM_OK) return try_status_; \
    } while (0)

#endif
