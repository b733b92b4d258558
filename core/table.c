/* table.c - tables checked, copied and taken apart. */
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "gates.h"
#include "kernels/kernel.h"
#include "stops.h"
#include "unitary.h"

enum { LOOK = 1 << 16 }; /* entries between two looks at the limits */

static ketsim_status go_on(uint64_t x, uint64_t size)
{
    return x % LOOK == LOOK - 1 ? limits_go_on("table", (double)x / (double)size) : KETSIM_OK;
}

/* ---- memory ------------------------------------------------------------------------------------ */

/* Aligned as vectors are, in a size that aligned_alloc() takes. */
static ketsim_status allocate(void **out, size_t size, size_t each)
{
    *out = NULL;
    if (size <= SIZE_MAX / 2 / each) *out = aligned_alloc(MAX_VECTOR_BYTES, (size * each + 63) / 64 * 64);
    if (*out) return KETSIM_OK;
    (void)fail(KETSIM_ERR_MEMORY, "table of %zu entries: cannot allocate %zu bytes each", size, each);
    return KETSIM_ERR_MEMORY; /* which tells an analyzer that callers have room */
}

void table_retain(struct op_table *table)
{
    atomic_fetch_add_explicit(&table->refs, 1, memory_order_relaxed);
}

void table_release(struct op_table *table)
{
    if (!table || atomic_fetch_sub_explicit(&table->refs, 1, memory_order_acq_rel) != 1) return;
    free(table->phases);
    free(table->first);
    free(table->second);
    free(table);
}

size_t table_bytes(const struct op_table *table)
{
    const size_t each = table->phases ? sizeof *table->phases
                                      : (table->first ? 2 : 1) * sizeof *table->second;
    return sizeof *table + table_size(table) * each;
}

/* ---- phases ------------------------------------------------------------------------------------ */

static ketsim_status fill_phases(struct op_table *table, const ketsim_op *op)
{
    const size_t size = table_size(table);
    double limit, most = 0;
    TRY(tolerance_limit(&limit, "diagonal", op->tolerance));
    if (!op->matrix) return fail(KETSIM_ERR_ARGUMENT, "diagonal: given no entries: takes %zu", size);
    TRY(allocate((void **)&table->phases, size, sizeof *table->phases));
    for (uint64_t x = 0; x < size; x++) {
        const ketsim_complex c = table->phases[x] = op->matrix[x];
        const double off = fabs(sqrt(c.re * c.re + c.im * c.im) - 1);
        if (!(off <= limit) || !isfinite(off))
            return fail(KETSIM_ERR_ARGUMENT,
                        "diagonal: entry %llu is %g%+gi: must have modulus 1 within %.1g",
                        (unsigned long long)x, c.re, c.im, limit);
        if (off > most) most = off;
        TRY(go_on(x, size));
    }
    table->exact = defect_is_rounding(2 * most);
    return KETSIM_OK;
}

/* ---- permutations ------------------------------------------------------------------------------ */

/* inverse[targets[x]] = x; every place must be taken once.  moved: see table.h. */
static ketsim_status fill_inverse(uint64_t *inverse, uint64_t *moved, const uint64_t *targets, uint64_t size)
{
    memset(inverse, 0xff, size * sizeof *inverse);
    for (uint64_t x = 0; x < size; x++) {
        const uint64_t y = targets[x];
        if (y >= size)
            return fail(KETSIM_ERR_ARGUMENT, "permutation: %llu goes to %llu: must be below %llu",
                        (unsigned long long)x, (unsigned long long)y, (unsigned long long)size);
        if (inverse[y] != UINT64_MAX)
            return fail(KETSIM_ERR_ARGUMENT, "permutation: %llu and %llu both go to %llu: must differ",
                        (unsigned long long)inverse[y], (unsigned long long)x, (unsigned long long)y);
        inverse[y] = x;
        *moved |= x ^ y;
        TRY(go_on(x, size));
    }
    return KETSIM_OK;
}

