/* channels.c - the channels that have names, one row each, and mixtures of Pauli strings.
 *
 * Source: Nielsen and Chuang, Quantum Computation and Quantum Information (2000), sections 8.3.3 to 8.3.6; thermal
 * relaxation is generalized amplitude damping with as much phase damping as T2 asks for. */
#include <math.h>
#include <string.h>

#include "channel.h"
#include "cplx.h"
#include "error.h"
#include "observable.h"

enum { MOST_PARAMETERS = 4, MOST_NAMED = 16 /* operators, on at most two qubits */, NAMED_ENTRIES = 16 };

/* The operators of a channel on one or two qubits while it is made. */
struct draft {
    size_t count;
    ketsim_complex kraus[MOST_NAMED * NAMED_ENTRIES];
};

/* Add the operator with these rows on one qubit. */
static void add(struct draft *draft, double a, double b, double c, double d)
{
    ketsim_complex *const at = draft->kraus + 4 * draft->count++;
    at[0] = COMPLEX(a, 0);
    at[1] = COMPLEX(b, 0);
    at[2] = COMPLEX(c, 0);
    at[3] = COMPLEX(d, 0);
}

/* sqrt(p) times a Pauli string, bit nqubits-1-q of the masks being that of qubit q: row r has one entry, in column r ^ x,
 * and each Y brings -i where the row is 0, i where it is 1. */
static void pauli_operator(ketsim_complex *out, unsigned nqubits, uint64_t x, uint64_t z, double p)
{
    static const ketsim_complex power_of_i[] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    const unsigned dim = 1u << nqubits;
    memset(out, 0, dim * dim * sizeof *out);
    for (unsigned row = 0; row < dim; row++) {
        const unsigned column = row ^ (unsigned)x;
        const unsigned power = (unsigned)(__builtin_popcountll(x & z) + 2 * __builtin_popcountll(column & z));
        out[row * dim + column] = c_scale(power_of_i[power % 4], sqrt(p));
    }
}

static void add_pauli(struct draft *draft, unsigned nqubits, uint64_t x, uint64_t z, double p)
{
    pauli_operator(draft->kraus + (draft->count++ << 2 * nqubits), nqubits, x, z, p > 0 ? p : 0);
}

/* ---- rows --------------------------------------------------------------------------------------- */

static void bit_flip(struct draft *draft, const double *p)
{
    add_pauli(draft, 1, 0, 0, 1 - p[0]);
    add_pauli(draft, 1, 1, 0, p[0]);
}

static void phase_flip(struct draft *draft, const double *p)
{
    add_pauli(draft, 1, 0, 0, 1 - p[0]);
    add_pauli(draft, 1, 0, 1, p[0]);
}

static void bit_phase_flip(struct draft *draft, const double *p)
{
    add_pauli(draft, 1, 0, 0, 1 - p[0]);
    add_pauli(draft, 1, 1, 1, p[0]);
}

/* (1 - p) rho + p 1/2^n: each of the 4^n strings, the identity too, with p/4^n of the second part. */
static void depolarize(struct draft *draft, unsigned nqubits, double p)
{
    const unsigned dim = 1u << nqubits;
    const double each = p / (dim * dim);
    for (unsigned x = 0; x < dim; x++)
        for (unsigned z = 0; z < dim; z++)
            add_pauli(draft, nqubits, x, z, x || z ? each : 1 - each * (dim * dim - 1));
}

static void depolarizing(struct draft *draft, const double *p)
{
    depolarize(draft, 1, p[0]);
}

static void depolarizing2(struct draft *draft, const double *p)
{
    depolarize(draft, 2, p[0]);
}

/* Populations stay with probabilities a of |0> and d of |1>, leave with up and down, and coherences are multiplied by c.  Of
 * diagonal operators two are enough, ones that are multiples of unitaries when nothing leaves: otherwise columns of the
 * Cholesky factor of ((a, c), (c, d)), the larger population first. */
static void relax(struct draft *draft, double a, double up, double d, double down, double c)
{
    const double first = sqrt(a > d ? a : d), second = c / first;
    const double rest = sqrt(fmax(0, (a > d ? d : a) - second * second));
    if (down == 0 && up == 0) {
        add(draft, sqrt((1 + c) / 2), 0, 0, sqrt((1 + c) / 2));
        add(draft, sqrt((1 - c) / 2), 0, 0, -sqrt((1 - c) / 2));
    } else if (a > d) {
        add(draft, first, 0, 0, second);
        add(draft, 0, 0, 0, rest);
    } else {
        add(draft, second, 0, 0, first);
        add(draft, rest, 0, 0, 0);
    }
    add(draft, 0, sqrt(down), 0, 0);
    add(draft, 0, 0, sqrt(up), 0);
}

