/* pin.h - on which CPU a worker stays. */
#ifndef KETSIM_CORE_PIN_H
#define KETSIM_CORE_PIN_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "ketsim.h"

/* Take note of where the calling thread may run: there workers will. */
ketsim_status pin_note_allowed(void);

/* Let worker number index of so many stay on its CPU, or go anywhere it may.  What cannot be done is left. */
void pin_thread(pthread_t thread, ketsim_pin pin, unsigned index, unsigned workers);

/* Where a thread that sleeps shall not wake: on the CPU of the one that wakes it.  The system may put it there though others are
 * idle, and leave it there for milliseconds (Linux does where few CPUs share a cache, and half of them work). */
struct apart {
    cpu_set_t own; /* where it may run */
    _Atomic bool is_sent;
};

/* For who wakes a thread that sleeps, and for who has seen it awake; never both at once. */
void apart_send(struct apart *apart, pthread_t thread);
void apart_return(struct apart *apart, pthread_t thread);

/* The CPU that this thread is on; -1: unknown.  Leave that one if this thread is on it and may be elsewhere: for one that works
 * together with the thread that is there. */
int pin_cpu(void);
void pin_leave(int cpu);

#endif
