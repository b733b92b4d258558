/* oracle.c - see oracle.h. */
#include "oracle.h"

#include <string.h>
#include <tgmath.h> /* functions of whatever oracle_real is */

#include "check.h"

#define PI 3.14159265358979323846264338327950288L
#define ROOT_HALF 0.70710678118654752440084436210484904L

static oracle_amp phase(oracle_real angle)
{
    return cos(angle) + I * sin(angle);
}

/* ---- matrices on 2^k rows ---------------------------------------------------------------------- */

struct matrix {
    unsigned qubits;
    oracle_amp at[ORACLE_MAX_MATRIX];
};

static unsigned rows(unsigned qubits)
{
    return 1u << qubits;
}

static struct matrix matrix2(oracle_amp a, oracle_amp b, oracle_amp c, oracle_amp d)
{
    return (struct matrix){1, {a, b, c, d}};
}

/* Kronecker product: the left factor acts on the first qubits. */
static struct matrix kron(struct matrix a, struct matrix b)
{
    struct matrix out = {a.qubits + b.qubits, {0}};
    unsigned nb = rows(b.qubits), n = rows(out.qubits);
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < n; j++)
            out.at[i * n + j] = a.at[i / nb * rows(a.qubits) + j / nb] * b.at[i % nb * nb + j % nb];
    return out;
}

static struct matrix product(struct matrix a, struct matrix b)
{
    struct matrix out = {a.qubits, {0}};
    unsigned n = rows(a.qubits);
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < n; j++)
            for (unsigned k = 0; k < n; k++) out.at[i * n + j] += a.at[i * n + k] * b.at[k * n + j];
    return out;
}

/* fa a + fb b */
static struct matrix sum(oracle_amp fa, struct matrix a, oracle_amp fb, struct matrix b)
{
    for (unsigned i = 0; i < rows(a.qubits) * rows(a.qubits); i++) a.at[i] = fa * a.at[i] + fb * b.at[i];
    return a;
}

static struct matrix adjoint(struct matrix a)
{
    struct matrix out = a;
    unsigned n = rows(a.qubits);
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < n; j++) out.at[i * n + j] = conj(a.at[j * n + i]);
    return out;
}

static struct matrix one(unsigned qubits)
{
    struct matrix out = {qubits, {0}};
    for (unsigned i = 0; i < rows(qubits); i++) out.at[i * rows(qubits) + i] = 1;
    return out;
}

static struct matrix pauli(char letter)
{
    switch (letter) {
    case 'X': return matrix2(0, 1, 1, 0);
    case 'Y': return matrix2(0, -I, I, 0);
    case 'Z': return matrix2(1, 0, 0, -1);
    default: return one(1);
    }
}

static struct matrix word(const char *letters)
{
    struct matrix out = pauli(*letters);
    while (*++letters) out = kron(out, pauli(*letters));
    return out;
}

/* exp(-i theta G / 2) = cos(theta/2) - i sin(theta/2) G, because G squared is 1. */
static struct matrix rotation(const char *letters, double theta)
{
    struct matrix g = word(letters);
    return sum(cos((oracle_real)theta / 2), one(g.qubits), -I * sin((oracle_real)theta / 2), g);
}

/* |0><0| (x) 1 + |1><1| (x) u */
static struct matrix controlled(struct matrix u)
{
    struct matrix off = kron(matrix2(1, 0, 0, 0), one(u.qubits)), on = kron(matrix2(0, 0, 0, 1), u);
    return sum(1, off, 1, on);
}

/* ---- the gates --------------------------------------------------------------------------------- */

static struct matrix phase_gate(oracle_real angle)
{
    return matrix2(1, 0, 0, phase(angle));
}
static struct matrix hadamard(void)
{
    return sum(ROOT_HALF, pauli('X'), ROOT_HALF, pauli('Z'));
}

/* H sqrt(Z) H: X is H Z H. */
static struct matrix root_x(void)
{
    return product(hadamard(), product(phase_gate(PI / 2), hadamard()));
}

/* exp(i (phi + lam) / 2) RZ(phi) RY(theta) RZ(lam), the decomposition by Euler's angles. */
static struct matrix euler(double theta, double phi, double lam)
{
    struct matrix u = product(rotation("Z", phi), product(rotation("Y", theta), rotation("Z", lam)));
    return sum(phase(((oracle_real)phi + lam) / 2), u, 0, u);
}

