/* angles.h - what the kernel of angles_body.h does. */
#ifndef KETSIM_CORE_ANGLES_H
#define KETSIM_CORE_ANGLES_H

enum { ANGLES_TOGETHER = 8 }; /* of which a number is a whole number of vectors on every ISA */

/* Angles of at most this size; larger ones are the C library's to turn. */
static const double ANGLES_MOST = 0x1p19;

/* 2/pi; and pi/2 in two parts, the first so short that its multiples have no roundings. */
#define ANGLES_2_PI 0x1.45f306dc9c883p-1
#define ANGLES_PI_2_HIGH 0x1.921fb544p+0
#define ANGLES_PI_2_LOW 0x1.0b4611a626331p-34

/* Cosines and sines, to one of a last digit, or 2^-67 where that is more.  It reads and writes count rounded up to
 * ANGLES_TOGETHER; arrays are 64-byte aligned, angles at most ANGLES_MOST. */
typedef void angles_kernel(double *cosines, double *sines, const double *angles, unsigned count);

#endif
