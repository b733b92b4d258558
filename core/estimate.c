/* estimate.c - the expectation value that shots would give: strings that can be measured together are.
 *
 * A setting is a letter for each of some qubits.  A string belongs to it when their letters agree where both have one;
 * qubits are turned so that all letters become Z, and one shot then gives a value of every string. */
#include <math.h>
#include <stdlib.h>

#include "bits.h"
#include "error.h"
#include "memory.h"
#include "observable.h"
#include "rng.h"
#include "stops.h"

enum { LOOK = 1 << 16 }; /* shots between two looks at the limits */

struct setting {
    uint64_t x, z;       /* letters, as of a string; bit q is qubit q */
    size_t first, count; /* of its strings */
};

/* What a shot says about a string: the coefficient, or its negative when an odd number of these bits are set. */
struct string {
    uint64_t bits;
    double coefficient;
};

struct estimate {
    const ketsim_observable *observable;
    unsigned nqubits;
    struct setting *settings; /* room for one a term */
    size_t nsettings;
    size_t *setting_of;     /* [terms] */
    struct string *strings; /* [terms], setting by setting */
    uint64_t *outcomes;     /* [shots] */
    uint64_t shots, seed;
    double mean, variance; /* of the estimate, summed over the settings so far */
};

/* ---- settings ---------------------------------------------------------------------------------- */

static bool fits(const struct setting *setting, const ketsim_pauli_record *term)
{
    const uint64_t both = (setting->x | setting->z) & (term->x | term->z);
    return !(((setting->x ^ term->x) | (setting->z ^ term->z)) & both);
}

/* First fit, in the order in which the observable has its terms. */
static void choose_settings(struct estimate *job)
{
    for (size_t t = 0; t < job->observable->count; t++) {
        const ketsim_pauli_record *term = &job->observable->terms[t];
        size_t s = 0;
        while (s < job->nsettings && !fits(&job->settings[s], term)) s++;
        if (s == job->nsettings) job->settings[job->nsettings++] = (struct setting){.x = 0};
        job->settings[s].x |= term->x;
        job->settings[s].z |= term->z;
        job->settings[s].count++;
        job->setting_of[t] = s;
    }
}

/* Qubit q is bit n-1-q of an outcome. */
static struct string string_of(const ketsim_pauli_record *term, unsigned n)
{
    struct string string = {.coefficient = term->coefficient};
    for (uint64_t left = term->x | term->z; left; left &= left - 1)
        string.bits |= UINT64_C(1) << (n - 1 - low_bit(left));
    return string;
}

static void sort_strings(struct estimate *job)
{
    size_t first = 0;
    for (size_t s = 0; s < job->nsettings; s++) {
        job->settings[s].first = first;
        first += job->settings[s].count;
        job->settings[s].count = 0;
    }
    for (size_t t = 0; t < job->observable->count; t++) {
        struct setting *setting = &job->settings[job->setting_of[t]];
        job->strings[setting->first + setting->count++] = string_of(&job->observable->terms[t], job->nqubits);
    }
}

/* ---- one setting ------------------------------------------------------------------------------- */

static ketsim_status turn(ketsim_state *state, const struct setting *setting)
{
    ketsim_circuit *circuit;
    TRY(ketsim_circuit_new(&circuit, ketsim_state_nqubits(state)));
    ketsim_status status = KETSIM_OK;
    for (uint64_t left = setting->x; left && status == KETSIM_OK; left &= left - 1) {
        const int qubit = (int)low_bit(left);
        if (setting->z >> qubit & 1) status = ketsim_circuit_gate(circuit, KETSIM_GATE_SDG, NULL, &qubit);
        if (status == KETSIM_OK) status = ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, &qubit);
    }
    if (status == KETSIM_OK) status = ketsim_apply_once(state, circuit, NULL);
    ketsim_circuit_free(circuit);
    return status;
}

