"""Python-heavy work in interpreters with a GIL of their own, and states handed over to them."""

import sys

from ketsim import InterpreterPool, Ket, ket


def evolve(start: Ket, steps: int) -> Ket:
    """Build a circuit in Python and run it; start came without being copied, and so goes what is returned."""
    n = start.nqubits
    for step in range(steps):
        for k in range(n):
            start.RX(0.1 + 0.01 * step, k).CZ(k, (k + 1) % n)
    return start.run()


def main() -> None:
    """Evolve one state for several times, each in an interpreter, and print an observable of each."""
    if sys.version_info < (3, 12):
        print("skipped: interpreters have a GIL of their own from Python 3.12 on")
        return
    start, steps = ket("+0" * 4), [1, 2, 4, 8]
    with InterpreterPool(2) as pool:
        # by name, for the interpreters to import it: this file is a script here, and a module there
        ends = list(pool.map("interpreters:evolve", [start] * len(steps), steps))
    for count, end in zip(steps, ends, strict=True):
        print(f"{count} steps: <X0> = {end.expectation('X0'):+.6f}")
    assert abs(ends[0].fidelity(evolve(start.copy(), 1)) - 1) < 1e-12


if __name__ == "__main__":
    main()
