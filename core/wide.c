/* wide.c - from an operation on many qubits to a pass of its own: bits in order, the matrix in the kernel's. */
#include "wide.h"

#include "bits.h"
#include "passes/numbers.h"

size_t wide_bytes(const struct op *op, ketsim_dtype dtype)
{
    return op_entries(op) * (dtype == KETSIM_COMPLEX128 ? 16 : 8);
}

/* ---- bits -------------------------------------------------------------------------------------- */

/* The lowest bits that are neither targets nor controls, as many as a row of a unit has room for. */
static uint64_t choose_columns(const struct wide *wide, unsigned nqubits, ketsim_dtype dtype)
{
    uint64_t left = ((UINT64_C(1) << nqubits) - 1) & ~(wide->targets | wide->control_mask), columns = 0;
    unsigned room = WIDE_ROW_BYTES / (dtype == KETSIM_COMPLEX128 ? 16 : 8);
    for (; left && room > 1; room /= 2, left &= left - 1) columns |= left & -left;
    return columns;
}

/* What row r of the pass is in the operation's own order of qubits. */
struct order {
    unsigned ntargets;
    uint8_t from[KETSIM_MAX_MATRIX_QUBITS]; /* by bit of r: bit of the operation's row */
};

static struct order order_of(const struct op *op, unsigned nqubits)
{
    struct order order = {.ntargets = op->nqubits};
    for (unsigned k = 0; k < op->nqubits; k++) {
        unsigned lower = 0;
        for (unsigned j = 0; j < op->nqubits; j++) lower += op_qubit(op, j) > op_qubit(op, k);
        order.from[lower] = (uint8_t)(op->nqubits - 1 - k);
    }
    (void)nqubits;
    return order;
}

static size_t own_row(const struct order *order, size_t r)
{
    size_t own = 0;
    for (unsigned k = 0; k < order->ntargets; k++) own |= (r >> k & 1) << order->from[k];
    return own;
}

/* ---- numbers ----------------------------------------------------------------------------------- */

static void put(void *numbers, size_t index, ketsim_complex value, ketsim_dtype dtype)
{
    if (dtype == KETSIM_COMPLEX128) {
        ((ketsim_complex *)numbers)[index] = value;
    } else {
        ((float *)numbers)[2 * index] = (float)value.re;
        ((float *)numbers)[2 * index + 1] = (float)value.im;
    }
}

static void put_matrix(void *numbers, const ketsim_complex *m, const struct order *order, ketsim_dtype dtype)
{
    const size_t dim = (size_t)1 << order->ntargets;
    size_t own[1 << KETSIM_MAX_MATRIX_QUBITS];
    for (size_t r = 0; r < dim; r++) own[r] = own_row(order, r);
    for (size_t r = 0; r < dim; r++)
        for (size_t c = 0; c < dim; c++)
            put(numbers, (r / WIDE_ROWS * dim + c) * WIDE_ROWS + r % WIDE_ROWS, m[own[r] * dim + own[c]],
                dtype);
}

void wide_make(struct wide *wide, void *numbers, const struct program *program, const struct op *op,
               unsigned nqubits, ketsim_dtype dtype)
{
    const struct order order = order_of(op, nqubits);
    *wide = (struct wide){.targets = bits_of_qubits(op_targets(op), nqubits),
                          .control_mask = bits_of_qubits(op->control_mask, nqubits),
                          .control_values = bits_of_qubits(op->control_values, nqubits),
                          .ntargets = op->nqubits,
                          .numbers = numbers};
    wide->columns = choose_columns(wide, nqubits, dtype);
    put_matrix(numbers, program->entries + op->matrix, &order, dtype);
}

/* ---- sizes ------------------------------------------------------------------------------------- */

size_t wide_scratch_bytes(const struct wide *wide)
{
    return (size_t)2 * WIDE_ROW_BYTES << wide->ntargets;
}

uint64_t wide_units(const struct wide *wide, unsigned nbits, bool in_place)
{
    const uint64_t inside = wide->targets | wide->columns | (in_place ? wide->control_mask : 0);
    return UINT64_C(1) << (nbits - bit_count(inside));
}

uint64_t wide_unit_amps(const struct wide *wide)
{
    return UINT64_C(1) << bit_count(wide->targets | wide->columns);
}

/* A gate is about four products an amplitude. */
unsigned wide_weight(const struct wide *wide)
{
    return 1 + (1u << wide->ntargets) / 8;
}

double wide_excess(const struct program *program, const struct op *op, ketsim_dtype dtype)
{
    const struct sweep sweep = {
        .entries = program->entries + op->matrix, .ntargets = op->nqubits, .control_mask = op->control_mask};
    return numbers_sweep_excess(&sweep, dtype);
}
