"""What the library found on this machine, and where its C side is installed."""

import importlib.metadata
import importlib.util
import os
import pathlib
import platform
import sys
import sysconfig
from typing import Any

_PACKAGE = pathlib.Path(__file__).resolve().parent
_ISAS = ("base", "avx2", "avx512", "neon")


def _gil() -> str:
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "on (standard build)"
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    return f"{'on' if enabled else 'off'} (free-threaded build)"


def _affinity() -> int | None:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # no such call on this system
        return None


def _version_of(module: str) -> str | None:
    """Version of an installed distribution, without importing it."""
    if importlib.util.find_spec(module) is None:
        return None
    return importlib.metadata.version(module)


def info() -> dict[str, Any]:
    """What ``python -m ketsim info`` prints.

    Returns
    -------
    dict
        Text, numbers or None by name: version, isa, isas (available), cores, affinity, threads (default),
        openmp, huge_pages, memory_available (bytes one more state may take), python, gil, numpy.

    Examples
    --------
    >>> import ketsim
    >>> ketsim.info()["version"] == ketsim.__version__
    True
    """
    from ._capi import ffi, lib

    def text(pointer: Any) -> str:
        return str(ffi.string(pointer).decode())

    return {
        "version": text(lib.ketsim_version_string()),
        "isa": text(lib.ketsim_isa()),
        "isas": tuple(name for name in _ISAS if lib.ketsim_isa_available(name.encode())),
        "cores": os.cpu_count(),
        "affinity": _affinity(),
        "threads": int(lib.ketsim_default_threads()),
        "openmp": text(lib.ketsim_openmp()),
        "huge_pages": text(lib.ketsim_huge_pages()),
        "memory_available": int(lib.ketsim_memory_available()),
        "python": platform.python_version(),
        "gil": _gil(),
        "numpy": _version_of("numpy"),
    }


def info_text() -> str:
    """Two columns: what, and its value."""
    facts = info()
    facts["isas"] = " ".join(facts["isas"])
    facts["memory_available"] = f"{facts['memory_available'] / 2**30:.1f} GiB"
    facts["numpy"] = facts["numpy"] or "not installed"
    labels = {"isa": "ISA in use", "isas": "ISAs available", "cores": "cores", "affinity": "cores allowed",
              "threads": "default threads", "openmp": "OpenMP runtime", "huge_pages": "huge pages",
              "memory_available": "memory for a state", "python": "Python", "gil": "GIL", "numpy": "NumPy"}
    return "\n".join(f"{labels.get(key, key):<20}{value}" for key, value in facts.items())


def cflags() -> str:
    """Compiler flags that find ketsim.h in this package."""
    return f"-I{_PACKAGE / 'include'}"


def libs() -> str:
    """Linker flags that link the libketsim.so of this package and find it at run time."""
    return f"-L{_PACKAGE} -lketsim -Wl,-rpath,{_PACKAGE}"
