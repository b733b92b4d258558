"""An Ising chain by Trotter steps, a Pauli rotation, and a phase read by a Fourier transform."""

from math import cos, pi, sqrt

from ketsim import Circuit, Observable, ket

# Eight spins start up. Ten times as many steps bring the state ten times nearer, in second order a hundred.
n, time = 8, 1.0
chain = Observable({f"Z{q} Z{q + 1}": -1.0 for q in range(n - 1)} | {f"X{q}": -0.8 for q in range(n)})
exact = ket("0" * n).apply(Circuit(n).evolve(chain, time, steps=3000, order=2))
for order in (1, 2):
    distances = []
    for steps in (10, 100):
        state = ket("0" * n).apply(Circuit(n).evolve(chain, time, steps, order))
        distances.append(sqrt(2 - 2 * exact.inner(state).real))
        print(f"order {order}, {steps:3} steps: off by {distances[-1]:.2e}")
    assert distances[1] < 1.2 * distances[0] / 10**order

# A rotation about a string of letters turns |000> into cos |000> - i sin |111>, in one pass.
theta = 0.6
state = ket("000").pauli_rotation(theta, "XXX", 0, 1, 2)
print(state)
assert abs(state.amplitude("000") - cos(theta / 2)) < 1e-15

# The phase 5/16, kicked back to four qubits by controlled phases, and read by the inverse transform.
phase = 5 / 16
circuit = Circuit(4).H(0, 1, 2, 3)
for q in range(4):
    circuit.global_phase(2 * pi * phase * 2 ** (3 - q), controls=[q])
counts = ket("0000").apply(circuit.qft(inverse=True)).counts(100, seed=1)
print(counts)
assert counts == {"0101": 100}
