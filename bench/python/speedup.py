"""Speed-up, cores used and efficiency, from repetitions whose wall and CPU time were taken.

Efficiency is the speed-up divided by the cores used, and cores used are CPU time, user and system, divided by
wall time. A repetition that got clearly fewer cores than the best of its row ran while others had them: it is
left out, and counted.
"""

import math
import resource
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from report import Column, Verdict, at_least

USABLE = 0.9  # of the most cores that a repetition of the row got


def percentile(samples: list[float], share: float) -> float:
    """The smallest sample that at least this share of all does not exceed."""
    if not samples:
        return math.nan
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def means(ratios: list[float]) -> str:
    """Both means, labeled: the arithmetic one flatters when ratios differ."""
    if not ratios:
        return "no speed-up was measured"
    arithmetic, geometric = statistics.fmean(ratios), statistics.geometric_mean(ratios)
    return f"Average speed-up: {arithmetic:.2f}x (arithmetic mean), {geometric:.2f}x (geometric mean)"


def cpu_seconds() -> float:
    """User and system time of this process and of its children that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@dataclass(frozen=True)
class Sample:
    """One repetition, in seconds."""

    wall: float
    cpu: float

    @property
    def cores(self) -> float:
        return self.cpu / self.wall if self.wall else 0.0


def sample(work: Callable[[], float | None]) -> Sample:
    """Time work(), which returns the CPU time of others that worked for it and live on, if there are any."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    others = work() or 0.0
    return Sample(time.perf_counter() - wall, cpu_seconds() - cpu + others)


def samples(work: Callable[[], float | None], count: int) -> list[Sample]:
    """So many repetitions after one that is not counted."""
    work()
    return [sample(work) for _ in range(count)]


def in_threads(works: Sequence[Callable[[], object]]) -> None:
    """All of them at once, a thread each."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass
class Row:
    """One way to do so many items, or why it was not measured."""

    name: str
    items: int
    samples: list[Sample] = field(default_factory=list)
    absent: str = ""
    died: bool = False

    @property
    def kept(self) -> list[Sample]:
        """Repetitions that had the cores."""
        most = max((s.cores for s in self.samples), default=0.0)
        return [s for s in self.samples if s.cores >= USABLE * most]

    @property
    def best(self) -> Sample:
        return min(self.kept, key=lambda s: s.wall)

    @property
    def median_wall(self) -> float:
        return statistics.median(s.wall for s in self.kept)

    @property
    def cores_used(self) -> float:
        return self.best.cores

    def speedup(self, baseline: "Row") -> float:
        """Of the best repetitions, item by item."""
        return (baseline.best.wall / baseline.items) / (self.best.wall / self.items)

    def efficiency(self, baseline: "Row") -> float:
        return self.speedup(baseline) / self.cores_used if self.cores_used else 0.0

    def reaches(self, requirement: str, baseline: "Row", limit: float) -> Verdict:
        """Whether the efficiency is at least so much.  Next to a sequential row that had no core to itself,
        any number would look good: then it counts as not measured."""
        verdict = at_least(requirement, self.efficiency(baseline), limit)
        if baseline.cores_used < USABLE:
            text = f"{requirement} (sequential had {baseline.cores_used:.2f} of a core)"
            verdict = Verdict(text, verdict.value, verdict.limit, False, "NOT MEASURED")
        return verdict

    def record(self, baseline: "Row | None") -> dict[str, Any]:
        """What the table and the JSON file hold."""
        if not self.samples:
            return {"row": self.name, "items": self.items, "absent": self.absent}
        found = {
            "row": self.name,
            "seconds": self.best.wall,
            "median_seconds": self.median_wall,
            "items": self.items,
            "items_per_s": self.items / self.best.wall,
            "cores_used": self.cores_used,
            "dropped": len(self.samples) - len(self.kept),
            "samples": [[s.wall, s.cpu] for s in self.samples],
        }
        if baseline is not None and baseline.samples:
            found |= {"speedup": self.speedup(baseline), "efficiency": self.efficiency(baseline)}
        return found


COLUMNS: tuple[Column, ...] = (
    ("row", "Strategy", "{}"),
    ("seconds", "Duration s", "{:.4f}"),
    ("median_seconds", "median s", "{:.4f}"),
    ("items", "Items", "{}"),
    ("items_per_s", "Items/s", "{:,.1f}"),
    ("speedup", "Speed-up", "{:.2f}x"),
    ("cores_used", "cores used", "{:.2f}"),
    ("efficiency", "efficiency", "{:.2f}"),
    ("dropped", "dropped", "{}"),
)


def block(title: str, sequential: Row, parallel: Row) -> list[str]:
    """The four lines on two rows: sequential, parallel, speed-up, cores and efficiency."""

    def line(word: str, row: Row) -> str:
        return f"  {word:<12}{row.best.wall:.3f} s ({row.items / row.best.wall:,.1f} items/s)"

    ratio, efficiency = parallel.speedup(sequential), parallel.efficiency(sequential)
    return [
        title,
        line("Sequential:", sequential),
        line("Parallel:", parallel),
        f"  SPEEDUP:    {ratio:.2f}x",
        f"  cores used: {parallel.cores_used:.2f}, efficiency {efficiency:.2f}",
    ]
