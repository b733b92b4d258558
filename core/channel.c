/* channel.c - channels from Kraus operators, and what is computed of them.  See channel.h; channels.c has those with names.
 *
 * Source: Nielsen and Chuang, Quantum Computation and Quantum Information (2000), section 8.2.3. */
#include "channel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cplx.h"
#include "error.h"
#include "gates.h"
#include "unitary.h"

static const double NOTHING = 1e-16;           /* less than a rounding of the sum of all K* K */
static const double MIXTURE_TOLERANCE = 1e-10; /* of K* K = p 1, relative to p */

/* ---- memory ------------------------------------------------------------------------------------- */

/* Room for count operators, their unitaries and probabilities, in one piece. */
static ketsim_status channel_alloc(ketsim_channel **out, unsigned nqubits, size_t count)
{
    const size_t entries = count << 2 * nqubits;
    const size_t bytes = 2 * entries * sizeof(ketsim_complex) + count * sizeof(double);
    ketsim_channel *made = malloc(sizeof *made + bytes);
    if (!made) {
        (void)fail(KETSIM_ERR_MEMORY, "channel: cannot allocate %zu bytes", bytes);
        return KETSIM_ERR_MEMORY; /* which tells an analyzer that callers have room */
    }
    ketsim_complex *const kraus = (ketsim_complex *)(made + 1);
    *made = (ketsim_channel){.nqubits = nqubits, .kraus = kraus, .unitaries = kraus + entries};
    made->probabilities = (double *)(kraus + 2 * entries);
    atomic_init(&made->owners, 1);
    *out = made;
    return KETSIM_OK;
}

ketsim_channel *channel_share(const ketsim_channel *channel)
{
    ketsim_channel *const shared = (ketsim_channel *)
        channel; /* the count is no part of what does not change */
    atomic_fetch_add_explicit(&shared->owners, 1, memory_order_relaxed);
    return shared;
}

void ketsim_channel_free(ketsim_channel *channel)
{
    if (channel && atomic_fetch_sub_explicit(&channel->owners, 1, memory_order_acq_rel) == 1) free(channel);
}

/* ---- checks ------------------------------------------------------------------------------------- */

/* gram = K* K. */
static void multiply_adjoint(ketsim_complex *gram, const ketsim_complex *kraus, unsigned dim)
{
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            ketsim_complex sum = COMPLEX(0, 0);
            for (unsigned k = 0; k < dim; k++)
                sum = c_add(sum, c_mul(c_conj(kraus[k * dim + r]), kraus[k * dim + c]));
            gram[r * dim + c] = sum;
        }
}

/* max |m - s 1|; NaN when an entry is not a number. */
static double distance_from_multiple(const ketsim_complex *m, double s, unsigned dim)
{
    double worst = 0;
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            const double size = hypot(m[r * dim + c].re - (r == c ? s : 0), m[r * dim + c].im);
            if (!(size <= worst)) worst = size;
            if (isnan(worst)) return worst;
        }
    return worst;
}

static ketsim_status check_shape(unsigned nqubits, size_t count)
{
    if (nqubits < 1 || nqubits > KETSIM_MAX_CHANNEL_QUBITS)
        return fail(KETSIM_ERR_ARGUMENT, "channel on %u qubits: must be on 1..%d", nqubits,
                    KETSIM_MAX_CHANNEL_QUBITS);
    if (count < 1 || count > KETSIM_MAX_KRAUS)
        return fail(KETSIM_ERR_ARGUMENT, "channel of %zu Kraus operators: must have 1..%d", count,
                    KETSIM_MAX_KRAUS);
    return KETSIM_OK;
}

static ketsim_status check_finite(const ketsim_complex *kraus, unsigned dim, size_t count)
{
    for (size_t k = 0; k < count; k++, kraus += dim * dim)
        for (unsigned e = 0; e < dim * dim; e++)
            if (!isfinite(kraus[e].re) || !isfinite(kraus[e].im))
                return fail(KETSIM_ERR_ARGUMENT,
                            "Kraus operator %zu: entry (%u, %u) is %g%+gi: must be finite", k, e / dim,
                            e % dim, kraus[e].re, kraus[e].im);
    return KETSIM_OK;
}

