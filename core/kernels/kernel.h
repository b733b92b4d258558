/* kernel.h - what a set of kernels is, and what a sweep over the amplitudes does.
 *
 * A kernel is serial, allocates nothing, checks nothing and cannot fail.  It reads one range of a buffer and
 * writes the same range of another, or of the same; exec.c cuts the ranges and starts the threads.
 *
 * Buffers: interleaved re, im; 64-byte aligned; zero-padded to 64 bytes, so no kernel has a tail loop. */
#ifndef KETSIM_CORE_KERNEL_H
#define KETSIM_CORE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "angles.h"
#include "direct_pass.h"
#include "gram.h"
#include "ketsim.h"
#include "meet.h"
#include "overlap.h"
#include "squares.h"
#include "tile.h"
#include "wide.h"

enum { MAX_TARGETS = 2, MAX_VECTOR_BYTES = 64 };

/* One pass: a matrix on some bits where the control bits have their values, the identity elsewhere.
 *
 * Or, with pauli, the rotation about a string of Pauli matrices: amplitude i becomes
 * entries[0] a[i] + entries[1] (-1)^|i & signs| a[i ^ flips], entries[0] being real. */
struct sweep {
    uint64_t control_mask, control_values; /* bit positions; values only where mask */
    const ketsim_complex *entries; /* 2^t by 2^t, row-major, or the 2^t of the diagonal, t = ntargets */
    uint8_t ntargets;              /* 0 to MAX_TARGETS; 0 only when diagonal */
    uint8_t targets[MAX_TARGETS]; /* bit positions, descending: the first is the row's most significant bit */
    bool diagonal, real;          /* form of the matrix: real when every imaginary part is zero */
    bool pauli;                   /* without targets; diagonal when nothing flips */
    bool as_it_is;                /* not unitary: not to be taken apart */
    uint64_t flips, signs;        /* bit positions, none of them controls */
    const struct wide *wide;      /* NULL, or the pass that it is instead; flips are its targets */
    uint32_t read;                /* 0, or above the number of what is read on the target: the identity */
    uint8_t wanted;               /* READ_X and others */
};

/* Bits it acts on, controls left out. */
static inline uint64_t sweep_targets(const struct sweep *sweep)
{
    uint64_t bits = sweep->flips | sweep->signs;
    for (unsigned k = 0; k < sweep->ntargets; k++) bits |= UINT64_C(1) << sweep->targets[k];
    return bits;
}

/* Bits that differ in the amplitudes of one group of its loop; those below a vector's are lanes of it. */
static inline uint64_t sweep_group_bits(const struct sweep *sweep)
{
    if (!sweep->pauli) return sweep_targets(sweep);
    return sweep->flips ? UINT64_C(1) << (63 - __builtin_clzll(sweep->flips)) : 0;
}

/* Numbers in its entries. */
static inline unsigned sweep_entries(const struct sweep *sweep)
{
    if (sweep->pauli) return 2;
    return 1u << (sweep->diagonal ? sweep->ntargets : 2 * sweep->ntargets);
}

/* first and last count groups of amplitudes, see kernel_groups(); stream: write around the caches, when
 * dst is not src and both are larger than they. */
typedef void kernel(void *dst, const void *src, const struct sweep *sweep, uint64_t first, uint64_t last,
                    bool stream);

struct kernel_set {
    const char *isa;
    unsigned lane_bits[2]; /* log2 of the amplitudes in a vector, by ketsim_dtype */
    unsigned
        group_positions; /* whose vectors fit the registers, with room for coefficients; at most GROUP_POSITIONS */
    kernel *run[2];      /* by ketsim_dtype */
    tile_kernel *tiles[2];
    twin_kernel *twins[2];
    direct_kernel *direct[2];
    wide_kernel *wide[2];
    const struct meet_kernels *meet;
    overlap_kernel *overlap; /* of doubles */
    angles_kernel *angles;
    squares_kernel *squares;
    gram_kernel *gram;
};

/* In place, a sweep skips what its controls leave out where that lies SKIP_BYTES apart or more; below, the hardware
 * reads the lines anyway, and the loop tests the index instead. */
enum { SKIP_BYTES = 512 };

/* Bits of the index whose amplitudes lie at least so many bytes apart. */
static inline uint64_t bits_from(uint64_t bytes, uint64_t amp_bytes)
{
    return ~(bytes / amp_bytes - 1);
}

static inline uint64_t skip_bits(uint64_t amp_bytes)
{
    return bits_from(SKIP_BYTES, amp_bytes);
}

/* Set in use: the best this CPU runs, the one KETSIM_ISA names, or the one ketsim_set_isa() chose last. */
const struct kernel_set *kernels(void);

/* Groups a sweep has over 2^nbits amplitudes: what one step of its loop does.  Ranges of groups are disjoint. */
uint64_t kernel_groups(const struct kernel_set *set, ketsim_dtype dtype, const struct sweep *sweep,
                       unsigned nbits, bool in_place);

#endif
