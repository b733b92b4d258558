/* scratch.c - a few places, one buffer each; a thread looks in its own, which it shares with few others. */
#include "scratch.h"

#include "error.h"
#include "threads.h"

static struct {
    _Alignas(64) _Atomic(struct buffer *) buffer;
} places[THREAD_PLACES];

static struct buffer *exchange(struct buffer *buffer, uint32_t place)
{
    return atomic_exchange_explicit(&places[place].buffer, buffer, memory_order_acq_rel);
}

ketsim_status scratch_take(struct buffer **out, uint64_t bytes)
{
    struct buffer *buffer = exchange(NULL, thread_place());
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
    buffer_release(exchange(buffer, thread_place()));
}

void scratch_trim(void)
{
    for (uint32_t k = 0; k < THREAD_PLACES; k++) buffer_release(exchange(NULL, k));
}
