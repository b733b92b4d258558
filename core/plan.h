/* plan.h - what is executed: a list of stages made from a program.  Knows no state. */
#ifndef KETSIM_CORE_PLAN_H
#define KETSIM_CORE_PLAN_H

#include <stdatomic.h>

#include "kernels/kernel.h"
#include "kernels/tile.h"
#include "passes/form.h"
#include "passes/pairs.h"
#include "program.h"

enum {
    PLAN_SMALL = 4, /* operations whose plan needs no allocation, and is one sweep an operation */
    PLAN_SWEEPS = 2 * PLAN_SMALL /* or two, of permutations */
};

/* One pass over the amplitudes: a sweep by a streaming kernel, or tiles. */
struct stage {
    const struct sweep *sweep; /* NULL: tiles */
    const struct tiling *tiling;
    const struct tiled_pass *pass;
    unsigned weight; /* arithmetic an amplitude, in sweeps of one gate */
};

struct plan {
    unsigned nqubits;
    ketsim_dtype dtype;
    size_t length;
    size_t weight; /* of all stages */
    struct stage *stages;
    double residue;          /* of the norm, that a run leaves to the next one: see struct tiling */
    bool from_label;         /* starts from the product state it was made for, whatever the buffer holds */
    size_t scratch_bytes;    /* for each thread */
    struct wide_pass *wides; /* of sweeps that are wide */
    struct sweep *sweeps;    /* NULL when no stage is one */
    ketsim_complex *entries; /* of all sweeps */
    struct pairs pairs;      /* the sweeps that tilings are made from */
    struct tiling *tilings;
    struct form *forms; /* that the tilings were made from */
    size_t ntilings;
    const struct kernel_set *set; /* whose kernels it is for */
    struct stage small_stages[PLAN_SWEEPS];
    struct sweep small_sweeps[PLAN_SWEEPS];
    ketsim_complex small_entries[PLAN_SMALL << 2 * MAX_TARGETS];
};

struct plan_options {
    unsigned nqubits; /* at least as many as the program's */
    ketsim_dtype dtype;
    const char *label;  /* the product state it will start from, one character a qubit; NULL: any state */
    unsigned tile_bits; /* 0: what suits the size; for tests */
    bool
        to_zero; /* what it will run on ends in |0...0>: amplitudes that become 0 on the way may keep any value */
    bool sweeps_only;             /* one sweep an operation, no tiles; for tests */
    const struct kernel_set *set; /* whose kernels will run it; NULL: those in use */
    const struct plan
        *like; /* NULL, or a plan for the same operations but for their numbers, dtype, size, label and
                                     kernels: what it shares with the new one need not be found again */
};

/* Must not be moved: it may point into itself.  Operations that are the identity have no stage. */
ketsim_status plan_init(struct plan *plan, const struct program *program, const struct plan_options *options);
void plan_clear(struct plan *plan);

/* A plan on the heap.  Nothing in it changes but the count of references. */
struct ketsim_plan {
    _Atomic uint32_t refs;
    size_t operations;
    bool from_product; /* made for the product state of label */
    char label[KETSIM_MAX_QUBITS];
    struct program program; /* a copy of what it was made from; empty where nobody asks for it */
    struct plan plan;
};

/* A plan with one reference. */
ketsim_status plan_new(struct ketsim_plan **out, const struct program *program,
                       const struct plan_options *options);
void plan_retain(struct ketsim_plan *plan);
void plan_release(struct ketsim_plan *plan); /* NULL is allowed */

/* Bytes it takes, about. */
size_t plan_bytes(const struct ketsim_plan *plan);

#endif
