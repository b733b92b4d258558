/* wide.c - from an operation on many qubits to a pass of its own: bits in order, the numbers in the kernel's. */
#include "wide.h"

#include <math.h>

#include "bits.h"
#include "cplx.h"
#include "passes/numbers.h"
#include "stops.h"

enum { LOOK = 1 << 16 }; /* numbers between two looks at the limits */

static size_t amp_bytes(ketsim_dtype dtype)
{
    return dtype == KETSIM_COMPLEX128 ? 16 : 8;
}

/* ---- bits -------------------------------------------------------------------------------------- */

/* The lowest bits that are neither targets nor controls, as many as a row of a unit has room for. */
static uint64_t choose_columns(const struct wide *wide, unsigned nqubits, ketsim_dtype dtype)
{
    uint64_t left = ((UINT64_C(1) << nqubits) - 1) & ~(wide->targets | wide->control_mask), columns = 0;
    unsigned room = (unsigned)(WIDE_ROW_BYTES / amp_bytes(dtype));
    for (; left && room > 1; room /= 2, left &= left - 1) columns |= left & -left;
    return columns;
}

/* Bits of a number dealt to other places, a byte at a time. */
struct deal {
    unsigned nbytes;
    uint64_t at[(KETSIM_MAX_QUBITS + 7) / 8][256];
};

/* Bit k goes to to[k]. */
static void deal_init(struct deal *deal, const uint8_t *to, unsigned nbits)
{
    deal->nbytes = (nbits + 7) / 8;
    for (unsigned b = 0; b < deal->nbytes; b++) {
        const unsigned here = nbits - 8 * b < 8 ? nbits - 8 * b : 8;
        deal->at[b][0] = 0;
        for (unsigned v = 1; v < 1u << here; v++)
            deal->at[b][v] = deal->at[b][v & (v - 1)] | UINT64_C(1) << to[8 * b + low_bit(v)];
    }
}

static inline uint64_t dealt(const struct deal *deal, uint64_t value)
{
    uint64_t out = 0;
    for (unsigned b = 0; b < deal->nbytes; b++) out |= deal->at[b][value >> 8 * b & 255];
    return out;
}

/* From a row of the pass to the operation's own order of qubits. */
static void deal_rows(struct deal *deal, const struct op *op)
{
    uint8_t from[KETSIM_MAX_QUBITS]; /* by bit of the row */
    for (unsigned k = 0; k < op->nqubits; k++) {
        unsigned lower = 0;
        for (unsigned j = 0; j < op->nqubits; j++) lower += op_qubit(op, j) > op_qubit(op, k);
        from[lower] = (uint8_t)(op->nqubits - 1 - k);
    }
    deal_init(deal, from, op->nqubits);
}

/* From a number in the operation's own order of qubits to bits of the index. */
static void deal_index(struct deal *deal, const struct op *op, unsigned nqubits)
{
    uint8_t to[KETSIM_MAX_QUBITS];
    for (unsigned k = 0; k < op->nqubits; k++)
        to[op->nqubits - 1 - k] = (uint8_t)(nqubits - 1 - op_qubit(op, k));
    deal_init(deal, to, op->nqubits);
}

/* ---- tables ------------------------------------------------------------------------------------ */

unsigned wide_parts(const struct op *op)
{
    return op->gate == KETSIM_GATE_PERMUTATION && op->table->first ? 2 : 1;
}

static bool is_ascending(const struct op *op)
{
    for (unsigned k = 1; k < op->nqubits; k++)
        if (op_qubit(op, k) < op_qubit(op, k - 1)) return false;
    return true;
}

/* The involution that comes first, or second. */
static const uint64_t *exchanges_of(const struct op *op, unsigned part)
{
    const bool first = op->table->first && (part == 0) != op->undone;
    return first ? op->table->first : op->table->second;
}

/* The table's own numbers when the kernel can read them, or NULL. */
static const void *borrowed(const struct op *op, unsigned part, unsigned nqubits, ketsim_dtype dtype)
{
    if (!op_has_table(op) || !is_ascending(op)) return NULL;
    if (op->table->phases) return dtype == KETSIM_COMPLEX128 ? op->table->phases : NULL;
    return op_qubit(op, 0) + op->nqubits == nqubits ? exchanges_of(op, part) : NULL;
}

size_t wide_bytes(const struct op *op, unsigned nqubits, ketsim_dtype dtype)
{
    if (!op_has_table(op)) return op_entries(op) * amp_bytes(dtype);
    if (borrowed(op, 0, nqubits, dtype)) return 0;
    return table_size(op->table) * (op->table->phases ? amp_bytes(dtype) : sizeof(uint64_t));
}

/* ---- numbers ----------------------------------------------------------------------------------- */

static void put_matrix(void *numbers, const ketsim_complex *m, const struct op *op, ketsim_dtype dtype)
{
    const size_t dim = (size_t)1 << op->nqubits;
    size_t own[1 << KETSIM_MAX_MATRIX_QUBITS];
    struct deal rows;
    deal_rows(&rows, op);
    for (size_t r = 0; r < dim; r++) own[r] = dealt(&rows, r);
    for (size_t r = 0; r < dim; r++)
        for (size_t c = 0; c < dim; c++)
            c_store(numbers, dtype, (r / WIDE_ROWS * dim + c) * WIDE_ROWS + r % WIDE_ROWS,
                    m[own[r] * dim + own[c]]);
}

static bool go_on(uint64_t row)
{
    return row % LOOK != LOOK - 1 || limits_go_on("plan", 0) == KETSIM_OK;
}

