/* walk.h - how far along its epochs each bit is. */
#ifndef KETSIM_CORE_PASSES_WALK_H
#define KETSIM_CORE_PASSES_WALK_H

#include "form.h"

struct walk {
    uint32_t at[KETSIM_MAX_QUBITS]; /* epoch of each bit whose step has not run */
};

/* Whether a term's bits all stand at the epochs it belongs to. */
bool walk_meets(const struct form *form, const struct walk *walk, const struct term *term);

/* Whether the flip that a term is the condition of has run. */
bool walk_has_flipped(const struct form *form, const struct walk *walk, const struct term *term);

/* Whether all steps have run. */
bool walk_ended(const struct form *form, const struct walk *walk);

/* Move a bit, whose step runs, to its next epoch; returns the bits that may have waited for it. */
uint64_t walk_step(const struct form *form, struct walk *walk, unsigned bit);

/* Run every step that needs no bit outside local, starting with those of bits; returns how many ran. */
unsigned walk_on(const struct form *form, struct walk *walk, uint64_t local, uint64_t bits);

#endif
