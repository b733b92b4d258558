"""What does a call cost from Python: a chained gate, a tuple of apply_gates, a one-gate eager run?

    python calls.py [--samples 15] [--json calls.json] [--strict]

Small states, so that the arithmetic does not hide the call. Chained: 1,000 gates queued on 4 qubits and
then discarded off the clock, less the same loop with nothing in it. apply_gates: 1,000 tuples on 4
qubits, less `apply` of a compiled `Circuit` of the same gates on the same state, which crosses into C
and runs them too; what is left is reading the tuples. Eager: 1,000 one-gate runs on 2 qubits, less the
empty loop.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from typing import Any

from machine import load, machine, print_machine
from measure import best, median
from report import Verdict

from ketsim import Circuit, Ket, ket

CALLS = 1000
Timer = Callable[[], float]
Times = dict[str, float]


def in_turn(subject: Timer, baseline: Timer, samples: int) -> Times:
    """Nanoseconds a call of subject beyond baseline; the two take turns, after one round unmeasured."""
    subject()
    baseline()
    pairs = [(subject() / CALLS, baseline() / CALLS) for _ in range(samples)]
    upper, lower = [s for s, _ in pairs], [b for _, b in pairs]
    return {
        "best": best(upper) - best(lower),
        "median": median([s - b for s, b in pairs]),
        "baseline": best(lower),
    }


# ---- what is timed: a loop of CALLS calls, written out so that nothing else is in it ---------------


def loop(_q: Ket) -> None:
    for _ in repeat(None, CALLS):
        pass


def loop_h(q: Ket) -> None:
    for _ in repeat(None, CALLS):
        q.H(0)


def loop_cnot(q: Ket) -> None:
    for _ in repeat(None, CALLS):
        q.CNOT(0, 1)


def loop_rx(q: Ket) -> None:
    for _ in repeat(None, CALLS):
        q.RX(0.3, 1)


def tuples() -> list[tuple[Any, ...]]:
    """The three shapes of a tuple in turn."""
    pattern: list[tuple[Any, ...]] = [("H", 0), ("CNOT", 0, 1), ("RX", 0.3, 1), ("H", 3)]
    return pattern * (CALLS // len(pattern))


def timer(q: Ket, body: Callable[[Ket], object]) -> Timer:
    """Nanoseconds of one call of body on q; what it left in the queue is dropped off the clock."""

    def run() -> float:
        start = time.perf_counter_ns()
        body(q)
        ns = time.perf_counter_ns() - start
        q.discard()
        return ns

    return run


# ---- the three numbers ---------------------------------------------------------------------------


def chained(samples: int) -> list[Verdict]:
    found = []
    for name, body in (("H(0)", loop_h), ("CNOT(0, 1)", loop_cnot), ("RX(0.3, 1)", loop_rx)):
        q = ket(4)
        found.append(
            verdict(f"chained {name}, ns a call", in_turn(timer(q, body), timer(q, loop), samples), 40)
        )
    return found


def parsing(samples: int) -> Verdict:
    q, ops, circuit = ket(4), tuples(), Circuit(4)
    for name, *arguments in ops:
        getattr(circuit, name)(*arguments)
    times = in_turn(timer(q, lambda q: q.apply_gates(ops)), timer(q, lambda q: q.apply(circuit)), samples)
    return verdict("apply_gates beyond apply of the same circuit, ns a tuple", times, 30)


def eager(samples: int) -> Verdict:
    q = ket(2, eager=True)
    return verdict(
        "eager H(0) on 2 qubits, ns a run", in_turn(timer(q, loop_h), timer(q, loop), samples), 250
    )


def verdict(what: str, times: Times, limit: float) -> Verdict:
    """By the best; the median and what was taken off stand beside it."""
    text = f"{what} (median {times['median']:.1f}, {times['baseline']:.1f} taken off)"
    return Verdict(text, times["best"], f"<= {limit:g}", times["best"] <= limit)


def main() -> int:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--samples", type=int, default=25, help="at least 7")
    parser.add_argument("--json", type=Path, help="also write the results there")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a line says FAIL")
    args = parser.parse_args()
    if args.samples < 7:
        parser.error("samples must be at least 7")
    facts = machine()
    found = [*chained(args.samples), parsing(args.samples), eager(args.samples)]
    facts["load after"] = load()
    print_machine(facts)
    print("\n".join(map(str, found)))
    if args.json:
        args.json.write_text(json.dumps({"machine": facts, "verdicts": [vars(v) for v in found]}, indent=1))
    return 1 if args.strict and not all(v.passed for v in found) else 0


if __name__ == "__main__":
    sys.exit(main())
