"""``python -m ketsim doctor``: what keeps this process from running well, and what to do about it."""

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import _machine, _stats, concurrency

SEVERITIES = ("note", "warning", "error")  # the exit status of the command is 0, 1, 2
_GIB = 2**30
_LONG_SPIN = 1_000_000


class Finding(NamedTuple):
    """Something found: how bad it is, one of `SEVERITIES`; what it is; what to do about it."""

    severity: str
    what: str
    cure: str


def _cores(facts: dict[str, Any]) -> int:
    """Cores that can be had at once."""
    allowed = facts["affinity"] or facts["cores"] or 1
    return min(allowed, max(1, round(facts["cgroup_quota"] or allowed)))


def _asked_by() -> str:
    """The variable that sets the default number of threads; '' if none does."""
    for name in ("KETSIM_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "")
        if text.split(",")[0].strip().isdigit() and int(text.split(",")[0]) > 0:
            return name
    return ""


def check_threads(facts: dict[str, Any]) -> Iterator[Finding]:
    """More threads than cores, or fewer."""
    threads, cores, name = facts["threads"], _cores(facts), _asked_by()
    if threads > cores:
        yield Finding(
            "warning",
            f"oversubscription: {threads} threads on {cores} cores{f', by {name}' if name else ''}",
            f"unset {name}, or set it to at most {cores}" if name else f"set KETSIM_NUM_THREADS={cores}",
        )
    elif name and threads < cores:
        yield Finding(
            "note",
            f"{name} leaves {cores - threads} of {cores} cores unused",
            f"unset {name} to use them all",
        )


def check_quota(facts: dict[str, Any]) -> Iterator[Finding]:
    """A control group that grants less than the cores it shows."""
    quota, allowed = facts["cgroup_quota"], facts["affinity"] or facts["cores"]
    if not quota or quota >= allowed:
        return
    yield Finding(
        "note" if quota == int(quota) else "warning",
        f"the control group grants {quota:g} of {allowed} cores: threads that use more are paused",
        "grant whole cores, or pin the container to some (docker run --cpuset-cpus)",
    )


def check_runtimes(facts: dict[str, Any]) -> Iterator[Finding]:
    """Several OpenMP runtimes in one process."""
    files = facts["openmp_runtimes"]
    if len(files) > 1:
        yield Finding(
            "warning",
            f"{len(files)} OpenMP runtimes are loaded, each with threads of its own: {', '.join(files)}",
            "do not let them compute at once; threadpoolctl.threadpool_limits() can set the other's threads",
        )


def check_waiting(facts: dict[str, Any]) -> Iterator[Finding]:
    """Threads that keep cores busy while they wait, or take long to wake."""
    policy = os.environ.get("OMP_WAIT_POLICY", "").lower()
    spins = os.environ.get("GOMP_SPINCOUNT", "")
    endless = spins.lower() in ("infinite", "infinity") or (spins.isdigit() and int(spins) > _LONG_SPIN)
    if policy == "active" or (endless and facts["openmp"] == "libgomp"):
        yield Finding(
            "warning",
            f"idle OpenMP threads spin ({facts['wait_policy']}): they take cores from everything else",
            "unset it; on a machine that others use too, GOMP_SPINCOUNT=1000",
        )
    elif policy == "passive":
        yield Finding(
            "note",
            "OMP_WAIT_POLICY=passive: waking threads for each pass slows states of 14 to 18 qubits",
            "unset it; on a machine that others use too, GOMP_SPINCOUNT=1000",
        )


def check_huge_pages(facts: dict[str, Any]) -> Iterator[Finding]:
    """Large states on small pages."""
    if facts["huge_pages"] == "never":
        yield Finding(
            "warning",
            "transparent huge pages are off: passes over large states miss the TLB",
            "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (as root)",
        )


def check_fork(facts: dict[str, Any]) -> Iterator[Finding]:
    """Forks of a process that has threads."""
    if facts["start_method"] != "fork":
        return
    counters = _stats.counters()
    started = counters["workers"] > 0 or counters["region_ns"] > 0
    yield Finding(
        "warning" if started else "note",
        "multiprocessing forks" + (", and this process has threads" if started else ""),
        "multiprocessing.set_start_method('spawn'), or 'forkserver': ketsim works in a forked child, but "
        "what other libraries do with OpenMP there may hang",
    )


def check_memory(facts: dict[str, Any]) -> Iterator[Finding]:
    """Limits below what the machine has."""
    for name, limit in _machine.memory_limits().items():
        if limit < _machine.physical_memory():
            yield Finding(
                "note",
                f"the {name} limits memory to {limit / _GIB:.1f} GiB; "
                f"{facts['memory_available'] / _GIB:.1f} GiB are left for one more state",
                "raise the limit, use inplace=True or dtype='complex64'",
            )
    if facts["memory_available"] < 2**20:
        yield Finding("error", "there is no memory for a state", "end other processes, or raise the limit")


def check_gil(facts: dict[str, Any]) -> Iterator[Finding]:
    """A free-threaded Python that has turned its GIL on."""
    if facts["gil_build"] == "free-threaded" and facts["gil_enabled"]:
        yield Finding(
            "warning",
            "this free-threaded Python runs with a GIL",
            "unset PYTHON_GIL; python -W always names the module that turned it on",
        )


def check_numpy(facts: dict[str, Any]) -> Iterator[Finding]:
    """Results without arrays."""
    if not facts["numpy"]:
        yield Finding("note", "NumPy is not installed: arrays come as memoryviews", "pip install numpy")


CHECKS = (
    check_threads, check_quota, check_runtimes, check_waiting, check_huge_pages, check_fork, check_memory,
    check_gil, check_numpy,
)  # fmt: skip


def findings(facts: dict[str, Any]) -> list[Finding]:
    """Everything found in what `ketsim.concurrency.info` returns, the worst first."""
    found = [finding for check in CHECKS for finding in check(facts)]
    return sorted(found, key=lambda finding: -SEVERITIES.index(finding.severity))


def report() -> tuple[str, int]:
    """The findings as text, and an exit status: 2 when there is an error, 1 for a warning, else 0."""
    found = concurrency.doctor()
    if not found:
        return "nothing found", 0
    lines = [f"{finding.severity}: {finding.what}\n    cure: {finding.cure}" for finding in found]
    return "\n".join(lines), SEVERITIES.index(found[0].severity)
