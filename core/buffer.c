/* buffer.c - buffers and their pool: a list a size, and before it a hot slot a size for each of a few threads, under a byte
 * cap. */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "memory.h"
#include "scratch.h"
#include "spin.h"
#include "threads.h"

enum { SIZES = 64 }; /* size class: log2 of the bytes */

static struct {
    /* Looked at first, a place by the thread: an exchange instead of a lock, and lines that are in the core's cache. */
    _Alignas(64) _Atomic(struct buffer *) hot[THREAD_PLACES][SIZES];
    struct spin lock; /* guards lists */
    struct buffer *lists[SIZES];
    _Atomic uint64_t bytes, cap, hits, misses; /* cap 0: not set yet */
} pool;

static unsigned size_class(uint64_t bytes)
{
    return (unsigned)__builtin_ctzll(bytes);
}

static uint64_t amp_bytes(ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? 16 : 8;
}

uint64_t buffer_bytes(unsigned nqubits, ketsim_dtype dtype)
{
    const uint64_t bytes = amp_bytes(dtype) << nqubits;
    return bytes < BUFFER_LEAST ? BUFFER_LEAST : bytes;
}

uint64_t ketsim_memory_needed(unsigned nqubits, ketsim_dtype dtype)
{
    const bool known = dtype == KETSIM_COMPLEX128 || dtype == KETSIM_COMPLEX64;
    return nqubits >= 1 && nqubits <= KETSIM_MAX_QUBITS && known ? amp_bytes(dtype) << nqubits : 0;
}

static uint64_t pool_cap(void)
{
    uint64_t cap = atomic_load_explicit(&pool.cap, memory_order_relaxed);
    if (!cap) {
        cap = memory_total() / 4;
        atomic_store_explicit(&pool.cap, cap, memory_order_relaxed);
    }
    return cap;
}

static void destroy(struct buffer *buffer)
{
    void *amps = atomic_load_explicit(&buffer->amps, memory_order_relaxed);
    if (amps) memory_unmap(amps, buffer->bytes);
    free(buffer);
}

static struct buffer *take_hot(uint32_t place, unsigned size)
{
    return atomic_exchange_explicit(&pool.hot[place][size], NULL, memory_order_acquire);
}

static struct buffer *take_listed(unsigned size)
{
    spin_lock(&pool.lock);
    struct buffer *buffer = pool.lists[size];
    if (buffer) pool.lists[size] = buffer->next;
    spin_unlock(&pool.lock);
    return buffer;
}

/* Another thread's, last of all: sooner than memory that is new. */
static struct buffer *take_others(unsigned size)
{
    struct buffer *buffer = NULL;
    for (uint32_t k = 0; k < THREAD_PLACES && !buffer; k++)
        if (atomic_load_explicit(&pool.hot[k][size], memory_order_relaxed)) buffer = take_hot(k, size);
    return buffer;
}

static struct buffer *pool_take(uint64_t bytes)
{
    const unsigned size = size_class(bytes);
    struct buffer *buffer = take_hot(thread_place(), size);
    if (!buffer) buffer = take_listed(size);
    if (!buffer) buffer = take_others(size);
    if (buffer) atomic_fetch_sub_explicit(&pool.bytes, bytes, memory_order_relaxed);
    return buffer;
}

static void pool_put(struct buffer *buffer)
{
    const unsigned size = size_class(buffer->bytes);
    if (atomic_fetch_add_explicit(&pool.bytes, buffer->bytes, memory_order_relaxed) + buffer->bytes >
        pool_cap()) {
        atomic_fetch_sub_explicit(&pool.bytes, buffer->bytes, memory_order_relaxed);
        destroy(buffer);
        return;
    }
    struct buffer *cold = atomic_exchange_explicit(&pool.hot[thread_place()][size], buffer,
                                                   memory_order_acq_rel);
    if (!cold) return;
    spin_lock(&pool.lock);
    cold->next = pool.lists[size];
    pool.lists[size] = cold;
    spin_unlock(&pool.lock);
}

/* Largest first, so that few calls bring the pool below a cap. */
static void pool_shrink(uint64_t cap)
{
    for (unsigned size = SIZES; size-- > 0;) {
        struct buffer *buffer;
        while (atomic_load_explicit(&pool.bytes, memory_order_relaxed) > cap &&
               (buffer = pool_take(UINT64_C(1) << size)))
            destroy(buffer);
    }
}

