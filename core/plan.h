/* plan.h - what is executed: a list of stages made from a program.  Knows no state. */
#ifndef KETSIM_CORE_PLAN_H
#define KETSIM_CORE_PLAN_H

#include "kernels/kernel.h"
#include "kernels/tile.h"
#include "passes/pairs.h"
#include "program.h"

enum { PLAN_SMALL = 4 }; /* operations whose plan needs no allocation, and is one sweep an operation */

/* One pass over the amplitudes: a sweep by a streaming kernel, or tiles. */
struct stage {
    const struct sweep *sweep; /* NULL: tiles */
    const struct tiling *tiling;
    const struct tiled_pass *pass;
    unsigned weight; /* arithmetic an amplitude, in sweeps of one gate */
};

struct plan {
    unsigned nqubits;
    size_t length;
    struct stage *stages;
    bool from_label;      /* starts from the product state it was made for, whatever the buffer holds */
    size_t scratch_bytes; /* for each thread */
    struct sweep *sweeps;
    ketsim_complex *entries; /* of all sweeps */
    struct pairs pairs;      /* the sweeps that tilings are made from */
    struct tiling *tilings;
    size_t ntilings;
    struct stage small_stages[PLAN_SMALL];
    struct sweep small_sweeps[PLAN_SMALL];
    ketsim_complex small_entries[PLAN_SMALL << 2 * MAX_TARGETS];
};

struct plan_options {
    unsigned nqubits; /* at least as many as the program's */
    ketsim_dtype dtype;
    const char *label;  /* the product state it will start from, one character a qubit; NULL: any state */
    unsigned tile_bits; /* 0: what suits the size; for tests */
    bool sweeps_only;   /* one sweep an operation, no tiles; for tests */
    const struct kernel_set *set; /* whose kernels will run it; NULL: those in use */
};

/* Must not be moved: it may point into itself.  Operations that are the identity have no stage. */
ketsim_status plan_init(struct plan *plan, const struct program *program, const struct plan_options *options);
void plan_clear(struct plan *plan);

#endif
