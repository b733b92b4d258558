/* prepare.c - states by what they are: products of states of single qubits, Dicke states, random ones. */
#include <math.h>

#include "bits.h"
#include "error.h"
#include "fill.h"
#include "reduce.h"
#include "rng.h"
#include "state.h"

static const double NORM_TOLERANCE = 1e-8; /* of a given state of one qubit */

/* How the amplitudes are written, and what else that needs to know. */
struct recipe {
    ketsim_status (*write)(const struct recipe *recipe, const struct exec *exec, void *amps);
    ketsim_complex factors[KETSIM_MAX_QUBITS][2]; /* by bit */
    unsigned weight;
    double amplitude;
    uint64_t seed;
};

static ketsim_status prepare(ketsim_state **out, const struct recipe *recipe, unsigned nqubits,
                             ketsim_dtype dtype)
{
    const struct exec exec = {.dtype = dtype, .nqubits = nqubits};
    struct buffer *buffer;
    TRY(buffer_acquire(&buffer, buffer_bytes(nqubits, dtype)));
    const ketsim_status status = recipe->write(recipe, &exec,
                                               atomic_load_explicit(&buffer->amps, memory_order_relaxed));
    if (status == KETSIM_OK) return state_create(out, nqubits, dtype, buffer);
    buffer_release(buffer);
    return status;
}

/* ---- products ---------------------------------------------------------------------------------- */

static ketsim_status write_product(const struct recipe *recipe, const struct exec *exec, void *amps)
{
    return fill_factors(exec, amps, (const ketsim_complex(*)[2])recipe->factors);
}

static ketsim_status add_factor(ketsim_complex out[2], const ketsim_complex given[2], unsigned qubit,
                                bool normalize)
{
    const double norm = hypot(hypot(given[0].re, given[0].im), hypot(given[1].re, given[1].im));
    if (!isfinite(norm) || (normalize && norm < NORM_LEAST))
        return fail(KETSIM_ERR_ARGUMENT, "product: norm of qubit %u is %g: must be positive and finite",
                    qubit, norm);
    if (!normalize && fabs(norm - 1) > NORM_TOLERANCE)
        return fail(KETSIM_ERR_ARGUMENT,
                    "product: norm of qubit %u is %.17g: must be 1 to within %g, or be normalized", qubit,
                    norm, NORM_TOLERANCE);
    const double scale = normalize ? norm : 1;
    for (unsigned k = 0; k < 2; k++) out[k] = (ketsim_complex){given[k].re / scale, given[k].im / scale};
    return KETSIM_OK;
}

ketsim_status ketsim_state_product(ketsim_state **out, const ketsim_complex *amplitudes, unsigned nqubits,
                                   ketsim_dtype dtype, bool normalize)
{
    struct recipe recipe = {.write = write_product};
    TRY(state_check_size(nqubits, dtype));
    for (unsigned q = 0; q < nqubits; q++)
        TRY(add_factor(recipe.factors[nqubits - 1 - q], amplitudes + 2 * q, q, normalize));
    return prepare(out, &recipe, nqubits, dtype);
}

/* ---- Dicke states ------------------------------------------------------------------------------ */

static ketsim_complex dicke(const void *context, uint64_t index)
{
    const struct recipe *recipe = context;
    return (ketsim_complex){bit_count(index) == recipe->weight ? recipe->amplitude : 0, 0};
}

static ketsim_status write_dicke(const struct recipe *recipe, const struct exec *exec, void *amps)
{
    return fill_each(exec, amps, dicke, recipe);
}

ketsim_status ketsim_state_dicke(ketsim_state **out, unsigned nqubits, unsigned weight, ketsim_dtype dtype)
{
    double count = 1;
    TRY(state_check_size(nqubits, dtype));
    if (weight > nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "weight %u: must be 0..%u, the number of qubits", weight, nqubits);
    for (unsigned k = 1; k <= weight; k++) count = count * (nqubits - weight + k) / k; /* whole, below 2^53 */
    return prepare(out,
                   &(struct recipe){.write = write_dicke, .weight = weight, .amplitude = 1 / sqrt(count)},
                   nqubits, dtype);
}

/* ---- random states ----------------------------------------------------------------------------- */

/* Two independent normal numbers (Box and Muller, Annals of Mathematical Statistics 29, 1958). */
static ketsim_complex normal(const void *context, uint64_t index)
{
    const struct recipe *recipe = context;
    const double turn = 6.28318530717958647693;
    uint64_t words[4];
    philox4x64(words, (const uint64_t[4]){index, 0, 0, RNG_STATE}, (const uint64_t[2]){recipe->seed, 0});
    const double radius = sqrt(-2 * log(1 - rng_double(words[0]))), angle = turn * rng_double(words[1]);
    return (ketsim_complex){radius * cos(angle), radius * sin(angle)};
}

/* Such numbers, divided by their norm, are distributed evenly over the sphere (Muller, Communications of the ACM 2, 1959). */
static ketsim_status write_random(const struct recipe *recipe, const struct exec *exec, void *amps)
{
    double norm2;
    TRY(fill_each(exec, amps, normal, recipe));
    TRY(reduce_norm2(&norm2, amps, exec->dtype, exec->nqubits, exec->threads));
    return fill_project(exec, amps, amps, 0, 0, 1 / sqrt(norm2));
}

ketsim_status ketsim_state_random(ketsim_state **out, unsigned nqubits, ketsim_dtype dtype,
                                  const uint64_t *seed)
{
    struct recipe recipe = {.write = write_random};
    TRY(state_check_size(nqubits, dtype));
    if (seed) recipe.seed = *seed;
    else TRY(rng_os_seed(&recipe.seed));
    return prepare(out, &recipe, nqubits, dtype);
}
