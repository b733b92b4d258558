/* The norm stays 1 to 1e-13 over very many gates in complex128: of all kinds, and of kinds whose matrices are always
 * rounded the same way; however they are cut into runs, of one gate too.  Over fewer gates than 10^6 it may be off by
 * as much less as the root of their number is.
 *
 *   test_drift [gates]    default 12000 */
#include <math.h>

#include "helpers.h"

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

int main(int argc, char **argv)
{
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
