/* Projection onto chosen outcomes: every outcome of every list of qubits against its definition, with and without
 * normalization; a state that has nothing of the outcome stays as it is. */
#include <math.h>

#include "helpers.h"

enum { MOST = 5, LARGE = 16 };
static const double tolerances[] = {1e-14, 1e-6}; /* by dtype */

static unsigned long cases;

static unsigned value_of(unsigned index, unsigned n, const int *qubits, unsigned count)
{
    unsigned value = 0;
    for (unsigned k = 0; k < count; k++) value = value << 1 | (index >> (n - 1 - (unsigned)qubits[k]) & 1);
    return value;
}

static void select_one(unsigned n, const int *qubits, unsigned count, unsigned outcome, bool normalize,
                       ketsim_dtype dtype, uint64_t *seed)
{
    oracle_amp psi[1 << MOST];
    long double left = 0;
    double probability;
    ketsim_state *state = random_state(psi, n, dtype, seed);
    for (unsigned i = 0; i < 1u << n; i++) {
        if (value_of(i, n, qubits, count) != outcome) psi[i] = 0;
        left += creall(psi[i] * conjl(psi[i]));
    }
    for (unsigned i = 0; normalize && i < 1u << n; i++) psi[i] /= sqrtl(left);
    CHECK_OK(ketsim_postselect(state, &probability, qubits, count, outcome, normalize));
    CHECK(fabs(probability - (double)left) < tolerances[dtype], "probability %g, not %g", probability,
          (double)left);
    void *amplitudes = read_amplitudes(state);
    const double error = oracle_error(psi, amplitudes, n, dtype);
    CHECK(error < tolerances[dtype] / sqrt((double)left), "%u qubits, outcome %u of %u: off by %g", n,
          outcome, count, error);
    free(amplitudes);
    ketsim_state_free(state);
    cases++;
}

static void every_outcome(unsigned n, uint64_t *seed)
{
    int qubits[KETSIM_MAX_QUBITS];
    for (unsigned count = 0; count <= n; count++)
        for (unsigned trial = 0; trial < 4; trial++)
            for (unsigned outcome = 0; outcome < 1u << count; outcome++) {
                random_qubits(qubits, count, n, seed);
                select_one(n, qubits, count, outcome, trial & 1, (ketsim_dtype)(trial >> 1), seed);
            }
}

/* All qubits, the probability not asked for, what is queued run before. */
static void whole_state(void)
{
    ketsim_state *state = label_state("0+");
    ketsim_complex out[4];
    CHECK_OK(ketsim_queue(state, &(ketsim_op){.gate = KETSIM_GATE_X, .qubits = (int[]){0}, .nqubits = 1}, 1));
    CHECK_OK(ketsim_postselect(state, NULL, NULL, 0, 3, true));
    CHECK_OK(ketsim_get_amplitudes(state, out, 0, 4));
    CHECK(fabs(out[3].re - 1) < 1e-15 && out[0].re == 0 && out[2].re == 0, "another outcome");
    ketsim_state_free(state);
}

static void impossible(void)
{
    double probability = 7;
    ketsim_state *state = label_state("0+");
    const uint64_t hash = state_hash(state), generation = ketsim_state_generation(state);
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_postselect(state, &probability, (int[]){0}, 1, 1, true),
                "probability 0");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_postselect(state, &probability, (int[]){0}, 1, 2, true), "0..1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_postselect(state, &probability, NULL, 0, 4, true), "0..3");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_postselect(state, &probability, (int[]){2}, 1, 0, true), "0..1");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_postselect(state, &probability, (int[]){1, 1}, 2, 0, true),
                "twice");
    CHECK(probability == 7 && state_hash(state) == hash && ketsim_state_generation(state) == generation,
          "a failure left something behind");
    CHECK_OK(ketsim_postselect(state, &probability, (int[]){0}, 1, 1, false));
    CHECK(probability == 0, "probability %g", probability);
    ketsim_state_free(state);
}

static void same_bits(uint64_t *seed)
{
    static oracle_amp psi[1 << LARGE];
    ketsim_state *start = random_state(psi, LARGE, KETSIM_COMPLEX128, seed), *state;
    uint64_t hash = 0;
    for (unsigned threads = 1; threads <= 8; threads++) {
        CHECK_OK(ketsim_state_clone(&state, start));
        CHECK_OK(ketsim_state_set_threads(state, threads));
        CHECK_OK(ketsim_state_set_inplace(state, threads & 1));
        CHECK_OK(ketsim_postselect(state, NULL, (int[]){3, 15}, 2, 2, true));
        if (threads > 1) CHECK(state_hash(state) == hash, "%u threads: other bits", threads);
        hash = state_hash(state);
        ketsim_state_free(state);
    }
    ketsim_state_free(start);
}

int main(void)
{
    uint64_t seed = 9;
    for (unsigned n = 1; n <= MOST; n++) every_outcome(n, &seed);
    whole_state();
    impossible();
    same_bits(&seed);
    printf("%lu cases\n", cases);
    return EXIT_SUCCESS;
}
