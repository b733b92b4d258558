/* bad_input.h - what the tests of bad input share: a state, a circuit and a queue that must stay as they are. */
#ifndef KETSIM_TESTS_BAD_INPUT_H
#define KETSIM_TESTS_BAD_INPUT_H

#include "helpers.h"

enum { N = 4 };
static unsigned long cases;

/* A state, a circuit and a queue, and what they were before all the calls that must not change them. */
static ketsim_state *state;
static ketsim_circuit *circuit, *circuit_before, *queue_before;
static uint64_t hash_before, hash_after_queue, generation_before;
static double *amplitudes_before;

static void queue_again(void)
{
    for (size_t k = 0; k < ketsim_circuit_length(queue_before); k++) {
        ketsim_op_record r;
        CHECK_OK(ketsim_circuit_get(queue_before, &r, k));
        ketsim_op op = {.gate = r.gate, .qubits = r.qubits, .nqubits = r.nqubits};
        CHECK_OK(ketsim_queue(state, &op, 1));
    }
    generation_before = ketsim_state_generation(state);
}

static void set_up(void)
{
    uint64_t seed = 1;
    state = new_state(N, KETSIM_COMPLEX128);
    circuit = random_circuit(N, 25, &seed, NULL);
    CHECK_OK(ketsim_apply(state, circuit, NULL));
    CHECK_OK(ketsim_circuit_copy(&circuit_before, circuit));
    CHECK_OK(ketsim_circuit_new(&queue_before, N));
    CHECK_OK(ketsim_circuit_gate(queue_before, KETSIM_GATE_H, NULL, (int[]){2}));
    CHECK_OK(ketsim_circuit_gate(queue_before, KETSIM_GATE_CSWAP, NULL, (int[]){2, 0, 3}));
    amplitudes_before = read_amplitudes(state);
    hash_before = state_hash(state);
    queue_again();
    hash_after_queue = state_hash(state);
    CHECK_OK(ketsim_state_set(state, amplitudes_before, 1 << N, false));
    queue_again();
}

static void tear_down(void)
{
    ketsim_circuit_free(circuit);
    ketsim_circuit_free(circuit_before);
    ketsim_circuit_free(queue_before);
    ketsim_state_free(state);
    free(amplitudes_before);
}

/* A read runs the queue: every other time the amplitudes are looked at without it, and with what it does. */
static void nothing_changed(void)
{
    static bool discard;
    ketsim_circuit *queue;
    CHECK(ketsim_pending(state) == 2, "%zu operations queued", ketsim_pending(state));
    CHECK_OK(ketsim_queued(state, &queue));
    CHECK(ketsim_circuit_equal(queue, queue_before), "the queue changed");
    ketsim_circuit_free(queue);
    CHECK(ketsim_circuit_equal(circuit, circuit_before), "the circuit changed");
    CHECK(ketsim_state_generation(state) == generation_before, "something was committed");
    if (discard) CHECK_OK(ketsim_discard(state));
    CHECK(state_hash(state) == (discard ? hash_before : hash_after_queue), "the %s changed",
          discard ? "amplitudes" : "queue's result");
    if (!discard) CHECK_OK(ketsim_state_set(state, amplitudes_before, 1 << N, false));
    discard = !discard;
    queue_again();
}

#endif
