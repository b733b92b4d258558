/* fill.c - product states, copies and projections, each one parallel pass. */
#include "fill.h"

#include <string.h>

#include "buffer.h"
#include "cplx.h"
#include "error.h"
#include "stops.h"
#include "threads.h"

enum {
    LOW_BITS = 10,        /* of a product state: index bits in one table */
    SHARE_AMPS = 1 << 12, /* shares are a multiple of this */
    SLICE_AMPS =
        1 << 20 /* for each member between two looks at the limits: milliseconds, also on fresh pages */
};

struct pass {
    const struct exec *exec;
    void *dst;
    const void *src;
    uint64_t mask, values;
    double factor;
    const ketsim_complex (*factors)[2]; /* of a product state, by bit: amplitudes of |0> and |1> */
    fill_value *value;
    const void *context; /* of it */
    struct slice slice;  /* of amplitudes */
};

static uint64_t share(uint64_t *first, const struct pass *pass, unsigned member, unsigned members)
{
    uint64_t last;
    slice_share(first, &last, &pass->slice, SHARE_AMPS, member, members);
    return last;
}

static size_t amp_bytes(const struct exec *exec)
{
    return exec->dtype == KETSIM_COMPLEX128 ? 16 : 8;
}

/* ---- product states ---- */

/* Amplitudes of |0> and |1> in each single-qubit state of a label. */
static const struct factor {
    char name;
    ketsim_complex amps[2];
} letters[] = {
#define R2 0.70710678118654752440
    {'0', {{1, 0}, {0, 0}}},    {'1', {{0, 0}, {1, 0}}},   {'+', {{R2, 0}, {R2, 0}}},
    {'-', {{R2, 0}, {-R2, 0}}}, {'r', {{R2, 0}, {0, R2}}}, {'l', {{R2, 0}, {0, -R2}}},
};

static const struct factor *find(char c)
{
    for (size_t k = 0; k < sizeof letters / sizeof *letters; k++)
        if (letters[k].name == c) return &letters[k];
    return NULL;
}

ketsim_status fill_check_label(const char *label, size_t length)
{
    for (size_t k = 0; k < length; k++)
        if (!find(label[k]))
            return fail(KETSIM_ERR_ARGUMENT,
                        "label: character %zu is '%c' (0x%02x): must be one of 0 1 + - r l", k,
                        label[k] >= ' ' && label[k] <= '~' ? label[k] : '?', (unsigned char)label[k]);
    return KETSIM_OK;
}

