/* unitary.h - is a matrix unitary, and within which tolerance? */
#ifndef KETSIM_CORE_UNITARY_H
#define KETSIM_CORE_UNITARY_H

#include "ketsim.h"

/* The dim by dim matrix becomes its conjugate transpose. */
void matrix_adjoint(ketsim_complex *m, unsigned dim);

/* max |U U* - 1| of a dim by dim matrix, dim being a power of two, at least 2; not finite when an entry is not. */
double matrix_defect(const ketsim_complex *u, unsigned dim);

/* What a caller's tolerance means: 0 is 1e-10.  Fails when it is out of range; what names what it is for. */
ketsim_status tolerance_limit(double *limit, const char *what, double tolerance);

/* Whether an operation that is off by so much, as a norm of U U* - 1, is unitary but for roundings. */
bool defect_is_rounding(double defect);

#endif
