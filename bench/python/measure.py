"""What the Python benches share: best and median, the heartbeat, and the process that serves one row.

A row of the GHZ table runs in a process of its own, which reads lines ``WHAT START COUNT`` and answers each
with one line of JSON.  WHAT is ``time`` (COUNT runs on the clock), ``inplace`` (the same without the
transaction), ``frozen`` (runs beside a heartbeat) or ``check`` (one run against a formula); START is ``zero``
or ``arbitrary``.  ``bench/ghz.c`` answers the first two in the same way.
"""

import json
import statistics
import sys
import threading
import time
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

Amplitudes = npt.NDArray[np.complexfloating[Any, Any]]

TOLERANCE = {"complex128": 1e-12, "complex64": 1e-6}


def best(samples: list[float]) -> float:
    return min(samples)


def median(samples: list[float]) -> float:
    return statistics.median(samples)


class Heartbeat:
    """A Python thread that wants to run every half millisecond, and how long it could not.

    The part of an interval beyond the period counts as frozen, less the lateness that is usual on the idle
    machine.  A thread that waits for the GIL, or for a core, is late by as much as it waits.
    """

    PERIOD_NS = 500_000

    def __init__(self) -> None:
        self._slack_ns = 0.0
        gaps = self._beats_during(lambda: time.sleep(0.2))
        self._slack_ns = statistics.median(gaps) - self.PERIOD_NS

    def frozen(self, work: Any) -> float:
        """Share of the time of ``work()`` for which the thread was kept from running."""
        start = time.perf_counter_ns()
        gaps = self._beats_during(work)
        wall = time.perf_counter_ns() - start
        late = sum(max(0.0, gap - self.PERIOD_NS - self._slack_ns) for gap in gaps)
        return min(1.0, late / wall)

    def _beats_during(self, work: Any) -> list[int]:
        gaps: list[int] = []
        started, stop = threading.Event(), threading.Event()
        thread = threading.Thread(target=self._beat, args=(gaps, started, stop))
        thread.start()
        started.wait()
        try:
            work()
        finally:
            stop.set()
            thread.join()
        return gaps

    def _beat(self, gaps: list[int], started: threading.Event, stop: threading.Event) -> None:
        last = time.perf_counter_ns()
        started.set()
        while not stop.is_set():
            time.sleep(self.PERIOD_NS / 1e9)
            now = time.perf_counter_ns()
            gaps.append(now - last)
            last = now


def arbitrary(n: int, dtype: str) -> Amplitudes:
    """Random amplitudes, normalized; the same in every process."""
    rng = np.random.default_rng(7)
    psi: Amplitudes = (rng.standard_normal(2**n) + 1j * rng.standard_normal(2**n)).astype(dtype)
    psi /= np.linalg.norm(psi)
    return psi


def ghz(psi: Amplitudes) -> Amplitudes:
    """The GHZ circuit by one formula.

    The chain of CNOTs takes basis state x to the y whose bits are the running parities of those of x, so
    amplitude y comes from x = y ^ (y >> 1); H acts on the leftmost bit before.
    """
    zero, one = psi.reshape(2, -1)
    hadamard = np.concatenate([zero + one, zero - one]) * np.sqrt(0.5)
    y = np.arange(psi.size)
    out: Amplitudes = hadamard[y ^ (y >> 1)]
    return out


class Subject(ABC):
    """One row of the table: something that can run the GHZ circuit."""

    def __init__(self, n: int, threads: int, dtype: str) -> None:
        self.n, self.threads, self.dtype = n, threads, dtype
        self.label = ""

    @abstractmethod
    def prepare(self, start: str, inplace: bool) -> None:
        """Off the clock: a new |0...0>, or the state of the runs from an arbitrary one."""

    @abstractmethod
    def run(self) -> int | None:
        """On the clock: the circuit, to its end.  Returns ns where the program times itself."""

    @abstractmethod
    def amplitudes(self) -> Amplitudes:
        """The state after a run, qubit 0 the most significant bit."""

    def finish(self) -> None:  # noqa: B027  most rows have nothing to end
        """Off the clock: end what `prepare` started."""

    def counters(self) -> dict[str, int]:
        """Totals so far of what is counted inside; the answer holds their increase."""
        return {}


class Server:
    """Answers the lines on standard input about one subject."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._heartbeat: Heartbeat | None = None

    def run(self) -> None:
        for line in sys.stdin:
            what, start, count = line.split()
            answer = {
                "time": self._time,
                "inplace": self._time,
                "frozen": self._frozen,
                "check": self._check,
            }[what](what, start, int(count))
            print(json.dumps({"label": self._subject.label} | answer), flush=True)

    def _time(self, what: str, start: str, count: int) -> dict[str, Any]:
        subject, ns, cpu, used = self._subject, [], 0, dict.fromkeys(self._subject.counters(), 0)
        for k in range(-1, count):
            subject.prepare(start, what == "inplace")
            before, cpu_start, wall_start = subject.counters(), time.process_time_ns(), time.perf_counter_ns()
            own = subject.run()
            wall = time.perf_counter_ns() - wall_start
            cpu_ns, after = time.process_time_ns() - cpu_start, subject.counters()
            subject.finish()
            if k < 0:
                continue
            ns.append(wall if own is None else own)
            cpu += cpu_ns
            for key, value in after.items():
                used[key] += value - before[key]
        return {"ns": ns, "cpu_ns": cpu, **used}

    def _frozen(self, _what: str, start: str, count: int) -> dict[str, Any]:
        """Runs for at least 0.3 s beside the heartbeat."""
        if self._heartbeat is None:
            self._heartbeat = Heartbeat()

        def runs() -> None:
            end, done = time.perf_counter_ns() + 300_000_000, 0
            while done < count or time.perf_counter_ns() < end:
                self._subject.prepare(start, False)
                self._subject.run()
                self._subject.finish()
                done += 1

        return {"frozen": self._heartbeat.frozen(runs)}

    def _check(self, _what: str, start: str, _count: int) -> dict[str, Any]:
        """Largest error of one run, against the formula that every row is held to."""
        subject = self._subject
        subject.prepare(start, False)
        before = np.zeros(2**subject.n, subject.dtype)
        before[0] = 1
        if start == "arbitrary":
            before = np.array(subject.amplitudes())
        subject.run()
        subject.finish()
        error = float(np.abs(ghz(before) - subject.amplitudes()).max())
        return {"error": error, "right": error <= TOLERANCE[subject.dtype]}
