"""A pipeline on all cores: build 100 circuits, run them in one call, look at the results, answer questions.

QAOA for the largest cut of a ring, on a grid of angles. Each stage says how long it took. Threads do not make
building faster, for that is Python code and holds the GIL; the batch computes without the GIL, on every core;
and while runs compute in threads, an event loop goes on.
"""

import asyncio
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ketsim import BatchResult, Circuit, Ket, Observable, ket, run_batch

NODES, GRID, SHOTS = 14, 10, 500
RING = [(k, (k + 1) % NODES) for k in range(NODES)]
CUT = NODES / 2 - 0.5 * Observable([(1, f"Z{a} Z{b}") for a, b in RING])  # edges between the two sides
Angles = tuple[float, float]


@contextmanager
def stage(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{what:<42}{1e3 * (time.perf_counter() - start):9.1f} ms")


def build(angles: Angles) -> Circuit:
    """One layer of QAOA."""
    gamma, beta = angles
    circuit = Circuit(NODES).H(*range(NODES))
    for a, b in RING:
        circuit.RZZ(gamma, a, b)
    return circuit.RX(2 * beta, *range(NODES))


def cut(label: str) -> int:
    return sum(label[a] != label[b] for a, b in RING)


def mean_cut(batch: BatchResult, k: int) -> float:
    """Of the samples of circuit number k."""
    result = batch.results[k]
    assert result is not None
    assert result.counts is not None
    return sum(cut(label) * count for label, count in result.counts.items()) / SHOTS


def exact(angles: Angles) -> float:
    state: Ket = ket(NODES).apply(build(angles))
    return state.expectation(CUT)


async def answer(questions: list[Angles]) -> tuple[list[float], float]:
    """Exact values for some angles, each in a thread of the loop's; and how late the loop was meanwhile."""
    late = 0.0

    async def tick() -> None:
        nonlocal late
        while True:
            due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            late = max(late, time.perf_counter() - due)

    ticking = asyncio.create_task(tick())
    answers = await asyncio.gather(*(asyncio.to_thread(exact, angles) for angles in questions))
    ticking.cancel()
    return list(answers), late


def main() -> None:
    steps = [(k + 0.5) / GRID for k in range(GRID)]
    angles = [(math.pi * gamma, math.pi / 2 * beta) for gamma in steps for beta in steps]

    with stage(f"build {len(angles)} circuits, in threads"), ThreadPoolExecutor() as pool:
        circuits = list(pool.map(build, angles))
    with stage("run them one by one"):
        for circuit in circuits:
            ket(NODES).apply(circuit).counts(SHOTS, seed=1)
    with stage("run_batch"):
        batch = run_batch(circuits, shots=SHOTS, seed=1)
    assert not batch.errors
    with stage("mean cut of each"):
        means = [mean_cut(batch, k) for k in range(len(circuits))]
    best = max(range(len(means)), key=means.__getitem__)
    with stage("answer 20 questions, asynchronously"):
        gamma, beta = angles[best]
        answers, late = asyncio.run(answer([(gamma + 0.01 * k, beta) for k in range(-10, 10)]))

    cores = batch.stats["cores_used"]
    print(f"the batch used {cores:.2f} cores; the event loop was late by {1e3 * late:.1f} ms at most")
    print(f"best of the grid: {means[best]:.2f} of {NODES} edges, nearby {max(answers):.2f} exactly")
    assert abs(answers[10] - means[best]) < 1
    assert max(answers) > 0.7 * NODES


if __name__ == "__main__":
    main()
