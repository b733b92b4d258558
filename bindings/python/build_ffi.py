"""What CFFI compiles into ketsim._ffi: the whole C API.

Run by bindings/CMakeLists.txt through `python -m cffi.gen_src`.  The declarations are include/ketsim.h and
what it includes, after the preprocessor; there is no second copy of a prototype.
"""

import os
import pathlib
import shlex
import subprocess

from cffi import FFI

HEADER = pathlib.Path(__file__).resolve().parents[2] / "include" / "ketsim.h"


def declarations() -> str:
    """The header as CFFI reads it: no includes, no attributes, no macros."""
    command = [*shlex.split(os.environ.get("CC", "cc")), "-E", "-P", "-DKETSIM_CFFI", str(HEADER)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


ffibuilder = FFI()
ffibuilder.cdef(declarations())
ffibuilder.set_source("ketsim._ffi", '#include "ketsim.h"')
