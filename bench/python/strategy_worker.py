"""One way for a Python program to use the cores, in a process of its own: its repetitions as a line of JSON.

    python strategy_worker.py threads --workload python --items 100 --samples 7

Needs no more than ketsim itself, so that every Python that has it can run this. An item is a circuit: of
the workload ``kernels`` it was made before, and computing is all; of ``python`` it is made gate by gate, by
Python code that takes most of the time.
"""

import argparse
import asyncio
import functools
import json
import math
import multiprocessing
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from speedup import samples

from ketsim import Circuit, Error, InterpreterPool, ket, run_batch

QUBITS = {"kernels": 14, "python": 8}
Run = Callable[[], float | None]


class AbsentError(Exception):
    """This Python, or this build, cannot do it."""


# ---- the work -------------------------------------------------------------------------------------


def angles(seed: int) -> Iterator[float]:
    """A few hundred instructions of Python an angle: a sum that somebody might need."""
    for k in range(8):
        yield sum(math.sin(seed * j + k) / j for j in range(1, 60))


def built(seed: int, n: int) -> Circuit:
    circuit = Circuit(n)
    for k, angle in enumerate(angles(seed)):
        for q in range(n):
            circuit.RX(angle * q, q).CNOT(q, (q + 1 + k % (n - 1)) % n)
    return circuit


class Work:
    """The items of one workload."""

    def __init__(self, name: str, items: int) -> None:
        self.name, self.items, self.n = name, list(range(items)), QUBITS[name]
        self.circuits = [built(k, self.n) for k in self.items] if name == "kernels" else []

    def circuit(self, item: int) -> Circuit:
        return self.circuits[item] if self.circuits else built(item, self.n)

    def do(self, item: int) -> dict[str, int]:
        return ket(self.n, threads=1).apply(self.circuit(item)).counts(1, seed=1)

    def share(self, part: int, of: int) -> float:
        """Every so-many-th item; returns the CPU time that it took."""
        before = time.process_time()
        for item in self.items[part::of]:
            self.do(item)
        return time.process_time() - before


# ---- the ways -------------------------------------------------------------------------------------


def sequential(work: Work, _workers: int) -> Run:
    def run() -> None:
        work.share(0, 1)

    return run


def threads(work: Work, workers: int) -> Run:
    pool = ThreadPoolExecutor(workers)

    def run() -> None:
        list(pool.map(lambda part: work.share(part, workers), range(workers)))

    return run


def batch(work: Work, workers: int) -> Run:
    def run() -> None:
        run_batch([work.circuit(item) for item in work.items], workers, shots=1, seed=1)

    return run


def asynchronous(work: Work, workers: int) -> Run:
    """`Circuit.run_async`: a task an item."""

    async def all_of_them() -> None:
        circuits = [work.circuit(item) for item in work.items]
        await asyncio.gather(*(circuit.run_async() for circuit in circuits))

    return lambda: asyncio.run(all_of_them())


def processes(work: Work, workers: int) -> Run:
    pool = multiprocessing.get_context("fork").Pool(workers, initializer=remember, initargs=(work,))
    return lambda: sum(pool.starmap(remembered_share, [(part, workers) for part in range(workers)], 1))


def remember(work: Work) -> None:
    globals()["remembered"] = work


def remembered_share(part: int, of: int) -> float:
    work: Work = globals()["remembered"]
    return work.share(part, of)


def subinterpreters(work: Work, workers: int) -> Run:
    """A pool of them, each with all items of its own, which the repetition that is not counted makes."""
    pool = InterpreterPool(workers)

    def run() -> None:
        parts = [
            pool.submit("strategy_worker:share_of", work.name, len(work.items), part, workers)
            for part in range(workers)
        ]
        for part in parts:
            part.result()

    return run


@functools.cache
def kept(name: str, items: int) -> Work:
    return Work(name, items)


def share_of(name: str, items: int, part: int, of: int) -> None:
    """What an interpreter of the pool does."""
    kept(name, items).share(part, of)


def free_threaded(work: Work, workers: int) -> Run:
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise AbsentError("this build of Python has a GIL")
    if sys._is_gil_enabled():  # type: ignore[attr-defined]
        raise AbsentError("the GIL is on in this process")
    return threads(work, workers)


WAYS: dict[str, Callable[[Work, int], Run]] = {
    "sequential": sequential,
    "threads": threads,
    "batch": batch,
    "asyncio": asynchronous,
    "multiprocessing": processes,
    "sub-interpreters": subinterpreters,
    "free-threaded": free_threaded,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("strategy", choices=WAYS)
    parser.add_argument("--workload", choices=QUBITS, required=True)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    args = parser.parse_args()
    answer: dict[str, Any] = {"python": sys.version.split()[0]}
    try:
        run = WAYS[args.strategy](Work(args.workload, args.items), args.workers)
        answer["samples"] = [[s.wall, s.cpu] for s in samples(run, args.samples)]
    except (AbsentError, Error) as error:
        answer["absent"] = str(error).splitlines()[0]
    print(json.dumps(answer), flush=True)
    os._exit(0)  # pools and interpreters of other Pythons need not end well


if __name__ == "__main__":
    main()
