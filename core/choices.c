/* choices.c - the unitaries of a channel as operations on few qubits.
 *
 * A product of matrices on single qubits, as Pauli strings are, comes in as these: they wait for one another, and cost
 * next to nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "error.h"
#include "script.h"

/* Of entries, which are at most 1: what counts as equal. */
static const double CLOSE = 0x1p-49;

static ketsim_complex multiply(ketsim_complex a, ketsim_complex b)
{
    return (ketsim_complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static bool close_to(ketsim_complex a, ketsim_complex b)
{
    return fabs(a.re - b.re) <= CLOSE && fabs(a.im - b.im) <= CLOSE;
}

static size_t largest(const ketsim_complex *m, size_t count)
{
    size_t best = 0;
    for (size_t k = 1; k < count; k++)
        if (hypot(m[k].re, m[k].im) > hypot(m[best].re, m[best].im) * (1 + CLOSE)) best = k;
    return best;
}

/* Split m on several qubits into a on the first of them and b on the others; false if it is no such product. */
static bool split(ketsim_complex a[4], ketsim_complex *b, const ketsim_complex *m, unsigned dim)
{
    const unsigned half = dim / 2, pivot = (unsigned)largest(m, (size_t)dim * dim);
    const unsigned row = pivot / dim, column = pivot % dim;
    const ketsim_complex p = m[pivot];
    const double norm2 = p.re * p.re + p.im * p.im;
    const ketsim_complex inverse = {p.re / norm2, -p.im / norm2};
    double squares = 0;
    for (unsigned k = 0; k < 4; k++) {
        a[k] = m[(k / 2 * half + row % half) * dim + k % 2 * half + column % half];
        squares += a[k].re * a[k].re + a[k].im * a[k].im;
    }
    const double scale = sqrt(squares / 2);
    for (unsigned k = 0; k < half * half; k++) {
        const ketsim_complex entry =
            m[(row / half * half + k / half) * dim + column / half * half + k % half];
        b[k] = multiply(entry, inverse);
        b[k].re *= scale, b[k].im *= scale;
    }
    for (unsigned k = 0; k < 4; k++) a[k].re /= scale, a[k].im /= scale;
    for (unsigned k = 0; k < dim * dim; k++) {
        const unsigned r = k / dim, c = k % dim;
        if (!close_to(m[k], multiply(a[r / half * 2 + c / half], b[r % half * half + c % half])))
            return false;
    }
    return true;
}

static bool is_identity(const ketsim_complex *m, unsigned dim)
{
    for (unsigned k = 0; k < dim * dim; k++)
        if (!close_to(m[k], (ketsim_complex){k / dim == k % dim, 0})) return false;
    return true;
}

static void add_part(struct choice *choice, const ketsim_complex *m, unsigned first, unsigned nqubits)
{
    const unsigned dim = 1u << nqubits, at = choice->count;
    if (is_identity(m, dim)) return;
    choice->parts[at].nqubits = (uint8_t)nqubits;
    for (unsigned k = 0; k < nqubits; k++) choice->parts[at].qubits[k] = (uint8_t)(first + k);
    memcpy(choice->parts[at].matrix, m, dim * dim * sizeof *m);
    choice->count++;
}

/* False when three qubits are left that are no product. */
static bool decompose(struct choice *choice, const ketsim_complex *m, unsigned nqubits)
{
    ketsim_complex rest[2][16], a[4];
    unsigned first = 0, turn = 0;
    choice->count = 0;
    for (; nqubits > 1 && split(a, rest[turn], m, 1u << nqubits); nqubits--, turn = !turn) {
        add_part(choice, a, first++, 1);
        m = rest[turn];
    }
    if (nqubits > 2) return false;
    add_part(choice, m, first, nqubits);
    return true;
}

bool choices_fit(const ketsim_channel *channel)
{
    struct choice trial;
    if (!channel->is_mixed_unitary) return false;
    for (size_t k = 0; k < channel->count; k++)
        if (!decompose(&trial, channel->unitaries + k * channel_entries(channel), channel->nqubits))
            return false;
    return true;
}

void choices_free(struct choices *choices)
{
    if (!choices) return;
    free(choices->p);
    free(choices->list);
    free(choices);
}

ketsim_status choices_make(struct choices **out, const ketsim_channel *channel)
{
    const size_t count = channel->count;
    struct choices *choices = calloc(1, sizeof *choices);
    if (choices) choices->p = malloc(count * sizeof *choices->p);
    if (choices) choices->list = malloc(count * sizeof *choices->list);
    if (!choices || !choices->p || !choices->list) {
        choices_free(choices);
        return fail(KETSIM_ERR_MEMORY, "channel: cannot allocate %zu operators", count);
    }
    for (size_t k = 0; k < count; k++) {
        (void)decompose(&choices->list[k], channel->unitaries + k * channel_entries(channel),
                        channel->nqubits);
        choices->p[k] = channel->probabilities[k];
        if (!choices->list[k].count) choices->clean += choices->p[k];
    }
    choices->channel = channel;
    choices->count = count;
    *out = choices;
    return KETSIM_OK;
}
