"""The C API through CFFI, or an ImportError that says why it cannot be had here."""

from typing import Any


def _load() -> tuple[Any, Any]:
    try:
        from ._ffi import ffi, lib
    except ImportError as error:
        if "subinterpreter" not in str(error):
            raise
        raise ImportError(
            "ketsim.ffi, lib and info() need CFFI, which an interpreter with a GIL of its own cannot load: "
            "use them in the main interpreter"
        ) from error
    return ffi, lib


ffi, lib = _load()
