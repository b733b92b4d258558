"""What the library found on this machine, and where its C side is installed."""

import os
import pathlib
import platform
from typing import Any

from . import _machine

_PACKAGE = pathlib.Path(__file__).resolve().parent
_ISAS = ("base", "avx2", "avx512", "neon")
_LABELS = {"isa": "ISA in use", "isas": "ISAs available", "cores": "cores", "affinity": "cores allowed",
           "threads": "default threads", "openmp": "OpenMP runtime", "huge_pages": "huge pages",
           "memory_available": "memory for a state", "python": "Python", "gil": "GIL", "numpy": "NumPy",
           "interpreters": "own-GIL interpreters", "cgroup_quota": "cores granted",
           "openmp_runtimes": "OpenMP loaded", "wait_policy": "OpenMP waits"}


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
        "affinity": _machine.affinity(),
        "threads": int(lib.ketsim_default_threads()),
        "openmp": text(lib.ketsim_openmp()),
        "huge_pages": text(lib.ketsim_huge_pages()),
        "memory_available": int(lib.ketsim_memory_available()),
        "python": platform.python_version(),
        "gil": _machine.gil(),
        "numpy": _machine.version_of("numpy"),
    }


def table(facts: dict[str, Any]) -> str:
    """Two columns: what, and its value."""
    shown = dict(facts)
    shown["memory_available"] = f"{facts['memory_available'] / 2**30:.1f} GiB"
    shown["numpy"] = facts["numpy"] or "not installed"
    lines = []
    for key, value in shown.items():
        text = " ".join(value) if isinstance(value, tuple) else "none" if value is None else value
        lines.append(f"{_LABELS.get(key, key):<22}{text}")
    return "\n".join(lines)


def cflags() -> str:
    """Compiler flags that find ketsim.h in this package."""
    return f"-I{_PACKAGE / 'include'}"


def libs() -> str:
    """Linker flags that link the libketsim.so of this package and find it at run time."""
    return f"-L{_PACKAGE} -lketsim -Wl,-rpath,{_PACKAGE}"
