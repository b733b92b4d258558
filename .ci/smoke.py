"""A minute's use of the installed package on any Python: chain, list, circuit, views, CFFI, threads."""

import sys
import sysconfig
import threading

from ketsim import Circuit, ffi, info, ket, lib

bell = ket("00").H(0).CNOT(0, 1)
assert bell.counts(100, seed=1).keys() == {"00", "11"}, bell
assert abs(bell.inner(ket("00").apply_gates([("H", 0), ("CNOT", 0, 1)])) - 1) < 1e-15
assert abs(bell.inner(ket("00").apply(Circuit(2).H(0).CNOT(0, 1))) - 1) < 1e-15
assert memoryview(bell).nbytes == 64
assert ffi.string(lib.ketsim_version_string()).decode() == info()["version"]


def work():
    state = ket(16).H(*range(16))
    assert abs(state.norm() - 1) < 1e-12


threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

if sysconfig.get_config_var("Py_GIL_DISABLED"):
    assert not sys._is_gil_enabled(), "importing ketsim turned the GIL on"
print(f"Python {sys.version.split()[0]}: wheel works, GIL {info()['gil']}")