static void amplitude_damping(struct draft *draft, const double *p)
{
    add(draft, 1, 0, 0, sqrt(1 - p[0]));
    add(draft, 0, sqrt(p[0]), 0, 0);
}

static void generalized_amplitude_damping(struct draft *draft, const double *p)
{
    const double gamma = p[0], excited = p[1], keep = sqrt(1 - excited), lift = sqrt(excited);
    add(draft, keep, 0, 0, keep * sqrt(1 - gamma));
    add(draft, 0, keep * sqrt(gamma), 0, 0);
    add(draft, lift * sqrt(1 - gamma), 0, 0, lift);
    add(draft, 0, 0, lift * sqrt(gamma), 0);
}

/* As a phase flip, which it is (Nielsen and Chuang, equations 8.128 to 8.130): a mixture of unitaries. */
static void phase_damping(struct draft *draft, const double *p)
{
    relax(draft, 1, 0, 1, 0, sqrt(1 - p[0]));
}

static void thermal_relaxation(struct draft *draft, const double *p)
{
    const double t1 = p[0], t2 = p[1], time = p[2], excited = p[3];
    const double stays = exp(-time / t1), moves = -expm1(-time / t1), ground = 1 - excited;
    relax(draft, ground + excited * stays, excited * moves, excited + ground * stays, ground * moves,
          exp(-time / t2));
}

static void reset(struct draft *draft, const double *p)
{
    const double keep = 1 - p[0] - p[1];
    add_pauli(draft, 1, 0, 0, keep);
    add(draft, sqrt(p[0]), 0, 0, 0);
    add(draft, 0, sqrt(p[0]), 0, 0);
    add(draft, 0, 0, sqrt(p[1]), 0);
    add(draft, 0, 0, 0, sqrt(p[1]));
}

/* Rounding of sums of probabilities that are 1 by arithmetic. */
static const double SUM_ROUNDING = 1e-12;

static ketsim_status check_reset(const double *p)
{
    if (p[0] + p[1] > 1 + SUM_ROUNDING)
        return fail(KETSIM_ERR_ARGUMENT, "reset: probabilities add up to %g: must be at most 1", p[0] + p[1]);
    return KETSIM_OK;
}

/* T2 above 2 T1 would leave more coherence than the populations allow. */
static ketsim_status check_times(const double *p)
{
    if (p[1] > 2 * p[0])
        return fail(KETSIM_ERR_ARGUMENT, "thermal_relaxation: T2 is %g with T1 = %g: must be at most 2 T1",
                    p[1], p[0]);
    return KETSIM_OK;
}

static const struct row {
    const char *name;
    const char *parameters; /* names, each followed by a space */
    const char *kinds;      /* p: 0..1, T: above 0, may be infinite, t: from 0 on, finite */
    unsigned nqubits;
    void (*build)(struct draft *draft, const double *parameters);
    ketsim_status (*check)(const double *parameters); /* NULL, or what parameters must be to each other */
} table[] = {
    {"depolarizing", "p ", "p", 1, depolarizing, NULL},
    {"depolarizing2", "p ", "p", 2, depolarizing2, NULL},
    {"bit_flip", "p ", "p", 1, bit_flip, NULL},
    {"phase_flip", "p ", "p", 1, phase_flip, NULL},
    {"bit_phase_flip", "p ", "p", 1, bit_phase_flip, NULL},
    {"amplitude_damping", "gamma ", "p", 1, amplitude_damping, NULL},
    {"generalized_amplitude_damping", "gamma excited ", "pp", 1, generalized_amplitude_damping, NULL},
    {"phase_damping", "lam ", "p", 1, phase_damping, NULL},
    {"thermal_relaxation", "t1 t2 time excited ", "TTtp", 1, thermal_relaxation, check_times},
    {"reset", "p0 p1 ", "pp", 1, reset, check_reset},
};
enum { ROWS = sizeof table / sizeof *table };

/* ---- making them -------------------------------------------------------------------------------- */

