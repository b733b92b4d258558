/* script.h - a dynamic circuit as the list of acts that a shot takes.
 *
 * Gates become stretches, which end where something depends on the state or on classical bits.  Channels whose operators
 * are multiples of unitaries do not end one: what they may put between its operations is drawn before it runs.  Where
 * stretches begin and end depends on the circuit alone, and so do the bits of whatever runs them. */
#ifndef KETSIM_CORE_SCRIPT_H
#define KETSIM_CORE_SCRIPT_H

#include "cache.h"
#include "circuit.h"

enum { CHOICE_PARTS = 3, CHOICE_ENTRIES = 16 };

/* A unitary as the operations that it is: on single qubits, or one on two. */
struct choice {
    unsigned count;
    struct {
        uint8_t nqubits, qubits[2]; /* the channel's, from 0 */
        ketsim_complex matrix[CHOICE_ENTRIES];
    } parts[CHOICE_PARTS];
};

/* A channel of unitaries that a circuit has. */
struct choices {
    const ketsim_channel *channel; /* the circuit's */
    size_t count;
    double *p, clean; /* probabilities; clean: of those that change nothing */
    struct choice *list;
};

/* A place in a stretch where one of them comes in. */
struct noise {
    size_t at; /* before operation number at */
    const struct choices *choices;
    uint8_t qubits[CHOICE_PARTS];
};

struct stretch {
    struct program program; /* without noise */
    size_t nnoise, noise_capacity;
    struct noise *noise;
    bool direct;              /* runs without a plan when nothing comes in */
    struct ketsim_plan *plan; /* else how it runs then */
};

enum act_kind {
    ACT_RUN,     /* a stretch */
    ACT_MEASURE, /* qubits into bits */
    ACT_RESET,   /* qubits to 0 */
    ACT_CHANNEL, /* one of the channel's operators */
    ACT_IF,      /* go to act number target unless the bits have the values */
    ACT_REPEAT,  /* go to target unless they have, or this is time number limit */
    ACT_READOUT  /* bits may flip */
};

struct act {
    enum act_kind kind;
    unsigned count; /* of qubits; ACT_READOUT: of places */
    uint8_t bits[KETSIM_MAX_QUBITS];
    uint8_t
        places[KETSIM_MAX_BITS]; /* ACT_MEASURE: bit of the classical word that each goes to; ACT_READOUT */
    double flips[2];             /* ACT_READOUT: probability that a 0, or a 1, flips */
    struct stretch *stretch;
    const ketsim_channel *channel;
    uint64_t mask, values, limit; /* of the classical word */
    size_t target;
    unsigned counter; /* which of the loops around it this is */
    double
        ns_after; /* that one shot takes from here to the end, roughly, on one thread; each round of a loop once */
};

struct script {
    ketsim_circuit *circuit; /* a copy, which nobody changes */
    unsigned nqubits;        /* of the state */
    unsigned nbits;
    ketsim_dtype dtype;
    size_t count, capacity;
    struct act *acts;
    size_t looked; /* from act number looked on there are only readouts */
    size_t nchoices;
    struct choices **choices; /* one for each channel */
};

/* Make the script of a circuit for states of so many qubits.  Fails with KETSIM_ERR_ARGUMENT or KETSIM_ERR_MEMORY. */
ketsim_status script_make(struct script *script, const ketsim_circuit *circuit, unsigned nqubits,
                          ketsim_dtype dtype);
void script_clear(struct script *script);

/* The operations of a stretch, with what comes in: count pairs of a number of its noise, ascending, and a choice. */
ketsim_status script_weave(struct program *out, const struct stretch *stretch, const uint64_t *pairs,
                           size_t count);

/* ---- choices.c ---- */

/* Whether a channel's operators can come into a stretch. */
bool choices_fit(const ketsim_channel *channel);

/* Those of such a channel. */
ketsim_status choices_make(struct choices **out, const ketsim_channel *channel);
void choices_free(struct choices *choices);

#endif
