/* launch.h - listed passes of a run without a plan run. */
#ifndef KETSIM_CORE_LAUNCH_H
#define KETSIM_CORE_LAUNCH_H

#include "emit.h"

/* Run what is listed, with the common phase in one of the passes when it is the end.  Passes run one behind the other, for
 * the branches of what makes them would have the processor forget those of the kernel. */
void launch(struct direct *run, bool end);

#endif
