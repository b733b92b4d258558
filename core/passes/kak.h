/* kak.h - a unitary on two bits as one that is sparse, between gates on one bit. */
#ifndef KETSIM_CORE_PASSES_KAK_H
#define KETSIM_CORE_PASSES_KAK_H

#include <stdbool.h>

#include "ketsim.h"

/* (left[0] x left[1]) core (R(t[0]) x R(t[1])) (diag(1, before[0]) x diag(1, before[1])); index 0 is the row's more
 * significant bit.  R(t) is [[1, -t], [t, 1]] / sqrt(1 + t^2), |t| <= 1.  Of the core's entries only those are not 0
 * whose row and column agree in both bits or in none. */
struct kak {
    ketsim_complex left[2][4], core[16], before[2];
    double t[2];
};

/* False when m, 4 by 4 and row-major, is not unitary to a few roundings. */
bool kak_split(struct kak *out, const ketsim_complex *m);

#endif
