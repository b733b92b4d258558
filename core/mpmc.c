/* mpmc.c - Vyukov's array queue. */
#include "mpmc.h"

#include <stdint.h>

void mpmc_init(struct mpmc *queue, struct mpmc_cell *cells, size_t capacity)
{
    queue->cells = cells;
    queue->mask = capacity - 1;
    for (size_t k = 0; k < capacity; k++) atomic_store_explicit(&cells[k].turn, k, memory_order_relaxed);
    atomic_store_explicit(&queue->head, 0, memory_order_relaxed);
    atomic_store_explicit(&queue->tail, 0, memory_order_release);
}

/* Take the cell at *end whose turn is that position plus ahead; NULL when it is not that far yet. */
static struct mpmc_cell *take_cell(struct mpmc *queue, _Atomic size_t *end, size_t ahead, size_t *position)
{
    size_t at = atomic_load_explicit(end, memory_order_relaxed);
    for (;;) {
        struct mpmc_cell *cell = &queue->cells[at & queue->mask];
        const size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        const ptrdiff_t late = (ptrdiff_t)(turn - (at + ahead));
        if (late < 0) return NULL;
        if (late > 0) {
            at = atomic_load_explicit(end, memory_order_relaxed);
        } else if (atomic_compare_exchange_weak_explicit(end, &at, at + 1, memory_order_relaxed,
                                                         memory_order_relaxed)) {
            *position = at;
            return cell;
        }
    }
}

bool mpmc_push(struct mpmc *queue, void *item)
{
    size_t at;
    struct mpmc_cell *cell = take_cell(queue, &queue->tail, 0, &at);
    if (!cell) return false;
    cell->item = item;
    atomic_store_explicit(&cell->turn, at + 1, memory_order_release);
    return true;
}

bool mpmc_pop(struct mpmc *queue, void **item)
{
    size_t at;
    struct mpmc_cell *cell = take_cell(queue, &queue->head, 1, &at);
    if (!cell) return false;
    *item = cell->item;
    atomic_store_explicit(&cell->turn, at + queue->mask + 1, memory_order_release);
    return true;
}

size_t mpmc_length(const struct mpmc *queue)
{
    const size_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    const size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    const ptrdiff_t length = (ptrdiff_t)(tail - head);
    return length < 0 ? 0 : (size_t)length <= queue->mask ? (size_t)length : queue->mask + 1;
}
