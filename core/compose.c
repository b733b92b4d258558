/* compose.c - circuits that are made of other gates: the Fourier transform, permutations of qubits, evolution by Trotter
 * steps.
 *
 * What is to be appended is first made apart, so that a circuit gets all of it or nothing. */
#include <math.h>

#include "check.h"
#include "circuit.h"
#include "error.h"

static const double PI = 3.14159265358979323846;

/* Append what was made of a part, and free the part. */
static ketsim_status hand_over(ketsim_circuit *circuit, ketsim_circuit *part, ketsim_status status)
{
    if (status == KETSIM_OK) status = ketsim_circuit_extend(circuit, part);
    ketsim_circuit_free(part);
    return status;
}

/* ---- Fourier transform ---------------------------------------------------------------------------- */

/* The qubit becomes |0> + exp(2 pi i 0.x) |1>, the binary fraction being made of it and the later ones. */
static ketsim_status add_fraction(ketsim_circuit *part, const int *qubits, size_t count)
{
    TRY(ketsim_circuit_gate(part, KETSIM_GATE_H, NULL, qubits));
    for (size_t k = 1; k < count; k++) {
        const double angle = ldexp(PI, -(int)k);
        TRY(ketsim_circuit_gate(part, KETSIM_GATE_CP, &angle, (const int[]){qubits[k], qubits[0]}));
    }
    return KETSIM_OK;
}

static ketsim_status add_transform(ketsim_circuit *part, const int *qubits, size_t count)
{
    for (size_t k = 0; k < count; k++) TRY(add_fraction(part, qubits + k, count - k));
    for (size_t k = 0; k < count / 2; k++)
        TRY(ketsim_circuit_gate(part, KETSIM_GATE_SWAP, NULL,
                                (const int[]){qubits[k], qubits[count - 1 - k]}));
    return KETSIM_OK;
}

ketsim_status ketsim_circuit_qft(ketsim_circuit *circuit, const int *qubits, size_t nqubits, bool inverse)
{
    ketsim_circuit *part, *turned;
    const unsigned all = ketsim_circuit_nqubits(circuit);
    int every[KETSIM_MAX_QUBITS];
    uint64_t seen = 0;
    for (unsigned q = 0; q < all; q++) every[q] = (int)q;
    if (!nqubits) qubits = every;
    if (!nqubits) nqubits = all;
    TRY(check_qubits(&seen, all, qubits, nqubits));
    TRY(ketsim_circuit_new(&part, all));
    ketsim_status status = add_transform(part, qubits, nqubits);
    if (!inverse || status != KETSIM_OK) return hand_over(circuit, part, status);
    status = ketsim_circuit_inverse(&turned, part);
    ketsim_circuit_free(part);
    return status == KETSIM_OK ? hand_over(circuit, turned, status) : status;
}

/* ---- permutations --------------------------------------------------------------------------------- */

/* Place by place: what belongs there comes by a SWAP with where it is now. */
static ketsim_status add_swaps(ketsim_circuit *part, const int *qubits, const int *targets, size_t count)
{
    int at[KETSIM_MAX_QUBITS],
        of[KETSIM_MAX_QUBITS]; /* where what was on a qubit is now, and what is there */
    for (int q = 0; q < KETSIM_MAX_QUBITS; q++) at[q] = of[q] = q;
    for (size_t k = 0; k < count; k++) {
        const int from = at[qubits[k]], to = targets[k], other = of[to];
        if (from == to) continue;
        TRY(ketsim_circuit_gate(part, KETSIM_GATE_SWAP, NULL, (const int[]){from, to}));
        at[other] = from;
        at[qubits[k]] = to;
        of[from] = other;
        of[to] = qubits[k];
    }
    return KETSIM_OK;
}

static ketsim_status check_permutation(unsigned nqubits, const int *qubits, const int *targets, size_t count)
{
    uint64_t from = 0, to = 0;
    TRY(check_qubits(&from, nqubits, qubits, count));
    TRY(check_qubits(&to, nqubits, targets, count));
    for (size_t k = 0; from != to && k < count; k++)
        if (!(from >> targets[k] & 1))
            return fail(KETSIM_ERR_ARGUMENT,
                        "permute_qubits: target %d is none of the qubits: must be them in "
                        "another order",
                        targets[k]);
    return KETSIM_OK;
}