static ketsim_status check_parameter(const struct row *row, size_t index, double value)
{
    const char *name = row->parameters;
    for (size_t k = 0; k < index; k++) name = strchr(name, ' ') + 1;
    const int length = (int)strcspn(name, " ");
    switch (row->kinds[index]) {
    case 'p':
        if (value >= 0 && value <= 1) return KETSIM_OK;
        return fail(KETSIM_ERR_ARGUMENT, "%s: %.*s is %g: must be 0..1", row->name, length, name, value);
    case 'T':
        if (value > 0) return KETSIM_OK;
        return fail(KETSIM_ERR_ARGUMENT, "%s: %.*s is %g: must be above 0", row->name, length, name, value);
    default:
        if (value >= 0 && isfinite(value)) return KETSIM_OK;
        return fail(KETSIM_ERR_ARGUMENT, "%s: %.*s is %g: must be finite and not below 0", row->name, length,
                    name, value);
    }
}

static ketsim_status find_row(const struct row **out, const char *name)
{
    char all[400] = "";
    for (size_t k = 0; k < ROWS; k++) {
        *out = &table[k];
        if (!strcmp(table[k].name, name)) return KETSIM_OK;
        strncat(strncat(all, " ", sizeof all - strlen(all) - 1), table[k].name, sizeof all - strlen(all) - 1);
    }
    return fail(KETSIM_ERR_ARGUMENT, "channel '%.40s': unknown; must be one of%s", name, all);
}

ketsim_status ketsim_channel_named(ketsim_channel **out, const char *name, const double *parameters,
                                   size_t count)
{
    const struct row *row;
    struct draft draft = {.count = 0};
    TRY(find_row(&row, name));
    if (count != strlen(row->kinds))
        return fail(KETSIM_ERR_ARGUMENT, "%s: given %zu parameters: takes %zu", row->name, count,
                    strlen(row->kinds));
    for (size_t k = 0; k < count; k++) TRY(check_parameter(row, k, parameters[k]));
    if (row->check) TRY(row->check(parameters));
    row->build(&draft, parameters);
    return ketsim_channel_new(out, row->nqubits, draft.kraus, draft.count, 0);
}

const char *ketsim_channel_name(size_t index)
{
    return index < ROWS ? table[index].name : NULL;
}

const char *ketsim_channel_parameters(size_t index)
{
    return index < ROWS ? table[index].parameters : NULL;
}

/* ---- mixtures of Pauli strings ------------------------------------------------------------------ */

/* Add p to the probability of a string, a letter a qubit; x and z of it as pauli_operator() has them. */
static ketsim_status add_string(double *probabilities, unsigned nqubits, const char *letters, size_t index,
                                double p)
{
    unsigned x = 0, z = 0;
    if (!(p >= 0 && p <= 1))
        return fail(KETSIM_ERR_ARGUMENT, "string %zu: probability is %g: must be 0..1", index, p);
    for (unsigned q = 0; q < nqubits; q++) {
        ketsim_pauli_record one = {.x = 0};
        uint64_t used = 0;
        if (observable_put(&one, &used, letters[q], 0))
            return fail(KETSIM_ERR_ARGUMENT, "string %zu: letter %u is 0x%02x: must be one of I X Y Z", index,
                        q, (unsigned char)letters[q]);
        x = x << 1 | (unsigned)one.x;
        z = z << 1 | (unsigned)one.z;
    }
    probabilities[x << nqubits | z] += p;
    return KETSIM_OK;
}

ketsim_status ketsim_channel_pauli(ketsim_channel **out, unsigned nqubits, const char *letters,
                                   const double *probabilities, size_t count)
{
    double p[1 << 2 * KETSIM_MAX_CHANNEL_QUBITS] = {0}, sum = 0;
    ketsim_complex kraus[1 << 4 * KETSIM_MAX_CHANNEL_QUBITS];
    if (nqubits < 1 || nqubits > KETSIM_MAX_CHANNEL_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "channel on %u qubits: must be on 1..%d", nqubits,
                    KETSIM_MAX_CHANNEL_QUBITS);
    for (size_t k = 0; k < count; k++) {
        TRY(add_string(p, nqubits, letters + k * nqubits, k, probabilities[k]));
        sum += probabilities[k];
    }
    if (sum > 1 + SUM_ROUNDING)
        return fail(KETSIM_ERR_ARGUMENT, "Pauli channel: probabilities add up to %g: must be at most 1", sum);
    p[0] += fmax(0, 1 - sum);
    const size_t dim = (size_t)1 << nqubits, entries = dim * dim;
    for (size_t s = 0; s < entries; s++)
        pauli_operator(kraus + s * entries, nqubits, s >> nqubits, s & (dim - 1), p[s]);
    return ketsim_channel_new(out, nqubits, kraus, entries, 0);
}
