"""Futures of circuits: `submit`, and the thread that completes them.

The library's workers know nothing of Python.  They put jobs that have ended in a queue, where one Python
thread waits for all of them; it sets results and calls the callbacks.
"""

import atexit
import contextlib
import itertools
import os
import threading
from concurrent.futures import Future
from typing import Any

from ._ketsim import Cancelled, CancelToken, Circuit, CircuitResult, Job, JobQueue, Ket


class CircuitFuture(Future[CircuitResult]):
    """What `submit` returns: a `concurrent.futures.Future` whose `cancel` stops the run, too.

    Examples
    --------
    >>> from concurrent.futures import as_completed
    >>> futures = [submit(Circuit(1).X(0), shots=n) for n in (5, 5)]
    >>> [future.result().counts for future in as_completed(futures)]
    [{'1': 5}, {'1': 5}]
    """

    _job: Job | None = None

    def cancel(self) -> bool:
        """Cancel the future, and stop the run if it has begun; False if it has ended before."""
        cancelled = super().cancel()
        job = self._job
        if cancelled and job is not None:
            job.cancel()
        return cancelled


class _Desk:
    """Where futures wait for their jobs; a forked child opens its own."""

    def __init__(self) -> None:
        self._queue = JobQueue()
        self._lock = threading.Lock()
        self._keys = itertools.count()
        self._waiting: dict[int, CircuitFuture] = {}
        self._thread: threading.Thread | None = None

    def submit(self, circuit: Circuit, options: dict[str, Any]) -> CircuitFuture:
        future = CircuitFuture()
        with self._lock:
            key = next(self._keys)
            self._waiting[key] = future
            self._start()
        try:
            future._job = Job(circuit, queue=self._queue, key=key, **options)
        except BaseException:
            self._waiting.pop(key, None)
            raise
        return future

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._complete, name="ketsim-futures", daemon=True)
            thread.start()
            self._thread = thread

    def _complete(self) -> None:
        while True:
            ended = self._queue.next(None)
            if ended is None:  # only in a child that this very thread has forked
                return
            key, job = ended
            with contextlib.suppress(BaseException):  # of a callback: the others must not wait in vain
                _settle(self._waiting.pop(key), job)
            del ended, job

    def stop(self) -> None:
        """Let no job keep the process from ending."""
        for future in list(self._waiting.values()):
            future.cancel()

    def fail_lost(self) -> None:
        """In a forked child, which does not have the workers.

        Made anew, for another thread may have held a future's lock at the fork; callbacks are the parent's.
        """
        for future in self._waiting.values():
            Future.__init__(future)
            future.set_exception(Cancelled("lost in a fork: the child does not have the worker"))


def _settle(future: CircuitFuture, job: Job) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = job.result()
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(result)


_desk = _Desk()


def _after_fork() -> None:
    global _desk
    lost, _desk = _desk, _Desk()
    lost.fail_lost()


atexit.register(lambda: _desk.stop())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def submit(
    circuit: Circuit,
    *,
    state: Ket | str | None = None,
    shots: int | None = None,
    seed: int | None = None,
    observables: Any = None,
    timeout_ms: float | None = None,
    cancel: CancelToken | None = None,
    dtype: Any = "complex128",
    wait: bool = True,
) -> CircuitFuture:
    """Run a circuit on the library's workers, and return at once.

    Circuits on few qubits take one core each; one on many takes all that are free.  Callbacks of the future
    are called by a Python thread of this package.  When the process ends, circuits that have not ended are
    stopped; in a forked child their futures fail with `Cancelled`.

    Parameters
    ----------
    circuit : Circuit
        As it is now: later changes make no difference.
    state : Ket or str, optional
        Where it starts, with its queue, as it is now; ``|0...0>`` if left out.
    shots : int, optional
        Count so many samples of all qubits of the result, and drop the state.
    seed : int, optional
        Of the samples; the same as in ``run_batch([circuit], seed=seed)``.
    observables : Observable, or what makes one, or an iterable of such, optional
        Evaluate them in the result, and drop the state.
    timeout_ms : float, optional
        Give up when it has run for so many milliseconds.
    cancel : CancelToken, optional
        Stop soon after this token is raised; the future then fails with `Cancelled`.
    dtype : dtype, optional
        Of the state where `state` gives none, 'complex128' or 'complex64'.
    wait : bool, optional
        Where thousands of circuits wait already, wait for room; else raise.

    Returns
    -------
    CircuitFuture
        A `concurrent.futures.Future` of a `CircuitResult`.

    Raises
    ------
    InvalidArgument, TypeError
        An argument is wrong.
    QueueFullError
        There is no room, and `wait` is False.

    Examples
    --------
    >>> from ketsim import Circuit, submit
    >>> future = submit(Circuit(2).H(0).CNOT(0, 1))
    >>> future.result().state
    Ket(0.707107|00> + 0.707107|11>)
    """
    options = {"state": state, "shots": shots, "seed": seed, "observables": observables,
               "timeout_ms": timeout_ms, "cancel": cancel, "dtype": dtype, "wait": wait}  # fmt: skip
    return _desk.submit(circuit, options)
