# The module CFFI compiles: every function and type of include/ketsim.h, which CFFI leaves untyped.
from typing import Any

ffi: Any
lib: Any