static bool put_phases(void *numbers, const struct op *op, ketsim_dtype dtype)
{
    struct deal rows;
    deal_rows(&rows, op);
    for (uint64_t r = 0; r < table_size(op->table); r++) {
        c_store(numbers, dtype, r, op->table->phases[dealt(&rows, r)]);
        if (!go_on(r)) return false;
    }
    return true;
}

static bool put_exchanges(uint64_t *numbers, const struct op *op, unsigned part, unsigned nqubits)
{
    const uint64_t *const exchanges = exchanges_of(op, part);
    struct deal rows, index;
    deal_rows(&rows, op);
    deal_index(&index, op, nqubits);
    for (uint64_t r = 0; r < table_size(op->table); r++) {
        numbers[r] = dealt(&index, exchanges[dealt(&rows, r)]);
        if (!go_on(r)) return false;
    }
    return true;
}

/* For passes over tiles. */
static void put_few(struct wide *wide, const struct op *op, unsigned nqubits)
{
    if (op->nqubits > WIDE_FEW) return;
    for (unsigned k = 0; k < WIDE_FEW; k++)
        wide->few_targets[k] = k < op->nqubits ? (uint8_t)(nqubits - 1 - op_qubit(op, k)) : 0;
    for (unsigned x = 0; x < 1u << op->nqubits; x++) wide->few[x] = table_phase(op->table, x, op->undone);
}

static bool put_table(struct wide *wide, void *numbers, const struct op *op, unsigned part, unsigned nqubits,
                      ketsim_dtype dtype)
{
    const void *const own = borrowed(op, part, nqubits, dtype);
    wide->kind = op->table->phases ? WIDE_PHASES : WIDE_EXCHANGES;
    wide->conjugates = op->table->phases && op->undone;
    if (op->table->phases) put_few(wide, op, nqubits);
    if (own) wide->numbers = own;
    if (own) return true;
    return op->table->phases ? put_phases(numbers, op, dtype) : put_exchanges(numbers, op, part, nqubits);
}

bool wide_make(struct wide *wide, void *numbers, const struct program *program, const struct op *op,
               unsigned part, unsigned nqubits, ketsim_dtype dtype)
{
    wide->targets = bits_of_qubits(op_targets(op), nqubits);
    wide->control_mask = bits_of_qubits(op->control_mask, nqubits);
    wide->control_values = bits_of_qubits(op->control_values, nqubits);
    wide->ntargets = op->nqubits;
    wide->nbits = (uint8_t)nqubits;
    wide->kind = WIDE_MATRIX;
    wide->numbers = numbers;
    wide->columns = 0;
    if (op_has_table(op)) return put_table(wide, numbers, op, part, nqubits, dtype);
    wide->columns = choose_columns(wide, nqubits, dtype);
    put_matrix(numbers, program->entries + op->matrix, op, dtype);
    return true;
}

/* ---- sizes ------------------------------------------------------------------------------------- */

size_t wide_scratch_bytes(const struct wide *wide)
{
    return wide->kind == WIDE_MATRIX ? (size_t)2 * WIDE_ROW_BYTES << wide->ntargets : 0;
}

uint64_t wide_units(const struct wide *wide, unsigned nbits, bool in_place)
{
    const uint64_t side_by_side = wide->kind == WIDE_MATRIX ? wide->targets | wide->columns
                                                            : wide_block(nbits) - 1,
                   inside = side_by_side | (in_place ? wide->control_mask : 0);
    return UINT64_C(1) << (nbits - bit_count(inside));
}

uint64_t wide_unit_amps(const struct wide *wide)
{
    if (wide->kind != WIDE_MATRIX) return wide_block(wide->nbits);
    return UINT64_C(1) << bit_count(wide->targets | wide->columns);
}

/* A gate is about four products an amplitude. */
unsigned wide_weight(const struct wide *wide)
{
    if (wide->kind != WIDE_MATRIX) return wide->kind == WIDE_PHASES ? 1 : 2;
    return 1 + (1u << wide->ntargets) / 8;
}

/* Mean of |c|^2 - 1 over all phases, the squares as whole numbers. */
static double phases_excess(const struct op_table *table, ketsim_dtype dtype)
{
    const double limit = dtype == KETSIM_COMPLEX128 ? 0x1p-48 : 0x1p-19;
    __int128 sum = 0;
    for (uint64_t x = 0; x < table_size(table); x++) {
        const double re = numbers_round(dtype, table->phases[x].re),
                     im = numbers_round(dtype, table->phases[x].im);
        if (!(fabs(re) < 2 && fabs(im) < 2)) return 0;
        const int64_t a = (int64_t)(re * 0x1p60), b = (int64_t)(im * 0x1p60);
        sum += (__int128)a * a + (__int128)b * b - ((__int128)1 << 120);
    }
    const double excess = (double)sum * 0x1p-120 / (double)table_size(table);
    return fabs(excess) < limit ? excess : 0;
}

static double table_excess(const struct op *op, ketsim_dtype dtype)
{
    struct op_table *const table = op->table;
    double excess = atomic_load_explicit(&table->excess[dtype], memory_order_relaxed);
    if (!table->phases) return 0;
    if (isnan(excess)) {
        excess = phases_excess(table, dtype);
        atomic_store_explicit(&table->excess[dtype], excess, memory_order_relaxed);
    }
    return ldexp(excess, -(int)bit_count(op->control_mask));
}

double wide_excess(const struct program *program, const struct op *op, ketsim_dtype dtype)
{
    if (op_has_table(op)) return table_excess(op, dtype);
    const struct sweep sweep = {
        .entries = program->entries + op->matrix, .ntargets = op->nqubits, .control_mask = op->control_mask};
    return numbers_sweep_excess(&sweep, dtype);
}
