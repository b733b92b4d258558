/* scratch.c - a few places, one buffer each; a thread looks in its own, which it shares with few others. */
#include "scratch.h"

#include "error.h"
#include "threads.h"

enum { PLACES = 16 };

static struct {
    _Alignas(64) _Atomic(struct buffer *) buffer;
} places[PLACES];

static struct buffer *exchange(struct buffer *buffer, uint32_t thread)
{
    return atomic_exchange_explicit(&places[thread % PLACES].buffer, buffer, memory_order_acq_rel);
}

ketsim_status scratch_take(struct buffer **out, uint64_t bytes)
{
    struct buffer *buffer = exchange(NULL, thread_id());
    if (buffer && buffer->bytes >= bytes) {
        *out = buffer;
        return KETSIM_OK;
    }
    buffer_release(buffer);
    uint64_t size = BUFFER_LEAST;
    while (size < bytes) size *= 2;
    return buffer_acquire(out, size);
}

void scratch_give(struct buffer *buffer)
{
    buffer_release(exchange(buffer, thread_id()));
}

void scratch_trim(void)
{
    for (uint32_t k = 0; k < PLACES; k++) buffer_release(exchange(NULL, k));
}
