"""`profile`: where the time of calls goes, as a table and as a trace for Perfetto."""

import json
import os
import pathlib
import time
from types import TracebackType
from typing import Any, NamedTuple, Self

from ._ketsim import Error, _profile_records, _profiling

STAGES = (
    "validate", "cross", "wait", "encode", "plan", "clone", "passes", "poll", "commit", "read", "return",
)  # fmt: skip


class Call(NamedTuple):
    """One recorded call; times are in nanoseconds.

    Attributes
    ----------
    name : str
        'run', 'apply', 'apply_gates', 'gate' (of an eager state), 'discard', or 'read' for every other.
    thread : int
        That made the call, as `threading.get_ident` numbers it.
    begin_ns : int
        On CLOCK_MONOTONIC.
    stages : dict
        Nanoseconds by stage, in the order in which a call goes through them.
    gil_wait_ns : int
        Of them, waited to get the GIL back.
    runs, passes, qubits : int
        Transactions in the call, passes over amplitudes in them, size of the state.
    succeeded : bool
        False when the call raised.
    """

    name: str
    thread: int
    begin_ns: int
    stages: dict[str, int]
    gil_wait_ns: int
    runs: int
    passes: int
    qubits: int
    succeeded: bool

    @property
    def total_ns(self) -> int:
        """From the entry of the method to its return; the sum of the stages."""
        return sum(self.stages.values())


def _call(record: tuple[Any, ...]) -> Call:
    name, thread, begin, stages, *rest = record
    return Call(name, thread, begin, dict(zip(STAGES, stages, strict=True)), *rest)


def _events(call: Call) -> list[dict[str, Any]]:
    """A call and its stages as complete events; Perfetto nests what lies within."""
    common = {"ph": "X", "pid": os.getpid(), "tid": call.thread}
    facts = {"qubits": call.qubits, "passes": call.passes, "gil_wait_us": call.gil_wait_ns / 1e3}
    at = call.begin_ns
    events = [common | {"name": call.name, "ts": at / 1e3, "dur": call.total_ns / 1e3, "args": facts}]
    for stage, spent in call.stages.items():
        if spent:
            events.append(common | {"name": stage, "ts": at / 1e3, "dur": spent / 1e3})
        at += spent
    return events


class profile:  # a context manager, named as the function it is used like
    """Record where the time of every call on a state goes, in all threads, inside a ``with`` block.

    A call goes through these stages: *validate* its arguments, *cross* into the library, *wait* for the
    writer's place, *encode* the operations into the state's queue, *plan*, *clone* (get the second buffer),
    *passes*, *poll* (signals and progress, between slices of passes), *commit*, *read* (what is no run, such
    as sampling), *return*.  Gate methods queue and are not recorded, except those of an eager state;
    `run_batch` has statistics of its own.

    Attributes
    ----------
    calls : list of Call
        Filled when the block ends.

    Examples
    --------
    >>> import ketsim
    >>> with ketsim.profile() as p:
    ...     _ = ketsim.ket(10).H(0).run().apply_gates([('CNOT', 0, 1)])
    >>> [call.name for call in p.calls]
    ['run', 'apply_gates']
    >>> p.calls[0].total_ns == sum(p.calls[0].stages.values())
    True
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._since = 0

    def __enter__(self) -> Self:
        if _profiling(True):
            raise Error("profile: another one is recording; only one can at a time")
        _profile_records().clear()
        self._since = time.monotonic_ns()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _profiling(False)
        calls = map(_call, list(_profile_records()))
        self.calls += [call for call in calls if call.begin_ns >= self._since]  # not what began before

    def __str__(self) -> str:
        """A line a call: microseconds by stage."""
        head = f"{'call':<12}{'total':>10}" + "".join(f"{stage:>10}" for stage in STAGES)
        rows = [
            f"{call.name:<12}{call.total_ns / 1e3:>10.1f}"
            + "".join(f"{call.stages[stage] / 1e3:>10.1f}" for stage in STAGES)
            for call in self.calls
        ]
        return "\n".join([f"{head}  (us)", *rows])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a trace that ui.perfetto.dev and chrome://tracing open.

        Parameters
        ----------
        path : str or path
            Of the JSON file to write.

        Examples
        --------
        >>> import ketsim, tempfile, pathlib
        >>> with ketsim.profile() as p:
        ...     _ = ketsim.ket(4).H(0).run()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     p.save(pathlib.Path(folder) / 'trace.json')
        """
        events = [event for call in self.calls for event in _events(call)]
        trace = {"traceEvents": events, "displayTimeUnit": "ns"}
        pathlib.Path(path).write_text(json.dumps(trace))
