"""Teleportation: a state moves to another qubit by two classical bits, which say how to correct it."""

from math import isclose

from ketsim import Circuit, ket

# Qubit 0 has the state to send; qubits 1 and 2 share a Bell pair. Bits 0 and 1 are what is sent.
circuit = Circuit(3, bits=2).H(1).CNOT(1, 2).CNOT(0, 1).H(0).measure(0, 1)
circuit.if_(1, Circuit(3).X(2)).if_(0, Circuit(3).Z(2))
print(circuit.draw(width=100))

sent = ket("0").RX(0.8, 0).RZ(0.3, 0)
for shot in range(8):
    q = ket("000").RX(0.8, 0).RZ(0.3, 0)
    bits = q.run_shot(circuit, seed=1, shot=shot)
    received = [q.expectation(f"{letter}2") for letter in "XYZ"]
    print(f"bits {bits}: received x, y, z =", *(f"{r:+.6f}" for r in received))
    for letter, value in zip("XYZ", received, strict=True):
        assert isclose(value, sent.expectation(f"{letter}0"), abs_tol=1e-14)