void ketsim_pool_trim(void)
{
    scratch_trim();
    pool_shrink(0);
}

void ketsim_pool_set_cap(uint64_t bytes)
{
    atomic_store_explicit(&pool.cap, bytes ? bytes : 1, memory_order_relaxed); /* 1 holds no buffer either */
    pool_shrink(bytes);
}

void pool_counters(ketsim_counters *out)
{
    out->pool_hits = atomic_load_explicit(&pool.hits, memory_order_relaxed);
    out->pool_misses = atomic_load_explicit(&pool.misses, memory_order_relaxed);
    out->pool_bytes = atomic_load_explicit(&pool.bytes, memory_order_relaxed);
}

static ketsim_status create(struct buffer **out, uint64_t bytes)
{
    TRY(memory_admit(bytes, "amplitudes"));
    struct buffer *buffer = calloc(1, sizeof *buffer);
    void *amps = buffer ? memory_map(bytes) : NULL;
    if (!amps) {
        free(buffer);
        return fail(KETSIM_ERR_MEMORY, "amplitudes: the system refused %llu bytes",
                    (unsigned long long)bytes);
    }
    atomic_store_explicit(&buffer->amps, amps, memory_order_relaxed);
    buffer->bytes = bytes;
    *out = buffer;
    return KETSIM_OK;
}

ketsim_status buffer_acquire(struct buffer **out, uint64_t bytes)
{
    struct buffer *buffer = pool_take(bytes);
    atomic_fetch_add_explicit(buffer ? &pool.hits : &pool.misses, 1, memory_order_relaxed);
    if (!buffer) TRY(create(&buffer, bytes));
    atomic_store_explicit(&buffer->refs, 1, memory_order_relaxed);
    buffer->label[0] = 0;
    buffer->residue = 0;
    *out = buffer;
    return KETSIM_OK;
}

ketsim_status buffer_product(struct buffer **out, const char *label, size_t length, uint64_t bytes)
{
    struct buffer *buffer = calloc(1, sizeof *buffer);
    if (!buffer) return fail(KETSIM_ERR_MEMORY, "state: cannot allocate %zu bytes", sizeof *buffer);
    atomic_store_explicit(&buffer->refs, 1, memory_order_relaxed);
    buffer->bytes = bytes;
    memcpy(buffer->label, label, length);
    *out = buffer;
    return KETSIM_OK;
}

void buffer_materialize(struct buffer *product, struct buffer *from)
{
    void *none = NULL, *amps = atomic_load_explicit(&from->amps, memory_order_relaxed);
    if (atomic_compare_exchange_strong_explicit(&product->amps, &none, amps, memory_order_acq_rel,
                                                memory_order_acquire))
        free(from);
    else buffer_release(from);
}

bool buffer_viewed(struct buffer *buffer)
{
    const uint32_t views = atomic_load_explicit(&buffer->views, memory_order_acquire);
    return views && atomic_load_explicit(&buffer->refs, memory_order_acquire) == 1 + views;
}

void buffer_retain(struct buffer *buffer)
{
    atomic_fetch_add_explicit(&buffer->refs, 1, memory_order_relaxed);
}

void buffer_release(struct buffer *buffer)
{
    if (!buffer || atomic_fetch_sub_explicit(&buffer->refs, 1, memory_order_acq_rel) != 1) return;
    if (atomic_load_explicit(&buffer->amps, memory_order_relaxed)) pool_put(buffer);
    else free(buffer);
}

/* ---- for the caller: a buffer without a state -------------------------------------------------- */

struct ketsim_memory {
    struct buffer buffer;
};

ketsim_status ketsim_memory_new(ketsim_memory **out, uint64_t bytes)
{
    struct buffer *buffer;
    if (!bytes || bytes & (bytes - 1))
        return fail(KETSIM_ERR_ARGUMENT, "memory of %llu bytes: must be a power of two",
                    (unsigned long long)bytes);
    TRY(buffer_acquire(&buffer, bytes < BUFFER_LEAST ? BUFFER_LEAST : bytes));
    *out = (ketsim_memory *)buffer;
    return KETSIM_OK;
}

void *ketsim_memory_data(ketsim_memory *memory)
{
    return atomic_load_explicit(&memory->buffer.amps, memory_order_relaxed);
}

void ketsim_memory_free(ketsim_memory *memory)
{
    if (memory) buffer_release(&memory->buffer);
}
