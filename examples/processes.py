"""Processes: fork in the midst of work, and states and circuits that go to a process pool and come back."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from ketsim import Circuit, Ket, ket, run_batch


def ghz(n: int) -> Circuit:
    """|0...0> + |1...1>, divided by the root of 2."""
    return Circuit(n).H(0).apply_gates([("CNOT", q, q + 1) for q in range(n - 1)])


def in_child(state: Ket) -> bool:
    """A forked child has the state, its queue, and workers and threads of its own."""
    batch = run_batch([ghz(n) for n in (3, 16, 18)], shots=10)
    return state.pending == 1 and abs(state.expectation("X0 X17")) < 1e-12 and not batch.errors


def evolve(state: Ket, circuit: Circuit) -> Ket:
    """Work for another process; what goes in and out is pickled, amplitudes included."""
    return state.apply(circuit).run()


def main() -> None:
    """Fork by hand, then by a pool of processes that begin anew."""
    state = ket(18).apply(ghz(18)).run().Z(0).X(0)
    state.discard().Z(0)  # one gate is queued
    run_batch([ghz(18)] * 4)  # the parent's threads have begun
    if hasattr(os, "fork"):
        child = os.fork()
        if child == 0:
            os._exit(0 if in_child(state) else 1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print("the forked child ended with status", status)
        assert status == 0
    assert state.pending == 1  # what a child does stays there

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        ends = list(pool.map(evolve, [ket("0000"), ket("1000")], [ghz(4)] * 2))
    for end in ends:
        print(end)
    assert abs(ends[0].expectation("Z0 Z3") - 1) < 1e-12
    assert abs(ends[0].inner(ends[1])) < 1e-12


if __name__ == "__main__":
    main()
