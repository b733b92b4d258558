/* tile.h - a pass over the state tile by tile: what the planner makes and the tile kernels run.
 *
 * A tile is the 2^m amplitudes whose index agrees outside the m local bits of the pass.  It is gathered into a
 * scratch buffer that fits a core's second-level cache, goes through all layers of the pass there, and is
 * scattered, with its bits in another order if need be.  Position p of a tile is the p-th lowest local bit.  One
 * pass over memory so serves as many gates as act on local bits; phases may depend on any bit. */
#ifndef KETSIM_CORE_TILE_H
#define KETSIM_CORE_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ketsim.h"

enum {
    MAX_TILE_BITS = 16,
    TABLE_BITS = 7,   /* positions below it share one table of phases */
    SET_BITS = 3,     /* high positions that one set of tables depends on, at most */
    TABLE_SETS = 3,   /* for all high positions of a tile */
    FUSED_ITEMS = 16, /* that go through a part of a tile while it is in the first-level cache */
    FUSED_PHASES = 8, /* of those, phases */
    BLOCK_BYTES = 1 << 14,
    BLOCK_PAD = 384,     /* bytes between blocks: columns of blocks shall not share cache sets */
    MAX_LANES = 4,       /* positions that select a lane: of 16 reals */
    GROUP_POSITIONS = 4, /* whose vectors fit the most registers, see struct kernel_set */
    LEAST_MIXED = 5,     /* lowest position in a group with some that select blocks */
    MIXED_POSITIONS = 2, /* so many such positions in groups that go through columns together */
    GROUP_CONDITIONS = 3,
    MOST_PERMUTATIONS = 8,
    LEAST_TILE_BITS = 6, /* of several tiles: the lowest, and room for both bits of a dense matrix */
    LEAST_RUN_BITS =
        4 /* whole vectors of any ISA: lowest bits of the state that are always local, and least bits of
                            a tile that is the whole state, which may have fewer */
};

/* X on a position where others, and bits of the state outside the tile, have their values. */
struct flip {
    uint64_t outer_mask, outer_values;
    uint32_t mask, values; /* positions */
    uint8_t target;
};

/* What becomes of up to 16 vectors between one load and one store: of the settings of up to GROUP_POSITIONS
 * positions above the lanes.  Rotations [[1, -t], [t, 1]], their scales left to a later phase, all of one order; then the
 * moves. */
struct group {
    double t[GROUP_POSITIONS], lane_t[MAX_LANES];
    uint32_t epoch[GROUP_POSITIONS], lane_epoch[MAX_LANES]; /* of the form: where the tangents come from */
    uint32_t moves;                                         /* index, or NO_MOVES */
    uint8_t npositions, positions[GROUP_POSITIONS];         /* ascending */
    uint8_t rotated, lanes_rotated;                         /* bit j: positions[j], lane position j */
    bool descending;                                        /* order of the rotations */
};

/* Flips of a group as a permutation of its vectors and of the lanes of each, for each setting of conditions that
 * lie outside: setting s, a bit a condition. */
struct moves {
    uint8_t nconditions;
    bool permutes;                                              /* lanes */
    struct flip conditions[GROUP_CONDITIONS];                   /* their targets mean nothing */
    uint8_t place[1 << GROUP_CONDITIONS][1 << GROUP_POSITIONS]; /* where vector k goes */
    uint8_t lanes[1 << GROUP_CONDITIONS][1 << GROUP_POSITIONS]; /* which permutation it goes through before */
    uint8_t from[MOST_PERMUTATIONS][1 << MAX_LANES];            /* permutation: lane it comes from */
};

#define NO_MOVES UINT32_MAX

/* A phase that depends on bits outside the tile, or on low positions and those of several sets. */
struct link {
    uint64_t outer_mask, outer_values; /* bits of the state */
    uint32_t high_mask, high_values;   /* positions from TABLE_BITS on, shifted down */
    uint8_t low_mask, low_values;      /* positions below */
    ketsim_complex factor;
};

/* The product of many phases: low table x high[index of the positions from TABLE_BITS on] x links.  The low table is
 * the product of one table of each set, the one for the setting of that set's high positions. */
struct phases {
    size_t first_factor, nfactors; /* where the numbers come from */
    size_t low;                    /* index of the first table of the first set */
    size_t high;                   /* index in highs, or NO_TABLE: all 1 */
    size_t first_link, nlinks;     /* those with low positions first */
    size_t nlow_links;
    uint32_t sets[TABLE_SETS]; /* high positions; of the first perhaps none */
    uint8_t nsets;             /* 0: no low table */
    uint8_t ones[TABLE_SETS];  /* bit k: table k of the set is exactly 1, and need not be multiplied with */
    uint8_t outer_sets;        /* bit s: some link changes the tables of set s in some tiles */
    bool spanning;             /* some link has low positions and those of several sets */
    bool outer_high;           /* some link has no low positions */
};

#define NO_TABLE SIZE_MAX
#define FACTOR_TERM (UINT32_C(1) << 31)

