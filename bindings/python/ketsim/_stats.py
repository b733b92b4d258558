"""Totals of the library for people and for monitoring: `stats`, `health`, `prometheus`."""

import os
from typing import Any

from ._ketsim import __version__, _gil_clock

# name in ketsim_counters: (kind, help); those in nanoseconds are seconds in Prometheus text.
_METRICS = {
    "runs": ("counter", "Transactions committed."),
    "operations": ("counter", "Operations in committed transactions."),
    "passes": ("counter", "Passes over the amplitudes of a state."),
    "clones": ("counter", "Runs whose first pass went into a second buffer."),
    "pool_hits": ("counter", "Buffers that came from the pool."),
    "pool_misses": ("counter", "Buffers that had to be made."),
    "pool_bytes": ("gauge", "Bytes held for reuse."),
    "busy_ns": ("counter", "Time threads spent in kernels, summed over threads, in long runs."),
    "region_ns": ("counter", "Time callers spent in parallel regions, in long runs."),
    "acquire_ns": ("counter", "Time spent getting and giving back buffers, in long runs."),
    "commit_ns": ("counter", "Time spent committing, in long runs."),
    "plan_hits": ("counter", "Programs that had a plan already."),
    "plan_misses": ("counter", "Programs that had to be planned."),
    "plan_bytes": ("gauge", "Bytes of plans that are kept."),
    "busy": ("counter", "Calls that found another writer at work."),
    "timeouts": ("counter", "Runs and circuits of batches that a deadline stopped."),
    "cancels": ("counter", "Runs and circuits of batches that were cancelled."),
    "batches": ("counter", "Batches that ended."),
    "jobs": ("counter", "Circuits of batches that ended."),
    "workers": ("gauge", "Threads of the worker pool."),
    "workers_busy": ("gauge", "Threads of the worker pool at work."),
    "tickets": ("gauge", "Requests for workers that wait in the queue."),
    "gil_calls": ("counter", "Calls from Python that were long enough to let go of the GIL."),
    "gil_wall_ns": ("counter", "Time those calls took."),
    "gil_free_ns": ("counter", "Time they ran without the GIL."),
    "gil_wait_ns": ("counter", "Time they waited to get the GIL back."),
}  # fmt: skip

_reset: dict[str, int] = {}  # what counters stood at; replaced as a whole, never changed


def counters() -> dict[str, int]:
    """All counters and gauges as they stand, whatever was reset."""
    from ._capi import ffi, lib

    raw = ffi.new("ketsim_counters *")
    lib.ketsim_get_counters(raw)
    found = {name: int(getattr(raw, name)) for name, _ in ffi.typeof("ketsim_counters").fields}
    gil = dict(zip(("gil_calls", "gil_wall_ns", "gil_free_ns", "gil_wait_ns"), _gil_clock(), strict=True))
    return found | gil


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _derived(now: dict[str, int]) -> dict[str, float | None]:
    held = now["gil_wall_ns"] - now["gil_free_ns"] - now["gil_wait_ns"]
    return {
        "pool_hit_rate": _share(now["pool_hits"], now["pool_hits"] + now["pool_misses"]),
        "plan_hit_rate": _share(now["plan_hits"], now["plan_hits"] + now["plan_misses"]),
        "passes_per_operation": _share(now["passes"], now["operations"]),
        "cores_used": _share(now["busy_ns"], now["region_ns"]),
        "gil_held_share": _share(held, now["gil_wall_ns"]),
        "gil_wait_share": _share(now["gil_wait_ns"], now["gil_wall_ns"]),
    }


def stats(*, reset: bool = False) -> dict[str, Any]:
    """Totals since the process started, or since the last reset, over all states.

    Parameters
    ----------
    reset : bool, optional
        Count from here on, for later calls.

    Returns
    -------
    dict
        Every member of ketsim_counters (include/ketsim.h); gil_calls, gil_wall_ns, gil_free_ns and
        gil_wait_ns of this interpreter's long calls; and, None where nothing was counted: pool_hit_rate,
        plan_hit_rate, passes_per_operation, cores_used (mean, in long runs on several threads),
        gil_held_share, gil_wait_share.  What is a level, such as pool_bytes, is not reset.

    Examples
    --------
    >>> import ketsim
    >>> _ = ketsim.stats(reset=True)
    >>> _ = ketsim.ket('00').H(0).CNOT(0, 1).run()
    >>> now = ketsim.stats()
    >>> now['runs'], now['operations']
    (1, 2)
    """
    global _reset
    raw = counters()
    since = _reset
    now = {name: raw[name] - (since.get(name, 0) if _METRICS[name][0] == "counter" else 0) for name in raw}
    if reset:
        _reset = raw
    return {**now, **_derived(now)}


def health() -> dict[str, Any]:
    """Whether the library can work, at a glance.

    Returns
    -------
    dict
        ok (bool), problems (list of str), pid, pool ('not started', 'idle' or 'working'), workers,
        queue_depth, queue_capacity, busy_rejections, timeouts, cancels, pool_hit_rate, memory_available.

    Examples
    --------
    >>> import ketsim
    >>> ketsim.health()['ok']
    True
    """
    from ._capi import lib

    now, memory = counters(), int(lib.ketsim_memory_available())
    problems = ["no memory for a state"] * (memory < 2**20)
    problems += ["the queue of the worker pool is full"] * (now["tickets"] >= lib.KETSIM_TICKETS)
    pool = "not started" if not now["workers"] else "working" if now["workers_busy"] else "idle"
    return {
        "ok": not problems,
        "problems": problems,
        "pid": os.getpid(),
        "pool": pool,
        "workers": now["workers"],
        "queue_depth": now["tickets"],
        "queue_capacity": int(lib.KETSIM_TICKETS),
        "busy_rejections": now["busy"],
        "timeouts": now["timeouts"],
        "cancels": now["cancels"],
        "pool_hit_rate": _derived(now)["pool_hit_rate"],
        "memory_available": memory,
    }


def _metric(name: str, value: int) -> str:
    kind, text = _METRICS[name]
    seconds = name.endswith("_ns")
    full = f"ketsim_{name.removesuffix('_ns')}{'_seconds' if seconds else ''}{'_total' * (kind == 'counter')}"
    shown = repr(value / 1e9) if seconds else str(value)
    return f"# HELP {full} {text}\n# TYPE {full} {kind}\n{full} {shown}\n"


def prometheus() -> str:
    """The totals in the text format that Prometheus reads, version 0.0.4; resets make no difference.

    Returns
    -------
    str
        For a response with Content-Type ``text/plain; version=0.0.4``.

    Examples
    --------
    >>> import ketsim
    >>> 'ketsim_runs_total' in ketsim.prometheus()
    True
    """
    head = "# HELP ketsim_info Version of the library.\n# TYPE ketsim_info gauge\n"
    now = counters()
    metrics = "".join(_metric(name, value) for name, value in now.items())
    return f'{head}ketsim_info{{version="{__version__}"}} 1\n{metrics}'