static double value_of(const struct estimate *job, const struct setting *setting, uint64_t outcome)
{
    const struct string *string = job->strings + setting->first;
    double value = 0;
    for (const struct string *end = string + setting->count; string < end; string++)
        value += bit_count(string->bits & outcome) & 1 ? -string->coefficient : string->coefficient;
    return value;
}

/* Welford's running mean and sum of squared deviations, shot after shot. */
static ketsim_status add_outcomes(struct estimate *job, const struct setting *setting)
{
    double mean = 0, squares = 0;
    for (uint64_t k = 0; k < job->shots; k++) {
        if (k % LOOK == LOOK - 1) TRY(limits_go_on("estimate", 0));
        const double value = value_of(job, setting, job->outcomes[k]), off = value - mean;
        mean += off / (double)(k + 1);
        squares += off * (value - mean);
    }
    job->mean += mean;
    job->variance += squares / (double)(job->shots - 1) / (double)job->shots;
    return KETSIM_OK;
}

static ketsim_status measure_setting(struct estimate *job, ketsim_state *state, size_t index)
{
    const struct setting *setting = &job->settings[index];
    ketsim_state *turned;
    uint64_t seeds[4];
    philox4x64(seeds, (uint64_t[]){0, 0, index, RNG_ESTIMATE}, (uint64_t[]){job->seed, 0});
    TRY(ketsim_state_clone(&turned, state));
    ketsim_status status = turn(turned, setting);
    if (status == KETSIM_OK) status = ketsim_sample(turned, job->outcomes, job->shots, NULL, 0, seeds);
    ketsim_state_free(turned);
    return status == KETSIM_OK ? add_outcomes(job, setting) : status;
}

/* ---- all of them ------------------------------------------------------------------------------- */

static ketsim_status check(const ketsim_state *state, const ketsim_observable *observable, uint64_t shots)
{
    const unsigned n = ketsim_state_nqubits(state);
    if (observable->nqubits > n)
        return fail(KETSIM_ERR_ARGUMENT,
                    "observable acts on qubit %u: the state has %u qubits, must be 0..%u",
                    observable->nqubits - 1, n, n - 1);
    if (shots < 2 || shots >> 48)
        return fail(KETSIM_ERR_ARGUMENT, "estimate: %llu shots: must be 2..2^48", (unsigned long long)shots);
    return KETSIM_OK;
}

/* One piece of memory, for the caller to free as job->settings. */
static ketsim_status get_memory(struct estimate *job)
{
    const size_t terms = job->observable->count;
    const uint64_t each = sizeof *job->settings + sizeof *job->strings + sizeof *job->setting_of;
    const uint64_t bytes = terms >> 48 ? UINT64_MAX / 2 : terms * each + job->shots * sizeof *job->outcomes;
    job->settings = memory_take(bytes, 1, "estimate");
    if (!job->settings) return KETSIM_ERR_MEMORY;
    job->strings = (struct string *)(job->settings + terms);
    job->setting_of = (size_t *)(job->strings + terms);
    job->outcomes = (uint64_t *)(job->setting_of + terms);
    return KETSIM_OK;
}

ketsim_status ketsim_estimate(ketsim_state *state, const ketsim_observable *observable, uint64_t shots,
                              double *mean, double *error, const uint64_t *seed)
{
    struct estimate job = {.observable = observable, .shots = shots, .nqubits = ketsim_state_nqubits(state)};
    TRY(check(state, observable, shots));
    if (seed) job.seed = *seed;
    else TRY(rng_os_seed(&job.seed));
    TRY(get_memory(&job));
    choose_settings(&job);
    sort_strings(&job);
    ketsim_state *snapshot; /* which no other writer changes between settings */
    ketsim_status status = ketsim_state_clone(&snapshot, state);
    if (status == KETSIM_OK) {
        for (size_t s = 0; status == KETSIM_OK && s < job.nsettings; s++)
            status = measure_setting(&job, snapshot, s);
        ketsim_state_free(snapshot);
    }
    free(job.settings);
    if (status != KETSIM_OK) return status;
    *mean = job.mean;
    *error = sqrt(job.variance);
    return KETSIM_OK;
}
