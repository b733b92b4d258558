"""What this machine and this Python can do at once, and which way of running suits a workload.

>>> from ketsim import concurrency
>>> concurrency.recommend(concurrency.Workload(circuits=1000, qubits=12, gates=200)).strategy
'run_batch'
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from . import _info, _machine
from ._ketsim import _MAX_QUBITS, OutOfMemory

if TYPE_CHECKING:
    from ._doctor import Finding

# Below so many nanoseconds a circuit, what Python does around it takes longer than the circuit.
_WORTH_A_THREAD_NS = 100_000
# So many gates are as easily written as method calls.
_CHAIN_GATES = 32


class Workload(NamedTuple):
    """What is to be run.

    Attributes
    ----------
    circuits : int
        How many of them.
    qubits, gates : int
        Of each.
    python_heavy : bool
        Whether building circuits and using results takes Python longer than running them takes the library.
    known : bool
        Whether all circuits are known before the first one runs; False when results decide what comes next,
        or when they come from several threads.
    """

    circuits: int = 1
    qubits: int = 20
    gates: int = 100
    python_heavy: bool = False
    known: bool = True


class Recommendation(NamedTuple):
    """A way of running, and why.

    Attributes
    ----------
    strategy : str
        'chain', 'apply_gates', 'run_batch', 'threads', 'sub-interpreters', 'free-threaded' or 'processes'.
    reason : str
        One line.
    """

    strategy: str
    reason: str


def _default_strategy() -> Recommendation:
    if not _machine.gil_enabled():
        return Recommendation(
            "free_threading", "there is no GIL: threads of Python run at once, and so do calls on states"
        )
    return Recommendation(
        "main_interpreter",
        "calls let go of the GIL and use all cores; only Python code itself would gain from more",
    )


def _crossover() -> tuple[int, bool]:
    """Qubits from which on all cores work on one circuit of a batch, and whether that has been measured."""
    from ._capi import ffi, lib

    measured = ffi.new("bool *")
    return int(lib.ketsim_batch_crossover(measured)), bool(measured[0])


def info() -> dict[str, Any]:
    """Everything that decides how much runs at once.

    Returns
    -------
    dict
        What `ketsim.info` returns, and: gil_build ('standard' or 'free-threaded'), gil_enabled,
        interpreters (module that makes interpreters with a GIL of their own, or None), cgroup_quota (cores
        granted on average, or None), openmp_runtimes (files loaded), wait_policy, allocator, start_method
        (of multiprocessing), batch_crossover (qubits from which on a circuit of `run_batch` has all cores),
        batch_crossover_measured (on this machine: the first batch that runs for some seconds does it; until
        then it is what is usual), strategy and reason.

    Examples
    --------
    >>> from ketsim import concurrency
    >>> facts = concurrency.info()
    >>> facts["threads"] >= 1, facts["strategy"] in ("main_interpreter", "free_threading")
    (True, True)
    """
    from ._capi import lib

    facts = _info.info()
    strategy = _default_strategy()
    crossover, measured = _crossover()
    return facts | {
        "gil_build": "free-threaded" if _machine.free_threaded() else "standard",
        "gil_enabled": _machine.gil_enabled(),
        "interpreters": _machine.own_gil_interpreters(),
        "cgroup_quota": lib.ketsim_cpu_quota() or None,
        "openmp_runtimes": _machine.openmp_runtimes(),
        "wait_policy": _machine.wait_policy(facts["openmp"]),
        "allocator": f"pool of buffers; mmap with huge pages ({facts['huge_pages']}) from 2 MiB",
        "start_method": _machine.start_method(),
        "batch_crossover": crossover,
        "batch_crossover_measured": measured,
        "strategy": strategy.strategy,
        "reason": strategy.reason,
    }


def print_info() -> None:
    """Print `info` in two columns.

    Examples
    --------
    >>> from ketsim import concurrency
    >>> concurrency.print_info()  # doctest: +ELLIPSIS
    version ...
    """
    print(_info.table(info()))


def _check(workload: Workload) -> None:
    for name, low, high in (("circuits", 1, None), ("qubits", 1, _MAX_QUBITS), ("gates", 0, None)):
        value = getattr(workload, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name}: must be int, not {type(value).__name__}")
        if value < low or (high is not None and value > high):
            raise ValueError(f"{name} {value}: must be {f'{low}..{high}' if high else f'at least {low}'}")


def _estimate_ns(workload: Workload) -> int:
    """Of one circuit on one thread, as the library itself guesses; no amplitude is written for it."""
    from ._capi import ffi, lib

    state = ffi.new("ketsim_state **")
    if lib.ketsim_state_new(state, workload.qubits, lib.KETSIM_COMPLEX128) != lib.KETSIM_OK:
        raise OutOfMemory(ffi.string(lib.ketsim_last_error()).decode())
    try:
        return int(lib.ketsim_estimate_ns(state[0], workload.gates))
    finally:
        lib.ketsim_state_free(state[0])


def _for_python() -> Recommendation:
    if not _machine.gil_enabled():
        return Recommendation(
            "free-threaded", "there is no GIL: one Python thread a core builds and runs circuits"
        )
    if _machine.own_gil_interpreters():
        return Recommendation(
            "sub-interpreters",
            "Python itself is the load: interpreters with a GIL of their own run it on all cores",
        )
    return Recommendation(
        "processes", "Python itself is the load, and before 3.12 only processes run it on all cores"
    )


def _for_one(workload: Workload) -> Recommendation:
    if workload.gates <= _CHAIN_GATES:
        return Recommendation("chain", "few gates: methods queue them, and one run does them all")
    return Recommendation(
        "apply_gates", "one list, one crossing into C, one clone; all cores share its passes"
    )


def _for_unknown(workload: Workload) -> Recommendation:
    if workload.qubits >= _crossover()[0]:
        return Recommendation(
            "apply_gates", "each circuit keeps all cores busy; one after the other is as fast"
        )
    cost = _estimate_ns(workload)
    if cost < _WORTH_A_THREAD_NS:
        return Recommendation(
            "apply_gates", f"a circuit takes about {cost / 1e3:.0f} us: threads would wait for the GIL longer"
        )
    return Recommendation("threads", "calls let go of the GIL: threads with a state each run at once")


def recommend(workload: Workload) -> Recommendation:
    """The way of running that suits a workload, and why.

    Parameters
    ----------
    workload : Workload
        What is to be run.

    Returns
    -------
    Recommendation
        A named tuple ``(strategy, reason)``.

    Raises
    ------
    ValueError, TypeError
        A number of the workload makes no sense.

    Examples
    --------
    >>> from ketsim.concurrency import Workload, recommend
    >>> recommend(Workload(circuits=1, qubits=20, gates=500)).strategy
    'apply_gates'
    >>> recommend(Workload(circuits=50, qubits=16, gates=300, known=False)).strategy
    'threads'
    """
    _check(workload)
    if workload.circuits == 1:
        return _for_one(workload)
    if workload.python_heavy:
        return _for_python()
    if not workload.known:
        return _for_unknown(workload)
    return Recommendation(
        "run_batch", "all circuits in one call: one a core while small, all cores on large ones"
    )


def doctor() -> "list[Finding]":
    """What keeps this process from running well, the worst first; ``python -m ketsim doctor`` prints it.

    Returns
    -------
    list of Finding
        Named tuples ``(severity, what, cure)``; severity is 'error', 'warning' or 'note'.

    Examples
    --------
    >>> from ketsim import concurrency
    >>> all(finding.cure for finding in concurrency.doctor())
    True
    """
    from ._doctor import findings

    return findings(info())
