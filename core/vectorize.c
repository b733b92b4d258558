/* vectorize.c - circuits for density matrices that are written row after row as states of twice as many qubits.
 *
 * U rho U* is U on the qubits q of the rows and conj(U) on the qubits q + n of the columns (Nielsen and Chuang, section 8.2;
 * Horn and Johnson, Topics in Matrix Analysis, lemma 4.3.1).  What conj(U) is in terms of rows of the gate table follows from
 * their matrices and is found here; a row without such a form becomes a matrix. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "circuit.h"
#include "cplx.h"
#include "error.h"
#include "gates.h"

/* ---- conjugates of rows ------------------------------------------------------------------------- */

/* The row whose matrix at angles signs[k] a[k] is the conjugate at a[k]. */
struct conjugate {
    ketsim_gate gate; /* KETSIM_GATE_UNITARY: there is none */
    double signs[KETSIM_MAX_ANGLES];
};

/* Whether it is, at angles that have no relation to each other. */
static bool is_conjugate(ketsim_gate gate, const struct conjugate *tried)
{
    static const double angles[KETSIM_MAX_ANGLES] = {0.71, 1.13, 2.39};
    const size_t entries = (size_t)1 << 2 * ketsim_gate_lookup(gate)->ntargets;
    ketsim_complex own[1 << 2 * KETSIM_MAX_TARGETS], other[1 << 2 * KETSIM_MAX_TARGETS];
    double signed_angles[KETSIM_MAX_ANGLES];
    for (unsigned k = 0; k < KETSIM_MAX_ANGLES; k++) signed_angles[k] = tried->signs[k] * angles[k];
    gates_matrix(gate, own, angles);
    gates_matrix(tried->gate, other, signed_angles);
    for (size_t e = 0; e < entries; e++)
        if (fabs(own[e].re - other[e].re) > 1e-15 || fabs(own[e].im + other[e].im) > 1e-15) return false;
    return true;
}

/* Among the row and its inverse, whose matrix is the transposed conjugate. */
static struct conjugate find_conjugate(ketsim_gate gate)
{
    const ketsim_gate candidates[] = {gate, ketsim_gate_lookup(gate)->inverse};
    const unsigned nangles = ketsim_gate_lookup(gate)->nangles;
    for (unsigned c = 0; c < 2; c++)
        for (unsigned minus = 0; minus < 1u << nangles; minus++) {
            struct conjugate tried = {.gate = candidates[c]};
            for (unsigned k = 0; k < KETSIM_MAX_ANGLES; k++) tried.signs[k] = minus >> k & 1 ? -1 : 1;
            if (is_conjugate(gate, &tried)) return tried;
        }
    return (struct conjugate){.gate = KETSIM_GATE_UNITARY};
}

/* ---- one operation ------------------------------------------------------------------------------ */

/* An operation as ketsim_circuit_append() takes it, with room for what it points to. */
struct restated {
    ketsim_op op;
    double angles[KETSIM_MAX_ANGLES];
    int qubits[KETSIM_MAX_QUBITS], controls[KETSIM_MAX_QUBITS];
    char letters[KETSIM_MAX_QUBITS];
    ketsim_linear linear[KETSIM_MAX_ANGLES];
    ketsim_term *terms; /* of all angles */
    size_t nentries;
    ketsim_complex *matrix, small[MATRIX_ENTRIES];
    uint64_t *table;
};

static void restate_pauli(struct restated *out, const ketsim_op_record *record)
{
    out->op.letters = out->letters;
    for (uint64_t left = record->x | record->z; left; left &= left - 1) {
        const unsigned q = low_bit(left);
        out->qubits[out->op.nqubits] = (int)q;
        out->letters[out->op.nqubits++] = "IXZY"[(record->x >> q & 1) | (record->z >> q & 1) << 1];
    }
}

static void restate_controls(struct restated *out, const ketsim_op_record *record)
{
    out->op.controls = out->controls;
    for (uint64_t left = record->control_mask; left; left &= left - 1) {
        const unsigned q = low_bit(left);
        out->op.control_values |= (record->control_values >> q & 1) << out->op.ncontrols;
        out->controls[out->op.ncontrols++] = (int)q;
    }
}

static ketsim_status restate_linear(struct restated *out, const ketsim_circuit *circuit,
                                    const ketsim_op_record *record, size_t index)
{
    size_t count = 0;
    for (unsigned k = 0; k < record->nangles; k++) count += record->nterms[k];
    if (!count) return KETSIM_OK;
    ketsim_term *at = out->terms = malloc(count * sizeof *at);
    if (!at) return fail(KETSIM_ERR_MEMORY, "circuit: cannot allocate %zu terms", count);
    out->op.linear = out->linear;
    for (unsigned k = 0; k < record->nangles; k++) {
        out->linear[k] = (ketsim_linear){at, record->nterms[k]};
        for (size_t t = 0; t < record->nterms[k]; t++)
            TRY(ketsim_circuit_get_term(circuit, at++, index, k, t));
    }
    return KETSIM_OK;
}

