/* lower.c - from an operation to a sweep: qubits become bit positions, matrices get their simplest form. */
#include "lower.h"

#include <math.h>
#include <string.h>

#include "bits.h"
#include "gates.h"

_Static_assert((int)MAX_TARGETS == (int)KETSIM_MAX_TARGETS, "kernels take every matrix the table has");

static bool is_value(ketsim_complex c, double re)
{
    return c.re == re && c.im == 0;
}

static bool is_diagonal(const ketsim_complex *m, unsigned dim)
{
    for (unsigned row = 0; row < dim; row++)
        for (unsigned column = 0; column < dim; column++)
            if (row != column && !is_value(m[row * dim + column], 0)) return false;
    return true;
}

static bool is_real(const ketsim_complex *m, unsigned count)
{
    for (unsigned k = 0; k < count; k++)
        if (m[k].im != 0) return false;
    return true;
}

static void add_control(struct sweep *sweep, unsigned bit, unsigned value)
{
    sweep->control_mask |= UINT64_C(1) << bit;
    sweep->control_values |= (uint64_t)value << bit;
}

/* Two targets in ascending order are exchanged; whether they were. */
static bool order_targets(struct sweep *sweep)
{
    if (sweep->ntargets < 2 || sweep->targets[0] > sweep->targets[1]) return false;
    const uint8_t first = sweep->targets[0];
    sweep->targets[0] = sweep->targets[1];
    sweep->targets[1] = first;
    return true;
}

/* And with them the middle rows and columns. */
static void order_matrix(struct sweep *sweep, ketsim_complex *m)
{
    static const uint8_t exchanged[4] = {0, 2, 1, 3};
    ketsim_complex copy[MATRIX_ENTRIES];
    if (!order_targets(sweep)) return;
    memcpy(copy, m, sizeof copy);
    for (unsigned k = 0; k < MATRIX_ENTRIES; k++) m[k] = copy[exchanged[k / 4] * 4 + exchanged[k % 4]];
}

static void order_diagonal(struct sweep *sweep, ketsim_complex *d)
{
    const ketsim_complex second = d[1];
    if (!order_targets(sweep)) return;
    d[1] = d[2];
    d[2] = second;
}

/* A diagonal that is 1 wherever one of its targets has some value acts under that target as a control:
 * what is left touches half the amplitudes. */
static bool turn_target_into_control(struct sweep *sweep, ketsim_complex *d)
{
    for (unsigned k = 0; k < sweep->ntargets; k++)
        for (unsigned value = 0; value < 2; value++) {
            const unsigned shift = sweep->ntargets - 1 - k, dim = 1u << sweep->ntargets;
            unsigned left = 0;
            bool ones = true;
            ketsim_complex rest[1 << MAX_TARGETS];
            for (unsigned row = 0; row < dim; row++) {
                if ((row >> shift & 1) == value) rest[left++] = d[row];
                else ones = ones && is_value(d[row], 1);
            }
            if (!ones) continue;
            add_control(sweep, sweep->targets[k], value);
            memcpy(d, rest, left * sizeof *d);
            for (unsigned j = k + 1; j < sweep->ntargets; j++) sweep->targets[j - 1] = sweep->targets[j];
            sweep->ntargets--;
            return true;
        }
    return false;
}

/* Most have none, and then no target can become a control. */
static bool has_ones(const ketsim_complex *d, unsigned dim)
{
    bool found = false;
    for (unsigned row = 0; row < dim; row++) found |= is_value(d[row], 1);
    return found;
}

static void simplify_diagonal(struct sweep *sweep, ketsim_complex *m)
{
    const unsigned dim = 1u << sweep->ntargets;
    for (unsigned row = 1; row < dim; row++) m[row] = m[row * (dim + 1)];
    sweep->diagonal = true;
    order_diagonal(sweep, m);
    while (has_ones(m, 1u << sweep->ntargets) && turn_target_into_control(sweep, m)) continue;
}

/* (-1)^|index & signs| (-i)^y, y of the letters being Y: what the string puts in column index ^ flips. */
static ketsim_complex letters_entry(uint64_t index, uint64_t flips, uint64_t signs)
{
    const unsigned quarters = (3 * bit_count(flips & signs) + 2 * bit_count(index & signs)) % 4;
    const double sign = quarters < 2 ? 1 : -1;
    return quarters % 2 ? (ketsim_complex){0, sign} : (ketsim_complex){sign, 0};
}

/* cos - i sin P as the matrix of a row with so many targets, whose bits of flips and signs are left behind the others. */
static void pauli_matrix(ketsim_complex *out, unsigned ntargets, uint64_t flips, uint64_t signs, double angle)
{
    const double c = cos(angle / 2), s = sin(angle / 2);
    const unsigned dim = 1u << ntargets;
    memset(out, 0, dim * dim * sizeof *out);
    for (unsigned row = 0; row < dim; row++) {
        ketsim_complex *entry = &out[row * dim + (row ^ flips)];
        const ketsim_complex p = letters_entry(row, flips, signs);
        *entry = (ketsim_complex){s * p.im, -s * p.re};
        out[row * dim + row].re += c;
    }
}

