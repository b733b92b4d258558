/* memory.h - how much memory there is, and asking for it before touching it. */
#ifndef KETSIM_CORE_MEMORY_H
#define KETSIM_CORE_MEMORY_H

#include "ketsim.h"

/* KETSIM_OK when bytes more can be had; else KETSIM_ERR_MEMORY with both sizes.  what: for the message. */
ketsim_status memory_admit(uint64_t bytes, const char *what);

/* Memory for so many items of a size, which is asked for first, for the caller to free; or NULL, which stands for
 * KETSIM_ERR_MEMORY with its message. */
void *memory_take(uint64_t count, size_t size, const char *what);

/* Memory of this machine or control group, whichever is less. */
uint64_t memory_total(void);

/* Zeroed or not, 64-byte aligned, huge-page advised when large.  NULL when the system refuses.
 * bytes is a power of two, at least 64. */
void *memory_map(size_t bytes);
void memory_unmap(void *memory, size_t bytes);

#endif
