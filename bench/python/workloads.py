"""Circuits to measure, as lists of plain gates that every simulator has.

A gate is ``(name, *angles, *qubits)`` as ``apply_gates`` takes it, with the names of ketsim's table; only H,
X, CNOT, CZ, CP, RX, RY, RZ, U, RZZ and SWAP occur, and Z under ``{"controls": {qubit: 1, ...}}``. The same
seed gives the same circuit everywhere.
"""

import math
import random
from collections.abc import Callable, Iterator

Gate = tuple[str | float | int | dict[str, dict[int, int]], ...]


def ghz(n: int, _r: random.Random) -> Iterator[Gate]:
    """A Hadamard gate and a chain of CNOTs."""
    yield "H", 0
    for q in range(n - 1):
        yield "CNOT", q, q + 1


def qft(n: int, _r: random.Random) -> Iterator[Gate]:
    """The quantum Fourier transform with its final swaps."""
    for i in range(n):
        yield "H", i
        for j in range(i + 1, n):
            yield "CP", math.pi / 2 ** (j - i), j, i
    for i in range(n // 2):
        yield "SWAP", i, n - 1 - i


def brick(n: int, r: random.Random) -> Iterator[Gate]:
    """20 layers: a random U on every qubit, CZ on every other pair of neighbors."""
    for layer in range(20):
        for q in range(n):
            yield "U", *(r.uniform(0, 3) for _ in range(3)), q
        for q in range(layer % 2, n - 1, 2):
            yield "CZ", q, q + 1


def ansatz(n: int, r: random.Random) -> Iterator[Gate]:
    """A hardware-efficient ansatz: 10 layers of RY, RZ on every qubit and a ladder of CNOTs."""
    for _ in range(10):
        for q in range(n):
            yield "RY", r.uniform(0, 3), q
            yield "RZ", r.uniform(0, 3), q
        for q in range(n - 1):
            yield "CNOT", q, q + 1


def regular(n: int, degree: int, r: random.Random) -> list[tuple[int, int]]:
    """Edges of a random graph in which every node has so many neighbors: ends are paired at random, and all
    over again when that gives a loop or an edge twice."""
    if n * degree % 2 or n <= degree:
        raise ValueError(f"no graph of {n} nodes has {degree} edges at every node")
    ends = [q for q in range(n) for _ in range(degree)]
    while True:
        r.shuffle(ends)
        pairs = zip(ends[::2], ends[1::2], strict=True)
        edges = {(min(pair), max(pair)) for pair in pairs}
        if 2 * len(edges) == len(ends) and all(a != b for a, b in edges):
            return sorted(edges)


def qaoa(n: int, r: random.Random) -> Iterator[Gate]:
    """QAOA with p = 4 on a random graph with three edges at every node; on 4 qubits that is all of them."""
    edges = regular(n, 3, r)
    for q in range(n):
        yield "H", q
    for _ in range(4):
        gamma, beta = r.random(), r.random()
        for a, b in edges:
            yield "RZZ", gamma, a, b
        for q in range(n):
            yield "RX", beta, q


def volume(n: int, r: random.Random) -> Iterator[Gate]:
    """Quantum volume: n layers of random pairs, each a generic two-qubit gate made of U and CNOT."""
    for _ in range(n):
        order = r.sample(range(n), n)
        for a, b in zip(order[::2], order[1::2], strict=False):
            for k in range(4):
                for q in (a, b):
                    yield "U", r.uniform(0, 3), r.uniform(0, 6), r.uniform(0, 6), q
                if k < 3:
                    yield "CNOT", a, b


def heisenberg(n: int, _r: random.Random) -> Iterator[Gate]:
    """10 first-order Trotter steps of a Heisenberg chain, each bond as CNOT, RX, RZ, CNOT and their like."""
    for _ in range(10):
        for q in range(n - 1):
            yield "CNOT", q, q + 1
            yield "RX", 0.2, q
            yield "RZ", 0.2, q + 1
            yield "CNOT", q, q + 1
            yield "RZZ", 0.2, q, q + 1


def grid(n: int, r: random.Random) -> Iterator[Gate]:
    """Google-style: 20 cycles of random roots of X, Y and W, and CZ on one of four sets of a grid's bonds."""
    columns = max(c for c in range(1, n + 1) if n % c == 0 and c * c <= n)
    rows, half = n // columns, math.pi / 2
    root_of_w = ("U", half, -math.pi / 4, math.pi / 4)
    roots: tuple[tuple[str | float, ...], ...] = (("RX", half), ("RY", half), root_of_w)
    for cycle in range(20):
        for q in range(n):
            yield *r.choice(roots), q
        for q in range(n):
            row, column = divmod(q, columns)
            right = cycle % 2 == 0 and column % 2 == cycle // 2 % 2 and column + 1 < columns
            down = cycle % 2 == 1 and row % 2 == cycle // 2 % 2 and row + 1 < rows
            if right or down:
                yield "CZ", q, q + (1 if right else columns)


def grover(n: int, r: random.Random) -> Iterator[Gate]:
    """3 iterations of Grover's search for one random basis state."""
    zeros = [q for q in range(n) if r.random() < 0.5]
    hadamards: list[Gate] = [("H", q) for q in range(n)]
    yield from hadamards
    for _ in range(3):
        yield from _minus_at(zeros, n)
        yield from hadamards
        yield from _minus_at(list(range(n)), n)
        yield from hadamards


def _minus_at(zeros: list[int], n: int) -> Iterator[Gate]:
    """Change the sign of the basis state that has 0 on these qubits and 1 on the others."""
    yield from (("X", q) for q in zeros)
    yield "Z", n - 1, {"controls": dict.fromkeys(range(n - 1), 1)}
    yield from (("X", q) for q in zeros)


def layer(name: str) -> Callable[[int, random.Random], Iterator[Gate]]:
    """One gate on every qubit, or on every pair of neighbors."""

    def gates(n: int, _r: random.Random) -> Iterator[Gate]:
        for q in range(n - 1 if name == "CNOT" else n):
            yield (name, q, q + 1) if name == "CNOT" else (name, 0.3, q) if name == "RX" else (name, q)

    return gates


WORKLOADS: dict[str, Callable[[int, random.Random], Iterator[Gate]]] = {
    "ghz": ghz,
    "qft": qft,
    "brick": brick,
    "ansatz": ansatz,
    "qaoa": qaoa,
    "volume": volume,
    "heisenberg": heisenberg,
    "grid": grid,
    "grover": grover,
    "layer-H": layer("H"),
    "layer-RX": layer("RX"),
    "layer-CNOT": layer("CNOT"),
}


def workload(name: str, n: int, seed: int = 1) -> list[Gate]:
    """The gates of a workload on n qubits."""
    return list(WORKLOADS[name](n, random.Random(seed)))
