/* rounding.h - what the rounded numbers of a direct pass do to the square of the norm, on average. */
#ifndef KETSIM_CORE_ROUNDING_H
#define KETSIM_CORE_ROUNDING_H

#include "kernels/direct_pass.h"

/* Of a unitary matrix on one bit, rounded to a precision. */
double rounding_of_matrix(const ketsim_complex *m, ketsim_dtype dtype);

/* Of a pass that has its form. */
double rounding_of_pass(const struct direct_pass *pass, ketsim_dtype dtype);

#endif
