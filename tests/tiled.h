/* tiled.h - operations as passes over tiles of a chosen size, run without exec.c by every kernel set there is, and
 * compared with the definition. */
#ifndef KETSIM_TESTS_TILED_H
#define KETSIM_TESTS_TILED_H

#include "../core/kernels/tile.h"
#include "shrink.h"

enum { TILED_QUBITS = 14 }; /* at most */

/* How operations are to be run, and how far off they may be. */
struct trial {
    const char *name; /* of the test's own, for its message */
    unsigned n, m;    /* tiles of 2^m, LEAST_TILE_BITS <= m <= n; 0: what suits n */
    unsigned range;   /* where ranges of tiles are cut */
    ketsim_dtype dtype;
    char label[TILED_QUBITS + 1]; /* "": from amplitudes drawn with seed */
    uint64_t seed;
    bool in_place;
    double tolerance[2]; /* by dtype, times the root of the number of operations */
};

/* Of all that has been run. */
struct tiled_totals {
    unsigned long runs, passes, permuting, items;
    unsigned long phases[TABLE_SETS + 1],
        spanning;    /* by the number of sets of tables; links to several sets */
    double worst[2]; /* largest error / root of operations, by dtype */
};
extern struct tiled_totals tiled_totals;

/* Every kernel set that this CPU has, and emulated512. */
void tiled_open(void);
void tiled_close(void);

/* Every member but name and n at random, tolerances those of the project. */
void draw_trial(struct trial *trial, const char *name, unsigned n, uint64_t *seed);

/* Each kernel set is right, and those that fuse agree to the bit; otherwise the operations are shrunk and printed, and the
 * process ends. */
void check_tiled(struct trial *trial, struct stored_op *ops, size_t count);

#endif
