/* cancel.c - a flag that any thread or signal handler may raise. */
#include "cancel.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "error.h"

struct ketsim_cancel {
    _Atomic bool raised;
    _Atomic uint32_t refs;
};

ketsim_status ketsim_cancel_new(ketsim_cancel **out)
{
    ketsim_cancel *cancel = calloc(1, sizeof *cancel);
    if (!cancel) return fail(KETSIM_ERR_MEMORY, "cancel token: cannot allocate %zu bytes", sizeof *cancel);
    atomic_init(&cancel->refs, 1);
    *out = cancel;
    return KETSIM_OK;
}

/* Tokens are never defined const. */
void cancel_retain(const ketsim_cancel *cancel)
{
    if (cancel) atomic_fetch_add_explicit(&((ketsim_cancel *)cancel)->refs, 1, memory_order_relaxed);
}

void ketsim_cancel_free(ketsim_cancel *cancel)
{
    if (cancel && atomic_fetch_sub_explicit(&cancel->refs, 1, memory_order_acq_rel) == 1) free(cancel);
}

void ketsim_cancel_raise(ketsim_cancel *cancel)
{
    atomic_store_explicit(&cancel->raised, true, memory_order_relaxed);
}

bool ketsim_cancel_raised(const ketsim_cancel *cancel)
{
    return atomic_load_explicit(&cancel->raised, memory_order_relaxed);
}
