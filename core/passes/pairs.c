/* pairs.c - find the runs, multiply their gates.
 *
 * Any unitary on two bits needs at most three entangling gates and then fifteen rotations around them; as a dense
 * matrix it is 16 complex multiply-adds, which is less (targets of qsim's gate fusion: Isakov et al., "Simulations of
 * quantum circuits with approximate noise using qsim and Cirq" (2021), section II.C). */
#include "pairs.h"

#include <stdlib.h>
#include <string.h>

#include "../bits.h"
#include "../cplx.h"
#include "../stops.h"

/* Costs in halves of a CNOT: a dense matrix pays where it replaces three, a core where it replaces two. */
enum { NO_RUN = -1, PHASE = 1, CONTROLLED = 2, CORE_WORTH = 4, WORTH = 6, PAIR = 4 };

/* Sweeps on bits high and low with no other on either of them in between. */
struct run {
    uint8_t high, low;
    bool fresh; /* a phase on both would not merge with one before */
    unsigned entangles;
    uint32_t left;          /* sweeps of the run not yet multiplied */
    ketsim_complex *matrix; /* once the first has been multiplied */
};

/* What a sweep on two bits counts for. */
static unsigned entangles(const struct run *run, const struct sweep *sweep)
{
    if (sweep->diagonal) return run->fresh ? PHASE : 0;
    return sweep->ntargets == 2 ? WORTH : CONTROLLED;
}

static bool is_swap(const struct sweep *sweep)
{
    const ketsim_complex *m = sweep->entries;
    return sweep->ntargets == 2 && !sweep->diagonal && c_is(m[5], 0) && c_is(m[10], 0) && c_abs(m[6]) > 0.5 &&
           c_abs(m[0]) > 0.5;
}

struct search {
    struct run *runs;
    int32_t *of; /* run of each sweep */
    int32_t nruns, open[KETSIM_MAX_QUBITS];
    unsigned worth; /* what a run must entangle to become a matrix */
};

/* Every so many sweeps the limits are looked at. */
static bool must_stop(size_t k)
{
    return k % 4096 == 4095 && limits_go_on("plan", 0) != KETSIM_OK;
}

static void close_runs(struct search *s, uint64_t mask)
{
    for (; mask; mask &= mask - 1) {
        const int32_t run = s->open[low_bit(mask)];
        if (run == NO_RUN) continue;
        s->open[s->runs[run].high] = s->open[s->runs[run].low] = NO_RUN;
    }
}

static int32_t run_of_two(struct search *s, uint64_t mask, const struct sweep *sweep)
{
    const unsigned low = low_bit(mask), high = low_bit(mask & (mask - 1));
    if (is_swap(sweep)) {
        close_runs(s, mask);
        return NO_RUN;
    }
    if (s->open[low] == NO_RUN || s->open[low] != s->open[high]) {
        close_runs(s, mask);
        s->runs[s->nruns] = (struct run){.high = (uint8_t)high, .low = (uint8_t)low, .fresh = true};
        s->open[low] = s->open[high] = s->nruns++;
    }
    return s->open[low];
}

static bool find_runs(struct search *s, const struct sweep *sweeps, size_t count)
{
    for (unsigned bit = 0; bit < KETSIM_MAX_QUBITS; bit++) s->open[bit] = NO_RUN;
    for (size_t k = 0; k < count; k++) {
        if (must_stop(k)) return false;
        const uint64_t mask = sweeps[k].control_mask | sweep_targets(&sweeps[k]);
        const unsigned nbits = bit_count(mask);
        s->of[k] = nbits == 1 && !sweeps[k].as_it_is ? s->open[low_bit(mask)] : NO_RUN;
        if (sweeps[k].as_it_is) close_runs(s, mask);
        else if (nbits == 2) s->of[k] = run_of_two(s, mask, &sweeps[k]);
        else if (nbits > 2 || sweeps[k].read) close_runs(s, mask);
        if (sweeps[k].read) s->of[k] = NO_RUN;
        if (s->of[k] == NO_RUN) continue;
        struct run *run = &s->runs[s->of[k]];
        if (nbits == 2) run->entangles += entangles(run, &sweeps[k]);
        run->fresh = !sweeps[k].diagonal || (nbits == 1 && run->fresh);
        run->left++;
    }
    return true;
}

/* Bit of a basis state of the pair, 0 to 3, that stands for a bit of the state. */
static unsigned part(const struct run *run, unsigned bit, unsigned index)
{
    return bit == run->high ? index >> 1 : index & 1;
}

/* Entry of a sweep's matrix on the pair; row and column differ in its targets only, or it is 0. */
static ketsim_complex entry(const struct run *run, const struct sweep *sweep, unsigned row, unsigned column)
{
    unsigned r = 0, c = 0, others = 3;
    for (unsigned k = 0; k < sweep->ntargets; k++) {
        r = r << 1 | part(run, sweep->targets[k], row);
        c = c << 1 | part(run, sweep->targets[k], column);
        others &= ~(sweep->targets[k] == run->high ? 2u : 1u);
    }
    if ((row ^ column) & others) return COMPLEX(0, 0);
    for (uint64_t m = sweep->control_mask; m; m &= m - 1)
        if (part(run, low_bit(m), row) != (sweep->control_values >> low_bit(m) & 1))
            return COMPLEX(r == c, 0);
    if (sweep->diagonal) return r == c ? sweep->entries[r] : COMPLEX(0, 0);
    return sweep->entries[r << sweep->ntargets | c];
}

