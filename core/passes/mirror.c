/* mirror.c - see mirror.h. */
#include "mirror.h"

#include <stdlib.h>
#include <string.h>

#include "../cplx.h"
#include "../kernels/tile.h"

/* The inverse of a sweep, its entries in out[16]. */
static struct sweep inverse(const struct sweep *sweep, ketsim_complex *out)
{
    struct sweep inverse = *sweep;
    if (sweep->wide) return inverse; /* phases: where they are is all that counts here */
    const unsigned count = sweep_entries(sweep), dim = 1u << sweep->ntargets;
    for (unsigned k = 0; k < count; k++) {
        const unsigned from = sweep->diagonal || sweep->pauli ? k : k % dim * dim + k / dim;
        out[k] = c_conj(sweep->entries[from]);
    }
    inverse.entries = out;
    return inverse;
}

/* All that changes something, the last first; returns how many. */
static size_t turn_round(struct sweep *out, ketsim_complex *entries, const struct sweep *sweeps, size_t count)
{
    size_t length = 0;
    while (count--)
        if (!sweeps[count].read) {
            out[length] = inverse(&sweeps[count], entries + PAIR_ENTRIES * length);
            length++;
        }
    return length;
}

static void reverse(struct route *route)
{
    for (unsigned i = 0, j = route->length; i < j; i++) {
        const uint64_t local = route->local[i];
        route->local[i] = route->local[--j];
        route->local[j] = local;
    }
}

static bool find(struct route *out, const struct sweep *sweeps, size_t count, unsigned nbits, unsigned m,
                 bool cores)
{
    char label[KETSIM_MAX_QUBITS];
    struct form form;
    struct walk walk;
    memset(label, '0', sizeof label);
    form_init(&form, nbits, label, sweeps, count);
    form.cores = cores;
    const bool whole = form_append(&form, sweeps, count) == count && form_finish(&form);
    *out = (struct route){.length = 0};
    if (whole) {
        memcpy(walk.at, form.first, sizeof walk.at);
        route_find(&form, &walk, m, LEAST_RUN_BITS, out);
        if (out->length == ROUTE_PASSES) out->length = 0; /* and more, of which nothing is known */
        reverse(out);
    }
    form_clear(&form);
    return !form.out_of_memory;
}

bool mirror_route(struct route *out, const struct sweep *sweeps, size_t count, unsigned nbits, unsigned m,
                  bool cores)
{
    struct sweep *inverted = malloc((count + 1) * sizeof *inverted);
    ketsim_complex *entries = malloc((count + 1) * PAIR_ENTRIES * sizeof *entries);
    bool done = inverted && entries;
    if (done) {
        const size_t length = turn_round(inverted, entries, sweeps, count);
        done = find(out, inverted, length, nbits, m, cores);
    }
    free(inverted);
    free(entries);
    return done;
}