static ketsim_status check_complete(const ketsim_complex *kraus, unsigned dim, size_t count, double limit)
{
    ketsim_complex gram[1 << 2 * KETSIM_MAX_CHANNEL_QUBITS];
    ketsim_complex sum[1 << 2 * KETSIM_MAX_CHANNEL_QUBITS] = {{0, 0}};
    for (size_t k = 0; k < count; k++) {
        multiply_adjoint(gram, kraus + k * dim * dim, dim);
        for (unsigned e = 0; e < dim * dim; e++) sum[e] = c_add(sum[e], gram[e]);
    }
    const double defect = distance_from_multiple(sum, 1, dim);
    if (!(defect <= limit))
        return fail(KETSIM_ERR_ARGUMENT,
                    "channel: Kraus operators have max |sum K* K - 1| = %.3g: must be at most %.1g", defect,
                    limit);
    return KETSIM_OK;
}

/* ---- mixtures of unitaries ---------------------------------------------------------------------- */

/* The p of K* K = p 1 when there is one; else -1. */
static double probability_of(const ketsim_complex *kraus, unsigned dim)
{
    ketsim_complex gram[1 << 2 * KETSIM_MAX_CHANNEL_QUBITS];
    double trace = 0;
    multiply_adjoint(gram, kraus, dim);
    for (unsigned r = 0; r < dim; r++) trace += gram[r * dim + r].re;
    const double p = trace / dim;
    return distance_from_multiple(gram, p, dim) <= MIXTURE_TOLERANCE * p ? p : -1;
}

/* Fill in probabilities, which add up to 1, and unitaries; when an operator is no multiple of one, neither. */
static void find_mixture(ketsim_channel *channel)
{
    const size_t entries = channel_entries(channel);
    double *const probabilities = (double *)channel->probabilities;
    double sum = 0;
    ketsim_complex *const unitaries = (ketsim_complex *)channel->unitaries;
    channel->is_mixed_unitary = true;
    for (size_t k = 0; k < channel->count && channel->is_mixed_unitary; k++) {
        const double p = probability_of(channel->kraus + k * entries, 1u << channel->nqubits);
        channel->is_mixed_unitary = p > 0;
        probabilities[k] = p;
        sum += p;
        for (size_t e = k * entries; e < (k + 1) * entries; e++)
            unitaries[e] = c_scale(channel->kraus[e], 1 / sqrt(p));
    }
    for (size_t k = 0; k < channel->count; k++) probabilities[k] /= sum;
    if (channel->is_mixed_unitary) return;
    channel->probabilities = NULL;
    channel->unitaries = NULL;
}

/* ---- from operators ----------------------------------------------------------------------------- */

static bool is_zero(const ketsim_complex *kraus, size_t entries)
{
    for (size_t e = 0; e < entries; e++)
        if (kraus[e].re != 0 || kraus[e].im != 0) return false;
    return true;
}

ketsim_status ketsim_channel_new(ketsim_channel **out, unsigned nqubits, const ketsim_complex *kraus,
                                 size_t count, double tolerance)
{
    double limit;
    ketsim_channel *made;
    TRY(tolerance_limit(&limit, "channel", tolerance));
    TRY(check_shape(nqubits, count));
    TRY(check_finite(kraus, 1u << nqubits, count));
    TRY(check_complete(kraus, 1u << nqubits, count, limit));
    TRY(channel_alloc(&made, nqubits, count));
    const size_t entries = channel_entries(made);
    ketsim_complex *to = (ketsim_complex *)made->kraus;
    for (size_t k = 0; k < count; k++) {
        if (is_zero(kraus + k * entries, entries)) continue;
        memcpy(to + made->count++ * entries, kraus + k * entries, entries * sizeof *to);
    }
    find_mixture(made);
    *out = made;
    return KETSIM_OK;
}

/* ---- one after the other ------------------------------------------------------------------------ */