/* Of the cycle c_0 = x, c_1, ... that targets make: c_i and c_-i exchange places. */
static void reflect_cycle(uint64_t *first, const uint64_t *targets, const uint64_t *inverse, uint64_t x)
{
    uint64_t forward = x, back = x;
    do {
        first[forward] = back;
        forward = targets[forward];
        back = inverse[back];
    } while (forward != x);
}

/* The first involution, and what is left for the second: targets after it.  second holds the inverse before. */
static ketsim_status reflect(struct op_table *table, const uint64_t *targets)
{
    const uint64_t size = table_size(table);
    TRY(allocate((void **)&table->first, size, sizeof *table->first));
    memset(table->first, 0xff, size * sizeof *table->first);
    for (uint64_t x = 0; x < size; x++) {
        if (table->first[x] == UINT64_MAX) reflect_cycle(table->first, targets, table->second, x);
        TRY(go_on(x, size));
    }
    for (uint64_t x = 0; x < size; x++) table->second[x] = targets[table->first[x]];
    return KETSIM_OK;
}

static ketsim_status fill_permutation(struct op_table *table, const ketsim_op *op)
{
    const size_t size = table_size(table);
    if (!op->table) return fail(KETSIM_ERR_ARGUMENT, "permutation: given no table: takes %zu targets", size);
    TRY(allocate((void **)&table->second, size, sizeof *table->second));
    TRY(fill_inverse(table->second, &table->moved, op->table, size));
    table->exact = true;
    if (memcmp(table->second, op->table, size * sizeof *table->second)) return reflect(table, op->table);
    return KETSIM_OK; /* its own inverse */
}

/* ---- making one -------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    for (size_t k = 0; k < size / 8; k++) {
        uint64_t word;
        memcpy(&word, (const char *)data + 8 * k, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
    }
    return hash;
}

static uint64_t hash_of(const struct op_table *t)
{
    const size_t size = table_size(t);
    uint64_t hash = mix(t->nqubits, t->qubits, sizeof t->qubits);
    if (t->phases) hash = mix(hash, t->phases, size * sizeof *t->phases);
    if (t->first) hash = mix(hash, t->first, size * sizeof *t->first);
    return t->second ? mix(hash, t->second, size * sizeof *t->second) : hash;
}

ketsim_status table_new(struct op_table **out, const ketsim_op *op)
{
    struct op_table *made = calloc(1, sizeof *made);
    if (!made) return fail(KETSIM_ERR_MEMORY, "table: cannot allocate %zu bytes", sizeof *made);
    atomic_init(&made->refs, 1);
    made->nqubits = (uint8_t)op->nqubits;
    for (size_t k = 0; k < op->nqubits; k++) made->qubits[k] = (uint8_t)op->qubits[k];
    const ketsim_status status = op->gate == KETSIM_GATE_DIAGONAL ? fill_phases(made, op)
                                                                  : fill_permutation(made, op);
    if (status != KETSIM_OK) {
        table_release(made);
        return status;
    }
    for (unsigned dtype = 0; dtype < 2; dtype++) atomic_init(&made->excess[dtype], NAN);
    made->hash = hash_of(made);
    *out = made;
    return KETSIM_OK;
}

static bool same(const void *a, const void *b, size_t size)
{
    return a && b ? !memcmp(a, b, size) : a == b;
}

bool table_equal(const struct op_table *a, const struct op_table *b)
{
    const size_t size = table_size(a);
    return a == b || (a->hash == b->hash && a->nqubits == b->nqubits &&
                      !memcmp(a->qubits, b->qubits, sizeof a->qubits) &&
                      same(a->phases, b->phases, size * sizeof *a->phases) &&
                      same(a->first, b->first, size * sizeof *a->first) &&
                      same(a->second, b->second, size * sizeof *a->second));
}
