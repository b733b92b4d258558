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
    ShotsExpectations,
    StateBusyError,
    StateClosedError,
    StateInvalidError,
    __version__,
    pin_workers,
    run_batch,
    run_shots,
    shots_expectations,
    sweep,
)

if TYPE_CHECKING:
    from . import concurrency as concurrency
    from . import noise as noise
    from ._async import run_batch_async
    from ._density import DensityMatrix
    from ._ffi import ffi as ffi
    from ._ffi import lib as lib
    from ._futures import CircuitFuture, submit
    from ._imap import imap
    from ._info import info
    from ._interpreters import InterpreterError, InterpreterPool
    from ._parameters import Linear, Parameter
    from ._profile import profile
    from ._shift import parameter_shift
    from ._stats import health, prometheus, stats

ket = Ket

__all__ = [
    "BatchResult",
    "CancelToken",
    "Cancelled",
    "Circuit",
    "CircuitFuture",
    "CircuitResult",
    "DeadlineExceeded",
    "DensityMatrix",
    "Error",
    "InterpreterError",
    "InterpreterPool",
    "InvalidArgument",
    "Ket",
    "Linear",
    "Observable",
    "OutOfMemory",
    "Parameter",
    "ParseError",
    "QueueFullError",
    "ShotsExpectations",
    "StateBusyError",
    "StateClosedError",
    "StateInvalidError",
    "__version__",
    "concurrency",
    "health",
    "imap",
    "info",
    "ket",
    "noise",
    "parameter_shift",
    "pin_workers",
    "profile",
    "prometheus",
    "run_batch",
    "run_batch_async",
    "run_shots",
    "shots_expectations",
    "stats",
    "submit",
    "sweep",
]  # not ffi and lib: a star import shall not pull in CFFI


_MODULES = ("concurrency", "noise")

# Where names are that bring in CFFI, threads or asyncio, or are rarely needed: imported at first use.
_LATER = {
    "CircuitFuture": "_futures",
    "DensityMatrix": "_density",
    "InterpreterError": "_interpreters",
    "InterpreterPool": "_interpreters",
    "Linear": "_parameters",
    "Parameter": "_parameters",
    "ffi": "_capi",
    "health": "_stats",
    "imap": "_imap",
    "info": "_info",
    "lib": "_capi",
    "parameter_shift": "_shift",
    "profile": "_profile",
    "prometheus": "_stats",
    "run_batch_async": "_async",
    "stats": "_stats",
    "submit": "_futures",
}


def __getattr__(name: str) -> Any:
    """Import a name at its first use."""
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name in _LATER:
        return getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names of the package, those that are imported at first use included."""
    return sorted({*globals(), *__all__, "ffi", "lib"})
