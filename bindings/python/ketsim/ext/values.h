/* values.h - the values of a function of some bits. */
#ifndef KETSIM_EXT_VALUES_H
#define KETSIM_EXT_VALUES_H

#include "ext.h"

/* All below limit, in memory for free(). */
struct values {
    const char *what;
    uint64_t count, limit, *entries;
};

int values_reserve(struct ext *ext, struct values *values, uint64_t count);

/* Of so many bits, given as a table or to be called once for each x; count is what the table has. */
int values_parse(struct ext *ext, PyObject *given, Py_ssize_t nqubits, struct values *values);

#endif
