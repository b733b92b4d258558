"""ketsim itself: a list of tuples through ``apply_gates``, read and planned every time; or a circuit kept."""

import importlib
import re
import time
from importlib.metadata import version
from typing import Any

from measure import Amplitudes
from workloads import Gate

from .base import Peer

CALLS = 50
UNITS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


class Ketsim(Peer):
    """All in one: a state is made, the list is read, planned and run.

    Plans of runs before are forgotten first, on the clock.
    """

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.package: Any = importlib.import_module("ketsim")
        self.label = f"ketsim {version('ketsim')}"
        self.package.lib.ketsim_pool_trim()  # what the row before left
        self.forget: Any = self.package.lib.ketsim_plan_cache_clear
        self.ket: Any = self.package.ket
        self.q: Any = None

    def reset(self) -> None:
        self.q = self.ket(self.n, dtype=self.dtype, threads=self.threads)

    def load(self, psi: Amplitudes) -> None:
        self.q = self.ket.from_amplitudes(psi, threads=self.threads)

    def run(self) -> None:
        self.forget()
        self.q.apply_gates(self.gates)

    def state(self) -> Amplitudes:
        out: Amplitudes = self.q.amplitudes()
        return out


class KetsimPlanned(Ketsim):
    """The list is made a `Circuit` off the clock, which is applied again and again."""

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.label += ", planned once"
        self.circuit = self.package.Circuit(n).apply_gates(gates)

    def run(self) -> None:
        self.q.apply(self.circuit).run()

    def expected_ns(self, start: str) -> float | None:
        """The last line of the plan's description, and what a call costs that has nothing to do."""
        label = "0" * self.n if start == "zero" else None
        text = self.circuit.explain(dtype=self.dtype, start=label)
        found = re.search(r"([\d.e+]+) (\w+) expected on one thread", text)
        return float(found[1]) * UNITS[found[2]] + self._call_ns(start) if found else None

    def _call_ns(self, start: str) -> float:
        nothing, found = self.package.Circuit(self.n), []
        for _ in range(CALLS):
            begin = time.perf_counter_ns()
            for _ in range(CALLS):
                if start == "zero":
                    self.reset()
                self.q.apply(nothing).run()
            found.append((time.perf_counter_ns() - begin) / CALLS)
        return min(found)
