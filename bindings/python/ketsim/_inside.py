"""What runs inside the interpreters of an InterpreterPool: one call at a time, its outcome always a value."""

import importlib
import linecache
import operator
import re
import traceback
import types
from collections.abc import Callable
from typing import Any

from . import _crossing

_KEPT = 64
_compiled: dict[str, types.FunctionType] = {}  # by source
_left: _crossing.Parcel | None = None  # the last outcome, whose states the other side has yet to take


def is_name(function: str) -> bool:
    """Whether a text is ``module:name`` rather than source."""
    return re.fullmatch(r"[\w.]+:[\w.]+", function) is not None


def _resolve(function: Callable[..., Any] | str) -> Callable[..., Any]:
    if not isinstance(function, str):
        return function
    if is_name(function):
        module, name = function.split(":")
        return operator.attrgetter(name)(importlib.import_module(module))  # type: ignore[no-any-return]
    if function not in _compiled:
        if len(_compiled) == _KEPT:
            _compiled.clear()
        _compiled[function] = _from_source(function)
    return _compiled[function]


def _from_source(text: str) -> types.FunctionType:
    """The last function that a text defines; tracebacks will show its lines."""
    file = f"<source {hash(text):x}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    names: dict[str, Any] = {"__name__": file}
    exec(compile(text, file, "exec"), names)
    functions = [
        value
        for value in names.values()
        if isinstance(value, types.FunctionType) and value.__module__ == file  # not imported
    ]
    if not functions:
        raise TypeError("function: the source defines none")
    return functions[-1]


def _describe(error: BaseException) -> tuple[str, str, str]:
    """Name of the type, message and traceback, without the frame of answer()."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    frames = error.__traceback__ and error.__traceback__.tb_next
    return name, str(error), "".join(traceback.format_exception(kind, error, frames))


def answer(message: bytes, views: tuple[memoryview, ...]) -> bytes:
    """Call what the message holds; back comes (True, result) or (False, what the exception was)."""
    global _left
    try:
        (function, args, kwargs), _ = _crossing.unseal(message, views)
        _left = _crossing.pack((True, _resolve(function)(*args, **kwargs)))
    except BaseException as error:
        _left = _crossing.pack((False, _describe(error)))
    return _crossing.seal(_left)


def forget() -> None:
    """The states of the last outcome have been taken."""
    global _left
    _left = None
