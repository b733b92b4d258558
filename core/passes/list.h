/* list.h - arrays that grow. */
#ifndef KETSIM_CORE_PASSES_LIST_H
#define KETSIM_CORE_PASSES_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Make room for count items of the given size after the first length; false when there is no memory. */
static inline bool list_reserve(void **items, size_t *capacity, size_t length, size_t count, size_t size)
{
    if (length + count <= *capacity) return true;
    const size_t wanted = 2 * (length + count) + 32;
    void *moved = realloc(*items, wanted * size);
    if (!moved) return false;
    *items = moved;
    *capacity = wanted;
    return true;
}

/* For a list that is three members of a struct, e.g. LIST_RESERVE(form, epochs, nepochs, epoch_capacity, 1). */
#define LIST_RESERVE(owner, items, length, capacity, count) \
    list_reserve((void **)&(owner)->items, &(owner)->capacity, (owner)->length, count, sizeof *(owner)->items)

#endif
