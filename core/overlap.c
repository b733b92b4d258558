/* overlap.c - passes over two states, tile by tile, for as many sites as have their bits in a tile.  See overlap.h.
 *
 * A tile is the amplitudes that agree outside its bits, of which the lowest are always some.  Entries are sums over
 * groups of neighbors; a site's bits inside a group exchange neighbors of the ket, of which a copy is made. */
#include "overlap.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "error.h"
#include "kernels/kernel.h"
#include "memory.h"
#include "reduce.h"

enum { TILE_BITS = 12, TILE = 1 << TILE_BITS, GROUP_MASK = OVERLAP_GROUP - 1 };

/* One entry of a site's matrix.  Positions are those of the tile, outer bits those of the state. */
struct entry {
    uint64_t outer_mask, outer_values;
    uint32_t mask, values, x; /* positions with values in the bra, and those that differ in the ket */
    uint32_t sum;
};

struct job {
    const void *bra, *ket;
    ketsim_dtype dtype;
    overlap_kernel *kernel;
    uint64_t local; /* bits of the tile */
    uint64_t end;   /* amplitudes of a tile, at least a group */
    const struct entry *entries;
    size_t nentries;
};

/* ---- a tile ------------------------------------------------------------------------------------ */

struct tile {
    _Alignas(64) double bra[2 * TILE];
    double ket[2 * TILE], exchanged[2 * TILE]; /* exchanged: neighbors of the ket */
};

/* Amplitudes of a tile as doubles, zeros behind those there are. */
static const double *gather(double *out, const struct job *job, const void *amps, uint64_t first)
{
    const uint64_t all = UINT64_C(1) << bit_count(job->local), lowest = (job->local + 1) & ~job->local;
    const uint64_t run = lowest < REDUCE_STRIP ? lowest : REDUCE_STRIP;
    if (job->dtype == KETSIM_COMPLEX128 && lowest == all && all >= OVERLAP_GROUP)
        return (const double *)amps + 2 * first;
    for (uint64_t i = all; i < job->end; i++) out[2 * i] = out[2 * i + 1] = 0;
    for (uint64_t i = 0, at = 0; i < all; i += run, at = next_around(at, ~job->local, run)) {
        const double *from = reduce_strip(out + 2 * i, amps, job->dtype, first | at, run);
        if (from != out + 2 * i) memcpy(out + 2 * i, from, 2 * run * sizeof *out);
    }
    return out;
}

static void exchange(double *restrict out, const double *restrict in, uint64_t end, uint32_t x)
{
    for (uint64_t i = 0; i < end; i += OVERLAP_GROUP)
        for (uint32_t k = 0; k < OVERLAP_GROUP; k++) {
            out[2 * (i + k)] = in[2 * (i + (k ^ x))];
            out[2 * (i + k) + 1] = in[2 * (i + (k ^ x)) + 1];
        }
}

/* What the last call of the kernel found, for entries that differ in neighbors only. */
struct found {
    struct overlap_loop loop;
    uint32_t exchanged;
    double straight[OVERLAP_REALS], crossed[OVERLAP_REALS];
};

static void find(struct found *found, const struct job *job, struct tile *tile, const double *bra,
                 const double *ket, const struct entry *entry)
{
    const struct overlap_loop loop = {.skip = entry->mask & ~(uint32_t)GROUP_MASK,
                                      .values = entry->values & ~(uint32_t)GROUP_MASK,
                                      .x = entry->x & ~(uint32_t)GROUP_MASK,
                                      .end = job->end};
    const uint32_t exchanged = entry->x & GROUP_MASK;
    const bool again = found->loop.skip == loop.skip && found->loop.values == loop.values &&
                       found->loop.x == loop.x && found->exchanged == exchanged;
    if (again) return;
    if (exchanged != found->exchanged && exchanged) exchange(tile->exchanged, ket, job->end, exchanged);
    found->loop = loop;
    found->exchanged = exchanged;
    job->kernel(found->straight, found->crossed, bra, exchanged ? tile->exchanged : ket, &loop);
}

