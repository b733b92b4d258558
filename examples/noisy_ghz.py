"""A GHZ state made by noisy gates: exactly, and shot by shot."""

from ketsim import Circuit, DensityMatrix, ket, noise, run_shots

QUBITS, SHOTS = 5, 20_000

ghz = Circuit(QUBITS, bits=QUBITS).H(0)
for q in range(QUBITS - 1):
    ghz.CNOT(q, q + 1)

model = noise.NoiseModel()
model.add(noise.depolarizing(0.001), gates="H")
model.add(noise.depolarizing(0.01, nqubits=2), gates="CNOT")
model.add_idle(noise.thermal_relaxation(t1=100.0, t2=80.0, time=0.3))  # microseconds
noisy = model.apply(ghz)

rho = DensityMatrix(QUBITS).apply(noisy)
fidelity = rho.fidelity(ket("0" * QUBITS).apply(ghz))
p = rho.probabilities()
print(f"exactly: fidelity {fidelity:.4f}, purity {rho.purity():.4f}, P(all equal) {p[0] + p[-1]:.4f}")

counts = run_shots(noisy.copy().measure(), SHOTS, seed=1)
equal = (counts["0" * QUBITS] + counts["1" * QUBITS]) / SHOTS
sigma = ((p[0] + p[-1]) * (1 - p[0] - p[-1]) / SHOTS) ** 0.5
print(f"{SHOTS} shots: P(all equal) {equal:.4f}, off by {abs(equal - p[0] - p[-1]) / sigma:.1f} sigma")

readout = noise.ReadoutError([[0.99, 0.01], [0.03, 0.97]])
read = readout.probabilities(rho)
print(f"read by a detector that errs: P(all equal) {read[0] + read[-1]:.4f}")

assert 0.9 < fidelity < 1
assert abs(equal - p[0] - p[-1]) < 5 * sigma
assert read[0] + read[-1] < p[0] + p[-1]
