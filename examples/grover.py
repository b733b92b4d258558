"""Grover's search (Grover 1996): one marked label among 2^10, found with about 25 questions."""

from math import asin, pi, sin, sqrt

from ketsim import Circuit, ket

MARKED = "1011001110"
n = len(MARKED)
zeros = [q for q in range(n) if MARKED[q] == "0"]


def flip(circuit: Circuit) -> Circuit:
    """Turn the sign of |1...1>."""
    return circuit.Z(n - 1, controls=range(n - 1))


# One question: the sign of the marked label turns, then amplitudes are reflected about their mean.
question = flip(Circuit(n).X(*zeros)).X(*zeros)
diffusion = flip(Circuit(n).H(*range(n)).X(*range(n))).X(*range(n)).H(*range(n))

angle = asin(1 / sqrt(2**n))
questions = round(pi / (4 * angle) - 0.5)
state = ket("+" * n)
for k in range(1, questions + 1):
    state.apply(question).apply(diffusion)
    found, expected = abs(state.amplitude(MARKED)) ** 2, sin((2 * k + 1) * angle) ** 2
    assert abs(found - expected) < 1e-12
    if k % 5 == 0:
        print(f"{k:2} questions: probability {found:.9f}, by the formula {expected:.9f}")

counts = state.counts(100, seed=1)
print(f"most frequent of 100 samples: {max(counts, key=lambda label: counts[label])}")
assert max(counts, key=lambda label: counts[label]) == MARKED
