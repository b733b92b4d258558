"""The same work by one Python thread after the other, and by as many at once as there are states."""

import pickle
from collections.abc import Callable

from gil_loads import Loads, gates_for
from speedup import Row, in_threads, samples
from workloads import workload

import ketsim

Work = Callable[[], object]


def repeated(work: Work, times: int) -> Work:
    def run() -> None:
        for _ in range(times):
            work()

    return run


def pair(works: list[Work], times: int, repeats: int) -> tuple[Row, Row]:
    """Each work so many times: one thread after the other, and together."""
    many = [repeated(work, times) for work in works]

    def alone() -> None:
        for work in many:
            work()

    items = times * len(works)
    together = Row(f"{len(works)} threads", items, samples(lambda: in_threads(many), repeats))
    return Row("sequential", items, samples(alone, repeats)), together


# ---- the work: made once a thread, on a state of its own ------------------------------------------


def save_and_load(n: int) -> Work:
    q = ketsim.ket(n).apply_gates(workload("ansatz", n))
    return lambda: pickle.loads(pickle.dumps(q))


def gate_by_gate(n: int) -> Work:
    return Loads(n, 1).gate_by_gate()


def deep(n: int) -> Work:
    """Compiled, about 10 ms of it."""
    q, circuit = ketsim.ket(n, threads=1), ketsim.Circuit(n).apply_gates(gates_for(n, 1))
    return lambda: q.apply(circuit)


def lists(n: int) -> Work:
    q, gates = ketsim.ket(n, threads=1), gates_for(n, 1)
    return lambda: q.apply_gates(gates)


def batches(count: int, n: int, repeats: int) -> tuple[Row, Row]:
    """A batch on one thread, and on all cores."""
    circuits = [ketsim.Circuit(n).apply_gates(workload("ansatz", n, seed)) for seed in range(count)]

    def run(most: int | None) -> Callable[[], None]:
        def work() -> None:
            ketsim.run_batch(circuits, most, shots=1, seed=1)

        return work

    return Row("sequential", count, samples(run(1), repeats)), Row(
        "run_batch", count, samples(run(None), repeats)
    )
