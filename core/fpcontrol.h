/* fpcontrol.h - the floating-point control of one thread: rounding to nearest, no flush to zero, no traps,
 * whatever the caller's program has set.  Costs a read where it is so already. */
#ifndef KETSIM_CORE_FPCONTROL_H
#define KETSIM_CORE_FPCONTROL_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>

typedef unsigned fpcontrol;
enum { FPCONTROL_DEFAULT = 0x1f80, FPCONTROL_STICKY = 0x3f }; /* of MXCSR; sticky: exceptions seen */

static inline fpcontrol fpcontrol_read(void)
{
    return _mm_getcsr();
}

static inline void fpcontrol_write(fpcontrol value)
{
    _mm_setcsr(value);
}

#elif defined(__aarch64__)

typedef uint64_t fpcontrol;
enum { FPCONTROL_DEFAULT = 0, FPCONTROL_STICKY = 0 }; /* of FPCR */

static inline fpcontrol fpcontrol_read(void)
{
    fpcontrol value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}

static inline void fpcontrol_write(fpcontrol value)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(value));
}

#else

typedef int fpcontrol;
enum { FPCONTROL_DEFAULT = 0, FPCONTROL_STICKY = 0 };

static inline fpcontrol fpcontrol_read(void)
{
    return 0;
}

static inline void fpcontrol_write(fpcontrol value)
{
    (void)value;
}

#endif

/* Set the default; returns what was there. */
static inline fpcontrol fpcontrol_default(void)
{
    const fpcontrol saved = fpcontrol_read();
    if ((saved & ~(fpcontrol)FPCONTROL_STICKY) != FPCONTROL_DEFAULT) fpcontrol_write(FPCONTROL_DEFAULT);
    return saved;
}

static inline void fpcontrol_restore(fpcontrol saved)
{
    if ((saved & ~(fpcontrol)FPCONTROL_STICKY) != FPCONTROL_DEFAULT) fpcontrol_write(saved);
}

#endif
