"""Phase estimation (Kitaev 1995; Nielsen and Chuang, section 5.2): digits of an eigenvalue's phase."""

from math import pi, sin

from ketsim import Circuit, ket


def estimation(digits: int, phase: float) -> Circuit:
    """Powers of U = diag(1, exp(2 pi i phase)), controlled by qubits 0, 1, ..., on the last qubit."""
    circuit = Circuit(digits + 1).H(*range(digits))
    for q in range(digits):
        circuit.CP(2 * pi * phase * 2 ** (digits - 1 - q), q, digits)
    return circuit.qft(range(digits), inverse=True)


# A phase of five binary digits is read with certainty: 0.01011 is 11/32.
state = ket("000001").apply(estimation(5, 11 / 32))
counts = {label[:5]: count for label, count in state.counts(100, seed=1).items()}
print(f"11/32 in 5 digits: {counts}")
assert counts == {"01011": 100}

# One third has no end.  At distance d the nearest value is read with the probability
# (sin(pi d 2^t) / (2^t sin(pi d)))^2.
for digits in (3, 5, 8):
    size = 2**digits
    nearest = round(size / 3)
    distance = 1 / 3 - nearest / size
    expected = (sin(pi * distance * size) / (size * sin(pi * distance))) ** 2
    state = ket("0" * digits + "1").apply(estimation(digits, 1 / 3))
    found = abs(state.amplitude(f"{nearest:0{digits}b}1")) ** 2
    print(f"1/3 in {digits} digits: {nearest}/{size} = {nearest / size:.6f} with probability {found:.9f}")
    assert abs(found - expected) < 1e-12
