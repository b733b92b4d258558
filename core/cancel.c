/* cancel.c - a flag that any thread or signal handler may raise. */
#include <stdatomic.h>
#include <stdlib.h>

#include "error.h"

struct ketsim_cancel {
    _Atomic bool raised;
};

ketsim_status ketsim_cancel_new(ketsim_cancel **out)
{
    ketsim_cancel *cancel = calloc(1, sizeof *cancel);
    if (!cancel) return fail(KETSIM_ERR_MEMORY, "cancel token: cannot allocate %zu bytes", sizeof *cancel);
    *out = cancel;
    return KETSIM_OK;
}

void ketsim_cancel_free(ketsim_cancel *cancel)
{
    free(cancel);
}

void ketsim_cancel_raise(ketsim_cancel *cancel)
{
    atomic_store_explicit(&cancel->raised, true, memory_order_relaxed);
}

bool ketsim_cancel_raised(const ketsim_cancel *cancel)
{
    return atomic_load_explicit(&cancel->raised, memory_order_relaxed);
}
