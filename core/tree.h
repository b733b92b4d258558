/* tree.h - shots of a dynamic circuit as a tree: those whose outcomes have been the same are one state.  What a detector
 * misreads is kept with each shot, and parts them only where something depends on it.
 *
 * A node is a scene and the shots that are in it.  Its children, one for each outcome that a shot drew, are visited one after
 * the other, the one with most shots last, which takes over the node's amplitudes.  Every other child has at most half of
 * the shots: so no more buffers are held at once than the number of shots has binary digits.  What a shot does is
 * decided by its own numbers, and never by how shots are together or by whom they are run. */
#ifndef KETSIM_CORE_TREE_H
#define KETSIM_CORE_TREE_H

#include "averages.h"
#include "play.h"
#include "spin.h"

struct shot {
    uint64_t number, group; /* group: among those of a node, while it branches */
    uint64_t flips;         /* bits that it has other than the scene */
    double u; /* in [0, 1): its next error comes as soon as the probability of none has sunk to this */
};

struct node {
    struct scene scene;
    struct shot *shots;
    size_t count;
};

enum { TREE_OFFERS = 8 };

struct tree {
    /* what is asked */
    const struct script *script;
    uint64_t seed, first;
    size_t count;              /* of shots */
    uint64_t *out;             /* classical bits of each; may be NULL */
    struct averages *averages; /* of what the shots end in; may be NULL */
    bool keeps;                /* of one shot: what is left */
    struct buffer *kept;
    struct exec exec; /* how passes run */
    const ketsim_cancel *cancel;
    uint64_t timeout_ms, deadline;
    bool (*poll)(void *context, double done); /* of the caller's; may be NULL */
    void *poll_context;

    /* how it goes */
    uint32_t epoch; /* of forks */
    uint64_t polled_ns;
    _Atomic bool stop;
    _Atomic size_t done;   /* shots */
    _Atomic unsigned idle; /* threads that wait for a node */
    _Atomic uint32_t bell; /* for them */
    struct spin lock;      /* guards what follows */
    struct node offers[TREE_OFFERS];
    unsigned noffers, active; /* active: threads that have a node */
    ketsim_status status;     /* of the first failure */
    char message[400];
};

/* For shots in the order of their numbers, all from start, of which references are taken; parts: trees of their own, for
 * as many threads, at most TREE_OFFERS. */
void tree_begin(struct tree *tree, struct buffer *start, struct shot *shots, unsigned parts);

/* Visit nodes until none is left. */
void tree_work(struct tree *tree, bool by_caller);

/* For the calling thread: call the caller's poll if its time has come. */
void tree_poll(struct tree *tree);
bool tree_stopped(const struct tree *tree);

/* Give a node to a thread that has none; false if there is none, or the node is small. */
bool tree_offer(struct tree *tree, const struct node *node);

/* What came of it, for the calling thread when all have returned; drops nodes that are left. */
ketsim_status tree_end(struct tree *tree);

#endif
