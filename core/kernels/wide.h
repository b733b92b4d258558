/* wide.h - a pass over the state for one operation on many bits: what the planner makes and the wide kernels run.
 *
 * A unit of the pass is all settings of its targets, the rows, times those of some other bits, the columns, which lie
 * side by side in vectors.  Row r has the bits of r on the targets, the lowest on the lowest. */
#ifndef KETSIM_CORE_WIDE_H
#define KETSIM_CORE_WIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "ketsim.h"

enum {
    WIDE_ROW_BYTES = 256, /* of a unit, at most */
    WIDE_ROWS = 4,        /* that are computed together */
    WIDE_BLOCK = 64,      /* amplitudes in a unit of phases or exchanges, at most */
    WIDE_FEW = 5          /* targets of phases that passes over tiles take in */
};

/* What is done to the rows: a dense matrix, a phase each, or exchanges of pairs. */
enum wide_kind { WIDE_MATRIX, WIDE_PHASES, WIDE_EXCHANGES };

struct wide {
    uint64_t targets, columns; /* bit positions */
    uint64_t control_mask, control_values;
    uint8_t ntargets, nbits, kind; /* nbits: of the state */
    bool conjugates;               /* WIDE_PHASES: of numbers, the conjugates */
    uint8_t few_targets
        [WIDE_FEW]; /* of few phases: bit positions, of which the first is the row's most significant bit */
    ketsim_complex
        few[1 << WIDE_FEW]; /* WIDE_PHASES on so few targets: all of them, rounded to no precision */
    /* By row, of WIDE_PHASES the phases in the state's precision, of WIDE_EXCHANGES (uint64_t) the bits on the targets of the
     * row it exchanges places with.  Of the matrix, in the state's precision: for WIDE_ROWS rows at a time, column after column, the real and imaginary
     * parts of their entries. */
    const void *numbers;
};

/* dst and src: all amplitudes of the state, as for kernels of sweeps; units first to last - 1; scratch: of
 * wide_scratch_bytes(). */
/* Amplitudes of a unit of phases or exchanges. */
static inline unsigned wide_block(unsigned nbits)
{
    return nbits < 6 ? 1u << nbits : WIDE_BLOCK;
}

typedef void wide_kernel(void *dst, const void *src, const struct wide *wide, uint64_t first, uint64_t last,
                         void *scratch, bool stream);

#endif
