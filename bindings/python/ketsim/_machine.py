"""What Python knows of this process and its machine; each fact is found here and nowhere else."""

import importlib.util
import multiprocessing
import os
import pathlib
import re
import sys
import sysconfig

_RUNTIME = re.compile(r"/lib(gomp|omp|iomp5|omp5)[-.][^/]*$")


def free_threaded() -> bool:
    """Whether this is a free-threaded build of Python."""
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def gil_enabled() -> bool:
    """Whether there is a GIL now."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def gil() -> str:
    """The two of them as text."""
    build = "free-threaded" if free_threaded() else "standard"
    return f"{'on' if gil_enabled() else 'off'} ({build} build)"


def own_gil_interpreters() -> str | None:
    """The module that makes interpreters with a GIL of their own; None before Python 3.12."""
    for name in ("concurrent.interpreters", "_interpreters", "_xxsubinterpreters"):
        if sys.version_info >= (3, 12) and importlib.util.find_spec(name):
            return name
    return None


def affinity() -> int | None:
    """Cores this process may run on; None where the system cannot say."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return None


def openmp_runtimes() -> tuple[str, ...]:
    """Files of the OpenMP runtimes that this process has loaded."""
    maps = pathlib.Path("/proc/self/maps")
    lines = maps.read_text().splitlines() if maps.exists() else []
    files = {line.split(maxsplit=5)[-1] for line in lines if "/" in line}
    return tuple(sorted({os.path.realpath(file) for file in files if _RUNTIME.search(file)}))


def wait_policy(runtime: str) -> str:
    """What threads of an OpenMP runtime do between regions, as its variables ask."""
    own = "KMP_BLOCKTIME" if runtime == "libomp" else "GOMP_SPINCOUNT"
    asked = [f"{name}={os.environ[name]}" for name in ("OMP_WAIT_POLICY", own) if os.environ.get(name)]
    return ", ".join(asked) or "default"


def start_method() -> str:
    """How multiprocessing makes processes, without fixing it."""
    return multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]


def memory_limits() -> dict[str, int]:
    """Limits on the memory of this process that are set, in bytes, by name."""
    limits = {}
    group = pathlib.Path("/sys/fs/cgroup/memory.max")
    if group.exists() and group.read_text().strip().isdigit():
        limits["control group"] = int(group.read_text())
    try:
        import resource
    except ImportError:
        return limits
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits["address space (ulimit -v)"] = soft
    return limits


def physical_memory() -> int:
    """Bytes of memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def version_of(module: str) -> str | None:
    """Version of an installed distribution, without importing it."""
    if importlib.util.find_spec(module) is None:
        return None
    # Not earlier: it imports datetime, which can end a process of 3.12 when a sub-interpreter does so first.
    from importlib.metadata import version

    return version(module)