/* The c for which b = c a, when there is one. */
static bool is_multiple(ketsim_complex *c, const ketsim_complex *a, const ketsim_complex *b, size_t entries)
{
    size_t pivot = 0;
    for (size_t e = 1; e < entries; e++)
        if (hypot(a[e].re, a[e].im) > hypot(a[pivot].re, a[pivot].im)) pivot = e;
    *c = c_div(b[pivot], a[pivot]);
    const double limit = 1e-14 * hypot(b[pivot].re, b[pivot].im);
    for (size_t e = 0; e < entries; e++) {
        const ketsim_complex near = c_mul(*c, a[e]);
        if (!(hypot(b[e].re - near.re, b[e].im - near.im) <= limit)) return false;
    }
    return true;
}

/* Add an operator to kraus[*count]: K and c K are together sqrt(1 + |c|^2) K. */
static void merge(ketsim_complex *kraus, size_t *count, const ketsim_complex *added, size_t entries)
{
    if (is_zero(added, entries)) return;
    for (size_t k = 0; k < *count; k++) {
        ketsim_complex c, *const at = kraus + k * entries;
        if (!is_multiple(&c, at, added, entries)) continue;
        for (size_t e = 0; e < entries; e++) at[e] = c_scale(at[e], sqrt(1 + c.re * c.re + c.im * c.im));
        return;
    }
    memcpy(kraus + (*count)++ * entries, added, entries * sizeof *kraus);
}

static void multiply(ketsim_complex *out, const ketsim_complex *a, const ketsim_complex *b, unsigned dim)
{
    for (unsigned r = 0; r < dim; r++)
        for (unsigned c = 0; c < dim; c++) {
            ketsim_complex sum = COMPLEX(0, 0);
            for (unsigned k = 0; k < dim; k++) sum = c_add(sum, c_mul(a[r * dim + k], b[k * dim + c]));
            out[r * dim + c] = sum;
        }
}

/* Column of the Choi matrix sum vec(K) vec(K)*, K(e) conj(K(f)) at (e, f), less what rank columns of its factor make of it. */
static void choi_column(ketsim_complex *out, const ketsim_complex *kraus, size_t count,
                        const ketsim_complex *factor, size_t rank, size_t entries, size_t column)
{
    for (size_t e = 0; e < entries; e++) {
        ketsim_complex sum = COMPLEX(0, 0);
        for (size_t k = 0; k < count; k++)
            sum = c_add(sum, c_mul(kraus[k * entries + e], c_conj(kraus[k * entries + column])));
        for (size_t j = 0; j < rank; j++) {
            const ketsim_complex minus = c_scale(c_conj(factor[j * entries + column]), -1);
            sum = c_add(sum, c_mul(factor[j * entries + e], minus));
        }
        out[e] = sum;
    }
}

/* The pivoted Cholesky factor of the Choi matrix, whose columns are operators of the same channel: factor has room for
 * entries of them.  Returns their number (Higham, Accuracy and Stability of Numerical Algorithms, section 10.3). */
static size_t factorize(ketsim_complex *factor, const ketsim_complex *kraus, size_t count, size_t entries)
{
    double left[1 << 2 * KETSIM_MAX_CHANNEL_QUBITS] = {0}; /* the diagonal of what is left */
    for (size_t k = 0; k < count; k++)
        for (size_t e = 0; e < entries; e++) {
            const ketsim_complex entry = kraus[k * entries + e];
            left[e] += entry.re * entry.re + entry.im * entry.im;
        }
    for (size_t rank = 0; rank < entries; rank++) {
        ketsim_complex *const column = factor + rank * entries;
        size_t pivot = 0;
        for (size_t e = 1; e < entries; e++)
            if (left[e] > left[pivot]) pivot = e;
        if (left[pivot] < NOTHING) return rank;
        choi_column(column, kraus, count, factor, rank, entries, pivot);
        const double scale = 1 / sqrt(left[pivot]);
        for (size_t e = 0; e < entries; e++) {
            column[e] = c_scale(column[e], scale);
            left[e] -= column[e].re * column[e].re + column[e].im * column[e].im;
        }
        left[pivot] = 0;
    }
    return entries;
}