/* A matrix on one bit of the pair, where the other has the value that a control asks for: two rows at a time. */
static void multiply_one(struct run *run, const struct sweep *sweep)
{
    static const ketsim_complex none = {0, 0};
    const unsigned bit = sweep->targets[0] == run->high ? 2 : 1, other = 3 - bit;
    const ketsim_complex *e = sweep->entries;
    const ketsim_complex m[] = {e[0], sweep->diagonal ? none : e[1], sweep->diagonal ? none : e[2],
                                sweep->diagonal ? e[1] : e[3]};
    for (unsigned value = 0; value < 2; value++) {
        if (sweep->control_mask && value != (sweep->control_values != 0)) continue;
        ketsim_complex *first = run->matrix + (value ? other : 0) * PAIR, *second = first + bit * PAIR;
        for (unsigned column = 0; column < PAIR; column++) {
            const ketsim_complex a = first[column], b = second[column];
            first[column] = c_add(c_mul(m[0], a), c_mul(m[1], b));
            second[column] = c_add(c_mul(m[2], a), c_mul(m[3], b));
        }
    }
}

static void multiply(struct run *run, const struct sweep *sweep)
{
    if (sweep->ntargets == 1) {
        multiply_one(run, sweep);
        return;
    }
    ketsim_complex product[PAIR * PAIR] = {{0, 0}};
    for (unsigned row = 0; row < PAIR; row++)
        for (unsigned k = 0; k < PAIR; k++) {
            const ketsim_complex e = entry(run, sweep, row, k);
            if (c_is(e, 0)) continue;
            for (unsigned column = 0; column < PAIR; column++)
                product[row * PAIR + column] = c_add(product[row * PAIR + column],
                                                     c_mul(e, run->matrix[k * PAIR + column]));
        }
    memcpy(run->matrix, product, sizeof product);
}

/* The gates of a run may add up to phases. */
static bool is_diagonal(const ketsim_complex *m)
{
    double off = 0;
    for (unsigned k = 0; k < PAIR * PAIR; k++)
        if (k % (PAIR + 1)) off += c_abs(m[k]);
    return off < 1e-14;
}

static void emit(struct pairs *pairs, const struct run *run)
{
    const bool diagonal = is_diagonal(run->matrix);
    for (unsigned k = 0; diagonal && k < PAIR; k++) run->matrix[k] = run->matrix[k * (PAIR + 1)];
    pairs->merged[pairs->count++] = (struct sweep){
        .entries = run->matrix, .ntargets = 2, .targets = {run->high, run->low}, .diagonal = diagonal};
}

static bool is_worth(const struct search *s, const struct run *run)
{
    return run->entangles >= s->worth;
}

static bool merge(struct pairs *pairs, struct search *s, const struct sweep *sweeps, size_t count)
{
    ketsim_complex *next = pairs->entries;
    for (size_t k = 0; k < count; k++) {
        struct run *run = s->of[k] == NO_RUN ? NULL : &s->runs[s->of[k]];
        if (must_stop(k)) return false;
        if (!run || !is_worth(s, run) || (run->left == 1 && !run->matrix)) {
            pairs->merged[pairs->count++] = sweeps[k];
            continue;
        }
        if (!run->matrix) {
            run->matrix = next;
            next += PAIR * PAIR;
            for (unsigned j = 0; j < PAIR * PAIR; j++) run->matrix[j] = COMPLEX(j % (PAIR + 1) == 0, 0);
        }
        multiply(run, &sweeps[k]);
        if (!--run->left) emit(pairs, run);
    }
    return true;
}

/* Runs become matrices, if there are such. */
static bool merge_runs(struct pairs *pairs, struct search *s, const struct sweep *sweeps, size_t count)
{
    size_t nmerged = 0;
    for (int32_t k = 0; k < s->nruns; k++) nmerged += is_worth(s, &s->runs[k]) && s->runs[k].left > 1;
    *pairs = (struct pairs){.sweeps = sweeps, .count = count};
    if (!nmerged) return true;
    pairs->merged = malloc(count * sizeof *pairs->merged);
    pairs->entries = malloc(nmerged * PAIR * PAIR * sizeof *pairs->entries);
    pairs->sweeps = pairs->merged;
    pairs->count = 0;
    if (!pairs->merged || !pairs->entries) return false;
    return merge(pairs, s, sweeps, count);
}

bool pairs_init(struct pairs *pairs, const struct sweep *sweeps, size_t count, bool cores)
{
    struct search s = {.runs = malloc((count + 1) * sizeof *s.runs),
                       .of = malloc((count + 1) * sizeof *s.of),
                       .worth = cores ? CORE_WORTH : WORTH};
    *pairs = (struct pairs){.count = 0};
    bool done = s.runs && s.of;
    if (done) done = find_runs(&s, sweeps, count) && merge_runs(pairs, &s, sweeps, count);
    free(s.runs);
    free(s.of);
    return done;
}

void pairs_clear(struct pairs *pairs)
{
    free(pairs->merged);
    free(pairs->entries);
    *pairs = (struct pairs){.count = 0};
}

size_t pairs_bytes(const struct pairs *pairs)
{
    return pairs->merged ? pairs->count * sizeof *pairs->merged : 0;
}
