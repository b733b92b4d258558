/* play.h - what the acts of a script do to a state. */
#ifndef KETSIM_CORE_PLAY_H
#define KETSIM_CORE_PLAY_H

#include "buffer.h"
#include "exec.h"
#include "script.h"

/* A state on its way through a script, and what has happened to it. */
struct scene {
    struct buffer *buffer; /* a reference; written in place when it is the only one */
    size_t act;            /* that comes next */
    uint64_t bits;         /* classical ones, as they were measured */
    uint64_t misread;      /* those that a readout may have flipped, for each shot by itself */
    uint64_t ordinal;      /* random operations so far */
    double clean;          /* probability of no error since the shots drew their u; 0: they have not yet */
    uint64_t counters[KETSIM_MAX_NESTING]; /* of loops that it is in: rounds that have ended */
};

/* What a thread plays with. */
struct player {
    const struct script *script;
    struct exec exec;
    struct program woven;
    double *p, *upto; /* probabilities of an act's outcomes, and their cumulative sums */
    size_t capacity;  /* of both */
};

void player_clear(struct player *player);

/* Find the probabilities of the outcomes of an act that looks at the state, for play_draw(): their number to *count, and to
 * *only the one outcome that is possible, or UINT64_MAX when there are several.  Fails with KETSIM_ERR_ARGUMENT when the
 * norm is not positive and finite, or with KETSIM_ERR_MEMORY. */
ketsim_status play_outcomes(struct player *player, uint64_t *count, uint64_t *only, const struct act *act,
                            const struct scene *scene);

/* The outcome that a number in [0, 1) draws, by cumulative probabilities. */
uint64_t play_draw(const double *upto, uint64_t count, double u);

/* The classical bits after an outcome of a measurement. */
uint64_t play_write_bits(uint64_t bits, const struct act *act, uint64_t outcome);

/* The classical bits of a shot after a readout whose first event is number ordinal; how many events a readout has. */
uint64_t play_read_bits(uint64_t bits, const struct act *act, uint64_t seed, uint64_t shot, uint64_t ordinal);
unsigned play_read_events(const struct act *act);

/* The amplitudes of a scene. */
const void *play_amps(const struct scene *scene);

/* Make an outcome of this probability happen; certain: there is no other. */
ketsim_status play_outcome(struct player *player, struct scene *scene, const struct act *act,
                           uint64_t outcome, double probability, bool certain);

/* Run a stretch with what comes in, as script_weave() takes it. */
ketsim_status play_stretch(struct player *player, struct scene *scene, const struct stretch *stretch,
                           const uint64_t *pairs, size_t count);

#endif
