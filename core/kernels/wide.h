/* wide.h - a pass over the state for one operation on many bits: what the planner makes and the wide kernels run.
 *
 * A unit of the pass is all settings of its targets, the rows, times those of some other bits, the columns, which lie
 * side by side in vectors.  Row r has the bits of r on the targets, the lowest on the lowest. */
#ifndef KETSIM_CORE_WIDE_H
#define KETSIM_CORE_WIDE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WIDE_ROW_BYTES = 256, /* of a unit, at most */
    WIDE_ROWS = 4         /* that are computed together */
};

struct wide {
    uint64_t targets, columns; /* bit positions */
    uint64_t control_mask, control_values;
    uint8_t ntargets;
    /* Of the matrix, in the state's precision: for WIDE_ROWS rows at a time, column after column, the real and imaginary
     * parts of their entries. */
    const void *numbers;
};

/* dst and src: all amplitudes of the state, as for kernels of sweeps; units first to last - 1; scratch: of
 * wide_scratch_bytes(). */
typedef void wide_kernel(void *dst, const void *src, const struct wide *wide, uint64_t first, uint64_t last,
                         void *scratch, bool stream);

#endif
