/* The norm stays 1 to 1e-13 over very many gates in complex128: of all kinds, and of kinds whose matrices are always
 * rounded the same way; however they are cut into runs, of one gate too.  Over fewer gates than 10^6 it may be off by
 * as much less as the root of their number is.  And a run leaves what it says of the norm: on average of normally
 * distributed amplitudes.
 *
 *   test_drift [gates]    default 12000 */
#include <math.h>

#include "helpers.h"
#include "state.h"

static const double LIMIT = 1e-13; /* after MANY gates */

enum { MANY = 1000000 };

static const unsigned LENGTHS[] = {1, 5, 50, 500, 5000, 100000};

/* A gate of one of the kinds, on any of n qubits. */
static void draw(struct stored_op *out, const ketsim_gate *kind, unsigned n, uint64_t *seed)
{
    random_op(out, n, seed);
    if (!kind) return;
    out->op = (ketsim_op){.gate = kind[random_below(seed, 6)]};
    out->op.nqubits = row_qubits(out->op.gate);
    random_qubits(out->qubits, (unsigned)out->op.nqubits, n, seed);
}

/* |norm - 1| after so many gates in runs of length, planned or not. */
static double drift(const ketsim_gate *kind, unsigned n, unsigned gates, unsigned length, bool once)
{
    ketsim_state *state = new_state(n, KETSIM_COMPLEX128);
    uint64_t seed = gates + length;
    for (unsigned done = 0; done < gates; done += length) {
        ketsim_circuit *circuit;
        CHECK_OK(ketsim_circuit_new(&circuit, n));
        for (unsigned k = 0; k < length; k++) {
            struct stored_op stored;
            draw(&stored, kind, n, &seed);
            const ketsim_op op = op_of(&stored);
            CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
        }
        CHECK_OK(once ? ketsim_apply_once(state, circuit, NULL) : ketsim_apply(state, circuit, NULL));
        ketsim_circuit_free(circuit);
    }
    double norm;
    CHECK_OK(ketsim_norm(state, &norm));
    ketsim_state_free(state);
    return fabs(norm - 1);
}

/* ---- one run --------------------------------------------------------------------------------------- */

enum { QUBITS = 14, STATES = 200 };

static double normal(uint64_t *seed)
{
    const double size = sqrt(-2 * log(1 - random_real(seed, 0, 1)));
    return size * cos(random_real(seed, 0, 2 * acos(-1)));
}

static ketsim_state *normal_state(uint64_t *seed)
{
    ketsim_state *state;
    const size_t namps = (size_t)1 << QUBITS;
    ketsim_complex *amps = malloc(namps * sizeof *amps);
    CHECK(amps, "no memory");
    for (size_t k = 0; k < namps; k++) amps[k] = (ketsim_complex){normal(seed), normal(seed)};
    CHECK_OK(ketsim_state_from_amplitudes(&state, amps, namps, KETSIM_COMPLEX128, true));
    free(amps);
    return state;
}

/* Square of the norm, and what is to be made up for. */
static long double square_and_residue(const ketsim_state *state)
{
    const double *x = atomic_load(&state->current->amps);
    long double sum = 0;
    for (size_t k = 0; k < (size_t)2 << QUBITS; k++) sum += (long double)x[k] * x[k];
    return sum + (long double)state->current->residue;
}

static void append_row(ketsim_circuit *circuit, ketsim_gate gate, int qubit)
{
    const ketsim_op op = {.gate = gate, .qubits = &qubit, .nqubits = 1};
    CHECK_OK(ketsim_circuit_append(circuit, &op, 1));
}

/* T on the qubits of small letters and H on those of large ones, and S, which is exact, so that there are tiles. */
static ketsim_circuit *circuit_of(const char *letters)
{
    ketsim_circuit *circuit;
    CHECK_OK(ketsim_circuit_new(&circuit, QUBITS));
    for (; *letters; letters++)
        append_row(circuit, *letters >= 'a' ? KETSIM_GATE_T : KETSIM_GATE_H, (*letters | 32) - 'a');
    for (unsigned k = 0; k < 6; k++) append_row(circuit, KETSIM_GATE_S, k % 2 ? 2 : 11);
    return circuit;
}

/* High and low bits, in and outside of tiles, and phases before and after rotations. */
static void check_runs(void)
{
    static const char *const words[] = {"a", "ab", "an", "mn", "abm", "amn", "abmn", "aAn", "aAcBabn"};
    uint64_t seed = 17;
    for (unsigned w = 0; w < sizeof words / sizeof *words; w++) {
        ketsim_circuit *circuit = circuit_of(words[w]);
        long double sum = 0;
        for (unsigned k = 0; k < STATES; k++) {
            ketsim_state *state = normal_state(&seed);
            const long double before = square_and_residue(state);
            CHECK_OK(ketsim_apply(state, circuit, NULL));
            sum += square_and_residue(state) - before;
            ketsim_state_free(state);
        }
        const double off = (double)(sum / STATES);
        printf("%s: the square of the norm is off by %.1e on average\n", words[w], off);
        CHECK(fabs(off) < 1.5e-18, "%s: off by %g", words[w], off);
        ketsim_circuit_free(circuit);
    }
}

int main(int argc, char **argv)
{
    check_runs();
    const unsigned gates = argc > 1 ? (unsigned)atoi(argv[1]) : 12000;
    static const struct {
        const char *name;
        ketsim_gate gates[6];
    } kinds[] = {
        {"any", {0}},
        {"H S T CNOT",
         {KETSIM_GATE_H, KETSIM_GATE_T, KETSIM_GATE_S, KETSIM_GATE_CNOT, KETSIM_GATE_T, KETSIM_GATE_H}},
        {"U CNOT CP",
         {KETSIM_GATE_U, KETSIM_GATE_U, KETSIM_GATE_U, KETSIM_GATE_CNOT, KETSIM_GATE_CP, KETSIM_GATE_CNOT}},
        {"RY RZZ RXX FSIM",
         {KETSIM_GATE_RY, KETSIM_GATE_RZZ, KETSIM_GATE_RXX, KETSIM_GATE_FSIM, KETSIM_GATE_RY,
          KETSIM_GATE_RZZ}}};
    double worst = 0;
    for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (unsigned n = 5; n <= 14; n += 3) /* without a plan, one tile, and several with cores */
            for (unsigned j = 0; j < sizeof LENGTHS / sizeof *LENGTHS; j++) {
                const unsigned length = LENGTHS[j] < gates ? LENGTHS[j] : gates;
                const double off = drift(k ? kinds[k].gates : NULL, n, gates, length, n == 5);
                printf("%s, %u qubits, %u gates in runs of %u: %.1e\n", kinds[k].name, n, gates, length, off);
                worst = fmax(worst, off);
            }
    const double limit = LIMIT * sqrt((double)gates / MANY);
    CHECK(worst <= limit, "the norm is off by %g, more than %g", worst, limit);
    return 0;
}
