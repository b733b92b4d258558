"""Results of circuits in their order, while later ones run."""

import itertools
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from ._ketsim import CancelToken, Circuit, CircuitResult, InvalidArgument, Job, Ket, _count_cores

_A_CORE = 4  # circuits under way: enough that no worker waits for the caller


def imap(
    circuits: Iterable[Circuit],
    max_in_flight: int | None = None,
    *,
    state: Ket | str | None = None,
    shots: int | None = None,
    seed: int | None = None,
    observables: Any = None,
    timeout_ms: float | None = None,
    cancel: CancelToken | None = None,
    dtype: Any = "complex128",
) -> Generator[CircuitResult, None, None]:
    """Run circuits on the library's workers, and yield their results in order.

    Circuits are taken from the iterable only as results are asked for, at most `max_in_flight` ahead, so that
    there may be more of them than memory holds.  The first failure is raised in its place and ends the
    iterator.  Closing it early stops what runs.

    Parameters
    ----------
    circuits : iterable of Circuit
        May be a generator, and endless.
    max_in_flight : int, optional
        Circuits at most whose results were not asked for yet; 4 for each core if left out.
    state, timeout_ms, cancel, dtype
        For each circuit, as `submit` takes them.
    shots : int, optional
        Count so many samples of all qubits of each result, and drop the states.
    seed : int, optional
        Of the samples; the same as in `run_batch`.
    observables : Observable, or what makes one, or an iterable of such, optional
        Evaluate them in each result, and drop the states.

    Returns
    -------
    generator of CircuitResult

    Raises
    ------
    InvalidArgument, TypeError
        An argument is wrong.

    Examples
    --------
    >>> from ketsim import Circuit, imap
    >>> circuits = (Circuit(1).RX(0.1 * k, 0) for k in range(1000))
    >>> sum(result.counts.get("1", 0) for result in imap(circuits, shots=10, seed=1)) > 1000
    True
    """
    if max_in_flight is None:
        max_in_flight = _A_CORE * _count_cores()
    if max_in_flight < 1:
        raise InvalidArgument(f"max_in_flight {max_in_flight}: must be at least 1")
    options = {"state": state, "shots": shots, "seed": seed, "observables": observables,
               "timeout_ms": timeout_ms, "cancel": cancel, "dtype": dtype}  # fmt: skip
    jobs = (Job(circuit, index=index, **options) for index, circuit in enumerate(circuits))
    return _in_order(jobs, max_in_flight)


def _in_order(jobs: Iterator[Job], max_in_flight: int) -> Generator[CircuitResult, None, None]:
    flying: deque[Job] = deque()
    try:
        flying.extend(itertools.islice(jobs, max_in_flight))
        while flying:
            result = flying[0].result()
            flying.popleft()
            flying.extend(itertools.islice(jobs, 1))
            yield result
    finally:
        flying.clear()  # a job that is dropped is stopped