ketsim_status ketsim_circuit_permute_qubits(ketsim_circuit *circuit, const int *qubits, const int *targets,
                                            size_t nqubits)
{
    ketsim_circuit *part = NULL;
    const unsigned all = ketsim_circuit_nqubits(circuit);
    int every[KETSIM_MAX_QUBITS];
    if (nqubits > all)
        return fail(KETSIM_ERR_ARGUMENT, "permute_qubits: given %zu qubits: the circuit has %u", nqubits,
                    all);
    for (int q = 0; q < KETSIM_MAX_QUBITS; q++) every[q] = q;
    if (!qubits) qubits = every;
    TRY(check_permutation(all, qubits, targets, nqubits));
    TRY(ketsim_circuit_new(&part, all));
    return hand_over(circuit, part, add_swaps(part, qubits, targets, nqubits));
}

/* ---- evolution ------------------------------------------------------------------------------------ */

/* exp(-i coefficient time P) for the string P of a term. */
static ketsim_status add_term(ketsim_circuit *part, const ketsim_observable *observable, size_t index,
                              double time)
{
    ketsim_pauli_record term;
    char letters[KETSIM_MAX_QUBITS];
    int qubits[KETSIM_MAX_QUBITS];
    size_t count = 0;
    TRY(ketsim_observable_get(observable, &term, index));
    for (int q = 0; q < KETSIM_MAX_QUBITS; q++) {
        const unsigned x = term.x >> q & 1, z = term.z >> q & 1;
        if (!x && !z) continue;
        letters[count] = "XZY"[z ? 1 + x : 0];
        qubits[count++] = q;
    }
    const double angle = 2 * term.coefficient * time;
    const ketsim_op op = {.gate = KETSIM_GATE_PAULI_ROTATION,
                          .angles = &angle,
                          .qubits = qubits,
                          .nqubits = count,
                          .letters = letters};
    return ketsim_circuit_append(part, &op, 1);
}

/* All terms one after the other; in second order by half the time there and back (Strang splitting), the last one at once. */
static ketsim_status add_step(ketsim_circuit *part, const ketsim_observable *observable, double time,
                              unsigned order)
{
    const size_t count = ketsim_observable_length(observable);
    const double each = order == 2 ? time / 2 : time;
    for (size_t k = 0; k < count; k++) TRY(add_term(part, observable, k, k + 1 < count ? each : time));
    for (size_t k = count; order == 2 && k-- > 1;) TRY(add_term(part, observable, k - 1, each));
    return KETSIM_OK;
}

static ketsim_status check_evolution(unsigned nqubits, const ketsim_observable *observable, double time,
                                     uint64_t steps, unsigned order)
{
    if (ketsim_observable_nqubits(observable) > nqubits)
        return fail(KETSIM_ERR_ARGUMENT, "observable on %u qubits: must be at most %u, the circuit's",
                    ketsim_observable_nqubits(observable), nqubits);
    if (!isfinite(time)) return fail(KETSIM_ERR_ARGUMENT, "time is %g: must be finite", time);
    if (steps < 1 || steps > UINT32_MAX)
        return fail(KETSIM_ERR_ARGUMENT, "%llu steps: must be 1..%llu", (unsigned long long)steps,
                    (unsigned long long)UINT32_MAX);
    if (order != 1 && order != 2) return fail(KETSIM_ERR_ARGUMENT, "order %u: must be 1 or 2", order);
    return KETSIM_OK;
}

ketsim_status ketsim_circuit_evolve(ketsim_circuit *circuit, const ketsim_observable *observable, double time,
                                    uint64_t steps, unsigned order)
{
    ketsim_circuit *step, *all;
    const unsigned nqubits = ketsim_circuit_nqubits(circuit);
    TRY(check_evolution(nqubits, observable, time, steps, order));
    TRY(ketsim_circuit_new(&step, nqubits));
    ketsim_status status = add_step(step, observable, time / (double)steps, order);
    if (status == KETSIM_OK) status = ketsim_circuit_copy(&all, step);
    if (status == KETSIM_OK) {
        for (uint64_t k = 1; k < steps && status == KETSIM_OK; k++) status = ketsim_circuit_extend(all, step);
        status = hand_over(circuit, all, status);
    }
    ketsim_circuit_free(step);
    return status;
}
