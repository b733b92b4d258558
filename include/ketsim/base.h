/* Statuses, errors, complex numbers, and how a function is declared.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_BASE_H
#define KETSIM_BASE_H

#ifndef KETSIM_CFFI /* the CFFI binding reads this header through `cc -E -P -DKETSIM_CFFI` */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#if defined(KETSIM_CFFI)
#define KETSIM_API
#define KETSIM_NODISCARD
#elif defined(__GNUC__)
#define KETSIM_API __attribute__((visibility("default")))
#define KETSIM_NODISCARD __attribute__((warn_unused_result))
#else
#define KETSIM_API
#define KETSIM_NODISCARD
#endif

/* The project's own builds by clang look for statuses that nobody looks at. */
#if defined(KETSIM_STRICT) && defined(__clang__)
#define KETSIM_LOOKED_AT KETSIM_NODISCARD
#else
#define KETSIM_LOOKED_AT
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum KETSIM_LOOKED_AT ketsim_status {
    KETSIM_OK = 0,
    KETSIM_ERR_ARGUMENT,   /* an argument is out of its documented range */
    KETSIM_ERR_MEMORY,     /* the memory this needs is not there; the message holds both sizes */
    KETSIM_ERR_BUSY,       /* another writer holds the state, or it is at another generation than expected */
    KETSIM_ERR_CLOSED,     /* ketsim_state_close() was called */
    KETSIM_ERR_INVALID,    /* an in-place run was interrupted; give the state new amplitudes */
    KETSIM_ERR_VIEWED,     /* a view of the amplitudes is alive and this call would change or drop them */
    KETSIM_ERR_QUEUE_FULL, /* a bounded queue has no room */
    KETSIM_ERR_DEADLINE,   /* timeout_ms passed; the state is the last committed one */
    KETSIM_ERR_CANCELLED,  /* the cancel token or the poll callback said stop; likewise */
    KETSIM_ERR_PARSE       /* text is malformed */
} ketsim_status;

/* Message of the last failure in the calling thread: what was given and what is needed, one line,
 * no newline, never NULL.  Borrowed; valid until the next failing call in the same thread. */
KETSIM_API const char *ketsim_last_error(void);

/* Name of a status, e.g. "KETSIM_ERR_BUSY"; "KETSIM_ERR_?" for a value not in the enum.  Borrowed. */
KETSIM_API const char *ketsim_status_name(ketsim_status status);

typedef struct ketsim_complex {
    double re, im; /* layout of C99 double _Complex and of NumPy complex128 */
} ketsim_complex;

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_BASE_H */
