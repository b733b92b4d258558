/* fill.h - the passes that write amplitudes without a plan. */
#ifndef KETSIM_CORE_FILL_H
#define KETSIM_CORE_FILL_H

#include "exec.h"

/* Write the product state that label names, one character a qubit. */
void fill_product(const struct exec *exec, void *dst, const char *label);

/* Whether every character of a label is known. */
ketsim_status fill_check_label(const char *label, size_t length);

/* Copy all amplitudes; src need not be aligned or padded. */
void fill_copy(const struct exec *exec, void *dst, const void *src);

/* Multiply by factor where (index & mask) == values and write zero elsewhere; dst may be src. */
void fill_project(const struct exec *exec, void *dst, const void *src, uint64_t mask, uint64_t values,
                  double factor);

#endif
