/* Workers, kernel sets, memory and counters.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_MACHINE_H
#define KETSIM_MACHINE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* On which CPUs the workers of batches and jobs stay: any that the thread that sets this may run on; or one each, in the
 * order of their numbers: next to each other, or, where there are fewer workers than CPUs, far from each other.  None at
 * first.  Threads of OpenMP, which share one circuit, are not pinned: OMP_PROC_BIND does that. */
typedef enum ketsim_pin { KETSIM_PIN_NONE, KETSIM_PIN_COMPACT, KETSIM_PIN_SPREAD } ketsim_pin;

/* Pin the workers there are and those to come.  Fails with KETSIM_ERR_ARGUMENT. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_set_pin(ketsim_pin pin);

/* Kernel set in use: "avx512", "avx2", "neon" or "base"; the best this CPU runs unless KETSIM_ISA names another. */
KETSIM_API const char *ketsim_isa(void);
KETSIM_API bool ketsim_isa_available(const char *name);

/* Use another kernel set from now on; for tests and benches.  Fails with KETSIM_ERR_ARGUMENT when the name is
 * unknown or the CPU lacks it. */
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_set_isa(const char *name);

/* Threads that a run uses when neither the call nor the state says: KETSIM_NUM_THREADS, else OMP_NUM_THREADS,
 * else the CPUs this process may run on, or what its control group grants, rounded up, if that is less. */
KETSIM_API unsigned ketsim_default_threads(void);

/* CPUs that the control group grants on average, as containers see theirs, e.g. 1.5; 0: no limit. */
KETSIM_API double ketsim_cpu_quota(void);

/* Name of the OpenMP runtime: "libgomp", "libomp" or "none"; and how transparent huge pages are set here. */
KETSIM_API const char *ketsim_openmp(void);
KETSIM_API const char *ketsim_huge_pages(void);

/* Freed buffers are kept for reuse up to a cap (at first a quarter of the machine's memory).
 * Trim gives all that are unused back to the system; a lower cap trims down to it. */
KETSIM_API void ketsim_pool_trim(void);
KETSIM_API void ketsim_pool_set_cap(uint64_t bytes);

/* Memory of the same pool for numbers that a read writes, or the caller: so many bytes, a power of two, 64-byte
 * aligned, of unspecified contents.  Its pages are there already when it was used before.  Fails with KETSIM_ERR_ARGUMENT and
 * KETSIM_ERR_MEMORY. */
typedef struct ketsim_memory ketsim_memory;
KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_memory_new(ketsim_memory **out, uint64_t bytes);
KETSIM_API void *ketsim_memory_data(ketsim_memory *memory);
KETSIM_API void ketsim_memory_free(ketsim_memory *memory); /* NULL is allowed */

/* Totals since the process started, over all states. */
typedef struct ketsim_counters {
    uint64_t runs;       /* transactions committed */
    uint64_t operations; /* operations in them */
    uint64_t passes;     /* passes over a state's amplitudes in them */
    uint64_t clones;     /* out-of-place first passes */
    uint64_t pool_hits, pool_misses;
    uint64_t pool_bytes; /* held for reuse now */
    uint64_t busy_ns;    /* time threads spent in kernels, summed over threads; long runs only */
    uint64_t region_ns;  /* time the calling threads spent in parallel regions; long runs only */
    uint64_t acquire_ns; /* getting a second buffer and giving the first one back; long runs only */
    uint64_t commit_ns;  /* writing back, by pointer swap; long runs only */
    uint64_t plan_hits, plan_misses; /* programs of more than 4 operations that had a plan already, or not */
    uint64_t plan_bytes;             /* of plans that are kept now, about */
    uint64_t busy; /* calls that found another writer at work; those that then read the last commit, too */
    uint64_t timeouts,
        cancels;            /* runs and circuits of batches that a deadline, or a token or a poll, stopped */
    uint64_t batches, jobs; /* batches that ended; circuits of batches, and jobs, that did */
    uint64_t workers;       /* threads of the worker pool now; 0: not started in this process */
    uint64_t workers_busy;  /* of them at work now */
    uint64_t tickets;       /* requests for workers that wait in the queue now, of KETSIM_TICKETS at most */
} ketsim_counters;
enum { KETSIM_TICKETS = 1024 };
KETSIM_API void ketsim_get_counters(ketsim_counters *out);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_MACHINE_H */