static ketsim_complex multiply(ketsim_complex a, ketsim_complex b)
{
    return (ketsim_complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* Product of the factors of the index bits from bit first on. */
static ketsim_complex product(const ketsim_complex (*factors)[2], unsigned nqubits, unsigned first,
                              uint64_t index)
{
    ketsim_complex result = {1, 0};
    for (unsigned b = first; b < nqubits; b++) result = multiply(result, factors[b][index >> b & 1]);
    return result;
}

/* The products of the factors of the low index bits, for every value of these. */
static void tabulate(ketsim_complex *table, const ketsim_complex (*factors)[2], unsigned low)
{
    table[0] = (ketsim_complex){1, 0};
    for (unsigned b = 0; b < low; b++)
        for (uint64_t i = 0; i < UINT64_C(1) << b; i++) {
            table[i | UINT64_C(1) << b] = multiply(table[i], factors[b][1]);
            table[i] = multiply(table[i], factors[b][0]);
        }
}

bool fill_basis_index(uint64_t *index, const char *label, unsigned nqubits)
{
    *index = 0;
    for (unsigned k = 0; k < nqubits; k++) {
        if (label[k] != '0' && label[k] != '1') return false;
        *index = *index << 1 | (uint64_t)(label[k] - '0');
    }
    return true;
}

static void basis_share(void *context, unsigned member, unsigned members)
{
    const struct pass *pass = context;
    const size_t size = amp_bytes(pass->exec);
    uint64_t first;
    const uint64_t last = share(&first, pass, member, members);
    memset((char *)pass->dst + first * size, 0, (last - first) * size);
    if (first <= pass->values && pass->values < last)
        c_store(pass->dst, pass->exec->dtype, pass->values, (ketsim_complex){1, 0});
}

/* Blocks of 2^low amplitudes: one table of the low factors times one product of the high ones.  Blocks of zeros are
 * joined into one long memset. */
static void product_share(void *context, unsigned member, unsigned members)
{
    const struct pass *pass = context;
    const unsigned n = pass->exec->nqubits, low = n < LOW_BITS ? n : LOW_BITS;
    const size_t size = amp_bytes(pass->exec);
    uint64_t first, zeros = 0;
    const uint64_t last = share(&first, pass, member, members);
    ketsim_complex table[1 << LOW_BITS];
    if (first < last) tabulate(table, pass->factors, low);
    for (uint64_t at = first; at < last; at += UINT64_C(1) << low) {
        const ketsim_complex high = product(pass->factors, n, low, at);
        const bool zero = high.re == 0 && high.im == 0;
        zeros += zero ? UINT64_C(1) << low : 0;
        if (zero) continue;
        memset((char *)pass->dst + (at - zeros) * size, 0, zeros * size);
        zeros = 0;
        for (uint64_t i = 0; i < UINT64_C(1) << low; i++)
            c_store(pass->dst, pass->exec->dtype, at + i, multiply(high, table[i]));
    }
    memset((char *)pass->dst + (last - zeros) * size, 0, zeros * size);
}

/* A buffer smaller than a vector is padded with zeros. */
static void pad(const struct exec *exec, void *dst)
{
    if (amp_bytes(exec) << exec->nqubits < BUFFER_LEAST) memset(dst, 0, BUFFER_LEAST);
}

static ketsim_status run(struct pass *pass, void (*body)(void *context, unsigned member, unsigned members),
                         const char *what)
{
    const struct exec *exec = pass->exec;
    return slices_run(&pass->slice, UINT64_C(1) << exec->nqubits, SLICE_AMPS, exec_threads(exec), body, pass,
                      what);
}

ketsim_status fill_factors(const struct exec *exec, void *dst, const ketsim_complex (*factors)[2])
{
    struct pass pass = {.exec = exec, .dst = dst, .factors = factors};
    pad(exec, dst);
    return run(&pass, product_share, "product state");
}

ketsim_status fill_product(const struct exec *exec, void *dst, const char *label)
{
    struct pass pass = {.exec = exec, .dst = dst};
    ketsim_complex factors[KETSIM_MAX_QUBITS][2];
    if (fill_basis_index(&pass.values, label, exec->nqubits)) {
        pad(exec, dst);
        return run(&pass, basis_share, "product state");
    }
    for (unsigned b = 0; b < exec->nqubits; b++)
        memcpy(factors[b], find(label[exec->nqubits - 1 - b])->amps, sizeof factors[b]);
    return fill_factors(exec, dst, (const ketsim_complex(*)[2])factors);
}

static void each_share(void *context, unsigned member, unsigned members)
{
    const struct pass *pass = context;
    uint64_t first;
    const uint64_t last = share(&first, pass, member, members);
    for (uint64_t i = first; i < last; i++)
        c_store(pass->dst, pass->exec->dtype, i, pass->value(pass->context, i));
}

ketsim_status fill_each(const struct exec *exec, void *dst, fill_value *value, const void *context)
{
    struct pass pass = {.exec = exec, .dst = dst, .value = value, .context = context};
    pad(exec, dst);
    return run(&pass, each_share, "state");
}

/* ---- copies and projections ---- */

static void copy_share(void *context, unsigned member, unsigned members)
{
    const struct pass *pass = context;
    const size_t size = amp_bytes(pass->exec);
    uint64_t first;
    const uint64_t last = share(&first, pass, member, members);
    memcpy((char *)pass->dst + first * size, (const char *)pass->src + first * size, (last - first) * size);
}

ketsim_status fill_copy(const struct exec *exec, void *dst, const void *src)
{
    struct pass pass = {.exec = exec, .dst = dst, .src = src};
    pad(exec, dst);
    return run(&pass, copy_share, "copy");
}

#define PROJECT(REAL)                                                                           \
    for (uint64_t i = first; i < last; i++) {                                                   \
        const bool kept = (i & pass->mask) == pass->values;                                     \
        for (unsigned part = 0; part < 2; part++) {                                             \
            const REAL from = ((const REAL *)pass->src)[2 * i + part];                          \
            ((REAL *)pass->dst)[2 * i + part] = kept ? (REAL)((double)from * pass->factor) : 0; \
        }                                                                                       \
    }

static void project_share(void *context, unsigned member, unsigned members)
{
    const struct pass *pass = context;
    uint64_t first;
    const uint64_t last = share(&first, pass, member, members);
    if (pass->exec->dtype == KETSIM_COMPLEX128) {
        PROJECT(double)
    } else {
        PROJECT(float)
    }
}

ketsim_status fill_project(const struct exec *exec, void *dst, const void *src, uint64_t mask,
                           uint64_t values, double factor)
{
    struct pass pass = {
        .exec = exec, .dst = dst, .src = src, .mask = mask, .values = values, .factor = factor};
    if (dst != src) pad(exec, dst);
    return run(&pass, project_share, "projection");
}