/* Strings of one and two letters are matrices, as rows are: passes over tiles know what to do with those. */
static void lower_pauli(struct sweep *sweep, ketsim_complex *entries, const struct op *op, unsigned nqubits)
{
    const uint64_t flips = bits_of_qubits(op->pauli.x, nqubits), signs = bits_of_qubits(op->pauli.z, nqubits);
    const uint64_t bits = flips | signs;
    uint64_t few_flips = 0, few_signs = 0;
    if (bit_count(bits) > MAX_TARGETS) {
        const double s = sin(op->pauli.angle / 2);
        const ketsim_complex p = letters_entry(0, flips, signs);
        entries[0] = (ketsim_complex){cos(op->pauli.angle / 2), 0};
        entries[1] = (ketsim_complex){s * p.im, -s * p.re};
        sweep->pauli = true;
        sweep->flips = flips;
        sweep->signs = signs;
        sweep->diagonal = !flips;
        return;
    }
    for (uint64_t left = bits; left; left &= left - 1) {
        const unsigned bit = low_bit(left), k = bit_count(bits & ((UINT64_C(1) << bit) - 1));
        few_flips |= (flips >> bit & 1) << k;
        few_signs |= (signs >> bit & 1) << k;
        sweep->targets[bit_count(bits) - 1 - k] = (uint8_t)bit;
    }
    sweep->ntargets = (uint8_t)bit_count(bits);
    pauli_matrix(entries, sweep->ntargets, few_flips, few_signs, op->pauli.angle);
}

/* The identity, which stays. */
static bool lower_read(struct sweep *sweep, ketsim_complex *entries, const struct op *op, unsigned nqubits)
{
    entries[0] = entries[1] = (ketsim_complex){1, 0};
    *sweep = (struct sweep){.entries = entries,
                            .ntargets = 1,
                            .targets = {(uint8_t)(nqubits - 1 - op->qubits[0])},
                            .diagonal = true,
                            .read = op->read.number + 1,
                            .wanted = op->read.wanted};
    return true;
}

bool lower(struct sweep *sweep, ketsim_complex *entries, struct ahead *ahead, const struct op *op,
           unsigned nqubits)
{
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    const unsigned ncontrols = row ? row->ncontrols : 0;
    if (op->gate == OP_READ) return lower_read(sweep, entries, op, nqubits);
    *sweep = (struct sweep){.control_mask = bits_of_qubits(op->control_mask, nqubits),
                            .control_values = bits_of_qubits(op->control_values, nqubits),
                            .entries = entries,
                            .ntargets = (uint8_t)(op->nqubits - ncontrols)};
    for (unsigned k = 0; k < ncontrols; k++) add_control(sweep, nqubits - 1 - op->qubits[k], 1);
    for (unsigned k = 0; k < sweep->ntargets; k++)
        sweep->targets[k] = (uint8_t)(nqubits - 1 - op->qubits[ncontrols + k]);

    if (row) ahead_matrix(ahead, op, entries);
    else if (op->gate == KETSIM_GATE_PAULI_ROTATION) lower_pauli(sweep, entries, op, nqubits);
    else op_matrix(entries, ahead->program, op);
    sweep->as_it_is = op->as_it_is;
    if (sweep->pauli) return true;
    const bool phases = row && gates_shapes[op->gate].form == GATE_PHASES;
    if (phases || is_diagonal(entries, 1u << sweep->ntargets)) simplify_diagonal(sweep, entries);
    else order_matrix(sweep, entries);
    sweep->real = is_real(entries, 1u << (sweep->diagonal ? sweep->ntargets : 2 * sweep->ntargets));
    return !(sweep->diagonal && sweep->ntargets == 0 && is_value(entries[0], 1));
}

bool lower_may_stream(const struct op *op)
{
    if (op_is_wide(op)) return true;
    if (op->gate == KETSIM_GATE_PAULI_ROTATION && bit_count(op->pauli.x | op->pauli.z) > MAX_TARGETS)
        return true;
    return op->as_it_is || op->control_mask != 0;
}

size_t lower_entries(const struct op *op)
{
    const ketsim_gate_info *row = ketsim_gate_lookup((ketsim_gate)op->gate);
    if (op->gate == KETSIM_GATE_PAULI_ROTATION) return MATRIX_ENTRIES;
    if (op_is_wide(op)) return 0;
    if (op->gate == OP_READ) return 2;
    return (size_t)1 << 2 * (row ? row->ntargets : op->nqubits);
}