/* Rotations of both positions, then a matrix whose entries are 0 unless row and column agree in both bits or in none;
 * or, when it is no core, just a matrix. */
struct pair_matrix {
    ketsim_complex entries[16]; /* row-major; high is the row's more significant bit */
    double t[2];                /* of high and low */
    bool core, turns[2];
    uint32_t dense;    /* of the form: where the numbers come from */
    uint8_t high, low; /* positions */
};

/* Im <bra|X|ket>, <bra|Y|ket> and <bra|Z|ket>, X, Y and Z acting on a position, of a tile of each of two states: what
 * derivatives by the angles of gates on one bit are made of. */
enum { READ_X = 1, READ_Y = 2, READ_Z = 4, READ_SUMS = 3 };
struct read {
    uint32_t number; /* of the program's reads */
    uint8_t position, wanted;
    bool flipped, negated; /* the states are to go through Z, X or both before */
    bool last;             /* of those that are read at the same time, in ascending positions */
    double scale;          /* factor that the sums lack */
};

/* One sweep over a tile, or over one block of it when all that it does stays inside blocks.  index says which
 * phases, group, flip (one that a lane is a condition of) or dense matrix. */
enum work_kind { WORK_PHASES, WORK_GROUP, WORK_FLIP, WORK_PAIR, WORK_READ };
struct work_item {
    uint32_t index; /* of reads, the first */
    uint8_t work;
    bool in_block;
};

struct tiled_pass {
    uint64_t local;  /* bits of the tile */
    uint64_t active; /* bits that may be 1 in an amplitude other than 0 when the pass begins */
    unsigned m;
    bool from_zero; /* the input is |0...0>, whatever the buffer holds */
    bool permutes;  /* scattered in another order: what is at position p goes where to[p] was gathered from */
    uint8_t to[MAX_TILE_BITS];
    ketsim_complex scale; /* of everything, paid at the end */
    uint64_t clear;       /* bits outside whose 1 still holds garbage: amplitudes to be set to 0 */
    size_t first_item, nitems;
    size_t first_read, nreads;
};

struct tiling {
    unsigned nbits;
    ketsim_dtype dtype;
    struct tiled_pass *passes;
    struct work_item *items;
    struct group *groups;
    struct moves *moves;
    struct flip *flips;
    struct phases *phases;
    uint32_t *factors; /* of phases: an epoch of the form, or FACTOR_TERM and a term */
    void *tables;      /* each 2^TABLE_BITS real parts, as many imaginary parts, in the state's precision */
    void *highs;       /* of each phases 2^(m - TABLE_BITS) real parts, as many imaginary parts, likewise */
    struct link *links;
    struct pair_matrix *pairs;
    struct read *reads;
    size_t number_bytes; /* of tables and highs */
    double residue; /* what the square of the norm should be afterwards less what it is, relative to it */
    size_t npasses, nitems, ngroups, nmoves, nflips, nphases, nfactors, nlinks, npairs, nreads;
};

/* Bits of the largest block. */
static inline unsigned tile_block_bits(ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? 10 : 11;
}
_Static_assert(1 << SET_BITS <= 8, "ones has a bit for each table of a set");
_Static_assert(MAX_TILE_BITS - TABLE_BITS <= TABLE_SETS * SET_BITS, "all high positions belong to a set");
_Static_assert(BLOCK_BYTES == 16 << 10 && BLOCK_BYTES == 8 << 11, "a block has its size");

/* The set of tables that all high positions of a link belong to, or TABLE_SETS. */
static inline unsigned tile_set_of(const struct phases *phases, uint32_t high_mask)
{
    for (unsigned s = 0; s < phases->nsets; s++)
        if (!(high_mask & ~phases->sets[s])) return s;
    return TABLE_SETS;
}

/* Settings of the positions from TABLE_BITS on. */
static inline size_t tile_high_count(unsigned m)
{
    return m > TABLE_BITS ? (size_t)1 << (m - TABLE_BITS) : 1;
}

/* Tiles of a pass: one for each setting of the active bits outside. */
static inline uint64_t tile_count(const struct tiled_pass *pass)
{
    return UINT64_C(1) << __builtin_popcountll(pass->active & ~pass->local);
}

/* Bytes of scratch a thread needs for tiles of 2^m amplitudes. */
size_t tile_scratch_bytes(unsigned m, ketsim_dtype dtype);

/* Run tiles [first, last) of a pass, gathered from src, scattered to dst; stream: around the caches. */
typedef void tile_kernel(const struct tiling *tiling, const struct tiled_pass *pass, void *dst,
                         const void *src, uint64_t first, uint64_t last, void *scratch, bool stream);

/* Run tile number index of a pass in place on two states, of which the first is the bra, and add to
 * sums[READ_SUMS * nreads] what is read; scratch: tile_scratch_bytes() for each state. */
typedef void twin_kernel(const struct tiling *tiling, const struct tiled_pass *pass, void *const states[2],
                         uint64_t index, void *const scratch[2], double *sums);

#endif
