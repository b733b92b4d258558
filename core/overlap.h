/* overlap.h - reduced matrices of two states: what is left of |ket><bra| on a few bits.
 *
 * <bra|D|ket> of a matrix D on those bits is a sum of its entries times those here.  Many are found in one pass. */
#ifndef KETSIM_CORE_OVERLAP_H
#define KETSIM_CORE_OVERLAP_H

#include "blocks.h"
#include "gates.h"

/* Some bits, where control bits have their values. */
struct site {
    uint64_t control_mask, control_values;
    uint8_t targets[KETSIM_MAX_TARGETS]; /* bits; the first is the row's most significant bit */
    uint8_t ntargets;
    uint16_t wanted; /* which entries of m are asked for, bit by bit in its order; others stay as they are */
    ketsim_complex
        m[MATRIX_ENTRIES]; /* row r, column c: sum of conj(bra) ket over what the two have in common */
};

/* Fill in what is wanted of the matrices of sites[count].  Both states have 2^n amplitudes, interleaved re, im, of double or float;
 * arithmetic is in double.  Bits of the result do not depend on the number of threads.
 * Fails with KETSIM_ERR_MEMORY, or as the pace says. */
ketsim_status overlap(struct site *sites, size_t count, const void *bra, const void *ket, ketsim_dtype dtype,
                      unsigned n, unsigned threads, const struct pace *pace);

#endif
