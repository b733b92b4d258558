"""A Python thread that beats every millisecond by an absolute schedule, and how late its beats are.

Late is what a user of the process sees: a beat waits for the GIL, or for a core. Beats that were missed
because the one before came too late are skipped, so that one long pause is one late beat; the share of beats
served says what the skipping hides. The difference to a control, in which another process does the same work,
is the GIL's.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from speedup import percentile

PERIOD_NS = 1_000_000


@dataclass
class Beats:
    """What the thread saw."""

    late_ns: list[float] = field(default_factory=list)
    due: int = 0

    def late_ms(self, share: float) -> float:
        return percentile(self.late_ns, share) / 1e6

    @property
    def served(self) -> float:
        return len(self.late_ns) / self.due if self.due else 0.0

    def add(self, other: "Beats") -> None:
        self.late_ns += other.late_ns
        self.due += other.due


def _beat(beats: Beats, stop: threading.Event) -> None:
    due = time.perf_counter_ns() + PERIOD_NS
    while not stop.is_set():
        time.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        late = max(0, time.perf_counter_ns() - due)
        steps = 1 + late // PERIOD_NS
        beats.late_ns.append(late)
        beats.due += steps
        due += steps * PERIOD_NS


def beats_during(work: Callable[[], object]) -> Beats:
    """Beats while work() runs in the calling thread."""
    beats, stop = Beats(), threading.Event()
    thread = threading.Thread(target=_beat, args=(beats, stop))
    thread.start()
    try:
        work()
    finally:
        stop.set()
        thread.join()
    return beats
