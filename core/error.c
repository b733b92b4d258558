/* error.c - the message of the last failure, one per thread. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 512 };

static _Thread_local char message[MESSAGE_BYTES];

ketsim_status fail(ketsim_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return status;
}

const char *ketsim_last_error(void)
{
    return message;
}

const char *ketsim_status_name(ketsim_status status)
{
    static const char *const names[] = {
        "KETSIM_OK",           "KETSIM_ERR_ARGUMENT",  "KETSIM_ERR_MEMORY", "KETSIM_ERR_BUSY",
        "KETSIM_ERR_CLOSED",   "KETSIM_ERR_INVALID",   "KETSIM_ERR_VIEWED", "KETSIM_ERR_QUEUE_FULL",
        "KETSIM_ERR_DEADLINE", "KETSIM_ERR_CANCELLED", "KETSIM_ERR_PARSE",
    };
    _Static_assert(sizeof names / sizeof *names == KETSIM_ERR_PARSE + 1, "one name a status");
    return (unsigned)status <= KETSIM_ERR_PARSE ? names[status] : "KETSIM_ERR_?";
}

uint32_t ketsim_version(void)
{
    return KETSIM_VERSION_NUMBER;
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *ketsim_version_string(void)
{
    return TEXT(KETSIM_VERSION_MAJOR) "." TEXT(KETSIM_VERSION_MINOR) "." TEXT(KETSIM_VERSION_PATCH);
}