/* (1 + XX + YY + ZZ) / 2 */
static struct matrix swap(void)
{
    struct matrix pairs = sum(1, word("XX"), 1, word("YY"));
    return sum(0.5L, sum(1, one(2), 1, word("ZZ")), 0.5L, pairs);
}

/* exp(-i theta (XX + YY) / 2): turns |01> and |10> into each other by theta. */
static struct matrix exchange(oracle_real theta)
{
    struct matrix pairs = sum(0.5L, word("XX"), 0.5L, word("YY")); /* X on {|01>, |10>}, 0 elsewhere */
    struct matrix inside = sum(0.5L, one(2), -0.5L, word("ZZ")), outside = sum(1, one(2), -1, inside);
    return sum(1, outside, 1, sum(cos(theta), inside, -I * sin(theta), pairs));
}

static struct matrix fsim(double theta, double phi)
{
    return product(exchange(theta), controlled(phase_gate(-(oracle_real)phi)));
}

/* RZX(pi/4) X RZX(-pi/4) in the order of the pulses, that is (XI - YX) / sqrt 2 */
static struct matrix echoed(void)
{
    return sum(ROOT_HALF, word("XI"), -ROOT_HALF, word("YX"));
}

static bool fixed_gate(struct matrix *u, const char *name)
{
#define GATE(id, value) \
    if (!strcmp(name, #id)) return *u = (value), true;
    GATE(I, one(1))
    GATE(X, pauli('X'))
    GATE(Y, pauli('Y'))
    GATE(Z, pauli('Z'))
    GATE(H, hadamard())
    GATE(S, phase_gate(PI / 2))
    GATE(SDG, phase_gate(-PI / 2))
    GATE(T, phase_gate(PI / 4))
    GATE(TDG, phase_gate(-PI / 4))
    GATE(SX, root_x())
    GATE(SXDG, adjoint(root_x()))
    GATE(CNOT, controlled(pauli('X')))
    GATE(CY, controlled(pauli('Y')))
    GATE(CZ, controlled(pauli('Z')))
    GATE(CH, controlled(hadamard()))
    GATE(SWAP, swap())
    GATE(ISWAP, exchange(-PI / 2))
    GATE(ISWAPDG, exchange(PI / 2))
    GATE(CCX, controlled(controlled(pauli('X'))))
    GATE(CCZ, controlled(controlled(pauli('Z'))))
    GATE(CSWAP, controlled(swap()))
    GATE(ECR, echoed())
    return false;
}

static bool turned_gate(struct matrix *u, const char *name, const double *a)
{
    GATE(RX, rotation("X", a[0]))
    GATE(RY, rotation("Y", a[0]))
    GATE(RZ, rotation("Z", a[0]))
    GATE(P, phase_gate(a[0]))
    GATE(U, euler(a[0], a[1], a[2]))
    GATE(CP, controlled(phase_gate(a[0])))
    GATE(CRX, controlled(rotation("X", a[0])))
    GATE(CRY, controlled(rotation("Y", a[0])))
    GATE(CRZ, controlled(rotation("Z", a[0])))
    GATE(CU, controlled(euler(a[0], a[1], a[2])))
    GATE(RXX, rotation("XX", a[0]))
    GATE(RYY, rotation("YY", a[0]))
    GATE(RZZ, rotation("ZZ", a[0]))
    GATE(FSIM, fsim(a[0], a[1]))
#undef GATE
    return false;
}

unsigned oracle_gate(oracle_amp *out, const char *name, const double *angles)
{
    struct matrix u;
    if (!fixed_gate(&u, name) && !turned_gate(&u, name, angles)) return 0;
    memcpy(out, u.at, sizeof u.at);
    return u.qubits;
}

/* ---- states ------------------------------------------------------------------------------------ */

static unsigned bit_of(uint64_t index, unsigned n, int qubit)
{
    return index >> (n - 1 - (unsigned)qubit) & 1;
}

/* The bits of some qubits of an index as a number, the first of them most significant. */
static unsigned gather(uint64_t index, unsigned n, const int *qubits, unsigned count)
{
    unsigned value = 0;
    for (unsigned k = 0; k < count; k++) value = value << 1 | bit_of(index, n, qubits[k]);
    return value;
}

static uint64_t replace(uint64_t index, unsigned n, const int *qubits, unsigned count, unsigned value)
{
    for (unsigned k = 0; k < count; k++) {
        uint64_t bit = UINT64_C(1) << (n - 1 - (unsigned)qubits[k]);
        index = value >> (count - 1 - k) & 1 ? index | bit : index & ~bit;
    }
    return index;
}

static bool acts(uint64_t index, unsigned n, const int *controls, unsigned ncontrols, uint64_t values)
{
    for (unsigned k = 0; k < ncontrols; k++)
        if (bit_of(index, n, controls[k]) != (values >> k & 1)) return false;
    return true;
}

void oracle_matrix(oracle_amp *psi, unsigned n, const oracle_amp *matrix, const int *qubits, unsigned count,
                   const int *controls, unsigned ncontrols, uint64_t values)
{
    uint64_t length = UINT64_C(1) << n;
    oracle_amp *out = malloc(length * sizeof *out);
    CHECK(out, "no memory for %u qubits", n);
    for (uint64_t i = 0; i < length; i++) {
        out[i] = psi[i];
        if (!acts(i, n, controls, ncontrols, values)) continue;
        const oracle_amp *row = matrix + (size_t)gather(i, n, qubits, count) * rows(count);
        out[i] = 0;
        for (unsigned j = 0; j < rows(count); j++)
            if (row[j] != 0) out[i] += row[j] * psi[replace(i, n, qubits, count, j)];
    }
    memcpy(psi, out, length * sizeof *out);
    free(out);
}

/* A row this file does not know: its controls on top of the library's matrix. */
static unsigned unknown_gate(oracle_amp *out, const ketsim_gate_info *info, const ketsim_op *op)
{
    ketsim_complex own[1 << 2 * KETSIM_MAX_TARGETS];
    struct matrix u = {info->ntargets, {0}};
    CHECK_OK(ketsim_gate_matrix(op->gate, own, op->angles));
    for (unsigned i = 0; i < rows(u.qubits) * rows(u.qubits); i++) u.at[i] = own[i].re + I * own[i].im;
    for (unsigned k = 0; k < info->ncontrols; k++) u = controlled(u);
    memcpy(out, u.at, sizeof u.at);
    return u.qubits;
}

/* The string of letters, one matrix after the other. */
static void apply_letters(oracle_amp *psi, unsigned n, const ketsim_op *op)
{
    for (size_t k = 0; k < op->nqubits; k++) {
        oracle_amp matrix[ORACLE_MAX_MATRIX];
        const char name[] = {op->letters[k], 0};
        CHECK(oracle_gate(matrix, name, NULL) == 1, "no definition of %s", name);
        oracle_matrix(psi, n, matrix, &op->qubits[k], 1, NULL, 0, 0);
    }
}

void oracle_pauli_rotation(oracle_amp *psi, unsigned n, const ketsim_op *op)
{
    const uint64_t length = UINT64_C(1) << n;
    const oracle_real c = cos((oracle_real)op->angles[0] / 2), s = sin((oracle_real)op->angles[0] / 2);
    oracle_amp *flipped = malloc(length * sizeof *flipped);
    CHECK(flipped, "no memory for %u qubits", n);
    memcpy(flipped, psi, length * sizeof *flipped);
    apply_letters(flipped, n, op);
    for (uint64_t i = 0; i < length; i++)
        if (acts(i, n, op->controls, (unsigned)op->ncontrols, op->control_values))
            psi[i] = c * psi[i] - I * s * flipped[i];
    free(flipped);
}

/* An operation that carries its matrix, of any size. */
static void apply_own_matrix(oracle_amp *psi, unsigned n, const ketsim_op *op)
{
    const size_t entries = (size_t)1 << 2 * op->nqubits;
    oracle_amp *matrix = malloc(entries * sizeof *matrix);
    CHECK(matrix, "no memory for a matrix on %zu qubits", op->nqubits);
    for (size_t i = 0; i < entries; i++) matrix[i] = op->matrix[i].re + I * op->matrix[i].im;
    oracle_matrix(psi, n, matrix, op->qubits, (unsigned)op->nqubits, op->controls, (unsigned)op->ncontrols,
                  op->control_values);
    free(matrix);
}

/* Each basis state, where the controls let it, to where its table says, times its phase. */
static void apply_table(oracle_amp *psi, unsigned n, const ketsim_op *op)
{
    const uint64_t length = UINT64_C(1) << n;
    const unsigned count = (unsigned)op->nqubits;
    oracle_amp *out = malloc(length * sizeof *out);
    CHECK(out, "no memory for %u qubits", n);
    for (uint64_t i = 0; i < length; i++) {
        const unsigned x = gather(i, n, op->qubits, count);
        if (!acts(i, n, op->controls, (unsigned)op->ncontrols, op->control_values)) out[i] = psi[i];
        else if (op->gate == KETSIM_GATE_DIAGONAL)
            out[i] = psi[i] * (op->matrix[x].re + I * op->matrix[x].im);
        else out[replace(i, n, op->qubits, count, (unsigned)op->table[x])] = psi[i];
    }
    memcpy(psi, out, length * sizeof *out);
    free(out);
}

bool oracle_op(oracle_amp *psi, unsigned n, const ketsim_op *op)
{
    if (op->gate == KETSIM_GATE_DIAGONAL || op->gate == KETSIM_GATE_PERMUTATION) {
        apply_table(psi, n, op);
        return true;
    }
    if (op->gate == KETSIM_GATE_PAULI_ROTATION) {
        oracle_pauli_rotation(psi, n, op);
        return true;
    }
    if (op->gate == KETSIM_GATE_UNITARY) {
        apply_own_matrix(psi, n, op);
        return true;
    }
    oracle_amp matrix[ORACLE_MAX_MATRIX];
    const ketsim_gate_info *info = ketsim_gate_lookup(op->gate);
    unsigned count = oracle_gate(matrix, info->name, op->angles);
    const bool known = count > 0;
    if (!known) count = unknown_gate(matrix, info, op);
    CHECK(count == op->nqubits, "an operation on %zu qubits, defined on %u", op->nqubits, count);
    oracle_matrix(psi, n, matrix, op->qubits, count, op->controls, (unsigned)op->ncontrols,
                  op->control_values);
    return known;
}

static void label_qubit(oracle_amp *pair, char c)
{
    static const char letters[] = "01+-rl";
    const oracle_amp states[][2] = {{1, 0},
                                    {0, 1},
                                    {ROOT_HALF, ROOT_HALF},
                                    {ROOT_HALF, -ROOT_HALF},
                                    {ROOT_HALF, I * ROOT_HALF},
                                    {ROOT_HALF, -I * ROOT_HALF}};
    const char *found = c ? strchr(letters, c) : NULL;
    CHECK(found, "no state for label character %d", c);
    memcpy(pair, states[found - letters], sizeof states[0]);
}

void oracle_label(oracle_amp *psi, unsigned n, const char *label)
{
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) {
        psi[i] = 1;
        for (unsigned q = 0; q < n; q++) {
            oracle_amp pair[2];
            label_qubit(pair, label[q]);
            psi[i] *= pair[bit_of(i, n, (int)q)];
        }
    }
}

static oracle_amp load(const void *amplitudes, uint64_t i, ketsim_dtype dtype)
{
    const float *single = amplitudes;
    const double *twice = amplitudes;
    if (dtype == KETSIM_COMPLEX64) return single[2 * i] + I * single[2 * i + 1];
    return twice[2 * i] + I * twice[2 * i + 1];
}

static void store(void *amplitudes, uint64_t i, ketsim_dtype dtype, oracle_amp value)
{
    if (dtype == KETSIM_COMPLEX64) {
        ((float *)amplitudes)[2 * i] = (float)creal(value);
        ((float *)amplitudes)[2 * i + 1] = (float)cimag(value);
    } else {
        ((double *)amplitudes)[2 * i] = (double)creal(value);
        ((double *)amplitudes)[2 * i + 1] = (double)cimag(value);
    }
}

static oracle_real squared(oracle_amp a)
{
    return creal(a) * creal(a) + cimag(a) * cimag(a);
}

static oracle_amp random_amp(uint64_t *seed)
{
    oracle_real re = random_real(seed, -1, 1);
    return re + I * random_real(seed, -1, 1);
}

void oracle_random_where(oracle_amp *psi, void *amplitudes, unsigned n, ketsim_dtype dtype, uint64_t mask,
                         uint64_t values, uint64_t *seed)
{
    uint64_t length = UINT64_C(1) << n;
    oracle_real total = 0;
    for (uint64_t i = 0; i < length; i++)
        total += squared(psi[i] = (i & mask) == values ? random_amp(seed) : 0);
    for (uint64_t i = 0; i < length; i++) {
        store(amplitudes, i, dtype, psi[i] / sqrt(total));
        psi[i] = load(amplitudes, i, dtype);
    }
}

void oracle_random(oracle_amp *psi, void *amplitudes, unsigned n, ketsim_dtype dtype, uint64_t *seed)
{
    oracle_random_where(psi, amplitudes, n, dtype, 0, 0, seed);
}

/* A vector of length sqrt(2). */
static void random_mirror(oracle_amp *out, size_t n, uint64_t *seed)
{
    oracle_real total = 0;
    for (size_t j = 0; j < n; j++) total += squared(out[j] = random_amp(seed));
    for (size_t j = 0; j < n; j++) out[j] *= sqrt(2 / total);
}

/* (1 - u u*)(1 - v v*) diag(phases): three mirrors, where a random matrix would take too long. */
static void random_mirrors(ketsim_complex *out, size_t n, uint64_t *seed)
{
    oracle_amp *const u = malloc(3 * n * sizeof *u), *const v = u + n, *const phases = v + n, overlap = 0;
    CHECK(u, "no memory for a matrix of %zu rows", n);
    random_mirror(u, n, seed);
    random_mirror(v, n, seed);
    for (size_t j = 0; j < n; j++) {
        phases[j] = exp(I * random_real(seed, -3, 3));
        overlap += conj(u[j]) * v[j];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const oracle_amp entry = (i == j) - u[i] * conj(u[j]) - v[i] * conj(v[j]) +
                                     u[i] * overlap * conj(v[j]);
            out[i * n + j] = (ketsim_complex){(double)creal(entry * phases[j]),
                                              (double)cimag(entry * phases[j])};
        }
    free(u);
}

/* Gram and Schmidt on the rows of a random matrix. */
static void random_rows(ketsim_complex *out, size_t n, uint64_t *seed)
{
    oracle_amp *const all = malloc(n * n * sizeof *all);
    CHECK(all, "no memory for a matrix of %zu rows", n);
    for (size_t i = 0; i < n; i++) {
        oracle_amp *row = all + i * n;
        oracle_real total = 0;
        for (size_t j = 0; j < n; j++) row[j] = random_amp(seed);
        for (size_t k = 0; k < 2 * i; k++) { /* a second time for what roundings left of the first */
            const oracle_amp *const other = all + k % i * n;
            oracle_amp overlap = 0;
            for (size_t j = 0; j < n; j++) overlap += conj(other[j]) * row[j];
            for (size_t j = 0; j < n; j++) row[j] -= overlap * other[j];
        }
        for (size_t j = 0; j < n; j++) total += squared(row[j]);
        for (size_t j = 0; j < n; j++) {
            row[j] /= sqrt(total);
            out[i * n + j] = (ketsim_complex){(double)creal(row[j]), (double)cimag(row[j])};
        }
    }
    free(all);
}

void oracle_random_unitary(ketsim_complex *out, unsigned nqubits, uint64_t *seed)
{
    if (nqubits > 6) random_mirrors(out, rows(nqubits), seed);
    else random_rows(out, rows(nqubits), seed);
}

double oracle_error(const oracle_amp *psi, const void *amplitudes, unsigned n, ketsim_dtype dtype)
{
    oracle_real worst = 0;
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++) {
        oracle_real error = squared(psi[i] - load(amplitudes, i, dtype));
        if (!isfinite(error)) return INFINITY;
        if (error > worst) worst = error;
    }
    return (double)sqrt(worst);
}

void oracle_probabilities(double *out, const oracle_amp *psi, unsigned n, const int *qubits, unsigned count)
{
    memset(out, 0, sizeof *out << count);
    for (uint64_t i = 0; i < UINT64_C(1) << n; i++)
        out[gather(i, n, qubits, count)] += (double)squared(psi[i]);
}
