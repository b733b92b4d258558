/* pin.h - on which CPU a worker stays. */
#ifndef KETSIM_CORE_PIN_H
#define KETSIM_CORE_PIN_H

#include <pthread.h>

#include "ketsim.h"

/* Take note of where the calling thread may run: there workers will. */
ketsim_status pin_note_allowed(void);

/* Let worker number index of so many stay on its CPU, or go anywhere it may.  What cannot be done is left. */
void pin_thread(pthread_t thread, ketsim_pin pin, unsigned index, unsigned workers);

#endif
