/* gram.h - what the kernel of gram_body.h does. */
#ifndef KETSIM_CORE_GRAM_H
#define KETSIM_CORE_GRAM_H

#include <stddef.h>
#include <stdint.h>

#include "ketsim.h"

enum { GRAM_SUMS = 8 /* of a product, added to in turn */ };

/* sum_i a_i conj(b_i) of a row with each of so many rows, which lie one after the other.  Rows have dim numbers, a power of two,
 * at least GRAM_SUMS / 2; alignment is that of doubles. */
typedef void gram_kernel(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b, size_t rows,
                         size_t dim);

#endif
