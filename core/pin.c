/* pin.c - CPUs the process may use, which of them is whose, and who is on which. */
#include "pin.h"

#include <sched.h>

#include "error.h"

static cpu_set_t allowed; /* guarded by the worker pool's lock */

ketsim_status pin_note_allowed(void)
{
    if (sched_getaffinity(0, sizeof allowed, &allowed) || !CPU_COUNT(&allowed))
        return fail(KETSIM_ERR_ARGUMENT, "pin: the system does not say where this thread may run");
    return KETSIM_OK;
}

/* Number of the CPU that has so many allowed ones before it. */
static unsigned nth_allowed(unsigned before)
{
    unsigned cpu = 0;
    for (;; cpu++) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        if (!before--) return cpu;
    }
}

void pin_thread(pthread_t thread, ketsim_pin pin, unsigned index, unsigned workers)
{
    const unsigned cpus = (unsigned)CPU_COUNT(&allowed);
    const unsigned place = pin == KETSIM_PIN_SPREAD && workers < cpus ? index * cpus / workers : index;
    cpu_set_t set = allowed;
    if (pin != KETSIM_PIN_NONE) {
        CPU_ZERO(&set);
        CPU_SET(nth_allowed(place % cpus), &set);
    }
    (void)pthread_setaffinity_np(thread, sizeof set, &set);
}

int pin_cpu(void)
{
    const int cpu = sched_getcpu();
    return cpu < CPU_SETSIZE ? cpu : -1;
}

/* ---- apart from who wakes ---------------------------------------------------------------------- */

void apart_send(struct apart *apart, pthread_t thread)
{
    const int cpu = pin_cpu();
    if (cpu < 0 || atomic_load_explicit(&apart->is_sent, memory_order_relaxed)) return;
    if (pthread_getaffinity_np(thread, sizeof apart->own, &apart->own)) return;
    cpu_set_t others = apart->own;
    CPU_CLR(cpu, &others);
    if (!CPU_COUNT(&others) || pthread_setaffinity_np(thread, sizeof others, &others)) return;
    atomic_store(&apart->is_sent, true);
}

/* Where it may run has no say in where it is, once it runs. */
void apart_return(struct apart *apart, pthread_t thread)
{
    if (!atomic_load_explicit(&apart->is_sent, memory_order_relaxed)) return;
    (void)pthread_setaffinity_np(thread, sizeof apart->own, &apart->own);
    atomic_store_explicit(&apart->is_sent, false, memory_order_relaxed);
}

void pin_leave(int cpu)
{
    cpu_set_t own;
    if (cpu < 0 || pin_cpu() != cpu || sched_getaffinity(0, sizeof own, &own)) return;
    cpu_set_t others = own;
    CPU_CLR(cpu, &others);
    if (!CPU_COUNT(&others) || sched_setaffinity(0, sizeof others, &others)) return;
    (void)sched_setaffinity(0, sizeof own, &own);
}
