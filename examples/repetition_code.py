"""A repetition code of distance 3 under bit flips: five rounds of syndromes that are put right."""

from ketsim import Circuit, noise, run_shots

P, ROUNDS, SHOTS = 0.01, 5, 100_000

flip, circuit = noise.bit_flip(P), Circuit(5, bits=2 * ROUNDS + 3)
fix = {0b10: 0, 0b11: 1, 0b01: 2}  # which qubit a syndrome blames
for r in range(ROUNDS):
    for q in range(3):
        circuit.channel(flip, q)
    circuit.CNOT(0, 3).CNOT(1, 3).CNOT(1, 4).CNOT(2, 4)
    circuit.measure(3, 4, bits=(2 * r, 2 * r + 1)).reset(3, 4)
    for syndrome, q in fix.items():
        circuit.if_((2 * r, 2 * r + 1), Circuit(5).X(q), syndrome)
circuit.measure(0, 1, 2, bits=range(2 * ROUNDS, 2 * ROUNDS + 3))

counts = run_shots(circuit, SHOTS, seed=1)
failed = sum(count for label, count in counts.items() if label[-3:].count("1") > 1) / SHOTS
alone = (1 - (1 - 2 * P) ** ROUNDS) / 2
round_fails = 3 * P**2 * (1 - P) + P**3
expected = (1 - (1 - 2 * round_fails) ** ROUNDS) / 2
print(f"a qubit alone is flipped after {ROUNDS} rounds with probability {alone:.4f}")
print(f"the code fails in {failed:.5f} of {SHOTS} shots; two flips in one round make {expected:.5f}")
assert abs(failed - expected) < 5 * (expected / SHOTS) ** 0.5