/* As many operators as are independent, which are the same channel. */
static ketsim_status reduce(ketsim_complex *kraus, size_t *count, size_t entries)
{
    ketsim_complex *const factor = calloc(entries * entries, sizeof *factor);
    if (!factor) return fail(KETSIM_ERR_MEMORY, "channel: cannot allocate %zu numbers", entries * entries);
    *count = factorize(factor, kraus, *count, entries);
    memcpy(kraus, factor, *count * entries * sizeof *kraus);
    free(factor);
    return KETSIM_OK;
}

static void multiply_all(ketsim_complex *products, size_t *count, const ketsim_channel *first,
                         const ketsim_channel *second)
{
    const size_t entries = channel_entries(first);
    *count = 0;
    for (size_t j = 0; j < second->count; j++)
        for (size_t i = 0; i < first->count; i++) {
            ketsim_complex product[1 << 2 * KETSIM_MAX_CHANNEL_QUBITS];
            multiply(product, second->kraus + j * entries, first->kraus + i * entries, 1u << first->nqubits);
            merge(products, count, product, entries);
        }
}

ketsim_status ketsim_channel_compose(ketsim_channel **out, const ketsim_channel *first,
                                     const ketsim_channel *second)
{
    if (first->nqubits != second->nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "channels on %u and on %u qubits: must be on as many",
                    first->nqubits, second->nqubits);
    const size_t entries = channel_entries(first), most = first->count * second->count;
    ketsim_complex *const products = malloc(most * entries * sizeof *products);
    if (!products) return fail(KETSIM_ERR_MEMORY, "channel: cannot allocate %zu operators", most);
    size_t count;
    multiply_all(products, &count, first, second);
    ketsim_status status = count > entries ? reduce(products, &count, entries) : KETSIM_OK;
    if (status == KETSIM_OK)
        status = ketsim_channel_new(out, first->nqubits, products, count, KETSIM_MAX_TOLERANCE);
    free(products);
    return status;
}

/* ---- looking at them ---------------------------------------------------------------------------- */

unsigned ketsim_channel_nqubits(const ketsim_channel *channel)
{
    return channel->nqubits;
}

size_t ketsim_channel_length(const ketsim_channel *channel)
{
    return channel->count;
}

const ketsim_complex *ketsim_channel_kraus(const ketsim_channel *channel)
{
    return channel->kraus;
}

const double *ketsim_channel_probabilities(const ketsim_channel *channel)
{
    return channel->probabilities;
}

const ketsim_complex *ketsim_channel_unitaries(const ketsim_channel *channel)
{
    return channel->unitaries;
}

/* Row (r, s) and column (c, d) of sum K x conj(K). */
static ketsim_complex superoperator_entry(const ketsim_channel *channel, size_t row, size_t column)
{
    const unsigned k = channel->nqubits;
    const size_t entries = channel_entries(channel), low = ((size_t)1 << k) - 1;
    const size_t left = (row >> k) << k | column >> k, right = (row & low) << k | (column & low);
    ketsim_complex sum = COMPLEX(0, 0);
    for (size_t i = 0; i < channel->count; i++)
        sum = c_add(sum,
                    c_mul(channel->kraus[i * entries + left], c_conj(channel->kraus[i * entries + right])));
    return sum;
}

void ketsim_channel_superoperator(const ketsim_channel *channel, ketsim_complex *out)
{
    const size_t dim = channel_entries(channel);
    for (size_t r = 0; r < dim; r++)
        for (size_t c = 0; c < dim; c++) out[r * dim + c] = superoperator_entry(channel, r, c);
}

bool ketsim_channel_equal(const ketsim_channel *a, const ketsim_channel *b)
{
    return a == b || (a->nqubits == b->nqubits && a->count == b->count &&
                      !memcmp(a->kraus, b->kraus, a->count * channel_entries(a) * sizeof *a->kraus));
}
