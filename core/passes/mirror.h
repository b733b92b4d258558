/* mirror.h - which bits to keep in a tile when gates lead back to |0...0>. */
#ifndef KETSIM_CORE_PASSES_MIRROR_H
#define KETSIM_CORE_PASSES_MIRROR_H

#include "route.h"

/* The bits of passes from |0...0> through the inverse of the sweeps, the last pass first: so that amplitudes vanish as early as
 * they would come into being late.  cores: as of the form.  False when memory has run out. */
bool mirror_route(struct route *out, const struct sweep *sweeps, size_t count, unsigned nbits, unsigned m,
                  bool cores);

#endif