static ketsim_status restate_matrix(struct restated *out, const ketsim_circuit *circuit,
                                    const ketsim_op_record *record, size_t index)
{
    out->nentries = record->nentries;
    if (record->nentries > MATRIX_ENTRIES) out->matrix = malloc(record->nentries * sizeof *out->matrix);
    if (!out->matrix)
        return fail(KETSIM_ERR_MEMORY, "circuit: cannot allocate %zu entries", record->nentries);
    out->op.matrix = out->matrix;
    out->op.tolerance = KETSIM_MAX_TOLERANCE;
    return ketsim_circuit_get_matrix(circuit, out->matrix, record->nentries, index);
}

static ketsim_status restate_table(struct restated *out, const ketsim_circuit *circuit,
                                   const ketsim_op_record *record, size_t index)
{
    out->table = malloc(record->ntargets * sizeof *out->table);
    if (!out->table)
        return fail(KETSIM_ERR_MEMORY, "circuit: cannot allocate a table of %zu targets", record->ntargets);
    out->op.table = out->table;
    return ketsim_circuit_get_table(circuit, out->table, record->ntargets, index);
}

/* What operation number index says; the caller gives back what it holds. */
static ketsim_status restate(struct restated *out, const ketsim_circuit *circuit,
                             const ketsim_op_record *record, size_t index)
{
    memset(&out->op, 0, sizeof out->op);
    out->op.gate = record->gate;
    out->op.angles = memcpy(out->angles, record->angles, sizeof out->angles);
    out->op.qubits = out->qubits;
    out->op.nqubits = record->nqubits;
    for (unsigned k = 0; k < record->nqubits; k++) out->qubits[k] = record->qubits[k];
    if (record->gate == KETSIM_GATE_PAULI_ROTATION) restate_pauli(out, record);
    if (record->nentries) TRY(restate_matrix(out, circuit, record, index));
    if (record->ntargets) TRY(restate_table(out, circuit, record, index));
    restate_controls(out, record);
    return restate_linear(out, circuit, record, index);
}

static void negate(struct restated *out, unsigned angle)
{
    ketsim_linear *const form = &out->linear[angle];
    out->angles[angle] = -out->angles[angle];
    for (size_t t = 0; out->op.linear && t < form->nterms; t++) ((ketsim_term *)form->terms)[t].factor *= -1;
}

/* A row that is nobody's conjugate as a matrix, its own controls being further ones. */
static void to_matrix(struct restated *out)
{
    const ketsim_gate_info *row = ketsim_gate_lookup(out->op.gate);
    gates_matrix(out->op.gate, out->matrix, out->angles);
    out->nentries = (size_t)1 << 2 * row->ntargets;
    for (unsigned k = 0; k < row->ncontrols; k++) {
        out->op.control_values |= UINT64_C(1) << out->op.ncontrols;
        out->controls[out->op.ncontrols++] = out->qubits[k];
    }
    out->op.gate = KETSIM_GATE_UNITARY;
    out->op.matrix = out->matrix;
    out->op.tolerance = KETSIM_MAX_TOLERANCE;
    out->op.qubits += row->ncontrols;
    out->op.nqubits -= row->ncontrols;
}

/* conj(exp(-i theta P / 2)) = exp(i theta conj(P) / 2), and conj(P) is P with a sign for each Y. */
static void conjugate_pauli(struct restated *out)
{
    unsigned letters_y = 0;
    for (size_t k = 0; k < out->op.nqubits; k++) letters_y += out->letters[k] == 'Y';
    if (letters_y % 2 == 0) negate(out, 0);
}

static void conjugate_row(struct restated *out)
{
    const struct conjugate found = find_conjugate(out->op.gate);
    const unsigned nangles = ketsim_gate_lookup(out->op.gate)->nangles;
    if (found.gate == KETSIM_GATE_UNITARY) {
        to_matrix(out);
        return;
    }
    out->op.gate = found.gate;
    for (unsigned k = 0; k < nangles; k++)
        if (found.signs[k] < 0) negate(out, k);
}

static void conjugate(struct restated *out)
{
    if (out->op.gate == KETSIM_GATE_PAULI_ROTATION) conjugate_pauli(out);
    else if (out->op.gate < KETSIM_GATE_COUNT) conjugate_row(out);
    for (size_t e = 0; e < out->nentries; e++) out->matrix[e].im = -out->matrix[e].im;
}

static void shift(struct restated *out, unsigned by)
{
    for (size_t k = 0; k < KETSIM_MAX_QUBITS; k++) {
        out->qubits[k] += (int)by;
        out->controls[k] += (int)by;
    }
}