static void add_found(double *sum, const struct found *found, const struct entry *entry)
{
    for (uint32_t k = 0; k < OVERLAP_GROUP; k++) {
        if ((k ^ entry->values) & entry->mask & GROUP_MASK) continue;
        sum[0] += found->straight[2 * k] + found->straight[2 * k + 1];
        sum[1] += found->crossed[2 * k] - found->crossed[2 * k + 1];
    }
}

static void add_tile(const void *context, uint64_t number, double *sums, double *room)
{
    const struct job *job = context;
    struct tile tile; /* not cleared: 192 KiB */
    struct found found = {.loop.x = UINT64_MAX};
    (void)room;
    const uint64_t first = spread_around(number, job->local);
    const double *bra = gather(tile.bra, job, job->bra, first), *ket = gather(tile.ket, job, job->ket, first);
    for (const struct entry *entry = job->entries; entry < job->entries + job->nentries; entry++) {
        if ((first ^ entry->outer_values) & entry->outer_mask) continue;
        find(&found, job, &tile, bra, ket, entry);
        add_found(sums + 2 * (size_t)entry->sum, &found, entry);
    }
}

/* ---- entries ----------------------------------------------------------------------------------- */

static uint64_t target_bits(const struct site *site)
{
    uint64_t bits = 0;
    for (unsigned k = 0; k < site->ntargets; k++) bits |= UINT64_C(1) << site->targets[k];
    return bits;
}

static bool is_wanted(const struct site *site, unsigned row, unsigned column)
{
    return site->wanted >> (row << site->ntargets | column) & 1;
}

/* Bits that bra and ket may differ in. */
static uint64_t crossed_bits(const struct site *site)
{
    const unsigned dim = 1u << site->ntargets;
    unsigned diagonal = 0;
    for (unsigned row = 0; row < dim; row++) diagonal |= 1u << row * (dim + 1);
    return site->wanted & ~diagonal ? target_bits(site) : 0;
}

static uint64_t setting(const struct site *site, unsigned row)
{
    uint64_t bits = 0;
    for (unsigned k = 0; k < site->ntargets; k++)
        bits |= (uint64_t)(row >> (site->ntargets - 1 - k) & 1) << site->targets[k];
    return bits;
}

/* Positions in the tile of those of the bits that are there. */
static uint32_t positions(uint64_t local, uint64_t bits)
{
    uint32_t places = 0;
    for (bits &= local; bits; bits &= bits - 1)
        places |= UINT32_C(1) << bit_count(local & ((bits & -bits) - 1));
    return places;
}

static struct entry make_entry(const struct site *site, uint64_t local, unsigned row, unsigned column,
                               size_t sum)
{
    const uint64_t mask = site->control_mask | target_bits(site),
                   values = site->control_values | setting(site, row);
    return (struct entry){.outer_mask = mask & ~local,
                          .outer_values = values & ~local,
                          .mask = positions(local, mask),
                          .values = positions(local, values),
                          .x = positions(local, setting(site, row ^ column)),
                          .sum = (uint32_t)sum};
}

/* So that neighbors are exchanged once for all that ask for it, and the kernel runs once for all that it serves. */
static int compare(const void *first, const void *second)
{
    const struct entry *a = first, *b = second;
    const uint32_t keys[][2] = {{a->x & GROUP_MASK, b->x & GROUP_MASK},
                                {a->x, b->x},
                                {a->mask & ~(uint32_t)GROUP_MASK, b->mask & ~(uint32_t)GROUP_MASK},
                                {a->values & ~(uint32_t)GROUP_MASK, b->values & ~(uint32_t)GROUP_MASK},
                                {a->sum, b->sum}};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (keys[k][0] != keys[k][1]) return keys[k][0] < keys[k][1] ? -1 : 1;
    return 0;
}

/* ---- passes ------------------------------------------------------------------------------------ */

/* Entries of the sites of a pass, and where their sums go. */
struct pass {
    uint64_t local;
    size_t nentries;
    struct entry *entries;
    ketsim_complex **to; /* [sum] */
    double *sums;
};

static unsigned tile_bits(unsigned n)
{
    return n < TILE_BITS ? n : TILE_BITS;
}

