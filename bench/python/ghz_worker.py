"""The rows of the GHZ benchmark as the driver sees them: a process each, asked in turn.

Rows take turns in short bursts, so that what else happens on the machine happens to all of them.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peer_venv
from measure import best, median

HERE = Path(__file__).parent
STARTS = ("zero", "arbitrary")
LEAST, MOST, BURST_NS = 2, 50, 40e6
SETTLE_S = 0.02  # libgomp's threads spin for some ms after a region; the next row should not meet them


@dataclass
class Row:
    """What a row is called, which program serves it, and what it can be asked."""

    key: str
    label: str
    command: list[str]
    is_python: bool = True
    has_clone: bool = False
    package: str = ""  # in the environment of the peers
    dtypes: tuple[str, ...] = ("complex128", "complex64")
    is_slow: bool = False
    peer: str = ""  # another simulator, and how it runs the circuit

    def missing(self, dtype: str) -> str | None:
        """Why the row cannot be measured, or None."""
        if self.package and self.package not in peer_venv.versions():
            return f"{self.package} not installed"
        if dtype not in self.dtypes:
            return f"{' and '.join(self.dtypes)} only"
        return None


def rows_of(native: Path) -> list[Row]:
    """Every row, in the order of the table."""
    script = [sys.executable, str(HERE / "ghz_rows.py")]
    peer = [str(peer_venv.PYTHON), str(HERE / "ghz_peers.py")]
    serve = [str(native), "--serve", "1", "--row"]
    alone, double, single = "gate by gate", ("complex128",), ("complex64",)
    return [
        Row("copy", "copy", [*serve, "copy"], is_python=False),
        Row("pass", "in-place pass", [*serve, "pass"], is_python=False),
        Row("native_gates", "native C, gate by gate", [*serve, "gates"], is_python=False),
        Row("native_plan", "native C, plan", [*serve, "plan"], is_python=False, has_clone=True),
        Row("capi", "C API through CFFI", [*script, "capi"], has_clone=True),
        Row("apply_gates", "Python apply_gates", [*script, "apply_gates"], has_clone=True),
        Row("chain", "Python chain", [*script, "chain"], has_clone=True),
        Row("eager", "Python eager", [*script, "eager"], has_clone=True),
        Row("busy", "Python eager, busy thread", [*script, "busy"]),
        Row("held", "Python eager, GIL held", [*script, "held"], has_clone=True),
        Row("numpy", "NumPy", [*script, "numpy"], is_slow=True),
        Row("qulacs", "qulacs", [*peer, "qulacs"], package="qulacs", dtypes=double, peer=alone),
        Row("lightning", "Lightning", [*peer, "lightning"], package="pennylane-lightning", peer=alone),
        Row("aer", "qiskit-aer", [*peer, "aer"], package="qiskit-aer", peer="own time"),
        Row("qsim", "qsimcirq", [*peer, "qsim"], package="qsimcirq", dtypes=single, peer="fused"),
    ]


@dataclass
class Samples:
    """All bursts of one row from one start."""

    bursts: list[dict[str, Any]] = field(default_factory=list)
    inplace_ns: list[float] = field(default_factory=list)
    frozen: float | None = None

    @property
    def ns(self) -> list[float]:
        return [ns for burst in self.bursts for ns in burst["ns"]]

    @property
    def medians(self) -> list[float]:
        """One a burst."""
        return [median(burst["ns"]) for burst in self.bursts]

    @property
    def best_ns(self) -> float:
        return best(self.ns)

    @property
    def median_ns(self) -> float:
        return median(self.ns)

    def share(self, key: str) -> float | None:
        """A counted time as a share of wall time, the median of the bursts; None where it was not counted."""
        if not self.total(key):
            return None
        return median([burst[key] / sum(burst["ns"]) for burst in self.bursts])

    def total(self, key: str) -> int:
        return sum(burst.get(key, 0) for burst in self.bursts)

    @property
    def clone_share(self) -> float | None:
        return 1 - best(self.inplace_ns) / self.best_ns if self.inplace_ns else None

    @property
    def gil_held_share(self) -> float | None:
        if not self.total("gil_calls"):
            return None
        free = self.share("gil_free_ns") or 0.0
        return 1 - free - (self.share("gil_wait_ns") or 0.0)

    @property
    def gil_free_call_ns(self) -> float:
        """What a call computes without the GIL, in the quickest burst."""
        calls = [burst for burst in self.bursts if burst.get("gil_calls")]
        return min((burst["gil_free_ns"] / burst["gil_calls"] for burst in calls), default=0.0)

    def next_count(self) -> int:
        """Runs of the next burst: about 40 ms of them, at least LEAST."""
        return max(LEAST, min(MOST, int(BURST_NS / self.medians[-1]))) if self.bursts else LEAST


class RowFailedError(Exception):
    """The process of a row ended or gave a wrong state."""


class Worker:
    """The process of one row."""

    def __init__(self, row: Row, n: int, threads: int, dtype: str) -> None:
        self.row, self.n = row, n
        self.label, self.store, self.isa = row.label, "", ""
        self.samples = {start: Samples() for start in STARTS}
        arguments = ["--n", str(n), "--threads", str(threads), "--dtype", dtype]
        counts = ("OMP_NUM_THREADS", "QULACS_NUM_THREADS", "KETSIM_NUM_THREADS")
        self._process = subprocess.Popen(
            [*row.command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | dict.fromkeys(counts, str(threads)),
        )

    def ask(self, what: str, start: str, count: int) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(f"{what} {start} {count}\n")
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RowFailedError(self._last_words())
        time.sleep(SETTLE_S)
        answer: dict[str, Any] = json.loads(line)
        self.label = answer.get("label") or self.label
        self.store, self.isa = answer.get("store", ""), answer.get("isa", "")
        return answer

    def _last_words(self) -> str:
        _, errors = self._process.communicate()
        lines = errors.strip().splitlines() or [f"exit status {self._process.returncode}"]
        return lines[-1]

    def check(self) -> None:
        """A time is worth nothing where the state is wrong; native rows check themselves."""
        if not self.row.is_python:
            return
        for start in STARTS:
            answer = self.ask("check", start, 1)
            if not answer["right"]:
                raise RowFailedError(f"wrong state from {start}, error {answer['error']:.1e}")

    def burst(self) -> None:
        for start in STARTS:
            samples = self.samples[start]
            count = 1 if self.row.is_slow and self.n >= 20 else samples.next_count()
            samples.bursts.append(self.ask("time", start, count))
            if self.row.has_clone:
                samples.inplace_ns += self.ask("inplace", start, count)["ns"]

    def freeze(self, count: int) -> None:
        for start in STARTS:
            self.samples[start].frozen = self.ask("frozen", start, count)["frozen"]

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.communicate()
