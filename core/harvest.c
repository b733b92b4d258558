/* harvest.c - see harvest.h. */
#include "harvest.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "cplx.h"
#include "error.h"
#include "memory.h"
#include "overlap.h"

/* Qubits that a derivative may touch to be read as strings: 2^STRING_QUBITS of them at most. */
enum { STRING_QUBITS = 4, MOST_STRINGS = 1 << STRING_QUBITS };

/* What is read at a cut. */
struct field {
    const struct derivative *derivatives;
    size_t count;
    unsigned n;
    struct site *sites;       /* [count] */
    size_t nsites, *site_of;  /* of each derivative that is not read as strings */
    struct pauli_sums sums;   /* of the others, in their order */
    struct pauli_term *terms; /* [MOST_STRINGS * count] */
    double *values;           /* [count] of the sums */
};

static bool is_strings(const struct derivative *d)
{
    return d->diagonal && d->ntargets + bit_count(d->controls) <= STRING_QUBITS;
}

/* ---- strings ----------------------------------------------------------------------------------- */

/* The derivative's diagonal entry, without its i, where its qubits have these values; row: of its targets. */
static double entry_at(const struct derivative *d, uint64_t ones)
{
    unsigned row = 0;
    if ((ones ^ d->values) & d->controls) return 0;
    for (unsigned k = 0; k < d->ntargets; k++) row = row << 1 | (ones >> d->qubits[k] & 1);
    return d->d[row * ((1u << d->ntargets) + 1)].im;
}

/* D is antihermitian: i times the sum over subsets of its qubits of what is here times the product of their Z. */
static void add_strings(struct field *field, const struct derivative *d)
{
    const uint64_t qubits = d->controls | derive_mask(d->qubits, d->ntargets);
    const double part = 1 / (double)(UINT64_C(1) << bit_count(qubits));
    uint64_t z = 0;
    do {
        double sum = 0;
        uint64_t ones = 0;
        do {
            const double entry = entry_at(d, ones);
            sum += bit_count(ones & z) & 1 ? -entry : entry;
            ones = next_setting(ones, qubits);
        } while (ones);
        if (sum != 0)
            field->terms[field->sums.nterms++] = (struct pauli_term){
                .z = bits_of_qubits(z, field->n), .coefficient = sum * part, .sum = field->sums.count};
        z = next_setting(z, qubits);
    } while (z);
    field->sums.count++;
}

static ketsim_status read_strings(double *out, struct field *field, const void *bra,
                                  const struct pauli_state *ket)
{
    size_t k = 0;
    if (!field->sums.count) return KETSIM_OK;
    TRY(pauli_imaginary(field->values, bra, ket, &field->sums));
    for (const struct derivative *d = field->derivatives; d < field->derivatives + field->count; d++)
        if (is_strings(d)) out[d->angle] = -2 * field->values[k++];
    return KETSIM_OK;
}

/* ---- sites ------------------------------------------------------------------------------------- */

static struct site site_for(const struct derivative *d, unsigned n)
{
    struct site site = {.control_mask = bits_of_qubits(d->controls, n),
                        .control_values = bits_of_qubits(d->values, n),
                        .ntargets = d->ntargets};
    for (unsigned k = 0; k < 1u << 2 * d->ntargets; k++)
        if (!c_is(d->d[k], 0)) site.wanted |= (uint16_t)(1u << k);
    for (unsigned k = 0; k < d->ntargets; k++) site.targets[k] = (uint8_t)(n - 1 - d->qubits[k]);
    return site;
}

static bool same_place(const struct site *a, const struct site *b)
{
    return a->control_mask == b->control_mask && a->control_values == b->control_values &&
           a->ntargets == b->ntargets && !memcmp(a->targets, b->targets, a->ntargets);
}

/* Derivatives on the same bits share a site. */
static void add_site(struct field *field, const struct derivative *d)
{
    const struct site wanted = site_for(d, field->n);
    size_t s = 0;
    while (s < field->nsites && !same_place(&field->sites[s], &wanted)) s++;
    if (s == field->nsites) field->sites[field->nsites++] = wanted;
    else field->sites[s].wanted |= wanted.wanted;
    field->site_of[d - field->derivatives] = s;
}

/* 2 re <bra|D|ket> */
static double contract(const struct derivative *d, const struct site *site)
{
    double sum = 0;
    const unsigned dim = 1u << d->ntargets;
    for (unsigned k = 0; k < dim * dim; k++) sum += d->d[k].re * site->m[k].re - d->d[k].im * site->m[k].im;
    return 2 * sum;
}

static ketsim_status read_sites(double *out, struct field *field, const void *bra,
                                const struct pauli_state *ket, const struct pace *pace)
{
    if (!field->nsites) return KETSIM_OK;
    TRY(overlap(field->sites, field->nsites, bra, ket->amps, ket->dtype, ket->n, ket->threads, pace));
    for (size_t k = 0; k < field->count; k++) {
        const struct derivative *d = &field->derivatives[k];
        if (!is_strings(d)) out[d->angle] = contract(d, &field->sites[field->site_of[k]]);
    }
    return KETSIM_OK;
}

/* ---- a cut ------------------------------------------------------------------------------------- */

static ketsim_status read_both(double *out, struct field *field, const void *bra,
                               const struct pauli_state *ket)
{
    const double middle = (double)field->sums.count / (double)field->count;
    struct pauli_state first = *ket;
    for (const struct derivative *d = field->derivatives; d < field->derivatives + field->count; d++) {
        if (is_strings(d)) add_strings(field, d);
        else add_site(field, d);
    }
    const struct pace rest = pace_between(&ket->pace, middle, 1);
    first.pace = pace_between(&ket->pace, 0, middle);
    TRY(read_strings(out, field, bra, &first));
    return read_sites(out, field, bra, ket, &rest);
}

ketsim_status harvest(double *out, const struct cuts *cuts, const struct cut *cut, const void *bra,
                      const struct pauli_state *ket)
{
    struct field field = {.derivatives = cuts->derivatives + cut->first, .count = cut->count, .n = ket->n};
    if (!cut->count) return KETSIM_OK;
    const size_t each = sizeof *field.sites + MOST_STRINGS * sizeof *field.terms + sizeof *field.site_of +
                        sizeof *field.values;
    field.sites = memory_take(cut->count, each, "gradient");
    if (!field.sites) return KETSIM_ERR_MEMORY;
    field.sums.terms = field.terms = (struct pauli_term *)(field.sites + cut->count);
    field.site_of = (size_t *)(field.terms + MOST_STRINGS * cut->count);
    field.values = (double *)(field.site_of + cut->count);
    const ketsim_status status = read_both(out, &field, bra, ket);
    free(field.sites);
    return status;
}