/* Bits of the next tile: the lowest, then those that sites which are left ask for, while they fit; then any. */
static uint64_t choose_local(const struct site *sites, const bool *done, size_t count, unsigned n, bool first)
{
    const unsigned m = tile_bits(n);
    uint64_t local = (UINT64_C(1) << (n < OVERLAP_BITS ? n : OVERLAP_BITS)) - 1;
    for (size_t k = 0; !first && k < count; k++) {
        const uint64_t more = local | crossed_bits(&sites[k]);
        if (!done[k] && bit_count(more) <= m) local = more;
    }
    while (bit_count(local) < m) local |= local + 1;
    return local;
}

static void add_entries(struct pass *pass, struct site *site)
{
    const unsigned dim = 1u << site->ntargets;
    for (unsigned row = 0; row < dim; row++)
        for (unsigned column = 0; column < dim; column++) {
            if (!is_wanted(site, row, column)) continue;
            const size_t sum = pass->nentries++;
            pass->entries[sum] = make_entry(site, pass->local, row, column, sum);
            pass->to[sum] = &site->m[row * dim + column];
        }
}

static ketsim_status run_pass(struct pass *pass, const struct job *states, unsigned n, unsigned threads,
                              const struct pace *pace)
{
    struct job job = *states;
    const uint64_t m = tile_bits(n), amps = UINT64_C(1) << m;
    qsort(pass->entries, pass->nentries, sizeof *pass->entries, compare);
    job.local = pass->local;
    job.end = amps < OVERLAP_GROUP ? OVERLAP_GROUP : amps;
    job.entries = pass->entries;
    job.nentries = pass->nentries;
    TRY(blocks_run(pass->sums, &(struct blocks){.nblocks = UINT64_C(1) << (n - m),
                                                .ns = amps + amps * pass->nentries / 8,
                                                .threads = threads,
                                                .nsums = 2 * pass->nentries,
                                                .add = add_tile,
                                                .context = &job,
                                                .pace = pace}));
    for (size_t k = 0; k < pass->nentries; k++)
        *pass->to[k] = (ketsim_complex){pass->sums[2 * k], pass->sums[2 * k + 1]};
    return KETSIM_OK;
}

static ketsim_status run_passes(struct pass *pass, bool *done, struct site *sites, size_t count,
                                const struct job *states, unsigned n, unsigned threads,
                                const struct pace *pace)
{
    bool first = true;
    for (size_t left = count; left; first = false) {
        pass->local = choose_local(sites, done, count, n, first);
        pass->nentries = 0;
        for (size_t k = 0; k < count; k++) {
            if (done[k] || crossed_bits(&sites[k]) & ~pass->local) continue;
            add_entries(pass, &sites[k]);
            done[k] = true;
            left--;
        }
        if (pass->nentries) TRY(run_pass(pass, states, n, threads, pace));
    }
    return KETSIM_OK;
}

ketsim_status overlap(struct site *sites, size_t count, const void *bra, const void *ket, ketsim_dtype dtype,
                      unsigned n, unsigned threads, const struct pace *pace)
{
    const struct job states = {.bra = bra, .ket = ket, .dtype = dtype, .kernel = kernels()->overlap};
    const size_t most = count * MATRIX_ENTRIES;
    const uint64_t bytes = count >> 32 ? UINT64_MAX
                                       : most * (sizeof(struct entry) + sizeof(ketsim_complex *) +
                                                 2 * sizeof(double)) +
                                             count * sizeof(bool);
    TRY(memory_admit(bytes, "overlaps"));
    char *memory = calloc(bytes + !bytes, 1);
    if (!memory)
        return fail(KETSIM_ERR_MEMORY, "overlaps: cannot allocate %llu bytes", (unsigned long long)bytes);
    struct pass pass = {.entries = (struct entry *)memory};
    pass.to = (ketsim_complex **)(pass.entries + most);
    pass.sums = (double *)(pass.to + most);
    const ketsim_status status = run_passes(&pass, (bool *)(pass.sums + 2 * most), sites, count, &states, n,
                                            threads, pace);
    free(memory);
    return status;
}