/* Append an operation on the rows, and its conjugate on the columns. */
static ketsim_status append_both(ketsim_circuit *to, const ketsim_circuit *circuit,
                                 const ketsim_op_record *record, size_t index)
{
    struct restated both = {.terms = NULL, .table = NULL};
    both.matrix = both.small;
    ketsim_status status = restate(&both, circuit, record, index);
    if (status == KETSIM_OK) status = ketsim_circuit_append(to, &both.op, 1);
    if (status == KETSIM_OK) {
        conjugate(&both);
        shift(&both, ketsim_circuit_nqubits(circuit));
        status = ketsim_circuit_append(to, &both.op, 1);
    }
    if (both.matrix != both.small) free(both.matrix);
    free(both.table);
    free(both.terms);
    return status;
}

/* ---- what is no gate ---------------------------------------------------------------------------- */

enum { MAX_SUPER_ENTRIES = 1 << 4 * KETSIM_MAX_CHANNEL_QUBITS };

/* A superoperator on so many qubits of the rows and the same ones of the columns. */
static ketsim_status append_super(ketsim_circuit *to, const ketsim_complex *matrix, const int *qubits,
                                  size_t nqubits)
{
    int both[2 * KETSIM_MAX_CHANNEL_QUBITS];
    for (size_t k = 0; k < nqubits; k++) {
        both[k] = qubits[k];
        both[nqubits + k] = qubits[k] + (int)ketsim_circuit_nqubits(to) / 2;
    }
    const ketsim_op op = {
        .gate = KETSIM_GATE_UNITARY, .qubits = both, .nqubits = 2 * nqubits, .matrix = matrix};
    return circuit_append_operator(to, &op);
}

static ketsim_status append_channel(ketsim_circuit *to, const ketsim_dynamic *dynamic)
{
    ketsim_complex *const matrix = malloc(MAX_SUPER_ENTRIES * sizeof *matrix);
    if (!matrix)
        return fail(KETSIM_ERR_MEMORY, "superoperator: cannot allocate %d entries", MAX_SUPER_ENTRIES);
    ketsim_channel_superoperator(dynamic->channel, matrix);
    const ketsim_status status = append_super(to, matrix, dynamic->qubits, dynamic->nqubits);
    free(matrix);
    return status;
}

static ketsim_status append_each(ketsim_circuit *to, const ketsim_complex *matrix,
                                 const ketsim_dynamic *dynamic)
{
    for (size_t k = 0; k < dynamic->nqubits; k++) TRY(append_super(to, matrix, &dynamic->qubits[k], 1));
    return KETSIM_OK;
}

/* Whoever does not look at an outcome has the mixture of what both leave. */
static ketsim_status append_dynamic(ketsim_circuit *to, const ketsim_circuit *circuit, size_t index)
{
    static const ketsim_complex measured[16] = {[0] = {1, 0}, [15] = {1, 0}};
    static const ketsim_complex reset[16] = {[0] = {1, 0}, [3] = {1, 0}};
    ketsim_dynamic dynamic;
    TRY(ketsim_circuit_get_dynamic(circuit, &dynamic, index));
    switch (dynamic.kind) {
    case KETSIM_DYNAMIC_CHANNEL: return append_channel(to, &dynamic);
    case KETSIM_DYNAMIC_MEASURE: return append_each(to, measured, &dynamic);
    case KETSIM_DYNAMIC_RESET: return append_each(to, reset, &dynamic);
    case KETSIM_DYNAMIC_READOUT:
        return KETSIM_OK; /* of classical bits, which a density matrix does not have */
    default:
        return fail(KETSIM_ERR_ARGUMENT,
                    "operation %zu depends on outcomes: a density matrix knows none, run shots instead",
                    index);
    }
}

/* ---- the circuit -------------------------------------------------------------------------------- */

static ketsim_status vectorize(ketsim_circuit *to, const ketsim_circuit *circuit)
{
    const size_t length = ketsim_circuit_length(circuit);
    for (size_t k = 0; k < length; k++) {
        ketsim_op_record record;
        TRY(ketsim_circuit_get(circuit, &record, k));
        TRY(record.gate == KETSIM_GATE_DYNAMIC ? append_dynamic(to, circuit, k)
                                               : append_both(to, circuit, &record, k));
    }
    return KETSIM_OK;
}

ketsim_status ketsim_circuit_vectorize(ketsim_circuit **out, const ketsim_circuit *circuit)
{
    const unsigned nqubits = ketsim_circuit_nqubits(circuit);
    ketsim_circuit *copy = NULL, *made = NULL; /* a copy, that nobody else appends to */
    if (2 * nqubits > KETSIM_MAX_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "density matrix of %u qubits: must be at most %d", nqubits,
                    KETSIM_MAX_QUBITS / 2);
    TRY(ketsim_circuit_new(&made, 2 * nqubits));
    ketsim_status status = ketsim_circuit_copy(&copy, circuit);
    if (status == KETSIM_OK) status = vectorize(made, copy);
    ketsim_circuit_free(copy);
    if (status == KETSIM_OK) *out = made;
    else ketsim_circuit_free(made);
    return status;
}
