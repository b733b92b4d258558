"""Quantum state-vector simulation on all cores of one machine.

``ket('00')`` makes a state; its gate methods chain, and run when the state is looked at:

>>> from ketsim import ket
>>> ket('00').H(0).CNOT(0, 1)
Ket(0.707107|00> + 0.707107|11>)

Qubit 0 is the leftmost character of a label and the most significant bit of an index.
Neither NumPy nor CFFI is imported before it is needed.
"""

from typing import TYPE_CHECKING, Any

from ._ketsim import (
    BatchResult,
    Cancelled,
    CancelToken,
    Circuit,
    CircuitResult,
    DeadlineExceeded,
    Error,
    InvalidArgument,
    Ket,
    Observable,
    OutOfMemory,
    ParseError,
    QueueFullError,
    StateBusyError,
    StateClosedError,
    StateInvalidError,
    __version__,
    run_batch,
)

if TYPE_CHECKING:
    from ._ffi import ffi as ffi
    from ._ffi import lib as lib
    from ._info import info
    from ._interpreters import InterpreterError, InterpreterPool

ket = Ket

__all__ = [
    "BatchResult",
    "CancelToken",
    "Cancelled",
    "Circuit",
    "CircuitResult",
    "DeadlineExceeded",
    "Error",
    "InterpreterError",
    "InterpreterPool",
    "InvalidArgument",
    "Ket",
    "Observable",
    "OutOfMemory",
    "ParseError",
    "QueueFullError",
    "StateBusyError",
    "StateClosedError",
    "StateInvalidError",
    "__version__",
    "info",
    "ket",
    "run_batch",
]  # not ffi and lib: a star import shall not pull in CFFI


def __getattr__(name: str) -> Any:
    """Import at first use what needs CFFI, the C API as `ffi` and `lib` and `info()`, and InterpreterPool."""
    if name in ("ffi", "lib"):
        from . import _capi

        return getattr(_capi, name)
    if name == "info":
        from ._info import info

        return info
    if name in ("InterpreterPool", "InterpreterError"):
        from . import _interpreters

        return getattr(_interpreters, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names of the package, those that are imported at first use included."""
    return sorted({*globals(), *__all__, "ffi", "lib"})
