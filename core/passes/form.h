/* form.h - the canonical form of a circuit: rotations, phases, and a few dense matrices.
 *
 * Every unitary on one qubit is  scalar x diag(1, b) x [[1, -t], [t, 1]] x diag(1, a)  with real t, or X times that
 * where |t| would be above 1: such a scaled rotation costs two multiply-adds an amplitude, not eight, and X is a frame
 * for what follows.  Everything diagonal is a product of phases, which commute with one another; a controlled gate is
 * V x phase x V*, V on one qubit, unless it is CNOT and V would not merge with its neighbors; SWAP renames bits.  So the
 * life of a bit is a row of epochs: phases in any order, then one step that does not commute with them: a rotation, a
 * flip, under controls or at the end without, or a dense matrix.  A step may run when every phase of its epoch has: that
 * is all of the circuit's order that matters.
 *
 * After the prototype's canonical form and the commutation rules of Haener and Steiger, "0.5 petabyte simulation
 * of a 45-qubit quantum circuit" (2017), section 3. */
#ifndef KETSIM_CORE_PASSES_FORM_H
#define KETSIM_CORE_PASSES_FORM_H

#include <stddef.h>

#include "../kernels/kernel.h"

enum step { STEP_NONE, STEP_ROTATE, STEP_FLIP, STEP_DENSE, STEP_READ };
enum { FORM_NONE = UINT32_MAX, PAIR_ENTRIES = 16 };

/* Phases of one bit, then a step.  Epoch numbers of a bit rise by one. */
struct epoch {
    ketsim_complex phase;  /* on the bit's 1 */
    double t;              /* STEP_ROTATE: [[1, -t], [t, 1]] / sqrt(1 + t^2) */
    uint32_t terms;        /* first ref of the epoch's terms, or FORM_NONE */
    uint32_t number, next; /* next epoch of the bit */
    uint32_t
        dense; /* STEP_DENSE: index of the matrix, the bit mate has the same step; STEP_FLIP: of its term; STEP_READ */
    uint32_t mate_epoch;
    uint8_t step, bit, mate;
};

/* A phase where the bits of mask, two or more, have these values; or a flip of another bit, where one or more do, or
 * always. */
struct term {
    uint64_t mask, values;
    ketsim_complex factor;
    uint32_t flip; /* epoch of the bit that is flipped, or FORM_NONE */
    uint32_t refs; /* first of as many refs as mask has bits, in ascending order of bits */
};

/* Membership of a term in an epoch. */
struct ref {
    uint32_t term, epoch, next; /* next ref of the same epoch */
};

/* 4 by 4, row-major; high is the row's more significant bit.  A core comes after rotations [[1, -t], [t, 1]] /
 * sqrt(1 + t^2) of both bits, and has entries other than 0 only where row and column agree in both bits or in none. */
struct dense {
    ketsim_complex entries[PAIR_ENTRIES];
    double t[2]; /* of high and low */
    uint8_t high, low;
    bool core;
};

/* Where two states are looked at, see struct read. */
struct read_step {
    uint32_t number;
    uint8_t wanted;
    bool flipped, negated;
};

struct form {
    unsigned nbits;
    bool from_label; /* starts from a basis state, all 0 */
    bool to_zero;    /* ends in |0...0>, see tiling_init(); set after form_init() */
    bool cores;      /* dense matrices are to be made cores; set after form_init() */
    bool out_of_memory;
    double residue;        /* of what has run before, see struct tiling; set after form_init() */
    ketsim_complex global; /* factor of everything */
    uint32_t first[KETSIM_MAX_QUBITS], last[KETSIM_MAX_QUBITS]; /* epochs */
    uint32_t before[KETSIM_MAX_QUBITS];                         /* epoch before the last, while it is known */
    uint8_t place[KETSIM_MAX_QUBITS];                           /* where a bit of the program lies now */
    ketsim_complex pending[KETSIM_MAX_QUBITS][4];               /* gates of a bit not yet in an epoch */
    struct epoch *epochs;
    struct term *terms;
    struct ref *refs;
    struct dense *dense;
    struct read_step *readings;
    size_t nepochs, nterms, nrefs, ndense, nreadings;
    size_t epoch_capacity, term_capacity, ref_capacity, dense_capacity, reading_capacity;
};

/* Start from any state, or, where label is not NULL, from that product state: one character a qubit.  Then bits are
 * named so that the SWAPs among the sweeps that are going to be appended leave each in its place. */
void form_init(struct form *form, unsigned nbits, const char *label, const struct sweep *sweeps,
               size_t count);
void form_clear(struct form *form);

/* Append sweeps; all, or up to the first that has no such form: returns how many. */
size_t form_append(struct form *form, const struct sweep *sweeps, size_t count);

/* No more will come: turn what is pending into epochs.  What lies in place[bit] now is what belongs in bit, see layout.h.
 * False when memory has run out at any time. */
bool form_finish(struct form *form);

/* Bytes that its lists take. */
size_t form_bytes(const struct form *form);

/* Whether two forms differ in numbers only: then they are tiled in the same way. */
bool form_same(const struct form *a, const struct form *b);

#endif
