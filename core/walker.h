/* walker.h - a thread that visits nodes of a tree of shots, and what it needs for that. */
#ifndef KETSIM_CORE_WALKER_H
#define KETSIM_CORE_WALKER_H

#include "grouping.h"
#include "tree.h"

struct walker {
    struct tree *tree;
    struct player player;
    struct grouping grouping;
    struct averages_reader reader;
    ketsim_run_options options; /* of long passes */
    unsigned acts;              /* since it looked at the clock */
    bool by_caller;
};

void walker_init(struct walker *w, struct tree *tree, bool by_caller); /* stays where it is */
void walker_clear(struct walker *w);

/* To the end, with all that branches off and is not taken by others; the node is used up. */
ketsim_status walker_walk(struct walker *w, struct node *node);

#endif
