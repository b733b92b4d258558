/* squares.h - what the kernel of squares_body.h does. */
#ifndef KETSIM_CORE_SQUARES_H
#define KETSIM_CORE_SQUARES_H

#include <stdint.h>

enum { SQUARES_LEAF = 16 /* amplitudes */, SQUARES_SUMS = 8 /* of a leaf, added to in turn */ };

/* sum |a_i|^2 of each of so many leaves: real number i goes to sum i % 8, and sum i meets sums i + 4, i + 2, i + 1.
 * x is aligned as doubles are. */
typedef void squares_kernel(double *sums, const double *x, uint64_t leaves);

#endif
