/* results.h - values for Python: tuples, dicts, arrays. */
#ifndef KETSIM_EXT_RESULTS_H
#define KETSIM_EXT_RESULTS_H

#include "ext.h"

/* tuples.c: a tuple of what item makes, or NULL when it cannot make one of them; and of the library's numbers */
PyObject *tuple_make(size_t count, PyObject *(*item)(const void *context, size_t k), const void *context);
PyObject *tuple_of_doubles(const double *numbers, size_t count);
PyObject *tuple_of_complex(const ketsim_complex *numbers, size_t count);
PyObject *tuple_of_ints(const int *numbers, size_t count);
PyObject *tuple_of_uint64(const uint64_t *numbers, size_t count);

/* record.c */
PyObject *record_tuple(struct ext *ext, const ketsim_circuit *circuit, const ketsim_op_record *record,
                       size_t index);

/* counts.c: the dict of counts by label */
PyObject *counts_dict(const ketsim_count *counts, size_t ncounts, unsigned nqubits);

/* circuit.c */
PyObject *circuit_entries(const struct circuit *self, size_t most); /* list of the tuples */

/* result.c: arrays for the caller, of NumPy where it can be imported, else memoryviews */
PyObject *result_new(struct ext *ext, enum result_kind kind, uint64_t count, Py_buffer *buffer);
PyObject *result_in_memory(struct ext *ext, enum result_kind kind,
                           struct memory *memory);                 /* of all its bytes */
int result_fits(struct ext *ext, uint64_t count, size_t itemsize); /* OutOfMemory if not */
uint64_t result_bytes(enum result_kind kind, uint64_t count);      /* of one that is better there; else 0 */
/* rows by rows of the numbers in flat, a result whose reference moves */
PyObject *result_square(struct ext *ext, enum result_kind kind, PyObject *flat, Py_ssize_t rows);

#endif
