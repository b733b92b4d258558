"""Shots as a tree against each alone: a repetition code of distance 3, 5 rounds, bit flips, p = 0.01.

    python shot_tree.py [--shots 100000] [--alone 2000] [--rounds 5] [--p 0.01]

Both run on one thread, the best of 5 each. Alone, `Ket.run_shot` runs one shot after the other on a fresh
state, and its time is scaled to as many shots; its bits must be those of the tree.
"""

import argparse
import sys
import time
from collections.abc import Callable

from report import at_least

from ketsim import Circuit, ket, noise, run_shots


def code(rounds: int, p: float) -> Circuit:
    """Qubits 0 to 2 hold the bit, 3 and 4 the syndrome."""
    circuit, flip = Circuit(5, bits=2 * rounds + 3), noise.bit_flip(p)
    for r in range(rounds):
        for q in range(3):
            circuit.channel(flip, q)
        circuit.CNOT(0, 3).CNOT(1, 3).CNOT(1, 4).CNOT(2, 4)
        circuit.measure(3, 4, bits=(2 * r, 2 * r + 1)).reset(3, 4)
    return circuit.measure(0, 1, 2, bits=range(2 * rounds, 2 * rounds + 3))


def best(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return min(taken)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shots", type=int, default=100_000)
    parser.add_argument("--alone", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--p", type=float, default=0.01)
    args = parser.parse_args()
    circuit = code(args.rounds, args.p)

    def alone() -> list[str]:
        return [ket("00000").run_shot(circuit, seed=1, shot=k) for k in range(args.alone)]

    memory = run_shots(circuit, args.alone, seed=1, memory=True)
    if ["".join(map(str, row)) for row in memory.tolist()] != alone():
        sys.exit("shots alone have other bits than in the tree")
    tree = best(lambda: run_shots(circuit, args.shots, seed=1, max_concurrency=1))
    each = best(alone) / args.alone * args.shots
    print(f"{args.shots} shots: {tree * 1e3:.2f} ms as a tree, {each * 1e3:.1f} ms each alone")
    verdict = at_least("shot tree: each shot alone / tree", each / tree, 100)
    print(verdict)
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
