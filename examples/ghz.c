/* ghz.c - make the GHZ state (|0...0> + |1...1>) / sqrt 2 and sample it.
 *
 *   cc ghz.c $(pkg-config --cflags --libs ketsim) -o ghz && ./ghz 20
 */
#include <ketsim.h>

#include <stdio.h>
#include <stdlib.h>

enum { SHOTS = 1000 };

/* Stop with the library's message when a call failed. */
static void check(ketsim_status status)
{
    if (status == KETSIM_OK) return;
    fprintf(stderr, "%s: %s\n", ketsim_status_name(status), ketsim_last_error());
    exit(EXIT_FAILURE);
}

static ketsim_circuit *ghz_circuit(int nqubits)
{
    ketsim_circuit *circuit;
    check(ketsim_circuit_new(&circuit, (unsigned)nqubits));
    check(ketsim_circuit_gate(circuit, KETSIM_GATE_H, NULL, (int[]){0}));
    for (int q = 1; q < nqubits; q++)
        check(ketsim_circuit_gate(circuit, KETSIM_GATE_CNOT, NULL, (int[]){q - 1, q}));
    return circuit;
}

int main(int argc, char **argv)
{
    const int nqubits = argc > 1 ? atoi(argv[1]) : 20;
    const uint64_t ones = (UINT64_C(1) << nqubits) - 1, seed = 7;
    static uint64_t outcomes[SHOTS];
    unsigned zeros = 0, others = 0;

    ketsim_circuit *circuit = ghz_circuit(nqubits);
    ketsim_state *state;
    check(ketsim_state_new(&state, (unsigned)nqubits, KETSIM_COMPLEX128));
    check(ketsim_apply(state, circuit, NULL));
    check(ketsim_sample(state, outcomes, SHOTS, NULL, 0, &seed));

    for (int k = 0; k < SHOTS; k++) {
        zeros += outcomes[k] == 0;
        others += outcomes[k] != 0 && outcomes[k] != ones;
    }
    printf("ketsim %s (%s), %d qubits, %d shots: %u all 0, %u all 1, %u others\n", ketsim_version_string(),
           ketsim_isa(), nqubits, SHOTS, zeros, SHOTS - zeros - others, others);

    ketsim_state_free(state);
    ketsim_circuit_free(circuit);
    return others ? EXIT_FAILURE : EXIT_SUCCESS;
}
