"""Python functions in several interpreters at once, each with a GIL of its own."""

import concurrent.futures
import os
import queue
import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

from . import _crossing, _inside
from ._isolated import SHARES_VIEWS, Isolated
from ._ketsim import Error, InvalidArgument
from ._pin import cores_by

_MOST = 256
_OWN_GIL = sys.version_info >= (3, 12)


class InterpreterError(Error, RuntimeError):
    """A function failed in an interpreter of a pool, from which no exception object can come.

    Attributes
    ----------
    type : str
        Name of the exception's class, with its module unless that is builtins.
    message : str
        The exception as text.
    traceback : str
        As Python prints it; also a note of this exception.
    """

    def __init__(self, type: str, message: str, traceback: str) -> None:
        super().__init__(type, message, traceback)
        self.type, self.message, self.traceback = type, message, traceback
        self.add_note(f"In the interpreter:\n{traceback}")

    def __str__(self) -> str:
        return f"{self.type}: {self.message}"


def _check_function(function: Callable[..., Any] | str) -> None:
    """Refuse at once what no interpreter could find."""
    if isinstance(function, str):
        if not _inside.is_name(function):
            compile(function, "<source>", "exec")
    elif not callable(function):
        raise TypeError(f"function: must be callable, 'module:name' or source, not {type(function).__name__}")
    elif getattr(function, "__module__", None) == "__main__" or "<" in getattr(function, "__qualname__", ""):
        raise TypeError(
            f"function {function.__qualname__}: an interpreter cannot import it: put it into a module, "
            "or give 'module:name' or its source"
        )


def _begin(own: threading.local, free: "queue.SimpleQueue[tuple[Isolated, int | None]]") -> None:
    """A thread of the pool takes an interpreter for good, and goes to its core."""
    own.interpreter, core = free.get_nowait()
    if core is not None:
        os.sched_setaffinity(0, {core})  # of this thread alone


def _call(own: threading.local, parcel: _crossing.Parcel) -> Any:
    succeeded, value = own.interpreter.call(parcel)
    if succeeded:
        return value
    raise InterpreterError(*value)


def _end(threads: concurrent.futures.Executor, interpreters: list[Isolated]) -> None:
    threads.shutdown()
    for interpreter in interpreters:
        interpreter.close()


def _cores_to_pin(order: str) -> list[int | None]:
    """Cores in that order; the default number of threads is found before a thread of one core asks for it."""
    cores: list[int | None] = list(cores_by(order))
    from ._capi import lib

    lib.ketsim_default_threads()
    return cores


def _make(n: int) -> list[Isolated]:
    made: list[Isolated] = []
    try:
        while len(made) < n:
            made.append(Isolated())
    except BaseException:
        for interpreter in made:
            interpreter.close()
        raise
    return made


class InterpreterPool(concurrent.futures.Executor):
    """Interpreters with a GIL of their own, each in a thread of its own, that run Python functions at once.

    For work that spends its time in Python: building circuits, callbacks, post-processing.  What spends it in
    ketsim needs no pool, for ketsim lets go of the GIL; `run_batch` uses all cores.

    An interpreter imports its own modules; arguments and results are pickled.  But a `Ket` crosses without
    being copied, as it was at `submit`, and becomes a Ket of its own.  A memoryview among the arguments shows
    the function the caller's memory from Python 3.14 on; elsewhere, and in results, it is copied.
    CFFI and NumPy cannot be loaded in these interpreters: arrays are memoryviews, as without NumPy.

    Parameters
    ----------
    n : int, optional
        How many interpreters, 1..256; as many as cores the process may use if left out.
    pin : {'none', 'compact', 'spread'}
        Keep each thread on a core of those that the process may use: neighbors first, or those that share no
        physical core first.  States that a pinned thread works on should be made with ``threads=1``.

    Raises
    ------
    Error
        Python is older than 3.12, whose interpreters share one GIL.
    InvalidArgument
        `n` or `pin` is none of the above.

    Examples
    --------
    >>> import sys
    >>> from ketsim import InterpreterPool, ket
    >>> source = '''
    ... def flip(q):
    ...     return q.X(0)
    ... '''
    >>> if sys.version_info >= (3, 12):
    ...     with InterpreterPool(2) as pool:
    ...         print(pool.submit(source, ket("00")).result(), list(pool.map("math:factorial", [3, 4])))
    ... else:
    ...     print("Ket(|10>) [6, 24]")
    Ket(|10>) [6, 24]
    """

    def __init__(self, n: int | None = None, *, pin: str = "none") -> None:
        if not _OWN_GIL:
            raise Error("InterpreterPool: needs Python 3.12 or newer, whose interpreters have their own GIL")
        if n is None:
            n = min(len(cores_by("compact")), _MOST)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"n: must be an integer, not {type(n).__name__}")
        if not 1 <= n <= _MOST:
            raise InvalidArgument(f"n {n}: must be 1..{_MOST}")
        cores = [None] if pin == "none" else _cores_to_pin(pin)
        interpreters = _make(n)
        free: queue.SimpleQueue[tuple[Isolated, int | None]] = queue.SimpleQueue()
        for k, interpreter in enumerate(interpreters):
            free.put((interpreter, cores[k % len(cores)]))
        self._own = threading.local()
        self._threads = concurrent.futures.ThreadPoolExecutor(
            n, thread_name_prefix="ketsim-interpreter", initializer=_begin, initargs=(self._own, free)
        )
        self._finish = weakref.finalize(self, _end, self._threads, interpreters)

    def submit(
        self, function: Callable[..., Any] | str, /, *args: Any, **kwargs: Any
    ) -> "concurrent.futures.Future[Any]":
        """Call a function in an interpreter that is free, soon.

        Parameters
        ----------
        function : callable or str
            A function that can be imported, its ``'module:name'``, or source, whose last function is called.
        *args, **kwargs
            What it is called with.

        Returns
        -------
        concurrent.futures.Future
            Of the result; or of `InterpreterError`, with the name and the traceback of what was raised.

        Raises
        ------
        TypeError, SyntaxError, pickle.PicklingError
            The function cannot be found from another interpreter, or an argument cannot cross.
        """
        _check_function(function)
        parcel = _crossing.pack((function, args, kwargs), SHARES_VIEWS)
        return self._threads.submit(_call, self._own, parcel)

    def map(  # type: ignore[override]
        self, function: Callable[..., Any] | str, /, *iterables: Iterable[Any], timeout: float | None = None
    ) -> Iterable[Any]:
        """Call a function with the items of iterables, in as many interpreters as there are.

        Parameters
        ----------
        function : callable or str
            As for `submit`.
        *iterables : iterable
            One for each argument.
        timeout : float, optional
            Seconds after which waiting for the next result raises TimeoutError.

        Returns
        -------
        iterator
            Of the results, in the order of the items.
        """
        return super().map(function, *iterables, timeout=timeout)  # type: ignore[arg-type]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `wait`, end the interpreters when those submitted have ended.

        Parameters
        ----------
        wait : bool
            Otherwise they end when the pool is no longer referred to.
        cancel_futures : bool
            Drop the calls that have not begun.
        """
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            self._finish()

    def close(self) -> None:
        """The same as ``shutdown()``; may be called again."""
        self.shutdown()
