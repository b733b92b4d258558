"""Quantum state-vector simulation on all cores of one machine.

``ket('00')`` makes a state; its gate methods chain, and run when the state is looked at:

>>> from ketsim import ket
>>> ket('00').H(0).CNOT(0, 1)
Ket(0.707107|00> + 0.707107|11>)

Qubit 0 is the leftmost character of a label and the most significant bit of an index.
Neither NumPy nor CFFI is imported before it is needed.
"""

import importlib
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
    from . import concurrency as concurrency
    from ._ffi import ffi as ffi
    from ._ffi import lib as lib
    from ._info import info
    from ._interpreters import InterpreterError, InterpreterPool
    from ._profile import profile
    from ._stats import health, prometheus, stats

_LAZY = (
    {"info": "_info", "profile": "_profile"}
    | dict.fromkeys(("ffi", "lib"), "_capi")
    | dict.fromkeys(("stats", "health", "prometheus"), "_stats")
    | dict.fromkeys(("InterpreterPool", "InterpreterError"), "_interpreters")
)

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
    "concurrency",
    "health",
    "info",
    "ket",
    "profile",
    "prometheus",
    "run_batch",
    "stats",
]  # not ffi and lib: a star import shall not pull in CFFI


def __getattr__(name: str) -> Any:
    """Import at first use what needs CFFI, the whole C API as `ffi` and `lib` too, or is rarely needed."""
    if name == "concurrency":
        return importlib.import_module(".concurrency", __name__)
    if name in _LAZY:
        return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names of the package, those that are imported at first use included."""
    return sorted({*globals(), *__all__, "ffi", "lib"})
