/* table.h - the numbers of an operation that is given by one for each basis state of its qubits: phases, or where basis
 * states go.  Made once, never changed, shared by all copies of the operation. */
#ifndef KETSIM_CORE_TABLE_H
#define KETSIM_CORE_TABLE_H

#include <stdatomic.h>

#include "ketsim.h"

/* A permutation is two involutions, one after the other: x goes to second[first[x]].  Every permutation is (each cycle is
 * the product of two reflections of a polygon), and an involution needs no second buffer: it exchanges pairs. */
struct op_table {
    _Atomic uint32_t refs;
    uint8_t nqubits, qubits[KETSIM_MAX_QUBITS]; /* the first is the most significant bit of x */
    uint64_t hash;                              /* of all that follows */
    bool exact;                                 /* of modulus 1 but for roundings; permutations are */
    uint64_t moved;                             /* bits of x that differ from where it goes, of some x */
    ketsim_complex *phases;                     /* NULL: a permutation */
    uint64_t *first, *second;                   /* first NULL: the identity */
    _Atomic double
        excess[2]; /* of phases, by ketsim_dtype: a note of wide_excess(), NaN before it is known */
};

/* Make one from a KETSIM_GATE_DIAGONAL or KETSIM_GATE_PERMUTATION whose qubits are checked.  Fails with KETSIM_ERR_ARGUMENT when
 * a phase has not the modulus 1 or the table is no bijection, with KETSIM_ERR_MEMORY, or as the thread's limits say. */
ketsim_status table_new(struct op_table **out, const ketsim_op *op);
void table_retain(struct op_table *table);
void table_release(struct op_table *table); /* NULL is allowed */

static inline size_t table_size(const struct op_table *table)
{
    return (size_t)1 << table->nqubits;
}

size_t table_bytes(const struct op_table *table);

/* Same qubits, and the same numbers bit by bit. */
bool table_equal(const struct op_table *a, const struct op_table *b);

/* Where x goes, or by which phase it is multiplied; of the inverse if undone. */
static inline uint64_t table_target(const struct op_table *table, uint64_t x, bool undone)
{
    if (!table->first) return table->second[x];
    return undone ? table->first[table->second[x]] : table->second[table->first[x]];
}

static inline ketsim_complex table_phase(const struct op_table *table, uint64_t x, bool undone)
{
    const ketsim_complex phase = table->phases[x];
    return undone ? (ketsim_complex){phase.re, -phase.im} : phase;
}

#endif
