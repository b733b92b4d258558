"""A pipeline without end: a generator makes circuits, imap runs them ahead, who reads stops when it knows.

<Z0> in a ring of spins that are turned and entangled step by step, a step more in each circuit, until it is
negative. Never more than 4 circuits are in the air, however slowly they are read, so memory is bounded.
"""

from collections.abc import Iterator
from itertools import count

from ketsim import Circuit, imap

N, AHEAD = 10, 4
made = 0


def circuits() -> Iterator[Circuit]:
    """Ever longer circuits."""
    global made
    circuit = Circuit(N)
    for _ in count():
        made += 1
        yield circuit.copy()
        circuit.RX(0.2, *range(N))
        for q in range(N):
            circuit.RZZ(0.1, q, (q + 1) % N)


stream = imap(circuits(), observables="Z0", max_in_flight=AHEAD)
for step, result in enumerate(stream):
    assert result.values is not None
    print(f"{step:2} steps: <Z0> = {result.values[0]:+.6f}")
    if result.values[0] < 0:
        break
    assert made <= step + 1 + AHEAD  # what runs ahead is bounded
stream.close()  # stops what still runs
print(f"{made} circuits were made, {step + 1} results were used")
assert step > 2
