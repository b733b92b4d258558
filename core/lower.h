/* lower.h - an operation as a sweep: its simplest matrix, on bits. */
#ifndef KETSIM_CORE_LOWER_H
#define KETSIM_CORE_LOWER_H

#include "ahead.h"
#include "kernels/kernel.h"
#include "program.h"

/* Write the sweep of op, an operation of ahead's program that is not wide, and its entries; false when op is the identity. */
bool lower(struct sweep *sweep, ketsim_complex *entries, struct ahead *ahead, const struct op *op,
           unsigned nqubits);

/* Whether it may become a sweep that passes over tiles have no form for: under further controls, long strings of letters, or
 * no unitaries. */
bool lower_may_stream(const struct op *op);

/* Entries that lower() may write for op. */
size_t lower_entries(const struct op *op);

#endif
